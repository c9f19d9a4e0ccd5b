package kb

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// phrases are the sentences of content/answer.yaml, by name.
type phrases map[string]map[Lang]string

var phraseNames = []string{
	"footer", "footer_dated", "footer_staff", "refused", "refused_nearest", "refused_elsewhere", "unsure", "empty", "second",
	"narrow_individual", "narrow_organization",
}

func loadPhrases(fsys fs.FS) (phrases, error) {
	var p phrases
	if err := readYAML(fsys, "answer.yaml", &p); err != nil {
		return nil, err
	}
	for _, name := range phraseNames {
		for _, l := range []Lang{Chinese, English} {
			if p[name][l] == "" {
				return nil, fmt.Errorf("answer.yaml: %s has no text for %s", name, l)
			}
		}
	}
	return p, nil
}

var slotPattern = regexp.MustCompile(`\{[a-z_]+\}`)

// fill puts values into the slots of a curated sentence. Slots without a value
// stay as they are; the content check does not let one through.
func fill(sentence string, slots map[string]string) string {
	if !strings.Contains(sentence, "{") {
		return sentence
	}
	return slotPattern.ReplaceAllStringFunc(sentence, func(s string) string {
		if v, ok := slots[s[1:len(s)-1]]; ok {
			return v
		}
		return s
	})
}

// paramText words a parameter of an entry.
func paramText(v any, l Lang) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var words []string
	for _, w := range list {
		words = append(words, fmt.Sprint(w))
	}
	if l == English {
		return strings.Join(words, ", ")
	}
	return strings.Join(words, "、")
}

// composer puts answers together from entries, rules and phrases. It is
// immutable: a change of knowledge makes a new one.
type composer struct {
	entries   map[string]Entry
	shipped   map[string]Entry // as they were, whatever staff made of them
	topics    map[string]Topic
	phrases   phrases
	params    map[string]any
	values    map[Lang]map[string]string // params in words
	provinces []Province
	english   map[Province]string
	limits    Limits
	app       string // lowest version of the app
}

// slots are what an answer is narrowed by.
type slots struct {
	provinces []Province
	kinds     []EntityKind
	formats   []string
	sizes     []int64
	version   string
	pen       string
}

// card words entry e for the given slots.
func (c *composer) card(e Entry, s slots, l Lang) Answer {
	a := Answer{Entry: e.ID, Source: inLang(e.Source, l), AsOf: inLang(e.AsOf, l)}
	switch {
	case c.restated(e) || len(e.Added) > 0:
		a.Band = Sure // what they put in place of a refusal, or beside it, is an answer
	case e.Kind() == NotCovered:
		a.Band = Refused
	case e.Kind() == Chat:
		a.Band = Social
	default:
		a.Band = Sure
	}
	a.Lines = append(a.Lines, c.verdicts(e, s, l)...)
	if t, ok := c.topics[e.Rule]; ok && (len(s.provinces) > 0 || len(s.kinds) > 0) {
		a.Lines = append(a.Lines, c.ruleLines(t, s, l)...)
		a.Narrow = c.narrow(t, s, l)
	} else {
		body := e.Body[l]
		if len(body) == 0 {
			body = e.Body[Chinese]
		}
		for _, line := range body {
			a.Lines = append(a.Lines, Line{fill(line, c.values[l]), e.ID})
		}
		if ok {
			a.Narrow = c.narrow(t, s, l)
		}
	}
	if e.Copy != "" && slices.ContainsFunc(a.Lines, func(n Line) bool { return strings.Contains(n.Text, e.Copy) }) {
		a.Copy = e.Copy
	}
	for _, id := range e.Related {
		if r, ok := c.entries[id]; ok && len(a.Related) < 3 {
			a.Related = append(a.Related, Link{Entry: id, Label: inLang(r.Title, l)})
		}
	}
	a.Footer = c.footer(e, l)
	for _, add := range e.Added {
		// Each source stands below what it is the source of.
		if a.Footer != "" {
			a.Lines = append(a.Lines, Line{a.Footer, e.ID})
		}
		for _, line := range add.Lines {
			a.Lines = append(a.Lines, Line{line, e.ID})
		}
		a.Footer = fill(c.phrases["footer_staff"][l], map[string]string{"source": add.Source, "as_of": add.AsOf})
	}
	return a
}

