package telegram

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"beianbot/bot"
)

const (
	// maxFailures is how often an update may fail in a process that outlives it.
	maxFailures = 3
	// maxDeaths is how many processes may die over an update before it is given
	// up, at the start after the last of them. It is below the limit of a usual
	// supervisor, five starts in ten seconds. At three, one of 800 updates was
	// given up that only happened to be at work when the process was killed.
	maxDeaths = 4
	// aloneFrom is after how many deaths an update is tried alone (see replay),
	// since it may just have been at work each time that something else ended the
	// process.
	aloneFrom = 2
	// sendFor is how long the sending of replies is tried again when Telegram
	// cannot be reached.
	sendFor = 30 * time.Minute
	// unsureFor is the pause before a message that may have been sent is sent
	// for the last time: long enough for a gateway to come back.
	unsureFor = time.Minute
)

var (
	// errInterrupted: the work was cut short from outside.
	errInterrupted = errors.New("interrupted")
	errPanic       = errors.New("panic")
	errTooLong     = errors.New("over the time limit of the handler")
)

// A job is a task under way. It remembers what is behind it, so that another
// attempt goes on from there.
type job struct {
	events  []bot.Event   // the first one is at work
	replies []bot.Reply   // to the first event, not yet sent
	handled bool          // replies are all that is left of the first event
	shown   bot.MessageID // progress message of the first event
	sending delivery      // of the first reply
}

// work handles a task and marks it done, or leaves it in the journal when ctx
// ends before.
func (b *Bot) work(ctx context.Context, t *task) {
	ids := t.ids()
	j := new(job)
	begun := time.Now()
	failures := 0
	var last error
	for pause := time.Second; ; pause = min(pause*2, time.Minute) {
		if ctx.Err() != nil {
			return
		}
		if t.deaths >= maxDeaths || failures >= maxFailures {
			b.giveUp(ctx, t, j, last)
			break
		}
		b.marks.set(b.log, b.cfg.Journal.Begin(ctx, ids...))
		err := b.attempt(ctx, t, j)
		if err == nil {
			break
		}
		b.marks.set(b.log, b.cfg.Journal.Release(context.WithoutCancel(ctx), ids...))
		if ctx.Err() != nil {
			return
		}
		b.log.Error("update failed", "update", ids[0], "err", err)
		last = err
		if !passing(err) || time.Since(begun) > sendFor {
			failures++
		}
		if unsure(err) {
			pause = unsureFor
		}
		if j.handled && t.seat != nil {
			t.seat.wait()
		}
		_ = sleep(ctx, pause) // the loop looks at ctx
	}
	b.marks.set(b.log, b.cfg.Journal.Done(context.WithoutCancel(ctx), ids...))
	if b.cfg.Shown == nil {
		return
	}
	for _, id := range ids { // after Done: until then the answer takes its place again
		if err := b.cfg.Shown.KeepShown(context.WithoutCancel(ctx), id, 0); err != nil {
			b.log.Error("progress not forgotten", "update", id, "err", err)
		}
	}
}

// shownBefore returns the progress message that an earlier process showed for e,
// 0 for none.
func (b *Bot) shownBefore(ctx context.Context, e bot.Event) bot.MessageID {
	if b.cfg.Shown == nil {
		return 0
	}
	id, err := b.cfg.Shown.Shown(ctx, e.Update)
	if err != nil {
		b.log.Error("progress not looked up", "update", e.Update, "err", err)
	}
	return id
}

