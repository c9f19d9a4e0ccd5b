package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"beianbot/bot"
	"beianbot/bot/playground"
	"beianbot/bot/telegram"
)

// parrot answers every text with itself.
type parrot struct{}

func (parrot) Handle(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
	if t, ok := e.Body.(bot.Text); ok {
		return []bot.Reply{{Text: t.Text + "!", ReplyTo: e.Message}}, nil
	}
	return nil, nil
}

func Example() {
	play := playground.New(playground.Config{})
	server := httptest.NewServer(play)
	defer server.Close()
	defer play.Close()

	log := slog.New(slog.DiscardHandler)
	b, err := telegram.New(log, telegram.Config{
		Token:   play.Token(),
		Journal: telegram.NewMemJournal(0),
		API:     server.URL,
		Sorry:   "抱歉",
	}, parrot{})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()

	chat := fmt.Sprintf("%s/sim/chats/%d", server.URL, playground.Applicant)
	resp, err := http.Post(chat+"/text", "application/json", bytes.NewReader([]byte(`{"text":"你好"}`)))
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	for answered := false; !answered; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(chat + "/messages")
		if err != nil {
			panic(err)
		}
		var messages []struct {
			From any
			Text string
		}
		if err := json.NewDecoder(resp.Body).Decode(&messages); err != nil {
			panic(err)
		}
		resp.Body.Close()
		for _, m := range messages {
			if m.From == "bot" {
				fmt.Println(m.Text)
				answered = true
			}
		}
	}
	cancel()
	fmt.Println(<-done)
	// Output:
	// 你好!
	// <nil>
}
