package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// maxShown is how many findings of one picture are told, worst first: more are
// not read.
const maxShown = 3

// An inspected is a picture that was looked at. Its bytes live until the reply
// has been sent.
type inspected struct {
	ref      FileRef
	refusal  string // key of the sentence why it could not be looked at, or empty
	report   picture.Report
	data     []byte // what came
	repaired picture.Repaired
	fixed    bool // there is a repaired file
}

func (i inspected) outcome() Outcome {
	if i.refusal != "" {
		return Unusable
	}
	return outcomeOf(i.report, i.fixed)
}

// usable reports whether i can be part of a stitch.
func (i inspected) usable() bool { return i.outcome() != Unusable }

// picture is what the session keeps of i.
func (i inspected) picture(update int64) Picture {
	return Picture{
		ID: i.ref.ID, Unique: i.ref.Unique, Bytes: i.ref.Bytes, Photo: i.ref.Photo,
		Update: update, Message: i.ref.Message, Usable: i.usable(), File: i.usable() && (i.fixed || i.ref.Photo),
	}
}

// upload checks the pictures that came.
func (t *turn) upload(ctx context.Context, u Upload) []Reply {
	if !t.event.Private {
		return t.sayTo("group-pictures", nil)
	}
	var replies []Reply
	says := t.pairs.read(u.Caption)
	if !says.only || questioning(u.Caption) {
		says = named{}
	}
	switch len(u.Files) {
	case 0:
		return t.reply(t.words.unsupported(t.lang, Other))
	case 1:
		replies = t.single(ctx, u.Files[0], says)
	default:
		replies = t.album(ctx, u.Files, says)
	}
	if says.only {
		return replies
	}
	return append(replies, t.captionCard(u.Caption)...)
}

// captionCard answers a question under a picture, when it is one that the
// knowledge covers and the check of the picture is not the answer to it.
func (t *turn) captionCard(caption string) []Reply {
	if t.pairs.looking(caption) {
		return nil
	}
	a := t.kb.Ask(kb.Question{Text: caption, Lang: t.lang, Context: t.context(), Now: t.now})
	if !a.Answered() {
		return nil
	}
	t.s.Context = a.Context
	return []Reply{t.card(a)}
}

// inspect fetches a picture, checks it and repairs it where that can be done.
// It returns an error only when ctx has ended.
func (t *turn) inspect(ctx context.Context, ref FileRef) (inspected, error) {
	i := inspected{ref: ref}
	release, err := t.slot(ctx)
	if err != nil {
		return i, err
	}
	defer release()
	i.data, i.refusal, err = t.fetch(ctx, ref)
	if err != nil || i.refusal != "" {
		return i, err
	}
	src := picture.Source{Name: ref.Name, FromChat: ref.Photo}
	i.report, i.repaired, i.fixed, err = t.pictures.Examine(ctx, i.data, src)
	if err != nil {
		return i, fmt.Errorf("examine picture: %w", err)
	}
	t.countPicture(i.report)
	sum := t.sum(i.data)
	if t.s.looked(sum, t.event.Update, t.now) || t.sums[sum] {
		i.report.Problems = append(i.report.Problems, picture.Problem{Code: picture.Repeated, Level: picture.Info})
	}
	t.sums[sum] = true
	return i, nil
}

// sum returns what stands for a picture's content. Without the key, nobody can
// tell whether a picture they have was sent.
func (t *turn) sum(data []byte) string {
	const bytes = 12 // of a hash: as good as unique among a chat's pictures
	h := hmac.New(sha256.New, t.key)
	h.Write([]byte("picture\x00"))
	h.Write(data)
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:bytes])
}

// fetch returns the bytes of a file, or the key of the sentence why they cannot
// be had. It returns an error only when ctx has ended.
func (t *turn) fetch(ctx context.Context, ref FileRef) (data []byte, refusal string, err error) {
	if ref.Bytes > picture.MaxInput {
		return nil, "too-big", nil
	}
	data, err = t.port.Download(ctx, ref, picture.MaxInput)
	switch {
	case err == nil:
		return data, "", nil
	case ctx.Err() != nil:
		return nil, "", fmt.Errorf("download picture: %w", ctx.Err())
	case errors.Is(err, ErrTooBig):
		return nil, "too-big", nil
	}
	t.fail(fmt.Errorf("download picture: %w", err))
	return nil, "unreachable", nil
}

