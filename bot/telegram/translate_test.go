package telegram

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

var testMe = identity{id: 42, name: "icp_bot"}

// entity marks the first mark in text, in UTF-16 units.
func entity(kind models.MessageEntityType, text, mark string) models.MessageEntity {
	before, _, found := strings.Cut(text, mark)
	if !found {
		panic(mark + " is not in " + text)
	}
	return models.MessageEntity{
		Type:   kind,
		Offset: len(utf16.Encode([]rune(before))),
		Length: len(utf16.Encode([]rune(mark))),
	}
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		about  string
		text   string
		mark   string // what the server marks as a command
		name   string // "" for none
		args   string
		theirs bool
	}{
		{about: "a command alone", text: "/help", mark: "/help", name: "help"},
		{about: "a deep link", text: "/start q_12", mark: "/start", name: "start", args: "q_12"},
		{about: "upper case", text: "/Help", mark: "/Help", name: "help"},
		{about: "for us by name", text: "/help@icp_bot 核验单", mark: "/help@icp_bot", name: "help", args: "核验单"},
		{about: "our name in another case", text: "/help@ICP_Bot", mark: "/help@ICP_Bot", name: "help"},
		{about: "for another bot", text: "/help@other_bot", mark: "/help@other_bot", theirs: true},
		{about: "several lines", text: "/add 标题\n问法\n答案", mark: "/add", name: "add", args: "标题\n问法\n答案"},
		{about: "Chinese before it", text: "你好 /start", mark: "/start"},
		{about: "an emoji before it", text: "😀 /start", mark: "/start"},
		{about: "no entity, as in a code block", text: "/start", mark: ""},
		{about: "Chinese as a command is text", text: "/帮助", mark: ""},
		{about: "a slash alone", text: "/", mark: "/"},
	} {
		var es []models.MessageEntity
		if c.mark != "" {
			es = append(es, entity(models.MessageEntityTypeBotCommand, c.text, c.mark))
		}
		got, theirs, ok := testMe.command(c.text, es)
		if want := c.name != "" || c.theirs; ok != want || theirs != c.theirs || got.Name != c.name || got.Args != c.args {
			t.Errorf("%s: command(%q) = %+v, %v, %v, want %q %q, %v, %v",
				c.about, c.text, got, theirs, ok, c.name, c.args, c.theirs, want)
		}
	}
}

func TestMention(t *testing.T) {
	for _, c := range []struct {
		about, text, mark string
		kind              models.MessageEntityType
		rest              string
		yes               bool
	}{
		{"our name first", "@icp_bot 核验单怎么填", "@icp_bot", models.MessageEntityTypeMention, "核验单怎么填", true},
		{"our name behind an emoji", "😀 @icp_bot 在吗", "@icp_bot", models.MessageEntityTypeMention, "😀  在吗", true},
		{"another name", "@someone 在吗", "@someone", models.MessageEntityTypeMention, "@someone 在吗", false},
		{"a command with our name further on", "试试 /help@icp_bot", "/help@icp_bot", models.MessageEntityTypeBotCommand, "试试 /help@icp_bot", true},
	} {
		rest, yes := testMe.mentioned(c.text, []models.MessageEntity{entity(c.kind, c.text, c.mark)})
		if rest != c.rest || yes != c.yes {
			t.Errorf("%s: mentioned(%q) = %q, %v, want %q, %v", c.about, c.text, rest, yes, c.rest, c.yes)
		}
	}
}

func TestEntityText(t *testing.T) {
	const text = "a😀汉b"
	for _, c := range []struct {
		offset, length int
		want           string
		ok             bool
	}{
		{0, 1, "a", true}, {1, 2, "😀", true}, {3, 1, "汉", true}, {4, 1, "b", true}, {0, 5, text, true},
		{1, 1, "", false}, {2, 1, "", false}, {0, 6, "", false}, {-1, 2, "", false}, {0, 0, "", false}, {1 << 40, 1, "", false},
	} {
		got, start, end, ok := entityText(text, models.MessageEntity{Offset: c.offset, Length: c.length})
		if got != c.want || ok != c.ok || ok && text[start:end] != got {
			t.Errorf("entityText(%d, %d) = %q, %v, want %q, %v", c.offset, c.length, got, ok, c.want, c.ok)
		}
	}
}

