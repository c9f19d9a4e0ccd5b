package telegram

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
)

const testTooFast = "请慢一点 zh-hans"

func tooFast(lang string) string { return "请慢一点 " + lang }

// slowEcho answers every text with itself after d.
func slowEcho(d time.Duration) bot.Handler {
	return handlerFunc(func(ctx context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
		if err := sleep(ctx, d); err != nil {
			return nil, err
		}
		return []bot.Reply{{Text: e.Body.(bot.Text).Text}}, nil
	})
}

// A flood is answered in order and slowly, its sender is told once, and nobody
// else waits for it.
func TestFloodHoldsUpNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.TooFast = tooFast
		cfg.Pending = 60 // less than the flood
		d.run(cfg, slowEcho(time.Second))
		const flood = 300
		for i := range flood {
			d.text(applicant, fmt.Sprint(i))
		}
		begun := time.Now()
		for range 3 {
			d.text(applicant2, "我的问题")
		}
		d.await(applicant2, 3)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("three questions of another person took %v beside a flood", took)
		}
		time.Sleep(10 * time.Minute)
		var got []string
		for _, l := range d.answers(applicant) {
			got = append(got, l.Text)
		}
		var want []string
		for i := range flood {
			want = append(want, fmt.Sprint(i))
		}
		all := strings.Join(got, " ")
		if n := strings.Count(all, testTooFast); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		if rest := strings.Replace(all, testTooFast+" ", "", 1); rest != strings.Join(want, " ") {
			t.Errorf("answers = %s, want all in order", rest)
		}
		d.settle(cfg.Journal)
	})
}

// What is sent while five hundred messages of the same person wait is left out,
// and not kept for the next start.
func TestFloodIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.TooFast = tooFast
		for i := range maxLine + 100 {
			d.text(applicant, fmt.Sprint(i))
		}
		d.run(cfg, slowEcho(time.Minute))
		time.Sleep(15 * time.Hour)
		ls := d.await(applicant, maxLine+1)
		if ls[0].Text != testTooFast && ls[1].Text != testTooFast || ls[maxLine].Text != fmt.Sprint(maxLine-1) {
			t.Errorf("the first two answers are %q and %q, the last %q", ls[0].Text, ls[1].Text, ls[maxLine].Text)
		}
		d.settle(cfg.Journal)
	})
}

// Told again only after a while, however often the flood comes back, and a group
// not at all: most of what is said there is not for the bot.
func TestFloodIsToldSeldom(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.TooFast = tooFast
		cfg.Everything = func(bot.ChatID) bool { return true }
		d.run(cfg, slowEcho(0))
		told := func(chat bot.ChatID) (n int) {
			for _, l := range d.answers(chat) {
				if l.Text == testTooFast {
					n++
				}
			}
			return n
		}
		for i, want := range []int{1, 1, 2} {
			if i == 2 {
				time.Sleep(tellEvery)
			}
			for range 3 * floodAt {
				d.text(applicant, "x")
				d.text(staffChat, "x")
			}
			time.Sleep(time.Minute)
			if n := told(applicant); n != want {
				t.Errorf("after flood %d: told %d times, want %d", i+1, n, want)
			}
		}
		if n := told(staffChat); n != 0 {
			t.Errorf("the group was told %d times, want never", n)
		}
	})
}
