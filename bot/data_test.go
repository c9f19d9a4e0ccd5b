package bot

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseData(t *testing.T) {
	tests := []struct {
		data string
		a    action
		arg  string
		ok   bool
	}{
		{"ask", actAsk, "", true},
		{"stitch:1a", actStitch, "1a", true},
		{"e:guide/pen", actEntry, "guide/pen", true},
		{"q:江西:个人", actQuestion, "江西:个人", true}, // only the first colon counts
		{"cl:Jiangxi:i1mc", actChecklist, "Jiangxi:i1mc", true},
		{"cl", "", "", false},
		{"stitch", "", "", false},   // no set
		{"ask:x", "", "", false},    // takes nothing
		{"copy", actCopy, "", true}, // typed
		{"useful:guide/pen", actUseful, "guide/pen", true},
		{"useful", "", "", false}, // no entry
		{"", "", "", false},
		{"nonsense", "", "", false},
		{"e:" + strings.Repeat("a", 63), "", "", false},
		{"e:\xff", "", "", false},
	}
	for _, tt := range tests {
		a, arg, ok := parseData(tt.data)
		if ok != tt.ok || ok && (a != tt.a || arg != tt.arg) {
			t.Errorf("parseData(%q) = %q, %q, %v, want %q, %q, %v", tt.data, a, arg, ok, tt.a, tt.arg, tt.ok)
		}
	}
}

func TestEntryOf(t *testing.T) {
	for payload, want := range map[string]string{
		"q_guide__verification-form": "guide/verification-form", "q_staff__entry-1": "staff/entry-1", "": "", "q_": "", "ref_5": "",
	} {
		if id, ok := entryOf(payload); ok != (want != "") || ok && id != want {
			t.Errorf("entryOf(%q) = %q, %v, want %q", payload, id, ok, want)
		}
	}
}

func FuzzParseData(f *testing.F) {
	for _, s := range []string{"ask", "e:guide/pen", "q:江西", "publish:1", ":", "k:\x00", "cl:-:----"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, arg, ok := parseData(s)
		if !ok {
			return
		}
		data, fits := a.data(arg)
		if !fits || data != s {
			t.Errorf("parseData(%q) = %q, %q, which is %q", s, a, arg, data)
		}
		if !utf8.ValidString(arg) {
			t.Errorf("parseData(%q) has the argument %q", s, arg)
		}
	})
}
