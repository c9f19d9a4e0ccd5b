package bot

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseForm(t *testing.T) {
	tests := []struct {
		what, text string
		want       form
	}{
		{
			"the whole form",
			"要居住证吗\n- 福建要吗\n问：外地人要吗\n答：要。\n1. 有效期内\n出处：管局\n省份:福建\n对象:个人",
			form{title: "要居住证吗", phrasings: []string{"福建要吗", "外地人要吗"}, answer: []string{"要。", "1. 有效期内"}, source: "管局", provinces: "福建", entity: "个人"},
		},
		{"a blank line instead of a mark", "题\n- 甲\n\n答案在此", form{title: "题", phrasings: []string{"甲"}, answer: []string{"答案在此"}}},
		{"no mark at all", "题\n答案在此\n第二行", form{title: "题", answer: []string{"答案在此", "第二行"}}},
		{"points of the answer are not phrasings", "题\n答：要\n- 第一\n- 第二", form{title: "题", answer: []string{"要", "- 第一", "- 第二"}}},
		{"Windows line ends", "题\r\n- 甲\r\n答:好", form{title: "题", phrasings: []string{"甲"}, answer: []string{"好"}}},
		{"a title with its name", "标题：题\n答：好", form{title: "题", answer: []string{"好"}}},
		{"a colon inside the answer", "题\n答：时间：三天", form{title: "题", answer: []string{"时间：三天"}}},
		{"an answer on the line below its mark", "题\n答：\n好", form{title: "题", answer: []string{"好"}}},
		{"a title alone", "题", form{title: "题"}},
		{"English marks", "Q\nq: one\nanswer: yes\nsource: x", form{title: "Q", phrasings: []string{"one"}, answer: []string{"yes"}, source: "x"}},
		{"nothing", "", form{}},
	}
	for _, tt := range tests {
		if got := parseForm(tt.text); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: parseForm(%q) =\n%+v, want\n%+v", tt.what, tt.text, got, tt.want)
		}
	}
}

func TestSplitPhrasings(t *testing.T) {
	for text, want := range map[string][]string{
		"甲\n- 乙\n\n问：丙": {"甲", "乙", "丙"},
		"无":             nil,
		"没有。":           nil,
		"none":          nil,
		"无需盖章吗":         {"无需盖章吗"},
	} {
		if got := splitPhrasings(text); !reflect.DeepEqual(got, want) {
			t.Errorf("splitPhrasings(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzParseForm(f *testing.F) {
	f.Add("题\n- 甲\n答：好\n出处：管局")
	f.Add("标题:\n\n\n问:\n答:")
	f.Add("\xff\n-\x00")
	f.Fuzz(func(t *testing.T, text string) {
		got := parseForm(text)
		for _, s := range append(got.phrasings, got.answer...) {
			if strings.TrimSpace(s) == "" || strings.Contains(s, "\n") {
				t.Errorf("parseForm(%q) has the line %q", text, s)
			}
		}
		for _, p := range got.phrasings {
			if utf8.RuneCountInString(p) > maxPhrasing {
				t.Errorf("parseForm(%q) has a phrasing of %d characters", text, utf8.RuneCountInString(p))
			}
		}
		if strings.Contains(got.title, "\n") {
			t.Errorf("parseForm(%q) has the title %q", text, got.title)
		}
	})
}

func TestEntryID(t *testing.T) {
	const key = "1y2p0ij32e8e7" // of the largest number
	for _, tt := range []struct{ sound, key, want string }{
		{"staff/fujianyaojuzhuzhengma", "k3", "staff/fujianyaojuzhuzhengma-k3"},
		{"staff/" + strings.Repeat("a", 32) + "-12", key, "staff/" + strings.Repeat("a", 26) + "-" + key},
		{"staff/" + strings.Repeat("a", 25) + "-1234567", key, "staff/" + strings.Repeat("a", 25) + "-" + key},
	} {
		if got := entryID(tt.sound, tt.key); got != tt.want {
			t.Errorf("entryID(%q, %q) = %q, want %q", tt.sound, tt.key, got, tt.want)
		}
	}
}
