package bot

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"beianbot/bot/picture"
	"beianbot/content"
	"beianbot/kb"
)

func testWords(t *testing.T) *Words {
	t.Helper()
	w, err := LoadWords(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Every sentence is there in both languages, and filling it leaves no slot open.
func TestWordsAreComplete(t *testing.T) {
	w := testWords(t)
	for _, l := range []kb.Lang{kb.Chinese, kb.English} {
		one := w.lang(l)
		sections := map[string]map[string][]string{
			"say": says, "verdicts": verdictKeys, "changes": changeKeys, "report": reportKeys, "complaints": complaintKeys,
		}
		texts := map[string]map[string]string{
			"say": one.Say, "verdicts": one.Verdicts, "changes": one.Changes, "report": one.Report, "complaints": one.Complaints,
		}
		for name, keys := range sections {
			for key, names := range keys {
				a := args{}
				for _, s := range names {
					a[s] = "〈" + s + "〉"
				}
				got := fill(texts[name][key], a)
				if strings.ContainsAny(got, "{}") {
					t.Errorf("%s: %s %q has an open slot: %q", l, name, key, got)
				}
				for _, s := range names {
					if strings.HasPrefix(key, "inquiry-") {
						continue // chosen among at run time, all with the same slots
					}
					if !strings.Contains(got, a[s]) {
						t.Errorf("%s: %s %q does not use {%s}: %q", l, name, key, s, got)
					}
				}
				if strings.ContainsAny(got, "!！") {
					t.Errorf("%s: %s %q shouts: %q", l, name, key, got)
				}
			}
		}
		f := Findings{Words: w, Knowledge: limitsOnly{}}
		for _, c := range codes {
			r := picture.Report{Format: picture.HEIF, Bytes: 4_100_000, Width: 10, Height: 20}
			for _, a := range []map[string]string{nil, {"disputed": "true"}, {"variant": "lossless"}, {"why": "depth", "depth": "16"}, {"why": "storage"}} {
				text, do := f.Problem(l, r, picture.Problem{Code: c, Args: a})
				if text == "" || do == "" || strings.ContainsAny(text+do, "{}!！") {
					t.Errorf("%s: problem %q says %q, %q", l, c, text, do)
				}
			}
		}
		said := make(map[string]picture.Code) // one finding says nothing that another says
		for _, c := range codes {
			for _, a := range []map[string]string{nil, {"disputed": "true"}, {"variant": "lossless"}, {"why": "depth", "depth": "16"}, {"why": "storage"}} {
				text, _ := f.Problem(l, picture.Report{Format: picture.GIF}, picture.Problem{Code: c, Args: a})
				if other, ok := said[text]; ok && other != c {
					t.Errorf("%s: problems %q and %q both say %q", l, c, other, text)
				}
				said[text] = c
			}
		}
		for c := range changeKeys {
			got := f.Change(l, picture.Change{Code: picture.ChangeCode(c), Args: map[string]string{
				"from": "gif", "width": "1", "height": "2", "gps": "true", "quality": "80",
			}})
			if got == "" || strings.Contains(got, "{") {
				t.Errorf("%s: change %q says %q", l, c, got)
			}
		}
		for _, k := range []UnsupportedKind{Sticker, Voice, Contact, Video, Edited, Other, "new-kind"} {
			if w.unsupported(l, k) == "" {
				t.Errorf("%s: nothing to say to %q", l, k)
			}
		}
	}
}

type limitsOnly struct{}

func (limitsOnly) Limits() kb.Limits {
	return kb.Limits{Accepted: []string{"jpeg", "png"}, MaxBytes: 4_000_000, LooseMaxBytes: 4_194_304}
}

func (limitsOnly) Show(string, kb.Lang, kb.Context) (kb.Answer, bool) { return kb.Answer{}, false }

// What Telegram shows before the first message has its bounds.
func TestAboutFits(t *testing.T) {
	w := testWords(t)
	for _, l := range []kb.Lang{kb.Chinese, kb.English} {
		if long, short := w.About(l); utf8.RuneCountInString(long) > 512 || utf8.RuneCountInString(short) > 120 {
			t.Errorf("%s: %d and %d characters, want at most 512 and 120", l, utf8.RuneCountInString(long), utf8.RuneCountInString(short))
		}
		for _, staff := range []bool{false, true} {
			for _, m := range w.Menu(l, staff) {
				if n := utf8.RuneCountInString(m.Text); n < 1 || n > 256 {
					t.Errorf("%s: /%s is described in %d characters", l, m.Name, n)
				}
			}
		}
	}
}

// A label that two buttons share could not be typed.
func TestLabelsDiffer(t *testing.T) {
	w := testWords(t)
	for _, l := range []kb.Lang{kb.Chinese, kb.English} {
		seen := make(map[string]string)
		for key, label := range w.lang(l).Buttons {
			if other := seen[strings.ToLower(label)]; other != "" {
				t.Errorf("%s: %s and %s are both labelled %q", l, key, other, label)
			}
			seen[strings.ToLower(label)] = key
			limit := 8
			if action(key) == actPass {
				limit = 9 // it says in whole words what happens, and stands in a row of its own
			}
			if l == kb.Chinese && len([]rune(label)) > limit {
				t.Errorf("label %q is longer than %d characters", label, limit)
			}
		}
	}
}

func TestLoadWordsRefuses(t *testing.T) {
	read := func(name string) string {
		data, err := fs.ReadFile(content.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	zh, en := read("reply/zh.yaml"), read("reply/en.yaml")
	tests := []struct{ what, zh, en, want string }{
		{"a missing key", strings.Replace(zh, "  human: |-", "  humans: |-", 1), en, `"human" is missing`},
		{"a key that nothing uses", strings.Replace(zh, "say:", "say:\n  extra: x", 1), en, `"extra" is not used`},
		{"a slot that nothing fills", zh, strings.Replace(en, "{count}", "{cuont}", 1), "unknown slot {cuont}"},
		{"an unknown section", zh + "\nmore:\n  a: b\n", en, "more"},
		{"what is no YAML", zh, "say: [", "en.yaml"},
	}
	for _, tt := range tests {
		fsys := fstest.MapFS{
			"reply/zh.yaml": {Data: []byte(tt.zh)},
			"reply/en.yaml": {Data: []byte(tt.en)},
		}
		if _, err := LoadWords(fsys); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("LoadWords with %s = %v, want an error with %q", tt.what, err, tt.want)
		}
	}
	if _, err := LoadWords(fstest.MapFS{}); err == nil {
		t.Error("LoadWords of nothing = nil, want an error")
	}
}

func TestLoadClauses(t *testing.T) {
	c, err := LoadClauses(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for code, id := range c {
		if _, err := fs.Stat(content.FS, id+".md"); err != nil {
			t.Errorf("clause of %q: %v", code, err)
		}
	}
	fsys := fstest.MapFS{"reply/clauses.yaml": {Data: []byte("too-big: guide/size\n")}}
	if _, err := LoadClauses(fsys); err == nil || !strings.Contains(err.Error(), "too-big") {
		t.Errorf("LoadClauses with an unknown problem = %v, want an error that names it", err)
	}
}

// A slot's value is not searched for slots.
func TestFillOnce(t *testing.T) {
	if got, want := fill("{a}{b}", args{"a": "{b}", "b": "x"}), "{b}x"; got != want {
		t.Errorf("fill = %q, want %q", got, want)
	}
}

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1 KB", 999_999: "999 KB", 1_000_000: "1 MB",
		3_999_999: "3.99 MB", 4_000_000: "4 MB", 4_194_304: "4.19 MB", 6_300_000: "6.3 MB", 20 << 20: "20.97 MB",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("sizeText(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLangOf(t *testing.T) {
	tests := []struct {
		text string
		lang kb.Lang
		ok   bool
	}{
		{"核验单怎么填", kb.Chinese, true},
		{"核驗單怎麼填", kb.Chinese, true},
		{"app 怎么用", kb.Chinese, true},
		{"How large may a picture be?", kb.English, true},
		{"WHICH PEN", kb.English, true},
		{"heyandan zenme tian", "", false},          // pinyin
		{"wo shi geren, yao shouyin ma", "", false}, // pinyin
		{"IMG_1234.heic", "", false},
		{"4 MB", "", false},
		{"???", "", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if l, ok := LangOf(tt.text); l != tt.lang || ok != tt.ok {
			t.Errorf("LangOf(%q) = %q, %v, want %q, %v", tt.text, l, ok, tt.lang, tt.ok)
		}
	}
	for tag, want := range map[string]kb.Lang{"": kb.Chinese, "zh-hans": kb.Chinese, "ZH": kb.Chinese, "en-GB": kb.English, "ru": kb.English} {
		if got := clientLang(tag); got != want {
			t.Errorf("clientLang(%q) = %q, want %q", tag, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	problem := func(c picture.Code, l picture.Level) []picture.Problem { return []picture.Problem{{Code: c, Level: l}} }
	tests := []struct {
		what     string
		problems []picture.Problem
		repaired bool
		want     Outcome
	}{
		{"nothing found", nil, false, Usable},
		{"a remark", problem(picture.RecompressedByChat, picture.Info), false, Usable},
		{"sideways and turned", problem(picture.Rotated, picture.Info), true, Improved},
		{"too large and made smaller", problem(picture.TooLarge, picture.Reject), true, Fixed},
		{"too large and not repaired", problem(picture.TooLarge, picture.Reject), false, Unusable},
		{"a blur, which no repair cures", problem(picture.Blurry, picture.Warn), true, Retake},
		{"a warning that was repaired", problem(picture.BorderlineSize, picture.Warn), true, Improved},
		{"a warning that was not", problem(picture.BorderlineSize, picture.Warn), false, Amend},
	}
	for _, tt := range tests {
		if got := outcomeOf(picture.Report{Problems: tt.problems}, tt.repaired); got != tt.want {
			t.Errorf("%s: outcome %q, want %q", tt.what, got, tt.want)
		}
	}
}

// The codes that have wording are all the codes that there are.
func TestCodesAreDistinct(t *testing.T) {
	seen := make(map[picture.Code]bool)
	for _, c := range codes {
		if seen[c] {
			t.Errorf("code %q twice", c)
		}
		seen[c] = true
	}
	if len(codes) != 24 {
		t.Errorf("%d codes, want the 24 of package picture", len(codes))
	}
	for _, c := range slices.Sorted(maps.Keys(seen)) {
		if _, ok := testWords(t).lang(kb.Chinese).Problems[c]; !ok {
			t.Error(fmt.Errorf("no wording for %q", c))
		}
	}
}
