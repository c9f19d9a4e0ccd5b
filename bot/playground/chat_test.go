package playground

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

func keyboard(rows ...[]map[string]any) map[string]any {
	return map[string]any{"inline_keyboard": rows}
}

func TestSendEditPressDelete(t *testing.T) {
	w := newWorld(t, Config{})
	q := w.says(Applicant, "核验单怎么填")
	var m message
	w.call("sendMessage", map[string]any{
		"chat_id": Applicant, "text": "请用<b>黑色</b>签字笔", "parse_mode": "HTML",
		"reply_parameters": map[string]any{"message_id": q},
		"reply_markup": keyboard([]map[string]any{
			{"text": "有用", "callback_data": "up"}, {"text": "抄写", "copy_text": map[string]any{"text": "本人…"}}, {"text": "网页", "url": "https://a.cn"},
		}),
	}, &m)
	if m.ID != 2 || m.ReplyTo == nil || m.ReplyTo.ID != q || len(m.Entities) != 1 {
		t.Errorf("sendMessage = %+v, want message 2 in reply to %d with one entity", m, q)
	}
	v := w.messages(Applicant)[1]
	b := v.Buttons[0]
	if v.From != "bot" || v.ReplyTo != q || b[0].Data != "up" || b[1].Copy != "本人…" || b[2].URL != "https://a.cn" || v.Spans[0].Type != "bold" {
		t.Errorf("the person sees %+v, want all of it", v)
	}

	pressed := w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "有用"})
	us := w.updates()
	if len(us) != 2 || us[1].Query == nil || us[1].Query.Data != "up" || us[1].Query.ID != pressed.Query || us[1].Query.Message.ID != m.ID {
		t.Fatalf("updates = %+v, want the text and the press", us)
	}
	answer := map[string]any{"callback_query_id": pressed.Query, "text": "谢谢"}
	tooOld := "Bad Request: query is too old and response timeout expired or query ID is invalid"
	w.call("answerCallbackQuery", answer, nil)
	w.fails("answerCallbackQuery", answer, 400, tooOld)

	edit := map[string]any{"chat_id": Applicant, "message_id": m.ID, "text": "改好了"}
	m = message{ID: m.ID}
	w.call("editMessageText", edit, &m)
	if m.Text != "改好了" || m.EditDate == 0 || m.ReplyMarkup != nil {
		t.Errorf("editMessageText = %+v, want the new text, a date and no buttons", m)
	}
	w.fails("editMessageText", edit, 400, "Bad Request: "+notModified)
	edit["message_id"] = 99
	w.fails("editMessageText", edit, 400, "Bad Request: message to edit not found")
	edit["message_id"] = q
	w.fails("editMessageText", edit, 400, "Bad Request: message can't be edited")
	w.fails("editMessageCaption", map[string]any{"chat_id": Applicant, "message_id": m.ID, "caption": "x"}, 400, "Bad Request: there is no caption in the message to edit")
	w.call("editMessageReplyMarkup", map[string]any{"chat_id": Applicant, "message_id": m.ID, "reply_markup": keyboard([]map[string]any{{"text": "a", "callback_data": "b"}})}, nil)

	// A bot may delete the person's message in a private chat.
	w.call("deleteMessages", map[string]any{"chat_id": Applicant, "message_ids": []int64{q, 77}}, nil)
	w.fails("deleteMessage", map[string]any{"chat_id": Applicant, "message_id": q}, 400, "Bad Request: message to delete not found")
	vs := w.messages(Applicant)
	if !vs[0].Deleted || vs[0].Text != "" || !vs[1].Edited {
		t.Errorf("the person sees %+v, want the first deleted and the second edited", vs)
	}
	w.does("/sim/clock", map[string]any{"advance_seconds": 49 * 3600})
	w.fails("deleteMessage", map[string]any{"chat_id": Applicant, "message_id": m.ID}, 400, "Bad Request: message can't be deleted for everyone")
	w.clean()
}

