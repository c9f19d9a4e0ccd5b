package bot

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"beianbot/kb"
)

const (
	// maxFiled is how many questions of one chat go to staff in [filedFor].
	maxFiled = 10
	filedFor = 24 * time.Hour
	// lately is how long /human is about the last question.
	lately = 30 * time.Minute
	// humanWait is how long the next message after /human is taken for the
	// question to staff.
	humanWait = 10 * time.Minute
	// leastAsked is how many characters a question has that staff are shown
	// unasked: a keyword alone says too little to be answered.
	leastAsked = 4
	// humanEntry is the small talk that asks for a person.
	humanEntry = "chat/human"

	maxQuestion = 200  // characters of a question that is put to staff
	maxReply    = 1500 // characters of an answer of theirs
	maxAnswers  = 4    // of one inquiry and round
	maxNear     = 3    // entries that a card names
	maxNearRead = 10   // entries among which it looks for them
	// nearMeant is the likeness from which an entry may be what a question means. Of
	// the two nearest to each of 200 held-out questions, 45 of 65 are right from here
	// on and 87 of 309 below.
	nearMeant = 0.3
)

// A wonder is a question that the event left open.
type wonder struct {
	text  string // as it was typed
	topic string // the question before
	why   Why
	entry string // ID of the entry that was shown, empty for none
	slots map[string]string
	own   string // if not empty, it is no other chat's question, and this tells it from the chat's others
	of    string // of such a one, key of the inquiry that it belongs to, empty for none; topic is that question
}

// A Filed is a question of the chat that was put to staff.
type Filed struct {
	Key string    `json:"key"`
	At  time.Time `json:"at"`
}

// hasDesk reports whether there are staff to whom the event's question can go.
func (t *turn) hasDesk() bool { return t.staff.Load() != 0 && !t.inStaffChat() }

// unanswered notes what became of a question: counted, and put to staff when it
// was not answered. ok is true for a question that asks for a person, with the
// replies.
func (t *turn) unanswered(text string, before kb.Context, a kb.Answer) (replies []Reply, ok bool) {
	t.count("asked")
	t.count(string(a.Band))
	if a.Band != kb.Social {
		t.s.Inquiry = ""
	}
	switch {
	case a.Band == kb.Sure:
		t.count(entryCount(a.Entry))
		if asked := t.asked(wonder{text: text, slots: a.Context.Slots}); t.filed(asked.key) {
			t.gone, t.goneWhy = asked.key, []Why{WhyUnsure, WhyRefused} // it is answered by now
		}
	case !t.hasDesk():
	case a.Band == kb.Social:
		if a.Entry == humanEntry {
			return t.human(""), true
		}
	case askable(text):
		t.wonder = &wonder{text: text, topic: before.Question, why: WhyRefused, entry: a.Entry, slots: a.Context.Slots}
		if a.Band == kb.Unsure {
			t.wonder.why, t.wonder.entry = WhyUnsure, ""
		}
	}
	return nil, false
}

// human puts a question to staff because a person is asked for: the one that is
// given, or the last one, or the next message.
func (t *turn) human(text string) []Reply {
	t.count("human")
	c := t.s.Context
	switch {
	case !t.hasDesk():
		return t.sayTo("human", nil)
	case askable(text):
		t.wonder = &wonder{text: text, topic: c.Question, why: WhyHuman, slots: c.Slots}
	case text != "":
		return t.humanAsk()
	case t.s.Inquiry != "":
		return t.stillWaiting()
	case c.Question != "" && t.now.Sub(c.At) < lately:
		t.wonder = &wonder{text: c.Question, why: WhyHuman, entry: c.Entry, slots: c.Slots}
	default:
		return t.humanAsk()
	}
	return nil // what is said follows from the filing
}

