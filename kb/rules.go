package kb

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A Rule says what holds for some provinces and one kind of entity.
type Rule struct {
	ID        string          `yaml:"id"`
	Kind      string          `yaml:"kind"` // individual, organization or any
	Provinces scope           `yaml:"provinces"`
	Facts     []string        `yaml:"facts"`
	One       map[Lang]string `yaml:"one"` // wording for a province that is named: slot {province}
	All       map[Lang]string `yaml:"all"` // wording for all provinces that it holds for
	Source    string          `yaml:"source"`
}

// scope is "all", "others" or a list of provinces. "others" are the provinces
// that no listing rule of the same topic and kind names.
type scope struct {
	all, others bool
	named       []Province
}

// UnmarshalYAML reads a scope.
func (s *scope) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		switch n.Value {
		case "all":
			s.all = true
		case "others":
			s.others = true
		default:
			return fmt.Errorf("line %d: provinces are %q, want all, others or a list", n.Line, n.Value)
		}
		return nil
	}
	return n.Decode(&s.named)
}

// A Topic is a question whose answer differs by province or kind of entity.
type Topic struct {
	Entry    string `yaml:"entry"`    // the entry that it words in general
	Question string `yaml:"question"` // what it settles
	Rules    []Rule `yaml:"rules"`
}

// loadRules reads rules.yaml and proves that for every province and either
// kind exactly one rule of every topic holds.
func loadRules(fsys fs.FS, provinces []Province) (map[string]Topic, error) {
	var file struct {
		Topics map[string]Topic `yaml:"topics"`
	}
	if err := readYAML(fsys, "rules.yaml", &file); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(file.Topics)) {
		t := file.Topics[name]
		for _, r := range t.Rules {
			for _, p := range r.Provinces.named {
				if !slices.Contains(provinces, p) {
					return nil, fmt.Errorf("rules.yaml: %s names %q, which is no province", r.ID, p)
				}
			}
		}
		for _, p := range provinces {
			for _, k := range []EntityKind{Individual, Organization} {
				if n := len(t.matching(p, k)); n != 1 {
					return nil, fmt.Errorf("rules.yaml: topic %s has %d rules for %s, %s; want 1", name, n, p, k)
				}
			}
		}
	}
	return file.Topics, nil
}

// matching returns the rules that hold for an entity of kind k in province p.
func (t Topic) matching(p Province, k EntityKind) []Rule {
	var rs []Rule
	for _, r := range t.Rules {
		if (r.Kind == "any" || r.Kind == string(k)) && t.holds(r, p, k) {
			rs = append(rs, r)
		}
	}
	return rs
}

func (t Topic) holds(r Rule, p Province, k EntityKind) bool {
	switch {
	case r.Provinces.all:
		return true
	case r.Provinces.others:
		return !slices.ContainsFunc(t.Rules, func(o Rule) bool {
			return (o.Kind == "any" || o.Kind == string(k)) && slices.Contains(o.Provinces.named, p)
		})
	}
	return slices.Contains(r.Provinces.named, p)
}

// lookup returns the rules that answer for the given provinces and kinds, none
// of either meaning all of them, each rule once and in the order of the file.
func (t Topic) lookup(ps, all []Province, ks []EntityKind) []Rule {
	if len(ps) == 0 {
		ps = all
	}
	if len(ks) == 0 {
		ks = []EntityKind{Individual, Organization}
	}
	var rs []Rule
	for _, r := range t.Rules {
		if slices.ContainsFunc(ps, func(p Province) bool {
			return slices.ContainsFunc(ks, func(k EntityKind) bool {
				return slices.ContainsFunc(t.matching(p, k), func(m Rule) bool { return m.ID == r.ID })
			})
		}) {
			rs = append(rs, r)
		}
	}
	return rs
}
