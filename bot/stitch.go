package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beianbot/bot/picture"
)

// maxStitchInput is what all pictures of one stitch may weigh, in bytes.
const maxStitchInput = 100 << 20

// stitchPrompt says how to stitch, and asks what for.
func (t *turn) stitchPrompt() []Reply {
	replies := t.picturePrompt("stitch-prompt")
	replies[0].Buttons = t.purposeButtons(nil)
	return replies
}

// stitchCommand stitches the latest pictures, or says how to send some.
func (t *turn) stitchCommand(ctx context.Context) []Reply {
	return t.pictureChat(func() []Reply {
		set := t.s.last()
		if set == nil || set.Closed {
			return t.stitchPrompt()
		}
		return t.stitch(ctx, set, false)
	})
}

// stitchAct does what a button about pictures that are to be joined says.
func (t *turn) stitchAct(ctx context.Context, a action, arg string) []Reply {
	switch {
	case arg != noSet:
	case a == actStitch:
		return t.stitchCommand(ctx)
	case a != actPurpose:
		return t.stitchPrompt()
	}
	switch a {
	case actStitch:
		return t.stitch(ctx, t.s.set(arg), false)
	case actAnyway:
		return t.stitch(ctx, t.s.set(arg), true)
	case actSplit:
		return t.split(ctx, t.s.set(arg))
	case actPurpose:
		return t.purposePress(arg)
	case actFirst:
		return t.firstPress(arg)
	}
	return t.arrangePress(arg)
}

// pictureTyped handles text about the pictures of the chat. ok is false for any
// other text.
func (t *turn) pictureTyped(text string) (replies []Reply, ok bool) {
	if replies, ok := t.arrangeTyped(text); ok {
		return replies, true
	}
	return t.purposeTyped(text)
}

// stitch joins the usable pictures of a set into one, as they were arranged. One
// whose certificate is missing or another is joined only anyway.
func (t *turn) stitch(ctx context.Context, set *Set, anyway bool) []Reply {
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	good, left := set.usable()
	switch {
	case len(set.Pictures) == 0 && set.Paper != "":
		return []Reply{t.pairingReply(set)}
	case len(good) == 1 && len(left) == 0 && set.Plan == "":
		return t.sayTo("stitch-one", nil)
	case len(good) == 0, len(good) == 1 && set.Plan == "":
		return t.sayTo("stitch-none", nil)
	case !anyway && t.waiting(set):
		r := t.pairingReply(set)
		if len(r.Buttons) == 0 {
			r.Buttons = [][]Button{{t.button(actAnyway, set.Key)}}
		}
		return []Reply{r}
	}
	p := t.plan(set)
	s, refusal := t.join(ctx, set, p)
	if refusal != nil {
		return refusal
	}
	set.Closed = true
	key := "stitched"
	if len(p.order) == 1 {
		key = "stitched-one"
	}
	lines := []string{t.words.say(t.lang, key, args{
		"count": number(len(p.order)), "order": t.orderText(set), "bytes": sizeText(int64(len(s.Data))),
		"width": number(s.Width), "height": number(s.Height), "limit": t.findings.limit(),
	})}
	if len(left) > 0 {
		lines = append(lines, t.words.say(t.lang, "left-out", args{"numbers": t.numbers(left)}))
	}
	row := []Button{t.button(actArrange, set.Key)}
	if s.Crowded {
		advice := t.words.Crowded(t.lang)
		if _, _, ok := t.halves(set, p); ok {
			advice = t.words.sentences(t.lang, t.words.say(t.lang, "stitch-crowded", nil), t.words.say(t.lang, "split-offer", nil))
			row = append([]Button{t.button(actSplit, set.Key)}, row...)
		}
		lines = append(lines, advice)
	}
	return []Reply{{
		Text:    strings.Join(lines, "\n"),
		File:    pictureFile(s.Data, picture.JPEG, "beian-stitched"),
		Buttons: [][]Button{row},
	}}
}

