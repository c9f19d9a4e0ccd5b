package kb

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"beianbot/kb/zh"
)

// A Complaint is what is wrong with an entry. A fatal one keeps it out of
// service; any other is for a person to judge.
type Complaint struct {
	Code  string // names the wording in content/reply: "phone", "collision", …
	Text  string // for operators, in English, with the place
	With  string // ID of the entry that it collides with
	Fatal bool
}

// Bounds of an entry.
const (
	maxCard       = 400 // characters of an answer's lines
	maxConclusion = 40  // characters of the first line of a guidance entry
	maxSource     = 60  // characters of a source or date that staff name
	maxPhrasings  = 100
	maxLine       = 300 // characters of a line of a staff entry
	maxAdded      = 4   // additions to a shipped entry
)

var (
	isoDate = regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b`) // no number to call
	// phonePattern finds Chinese telephone numbers, also with separators, and
	// any run of seven digits or more.
	phonePattern = regexp.MustCompile(`(?:\d[\s-]?){7,}|400-\d{3}`)
	linkPattern  = regexp.MustCompile(`(?i)https?://|www\.|t\.me/|@[a-z0-9_]{4,}`)
	adWords      = []string{"微信", "热线", "加v", "加微", "qq群", "优惠", "代办", "网站建设", "网页设计", "wechat", "whatsapp"}
)