// stillWaiting says that staff have the question already; a picture may go to it.
func (t *turn) stillWaiting() []Reply {
	r := Reply{Text: t.words.say(t.lang, "inquiry-waiting", nil)}
	t.offerPass(&r, t.s.last())
	return []Reply{r}
}

// humanAsk asks for the question to staff.
func (t *turn) humanAsk() []Reply {
	t.s.Human, t.kept = t.now, true
	r := Reply{Text: t.words.say(t.lang, "human-ask", nil)}
	t.offerPass(&r, t.s.last())
	return []Reply{r}
}

// askable reports whether a text says enough to be put to staff.
func askable(text string) bool { return utf8.RuneCountInString(kb.Letters(text)) >= leastAsked }

// humanInput takes the message after /human for the question. ok is false when
// none is waited for.
func (t *turn) humanInput(text string) (replies []Reply, ok bool) {
	if t.s.Human.IsZero() || t.now.Sub(t.s.Human) > humanWait || !t.hasDesk() || !askable(text) {
		return nil, false
	}
	if !t.again {
		t.s.Human = time.Time{}
	}
	return t.human(text), true
}

// unresolved puts the last question to staff because its answer did not help.
func (t *turn) unresolved() []Reply {
	t.count("unresolved")
	c := t.context()
	switch {
	case !t.hasDesk():
		return t.sayTo("unresolved", nil)
	case t.s.Inquiry != "":
		return t.stillWaiting()
	case c.Question == "":
		return t.humanAsk()
	}
	t.wonder = &wonder{text: c.Question, why: WhyNoHelp, entry: c.Entry, slots: c.Slots}
	return nil
}

// picked notes that the person took one of the choices of an unsure answer.
func (t *turn) picked() {
	t.gone, t.goneWhy, t.s.Inquiry = t.s.Inquiry, []Why{WhyUnsure}, ""
}

// hand puts to staff what the event left open, tells the person so, and takes
// off the queue what nobody waits for any more.
func (t *turn) hand(ctx context.Context, replies []Reply) []Reply {
	t.withdraw(ctx)
	if t.wonder == nil {
		return replies
	}
	w := *t.wonder
	said, a, card := t.file(ctx, w)
	switch text := t.words.say(t.lang, said, a); {
	case w.why == WhyRefused || w.why == WhyUnsure:
		if last := len(replies) - 1; last >= 0 && said != "broken" {
			replies[last].Text += "\n" + text
		}
	default:
		r := Reply{Text: text}
		if said != "broken" {
			t.offerPass(&r, t.s.last())
		}
		replies = append(replies, r)
	}
	return append(replies, card...)
}

// file puts a question to staff, together with those that equal it. It returns
// what the person is told, and the card when it is the first of its round.
func (t *turn) file(ctx context.Context, w wonder) (said string, a args, card []Reply) {
	asked := t.asked(w)
	question, key := asked.question, asked.key
	a = args{"question": question, "max": number(maxFiled)}
	t.s.Filed = slices.DeleteFunc(t.s.Filed, func(f Filed) bool { return t.now.Sub(f.At) > filedFor })
	if !t.filed(key) {
		if len(t.s.Filed) >= maxFiled {
			return "inquiry-limit", a, nil
		}
		t.s.Filed = append(t.s.Filed, Filed{key, t.now})
	}
	asker := Asker{Chat: t.event.Chat, Lang: t.lang}
	asker.Province, asker.Kind = t.asksFor(question, w.slots)
	if !t.event.Private {
		asker.Message = t.event.Message
	}
	m := t.mark("")
	near := t.nearInquiry(question, w.entry)
	var known, told bool
	i, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
		known = !i.IsClosed() && !i.answered() && slices.ContainsFunc(i.Askers, func(o Asker) bool { return o.Chat == asker.Chat })
		told = i.wait(asker, t.person(asker.Chat), m)
		i.word(question)
		if i.Opened.Update == m.Update {
			i.Why, i.Entry, i.Topic, i.Near = w.why, w.entry, asked.topic, near
			i.Of = w.of
			i.Province, i.Kind = asked.province, asked.kind
		}
		return nil
	})
	if err != nil {
		t.fail(fmt.Errorf("put question to staff: %w", err))
		return "broken", a, nil
	}
	t.s.Inquiry = key
	switch {
	case !told:
		said = "inquiry-crowded"
	case w.why == WhyHuman:
		said = "inquiry-human"
	case w.why == WhyNoHelp:
		said = "inquiry-no-help"
	case known:
		said = "inquiry-waiting"
	case w.why == WhyUnsure:
		said = "inquiry-choose"
	default:
		said = "inquiry-sent"
	}
	// Handled before, the card is out, or on its way.
	if i.Opened.Update == m.Update && !t.again {
		t.count("inquiries")
		r := Reply{Text: t.desk("desk-busy", nil)}
		due, first := t.cards.due(t.now)
		if due {
			r = t.inquiryCard(i)
		}
		if due || first {
			card = []Reply{t.toDesk(r)}
		}
	}
	return said, a, card
}

