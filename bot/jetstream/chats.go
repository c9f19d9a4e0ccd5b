package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"beianbot/bot"
	"beianbot/kb"
)

const (
	chatBucket = "chat"
	// chatBytes bounds the bucket. A session has 1 or 2 KB, a staff chat with
	// eight drafts some tens of KB.
	chatBytes = 512 << 20

	defaultMaxChats = 20_000
)

// Chats is a [bot.Chats] in a bucket whose keys live as long as a session: every
// save is a message of its own, so the age limit of the stream counts from it.
//
// What people typed is not written: the words of the last question stay in
// memory, so that after a restart a follow-up builds on the topic alone.
type Chats struct {
	s    *Store
	st   natsjs.Stream
	bot  string
	now  func() time.Time
	said *bot.MemChats // the words of the last question, and nothing else
}

// savedChat is what a message holds.
type savedChat struct {
	At      time.Time   `json:"at"`
	Session bot.Session `json:"session"`
}

func openChats(ctx context.Context, s *Store, cfg Config) (*Chats, error) {
	st, err := s.bucket(ctx, chatBucket, bounds{
		history: 1, life: bot.SessionLife, bytes: chatBytes, oldest: true,
		messages: orElse(cfg.MaxChats, defaultMaxChats),
	})
	if err != nil {
		return nil, err
	}
	return &Chats{s: s, st: st, bot: cfg.Bot, now: time.Now, said: bot.NewMemChats()}, nil
}

func orElse(v, otherwise int64) int64 {
	if v <= 0 {
		return otherwise
	}
	return v
}

func (c *Chats) subject(id bot.ChatID) string {
	return subject(chatBucket, c.bot+"."+strconv.FormatInt(int64(id), 10))
}

// Load implements [bot.Chats].
func (c *Chats) Load(ctx context.Context, id bot.ChatID) (bot.Session, error) {
	m, err := last(ctx, c.st, c.subject(id))
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return bot.Session{}, nil
	}
	if err != nil {
		return bot.Session{}, fmt.Errorf("read session: %w", err)
	}
	var saved savedChat
	if err := json.Unmarshal(m.Data, &saved); err != nil {
		return bot.Session{}, fmt.Errorf("decode session: %w", err)
	}
	if c.now().Sub(saved.At) > bot.SessionLife {
		return bot.Session{}, nil // the server looks for what is too old now and then only
	}
	words, err := c.said.Load(ctx, id)
	if err != nil {
		return bot.Session{}, err
	}
	s := saved.Session
	s.Context.Question, s.Before.Question = words.Context.Question, words.Before.Question
	return s, nil
}

// Save implements [bot.Chats].
func (c *Chats) Save(ctx context.Context, id bot.ChatID, s bot.Session) error {
	words := bot.Session{
		Context: kb.Context{Question: s.Context.Question},
		Before:  kb.Context{Question: s.Before.Question},
	}
	s.Context.Question, s.Before.Question = "", ""
	data, err := json.Marshal(savedChat{At: c.now(), Session: s})
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	if _, err := c.s.put(ctx, &nats.Msg{Subject: c.subject(id), Data: data}); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return c.said.Save(ctx, id, words)
}