// check finds what is wrong with an entry taken alone.
func check(c *composer, e Entry) []Complaint {
	var ps []Complaint
	fatal := func(code, format string, args ...any) {
		ps = append(ps, Complaint{Code: code, Text: fmt.Sprintf(format, args...), Fatal: true})
	}
	warn := func(code, format string, args ...any) {
		ps = append(ps, Complaint{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if !idPattern.MatchString(e.ID) {
		fatal("id", "ID %q is not of the form folder/name", e.ID)
	}
	if e.Title[Chinese] == "" {
		fatal("title", "no title")
	}
	if len(e.Body[Chinese]) == 0 {
		fatal("body", "no answer")
	}
	if len(e.Phrasings) > maxPhrasings {
		fatal("phrasings", "%d phrasings, at most %d", len(e.Phrasings), maxPhrasings)
	}
	var added []string
	var sources []string // of staff, with their dates
	if c.restated(e) {
		sources = []string{e.Source[Chinese], e.Source[English], e.AsOf[Chinese], e.AsOf[English]}
	}
	for _, a := range e.Added {
		added = append(added, a.Lines...)
		sources = append(sources, a.Source, a.AsOf)
		if a.Source == "" || a.AsOf == "" || len(a.Lines) == 0 {
			fatal("source", "an addition without text, source or date")
		}
	}
	for _, source := range sources {
		if n := utf8.RuneCountInString(source); n > maxSource {
			fatal("long", "a source of %d characters, at most %d", n, maxSource)
		}
	}
	if len(e.Added) > maxAdded {
		fatal("added", "%d additions, at most %d", len(e.Added), maxAdded)
	}
	texts := slices.Concat(added, e.Body[Chinese], e.Body[English], e.Phrasings, []string{e.Title[Chinese], e.Title[English]}, sources)
	shipped := !e.OfStaff()
	for _, t := range texts {
		folded := isoDate.ReplaceAllString(zh.Fold(t), "")
		switch {
		case phonePattern.MatchString(folded) && !slices.Contains(e.Phrasings, t):
			ps = append(ps, Complaint{Code: "phone", Text: "a telephone number or a long run of digits", Fatal: shipped})
		case linkPattern.MatchString(folded):
			ps = append(ps, Complaint{Code: "link", Text: "a link or a user name", Fatal: shipped})
		}
	}
	for _, t := range slices.Concat(added, e.Body[Chinese], e.Body[English]) {
		folded := zh.Fold(t)
		if i := slices.IndexFunc(adWords, func(w string) bool { return strings.Contains(folded, w) }); i >= 0 {
			ps = append(ps, Complaint{Code: "advertising", Text: "a word of advertising: " + adWords[i], Fatal: shipped && e.Kind() == Guide})
		}
	}
	values := maps.Clone(c.values[Chinese])
	maps.Copy(values, paramValues(e.Params, Chinese))
	for _, l := range []Lang{Chinese, English} {
		for _, t := range e.Body[l] {
			for _, slot := range slotPattern.FindAllString(t, -1) {
				if _, ok := values[slot[1:len(slot)-1]]; !ok {
					fatal("slot", "slot %s has no value", slot)
				}
			}
		}
	}
	n := 0
	for _, t := range e.Body[Chinese] {
		n += utf8.RuneCountInString(t)
		if !shipped && utf8.RuneCountInString(t) > maxLine {
			fatal("long", "a line of %d characters, at most %d", utf8.RuneCountInString(t), maxLine)
		}
	}
	if e.Copy == "" && n > maxCard {
		fatal("long", "an answer of %d characters, at most %d", n, maxCard)
	}
	n = 0
	for _, t := range added {
		if n += utf8.RuneCountInString(t); utf8.RuneCountInString(t) > maxLine || n > maxCard {
			fatal("long", "additions of %d characters, at most %d and %d a line", n, maxCard, maxLine)
		}
	}
	switch {
	case c.restated(e):
		if e.Source[Chinese] == "" {
			fatal("source", "no source")
		}
		if o, ok := c.shipped[e.ID]; ok && (e.Source[Chinese] == o.Source[Chinese] || e.Source[English] != "" && e.Source[English] == o.Source[English]) && o.Source[Chinese] != "" {
			fatal("source", "the official source of a text that is no longer the official one")
		}
	case shipped && e.Kind() == Guide:
		if e.Source[Chinese] == "" || e.AsOf[Chinese] == "" || e.Source[English] == "" || e.AsOf[English] == "" {
			fatal("source", "no source or no date")
		}
		if len(e.Body[Chinese]) > 0 {
			if n := utf8.RuneCountInString(fill(e.Body[Chinese][0], values)); n > maxConclusion {
				warn("conclusion", "a conclusion of %d characters, at most %d", n, maxConclusion)
			}
		}
		if len(e.Facts) == 0 {
			fatal("facts", "names no fact")
		}
	}
	if shipped && (e.Title[English] == "" || len(e.Body[English]) == 0) {
		fatal("english", "no English text")
	}
	if e.Rule != "" {
		if _, ok := c.topics[e.Rule]; !ok {
			fatal("rule", "rules.yaml has no topic %q", e.Rule)
		}
	}
	for _, r := range slices.Concat(e.Related, slices.Sorted(maps.Values(e.Then)), []string{e.Together}) {
		if r == "" {
			continue
		}
		if _, ok := c.entries[r]; !ok && shipped {
			fatal("related", "related entry %q does not exist", r)
		}
	}
	return ps
}

// idPattern keeps IDs within callback data (64 bytes, with a prefix) and deep
// links (64 of A-Z a-z 0-9 _ -, "/" written as "__").
var idPattern = regexp.MustCompile(`^(guide|notcovered|chat|staff)/[a-z0-9-]{1,40}$`)

// Lint returns what is wrong with an entry that is to be put in service,
// phrasings that another entry has included.
func (b *Base) Lint(e Entry) []Complaint {
	s := b.state.Load()
	ps := check(s.composer, e)
	if shipped, ok := b.shippedEntry(e.ID); ok && e.OfStaff() {
		body := strings.Join(e.Body[Chinese], "\n")
		for _, slot := range slotPattern.FindAllString(strings.Join(shipped.Body[Chinese], "\n"), -1) {
			if !strings.Contains(body, slot) {
				ps = append(ps, Complaint{Code: "params", Text: fmt.Sprintf("the text no longer has %s, a figure that is enforced too", slot)})
				break
			}
		}
	}
	mine := make(map[string]bool)
	for _, p := range append(slices.Clone(e.Phrasings), e.Title[Chinese]) {
		mine[foldQuestion(p)] = true
	}
	for _, id := range b.IDs() {
		if id == e.ID {
			continue
		}
		for _, p := range s.prepared[id].asked {
			if mine[p] {
				ps = append(ps, Complaint{Code: "collision", Text: fmt.Sprintf("phrasing %q belongs to %s too", p, id), With: id})
				break
			}
		}
	}
	return ps
}
