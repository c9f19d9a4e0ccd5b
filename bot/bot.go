package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// Knowledge is what the bot asks of the knowledge base. [kb.Base] is one. Its
// methods are safe for concurrent use.
type Knowledge interface {
	Ask(q kb.Question) kb.Answer
	Show(id string, lang kb.Lang, c kb.Context) (kb.Answer, bool)
	Limits() kb.Limits
	Entry(id string) (kb.Entry, bool)
	Checklists

	// StandsAlone reports whether a question says by itself what it is about.
	StandsAlone(question string) bool
	// Nearest returns at most n entries that are near to a text, nearest first.
	Nearest(text string, n int) []kb.Hit

	// Official reports whether what e says, additions aside, is the official text.
	Official(e kb.Entry) bool
	Preview(e kb.Entry, lang kb.Lang) kb.Answer
	Lint(e kb.Entry) []kb.Complaint
	Put(ctx context.Context, e kb.Entry) error
	Retire(ctx context.Context, id, by, change string) error
	Undo(ctx context.Context, id string, to int, by, change string) (kb.Entry, error)
	History(ctx context.Context, id string) ([]kb.Entry, error)
	Impact(e kb.Entry, questions []string) ([]kb.Change, error)
	StaffEntries() []kb.Entry
	Overlay() []kb.Entry
	Shadowed() []kb.Shadow
	NewID(title string) string
}

// Pictures is what the bot has done with pictures. [picture.Checker] is one.
// Its methods bound the memory they take, are safe for concurrent use, and
// return an error only when ctx ends.
type Pictures interface {
	Examine(ctx context.Context, data []byte, src picture.Source) (picture.Report, picture.Repaired, bool, error)
	Stitch(ctx context.Context, files [][]byte, opt picture.StitchOptions) (picture.Stitched, error)
}

// A Config is what a [Bot] is made of.
type Config struct {
	Words     *Words    // required
	Knowledge Knowledge // required
	Pictures  Pictures  // required
	Chats     Chats     // required

	// StaffChat is the group whose members may change the knowledge; 0 for
	// none, and then nobody can.
	StaffChat ChatID
	// GivenStaff is the staff chat that was given at the start, 0 for one that was
	// bound. StaffChat is another when the group has moved since (see [StaffChat]).
	GivenStaff ChatID
	// Key is the secret that makes the opaque names under which staff sign, those
	// by which who asks is counted, and the sums by which pictures are recognised;
	// the same key, the same names. Required with a StaffChat: without a secret,
	// whoever reads a name finds the person by trying all numbers. Random when empty.
	Key []byte
	// Pairs say which paper is stitched to which certificate. Required.
	Pairs *Pairs
	// BindCode is what "/bind CODE" in a group makes it the staff chat with, once,
	// when there is none; empty, and no chat can be bound. After ten wrong ones in a
	// chat none is taken there for an hour.
	BindCode string
	// StaffChanged is called when the staff chat is another: bound, or moved. It
	// must not block. May be nil.
	StaffChanged func(ChatID)
	// Inquiries, Counts and Settings are in memory if nil.
	Inquiries Inquiries
	Counts    Counts
	Settings  Settings
	// Clauses names, per kind of problem, the entry that a finding rests on.
	Clauses Clauses
}

// A Bot is the conversation: it handles the events of all chats. It keeps
// nothing itself: what is remembered lies with [Chats] and [Knowledge].
type Bot struct {
	log      *slog.Logger
	words    *Words
	kb       Knowledge
	pictures Pictures
	pairs    *Pairs
	chats    Chats
	staff    atomic.Int64 // a ChatID; changes when the group moves
	key      []byte
	findings Findings
	slots    chan struct{} // one token for each chat whose pictures are worked on

	inquiries Inquiries
	counts    Counts
	settings  Settings
	onStaff   func(ChatID)
	given     ChatID // the staff chat as it was given at the start, 0 for one that was bound
	cards     cards

	colleagues colleagues

	bindMu   sync.Mutex // held while a code is compared
	bindCode string
	wrong    map[ChatID]wrongCodes // guarded by bindMu
}