// toDesk addresses r to the staff chat.
func (t *turn) toDesk(r Reply) Reply {
	r.Chat = ChatID(t.staff.Load())
	r.Topic = t.words.say(kb.Chinese, "desk-topic-name", nil)
	return r
}

// An asked is a question as staff get it. Those with the same key are one.
type asked struct {
	key, question, topic, province, kind string
}

// asked words a question for staff. Of the conversation it keeps what the answer
// depends on: the question before, when this one says nothing without it; the
// province and kind of entity that the conversation has settled, then and where
// the entry that was shown words a rule for each. Else the same question of people
// in two provinces would be two, and each a person's less asked. Which provinces
// they are in stands with the askers.
func (t *turn) asked(w wonder) asked {
	q := asked{question: oneLine(Mask(w.text), maxQuestion)}
	s := t.kb.Situation(q.question)
	q.province, q.kind = string(s.Province), string(s.Kind)
	alone := t.kb.StandsAlone(q.question)
	if !alone {
		q.topic = oneLine(Mask(w.topic), maxQuestion)
	}
	if e, ok := t.kb.Entry(w.entry); !alone || ok && e.Rule != "" {
		q.province, q.kind = t.asksFor(q.question, w.slots)
	}
	if w.own != "" {
		q.topic, q.key = oneLine(Mask(w.topic), maxQuestion), inquiryKey(q.question, w.own, "", "")
		return q
	}
	q.key = inquiryKey(q.question, q.topic, q.province, q.kind)
	return q
}

// person stands for a chat among those that are counted. Without the key nobody
// can tell which chat it is.
func (b *Bot) person(chat ChatID) string {
	const bytes = 6 // of a hash: enough to tell a hundred apart
	h := hmac.New(sha256.New, b.key)
	h.Write([]byte("asker\x00" + strconv.FormatInt(int64(chat), 10)))
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:bytes])
}

// asksFor returns the province and the kind of entity that a question names, or
// else the conversation.
func (t *turn) asksFor(question string, slots map[string]string) (province, kind string) {
	s := t.kb.Situation(question)
	return cmp.Or(string(s.Province), slots["province"]), cmp.Or(string(s.Kind), slots["kind"])
}

// filed reports whether the chat put the question of a key to staff lately.
func (t *turn) filed(key string) bool {
	return slices.ContainsFunc(t.s.Filed, func(f Filed) bool { return f.Key == key })
}

// maxCards is how many cards a minute go to the staff chat. Telegram takes twenty
// messages a minute in a group, and who asks must not wait for those of others:
// beyond it a question is in the queue alone.
const maxCards = 10

// cards are when the last cards were made.
type cards struct {
	mu   sync.Mutex
	made []time.Time // guarded by mu; the last one is that of the notice that there are more
}

