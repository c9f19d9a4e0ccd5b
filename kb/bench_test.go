package kb_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"beianbot/content"
	"beianbot/kb"
)

// Opening the shipped content: what `beianbot ask` waits for.
func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		base, err := kb.Open(b.Context(), discard, content.FS, kb.NewMemStore())
		if err != nil {
			b.Fatal(err)
		}
		base.Close()
	}
}

// One question over the shipped content.
func BenchmarkAsk(b *testing.B) {
	base := base(b)
	cs := cases(b, "testdata/heldout.tsv")
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		c := cs[i%len(cs)]
		base.Ask(kb.Question{Text: c.Turns[len(c.Turns)-1]})
	}
}

// One question over 5,000 entries of ten phrasings, beside the same questions
// over the shipped content alone.
func BenchmarkAskLarge(b *testing.B) {
	store := kb.NewMemStore()
	for i, e := range manyEntries(b, 5000, 10) {
		if err := store.Put(b.Context(), e); err != nil {
			b.Fatal(i, err)
		}
	}
	large, err := kb.Open(b.Context(), discard, content.FS, store)
	if err != nil {
		b.Fatal(err)
	}
	defer large.Close()
	cs := cases(b, "testdata/heldout.tsv")
	for name, base := range map[string]*kb.Base{"entries=5000": large, "entries=shipped": base(b)} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c := cs[i%len(cs)]
				begun := time.Now()
				base.Ask(kb.Question{Text: c.Turns[len(c.Turns)-1]})
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// manyEntries makes staff entries whose phrasings are put together from halves
// of training questions, so that they have the words of the field.
func manyEntries(tb testing.TB, n, phrasings int) []kb.Entry {
	tb.Helper()
	f, err := os.Open("testdata/questions/train-1.tsv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	examples, err := kb.ReadExamples(f)
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	half := func(second bool) string {
		rs := []rune(examples[rng.IntN(len(examples))].Turns[0])
		if second {
			return string(rs[len(rs)/2:])
		}
		return string(rs[:len(rs)/2])
	}
	es := make([]kb.Entry, n)
	for i := range es {
		es[i] = staffEntry(i)
		es[i].Phrasings = nil
		for range phrasings {
			es[i].Phrasings = append(es[i].Phrasings, half(false)+half(true))
		}
	}
	return es
}

// An edit by staff, with 500 entries of theirs in service.
func BenchmarkPut(b *testing.B) {
	base := base(b)
	for i := range 500 {
		if err := base.Put(b.Context(), staffEntry(i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		e := staffEntry(i % 500)
		e.Version = i/500 + 1
		if err := base.Put(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}

func staffEntry(i int) kb.Entry {
	title := fmt.Sprintf("第 %d 号活动的备案要求", i)
	return kb.Entry{
		ID:        fmt.Sprintf("staff/n%d", i),
		Title:     map[kb.Lang]string{kb.Chinese: title},
		Source:    map[kb.Lang]string{kb.Chinese: "客服"},
		AsOf:      map[kb.Lang]string{kb.Chinese: "2026 年 11 月"},
		Status:    kb.Current,
		Phrasings: []string{title + "是什么", fmt.Sprintf("活动 %d 怎么备案", i)},
		Body:      map[kb.Lang][]string{kb.Chinese: {"按页面提示填写。"}},
	}
}
