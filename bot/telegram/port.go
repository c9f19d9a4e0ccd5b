package telegram

import (
	"context"
	"log/slog"
	"sync"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// Shown keeps which progress messages are in the chats, so that the next process
// puts the answer in their place when this one dies. Its methods are safe for
// concurrent use.
type Shown interface {
	// Shown returns the progress message of an update, 0 when none was kept.
	Shown(ctx context.Context, update int64) (bot.MessageID, error)
	// KeepShown keeps the progress message of an update, 0 to forget it.
	KeepShown(ctx context.Context, update int64, id bot.MessageID) error
}

const (
	busyEvery     = 4500 * time.Millisecond // the chat shows it for 5 s
	progressEvery = time.Second
)

// A port is the [bot.Port] of one event. It owns the goroutines that show what
// the bot is at; close ends them and waits for them.
type port struct {
	log   *slog.Logger
	out   *sender
	files *files
	event bot.Event
	at    place
	keep  Shown  // may be nil
	long  func() // called when the work turns out to be long; may be nil

	wg   sync.WaitGroup
	done chan struct{} // closed by close
	news chan struct{} // holds one: text has changed
	over chan struct{} // holds one: a message has ended what showBusy shows

	mu       sync.Mutex // guards all below
	closed   bool
	busy     bot.Activity
	stop     context.CancelFunc // ends the busy goroutine
	answered bool
	showing  bool          // a goroutine shows progress
	text     string        // what Progress was called with last
	shown    bot.MessageID // the progress message, 0 for none
}

// newPort makes a port. shown is the progress message of an earlier attempt.
func newPort(log *slog.Logger, out *sender, f *files, e bot.Event, shown bot.MessageID) *port {
	return &port{
		log: log, out: out, files: f, event: e, shown: shown,
		at:   place{chat: int64(e.Chat), thread: int(e.Thread)},
		done: make(chan struct{}),
		news: make(chan struct{}, 1),
		over: make(chan struct{}, 1),
	}
}

// close ends what the port shows. It returns the progress message and whether
// the button was answered.
func (p *port) close() (shown bot.MessageID, answered bool) {
	p.mu.Lock()
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	p.mu.Unlock()
	close(p.done)
	p.wg.Wait()
	return p.shown, p.answered
}

// Download implements [bot.Port].
func (p *port) Download(ctx context.Context, f bot.FileRef, max int64) ([]byte, error) {
	return p.files.download(ctx, f, max)
}

// Busy implements [bot.Port]. Who has pressed a button for long work is not left
// waiting on the button: after some seconds clients take it for broken. It returns
// when there is room for long work.
func (p *port) Busy(ctx context.Context, a bot.Activity) {
	p.showsBusy(ctx, a)
	if p.long != nil {
		p.long()
	}
}

func (p *port) showsBusy(ctx context.Context, a bot.Activity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.busy = a
	if own, ok := p.event.Body.(bot.Press); ok && !p.answered {
		p.answered = true
		once := withCall(context.WithoutCancel(ctx), callOption{casual: true})
		p.wg.Go(func() { p.Answer(once, own, "") })
	}
	if p.stop == nil {
		ctx, p.stop = context.WithCancel(ctx)
		p.wg.Go(func() { p.showBusy(ctx) })
	}
}

func (p *port) showBusy(ctx context.Context) {
	for ctx.Err() == nil {
		p.mu.Lock()
		a := p.busy
		p.mu.Unlock()
		err := p.out.deliver(ctx, p.at, func(ctx context.Context, at place) error {
			_, err := p.out.api.SendChatAction(ctx, &tgbot.SendChatActionParams{
				ChatID:          at.chat,
				MessageThreadID: at.thread,
				Action:          models.ChatAction(a),
			})
			return err
		})
		p.note(ctx, "activity not shown", err)
		select {
		case <-ctx.Done():
		case <-p.over: // clients end it when a message comes
		case <-time.After(busyEvery):
		}
	}
}

// Progress implements [bot.Port].
func (p *port) Progress(ctx context.Context, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.text = text
	select {
	case p.news <- struct{}{}:
	default:
	}
	if !p.showing {
		p.showing = true
		p.wg.Go(func() { p.showProgress(ctx) })
	}
}

func (p *port) showProgress(ctx context.Context) {
	// A call that is out is never cut off: a message would stay without anybody
	// knowing its number, or an edit could arrive after the answer.
	ctx = withCall(context.WithoutCancel(ctx), callOption{casual: true})
	for {
		select {
		case <-p.done:
			return
		case <-p.news:
		}
		p.mu.Lock()
		text, shown := p.text, p.shown
		p.mu.Unlock()
		if parts := split(text, nil, maxText); len(parts) > 0 {
			var err error
			if shown == 0 {
				if shown, err = p.out.text(ctx, p.at, parts[0], nil, 0); shown != 0 && p.keep != nil {
					p.note(ctx, "progress not kept", p.keep.KeepShown(ctx, p.event.Update, shown))
				}
			} else {
				err = p.out.edit(ctx, p.at, shown, parts[0], nil)
			}
			p.note(ctx, "progress not shown", err)
			select {
			case p.over <- struct{}{}:
			default:
			}
			p.mu.Lock()
			p.shown = shown
			p.mu.Unlock()
		}
		select {
		case <-p.done:
			return
		case <-time.After(progressEvery):
		}
	}
}

// Answer implements [bot.Port].
func (p *port) Answer(ctx context.Context, b bot.Press, text string) {
	p.mu.Lock()
	if own, ok := p.event.Body.(bot.Press); ok && own.Query == b.Query {
		p.answered = true
	}
	p.mu.Unlock()
	_, err := p.out.api.AnswerCallbackQuery(ctx, &tgbot.AnswerCallbackQueryParams{
		CallbackQueryID: b.Query,
		Text:            shorten(text, maxAnswer),
	})
	if !says(err, "query is too old") {
		p.note(ctx, "button not answered", err)
	}
}

// Delete implements [bot.Port].
func (p *port) Delete(ctx context.Context, chat bot.ChatID, ids []bot.MessageID) []bot.MessageID {
	at := p.at
	if chat != 0 && chat != p.event.Chat {
		at = place{chat: int64(chat)}
	}
	left := p.out.removeAll(ctx, at, ids)
	if len(left) > 0 {
		p.log.Info("messages not deleted", "update", p.event.Update, "count", len(left))
	}
	return left
}

func (p *port) note(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		p.log.Debug(what, "update", p.event.Update, "err", err)
	}
}
