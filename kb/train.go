package kb

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"

	"beianbot/kb/zh"
)

// none is the label of training questions that no entry is about.
const none = "NONE"

// An Example is a question with the ID of the entry that answers it, or "NONE".
type Example struct {
	Label string
	Turns []string // the last one is the question
}

// ReadExamples reads training questions: label, tab, question, with " ||| "
// between the turns of a conversation. Lines that begin with # are comments.
func ReadExamples(r io.Reader) ([]Example, error) {
	s := bufio.NewScanner(io.LimitReader(r, 64<<20))
	s.Buffer(nil, 1<<20)
	var es []Example
	for n := 1; s.Scan(); n++ {
		line := s.Text()
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		label, question, ok := strings.Cut(line, "\t")
		if !ok || label == "" || strings.TrimSpace(question) == "" {
			return nil, fmt.Errorf("line %d: not a label, a tab and a question", n)
		}
		e := Example{Label: label}
		for t := range strings.SplitSeq(question, " ||| ") {
			e.Turns = append(e.Turns, strings.TrimSpace(t))
		}
		es = append(es, e)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read examples: %w", err)
	}
	return es, nil
}

// samples turns entries and examples into training samples. Every question in
// Chinese also counts, a little, as it would be typed in pinyin or with typos
// of the same sound, so that sounds carry weight of their own.
func (x *lexicon) samples(entries []Entry, examples []Example) []sample {
	rng := rand.New(rand.NewPCG(3, 4))
	var ss []sample
	add := func(label, question string) {
		a := x.analyse(question)
		if len(a.tokens) == 0 {
			return
		}
		ss = append(ss, sample{a.features(), label, 1})
		if !slices.ContainsFunc(a.tokens, func(t zh.Token) bool { return t.Kind == zh.Han }) {
			return
		}
		typed, typos := slices.Clone(a.tokens), slices.Clone(a.tokens)
		for i, t := range a.tokens {
			if t.Kind == zh.Han {
				typed[i].Text, typed[i].Kind = t.Key, zh.Pinyin
				if rng.Float64() < 0.2 {
					typos[i].Text = "?" // a character that no other question has
				}
			}
		}
		p, q := x.analyseTokens(typed), x.analyseTokens(typos)
		if rng.IntN(2) == 0 {
			ss = append(ss, sample{p.features(), label, 0.5})
		} else {
			ss = append(ss, sample{q.features(), label, 0.6})
		}
	}
	for _, e := range entries {
		for _, p := range append(slices.Clone(e.Phrasings), e.Title[Chinese], e.Title[English]) {
			add(e.ID, p)
		}
	}
	for _, e := range examples {
		if len(e.Turns) == 1 {
			add(e.Label, e.Turns[0])
		}
	}
	return ss
}

// folds is how many parts the examples are divided into for calibration: each
// part is judged by a classifier that has not seen it.
const folds = 5

// Train learns a model from the content's phrasings and from examples, and
// writes it to w. What it reports is measured on examples that the judging
// classifier was not trained on.
func Train(content fs.FS, examples []Example, w io.Writer) (Report, error) {
	lex, err := loadLexicon(content)
	if err != nil {
		return Report{}, err
	}
	entries, err := loadEntries(content)
	if err != nil {
		return Report{}, err
	}
	ids := map[string]bool{none: true}
	for _, e := range entries {
		ids[e.ID] = true
	}
	var single []Example
	for _, e := range examples {
		if !ids[e.Label] {
			return Report{}, fmt.Errorf("example label %q is no entry", e.Label)
		}
		if len(e.Turns) == 1 {
			single = append(single, e)
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	rng.Shuffle(len(single), func(i, j int) { single[i], single[j] = single[j], single[i] })

	// Each fold is judged by a model that has not seen it.
	xs, first := make([]signals, len(single)), make([]string, len(single))
	var wg sync.WaitGroup
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	for f := range folds {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			var seen []Example
			for i, e := range single {
				if i%folds != f {
					seen = append(seen, e)
				}
			}
			j := newJudge(lex, fit(lex.samples(entries, seen)), entries)
			vectors := make(map[string][]vector)
			for _, e := range entries {
				vectors[e.ID] = j.prepare(e).vectors
			}
			for i := f; i < len(single); i += folds {
				a := lex.analyse(single[i].Turns[0])
				first[i], xs[i] = j.signals(&a, entries, vectors)
			}
		})
	}
	wg.Wait()
	report := Report{Examples: len(single)}
	right, asked := make([]bool, len(single)), make([]bool, len(single))
	for i, e := range single {
		right[i], asked[i] = first[i] == e.Label, isGuide(e.Label)
		if isGuide(e.Label) {
			report.Covered++
			if right[i] {
				report.First++
			}
		}
	}
	m := fit(lex.samples(entries, single))
	m.band = calibrate(xs, right, asked)
	for i, x := range xs {
		if (m.band.score(x) >= m.band.Sure) == right[i] {
			report.Right++
		}
	}
	report.Bands = m.band
	report.Features, report.Labels = len(m.index), len(m.labels)
	if m.hash, err = contentHash(content); err != nil {
		return Report{}, err
	}
	return report, m.write(w)
}

