package playground

import "testing"

func TestGeneralTopic(t *testing.T) {
	w := newWorld(t, Config{})
	staff := map[string]any{"chat_id": StaffChat}
	for _, c := range []struct {
		method  string
		service string // what the page shows
	}{
		{"closeGeneralForumTopic", "话题已关闭"},
		{"reopenGeneralForumTopic", "话题已重新打开"},
		{"hideGeneralForumTopic", "综合话题已隐藏"},
		{"unhideGeneralForumTopic", "综合话题已显示"},
	} {
		w.call(c.method, staff, nil)
		ms := w.messages(StaffChat)
		if got := ms[len(ms)-1]; got.Service != c.service || got.Thread != 0 {
			t.Errorf("%s shows %+v, want %q", c.method, got, c.service)
		}
		w.fails(c.method, staff, 400, "Bad Request: TOPIC_NOT_MODIFIED")
	}
	member := map[string]any{"text": "x", "from": 2002}
	if code := w.person("/sim/chats/-1001000000001/do", map[string]any{"action": "set-member", "user": 2002, "name": "新", "status": "member"}, nil); code != 200 {
		t.Fatalf("set-member = %d", code)
	}
	if code := w.person("/sim/chats/-1001000000001/text", member, nil); code != 403 {
		t.Errorf("a member in the topic that hiding has closed = %d, want 403", code)
	}
	w.call("reopenGeneralForumTopic", staff, nil)
	if code := w.person("/sim/chats/-1001000000001/text", member, nil); code != 200 {
		t.Errorf("a member in the topic that is open = %d, want 200", code)
	}
	w.call("editGeneralForumTopic", map[string]any{"chat_id": StaffChat, "name": "大厅"}, nil)
	w.call("unpinAllGeneralForumTopicMessages", staff, nil)
	var stickers []any
	if w.call("getForumTopicIconStickers", nil, &stickers); len(stickers) != 0 {
		t.Errorf("stickers = %v, want none", stickers)
	}
	w.fails("closeGeneralForumTopic", map[string]any{"chat_id": Applicant}, 400, "Bad Request: the chat is not a forum")
	w.clean()
}

func TestManageGroup(t *testing.T) {
	w := newWorld(t, Config{})
	w.call("setChatTitle", map[string]any{"chat_id": StaffChat, "title": "备案值班"}, nil)
	w.call("setChatDescription", map[string]any{"chat_id": StaffChat, "description": "只谈备案"}, nil)
	var c struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	if w.call("getChat", map[string]any{"chat_id": StaffChat}, &c); c.Title != "备案值班" || c.Description != "只谈备案" {
		t.Errorf("getChat = %+v", c)
	}
	w.fails("setChatTitle", map[string]any{"chat_id": StaffChat, "title": "备案值班"}, 400, "Bad Request: chat title is not modified")
	w.fails("setChatTitle", map[string]any{"chat_id": Applicant, "title": "x"}, 400, "Bad Request: can't change chat title in private chats")

	w.does("/sim/chats/-1001000000001/do", map[string]any{"action": "set-member", "user": 2009, "name": "访客", "status": "member"})
	status := func() string {
		var m struct {
			Status string `json:"status"`
		}
		w.call("getChatMember", map[string]any{"chat_id": StaffChat, "user_id": 2009}, &m)
		return m.Status
	}
	who := map[string]any{"chat_id": StaffChat, "user_id": 2009}
	w.call("banChatMember", who, nil)
	if s := status(); s != "kicked" {
		t.Errorf("after a ban: %s", s)
	}
	if code := w.person("/sim/chats/-1001000000001/text", map[string]any{"text": "x", "from": 2009}, nil); code != 403 {
		t.Errorf("who is banned writes: %d, want 403", code)
	}
	w.call("unbanChatMember", who, nil)
	if s := status(); s != "left" {
		t.Errorf("after the end of a ban: %s", s)
	}
	w.fails("banChatMember", map[string]any{"chat_id": StaffChat, "user_id": StaffMember}, 400, "Bad Request: can't remove chat owner")
	w.fails("banChatMember", map[string]any{"chat_id": StaffChat, "user_id": 4}, 400, "Bad Request: PARTICIPANT_ID_INVALID")
	w.call("getUserProfilePhotos", map[string]any{"user_id": Applicant}, nil)
	w.clean()
}