// attempt does what is left of j. A panic is an error here.
func (b *Bot) attempt(ctx context.Context, t *task, j *job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			b.log.Error("panic", "update", t.updates[0].ID, "value", panicValue(v), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	if j.events == nil {
		for _, u := range t.updates {
			b.housekeeping(u)
		}
		if j.events = b.translator().events(t.updates); len(j.events) == 0 {
			b.endPress(ctx, t.updates[0])
			return nil
		}
	}
	for len(j.events) > 0 {
		e := j.events[0]
		if !j.handled {
			if err := b.handle(ctx, e, t, j); err != nil {
				return err
			}
		}
		for len(j.replies) > 0 {
			if err := b.out.reply(ctx, e, j.replies[0], &j.sending); err != nil {
				return err
			}
			b.noteSent(ctx, e, j.replies[0], j.sending.file)
			j.replies, j.sending = j.replies[1:], delivery{}
		}
		*j = job{events: j.events[1:]}
	}
	return nil
}

// noteSent tells the handler which message a file has become, 0 for none.
func (b *Bot) noteSent(ctx context.Context, e bot.Event, r bot.Reply, id bot.MessageID) {
	h, ok := b.handler.(bot.SentHandler)
	if !ok || id == 0 {
		return
	}
	if err := h.Sent(ctx, e, r, id); err != nil {
		b.log.Error("message not noted", "update", e.Update, "err", err)
	}
}

// panicValue describes what was thrown without its text, which may quote what a
// person wrote. The runtime's own texts hold numbers and types only.
func panicValue(v any) string {
	if e, ok := v.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("%T", v)
}

// handle lets the handler work on e and puts its replies into j. An error means
// that e must be handled again.
func (b *Bot) handle(ctx context.Context, e bot.Event, t *task, j *job) error {
	begun := time.Now()
	if j.shown == 0 {
		j.shown = b.shownBefore(ctx, e)
	}
	p := newPort(b.log, b.out, b.files, e, j.shown)
	hctx, limit := withLimit(ctx, b.cfg.HandleLimit)
	p.keep = b.cfg.Shown
	if t.seat != nil {
		p.long = func() { limit.without(func() { t.seat.long(ctx) }) }
	}
	closed := false
	finish := func() (answered bool) {
		if !closed {
			closed = true
			limit.end()
			j.shown, answered = p.close()
		}
		return answered
	}
	defer finish() // after a panic, too
	replies, err := b.handler.Handle(hctx, e, p)
	if err != nil && context.Cause(hctx) == errTooLong {
		err = fmt.Errorf("%w: %w", errTooLong, err)
	}
	answered := finish()
	if ctx.Err() != nil {
		return errInterrupted // the replies may be about that
	}
	if err != nil {
		b.log.Error("handler failed", "update", e.Update, "kind", kindOf(e.Body), "err", err)
		if len(replies) == 0 {
			replies = []bot.Reply{{Text: b.cfg.Sorry}}
		}
	}
	if q, ok := e.Body.(bot.Press); ok && !answered {
		p.Answer(ctx, q, "")
	}
	j.replies, j.handled = b.replaceProgress(ctx, e, replies, j.shown), true
	b.tally.did(kindOf(e.Body))
	b.log.Debug("handled", "update", e.Update, "kind", kindOf(e.Body), "dur", time.Since(begun))
	return nil
}

// A limit ends a context after some time, which can be made to stand still. The
// cause is errTooLong.
type limit struct {
	cancel context.CancelCauseFunc

	mu    sync.Mutex  // held while the time stands still
	timer *time.Timer // calls cancel
	at    time.Time   // when; guarded by mu
}

func withLimit(ctx context.Context, d time.Duration) (context.Context, *limit) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(d, func() { cancel(errTooLong) })
	return ctx, &limit{cancel: cancel, timer: timer, at: time.Now().Add(d)}
}

// without calls f, the time of which does not count.
func (l *limit) without(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	running := l.timer.Stop()
	begun := time.Now()
	f()
	if running {
		l.at = l.at.Add(time.Since(begun))
		l.timer.Reset(time.Until(l.at))
	}
}

// end ends the context.
func (l *limit) end() {
	l.timer.Stop()
	l.cancel(nil)
}

