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

// staffCommand handles the commands of the staff chat (客服). Those of applicants
// that make sense among colleagues are theirs too; any other is unknown.
func (t *turn) staffCommand(ctx context.Context, c Command) []Reply {
	switch c.Name {
	case "start", "help":
		return t.sayTo("staff-help", args{"who": t.who(t.signature())})
	case "queue":
		return t.queue(ctx, c.Args)
	case "add":
		return t.add(ctx, c.Args)
	case "edit":
		return t.editCommand(ctx, c.Args)
	case "history":
		return t.history(ctx, c.Args)
	case "undo":
		return t.undo(ctx, c.Args)
	case "retire":
		return t.retireCommand(ctx, c.Args)
	case "list":
		return t.listCommand()
	case "find":
		if c.Args == "" {
			return t.sayTo("staff-find-how", nil)
		}
		return t.list(t.find(c.Args))
	case "export":
		return t.export()
	case "stats":
		return t.stats(ctx, c.Args)
	case "bind":
		return t.sayTo("bind-done", nil)
	case "cancel":
		return t.cancel(t.latestDraft())
	case "ask":
		if c.Args != "" {
			return t.ask(c.Args)
		}
	case "checklist":
		return t.checklist(t.kb.Situation(c.Args))
	case "language":
		return t.languageCommand(c.Args)
	case "privacy":
		return t.privacy()
	case "forget":
		return t.forget()
	}
	return t.sayTo("staff-unknown", nil)
}

// signature is the opaque name of the person who acts: the same person, the
// same name, and nothing to be learnt from it without the key.
func (t *turn) signature() string { return t.sign(t.event.From) }

