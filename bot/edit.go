package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"beianbot/kb"
)

// editCommand begins a draft of an entry that exists: shown with the parts to
// choose from, or changed by a form in the same message, of which only what is
// there counts.
func (t *turn) editCommand(ctx context.Context, text string) []Reply {
	head, rest, _ := strings.Cut(text, "\n")
	id := strings.TrimSpace(head)
	e, ok := t.kb.Entry(id)
	if !ok {
		if f := t.finished(setKey(t.event.Update)); t.again && f != nil {
			return t.outcome(*f)
		}
		if t.hidden(id) {
			return t.sayTo("staff-hidden", args{"id": id})
		}
		return t.choose(id, actEdit, "staff-which-edit")
	}
	return t.edit(ctx, e, strings.TrimSpace(rest))
}

// hidden reports whether staff took the entry of an ID out of service.
func (t *turn) hidden(id string) bool {
	return slices.ContainsFunc(t.kb.Overlay(), func(e kb.Entry) bool { return e.ID == id && e.Retired && !e.Withdrawn })
}

// edit makes a draft of e, changed by a form that may be empty.
func (t *turn) edit(ctx context.Context, e kb.Entry, text string) []Reply {
	d := t.newDraft()
	if f := t.finished(d.Key); f != nil {
		return t.outcome(*f)
	}
	d.Entry, d.Edits, d.Since, d.Step = e, true, e.Change, StepConfirm
	if text != "" {
		var f form
		lines := strings.Split(text, "\n")
		if _, _, marked := mark(lines[0], "答", "答案", "answer", "a", "问", "问法", "q", "question"); !marked {
			_, isPhrasing := phrasing(lines[0])
			_, _, isField := cutField(lines[0])
			if !isPhrasing && !isField {
				f.title, lines = strings.TrimSpace(lines[0]), lines[1:]
			}
		}
		f.addLines(lines, false)
		if !t.change(d, f) {
			return t.sayTo("staff-title", args{"max": number(maxTitle)})
		}
	}
	return t.preview(ctx, t.keepDraft(*d))
}

// change puts what a form has in place of what a complete draft has. It returns
// false for a title that is none.
func (t *turn) change(d *Draft, f form) bool {
	e := &d.Entry
	if f.title != "" && !d.takeTitle(f.title) {
		return false
	}
	d.Step = StepConfirm
	if len(f.phrasings) > 0 {
		e.Phrasings = f.phrasings
	}
	if len(f.answer) > 0 {
		// What is there in English, or made of rules, says what held before.
		e.Body = map[kb.Lang][]string{kb.Chinese: f.answer}
		e.Rule, e.Copy, e.Added = "", "", nil
		if f.source == "" {
			f.source = t.words.say(kb.Chinese, "staff-source", nil)
		}
		d.Merge, d.Joined = nil, false
	}
	if f.source != "" {
		e.Source = map[kb.Lang]string{kb.Chinese: f.source}
		e.AsOf = map[kb.Lang]string{kb.Chinese: t.now.In(china).Format(time.DateOnly)}
	}
	if f.provinces != "" || f.entity != "" {
		d.Provinces, d.Kinds, d.Offered = scopeOf(f)
	}
	return true
}

// input takes a message for the part of a complete draft that it waits for.
func (t *turn) input(d *Draft, text string) bool {
	var f form
	switch d.Step {
	case StepTitle:
		f.title, _, _ = strings.Cut(text, "\n")
	case StepPhrasings:
		list := splitPhrasings(text)
		if rest, more := strings.CutPrefix(text, "+"); more {
			list = append(slices.Clone(d.Entry.Phrasings), splitPhrasings(strings.ReplaceAll(rest, "\n+", "\n"))...)
		}
		d.Entry.Phrasings, d.Step = list, StepConfirm
		return true
	case StepAnswer:
		f.addLines(strings.Split(text, "\n"), true)
	case StepSource:
		f.source = oneLine(text, maxQuestion)
		if _, source, ok := cutField(f.source); ok {
			f.source = source
		}
	}
	return t.change(d, f)
}

// choose offers the entries that words fit, for an action.
func (t *turn) choose(words string, a action, say string) []Reply {
	if words == "" {
		return t.listOfStaff()
	}
	var rows [][]Button
	for _, e := range t.find(words) {
		if data, ok := a.data(e.ID); ok && len(rows) < maxFound {
			rows = append(rows, []Button{{Label: clip(e.Title[kb.Chinese], maxLabel), Data: data}})
		}
	}
	if rows == nil {
		return t.sayTo("staff-no-entry", nil)
	}
	return []Reply{{Text: t.desk(say, nil), Buttons: rows}}
}

// maxVersions is how many versions of an entry one message shows, the newest
// ones.
const maxVersions = 10

