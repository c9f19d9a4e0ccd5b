package kb

import (
	"cmp"
	"context"
	"regexp"
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

// What questions are told apart by no more than: words of politeness where a
// question begins or ends (教育咨询网站 is about advice), and little words anywhere.
var (
	opening = []string{"请问", "请教", "咨询一下", "咨询下", "想咨询", "你好", "您好", "想问", "想知道", "麻烦", "一下", "我们", "你们", "咱们", "我", "你", "您"}
	closing = []string{"谢谢", "多谢", "在线等", "麻烦了", "麻烦您", "麻烦你", "你", "您"}
	little  = strings.NewReplacer(
		"是否需要", "要", "是否要", "要", "是否可以", "可以", "是否能", "能", "是否", "是", "需要", "要",
		"的", "", "了", "", "呢", "", "吗", "", "嘛", "", "么", "", "吧", "", "啊", "", "呀", "", "哦", "", "哈", "",
		"我们", "", "你们", "", "咱们", "", "我", "", "你", "", "您", "", "一下", "",
	)
	// either are the forms that ask whether a thing is so by naming both. Behind
	// some characters the first of them belongs to the word before: 只有没有身份证的人.
	either      = regexp.MustCompile(`(^|[^只主需重所还没要果但若可功不])(需不需要|要不要|能不能|可不可以|有没有|是不是)`)
	eitherMeans = map[string]string{"需不需要": "要", "要不要": "要", "能不能": "能", "可不可以": "可以", "有没有": "有", "是不是": "是"}
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
	s := trimAll(letters, strings.CutPrefix, opening)
	s = trimAll(s, strings.CutSuffix, closing)
	s = either.ReplaceAllStringFunc(s, func(found string) string {
		m := either.FindStringSubmatch(found)
		return m[1] + eitherMeans[m[2]]
	})
	if s = little.Replace(s); s != "" {
		return s
	}
	return letters
}

// trimAll cuts words off one end of s as long as there is one.
func trimAll(s string, cut func(s, word string) (string, bool), words []string) string {
	for again := true; again; {
		again = false
		for _, w := range words {
			rest, ok := cut(s, w)
			s, again = rest, again || ok
		}
	}
	return s
}