const (
	inPrivate = `"chat":{"id":7,"type":"private"},"from":{"id":7,"language_code":"zh-hans"},"date":1700000000,"message_id":5`
	inGroup   = `"chat":{"id":-9,"type":"supergroup"},"from":{"id":7},"date":1700000000,"message_id":5`
	inStaff   = `"chat":{"id":-100,"type":"supergroup"},"from":{"id":7},"date":1700000000,"message_id":5`
)

func translate(t *testing.T, raws ...string) []bot.Event {
	t.Helper()
	tr := translator{me: testMe, everything: func(c bot.ChatID) bool { return c == -100 }}
	var us []*update
	for _, raw := range raws {
		u, err := parse([]byte(raw))
		if err != nil {
			t.Fatalf("parse(%s) = %v", raw, err)
		}
		us = append(us, u)
	}
	return tr.events(us)
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		about   string
		message string // its fields beside those of the chat
		want    bot.Body
	}{
		{"text", `"text":"问"`, bot.Text{Text: "问"}},
		{"the largest size of a photo", `"photo":[{"file_id":"a","width":90,"height":60},{"file_id":"c","file_unique_id":"u","width":1280,"height":853,"file_size":99},{"file_id":"b","width":320,"height":213}],"caption":"图"`,
			bot.Upload{Files: []bot.FileRef{{ID: "c", Unique: "u", Bytes: 99, Photo: true, Message: 5}}, Caption: "图"}},
		{"a live photo", `"live_photo":{"file_id":"v","photo":[{"file_id":"p","width":9,"height":9}]}`,
			bot.Upload{Files: []bot.FileRef{{ID: "p", Photo: true, Message: 5}}}},
		{"a document", `"document":{"file_id":"d","file_unique_id":"u","file_name":"证.jpg","file_size":5}`,
			bot.Upload{Files: []bot.FileRef{{ID: "d", Unique: "u", Name: "证.jpg", Bytes: 5, Message: 5}}}},
		{"an animation, which is a document too", `"animation":{"file_id":"x"},"document":{"file_id":"x","mime_type":"video/mp4"}`, bot.Unsupported{Kind: bot.Video}},
		{"a GIF that is still one", `"animation":{"file_id":"x"},"document":{"file_id":"x","mime_type":"image/gif"}`, bot.Upload{Files: []bot.FileRef{{ID: "x", Message: 5}}}},
		{"sticker", `"sticker":{}`, bot.Unsupported{Kind: bot.Sticker}},
		{"voice", `"voice":{}`, bot.Unsupported{Kind: bot.Voice}},
		{"audio", `"audio":{}`, bot.Unsupported{Kind: bot.Voice}},
		{"video note", `"video_note":{}`, bot.Unsupported{Kind: bot.Voice}},
		{"video", `"video":{}`, bot.Unsupported{Kind: bot.Video}},
		{"contact", `"contact":{}`, bot.Unsupported{Kind: bot.Contact}},
		{"venue", `"venue":{},"location":{}`, bot.Unsupported{Kind: bot.Other}},
		{"dice", `"dice":{}`, bot.Unsupported{Kind: bot.Other}},
		{"poll", `"poll":{}`, bot.Unsupported{Kind: bot.Other}},
		{"story", `"story":{}`, bot.Unsupported{Kind: bot.Other}},
		{"what Telegram has not invented yet", `"hologram":{}`, bot.Unsupported{Kind: bot.Other}},
		{"forwarded from a kind of place that is unknown", `"text":"问","forward_origin":{"type":"moon"}`, bot.Text{Text: "问"}},
		{"a new member", `"new_chat_members":[{"id":1}]`, nil},
		{"a pin", `"pinned_message":{"message_id":1,"date":0,"chat":{"id":7}}`, nil},
		{"the move to another number", `"migrate_to_chat_id":-1009`, nil},
		{"a command for another bot", `"text":"/help@other_bot","entities":[{"type":"bot_command","offset":0,"length":15}]`, nil},
		{"from another bot", `"text":"hi","from":{"id":8,"is_bot":true}`, nil},
	} {
		es := translate(t, `{"update_id":3,"message":{`+inPrivate+`,`+c.message+`}}`)
		if c.want == nil {
			if len(es) != 0 {
				t.Errorf("%s: %+v, want no event", c.about, es)
			}
			continue
		}
		want := bot.Event{Update: 3, Chat: 7, Private: true, From: 7, Lang: "zh-hans", Message: 5, At: time.Unix(1700000000, 0), Body: c.want}
		if len(es) != 1 || !reflect.DeepEqual(es[0], want) {
			t.Errorf("%s: %+v, want %+v", c.about, es, want)
		}
	}
}