// New returns a bot. Its error says what is missing in c.
func New(log *slog.Logger, c Config) (*Bot, error) {
	if (c.StaffChat != 0 || c.BindCode != "") && len(c.Key) == 0 {
		return nil, errors.New("new bot: a staff chat needs a key")
	}
	if len(c.Key) == 0 {
		c.Key = []byte(rand.Text()) // nothing that is signed with it outlives the process
	}
	b := &Bot{
		log: log, words: c.Words, kb: c.Knowledge, pictures: c.Pictures, pairs: c.Pairs, chats: c.Chats,
		key: c.Key, slots: make(chan struct{}, pictureSlots),
		findings:  Findings{Words: c.Words, Knowledge: c.Knowledge, Clauses: c.Clauses},
		inquiries: c.Inquiries, counts: c.Counts, settings: c.Settings,
		onStaff: c.StaffChanged, bindCode: c.BindCode, wrong: make(map[ChatID]wrongCodes),
	}
	if b.inquiries == nil {
		b.inquiries = NewMemInquiries()
	}
	if b.counts == nil {
		b.counts = NewMemCounts()
	}
	if b.settings == nil {
		b.settings = NewMemSettings()
	}
	b.staff.Store(int64(c.StaffChat))
	b.given = c.GivenStaff
	return b, nil
}

// IsStaffChat reports whether the members of a chat may change the knowledge.
func (b *Bot) IsStaffChat(id ChatID) bool { return id != 0 && id == ChatID(b.staff.Load()) }

// A turn is the handling of one event.
type turn struct {
	*Bot
	event Event
	port  Port
	s     *Session
	lang  kb.Lang
	now   time.Time
	again bool            // the event was handled before
	sums  map[string]bool // of the pictures checked
	kept  bool            // the replies say that the session is changed
	err   error           // what failed on the way and is for the log

	wonder  *wonder        // the question that goes to staff, nil for none
	gone    string         // key of the inquiry whose answer the person found
	goneWhy []Why          // if it was put to staff for one of these reasons
	forgets bool           // the chat waits for no answer any more
	counted map[string]int // by name
}

// Handle answers one event. It implements [Handler].
//
// What the event changes is saved before the replies are returned, so that a
// crash between the two leads to a second answer and not to a second change.
func (b *Bot) Handle(ctx context.Context, e Event, p Port) ([]Reply, error) {
	s, loadErr := b.chats.Load(ctx, e.Chat)
	t := &turn{Bot: b, event: e, port: p, s: &s, now: time.Now(), sums: make(map[string]bool)}
	t.again = s.repeats(e.Update)
	if t.again {
		s.Context = s.Before
	} else {
		s.Before = s.Context
	}
	if !e.Private && !t.inStaffChat() && !e.Follows {
		s.Context = kb.Context{} // it is about another member's question
	}
	s.expire(t.now)
	t.dropLost()
	t.lang = t.language()
	if t.inStaffChat() {
		t.colleagues.learn(t.signature(), e.Name)
	}

	replies := t.body(ctx)
	if ctx.Err() == nil {
		replies = t.hand(ctx, replies)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("handle event: %w", ctx.Err()) // it will come again
	}
	replies = t.sayLost(replies)
	for i := range replies {
		t.finish(&replies[i])
	}
	t.remember(replies)
	var sessionErr error
	if loadErr != nil {
		// What is stored may be newer than the empty session: leave it.
		sessionErr = fmt.Errorf("load session: %w", loadErr)
	} else if err := b.chats.Save(ctx, e.Chat, s); err != nil {
		sessionErr = fmt.Errorf("save session: %w", err)
	}
	if sessionErr != nil && t.kept {
		replies = t.sayTo("broken", nil)
		t.finish(&replies[0])
	}
	if sessionErr == nil {
		t.fail(t.addUp(ctx))
	}
	return replies, errors.Join(t.err, sessionErr)
}

