package bot

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// Words are all sentences that the bot says outside the entries, in every
// language: content/reply/zh.yaml and en.yaml. Loading checks that no key is
// missing, none is left over and every slot is one that the code fills.
type Words struct {
	in map[kb.Lang]*wording
}

// wording is one file of content/reply.
type wording struct {
	Say         map[string]string
	Buttons     map[string]string
	Verdicts    map[string]string
	Problems    map[picture.Code]problemWords
	Exports     map[string]string
	Changes     map[string]string
	Report      map[string]string
	Places      map[string]string
	Complaints  map[string]string
	Names       map[string]string // of problems, short
	Menu        map[string]string
	Unsupported map[UnsupportedKind]string
}

// problemWords say what is wrong and what to do about it.
type problemWords struct{ Text, Do string }

// args fill the slots of a sentence.
type args map[string]string

// LoadWords reads reply/zh.yaml and reply/en.yaml of fsys.
func LoadWords(fsys fs.FS) (*Words, error) {
	w := &Words{in: make(map[kb.Lang]*wording)}
	for _, lang := range []kb.Lang{kb.Chinese, kb.English} {
		name := "reply/" + string(lang) + ".yaml"
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("load wording: %w", err)
		}
		one := new(wording)
		dec := yaml.NewDecoder(strings.NewReader(string(data)))
		dec.KnownFields(true)
		if err := dec.Decode(one); err != nil {
			return nil, fmt.Errorf("load wording %s: %w", name, err)
		}
		if err := one.check(); err != nil {
			return nil, fmt.Errorf("load wording %s: %w", name, err)
		}
		w.in[lang] = one
	}
	return w, nil
}

// check reports every key that is missing, unknown or has an unknown slot.
func (w *wording) check() error {
	problems := make(map[string]string)
	for code, p := range w.Problems {
		problems[string(code)] = p.Text
		problems[string(code)+".do"] = p.Do
	}
	unsupported := make(map[string]string)
	for kind, s := range w.Unsupported {
		unsupported[string(kind)] = s
	}
	return errors.Join(
		checkKeys("say", w.Say, says),
		checkKeys("buttons", w.Buttons, buttonKeys()),
		checkKeys("verdicts", w.Verdicts, verdictKeys),
		checkKeys("problems", problems, problemKeys()),
		checkKeys("exports", w.Exports, exportKeys),
		checkKeys("changes", w.Changes, changeKeys),
		checkKeys("report", w.Report, reportKeys),
		checkKeys("places", w.Places, placeKeys),
		checkKeys("complaints", w.Complaints, complaintKeys),
		checkKeys("names", w.Names, nameKeys()),
		checkKeys("menu", w.Menu, menuKeys),
		checkKeys("unsupported", unsupported, unsupportedKeys),
	)
}

