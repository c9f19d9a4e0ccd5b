package kb

import (
	"slices"

	"beianbot/kb/zh"
)

// features returns what the classifier sees of a question, as short strings:
//
//	c…  characters and their pairs; words in Latin letters
//	s…  pairs and triples of sounds, so that typos and typed pinyin count
//	#…  concepts, and pairs of them
//	@…  which slots are filled
//
// Provinces and figures show up as slots only: no topic belongs to a city.
func (a *analysis) features() []string {
	var fs []string
	add := func(s string) { fs = append(fs, s) }

	ts := make([]zh.Token, 0, len(a.tokens))
	inSlot := false
	for i, t := range a.tokens {
		if a.denied[i] {
			continue
		}
		if a.masked[i] {
			if !inSlot {
				ts = append(ts, zh.Token{Text: "@", Key: "@"})
			}
			inSlot = true
			continue
		}
		inSlot = false
		ts = append(ts, t)
	}
	for i, t := range ts {
		if t.Kind != zh.Pinyin && t.Text != "@" {
			add("c" + t.Text)
			if t.Kind == zh.Latin {
				add("s" + t.Key)
			}
		}
		if i+1 < len(ts) {
			u := ts[i+1]
			if t.Kind != zh.Pinyin && u.Kind != zh.Pinyin {
				add("c" + t.Text + u.Text)
			}
			add("s" + t.Key + " " + u.Key)
		}
		if i+2 < len(ts) {
			u, v := ts[i+1], ts[i+2]
			add("s" + t.Key + " " + u.Key + " " + v.Key)
		}
	}

	var names []string
	for _, m := range a.concepts {
		if !slices.Contains(names, m.Value) {
			names = append(names, m.Value)
		}
	}
	slices.Sort(names)
	for i, n := range names {
		add("#" + n)
		for _, m := range names[i+1:] {
			add("#" + n + "&" + m)
		}
	}
	if len(a.provinces) > 0 {
		add("@province")
	}
	for _, k := range a.kinds {
		add("@" + string(k))
	}
	if len(a.sizes) > 0 {
		add("@size")
	}
	if len(a.formats) > 0 {
		add("@format")
	}
	if a.version != "" {
		add("@version")
	}
	for _, n := range names {
		switch {
		case len(a.provinces) > 0:
			add("@province&" + n)
		}
		for _, k := range a.kinds {
			add("@" + string(k) + "&" + n)
		}
	}
	slices.Sort(fs)
	return slices.Compact(fs)
}
