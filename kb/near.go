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

// alike are words that ask the same, in order: whether a thing is so, or is not.
var alike = strings.NewReplacer(
	"请问", "", "请教", "", "咨询", "", "你好", "", "您好", "", "想问", "", "想知道", "", "一下", "", "麻烦", "", "谢谢", "", "多谢", "", "在线等", "",
	"是否需要", "要", "是否要", "要", "是否可以", "可以", "是否能", "能", "是否", "是",
	"需不需要", "要", "要不要", "要", "需要", "要", "能不能", "能", "可不可以", "可以", "有没有", "有", "是不是", "是",
	"的", "", "了", "", "呢", "", "吗", "", "嘛", "", "么", "", "吧", "", "啊", "", "呀", "", "哦", "", "哈", "",
	"我们", "", "你们", "", "咱们", "", "我", "", "你", "", "您", "",
)

// Letters returns what a text is without punctuation and blanks, in simplified
// characters, lower case and one width.
func Letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, zh.Fold(text))
}

// Normal returns what questions have in common that differ only in script,
// punctuation, politeness and whether they say 要不要 or 要…吗. It is for
// comparing, not for reading.
func Normal(question string) string {
	letters := Letters(question)
	if s := alike.Replace(letters); s != "" {
		return s
	}
	return letters
}
