package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"beianbot/kb"
)

// entryOf returns the entry that a draft is to become when it is published now. It
// is signed by whoever acts: to publish is to answer for it, whoever wrote it.
func (t *turn) entryOf(d *Draft) kb.Entry {
	e := d.Entry
	e.Title, e.Source, e.Body = maps.Clone(e.Title), maps.Clone(e.Source), maps.Clone(e.Body)
	e.Phrasings = slices.Clone(e.Phrasings)
	body := slices.Clone(e.Body[kb.Chinese])
	scope := t.scopeText(d.Provinces, d.Kinds)
	e.By, e.Changed, e.Change = t.signature(), t.now.UTC(), d.Key
	if now, ok := t.besides(d); ok {
		// The official text stays as it is, and so does for whom it holds. What
		// colleagues put beside it meanwhile stays too.
		e.Added, e.Version = slices.Clone(now.Added), now.Version
		if d.behind(now) {
			e.Phrasings = union(now.Phrasings, e.Phrasings)
		}
		if d.Joined && now.Change != d.Key { // else it is added already
			e.Added = append(e.Added, kb.Addition{
				Lines:  t.mergeLines(d, scope, "desk-added", "desk-added-for"),
				Source: cmp.Or(d.Source, t.words.say(kb.Chinese, "staff-source", nil)), AsOf: d.At.In(china).Format(time.DateOnly),
			})
		}
		return e
	}
	switch {
	case d.Joined:
		for _, line := range t.mergeLines(d, scope, "", "desk-for") {
			if !slices.Contains(body, line) {
				body = append(body, line)
			}
		}
		e.Source[kb.Chinese] = t.words.say(kb.Chinese, "desk-source-joined", args{"source": e.Source[kb.Chinese]})
		delete(e.Body, kb.English) // it lacks what was added
	case scope != "" && len(d.Merge) == 0:
		body = append(body, t.words.say(kb.Chinese, "staff-scope", args{"scope": scope}))
		made, _ := t.scopePhrasings(d)
		e.Phrasings = append(e.Phrasings, made...)
	}
	e.Body[kb.Chinese] = body
	return e
}

// mergeLines are the lines that a draft adds to an entry, the first one in the
// sentence of a key, empty for as it is, or in that of another, which says for
// whom they are: the entry that they stand in holds for everybody.
func (t *turn) mergeLines(d *Draft, scope, key, scoped string) []string {
	lines := slices.Clone(d.Merge)
	if scope != "" {
		key = scoped
	}
	if key != "" {
		lines[0] = t.words.say(kb.Chinese, key, args{"text": lines[0], "scope": scope})
	}
	return lines
}

// behind reports whether somebody else has changed the entry since the draft was
// made of it; now is the version that holds.
func (d *Draft) behind(now kb.Entry) bool {
	return d.Edits && now.Change != d.Since && now.Change != d.Key
}

// union returns the phrasings of a, and of b those that say something else.
func union(a, b []string) []string {
	list := slices.Clone(a)
	for _, w := range b {
		if !slices.ContainsFunc(list, func(p string) bool { return kb.Letters(p) == kb.Letters(w) }) {
			list = append(list, w)
		}
	}
	return list
}

// besides returns the version of an official entry that holds now, when a draft
// leaves what it says as it is: it changes its phrasings, or adds to it.
func (t *turn) besides(d *Draft) (now kb.Entry, ok bool) {
	now, ok = t.kb.Entry(d.Entry.ID)
	return now, ok && d.Edits && d.Entry.Kind() != kb.Staff && d.Entry.SaysTheSame(now)
}

// scopeText words for whom an entry is.
func (t *turn) scopeText(provinces, kinds []string) string {
	var words []string
	for _, k := range kinds {
		switch k {
		case string(kb.Individual), string(kb.Organization):
			k = t.words.say(kb.Chinese, "checklist-"+k, nil)
		}
		words = append(words, k)
	}
	return strings.Trim(t.words.join(kb.Chinese, provinces)+"，"+t.words.join(kb.Chinese, words), "，")
}

// scopePhrasings returns the title with those provinces and kinds before it that
// neither it nor a phrasing names: an entry is held to a scope by its words. A title
// that names a province, or a kind, gets no other one: nobody asks 广东福建要居住证吗.
// missing are those that nothing names then. They are made anew for every preview and
// are no part of the draft.
func (t *turn) scopePhrasings(d *Draft) (made, missing []string) {
	if _, ok := t.besides(d); ok || len(d.Merge) > 0 {
		return nil, nil // the scope stands in what is added
	}
	title := d.Entry.Title[kb.Chinese]
	texts := append(slices.Clone(d.Entry.Phrasings), title)
	prefixes := []string{""}
	var provinces []string
	for _, p := range t.kb.Provinces() {
		provinces = append(provinces, string(p.Province))
	}
	kinds := []string{string(kb.Individual), string(kb.Organization)}
	for _, scope := range []struct{ names, alike []string }{{d.Provinces, provinces}, {d.Kinds, kinds}} {
		named := slices.ContainsFunc(scope.alike, func(o string) bool { return t.names(title, o) })
		var next []string
		for _, name := range scope.names {
			word := t.scopeText(nil, []string{name})
			switch {
			case slices.ContainsFunc(texts, func(text string) bool { return t.names(text, name) }):
			case named:
				missing = append(missing, word)
			default:
				for _, p := range prefixes {
					next = append(next, p+word)
				}
			}
		}
		if next != nil {
			prefixes = next
		}
	}
	for _, p := range prefixes {
		if p != "" {
			made = append(made, clip(p+title, maxPhrasing))
		}
	}
	return made, missing
}

