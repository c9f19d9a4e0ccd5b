package kb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beianbot/kb/zh"
)

// analysis is a question taken apart. Only the slots may show up in an answer,
// and only as values of the lists of content.
type analysis struct {
	tokens    []zh.Token
	concepts  []zh.Match
	masked    []bool // token belongs to a place or a figure: it names a slot, not a topic
	kindAt    []bool // token belongs to the name of a kind of entity
	denied    []bool // token names what is ruled out
	provinces []Province
	except    []Province // named only to be ruled out: 不是江西
	kinds     []EntityKind
	formats   []string // names of content/formats.yaml
	sizes     []int64  // bytes; "4m" is 4,000,000
	version   string   // "3.15.2"
	pen       string   // name of content/pens.yaml: a pen other than the right one
	negated   bool     // a province or kind was named only to be ruled out
}

// maxQuestion bounds how much of a question is read, in runes: the first and
// the last half of it. Long stories ask at the end, and say who asks at the start.
const maxQuestion = 600

func (x *lexicon) analyse(question string) analysis {
	return x.analyseTokens(zh.Tokens(foldQuestion(question)))
}

// foldQuestion folds what is read of a question.
func foldQuestion(question string) string {
	if rs := []rune(question); len(rs) > maxQuestion {
		question = string(rs[:maxQuestion/2]) + "\n" + string(rs[len(rs)-maxQuestion/2:])
	}
	return zh.Fold(question)
}

func (x *lexicon) analyseTokens(ts []zh.Token) analysis {
	a := analysis{tokens: ts}
	a.masked, a.kindAt, a.denied = make([]bool, len(ts)), make([]bool, len(ts)), make([]bool, len(ts))
	a.concepts = x.concepts.Find(a.tokens)
	x.dropDenied(&a)
	x.findProvinces(&a)
	x.findKinds(&a)
	for _, m := range x.formats.Find(a.tokens) {
		if !slices.Contains(a.formats, m.Value) {
			a.formats = append(a.formats, m.Value)
		}
	}
	for _, m := range x.pens.Find(a.tokens) {
		// Of a black pen of another sort the guidance says nothing.
		if a.pen == "" && !strings.HasSuffix(strings.TrimSuffix(a.text(max(0, m.Start-2), m.Start), "色"), "黑") {
			a.pen = m.Value
		}
	}
	a.findFigures()
	return a
}

// has reports whether one of the concepts is mentioned.
func (a *analysis) has(concepts ...string) bool {
	return slices.ContainsFunc(a.concepts, func(m zh.Match) bool { return slices.Contains(concepts, m.Value) })
}

// dropDenied takes out concepts that are named only to be ruled out in favour of
// another of their group: 不是台湾，是澳门.
func (x *lexicon) dropDenied(a *analysis) {
	all := slices.Clone(a.concepts)
	a.concepts = slices.DeleteFunc(a.concepts, func(m zh.Match) bool {
		g := x.groups[m.Value]
		if g != "people" && g != "roles" && g != "papers" || !a.ruledOut(m.Start) {
			return false
		}
		other := slices.ContainsFunc(all, func(o zh.Match) bool { return o.Value != m.Value && x.groups[o.Value] == g })
		if other {
			a.negated = true
			for i := m.Start; i < m.End; i++ {
				a.denied[i] = true
			}
		}
		return other
	})
}

// without returns the question before with those words taken out whose place
// words of a have taken: of the same group of concepts.
func (x *lexicon) without(before, a *analysis) analysis {
	drop := make([]bool, len(before.tokens))
	for _, old := range before.concepts {
		g := x.groups[old.Value]
		if g != "" && slices.ContainsFunc(a.concepts, func(m zh.Match) bool { return m.Value != old.Value && x.groups[m.Value] == g }) {
			for i := old.Start; i < old.End; i++ {
				drop[i] = true
			}
		}
	}
	var kept []zh.Token
	for i, t := range before.tokens {
		if !drop[i] {
			kept = append(kept, t)
		}
	}
	return x.analyseTokens(kept)
}

// loose are abbreviations whose character means hardly anything else; the
// others count only where they stand alone or before a kind of entity.
const loose = "冀鄂皖闽赣豫黔滇粤湘鲁渝浙沪桂琼陕辽"