func TestOldPress(t *testing.T) {
	w := newWorld(t, Config{})
	var m message
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "选", "reply_markup": keyboard([]map[string]any{{"text": "好", "callback_data": "ok"}})}, &m)
	p := w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "data": "forged"})
	if us := w.updates(); len(us) != 1 || us[0].Query.Data != "forged" {
		t.Errorf("updates = %+v, want the press with data that no button has", us)
	}
	w.does("/sim/clock", map[string]any{"advance_seconds": 151})
	w.fails("answerCallbackQuery", map[string]any{"callback_query_id": p.Query}, 400,
		"Bad Request: query is too old and response timeout expired or query ID is invalid")

	w.call("deleteMessage", map[string]any{"chat_id": Applicant, "message_id": m.ID}, nil)
	if code := w.person("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "好"}, nil); code != 404 {
		t.Errorf("press on a deleted message = %d, want 404", code)
	}
	w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "data": "ok"})
	if us := w.updates(); len(us) != 1 || us[0].Query.Message.Date != 0 {
		t.Errorf("updates = %+v, want a press on an inaccessible message", us)
	}
}

func TestTextLimits(t *testing.T) {
	w := newWorld(t, Config{})
	send := func(extra map[string]any) map[string]any {
		m := map[string]any{"chat_id": Applicant}
		maps.Copy(m, extra)
		return m
	}
	long := strings.Repeat("😀", 4096)
	w.call("sendMessage", send(map[string]any{"text": long}), nil)
	w.call("sendMessage", send(map[string]any{"text": "<b>" + long + "</b>", "parse_mode": "HTML"}), nil)
	w.fails("sendMessage", send(map[string]any{"text": long + "x"}), 400, "Bad Request: message is too long")
	w.fails("sendMessage", send(map[string]any{"text": " \n "}), 400, "Bad Request: message text is empty")
	w.fails("sendMessage", send(map[string]any{"text": "x", "reply_markup": keyboard([]map[string]any{{"text": "a", "callback_data": strings.Repeat("备", 22)}})}), 400, "Bad Request: BUTTON_DATA_INVALID")
	w.fails("sendMessage", send(map[string]any{"text": "x", "reply_markup": keyboard([]map[string]any{{"text": "a"}})}), 400,
		"Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	w.fails("sendMessage", send(map[string]any{"text": "x", "reply_parameters": map[string]any{"message_id": 99}}), 400, "Bad Request: message to be replied not found")
	w.call("sendMessage", send(map[string]any{"text": "x", "reply_parameters": map[string]any{"message_id": 99, "allow_sending_without_reply": true}}), nil)
	w.fails("sendMessage", send(map[string]any{"text": "x", "message_thread_id": 5}), 400, "Bad Request: message thread not found")
	w.fails("sendChatAction", send(map[string]any{"action": "sleep"}), 400, "Bad Request: wrong parameter action in request")

	// Clients cut what is too long for one message.
	got := w.does("/sim/chats/1001/text", map[string]any{"text": strings.Repeat("字", 9000)})
	if len(got.IDs) != 3 || len(w.updates()) != 3 {
		t.Errorf("9,000 characters made messages %v, want three", got.IDs)
	}
	if code := w.person("/sim/chats/1001/text", map[string]any{"text": "  "}, nil); code != 400 {
		t.Errorf("an empty text = %d, want 400", code)
	}
}

func TestReplyKeyboard(t *testing.T) {
	w := newWorld(t, Config{})
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "选", "reply_markup": map[string]any{"keyboard": [][]any{{"问问题", map[string]any{"text": "查图片"}}}}}, nil)
	k := fmt.Sprint(w.messages(Applicant)[0].Keyboard)
	if !strings.Contains(k, "问问题 查图片") {
		t.Errorf("keyboard = %s, want both labels", k)
	}
}

func TestBlockedAndNotStarted(t *testing.T) {
	w := newWorld(t, Config{})
	w.does("/sim/chats/1001/do", map[string]any{"action": "block"})
	if us := w.updates(); len(us) != 1 || us[0].Mine == nil || us[0].Mine.New.Status != "kicked" {
		t.Errorf("updates = %+v, want my_chat_member kicked", us)
	}
	w.fails("sendMessage", map[string]any{"chat_id": Applicant, "text": "x"}, 403, "Forbidden: bot was blocked by the user")
	w.says(Applicant, "又来了")
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "x"}, nil)

	var c simChat
	w.person("/sim/chats", map[string]any{"type": "private", "title": "新人", "started": false}, &c)
	w.fails("sendMessage", map[string]any{"chat_id": c.ID, "text": "x"}, 403, "Forbidden: bot can't initiate conversation with a user")
	w.says(c.ID, "/start")
	w.call("sendMessage", map[string]any{"chat_id": c.ID, "text": "x"}, nil)
	w.clean()
}

