package bot

import (
	"context"
	"slices"
	"strconv"
	"time"

	"beianbot/kb"
)

// Chats keeps what the bot remembers of each chat. Its methods are safe for
// concurrent use; the bot calls them for one chat by one goroutine at a time.
type Chats interface {
	// Load returns the session that was saved last for the chat, or the zero
	// Session when there is none or it was saved longer than [SessionLife] ago.
	Load(ctx context.Context, id ChatID) (Session, error)
	// Save replaces the session of the chat. When it has returned nil, Load
	// returns s, after a restart too when the implementation is durable. When
	// it has returned an error, Load returns either the new or the old one.
	// Beyond a bound on the number of chats, those saved longest ago go.
	Save(ctx context.Context, id ChatID, s Session) error
}

const (
	// SessionLife is how long a chat that says nothing is remembered. Telegram
	// repeats updates for 24 hours; whoever forgets earlier handles them anew.
	SessionLife = 26 * time.Hour
	// PictureLife is how long the pictures of a chat can be worked on.
	PictureLife = 30 * time.Minute

	maxPictures = 20 // of a chat
	maxSets     = 4
	maxSeen     = 16
	maxLooked   = 40
	maxOffered  = 31 // the provinces
	maxLong     = 24
	maxDrafts   = 8
	maxDone     = 16
	maxImages   = 200
	maxRated    = 16
)

// A Session is what is remembered of one chat. It holds no picture, no name and
// no file name. Its JSON form is what a durable [Chats] writes.
type Session struct {
	Lang     kb.Lang    `json:"lang,omitempty"`   // chosen with /language
	Spoken   kb.Lang    `json:"spoken,omitempty"` // of the last question
	Context  kb.Context `json:"context,omitzero"` // for the next question
	Before   kb.Context `json:"before,omitzero"`  // what Context was before the last event
	Consent  int64      `json:"consent,omitempty"`
	Seen     []int64    `json:"seen,omitempty"`     // updates handled, oldest first
	Sets     []Set      `json:"sets,omitempty"`     // oldest first
	Looked   []Looked   `json:"looked,omitempty"`   // at pictures, oldest first
	Offered  []Offer    `json:"offered,omitempty"`  // buttons of the last reply that has any
	Long     []string   `json:"long,omitempty"`     // questions behind buttons, too long for them
	Filed    []Filed    `json:"filed,omitempty"`    // questions put to staff, oldest first
	Inquiry  string     `json:"inquiry,omitempty"`  // key of the one that the last question became
	Human    time.Time  `json:"human,omitzero"`     // since when the next message is a question to staff
	Drafts   []Draft    `json:"drafts,omitempty"`   // staff chat only
	Finished []Finished `json:"finished,omitempty"` // staff chat only

	Images []MessageID `json:"images,omitempty"` // messages with pictures, theirs and ours, oldest first
	Passed []Passed    `json:"passed,omitempty"` // pictures that went to staff, oldest first
	Lost   LostPass    `json:"lost,omitzero"`    // pictures that did not arrive with them
	Rated  []MessageID `json:"rated,omitempty"`  // answers that were called useful
	Copy   string      `json:"copy,omitempty"`   // what one of the buttons of Offered copies
}

// A Set is the pictures that may become one: an album, or pictures that came
// one after the other.
type Set struct {
	Key      string    `json:"key"` // buttons name the set by it
	Pictures []Picture `json:"pictures"`
	Closed   bool      `json:"closed,omitempty"` // the next picture begins another set
	Paper    string    `json:"paper,omitempty"`  // what it is for: ID of a [Paper]
	Kind     string    `json:"kind,omitempty"`   // of filing entity it is for
	Plan     string    `json:"plan,omitempty"`   // how it is to be joined, see plan.code
	At       time.Time `json:"at"`               // when the last picture came
}

