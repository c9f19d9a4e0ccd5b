package bot

import (
	"context"
	"slices"
	"strings"

	"beianbot/kb"
)

// What a button under a draft does, behind the draft's key. A province stands
// behind pickProvince or gridProvince by its English name. Whatever can be chosen
// ends in chipOn or chipOff: a button does what its label says, also when the draft
// has changed since and when it is pressed twice.
const (
	pickIndividual   = "i"
	pickOrganization = "o"
	pickJoined       = "j" // the answer goes into the entry, not only the phrasings
	pickProvince     = "=" // in the preview
	gridProvince     = "?" // in the list of all
	backToPreview    = "!"
	chipOn           = "+" // choose it
	chipOff          = "-" // choose it no longer
)

// parts are the parts of an entry that a button under a draft asks for anew.
var parts = []struct {
	letter, label string
	step          Step
}{
	{"t", "part-title", StepTitle}, {"p", "part-phrasings", StepPhrasings},
	{"a", "part-answer", StepAnswer}, {"s", "part-source", StepSource},
}

// draftButtons are the buttons with which a draft is changed.
func (t *turn) draftButtons(d *Draft) [][]Button {
	button := func(label, what string) Button {
		data, _ := actDraft.data(d.Key + ":" + what) // short
		return Button{Label: label, Data: data}
	}
	chip := func(label, what string, on bool) Button { return button(chip(label, what, on)) }
	scope := []Button{
		chip(t.desk("checklist-individual", nil), pickIndividual, slices.Contains(d.Kinds, string(kb.Individual))),
		chip(t.desk("checklist-organization", nil), pickOrganization, slices.Contains(d.Kinds, string(kb.Organization))),
	}
	for _, p := range t.kb.Provinces() {
		if slices.Contains(d.Offered, string(p.Province)) && len(scope) < 4 {
			scope = append(scope, chip(string(p.Province), pickProvince+p.English, slices.Contains(d.Provinces, string(p.Province))))
		}
	}
	scope = append(scope, button(t.desk("desk-provinces", nil), gridProvince))
	rows := [][]Button{scope}
	if _, besides := t.besides(d); !d.Joined && (besides || len(d.Merge) > 0) {
		rows = nil // for whom the text holds is in it
	}
	if len(d.Merge) > 0 {
		rows = append(rows, []Button{chip(t.desk("desk-joined", nil), pickJoined, d.Joined)})
	}
	var row []Button
	for _, p := range parts {
		row = append(row, button(t.desk(p.label, nil), p.letter))
	}
	return append(rows, row)
}

// chip returns the label of something that can be chosen, and what its button does.
func chip(label, what string, on bool) (string, string) {
	if on {
		return "✓ " + label, what + chipOff
	}
	return label, what + chipOn
}

// draftAct handles a button that changes a draft. What it says comes from
// outside.
func (t *turn) draftAct(ctx context.Context, arg string) []Reply {
	key, what, _ := strings.Cut(arg, ":")
	if f := t.finished(key); f != nil {
		return t.inPlace(t.outcome(*f))
	}
	d := t.draft(key)
	if d == nil || what == "" {
		return t.sayTo("staff-gone", nil)
	}
	for _, p := range parts {
		if p.letter == what {
			d.By = t.signature() // whose next message it is
			return t.prompt(ctx, t.await(d, p.step))
		}
	}
	if !d.complete() {
		return t.sayTo("staff-gone", nil) // it is not complete yet
	}
	mode, name := what[:1], what[1:]
	name, on := strings.CutSuffix(name, chipOn)
	name, off := strings.CutSuffix(name, chipOff)
	province := t.provinceNamed(name)
	switch {
	case t.again || on == off: // it opens the list, or goes back
	case mode == pickIndividual:
		d.Kinds = choice(d.Kinds, string(kb.Individual), on)
	case mode == pickOrganization:
		d.Kinds = choice(d.Kinds, string(kb.Organization), on)
	case mode == pickJoined && len(d.Merge) > 0:
		d.Joined = on
	case (mode == pickProvince || mode == gridProvince) && province != "":
		d.Provinces = choice(d.Provinces, province, on)
		if !slices.Contains(d.Offered, province) {
			d.Offered = keepLast(append(d.Offered, province), maxOfferedProvinces)
		}
	}
	d.At = t.now
	var r Reply
	if mode == gridProvince {
		r = t.provinceGrid(d)
	} else {
		d.Step = StepConfirm
		r = t.preview(ctx, d)[0]
	}
	r.Edit = t.event.Message
	return []Reply{r}
}

// maxOfferedProvinces is how many provinces stand under a draft.
const maxOfferedProvinces = 2

// provinceGrid offers all provinces, several of which may be chosen.
func (t *turn) provinceGrid(d *Draft) Reply {
	r := Reply{Text: t.desk("desk-province-grid", args{"title": d.Entry.Title[kb.Chinese]})}
	var row []Button
	add := func(label, what string) {
		data, _ := actDraft.data(d.Key + ":" + what) // short
		if row = append(row, Button{Label: label, Data: data}); len(row) == 4 {
			r.Buttons, row = append(r.Buttons, row), nil
		}
	}
	for _, p := range t.kb.Provinces() {
		add(chip(string(p.Province), gridProvince+p.English, slices.Contains(d.Provinces, string(p.Province))))
	}
	add(t.desk("desk-done", nil), backToPreview)
	if row != nil {
		r.Buttons = append(r.Buttons, row)
	}
	return r
}

// provinceNamed returns the province with an English name, empty for none.
func (t *turn) provinceNamed(english string) string {
	for _, p := range t.kb.Provinces() {
		if p.English == english {
			return string(p.Province)
		}
	}
	return ""
}