func TestForum(t *testing.T) {
	w := newWorld(t, Config{})
	var topic forumTopic
	w.call("createForumTopic", map[string]any{"chat_id": StaffChat, "name": "小周 · 核验单"}, &topic)
	in := map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID, "text": "问题"}
	var m message
	w.call("sendMessage", in, &m)
	if m.ThreadID != topic.ThreadID || !m.IsTopicMessage {
		t.Errorf("sendMessage = %+v, want it in topic %d", m, topic.ThreadID)
	}
	staff := fmt.Sprintf("/sim/chats/%d/", StaffChat)
	w.does(staff+"text", map[string]any{"text": "在看", "thread": topic.ThreadID})
	w.does(staff+"text", map[string]any{"text": "答复", "reply_to": m.ID})
	us := w.updates()
	if len(us) != 2 {
		t.Fatalf("updates = %+v, want two", us)
	}
	// The real server makes everything in a topic answer the message that made it.
	if r := us[0].Message.ReplyTo; r == nil || r.ID != topic.ThreadID || r.TopicCreated == nil {
		t.Errorf("a plain message in a topic answers %+v, want the topic's own message", r)
	}
	if r := us[1].Message; r.ReplyTo.ID != m.ID || r.ThreadID != topic.ThreadID || r.From.ID != StaffMember {
		t.Errorf("the reply = %+v, want it to answer %d in topic %d", r, m.ID, topic.ThreadID)
	}
	w.call("editForumTopic", map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID, "name": "改名"}, nil)
	w.call("closeForumTopic", map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID}, nil)
	w.fails("closeForumTopic", map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID}, 400, "Bad Request: TOPIC_NOT_MODIFIED")
	w.call("sendMessage", in, nil) // administrators may write in closed topics
	w.call("reopenForumTopic", map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID}, nil)
	w.does(staff+"do", map[string]any{"action": "delete-topic", "thread": topic.ThreadID})
	w.fails("sendMessage", in, 400, "Bad Request: message thread not found")
	w.fails("closeForumTopic", map[string]any{"chat_id": StaffChat, "message_thread_id": topic.ThreadID}, 400, "Bad Request: TOPIC_ID_INVALID")
	w.fails("createForumTopic", map[string]any{"chat_id": Applicant, "name": "x"}, 400, "Bad Request: the chat is not a forum")

	made := w.does(staff+"do", map[string]any{"action": "create-topic", "name": "客服建的"})
	if us := w.updates(); len(us) != 1 || us[0].Message.TopicCreated == nil || us[0].Message.ThreadID != made.Thread {
		t.Errorf("updates = %+v, want the new topic", us)
	}
	w.clean()
}

