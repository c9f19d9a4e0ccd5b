package kb

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"beianbot/kb/zh"
)

// A judge decides which entry, if any, settles a question.
type judge struct {
	lex   *lexicon
	model *model
	needs map[string][]string // by entry; see [Entry.Needs]
}

// vector is what a phrasing is compared by: features with their weight,
// ordered by feature and of length 1.
type vector []component

type component struct {
	feature uint32 // row of the model, or a hash above them for what it has not seen
	weight  float32
}

// newJudge returns a judge over entries with a model that was trained on them.
func newJudge(lex *lexicon, m *model, entries []Entry) *judge {
	j := &judge{lex: lex, model: m, needs: make(map[string][]string)}
	for _, e := range entries {
		if len(e.Needs) > 0 {
			j.needs[e.ID] = e.Needs
		}
	}
	return j
}

// vector weighs features by how rare they are in the training questions.
func (j *judge) vector(features []string) vector {
	v := make(vector, len(features))
	sum := 0.0
	for i, f := range features {
		id, w := j.model.feature(f)
		v[i] = component{id, w}
		sum += float64(w) * float64(w)
	}
	for i := range v {
		v[i].weight /= float32(math.Sqrt(sum))
	}
	slices.SortFunc(v, func(a, b component) int { return cmp.Compare(a.feature, b.feature) })
	return v
}

// cosine is 1 for equal vectors and 0 for vectors without a common feature.
func (v vector) cosine(w vector) float64 {
	sum := float32(0)
	for i, k := 0, 0; i < len(v) && k < len(w); {
		switch {
		case v[i].feature < w[k].feature:
			i++
		case v[i].feature > w[k].feature:
			k++
		default:
			sum += v[i].weight * w[k].weight
			i, k = i+1, k+1
		}
	}
	return float64(sum)
}

// nearest returns the cosine to the nearest of several vectors, 0 for none.
func (v vector) nearest(ws []vector) float64 {
	best := 0.0
	for _, w := range ws {
		best = max(best, v.cosine(w))
	}
	return best
}

// content counts the tokens of a that carry a topic of their own.
func (a *analysis) content() int {
	n := 0
	for i, t := range a.tokens {
		if !a.masked[i] && !t.Function() && !a.kindAt[i] {
			n++
		}
	}
	return n
}

// figuresOnly reports whether the question is a number and nothing else of its
// own: "3.12呢".
func (a *analysis) figuresOnly() (string, bool) {
	number := ""
	for i, t := range a.tokens {
		switch {
		case t.Kind == zh.Number:
			number = t.Text
		case !a.masked[i] && !t.Function():
			return "", false
		}
	}
	return number, number != ""
}

// lone reports whether all that a question says of its own is one concept, next
// to what can be done with anything: 用 app 传.
func (x *lexicon) lone(a *analysis) (string, bool) {
	said := make([]bool, len(a.tokens))
	lone := ""
	for _, m := range a.concepts {
		for i := m.Start; i < m.End; i++ {
			said[i] = true
		}
		switch {
		case x.groups[m.Value] == "doings" || m.Value == lone:
		case lone == "":
			lone = m.Value
		default:
			return "", false
		}
	}
	for i, t := range a.tokens {
		if !said[i] && !a.masked[i] && !a.kindAt[i] && !t.Function() {
			return "", false
		}
	}
	return lone, lone != ""
}

// ranking is the classifier's view of a question.
type ranking struct {
	p      []float64 // by label
	labels []string
}

// best returns the label of the highest probability among those that keep
// holds for, and that probability; "" and 0 for none.
func (r ranking) best(keep func(label string) bool) (string, float64) {
	label, top := "", 0.0
	for i, l := range r.labels {
		if r.p[i] > top && keep(l) {
			label, top = l, r.p[i]
		}
	}
	return label, top
}

func (r ranking) of(label string) float64 {
	if i, ok := slices.BinarySearch(r.labels, label); ok {
		return r.p[i]
	}
	return 0
}

func isGuide(label string) bool { return strings.HasPrefix(label, "guide/") }

// rank classifies a question by its features; lambda is the weight of the
// question before it.
func (j *judge) rank(features, before []string, lambda float64) ranking {
	c := j.model
	r := ranking{p: make([]float64, len(c.labels)), labels: c.labels}
	c.logits(c.rows(features), 1, r.p)
	if lambda > 0 {
		c.logits(c.rows(before), lambda, r.p)
	}
	for i, l := range c.labels {
		if needs := j.needs[l]; needs != nil && !mentions(features, needs) && !mentions(before, needs) {
			r.p[i] = math.Inf(-1)
		}
	}
	normalize(r.p)
	return r
}

// mentions reports whether features are of a question that names one of the
// concepts.
func mentions(features, concepts []string) bool {
	return slices.ContainsFunc(concepts, func(c string) bool {
		_, ok := slices.BinarySearch(features, "#"+c)
		return ok
	})
}

// parts splits a question at its sentence ends and at words that begin a second
// question, or, when there are none, at blanks between Chinese words.
func (x *lexicon) parts(a *analysis) []analysis {
	var starts, blanks []int
	for i, t := range a.tokens {
		switch {
		case i == 0:
		case t.Stop || a.secondBegins(i):
			starts = append(starts, i)
		case t.Gap && t.Kind == zh.Han && a.tokens[i-1].Kind == zh.Han:
			blanks = append(blanks, i)
		}
	}
	if len(starts) == 0 {
		starts = blanks
	}
	var parts []analysis
	from := 0
	for _, s := range append(starts, len(a.tokens)) {
		if s > from {
			parts = append(parts, x.analyseTokens(slices.Clone(a.tokens[from:s])))
		}
		from = s
	}
	return parts
}

// secondBegins reports whether the words at token i announce a second question.
func (a *analysis) secondBegins(i int) bool {
	rest := a.text(i, min(i+4, len(a.tokens)))
	for _, w := range []string{"还有", "另外", "以及", "顺便", "再问", "此外", "alsowhat", "andwhat", "andhow", "andis", "anddo", "haiyou", "lingwai"} {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}