// sign is signature for anybody; 0 stands for all who are anonymous.
func (b *Bot) sign(id UserID) string {
	mac := hmac.New(sha256.New, b.key)
	_, _ = mac.Write([]byte(strconv.FormatInt(int64(id), 10))) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// add begins a draft: with the whole form in one message, or step by step.
func (t *turn) add(ctx context.Context, text string) []Reply {
	d := t.newDraft()
	if t.again && t.draft(d.Key) == nil && t.finished(d.Key) != nil {
		return t.outcome(*t.finished(d.Key)) // done since
	}
	saved := t.keepDraft(*d)
	if text == "" {
		return t.prompt(ctx, saved)
	}
	return t.begin(ctx, saved, parseForm(text))
}

// begin takes the first message of a new entry, which may be the whole form, and
// says what is wanted next. When the title is none, the rest is kept, and so is what
// an earlier message brought and this one does not.
func (t *turn) begin(ctx context.Context, d *Draft, f form) []Reply {
	if len(f.phrasings) > 0 {
		d.Entry.Phrasings = f.phrasings
	}
	if len(f.answer) > 0 {
		t.complete(d, f)
	}
	if !d.takeTitle(f.title) {
		d.Step = StepTitle
		return t.sayTo("staff-title", args{"max": number(maxTitle)})
	}
	switch {
	case d.complete():
		d.Step = StepConfirm
		d.Entry.ID = entryID(t.kb.NewID(d.Entry.Title[kb.Chinese]), d.Key)
	case len(d.Entry.Phrasings) > 0:
		d.Step = StepAnswer
	default:
		d.Step = StepPhrasings
	}
	return t.prompt(ctx, d)
}

// newDraft returns a draft of the sender that is not kept yet.
func (t *turn) newDraft() *Draft {
	d := &Draft{Key: setKey(t.event.Update), By: t.signature(), Step: StepTitle, At: t.now, Last: t.event.Update}
	d.Entry.Status = kb.Current
	return d
}

// keepDraft keeps a draft, in place of one with the same key, and no other of
// the sender waits for a message then.
func (t *turn) keepDraft(d Draft) *Draft {
	t.s.Drafts = slices.DeleteFunc(t.s.Drafts, func(o Draft) bool { return o.Key == d.Key })
	t.s.Drafts = keepLast(append(t.s.Drafts, d), maxDrafts)
	kept := &t.s.Drafts[len(t.s.Drafts)-1]
	return t.await(kept, kept.Step)
}

// await makes a draft of the sender the one that waits for a message: of others,
// the complete ones wait for a tap, and the rest is dropped.
func (t *turn) await(d *Draft, step Step) *Draft {
	key, by := d.Key, d.By
	d.Step, d.At, d.Last = step, t.now, t.event.Update
	t.s.Drafts = slices.DeleteFunc(t.s.Drafts, func(o Draft) bool { return o.Key != key && o.By == by && !o.complete() })
	for i := range t.s.Drafts {
		if o := &t.s.Drafts[i]; o.Key != key && o.By == by {
			o.Step = StepConfirm
		}
	}
	return t.draft(key)
}

// complete reports whether there is a title and an answer.
func (d *Draft) complete() bool {
	return d.Entry.Title[kb.Chinese] != "" && len(d.Entry.Body[kb.Chinese]) > 0
}

// takeTitle takes the title when it is one.
func (d *Draft) takeTitle(title string) bool {
	title = strings.TrimSpace(title)
	if title == "" || strings.Contains(title, "\n") || utf8.RuneCountInString(title) > maxTitle {
		return false
	}
	d.Entry.Title = map[kb.Lang]string{kb.Chinese: title}
	return true
}

// complete fills in what is left of a new entry from a form with an answer.
func (t *turn) complete(d *Draft, f form) {
	e := &d.Entry
	e.Body = map[kb.Lang][]string{kb.Chinese: f.answer}
	source := f.source
	if source == "" {
		source = t.words.say(kb.Chinese, "staff-source", nil)
	}
	e.Source = map[kb.Lang]string{kb.Chinese: source}
	e.AsOf = map[kb.Lang]string{kb.Chinese: t.now.In(china).Format(time.DateOnly)}
	e.ID = entryID(t.kb.NewID(e.Title[kb.Chinese]), d.Key)
	d.Provinces, d.Kinds, d.Offered = scopeOf(f)
	d.At, d.Step = t.now, StepConfirm
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

// draftInput takes a message for the next step of the sender's draft. ok is
// false when no draft waits for one.
func (t *turn) draftInput(ctx context.Context, text string) (replies []Reply, ok bool) {
	by := t.signature()
	if t.again {
		// The step was taken when the message came first.
		for i := range t.s.Drafts {
			if d := &t.s.Drafts[i]; d.By == by && d.Last == t.event.Update {
				return t.prompt(ctx, d), true
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
	if d.complete() {
		if !t.input(d, text) {
			return t.sayTo("staff-title", args{"max": number(maxTitle)}), true
		}
		return t.prompt(ctx, d), true
	}
	switch d.Step {
	case StepTitle:
		return t.begin(ctx, d, parseForm(text)), true
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
	return t.prompt(ctx, d), true
}

// prompt says what a draft waits for.
func (t *turn) prompt(ctx context.Context, d *Draft) []Reply {
	switch {
	case d.Step == StepConfirm:
		return t.preview(ctx, d)
	case d.complete():
		return t.sayTo("edit-"+string(d.Step), nil)
	case d.Step == StepPhrasings, d.Step == StepAnswer:
		return t.sayTo("staff-"+string(d.Step), nil)
	}
	return t.sayTo("staff-form", nil)
}

// staffAct handles the buttons of the staff chat.
func (t *turn) staffAct(ctx context.Context, a action, arg string) []Reply {
	switch a {
	case actPublish, actConfirm:
		return t.inPlace(t.publish(ctx, arg, a == actConfirm))
	case actCancel:
		return t.inPlace(t.cancel(arg))
	case actRetire:
		return t.retire(ctx, arg)
	case actDraft:
		return t.draftAct(ctx, arg)
	case actSpread:
		return t.spread(ctx, arg)
	case actEdit:
		e, ok := t.kb.Entry(arg)
		if !ok {
			return t.sayTo("staff-no-entry", nil)
		}
		return t.edit(ctx, e, "")
	}
	return t.inquiryAct(ctx, a, arg)
}

// inPlace lets what is said to a button of a draft take the place of the preview
// above it, which has had its time.
func (t *turn) inPlace(replies []Reply) []Reply {
	if _, ok := t.event.Body.(Press); ok {
		replies[0].Edit = t.event.Message
	}
	return replies
}

// publish puts a draft in service. "Saved" is said only after Put has returned
// nil. A second tap, or the same tap again after a crash, makes no second entry
// and no second version: the draft's key names both. A draft with a telephone
// number, a link or advertising wants another tap, and so does one of an entry
// that somebody else has changed since, or of a question that is saved already. What
// goes live is what the button stood under: the tap on an older preview shows the
// present one.
func (t *turn) publish(ctx context.Context, arg string, anyway bool) []Reply {
	key, seen, _ := strings.Cut(arg, ":")
	if f := t.finished(key); f != nil {
		replies := t.outcome(*f)
		if f.Entry != "" {
			t.offerSpread(ctx, &replies[0], f.Entry)
		}
		return replies
	}
	d := t.draft(key)
	if d == nil || !d.complete() {
		return t.sayTo("staff-gone", nil)
	}
	e := t.entryOf(d)
	// A draft that is live already, by a tap whose outcome a crash lost, would be found
	// to repeat itself.
	if now, _ := t.kb.Entry(e.ID); now.Change != d.Key {
		doubts := t.doubts(ctx, d, e)
		switch {
		case d.behind(now):
			changed := t.desk("staff-changed", t.whoWhen(Mark{By: now.By, At: now.Changed}))
			replies := t.previewAnd(ctx, d, actConfirm, strings.Join(append([]string{changed}, doubts...), "\n"))
			if _, ok := t.besides(d); ok {
				d.Entry.Phrasings = e.Phrasings
			}
			d.Since, d.Entry.Version = now.Change, now.Version // whoever insists follows on it
			return replies
		case seen != t.shown(e, t.duplicates(e)):
			return t.previewAnd(ctx, d, actPublish, t.desk("staff-outdated", nil))
		case doubts != nil && !anyway:
			return t.previewAnd(ctx, d, actConfirm, strings.Join(doubts, "\n"))
		}
	}
	publish := actPublish
	if anyway {
		publish = actConfirm
	}
	if err := t.kb.Put(ctx, e); err != nil {
		t.fail(fmt.Errorf("publish draft: %w", err))
		return t.previewAnd(ctx, d, publish, t.desk("staff-not-saved", nil))
	}
	if d.Inquiry != "" {
		_, err := t.inquiries.ChangeInquiry(ctx, d.Inquiry, func(i *Inquiry) error {
			if i.Opened.At.IsZero() || !i.answered() {
				return errUnchanged // gone, or asked again since
			}
			i.close(EndSaved, t.mark(t.signature()))
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			t.fail(fmt.Errorf("close inquiry: %w", err))
		}
		t.count("saved")
	}
	f := Finished{Key: key, Entry: e.ID, Title: e.Title[kb.Chinese]}
	if d.By != e.By {
		f.Drafter = d.By
	}
	t.finishDraft(f)
	replies := t.outcome(f)
	t.offerSpread(ctx, &replies[0], e.ID)
	return replies
}

// doubts says why a draft that e comes of wants another tap.
func (t *turn) doubts(ctx context.Context, d *Draft, e kb.Entry) []string {
	var list []string
	if risks := t.risks(e); risks != nil {
		list = append(list, t.desk("staff-sure", args{"complaints": t.words.join(kb.Chinese, risks)}))
	}
	if d.Inquiry == "" {
		return list
	}
	i, err := t.inquiries.Inquiry(ctx, d.Inquiry)
	switch {
	case errors.Is(err, kb.ErrNotFound): // it is kept for weeks only
	case err != nil:
		t.fail(fmt.Errorf("read the inquiry of a draft: %w", err))
	case i.IsClosed() && i.Ending == EndSaved:
		list = append(list, t.desk("staff-saved-before", args{"ending": t.desk("end-"+string(i.Ending), t.whoWhen(i.Closed))}))
	}
	return list
}

// cancel drops a draft. What is live already stays so, and is said to be.
func (t *turn) cancel(key string) []Reply {
	if f := t.finished(key); f != nil {
		if f.Entry != "" {
			return t.sayTo("staff-live", args{"title": f.Title, "id": f.Entry})
		}
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
	replies := t.sayTo("staff-saved", args{"title": f.Title, "id": f.Entry})
	if f.Drafter != "" {
		replies[0].Text += "\n" + t.desk("staff-drafter", args{"who": t.who(f.Drafter)})
	}
	return replies
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
	e, ok := t.kb.Entry(text)
	if data, fits := actRetire.data(e.ID); ok && fits && e.Kind() != kb.Staff {
		// To hide an official one takes another tap.
		return []Reply{{
			Text:    t.desk("staff-retire-shipped", args{"title": e.Title[kb.Chinese]}),
			Buttons: [][]Button{{{Label: t.desk("staff-retire", nil), Data: data}}},
		}}
	}
	if ok || t.finished(retired(text)) != nil {
		return t.retire(ctx, text)
	}
	return t.choose(text, actRetire, "staff-which")
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
// words, then those of all entries that are near to them.
func (t *turn) find(words string) []kb.Entry {
	words = strings.ToLower(strings.TrimSpace(words))
	holds := func(s string) bool { return strings.Contains(strings.ToLower(s), words) }
	found := slices.DeleteFunc(slices.Clone(t.kb.StaffEntries()), func(e kb.Entry) bool {
		return !holds(e.ID) && !holds(e.Title[kb.Chinese]) &&
			!slices.ContainsFunc(e.Phrasings, holds) && !slices.ContainsFunc(said(e), holds)
	})
	for _, h := range t.kb.Nearest(words, maxFound) {
		e, ok := t.kb.Entry(h.Entry)
		if ok && h.Score >= findNear && !slices.ContainsFunc(found, func(o kb.Entry) bool { return o.ID == e.ID }) {
			found = append(found, e)
		}
	}
	return found
}

// findNear is the likeness from which an entry is found by words.
const findNear = 0.3

// listCommand lists what staff made, and the official entries that they hid or
// that changed below theirs in a new release.
func (t *turn) listCommand() []Reply {
	replies := t.listOfStaff()
	var stale, hidden []string
	for _, s := range t.kb.Shadowed() {
		if s.Stale {
			stale = append(stale, s.ID)
		}
		if s.Hidden {
			hidden = append(hidden, s.ID)
		}
	}
	if hidden != nil {
		replies[0].Text += "\n" + t.desk("staff-list-hidden", args{"ids": t.words.join(t.deskLang(), hidden)})
	}
	if stale != nil {
		replies[0].Text += "\n" + t.desk("staff-list-stale", args{"ids": t.words.join(t.deskLang(), stale)})
	}
	return replies
}

// listOfStaff lists what staff made and is in service.
func (t *turn) listOfStaff() []Reply {
	entries := t.kb.StaffEntries()
	if len(entries) == 0 {
		return t.sayTo("staff-list-empty", nil)
	}
	return t.list(entries)
}

// maxListButtons is how many entries of a list have buttons: two in a row.
const maxListButtons = 2 * maxRows

// list words a list of entries. Those of staff's own can be taken out of service
// with a tap; to hide an official one takes its ID, and another tap.
func (t *turn) list(entries []kb.Entry) []Reply {
	if len(entries) == 0 {
		return t.sayTo("staff-no-entry", nil)
	}
	lines := []string{t.words.say(t.lang, "staff-list", args{"count": number(len(entries))})}
	r := Reply{}
	for n, e := range entries[:min(len(entries), maxListed)] {
		if n < maxListButtons {
			if n%2 == 0 {
				r.Buttons = append(r.Buttons, nil)
			}
			row := &r.Buttons[len(r.Buttons)-1]
			button := func(key string, act action) {
				if data, ok := act.data(e.ID); ok {
					*row = append(*row, Button{Label: t.desk(key, args{"number": number(n + 1)}), Data: data})
				}
			}
			button("staff-edit-one", actEdit)
			if e.Kind() == kb.Staff {
				button("staff-retire-one", actRetire)
			}
		}
		a, key := args{}, "staff-list-line"
		if e.OfStaff() {
			a, key = t.whoWhen(Mark{By: e.By, At: e.Changed}), "staff-list-signed"
		}
		a["number"], a["id"], a["title"] = number(n+1), e.ID, e.Title[kb.Chinese]
		lines = append(lines, t.desk(key, a))
	}
	if more := len(entries) - maxListed; more > 0 {
		lines = append(lines, t.words.say(t.lang, "staff-list-more", args{"count": number(more)}))
	}
	r.Text = strings.Join(lines, "\n")
	r.Buttons = slices.DeleteFunc(r.Buttons, func(row []Button) bool { return len(row) == 0 })
	return []Reply{r}
}