// A Report says what training reached, on held-out folds.
type Report struct {
	Examples, Covered int
	First             int // covered examples whose entry came first
	Right             int // examples answered by their entry or rightly refused
	Features, Labels  int
	Bands             bands
}

// fit trains the classifier and weighs features by rarity.
func fit(ss []sample) *model {
	c := train(ss, defaultTraining)
	m := &model{classifier: c, gate: trainGate(c, ss, defaultTraining), idfs: make([]float32, len(c.index))}
	for _, s := range ss {
		for _, r := range c.rows(s.features) {
			m.idfs[r]++
		}
	}
	n := float64(len(ss))
	for i, d := range m.idfs {
		m.idfs[i] = float32(math.Log(1 + n/float64(d)))
	}
	m.unknown = float32(math.Log(1 + n))
	return m
}

// signals returns the best guidance entry for a question and what its score is
// made of.
func (j *judge) signals(a *analysis, entries []Entry, vectors map[string][]vector) (string, signals) {
	features := a.features()
	r := j.rank(features, nil, 0)
	entry, p := r.best(isGuide)
	v := j.vector(features)
	x := signals{entry: p, covered: r.covered(), own: v.nearest(vectors[entry]), known: j.model.known(features), open: j.model.open(features)}
	for _, e := range entries {
		if e.Kind() == NotCovered {
			x.rival = max(x.rival, v.nearest(vectors[e.ID]))
		}
	}
	return entry, x
}

// notCoveredShare is the share of questions that the guidance does not settle in
// the sets that answers are judged by.
const notCoveredShare = 0.25

// caution is how much worse it is to answer what is not covered than to refuse
// what is: never a wrong rule.
const caution = 1.3

// calibrate fits the weights of the signals by logistic regression, and sets
// the limit of the sure band where most examples are right.
// asked says of each example whether an entry answers it.
func calibrate(xs []signals, right, asked []bool) bands {
	m := bands{Weights: make([]float64, len(signals{}.values()))}
	for step := range 3000 {
		grad := make([]float64, len(m.Weights))
		for i, x := range xs {
			d := m.score(x)
			if right[i] {
				d--
			}
			for k, v := range x.values() {
				grad[k] += d * v / float64(len(xs))
			}
		}
		rate := 0.5 / (1 + float64(step)/1000)
		for k := range grad {
			m.Weights[k] -= rate * (grad[k] + 1e-4*m.Weights[k])
		}
	}
	// About a quarter of the questions that judge is not covered; the
	// examples hold more of those, since they are the harder ones to learn.
	covered, best := 0.0, -1.0
	for _, c := range asked {
		if c {
			covered++
		}
	}
	weight := caution * notCoveredShare / (1 - notCoveredShare) * covered / max(float64(len(xs))-covered, 1)
	const steps = 100
	var worth [steps]float64 // of a limit of i/steps
	for i, x := range xs {
		score, w := m.score(x), 1.0
		if !asked[i] {
			w = weight
		}
		for t := range steps {
			if (score >= float64(t)/steps) == right[i] {
				worth[t] += w
			}
		}
	}
	// Around the best limit little changes, and which one comes out best is chance:
	// the middle of the best stretch is not.
	const around = 8
	for t := 20; t < 90; t++ {
		sum := 0.0
		for _, w := range worth[t-around : t+around+1] {
			sum += w
		}
		if sum > best {
			best, m.Sure = sum, float64(t)/steps
		}
	}
	m.Unsure = m.Sure / 2
	return m
}
