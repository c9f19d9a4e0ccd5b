package bot

import (
	"context"
	"slices"
	"strings"

	"beianbot/bot/picture"
)

// pictureSlots is how many chats have their pictures worked on at a time.
const pictureSlots = 3

// album checks several pictures that came together and answers with one
// message: a line for each, and buttons for what can be done with them.
func (t *turn) album(ctx context.Context, refs []FileRef, says named) []Reply {
	t.port.Busy(ctx, Typing)
	before := t.albumSet()
	room := maxPictures - len(before.Pictures)
	cut := len(refs) > room
	refs = refs[:min(len(refs), room)]

	lines := []string{t.words.say(t.lang, "album-head", args{"count": number(len(refs))})}
	var fixed []string
	usable, files, photos := 0, 0, false
	pictures := before.Pictures
	for n, ref := range refs {
		t.port.Progress(ctx, t.words.say(t.lang, "checking", args{"count": number(len(refs)), "number": number(n + 1)}))
		i, err := t.inspect(ctx, ref)
		if err != nil {
			t.fail(err)
			return t.sayTo("broken", nil)
		}
		p := i.picture(t.event.Update) // one picture in memory at a time: i ends here
		pictures = append(pictures, p)
		if i.fixed {
			fixed = append(fixed, number(len(pictures)))
		}
		if p.Usable {
			usable++
		}
		if p.File {
			files++
		}
		photos = photos || ref.Photo
		lines = append(lines, t.albumLine(len(pictures), i))
	}
	set := t.s.put(before, pictures, t.now)
	t.named(set, says)

	r := Reply{Buttons: t.albumButtons(set, usable, files)}
	if photos {
		lines = append(lines, t.words.say(t.lang, "photo-sent", nil))
	}
	_, left := set.usable()
	if usable > 1 && len(left) > 0 {
		lines = append(lines, t.words.say(t.lang, "album-skip", args{"numbers": t.numbers(left)}))
	}
	if len(fixed) > 0 {
		lines = append(lines, t.words.say(t.lang, "album-fixable", args{"numbers": t.words.join(t.lang, fixed)}))
	}
	if next, buttons := t.pairing(set); next != nil && usable > 0 {
		lines = append(lines, next...)
		r.Buttons = buttons
		if files > 0 {
			r.Buttons = append(r.Buttons, []Button{t.button(actFixed, set.Key)})
		}
	} else {
		lines = append(lines, t.albumNext(usable, files)...)
	}
	t.offerPass(&r, set)
	if cut {
		lines = append(lines, t.words.say(t.lang, "too-many", args{"max": number(maxPictures)}))
	}
	r.Text = strings.Join(append(lines, t.consent()...), "\n")
	r.Spans = boldFirstLine(r.Text)
	return []Reply{r}
}

// albumSet returns the set that an album goes into, without what the same event
// put there before: one that waits for pictures for its purpose, or a new one.
func (t *turn) albumSet() Set {
	set := t.s.last()
	if set == nil || set.Closed || set.Key == setKey(t.event.Update) || !t.waiting(set) {
		return Set{Key: setKey(t.event.Update)}
	}
	before := *set
	before.Pictures = slices.DeleteFunc(slices.Clone(set.Pictures), func(p Picture) bool { return p.Update == t.event.Update })
	return before
}

// albumNext says what can be done with an album: usable is how many of its
// pictures can be stitched, files of how many there is a file to be had.
func (t *turn) albumNext(usable, files int) []string {
	var keys []string
	switch {
	case usable == 0:
		keys = []string{"album-none"}
	case usable == 1 && files > 0:
		keys = []string{"album-files", "album-one"}
	case usable == 1:
		keys = []string{"album-one"}
	case files > 0:
		keys = []string{"album-next"}
	default:
		keys = []string{"album-do"}
	}
	for i, k := range keys {
		keys[i] = t.words.say(t.lang, k, nil)
	}
	return keys
}

func (t *turn) albumButtons(set *Set, usable, files int) [][]Button {
	var rows [][]Button
	if usable > 1 {
		rows = append(rows,
			[]Button{t.button(actStitch, set.Key), t.button(actArrange, set.Key)},
			[]Button{t.button(actPurpose, set.Key), t.button(actOnlyCheck, set.Key)})
	}
	if files > 0 {
		rows = append(rows, []Button{t.button(actFixed, set.Key)})
	}
	return rows
}

// albumLine words the check of the n-th picture of an album: the verdict and
// the worst finding, and what to do when the picture cannot be used as it is.
func (t *turn) albumLine(n int, i inspected) string {
	out := i.outcome()
	key := string(out)
	switch out {
	case Fixed:
		key = fixable
	case Improved:
		key = string(Usable)
	}
	a := args{"number": number(n), "verdict": t.verdict(key)}
	if i.refusal != "" {
		first, _, _ := strings.Cut(t.words.say(t.lang, i.refusal, args{"limit": t.findings.limit()}), "\n")
		a["problems"] = t.words.report(t.lang, "colon", nil) + first
		return t.words.say(t.lang, "album-line", a)
	}
	for _, p := range told(i.report.Problems) {
		if p.Code == picture.RecompressedByChat {
			continue // said once for the album
		}
		text, do := t.findings.Problem(t.lang, i.report, p)
		if !i.fixed && p.Level != picture.Info || remains(p) {
			text = t.words.sentences(t.lang, text, do)
		}
		a["problems"] = t.words.report(t.lang, "colon", nil) + text
		break
	}
	return t.words.say(t.lang, "album-line", a)
}

// files sends the file to upload of every picture of a set that has another
// one than the person's own.
func (t *turn) files(ctx context.Context, set *Set) []Reply {
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	t.port.Busy(ctx, Sending)
	var replies []Reply
	for n, p := range set.Pictures {
		if !p.File {
			continue
		}
		t.port.Progress(ctx, t.words.say(t.lang, "fixing", args{"number": number(n + 1)}))
		i, err := t.inspect(ctx, p.ref())
		if err != nil {
			t.fail(err)
			return t.sayTo("broken", nil)
		}
		replies = append(replies, t.fileReply(n+1, i))
	}
	if replies == nil {
		return t.sayTo("no-files", nil)
	}
	return replies
}

// fileReply is the message with the file to upload of the n-th picture.
func (t *turn) fileReply(n int, i inspected) Reply {
	switch {
	case i.fixed:
		return Reply{
			Text: t.words.say(t.lang, "fixed-one", args{
				"number":  number(n),
				"changes": t.findings.Changes(t.lang, i.repaired.Changes),
				"bytes":   sizeText(int64(len(i.repaired.Data))),
			}),
			File: repairedFile(i.repaired, "-"+number(n)),
		}
	case i.usable():
		return Reply{
			Text: t.words.say(t.lang, "file-one", args{
				"number": number(n), "size": t.size(i.report.Bytes, i.report.Width, i.report.Height),
			}),
			File: pictureFile(i.data, i.report.Format, "beian-checked-"+number(n)),
		}
	}
	return Reply{Text: number(n) + ". " + t.words.say(t.lang, "unreachable", nil)}
}

// numbers lists which pictures are meant, "2、4".
func (t *turn) numbers(ns []int) string {
	var texts []string
	for _, n := range ns {
		texts = append(texts, number(n))
	}
	return t.words.join(t.lang, texts)
}
