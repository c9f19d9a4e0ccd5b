package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beianbot/bot"
)

func TestPanicCostsOnlyItsUpdate(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		var tries atomic.Int64
		cfg := d.config()
		d.run(cfg, say(func(e bot.Event) string {
			text := e.Body.(bot.Text).Text
			if strings.HasPrefix(text, "毒") {
				tries.Add(1)
				panic("canary " + text)
			}
			return text
		}))
		d.text(applicant, "毒药 canary-text")
		d.text(applicant, "第二句")
		d.text(applicant2, "另一个人")
		if ls := d.await(applicant2, 1); ls[0].Text != "另一个人" {
			t.Errorf("the other chat got %q", ls[0].Text)
		}
		ls := d.await(applicant, 2)
		if ls[0].Text != testSorry || ls[1].Text != "第二句" {
			t.Errorf("answers = %q, %q, want the apology, then the answer", ls[0].Text, ls[1].Text)
		}
		if n := tries.Load(); n != maxFailures {
			t.Errorf("%d attempts, want %d", n, maxFailures)
		}
		buried, err := cfg.Journal.(*MemJournal).Buried(t.Context())
		if err != nil || len(buried) != 1 || buried[0].Kind != "text" || buried[0].Err != errPanic.Error() || buried[0].At.IsZero() {
			t.Errorf("Buried = %+v, %v, want the update that panicked", buried, err)
		}
		if logs := d.logs.String(); strings.Contains(logs, "canary-text") || !strings.Contains(logs, "work_test.go") {
			t.Error("the log quotes what was thrown, or does not say where")
		}
		d.settle(cfg.Journal)
	})
}

func TestPanicOnceIsForgiven(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		first := true
		d.start(say(func(bot.Event) string {
			if first {
				first = false
				none := strings.Fields("")
				return none[0]
			}
			return "ok"
		}))
		d.text(applicant, "a")
		if ls := d.await(applicant, 1); ls[0].Text != "ok" {
			t.Errorf("answer = %q, want ok", ls[0].Text)
		}
	})
}

func TestFailedHandlerSaysSorry(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		calls := 0
		d.start(handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			calls++
			if e.Body.(bot.Text).Text == "both" {
				return []bot.Reply{{Text: "half"}}, errors.New("store is away")
			}
			return nil, errors.New("store is away")
		}))
		d.text(applicant, "none")
		d.text(applicant, "both")
		ls := d.await(applicant, 2)
		if ls[0].Text != testSorry || ls[1].Text != "half" || calls != 2 {
			t.Errorf("answers = %q, %q after %d calls, want the apology and what the handler had", ls[0].Text, ls[1].Text, calls)
		}
	})
}

func TestStuckHandlerIsEnded(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.HandleLimit = time.Minute
		d.run(cfg, handlerFunc(func(ctx context.Context, _ bot.Event, _ bot.Port) ([]bot.Reply, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		d.text(applicant, "a")
		d.until("minute", func() bool { time.Sleep(time.Minute); return true })
		d.await(applicant, 1)
	})
}

// Work that waits for others is not the slower for it: the limit is for the work.
func TestWaitForAPlaceIsNotHandling(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Workers, cfg.HandleLimit = 1, 5*time.Minute
		working := 0
		d.run(cfg, handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			for range 3 { // pictures of an album
				p.Busy(ctx, bot.Typing)
				if working++; working > 1 {
					t.Errorf("%d at long work at once, want 1", working)
				}
				err := sleep(ctx, 80*time.Second)
				working--
				if err != nil {
					return nil, err
				}
			}
			if e.Body.(bot.Text).Text != "slow" {
				return []bot.Reply{{Text: "done"}}, nil
			}
			if err := sleep(ctx, 2*time.Minute); err != nil {
				return nil, err
			}
			return []bot.Reply{{Text: "six minutes"}}, nil
		}))
		for n := range 4 {
			d.post("/sim/chats", map[string]any{"type": "private", "id": 5000 + n, "title": "p"})
			d.text(bot.ChatID(5000+n), "go")
		}
		d.text(applicant, "slow")
		time.Sleep(time.Hour)
		for n := range 4 {
			if ls := d.await(bot.ChatID(5000+n), 1); ls[0].Text != "done" {
				t.Errorf("answer = %q, want it done: it takes 4 of 5 minutes", ls[0].Text)
			}
		}
		if ls := d.await(applicant, 1); ls[0].Text != testSorry {
			t.Errorf("answer = %q, want the apology: it takes 6 of 5 minutes", ls[0].Text)
		}
		if !strings.Contains(d.logs.String(), errTooLong.Error()) {
			t.Error("the log does not say that the time was over")
		}
	})
}