// body answers the event.
func (t *turn) body(ctx context.Context) []Reply {
	switch body := t.event.Body.(type) {
	case Text:
		return t.text(ctx, body.Text)
	case Command:
		return t.command(ctx, body)
	case Upload:
		if t.inStaffChat() {
			return t.deskUpload()
		}
		t.noteImages(body)
		return t.upload(ctx, body)
	case Press:
		return t.press(ctx, body)
	case Amended:
		return t.amended(body.Text)
	case Unsupported:
		if !t.event.Private {
			return nil // people in a group do not talk to the bot with stickers
		}
		return t.reply(t.words.unsupported(t.lang, body.Kind))
	}
	return nil // unreachable: Body is sealed
}

// text handles a message: what a draft waits for, a button typed, a question.
func (t *turn) text(ctx context.Context, text string) []Reply {
	text = strings.TrimSpace(text)
	if t.inStaffChat() {
		if replies, ok := t.deskReply(ctx, text); ok {
			return replies
		}
		if replies, ok := t.draftInput(ctx, text); ok {
			return replies
		}
	}
	if text == "" {
		return t.sayTo("empty-question", nil)
	}
	if data, ok := t.typed(text); ok {
		return t.act(ctx, data)
	}
	if t.inStaffChat() {
		return t.overhear(text)
	}
	if replies, ok := t.humanInput(text); ok {
		return replies
	}
	if replies, ok := t.checklistTyped(text); ok {
		return replies
	}
	if replies, ok := t.pictureTyped(text); ok {
		return replies
	}
	return t.ask(text)
}

// command handles "/name args".
func (t *turn) command(ctx context.Context, c Command) []Reply {
	if t.inStaffChat() {
		return t.staffCommand(ctx, c)
	}
	switch c.Name {
	case "start":
		return t.start(c.Args)
	case "help":
		return t.sayTo("help", nil)
	case "ask":
		if c.Args == "" {
			return t.sayTo("ask-prompt", nil)
		}
		return t.ask(c.Args)
	case "checklist":
		return t.checklist(t.kb.Situation(c.Args))
	case "stitch":
		return t.stitchCommand(ctx)
	case "privacy":
		return t.privacy()
	case "delete":
		return t.deletePictures(ctx)
	case "human":
		return t.human(c.Args)
	case "bind":
		return t.bind(ctx, c.Args)
	case "forget":
		return t.forget()
	case "language":
		return t.languageCommand(c.Args)
	}
	return t.sayTo("unknown-command", nil)
}

// forget drops what is remembered of the chat. Drafts in the staff chat are each
// the work of one person, and not everybody's to drop. Which messages hold
// pictures is kept, and said to be, so that they can still be deleted.
func (t *turn) forget() []Reply {
	t.forgets = true
	kept := Session{Seen: t.s.Seen, Filed: t.s.Filed, Images: t.s.Images, Passed: t.s.Passed, Lost: t.s.Lost}
	if t.inStaffChat() {
		kept.Drafts, kept.Finished = t.s.Drafts, t.s.Finished
	}
	*t.s, t.kept = kept, true
	r := Reply{Text: t.words.say(t.lang, "forgotten", nil)}
	if n := len(kept.Images) + len(kept.Passed); n > 0 {
		r.Text += "\n" + t.words.say(t.lang, "forgotten-images", args{"count": number(n)})
		r.Buttons = [][]Button{{t.button(actDelete, "")}}
	}
	return []Reply{r}
}

// start greets, or shows the entry that a link points to.
func (t *turn) start(payload string) []Reply {
	if id, ok := entryOf(payload); ok {
		if a, ok := t.kb.Show(id, t.lang, t.s.Context); ok {
			t.s.Context = a.Context
			return []Reply{t.card(a)}
		}
		return t.sayTo("unknown-link", nil)
	}
	r := Reply{
		Text: t.words.say(t.lang, "start", args{"limit": t.findings.limit()}),
		Buttons: [][]Button{
			{t.button(actAsk, ""), t.button(actCheck, ""), t.button(actStitchHow, "")},
		},
	}
	return []Reply{r}
}

