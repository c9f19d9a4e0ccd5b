package bot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"beianbot/kb"
)

// This file is about the one way on which a picture of a person comes to staff: the
// person presses a button that says so, and a second one that says what that means.
// The picture goes by the identifier that the chat's server has for it; its bytes
// are not fetched for it and nothing of it is kept. Only pictures that were checked
// and can still be worked on go, each once. Which message in the staff chat it has
// become is remembered, so that 删除我的图片 takes it out there as well. Whether it
// arrives is known after the reply to the second tap: one that did not is told of
// at once where the staff chat takes nothing, else at the person's next word, and
// may be passed again.

const (
	// maxPassed is how many pictures of a chat go to staff in [passedFor].
	maxPassed = 20
	// passedFor is how long it is remembered what a picture has become: after that
	// Telegram does not let a bot delete it.
	passedFor = 48 * time.Hour
)

// A Passed is a picture of the chat that was passed to staff.
type Passed struct {
	Picture MessageID `json:"picture"` // the person's message
	Update  int64     `json:"update"`  // the press that passed it
	Chat    ChatID    `json:"chat,omitempty"`
	Message MessageID `json:"message,omitempty"` // what it has become there, 0 while that is not known
	At      time.Time `json:"at,omitzero"`
}

// passSet begins the argument of a button about all pictures of a set.
const passSet = "s"

// passOne is the argument of a button about one picture.
func passOne(p Picture) string { return strconv.FormatInt(int64(p.Message), 10) }

// offerPass adds the button with which a picture is passed to staff to what is
// said, where there are staff: about one picture, or about which of a set. It
// takes a row of its own.
func (t *turn) offerPass(r *Reply, set *Set) {
	if !t.event.Private || !t.hasDesk() || set == nil || len(r.Buttons) >= maxRows {
		return
	}
	good := passable(set)
	switch len(good) {
	case 0:
		return
	case 1:
		r.Buttons = append(r.Buttons, []Button{t.button(actPass, passOne(good[0]))})
	default:
		data, _ := actPass.data(passSet + set.Key) // short
		r.Buttons = append(r.Buttons, []Button{{Label: t.words.say(t.lang, "pass-some", nil), Data: data}})
	}
}

// passable returns the pictures of a set that staff may be shown: what cannot be
// opened is none.
func passable(set *Set) []Picture {
	return slices.DeleteFunc(slices.Clone(set.Pictures), func(p Picture) bool { return !p.Usable || p.Message == 0 })
}

// pass handles the first tap: it says what a second one does.
func (t *turn) pass(arg string) []Reply {
	if !t.hasDesk() {
		return t.stale()
	}
	if key, ok := strings.CutPrefix(arg, passSet); ok {
		set := t.s.set(key)
		if set == nil || len(passable(set)) == 0 {
			return t.sayTo("pass-gone", nil)
		}
		if good := passable(set); len(good) == 1 {
			return t.passAsk(good[0])
		}
		r := Reply{Text: t.words.say(t.lang, "pass-which", nil)}
		for n, p := range set.Pictures {
			if !p.Usable || p.Message == 0 {
				continue
			}
			data, _ := actPass.data(passOne(p)) // short
			b := Button{Label: t.words.say(t.lang, "pair-number", args{"number": number(n + 1)}), Data: data}
			if k := len(r.Buttons); k > 0 && len(r.Buttons[k-1]) < passRow {
				r.Buttons[k-1] = append(r.Buttons[k-1], b)
			} else {
				r.Buttons = append(r.Buttons, []Button{b})
			}
		}
		return []Reply{r}
	}
	p := t.s.passable(arg)
	if p == nil {
		return t.sayTo("pass-gone", nil)
	}
	return t.passAsk(*p)
}

// passRow is how many pictures stand in a row: all that a chat may have fit in four.
const passRow = maxPictures / maxRows

// passAsk says what passing a picture means and waits for the second tap.
func (t *turn) passAsk(p Picture) []Reply {
	return []Reply{{
		Text:    t.words.say(t.lang, "pass-ask", nil),
		Buttons: [][]Button{{t.button(actPassYes, passOne(p))}},
	}}
}

// passable returns the picture that an argument names, nil when it is not one of
// those that can still be worked on.
func (s *Session) passable(arg string) *Picture {
	for i := range s.Sets {
		for _, p := range passable(&s.Sets[i]) {
			if passOne(p) == arg {
				return &p
			}
		}
	}
	return nil
}

