package jetstream

import (
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"beianbot/bot/telegram"
	"beianbot/content"
	"beianbot/kb"
	"beianbot/kb/kbtest"
)

// An update's way through the inbox: stored, begun, done. In one chat every step
// waits for the disk; many chats share the syncs of their marks.
func BenchmarkInbox(b *testing.B) {
	var id atomic.Int64
	way := func(b *testing.B, in *Inbox) {
		n := id.Add(1)
		if _, err := in.Add(b.Context(), []telegram.Record{{ID: n, Chat: n, Raw: []byte(`{"text":"核验单怎么填"}`)}}); err != nil {
			b.Error(err)
		}
		if err := in.Begin(b.Context(), n); err != nil {
			b.Error(err)
		}
		if err := in.Done(b.Context(), n); err != nil {
			b.Error(err)
		}
	}
	b.Run("one chat", func(b *testing.B) {
		in := open(b, Config{Dir: b.TempDir()}).Inbox
		b.ReportAllocs()
		for b.Loop() {
			way(b, in)
		}
	})
	b.Run("32 chats", func(b *testing.B) {
		in := open(b, Config{Dir: b.TempDir()}).Inbox
		b.ReportAllocs()
		b.SetParallelism(16)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				way(b, in)
			}
		})
	})
}

// A batch as long as Telegram gives out.
func BenchmarkInboxBatch(b *testing.B) {
	in := open(b, Config{Dir: b.TempDir()}).Inbox
	b.ReportAllocs()
	for id := int64(0); b.Loop(); {
		var batch []telegram.Record
		for range 100 {
			id++
			batch = append(batch, telegram.Record{ID: id, Chat: id, Raw: []byte(`{"text":"核验单怎么填"}`)})
		}
		if _, err := in.Add(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChats(b *testing.B) {
	c := open(b, Config{Dir: b.TempDir()}).Chats
	b.ReportAllocs()
	for b.Loop() {
		s, err := c.Load(b.Context(), 1)
		if err != nil {
			b.Fatal(err)
		}
		s.Seen = []int64{1, 2, 3}
		if err := c.Save(b.Context(), 1, s); err != nil {
			b.Fatal(err)
		}
	}
}

// From an edit by staff to the next question that finds it, with 500 entries of
// theirs. It reports the median and the 99th percentile.
func BenchmarkSavedToSearchable(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	base, err := kb.Open(b.Context(), slog.New(slog.DiscardHandler), content.FS, s.Entries)
	if err != nil {
		b.Fatal(err)
	}
	entry := func(n, version int) kb.Entry {
		e := kbtest.Entry(fmt.Sprintf("staff/n%d", n), fmt.Sprintf("第%d号活动的备案要求", n))
		e.Phrasings = []string{fmt.Sprintf("活动 %d 号第 %d 版怎么备案", n, version)}
		e.Version = version
		return e
	}
	put := func(e kb.Entry) {
		if err := base.Put(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	const entries = 500
	for n := range entries {
		put(entry(n, 0))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		e := entry(n%entries, n/entries+1)
		begun := time.Now()
		put(e)
		a := base.Ask(kb.Question{Text: e.Phrasings[0]})
		took = append(took, time.Since(begun))
		if a.Entry != e.ID {
			b.Fatalf("the question is answered by %q, want %q", a.Entry, e.ID)
		}
	}
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[len(took)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}

// A start with as many entries, without the index of their text.
func BenchmarkOpen(b *testing.B) {
	for _, size := range []int{0, 500, 10_000} {
		if size > 500 && !*long {
			continue
		}
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			cfg := Config{Dir: b.TempDir()}
			s := open(b, cfg)
			for n := range size {
				if err := s.Entries.Put(b.Context(), kbtest.Entry(entryID(n), "题")); err != nil {
					b.Fatal(err)
				}
			}
			closing(b, s)
			b.ReportAllocs()
			for b.Loop() {
				closing(b, open(b, cfg))
			}
		})
	}
}

// An edit, in bucket and journal.
func BenchmarkEntriesPut(b *testing.B) {
	e := open(b, Config{Dir: b.TempDir()}).Entries
	entry := kbtest.Entry("staff/a", "题")
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Put(b.Context(), entry); err != nil {
			b.Fatal(err)
		}
		entry.Version++
	}
}
