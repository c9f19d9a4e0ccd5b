package telegram

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"beianbot/bot"
)

func TestBusyIsShownUntilTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
			p.Busy(ctx, bot.Typing)
			p.Busy(ctx, bot.Sending)
			time.Sleep(10 * time.Second)
			return []bot.Reply{{Text: "done"}}, nil
		}))
		d.text(applicant, "a")
		time.Sleep(time.Minute)
		d.await(applicant, 1)
		if n := d.calls("sendChatAction"); n != 3 {
			t.Errorf("%d activities shown in 10 s, want one every 4.5 s: 3", n)
		}
	})
}

func TestProgressIsOneMessage(t *testing.T) {
	for _, c := range []struct {
		about  string
		reply  []bot.Reply
		want   []string
		edited bool
	}{
		{"the answer takes its place", []bot.Reply{{File: &bot.File{Name: "a.jpg", Data: picture(1)}}, {Text: "done"}}, []string{"done", ""}, true},
		{"without an answer in words it goes away", []bot.Reply{{File: &bot.File{Name: "a.jpg", Data: picture(1)}}}, []string{""}, false},
		{"without any answer as well", nil, nil, false},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				d.start(handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
					for i := range 50 {
						p.Progress(ctx, fmt.Sprintf("%d / 50", i))
						time.Sleep(100 * time.Millisecond)
					}
					return c.reply, nil
				}))
				d.text(applicant, "a")
				time.Sleep(2 * time.Second)
				if l := d.await(applicant, 1)[0]; l.Text == "" {
					t.Error("no progress is shown")
				}
				time.Sleep(time.Minute)
				ls := d.await(applicant, len(c.want))
				for i, l := range ls {
					if l.Text != c.want[i] {
						t.Errorf("message %d = %q, want %q", i, l.Text, c.want[i])
					}
				}
				if n := d.calls("editMessageText"); n > 6 {
					t.Errorf("%d edits in 5 s, want at most one a second", n)
				}
			})
		})
	}
}

func TestProgressThatCannotBeShownDoesNoHarm(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.fault(map[string]any{"method": "sendMessage", "kind": "500"})
		d.start(handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
			p.Progress(ctx, "…")
			time.Sleep(time.Second)
			return []bot.Reply{{Text: "done"}}, nil
		}))
		d.text(applicant, "a")
		if l := d.await(applicant, 1)[0]; l.Text != "done" {
			t.Errorf("answer = %q, want done", l.Text)
		}
	})
}

func TestPressIsAnsweredOnce(t *testing.T) {
	for _, own := range []bool{true, false} {
		bubble(t, func(t *testing.T, d *desk) {
			d.start(handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
				b, ok := e.Body.(bot.Press)
				if !ok {
					return []bot.Reply{{Text: "?", Buttons: [][]bot.Button{{{Label: "是", Data: "yes"}}}}}, nil
				}
				if own {
					p.Answer(ctx, b, "好")
				}
				return []bot.Reply{{Text: b.Data, Edit: e.Message}}, nil
			}))
			d.text(applicant, "a")
			l := d.await(applicant, 1)[0]
			d.post(fmt.Sprintf("/sim/chats/%d/press", applicant), map[string]any{"message_id": l.ID, "button": "是"})
			d.until("edit", func() bool { return d.answers(applicant)[0].Text == "yes" })
			time.Sleep(time.Second)
			if n := d.calls("answerCallbackQuery"); n != 1 {
				t.Errorf("handler answers: %v: the press was answered %d times, want once", own, n)
			}
			if len(d.answers(applicant)[0].Buttons) != 0 {
				t.Error("the buttons are still there after the edit")
			}
		})
	}
}

// Long work that a button began is shown in the chat, not on the button.
func TestPressForLongWorkIsAnsweredAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			if _, ok := e.Body.(bot.Press); !ok {
				return []bot.Reply{{Text: "?", Buttons: [][]bot.Button{{{Label: "拼", Data: "stitch"}}}}}, nil
			}
			p.Busy(ctx, bot.Sending)
			p.Progress(ctx, "正在拼……")
			return []bot.Reply{{Text: "拼好了"}}, sleep(ctx, 20*time.Second)
		}))
		d.text(applicant, "a")
		l := d.await(applicant, 1)[0]
		d.post(fmt.Sprintf("/sim/chats/%d/press", applicant), map[string]any{"message_id": l.ID, "button": "拼"})
		time.Sleep(time.Second)
		if n := d.calls("answerCallbackQuery"); n != 1 {
			t.Errorf("answered %d times after a second, want once", n)
		}
		if ls := d.await(applicant, 2); ls[1].Text != "正在拼……" {
			t.Errorf("after a second the chat shows %q", ls[1].Text)
		}
		time.Sleep(time.Minute)
		if ls := d.await(applicant, 2); ls[1].Text != "拼好了" || d.calls("answerCallbackQuery") != 1 {
			t.Errorf("at the end the chat shows %q after %d answers to the press", ls[1].Text, d.calls("answerCallbackQuery"))
		}
	})
}

func TestOldPressIsHandledAllTheSame(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		raw := fmt.Appendf(nil, `{"update_id":1,"callback_query":{"id":"gone","from":{"id":%d},"data":"d","message":{"message_id":1,"date":0,"chat":{"id":%d,"type":"private"}}}}`, applicant, applicant)
		if _, err := cfg.Journal.Add(context.Background(), []Record{{ID: 1, Raw: raw}}); err != nil {
			t.Fatal(err)
		}
		d.run(cfg, replies(bot.Reply{Text: "ok"}))
		d.await(applicant, 1)
	})
}