// due reports whether a card may go out now, or else whether this is the first
// one that may not.
func (c *cards) due(now time.Time) (due, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = slices.DeleteFunc(c.made, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	n := len(c.made)
	if n <= maxCards {
		c.made = append(c.made, now)
	}
	return n < maxCards, n == maxCards
}

// room reports whether another message may go out now that is not worth a notice
// that there are more.
func (c *cards) room(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = slices.DeleteFunc(c.made, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(c.made) >= maxCards {
		return false
	}
	c.made = append(c.made, now)
	return true
}

// near returns at most n entries that are near to a question, nearest first.
func (t *turn) near(question string, n int) []Near {
	var list []Near
	for _, h := range t.kb.Nearest(question, n) {
		if e, ok := t.kb.Entry(h.Entry); ok {
			list = append(list, Near{h.Entry, e.Title[kb.Chinese], h.Score})
		}
	}
	return list
}

// nearInquiry returns the entry that was shown for a question, whatever its
// likeness, and those that are near enough to be meant.
func (t *turn) nearInquiry(question, shown string) []Near {
	var first, list []Near
	if e, ok := t.kb.Entry(shown); ok {
		first = []Near{{Entry: shown, Title: e.Title[kb.Chinese]}}
	}
	for _, n := range t.near(question, maxNearRead) {
		switch {
		case first != nil && n.Entry == shown:
			first[0].Score = n.Score
		case n.Score >= nearMeant && len(list) < maxNear:
			list = append(list, n)
		}
	}
	return append(first, list...)
}

// withdraw takes the chat off the questions that it no longer waits for: the one
// whose answer it chose itself, or all. Then nothing of it is left in those that
// are not closed and in those that it put to staff in [filedFor]; of older ones
// that are closed there is no list, and /privacy says what they hold.
func (t *turn) withdraw(ctx context.Context) {
	leave := func(key string, whys []Why) {
		_, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
			person := t.person(t.event.Chat)
			if i.Opened.At.IsZero() || whys != nil && !slices.Contains(whys, i.Why) || !i.knows(t.event.Chat, person) {
				return errUnchanged
			}
			i.leave(t.event.Chat, t.mark(""))
			if t.forgets { // what the chat asks later counts anew
				i.People = slices.DeleteFunc(i.People, func(p string) bool { return p == person })
			}
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			t.fail(fmt.Errorf("withdraw question: %w", err))
		}
	}
	if t.gone != "" {
		leave(t.gone, t.goneWhy)
	}
	if !t.forgets {
		return
	}
	list, err := t.inquiries.OpenInquiries(ctx)
	if err != nil {
		t.fail(fmt.Errorf("withdraw questions: %w", err))
	}
	var keys []string
	for _, i := range list {
		if i.knows(t.event.Chat, t.person(t.event.Chat)) {
			keys = append(keys, i.Key)
		}
	}
	for _, f := range t.s.Filed { // which may be closed
		if !slices.Contains(keys, f.Key) {
			keys = append(keys, f.Key)
		}
	}
	for _, key := range keys {
		leave(key, nil)
	}
}

// errUnchanged ends a change that turned out to change nothing.
var errUnchanged = errors.New("nothing to change")

// mark is the event, signed.
func (t *turn) mark(by string) Mark { return Mark{By: by, At: t.now.UTC(), Update: t.event.Update} }

// deskLang is the language of the staff chat: that of who acts there, and
// Chinese for what comes to it from elsewhere.
func (t *turn) deskLang() kb.Lang {
	if t.inStaffChat() {
		return t.lang
	}
	return kb.Chinese
}

// desk words a sentence for the staff chat.
func (t *turn) desk(key string, a args) string { return t.words.say(t.deskLang(), key, a) }

// deskButton is button for the staff chat.
func (t *turn) deskButton(a action, arg string) Button {
	data, _ := a.data(arg) // short
	return Button{Label: t.words.label(t.deskLang(), a), Data: data}
}
