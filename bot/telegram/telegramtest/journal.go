// Package telegramtest holds the checks that every [telegram.Journal] must pass.
package telegramtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"beianbot/bot/telegram"
)

// recent is how many done updates every journal remembers at least: more than
// the server repeats, one batch of 100.
const recent = 256

// TestJournal checks a kind of journal that takes maxBytes of waiting updates, as
// much as it likes if that is 0. reopen ends the process that has it, without
// warning, and returns it as the next process finds it; nil for a journal that
// forgets with the process.
func TestJournal(t *testing.T, open func(t *testing.T, maxBytes int64) (j telegram.Journal, reopen func() telegram.Journal)) {
	t.Helper()
	run := func(name string, maxBytes int64, f func(t *testing.T, j telegram.Journal)) {
		t.Run(name, func(t *testing.T) {
			j, _ := open(t, maxBytes)
			f(t, j)
		})
	}
	again := func(name string, f func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal)) {
		t.Run(name, func(t *testing.T) {
			j, reopen := open(t, 0)
			if reopen == nil {
				reopen = func() telegram.Journal { return j }
			}
			f(t, j, reopen)
		})
	}
	again("what is not done is replayed in its order", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		add(t, j, 7, 5, 900)
		add(t, j, 3) // lower than what came before: IDs have no order
		must(t, j.Begin(t.Context(), 5, 3))
		must(t, j.Release(t.Context(), 3))
		must(t, j.Done(t.Context(), 7))
		for range 2 {
			j = reopen()
			want(t, j, "5~ 900 3")
		}
	})
	again("deaths add up", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		add(t, j, 1, 2)
		for range 3 {
			must(t, j.Begin(t.Context(), 1))
			j = reopen()
		}
		want(t, j, "1~~~ 2")
		must(t, j.Begin(t.Context(), 1))
		must(t, j.Done(t.Context(), 1))
		want(t, reopen(), "2")
	})
	again("an update that waits or was done is not taken again", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		if got, want := add(t, j, 1, 2, 1), "1 2"; got != want {
			t.Errorf("new in the first batch: %s, want %s", got, want)
		}
		must(t, j.Done(t.Context(), 2))
		if got, want := add(t, j, 1, 2), ""; got != want {
			t.Errorf("new in the same process: %q, want none", got)
		}
		j = reopen()
		if got, want := add(t, j, 1, 2, 3), "3"; got != want {
			t.Errorf("new after a restart: %s, want %s, since 1 waits and 2 is done", got, want)
		}
		want(t, reopen(), "1 3")
	})
	again("the content is what was added, made compact", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		fresh, err := j.Add(t.Context(), []telegram.Record{{ID: 5, Chat: -100, Raw: []byte("{ \"update_id\": 5,\n \"text\": \"问\" }")}})
		if err != nil || len(fresh) != 1 {
			t.Fatalf("Add = %d updates, %v, want one", len(fresh), err)
		}
		rs, err := reopen().Waiting(t.Context())
		if err != nil || len(rs) != 1 || string(rs[0].Raw) != `{"update_id":5,"text":"问"}` || rs[0].Chat != -100 {
			t.Errorf("Waiting = %+v, %v, want the update", rs, err)
		}
	})
	run("what is no JSON is refused, and nothing of its batch is stored", 0, func(t *testing.T, j telegram.Journal) {
		if _, err := j.Add(t.Context(), append(records(1), telegram.Record{ID: 2, Raw: []byte("{")})); err == nil {
			t.Error("Add of half an object = nil")
		}
		want(t, j, "")
		if got := add(t, j, 1); got != "1" {
			t.Errorf("new = %q, want 1", got)
		}
	})
	again("the latest done updates are remembered, and not all for ever", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		const all = 20 * recent
		for first := int64(0); first < all; first += 100 {
			var ids []int64
			for id := first; id < min(first+100, all); id++ {
				ids = append(ids, id)
			}
			add(t, j, ids...)
			must(t, j.Done(t.Context(), ids...))
		}
		j = reopen()
		if got := add(t, j, 0, all-recent, all-1); got != "0" {
			t.Errorf("new = %q, want 0: only that one is forgotten", got)
		}
		j = reopen()
		want(t, j, "0")
		must(t, j.Done(t.Context(), 0))
		if got := add(t, j, 0, 1); got != "1" {
			t.Errorf("new = %q, want 1: it is forgotten, 0 was just done", got)
		}
		want(t, reopen(), "1")
	})
	run("waiting updates have a bound", 300, func(t *testing.T, j telegram.Journal) {
		add(t, j, 1, 2, 3)
		if _, err := j.Add(t.Context(), records(4, 5, 6, 7, 8)); !errors.Is(err, telegram.ErrJournalFull) {
			t.Fatalf("Add beyond the bound = %v, want ErrJournalFull", err)
		}
		want(t, j, "1 2 3")
		must(t, j.Done(t.Context(), 1, 2, 3))
		if got := add(t, j, 4, 5, 6, 7); got != "4 5 6 7" {
			t.Errorf("new = %s, want all: there is room again", got)
		}
	})
	again("many chats at once", func(t *testing.T, j telegram.Journal, reopen func() telegram.Journal) {
		const workers, each = 16, 10
		var wg sync.WaitGroup
		for w := range int64(workers) {
			wg.Go(func() {
				for n := range int64(each) {
					id := w*each + n
					add(t, j, id)
					must(t, j.Begin(t.Context(), id))
					if n%2 == 0 {
						must(t, j.Done(t.Context(), id))
					} else {
						must(t, j.Release(t.Context(), id))
					}
				}
			})
		}
		wg.Wait()
		rs, err := reopen().Waiting(t.Context())
		if err != nil || len(rs) != workers*each/2 {
			t.Fatalf("Waiting = %d updates, %v, want %d", len(rs), err, workers*each/2)
		}
		for _, r := range rs {
			if r.ID%2 == 0 || r.Deaths != 0 {
				t.Errorf("update %d waits with %d deaths, want odd ones without", r.ID, r.Deaths)
			}
		}
	})
}

func records(ids ...int64) []telegram.Record {
	var rs []telegram.Record
	for _, id := range ids {
		rs = append(rs, telegram.Record{ID: id, Chat: id % 3, Raw: fmt.Appendf(nil, `{"update_id":%d,"message":{"text":"canary-%d"}}`, id, id)})
	}
	return rs
}

// add adds updates and returns which of them are new.
func add(t *testing.T, j telegram.Journal, ids ...int64) string {
	t.Helper()
	fresh, err := j.Add(t.Context(), records(ids...))
	if err != nil {
		t.Errorf("Add(%v) = %v, want nil", ids, err)
	}
	var s []string
	for _, r := range fresh {
		s = append(s, fmt.Sprint(r.ID))
	}
	return strings.Join(s, " ")
}

// want checks what j would replay, with "~" for every death.
func want(t *testing.T, j telegram.Journal, want string) {
	t.Helper()
	rs, err := j.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rs {
		s = append(s, fmt.Sprint(r.ID)+strings.Repeat("~", r.Deaths))
	}
	if got := strings.Join(s, " "); got != want {
		t.Errorf("Waiting = %q, want %q", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
