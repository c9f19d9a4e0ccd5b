package zh_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"beianbot/kb/zh"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"full-width letters and digits", "ＡＰＰ ３．１６．０ 及以上", "app 3.16.0 及以上"},
		{"traditional characters", "核驗單怎麼填寫", "核验单怎么填写"},
		{"著 becomes 着", "著急", "着急"},
		{"a number and its unit are one", "圖片 4 MB 以下", "图片 4mb 以下"},
		{"a number before another word stays apart", "4 months", "4 months"},
		{"emoji part words", "怎么办😭😭快", "怎么办 快"},
		{"zero-width and control characters vanish", "核\u200b验\x00单", "核验单"},
		{"all white space is one blank", " 核验单\t\n 怎么填 ", "核验单 怎么填"},
		{"compatibility characters", "①㎏⼀", "1kg一"},
		{"invalid UTF-8 is dropped", "核\xff验", "核验"},
	} {
		if got := zh.Fold(c.in); got != c.want {
			t.Errorf("%s: Fold(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func keys(ts []zh.Token) string {
	var ks []string
	for _, t := range ts {
		ks = append(ks, t.Key)
	}
	return strings.Join(ks, " ")
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"characters by sound", "核验单", "he yan dan"},
		{"a typo of the same sound has the same keys", "盒研蛋", "he yan dan"},
		{"typed pinyin, glued together", "heyandan zenme tian", "he yan dan zen me tian"},
		{"typed pinyin among Chinese", "heyandan 怎么填", "he yan dan zen me tian"},
		{"English stays English", "how do I change the form", "how do i chang the form"},
		{"an English word that parses as pinyin, among Chinese", "change 方式", "chang fang shi"},
		{"names are not pinyin", "app 里能传吗", "app li neng chuan ma"},
		{"versions are one number", "app3.16.0", "app 3.16.0"},
		{"plurals", "seals", "seal"},
	} {
		if got := keys(zh.Tokens(zh.Fold(c.in))); got != c.want {
			t.Errorf("%s: keys of %q = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestSplitPinyin(t *testing.T) {
	for in, want := range map[string]string{
		"heyandan":      "he yan dan",
		"xian":          "xian",
		"zhuangshuang":  "zhuang shuang",
		"shouyin":       "shou yin",
		"xyz":           "",
		"browser":       "",
		"":              "",
		"aaaaaaaaaaaaa": "a a a a a a a a a a a a a",
	} {
		if got := strings.Join(zh.SplitPinyin(in), " "); got != want {
			t.Errorf("SplitPinyin(%q) = %q, want %q", in, got, want)
		}
	}
	if got := zh.SplitPinyin(strings.Repeat("a", 61)); got != nil {
		t.Errorf("SplitPinyin of 61 letters = %v, want nil", got)
	}
}

func TestMatcher(t *testing.T) {
	m := zh.NewMatcher(true)
	m.Add("form", "核验单")
	m.Add("seal", "公章")
	m.Add("seal", "official seal")
	m.Add("fingerprint", "手印")
	m.Add("certificate", "证")
	m.Add("domain-certificate", "域名证书")
	for _, c := range []struct{ name, in, want string }{
		{"exact", "核验单要盖公章吗", "form seal"},
		{"the longest word wins", "域名证书", "domain-certificate"},
		{"three characters by sound when one agrees", "核研单", "form"},
		{"two characters by sound when one agrees", "公张", "seal"},
		{"two characters by sound alone are another word", "攻掌", ""},
		{"one character only as it is written", "正", ""},
		{"typed pinyin", "yao gai gongzhang ma", "seal"},
		{"English with an ending", "official seals", "seal"},
		{"not across the end of a sentence", "手。印", ""},
	} {
		var got []string
		for _, hit := range m.Find(zh.Tokens(zh.Fold(c.in))) {
			got = append(got, hit.Value)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: Find(%q) = %q, want %q", c.name, c.in, s, c.want)
		}
	}
}

// 山西 and 陕西 sound alike: typed without tones, neither may be taken.
func TestMatcherAmbiguousSound(t *testing.T) {
	m := zh.NewMatcher(false)
	m.Add("山西", "山西")
	m.Add("陕西", "陕西")
	m.AddSound("陕西", "shaanxi")
	for in, want := range map[string]string{"山西": "山西", "陕西": "陕西", "shanxi": "", "shaanxi": "陕西"} {
		var got []string
		for _, hit := range m.Find(zh.Tokens(zh.Fold(in))) {
			got = append(got, hit.Value)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("Find(%q) = %q, want %q", in, s, want)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"核验单怎么填", "heyandan zenme tian", "4.5兆 的 HEIC", "\xff\x00", "a'b'c", "１２３．４", "𠀀𠀁"} {
		f.Add(s)
	}
	m := zh.NewMatcher(true)
	m.Add("form", "核验单")
	f.Fuzz(func(t *testing.T, s string) {
		folded := zh.Fold(s)
		if !utf8.ValidString(folded) {
			t.Errorf("Fold(%q) is not UTF-8", s)
		}
		if again := zh.Fold(folded); again != folded {
			t.Errorf("Fold(Fold(%q)) = %q, want %q", s, again, folded)
		}
		ts := zh.Tokens(folded)
		if slices.ContainsFunc(ts, func(t zh.Token) bool { return t.Text == "" || t.Key == "" }) {
			t.Errorf("Tokens(%q) has an empty token", s)
		}
		for _, hit := range m.Find(ts) {
			if hit.Start < 0 || hit.Start >= hit.End || hit.End > len(ts) {
				t.Errorf("Find(%q): tokens [%d, %d) of %d", s, hit.Start, hit.End, len(ts))
			}
		}
	})
}