// passYes passes a picture to staff, below a card of its own.
func (t *turn) passYes(ctx context.Context, arg string) []Reply {
	if !t.hasDesk() {
		return t.stale()
	}
	p := t.s.passable(arg)
	if p == nil {
		return t.inPlace(t.sayTo("pass-gone", nil))
	}
	at := slices.IndexFunc(t.s.Passed, func(q Passed) bool { return q.Picture == p.Message })
	switch {
	case at >= 0 && t.s.Passed[at].Update != t.event.Update:
		return t.inPlace(t.sayTo("pass-already", nil))
	case at < 0 && len(t.s.Passed) >= maxPassed:
		return t.inPlace(t.sayTo("pass-many", args{"max": number(maxPassed)}))
	case at < 0 && !t.cards.room(t.now):
		return t.sayTo("pass-busy", nil) // the button stays for another try
	}
	i, card, refusal := t.filePicture(ctx, *p)
	if refusal != nil {
		return refusal
	}
	if at < 0 {
		t.s.Passed = append(t.s.Passed, Passed{Picture: p.Message, Update: t.event.Update, At: t.now})
		t.count("passed")
	}
	t.kept = true
	ref := p.ref()
	ref.Message = p.Message
	replies := append(t.inPlace(t.sayTo("pass-sent", nil)), card...)
	return append(replies, t.toDesk(Reply{
		Text: t.desk("desk-picture", args{"tag": i.tag(), "question": cmp.Or(i.Topic, i.Question)}),
		Pass: ref, Lost: t.desk("desk-picture-lost", args{"tag": i.tag()}),
		Undelivered: &Reply{Text: t.words.say(t.lang, "pass-lost", args{"count": number(1)})},
	}))
}

// filePicture files a picture as an inquiry of its own, with its card: what staff
// say about it is about the papers of one person and goes to nobody else, whoever
// asked the same. Its card names the question that it belongs to. A refusal is
// what to say instead.
func (t *turn) filePicture(ctx context.Context, p Picture) (i Inquiry, card, refusal []Reply) {
	w := wonder{
		text: t.words.say(kb.Chinese, "pass-question", nil), why: WhyPicture, slots: t.s.Context.Slots,
		own: t.person(t.event.Chat) + passOne(p),
	}
	if q, ok := t.waitsFor(ctx); ok {
		w.of, w.topic = q.Key, q.Question
	}
	question := t.s.Inquiry
	said, a, card := t.file(ctx, w)
	t.s.Inquiry = question // it is still the person's last one
	if said == "broken" || said == "inquiry-limit" {
		return i, nil, t.sayTo(said, a)
	}
	q := t.asked(w)
	return Inquiry{Key: q.key, Question: q.question, Topic: q.topic}, card, nil
}

// waitsFor returns the inquiry that the person's last question became, while they
// wait for its answer.
func (t *turn) waitsFor(ctx context.Context) (i Inquiry, ok bool) {
	if t.s.Inquiry == "" {
		return i, false
	}
	i, err := t.inquiries.Inquiry(ctx, t.s.Inquiry)
	waits := slices.ContainsFunc(i.Askers, func(a Asker) bool { return a.Chat == t.event.Chat })
	return i, err == nil && waits && !i.IsClosed()
}

// notePassed remembers what a picture has become in the staff chat.
func (s *Session) notePassed(r Reply, id MessageID) {
	for k := range s.Passed {
		if q := &s.Passed[k]; q.Picture == r.Pass.Message {
			q.Chat, q.Message = r.Chat, id
		}
	}
}

// A LostPass says that pictures did not arrive with staff.
type LostPass struct {
	Update int64 `json:"update"` // the event whose reply says so
	Count  int   `json:"count"`
}

// dropLost forgets the pictures that did not arrive with staff: when another event
// than the tap comes, each was sent or refused. After a crash in between nobody
// knows.
func (t *turn) dropLost() {
	n := len(t.s.Passed)
	t.s.Passed = slices.DeleteFunc(t.s.Passed, func(q Passed) bool { return q.Message == 0 && q.Update != t.event.Update })
	if n -= len(t.s.Passed); n > 0 {
		t.s.Lost = LostPass{t.event.Update, n}
	}
}

// sayLost adds to what is said that pictures did not arrive, once, and again when
// the same event comes again.
func (t *turn) sayLost(replies []Reply) []Reply {
	if t.s.Lost.Count == 0 || t.s.Lost.Update != t.event.Update {
		return replies
	}
	return append(replies, t.sayTo("pass-lost", args{"count": number(t.s.Lost.Count)})...)
}

// takeBack takes the pictures out of the staff chat, as far as Telegram still lets
// the bot, and returns how many went.
func (t *turn) takeBack(ctx context.Context) (gone int) {
	var left []Passed
	for _, q := range t.s.Passed {
		if len(t.port.Delete(ctx, q.Chat, []MessageID{q.Message})) > 0 {
			left = append(left, q)
			continue
		}
		gone++
	}
	t.s.Passed = left
	return gone
}
