package telegram

import (
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
		k.left = p.Delete(ctx, k.ids)
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
