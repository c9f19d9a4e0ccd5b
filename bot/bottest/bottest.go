// Package bottest holds the checks that every implementation of the interfaces
// of package bot must pass.
package bottest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

var begun = time.Date(2026, 3, 5, 23, 30, 0, 0, time.UTC)

// TestInquiries checks a kind of inquiries. open opens those of the folder dir;
// called again after close, it must find what was changed. persistent is false
// for those that forget at close.
func TestInquiries(t *testing.T, persistent bool, open func(t *testing.T, dir string) (i bot.Inquiries, close func())) {
	t.Helper()
	t.Run("what was never changed is not found", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		if _, err := q.Inquiry(t.Context(), "qnone"); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("Inquiry of nothing: %v, want ErrNotFound", err)
		}
		if list, err := q.OpenInquiries(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("OpenInquiries() = %d, %v, want none, nil", len(list), err)
		}
	})
	t.Run("a change is kept whole", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		want := full("qa_-Z9")
		got, err := q.ChangeInquiry(t.Context(), want.Key, func(i *bot.Inquiry) error {
			if !reflect.DeepEqual(*i, bot.Inquiry{Key: want.Key}) {
				t.Errorf("the first change gets %+v, want an empty inquiry with its key", *i)
			}
			*i = want
			return nil
		})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ChangeInquiry = %+v, %v, want\n%+v, nil", got, err, want)
		}
		if got, err = q.Inquiry(t.Context(), want.Key); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Inquiry = %+v, %v, want\n%+v, nil", got, err, want)
		}
	})
	t.Run("a change that fails changes nothing", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		change(t, q, "qa", func(i *bot.Inquiry) { i.Count = 1 })
		stop := errors.New("stop")
		for _, key := range []string{"qa", "qb"} {
			if _, err := q.ChangeInquiry(t.Context(), key, func(i *bot.Inquiry) error { i.Count = 9; return stop }); !errors.Is(err, stop) {
				t.Errorf("ChangeInquiry(%s) = %v, want the error of change", key, err)
			}
		}
		if i, err := q.Inquiry(t.Context(), "qa"); err != nil || i.Count != 1 {
			t.Errorf("Inquiry(qa) = %+v, %v, want it as it was", i, err)
		}
		if _, err := q.Inquiry(t.Context(), "qb"); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("Inquiry(qb) = %v, want ErrNotFound", err)
		}
	})
	t.Run("what is returned is the caller's", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		i := change(t, q, "qa", func(i *bot.Inquiry) { i.Wordings = []string{"甲"} })
		i.Wordings[0] = "乙"
		if i, err := q.Inquiry(t.Context(), "qa"); err != nil || i.Wordings[0] != "甲" {
			t.Errorf("Inquiry = %+v, %v, want the wording 甲", i, err)
		}
	})
	t.Run("the closed ones are not open", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		for n := range 5 {
			change(t, q, fmt.Sprintf("q%d", n), func(i *bot.Inquiry) {
				if n%2 == 1 {
					i.Closed = bot.Mark{At: begun}
				}
			})
		}
		change(t, q, "q1", func(i *bot.Inquiry) { i.Closed = bot.Mark{} })
		change(t, q, "q2", func(i *bot.Inquiry) { i.Closed = bot.Mark{At: begun} })
		list, err := q.OpenInquiries(t.Context())
		have := make(map[string]bool)
		for _, i := range list {
			have[i.Key] = true
		}
		if want := map[string]bool{"q0": true, "q1": true, "q4": true}; err != nil || !maps.Equal(have, want) || len(list) != 3 {
			t.Errorf("OpenInquiries() = %v, %v, want %v", have, err, want)
		}
	})
	t.Run("changes at once all count", func(t *testing.T) {
		q, done := open(t, t.TempDir())
		defer done()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { change(t, q, "qa", func(i *bot.Inquiry) { i.Count++ }) })
		}
		wg.Wait()
		if i, err := q.Inquiry(t.Context(), "qa"); err != nil || i.Count != 20 {
			t.Errorf("Inquiry = %+v, %v, want a count of 20", i, err)
		}
	})
	t.Run("what was changed survives", func(t *testing.T) {
		if !persistent {
			t.Skip("it forgets at close")
		}
		dir := t.TempDir()
		q, done := open(t, dir)
		change(t, q, "qa", func(i *bot.Inquiry) { *i = full("qa") })
		done()
		q, done = open(t, dir)
		defer done()
		if i, err := q.Inquiry(t.Context(), "qa"); err != nil || !reflect.DeepEqual(i, full("qa")) {
			t.Errorf("Inquiry = %+v, %v, want\n%+v", i, err, full("qa"))
		}
		if list, err := q.OpenInquiries(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("OpenInquiries() = %d, %v, want one", len(list), err)
		}
	})
}

// change changes an inquiry and fails the test when that does not work.
func change(t *testing.T, q bot.Inquiries, key string, f func(*bot.Inquiry)) bot.Inquiry {
	t.Helper()
	i, err := q.ChangeInquiry(t.Context(), key, func(i *bot.Inquiry) error { f(i); return nil })
	if err != nil {
		t.Errorf("ChangeInquiry(%s) = %v, want nil", key, err)
	}
	return i
}

