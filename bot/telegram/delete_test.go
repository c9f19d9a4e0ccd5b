package telegram

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"beianbot/bot"
)

// A keeper sends every file back, remembers all messages with files, and deletes
// them when something is said.
type keeper struct {
	mu   sync.Mutex
	ids  []bot.MessageID
	left []bot.MessageID
}

func (k *keeper) Handle(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	up, ok := e.Body.(bot.Upload)
	if !ok {
		k.left = p.Delete(ctx, 0, k.ids)
		return []bot.Reply{{Text: "done"}}, nil
	}
	var rs []bot.Reply
	for _, f := range up.Files {
		k.ids = append(k.ids, f.Message)
		rs = append(rs, bot.Reply{File: &bot.File{Name: "a.jpg", Data: picture(1)}})
	}
	return append(rs, bot.Reply{Text: "no file"}), nil
}

func (k *keeper) Sent(_ context.Context, _ bot.Event, r bot.Reply, id bot.MessageID) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.File != nil {
		k.ids = append(k.ids, id)
	}
	return nil
}

// The messages with files go, the person's and the bot's, others stay.
func TestFilesAreDeletedFromTheChat(t *testing.T) {
	for _, c := range []struct {
		about string
		fault map[string]any
		left  int
	}{
		{"all in one call", nil, 0},
		{"one by one when the server refuses them together", map[string]any{"method": "deleteMessages", "kind": "400"}, 0},
		{"one is too old", map[string]any{"method": "*", "kind": "400", "times": 2, "description": "Bad Request: message can't be deleted for everyone"}, 1},
		{"a server that hiccups", map[string]any{"method": "deleteMessages", "kind": "500-html", "times": 2}, 0},
		{"a cut connection after they were deleted", map[string]any{"method": "deleteMessages", "kind": "cut-after"}, 0},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				k := new(keeper)
				d.start(k)
				d.files(applicant, "file", "", sentFile{"a.jpg", picture(1)}, sentFile{"b.jpg", picture(2)})
				d.await(applicant, 3)
				time.Sleep(time.Second)
				if c.fault != nil {
					d.fault(c.fault)
				}
				d.text(applicant, "删")
				d.until("answer", func() bool {
					for _, l := range d.answers(applicant) {
						if l.Text == "done" {
							return true
						}
					}
					return false
				})
				if len(k.ids) != 4 || len(k.left) != c.left {
					t.Errorf("messages %v, of which %v are left, want 4 and %d", k.ids, k.left, c.left)
				}
				d.await(applicant, 2+max(0, c.left-1)) // "no file" and "done"
			})
		})
	}
}

// A progress message and messages of text are not noted.
func TestOnlyFilesAreNoted(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		k := new(keeper)
		d.start(k)
		d.text(applicant, "a")
		d.await(applicant, 1)
		if len(k.ids) != 0 {
			t.Errorf("noted %v, want nothing", fmt.Sprint(k.ids))
		}
	})
}

// A passer passes every file on to the staff chat, and takes it out of there when
// something is said.
type passer struct {
	mu   sync.Mutex
	lost bool // the identifiers are wrong
	ids  []bot.MessageID
	left []bot.MessageID
}

func (p *passer) Handle(ctx context.Context, e bot.Event, port bot.Port) ([]bot.Reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	up, ok := e.Body.(bot.Upload)
	if !ok {
		p.left = port.Delete(ctx, staffChat, p.ids)
		return []bot.Reply{{Text: "done"}}, nil
	}
	f := up.Files[0]
	if p.lost {
		f.ID = "AgACwrong"
	}
	return []bot.Reply{{Text: "passed"}, {Chat: staffChat, Topic: "待答问题", Text: "#q 看图", Pass: f, Lost: "没有取到"}}, nil
}

func (p *passer) Sent(_ context.Context, _ bot.Event, r bot.Reply, id bot.MessageID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Pass.ID != "" {
		p.ids = append(p.ids, id)
	}
	return nil
}

// noted returns how many messages were noted as sent, and how many could not be
// deleted.
func (p *passer) noted() (ids, left int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids), len(p.left)
}

// A photo and a file go to another chat by their identifiers, byte for byte, and
// out of it again; one that cannot be sent is said to be lost.
func TestFilesArePassedOn(t *testing.T) {
	for _, as := range []string{"photo", "file"} {
		t.Run(as, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				p := new(passer)
				d.start(p)
				d.files(applicant, as, "", sentFile{"a.jpg", picture(1)})
				d.await(applicant, 1)
				got := d.await(staffChat, 1)[0]
				d.until("the message to be noted", func() bool { ids, _ := p.noted(); return ids == 1 })
				if got.Thread == 0 || got.Caption != "#q 看图" || got.File.ID == "" || d.calls("getFile") != 0 {
					t.Errorf("in the staff chat is %+v, %d downloads", got, d.calls("getFile"))
				}
				if as == "file" && !bytes.Equal(d.bytes(got.File.ID), picture(1)) {
					t.Error("the file is not what was sent")
				}
				d.text(applicant, "删")
				d.await(applicant, 2)
				d.until("the message to go", func() bool { return len(d.answers(staffChat)) == 0 })
				if _, left := p.noted(); left != 0 {
					t.Errorf("%d messages are left", left)
				}
				p.mu.Lock()
				p.lost = true
				p.mu.Unlock()
				d.files(applicant, as, "", sentFile{"b.jpg", picture(2)})
				got = d.await(staffChat, 1)[0]
				if ids, _ := p.noted(); got.Text != "没有取到" || ids != 1 {
					t.Errorf("of one that is lost the staff chat has %+v, %d noted", got, ids)
				}
			})
		})
	}
}