// restated reports whether e says what staff say: an entry of theirs, or a shipped
// one of which an answer is no longer the official one. One to which they only
// added phrasings or additions is as official as it was.
func (c *composer) restated(e Entry) bool {
	if !e.OfStaff() {
		return false
	}
	o, ok := c.shipped[e.ID]
	return !ok || !e.SaysTheSame(o)
}

// SaysTheSame reports whether two versions of an entry answer the same, additions
// aside, however they are found and whoever made them.
func (e Entry) SaysTheSame(o Entry) bool { return saying(e) == saying(o) }

// saying is the same for entries that answer the same: it leaves out how they are
// found and who made them.
func saying(e Entry) string {
	said := Entry{ID: e.ID, Status: e.Status, Dated: e.Dated, Params: e.Params, Rule: e.Rule, Copy: e.Copy, Sentences: e.Sentences,
		Source: make(map[Lang]string), AsOf: make(map[Lang]string), Body: make(map[Lang][]string)}
	if len(e.Params) == 0 {
		said.Params = nil
	}
	if len(e.Sentences) == 0 {
		said.Sentences = nil
	}
	for _, l := range []Lang{Chinese, English} {
		said.Source[l], said.AsOf[l] = e.Source[l], e.AsOf[l]
		if len(e.Body[l]) > 0 {
			said.Body[l] = e.Body[l]
		}
	}
	return fingerprint(said)
}

func (c *composer) footer(e Entry, l Lang) string {
	if inLang(e.Source, l) == "" {
		return ""
	}
	name := "footer"
	switch {
	case c.restated(e):
		name = "footer_staff"
	case e.Dated:
		name = "footer_dated"
	}
	return fill(c.phrases[name][l], map[string]string{"source": inLang(e.Source, l), "as_of": inLang(e.AsOf, l)})
}

// inLang returns the text in a language, in Chinese where there is none: what
// staff add is in Chinese only.
func inLang(texts map[Lang]string, l Lang) string {
	if t := texts[l]; t != "" {
		return t
	}
	return texts[Chinese]
}

// paramValues words the parameters of all entries as slot values.
func paramValues(params map[string]any, l Lang) map[string]string {
	m := make(map[string]string, len(params))
	for k, v := range params {
		m[k] = paramText(v, l)
	}
	return m
}

// ruleLines words the rules that hold for the slots. A province is always
// named; without one, and with more than fit in an answer, every group is.
func (c *composer) ruleLines(t Topic, s slots, l Lang) []Line {
	values := maps.Clone(c.values[l])
	var ls []Line
	n := 0
	for _, p := range s.provinces {
		values["province"], values["province_en"] = string(p), c.english[p]
		for _, r := range t.lookup([]Province{p}, c.provinces, s.kinds) {
			ls = append(ls, Line{fill(r.One[l], values), r.ID})
			n += utf8.RuneCountInString(ls[len(ls)-1].Text) + 1
		}
	}
	if len(ls) > 0 && n <= room(l) {
		return ls
	}
	ls = ls[:0]
	for _, r := range t.lookup(nil, c.provinces, s.kinds) {
		ls = append(ls, Line{fill(r.All[l], values), r.ID})
	}
	return ls
}

// room is how many characters the lines of an answer may have, so that a source
// line still fits. Sentences in English take twice the characters.
func room(l Lang) int {
	if l == English {
		return 2*maxAnswer - 200
	}
	return maxAnswer - 100
}

