package kb

import (
	"io/fs"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"beianbot/content"
)

func openShipped(t *testing.T) *Base {
	t.Helper()
	b, err := Open(t.Context(), slog.New(slog.DiscardHandler), content.FS, NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// situations are all that a checklist can be asked for.
func situations(b *Base) []Situation {
	var all []Situation
	for _, p := range b.Provinces() {
		for _, k := range []EntityKind{Individual, Organization} {
			for _, d := range []DomainCount{OneDomain, SeveralDomains} {
				for _, o := range []Origin{Mainland, HKMacao, Taiwan, Foreign} {
					for _, c := range []Channel{App, Computer} {
						all = append(all, Situation{p.Province, k, d, o, c})
					}
				}
			}
		}
	}
	return all
}

// checklistTemplates returns an expression that matches the lines which content
// words, and nothing else.
func checklistTemplates(t *testing.T, b *Base, l Lang) *regexp.Regexp {
	c := b.state.Load().composer
	values := slotValues(c, nil, nil, l)
	expand := func(s string, values map[string]string) string {
		s = regexp.QuoteMeta(s)
		for name, v := range values {
			s = strings.ReplaceAll(s, `\{`+name+`\}`, v)
		}
		if strings.Contains(s, `\{`) {
			t.Errorf("a slot without a value: %s", s)
		}
		return s
	}
	var all []string
	for _, n := range b.checklist.Lines {
		texts := []string{n.Text[l]}
		if n.Topic != "" {
			texts = nil
			for _, r := range c.topics[n.Topic].Rules {
				texts = append(texts, r.One[l])
			}
		}
		for _, text := range texts {
			all = append(all, expand(b.checklist.Line[l], map[string]string{
				"number": `\d`, "text": expand(text, values), "source": regexp.QuoteMeta(n.Source[l]),
			}))
		}
	}
	return regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")$")
}

// For every situation there is a checklist with exactly the rules that hold.
func TestChecklist(t *testing.T) {
	b := openShipped(t)
	c := b.state.Load().composer
	all := situations(b)
	if len(all) != 31*2*2*4*2 {
		t.Fatalf("%d situations", len(all))
	}
	longest := map[Lang]int{Chinese: 600, English: 1200}
	for _, l := range []Lang{Chinese, English} {
		curated := checklistTemplates(t, b, l)
		most := 0
		for _, s := range all {
			a := b.Checklist(s, l)
			if n := len(a.Lines); n < 5 || n > 9 {
				t.Errorf("%v (%s): %d lines, want 5 to 9", s, l, n)
			}
			n := utf8.RuneCountInString(a.Text())
			if most = max(most, n); n > longest[l] {
				t.Errorf("%v (%s): %d characters, want at most %d", s, l, n, longest[l])
			}
			count, group := make(map[string]int), make(map[string]int)
			for _, line := range a.Lines {
				if !curated.MatchString(line.Text) {
					t.Errorf("%v (%s): the line %q is not curated", s, l, line.Text)
				}
				count[line.From]++
				name, _, _ := strings.Cut(line.From, "-")
				group[name]++
			}
			signing, domains := c.topics["signing"].matching(s.Province, s.Kind)[0].ID, c.topics["domains"].matching(s.Province, s.Kind)[0].ID
			if group["rule/sign"] != 1 || count[signing] != 1 {
				t.Errorf("%v (%s): %d signing lines, %d of them %s; want 1, 1", s, l, group["rule/sign"], count[signing], signing)
			}
			want := 0
			if s.Domains == SeveralDomains {
				want = 1
			}
			if group["rule/domains"] != want || count[domains] != want {
				t.Errorf("%v (%s): %d lines about several domains, want %d", s, l, group["rule/domains"], want)
			}
			want = 0
			if s.Province == "广东" && s.Kind == Individual {
				want = 1
			}
			if count["checklist/statement"] != want || (a.Copy != "") != (want == 1) {
				t.Errorf("%v (%s): %d lines about the statement and the passage %q, want %d", s, l, count["checklist/statement"], a.Copy, want)
			}
			open := slices.Contains([]Province{"广东", "重庆", "辽宁", "安徽", "福建"}, s.Province)
			for id, want := range map[string]bool{
				"checklist/id": true, "checklist/organization": s.Kind == Organization,
				"checklist/pictures": true, "checklist/papers": true, "checklist/form": true,
				"checklist/guangdong": s.Province == "广东", "rule/app": s.Channel == App && open, "checklist/app": s.Channel == App && !open, "checklist/computer": s.Channel == Computer,
			} {
				if (group[id] == 1) != want {
					t.Errorf("%v (%s): %d lines %s, want one: %v", s, l, group[id], id, want)
				}
			}
			if count["checklist/id-"+string(s.Origin)] != 1 {
				t.Errorf("%v (%s): no line for the origin", s, l)
			}
			if !strings.Contains(a.Footer, a.AsOf) || a.AsOf == "" {
				t.Errorf("%v (%s): the footer %q does not give the date %q", s, l, a.Footer, a.AsOf)
			}
		}
		t.Logf("%s: the longest checklist has %d characters", l, most)
	}
}

// What is not complete, or does not exist, has no checklist.
func TestChecklistRefuses(t *testing.T) {
	b := openShipped(t)
	whole := Situation{"江西", Individual, OneDomain, Mainland, Computer}
	for _, s := range []Situation{
		{}, {"江西", Individual, OneDomain, Mainland, ""}, {"香港", Individual, OneDomain, Mainland, App},
		{"江西", "both", OneDomain, Mainland, App}, {"江西", Individual, "none", Mainland, App}, {"{province}", Individual, OneDomain, Mainland, App},
	} {
		if a := b.Checklist(s, Chinese); len(a.Lines) != 0 || a.Answered() {
			t.Errorf("Checklist(%v) = %+v, want no lines", s, a)
		}
	}
	if a := b.Checklist(whole, "fr"); !slices.Equal(a.Lines, b.Checklist(whole, Chinese).Lines) {
		t.Errorf("in an unknown language: %v, want Chinese", a.Lines)
	}
}

func TestSituation(t *testing.T) {
	b := openShipped(t)
	for text, want := range map[string]Situation{
		"我是江西个人,三个域名,用电脑传":                                         {"江西", Individual, SeveralDomains, "", Computer},
		"江西个人三个域名用电脑":                                              {"江西", Individual, SeveralDomains, "", Computer},
		"我們是廣東的公司，只有一個域名，負責人是台灣人，用手機傳":                             {"广东", Organization, OneDomain, Taiwan, App},
		"深圳公司 2个域名 负责人是香港的 app":                                    {"广东", Organization, SeveralDomains, HKMacao, App},
		"赣州个人，单个域名，内地":                                             {"江西", Individual, OneDomain, Mainland, ""},
		"负责人持护照，域名有十二个":                                            {"", "", SeveralDomains, Foreign, ""},
		"二十一个域名":                                                   {"", "", SeveralDomains, "", ""},
		"不止一个域名":                                                   {"", "", SeveralDomains, "", ""},
		"域名只有一个":                                                   {"", "", OneDomain, "", ""},
		"三个":                                                       {"", "", SeveralDomains, "", ""},
		"不是台湾，是澳门":                                                 {"", "", "", HKMacao, ""},
		"不用 app，用电脑":                                               {"", "", "", "", Computer},
		"用 app 还是电脑":                                               {},
		"个人或者单位":                                                   {},
		"不是江西，是江苏":                                                 {"江苏", "", "", "", ""},
		"台湾居民来往大陆通行证":                                              {"", "", "", Taiwan, ""},
		"company in Shanghai, one domain, foreigner, computer":     {"上海", Organization, OneDomain, Foreign, Computer},
		"individual in Inner Mongolia, 3 domains, mainland, phone": {"内蒙古", Individual, SeveralDomains, Mainland, App},
		"你好": {}, "": {},
	} {
		if got := b.Situation(text); got != want {
			t.Errorf("Situation(%q) = %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]bool{"清单": true, " 清單。": true, "我要准备什么？": true, "Checklist": true, "域名清单": false, "": false} {
		if got := b.AsksChecklist(text); got != want {
			t.Errorf("AsksChecklist(%q) = %v, want %v", text, got, want)
		}
	}
}

// A broken checklist.yaml is refused with the reason.
func TestBrokenChecklist(t *testing.T) {
	shipped, err := fs.ReadFile(content.FS, "checklist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"      zh: 外籍负责人", "      fr: 外籍负责人", "checklist/id-foreign in zh has no text"},
		{"en: \"Computer:", "en: \"{computer}:", "unknown slot {computer}"},
		{"facts: [F26]", "facts: [F99]", "names F99, which no entry states"},
		{"facts: [F26]", "facts: []", "names no fact"},
		{"rule: rule/form-guangdong", "rule: rule/form-guangxi", "which is no rule"},
		{"origin: taiwan", "origin: tw", "never holds"},
		{"topic: signing", "topic: sign", "which does not exist"},
		{"copy: guide/guangdong-statement", "copy: guide/pen", "has no passage"},
		{"id: checklist/app-open", "id: checklist/form", "stands twice"},
		{"source: {zh: 阿里云 app 核验, en: app}", "source: {zh: 阿里云 app 核验}", "has no source in en"},
		{"{number}. {text}（", "{no}. {text}（", "unknown slot {no}"},
		{"en: about early 2019", "en: \"\"", "no footer or date in en"},
	} {
		fsys := fstest.MapFS{}
		if err := fs.WalkDir(content.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(content.FS, name)
			fsys[name] = &fstest.MapFile{Data: data}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		broken := strings.Replace(string(shipped), tt.old, tt.new, 1)
		if broken == string(shipped) {
			t.Fatalf("checklist.yaml does not hold %q", tt.old)
		}
		fsys["checklist.yaml"] = &fstest.MapFile{Data: []byte(broken)}
		b, err := Open(t.Context(), slog.New(slog.DiscardHandler), fsys, NewMemStore())
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("with %q: Open = %v, want an error that says %q", tt.new, err, tt.want)
		}
	}
}

// Every line of checklist.yaml is in some checklist.
func TestChecklistLinesAreUsed(t *testing.T) {
	b := openShipped(t)
	c := b.state.Load().composer
	unused := make(map[string]bool)
	for _, n := range b.checklist.Lines {
		unused[n.ID] = true
	}
	for _, s := range situations(b) {
		for _, n := range b.checklist.Lines {
			if n.When.holds(c, s) {
				delete(unused, n.ID)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is in no checklist", id)
	}
}
