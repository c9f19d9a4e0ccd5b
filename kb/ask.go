package kb

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// hitsRead is how many entries the engine hands to the second stage, of the
// termsRead rarest terms of a question: the others cost as much and find nothing
// that these do not.
const (
	hitsRead  = 20
	termsRead = 24
)

// mostChoices is how many entries a person may choose from.
const mostChoices = 3

// Ask answers a question. It never fails: what cannot be answered is refused.
func (b *Base) Ask(q Question) Answer {
	l := lang(q.Lang)
	s := b.state.Load()
	now := q.Now
	if now.IsZero() {
		now = b.now()
	}
	before := q.Context.at(now)
	a := b.lex.analyse(q.Text)
	if len(a.tokens) == 0 {
		return Answer{Band: Social, Lines: []Line{{s.phrases["empty"][l], "answer/empty"}}, Context: before}
	}
	d := b.decide(s, &a, before)
	d.slots.formats, d.slots.sizes, d.slots.version, d.slots.pen = a.formats, a.sizes, a.version, a.pen
	answer := b.word(s, d, l)
	answer.Score = d.score
	answer.Context = Context{At: now, Entry: before.Entry, Slots: d.slots.remember(), Question: before.Question}
	if d.elsewhere {
		answer.Context.Slots["cloud"] = "other"
	} else if d.band == Refused && !d.goesOn {
		answer.Context.Slots = before.Slots // "公司名称能改吗" says nothing of who asks
	}
	switch d.band {
	case Social:
	case Unsure:
		// Nobody has said yet which entry it is.
		answer.Context.Entry, answer.Context.Question = "", maskDigits(d.question)
	default:
		answer.Context.Entry = d.entry
		answer.Context.Question = maskDigits(d.question)
	}
	return answer
}

// decision is what was made of a question.
type decision struct {
	band      Band
	entry     string   // the entry to show; for a refusal a not-covered one, or empty
	others    []string // the entries of further questions in the same message
	score     float64
	choices   []string // when unsure
	nearest   string   // when refused without an entry
	goesOn    bool     // it only changes a slot of the question before
	elsewhere bool     // the question is about another cloud
	slots     slots
	question  string // what the next turn builds on
}

func (b *Base) decide(s *state, a *analysis, before Context) decision {
	d := decision{slots: s.slotsOf(a, before), question: a.spaced()}
	elsewhere := a.has("other-cloud") && !a.has("aliyun") || before.elsewhere() && !a.has("aliyun") && a.content() <= leanLength
	if before.Question != "" && b.goesOn(a, before) {
		// "那单位呢": nothing but a province, a kind or a figure.
		d.question, d.goesOn = before.Question, true
		switch e, ok := s.entries[before.Entry]; {
		case a.has("aliyun") && before.elsewhere():
			// "那阿里云呢": the question before, asked of this cloud.
			last := b.lex.analyse(before.Question)
			last = b.lex.without(&last, a)
			d.question = last.spaced()
			a, before, elsewhere = &last, Context{}, false
		case ok && e.Kind() != NotCovered && e.Kind() != Chat && !elsewhere:
			d.band, d.entry, d.score = Sure, e.ID, 1
			return d
		case ok || elsewhere:
			d.band, d.entry, d.elsewhere = Refused, before.Entry, elsewhere
			return d
		}
	}
	if c, ok := b.lex.lone(a); ok && !elsewhere {
		if next := s.entries[before.Entry].Then[c]; next != "" {
			d.band, d.entry, d.score = Sure, next, 1
			return d
		}
	}
	whole := b.weigh(s, a, before)
	if ps := b.lex.parts(a); len(ps) > 1 {
		b.combine(s, &whole, ps, &d)
	}
	d.entry, d.score = whole.entry, whole.score
	m := b.judge.model.band
	if whole.leaned {
		m.Sure = min(m.Sure, leanSure)
	}
	switch {
	case whole.social:
		d.band = Social
	case elsewhere && s.entries[whole.entry].Kind() != Staff:
		// The material is of one cloud; another's rules are another's.
		d.band, d.entry, d.score, d.others, d.elsewhere = Refused, whole.refusal, min(d.score, m.Unsure), nil, true
	case whole.score >= m.Sure:
		d.band = Sure
	case whole.score >= m.Unsure:
		d.band, d.choices = Unsure, whole.ranking.top(s, mostChoices)
	default:
		d.band, d.entry = Refused, whole.refusal
		if whole.score >= nearEnough {
			d.nearest = whole.entry
		}
	}
	return d
}

