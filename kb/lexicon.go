package kb

import (
	"fmt"
	"io/fs"
	"slices"

	"beianbot/kb/zh"

	"go.yaml.in/yaml/v3"
)

// A Province (省份) is one of the 31 province-level regions of the mainland, by
// its short name: 江西, 内蒙古, 上海.
type Province string

// EntityKind tells the two kinds of filing entity (备案主体) apart.
type EntityKind string

// The kinds of filing entity.
const (
	Individual   EntityKind = "individual"   // 个人
	Organization EntityKind = "organization" // 单位
)

// A lexicon holds the word lists of content: what words mean and where places
// lie. It is read-only after loading.
type lexicon struct {
	concepts  *zh.Matcher
	kinds     *zh.Matcher
	places    *zh.Matcher
	formats   *zh.Matcher
	pens      *zh.Matcher
	groups    map[string]string // concept to its group of content/groups.yaml
	abbr      map[string]Province
	provinces []Province
	english   map[Province]string
}

// place is one record of content/places.yaml.
type place struct {
	Name    string   `yaml:"name"`
	Full    string   `yaml:"full"`
	En      string   `yaml:"en"`
	Abbr    []string `yaml:"abbr"`
	Pinyin  string   `yaml:"pinyin"`
	Aliases []string `yaml:"aliases"`
	Cities  []string `yaml:"cities"`
}

// readYAML decodes a file of content strictly: an unknown key is an error.
func readYAML(fsys fs.FS, name string, v any) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func loadLexicon(fsys fs.FS) (*lexicon, error) {
	x := &lexicon{
		concepts: zh.NewMatcher(true),
		kinds:    zh.NewMatcher(false),
		places:   zh.NewMatcher(false),
		formats:  zh.NewMatcher(false),
		pens:     zh.NewMatcher(true),
		groups:   make(map[string]string),
		abbr:     make(map[string]Province),
		english:  make(map[Province]string),
	}
	for name, m := range map[string]*zh.Matcher{
		"concepts.yaml": x.concepts, "kinds.yaml": x.kinds, "formats.yaml": x.formats, "pens.yaml": x.pens,
	} {
		var words map[string][]string
		if err := readYAML(fsys, name, &words); err != nil {
			return nil, err
		}
		for value, list := range words {
			for _, w := range list {
				m.Add(value, w)
			}
		}
	}
	var groups map[string][]string
	if err := readYAML(fsys, "groups.yaml", &groups); err != nil {
		return nil, err
	}
	for g, concepts := range groups {
		for _, c := range concepts {
			x.groups[c] = g
		}
	}
	var places []place
	if err := readYAML(fsys, "places.yaml", &places); err != nil {
		return nil, err
	}
	for _, p := range places {
		name := Province(p.Name)
		if slices.Contains(x.provinces, name) {
			return nil, fmt.Errorf("places.yaml: %s stands twice", p.Name)
		}
		x.provinces = append(x.provinces, name)
		x.english[name] = p.En
		for _, w := range append(append([]string{p.Name, p.Full, p.En}, p.Aliases...), p.Cities...) {
			x.places.Add(p.Name, w)
		}
		x.places.AddSound(p.Name, p.En)
		x.places.AddSound(p.Name, p.Pinyin)
		for _, a := range p.Abbr {
			if other, ok := x.abbr[a]; ok {
				return nil, fmt.Errorf("places.yaml: %s stands for %s and %s", a, other, name)
			}
			x.abbr[a] = name
		}
	}
	return x, nil
}