// languageCommand offers the languages, or sets the one that is named.
func (t *turn) languageCommand(name string) []Reply {
	switch strings.ToLower(name) {
	case "zh", "中文":
		return t.setLanguage(kb.Chinese)
	case "en", "english":
		return t.setLanguage(kb.English)
	}
	return []Reply{{
		Text:    t.words.say(t.lang, "language-ask", nil),
		Buttons: [][]Button{{t.button(actChinese, ""), t.button(actEnglish, "")}},
	}}
}

func (t *turn) setLanguage(l kb.Lang) []Reply {
	t.s.Lang, t.lang, t.kept = l, l, true
	return t.sayTo("language-set", nil)
}

// press handles a tap on a button.
func (t *turn) press(ctx context.Context, p Press) []Reply {
	return t.act(ctx, p.Data)
}

// act does what the data of a button says, as far as it can be true.
func (t *turn) act(ctx context.Context, data string) []Reply {
	a, arg, ok := parseData(data)
	if !ok {
		return t.stale()
	}
	switch a {
	case actAsk:
		return t.sayTo("ask-prompt", nil)
	case actCheck:
		return t.pictureChat(func() []Reply { return t.picturePrompt("check-prompt") })
	case actStitchHow:
		return t.pictureChat(t.stitchPrompt)
	case actStitch, actAnyway, actSplit, actPurpose, actFirst, actArrange:
		return t.pictureChat(func() []Reply { return t.stitchAct(ctx, a, arg) })
	case actOnlyCheck:
		if set := t.s.set(arg); set != nil {
			set.Closed = true
		}
		return t.sayTo("only-check", nil)
	case actFixed:
		return t.pictureChat(func() []Reply { return t.files(ctx, t.s.set(arg)) })
	case actClear:
		t.s.Sets, t.kept = nil, true
		return t.sayTo("cleared", nil)
	case actPass:
		return t.pictureChat(func() []Reply { return t.pass(arg) })
	case actPassYes:
		return t.pictureChat(func() []Reply { return t.passYes(ctx, arg) })
	case actDelete:
		return t.deletePictures(ctx)
	case actCopy:
		return t.copyText()
	case actUseful:
		return t.useful(ctx, arg)
	case actUnresolved:
		return t.unresolved()
	case actChinese:
		return t.setLanguage(kb.Chinese)
	case actEnglish:
		return t.setLanguage(kb.English)
	case actEntry:
		if a, ok := t.kb.Show(arg, t.lang, t.s.Context); ok {
			t.s.Context = a.Context
			t.picked()
			return []Reply{t.card(a)}
		}
	case actQuestion:
		return t.ask(arg)
	case actNarrow:
		return t.narrow(arg)
	case actChecklist:
		return t.checklistPress(arg)
	case actLong:
		for _, q := range t.s.Long {
			if longKey(q) == arg {
				return t.ask(q)
			}
		}
	default:
		if slices.Contains(ofStaff, a) && t.inStaffChat() {
			return t.staffAct(ctx, a, arg)
		}
	}
	return t.stale()
}

// stale is said to a button that does nothing any more, or never did.
func (t *turn) stale() []Reply {
	if t.inStaffChat() {
		return t.sayTo("staff-stale", nil)
	}
	return t.sayTo("stale-button", nil)
}

// pictureChat runs f where pictures may be worked on, which is not in groups:
// what is in them is nobody else's business.
func (t *turn) pictureChat(f func() []Reply) []Reply {
	if !t.event.Private {
		return t.sayTo("group-pictures", nil)
	}
	return f()
}

// inStaffChat reports whether the event comes from those who may change the
// knowledge.
func (t *turn) inStaffChat() bool { return t.IsStaffChat(t.event.Chat) }

// fail notes what went wrong with the machinery, for the log of the caller.
func (t *turn) fail(err error) { t.err = errors.Join(t.err, err) }
