package kb

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"beianbot/kb/zh"
)

// Nearest returns the entries in service whose wording is nearest to a text, at
// most n, nearest first. Their Score is a likeness from 0 to 1, 1 for the very
// words of one of their phrasings.
func (b *Base) Nearest(text string, n int) []Hit {
	s := b.state.Load()
	a := b.lex.analyse(text)
	features := a.features()
	if len(features) == 0 {
		return nil
	}
	found, err := b.index.search(context.Background(), b.judge.model.rarest(features, termsRead), hitsRead)
	if err != nil {
		b.log.Error("search", "err", err)
		return nil
	}
	v := b.judge.vector(features)
	var hits []Hit
	for _, h := range found {
		e, ok := s.entries[h.Entry]
		if !ok || e.Kind() == Chat || slices.ContainsFunc(hits, func(o Hit) bool { return o.Entry == h.Entry }) {
			continue
		}
		hits = append(hits, Hit{Entry: h.Entry, Score: v.nearest(s.prepared[h.Entry].vectors)})
	}
	slices.SortStableFunc(hits, func(p, q Hit) int { return cmp.Compare(q.Score, p.Score) })
	return hits[:min(n, len(hits))]
}

// opening and ending are what stands around a question without changing it.
var (
	opening = []string{"请问一下", "请问", "你好", "您好", "我想问一下", "我想问", "想问一下", "想问"}
	ending  = []string{"吗", "么", "呢", "啊", "呀", "吧"}
)

// Normal returns what questions that differ only in script, width, case,
// punctuation and politeness have in common. It is for comparing, not for
// reading.
func Normal(question string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, zh.Fold(question))
	for _, w := range opening {
		s = strings.TrimPrefix(s, w)
	}
	for _, w := range ending {
		if rest, ok := strings.CutSuffix(s, w); ok && rest != "" {
			s = rest
		}
	}
	return s
}
