package telegram

import (
	"context"
	"time"

	"beianbot/bot"
)

const (
	// fairShare is how many updates of one person count among those that wait
	// for all: a second hundred of theirs keeps nobody else's out.
	fairShare = 20
	// floodAt is how many updates of one person wait before that is a flood: more
	// than somebody forwards in one go.
	floodAt = 30
	// maxLine is how many updates of one person wait. What comes on top is left
	// out; with one answer a second it would be read eight minutes later.
	maxLine = 500
	// floodPause is the rest after each update of a flood, which costs the time
	// that others could have.
	floodPause = 100 * time.Millisecond
	// tellEvery is how often a person is told at most that they are too fast.
	tellEvery = 10 * time.Minute
)

// A lane is what waits in one chat. In a person's own chat it is bounded, counts
// only in part, and a flood of it is slowed and told of once. In groups, where
// the staff is and where most of what is said is not for the bot and done with at
// once, all counts and nothing is left out.
type lane struct {
	tasks   []*task
	person  bool // a chat of one person with the bot
	waiting int  // updates in tasks
	flood   bool // more than floodAt waited since the lane began
	told    bool // the sender was told of it; for the goroutine that serves the lane
}

// counted returns how much of l counts towards the limit for all chats.
func (l *lane) counted() int {
	if l.person {
		return min(l.waiting, fairShare)
	}
	return l.waiting
}

// full reports whether l takes no more.
func (l *lane) full() bool { return l.person && l.waiting >= maxLine }

// untold reports whether a chat is to be told now, and takes it for told.
func (q *queues) untold(chat int64) bool {
	if q.tell == nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for c, at := range q.told {
		if now.Sub(at) > tellEvery {
			delete(q.told, c)
		}
	}
	if _, ok := q.told[chat]; ok {
		return false
	}
	q.told[chat] = now
	return true
}

// tellFlood says in the chat of u that what is sent there is answered in order.
// It is tried once: the chat is about to get many messages.
func (b *Bot) tellFlood(ctx context.Context, u *update) {
	b.log.Info("a person sends faster than they are answered", "update", u.ID)
	e := bot.Event{Update: u.ID, Chat: bot.ChatID(u.chat())}
	if err := b.out.reply(ctx, e, bot.Reply{Text: b.cfg.TooFast(u.language())}, new(delivery)); err != nil {
		b.log.Debug("person not told", "update", u.ID, "err", err)
	}
}

// leaveOut is done with an update that a flood has too much.
func (b *Bot) leaveOut(ctx context.Context, u *update) {
	b.log.Warn("update of a flood left out", "update", u.ID)
	b.marks.set(b.log, b.cfg.Journal.Done(ctx, u.ID))
}
