package bot

import (
	"slices"
	"strings"

	"beianbot/kb"
)

// Checklists is what the bot asks of the knowledge base for personal checklists.
type Checklists interface {
	// Checklist returns what to prepare, and an answer without lines for a
	// situation that is not complete or has a value that does not exist.
	Checklist(want kb.Situation, lang kb.Lang) kb.Answer
	// Situation returns what a sentence settles.
	Situation(text string) kb.Situation
	// AsksChecklist reports whether text asks for a checklist and nothing else.
	AsksChecklist(text string) bool
	Provinces() []kb.ProvinceName
}

// checklistParts are the choices after the province, in the order of the
// questions: the sentence that asks, and each value with the letter that stands
// for it in a button. The label of a value is the sentence "checklist-VALUE".
var checklistParts = []struct {
	ask    string
	values []string
	code   string // a letter for each of values
	of     func(*kb.Situation) *string
}{
	{"checklist-kind", []string{string(kb.Individual), string(kb.Organization)}, "io", func(s *kb.Situation) *string { return (*string)(&s.Kind) }},
	{"checklist-domains", []string{string(kb.OneDomain), string(kb.SeveralDomains)}, "1s", func(s *kb.Situation) *string { return (*string)(&s.Domains) }},
	{"checklist-origin", []string{string(kb.Mainland), string(kb.HKMacao), string(kb.Taiwan), string(kb.Foreign)}, "mhtf", func(s *kb.Situation) *string { return (*string)(&s.Origin) }},
	{"checklist-channel", []string{string(kb.App), string(kb.Computer)}, "ac", func(s *kb.Situation) *string { return (*string)(&s.Channel) }},
}

// unchosen stands for a choice that was not made yet.
const unchosen = "-"

// choices writes a situation as the argument of a button: the province in
// English, then a letter for each of [checklistParts].
func choices(s kb.Situation, names []kb.ProvinceName) string {
	arg := unchosen
	for _, p := range names {
		if p.Province == s.Province {
			arg = p.English
		}
	}
	arg += ":"
	for _, part := range checklistParts {
		if i := slices.Index(part.values, *part.of(&s)); i >= 0 {
			arg += part.code[i : i+1]
		} else {
			arg += unchosen
		}
	}
	return arg
}

// chosen reads what [choices] wrote. It may be forged: ok says that every choice
// is one that exists or was not made.
func chosen(arg string, names []kb.ProvinceName) (s kb.Situation, ok bool) {
	name, letters, _ := strings.Cut(arg, ":")
	if len(letters) != len(checklistParts) {
		return kb.Situation{}, false
	}
	if name != unchosen {
		i := slices.IndexFunc(names, func(p kb.ProvinceName) bool { return p.English == name })
		if i < 0 {
			return kb.Situation{}, false
		}
		s.Province = names[i].Province
	}
	for n, part := range checklistParts {
		letter := letters[n : n+1]
		if letter == unchosen {
			continue
		}
		i := strings.Index(part.code, letter)
		if i < 0 {
			return kb.Situation{}, false
		}
		*part.of(&s) = part.values[i]
	}
	return s, true
}

// checklistPress goes on from a button.
func (t *turn) checklistPress(arg string) []Reply {
	s, ok := chosen(arg, t.kb.Provinces())
	if !ok {
		return t.stale()
	}
	return t.checklist(s)
}

// checklistTyped handles text that begins a checklist, or answers the question
// of one that was asked last. ok is false for any other text.
func (t *turn) checklistTyped(text string) (replies []Reply, ok bool) {
	if t.kb.AsksChecklist(text) {
		return t.checklist(kb.Situation{}), true
	}
	have, asked := t.checklistAsked()
	if !asked || questioning(text) {
		return nil, false
	}
	next := have.With(t.kb.Situation(text))
	if next == have {
		return nil, false
	}
	return t.checklist(next), true
}

