package telegram

import (
	"context"
	"sync"
	"testing"

	"beianbot/bot"
	"beianbot/bot/playground"
)

// memTopics is a [Topics] in memory.
type memTopics struct {
	mu      sync.Mutex
	threads map[string]int64
}

func (m *memTopics) Topic(_ context.Context, _ bot.ChatID, name string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.threads[name], nil
}

func (m *memTopics) KeepTopic(_ context.Context, _ bot.ChatID, name string, thread int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.threads[name] = thread
	return nil
}

// A topic is made once, also over restarts, and once more when it was deleted;
// what was to go there is not lost.
func TestTopics(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		card := bot.Reply{Text: "card", Chat: playground.StaffChat, Topic: "待答问题"}
		store := &memTopics{threads: make(map[string]int64)}
		start := func() func() {
			cfg := d.config()
			cfg.Topics = store
			return d.run(cfg, replies(card))
		}
		stop := start()
		d.text(applicant, "a")
		d.text(applicant, "b")
		first := d.await(playground.StaffChat, 2)[0].Thread
		stop()
		stop = start()
		d.text(applicant, "c")
		ls := d.await(playground.StaffChat, 3)
		if first == 0 || ls[1].Thread != first || ls[2].Thread != first || d.calls("createForumTopic") != 1 {
			t.Errorf("threads %d, %d, %d, of %d topics made, want one", first, ls[1].Thread, ls[2].Thread, d.calls("createForumTopic"))
		}
		d.post("/sim/chats/-1001000000001/do", map[string]any{"action": "delete-topic", "thread": first})
		d.text(applicant, "d")
		d.text(applicant, "e")
		d.until("two cards in a new topic", func() bool {
			n := 0
			for _, l := range d.answers(playground.StaffChat) {
				if l.Thread != first && l.Thread != 0 {
					n++
				}
			}
			return n == 2
		})
		if n := d.calls("createForumTopic"); n != 2 {
			t.Errorf("%d topics made, want 2", n)
		}
		stop()
	})
}

// Where there are no topics, the card goes to the chat.
func TestNoTopics(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		chat := bot.ChatID(d.post("/sim/chats", map[string]any{"type": "supergroup", "title": "g", "members": []map[string]any{{"id": 2001}}})["id"].(float64))
		d.start(replies(bot.Reply{Text: "card", Chat: chat, Topic: "待答问题"}))
		d.text(applicant, "a")
		d.text(applicant, "b")
		d.await(chat, 2)
		if n := d.calls("createForumTopic"); n != 1 {
			t.Errorf("asked for a topic %d times, want once", n)
		}
	})
}

// A reply to the bot's message carries its text, and no other message's.
func TestQuoted(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		events := make(chan bot.Event, 10)
		d.start(handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			events <- e
			return []bot.Reply{{Text: "#qaaaaaaaa card"}}, nil
		}))
		own := d.text(applicant, "#qbbbbbbbb mine")
		<-events
		card := d.await(applicant, 1)[0].ID
		for _, c := range []struct {
			to   int64
			want string
		}{{card, "#qaaaaaaaa card"}, {own, ""}} {
			d.post("/sim/chats/1001/text", map[string]any{"text": "x", "reply_to": c.to})
			if e := <-events; e.Quoted != c.want || int64(e.ReplyTo) != c.to {
				t.Errorf("a reply to message %d quotes %q of message %d, want %q", c.to, e.Quoted, e.ReplyTo, c.want)
			}
		}
	})
}