// While Telegram does not take the results of some, those of others come.
func TestResultThatIsNotTakenHoldsNobodyUp(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Workers = 1
		d.run(cfg, handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			p.Busy(ctx, bot.Typing)
			r := bot.Reply{Text: e.Body.(bot.Text).Text}
			if e.Chat == applicant {
				r.File = &bot.File{Name: "a.jpg", MIME: "image/jpeg", Data: picture(1)}
			}
			return []bot.Reply{r}, nil
		}))
		d.fault(map[string]any{"method": "sendDocument", "kind": "500-html", "times": 20})
		d.text(applicant, "first")
		time.Sleep(2 * time.Second)
		d.text(applicant2, "second")
		time.Sleep(10 * time.Second)
		if n := len(d.answers(applicant)); n != 0 {
			t.Errorf("%d answers while none is taken, want 0", n)
		}
		if ls := d.await(applicant2, 1); ls[0].Text != "second" {
			t.Errorf("answer = %q, want second", ls[0].Text)
		}
		time.Sleep(30 * time.Minute)
		if ls := d.await(applicant, 1); ls[0].Caption != "first" {
			t.Errorf("answer = %+v, want the file", ls[0])
		}
	})
}

func TestShutdownFinishesWhatIsInHand(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		slow := handlerFunc(func(ctx context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			if err := sleep(ctx, 3*time.Second); err != nil {
				return nil, err
			}
			return []bot.Reply{{Text: e.Body.(bot.Text).Text}}, nil
		})
		stop := d.run(cfg, slow)
		for i := range 10 {
			d.text(applicant, fmt.Sprint(i))
			d.text(applicant2, fmt.Sprint(i))
		}
		time.Sleep(1500 * time.Millisecond)
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 21*time.Second {
			t.Errorf("stopping took %v, want at most the drain time of 20 s", took)
		}
		// One update takes 3 s, so 7 of 10 fit into 1.5 s and the drain time.
		if n := len(d.answers(applicant)); n != 7 {
			t.Errorf("%d answers at the end, want 7", n)
		}
		if got := waitingIDs(t, cfg.Journal); strings.Contains(got, "~") || len(strings.Fields(got)) != 6 {
			t.Errorf("waiting: %s, want 6 updates, none of which was at fault", got)
		}
		d.run(cfg, slow)
		time.Sleep(10 * time.Second)
		for _, chat := range []bot.ChatID{applicant, applicant2} {
			for i, l := range d.await(chat, 10) {
				if l.Text != fmt.Sprint(i) {
					t.Errorf("answer %d = %q: lost, twice or out of order", i, l.Text)
				}
			}
		}
	})
}

func TestShutdownConfirmsTheLastBatch(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		stop := d.start(say(func(bot.Event) string { return "ok" }))
		d.text(applicant, "a")
		d.await(applicant, 1)
		stop()
		// A new journal knows nothing of it, and the server gives it out no more.
		d.start(say(func(bot.Event) string { return "again" }))
		time.Sleep(time.Minute)
		d.await(applicant, 1)
	})
}

func TestAnUpdateThatKillsIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		ctx := context.Background()
		message := func(id int, chat bot.ChatID) Record {
			return Record{ID: int64(id), Raw: fmt.Appendf(nil,
				`{"update_id":%d,"message":{"message_id":%d,"date":1,"chat":{"id":%d,"type":"private"},"from":{"id":%d},"text":"%d"}}`,
				id, id, chat, chat, id)}
		}
		if _, err := cfg.Journal.Add(ctx, []Record{message(1, applicant), message(2, applicant), message(3, applicant2)}); err != nil {
			t.Fatal(err)
		}
		for range maxDeaths { // as many processes have died over it
			if err := cfg.Journal.Begin(ctx, 1); err != nil {
				t.Fatal(err)
			}
		}
		for range aloneFrom { // and this one happened to be at work each second time
			if err := cfg.Journal.Begin(ctx, 3); err != nil {
				t.Fatal(err)
			}
		}
		cfg.GivenUp = func(_ context.Context, kind string) (bot.Reply, bool) {
			return bot.Reply{Chat: applicant2, Text: "given up: " + kind}, true // the staff, say
		}
		var order []string
		d.run(cfg, say(func(e bot.Event) string {
			order = append(order, e.Body.(bot.Text).Text)
			return e.Body.(bot.Text).Text
		}))
		ls := d.await(applicant, 2)
		if ls[0].Text != testSorry || ls[1].Text != "2" {
			t.Errorf("answers = %q, %q, want the apology for 1, then 2", ls[0].Text, ls[1].Text)
		}
		var told []string // in either order: 1 and 3 are in different chats
		for _, l := range d.await(applicant2, 2) {
			told = append(told, l.Text)
		}
		if slices.Sort(told); !slices.Equal(told, []string{"3", "given up: text"}) {
			t.Errorf("answers = %q, want the answer to 3 and the notice", told)
		}
		if got := strings.Join(order, " "); got != "3 2" {
			t.Errorf("handled %s, want 3 alone first, then 2", got)
		}
		d.settle(cfg.Journal)
	})
}