// orderText says in which order the pictures of a set were joined.
func (t *turn) orderText(set *Set) string {
	switch first := t.firstPlan(set); {
	case set.Plan != "" && set.Plan != first.code():
		return t.words.say(t.lang, "order-arranged", nil)
	case slices.ContainsFunc(set.Pictures, func(p Picture) bool { return t.isCertificate(set, p) }):
		return t.words.say(t.lang, "order-certificate", t.pairArgs(set))
	}
	return t.words.say(t.lang, "order-sent", nil)
}

// split joins a set into two pictures. A certificate is in both.
func (t *turn) split(ctx context.Context, set *Set) []Reply {
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	first, second, ok := t.halves(set, t.plan(set))
	if !ok {
		return t.stitch(ctx, set, true)
	}
	var replies []Reply
	for n, p := range []plan{first, second} {
		s, refusal := t.join(ctx, set, p)
		if refusal != nil {
			return refusal
		}
		var is []int
		for _, at := range p.order {
			is = append(is, at.picture)
		}
		text := t.words.say(t.lang, "split-part", args{
			"number": number(n + 1), "numbers": t.places(is), "bytes": sizeText(int64(len(s.Data))),
			"width": number(s.Width), "height": number(s.Height),
		})
		if s.Crowded {
			text += "\n" + t.words.Crowded(t.lang)
		}
		replies = append(replies, Reply{Text: text, File: pictureFile(s.Data, picture.JPEG, "beian-stitched-"+number(n+1))})
	}
	set.Closed = true
	return replies
}

// halves parts a plan in two. What is the certificate of its set begins both. ok
// is false when there is too little to part.
func (t *turn) halves(set *Set, p plan) (first, second plan, ok bool) {
	var head, rest []placed
	for _, at := range p.order {
		if t.isCertificate(set, set.Pictures[at.picture]) {
			head = append(head, at)
		} else {
			rest = append(rest, at)
		}
	}
	if len(rest) < 2 {
		return plan{}, plan{}, false
	}
	half := (len(rest) + 1) / 2
	first, second = plan{layout: p.layout}, plan{layout: p.layout}
	first.order = slices.Concat(head, rest[:half])
	second.order = slices.Concat(head, rest[half:])
	return first, second, true
}

var errUnusable = errors.New("a checked picture is not usable any more")

// join fetches the pictures of a plan and stitches them. A refusal is what to
// say instead.
func (t *turn) join(ctx context.Context, set *Set, p plan) (s picture.Stitched, refusal []Reply) {
	t.port.Busy(ctx, Sending)
	t.port.Progress(ctx, t.words.say(t.lang, "stitching", args{"count": number(len(p.order))}))
	s, refusal, err := t.joinSlow(ctx, set, p)
	if err != nil {
		t.fail(err)
		refusal = t.sayTo("broken", nil)
	}
	return s, refusal
}

// joinSlow is join once the person was told to wait.
func (t *turn) joinSlow(ctx context.Context, set *Set, p plan) (s picture.Stitched, refusal []Reply, err error) {
	release, err := t.slot(ctx)
	if err != nil {
		return s, nil, err
	}
	defer release()
	opt := picture.StitchOptions{Layout: p.layout}
	var data [][]byte
	var missing []int
	total := 0
	for _, at := range p.order {
		one, why, err := t.fetch(ctx, set.Pictures[at.picture].ref())
		if err != nil {
			return s, nil, err
		}
		if why != "" {
			missing = append(missing, at.picture+1)
			continue
		}
		if total += len(one); total > maxStitchInput {
			return s, t.sayTo("stitch-heavy", args{"limit": sizeText(maxStitchInput)}), nil
		}
		data = append(data, one)
		opt.Turns = append(opt.Turns, at.turns)
	}
	if missing != nil {
		return s, t.sayTo("not-fetched", args{"numbers": t.numbers(missing)}), nil
	}
	s, err = t.pictures.Stitch(ctx, data, opt)
	if err == nil && s.Data == nil {
		err = errUnusable
	}
	if err != nil {
		return s, nil, fmt.Errorf("stitch %d pictures: %w", len(data), err)
	}
	return s, nil, nil
}
