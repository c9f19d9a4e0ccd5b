package bot

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// Clauses names the entry that a kind of problem rests on, by its ID. A problem
// without one is advice that the guidance does not speak of.
type Clauses map[picture.Code]string

// LoadClauses reads reply/clauses.yaml of fsys.
func LoadClauses(fsys fs.FS) (Clauses, error) {
	const name = "reply/clauses.yaml"
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("load clauses: %w", err)
	}
	c := make(Clauses)
	if err := yaml.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("load clauses %s: %w", name, err)
	}
	for code := range c {
		if !slices.Contains(codes, code) {
			return nil, fmt.Errorf("load clauses %s: unknown problem %q", name, code)
		}
	}
	return c, nil
}

// Findings words what a check of a picture found, for the chat and for the
// terminal.
type Findings struct {
	Words     *Words
	Knowledge interface {
		Show(id string, lang kb.Lang, c kb.Context) (kb.Answer, bool)
		Limits() kb.Limits
	}
	Clauses Clauses
}

// Wordings of [picture.FormatNotAccepted] that have words of their own: a
// format that only one list of the guidance has, and a kind of an accepted
// format that is not decoded; and of [picture.TooManyPixels]: it is the depth of
// the colours, or another way of storing them, that takes too much.
const (
	disputed picture.Code = "format-disputed"
	unusual  picture.Code = "format-unusual"
	tooDeep  picture.Code = "too-deep"
	tooHeavy picture.Code = "too-heavy"
)

// Problem says what is wrong, and what to do about it when it is not repaired.
func (f Findings) Problem(l kb.Lang, r picture.Report, p picture.Problem) (text, do string) {
	w := f.Words.lang(l)
	code := p.Code
	switch {
	case code == picture.FormatNotAccepted && p.Args["disputed"] != "":
		code = disputed
	case code == picture.FormatNotAccepted && p.Args["variant"] != "":
		code = unusual
	case code == picture.TooManyPixels && p.Args["why"] == "depth":
		code = tooDeep
	case code == picture.TooManyPixels && p.Args["why"] == "storage":
		code = tooHeavy
	}
	a := f.args(l, r)
	a["where"] = w.Places[p.Args["where"]]
	a["depth"] = p.Args["depth"]
	one := w.Problems[code]
	text, do = fill(one.Text, a), fill(one.Do, a)
	if code == picture.FormatNotAccepted {
		do = w.Exports["other"]
		if s, ok := w.Exports[string(r.Format)]; ok {
			do = s
		}
	}
	return text, do
}

// args fill the slots of every problem.
func (f Findings) args(l kb.Lang, r picture.Report) args {
	return args{
		"format":   formatName(r.Format),
		"bytes":    sizeText(r.Bytes),
		"width":    number(r.Width),
		"height":   number(r.Height),
		"limit":    f.limit(),
		"accepted": f.accepted(l),
	}
}

// limit words the guidance's limit, "4 MB". Under its strict and its loose
// reading it is the same number of MB.
func (f Findings) limit() string {
	const mb = 1_000_000
	return sizeText(f.Knowledge.Limits().MaxBytes / mb * mb)
}

// accepted words the list of formats, as file name extensions.
func (f Findings) accepted(l kb.Lang) string {
	list := f.Knowledge.Limits().Accepted
	var names []string
	for _, format := range list {
		if format == string(picture.JPEG) && !slices.Contains(list, "jpg") {
			names = append(names, "jpg")
		}
		names = append(names, format)
	}
	return f.Words.join(l, names)
}

// Change says what a repair did.
func (f Findings) Change(l kb.Lang, c picture.Change) string {
	key, a := string(c.Code), args{}
	maps.Copy(a, c.Args)
	switch c.Code {
	case picture.MetadataRemoved:
		if c.Args["gps"] == "true" {
			key += "-gps"
		}
	case picture.Converted:
		a["from"], a["to"] = formatName(picture.Format(a["from"])), formatName(picture.JPEG)
	}
	return fill(f.Words.lang(l).Changes[key], a)
}