func TestAnUpdateThatCannotBeReadIsDone(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		bad := []Record{{ID: 1, Raw: []byte(`{"update_id":1,"message":{"message_id":"canary"}}`)}, {ID: 2, Raw: []byte(`{"update_id":2}`)}}
		if _, err := cfg.Journal.Add(context.Background(), bad); err != nil {
			t.Fatal(err)
		}
		stop := d.run(cfg, say(func(bot.Event) string { return "?" }))
		time.Sleep(time.Second)
		stop()
		if got := waitingIDs(t, cfg.Journal); got != "" {
			t.Errorf("%s still waits", got)
		}
		if strings.Contains(d.logs.String(), "canary") {
			t.Error("the log quotes the update")
		}
	})
}

// A brokenJournal fails as often as told.
type brokenJournal struct {
	Journal
	fails int
}

func (j *brokenJournal) Add(ctx context.Context, batch []Record) ([]Record, error) {
	if j.fails > 0 {
		j.fails--
		return nil, errors.New("no space left on device")
	}
	return j.Journal.Add(ctx, batch)
}

func TestNothingIsConfirmedBeforeItIsInTheJournal(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Journal = &brokenJournal{Journal: cfg.Journal, fails: 5}
		d.run(cfg, say(func(e bot.Event) string { return e.Body.(bot.Text).Text }))
		for i := range 3 {
			d.text(applicant, fmt.Sprint(i))
		}
		time.Sleep(2 * time.Minute)
		for i, l := range d.await(applicant, 3) {
			if l.Text != fmt.Sprint(i) {
				t.Errorf("answer %d = %q", i, l.Text)
			}
		}
		if n := strings.Count(d.logs.String(), "journal fails"); n != 1 {
			t.Errorf("the log says %d times that the journal fails, want once", n)
		}
	})
}

func TestThroughput(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		const chats, each = 200, 5
		d.wire.lag = 80 * time.Millisecond
		for i := range chats {
			d.post("/sim/chats", map[string]any{"type": "private", "id": 5000 + i, "title": "p"})
		}
		d.start(say(func(e bot.Event) string { return e.Body.(bot.Text).Text }))
		begun := time.Now()
		for n := range each {
			for i := range chats {
				d.text(bot.ChatID(5000+i), fmt.Sprint(n))
			}
		}
		for i := range chats {
			for n, l := range d.await(bot.ChatID(5000+i), each) {
				if l.Text != fmt.Sprint(n) {
					t.Fatalf("chat %d: answer %d = %q", i, n, l.Text)
				}
			}
		}
		rate := chats * each / time.Since(begun).Seconds()
		t.Logf("%.0f updates a second with 80 ms for each call", rate)
		if rate < 250 {
			t.Errorf("%.0f updates a second, want at least 250", rate)
		}
	})
}

// Updates of two hundred chats, each answered with one call that takes 80 ms: how
// many a second, and how many times as many as one worker answers.
func BenchmarkThroughput(b *testing.B) {
	rate := func(workers, chats, each int) float64 {
		d := newDesk(b)
		d.wire.lag = 80 * time.Millisecond
		for i := range chats {
			d.post("/sim/chats", map[string]any{"type": "private", "id": 5000 + i, "title": "p"})
			for n := range each {
				d.text(bot.ChatID(5000+i), fmt.Sprint(n))
			}
		}
		cfg := d.config()
		cfg.Workers = workers
		begun := time.Now()
		stop := d.run(cfg, say(func(e bot.Event) string { return e.Body.(bot.Text).Text }))
		d.until("all answers", func() bool { return d.calls("sendMessage") >= chats*each })
		took := time.Since(begun).Seconds()
		stop()
		return float64(chats*each) / took
	}
	for b.Loop() {
		one, many := rate(1, 20, 1), rate(0, 200, 4)
		b.ReportMetric(many, "updates/s")
		b.ReportMetric(many/one, "x-one-worker")
	}
}
