package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxText    = 4096 // characters of a message
	maxCaption = 1024 // characters under a file
	maxCopy    = 256  // characters that a button copies
	maxLabel   = 30   // characters on a button; more does not show on a phone
)

// reply makes a message of text alone.
func (t *turn) reply(text string) []Reply { return []Reply{{Text: text}} }

// sayTo makes a message of one sentence of content/reply.
func (t *turn) sayTo(key string, a args) []Reply { return t.reply(t.words.say(t.lang, key, a)) }

// button makes the button of an action that has a label of its own.
func (t *turn) button(a action, arg string) Button {
	data, _ := a.data(arg) // the arguments of these are short keys
	return Button{Label: t.words.label(t.lang, a), Data: data}
}

// finish holds a reply to what a message may have. Wording and entries are kept
// far below these bounds; a draft of staff need not be.
func (t *turn) finish(r *Reply) {
	limit := maxText
	if r.File != nil || r.Pass.ID != "" {
		limit = maxCaption
	}
	r.Text = clip(r.Text, limit)
	spans := r.Spans[:0]
	for _, s := range r.Spans {
		s.End = min(s.End, len(r.Text))
		if s.Start < s.End {
			spans = append(spans, s)
		}
	}
	r.Spans = spans
	here := r.Chat == 0 || r.Chat == t.event.Chat
	if here && !t.event.Private && r.ReplyTo == 0 && r.Edit == 0 {
		r.ReplyTo = t.event.Message
	}
}

// remember keeps the buttons of the replies, so that they can be typed, and the
// text of one that copies.
func (t *turn) remember(replies []Reply) {
	for _, r := range replies {
		if r.Chat != 0 && r.Chat != t.event.Chat {
			continue
		}
		var offers []Offer
		clipboard := ""
		for _, row := range r.Buttons {
			for _, b := range row {
				data := b.Data
				if b.Copy != "" {
					data, _ = actCopy.data("")
					clipboard = b.Copy
				}
				if len(offers) < maxOffered {
					offers = append(offers, Offer{Label: b.Label, Data: data})
				}
			}
		}
		if offers != nil {
			t.s.Offered, t.s.Copy = offers, clipboard
		}
	}
}

// typed returns the data of the button that text stands for: its label, or its
// number among those that were shown last, unless it is one of [ofStaff].
func (t *turn) typed(text string) (data string, ok bool) {
	data, ok = t.typedButton(text)
	a, _, _ := parseData(data)
	return data, ok && !slices.Contains(ofStaff, a)
}

// typedButton is typed for the buttons of everybody.
func (t *turn) typedButton(text string) (data string, ok bool) {
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(t.s.Offered) && len(text) <= 2 {
		data := t.s.Offered[n-1].Data
		a, _, _ := parseData(data)
		return data, a != actPassYes // a figure alone is no consent
	}
	for _, o := range t.s.Offered {
		if strings.EqualFold(o.Label, text) {
			return o.Data, true
		}
	}
	a, ok := t.words.actionTyped(text)
	if !ok {
		return "", false
	}
	arg := ""
	switch a {
	case actStitch, actOnlyCheck, actFixed, actPurpose, actArrange, actAnyway, actSplit:
		arg = noSet
		if set := t.s.last(); set != nil {
			arg = set.Key
		}
	case actPass:
		arg = passSet + noSet
		if set := t.s.last(); set != nil {
			arg = passSet + set.Key
		}
	case actPassYes:
		return "", false // what it means is said where it is shown, and with its picture
	case actUseful:
		arg = noEntry
	}
	return a.data(arg)
}

// noEntry stands for the answer of a chat that was shown none lately. No entry has
// this ID.
const noEntry = "none"

// noSet stands for the set of a chat that has none. No set has this key.
const noSet = "none"

// clip returns s with at most n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}

// number words a small count.
func number(n int) string { return strconv.Itoa(n) }

// boldFirstLine marks the first line of text.
func boldFirstLine(text string) []Span {
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return nil
	}
	return []Span{{Start: 0, End: end, Style: Bold}}
}
