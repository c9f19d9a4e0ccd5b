package bot

import (
	"cmp"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"beianbot/content"
	"beianbot/kb"
)

// The shipped pairs are what the entries say that they cite: the answer names the
// certificate of each kind, and the paper unless it is any further one.
func TestPairsFollowTheirEntries(t *testing.T) {
	p, err := LoadPairs(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	base, err := kb.Open(t.Context(), slog.New(slog.DiscardHandler), content.FS, kb.NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, paper := range p.Papers {
		a, ok := base.Show(paper.Clause, kb.Chinese, kb.Context{})
		if !ok || a.Source == "" {
			t.Errorf("%s: the entry %q is not there, or has no source", paper.ID, paper.Clause)
			continue
		}
		for _, kind := range []kb.EntityKind{kb.Individual, kb.Organization} {
			c, _ := p.certificate(paper.with(string(kind)))
			if !strings.Contains(a.Text(), c.ZH.Name) {
				t.Errorf("%s goes with %s, which %s does not say:\n%s", paper.ID, c.ZH.Name, paper.Clause, a.Text())
			}
		}
		if paper.Clause != "guide/stitch" && !strings.Contains(a.Text(), paper.ZH.Name) {
			t.Errorf("%s does not speak of %s", paper.Clause, paper.ZH.Name)
		}
	}
}

func TestReadNames(t *testing.T) {
	p, err := LoadPairs(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		text    string
		ids     []string
		only    bool
		joining bool
	}{
		{"授权书", []string{"authorization-letter"}, true, false},
		{"這是授權書", []string{"authorization-letter"}, false, false}, // one word is not known
		{"营业执照和变更证明", []string{"business-licence", "change-proof"}, true, false},
		{"帮我把授权书和网站负责人身份证拼成一张", []string{"authorization-letter", "website-principal-document"}, true, true},
		{"公司的居住证", []string{"residence-permit"}, true, false},
		{"港澳居民居住证", []string{"overseas-document"}, true, false}, // the longer word counts
		{"身份证正反面", []string{"identity-card"}, true, false},
		{"授权书怎么写", []string{"authorization-letter"}, false, false},
		{"授权书传到哪个栏目", []string{"authorization-letter"}, false, false},
		{"拼图", nil, false, true},
		{"你好", nil, false, false},
		{"", nil, false, false},
		{"Letter of authorization and the website principal's ID", []string{"authorization-letter", "website-principal-document"}, true, false},
		{"licensee", nil, false, false}, // not half a word
		{"\xff\xfe", nil, false, false},
	}
	for _, tt := range tests {
		n := p.read(tt.text)
		if !slices.Equal(n.ids, tt.ids) || n.only != tt.only || n.joining != tt.joining {
			t.Errorf("read(%q) = %+v, want %v, only %t, joining %t", tt.text, n, tt.ids, tt.only, tt.joining)
		}
	}
}

func TestReadNumbers(t *testing.T) {
	p, err := LoadPairs(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	const letter, principal, card, licence = "authorization-letter", "website-principal-document", "identity-card", "business-licence"
	tests := []struct {
		text string
		at   []place
	}{
		{"第1张是授权书，第2张是主体负责人身份证", []place{{1, letter}, {2, "entity-principal-document"}}},
		{"第一张授权书第二张身份证", []place{{1, letter}, {2, card}}},
		{"第2张是授权书，第1张是身份证", []place{{2, letter}, {1, card}}},
		{"第 2 张是授权书", []place{{2, letter}}},
		{"授权书是第二张，身份证是第1张", []place{{1, card}, {2, letter}}},
		{"第1、2张是身份证，第3张是授权书", []place{{1, card}, {2, card}, {3, letter}}},
		{"第一张和第二张是身份证，第十一张是授权书", []place{{1, card}, {2, card}, {11, letter}}},
		{"前两张是身份证，最后一张是授权书", []place{{1, card}, {2, card}, {-1, letter}}},
		{"后2张是身份证正反面", []place{{-2, card}, {-1, card}}},
		{"1是授权书 2是身份证", []place{{1, letter}, {2, card}}},
		{"1、授权书\n2、身份证", []place{{1, letter}, {2, card}}},
		{"图1授权书，图2：营业执照", []place{{1, letter}, {2, licence}}},
		{"图一是授权书", []place{{1, letter}}},
		{"Picture 1 is the letter of authorization, picture 2 is the website principal's ID", []place{{1, letter}, {2, principal}}},
		{"the first is my ID card and the second one is the authorization letter", []place{{1, card}, {2, letter}}},

		{"拼授权书：第1张是身份证", []place{{1, card}}},
		{"授权书2张，身份证1张", nil}, // counts
		{"照片两张，授权书", nil},
		{"把授权书和身份证拼成一张图片", nil},
		{"第1张", nil},
		{"", nil},
	}
	for _, tt := range tests {
		n := p.read(tt.text)
		byNumber := func(a, b place) int { return cmp.Compare(a.number, b.number) }
		got := slices.SortedFunc(slices.Values(n.at), byNumber)
		if want := slices.SortedFunc(slices.Values(tt.at), byNumber); !slices.Equal(got, want) {
			t.Errorf("read(%q) = %+v, want %v", tt.text, n.at, tt.at)
		}
		if tt.at != nil && !n.only {
			t.Errorf("read(%q) finds something else beside the numbers and names", tt.text)
		}
	}
	if n := p.read("第1张授权书要盖章"); n.only {
		t.Error("a question about a numbered picture is taken for a naming")
	}
}

func TestPairsFit(t *testing.T) {
	p, err := LoadPairs(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		paper, kind, named string
		want               bool
	}{
		{"authorization-letter", "", "website-principal-document", true},
		{"authorization-letter", "organization", "identity-card", true}, // it is one, mostly
		{"authorization-letter", "organization", "business-licence", false},
		{"authorization-letter", "", "entity-principal-document", false},
		{"change-proof", "", "business-licence", true},
		{"change-proof", "organization", "identity-card", false},
		{"residence-permit", "individual", "identity-card", true},
		{"residence-permit", "individual", "business-licence", false},
		{"residence-permit", "organization", "business-licence", true},
		{"residence-permit", "organization", "identity-card", false},
	} {
		paper, _ := p.paper(tt.paper)
		if got := p.fits(paper.with(tt.kind), tt.named); got != tt.want {
			t.Errorf("%s for %q with %s: %t, want %t", tt.paper, tt.kind, tt.named, got, tt.want)
		}
	}
	if permit, _ := p.paper("residence-permit"); permit.with("") != "" || permit.with("individual,organization") != "" {
		t.Errorf("the certificate of a residence permit depends on the kind: %q", permit.with(""))
	}
}

func TestLoadPairsRefuses(t *testing.T) {
	shipped, err := fs.ReadFile(content.FS, "reply/pairs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a word that stands for two things": {"words: [授权书, ", "words: [营业执照, "},
		"a certificate that there is not":   {"individual: identity-card", "individual: identity"},
		"a paper without an entry":          {"clause: guide/stitch", "clause: ''"},
		"a name that is missing":            {"name: 网站授权书", "name: ''"},
		"a key that nobody reads":           {"joining:", "joined:"},
	} {
		data := strings.Replace(string(shipped), change[0], change[1], 1)
		if data == string(shipped) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := LoadPairs(fstest.MapFS{"reply/pairs.yaml": {Data: []byte(data)}}); err == nil {
			t.Errorf("LoadPairs with %s = nil, want an error", name)
		}
	}
}
