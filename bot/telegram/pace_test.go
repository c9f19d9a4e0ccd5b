package telegram

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		about    string
		chats    int   // how many
		first    int64 // number of the first, the others follow downwards
		messages int   // in each
		edit     bool
		want     time.Duration // until the last
	}{
		{"three at once in a chat", 1, 7, 3, false, 0},
		{"then one a second", 1, 7, 10, false, 7 * time.Second},
		{"edits in a private chat are not counted there", 1, 7, 10, true, 0},
		{"twenty a minute in a group", 1, -7, 21, false, 60 * time.Second},
		{"edits count in a group", 1, -7, 5, true, 2 * time.Second},
		{"25 a second in all", 75, 75, 1, false, 2 * time.Second},
	} {
		t.Run(c.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPacer()
				begun := time.Now()
				var wg sync.WaitGroup
				for i := range c.chats {
					wg.Go(func() {
						for range c.messages {
							if err := p.wait(t.Context(), c.first-int64(i), c.edit, false); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
				if d := time.Since(begun).Round(10 * time.Millisecond); d != c.want {
					t.Errorf("%d messages in each of %d chats took %v, want %v", c.messages, c.chats, d, c.want)
				}
			})
		})
	}
}

func TestAWaitingChatDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer()
		p.hold(7, time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() { p.wait(t.Context(), 7, false, false) })
		synctest.Wait()
		begun := time.Now()
		if err := p.wait(t.Context(), 8, false, false); err != nil || time.Since(begun) != 0 {
			t.Errorf("wait = %v after %v, want nil at once", err, time.Since(begun))
		}
		wg.Wait()
		if d := time.Since(begun); d != time.Minute {
			t.Errorf("the chat that was refused waited %v, want a minute", d)
		}
	})
}

func TestCasualMessagesDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer()
		for range chatBurst {
			if err := p.wait(t.Context(), 7, false, true); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.wait(t.Context(), 7, false, true); !errors.Is(err, errBusy) {
			t.Errorf("wait = %v, want errBusy", err)
		}
		// The refused one has taken no turn.
		begun := time.Now()
		if err := p.wait(t.Context(), 7, false, false); err != nil || time.Since(begun) != time.Second {
			t.Errorf("the next message waits %v, want 1 s", time.Since(begun))
		}
	})
}

func TestPaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer()
		p.hold(7, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.wait(ctx, 7, false, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait = %v, want the end of the context", err)
		}
	})
}

func TestPacerForgetsIdleChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer()
		for chat := range int64(maxTurns) {
			p.reserve(chat+1, false, false)
		}
		time.Sleep(10 * time.Second)
		p.reserve(-1, false, false)
		if n := len(p.chats); n != 1 {
			t.Errorf("%d chats remembered, want 1", n)
		}
	})
}
