package bot

import (
	"cmp"
	"slices"
	"strings"

	"beianbot/kb"
)

// inquiryCard shows an inquiry to staff. Its first word is what a reply to it is
// known by.
func (t *turn) inquiryCard(i Inquiry) Reply {
	lines := []string{t.desk("desk-card", args{"tag": i.tag(), "asked": t.askedText(i), "question": i.Question})}
	add := func(key string, a args) { lines = append(lines, t.desk(key, a)) }
	if len(i.Wordings) > 0 {
		add("desk-wordings", args{"wordings": t.words.join(kb.Chinese, i.Wordings)})
	}
	switch {
	case i.Of != "":
		of := Inquiry{Key: i.Of}
		add("desk-of", args{"tag": of.tag(), "question": i.Topic})
	case i.Topic != "":
		add("desk-before", args{"question": i.Topic})
	}
	if scope := t.askersText(i); scope != "" {
		add("desk-scope", args{"scope": scope})
	}
	add("why-"+string(i.Why), nil)
	if i.Entry != "" {
		add(t.shownKey(i), args{"title": t.title(i.Entry)})
	}
	if near := slices.DeleteFunc(slices.Clone(i.Near), func(n Near) bool { return n.Entry == i.Entry }); len(near) > 0 {
		add("desk-near", args{"near": t.nearText(near)})
	}
	if i.Last != "" {
		add("desk-last", args{"answer": oneLine(i.Last, maxQuestion)})
	}
	r := Reply{}
	switch {
	case i.IsClosed():
		add("end-"+string(i.Ending), t.whoWhen(i.Closed))
	case i.answered():
		add("desk-answered", t.saidBy(i.Answers[len(i.Answers)-1]))
		r.Buttons = t.answerButtons(i)
	case i.Claim.By != "":
		add("desk-claimed", t.whoWhen(i.Claim))
		add("desk-how", nil)
		r.Buttons = [][]Button{{t.deskButton(actTake, i.Key), t.deskButton(actDrop, i.Key)}}
	default:
		add("desk-how", nil)
		r.Buttons = [][]Button{{t.deskButton(actClaim, i.Key), t.deskButton(actDrop, i.Key)}}
	}
	r.Text = strings.Join(lines, "\n")
	return r
}

// title names an entry, by its ID when it is not in service.
func (t *turn) title(id string) string {
	if e, ok := t.kb.Entry(id); ok {
		return e.Title[kb.Chinese]
	}
	return id
}

// shownKey is the sentence that says what the person was shown: an answer, or that
// there is none.
func (t *turn) shownKey(i Inquiry) string {
	a, _ := t.kb.Show(i.Entry, kb.Chinese, kb.Context{})
	if i.Why == WhyRefused || a.Band == kb.Refused {
		return "desk-refused-as"
	}
	return "desk-answered-as"
}

// askedText says how many asked, and how often where that is more.
func (t *turn) askedText(i Inquiry) string {
	key := "desk-asked"
	switch {
	case len(i.People) == maxPeople:
		key = "desk-asked-many"
	case i.Times > i.Count:
		key = "desk-asked-often"
	}
	return t.desk(key, args{"count": number(i.Count), "times": number(i.Times)})
}

// askersText says for whom an inquiry is: the province and kind that its answer
// depends on, or else those of the conversations in which it was asked.
func (t *turn) askersText(i Inquiry) string {
	if scope := t.scopeText(splitList(i.Province), splitList(i.Kind)); scope != "" {
		return scope
	}
	var scopes []string
	count := make(map[string]int)
	for _, a := range i.Askers {
		scope := t.scopeText(splitList(a.Province), splitList(a.Kind))
		if count[scope]++; count[scope] == 1 {
			scopes = append(scopes, scope)
		}
	}
	if len(scopes) == 1 {
		return scopes[0]
	}
	slices.SortStableFunc(scopes, func(p, q string) int { return cmp.Compare(count[q], count[p]) })
	var words []string
	for _, s := range scopes[:min(len(scopes), maxScopes)] {
		words = append(words, t.desk("desk-scope-one", args{"scope": cmp.Or(s, t.desk("desk-scope-none", nil)), "count": number(count[s])}))
	}
	return t.words.join(kb.Chinese, words)
}

// maxScopes is how many provinces and kinds of askers a card names.
const maxScopes = 5

// nearText words entries with their likeness.
func (t *turn) nearText(near []Near) string {
	var words []string
	for _, n := range near {
		words = append(words, t.desk("desk-near-one", args{"title": n.Title, "score": number(int(100 * n.Score))}))
	}
	return t.words.join(kb.Chinese, words)
}

// answerButtons offer what may become of an answer.
func (t *turn) answerButtons(i Inquiry) [][]Button {
	if i.Why == WhyPicture {
		return [][]Button{{t.deskButton(actKeep, i.Key)}} // it is about one picture, and nobody else's
	}
	rows := [][]Button{{t.deskButton(actSave, i.Key), t.deskButton(actKeep, i.Key)}}
	for n, near := range i.Near[:min(len(i.Near), maxMerges)] {
		// Cards of before have entries that are not near.
		meant := near.Score >= nearMeant || near.Entry == i.Entry
		if data, ok := actMerge.data(i.Key + ":" + number(n)); ok && meant {
			rows = append(rows, []Button{{Label: clip(t.desk("desk-merge", args{"title": near.Title}), maxLabel), Data: data}})
		}
	}
	return rows
}

// maxMerges is how many entries an answer is offered to become part of.
const maxMerges = 2

// splitList is the reverse of joining with commas.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