// slot waits until pictures may be worked on; few chats at a time hold the
// bytes of theirs.
func (t *turn) slot(ctx context.Context) (release func(), err error) {
	select {
	case t.slots <- struct{}{}:
		return func() { <-t.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for other pictures: %w", ctx.Err())
	}
}

// single checks one picture. The reply says whether it can be used, what is
// wrong, what was done and what to do, and carries the file to upload when that
// is not the one on the person's device.
func (t *turn) single(ctx context.Context, ref FileRef, says named) []Reply {
	t.port.Busy(ctx, Typing)
	i, err := t.inspect(ctx, ref)
	if err != nil {
		t.fail(err)
		return t.sayTo("broken", nil)
	}
	r := t.result(i)
	var notes []string
	if i.usable() {
		set, full := t.s.add(i.picture(t.event.Update), t.now)
		t.named(set, says)
		next, buttons := t.pairing(set)
		n := len(set.Pictures)
		switch {
		case full:
			notes = append(notes, t.words.say(t.lang, "too-many", args{"max": number(maxPictures)}))
		case next != nil:
			notes, r.Buttons = append(notes, next...), buttons
		case n > 1:
			notes = append(notes, t.words.say(t.lang, "count", args{"count": number(n)}))
		}
		if n > 1 && r.Buttons == nil {
			r.Buttons = [][]Button{
				{t.button(actStitch, set.Key), t.button(actArrange, set.Key)},
				{t.button(actPurpose, set.Key), t.button(actClear, "")},
			}
		}
	}
	if p := t.s.passable(passOne(i.picture(t.event.Update))); p != nil {
		t.offerPass(&r, &Set{Pictures: []Picture{*p}})
	}
	notes = append(notes, t.consent()...)
	r.Text = strings.Join(append([]string{r.Text}, notes...), "\n")
	return append([]Reply{r}, t.marked(i)...)
}

// marked shows where the reflection in a picture is.
func (t *turn) marked(i inspected) []Reply {
	if i.report.Preview == nil {
		return nil
	}
	n := slices.IndexFunc(i.report.Problems, func(p picture.Problem) bool { return p.Code == picture.Glare })
	if n < 0 {
		return nil // unreachable: nothing else has a box
	}
	where := t.words.lang(t.lang).Places[i.report.Problems[n].Args["where"]]
	return []Reply{{
		Text: t.words.say(t.lang, "preview", args{"where": where}),
		File: pictureFile(i.report.Preview, picture.JPEG, "preview-not-for-upload"),
	}}
}

// consent returns the sentence about where pictures travel, once in a chat.
func (t *turn) consent() []string {
	if t.s.Consent == 0 {
		t.s.Consent = t.event.Update
	}
	if t.s.Consent != t.event.Update {
		return nil
	}
	return []string{t.words.say(t.lang, "consent", nil)}
}

// result words the check of one picture.
func (t *turn) result(i inspected) Reply {
	if i.refusal != "" {
		text := t.verdict(string(Unusable)) + "\n" + t.words.say(t.lang, i.refusal, args{"limit": t.findings.limit()})
		return Reply{Text: text, Spans: boldFirstLine(text)}
	}
	out := i.outcome()
	lines := []string{t.verdict(string(out))}
	shown := told(i.report.Problems)
	for n, p := range shown {
		text, do := t.findings.Problem(t.lang, i.report, p)
		act := !i.fixed || remains(p) || p.Code == picture.RecompressedByChat
		if p.Code == picture.Repeated {
			act = out == Retake || out == Unusable
		}
		if act {
			text = t.words.sentences(t.lang, text, do)
		} else {
			text = t.words.sentences(t.lang, text)
		}
		if len(shown) > 1 {
			text = number(n+1) + ". " + text
		}
		lines = append(lines, text)
	}
	r := Reply{}
	switch {
	case i.fixed:
		lines = append(lines,
			t.words.sentences(t.lang, t.words.report(t.lang, "done", args{"changes": t.findings.Changes(t.lang, i.repaired.Changes)})),
			t.words.sentences(t.lang, t.size(int64(len(i.repaired.Data)), i.repaired.Width, i.repaired.Height),
				t.uploadLine(out, "upload-file", "upload-anyway")))
		r.File = repairedFile(i.repaired, "")
	case out == Unusable:
	case i.ref.Photo:
		// What the chat made of it is what was checked, so it is what to upload.
		lines = append(lines, t.words.sentences(t.lang, t.size(i.report.Bytes, i.report.Width, i.report.Height),
			t.uploadLine(out, "upload-file", "upload-anyway")))
		r.File = pictureFile(i.data, i.report.Format, "beian-checked")
	default:
		lines = append(lines, t.words.sentences(t.lang, t.size(i.report.Bytes, i.report.Width, i.report.Height),
			t.uploadLine(out, "upload-original", "keep-anyway")))
	}
	if s := t.findings.sources(t.lang, shown); s != "" {
		lines = append(lines, t.words.report(t.lang, "source", args{"source": s}))
	}
	r.Text = strings.Join(lines, "\n")
	r.Spans = boldFirstLine(r.Text)
	return r
}

// told returns the findings that are worth telling: the worst, and whether the
// picture is one that was checked before; not that a name fits badly to a format that is refused anyway.
func told(ps []picture.Problem) []picture.Problem {
	refused := slices.ContainsFunc(ps, func(p picture.Problem) bool { return p.Code == picture.FormatNotAccepted })
	ps = slices.DeleteFunc(slices.Clone(ps), func(p picture.Problem) bool {
		return refused && p.Code == picture.ExtensionMismatch
	})
	if again := slices.IndexFunc(ps, func(p picture.Problem) bool { return p.Code == picture.Repeated }); again >= maxShown {
		return append(slices.Clone(ps[:maxShown]), ps[again])
	}
	return ps[:min(len(ps), maxShown)]
}

func (t *turn) verdict(key string) string { return t.words.lang(t.lang).Verdicts[key] }

func (t *turn) size(bytes int64, w, h int) string {
	return t.words.report(t.lang, "size", args{"bytes": sizeText(bytes), "width": number(w), "height": number(h)})
}

// uploadLine says what to do with the file: upload it, change it first, or take a
// new picture and upload it only if there is no time for that.
func (t *turn) uploadLine(out Outcome, good, doubtful string) string {
	switch out {
	case Retake:
		return t.words.report(t.lang, doubtful, nil)
	case Amend:
		return t.words.report(t.lang, "amend-first", nil)
	}
	return t.words.report(t.lang, good, nil)
}

// repairedFile is the file that a repair made; suffix tells several apart.
func repairedFile(r picture.Repaired, suffix string) *File {
	return pictureFile(r.Data, r.Format, "beian-fixed"+suffix)
}

func pictureFile(data []byte, f picture.Format, name string) *File {
	mime := "image/jpeg"
	if f == picture.PNG {
		mime = "image/png"
	}
	return &File{Name: name + f.Extension(), MIME: mime, Data: data}
}
