package kb_test

import (
	"fmt"
	"testing"

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
		if err := base.Put(b.Context(), staffEntry(i%500)); err != nil {
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