func TestGroupsHearTheBotOnlyWhenAddressed(t *testing.T) {
	for _, c := range []struct {
		about, chat, message string
		want                 int
	}{
		{"talk among people", inGroup, `"text":"hi"`, 0},
		{"the same in the staff's group", inStaff, `"text":"hi"`, 1},
		{"a picture among people", inGroup, `"photo":[{"file_id":"a"}]`, 0},
		{"a command", inGroup, `"text":"/help","entities":[{"type":"bot_command","offset":0,"length":5}]`, 1},
		{"a command for another bot in the staff's group", inStaff, `"text":"/help@b","entities":[{"type":"bot_command","offset":0,"length":7}]`, 0},
		{"the bot's name", inGroup, `"text":"@icp_bot hi","entities":[{"type":"mention","offset":0,"length":8}]`, 1},
		{"the bot's name under a picture", inGroup, `"photo":[{"file_id":"a"}],"caption":"@icp_bot","caption_entities":[{"type":"mention","offset":0,"length":8}]`, 1},
		{"a mention without name", inGroup, `"text":"bot hi","entities":[{"type":"text_mention","offset":0,"length":3,"user":{"id":42}}]`, 1},
		{"a reply to the bot", inGroup, `"text":"hi","reply_to_message":{"message_id":2,"from":{"id":42}}`, 1},
		{"a reply to a person", inGroup, `"text":"hi","reply_to_message":{"message_id":2,"from":{"id":8}}`, 0},
		{"talk in a topic that the bot has made", inGroup, `"text":"hi","message_thread_id":2,"is_topic_message":true,"reply_to_message":{"message_id":2,"from":{"id":42},"forum_topic_created":{"name":"t"}}`, 0},
	} {
		es := translate(t, `{"update_id":3,"message":{`+c.chat+`,`+c.message+`}}`)
		if len(es) != c.want {
			t.Errorf("%s: %d events, want %d", c.about, len(es), c.want)
		}
	}
	// One part of an album calls the bot, and it gets all parts.
	es := translate(t,
		`{"update_id":4,"message":{`+strings.Replace(inGroup, `"message_id":5`, `"message_id":6`, 1)+`,"media_group_id":"g","photo":[{"file_id":"b"}]}}`,
		`{"update_id":3,"message":{`+inGroup+`,"media_group_id":"g","photo":[{"file_id":"a"}],"caption":"@icp_bot 拼","caption_entities":[{"type":"mention","offset":0,"length":8}]}}`)
	want := bot.Upload{Files: []bot.FileRef{{ID: "a", Photo: true, Message: 5}, {ID: "b", Photo: true, Message: 6}}, Caption: "拼"}
	if len(es) != 1 || es[0].Update != 3 || !reflect.DeepEqual(es[0].Body, bot.Body(want)) {
		t.Errorf("album: %+v, want one upload %+v of update 3", es, want)
	}
}

