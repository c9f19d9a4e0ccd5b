package telegram

import (
	"context"
	"errors"
	"sync"
	"time"
)

// What Telegram takes from a bot without refusing: about one message a second in
// a chat, 20 a minute in a group, 30 a second in all, of which some are left
// free. The figures are not published exactly, so a refusal (429) is obeyed
// besides.
const (
	chatEvery   = time.Second
	chatBurst   = 3
	groupMinute = 20
	allEvery    = time.Second / 25
	allBurst    = 25

	maxTurns = 4096 // chats remembered before the idle ones are forgotten
)

var errBusy = errors.New("no message is free now")

// A gauge lets one thing through every so often, and several after a pause.
type gauge struct{ full time.Time } // when the burst is whole again

// next returns when the next thing may pass.
func (g *gauge) next(now time.Time, every time.Duration, burst int) time.Time {
	return latest(now, g.full.Add(-time.Duration(burst-1)*every))
}

func (g *gauge) take(now time.Time, every time.Duration) {
	g.full = latest(now, g.full).Add(every)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A turn is the state of one chat.
type turn struct {
	gauge  gauge
	minute []time.Time // the last messages of a group, at most groupMinute
	held   time.Time   // until when the server refuses
}

func (t *turn) next(now time.Time) time.Time {
	at := latest(t.held, t.gauge.next(now, chatEvery, chatBurst))
	if len(t.minute) == groupMinute {
		at = latest(at, t.minute[0].Add(time.Minute))
	}
	return at
}

func (t *turn) take(now, at time.Time, group bool) {
	t.gauge.take(now, chatEvery)
	if !group {
		return
	}
	if len(t.minute) == groupMinute {
		t.minute = append(t.minute[:0], t.minute[1:]...)
	}
	t.minute = append(t.minute, at)
}

func (t *turn) idle(now time.Time) bool {
	return t.gauge.full.Before(now) && t.held.Before(now) &&
		(len(t.minute) == 0 || now.Sub(t.minute[len(t.minute)-1]) > time.Minute)
}

// A pacer spaces messages out.
type pacer struct {
	mu    sync.Mutex
	all   gauge           // guarded by mu
	chats map[int64]*turn // guarded by mu
}

func newPacer() *pacer { return &pacer{chats: make(map[int64]*turn)} }

// wait returns when a message may be sent to chat, or edited there. A casual
// caller gets errBusy instead of waiting.
func (p *pacer) wait(ctx context.Context, chat int64, edit, casual bool) error {
	// The turn in the chat comes first: a place among all, once reserved for a
	// later time, would be lost to the others.
	d, ok := p.reserve(chat, edit, casual)
	if !ok {
		return errBusy
	}
	if err := sleep(ctx, d); err != nil {
		return err
	}
	p.mu.Lock()
	now := time.Now()
	d = p.all.next(now, allEvery, allBurst).Sub(now)
	p.all.take(now, allEvery)
	p.mu.Unlock()
	return sleep(ctx, d)
}

// reserve takes the chat's next turn and says how far off it is. It takes none
// that is not now for a casual caller.
func (p *pacer) reserve(chat int64, edit, casual bool) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	t := p.turn(chat, now)
	at := latest(now, t.held)
	// Edits in a private chat are not counted as messages.
	counted := !edit || chat < 0
	if counted {
		at = t.next(now)
	}
	if casual && at.After(now) {
		return 0, false
	}
	if counted {
		t.take(now, at, chat < 0)
	}
	return at.Sub(now), true
}

// hold keeps messages to chat back for d.
func (p *pacer) hold(chat int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	t := p.turn(chat, now)
	t.held = latest(t.held, now.Add(d))
}

// turn returns the state of chat. The caller holds mu.
func (p *pacer) turn(chat int64, now time.Time) *turn {
	t := p.chats[chat]
	if t == nil {
		if len(p.chats) >= maxTurns {
			for c, t := range p.chats {
				if t.idle(now) {
					delete(p.chats, c)
				}
			}
		}
		t = new(turn)
		p.chats[chat] = t
	}
	return t
}