// Changes lists what a repair did.
func (f Findings) Changes(l kb.Lang, cs []picture.Change) string {
	var texts []string
	for _, c := range cs {
		texts = append(texts, f.Change(l, c))
	}
	return f.Words.join(l, texts)
}

// Clause returns the ID of the entry that a kind of problem rests on, empty for
// none.
func (f Findings) Clause(c picture.Code) string { return f.Clauses[c] }

// sources lists where the rules behind problems stand, each once.
func (f Findings) sources(l kb.Lang, ps []picture.Problem) string {
	var list []kb.Answer
	for _, p := range ps {
		id := f.Clause(p.Code)
		if id == "" {
			continue
		}
		a, ok := f.Knowledge.Show(id, l, kb.Context{})
		if !ok || a.Source == "" || slices.ContainsFunc(list, func(b kb.Answer) bool { return names(b, a) }) {
			continue
		}
		list = slices.DeleteFunc(list, func(b kb.Answer) bool { return names(a, b) })
		list = append(list, a)
	}
	var texts []string
	for _, a := range list {
		texts = append(texts, f.Words.dated(l, a))
	}
	return f.Words.join(l, texts)
}

// dated returns the source of an answer with its date.
func (w *Words) dated(l kb.Lang, a kb.Answer) string {
	switch {
	case a.AsOf == "":
		return a.Source
	case l == kb.Chinese:
		return a.Source + "（" + a.AsOf + "）"
	}
	return a.Source + " (" + a.AsOf + ")"
}

// names reports whether the source of a names that of b too: an entry that rests
// on several places of the guidance lists them with semicolons.
func names(a, b kb.Answer) bool {
	part := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(s, "; ", "；")), func(r rune) bool { return r == '；' })
	}
	all := part(a.Source)
	return a.AsOf == b.AsOf && !slices.ContainsFunc(part(b.Source), func(s string) bool { return !slices.Contains(all, s) })
}

// formatName is what people call a format.
func formatName(f picture.Format) string {
	switch f {
	case picture.JPEG:
		return "JPG"
	case picture.HEIF:
		return "HEIC"
	case picture.WebP:
		return "WebP"
	case picture.JP2:
		return "JPEG 2000"
	case picture.JXL:
		return "JPEG XL"
	}
	return strings.ToUpper(string(f))
}

// Outcome is what a check and a repair amount to. It names the first line of
// the reply in content/reply.
type Outcome string

// The outcomes.
const (
	Usable   Outcome = "ok"       // as it is
	Fixed    Outcome = "fixed"    // the original is not usable, the repaired one is
	Improved Outcome = "improved" // usable, and there is a better one
	Retake   Outcome = "retake"   // better taken again
	Amend    Outcome = "amend"    // better changed first: the picture is good, the file is not
	Unusable Outcome = "reject"
)

// fixable names the first line for a [Fixed] picture whose file is sent only on
// demand.
const fixable = "fixable"

// remains reports whether p is still there after a repair.
func remains(p picture.Problem) bool {
	switch p.Code {
	case picture.TooSmall, picture.Blurry, picture.Dark, picture.Overexposed, picture.Glare, picture.NoColour,
		picture.CutOff, picture.DocumentSmall, picture.ScreenPhoto, picture.Truncated, picture.Corrupt:
		return p.Level != picture.Info
	}
	return false
}

// outcomeOf weighs a report; repaired says that there is a repaired file.
func outcomeOf(r picture.Report, repaired bool) Outcome {
	v := r.Verdict()
	switch {
	case !repaired && v == picture.Rejected:
		return Unusable
	case slices.ContainsFunc(r.Problems, remains):
		return Retake
	case !repaired && v == picture.Warned:
		return Amend
	case repaired && v == picture.Rejected:
		return Fixed
	case repaired:
		return Improved
	}
	return Usable
}

// Verdict sums up a check; repaired says that there is a repaired file.
func (f Findings) Verdict(l kb.Lang, r picture.Report, repaired bool) string {
	return f.Words.lang(l).Verdicts[string(outcomeOf(r, repaired))]
}
