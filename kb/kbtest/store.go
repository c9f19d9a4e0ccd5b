// Package kbtest holds the checks that every [kb.Store] must pass.
package kbtest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beianbot/kb"
)

// TestStore checks a kind of store. open returns a store on the folder dir;
// called again with the same folder after Close, it must find what was put.
// persistent is false for stores that forget at Close.
func TestStore(t *testing.T, persistent bool, open func(t *testing.T, dir string) kb.Store) {
	t.Helper()
	t.Run("a new store is empty", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		if es, err := s.Entries(t.Context()); err != nil || len(es) != 0 {
			t.Errorf("Entries() = %d entries, %v, want none, nil", len(es), err)
		}
		if _, err := s.History(t.Context(), "staff/none"); !errors.Is(err, kb.ErrNotFound) {
			t.Errorf("History of nothing: %v, want ErrNotFound", err)
		}
	})
	t.Run("the newest version wins and the old ones stay", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		for n, title := range []string{"一", "二", "三"} {
			put(t, s, version(n, "staff/b", title))
		}
		put(t, s, Entry("staff/a", "甲"))
		es, err := s.Entries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []kb.Entry{version(1, "staff/a", "甲"), version(3, "staff/b", "三")}
		if !reflect.DeepEqual(es, want) {
			t.Errorf("Entries() = %+v, want %+v", es, want)
		}
		vs, err := s.History(t.Context(), "staff/b")
		if err != nil || len(vs) != 3 || vs[0].Title[kb.Chinese] != "一" || vs[2].Title[kb.Chinese] != "三" {
			t.Errorf("History(staff/b) = %d versions, %v, want three, oldest first", len(vs), err)
		}
	})
	t.Run("an edit of an old version is refused", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		put(t, s, Entry("staff/a", "一"))
		put(t, s, version(1, "staff/a", "二"))
		for _, stale := range []kb.Entry{version(1, "staff/a", "三"), Entry("staff/a", "三"), version(3, "staff/a", "三"), version(1, "staff/b", "三")} {
			if err := s.Put(t.Context(), stale); !errors.Is(err, kb.ErrConflict) {
				t.Errorf("Put(%s, made from version %d) = %v, want ErrConflict", stale.ID, stale.Version, err)
			}
		}
		if es, err := s.Entries(t.Context()); err != nil || !reflect.DeepEqual(es, []kb.Entry{version(2, "staff/a", "二")}) {
			t.Errorf("Entries() = %+v, %v, want the second version alone", es, err)
		}
	})
	t.Run("the same edit twice is one edit", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		for range 2 {
			put(t, s, Entry("staff/a", "一"))
		}
		for range 2 {
			put(t, s, version(1, "staff/a", "二"))
		}
		if vs, err := s.History(t.Context(), "staff/a"); err != nil || len(vs) != 2 {
			t.Errorf("History = %d versions, %v, want 2", len(vs), err)
		}
	})
	t.Run("of many edits of one version one wins", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		put(t, s, Entry("staff/a", "一"))
		var wg sync.WaitGroup
		var won atomic.Int64
		for i := range 10 {
			wg.Go(func() {
				switch err := s.Put(t.Context(), version(1, "staff/a", fmt.Sprint(i))); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, kb.ErrConflict):
					t.Errorf("Put = %v, want nil or ErrConflict", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d edits were taken, want one", won.Load())
		}
	})
	t.Run("an old version can be put back", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		put(t, s, Entry("staff/a", "一"))
		put(t, s, version(1, "staff/a", "二"))
		vs, err := s.History(t.Context(), "staff/a")
		if err != nil || len(vs) != 2 {
			t.Fatalf("History = %d versions, %v, want 2", len(vs), err)
		}
		undo := vs[0]
		undo.Version, undo.Restores = vs[1].Version, vs[0].Version
		put(t, s, undo)
		want := version(3, "staff/a", "一")
		want.Restores = 1
		if es, err := s.Entries(t.Context()); err != nil || !reflect.DeepEqual(es, []kb.Entry{want}) {
			t.Errorf("Entries() = %+v, %v, want the first version again, as the third", es, err)
		}
	})
	t.Run("every one of many edits is known", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		const edits = 100
		for n := range edits {
			put(t, s, version(n, "staff/a", fmt.Sprint(n)))
		}
		vs, err := s.History(t.Context(), "staff/a")
		if err != nil || len(vs) != edits {
			t.Fatalf("History = %d versions, %v, want %d", len(vs), err, edits)
		}
		for n, v := range vs {
			if v.Version != n+1 || v.Title[kb.Chinese] != fmt.Sprint(n) {
				t.Errorf("version %d is number %d, %q", n+1, v.Version, v.Title[kb.Chinese])
			}
		}
	})
	t.Run("puts from many goroutines all arrive", func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.Close()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { put(t, s, Entry(fmt.Sprintf("staff/n%02d", i), "题")) })
		}
		wg.Wait()
		if es, err := s.Entries(t.Context()); err != nil || len(es) != 20 {
			t.Errorf("Entries() = %d entries, %v, want 20, nil", len(es), err)
		}
	})
	if !persistent {
		return
	}
	t.Run("what was put is there after reopening", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		want := version(1, "staff/a", "甲")
		want.Retired = true
		put(t, s, Entry("staff/a", "旧"))
		put(t, s, want)
		want.Version = 2
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir)
		defer s.Close()
		es, err := s.Entries(t.Context())
		if err != nil || len(es) != 1 || !reflect.DeepEqual(es[0], want) {
			t.Errorf("Entries() after reopening = %+v, %v, want %+v", es, err, want)
		}
		if vs, err := s.History(t.Context(), "staff/a"); err != nil || len(vs) != 2 {
			t.Errorf("History after reopening = %d versions, %v, want 2", len(vs), err)
		}
		if err := s.Put(t.Context(), version(1, "staff/a", "又")); !errors.Is(err, kb.ErrConflict) {
			t.Errorf("Put of a stale edit after reopening = %v, want ErrConflict", err)
		}
		put(t, s, version(2, "staff/a", "新"))
	})
}

// version returns the entry made from, or stored as, a version.
func version(n int, id, title string) kb.Entry {
	e := Entry(id, title)
	e.Version = n
	return e
}

// Entry returns a small staff entry that is not stored yet.
func Entry(id, title string) kb.Entry {
	return kb.Entry{
		ID:        id,
		Title:     map[kb.Lang]string{kb.Chinese: title},
		Source:    map[kb.Lang]string{kb.Chinese: "客服"},
		AsOf:      map[kb.Lang]string{kb.Chinese: "2026 年 11 月"},
		Status:    kb.Current,
		Phrasings: []string{title + "吗"},
		Body:      map[kb.Lang][]string{kb.Chinese: {title + "的答案。"}},
		Changed:   time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC),
	}
}

func put(t *testing.T, s kb.Store, e kb.Entry) {
	t.Helper()
	if err := s.Put(t.Context(), e); err != nil {
		t.Errorf("Put(%s): %v", e.ID, err)
	}
}