func (x *lexicon) findProvinces(a *analysis) {
	type mention struct {
		p          Province
		start, end int
	}
	var ms []mention
	for _, m := range x.places.Find(a.tokens) {
		if a.insideConcept(m.Start, m.End) {
			continue
		}
		ms = append(ms, mention{Province(m.Value), m.Start, m.End})
	}
	for i, t := range a.tokens {
		p, ok := x.abbr[t.Text]
		if !ok || t.Kind != zh.Han || slices.ContainsFunc(ms, func(m mention) bool { return m.start <= i && i < m.end }) {
			continue
		}
		last := i+1 == len(a.tokens)
		begins := i == 0 || t.Gap
		alone := begins && (last || a.tokens[i+1].Gap)
		before := begins && !last && strings.Contains("企省个单公地籍", a.tokens[i+1].Text) || !last && strings.Contains("企省籍", a.tokens[i+1].Text)
		if alone || before || strings.Contains(loose, t.Text) && !a.insideConcept(i, i+1) {
			ms = append(ms, mention{p, i, i + 1})
		}
	}
	slices.SortFunc(ms, func(p, q mention) int { return p.start - q.start })
	for _, m := range ms {
		for i := m.start; i < m.end; i++ {
			a.masked[i] = true
		}
	}
	for n, m := range ms {
		switch {
		case a.ruledOut(m.start), slices.ContainsFunc(ms[n:], func(o mention) bool {
			// 江西和新疆以外: what ends the list holds for all of it.
			return a.coordinated(m.end, o.start) && a.excepted(m.start, o.end)
		}):
			a.negated = true
			a.except = append(a.except, m.p)
			continue
		case n > 0 && a.replaced(ms[n-1].end, m.start):
			a.negated = true
			a.provinces = a.provinces[:0]
		}
		if !slices.Contains(a.provinces, m.p) {
			a.provinces = append(a.provinces, m.p)
		}
	}
}

// insideConcept reports whether tokens [start, end) are part of a longer concept,
// or end in the middle of one: 日照 in 近日照片 is no place.
func (a *analysis) insideConcept(start, end int) bool {
	return slices.ContainsFunc(a.concepts, func(m zh.Match) bool {
		inside := m.Start <= start && end <= m.End && m.End-m.Start > end-start
		across := start < m.Start && m.Start < end && end < m.End
		return m.Exact && (inside || across)
	})
}

// ruledOut reports whether what begins at token i is denied: 不是江西.
func (a *analysis) ruledOut(i int) bool {
	before := a.text(max(0, i-3), i)
	for _, no := range []string{"不是", "并非", "不在", "不算", "不属于", "非", "bushi", "buzai", "别按", "不按", "不用", "not", "notin", "notfrom", "isnt", "insteadof", "ratherthan"} {
		if strings.HasSuffix(before, no) {
			return true
		}
	}
	return false
}