// names reports whether a text names a province or a kind, in whatever words: 深圳
// names 广东, and 企业 names 单位.
func (t *turn) names(text, name string) bool {
	word := t.scopeText(nil, []string{name})
	in, of := t.kb.Situation(text), t.kb.Situation(word)
	return strings.Contains(text, word) || of.Province != "" && in.Province == of.Province || of.Kind != "" && in.Kind == of.Kind
}

// What a preview lists at most.
const (
	maxShownPhrasings = 12
	maxShownChanges   = 5
	maxDuplicates     = 3
	duplicateNear     = 0.6 // likeness from which an entry may be a duplicate
)

// preview shows a draft as people will see it, what is near to it, which answers
// it changes, what speaks against it, and the buttons.
func (t *turn) preview(ctx context.Context, d *Draft) []Reply {
	return t.previewAnd(ctx, d, actPublish, t.desk("staff-confirm", nil))
}

// previewAnd is preview with the words above the buttons, of which publish is the
// one that puts the draft in service.
func (t *turn) previewAnd(ctx context.Context, d *Draft, publish action, say string) []Reply {
	e := t.entryOf(d)
	card := t.card(t.kb.Preview(e, kb.Chinese))
	const mark = "\x00"
	phrasings := t.words.report(kb.Chinese, "none", nil)
	made, missing := t.scopePhrasings(d)
	if n := len(e.Phrasings) - len(made); n > 0 {
		phrasings = t.listed(e.Phrasings[:n])
	}
	text := t.desk("staff-preview", args{"title": e.Title[kb.Chinese], "phrasings": phrasings, "card": mark})
	before, after, _ := strings.Cut(text, mark)
	r := Reply{
		Text:  before + card.Text + after,
		Spans: []Span{{Start: len(before), End: len(before) + len(card.Text), Style: Blockquote}},
	}
	add := func(key string, a args) { r.Text += "\n" + t.desk(key, a) }
	if made != nil {
		add("staff-scope-made", args{"phrasings": t.listed(made)})
	}
	if missing != nil {
		add("staff-scope-missing", args{"scope": t.words.join(kb.Chinese, missing)})
	}
	if d.Edits {
		t.addEdit(d, e, add)
	}
	near := t.duplicates(e)
	if len(near) > 0 {
		add("desk-duplicates", args{"near": t.nearText(near)})
	}
	t.addImpact(ctx, d, e, add)
	var fatal, warnings []string
	for _, c := range t.kb.Lint(e) {
		text := t.complaint(c)
		switch {
		case c.Fatal && !slices.Contains(fatal, text):
			fatal = append(fatal, text)
		case !c.Fatal && !slices.Contains(warnings, text):
			warnings = append(warnings, text)
		}
	}
	if warnings != nil {
		add("staff-complaints", args{"complaints": t.words.join(kb.Chinese, warnings)})
	}
	if fatal != nil {
		add("staff-fatal", args{"complaints": t.words.join(kb.Chinese, fatal)})
		r.Buttons = [][]Button{{t.button(actCancel, d.Key)}}
	} else {
		r.Text += "\n" + say
		r.Buttons = [][]Button{{t.button(publish, d.Key+":"+t.shown(e, near)), t.button(actCancel, d.Key)}}
	}
	if len(near) > 0 {
		if data, ok := actEdit.data(near[0].Entry); ok {
			r.Buttons[0] = append(r.Buttons[0], Button{Label: t.desk("desk-edit", nil), Data: data})
		}
	}
	r.Buttons = append(r.Buttons, t.draftButtons(d)...)
	return []Reply{r}
}

// listed joins phrasings, as many as a preview shows.
func (t *turn) listed(phrasings []string) string {
	n := len(phrasings)
	text := t.words.join(kb.Chinese, phrasings[:min(n, maxShownPhrasings)])
	if n > maxShownPhrasings {
		text = t.desk("desk-and-more", args{"list": text, "count": number(n)})
	}
	return text
}

