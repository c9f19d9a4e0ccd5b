package telegram

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beianbot/bot"
)

// asItIs lists what Telegram does to bots, how the playground does it on request,
// and the tests that show what comes of it, in this package and ("playground.") in
// that of the playground.
var asItIs = []struct {
	what    string
	request string // what a script or a person asks of the playground
	tests   []string
}{
	{"429 with retry_after", `POST /sim/faults {"kind":"429"}; POST /sim/pacing`, []string{"TestFaults", "TestRetries", "TestStrictServer", "playground.TestFaults", "playground.TestPacing"}},
	{"pacing: 1/s in a chat with a small burst, 20/min in a group, 25/s in all", `POST /sim/pacing`, []string{"TestPace", "TestPacingKeepsToTelegramsLimits", "TestStrictServer"}},
	{"5xx with a page of HTML", `POST /sim/faults {"kind":"500-html"}`, []string{"TestFaults", "TestPollsGoOnAfterTrouble", "TestDownloads"}},
	{"a connection cut after a send took effect", `POST /sim/faults {"kind":"cut-after"}`, []string{"TestFaults", "TestCutEditIsNoSecondMessage", "TestPollsGoOnAfterTrouble"}},
	{"blocked by the user", `POST /sim/chats/{id}/do {"action":"block"}`, []string{"TestBlockedByTheUser", "TestFaults", "playground.TestBlockedAndNotStarted"}},
	{"message is not modified", `an edit to the same text`, []string{"TestEdits", "playground.TestSendEditPressDelete"}},
	{"message thread not found", `POST /sim/chats/{id}/do {"action":"delete-topic"}`, []string{"TestTopicThatIsGoneIsDoneWithout", "playground.TestForum"}},
	{"a press too old to be answered", `POST /sim/clock`, []string{"TestPressThatGrowsTooOld", "TestOldPressIsHandledAllTheSame", "playground.TestOldPress"}},
	{"a group that moves to another number", `POST /sim/chats/{id}/do {"action":"migrate"}`, []string{"TestGroupThatMovesIsFollowed", "TestGroupThatMovedUnseen", "playground.TestGroups"}},
	{"edited messages", `POST /sim/chats/{id}/do {"action":"edit"}`, []string{"TestEditedMessages", "TestEnvelopes"}},
	{"the same update twice", `POST /sim/updates {"next":"duplicate"}`, []string{"TestSameUpdateTwiceIsHandledOnce", "TestAlbumIsOneEventInOrder", "playground.TestTricks"}},
	{"albums over several polls, or out of order", `POST /sim/updates {"next":"split"} or {"next":"reorder"}`, []string{"TestAlbumIsOneEventInOrder", "TestAlbumWaitsForQuiet", "playground.TestTricks"}},
	{"offsets in UTF-16 units", `any text with 😀`, []string{"TestAddressedInAGroup", "TestEntityText", "TestReplyKeepsItsLooks", "playground.TestGivenEntities"}},
	{"commands with @name", `POST /sim/chats/{id}/text {"text":"/help@…"}`, []string{"TestAddressedInAGroup", "TestCommand"}},
	{"another process polls with the token", `POST /sim/faults {"method":"getUpdates","kind":"409"}`, []string{"TestPollsGoOnAfterTrouble", "playground.TestSecondPollerEndsTheFirst"}},
	{"a flood from one person", `POST /sim/chats/{id}/text, often`, []string{"TestFloodHoldsUpNobodyElse", "TestFloodIsBounded", "TestFloodIsToldSeldom"}},
	{"many chats at once", `POST /sim/chats`, []string{"TestOrderWithinAChatAndManyChatsAtOnce", "TestThroughput", "BenchmarkThroughput"}},
}

// The tests of the table are there.
func TestAsItIs(t *testing.T) {
	have := make(map[string]bool)
	for dir, prefix := range map[string]string{".": "", "../playground": "playground."} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					have[prefix+fn.Name.Name] = true
				}
			}
		}
	}
	for _, one := range asItIs {
		for _, test := range one.tests {
			if !have[test] {
				t.Errorf("%s: there is no %s", one.what, test)
			}
		}
	}
}

