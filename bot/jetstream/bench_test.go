package jetstream

import (
	"sync/atomic"
	"testing"

	"beianbot/bot/telegram"
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
