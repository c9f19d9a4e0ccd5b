package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beianbot/kb"
)

const (
	// draftWait is how long the next message of a member of staff is taken for
	// the next step of a draft. After that it is talk among colleagues.
	draftWait = 30 * time.Minute
	// maxListed is how many entries one message lists.
	maxListed = 20
	// maxFound is how many buttons offer an entry to be retired.
	maxFound = 4
)

// staffCommand handles the commands of the staff chat (客服). ok is false for a
// command that is everybody's.
func (t *turn) staffCommand(ctx context.Context, c Command) (replies []Reply, ok bool) {
	switch c.Name {
	case "start", "help":
		return t.sayTo("staff-help", nil), true
	case "add":
		return t.add(c.Args), true
	case "retire":
		return t.retireCommand(ctx, c.Args), true
	case "list":
		return t.list(t.kb.StaffEntries()), true
	case "find":
		return t.list(t.find(c.Args)), true
	case "cancel":
		return t.cancel(t.latestDraft()), true
	}
	return nil, false
}

// signature is the opaque name of the person who acts: the same person, the
// same name, and nothing to be learnt from it without the key.
func (t *turn) signature() string {
	mac := hmac.New(sha256.New, t.key)
	_, _ = mac.Write([]byte(strconv.FormatInt(int64(t.event.From), 10))) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// add begins a draft: with the whole form in one message, or step by step.
func (t *turn) add(text string) []Reply {
	key := setKey(t.event.Update)
	if t.again && t.draft(key) == nil && t.finished(key) != nil {
		return t.outcome(*t.finished(key)) // done since
	}
	d := Draft{Key: key, By: t.signature(), Step: StepTitle, At: t.now, Last: t.event.Update}
	d.Entry.Status = kb.Current
	t.s.Drafts = slices.DeleteFunc(t.s.Drafts, func(o Draft) bool { return o.Key == key || o.By == d.By && o.Step != StepConfirm })
	t.s.Drafts = keepLast(append(t.s.Drafts, d), maxDrafts)
	saved := &t.s.Drafts[len(t.s.Drafts)-1]
	if text == "" {
		return t.prompt(saved)
	}
	f := parseForm(text)
	if !saved.takeTitle(f.title) {
		return t.sayTo("staff-title", args{"max": number(maxTitle)})
	}
	saved.Entry.Phrasings = f.phrasings
	switch {
	case len(f.answer) > 0:
		t.complete(saved, f)
	case len(f.phrasings) > 0:
		saved.Step = StepAnswer
	}
	return t.prompt(saved)
}

// takeTitle takes the title when it is one.
func (d *Draft) takeTitle(title string) bool {
	title = strings.TrimSpace(title)
	if title == "" || strings.Contains(title, "\n") || utf8.RuneCountInString(title) > maxTitle {
		return false
	}
	d.Entry.Title = map[kb.Lang]string{kb.Chinese: title}
	d.Step = StepPhrasings
	return true
}

// complete fills in what is left of the entry from a form with an answer.
func (t *turn) complete(d *Draft, f form) {
	e := &d.Entry
	e.Body = map[kb.Lang][]string{kb.Chinese: f.answer}
	if scope := strings.Trim(f.provinces+"，"+f.entity, "，"); scope != "" {
		e.Body[kb.Chinese] = append(e.Body[kb.Chinese], t.words.say(kb.Chinese, "staff-scope", args{"scope": scope}))
	}
	source := f.source
	if source == "" {
		source = t.words.say(kb.Chinese, "staff-source", nil)
	}
	e.Source = map[kb.Lang]string{kb.Chinese: source}
	e.AsOf = map[kb.Lang]string{kb.Chinese: t.now.Format(time.DateOnly)}
	e.ID = entryID(t.kb.NewID(e.Title[kb.Chinese]), d.Key)
	e.By, e.Changed = d.By, t.now.UTC().Truncate(time.Second)
	d.Step = StepConfirm
}

// maxEntryName is how long an entry's ID may be after its folder, in bytes.
const maxEntryName = 40

// entryID returns the ID of the entry that a draft becomes: how its title sounds,
// and the draft's key, which no other draft has had. So it is known before the
// entry is put, and is that of no entry that has been retired.
func entryID(sound, key string) string {
	folder, name, _ := strings.Cut(sound, "/")
	name = name[:min(len(name), maxEntryName-1-len(key))]
	return folder + "/" + strings.TrimRight(name, "-") + "-" + key
}

// preview shows a draft as people will see it, what speaks against it, and the
// buttons.
func (t *turn) preview(d *Draft) []Reply {
	card := t.card(t.kb.Preview(d.Entry, kb.Chinese))
	const mark = "\x00"
	phrasings := t.words.report(t.lang, "none", nil)
	if len(d.Entry.Phrasings) > 0 {
		phrasings = t.words.join(t.lang, d.Entry.Phrasings)
	}
	text := t.words.say(t.lang, "staff-preview", args{
		"title": d.Entry.Title[kb.Chinese], "phrasings": phrasings, "card": mark,
	})
	before, after, _ := strings.Cut(text, mark)
	r := Reply{
		Text:  before + card.Text + after,
		Spans: []Span{{Start: len(before), End: len(before) + len(card.Text), Style: Blockquote}},
	}
	var fatal, warnings []string
	for _, c := range t.kb.Lint(d.Entry) {
		text := t.complaint(c)
		switch {
		case c.Fatal && !slices.Contains(fatal, text):
			fatal = append(fatal, text)
		case !c.Fatal && !slices.Contains(warnings, text):
			warnings = append(warnings, text)
		}
	}
	if warnings != nil {
		r.Text += "\n" + t.words.say(t.lang, "staff-complaints", args{"complaints": t.words.join(t.lang, warnings)})
	}
	if fatal != nil {
		r.Text += "\n" + t.words.say(t.lang, "staff-fatal", args{"complaints": t.words.join(t.lang, fatal)})
		r.Buttons = [][]Button{{t.button(actCancel, d.Key)}}
		return []Reply{r}
	}
	r.Text += "\n" + t.words.say(t.lang, "staff-confirm", nil)
	r.Buttons = [][]Button{{t.button(actPublish, d.Key), t.button(actCancel, d.Key)}}
	return []Reply{r}
}

// complaint words what speaks against an entry.
func (t *turn) complaint(c kb.Complaint) string {
	w := t.words.lang(t.lang).Complaints
	text, ok := w[c.Code]
	if !ok {
		text = w["other"]
	}
	title := c.With
	if e, ok := t.kb.Entry(c.With); ok {
		title = e.Title[kb.Chinese]
	}
	return fill(text, args{"title": title, "max": number(maxTitle)})
}

// draftInput takes a message for the next step of the sender's draft. ok is
// false when no draft waits for one.
func (t *turn) draftInput(text string) (replies []Reply, ok bool) {
	by := t.signature()
	if t.again {
		// The step was taken when the message came first.
		for i := range t.s.Drafts {
			if d := &t.s.Drafts[i]; d.By == by && d.Last == t.event.Update {
				return t.prompt(d), true
			}
		}
		return nil, false
	}
	i := slices.IndexFunc(t.s.Drafts, func(d Draft) bool {
		return d.By == by && d.Step != StepConfirm && t.now.Sub(d.At) < draftWait
	})
	if i < 0 || text == "" {
		return nil, false
	}
	d := &t.s.Drafts[i]
	if a, ok := t.words.actionTyped(text); ok && a == actCancel {
		return t.cancel(d.Key), true
	}
	d.At, d.Last = t.now, t.event.Update
	switch d.Step {
	case StepTitle:
		f := parseForm(text)
		if !d.takeTitle(f.title) {
			return t.sayTo("staff-title", args{"max": number(maxTitle)}), true
		}
		d.Entry.Phrasings = f.phrasings
		if len(f.answer) > 0 {
			t.complete(d, f)
		}
	case StepPhrasings:
		d.Entry.Phrasings = append(d.Entry.Phrasings, splitPhrasings(text)...)
		d.Step = StepAnswer
	case StepAnswer:
		var f form
		f.addLines(strings.Split(text, "\n"), true)
		if len(f.answer) > 0 {
			t.complete(d, f)
		}
	}
	return t.prompt(d), true
}

// prompt says what a draft waits for.
func (t *turn) prompt(d *Draft) []Reply {
	switch d.Step {
	case StepTitle:
		return t.sayTo("staff-form", nil)
	case StepPhrasings:
		return t.sayTo("staff-phrasings", nil)
	case StepAnswer:
		return t.sayTo("staff-answer", nil)
	}
	return t.preview(d)
}

// staffAct handles the buttons of the staff chat.
func (t *turn) staffAct(ctx context.Context, a action, arg string) []Reply {
	switch a {
	case actPublish:
		return t.publish(ctx, arg)
	case actCancel:
		return t.cancel(arg)
	}
	return t.retire(ctx, arg)
}

// publish puts a draft in service. "Saved" is said only after Put has returned
// nil. A second tap, or the same tap again after a crash, makes no second
// entry: the ID belongs to the draft.
func (t *turn) publish(ctx context.Context, key string) []Reply {
	if f := t.finished(key); f != nil {
		return t.outcome(*f)
	}
	d := t.draft(key)
	if d == nil || d.Step != StepConfirm {
		return t.sayTo("staff-gone", nil)
	}
	if err := t.kb.Put(ctx, d.Entry); err != nil {
		t.fail(fmt.Errorf("publish draft: %w", err))
		r := Reply{
			Text:    t.words.say(t.lang, "staff-not-saved", nil),
			Buttons: [][]Button{{t.button(actPublish, key), t.button(actCancel, key)}},
		}
		return []Reply{r}
	}
	f := Finished{Key: key, Entry: d.Entry.ID, Title: d.Entry.Title[kb.Chinese]}
	t.finishDraft(f)
	return t.outcome(f)
}

func (t *turn) cancel(key string) []Reply {
	if f := t.finished(key); f != nil {
		return t.outcome(*f)
	}
	if t.draft(key) == nil {
		return t.sayTo("staff-gone", nil)
	}
	f := Finished{Key: key}
	t.finishDraft(f)
	return t.outcome(f)
}

// outcome says what became of a draft.
func (t *turn) outcome(f Finished) []Reply {
	if f.Entry == "" {
		return t.sayTo("staff-cancelled", nil)
	}
	return t.sayTo("staff-saved", args{"title": f.Title, "id": f.Entry})
}

// finishDraft removes the draft and remembers what became of it.
func (t *turn) finishDraft(f Finished) {
	t.s.Drafts = slices.DeleteFunc(t.s.Drafts, func(d Draft) bool { return d.Key == f.Key })
	t.s.Finished = keepLast(append(t.s.Finished, f), maxDone)
}

func (t *turn) draft(key string) *Draft {
	i := slices.IndexFunc(t.s.Drafts, func(d Draft) bool { return d.Key == key })
	if i < 0 {
		return nil
	}
	return &t.s.Drafts[i]
}

func (t *turn) finished(key string) *Finished {
	i := slices.IndexFunc(t.s.Finished, func(f Finished) bool { return f.Key == key })
	if i < 0 {
		return nil
	}
	return &t.s.Finished[i]
}

// latestDraft returns the key of the sender's newest draft, or a key that no
// draft has.
func (t *turn) latestDraft() string {
	by := t.signature()
	for _, d := range slices.Backward(t.s.Drafts) {
		if d.By == by {
			return d.Key
		}
	}
	return "none"
}

// retireCommand takes an entry out of service by its ID, or offers those that
// the words fit.
func (t *turn) retireCommand(ctx context.Context, text string) []Reply {
	if text == "" {
		return t.list(t.kb.StaffEntries())
	}
	if e, ok := t.kb.Entry(text); ok && e.Kind() == kb.Staff || t.finished(retired(text)) != nil {
		return t.retire(ctx, text)
	}
	var rows [][]Button
	for _, e := range t.find(text) {
		if data, ok := actRetire.data(e.ID); ok && len(rows) < maxFound {
			rows = append(rows, []Button{{Label: clip(e.Title[kb.Chinese], maxLabel), Data: data}})
		}
	}
	if rows == nil {
		return t.sayTo("staff-no-entry", nil)
	}
	return []Reply{{Text: t.words.say(t.lang, "staff-which", nil), Buttons: rows}}
}

// retired is the key under which the retirement of an entry is remembered. No
// draft has it: theirs hold no slash.
func retired(id string) string { return "retired/" + id }

// retire takes an entry out of service. Told twice, it says the same twice.
func (t *turn) retire(ctx context.Context, id string) []Reply {
	err := t.kb.Retire(ctx, id, t.signature(), setKey(t.event.Update))
	switch {
	case errors.Is(err, kb.ErrNotFound):
		if t.finished(retired(id)) == nil {
			return t.sayTo("staff-no-entry", nil)
		}
	case err != nil:
		t.fail(fmt.Errorf("retire entry: %w", err))
		return t.sayTo("staff-not-retired", nil)
	default:
		t.finishDraft(Finished{Key: retired(id), Entry: id})
	}
	return t.sayTo("staff-retired", args{"id": id})
}

// find returns the staff entries whose title, phrasings, answer or ID hold the
// words.
func (t *turn) find(words string) []kb.Entry {
	words = strings.ToLower(strings.TrimSpace(words))
	holds := func(s string) bool { return strings.Contains(strings.ToLower(s), words) }
	return slices.DeleteFunc(slices.Clone(t.kb.StaffEntries()), func(e kb.Entry) bool {
		return !holds(e.ID) && !holds(e.Title[kb.Chinese]) &&
			!slices.ContainsFunc(e.Phrasings, holds) && !slices.ContainsFunc(e.Body[kb.Chinese], holds)
	})
}

// list words a list of entries.
func (t *turn) list(entries []kb.Entry) []Reply {
	if len(entries) == 0 {
		if len(t.kb.StaffEntries()) == 0 {
			return t.sayTo("staff-list-empty", nil)
		}
		return t.sayTo("staff-no-entry", nil)
	}
	lines := []string{t.words.say(t.lang, "staff-list", args{"count": number(len(entries))})}
	for _, e := range entries[:min(len(entries), maxListed)] {
		lines = append(lines, t.words.say(t.lang, "staff-list-line", args{"id": e.ID, "title": e.Title[kb.Chinese]}))
	}
	if more := len(entries) - maxListed; more > 0 {
		lines = append(lines, t.words.say(t.lang, "staff-list-more", args{"count": number(more)}))
	}
	return t.reply(strings.Join(lines, "\n"))
}
