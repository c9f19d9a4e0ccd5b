package bot

import (
	"strings"
	"testing"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// shown is a knowledge base of limits and sources.
type shown struct{ accepted []string }

func (s shown) Limits() kb.Limits {
	return kb.Limits{Accepted: s.accepted, MaxBytes: 4_000_000, LooseMaxBytes: 4_194_304}
}

func (shown) Show(id string, l kb.Lang, _ kb.Context) (kb.Answer, bool) {
	sources := map[string]map[kb.Lang]string{
		"formats": {kb.Chinese: "证件资料规范；为什么无法上传", kb.English: "Rules for pictures; why it fails"},
		"clear":   {kb.Chinese: "证件资料规范", kb.English: "Why it fails"},
		"other":   {kb.Chinese: "证件资料", kb.English: "Rules"},
	}
	return kb.Answer{Source: sources[id][l], AsOf: map[kb.Lang]string{kb.Chinese: "约 2019 年初", kb.English: "early 2019"}[l]}, true
}

// An entry may list the formats as extensions, jpg and jpeg, or by their names;
// people read each once.
func TestAcceptedFormats(t *testing.T) {
	for _, list := range [][]string{{"jpeg", "png"}, {"jpg", "jpeg", "png"}} {
		f := Findings{Words: testWords(t), Knowledge: shown{list}}
		text, _ := f.Problem(kb.Chinese, picture.Report{Format: picture.HEIF}, picture.Problem{Code: picture.FormatNotAccepted})
		if !strings.Contains(text, "只收 jpg、jpeg、png") {
			t.Errorf("the entry takes %q, people read %q", list, text)
		}
	}
}

// A source that another one names among others is not named again.
func TestSourcesOnce(t *testing.T) {
	f := Findings{Words: testWords(t), Knowledge: shown{}, Clauses: Clauses{
		picture.FormatNotAccepted: "formats", picture.TooSmall: "clear", picture.Blurry: "clear", picture.Dark: "other",
	}}
	ps := []picture.Problem{{Code: picture.TooSmall}, {Code: picture.FormatNotAccepted}, {Code: picture.Blurry}, {Code: picture.Dark}}
	for l, want := range map[kb.Lang]string{
		kb.Chinese: "证件资料规范；为什么无法上传（约 2019 年初）、证件资料（约 2019 年初）",
		kb.English: "Rules for pictures; why it fails (early 2019), Rules (early 2019)",
	} {
		if got := f.sources(l, ps); got != want {
			t.Errorf("sources in %s = %q, want %q", l, got, want)
		}
	}
}

// A picture that is too large only as it is stored is not to be made smaller, and
// the sentence says what it is that takes too much.
func TestTooLargeAsStored(t *testing.T) {
	f := Findings{Words: testWords(t), Knowledge: shown{}}
	r := picture.Report{Format: picture.PNG, Width: 5000, Height: 5000}
	for _, tt := range []struct {
		args     map[string]string
		text, do string
	}{
		{map[string]string{"why": "depth", "depth": "16"}, "5000×5000 像素、每种颜色 16 位", "8 位的 jpg"},
		{map[string]string{"why": "storage"}, "按这种方式存的", "另存为普通的 jpg"},
		{nil, "5000×5000 像素，太大了", "4000 像素"},
	} {
		text, do := f.Problem(kb.Chinese, r, picture.Problem{Code: picture.TooManyPixels, Args: tt.args})
		if !strings.Contains(text, tt.text) || !strings.Contains(do, tt.do) {
			t.Errorf("with %v: %q, %q, want %q, %q", tt.args, text, do, tt.text, tt.do)
		}
	}
}