// checkKeys compares a section with the slots that the code knows for each key.
func checkKeys(section string, have map[string]string, want map[string][]string) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(want)) {
		text, ok := have[key]
		if !ok || strings.TrimSpace(text) == "" && key != gap {
			errs = append(errs, fmt.Errorf("%s: %q is missing", section, key))
			continue
		}
		for _, slot := range slots(text) {
			if !slices.Contains(want[key], slot) {
				errs = append(errs, fmt.Errorf("%s: %q has the unknown slot {%s}", section, key, slot))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok {
			errs = append(errs, fmt.Errorf("%s: %q is not used", section, key))
		}
	}
	return errors.Join(errs...)
}

var slotPattern = regexp.MustCompile(`\{([a-z]+)\}`)

// slots returns the names of the slots of s.
func slots(s string) []string {
	var names []string
	for _, m := range slotPattern.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	return names
}

// fill puts values into the slots of s, in one pass, so that a value in braces
// is not taken for a slot.
func fill(s string, a args) string {
	return slotPattern.ReplaceAllStringFunc(s, func(slot string) string {
		return a[slot[1:len(slot)-1]]
	})
}

// lang returns the wording in l, and the Chinese one for other languages.
func (w *Words) lang(l kb.Lang) *wording {
	if one, ok := w.in[l]; ok {
		return one
	}
	return w.in[kb.Chinese]
}

// say returns the sentence for key, which [says] lists.
func (w *Words) say(l kb.Lang, key string, a args) string {
	return fill(w.lang(l).Say[key], a)
}

// Help returns what the bot can do.
func (w *Words) Help(l kb.Lang) string { return w.say(l, "help", nil) }

// Sorry returns what is said where an update could not be handled.
func (w *Words) Sorry(l kb.Lang) string { return w.say(l, "broken", nil) }

// TooFast returns what is said once to a person who sends more than can be
// answered at the time, and whose client is in the language of an IETF tag.
func (w *Words) TooFast(tag string) string { return w.say(clientLang(tag), "too-fast", nil) }

// GivenUp returns what staff are told when an update could not be handled and was
// given up: a picture or file, or any other. count is how many were in the last
// thirty days.
func (w *Words) GivenUp(l kb.Lang, picture bool, count int) string {
	kind := "given-up-message"
	if picture {
		kind = "given-up-picture"
	}
	return w.say(l, "given-up", args{"kind": w.say(l, kind, nil), "count": number(count)})
}

// About returns what the bot says of itself before anybody writes to it, at length
// and in short.
func (w *Words) About(l kb.Lang) (long, short string) {
	return w.say(l, "about", nil), w.say(l, "about-short", nil)
}

// Crowded returns the warning that a stitch made its pictures small.
func (w *Words) Crowded(l kb.Lang) string {
	return w.sentences(l, w.say(l, "stitch-crowded", nil), w.say(l, "stitch-fewer", nil))
}

// A MenuItem is a command that chats offer.
type MenuItem struct{ Name, Text string }

// Menu returns the commands of private chats, or of the staff chat.
func (w *Words) Menu(l kb.Lang, staff bool) []MenuItem {
	names := []string{"start", "checklist", "stitch", "language", "privacy", "delete", "forget", "human", "help"}
	if staff {
		names = []string{"queue", "add", "edit", "retire", "undo", "history", "list", "find", "stats", "export", "help"}
	}
	var items []MenuItem
	for _, n := range names {
		items = append(items, MenuItem{Name: n, Text: w.lang(l).Menu[n]})
	}
	return items
}

// report returns a word of section report.
func (w *Words) report(l kb.Lang, key string, a args) string {
	return fill(w.lang(l).Report[key], a)
}

// problemName names a problem in a few words, without figures.
func (w *Words) problemName(l kb.Lang, code string) string {
	if name, ok := w.lang(l).Names[code]; ok {
		return name
	}
	return code
}

// unsupported returns what is said about a message of a kind.
func (w *Words) unsupported(l kb.Lang, k UnsupportedKind) string {
	u := w.lang(l).Unsupported
	if s, ok := u[k]; ok {
		return s
	}
	return u[Other]
}

// label returns the text on the button of an action.
func (w *Words) label(l kb.Lang, a action) string { return w.lang(l).Buttons[string(a)] }

// actionTyped returns the action whose button, in any language, reads text.
func (w *Words) actionTyped(text string) (action, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, one := range w.in {
		for key, label := range one.Buttons {
			if a := action(key); a.typed() && strings.ToLower(label) == text {
				return a, true
			}
		}
	}
	return "", false
}

// join puts parts together as a list of the language, "甲、乙".
func (w *Words) join(l kb.Lang, parts []string) string {
	return strings.Join(parts, w.lang(l).Report["list"])
}

// sizeText words n bytes: in decimal megabytes as the limit is, cut and not
// rounded, so that 3,999,999 does not read as 4 MB.
func sizeText(n int64) string {
	switch {
	case n >= 1e6:
		s := strconv.FormatInt(n/1e4, 10) // hundredths of a megabyte
		s = s[:len(s)-2] + "." + s[len(s)-2:]
		return strings.TrimRight(strings.TrimRight(s, "0"), ".") + " MB"
	case n >= 1e3:
		return strconv.FormatInt(n/1e3, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

// gap is the key of what stands between two sentences: nothing in Chinese.
const gap = "gap"

// sentences puts sentences one behind the other, each closed with a full stop.
func (w *Words) sentences(l kb.Lang, parts ...string) string {
	r := w.lang(l).Report
	for i, p := range parts {
		parts[i] = strings.TrimSuffix(p, r["stop"]) + r["stop"]
	}
	return strings.Join(parts, r[gap])
}

// says lists the sentences of section say and the slots that the code fills.
var says = map[string][]string{
	"about": {}, "about-short": {}, "start": {"limit"}, "help": {}, "ask-prompt": {}, "check-prompt": {}, "stitch-prompt": {"max"}, "stitch-one": {},
	"privacy": {}, "consent": {}, "forgotten": {}, "forgotten-images": {"count"}, "language-ask": {}, "language-set": {}, "human": {}, "unresolved": {},
	"unknown-command": {}, "unknown-link": {}, "empty-question": {}, "not-covered": {}, "unsure": {}, "stale-button": {},
	"pictures-gone": {}, "cleared": {}, "only-check": {}, "too-many": {"max"}, "group-pictures": {},
	"too-big": {"limit"}, "preview": {"where"}, "unreachable": {}, "broken": {}, "too-fast": {},
	"given-up": {"kind", "count"}, "given-up-picture": {}, "given-up-message": {}, "thanks": {},
	"deleted": {}, "deleted-some": {"count"}, "deleted-none": {}, "deleted-passed": {"count"}, "deleted-passed-some": {"count"},

	"pass-some": {}, "pass-which": {}, "pass-ask": {}, "pass-gone": {}, "pass-already": {}, "pass-many": {"max"}, "pass-busy": {}, "pass-sent": {}, "pass-lost": {"count"}, "pass-question": {},

	"album-head": {"count"}, "album-line": {"number", "verdict", "problems"}, "album-fixable": {"numbers"}, "album-next": {}, "album-files": {}, "album-one": {}, "album-skip": {"numbers"},
	"album-do": {}, "album-none": {}, "photo-sent": {}, "count": {"count"}, "checking": {"count", "number"},
	"stitching": {"count"}, "fixing": {"number"}, "no-files": {}, "file-one": {"number", "size"}, "fixed-one": {"number", "changes", "bytes"},
	"stitched-one": {"bytes", "width", "height", "limit"}, "stitched": {"count", "order", "bytes", "width", "height", "limit"}, "left-out": {"numbers"},
	"stitch-none": {}, "stitch-crowded": {}, "stitch-fewer": {}, "stitch-heavy": {"limit"}, "not-fetched": {"numbers"},
	"order-sent": {}, "order-arranged": {}, "order-certificate": {"certificate"},
	"split-offer": {}, "split-part": {"number", "numbers", "bytes", "width", "height"},

	"arrange-head": {"count", "layout"}, "arrange-line": {"number", "picture"}, "arrange-turned": {"degrees"}, "arrange-chosen": {},
	"arrange-dropped": {"numbers"}, "arrange-hint": {}, "arrange-unknown": {}, "arrange-previous": {}, "arrange-next": {},
	"arrange-forward": {}, "arrange-back": {}, "arrange-turn": {}, "arrange-drop": {}, "arrange-reset": {}, "arrange-layout": {"layout"},
	"layout-auto": {}, "layout-vertical": {}, "layout-horizontal": {}, "layout-grid": {},

	"purpose-ask": {}, "pair-kind": {"paper", "individual", "organization"}, "pair-need": {"paper", "certificate"}, "pair-need-kind": {"paper", "certificate", "kind"},
	"pair-which": {"certificate"}, "pair-send-both": {"paper", "certificate"}, "pair-send-certificate": {"certificate"},
	"pair-send-paper": {"paper", "certificate"}, "pair-ready": {"paper", "certificate"}, "pair-left": {"numbers"},
	"pair-wrong": {"paper", "certificate", "named"}, "pair-number": {"number"}, "pair-none": {},
	"pair-unknown": {"numbers", "count"}, "pair-unclear": {"numbers"},

	"checklist-province": {}, "checklist-kind": {}, "checklist-domains": {}, "checklist-origin": {}, "checklist-channel": {},
	"checklist-individual": {}, "checklist-organization": {}, "checklist-one": {}, "checklist-several": {},
	"checklist-mainland": {}, "checklist-hk-macao": {}, "checklist-taiwan": {}, "checklist-foreign": {},
	"checklist-app": {}, "checklist-computer": {}, "checklist-head": {"province", "kind", "domains", "origin", "channel"},

	"staff-help": {"who"}, "staff-form": {}, "staff-title": {"max"}, "staff-phrasings": {}, "staff-answer": {},
	"staff-preview": {"title", "card", "phrasings"}, "staff-complaints": {"complaints"}, "staff-fatal": {"complaints"},
	"staff-confirm": {}, "staff-outdated": {}, "staff-saved": {"title", "id"}, "staff-drafter": {"who"}, "staff-live": {"title", "id"}, "staff-not-saved": {}, "staff-cancelled": {}, "staff-gone": {},
	"staff-retired": {"id"}, "staff-not-retired": {}, "staff-no-entry": {}, "staff-which": {}, "staff-which-edit": {}, "staff-retire": {}, "staff-retire-shipped": {"title"},
	"staff-changed": {"who", "when"}, "staff-sure": {"complaints"}, "staff-theirs": {"who"}, "staff-saved-before": {"ending"}, "staff-export": {"count"},
	"staff-history": {"id", "count"}, "staff-version": {"number", "who", "when", "text"}, "staff-version-retired": {},
	"staff-version-withdrawn": {}, "staff-history-undo": {"id"}, "staff-history-none": {"id"},
	"staff-undone": {"id", "answer", "number", "count"}, "staff-undo-oldest": {"id"}, "staff-undo-none": {"id", "number"}, "staff-version-restores": {"number", "text"}, "staff-version-changed": {"parts", "text"}, "staff-undone-retired": {"id"}, "staff-undone-withdrawn": {"id"}, "staff-not-undone": {},
	"edit-title": {}, "edit-phrasings": {}, "edit-answer": {}, "edit-source": {},
	"staff-list": {"count"}, "staff-edit-one": {"number"}, "staff-retire-one": {"number"}, "staff-list-line": {"number", "id", "title"}, "staff-list-signed": {"number", "id", "title", "who", "when"}, "staff-list-stale": {"ids"}, "staff-list-hidden": {"ids"}, "staff-hidden": {"id"}, "staff-list-more": {"count"}, "staff-list-empty": {},
	"staff-scope": {"scope"}, "staff-scope-made": {"phrasings"}, "staff-scope-missing": {"scope"}, "staff-source": {},

	"inquiry-sent": inquirySlots, "inquiry-choose": inquirySlots, "inquiry-waiting": inquirySlots, "inquiry-crowded": inquirySlots,
	"inquiry-limit": inquirySlots, "inquiry-no-help": inquirySlots, "inquiry-human": inquirySlots, "human-ask": {},
	"inquiry-answer": {"question", "answer"}, "inquiry-more": {"question", "answer"}, "inquiry-dropped": {"question"},

	"desk-topic-name": {}, "desk-busy": {}, "desk-card": {"tag", "asked", "question"}, "desk-asked": {"count"}, "desk-asked-often": {"count", "times"}, "desk-asked-many": {"count", "times"}, "desk-wordings": {"wordings"}, "desk-before": {"question"},
	"desk-scope": {"scope"}, "desk-scope-one": {"scope", "count"}, "desk-scope-none": {}, "desk-near": {"near"}, "desk-near-one": {"title", "score"}, "desk-last": {"answer"}, "desk-how": {},
	"desk-answered": {"who", "when", "answer"}, "desk-claimed": whoWhenSlots, "desk-taken": {"tag", "who", "when"}, "desk-kept": whoWhenSlots,
	"desk-sent": {"tag", "count", "question"}, "desk-astray": {}, "desk-sent-picture": {"tag", "count", "question"}, "desk-drop-sure": {"count"}, "desk-amended": {}, "desk-shut": {"ending"}, "desk-many": {"max"}, "desk-long": {"max"}, "desk-gone": {}, "desk-failed": {}, "desk-undelivered": {"tag"},
	"desk-merge": {"title"}, "desk-source-joined": {"source"}, "desk-added": {"text"}, "desk-added-for": {"text", "scope"}, "desk-for": {"text", "scope"},
	"desk-adds": {"text"}, "desk-adds-nothing": {"text", "what"}, "desk-changes-nothing": {"text"}, "desk-meanwhile": {},
	"desk-text-official": {}, "desk-text-of-staff": {}, "desk-title": {}, "desk-phrasings": {}, "desk-title-and-phrasings": {}, "desk-replaces": {"answer"}, "desk-impact-own": {"count"},
	"why-refused": {}, "why-unsure": {}, "why-no-help": {}, "why-human": {}, "why-picture": {}, "desk-picture": {"tag", "question"}, "desk-of": {"tag", "question"}, "desk-picture-lost": {"tag"}, "desk-answered-as": {"title"}, "desk-refused-as": {"title"},
	"end-saved": whoWhenSlots, "end-kept": whoWhenSlots, "end-dropped": whoWhenSlots, "end-gone": whoWhenSlots,
	"desk-spread": {"count"}, "desk-spread-done": {"count", "people"}, "desk-spread-none": {},
	"desk-queue": {"count", "done"}, "desk-queue-line": {"number", "asked", "question", "state"}, "desk-apart": {"what"}, "desk-queue-empty": {},
	"desk-queue-more": {"count", "page"}, "desk-queue-answered": whoWhenSlots, "desk-queue-claimed": whoWhenSlots,
	"desk-anonymous": {}, "desk-yours": {"when"}, "desk-text-only": {},
	"desk-edits": {"id"}, "desk-edits-shipped": {"id"}, "desk-duplicates": {"near"}, "desk-edit": {}, "desk-and-more": {"list", "count"},
	"desk-impact": {"count"}, "desk-impact-line": {"question", "before", "after"}, "desk-this": {}, "desk-no-answer": {},
	"desk-provinces": {}, "desk-province-grid": {"title"}, "desk-done": {}, "desk-joined": {},
	"part-title": {}, "part-phrasings": {}, "part-answer": {}, "part-source": {},

	"staff-unknown": {}, "staff-stale": {}, "staff-find-how": {}, "staff-history-how": {}, "staff-undo-how": {}, "stats-how": {"days", "max"},
	"stats":        {"days", "asked", "sure", "unsure", "refused", "useful", "unresolved", "human", "inquiries", "answers", "dropped", "saved", "pictures", "passed"},
	"stats-wanted": {}, "stats-entries": {}, "stats-pictures": {}, "stats-line": {"name", "count"},

	"bind-done": {}, "bind-failed": {}, "bind-tried": {"count"},
}

var (
	inquirySlots = []string{"question", "max"}
	whoWhenSlots = []string{"who", "when"}
)

var verdictKeys = map[string][]string{"ok": {}, "fixed": {}, "fixable": {}, "improved": {}, "retake": {}, "amend": {}, "reject": {}}

var exportKeys = map[string][]string{
	"heif": {}, "avif": {}, "jxl": {}, "jp2": {}, "pdf": {}, "webp": {}, "other": {},
}

var changeKeys = map[string][]string{
	"turned-upright": {}, "converted": {"from", "to"}, "flattened": {}, "first-frame": {}, "recompressed": {},
	"scaled-down": {"width", "height"}, "metadata-removed": {}, "metadata-removed-gps": {}, "trailing-removed": {},
	"completed": {}, "renamed": {"from", "to"},
}

var reportKeys = map[string][]string{
	"done": {"changes"}, "size": {"bytes", "width", "height"}, "upload-file": {}, "upload-original": {},
	"upload-anyway": {}, "keep-anyway": {}, "amend-first": {}, "source": {"source"}, "list": {}, "colon": {}, "stop": {}, "gap": {}, "none": {},
}

var unsupportedKeys = map[string][]string{
	string(Sticker): {}, string(Voice): {}, string(Contact): {}, string(Video): {}, string(Edited): {}, string(Other): {},
}

// placeKeys are the places that a problem of a picture can be about.
var placeKeys = map[string][]string{
	"top-left": {}, "top": {}, "top-right": {}, "left": {}, "centre": {}, "right": {},
	"bottom-left": {}, "bottom": {}, "bottom-right": {},
}

// complaintKeys are the codes of [kb.Complaint] that a staff entry can earn.
var complaintKeys = map[string][]string{
	"title": {}, "body": {}, "source": {}, "params": {}, "phrasings": {}, "phone": {}, "link": {}, "advertising": {}, "slot": {}, "long": {},
	"collision": {"title"}, "added": {}, "other": {},
}

// menuKeys are the commands that chats offer.
var menuKeys = map[string][]string{
	"start": {}, "help": {}, "checklist": {}, "stitch": {}, "language": {}, "privacy": {}, "delete": {}, "forget": {}, "human": {},
	"add": {}, "retire": {}, "list": {}, "find": {}, "queue": {}, "edit": {}, "undo": {}, "history": {}, "stats": {}, "export": {},
}

// problemSlots are filled for every problem, see [Findings.args].
var problemSlots = []string{"format", "bytes", "width", "height", "limit", "accepted", "where", "depth"}

// codes lists every kind of problem.
var codes = []picture.Code{
	picture.Empty, picture.UnknownFormat, picture.FormatNotAccepted, picture.ExtensionMismatch, picture.Corrupt,
	picture.Truncated, picture.TooLarge, picture.BorderlineSize, picture.TooManyPixels, picture.TooSmall,
	picture.ExtremeShape, picture.Blurry, picture.Dark, picture.Overexposed, picture.Glare, picture.NoColour,
	picture.CutOff, picture.DocumentSmall, picture.ScreenPhoto, picture.Rotated, picture.Animated,
	picture.RecompressedByChat, picture.TrailingData, picture.Repeated,
}

func nameKeys() map[string][]string {
	keys := make(map[string][]string)
	for _, c := range codes {
		keys[string(c)] = nil
	}
	return keys
}

func problemKeys() map[string][]string {
	keys := make(map[string][]string)
	for _, c := range append([]picture.Code{disputed, unusual, tooDeep, tooHeavy}, codes...) {
		keys[string(c)] = problemSlots
		keys[string(c)+".do"] = problemSlots
	}
	return keys
}
