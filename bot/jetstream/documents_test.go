package jetstream

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"beianbot/kb"
)

// A ticket is a document of the tests.
type ticket struct {
	Text  string
	Count int
}

func tickets(t *testing.T, s *Store, l Limits) *Documents[ticket] {
	t.Helper()
	d, err := OpenDocuments[ticket](t.Context(), s, "ticket", l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var plenty = Limits{Life: time.Hour, Documents: 100, Bytes: 1 << 20}

func TestDocuments(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	d := tickets(t, s, plenty)
	ctx := t.Context()
	if _, err := d.Get(ctx, "none"); !errors.Is(err, kb.ErrNotFound) {
		t.Errorf("Get of nothing = %v, want ErrNotFound", err)
	}
	if all, err := d.All(ctx); err != nil || len(all) != 0 {
		t.Errorf("All of nothing = %v, %v", all, err)
	}
	for _, key := range []string{"a", "a", "b/c.d"} {
		if _, err := d.Change(ctx, key, func(v *ticket) error { v.Text, v.Count = "问", v.Count+1; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	refused := errors.New("refused")
	if _, err := d.Change(ctx, "a", func(v *ticket) error { v.Count = 99; return refused }); err != refused {
		t.Errorf("Change = %v, want the error of the change as it is", err)
	}
	closing(t, s)
	d = tickets(t, open(t, cfg), plenty)
	if v, err := d.Get(ctx, "a"); err != nil || v != (ticket{"问", 2}) {
		t.Errorf("Get after a restart = %+v, %v, want the second change", v, err)
	}
	want := map[string]ticket{"a": {"问", 2}, "b/c.d": {"问", 1}}
	if all, err := d.All(ctx); err != nil || !maps.Equal(all, want) {
		t.Errorf("All = %v, %v, want %v", all, err, want)
	}
	for _, key := range []string{"", "a b", "问", "a*", ".a", "a..b", ">", strings.Repeat("a", 300)} {
		if _, err := d.Change(ctx, key, func(*ticket) error { return nil }); err == nil {
			t.Errorf("Change(%q) = nil, want an error for the key", key)
		}
	}
}

// Changes at once are all made, one after the other.
func TestDocumentsChangedAtOnce(t *testing.T) {
	d := tickets(t, open(t, Config{Dir: t.TempDir()}), plenty)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if _, err := d.Change(t.Context(), "a", func(v *ticket) error { v.Count++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v, err := d.Get(t.Context(), "a"); err != nil || v.Count != 40 {
		t.Errorf("Count = %d, %v, want 40", v.Count, err)
	}
}

func TestDocumentsHaveBounds(t *testing.T) {
	d := tickets(t, open(t, Config{Dir: t.TempDir()}), Limits{Documents: 3, Bytes: 1 << 20})
	set := func(key string) error {
		_, err := d.Change(t.Context(), key, func(v *ticket) error { v.Count++; return nil })
		return err
	}
	for n := range 3 {
		if err := set(fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := set("3"); !errors.Is(err, ErrFull) {
		t.Errorf("a document too many: %v, want ErrFull", err)
	}
	if err := set("0"); err != nil {
		t.Errorf("change of a document at the bound: %v, want nil", err)
	}
	if all, err := d.All(t.Context()); err != nil || len(all) != 3 {
		t.Errorf("All = %v, %v, want the three", all, err)
	}
}

func TestDocumentsExpire(t *testing.T) {
	d := tickets(t, open(t, Config{Dir: t.TempDir()}), Limits{Life: time.Second, Documents: 3, Bytes: 1 << 20})
	if _, err := d.Change(t.Context(), "a", func(v *ticket) error { v.Count++; return nil }); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := d.Get(t.Context(), "a")
		if errors.Is(err, kb.ErrNotFound) {
			break
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("Get after its life = %v, want ErrNotFound", err)
		}
	}
	if v, err := d.Change(t.Context(), "a", func(v *ticket) error { v.Count++; return nil }); err != nil || v.Count != 1 {
		t.Errorf("Change of what has expired = %+v, %v, want it to begin anew", v, err)
	}
}

func TestCounts(t *testing.T) {
	c, err := openCounts(t.Context(), open(t, Config{Dir: t.TempDir()}))
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 23, 30, 0, 0, time.UTC) }
	for n := range 5 {
		if err := c.Add(t.Context(), day(20+n), map[string]int{"asked": 2, fmt.Sprint("day-", n): 1}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Since(t.Context(), day(23))
	if want := map[string]int{"asked": 4, "day-3": 1, "day-4": 1}; err != nil || !maps.Equal(got, want) {
		t.Errorf("Since = %v, %v, want %v", got, err, want)
	}
	names := make(map[string]int)
	for n := range maxCounted + 1 {
		names[fmt.Sprint(n)] = 1
	}
	if err := c.Add(t.Context(), day(20), names); !errors.Is(err, ErrFull) {
		t.Errorf("Add of too many names = %v, want ErrFull", err)
	}
}