func TestDownloads(t *testing.T) {
	for _, c := range []struct {
		about  string
		bytes  int
		max    int64
		silent bool // the sender does not say how large the file is
		fault  map[string]any
		tooBig bool
		fails  bool
	}{
		{about: "a file", bytes: 5000, max: 5000},
		{about: "larger than asked for", bytes: 5001, max: 5000, tooBig: true},
		{about: "larger than asked for, and not announced", bytes: 5001, max: 5000, silent: true, tooBig: true},
		{about: "larger than the server hands out", bytes: 21 << 20, max: 30 << 20, tooBig: true},
		{about: "a server that hiccups", bytes: 10, max: 10, fault: map[string]any{"method": "getFile", "kind": "500-html", "times": 2}},
		{about: "a connection that breaks", bytes: 10, max: 10, fault: map[string]any{"method": "getFile", "kind": "cut-after"}},
		{about: "a file that is gone", bytes: 10, max: 10, fault: map[string]any{"method": "getFile", "kind": "400", "description": "Bad Request: wrong file_id or the file is temporarily unavailable"}, fails: true},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				d.start(handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
					f := e.Body.(bot.Upload).Files[0]
					if c.silent {
						f.Bytes = 0
					}
					data, err := p.Download(ctx, f, c.max)
					return []bot.Reply{{Text: fmt.Sprint(len(data), errors.Is(err, bot.ErrTooBig), err != nil)}}, nil
				}))
				if c.fault != nil {
					d.fault(c.fault)
				}
				d.files(applicant, "file", "", sentFile{"a.bin", make([]byte, c.bytes)})
				want := fmt.Sprint(c.bytes, false, false)
				if c.tooBig || c.fails {
					want = fmt.Sprint(0, c.tooBig, true)
				}
				d.until("answer", func() bool { time.Sleep(time.Second); return len(d.answers(applicant)) > 0 })
				if l := d.await(applicant, 1)[0]; l.Text != want {
					t.Errorf("bytes, too big, error = %s, want %s", l.Text, want)
				}
			})
		})
	}
}

// What people write is text in every answer, whatever markup it looks like.
func TestMarkupInTextIsText(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			text := e.Body.(bot.Text).Text
			p.Progress(ctx, text)
			time.Sleep(time.Second)
			return []bot.Reply{
				{Text: text, Buttons: [][]bot.Button{{{Label: "<b>&lt;", Data: "d"}}}},
				{Text: text, File: &bot.File{Name: "a.jpg", Data: picture(1)}},
			}, nil
		}))
		for _, text := range []string{"<b>粗</b> &amp; <a href=\"tg://user?id=1\">x</a>", "*a* _b_ [c](tg://user?id=1) ```d```", "</b><script>alert(1)</script>"} {
			before := len(d.answers(applicant))
			d.text(applicant, text)
			ls := d.await(applicant, before+2)[before:]
			if ls[0].Text != text || ls[1].Caption != text || len(ls[0].Spans)+len(ls[1].Spans) > 0 || ls[0].Buttons[0][0].Text != "<b>&lt;" {
				t.Errorf("%q came out as %+v", text, ls)
			}
		}
	})
}

// memShown is a [Shown] that outlives a bot.
type memShown struct {
	mu   sync.Mutex
	kept map[int64]bot.MessageID
}

func (m *memShown) Shown(_ context.Context, update int64) (bot.MessageID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[update], nil
}

func (m *memShown) KeepShown(_ context.Context, update int64, id bot.MessageID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id == 0 {
		delete(m.kept, update)
	} else {
		m.kept[update] = id
	}
	return nil
}

// What a process showed when it died makes room for the answer of the next one.
func TestProgressOfADeadProcessIsReplaced(t *testing.T) {
	for _, c := range []struct {
		about string
		reply bot.Reply
	}{
		{about: "by a text", reply: bot.Reply{Text: "查好了"}},
		{about: "or goes, before a file", reply: bot.Reply{Text: "查好了", File: &bot.File{Name: "a.jpg", Data: picture(1)}}},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				cfg := d.config()
				kept := &memShown{kept: make(map[int64]bot.MessageID)}
				cfg.Shown, cfg.Drain = kept, time.Millisecond
				stop := d.run(cfg, handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
					p.Progress(ctx, "正在检查……")
					<-ctx.Done()
					return nil, ctx.Err()
				}))
				d.text(applicant, "a")
				if l := d.await(applicant, 1)[0]; l.Text != "正在检查……" {
					t.Fatalf("the chat shows %q", l.Text)
				}
				stop()
				d.run(cfg, replies(c.reply))
				d.settle(cfg.Journal)
				if ls := d.await(applicant, 1); ls[0].Text+ls[0].Caption != "查好了" {
					t.Errorf("the chat shows %+v, want the answer alone", ls[0])
				}
				time.Sleep(time.Second)
				kept.mu.Lock()
				defer kept.mu.Unlock()
				if len(kept.kept) != 0 {
					t.Errorf("%v is kept after the answer", kept.kept)
				}
			})
		})
	}
}

// A progress message ends the activity in people's clients: it is shown again.
func TestBusyIsShownAgainAfterProgress(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.start(handlerFunc(func(ctx context.Context, _ bot.Event, p bot.Port) ([]bot.Reply, error) {
			p.Busy(ctx, bot.Sending)
			time.Sleep(time.Second)
			p.Progress(ctx, "正在拼……")
			time.Sleep(2 * time.Second)
			return []bot.Reply{{Text: "拼好了"}}, nil
		}))
		d.text(applicant, "a")
		d.until("answer", func() bool { ls := d.answers(applicant); return len(ls) == 1 && ls[0].Text == "拼好了" })
		if n := d.calls("sendChatAction"); n != 2 {
			t.Errorf("%d activities, want one at the beginning and one after the progress", n)
		}
	})
}
