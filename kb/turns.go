package kb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"beianbot/kb/zh"
)

// contextLife is how long a turn is remembered.
const contextLife = 30 * time.Minute

// goesOn reports whether a question only changes a province, a kind of entity,
// a cloud or a figure of the one before.
func (b *Base) goesOn(a *analysis, before Context) bool {
	if number, ok := a.figuresOnly(); ok {
		switch before.Entry {
		case versionEntry:
			if versionPattern.MatchString(number) {
				a.version = number
			}
			return true
		case sizeEntry:
			if f, err := strconv.ParseFloat(number, 64); err == nil && len(a.sizes) == 0 && f > 0 && f < maxFigure {
				a.sizes = []int64{int64(f * 1e6)}
			}
			return true
		}
	}
	if c, ok := b.lex.lone(a); ok && c == "aliyun" && before.elsewhere() {
		return true
	}
	bare := a.content() == 0 || a.corrects() && a.content() <= 2
	return bare && (len(a.provinces) > 0 || len(a.kinds) > 0 || len(a.except) > 0)
}

// at returns c as it counts at a time: nothing of it when it is too old.
func (c Context) at(now time.Time) Context {
	if now.Sub(c.At) > contextLife {
		return Context{}
	}
	return c
}

// elsewhere reports whether the conversation is about another cloud.
func (c Context) elsewhere() bool { return c.Slots["cloud"] == "other" }

// When a question may lean on the one before. The limits were chosen by how many
// conversations of kb/testdata/questions/turns*.tsv come out right.
const (
	aloneSure    = 0.65 // probability from which a question stands alone
	aloneRefused = 0.9  // likewise when it is of no entry
	leanLength   = 8    // tokens of content from which a question stands alone
	leanWeight   = 0.5  // weight of the question before
	loneWeight   = 1.0  // likewise when this one only names the app or the computer
	leanSure     = 0.3  // score from which a question that leans is answered
)

// lean classifies a question together with the one before it, unless it says
// enough alone, which is how alone has classified it; leaned reports which.
func (b *Base) lean(a *analysis, features []string, before Context, alone ranking) (r ranking, leaned bool) {
	if before.Question == "" || a.content() > leanLength || !b.judge.leans(a) {
		return alone, false
	}
	last := b.lex.analyse(before.Question)
	last = b.lex.without(&last, a)
	if b.names(a, "channels") {
		// "用 app 行不行" is a question of its own, and another one after 授权书怎么传.
		return b.judge.rank(features, last.features(), loneWeight), true
	}
	_, p := alone.best(isGuide)
	if p >= aloneSure || a.content() >= 2 && 1-alone.covered() >= aloneRefused {
		return alone, false
	}
	return b.judge.rank(features, last.features(), leanWeight), true
}

// leans reports whether a question can be read with the one before it: it says
// nothing of its own, or what it says is of this trade. "宠物可以吗" is no follow-up,
// and neither is "驾照可以吗", which is a topic of its own.
func (j *judge) leans(a *analysis) bool {
	known, own := make([]bool, len(a.tokens)), 0
	for _, m := range a.concepts {
		if j.lex.groups[m.Value] == "alone" {
			return false
		}
		for i := m.Start; i < m.End; i++ {
			known[i] = true
		}
	}
	strange := 0
	for i, t := range a.tokens {
		switch {
		case t.Function() || t.Kind == zh.Number || t.Kind == zh.Pinyin:
		case known[i] || a.masked[i] || a.kindAt[i]:
			own++
		case j.model.rare("c" + t.Text):
			strange++
		}
	}
	return strange == 0 || strange <= own
}

// What a question says that is put to people without the one before it.
const (
	wholeContent = 3 // tokens of content from which it does, when it names a topic
	longContent  = 5 // likewise when it names none: 必须本人去吗 is about something
	ownContent   = 2 // likewise when what it names is a topic of its own
)

