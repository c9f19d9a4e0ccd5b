package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"beianbot/kb"
)

// Inquiries keeps the questions that wait for staff (待答问题). Its methods are
// safe for concurrent use, by several processes too when it is shared.
type Inquiries interface {
	// Inquiry returns the inquiry of a key, or [kb.ErrNotFound].
	Inquiry(ctx context.Context, key string) (Inquiry, error)
	// ChangeInquiry changes the inquiry of a key by compare and set, and returns
	// it as it is then. One that does not exist yet comes to change with its Key
	// only. change may run again, on a newer version; its error is returned as it
	// is, and nothing is changed. When ChangeInquiry has returned nil, the change
	// survives a crash of a durable implementation.
	ChangeInquiry(ctx context.Context, key string, change func(*Inquiry) error) (Inquiry, error)
	// OpenInquiries returns those that are not closed, in any order.
	OpenInquiries(ctx context.Context) ([]Inquiry, error)
}

// Settings keeps what is decided while the program runs, such as which chat is
// the staff's. Its methods are safe for concurrent use.
type Settings interface {
	// Setting returns a value, empty when it was never set.
	Setting(ctx context.Context, key string) (string, error)
	// Set stores a value. Keys are of [-_a-zA-Z0-9]. When it has returned nil, the
	// value survives a crash of a durable implementation.
	Set(ctx context.Context, key, value string) error
}

// Bounds of an inquiry: it is kept for weeks, and read whole.
const (
	maxWordings = 8
	maxAskers   = 50
	maxPeople   = 100 // chats that are told apart
	maxUpdates  = 64  // events that are remembered as counted
)

// An Inquiry is one question that staff are to answer, for everybody who asked
// it. Its texts have no long runs of digits. Its JSON form is what a durable
// [Inquiries] writes.
type Inquiry struct {
	Key      string   `json:"key"`                // begins with "q"; cards show it behind a "#"
	Question string   `json:"question"`           // as it was asked first
	Wordings []string `json:"wordings,omitempty"` // other ways in which it was asked
	Topic    string   `json:"topic,omitempty"`    // the question before, when this one says nothing without it
	Of       string   `json:"of,omitempty"`       // key of the inquiry that asks Topic, of a picture that belongs to it
	Why      Why      `json:"why"`
	Entry    string   `json:"entry,omitempty"`    // ID of the entry that was shown, and did not help
	Province string   `json:"province,omitempty"` // that the answer depends on, several parted by commas
	Kind     string   `json:"kind,omitempty"`     // likewise: "individual", "organization", or both
	Near     []Near   `json:"near,omitempty"`     // Entry, when it is there, then nearest first

	Count   int       `json:"count"`             // how many chats asked, in all rounds; beyond maxPeople it stands still
	Times   int       `json:"times,omitempty"`   // how often they did
	People  []string  `json:"people,omitempty"`  // keyed hashes of the chats that Count counts
	Askers  []Asker   `json:"askers,omitempty"`  // whom to tell, in this round
	Updates []int64   `json:"updates,omitempty"` // events that were counted, oldest first
	Opened  Mark      `json:"opened,omitzero"`   // the beginning of this round
	Asked   time.Time `json:"asked"`             // when it was asked last

	Claim   Mark   `json:"claim,omitzero"` // who is at it
	Answers []Said `json:"answers,omitempty"`
	Last    string `json:"last,omitempty"` // the answer of the round before
	Closed  Mark   `json:"closed,omitzero"`
	Ending  Ending `json:"ending,omitempty"` // why it is closed
}

// Why is why a question is put to staff. Its value names the wording.
type Why string

// The reasons.
const (
	WhyRefused Why = "refused" // the material does not cover it
	WhyUnsure  Why = "unsure"  // the bot offered a choice
	WhyNoHelp  Why = "no-help" // the answer did not help
	WhyHuman   Why = "human"   // a person was asked for
	WhyPicture Why = "picture" // staff are to look at a picture
)

// Ending is why an inquiry is closed. Its value names the wording.
type Ending string

// The endings.
const (
	EndSaved   Ending = "saved"   // the answer became an entry, or part of one
	EndKept    Ending = "kept"    // it was answered, and that was that
	EndDropped Ending = "dropped" // staff have no answer
	EndGone    Ending = "gone"    // nobody waits any more
)

// Near is an entry that is near to a question.
type Near struct {
	Entry string  `json:"entry"`
	Title string  `json:"title"`
	Score float64 `json:"score"` // likeness, 0 to 1
}

// An Asker is a chat in which a question was asked.
type Asker struct {
	Chat    ChatID    `json:"chat"`
	Message MessageID `json:"message,omitempty"` // the question, in groups
	Lang    kb.Lang   `json:"lang,omitempty"`

	// What the conversation was about, for staff to see: one answer goes to all.
	Province string `json:"province,omitempty"`
	Kind     string `json:"kind,omitempty"`
}

// A Mark says who did something, when, and in which event.
type Mark struct {
	By     string    `json:"by,omitempty"` // an opaque key; empty for the bot itself
	At     time.Time `json:"at,omitzero"`
	Update int64     `json:"update,omitempty"`
}