// said returns what a version says, with what staff added to it.
func said(e kb.Entry) []string {
	lines := slices.Clone(e.Body[kb.Chinese])
	for _, a := range e.Added {
		lines = append(lines, a.Lines...)
	}
	return lines
}

// history shows what staff made of an entry, when and who.
func (t *turn) history(ctx context.Context, id string) []Reply {
	if id == "" {
		return t.sayTo("staff-history-how", nil)
	}
	vs, err := t.kb.History(ctx, id)
	if errors.Is(err, kb.ErrNotFound) {
		if _, ok := t.kb.Entry(id); ok {
			return t.sayTo("staff-history-none", args{"id": id})
		}
		return t.sayTo("staff-no-entry", nil)
	}
	if err != nil {
		t.fail(fmt.Errorf("read history: %w", err))
		return t.sayTo("broken", nil)
	}
	lines := []string{t.desk("staff-history", args{"id": id, "count": number(len(vs))})}
	for n := len(vs) - 1; n >= max(0, len(vs)-maxVersions); n-- {
		v := vs[n]
		a := t.whoWhen(Mark{By: v.By, At: v.Changed})
		a["number"], a["text"] = number(n+1), oneLine(strings.Join(said(v), " "), 100)
		switch {
		case v.Withdrawn: // also one that had been hidden
			a["text"] = t.desk("staff-version-withdrawn", nil)
		case v.Retired:
			a["text"] = t.desk("staff-version-retired", nil)
		case v.Restores > 0:
			a["text"] = t.desk("staff-version-restores", args{"number": number(v.Restores), "text": a["text"]})
		case n > 0:
			if parts := t.changed(vs[n-1], v); parts != nil {
				a["text"] = t.desk("staff-version-changed", args{"parts": t.words.join(t.deskLang(), parts), "text": a["text"]})
			}
		}
		lines = append(lines, t.desk("staff-version", a))
	}
	return t.reply(strings.Join(append(lines, t.desk("staff-history-undo", args{"id": id})), "\n"))
}

// changed names the parts in which two versions differ.
func (t *turn) changed(a, b kb.Entry) []string {
	var list []string
	add := func(same bool, label string) {
		if !same {
			list = append(list, t.desk(label, nil))
		}
	}
	add(a.Title[kb.Chinese] == b.Title[kb.Chinese], "part-title")
	add(slices.Equal(a.Phrasings, b.Phrasings), "part-phrasings")
	add(slices.Equal(said(a), said(b)), "part-answer")
	add(a.Source[kb.Chinese] == b.Source[kb.Chinese], "part-source")
	return list
}

// undo puts a version of an entry in service again: the one before that which holds,
// or the one with the number behind the ID. Told twice in the same event, it does so
// once.
func (t *turn) undo(ctx context.Context, text string) []Reply {
	id, version, numbered := strings.Cut(text, " ")
	to, err := strconv.Atoi(strings.TrimSpace(version))
	if id == "" || numbered && (err != nil || to < 1) {
		return t.sayTo("staff-undo-how", nil)
	}
	e, err := t.kb.Undo(ctx, id, to, t.signature(), setKey(t.event.Update))
	a := args{"id": id, "number": number(e.Holds()), "count": number(e.Version)}
	switch {
	case errors.Is(err, kb.ErrNotFound):
		if _, ok := t.kb.Entry(id); ok {
			return t.sayTo("staff-history-none", args{"id": id})
		}
		return t.sayTo("staff-no-entry", nil)
	case errors.Is(err, kb.ErrOldest):
		return t.sayTo("staff-undo-oldest", args{"id": id})
	case errors.Is(err, kb.ErrNoVersion):
		return t.sayTo("staff-undo-none", args{"id": id, "number": number(to)})
	case err != nil:
		t.fail(fmt.Errorf("undo: %w", err))
		return t.sayTo("staff-not-undone", nil)
	case e.Withdrawn: // also one that had been hidden
		return t.sayTo("staff-undone-withdrawn", args{"id": id})
	case e.Retired:
		return t.sayTo("staff-undone-retired", args{"id": id})
	}
	a["answer"] = strings.Join(said(e), "\n")
	return t.sayTo("staff-undone", a)
}

// export sends all that staff changed as a file.
func (t *turn) export() []Reply {
	es := t.kb.Overlay()
	if len(es) == 0 {
		return t.sayTo("staff-list-empty", nil)
	}
	data, err := kb.FormatArchive(es)
	if err != nil {
		t.fail(fmt.Errorf("export: %w", err))
		return t.sayTo("broken", nil)
	}
	name := "beianbot-kb-" + t.now.In(china).Format(time.DateOnly) + ".md"
	return []Reply{{
		Text: t.desk("staff-export", args{"count": number(len(es))}),
		File: &File{Name: name, MIME: "text/markdown", Data: data},
	}}
}
