package bot

import (
	"slices"
	"strings"

	"beianbot/kb"
)

// What a set of pictures is for, and which certificate that takes. The person
// says what a picture shows, beside it or when asked; nobody looks.

// thingName names a paper or certificate by its ID, empty for none.
func (t *turn) thingName(id string) string {
	if c, ok := t.pairs.certificate(id); ok {
		return c.name(t.lang)
	}
	if p, ok := t.pairs.paper(id); ok {
		return p.name(t.lang)
	}
	return ""
}

// wanted returns the ID of the certificate that a set needs, empty when its
// purpose or the kind of filing entity is not known.
func (t *turn) wanted(set *Set) string {
	p, ok := t.pairs.paper(set.Paper)
	if !ok {
		return ""
	}
	return p.with(t.kindOf(set))
}

// kindOf returns the kind of filing entity that a set is for: what was chosen, or
// what was spoken of.
func (t *turn) kindOf(set *Set) string {
	if set.Kind != "" {
		return set.Kind
	}
	return t.s.Context.Slots["kind"]
}

// isCertificate reports whether pic is the certificate that set needs.
func (t *turn) isCertificate(set *Set, pic Picture) bool {
	want := t.wanted(set)
	return want != "" && t.pairs.fits(want, pic.Is)
}

// isWrong reports whether pic is a certificate that does not go with the paper of
// set.
func (t *turn) isWrong(set *Set, pic Picture) bool {
	want := t.wanted(set)
	_, ok := t.pairs.certificate(pic.Is)
	return ok && want != "" && pic.Usable && !t.pairs.fits(want, pic.Is)
}

// purposeAsk asks what the pictures of a set, or those to come, are for.
func (t *turn) purposeAsk(set *Set) []Reply {
	return []Reply{{Text: t.words.say(t.lang, "purpose-ask", nil), Buttons: t.purposeButtons(set)}}
}

// purposeButtons offers the papers; set is nil before there are pictures.
func (t *turn) purposeButtons(set *Set) [][]Button {
	var bs []Button
	for _, p := range t.pairs.Papers {
		data, _ := actPurpose.data(keyOf(set) + ":" + p.ID)
		bs = append(bs, Button{Label: p.name(t.lang), Data: data})
	}
	return pack(bs)
}

// keyOf returns the key of set, or of no set.
func keyOf(set *Set) string {
	if set == nil {
		return noSet
	}
	return set.Key
}

// purposePress handles SET, SET:PAPER and SET:PAPER:KIND: it asks, or takes note
// and goes on.
func (t *turn) purposePress(arg string) []Reply {
	key, rest, chosen := strings.Cut(arg, ":")
	set := t.s.set(key)
	if set == nil && key != noSet {
		return t.sayTo("pictures-gone", nil)
	}
	if !chosen {
		return t.purposeAsk(set)
	}
	paper, kind, _ := strings.Cut(rest, ":")
	if _, ok := t.pairs.paper(paper); !ok || kind != "" && kind != string(kb.Individual) && kind != string(kb.Organization) {
		return t.stale()
	}
	if set == nil {
		set = t.s.begin(t.event.Update, t.now)
	}
	t.setPurpose(set, paper, kind)
	return []Reply{t.pairingReply(set)}
}

// setPurpose notes what set is for. The only picture of a set whose purpose is
// named is the paper that was named.
func (t *turn) setPurpose(set *Set, paper, kind string) {
	if set.Paper != paper {
		set.Paper, set.Plan = paper, ""
		for i := range set.Pictures {
			if _, ok := t.pairs.paper(set.Pictures[i].Is); ok {
				set.Pictures[i].Is = paper
			}
		}
	}
	if kind != "" {
		set.Kind = kind
	}
	if n := set.unnamed(); len(n) == 1 {
		set.Pictures[n[0]].Is = paper
	}
}

// firstPress handles SET:LETTER, which says which picture is the certificate, and
// SET:- for none of them.
func (t *turn) firstPress(arg string) []Reply {
	key, which, _ := strings.Cut(arg, ":")
	set := t.s.set(key)
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	i := -1
	if which != "-" && len(which) == 1 {
		i = int(which[0]) - 'a'
	}
	want := t.wanted(set)
	if want == "" || which != "-" && (i < 0 || i >= len(set.Pictures)) {
		return t.stale()
	}
	for n := range set.Pictures {
		if n == i {
			set.Pictures[n].Is = want
		} else if id := set.Pictures[n].Is; id == "" || t.pairs.fits(want, id) {
			set.Pictures[n].Is = set.Paper
		}
	}
	set.Plan = ""
	return []Reply{t.pairingReply(set)}
}

// unnamed returns the indexes of the usable pictures of which nobody said what
// they show.
func (t *Set) unnamed() []int {
	var is []int
	for i, p := range t.Pictures {
		if p.Usable && p.Is == "" {
			is = append(is, i)
		}
	}
	return is
}