// What points to something that was said before, or to a place that was.
var (
	pointing = regexp.MustCompile(`^那|[这那](?:个|种|张|些|份|样|里|边|儿|情况|时候)|上面|上述|前面|以上|刚才|刚刚|它|同样|\b(?:this|that|these|those|it|they|above)\b`)
	localTo  = regexp.MustCompile(`[这那本我外别]个?(?:的|们|们的)?[省市]|[其别](?:他|的)省|当地|本地|外地|我们?这|我们?那|\b(?:local|here|my province|our province|other provinces?)\b`)
)

// StandsAlone reports whether a question says by itself what it is about, as
// 核验单怎么弄 does and 要几张 does not, nor 这种情况要授权书吗 and 本省的手机号行吗. In
// doubt it does not: a question that people read with the one before it is at worst
// read twice.
func (b *Base) StandsAlone(question string) bool {
	a := b.lex.analyse(question)
	folded := zh.Fold(question)
	switch n := a.content(); {
	case pointing.MatchString(folded), len(a.provinces) == 0 && localTo.MatchString(folded):
		return false
	case n >= longContent:
		return true
	case n >= ownContent && !b.judge.leans(&a):
		return true
	case n < wholeContent:
		return false
	}
	return slices.ContainsFunc(a.concepts, func(m zh.Match) bool {
		switch b.lex.groups[m.Value] {
		case "doings", "channels", "marks":
			return false
		}
		return true
	})
}

// names reports whether all that a question says is one concept of a group.
func (b *Base) names(a *analysis, group string) bool {
	c, ok := b.lex.lone(a)
	return ok && b.lex.groups[c] == group
}

// mostProvinces is how many provinces one answer names.
const mostProvinces = 3

// slotsOf returns the slots of a question, with those of earlier turns where it
// names none. "哪些省" asks for all provinces.
func (s *state) slotsOf(a *analysis, before Context) slots {
	x := before.slots()
	switch {
	case len(a.provinces) > mostProvinces:
		x.provinces = nil // the wording for all provinces is shorter
	case len(a.provinces) > 0:
		x.provinces = a.provinces
	case a.has("province-list", "other-provinces"):
		x.provinces = nil
	}
	x.provinces = slices.DeleteFunc(slices.Clone(x.provinces), func(p Province) bool { return slices.Contains(a.except, p) })
	if len(a.kinds) > 0 {
		x.kinds = a.kinds
	}
	return x
}

// slots returns the slots that a context carries.
func (c Context) slots() slots {
	var x slots
	for p := range strings.SplitSeq(c.Slots["province"], ",") {
		if p != "" {
			x.provinces = append(x.provinces, Province(p))
		}
	}
	for k := range strings.SplitSeq(c.Slots["kind"], ",") {
		if k == string(Individual) || k == string(Organization) {
			x.kinds = append(x.kinds, EntityKind(k))
		}
	}
	return x
}

// remember returns what of the slots the next turn may use.
func (x slots) remember() map[string]string {
	m := make(map[string]string)
	var ps, ks []string
	for _, p := range x.provinces {
		ps = append(ps, string(p))
	}
	for _, k := range x.kinds {
		ks = append(ks, string(k))
	}
	if len(ps) > 0 {
		m["province"] = strings.Join(ps, ",")
	}
	if len(ks) > 0 {
		m["kind"] = strings.Join(ks, ",")
	}
	return m
}

// maskDigits hides long runs of digits: a context may be stored, and people
// paste identity and telephone numbers into questions.
func maskDigits(s string) string {
	rs := []rune(s)
	for i := 0; i < len(rs); {
		j := i
		for j < len(rs) && '0' <= rs[j] && rs[j] <= '9' {
			j++
		}
		if j-i >= 6 {
			for k := i; k < j; k++ {
				rs[k] = '*'
			}
		}
		i = max(j, i+1)
	}
	return string(rs)
}