// shown names what a preview of a draft that is to become e shows: the content, the
// version that holds now, and the entries that it may repeat. It is short enough for
// a button, and another for another content.
func (t *turn) shown(e kb.Entry, near []Near) string {
	now, _ := t.kb.Entry(e.ID)
	e.By, e.Changed, e.Change, e.Version = "", time.Time{}, "", 0
	ids := make([]string, len(near))
	for i, n := range near {
		ids[i] = n.Entry
	}
	data, _ := json.Marshal([]any{e, now.Change, ids}) // texts, and parameters that came from YAML
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// duplicates returns the entries that may say the same as e: those that answer
// one of its questions already, and those that are near to its title.
func (t *turn) duplicates(e kb.Entry) []Near {
	var list []Near
	add := func(n Near) {
		if n.Entry != e.ID && !slices.ContainsFunc(list, func(o Near) bool { return o.Entry == n.Entry }) {
			list = append(list, n)
		}
	}
	title := e.Title[kb.Chinese]
	for _, text := range slices.Concat([]string{title}, e.Phrasings[:min(len(e.Phrasings), maxShownPhrasings)]) {
		a := t.kb.Ask(kb.Question{Text: text, Lang: kb.Chinese, Now: t.now})
		if o, ok := t.kb.Entry(a.Entry); ok && a.Answered() {
			add(Near{o.ID, o.Title[kb.Chinese], a.Score})
		}
	}
	for _, n := range t.near(title, maxNear) {
		if n.Score >= duplicateNear {
			add(n)
		}
	}
	return list[:min(len(list), maxDuplicates)]
}

// addEdit says what becomes of the text of an entry that a draft changes.
func (t *turn) addEdit(d *Draft, e kb.Entry, add func(string, args)) {
	key := "desk-edits"
	if e.Kind() != kb.Staff {
		key = "desk-edits-shipped"
	}
	add(key, args{"id": e.ID})
	now, ok := t.kb.Entry(e.ID)
	if !ok {
		return
	}
	_, besides := t.besides(d)
	if besides && d.behind(now) {
		add("desk-meanwhile", nil)
	}
	a := args{"text": t.desk("desk-text-of-staff", nil)}
	if t.kb.Official(now) {
		a["text"] = t.desk("desk-text-official", nil)
	}
	switch {
	case besides && d.Joined:
		add("desk-adds", a)
	case besides:
		title := e.Title[kb.Chinese] != now.Title[kb.Chinese]
		phrasings := !slices.Equal(e.Phrasings, now.Phrasings)
		switch {
		case title && phrasings:
			a["what"] = t.desk("desk-title-and-phrasings", nil)
		case title:
			a["what"] = t.desk("desk-title", nil)
		case phrasings:
			a["what"] = t.desk("desk-phrasings", nil)
		default:
			add("desk-changes-nothing", a)
			return
		}
		add("desk-adds-nothing", a)
	case !e.SaysTheSame(now):
		var lines []string
		for _, l := range t.kb.Preview(now, kb.Chinese).Lines {
			lines = append(lines, l.Text)
		}
		add("desk-replaces", args{"answer": clip(strings.Join(lines, " "), maxReplaced)})
	}
}

// maxReplaced is how many characters are shown of a text that a draft replaces: a
// guidance entry has fewer.
const maxReplaced = 500

// own returns how many phrasings an entry has that get another answer by a draft
// of it: all that it has, or none.
func (t *turn) own(d *Draft, e kb.Entry) int {
	now, ok := t.kb.Entry(e.ID)
	if !ok || !d.Edits || e.SaysTheSame(now) && len(e.Added) == len(now.Added) {
		return 0
	}
	return len(now.Phrasings) + 1 // and the title
}

// addImpact lists the questions whose answers e would change: its own, and those
// that it would win from other entries, of the ones that wait for staff and of the
// phrasings of entries.
func (t *turn) addImpact(ctx context.Context, d *Draft, e kb.Entry, add func(string, args)) {
	var asked []string
	open, err := t.inquiries.OpenInquiries(ctx)
	for _, i := range open {
		if i.Why == WhyPicture {
			continue // it asks nothing that an entry answers
		}
		asked = append(append(asked, i.Question), i.Wordings...)
	}
	changes, impactErr := t.kb.Impact(e, asked)
	if err != nil || impactErr != nil {
		t.fail(fmt.Errorf("find the impact of a draft: %w", firstError(err, impactErr)))
		return
	}
	own := t.own(d, e)
	if len(changes)+own == 0 {
		return
	}
	title := func(id string) string {
		switch o, ok := t.kb.Entry(id); {
		case id == e.ID:
			return t.desk("desk-this", nil)
		case ok:
			return o.Title[kb.Chinese]
		}
		return t.desk("desk-no-answer", nil)
	}
	add("desk-impact", args{"count": number(len(changes) + own)})
	if own > 0 {
		add("desk-impact-own", args{"count": number(own)})
	}
	for _, c := range changes[:min(len(changes), maxShownChanges)] {
		add("desk-impact-line", args{"question": clip(c.Question, maxTitle), "before": title(c.Before), "after": title(c.After)})
	}
}

// firstError returns the first error that is one.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// complaint words what speaks against an entry.
func (t *turn) complaint(c kb.Complaint) string {
	w := t.words.lang(kb.Chinese).Complaints
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

// risky are the complaints after which an entry goes live with one more tap.
var risky = []string{"phone", "link", "advertising"}

// risks words the complaints of e that want another tap.
func (t *turn) risks(e kb.Entry) []string {
	var texts []string
	for _, c := range t.kb.Lint(e) {
		if text := t.complaint(c); slices.Contains(risky, c.Code) && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}