// A server that refuses what comes too fast gets all of it in the end, in order,
// and is asked little more than necessary.
func TestStrictServer(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		const chats, each = 40, 8
		d.post("/sim/pacing", map[string]any{"on": true})
		for i := range chats {
			d.post("/sim/chats", map[string]any{"type": "private", "id": 5000 + i, "title": "p"})
		}
		cfg := d.config()
		cfg.Unpaced = false
		begun := time.Now()
		var oldest atomic.Int64 // how long an update waited at most, about
		d.run(cfg, say(func(e bot.Event) string {
			oldest.Store(int64(time.Since(begun))) // the last one has waited longest
			return e.Body.(bot.Text).Text
		}))
		for n := range each {
			for i := range chats {
				d.text(bot.ChatID(5000+i), fmt.Sprint(n))
			}
		}
		time.Sleep(5 * time.Minute)
		for i := range chats {
			for n, l := range d.await(bot.ChatID(5000+i), each) {
				if l.Text != fmt.Sprint(n) {
					t.Fatalf("chat %d: answer %d = %q", i, n, l.Text)
				}
			}
		}
		calls := d.calls("sendMessage")
		t.Logf("%d messages took %d calls; the last update waited %v", chats*each, calls, time.Duration(oldest.Load()).Round(time.Second))
		if calls > chats*each*5/4 {
			t.Errorf("%d calls for %d messages: the server is hammered", calls, chats*each)
		}
	})
}

// An edit that is cut off is made again and is then no news to the server, so an
// answer that takes the place of a progress message never comes twice.
func TestCutEditIsNoSecondMessage(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		d.run(cfg, handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
			p.Progress(ctx, "…")
			return []bot.Reply{{Text: "答"}}, sleep(ctx, time.Second)
		}))
		d.fault(map[string]any{"method": "editMessageText", "kind": "cut-after", "times": 3})
		d.text(applicant, "问")
		time.Sleep(5 * time.Minute)
		if l := d.await(applicant, 1)[0]; l.Text != "答" {
			t.Errorf("answer = %q", l.Text)
		}
		d.settle(cfg.Journal)
	})
}

// Who wrote to somebody else that does not take the message any more is told, once,
// whatever goes wrong meanwhile.
func TestUndelivered(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		d.run(cfg, handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			if e.Chat == applicant {
				return []bot.Reply{{Text: "等"}}, nil
			}
			return []bot.Reply{{Text: "发了"}, {Chat: applicant, Text: "答", Undelivered: &bot.Reply{Text: "没有收到"}}}, nil
		}))
		d.text(applicant, "问")
		d.await(applicant, 1)
		d.text(applicant2, "答")
		if ls := d.await(applicant2, 1); ls[0].Text != "发了" {
			t.Errorf("answers = %v", ls)
		}
		d.await(applicant, 2)
		d.post(fmt.Sprintf("/sim/chats/%d/do", applicant), map[string]any{"action": "block"})
		d.text(applicant2, "再答")
		if ls := d.await(applicant2, 3); ls[1].Text != "发了" || ls[2].Text != "没有收到" {
			t.Errorf("answers = %v, want 发了, then 没有收到", ls)
		}
		d.settle(cfg.Journal)
	})
}

// Who blocks the bot before the answer gets none, nothing is tried again, and who
// comes back is answered as ever.
func TestBlockedByTheUser(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		d.run(cfg, slowEcho(time.Second))
		d.text(applicant, "a")
		d.post(fmt.Sprintf("/sim/chats/%d/do", applicant), map[string]any{"action": "block"})
		time.Sleep(time.Minute)
		if n := d.calls("sendMessage"); n != 1 {
			t.Errorf("%d calls to a chat that takes no messages, want 1", n)
		}
		d.settle(cfg.Journal)
		d.text(applicant, "b") // clients unblock a bot to write to it
		if l := d.await(applicant, 1)[0]; l.Text != "b" {
			t.Errorf("answer = %q, want b", l.Text)
		}
		if strings.Contains(d.logs.String(), "level=ERROR") {
			t.Error("a person's choice is logged as an error")
		}
	})
}