func TestGroups(t *testing.T) {
	w := newWorld(t, Config{})
	var c simChat
	w.person("/sim/chats", map[string]any{"type": "group", "title": "小群", "bot": "member", "members": []map[string]any{{"id": 3001, "name": "甲"}, {"id": 3002, "name": "乙", "status": "creator"}}}, &c)
	if us := w.updates(); len(us) != 1 || us[0].Mine == nil || us[0].Mine.New.Status != "member" {
		t.Errorf("updates = %+v, want the bot to learn that it is a member", us)
	}
	// Privacy mode: a member gets commands, mentions and replies only.
	var m message
	w.call("sendMessage", map[string]any{"chat_id": c.ID, "text": "大家好"}, &m)
	say := func(in map[string]any) { w.does(fmt.Sprintf("/sim/chats/%d/text", c.ID), in) }
	say(map[string]any{"text": "闲聊"})
	say(map[string]any{"text": "/help"})
	say(map[string]any{"text": "/help@other_bot"})
	say(map[string]any{"text": "/help@Beian_Playground_bot"})
	say(map[string]any{"text": "问 @beian_playground_bot 吧"})
	say(map[string]any{"text": "回复", "reply_to": m.ID, "from": 3002})
	var got []string
	for _, u := range w.updates() {
		got = append(got, u.Message.Text)
	}
	if s := strings.Join(got, "|"); s != "/help|/help@Beian_Playground_bot|问 @beian_playground_bot 吧|回复" {
		t.Errorf("the bot heard %s", s)
	}
	moved := w.does(fmt.Sprintf("/sim/chats/%d/do", c.ID), map[string]any{"action": "migrate"})
	a := w.fails("sendMessage", map[string]any{"chat_id": c.ID, "text": "x"}, 400, "Bad Request: group chat was upgraded to a supergroup chat")
	if a.Params.Migrate != moved.Chat {
		t.Errorf("migrate_to_chat_id = %d, want %d", a.Params.Migrate, moved.Chat)
	}
	us := w.updates()
	if len(us) != 2 || us[0].Message.MigrateTo != moved.Chat || us[1].Message.MigrateFrom != c.ID {
		t.Errorf("updates = %+v, want both service messages", us)
	}
	w.call("sendMessage", map[string]any{"chat_id": moved.Chat, "text": "x"}, nil)
	w.does(fmt.Sprintf("/sim/chats/%d/do", moved.Chat), map[string]any{"action": "set-bot", "status": "kicked"})
	w.fails("sendMessage", map[string]any{"chat_id": moved.Chat, "text": "x"}, 403, "Forbidden: bot was kicked from the supergroup chat")
	w.clean()
}

func TestMembersAndChat(t *testing.T) {
	w := newWorld(t, Config{})
	var admins []chatMember
	w.call("getChatAdministrators", map[string]any{"chat_id": StaffChat}, &admins)
	if len(admins) != 2 {
		t.Errorf("getChatAdministrators = %+v, want the staff member and the bot", admins)
	}
	var m chatMember
	w.call("getChatMember", map[string]any{"chat_id": StaffChat, "user_id": Applicant}, &m)
	if m.Status != "left" {
		t.Errorf("getChatMember(an applicant) = %q, want left", m.Status)
	}
	w.does(fmt.Sprintf("/sim/chats/%d/do", StaffChat), map[string]any{"action": "set-member", "user": 2002, "name": "小李", "status": "member"})
	w.call("getChatMember", map[string]any{"chat_id": StaffChat, "user_id": 2002}, &m)
	if m.Status != "member" {
		t.Errorf("getChatMember(2002) = %q, want member", m.Status)
	}
	w.call("getChat", map[string]any{"chat_id": StaffChat}, nil)
	w.call("getChat", map[string]any{"chat_id": Applicant}, nil)
	var n int
	if w.call("getChatMemberCount", map[string]any{"chat_id": StaffChat}, &n); n != 3 {
		t.Errorf("getChatMemberCount = %d, want 3", n)
	}
	w.call("leaveChat", map[string]any{"chat_id": StaffChat}, nil)
	w.fails("sendMessage", map[string]any{"chat_id": StaffChat, "text": "x"}, 403, "Forbidden: bot is not a member of the supergroup chat")
}

