package telegram

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"beianbot/bot"
)

// reply is a handler that answers everything with the same replies.
func replies(rs ...bot.Reply) bot.Handler {
	return handlerFunc(func(context.Context, bot.Event, bot.Port) ([]bot.Reply, error) { return rs, nil })
}

func TestLongTextIsSplit(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		text := strings.Repeat(strings.Repeat("字", 99)+"\n", 90)
		d.start(replies(bot.Reply{
			Text: text, Buttons: [][]bot.Button{{{Label: "b", Data: "d"}}},
			Spans: []bot.Span{{Start: 0, End: len(text), Style: bot.Bold}},
		}))
		d.text(applicant, "a")
		ls := d.await(applicant, 3)
		total := 0
		for i, l := range ls {
			total += strings.Count(l.Text, "字")
			if n := utf8.RuneCountInString(l.Text); n > maxText {
				t.Errorf("part %d has %d characters", i, n)
			}
			if last := i == len(ls)-1; (len(l.Buttons) > 0) != last {
				t.Errorf("part %d has %d rows of buttons", i, len(l.Buttons))
			}
			if len(l.Spans) != 1 {
				t.Errorf("part %d has %d spans, want its piece of the one", i, len(l.Spans))
			}
		}
		if total != 90*99 {
			t.Errorf("%d characters arrived, want %d", total, 90*99)
		}
	})
}

func TestLongCaptionFollowsItsFile(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		file := &bot.File{Name: "a.jpg", MIME: "image/jpeg", Data: picture(1)}
		buttons := [][]bot.Button{{{Label: "b", Data: "d"}}}
		d.start(replies(
			bot.Reply{File: file, Text: strings.Repeat("字", maxCaption), Buttons: buttons},
			bot.Reply{File: file, Text: strings.Repeat("字", maxCaption+1), Buttons: buttons},
			bot.Reply{File: file},
		))
		d.text(applicant, "a")
		ls := d.await(applicant, 4)
		if ls[0].File == nil || utf8.RuneCountInString(ls[0].Caption) != maxCaption || len(ls[0].Buttons) != 1 {
			t.Errorf("the first is no file with its caption and buttons: %+v", ls[0])
		}
		if ls[1].File == nil || ls[1].Caption != "" || len(ls[1].Buttons) != 0 {
			t.Errorf("the second is no bare file: %+v", ls[1])
		}
		if ls[2].File != nil || utf8.RuneCountInString(ls[2].Text) != maxCaption+1 || len(ls[2].Buttons) != 1 {
			t.Errorf("the third is not the text of the second: %+v", ls[2])
		}
	})
}

func TestEdits(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		var target bot.MessageID
		d.start(handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			r := bot.Reply{Text: e.Body.(bot.Text).Text, Edit: target}
			return []bot.Reply{r}, nil
		}))
		d.text(applicant, "one")
		target = bot.MessageID(d.await(applicant, 1)[0].ID)
		d.text(applicant, "two")
		d.until("edit", func() bool { return d.answers(applicant)[0].Text == "two" })
		d.text(applicant, "two") // not modified: as good as done
		d.until("second edit", func() bool { return d.calls("editMessageText") == 2 })
		d.post(fmt.Sprintf("/sim/chats/%d/do", applicant), map[string]any{"action": "delete", "message_id": target})
		d.text(applicant, "three")
		if l := d.await(applicant, 1)[0]; l.Text != "three" || l.ID == int64(target) {
			t.Errorf("answer = %+v, want a new message", l)
		}
	})
}

// TestFaults lets one call go wrong in every way there is.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		about string
		fault map[string]any
		want  string // the answers, joined by |
		calls int    // of sendMessage
	}{
		{"too many requests", map[string]any{"kind": "429", "retry_after": 5}, "答", 2},
		{"a page of HTML", map[string]any{"kind": "500-html", "times": 3}, "答", 4},
		{"an inner error", map[string]any{"kind": "500"}, "答", 2},
		{"cut before it was taken", map[string]any{"kind": "cut-before"}, "答", 2},
		{"cut after it was sent: twice, rather than not at all", map[string]any{"kind": "cut-after"}, "答|答", 2},
		{"cut after it was sent each time: three times, and no more", map[string]any{"kind": "cut-after", "times": 12}, "答|答|答", 3},
		{"a slow server", map[string]any{"kind": "slow", "delay_ms": 25000}, "答", 1},
		{"blocked by the user", map[string]any{"kind": "403"}, "", 1},
		{"markup that the server does not like", map[string]any{"kind": "400"}, "答", 2},
		{"an outage of minutes", map[string]any{"kind": "500", "times": 30}, "答", 31},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				cfg := d.config()
				d.run(cfg, replies(bot.Reply{Text: "答"}))
				c.fault["method"] = "sendMessage"
				d.fault(c.fault)
				d.text(applicant, "问")
				time.Sleep(10 * time.Minute)
				var got []string
				for _, l := range d.answers(applicant) {
					got = append(got, l.Text)
				}
				if s := strings.Join(got, "|"); s != c.want {
					t.Errorf("answers = %q, want %q", s, c.want)
				}
				if n := d.calls("sendMessage"); n != c.calls {
					t.Errorf("%d calls, want %d", n, c.calls)
				}
				if w := waitingIDs(t, cfg.Journal); w != "" {
					t.Errorf("%s still waits", w)
				}
			})
		})
	}
}

