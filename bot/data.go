package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxData is what a button may carry, in bytes of UTF-8.
const maxData = 64

// An action is what a button does. Its value begins the button's data, and it
// names the label in content/reply of those buttons that have one of their own.
type action string

// The actions. Those with an argument carry it after a colon.
const (
	actAsk        action = "ask"        // say how to ask
	actCheck      action = "check"      // say how to have a picture checked
	actStitchHow  action = "stitch-how" // say how to stitch
	actStitch     action = "stitch"     // :set; stitch its pictures
	actOnlyCheck  action = "only-check" // :set; the pictures are not for stitching
	actFixed      action = "fixed"      // :set; send its repaired files
	actClear      action = "clear"      // forget the pictures
	actUseful     action = "useful"     // :entry ID; its answer helped
	actPurpose    action = "for"        // :set[:paper[:kind]]; what its pictures are for
	actFirst      action = "first"      // :set:picture; which one is the certificate
	actArrange    action = "ar"         // :set[:plan]; arrange its pictures
	actAnyway     action = "anyway"     // :set; stitch it though its certificate is another
	actSplit      action = "split"      // :set; stitch it into two pictures
	actUnresolved action = "unresolved" // the answer did not help
	actCopy       action = "copy"       // the client copies; typed, the text is said
	actPass       action = "pass"       // :message, or :s and a set; say what it means to show staff a picture
	actPassYes    action = "pass-yes"   // :message; show it to them
	actDelete     action = "delete"     // the messages with pictures in the chat
	actChinese    action = "zh"
	actEnglish    action = "en"
	actPublish    action = "publish" // :draft:what was shown
	actCancel     action = "cancel"  // :draft

	actEntry    action = "e"  // :entry ID; its label is the entry's title
	actQuestion action = "q"  // :question, as if it had been typed
	actLong     action = "k"  // :key of a question too long for a button
	actNarrow   action = "n"  // :entry ID:question, which narrows the answer of that entry
	actRetire   action = "r"  // :entry ID
	actEdit     action = "ed" // :entry ID

	// Of staff, about an inquiry (:key) or a draft.
	actShow    action = "show"
	actClaim   action = "claim"   // I am at it
	actTake    action = "take"    // I am at it, in place of who was
	actDrop    action = "drop"    // there is no answer; asks whether that is meant
	actDropYes action = "dropped" // it is
	actCard    action = "card"    // show the card again in the place of this one
	actSave    action = "save"    // the answer becomes an entry
	actMerge   action = "merge"   // :key:n; it becomes part of an entry that is near
	actKeep    action = "keep"    // it does not
	actDraft   action = "d"       // :draft:what to change, see scope.go
	actSpread  action = "spread"  // :entry ID; tell those whose question it answers by now
	actConfirm action = "confirm" // :draft:what was shown; publish in spite of a warning

	actChecklist action = "cl" // :choices so far; its label is that of beginning again
)

// labelled lists the actions whose label is in content/reply.
var labelled = []action{
	actAsk, actCheck, actStitchHow, actStitch, actOnlyCheck, actFixed, actClear,
	actPurpose, actArrange, actAnyway, actSplit, actUnresolved, actCopy,
	actChinese, actEnglish, actPublish, actCancel, actChecklist,
	actUseful, actDelete, actPass, actPassYes,
	actClaim, actTake, actDrop, actDropYes, actCard, actSave, actKeep, actSpread, actConfirm,
}

// ofStaff lists the actions of the staff chat. They take a tap: in a group of
// colleagues "1" or "取消" is an ordinary word, and the buttons shown last may be
// somebody else's.
var ofStaff = []action{
	actPublish, actCancel, actConfirm, actRetire, actEdit, actDraft,
	actShow, actClaim, actTake, actDrop, actDropYes, actCard, actSave, actMerge, actKeep, actSpread,
}

// typed reports whether the label of a does the same when it is typed.
// Beginning a checklist again is offered under one only: 重新选 alone may be about
// anything.
func (a action) typed() bool { return a != actChecklist }

func buttonKeys() map[string][]string {
	keys := make(map[string][]string)
	for _, a := range labelled {
		keys[string(a)] = nil
	}
	return keys
}

// data returns what a button for a with an argument carries; ok is false when
// it does not fit.
func (a action) data(arg string) (data string, ok bool) {
	data = string(a)
	if arg != "" {
		data += ":" + arg
	}
	return data, len(data) <= maxData
}

// parseData reads the data of a pressed button. It comes from outside: ok says
// only that it names an action, and the argument may be anything of at most 64
// bytes of UTF-8.
func parseData(s string) (a action, arg string, ok bool) {
	if len(s) > maxData || !utf8.ValidString(s) {
		return "", "", false
	}
	name, arg, _ := strings.Cut(s, ":")
	switch a = action(name); a {
	case actAsk, actCheck, actStitchHow, actClear, actUnresolved, actChinese, actEnglish:
		return a, "", arg == ""
	case actCopy, actDelete:
		return a, "", arg == ""
	case actStitch, actOnlyCheck, actFixed, actPurpose, actFirst, actArrange, actAnyway, actSplit,
		actEntry, actQuestion, actLong, actNarrow, actChecklist, actUseful,
		actPass, actPassYes:
		return a, arg, arg != ""
	}
	if slices.Contains(ofStaff, a) {
		return a, arg, arg != ""
	}
	return "", "", false
}

// longKey names a question that does not fit in a button.
func longKey(question string) string {
	sum := sha256.Sum256([]byte(question))
	return hex.EncodeToString(sum[:8])
}

// entryOf returns the ID of the entry that the payload of a link points to: "q_"
// and the ID, with "__" for the slash that a payload may not have.
func entryOf(payload string) (id string, ok bool) {
	id, ok = strings.CutPrefix(payload, "q_")
	return strings.ReplaceAll(id, "__", "/"), ok && id != ""
}