// weighed is the judgement on one question.
type weighed struct {
	entry   string  // the best entry that gives an answer
	score   float64 // calibrated probability that it settles the question
	refusal string  // the best not-covered entry, or empty
	ranking ranking // of all entries
	social  bool    // entry is small talk
	leaned  bool    // the question before was read with it
	asked   bool    // it is a part of a message that asks
}

// standsSure is the score from which a question stands alone, whatever was asked
// before.
const standsSure = 0.6

// weigh judges a question, read alone or, when that settles nothing, with the one
// before it.
func (b *Base) weigh(s *state, a *analysis, before Context) weighed {
	features := a.features()
	v := b.judge.vector(features)
	hits, err := b.index.search(context.Background(), b.judge.model.rarest(features, termsRead), hitsRead)
	if err != nil {
		b.log.Error("search", "err", err)
		return weighed{ranking: b.judge.rank(features, nil, 0)} // without its rivals no entry can be trusted
	}
	slots := s.slotsOf(a, before)
	own := b.judge.rank(features, nil, 0)
	alone := b.weighAs(s, a, features, v, hits, slots, own)
	r, leaned := b.lean(a, features, before, own)
	enough := standsSure
	if s.entries[before.Entry].Kind() == NotCovered || before.Entry == "" {
		enough = 0 // what was refused lends nothing to what is answered
	}
	if !leaned || !alone.social && alone.score >= max(enough, b.judge.model.band.Sure) && !b.names(a, "channels") {
		return alone
	}
	w := b.weighAs(s, a, features, v, hits, slots, r)
	w.leaned = true
	return w
}

// weighAs judges a question by the classifier's view r of it.
func (b *Base) weighAs(s *state, a *analysis, features []string, v vector, hits []Hit, x slots, r ranking) weighed {
	j := b.judge
	w := weighed{ranking: r}
	of := func(k Kind) func(string) bool {
		return func(label string) bool { e, ok := s.entries[label]; return ok && e.Kind() == k }
	}
	entry, p := r.best(of(Guide))
	social, ps := r.best(of(Chat))
	refusal, pr := r.best(of(NotCovered))
	rival, staff, staffNear := 0.0, "", 0.0
	for _, h := range hits {
		near := v.nearest(s.prepared[h.Entry].vectors)
		switch e := s.entries[h.Entry]; {
		case e.OfStaff(): // also where it took the place of a shipped one
			if near > staffNear && s.prepared[h.Entry].concerns(x) {
				staff, staffNear = h.Entry, near
			}
		case e.Kind() == NotCovered:
			rival = max(rival, near)
		}
	}
	if staffNear < staffSure && (ps > 0.5 && ps > p || p < 0.3 && v.nearest(s.prepared[social].vectors) >= socialNear) {
		return weighed{entry: social, score: ps, social: social != ""}
	}
	if pr >= refusalSure || v.nearest(s.prepared[refusal].vectors) >= refusalNear {
		w.refusal = refusal
	}
	entry = s.together(entry, a)
	own := v.nearest(s.prepared[entry].vectors)
	if known := j.model.known(features); known >= leastKnown {
		w.entry = entry
		w.score = j.model.band.score(signals{
			entry: p, covered: r.covered(), own: own, rival: rival, known: known, open: j.model.open(features),
		})
	} // else noise: a lucky "4m" in it must not be answered
	// A place that both name speaks for the entry: the features leave places out.
	placed := staff != "" && len(s.prepared[staff].provinces) > 0
	if staffNear >= staffSure && (staffNear > own || staff == entry || placed && staffNear > own-staffPlaced) {
		w.entry, w.score = staff, max(w.score, staffNear)
	}
	return w
}

// together returns the entry that answers in place of entry when the question
// names what several entries beside it are about.
func (c *composer) together(entry string, a *analysis) string {
	all := c.entries[entry].Together
	if all == "" {
		return entry
	}
	named := 0
	for _, e := range c.entries {
		if e.Together == all && a.has(e.About...) {
			named++
		}
	}
	if named > 1 {
		return all
	}
	return entry
}