// named notes what the pictures that came with the event show: what their
// caption says, or what the bot had asked for. A set with a purpose is to be
// arranged anew when more comes: it may be the certificate, which comes first.
func (t *turn) named(set *Set, says named) {
	paper := says.paper(t.pairs)
	asked := set.Paper != ""
	if paper != "" {
		if kind := string(t.kb.Situation(captionOf(t.event)).Kind); set.Kind == "" {
			set.Kind = kind
		}
		if !asked {
			set.Paper = paper
		}
	}
	if set.Paper != "" {
		set.Plan = ""
	}
	var fresh []int
	for _, i := range set.unnamed() {
		if set.Pictures[i].Update == t.event.Update {
			fresh = append(fresh, i)
		}
	}
	if is, missing := indexes(says.at, len(fresh)); len(is) > 0 && missing == nil {
		if clashes(says.at, is) != nil {
			return // it is asked which is which
		}
		for n, i := range is {
			set.Pictures[fresh[i]].Is = says.at[n].id
		}
		return
	}
	switch {
	case len(says.ids) == 1 && (says.certificate(t.pairs) != "" || asked || len(fresh) == 1):
		for _, i := range fresh {
			set.Pictures[i].Is = says.ids[0]
		}
	case len(says.ids) > 1 && len(says.ids) == len(fresh):
		for n, i := range fresh {
			set.Pictures[i].Is = says.ids[n]
		}
	case asked && len(says.ids) == 0:
		t.namedByTurn(set, fresh)
	}
}

// namedByTurn takes the pictures that came for what was asked for: the
// certificate when papers are there, papers when it is there, and the certificate
// before the papers when nothing was.
func (t *turn) namedByTurn(set *Set, fresh []int) {
	want := t.wanted(set)
	if want == "" {
		return
	}
	has := slices.ContainsFunc(set.Pictures, func(p Picture) bool { return p.Usable && t.isCertificate(set, p) })
	good, _ := set.usable()
	both := len(fresh) == len(good)
	for n, i := range fresh {
		set.Pictures[i].Is = want
		if has || both && n > 0 {
			set.Pictures[i].Is = set.Paper
		}
	}
}

func captionOf(e Event) string {
	if u, ok := e.Body.(Upload); ok {
		return u.Caption
	}
	return ""
}

// purposeTyped handles text that says what pictures are for, or what they show,
// and nothing else. ok is false for any other text.
func (t *turn) purposeTyped(text string) (replies []Reply, ok bool) {
	if !t.event.Private || questioning(text) {
		return nil, false
	}
	says := t.pairs.read(text)
	set := t.s.last()
	if set != nil && set.Closed {
		set = nil
	}
	if !says.only || set == nil && !says.joining {
		return nil, false
	}
	paper, certificate := says.paper(t.pairs), says.certificate(t.pairs)
	kind := string(t.kb.Situation(text).Kind)
	switch {
	case len(says.at) > 0 && set != nil && len(set.Pictures) > 0:
		return t.numberedTyped(set, says, kind), true
	case paper != "":
		if set == nil {
			set = t.s.begin(t.event.Update, t.now)
		}
		t.setPurpose(set, paper, kind)
		if want := t.wanted(set); want != "" && certificate != "" && !t.pairs.fits(want, certificate) {
			return []Reply{t.wrongPair(set, certificate)}, true
		}
	case set == nil:
		return t.purposeAsk(nil), true
	default:
		if n := set.unnamed(); len(n) == 1 {
			set.Pictures[n[0]].Is = certificate
		} else if want := t.wanted(set); want != "" && !t.pairs.fits(want, certificate) {
			return []Reply{t.wrongPair(set, certificate)}, true
		}
		if set.Paper == "" {
			return t.purposeAsk(set), true
		}
	}
	return []Reply{t.pairingReply(set)}, true
}

// numberedTyped notes what the pictures of the numbers that were typed show.
func (t *turn) numberedTyped(set *Set, says named, kind string) []Reply {
	is, missing := indexes(says.at, len(set.Pictures))
	if missing != nil {
		return t.sayTo("pair-unknown", args{"numbers": t.numbers(missing), "count": number(len(set.Pictures))})
	}
	if twice := clashes(says.at, is); twice != nil {
		return t.sayTo("pair-unclear", args{"numbers": t.places(twice)})
	}
	if paper := says.paper(t.pairs); paper != "" {
		t.setPurpose(set, paper, kind)
	}
	for n, i := range is {
		set.Pictures[i].Is = says.at[n].id
	}
	set.Plan = ""
	if set.Paper == "" {
		return t.purposeAsk(set)
	}
	return []Reply{t.pairingReply(set)}
}

// pairingReply is a message that says what is still to come.
func (t *turn) pairingReply(set *Set) Reply {
	lines, buttons := t.pairing(set)
	r := Reply{Text: strings.Join(lines, "\n"), Buttons: buttons}
	r.Spans = boldFirstLine(r.Text)
	return r
}

