package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"beianbot/bot"
	"beianbot/bot/telegram"
	"beianbot/kb"
)

// noticeEvery is the time between two notices of failures: when something breaks
// that many messages need, staff are told once and not for each.
const noticeEvery = 10 * time.Minute

// failureNotices tell staff that updates were given up.
type failureNotices struct {
	words  words
	buried func(context.Context) ([]telegram.Failure, error)
	staff  atomic.Int64 // their chat, 0 for none

	mu   sync.Mutex
	told time.Time // when staff were told last; guarded by mu
}

// words are what is said of a failure.
type words interface {
	GivenUp(l kb.Lang, picture bool, count int) string
}

// notice returns what is said to staff when an update of a kind was given up, and
// whether anything is.
func (f *failureNotices) notice(ctx context.Context, kind string) (bot.Reply, bool) {
	staff := bot.ChatID(f.staff.Load())
	f.mu.Lock()
	now := time.Now()
	quiet := staff == 0 || !f.told.IsZero() && now.Sub(f.told) < noticeEvery
	if !quiet {
		f.told = now
	}
	f.mu.Unlock()
	if quiet {
		return bot.Reply{}, false
	}
	count := 1
	if all, err := f.buried(ctx); err == nil { // the notice counts, not the number
		count = max(count, len(all))
	}
	return bot.Reply{Chat: staff, Text: f.words.GivenUp(kb.Chinese, kind == "upload", count)}, true
}
