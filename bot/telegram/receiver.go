package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	tgbot "github.com/go-telegram/bot"
)

const (
	// pollTimeout is how long the server keeps a poll without updates open; it
	// takes no more.
	pollTimeout = 50 * time.Second
	pollLimit   = 100

	// confirmTime is enough for a request to reach the server.
	confirmTime = time.Second

	minBackoff = 500 * time.Millisecond
	maxBackoff = 30 * time.Second
)

// allowedUpdates is what the server is asked for.
var allowedUpdates = []string{"message", "edited_message", "callback_query", "my_chat_member"}

// ErrToken is returned by [Bot.Run] when the server does not know the token.
var ErrToken = errors.New("server does not know the token")

// A refusal is an answer of the server that is not ok.
type refusal struct {
	Code        int    `json:"error_code"`
	Description string `json:"description"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Description) }

// webhook reports whether polls are refused because a webhook is set. The other
// conflict is a second process that polls with the same token.
func (r *refusal) webhook() bool {
	return r.Code == http.StatusConflict && strings.Contains(r.Description, "webhook")
}

// Run receives and handles updates until ctx ends. Then it fetches no more, goes
// on with what it has for the drain time, and returns when all is finished; what
// is not handled by then waits in the journal. It returns an error when it could
// not begin: [ErrToken], or a journal that cannot be read.
func (b *Bot) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var drain sync.WaitGroup
	defer drain.Wait()
	defer stop()
	drain.Go(func() {
		select {
		case <-ctx.Done():
			_ = sleep(work, b.cfg.Drain) // an earlier end is as good
			stop()
		case <-work.Done():
		}
	})
	if err := b.identify(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	waiting, err := b.cfg.Journal.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	q := newQueues(b.cfg.Workers, b.cfg.Pending, b.cfg.AlbumQuiet, b.work)
	if b.cfg.TooFast != nil {
		q.tell = b.tellFlood
	}
	b.tally.serves(q)
	defer q.wait()
	b.replay(ctx, work, q, waiting)
	b.receive(ctx, work, q)
	return nil
}

// identify asks who the bot is, until there is an answer or ctx ends.
func (b *Bot) identify(ctx context.Context) error {
	for backoff := minBackoff; ctx.Err() == nil; backoff = min(backoff*2, maxBackoff) {
		me, err := b.api.GetMe(ctx)
		switch {
		case err == nil:
			b.me.Store(&identity{id: me.ID, name: me.Username})
			b.connection.set(b.log, nil)
			return nil
		case errors.Is(err, tgbot.ErrorUnauthorized) || errors.Is(err, tgbot.ErrorNotFound):
			return ErrToken
		case ctx.Err() == nil:
			b.connection.set(b.log, err)
			_ = sleep(ctx, jitter(backoff)) // the loop looks at ctx
		}
	}
	return nil
}

// replay puts what an earlier process left undone in front of everything new.
// What two processes died over is tried one by one before all else, so that the
// next death tells which of them it was.
func (b *Bot) replay(ctx, work context.Context, q *queues, waiting []Record) {
	if len(waiting) == 0 {
		return
	}
	b.log.Info("updates from before", "count", len(waiting))
	type part struct {
		chat  int64
		album string
	}
	suspects := make(map[part]bool)
	var us []*update
	for _, r := range waiting {
		u := b.understand(work, r)
		us = append(us, u)
		if u != nil && u.album() != "" && r.Deaths >= aloneFrom {
			suspects[part{u.chat(), u.album()}] = true
		}
	}
	alone := newQueues(1, len(us), b.cfg.AlbumQuiet, b.work)
	alone.slow = nil // long work, too
	for i, u := range us {
		if u != nil && (waiting[i].Deaths >= aloneFrom || suspects[part{u.chat(), u.album()}]) {
			if alone.put(ctx, work, u, waiting[i].Deaths) {
				us[i] = nil
			}
		}
	}
	alone.wait()
	for i, u := range us {
		if u == nil {
			continue
		}
		if q.waitRoom(ctx) != nil {
			return
		}
		if !q.put(ctx, work, u, waiting[i].Deaths) {
			b.leaveOut(work, u)
		}
	}
}

// understand parses an update. One that cannot be parsed is done with: nil.
func (b *Bot) understand(ctx context.Context, r Record) *update {
	u, err := parse(r.Raw)
	if err == nil {
		u.ID = r.ID
		return u
	}
	// The text of the error may quote the update.
	b.log.Error("update not understood", "update", r.ID)
	b.marks.set(b.log, b.cfg.Journal.Done(ctx, r.ID))
	return nil
}

// receive fetches updates until ctx ends.
func (b *Bot) receive(ctx, work context.Context, q *queues) {
	var offset int64
	var polled time.Time
	backoff := minBackoff
	for q.waitRoom(ctx) == nil {
		polled = time.Now()
		batch, err := b.poll(ctx, offset, pollTimeout)
		if r, ok := errors.AsType[*refusal](err); ok && r.webhook() {
			if err = b.dropWebhook(ctx); err == nil {
				continue
			}
		}
		if ctx.Err() != nil && err != nil {
			break
		}
		b.connection.set(b.log, err)
		if err == nil {
			b.tally.fetched()
			if err = b.accept(ctx, work, q, batch); err == nil {
				backoff = minBackoff
				if len(batch) > 0 {
					offset = 0
				}
				for _, r := range batch {
					offset = max(offset, r.ID+1)
				}
				continue
			}
		}
		wait := jitter(backoff)
		if ce, ok := errors.AsType[*callError](err); ok {
			wait = max(wait, min(ce.after, time.Minute))
		}
		backoff = min(backoff*2, maxBackoff)
		_ = sleep(ctx, wait) // the loop looks at ctx
	}
	if offset != 0 && time.Since(polled) < confirmTime {
		b.confirm(ctx, offset)
	}
}

// accept journals a batch and queues what is new in it. When it returns an error
// the batch is as good as not fetched.
func (b *Bot) accept(ctx, work context.Context, q *queues, batch []Record) error {
	if len(batch) == 0 {
		return nil
	}
	fresh, err := b.cfg.Journal.Add(work, batch)
	b.journal.set(b.log, err)
	if err != nil {
		return err
	}
	if n := len(batch) - len(fresh); n > 0 {
		b.log.Debug("updates known already", "count", n)
	}
	for _, r := range fresh {
		if u := b.understand(work, r); u != nil && !q.put(ctx, work, u, 0) {
			b.leaveOut(work, u)
		}
	}
	return nil
}

// confirm tells the server that all below offset is taken over. A poll does that
// when it reaches the server, which one that was cut off at once may not have.
// Without it the last batch comes again, and only the journal's memory keeps it
// from being answered twice.
func (b *Bot) confirm(ctx context.Context, offset int64) {
	// The server may keep the answer back; to have asked is enough.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTime)
	defer cancel()
	if _, err := b.poll(ctx, offset, 0); err != nil {
		b.log.Debug("last updates not confirmed", "err", err)
	}
}

// dropWebhook removes the webhook, with which the server allows no polls. Updates
// that wait stay.
func (b *Bot) dropWebhook(ctx context.Context) error {
	if _, err := b.api.DeleteWebhook(ctx, &tgbot.DeleteWebhookParams{}); err != nil {
		return err
	}
	b.log.Warn("webhook removed: this process polls")
	return nil
}

// poll fetches the updates from offset on, and confirms those before it.
func (b *Bot) poll(ctx context.Context, offset int64, wait time.Duration) ([]Record, error) {
	params := map[string]any{
		"limit":           pollLimit,
		"timeout":         int(wait.Seconds()),
		"allowed_updates": allowedUpdates,
	}
	if offset != 0 {
		params["offset"] = offset
	}
	var raws []json.RawMessage
	if err := b.call(ctx, "getUpdates", params, &raws); err != nil {
		return nil, err
	}
	rs := make([]Record, 0, len(raws))
	for _, raw := range raws {
		var head struct {
			ID *int64 `json:"update_id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil || head.ID == nil {
			b.log.Error("update without number")
			continue
		}
		r := Record{ID: *head.ID, Raw: raw}
		if u, err := parse(raw); err == nil {
			r.Chat = u.chat()
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// call makes one call past the library, which does not hand out raw updates.
func (b *Bot) call(ctx context.Context, method string, params map[string]any, result any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("call %s: %w", method, err)
	}
	address := b.cfg.API + "/bot" + b.cfg.Token + "/" + method
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call %s: %w", method, b.client.redact(err))
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("call %s: %w", method, err) // unreachable: the client has read it
	}
	var answer struct {
		OK     bool            `json:"ok"`
		Result json.RawMessage `json:"result"`
		refusal
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return fmt.Errorf("call %s: answer is no object", method)
	}
	if !answer.OK {
		return &answer.refusal
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("call %s: odd result", method)
	}
	return nil
}

// jitter spreads d over half to one and a half.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }
