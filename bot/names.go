package bot

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// This file is about what colleagues are called in the staff chat.
//
// Versions of entries, inquiries and exports are signed with an opaque key (see
// [turn.signature]) and never with a name: the journal of the knowledge is only
// ever appended to, exports are handed on, and neither could forget a colleague who
// leaves. What a key is called is in memory alone, and said in the staff chat
// alone. After a restart a colleague is the beginning of the key until they write
// or press something there; everything stays signed with who and when.

const (
	maxNames = 64 // colleagues; beyond it those go whose name was learnt first
	maxName  = 12 // characters of a name
	shortKey = 4  // characters of a key that stand for somebody without a name
)

// A staffName is what a colleague is called, by Telegram's first name.
type staffName struct{ by, name string }

// colleagues are the names of staff. The zero value knows nobody.
type colleagues struct {
	mu   sync.Mutex
	list []staffName // guarded by mu; learnt first comes first
}

// learn remembers what a colleague is called.
func (n *colleagues) learn(by, name string) {
	one := staffName{by, displayName(name)}
	n.mu.Lock()
	defer n.mu.Unlock()
	if one.name == "" || slices.Contains(n.list, one) {
		return
	}
	n.list = slices.DeleteFunc(n.list, func(o staffName) bool { return o.by == by })
	n.list = keepLast(append(n.list, one), maxNames)
}

// of returns what the owner of a key is called: the name, with the beginning of
// the key when a colleague has the same one, and that alone when there is none.
func (n *colleagues) of(by string) string {
	short := by
	if r := []rune(by); len(r) > shortKey {
		short = string(r[:shortKey])
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	name, shared := "", false
	for _, o := range n.list {
		if o.by == by {
			name = o.name
		}
	}
	for _, o := range n.list {
		shared = shared || o.by != by && o.name == name
	}
	switch {
	case name == "":
		return short
	case shared:
		return name + "·" + short
	}
	return name
}

// displayName makes of a first name what stands in a sentence: one line without
// long numbers and without characters that turn the text around.
func displayName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	return oneLine(Mask(name), maxName)
}

// who is what the desk calls the owner of a key, nothing for the bot itself.
func (t *turn) who(by string) string {
	if by == t.sign(0) {
		return t.desk("desk-anonymous", nil)
	}
	return t.colleagues.of(by)
}

// whoWhen are the slots of a sentence that says who did something and when.
func (t *turn) whoWhen(m Mark) args {
	return args{"who": t.who(m.By), "when": when(m.At)}
}

// china is where staff are.
var china = time.FixedZone("UTC+8", 8*60*60)

func when(at time.Time) string { return at.In(china).Format("01-02 15:04") }