// excepted reports whether tokens [i, j) name what a question leaves out:
// 除江西外的省份.
func (a *analysis) excepted(i, j int) bool {
	before, after := a.text(max(0, i-2), i), a.text(j, min(j+3, len(a.tokens)))
	for _, w := range []string{"除", "除了", "除去", "except", "exceptfor", "outside", "outsideof", "apartfrom"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	for _, w := range []string{"以外", "之外", "外的", "省以外", "省之外"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// coordinated reports whether between tokens i and j stand only words that join
// names, and names.
func (a *analysis) coordinated(i, j int) bool {
	for k := i; k < j; k++ {
		if t := a.tokens[k]; !strings.Contains("和与及跟或", t.Text) && t.Text != "and" && t.Text != "or" && !a.masked[k] {
			return false
		}
	}
	return true
}

// corrects reports whether the question says that the one before was mistaken.
func (a *analysis) corrects() bool {
	text := a.text(0, len(a.tokens))
	for _, w := range []string{"打错", "说错", "写错了", "搞错", "弄错", "填错了", "不对", "口误", "手滑", "更正", "sorry", "mistyped", "imean", "correction"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return a.negated
}

// replaced reports whether tokens [i, j) say that what stands before gives way
// to what comes after: 江西换成江苏.
func (a *analysis) replaced(i, j int) bool {
	between := a.text(i, j)
	for _, w := range []string{"换成", "改成", "改到", "改为", "搬到", "迁到", "转到", "变成", "挪到", "换到", "改去"} {
		if strings.Contains(between, w) {
			return true
		}
	}
	return false
}

// text returns tokens [i, j) run together.
func (a *analysis) text(i, j int) string {
	var b strings.Builder
	for _, t := range a.tokens[i:j] {
		b.WriteString(t.Text)
	}
	return b.String()
}

// spaced returns the question so that it reads as the same tokens again.
func (a *analysis) spaced() string {
	var b strings.Builder
	for i, t := range a.tokens {
		switch {
		case i == 0:
		case t.Stop:
			b.WriteString(", ")
		case t.Gap:
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

func (x *lexicon) findKinds(a *analysis) {
	var denied []EntityKind
	for _, m := range x.kinds.Find(a.tokens) {
		k := EntityKind(m.Value)
		for i := m.Start; i < m.End; i++ {
			a.kindAt[i] = true
		}
		if a.ruledOut(m.Start) {
			denied = append(denied, k)
		} else if !slices.Contains(a.kinds, k) {
			a.kinds = append(a.kinds, k)
		}
	}
	if len(denied) == 0 {
		return
	}
	a.negated = true
	a.kinds = slices.DeleteFunc(a.kinds, func(k EntityKind) bool { return slices.Contains(denied, k) && len(a.kinds) > 1 })
	if len(a.kinds) == 0 && len(denied) == 1 {
		if denied[0] == Individual {
			a.kinds = []EntityKind{Organization}
		} else {
			a.kinds = []EntityKind{Individual}
		}
	}
}

// unitBytes are the units of file sizes. MB is read as 10⁶ bytes: what is too
// large then is too large under every reading but one.
var unitBytes = map[string]float64{
	"mb": 1e6, "m": 1e6, "兆": 1e6, "meg": 1e6, "megabyt": 1e6, "megabyte": 1e6, "zhao": 1e6,
	"kb": 1e3, "k": 1e3, "gb": 1e9, "g": 1e9, "byt": 1, "byte": 1, "字节": 1,
}

var hanDigits = map[string]float64{
	"零": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
	"liang": 2, "san": 3, "si": 4, "wu": 5, "liu": 6, "qi": 7, "ba": 8, "jiu": 9, "shi": 10,
}

// versionPattern and maxFigure bound what is taken for a version and a size: a
// figure comes back in an answer.
var versionPattern = regexp.MustCompile(`^[0-9]{1,2}(\.[0-9]{1,3}){1,2}$`)

const maxFigure = 1e5

func (a *analysis) findFigures() {
	for i := 0; i < len(a.tokens); i++ {
		unit, last, ok := a.unit(i)
		if !ok {
			a.findVersion(i)
			continue
		}
		value, ok := a.figure(i)
		if !ok {
			continue
		}
		if last+1 < len(a.tokens) && a.tokens[last+1].Text == "半" {
			value += 0.5
		}
		if value > 0 && value < maxFigure {
			a.sizes = append(a.sizes, int64(value*unit))
		}
		for ; i < last; i++ {
			a.masked[i] = true
		}
		a.masked[last] = true
	}
}

// unit returns the unit of size that follows the number at token i, in bytes,
// and where it stands. 5G网络 is no size.
func (a *analysis) unit(i int) (unit float64, at int, ok bool) {
	at = i + 1
	if at < len(a.tokens) && (a.tokens[at].Text == "个" || a.tokens[at].Text == "多") {
		at++
	}
	if at >= len(a.tokens) {
		return 0, 0, false
	}
	if unit, ok = unitBytes[a.tokens[at].Key]; !ok {
		unit, ok = unitBytes[a.tokens[at].Text]
	}
	if ok && a.tokens[at].Text == "g" && at+1 < len(a.tokens) && strings.Contains("网信流", a.tokens[at+1].Text) {
		return 0, 0, false
	}
	return unit, at, ok
}

// figure returns the number at token i. Of a numeral in Chinese only a single
// digit counts: 十五 and 三点五 are read by nobody but people.
func (a *analysis) figure(i int) (float64, bool) {
	t := a.tokens[i]
	if t.Kind == zh.Number {
		f, err := strconv.ParseFloat(t.Text, 64)
		return f, err == nil
	}
	f, ok := hanDigits[t.Text]
	if ok && i > 0 {
		if _, digit := hanDigits[a.tokens[i-1].Text]; digit || strings.Contains("点百千", a.tokens[i-1].Text) || a.tokens[i-1].Key == "dian" {
			return 0, false
		}
	}
	return f, ok
}

// findVersion takes the number at token i for a version of the app.
func (a *analysis) findVersion(i int) {
	t := a.tokens[i]
	if t.Kind != zh.Number || a.version != "" || !versionPattern.MatchString(t.Text) {
		return
	}
	if strings.Count(t.Text, ".") == 2 || a.has("version", "app") {
		a.version, a.masked[i] = t.Text, true
	}
}