// A Picture points to one picture of a [Set] and keeps what the check said.
type Picture struct {
	ID      string    `json:"id"` // of the [FileRef]
	Unique  string    `json:"unique,omitempty"`
	Bytes   int64     `json:"bytes,omitempty"`
	Photo   bool      `json:"photo,omitempty"`
	Update  int64     `json:"update"` // with which it came
	Usable  bool      `json:"usable,omitempty"`
	File    bool      `json:"file,omitempty"`    // the file to upload is another than the person's own
	Message MessageID `json:"message,omitempty"` // that it came in
	Is      string    `json:"is,omitempty"`      // ID of the [Paper] or [Certificate] that it shows, as the person says
}

// ref returns the picture as [Port.Download] takes it. The file's name is not
// kept: it may be a person's.
func (p Picture) ref() FileRef {
	return FileRef{ID: p.ID, Unique: p.Unique, Bytes: p.Bytes, Photo: p.Photo}
}

// A Looked says that a picture was checked.
type Looked struct {
	Sum    string    `json:"sum"` // keyed hash of its bytes
	Update int64     `json:"update"`
	At     time.Time `json:"at"`
}

// An Offer is a button that was shown, so that it can be typed.
type Offer struct {
	Label string `json:"label"`
	Data  string `json:"data"`
}

// A Draft is an entry that a member of staff is writing.
type Draft struct {
	Key   string    `json:"key"`
	By    string    `json:"by"`   // whose draft it is, an opaque key
	Step  Step      `json:"step"` // what the next message of that person is
	Entry kb.Entry  `json:"entry"`
	At    time.Time `json:"at"`   // of the latest step
	Last  int64     `json:"last"` // update of the latest step

	// For whom the entry is, or what Merge adds to it. Provinces and kinds are added
	// to its words; a kind that is neither of ours is as staff wrote it.
	Provinces []string `json:"provinces,omitempty"`
	Kinds     []string `json:"kinds,omitempty"`
	Offered   []string `json:"offered,omitempty"` // provinces that have a button of their own

	Edits   bool     `json:"edits,omitempty"`   // of an entry that exists, so that its ID stays
	Since   string   `json:"since,omitempty"`   // the Change that the entry had then
	Inquiry string   `json:"inquiry,omitempty"` // key of the inquiry that it was made of
	Merge   []string `json:"merge,omitempty"`   // lines that may be added to the answer
	Joined  bool     `json:"joined,omitempty"`  // they are
	Source  string   `json:"source,omitempty"`  // of these lines, as staff wrote it
}

// Step is what a [Draft] waits for.
type Step string

// The steps.
const (
	StepTitle     Step = "title"
	StepPhrasings Step = "phrasings"
	StepAnswer    Step = "answer"
	StepSource    Step = "source"
	StepConfirm   Step = "confirm" // a button
)

// A Finished is something staff did, kept so that a second tap on the same
// button is told the same.
type Finished struct {
	Key   string `json:"key"`   // of the draft, or the ID that was retired
	Entry string `json:"entry"` // ID; empty for a cancelled draft
	Title string `json:"title,omitempty"`

	Drafter string `json:"drafter,omitempty"` // who wrote what somebody else published, an opaque key
}

// repeats reports whether the update was handled before, and remembers it. Ids
// are compared exactly: they may come out of order.
func (s *Session) repeats(update int64) bool {
	if slices.Contains(s.Seen, update) {
		return true
	}
	s.Seen = keepLast(append(s.Seen, update), maxSeen)
	return false
}

// keepLast returns the last n elements of list.
func keepLast[T any](list []T, n int) []T {
	if len(list) > n {
		return slices.Clone(list[len(list)-n:])
	}
	return list
}

// setKey names the set that begins with an update.
func setKey(update int64) string { return strconv.FormatInt(update, 36) }

