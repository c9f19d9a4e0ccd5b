package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"beianbot/bot/picture"
)

const (
	// maxStitchInput is what all pictures of one stitch may weigh, in bytes.
	maxStitchInput = 100 << 20
	// pictureSlots is how many chats have their pictures worked on at a time.
	pictureSlots = 3
)

// album checks several pictures that came together and answers with one
// message: a line for each, and buttons for what can be done with them.
func (t *turn) album(ctx context.Context, refs []FileRef) []Reply {
	t.port.Busy(ctx, Typing)
	cut := len(refs) > maxPictures
	refs = refs[:min(len(refs), maxPictures)]

	lines := []string{t.words.say(t.lang, "album-head", args{"count": number(len(refs))})}
	var fixed []string
	usable, files, photos := 0, 0, false
	var pictures []Picture
	for n, ref := range refs {
		t.port.Progress(ctx, t.words.say(t.lang, "checking", args{"count": number(len(refs)), "number": number(n + 1)}))
		i, err := t.inspect(ctx, ref)
		if err != nil {
			t.fail(err)
			return t.sayTo("broken", nil)
		}
		if i.fixed {
			fixed = append(fixed, number(n+1))
		}
		if i.usable() {
			usable++
		}
		photos = photos || ref.Photo
		p := i.picture(t.event.Update) // one picture in memory at a time: i ends here
		if p.File {
			files++
		}
		pictures = append(pictures, p)
		lines = append(lines, t.albumLine(n+1, i))
	}
	set := t.s.begin(t.event.Update, true, t.now)
	set.Pictures = pictures
	t.s.bound()

	r := Reply{Buttons: t.albumButtons(t.s.last(), usable, files)}
	if photos {
		lines = append(lines, t.words.say(t.lang, "photo-sent", nil))
	}
	_, left := t.s.last().usable()
	if usable > 1 && len(left) > 0 {
		lines = append(lines, t.words.say(t.lang, "album-skip", args{"numbers": t.numbers(left)}))
	}
	if len(fixed) > 0 {
		lines = append(lines, t.words.say(t.lang, "album-fixable", args{"numbers": t.words.join(t.lang, fixed)}))
	}
	lines = append(lines, t.albumNext(usable, files)...)
	if cut {
		lines = append(lines, t.words.say(t.lang, "too-many", args{"max": number(maxPictures)}))
	}
	r.Text = strings.Join(append(lines, t.consent()...), "\n")
	r.Spans = boldFirstLine(r.Text)
	return []Reply{r}
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
		rows = append(rows, []Button{t.button(actStitch, set.Key), t.button(actOnlyCheck, set.Key)})
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

// stitchCommand stitches the latest pictures, or says how to send some.
func (t *turn) stitchCommand(ctx context.Context) []Reply {
	return t.pictureChat(func() []Reply {
		set := t.s.last()
		if set == nil || set.Closed {
			return t.picturePrompt("stitch-prompt")
		}
		return t.stitch(ctx, set)
	})
}

// stitch joins the usable pictures of a set into one, in the order sent.
func (t *turn) stitch(ctx context.Context, set *Set) []Reply {
	if set == nil {
		return t.sayTo("pictures-gone", nil)
	}
	good, left := set.usable()
	switch {
	case len(good) == 1 && len(left) == 0:
		return t.sayTo("stitch-one", nil)
	case len(good) < 2:
		return t.sayTo("stitch-none", nil)
	}
	t.port.Busy(ctx, Sending)
	t.port.Progress(ctx, t.words.say(t.lang, "stitching", args{"count": number(len(good))}))
	s, refusal, err := t.join(ctx, set)
	switch {
	case err != nil:
		t.fail(err)
		return t.sayTo("broken", nil)
	case refusal != nil:
		return refusal
	}
	set.Closed = true
	lines := []string{t.words.say(t.lang, "stitched", args{
		"count": number(len(good)), "bytes": sizeText(int64(len(s.Data))),
		"width": number(s.Width), "height": number(s.Height), "limit": t.findings.limit(),
	})}
	if len(left) > 0 {
		lines = append(lines, t.words.say(t.lang, "left-out", args{"numbers": t.numbers(left)}))
	}
	if s.Crowded {
		lines = append(lines, t.words.say(t.lang, "stitch-crowded", nil))
	}
	return []Reply{{
		Text: strings.Join(lines, "\n"),
		File: pictureFile(s.Data, picture.JPEG, "beian-stitched"),
	}}
}

var errUnusable = errors.New("a checked picture is not usable any more")

// join fetches the usable pictures of a set and stitches them. A refusal is
// what to say instead.
func (t *turn) join(ctx context.Context, set *Set) (s picture.Stitched, refusal []Reply, err error) {
	release, err := t.slot(ctx)
	if err != nil {
		return s, nil, err
	}
	defer release()
	var data [][]byte
	var missing []int
	total := 0
	for n, p := range set.Pictures {
		if !p.Usable {
			continue
		}
		one, why, err := t.fetch(ctx, p.ref())
		if err != nil {
			return s, nil, err
		}
		if why != "" {
			missing = append(missing, n+1)
			continue
		}
		if total += len(one); total > maxStitchInput {
			return s, t.sayTo("stitch-heavy", args{"limit": sizeText(maxStitchInput)}), nil
		}
		data = append(data, one)
	}
	if missing != nil {
		return s, t.sayTo("not-fetched", args{"numbers": t.numbers(missing)}), nil
	}
	s, err = t.pictures.Stitch(ctx, data, picture.StitchOptions{})
	if err == nil && s.Data == nil {
		err = errUnusable
	}
	if err != nil {
		return s, nil, fmt.Errorf("stitch %d pictures: %w", len(data), err)
	}
	return s, nil, nil
}

// numbers lists which pictures are meant, "2、4".
func (t *turn) numbers(ns []int) string {
	var texts []string
	for _, n := range ns {
		texts = append(texts, number(n))
	}
	return t.words.join(t.lang, texts)
}