func TestFileThatIsRefusedIsApologisedFor(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(replies(bot.Reply{Text: "成品", File: &bot.File{Name: "a.jpg", Data: picture(1)}}))
		d.fault(map[string]any{"method": "sendDocument", "kind": "400"})
		d.text(applicant, "a")
		if l := d.await(applicant, 1)[0]; l.Text != testSorry {
			t.Errorf("answer = %q, want the apology", l.Text)
		}
	})
}

func TestGroupThatMovesIsFollowed(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.post("/sim/chats", map[string]any{"type": "group", "id": -77, "title": "g", "members": []map[string]any{{"id": 9, "name": "n", "status": "creator"}}})
		cfg := d.config()
		var from, to atomic.Int64
		cfg.Moved = func(f, t bot.ChatID) {
			from.Store(int64(f))
			to.Store(int64(t))
		}
		cfg.Everything = func(bot.ChatID) bool { return true }
		d.run(cfg, handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			return []bot.Reply{{Text: "in the group", Chat: -77}}, nil
		}))
		d.post("/sim/chats/-77/do", map[string]any{"action": "migrate", "from": 9})
		d.text(applicant, "a")
		d.until("move", func() bool { return to.Load() != 0 })
		if from.Load() != -77 {
			t.Errorf("moved from %d, want -77", from.Load())
		}
		if l := d.await(bot.ChatID(to.Load()), 1)[0]; l.Text != "in the group" {
			t.Errorf("answer = %q", l.Text)
		}
	})
}

func TestTopicThatIsGoneIsDoneWithout(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Everything = func(c bot.ChatID) bool { return c == staffChat }
		gone := make(chan struct{})
		d.run(cfg, handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			if e.Body.(bot.Text).Text == "b" {
				<-gone
			}
			return []bot.Reply{{Text: "re " + e.Body.(bot.Text).Text}}, nil
		}))
		path := fmt.Sprintf("/sim/chats/%d", staffChat)
		v := d.post(path+"/do", map[string]any{"action": "create-topic", "name": "t"})
		thread := v["thread"]
		d.post(path+"/text", map[string]any{"text": "a", "thread": thread})
		if l := d.await(staffChat, 1)[0]; float64(l.Thread) != thread {
			t.Errorf("the answer is in topic %d, want %v", l.Thread, thread)
		}
		d.post(path+"/text", map[string]any{"text": "b", "thread": thread})
		d.post(path+"/do", map[string]any{"action": "delete-topic", "thread": thread})
		close(gone)
		d.until("answer outside the topic", func() bool {
			for _, l := range d.answers(staffChat) {
				if l.Text == "re b" && l.Thread == 0 {
					return true
				}
			}
			return false
		})
	})
}

func TestEmptyReplyIsNoDisaster(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(replies(bot.Reply{Text: " \n"}, bot.Reply{Text: "next"}))
		d.text(applicant, "a")
		if l := d.await(applicant, 1)[0]; l.Text != "next" {
			t.Errorf("answer = %q, want next", l.Text)
		}
	})
}

func TestPartsThatAreOutAreNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		d.run(cfg, replies(bot.Reply{Text: strings.Repeat(strings.Repeat("字", 99)+"\n", 90)}))
		d.fault(map[string]any{"method": "sendMessage", "kind": "500", "skip": 1, "times": 20})
		d.text(applicant, "a")
		time.Sleep(10 * time.Minute)
		d.await(applicant, 3)
		d.settle(cfg.Journal)
	})
}

// A message that the server has taken is sent, whatever the library makes of
// the description of it.
func TestAnswerThatCannotBeReadIsConsent(t *testing.T) {
	for _, c := range []struct {
		about, body string
		calls       int
	}{
		{"a result of another shape", `{"ok":true,"result":{"message_id":"canary"}}`, 1},
		{"a result of another type", `{"ok":true,"result":[1]}`, 1},
		{"a refusal", `{"ok":false,"error_code":400,"description":"Bad Request: canary"}`, 2},
		{"a refusal of an unknown kind", `{"ok":false,"error_code":418,"description":"I'm a teapot"}`, 2},
		{"no answer of this interface", `[]`, 2},
	} {
		t.Run(c.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				s := &scripted{steps: []step{{status: 200, body: c.body}}, begun: time.Now()}
				cfg := d.config()
				cfg.HTTP = s
				b, err := New(d.log, cfg, nil)
				if err != nil {
					t.Fatal(err)
				}
				e := bot.Event{Chat: applicant}
				if err := b.out.reply(t.Context(), e, bot.Reply{Text: "答"}, new(delivery)); err != nil {
					t.Errorf("reply = %v, want nil", err)
				}
				if len(s.log) != c.calls {
					t.Errorf("%d calls, want %d; log:\n%s", len(s.log), c.calls, d.logs.String())
				}
				if strings.Contains(d.logs.String(), "canary") && c.calls == 1 {
					t.Errorf("the log quotes the answer:\n%s", d.logs.String())
				}
			})
		})
	}
}