// A press that takes longer than Telegram waits is answered with a message all
// the same, and the refusal is no trouble.
func TestPressThatGrowsTooOld(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			if _, ok := e.Body.(bot.Press); ok {
				d.post("/sim/clock", map[string]any{"advance_seconds": 200})
				return []bot.Reply{{Text: "拼好了"}}, nil
			}
			return []bot.Reply{{Text: "?", Buttons: [][]bot.Button{{{Label: "拼", Data: "stitch"}}}}}, nil
		}))
		d.text(applicant, "a")
		l := d.await(applicant, 1)[0]
		d.post(fmt.Sprintf("/sim/chats/%d/press", applicant), map[string]any{"message_id": l.ID, "button": "拼"})
		if ls := d.await(applicant, 2); ls[1].Text != "拼好了" {
			t.Errorf("answers = %+v", ls)
		}
		if strings.Contains(d.logs.String(), "level=ERROR") || strings.Contains(d.logs.String(), "button not answered") {
			t.Error("an old press is logged as trouble")
		}
	})
}

// A group whose move the bot was not told of says so when it is written to.
func TestGroupThatMovedUnseen(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.post("/sim/chats", map[string]any{"type": "group", "id": -77, "title": "g", "members": []map[string]any{{"id": 9, "name": "n", "status": "creator"}}})
		to := bot.ChatID(d.post("/sim/chats/-77/do", map[string]any{"action": "migrate", "from": 9})["chat_id"].(float64))
		cfg := d.config()
		var moves []bot.ChatID
		cfg.Moved = func(f, t bot.ChatID) { moves = append(moves, f, t) }
		b, err := New(d.log, cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"一", "二"} {
			if err := b.out.reply(t.Context(), bot.Event{Chat: -77}, bot.Reply{Text: text}, new(delivery)); err != nil {
				t.Fatal(err)
			}
		}
		d.await(to, 2)
		if !slices.Equal(moves, []bot.ChatID{-77, to}) || d.calls("sendMessage") != 3 {
			t.Errorf("moves %v after %d calls, want one move and 3 calls", moves, d.calls("sendMessage"))
		}
	})
}

// An edited question is one to be answered, an edited command is not carried out
// again, and both know which message they are about.
func TestEditedMessages(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			return []bot.Reply{{Text: fmt.Sprintf("%s %v", kindOf(e.Body), e.Body), ReplyTo: e.Message}}, nil
		}))
		id := d.text(applicant, "核验单用什么比")
		d.await(applicant, 1)
		edit := func(text string) {
			d.post(fmt.Sprintf("/sim/chats/%d/do", applicant), map[string]any{"action": "edit", "message_id": id, "text": text})
		}
		edit("😀核验单用什么笔")
		if l := d.await(applicant, 2)[1]; l.Text != "amended {😀核验单用什么笔}" || l.ReplyTo != id {
			t.Errorf("the edited question became %q, a reply to %d, want one to %d", l.Text, l.ReplyTo, id)
		}
		edit("/forget")
		if l := d.await(applicant, 3)[2]; l.Text != "unsupported {edited}" {
			t.Errorf("the edited command became %q", l.Text)
		}
	})
}

// In a group the bot hears what is for it: commands with or without its name, its
// name anywhere, also behind characters of two UTF-16 units, and replies to it.
func TestAddressedInAGroup(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.post("/sim/chats", map[string]any{"type": "supergroup", "id": -1009, "title": "g", "members": []map[string]any{{"id": 9, "name": "n"}}})
		d.start(say(func(e bot.Event) string { return fmt.Sprintf("%s %v", kindOf(e.Body), e.Body) }))
		n := 0
		for _, c := range []struct{ text, want string }{
			{"大家好", ""},
			{"/help@icp_bot 一 二", "command {help 一 二}"},
			{"/HELP@ICP_BOT", "command {help }"},
			{"/help@other_bot", ""},
			{"@other_bot 核验单", ""},
			{"😀👨‍👩‍👧 @icp_bot 核验单", "text {😀👨‍👩‍👧  核验单}"},
			{"😀 /help@icp_bot", "text {😀 /help@icp_bot}"},
		} {
			d.text(-1009, c.text)
			time.Sleep(time.Second)
			if c.want != "" {
				n++
			}
			ls := d.await(-1009, n)
			if c.want != "" && ls[n-1].Text != c.want {
				t.Errorf("%q became %q, want %q", c.text, ls[n-1].Text, c.want)
			}
		}
		to := d.answers(-1009)[0].ID
		d.post("/sim/chats/-1009/text", map[string]any{"text": "那单位呢", "reply_to": to})
		if l := d.await(-1009, n+1)[n]; l.Text != "text {那单位呢}" {
			t.Errorf("a reply to the bot became %q", l.Text)
		}
	})
}