// waiting reports whether a set with a purpose still lacks something for it.
func (t *turn) waiting(set *Set) bool {
	if set.Paper == "" {
		return false
	}
	certificate, paper := 0, 0
	for _, pic := range set.Pictures {
		switch {
		case !pic.Usable, t.isWrong(set, pic):
		case t.isCertificate(set, pic):
			certificate++
		default:
			paper++
		}
	}
	return certificate == 0 || paper == 0
}

// pairing says what a set lacks for its purpose, or that it can be joined. It
// returns nothing for a set whose purpose nobody named.
func (t *turn) pairing(set *Set) (lines []string, buttons [][]Button) {
	paper, ok := t.pairs.paper(set.Paper)
	if !ok {
		return nil, nil
	}
	want := t.wanted(set)
	if want == "" {
		return t.kindAsk(set, paper)
	}
	a := t.pairArgs(set)
	say := func(keys ...string) {
		for _, key := range keys {
			lines = append(lines, t.words.say(t.lang, key, a))
		}
	}
	good, _ := set.usable()
	unnamed := set.unnamed()
	need := "pair-need"
	if paper.Individual != paper.Organization {
		need = "pair-need-kind"
		a["kind"] = t.words.say(t.lang, "checklist-"+t.kindOf(set), nil)
	}
	wrong := slices.IndexFunc(set.Pictures, func(p Picture) bool { return t.isWrong(set, p) })
	switch {
	case !t.waiting(set):
		say("pair-ready")
		if left := t.firstPlan(set).dropped; left != nil {
			lines = append(lines, t.words.say(t.lang, "pair-left", args{"numbers": t.places(left)}))
		}
		return lines, [][]Button{{t.button(actStitch, set.Key), t.button(actArrange, set.Key)}}
	case slices.ContainsFunc(good, func(p Picture) bool { return t.isCertificate(set, p) }):
		say("pair-send-paper")
		return lines, nil
	case wrong >= 0:
		r := t.wrongPair(set, set.Pictures[wrong].Is)
		return []string{r.Text}, r.Buttons
	case len(unnamed) > 0 && len(good) > 1: // one of them may be it
		say(need, "pair-which")
		buttons = t.firstButtons(set)
	case len(good) > 0:
		say(need, "pair-send-certificate")
	default:
		say(need, "pair-send-both")
	}
	return append(lines, t.clause(paper)...), buttons
}

// kindAsk says what a paper goes with for either kind of filing entity, and asks
// for it.
func (t *turn) kindAsk(set *Set, p Paper) (lines []string, buttons [][]Button) {
	lines = []string{t.words.say(t.lang, "pair-kind", args{
		"paper": p.name(t.lang), "individual": t.thingName(p.Individual), "organization": t.thingName(p.Organization),
	})}
	var row []Button
	for _, k := range []string{string(kb.Individual), string(kb.Organization)} {
		data, _ := actPurpose.data(set.Key + ":" + p.ID + ":" + k)
		row = append(row, Button{Label: t.words.say(t.lang, "checklist-"+k, nil), Data: data})
	}
	return append(lines, t.clause(p)...), [][]Button{row}
}

// firstButtons offers the pictures that may be the certificate.
func (t *turn) firstButtons(set *Set) [][]Button {
	const perRow = 6 // of maxPictures and one, in four rows
	var bs []Button
	for i, pic := range set.Pictures {
		if pic.Usable {
			data, _ := actFirst.data(set.Key + ":" + string(rune(letter(i))))
			bs = append(bs, Button{Label: t.words.say(t.lang, "pair-number", args{"number": number(i + 1)}), Data: data})
		}
	}
	data, _ := actFirst.data(set.Key + ":-")
	bs = append(bs, Button{Label: t.words.say(t.lang, "pair-none", nil), Data: data})
	return slices.Collect(slices.Chunk(bs, perRow))
}

// wrongPair says that a certificate does not go with the paper of a set.
func (t *turn) wrongPair(set *Set, certificate string) Reply {
	paper, _ := t.pairs.paper(set.Paper)
	a := t.pairArgs(set)
	a["named"] = t.thingName(certificate)
	lines := []string{t.words.say(t.lang, "pair-wrong", a), t.words.say(t.lang, "pair-send-certificate", a)}
	r := Reply{Text: strings.Join(append(lines, t.clause(paper)...), "\n")}
	r.Spans = boldFirstLine(r.Text)
	if good, _ := set.usable(); len(good) > 1 {
		r.Buttons = [][]Button{{t.button(actAnyway, set.Key)}}
	}
	return r
}

// pairArgs fill the slots of the sentences about a set whose certificate is known.
func (t *turn) pairArgs(set *Set) args {
	return args{"paper": t.thingName(set.Paper), "certificate": t.thingName(t.wanted(set))}
}

// clause is the line that says where the rule of a pair stands.
func (t *turn) clause(p Paper) []string {
	a, ok := t.kb.Show(p.Clause, t.lang, kb.Context{})
	if !ok || a.Source == "" {
		return nil
	}
	return []string{t.words.report(t.lang, "source", args{"source": t.words.dated(t.lang, a)})}
}