func TestCopyForwardPinReact(t *testing.T) {
	w := newWorld(t, Config{})
	album := w.sendsFiles(Applicant, map[string]string{"caption": "证件"}, part{"甲.txt", []byte("1")}, part{"乙.txt", []byte("2")})
	from := map[string]any{"chat_id": StaffChat, "from_chat_id": Applicant}
	with := func(kv ...any) map[string]any {
		m := map[string]any{}
		maps.Copy(m, from)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	var one messageID
	w.call("copyMessage", with("message_id", album.ID, "caption", "新说明"), &one)
	w.fails("copyMessage", with("message_id", 99), 400, "Bad Request: message to copy not found")
	var many []messageID
	w.call("copyMessages", with("message_ids", append(album.IDs, 99)), &many)
	var fwd message
	w.call("forwardMessage", with("message_id", album.ID), &fwd)
	vs := w.messages(StaffChat)
	if len(many) != 2 || vs[0].Caption != "新说明" || vs[1].Album == "" || vs[1].Album != vs[2].Album || vs[3].Forwarded != "小周" {
		t.Errorf("staff see %+v, want a copy with its own caption, an album and a forward", vs)
	}
	w.call("pinChatMessage", map[string]any{"chat_id": StaffChat, "message_id": one.ID}, nil)
	w.call("setMessageReaction", map[string]any{"chat_id": Applicant, "message_id": album.ID, "reaction": []any{map[string]any{"type": "emoji", "emoji": "👍"}}}, nil)
	w.fails("setMessageReaction", map[string]any{"chat_id": Applicant, "message_id": album.ID, "reaction": []any{map[string]any{"type": "emoji", "emoji": "备"}}}, 400, "Bad Request: REACTION_INVALID")
	if v := w.messages(Applicant)[0]; len(v.Reactions) != 1 || !w.messages(StaffChat)[0].Pinned {
		t.Errorf("reactions = %v, want one; the copy pinned", v.Reactions)
	}
	w.call("getChat", map[string]any{"chat_id": StaffChat}, nil)
	w.call("unpinChatMessage", map[string]any{"chat_id": StaffChat}, nil)
	w.fails("unpinChatMessage", map[string]any{"chat_id": StaffChat, "message_id": one.ID}, 400, "Bad Request: message to unpin not found")
}

func TestInlineQueries(t *testing.T) {
	w := newWorld(t, Config{})
	q := w.does("/sim/chats/1001/do", map[string]any{"action": "inline-query", "query": "核验单"})
	us := w.updates()
	if len(us) != 1 || us[0].Inline == nil || us[0].Inline.Query != "核验单" {
		t.Fatalf("updates = %+v, want the inline query", us)
	}
	w.call("answerInlineQuery", map[string]any{"inline_query_id": q.Inline, "results": []any{map[string]any{
		"type": "article", "id": "a", "title": "核验单", "input_message_content": map[string]any{"message_text": "<b>黑色</b>签字笔", "parse_mode": "HTML"}}}}, nil)
	var got struct{ Answered bool }
	if w.get("/sim/inline/"+q.Inline, &got); !got.Answered {
		t.Error("the query is not answered")
	}
	w.does("/sim/chats/1001/do", map[string]any{"action": "choose", "inline_query_id": q.Inline, "result_id": "a"})
	if v := w.messages(Applicant)[0]; v.Text != "黑色签字笔" {
		t.Errorf("the chosen result became %+v", v)
	}
	w.clean()
}

func TestProfile(t *testing.T) {
	w := newWorld(t, Config{})
	set := func(scope any, names ...string) {
		list := []any{}
		for _, n := range names {
			list = append(list, map[string]any{"command": n, "description": "说明"})
		}
		in := map[string]any{"commands": list}
		if scope != nil {
			in["scope"] = scope
		}
		w.call("setMyCommands", in, nil)
	}
	set(nil, "start", "help")
	set(map[string]any{"type": "chat_administrators", "chat_id": StaffChat}, "add")
	w.call("getMyCommands", map[string]any{"scope": map[string]any{"type": "chat_administrators", "chat_id": StaffChat}}, nil)
	w.fails("setMyCommands", map[string]any{"commands": []any{map[string]any{"command": "Bad-Name", "description": "x"}}}, 400, "Bad Request: BOT_COMMAND_INVALID")
	w.call("setMyDescription", map[string]any{"description": "问备案"}, nil)
	w.call("getMyDescription", nil, nil)
	w.call("setMyShortDescription", map[string]any{"short_description": "短"}, nil)
	w.call("setMyName", map[string]any{"name": "Filing", "language_code": "en"}, nil)
	w.call("getMyName", map[string]any{"language_code": "en"}, nil)
	w.call("setChatMenuButton", map[string]any{"menu_button": map[string]any{"type": "commands"}}, nil)
	w.call("getChatMenuButton", nil, nil)
	var me struct {
		Name, Description string
		Commands          []command
	}
	w.get("/sim/me?chat=1001", &me)
	if me.Name != "备案助手" || me.Description != "问备案" || len(me.Commands) != 2 {
		t.Errorf("/sim/me = %+v, want two commands for an applicant", me)
	}
	w.get(fmt.Sprintf("/sim/me?chat=%d&user=%d", StaffChat, StaffMember), &me)
	if len(me.Commands) != 1 || me.Commands[0].Command != "add" {
		t.Errorf("/sim/me for staff = %+v, want the command of administrators", me.Commands)
	}
	w.call("deleteMyCommands", nil, nil)
}
