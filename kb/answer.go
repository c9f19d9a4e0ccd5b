package kb

import (
	"strings"
	"time"
)

// Band says how sure an answer is.
type Band string

// The bands.
const (
	Sure    Band = "sure"    // the answer
	Unsure  Band = "unsure"  // two to four entries to choose from, no answer
	Refused Band = "refused" // the material does not cover it
	Social  Band = "social"  // a greeting, a thank-you: a friendly line
)

// A Question is what a person asks.
type Question struct {
	Text    string
	Lang    Lang    // of the answer
	Context Context // of the turns before, zero for none
	Now     time.Time
}

// Context is what carries over from one turn of a conversation to the next.
// Its JSON form may be stored.
type Context struct {
	At       time.Time         `json:"at,omitzero"`
	Entry    string            `json:"entry,omitempty"`    // the topic
	Slots    map[string]string `json:"slots,omitempty"`    // province, kind, …
	Question string            `json:"question,omitempty"` // normalised, digits masked; empty after 30 minutes
}

// A Link leads to an entry, or to a question that narrows the answer.
type Link struct {
	Entry string // ID
	Label string // the entry's title, or a few words: 我在江西
	Ask   string // when set, the question that the link stands for, in place of Entry
}

// A Line is one sentence of an answer and the entry or rule it comes from.
type Line struct {
	Text string
	From string // ID of an entry or rule
}

// An Answer is what is said to a question. Every line is a curated sentence.
type Answer struct {
	Band    Band
	Entry   string  // the entry it rests on, possibly a not-covered one; empty for none
	Score   float64 // calibrated probability that Entry settles the question, 0 to 1
	Lines   []Line  // conclusion first; without the source line
	Source  string  // where it comes from, empty when nothing is answered
	AsOf    string  //
	Footer  string  // the source line as people read it
	Related []Link  // up to three
	Choices []Link  // "您是不是想问", two to four when Unsure
	Narrow  []Link  // asks the same for one province or kind
	Copy    string  // a passage that is to be copied by hand, at most 256 characters
	Context Context // for the next turn
}

// Answered reports whether guidance text that covers the question is returned.
func (a Answer) Answered() bool { return a.Band == Sure }

// Text returns the answer as plain text, a sentence a line.
func (a Answer) Text() string {
	var b strings.Builder
	for i, l := range a.Lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.Text)
	}
	if a.Footer != "" {
		b.WriteByte('\n')
		b.WriteString(a.Footer)
	}
	return b.String()
}