// full is an inquiry with something in every field but the closed ones.
func full(key string) bot.Inquiry {
	m := bot.Mark{By: "0011223344556677", At: begun, Update: 12}
	return bot.Inquiry{
		Key: key, Question: "福建要居住证吗", Wordings: []string{"福建要不要居住证 <b>"}, Topic: "备案要什么", Why: bot.WhyRefused,
		Entry: "guide/pen", Province: "福建,江西", Kind: "individual",
		Near:  []bot.Near{{Entry: "guide/pen", Title: "什么笔", Score: 0.25}},
		Count: 3, Times: 5, People: []string{"c2VjcmV0", "aGFzaA"},
		Askers: []bot.Asker{{Chat: -1001, Message: 7, Lang: kb.English, Province: "江西", Kind: "individual"}}, Updates: []int64{11, 12},
		Opened: m, Asked: begun, Claim: m, Answers: []bot.Said{{Mark: m, Text: "要。\n第二行"}}, Last: "以前",
	}
}

// TestCounts checks a kind of counters. open is as in [TestInquiries].
func TestCounts(t *testing.T, persistent bool, open func(t *testing.T, dir string) (c bot.Counts, close func())) {
	t.Helper()
	t.Run("days are summed from a day on", func(t *testing.T) {
		c, done := open(t, t.TempDir())
		defer done()
		add := func(at time.Time, names map[string]int) {
			t.Helper()
			if err := c.Add(t.Context(), at, names); err != nil {
				t.Errorf("Add = %v, want nil", err)
			}
		}
		add(begun, map[string]int{"asked": 1, "entry_guide__pen": 2})
		add(begun.Add(29*time.Minute), map[string]int{"asked": 1})
		add(begun.Add(time.Hour), map[string]int{"asked": 5}) // the next day
		add(begun.Add(49*time.Hour), map[string]int{"sure": 3})
		for _, tt := range []struct {
			since time.Time
			want  map[string]int
		}{
			{begun.AddDate(0, 0, -30), map[string]int{"asked": 7, "entry_guide__pen": 2, "sure": 3}},
			{begun.Add(20 * time.Minute), map[string]int{"asked": 7, "entry_guide__pen": 2, "sure": 3}}, // the whole day counts
			{begun.Add(time.Hour), map[string]int{"asked": 5, "sure": 3}},
			{begun.AddDate(0, 0, 30), map[string]int{}},
		} {
			got, err := c.Since(t.Context(), tt.since)
			if err != nil || len(got) != len(tt.want) || len(got) > 0 && !maps.Equal(got, tt.want) {
				t.Errorf("Since(%v) = %v, %v, want %v, nil", tt.since, got, err, tt.want)
			}
		}
	})
	t.Run("additions at once all count", func(t *testing.T) {
		c, done := open(t, t.TempDir())
		defer done()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := c.Add(t.Context(), begun, map[string]int{"asked": 1}); err != nil {
					t.Errorf("Add = %v, want nil", err)
				}
			})
		}
		wg.Wait()
		if got, err := c.Since(t.Context(), begun); err != nil || got["asked"] != 20 {
			t.Errorf("Since = %v, %v, want 20 asked", got, err)
		}
	})
	t.Run("what was added survives", func(t *testing.T) {
		if !persistent {
			t.Skip("it forgets at close")
		}
		dir := t.TempDir()
		for range 2 {
			c, done := open(t, dir)
			if err := c.Add(t.Context(), begun, map[string]int{"asked": 2}); err != nil {
				t.Error(err)
			}
			done()
		}
		c, done := open(t, dir)
		defer done()
		if got, err := c.Since(t.Context(), begun); err != nil || got["asked"] != 4 {
			t.Errorf("Since = %v, %v, want 4 asked", got, err)
		}
	})
}

// TestSettings checks a kind of settings. open is as in [TestInquiries].
func TestSettings(t *testing.T, persistent bool, open func(t *testing.T, dir string) (s bot.Settings, close func())) {
	t.Helper()
	dir := t.TempDir()
	s, done := open(t, dir)
	if v, err := s.Setting(t.Context(), "staff-chat"); err != nil || v != "" {
		t.Errorf("Setting of nothing = %q, %v, want it empty", v, err)
	}
	for _, v := range []string{"-1001", "-1002", "待答问题"} {
		if err := s.Set(t.Context(), "staff-chat", v); err != nil {
			t.Errorf("Set = %v, want nil", err)
		}
		if got, err := s.Setting(t.Context(), "staff-chat"); err != nil || got != v {
			t.Errorf("Setting = %q, %v, want %q, nil", got, err, v)
		}
	}
	done()
	if !persistent {
		return
	}
	s, done = open(t, dir)
	defer done()
	if got, err := s.Setting(t.Context(), "staff-chat"); err != nil || got != "待答问题" {
		t.Errorf("after a restart, Setting = %q, %v, want what was set last", got, err)
	}
}