// staffPlaced is how much farther than a shipped entry one of staff may be when
// it is about the very province of the question.
const staffPlaced = 0.15

// Of the held-out questions with a right answer, none shares less than a quarter
// of its features with the training questions; random letters share a tenth.
const leastKnown = 0.2

// A not-covered entry is shown when the classifier means it, or when one of its
// phrasings is near; any other refusal is worded in general.
const (
	refusalSure = 0.35 // probability
	refusalNear = 0.28 // cosine
)

// socialNear is the cosine from which a line is the small talk that it is near to.
const socialNear = 0.7

// nearEnough is the score from which a refusal names the nearest entry.
const nearEnough = 0.08

// staffSure is the cosine from which a staff entry answers: nearly the words
// of one of its phrasings.
const staffSure = 0.55

// covered sums the probability of all entries that give an answer.
func (r ranking) covered() float64 {
	sum := 0.0
	for i, l := range r.labels {
		if isGuide(l) {
			sum += r.p[i]
		}
	}
	return sum
}

// top returns the n guidance entries of the highest probability.
func (r ranking) top(s *state, n int) []string {
	ids := slices.Clone(r.labels)
	slices.SortStableFunc(ids, func(x, y string) int {
		switch d := r.of(y) - r.of(x); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	ids = slices.DeleteFunc(ids, func(id string) bool { _, ok := s.entries[id]; return !ok || !isGuide(id) })
	return ids[:min(n, len(ids))]
}

// known is the share of a question's features that the training questions had.
func (m *model) known(fs []string) float64 {
	if len(fs) == 0 {
		return 0
	}
	n := 0
	for _, f := range fs {
		if _, ok := m.index[f]; ok {
			n++
		}
	}
	return float64(n) / float64(len(fs))
}

// signals are what the calibrated probability is made of.
type signals struct {
	entry   float64 // the classifier's probability of the entry
	covered float64 // its probability of all guidance entries together
	own     float64 // cosine to the nearest phrasing of the entry
	rival   float64 // cosine to the nearest phrasing of a not-covered entry
	open    float64 // the gate's log-odds that any entry answers
	known   float64 // share of features seen in training
}

// bands are the calibration of scores and the limits of the three bands.
type bands struct {
	Weights      []float64 // of the signals as values() lists them
	Sure, Unsure float64
}

func (x signals) values() []float64 {
	return []float64{1, logit(x.entry), logit(x.covered), x.own, x.rival, x.known, x.open}
}

func (m bands) score(x signals) float64 {
	sum := 0.0
	for i, v := range x.values() {
		sum += m.Weights[i] * v
	}
	return 1 / (1 + math.Exp(-sum))
}

func logit(p float64) float64 {
	p = min(max(p, 1e-4), 1-1e-4)
	return math.Log(p / (1 - p))
}

// A short part lacks the words around it: 用什么证件 is of nobody. From this score
// on it is a question of its own all the same.
const (
	shortPart = 4 // tokens of content
	shortSure = 0.75
	shortAsks = 0.55 // likewise when it asks: 要不要手印
)

// partsRead bounds how many sentences of a message are looked at, the last ones:
// stories ask at their end.
const partsRead = 6

// combine looks at the parts of a message: two questions at once, or a story
// with the question in one of its sentences.
func (b *Base) combine(s *state, whole *weighed, parts []analysis, d *decision) {
	m := b.judge.model.band
	var found []weighed
	open := "" // the not-covered entry of a part that asks for nothing covered
	parts = parts[max(0, len(parts)-partsRead):]
	asked := 0
	for i := range parts {
		if parts[i].content() < 2 {
			continue // a keyword, not a question
		}
		w := b.weigh(s, &parts[i], Context{})
		if w.social {
			continue
		}
		if w.asked = parts[i].asks(); w.asked {
			asked++
		}
		switch {
		case w.score >= m.Sure && (parts[i].content() > shortPart || w.score >= shortSure || w.asked && w.score >= shortAsks):
			found = append(found, w)
		case w.score < m.Unsure && w.refusal != "" && w.asked:
			open = cmp.Or(open, w.refusal)
		}
	}
	whole.refusal = cmp.Or(whole.refusal, open)
	switch {
	case whole.score >= m.Sure:
	case len(found) > 0 && len(parts) > 2:
		*whole = found[len(found)-1]
		if asked < 2 {
			return // a story asks once
		}
	case open != "" && asked == len(parts):
		// 核验单怎么填？备案要多久: one is covered and the other is not.
		for _, w := range found {
			if w.asked {
				*whole = w
				d.others = []string{open}
				return
			}
		}
		return
	default:
		return
	}
	if slices.ContainsFunc(found, func(w weighed) bool { return w.entry == whole.entry }) {
		whole.entry = found[0].entry // in the order in which they are asked
	}
	for _, w := range found {
		if w.entry != whole.entry && s.entries[w.entry].Together != whole.entry && !slices.Contains(d.others, w.entry) {
			d.others = append(d.others, w.entry)
		}
	}
	if open != "" && asked > len(found) {
		d.others = append(d.others, open)
	}
}

// asks reports whether the words ask for something: 核验单盖好章了 does not.
func (a *analysis) asks() bool {
	for i, t := range a.tokens {
		switch t.Text {
		case "吗", "呢", "么", "嘛", "什", "啥", "哪", "谁", "几", "多", "怎", "咋", "何", "否", "不",
			"what", "how", "which", "where", "who", "whose", "when", "why", "can", "may", "must", "do", "does", "is", "are", "should",
			"ma", "shenme", "zenme", "nar", "duo", "zen", "shen":
			return true
		case "要", "能", "可", "行":
			if i == 0 {
				return true // 要彩色的
			}
		}
	}
	return false
}

// mostFacts is how many facts of the guidance one message states: more is a text
// to be searched and no answer.
const mostFacts = 7

// word puts the answer to a decision together.
func (b *Base) word(s *state, d decision, l Lang) Answer {
	switch d.band {
	case Unsure:
		a := Answer{Band: Unsure, Entry: d.entry, Lines: []Line{{s.phrases["unsure"][l], "answer/unsure"}}}
		for _, id := range d.choices {
			a.Choices = append(a.Choices, Link{Entry: id, Label: s.entries[id].Title[l]})
		}
		return a
	case Refused:
		if e, ok := s.entries[d.entry]; ok {
			return s.card(e, d.slots, l)
		}
		return s.refusal(d.nearest, l)
	}
	a := s.card(s.entries[d.entry], d.slots, l)
	if a.Band == Sure {
		stated := slices.Clone(s.entries[d.entry].Facts)
		for _, id := range d.others {
			stated = append(stated, s.entries[id].Facts...)
			slices.Sort(stated)
			if stated = slices.Compact(stated); len(stated) > mostFacts {
				break
			}
			a.append(s.card(s.entries[id], d.slots, l), Line{s.phrases["second"][l], "answer/second"})
		}
	}
	return a
}

// refusal says that the material does not cover the question.
func (c *composer) refusal(nearest string, l Lang) Answer {
	a := Answer{Band: Refused, Lines: []Line{{c.phrases["refused"][l], "answer/refused"}}}
	if e, ok := c.entries[nearest]; ok && e.Kind() == Guide {
		a.Lines = append(a.Lines, Line{fill(c.phrases["refused_nearest"][l], map[string]string{"title": e.Title[l]}), "answer/refused_nearest"})
		a.Related = []Link{{Entry: nearest, Label: e.Title[l]}}
	}
	a.Lines = append(a.Lines, Line{c.phrases["refused_elsewhere"][l], "answer/refused_elsewhere"})
	return a
}

// append adds the answer to a second question while both fit.
func (a *Answer) append(second Answer, heading Line) {
	size := func(ls []Line) (n int) {
		for _, l := range ls {
			n += len([]rune(l.Text)) + 1
		}
		return n
	}
	room := maxAnswer - 60 - size(a.Lines) - len([]rune(a.Footer))
	if size(second.Lines)+len([]rune(second.Footer)) > room {
		return
	}
	if second.Footer != a.Footer && second.Footer != "" {
		// Each source stands below what it is the source of.
		a.Lines = append(a.Lines, Line{a.Footer, a.Entry})
		a.Footer = second.Footer
	}
	a.Lines = append(append(a.Lines, heading), second.Lines...)
}
