// Package kbtest holds the checks that every [kb.Store] must pass.
package kbtest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
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
		for _, title := range []string{"一", "二", "三"} {
			put(t, s, Entry("staff/b", title))
		}
		put(t, s, Entry("staff/a", "甲"))
		es, err := s.Entries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []kb.Entry{Entry("staff/a", "甲"), Entry("staff/b", "三")}
		if !reflect.DeepEqual(es, want) {
			t.Errorf("Entries() = %+v, want %+v", es, want)
		}
		vs, err := s.History(t.Context(), "staff/b")
		if err != nil || len(vs) != 3 || vs[0].Title[kb.Chinese] != "一" || vs[2].Title[kb.Chinese] != "三" {
			t.Errorf("History(staff/b) = %d versions, %v, want three, oldest first", len(vs), err)
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
		want := Entry("staff/a", "甲")
		want.Retired = true
		put(t, s, Entry("staff/a", "旧"))
		put(t, s, want)
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
	})
}

// Entry returns a small staff entry.
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