// narrow offers to ask for one kind of entity when the rules differ by it.
func (c *composer) narrow(t Topic, s slots, l Lang) []Link {
	if len(s.kinds) == 1 {
		return nil
	}
	ps := s.provinces
	if len(ps) == 0 {
		ps = c.provinces
	}
	if !slices.ContainsFunc(ps, func(p Province) bool {
		return t.matching(p, Individual)[0].ID != t.matching(p, Organization)[0].ID
	}) {
		return nil
	}
	return []Link{
		{Label: c.phrases["narrow_individual"][l], Ask: "我是个人"},
		{Label: c.phrases["narrow_organization"][l], Ask: "我是单位"},
	}
}

// verdicts words what follows from figures and formats in the question.
func (c *composer) verdicts(e Entry, s slots, l Lang) []Line {
	var ls []Line
	add := func(from, name string, values map[string]string) {
		if text := c.entries[from].Sentences[name][l]; text != "" {
			all := maps.Clone(c.values[l])
			maps.Copy(all, values)
			ls = append(ls, Line{fill(text, all), from})
		}
	}
	if slices.Contains(pictureEntries, e.ID) {
		for _, f := range s.formats[:min(len(s.formats), 2)] {
			name := "format-bad"
			switch {
			case containsFold(c.params["accepted"], f):
				name = "format-ok"
			case containsFold(c.params["disputed"], f):
				name = "format-disputed"
			case containsFold(c.params["convertible"], f):
				name = "format-convert"
			}
			if name == "format-ok" && e.ID != formatsEntry {
				if len(s.formats) == 1 && len(s.sizes) > 0 {
					continue // the figure is what the question is about
				}
				name = "format-ok-among" // the card does not list them
			}
			add(formatsEntry, name, map[string]string{"format": f})
		}
		for _, n := range s.sizes[:min(len(s.sizes), 2)] {
			name := "size-ok"
			switch {
			case n > c.limits.LooseMaxBytes:
				name = "size-over"
			case n >= c.limits.MaxBytes:
				name = "size-borderline"
			}
			add(sizeEntry, name, map[string]string{"size": sizeText(n)})
		}
	}
	if e.ID == versionEntry && s.version != "" {
		name := "version-ok"
		if compareVersions(s.version, c.app) < 0 {
			name = "version-low"
		}
		add(versionEntry, name, map[string]string{"version": s.version})
	}
	if e.ID == penEntry && s.pen != "" {
		add(penEntry, "pen-wrong", map[string]string{"pen": s.pen})
	}
	return ls
}

// The entries whose parameters and sentences give verdicts on what a question
// names. The content check makes sure that they exist.
const (
	formatsEntry = "guide/formats"
	sizeEntry    = "guide/size"
	versionEntry = "guide/app-version"
	penEntry     = "guide/pen"
)

// pictureEntries are those under which a figure or format in the question is a
// picture's.
var pictureEntries = []string{formatsEntry, sizeEntry, "guide/picture-rules", "guide/upload-fails"}

func containsFold(list any, word string) bool {
	ws, _ := list.([]any)
	return slices.ContainsFunc(ws, func(w any) bool { return strings.EqualFold(fmt.Sprint(w), word) })
}

// sizeText words a number of bytes as people write it: 3.5 MB, 800 KB.
func sizeText(n int64) string {
	switch {
	case n >= 1e9:
		return hundredths(n/1e7) + " GB"
	case n >= 1e6:
		return hundredths(n/1e4) + " MB"
	case n >= 1e3:
		return hundredths(n/1e1) + " KB"
	}
	return fmt.Sprint(n, " B")
}

// hundredths words a number of hundredths. Sizes are cut and not rounded: 3.999
// MB must not read as the 4 MB that do not pass.
func hundredths(n int64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0"), ".")
}

// compareVersions compares dotted numbers, missing parts counting as zero.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		var x, y int
		if i < len(as) {
			fmt.Sscan(as[i], &x)
		}
		if i < len(bs) {
			fmt.Sscan(bs[i], &y)
		}
		if x != y {
			return x - y
		}
	}
	return 0
}