// replaceProgress lets the first reply that can take the place of the progress
// message do so, or removes the message.
func (b *Bot) replaceProgress(ctx context.Context, e bot.Event, replies []bot.Reply, shown bot.MessageID) []bot.Reply {
	if shown == 0 {
		return replies
	}
	replies = append([]bot.Reply(nil), replies...)
	for i, r := range replies {
		if r.File == nil && r.Edit == 0 && (r.Chat == 0 || r.Chat == e.Chat) {
			replies[i].Edit = shown
			return replies
		}
	}
	at := place{chat: int64(e.Chat)}
	if err := b.out.remove(ctx, at, shown); err != nil {
		b.log.Debug("progress not removed", "update", e.Update, "err", err)
	}
	return replies
}

// giveUp tells the chat that its message could not be handled, and notes what
// failed last.
func (b *Bot) giveUp(ctx context.Context, t *task, j *job, last error) {
	b.tally.gaveUp()
	b.log.Error("update given up", "update", t.updates[0].ID, "deaths", t.deaths)
	defer func() {
		if recover() != nil {
			b.log.Error("panic while giving up", "update", t.updates[0].ID)
		}
	}()
	events := j.events
	if events == nil {
		events = b.translator().events(t.updates)
	}
	b.bury(ctx, t, events, last)
	if len(events) == 0 {
		return
	}
	defer b.tellGivenUp(ctx, events[0]) // the person comes first
	if j.shown == 0 {
		j.shown = b.shownBefore(ctx, events[0])
	}
	if err := b.out.reply(ctx, events[0], bot.Reply{Text: b.cfg.Sorry, Edit: j.shown}, new(delivery)); err != nil {
		b.log.Error("apology not sent", "update", t.updates[0].ID, "err", err)
	}
	b.endPress(ctx, t.updates[0])
}

// tellGivenUp tells whom it concerns that an update was given up. It is tried once:
// the note of it stays.
func (b *Bot) tellGivenUp(ctx context.Context, e bot.Event) {
	if b.cfg.GivenUp == nil {
		return
	}
	r, ok := b.cfg.GivenUp(ctx, kindOf(e.Body))
	if !ok {
		return
	}
	if err := b.out.reply(ctx, e, r, new(delivery)); err != nil {
		b.log.Error("nobody told of an update that was given up", "update", e.Update, "err", err)
	}
}

// bury notes that the updates of t failed for good.
func (b *Bot) bury(ctx context.Context, t *task, events []bot.Event, last error) {
	f := Failure{Deaths: t.deaths, At: time.Now().UTC()}
	if len(events) > 0 {
		f.Kind = kindOf(events[0].Body)
	}
	if last != nil {
		f.Err = last.Error()
	}
	for _, f.ID = range t.ids() {
		b.marks.set(b.log, b.cfg.Journal.Bury(context.WithoutCancel(ctx), f))
	}
}

// endPress ends the waiting state of a button that nobody answers.
func (b *Bot) endPress(ctx context.Context, u *update) {
	if u.CallbackQuery == nil || u.CallbackQuery.ID == "" {
		return
	}
	p := newPort(b.log, b.out, b.files, bot.Event{Update: u.ID}, 0)
	p.Answer(ctx, bot.Press{Query: u.CallbackQuery.ID}, "")
	p.close()
}

// housekeeping takes note of what concerns the chat itself.
func (b *Bot) housekeeping(u *update) {
	if m := u.Message; m != nil && m.MigrateToChatID != 0 {
		b.out.move(m.Chat.ID, m.MigrateToChatID)
	}
	if c := u.MyChatMember; c != nil {
		b.log.Info("membership changed", "update", u.ID, "private", c.Chat.private(), "status", memberStatus(c.NewMember.Status))
	}
}

// memberStatus passes on the words that Telegram has for it, and nothing else.
func memberStatus(s string) string {
	switch s {
	case "creator", "administrator", "member", "restricted", "left", "kicked":
		return s
	}
	return "unknown"
}

func kindOf(b bot.Body) string {
	switch b.(type) {
	case bot.Text:
		return "text"
	case bot.Command:
		return "command"
	case bot.Upload:
		return "upload"
	case bot.Press:
		return "press"
	case bot.Amended:
		return "amended"
	case bot.Unsupported:
		return "unsupported"
	}
	return fmt.Sprintf("%T", b)
}
