package kb

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// checklist is content/checklist.yaml.
type checklist struct {
	Words  []string        `yaml:"words"` // as [phrase] leaves them
	Line   map[Lang]string `yaml:"line"`
	AsOf   map[Lang]string `yaml:"as_of"`
	Footer map[Lang]string `yaml:"footer"`
	Lines  []checklistLine `yaml:"lines"`
}

// checklistLine is one thing to prepare: a sentence of its own, or what the rule
// of a topic says.
type checklistLine struct {
	ID     string          `yaml:"id"`
	When   condition       `yaml:"when"`
	Topic  string          `yaml:"topic"`
	Facts  []string        `yaml:"facts"` // of Text; a rule names its own
	Copy   string          `yaml:"copy"`  // ID of the entry whose passage goes with the line
	Source map[Lang]string `yaml:"source"`
	Text   map[Lang]string `yaml:"text"`
}

// condition says for whom a line is. Empty fields hold for all.
type condition struct {
	Kind    EntityKind  `yaml:"kind"`
	Domains DomainCount `yaml:"domains"`
	Origin  Origin      `yaml:"origin"`
	Channel Channel     `yaml:"channel"`
	Rule    string      `yaml:"rule"` // ID of a rule that holds for the province and kind
}

// checklistSlots are filled besides the parameters of entries.
var checklistSlots = []string{"province", "province_en"}

// loadChecklist reads checklist.yaml and checks it against the entries and rules
// of c: nothing is missing in either language, every slot has a value, every
// fact is one that an entry states, every condition can hold.
func loadChecklist(fsys fs.FS, c *composer) (*checklist, error) {
	k := new(checklist)
	if err := readYAML(fsys, "checklist.yaml", k); err != nil {
		return nil, err
	}
	for i, w := range k.Words {
		k.Words[i] = phrase(w)
	}
	facts, rules := make(map[string]bool), make(map[string]bool)
	for _, e := range c.entries {
		for _, f := range e.Facts {
			facts[f] = true
		}
	}
	for _, t := range c.topics {
		for _, r := range t.Rules {
			rules[r.ID] = true
		}
	}
	known := append(slices.Collect(maps.Keys(c.values[Chinese])), checklistSlots...)
	for _, l := range []Lang{Chinese, English} {
		if err := sentence(k.Line[l], "number", "text", "source"); err != nil {
			return nil, fmt.Errorf("checklist.yaml: line in %s %w", l, err)
		}
		if err := sentence(k.Footer[l], "as_of"); err != nil || k.AsOf[l] == "" {
			return nil, fmt.Errorf("checklist.yaml: no footer or date in %s, or an unknown slot", l)
		}
	}
	ids := make(map[string]bool)
	for _, n := range k.Lines {
		if n.ID == "" || ids[n.ID] {
			return nil, fmt.Errorf("checklist.yaml: %q stands twice or is empty", n.ID)
		}
		ids[n.ID] = true
		if err := n.check(c, known, facts, rules); err != nil {
			return nil, fmt.Errorf("checklist.yaml: %s %w", n.ID, err)
		}
	}
	return k, nil
}

// check returns what is wrong with a line, as the rest of a sentence about it.
func (n checklistLine) check(c *composer, known []string, facts, rules map[string]bool) error {
	for _, l := range []Lang{Chinese, English} {
		if n.Source[l] == "" {
			return fmt.Errorf("has no source in %s", l)
		}
		if n.Topic == "" {
			if err := sentence(n.Text[l], known...); err != nil {
				return fmt.Errorf("in %s %w", l, err)
			}
		}
	}
	if n.Topic != "" {
		t, ok := c.topics[n.Topic]
		if !ok || len(n.Text) > 0 {
			return fmt.Errorf("names the topic %q, which does not exist, or has a text besides", n.Topic)
		}
		for _, r := range t.Rules {
			for _, l := range []Lang{Chinese, English} {
				if err := sentence(r.One[l], known...); err != nil {
					return fmt.Errorf("rests on %s, which in %s %w", r.ID, l, err)
				}
			}
		}
	} else if len(n.Facts) == 0 {
		return fmt.Errorf("names no fact")
	}
	for _, f := range n.Facts {
		if !facts[f] {
			return fmt.Errorf("names %s, which no entry states", f)
		}
	}
	if n.Copy != "" && c.entries[n.Copy].Copy == "" {
		return fmt.Errorf("copies from %q, which has no passage", n.Copy)
	}
	w := n.When
	switch {
	case w.Rule != "" && !rules[w.Rule]:
		return fmt.Errorf("depends on %q, which is no rule", w.Rule)
	case !Situation{Kind: w.Kind, Domains: w.Domains, Origin: w.Origin, Channel: w.Channel}.valid():
		return fmt.Errorf("depends on what never holds: %+v", w)
	}
	return nil
}

// sentence returns an error when s is empty or has a slot that is not known.
func sentence(s string, known ...string) error {
	if strings.TrimSpace(s) == "" {
		return fmt.Errorf("has no text")
	}
	for _, slot := range slotPattern.FindAllString(s, -1) {
		if !slices.Contains(known, slot[1:len(slot)-1]) {
			return fmt.Errorf("has the unknown slot %s", slot)
		}
	}
	return nil
}

// holds reports whether the condition is met.
func (w condition) holds(c *composer, s Situation) bool {
	return (w.Kind == "" || w.Kind == s.Kind) &&
		(w.Domains == "" || w.Domains == s.Domains) &&
		(w.Origin == "" || w.Origin == s.Origin) &&
		(w.Channel == "" || w.Channel == s.Channel) &&
		(w.Rule == "" || slices.ContainsFunc(slices.Collect(maps.Values(c.topics)), func(t Topic) bool {
			return t.matching(s.Province, s.Kind)[0].ID == w.Rule
		}))
}

// Checklist returns what to prepare in a situation, a numbered line for each
// thing with its clause, five to nine of them. For a situation that is not
// complete, or has a value that does not exist, it returns an answer without lines.
func (b *Base) Checklist(want Situation, l Lang) Answer {
	c := b.state.Load().composer
	if !want.Complete() || !want.valid() || !slices.Contains(c.provinces, want.Province) {
		return Answer{Band: Refused}
	}
	l = lang(l)
	k := b.checklist
	values := maps.Clone(c.values[l])
	values["province"], values["province_en"] = string(want.Province), c.english[want.Province]
	a := Answer{Band: Sure, AsOf: k.AsOf[l], Footer: fill(k.Footer[l], map[string]string{"as_of": k.AsOf[l]})}
	for _, n := range k.Lines {
		if !n.When.holds(c, want) {
			continue
		}
		text, from := n.Text[l], n.ID
		if n.Topic != "" {
			r := c.topics[n.Topic].matching(want.Province, want.Kind)[0]
			text, from = r.One[l], r.ID
		}
		a.Lines = append(a.Lines, Line{fill(k.Line[l], map[string]string{
			"number": strconv.Itoa(len(a.Lines) + 1), "text": fill(text, values), "source": n.Source[l],
		}), from})
		if e, ok := c.entries[n.Copy]; ok {
			a.Copy = e.Copy
			a.Related = append(a.Related, Link{Entry: e.ID, Label: inLang(e.Title, l)})
		}
	}
	x := slots{provinces: []Province{want.Province}, kinds: []EntityKind{want.Kind}}
	a.Context = Context{At: b.now(), Slots: x.remember()}
	return a
}
