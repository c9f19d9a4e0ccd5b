package kb

import (
	"cmp"
	"time"
)

// Kind is what sort of entry it is. It follows from the first part of the ID.
type Kind string

// The kinds.
const (
	Guide      Kind = "guide"      // settled by the guidance
	NotCovered Kind = "notcovered" // a near topic that the guidance does not settle
	Chat       Kind = "chat"       // greetings and the like
	Staff      Kind = "staff"      // added by support staff (客服) from the chat
)

// Status is the standing of an entry.
type Status string

// The standings.
const (
	Current  Status = "current"
	Disputed Status = "disputed" // the guidance contradicts itself; the safe choice is given
)

// Lang is the language of an answer.
type Lang string

// The languages. Answers in Chinese use simplified characters.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// An Entry (知识条目) is one answer and all that is known about it.
type Entry struct {
	ID        string          // its path in content without ".md": "guide/verification-form"
	Title     map[Lang]string // a short question or topic; buttons show it
	Facts     []string        // the facts of the guidance that it states: "F04"
	Source    map[Lang]string // where in the guidance it comes from (出处)
	AsOf      map[Lang]string // how old it is: 约 2019 年初
	Status    Status          //
	Dated     bool            // the answer adds that the filing system's page decides
	Related   []string        // IDs
	Phrasings []string        // ways in which people ask for it, any language
	// Needs are concepts of which a question must mention one to be about the
	// entry; none if empty. What holds for people from Taiwan is no answer to
	// somebody who does not speak of Taiwan.
	Needs []string
	// About are concepts that only this entry of those with the same Together is
	// about.
	About []string
	// Together is the entry that answers instead when a question names what
	// several entries that point to it are about: 香港人和英国人; none if empty.
	Together string
	// Then says which entry a question is about that follows on this one and
	// only names a concept: after 授权书怎么传, "用 app 行不行".
	Then map[string]string
	// Body is the answer, a sentence a line, the conclusion first. Slots in
	// braces, "{max_mb}", are filled from Params of any entry.
	Body map[Lang][]string
	// Sentences are further curated sentences, used only in the case that
	// their name says: "size-over".
	Sentences map[string]map[Lang]string
	Params    map[string]any
	Rule      string // the topic of content/rules.yaml that composes the answer, or empty
	Copy      string // a passage that people copy by hand, or empty

	// What follows is set in the versions of staff alone: of entries that they
	// added, and of shipped ones that they replaced or hid.

	By        string    // who made this version, an opaque key and not a name
	Changed   time.Time // when
	Change    string    // names the act that made it, so that it is done once; may be empty
	Over      string    // what the shipped entry of the same ID was then; empty for none
	Retired   bool      // the entry is hidden, the shipped one of the same ID too
	Withdrawn bool      // the shipped entry holds again as if staff had never changed it
	// Added is what staff say besides a shipped entry, oldest first. It stands below
	// the official text and its source, with a source of its own.
	Added []Addition `json:",omitempty"`
	// Version counts the versions of an entry that staff made, from 1. The [Store]
	// sets it. An edited copy keeps the number of the version that it was made
	// from, so that of two edits of one version the second is refused.
	Version int `json:",omitempty"`
	// Restores is the number of the version that this one put in service again, 0 for
	// none, and beforeFirst for what held before staff made any. [Base.Undo] sets it.
	Restores int `json:",omitempty"`
}

// beforeFirst stands for the number of a version before the first one.
const beforeFirst = -1

// Holds returns the number of the version of staff whose content e has: its own, or
// that of the one that it put back, and a negative one when that was before the first.
func (e Entry) Holds() int { return cmp.Or(e.Restores, e.Version) }

// An Addition (客服补充) is what staff say besides the official text.
type Addition struct {
	Lines  []string `yaml:"lines"`  // as they are; slots are not filled
	Source string   `yaml:"source"` // 客服
	AsOf   string   `yaml:"as_of"`  // a date
}

// OfStaff reports whether staff wrote this version.
func (e Entry) OfStaff() bool { return e.By != "" || e.Kind() == Staff }

// Kind returns what sort of entry it is.
func (e Entry) Kind() Kind {
	for i := range len(e.ID) {
		if e.ID[i] == '/' {
			return Kind(e.ID[:i])
		}
	}
	return ""
}

// Limits are the figures that the picture check enforces. They are parameters
// of the entries that word them.
type Limits struct {
	Accepted                []string // file formats taken without doubt: "jpeg", "png"
	Disputed                []string // on one list of the guidance only: "gif"
	MaxBytes, LooseMaxBytes int64    // strict and loose reading of "4 MB", both exclusive
}