// Said is an answer of staff.
type Said struct {
	Mark
	Text string `json:"text"`
}

// IsClosed reports whether nothing is left to do about i.
func (i *Inquiry) IsClosed() bool { return !i.Closed.At.IsZero() }

// answered reports whether i has been answered in this round.
func (i *Inquiry) answered() bool { return len(i.Answers) > 0 }

// answer returns what staff said, in this round or the one before.
func (i *Inquiry) answer() string {
	if n := len(i.Answers); n > 0 {
		texts := make([]string, n)
		for k, a := range i.Answers {
			texts[k] = a.Text
		}
		return strings.Join(texts, "\n")
	}
	return i.Last
}

// wait adds a chat to those that wait for the answer. person stands for it where
// people are counted, over all rounds. A question that had been answered or closed
// is open again. The same event twice is one. It reports whether the chat will be
// told, which is so for the first [maxAskers].
func (i *Inquiry) wait(a Asker, person string, m Mark) bool {
	known := slices.ContainsFunc(i.Askers, func(o Asker) bool { return o.Chat == a.Chat })
	if slices.Contains(i.Updates, m.Update) {
		return known
	}
	i.Updates = keepLast(append(i.Updates, m.Update), maxUpdates)
	i.Asked = m.At
	if i.Opened.At.IsZero() || i.IsClosed() || i.answered() {
		i.Last = i.answer()
		i.Opened, i.Claim, i.Closed, i.Ending = m, Mark{}, Mark{}, ""
		i.Askers, i.Answers, known = nil, nil, false
	}
	i.Times = max(i.Times, i.Count) + 1 // Times came after Count
	if !slices.Contains(i.People, person) && len(i.People) < maxPeople {
		i.Count++
		i.People = append(i.People, person)
	}
	if known {
		return true
	}
	if len(i.Askers) == maxAskers {
		return false
	}
	i.Askers = append(i.Askers, a)
	return true
}

// word adds a way in which the question was asked.
func (i *Inquiry) word(text string) {
	if i.Question == "" {
		i.Question = text
	}
	same := func(o string) bool { return kb.Letters(o) == kb.Letters(text) }
	if !same(i.Question) && !slices.ContainsFunc(i.Wordings, same) && len(i.Wordings) < maxWordings {
		i.Wordings = append(i.Wordings, text)
	}
}

// close closes i, unless it is.
func (i *Inquiry) close(e Ending, m Mark) {
	if i.IsClosed() {
		return
	}
	i.Closed, i.Ending = m, e
	if e != EndDropped {
		// They have been told all there is; for whom the answer is stays.
		provinces, kinds, _ := inquiryScope(*i)
		i.Province, i.Kind = strings.Join(provinces, ","), strings.Join(kinds, ",")
		i.Askers = nil
	}
}

// knows reports whether anything in i stands for a chat. person is its keyed hash.
func (i *Inquiry) knows(chat ChatID, person string) bool {
	return slices.Contains(i.People, person) || slices.ContainsFunc(i.Askers, func(a Asker) bool { return a.Chat == chat })
}

// leave takes a chat off those that wait. What nobody waits for, and nobody has
// begun to answer, is closed.
func (i *Inquiry) leave(chat ChatID, m Mark) {
	n := len(i.Askers)
	i.Askers = slices.DeleteFunc(i.Askers, func(a Asker) bool { return a.Chat == chat })
	if n > 0 && len(i.Askers) == 0 && i.Claim.By == "" && !i.answered() {
		i.close(EndGone, m)
	}
}

// byDemand orders inquiries: unanswered before answered ones, the most asked
// first, then the oldest.
func byDemand(a, b Inquiry) int {
	return cmp.Or(
		cmp.Compare(len(a.Answers), len(b.Answers)),
		cmp.Compare(b.Count, a.Count),
		cmp.Compare(b.Times, a.Times),
		a.Opened.At.Compare(b.Opened.At),
		strings.Compare(a.Key, b.Key),
	)
}

// inquiryKey returns the key of a question: the same for questions that differ
// only in politeness, and another for another topic, province or kind.
func inquiryKey(question, topic, province, kind string) string {
	text := kb.Normal(question)
	sum := sha256.Sum256([]byte(text + "|" + kb.Normal(topic) + "|" + province + "|" + kind))
	return "q" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// tag is what stands first on a card, so that a reply to it finds its inquiry.
func (i *Inquiry) tag() string { return "#" + i.Key }

// tagged returns the key that a card begins with. The text is one of the bot's
// own, but what follows the tag was written by people.
func tagged(card string) (key string, ok bool) {
	word, _, _ := strings.Cut(card, " ")
	key, ok = strings.CutPrefix(word, "#")
	return key, ok && isInquiryKey(key)
}

// isInquiryKey reports whether s has the form of what [inquiryKey] returns.
func isInquiryKey(s string) bool {
	return len(s) == 9 && s[0] == 'q' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '2' || r > '7')
	})
}