// checklistAsked returns the choices made so far when the last buttons shown are
// those of a question for a checklist: what all of them agree on.
func (t *turn) checklistAsked() (have kb.Situation, ok bool) {
	names := t.kb.Provinces()
	for i, o := range t.s.Offered {
		a, arg, valid := parseData(o.Data)
		s, read := chosen(arg, names)
		if !valid || a != actChecklist || !read {
			return kb.Situation{}, false
		}
		if i == 0 {
			have = s
			continue
		}
		if s.Province != have.Province {
			have.Province = ""
		}
		for _, part := range checklistParts {
			if *part.of(&s) != *part.of(&have) {
				*part.of(&have) = ""
			}
		}
	}
	return have, len(t.s.Offered) > 1
}

// questioning reports whether text asks something, so that it is not taken for
// a choice: 江西个人要按手印吗 names a province and a kind of entity too.
func questioning(text string) bool {
	return strings.ContainsAny(text, "?？吗呢么哪啥") || slices.ContainsFunc([]string{"怎", "几张", "多少", "能不能", "可不可以", "要不要", "是不是", "how ", "what ", "which ", "can ", "does ", "do i "},
		func(w string) bool { return strings.Contains(strings.ToLower(text), w) })
}

// checklist asks for the first choice that is missing, or shows the result.
func (t *turn) checklist(s kb.Situation) []Reply {
	names := t.kb.Provinces()
	if s.Province == "" {
		return []Reply{{Text: t.words.say(t.lang, "checklist-province", nil), Buttons: t.provinceButtons(s, names)}}
	}
	for _, part := range checklistParts {
		if *part.of(&s) != "" {
			continue
		}
		var row []Button
		for _, v := range part.values {
			next := s
			*part.of(&next) = v
			row = append(row, t.choice(next, t.words.say(t.lang, "checklist-"+v, nil), names))
		}
		return []Reply{{Text: t.words.say(t.lang, part.ask, nil), Buttons: [][]Button{row}}}
	}
	a := t.kb.Checklist(s, t.lang)
	t.s.Context = a.Context
	r := Reply{Text: t.words.say(t.lang, "checklist-head", t.checklistHead(s, names)) + "\n" + a.Text()}
	r.Spans = boldFirstLine(r.Text)
	if a.Copy != "" {
		r.Buttons = append(r.Buttons, []Button{{Label: t.words.label(t.lang, actCopy), Copy: a.Copy}})
	}
	r.Buttons = append(r.Buttons, pack(t.links(a.Related, ""))...)
	r.Buttons = append(r.Buttons, []Button{
		t.button(actCheck, ""),
		t.button(actChecklist, choices(kb.Situation{}, names)),
	})
	return []Reply{r}
}

// provinceButtons offers the provinces, as many in a row as a phone shows.
func (t *turn) provinceButtons(s kb.Situation, names []kb.ProvinceName) [][]Button {
	perRow := 5
	if t.lang == kb.English {
		perRow = 4
	}
	var rows [][]Button
	for few := range slices.Chunk(names, perRow) {
		var row []Button
		for _, p := range few {
			s.Province = p.Province
			row = append(row, t.choice(s, t.provinceName(p), names))
		}
		rows = append(rows, row)
	}
	return rows
}

// choice makes the button that goes on with s.
func (t *turn) choice(s kb.Situation, label string, names []kb.ProvinceName) Button {
	data, _ := actChecklist.data(choices(s, names)) // the longest is Inner Mongolia and four letters
	return Button{Label: label, Data: data}
}

func (t *turn) provinceName(p kb.ProvinceName) string {
	if t.lang == kb.English {
		return p.English
	}
	return string(p.Province)
}

// checklistHead words what was chosen.
func (t *turn) checklistHead(s kb.Situation, names []kb.ProvinceName) args {
	a := make(args)
	for _, p := range names {
		if p.Province == s.Province {
			a["province"] = t.provinceName(p)
		}
	}
	for _, part := range checklistParts {
		_, slot, _ := strings.Cut(part.ask, "-")
		a[slot] = t.words.say(t.lang, "checklist-"+*part.of(&s), nil)
	}
	return a
}
