package bot

import (
	"slices"
	"strconv"
	"strings"

	"beianbot/bot/picture"
)

// A plan says how the pictures of a set are to be joined. Every button of the
// message in which people arrange them carries the whole plan that it leads to,
// so that pressing one twice, or one of an old message, does what it says.
type plan struct {
	layout  picture.Layout
	chosen  int // index in order of the picture that the buttons are about
	order   []placed
	dropped []int // indexes of pictures
}

// A placed is a picture at its place in a plan.
type placed struct {
	picture int // index in the set
	turns   int // quarter turns clockwise, 0 to 3
}

// layouts are in the order in which the button goes through them.
var layouts = []picture.Layout{picture.Auto, picture.Vertical, picture.Horizontal, picture.Grid}

const layoutCodes = "avhg" // one for each of layouts

// code writes p as a part of a button's data: the layout, the chosen place, a
// letter for each picture with a digit when it is turned, and behind a dash those
// that were dropped. It has 43 bytes at most.
func (p plan) code() string {
	var b strings.Builder
	b.WriteByte(layoutCodes[slices.Index(layouts, p.layout)])
	b.WriteByte(letter(p.chosen))
	for _, at := range p.order {
		b.WriteByte(letter(at.picture))
		if at.turns > 0 {
			b.WriteString(strconv.Itoa(at.turns))
		}
	}
	b.WriteByte('-')
	for _, i := range p.dropped {
		b.WriteByte(letter(i))
	}
	return b.String()
}

func letter(i int) byte { return 'a' + byte(i) }

// readPlan reads what code wrote, which may be forged: ok says that it is a plan
// for the usable pictures of set. Those that came since it was written follow.
func readPlan(code string, set *Set) (p plan, ok bool) {
	left := make(map[int]bool)
	for i, pic := range set.Pictures {
		if pic.Usable {
			left[i] = true
		}
	}
	take := func(c byte) (i int, ok bool) {
		i = int(c) - 'a'
		ok = left[i]
		delete(left, i)
		return i, ok
	}
	kept, dropped, ok := strings.Cut(code, "-")
	if !ok || len(kept) < 3 {
		return plan{}, false
	}
	layout := strings.IndexByte(layoutCodes, kept[0])
	if layout < 0 {
		return plan{}, false
	}
	p.layout, p.chosen = layouts[layout], int(kept[1])-'a'
	for _, c := range []byte(kept[2:]) {
		if n := len(p.order); c >= '1' && c <= '3' && n > 0 {
			p.order[n-1].turns = int(c - '0')
			continue
		}
		i, ok := take(c)
		if !ok {
			return plan{}, false
		}
		p.order = append(p.order, placed{picture: i})
	}
	for _, c := range []byte(dropped) {
		i, ok := take(c)
		if !ok {
			return plan{}, false
		}
		p.dropped = append(p.dropped, i)
	}
	for i := range set.Pictures {
		if left[i] {
			p.order = append(p.order, placed{picture: i})
		}
	}
	return p, len(p.order) > 0 && p.chosen >= 0 && p.chosen < len(p.order)
}

// plan returns how a set is to be joined: as it was arranged, or in the order
// sent, but for a certificate, which comes first.
func (t *turn) plan(set *Set) plan {
	if p, ok := readPlan(set.Plan, set); ok {
		return p
	}
	return t.firstPlan(set)
}

// firstPlan is the plan of a set that nobody has arranged: once the certificate
// is there, one that does not go with the paper is left out. It has no picture
// when none is usable.
func (t *turn) firstPlan(set *Set) plan {
	p := plan{layout: picture.Auto}
	var rest []placed
	for i, pic := range set.Pictures {
		switch {
		case !pic.Usable:
		case t.isCertificate(set, pic):
			p.order = append(p.order, placed{picture: i})
		case t.isWrong(set, pic) && !t.waiting(set):
			p.dropped = append(p.dropped, i)
		default:
			rest = append(rest, placed{picture: i})
		}
	}
	p.order = append(p.order, rest...)
	return p
}

// clone returns p with an order of its own.
func (p plan) clone() plan {
	p.order, p.dropped = slices.Clone(p.order), slices.Clone(p.dropped)
	return p
}

// choose returns p with another picture chosen, by places forward; behind the
// last one comes the first.
func (p plan) choose(by int) plan {
	p.chosen = (p.chosen + by + len(p.order)) % len(p.order)
	return p
}

// move returns p with the chosen picture moved, by places forward.
func (p plan) move(by int) plan {
	p = p.clone()
	one := p.order[p.chosen]
	p.order = slices.Delete(p.order, p.chosen, p.chosen+1)
	p.chosen = (p.chosen + by + len(p.order) + 1) % (len(p.order) + 1)
	p.order = slices.Insert(p.order, p.chosen, one)
	return p
}

// rotate returns p with the chosen picture turned clockwise.
func (p plan) rotate() plan {
	p = p.clone()
	p.order[p.chosen].turns = (p.order[p.chosen].turns + 1) % 4
	return p
}

// drop returns p without the chosen picture.
func (p plan) drop() plan {
	p = p.clone()
	p.dropped = append(p.dropped, p.order[p.chosen].picture)
	p.order = slices.Delete(p.order, p.chosen, p.chosen+1)
	p.chosen = min(p.chosen, len(p.order)-1)
	return p
}

// relaid returns p with the next layout.
func (p plan) relaid() plan {
	p.layout = layouts[(slices.Index(layouts, p.layout)+1)%len(layouts)]
	return p
}