// choice returns list with s in it, or without.
func choice(list []string, s string, on bool) []string {
	i := slices.Index(list, s)
	switch {
	case i < 0 && on:
		return append(list, s)
	case i >= 0 && !on:
		return slices.Delete(list, i, i+1)
	}
	return list
}

// saveInquiry makes a draft of a new entry from an inquiry and its answer.
func (t *turn) saveInquiry(ctx context.Context, i Inquiry) []Reply {
	if d := t.inquiryDraft(i.Key, ""); d != nil {
		return t.found(ctx, d)
	}
	d := t.newDraft()
	d.Inquiry = i.Key
	question := withoutMask(i.Question)
	d.Entry.Title = map[kb.Lang]string{kb.Chinese: clip(strings.TrimRight(question, "?？。!！ "), maxTitle)}
	var f form
	f.addLines(strings.Split(i.answer(), "\n"), true)
	for _, w := range append([]string{question}, i.Wordings...) {
		w = clip(withoutMask(w), maxPhrasing)
		if kb.Letters(w) != kb.Letters(d.Entry.Title[kb.Chinese]) {
			d.Entry.Phrasings = append(d.Entry.Phrasings, w)
		}
	}
	t.complete(d, f)
	d.scopeOfAnswer(i, f)
	return t.preview(ctx, t.keepDraft(*d))
}

// scopeOfAnswer notes for whom the answer to an inquiry is: as its form says, or
// else as those who asked are.
func (d *Draft) scopeOfAnswer(i Inquiry, f form) {
	if f.provinces != "" || f.entity != "" {
		d.Provinces, d.Kinds, d.Offered = scopeOf(f)
		return
	}
	var kinds []string
	d.Provinces, kinds, d.Offered = inquiryScope(i)
	if len(kinds) == 1 {
		d.Kinds = kinds
	}
}

// inquiryScope returns for whom the answer to an inquiry was given: those whom it
// depends on, or else all who asked where they are alike. offered are provinces of
// some who asked.
func inquiryScope(i Inquiry) (provinces, kinds, offered []string) {
	province, kind := i.Province, i.Kind
	if province == "" && kind == "" && len(i.Askers) > 0 {
		province, kind = i.Askers[0].Province, i.Askers[0].Kind
		for _, a := range i.Askers {
			if a.Province != province {
				province = ""
			}
			if a.Kind != kind {
				kind = ""
			}
			for _, p := range splitList(a.Province) {
				if !slices.Contains(offered, p) {
					offered = append(offered, p)
				}
			}
		}
	}
	if provinces = splitList(province); offered == nil {
		offered = slices.Clone(provinces)
	}
	return provinces, splitList(kind), keepLast(offered, maxOfferedProvinces)
}

// scopeOf reads for whom a form says that the entry is.
func scopeOf(f form) (provinces, kinds, offered []string) {
	list := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、，,/； ", r) })
	}
	provinces, kinds = list(f.provinces), list(f.entity)
	for i, k := range kinds {
		switch k {
		case "个人":
			kinds[i] = string(kb.Individual)
		case "单位", "企业", "公司":
			kinds[i] = string(kb.Organization)
		}
	}
	return provinces, kinds, keepLast(slices.Clone(provinces), maxOfferedProvinces)
}

// mergeInquiry makes a draft that adds an inquiry to the n-th of the entries that
// are near to it: its wordings, and its answer too where that is chosen. To an entry
// of staff the answer is added as further lines, to an official one as an addition
// with a source of its own.
func (t *turn) mergeInquiry(ctx context.Context, i Inquiry, n string) []Reply {
	var e kb.Entry
	ok := false
	for k := range i.Near {
		if number(k) == n {
			e, ok = t.kb.Entry(i.Near[k].Entry)
		}
	}
	if !ok {
		return t.stale()
	}
	if d := t.inquiryDraft(i.Key, e.ID); d != nil {
		return t.found(ctx, d)
	}
	d := t.newDraft()
	d.Inquiry, d.Entry, d.Edits, d.Since, d.Step = i.Key, e, true, e.Change, StepConfirm
	var asked []string
	for _, w := range append([]string{i.Question}, i.Wordings...) {
		asked = append(asked, clip(withoutMask(w), maxPhrasing))
	}
	d.Entry.Phrasings = union(e.Phrasings, asked)
	var f form
	f.addLines(strings.Split(i.answer(), "\n"), true)
	// An official answer stays as it is. Beside it, what staff said stands only when
	// they say so, and beside an official refusal unless they say no.
	d.Merge, d.Source = f.answer, f.source
	d.Joined = len(f.answer) > 0 && e.Kind() != kb.Guide
	d.scopeOfAnswer(i, f)
	return t.preview(ctx, t.keepDraft(*d))
}

// inquiryDraft returns the draft that was made of an inquiry, by whomever: of a new
// entry, or of that with the ID. There is one, so that an answer is not saved twice.
func (t *turn) inquiryDraft(key, id string) *Draft {
	for k := range t.s.Drafts {
		if d := &t.s.Drafts[k]; d.Inquiry == key && (id == "") == !d.Edits && (id == "" || d.Entry.ID == id) {
			return d
		}
	}
	return nil
}

// found shows a draft that is there already, and whose it is.
func (t *turn) found(ctx context.Context, d *Draft) []Reply {
	say := t.desk("staff-confirm", nil)
	if d.By != t.signature() {
		say = t.desk("staff-theirs", args{"who": t.who(d.By)}) + "\n" + say
	}
	return t.previewAnd(ctx, d, actPublish, say)
}