// add puts the picture of a single upload into the set that is open, or begins
// one, and returns the set. full says that the set holds as many as it may.
func (s *Session) add(p Picture, now time.Time) (set *Set, full bool) {
	if n := len(s.Sets); n > 0 && !s.Sets[n-1].Closed {
		set = &s.Sets[n-1]
	} else {
		set = s.begin(p.Update, now)
	}
	set.At = now
	if slices.ContainsFunc(set.Pictures, func(q Picture) bool { return q.Update == p.Update }) {
		return set, false // the same update again
	}
	if len(set.Pictures) >= maxPictures {
		return set, true
	}
	set.Pictures = append(set.Pictures, p)
	s.bound()
	return &s.Sets[len(s.Sets)-1], false
}

// begin starts a set, or empties the one that the same update had begun.
func (s *Session) begin(update int64, now time.Time) *Set {
	key := setKey(update)
	s.Sets = slices.DeleteFunc(s.Sets, func(t Set) bool { return t.Key == key })
	s.Sets = keepLast(append(s.Sets, Set{Key: key, At: now}), maxSets)
	return &s.Sets[len(s.Sets)-1]
}

// put makes pictures those of set, which becomes the last one.
func (s *Session) put(set Set, pictures []Picture, now time.Time) *Set {
	s.Sets = slices.DeleteFunc(s.Sets, func(t Set) bool { return t.Key == set.Key })
	set.Pictures, set.At = pictures, now
	s.Sets = keepLast(append(s.Sets, set), maxSets)
	s.bound()
	return s.last()
}

// bound drops the oldest sets until the pictures of the chat are few enough.
func (s *Session) bound() {
	for {
		n := 0
		for _, set := range s.Sets {
			n += len(set.Pictures)
		}
		if n <= maxPictures || len(s.Sets) <= 1 {
			return
		}
		s.Sets = slices.Delete(s.Sets, 0, 1)
	}
}

// set returns the set with this key, and nil when it is gone.
func (s *Session) set(key string) *Set {
	for i := range s.Sets {
		if s.Sets[i].Key == key {
			return &s.Sets[i]
		}
	}
	return nil
}

// last returns the set that the latest picture joined, nil for none.
func (s *Session) last() *Set {
	if len(s.Sets) == 0 {
		return nil
	}
	return &s.Sets[len(s.Sets)-1]
}

// looked reports whether a picture with this sum was checked before in another
// update, and remembers it.
func (s *Session) looked(sum string, update int64, now time.Time) bool {
	before := slices.ContainsFunc(s.Looked, func(l Looked) bool { return l.Sum == sum && l.Update != update })
	s.Looked = slices.DeleteFunc(s.Looked, func(l Looked) bool { return l.Sum == sum && l.Update == update })
	s.Looked = keepLast(append(s.Looked, Looked{Sum: sum, Update: update, At: now}), maxLooked)
	return before
}

// expire drops what is too old to be worked on.
func (s *Session) expire(now time.Time) {
	s.Sets = slices.DeleteFunc(s.Sets, func(t Set) bool { return now.Sub(t.At) > PictureLife })
	s.Filed = slices.DeleteFunc(s.Filed, func(f Filed) bool { return now.Sub(f.At) > filedFor })
	s.Looked = slices.DeleteFunc(s.Looked, func(l Looked) bool { return now.Sub(l.At) > PictureLife })
	s.Drafts = slices.DeleteFunc(s.Drafts, func(d Draft) bool { return now.Sub(d.At) > SessionLife })
	for i := range s.Passed {
		if s.Passed[i].At.IsZero() { // of before the time was noted
			s.Passed[i].At = now
		}
	}
	s.Passed = slices.DeleteFunc(s.Passed, func(q Passed) bool { return now.Sub(q.At) > passedFor })
}

// usable returns the pictures of t that can be stitched, and the numbers, from
// 1, of those that cannot.
func (t *Set) usable() (good []Picture, left []int) {
	for i, p := range t.Pictures {
		if p.Usable {
			good = append(good, p)
		} else {
			left = append(left, i+1)
		}
	}
	return good, left
}