func TestEnvelopes(t *testing.T) {
	for _, c := range []struct {
		about, raw string
		want       bot.Event
	}{
		{"in a topic, where everything answers its creation",
			`{"update_id":3,"message":{` + inStaff + `,"text":"hi","message_thread_id":2,"is_topic_message":true,"reply_to_message":{"message_id":2,"forum_topic_created":{}}}}`,
			bot.Event{Update: 3, Chat: -100, Thread: 2, From: 7, Message: 5, At: time.Unix(1700000000, 0), Body: bot.Text{Text: "hi"}}},
		{"a name is the first one, and is not that of a chat in whose name somebody writes",
			`{"update_id":3,"message":{"message_id":5,"date":1700000000,"chat":{"id":-100,"type":"supergroup"},"from":{"id":7,"first_name":"Li","last_name":"Na"},"text":"hi"}}`,
			bot.Event{Update: 3, Chat: -100, From: 7, Name: "Li", Message: 5, At: time.Unix(1700000000, 0), Body: bot.Text{Text: "hi"}}},
		{"an anonymous administrator",
			`{"update_id":3,"message":{"message_id":5,"date":1700000000,"chat":{"id":-100,"type":"supergroup"},"from":{"id":1087968824,"first_name":"Group","is_bot":true},"sender_chat":{"id":-100,"type":"supergroup"},"text":"hi"}}`,
			bot.Event{Update: 3, Chat: -100, Message: 5, At: time.Unix(1700000000, 0), Body: bot.Text{Text: "hi"}}},
		{"a reply to the bot that was changed",
			`{"update_id":3,"edited_message":{` + inStaff + `,"text":"hi","reply_to_message":{"message_id":2,"from":{"id":42},"text":"#q card"}}}`,
			bot.Event{Update: 3, Chat: -100, From: 7, Message: 5, ReplyTo: 2, Follows: true, Quoted: "#q card", At: time.Unix(1700000000, 0), Body: bot.Amended{Text: "hi"}}},
		{"a chain of replies is no topic",
			`{"update_id":3,"message":{` + inStaff + `,"text":"hi","message_thread_id":2,"reply_to_message":{"message_id":2}}}`,
			bot.Event{Update: 3, Chat: -100, From: 7, Message: 5, ReplyTo: 2, At: time.Unix(1700000000, 0), Body: bot.Text{Text: "hi"}}},
		{"an anonymous administrator",
			`{"update_id":3,"message":{` + inStaff + `,"text":"hi","sender_chat":{"id":-100},"from":{"id":1087968824,"is_bot":true}}}`,
			bot.Event{Update: 3, Chat: -100, Message: 5, At: time.Unix(1700000000, 0), Body: bot.Text{Text: "hi"}}},
		{"an edit",
			`{"update_id":3,"edited_message":{` + inPrivate + `,"text":"hi"}}`,
			bot.Event{Update: 3, Chat: 7, Private: true, From: 7, Lang: "zh-hans", Message: 5, At: time.Unix(1700000000, 0), Body: bot.Amended{Text: "hi"}}},
		{"an edited command is not carried out again",
			`{"update_id":3,"edited_message":{` + inPrivate + `,"text":"/forget","entities":[{"type":"bot_command","offset":0,"length":7}]}}`,
			bot.Event{Update: 3, Chat: 7, Private: true, From: 7, Lang: "zh-hans", Message: 5, At: time.Unix(1700000000, 0), Body: bot.Unsupported{Kind: bot.Edited}}},
		{"an edited caption",
			`{"update_id":3,"edited_message":{` + inPrivate + `,"photo":[{"file_id":"a"}],"caption":"hi"}}`,
			bot.Event{Update: 3, Chat: 7, Private: true, From: 7, Lang: "zh-hans", Message: 5, At: time.Unix(1700000000, 0), Body: bot.Unsupported{Kind: bot.Edited}}},
	} {
		es := translate(t, c.raw)
		if len(es) != 1 || !reflect.DeepEqual(es[0], c.want) {
			t.Errorf("%s: %+v, want %+v", c.about, es, c.want)
		}
	}
	for _, raw := range []string{
		`{"update_id":3}`,
		`{"update_id":3,"edited_message":{` + inPrivate + `,"location":{}}}`,
		`{"update_id":3,"my_chat_member":{"chat":{"id":7},"new_chat_member":{"status":"kicked"}}}`,
		`{"update_id":3,"callback_query":{"id":"q","from":{"id":7},"inline_message_id":"i","data":"d"}}`,
		`{"update_id":3,"callback_query":{"id":"q","from":{"id":7},"message":{` + inPrivate + `}}}`,
	} {
		if es := translate(t, raw); len(es) != 0 {
			t.Errorf("%s: %+v, want no event", raw, es)
		}
	}
}

