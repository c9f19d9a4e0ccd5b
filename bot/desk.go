package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
)

// A wonder is a question that the event left open.
type wonder struct {
	text  string // as it was typed
	topic string // the question before
	why   Why
	entry string // ID of the entry that was shown, empty for none
	slots map[string]string
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
		question := oneLine(Mask(text), maxQuestion)
		province, kind := t.asksFor(question, a.Context.Slots)
		if key := inquiryKey(question, "", province, kind); t.filed(key) {
			t.gone, t.goneWhy = key, []Why{WhyUnsure, WhyRefused} // it is answered by now
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
		return t.sayTo("inquiry-waiting", nil)
	case c.Question != "" && t.now.Sub(c.At) < lately:
		t.wonder = &wonder{text: c.Question, why: WhyHuman, entry: c.Entry, slots: c.Slots}
	default:
		return t.humanAsk()
	}
	return nil // what is said follows from the filing
}

// humanAsk asks for the question to staff.
func (t *turn) humanAsk() []Reply {
	t.s.Human, t.kept = t.now, true
	return t.sayTo("human-ask", nil)
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
		return t.sayTo("inquiry-waiting", nil)
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
		replies = append(replies, Reply{Text: text})
	}
	return append(replies, card...)
}

// file puts a question to staff, together with those that equal it. It returns
// what the person is told, and the card when it is the first of its round.
func (t *turn) file(ctx context.Context, w wonder) (said string, a args, card []Reply) {
	question := oneLine(Mask(w.text), maxQuestion)
	a = args{"question": question, "max": number(maxFiled)}
	if !short(question) {
		w.topic = "" // it stands for itself
	}
	province, kind := t.asksFor(question, w.slots)
	key := inquiryKey(question, w.topic, province, kind)
	t.s.Filed = slices.DeleteFunc(t.s.Filed, func(f Filed) bool { return t.now.Sub(f.At) > filedFor })
	if !t.filed(key) {
		if len(t.s.Filed) >= maxFiled {
			return "inquiry-limit", a, nil
		}
		t.s.Filed = append(t.s.Filed, Filed{key, t.now})
	}
	asker := Asker{Chat: t.event.Chat, Lang: t.lang}
	if !t.event.Private {
		asker.Message = t.event.Message
	}
	m := t.mark("")
	near := t.near(question)
	var known, told bool
	i, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
		known = !i.IsClosed() && !i.answered() && slices.ContainsFunc(i.Askers, func(o Asker) bool { return o.Chat == asker.Chat })
		told = i.wait(asker, m)
		i.word(question)
		if i.Opened.Update == m.Update {
			i.Why, i.Entry, i.Topic, i.Near = w.why, w.entry, oneLine(Mask(w.topic), maxQuestion), near
			i.Province, i.Kind = province, kind
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

// near returns the entries that are near to a question.
func (t *turn) near(question string) []Near {
	var list []Near
	for _, h := range t.kb.Nearest(question, maxNear) {
		if e, ok := t.kb.Entry(h.Entry); ok {
			list = append(list, Near{h.Entry, e.Title[kb.Chinese], h.Score})
		}
	}
	return list
}

// withdraw takes the chat off the questions that it no longer waits for: the one
// whose answer it chose itself, or all.
func (t *turn) withdraw(ctx context.Context) {
	leave := func(key string, whys []Why) {
		_, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
			if i.Opened.At.IsZero() || whys != nil && !slices.Contains(whys, i.Why) {
				return errUnchanged
			}
			i.leave(t.event.Chat, t.mark(""))
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
	for _, i := range list {
		if slices.ContainsFunc(i.Askers, func(a Asker) bool { return a.Chat == t.event.Chat }) {
			leave(i.Key, nil)
		}
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

// inquiryCard shows an inquiry to staff. Its first word is what a reply to it is
// known by.
func (t *turn) inquiryCard(i Inquiry) Reply {
	lines := []string{t.desk("desk-card", args{"tag": i.tag(), "count": number(i.Count), "question": i.Question})}
	add := func(key string, a args) { lines = append(lines, t.desk(key, a)) }
	if len(i.Wordings) > 0 {
		add("desk-wordings", args{"wordings": t.words.join(kb.Chinese, i.Wordings)})
	}
	if i.Topic != "" {
		add("desk-before", args{"question": i.Topic})
	}
	if scope := t.scopeText(splitList(i.Province), splitList(i.Kind)); scope != "" {
		add("desk-scope", args{"scope": scope})
	}
	title := i.Entry
	if e, ok := t.kb.Entry(i.Entry); ok {
		title = e.Title[kb.Chinese]
	}
	switch {
	case i.Why != WhyUnsure && title != "":
		add("why-"+string(i.Why)+"-of", args{"title": title})
	default:
		add("why-"+string(i.Why), nil)
	}
	if len(i.Near) > 0 {
		add("desk-near", args{"near": t.nearText(i.Near)})
	}
	if i.Last != "" {
		add("desk-last", args{"answer": oneLine(i.Last, maxQuestion)})
	}
	r := Reply{}
	switch {
	case i.IsClosed():
		add("end-"+string(i.Ending), t.whoWhen(i.Closed))
	case i.answered():
		add("desk-answered", t.saidBy(i.Answers[len(i.Answers)-1]))
		r.Buttons = t.answerButtons(i)
	case i.Claim.By != "":
		add("desk-claimed", t.whoWhen(i.Claim))
		add("desk-how", nil)
		r.Buttons = [][]Button{{t.deskButton(actTake, i.Key), t.deskButton(actDrop, i.Key)}}
	default:
		add("desk-how", nil)
		r.Buttons = [][]Button{{t.deskButton(actClaim, i.Key), t.deskButton(actDrop, i.Key)}}
	}
	r.Text = strings.Join(lines, "\n")
	return r
}

// nearText words entries with their likeness.
func (t *turn) nearText(near []Near) string {
	var words []string
	for _, n := range near {
		words = append(words, t.desk("desk-near-one", args{"title": n.Title, "score": number(int(100 * n.Score))}))
	}
	return t.words.join(kb.Chinese, words)
}

// answerButtons offer what may become of an answer.
func (t *turn) answerButtons(i Inquiry) [][]Button {
	rows := [][]Button{{t.deskButton(actSave, i.Key), t.deskButton(actKeep, i.Key)}}
	for n, near := range i.Near[:min(len(i.Near), maxMerges)] {
		if data, ok := actMerge.data(i.Key + ":" + number(n)); ok && near.Score >= mergeNear {
			rows = append(rows, []Button{{Label: clip(t.desk("desk-merge", args{"title": near.Title}), maxLabel), Data: data}})
		}
	}
	return rows
}

const (
	maxMerges = 2   // entries that an answer is offered to become part of
	mergeNear = 0.1 // likeness below which an entry is about something else
)

// splitList is the reverse of joining with commas.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// maxQueue is how many inquiries one message lists; ten buttons fit under it.
const maxQueue = 10

// queue lists what waits for staff, the most asked first, a page at a time.
func (t *turn) queue(ctx context.Context, text string) []Reply {
	list, err := t.inquiries.OpenInquiries(ctx)
	if err != nil {
		t.fail(fmt.Errorf("list questions: %w", err))
		return t.sayTo("broken", nil)
	}
	if len(list) == 0 {
		return t.sayTo("desk-queue-empty", nil)
	}
	slices.SortFunc(list, byDemand)
	open := len(list)
	if n := slices.IndexFunc(list, func(i Inquiry) bool { return i.answered() }); n >= 0 {
		open = n
	}
	lines := []string{t.desk("desk-queue", args{"count": number(open), "done": number(len(list) - open)})}
	r := Reply{}
	page, _ := strconv.Atoi(text) // anything else is the first one
	page = min(max(page, 1), (len(list)+maxQueue-1)/maxQueue)
	first := (page - 1) * maxQueue
	for n, i := range list[first:min(len(list), first+maxQueue)] {
		state := ""
		switch {
		case i.answered():
			state = t.desk("desk-queue-answered", t.whoWhen(i.Answers[len(i.Answers)-1].Mark))
		case i.Claim.By != "":
			state = t.desk("desk-queue-claimed", t.whoWhen(i.Claim))
		}
		lines = append(lines, t.desk("desk-queue-line", args{
			"number": number(first + n + 1), "count": number(i.Count), "question": clip(i.Question, 60), "state": state,
		}))
		data, _ := actShow.data(i.Key) // short
		if n%5 == 0 {
			r.Buttons = append(r.Buttons, nil)
		}
		row := &r.Buttons[len(r.Buttons)-1]
		*row = append(*row, Button{Label: number(first + n + 1), Data: data})
	}
	if more := len(list) - first - maxQueue; more > 0 {
		lines = append(lines, t.desk("desk-queue-more", args{"count": number(more), "page": number(page + 1)}))
	}
	r.Text = strings.Join(lines, "\n")
	return []Reply{r}
}