// ordered returns p with the pictures of these numbers, from 1, and no others.
// It reports false for a number that there is no usable picture of.
func (p plan) ordered(numbers []int) (plan, bool) {
	all := make(map[int]placed)
	for _, at := range p.order {
		all[at.picture] = at
	}
	for _, i := range p.dropped {
		all[i] = placed{picture: i}
	}
	next := plan{layout: p.layout}
	for _, n := range numbers {
		at, ok := all[n-1]
		if !ok {
			return p, false
		}
		delete(all, n-1)
		next.order = append(next.order, at)
	}
	for i := range maxPictures {
		if _, ok := all[i]; ok {
			next.dropped = append(next.dropped, i)
		}
	}
	return next, true
}

// arrangePress shows the arrangement that a button leads to, in place of the one
// it stands under. The argument is a set's key, and the code of a plan unless
// arranging begins.
func (t *turn) arrangePress(arg string) []Reply {
	key, code, going := strings.Cut(arg, ":")
	set := t.s.set(key)
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	if good, _ := set.usable(); len(good) == 0 {
		return t.sayTo("stitch-none", nil)
	}
	p := t.plan(set)
	if going {
		var ok bool
		if p, ok = readPlan(code, set); !ok {
			return t.stale()
		}
	}
	r := t.arranged(set, p)
	if _, pressed := t.event.Body.(Press); pressed && going {
		r.Edit = t.event.Message
	}
	return []Reply{r}
}

// arranged keeps p as the plan of set and shows it.
func (t *turn) arranged(set *Set, p plan) Reply {
	set.Plan = p.code()
	lines := []string{t.words.say(t.lang, "arrange-head", args{
		"count": number(len(p.order)), "layout": t.layoutName(p.layout),
	})}
	for n, at := range p.order {
		what := t.words.say(t.lang, "arrange-line", args{"number": number(n + 1), "picture": number(at.picture + 1)})
		if name := t.thingName(set.Pictures[at.picture].Is); name != "" {
			what = t.words.join(t.lang, []string{what, name})
		}
		if at.turns > 0 {
			what = t.words.join(t.lang, []string{what, t.words.say(t.lang, "arrange-turned", args{"degrees": number(90 * at.turns)})})
		}
		if n == p.chosen && len(p.order) > 1 {
			what += t.words.say(t.lang, "arrange-chosen", nil)
		}
		lines = append(lines, what)
	}
	if len(p.dropped) > 0 {
		lines = append(lines, t.words.say(t.lang, "arrange-dropped", args{"numbers": t.places(p.dropped)}))
	}
	lines = append(lines, t.words.say(t.lang, "arrange-hint", nil))
	r := Reply{Text: strings.Join(lines, "\n"), Buttons: t.arrangeButtons(set, p)}
	r.Spans = boldFirstLine(r.Text)
	return r
}

// places lists the numbers, from 1, of pictures whose indexes are given.
func (t *turn) places(indexes []int) string {
	ns := slices.Sorted(slices.Values(indexes))
	for i := range ns {
		ns[i]++
	}
	return t.numbers(ns)
}

func (t *turn) layoutName(l picture.Layout) string {
	return t.words.say(t.lang, "layout-"+string(l), nil)
}

func (t *turn) arrangeButtons(set *Set, p plan) [][]Button {
	to := func(key string, a args, next plan) Button {
		data, _ := actArrange.data(set.Key + ":" + next.code()) // 3, 13, 1 and 43 bytes at most
		return Button{Label: t.words.say(t.lang, key, a), Data: data}
	}
	var rows [][]Button
	if len(p.order) > 1 {
		rows = append(rows,
			[]Button{to("arrange-previous", nil, p.choose(-1)), to("arrange-next", nil, p.choose(1))},
			[]Button{to("arrange-forward", nil, p.move(-1)), to("arrange-back", nil, p.move(1))})
	}
	row := []Button{to("arrange-turn", nil, p.rotate())}
	if len(p.order) > 1 {
		row = append(row, to("arrange-drop", nil, p.drop()))
	}
	if first := t.firstPlan(set); set.Plan != first.code() {
		row = append(row, to("arrange-reset", nil, first))
	}
	rows = append(rows, row)
	next := p.relaid()
	last := []Button{}
	if len(p.order) > 1 {
		last = append(last, to("arrange-layout", args{"layout": t.layoutName(next.layout)}, next))
	}
	return append(rows, append(last, t.button(actStitch, set.Key)))
}

// arrangeTyped handles what is typed below an arrangement: numbers of pictures,
// which are the new order, or the name of a layout. ok is false for anything else.
func (t *turn) arrangeTyped(text string) (replies []Reply, ok bool) {
	set := t.arranging()
	if set == nil {
		return nil, false
	}
	p := t.plan(set)
	for _, l := range layouts {
		if strings.EqualFold(text, t.layoutName(l)) {
			p.layout = l
			return []Reply{t.arranged(set, p)}, true
		}
	}
	numbers, ok := numberList(text)
	if !ok {
		return nil, false
	}
	p, ok = p.ordered(numbers)
	if !ok {
		return t.sayTo("arrange-unknown", nil), true
	}
	return []Reply{t.arranged(set, p)}, true
}

// arranging returns the set whose arrangement was shown last, nil for none.
func (t *turn) arranging() *Set {
	for _, o := range t.s.Offered {
		if a, arg, ok := parseData(o.Data); ok && a == actArrange {
			if key, _, going := strings.Cut(arg, ":"); going {
				return t.s.set(key)
			}
		}
	}
	return nil
}

// numberList reads at least two numbers, "3 1 2" or "3、1、2".
func numberList(text string) (numbers []int, ok bool) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t,;、，；", r) })
	for _, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, len(numbers) > 1
}