func TestPressOnAMessageThatIsTooOldToBeSeen(t *testing.T) {
	es := translate(t, `{"update_id":3,"callback_query":{"id":"q","from":{"id":7,"first_name":"Li","language_code":"en"},"data":"d","message":{"message_id":5,"date":0,"chat":{"id":7,"type":"private"}}}}`)
	if len(es) != 1 {
		t.Fatalf("%+v, want one event", es)
	}
	got := es[0]
	if since := time.Since(got.At); since < 0 || since > time.Minute {
		t.Errorf("At = %v, want now", got.At)
	}
	got.At = time.Time{}
	want := bot.Event{Update: 3, Chat: 7, Private: true, From: 7, Name: "Li", Lang: "en", Message: 5, Body: bot.Press{Query: "q", Data: "d"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func FuzzUpdate(f *testing.F) {
	for _, m := range []string{`"text":"/a@icp_bot b","entities":[{"type":"bot_command","offset":0,"length":10}]`, `"photo":[{"width":-1}]`, `"document":{}`, `"sticker":null`} {
		f.Add([]byte(`{"update_id":1,"message":{` + inPrivate + `,` + m + `}}`))
		f.Add([]byte(`{"update_id":1,"edited_message":{` + inGroup + `,` + m + `}}`))
		f.Add([]byte(`{"update_id":1,"callback_query":{"id":"q","data":"d","message":{` + inStaff + `,` + m + `}}}`))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return // what is no JSON never gets into the journal
		}
		u, err := parse(raw)
		if err != nil {
			return
		}
		tr := translator{me: testMe, everything: func(bot.ChatID) bool { return true }}
		for _, e := range tr.events([]*update{u}) {
			if e.Chat == 0 || e.Body == nil || e.Update != u.ID {
				t.Errorf("event %+v of update %d lacks something", e, u.ID)
			}
			if up, ok := e.Body.(bot.Upload); ok && len(up.Files) == 0 {
				t.Error("upload without files")
			}
		}
	})
}

func TestSplit(t *testing.T) {
	long := strings.Repeat("汉", 10)
	for _, c := range []struct {
		about string
		text  string
		want  []string
	}{
		{"a short text is one part", "abc", []string{"abc"}},
		{"a full one, too", long, []string{long}},
		{"cut at the last line end", "abcde\nfg\nhijkl", []string{"abcde\nfg", "hijkl"}},
		{"cut in the middle when there is none", long + "a😀", []string{long, "a😀"}},
		{"a line end far in front is no place to cut", "a\n" + long, []string{"a\n汉汉汉汉汉汉汉汉", "汉汉"}},
		{"white space only", " \n ", nil},
		{"nothing", "", nil},
		{"many parts", strings.Repeat("12345\n", 4), []string{"12345", "12345", "12345", "12345"}},
		{"bytes that are no text", "a\xffb", []string{"a\uFFFDb"}},
	} {
		var got []string
		for _, p := range split(c.text, nil, 10) {
			got = append(got, p.text)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: split(%q) = %q, want %q", c.about, c.text, got, c.want)
		}
	}
}

func TestSplitKeepsSpans(t *testing.T) {
	text := "第一行😀\n第二行很长很长"
	start, end := strings.Index(text, "行"), strings.Index(text, "很")
	var got []string
	for _, p := range split(text, []bot.Span{{Start: start, End: end, Style: bot.Bold}, {Start: -3, End: 99, Style: bot.Code}, {Start: 1, End: 2, Style: bot.Code}}, 8) {
		for _, e := range p.entities() {
			s, _, _, ok := entityText(p.text, e)
			got = append(got, fmt.Sprintf("%s %s %v", e.Type, s, ok))
		}
	}
	want := []string{"bold 行😀 true", "code 第一行😀 true", "bold 第二行 true", "code 第二行很长很长 true"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("spans = %q, want %q", got, want)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("第一行😀\n第二行", 3, 9)
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		var kept strings.Builder
		for _, p := range split(text, []bot.Span{{Start: start, End: end, Style: bot.Bold}}, 7) {
			if n := utf8.RuneCountInString(p.text); n == 0 || n > 7 {
				t.Errorf("a part has %d characters", n)
			}
			kept.WriteString(p.text)
			for _, e := range p.entities() {
				if _, _, _, ok := entityText(p.text, e); !ok {
					t.Errorf("entity %+v does not fit %q", e, p.text)
				}
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), "") }
		if squeeze(kept.String()) != squeeze(text) {
			t.Errorf("parts hold %q of %q", kept.String(), text)
		}
	})
}

// What comes with the pictures of an album is an event with an update of its
// own, or it would be taken for a repetition of the pictures.
func TestAlbumWithAVideo(t *testing.T) {
	es := translate(t,
		`{"update_id":3,"message":{`+inPrivate+`,"media_group_id":"g","photo":[{"file_id":"a"}],"caption":"江西个人"}}`,
		`{"update_id":4,"message":{`+strings.Replace(inPrivate, `"message_id":5`, `"message_id":6`, 1)+`,"media_group_id":"g","video":{"file_id":"b"}}}`)
	if len(es) != 2 || es[0].Update != 3 || es[1].Update != 4 || es[1].Message != 6 {
		t.Errorf("events %+v, want an upload of update 3 and a video of update 4", es)
	}
}
