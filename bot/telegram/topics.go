package telegram

import (
	"context"
	"sync"
	"time"

	tgbot "github.com/go-telegram/bot"

	"beianbot/bot"
)

// Topics keeps which threads the bot has made for which topics. Its methods are
// safe for concurrent use.
type Topics interface {
	// Topic returns the thread of a topic, 0 when none was kept.
	Topic(ctx context.Context, chat bot.ChatID, name string) (thread int64, err error)
	// KeepTopic keeps the thread of a topic in place of another one.
	KeepTopic(ctx context.Context, chat bot.ChatID, name string, thread int64) error
}

// noTopicsFor is how long a chat that has no topics is not asked for one again.
const noTopicsFor = time.Hour

// topics finds and makes the topics of chats.
type topics struct {
	store Topics // nil: they are made anew by every process

	mu    sync.Mutex // held while a topic is looked for or made, so that it is made once
	known map[topic]int
	none  map[int64]time.Time // when a chat refused to make one
}

type topic struct {
	chat int64
	name string
}

// topic returns the thread of the topic of at, which it makes when there is none
// or the one there was, gone, has been deleted. 0 is the chat itself: that has no
// topics, or a message without its topic is better than none.
func (s *sender) topic(ctx context.Context, at place, gone int) int {
	t := &s.topics
	t.mu.Lock()
	defer t.mu.Unlock()
	if since, ok := t.none[at.chat]; ok && time.Since(since) < noTopicsFor {
		return 0
	}
	key := topic{at.chat, at.topic}
	thread := t.known[key]
	if thread == 0 && t.store != nil {
		kept, err := t.store.Topic(ctx, bot.ChatID(at.chat), at.topic)
		if err != nil {
			s.log.Error("topic not looked up", "err", err)
		}
		thread = int(kept)
	}
	if thread == 0 || thread == gone {
		thread = s.makeTopic(ctx, at)
	}
	t.known[key] = thread
	return thread
}

// makeTopic makes the topic of at. The caller holds topics.mu.
func (s *sender) makeTopic(ctx context.Context, at place) int {
	thread := 0
	err := s.deliver(ctx, place{chat: at.chat}, func(ctx context.Context, in place) error {
		made, err := s.api.CreateForumTopic(ctx, &tgbot.CreateForumTopicParams{ChatID: in.chat, Name: shorten(at.topic, 128)})
		if err == nil {
			thread = made.MessageThreadID
		}
		return err
	})
	switch {
	case err == nil && thread != 0:
	case says(err, "not a forum"):
		s.topics.none[at.chat] = time.Now()
		return 0
	default:
		s.topics.none[at.chat] = time.Now()
		s.log.Warn("topic not made", "err", err)
		return 0
	}
	if s.topics.store != nil {
		if err := s.topics.store.KeepTopic(ctx, bot.ChatID(at.chat), at.topic, int64(thread)); err != nil {
			s.log.Error("topic not kept", "err", err)
		}
	}
	return thread
}
