package bottest

import (
	"reflect"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

// many is more chats than a check has.
const many = 1000

// TestChats checks what [bot.Chats] promises. open calls check with empty chats
// that hold as many as max, and with what lets time go by for them.
func TestChats(t *testing.T, open func(t *testing.T, max int, check func(t *testing.T, c bot.Chats, wait func(time.Duration)))) {
	t.Helper()
	full := func() bot.Session {
		return bot.Session{
			Lang: kb.English, Spoken: kb.Chinese, Consent: 3, Seen: []int64{1, 2, 3},
			Context: kb.Context{At: time.Now().UTC(), Entry: "guide/pen", Slots: map[string]string{"province": "江西"}, Question: "江西 手印"},
			Before:  kb.Context{Entry: "guide/size", Question: "多 大"},
			Sets:    []bot.Set{{Key: "1", At: time.Now().UTC(), Pictures: []bot.Picture{{ID: "f", Unique: "u", Bytes: 9, Photo: true, Update: 3, Usable: true}}}},
			Offered: []bot.Offer{{Label: "我在江西", Data: "q:江西"}},
			Drafts:  []bot.Draft{{Key: "2", Step: bot.StepConfirm, Entry: kb.Entry{ID: "staff/1", Title: map[kb.Lang]string{kb.Chinese: "题"}}}},
		}
	}
	load := func(t *testing.T, c bot.Chats, id bot.ChatID) bot.Session {
		t.Helper()
		s, err := c.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	save := func(t *testing.T, c bot.Chats, id bot.ChatID, s bot.Session) {
		t.Helper()
		if err := c.Save(t.Context(), id, s); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, max int, f func(t *testing.T, c bot.Chats, wait func(time.Duration))) {
		t.Run(name, func(t *testing.T) { open(t, max, f) })
	}
	run("a chat that nobody saved is empty", many, func(t *testing.T, c bot.Chats, _ func(time.Duration)) {
		if s := load(t, c, 5); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load = %+v, want nothing", s)
		}
	})
	run("what was saved is loaded", many, func(t *testing.T, c bot.Chats, _ func(time.Duration)) {
		want := full()
		save(t, c, -100123, want)
		if got := load(t, c, -100123); !reflect.DeepEqual(got, want) {
			t.Errorf("Load = %+v\nwant %+v", got, want)
		}
		if s := load(t, c, 100123); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("another chat has %+v", s)
		}
	})
	run("the newest one counts, and an empty one too", many, func(t *testing.T, c bot.Chats, _ func(time.Duration)) {
		save(t, c, 1, full())
		save(t, c, 1, bot.Session{})
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load = %+v, want nothing", s)
		}
	})
	run("changing a loaded session changes nothing", many, func(t *testing.T, c bot.Chats, _ func(time.Duration)) {
		save(t, c, 1, full())
		s := load(t, c, 1)
		s.Seen[0], s.Context.Slots["province"] = 99, "广东"
		if got := load(t, c, 1); got.Seen[0] != 1 || got.Context.Slots["province"] != "江西" {
			t.Errorf("Load = %+v after a change outside", got)
		}
	})
	run("it expires", many, func(t *testing.T, c bot.Chats, wait func(time.Duration)) {
		save(t, c, 1, full())
		wait(bot.SessionLife)
		if s := load(t, c, 1); s.Lang != kb.English {
			t.Errorf("Load after %v = %+v, want it still there", bot.SessionLife, s)
		}
		wait(time.Second)
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load after more = %+v, want nothing", s)
		}
	})
	run("chats beyond the bound go, the oldest first", 10, func(t *testing.T, c bot.Chats, wait func(time.Duration)) {
		for id := range bot.ChatID(11) {
			save(t, c, id+1, full())
			wait(time.Second)
		}
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("the oldest chat has %+v, want nothing", s)
		}
		if s := load(t, c, 11); s.Lang != kb.English {
			t.Errorf("the newest chat has %+v", s)
		}
	})
}
