package kb

import (
	"errors"
	"slices"
)

// A Change is a question that would be answered from another entry.
type Change struct {
	Question      string
	Before, After string // entry IDs, empty for no answer
}

// reach is the likeness to a phrasing of an entry below which a question cannot
// be won by it; see staffSure.
const reach = 0.35

// Impact returns which questions would be answered from another entry if e were
// in service: of those given, of the phrasings of all other entries, and of the
// title and phrasings that e itself replaces.
func (b *Base) Impact(e Entry, questions []string) ([]Change, error) {
	trial, done, err := b.trial(e)
	if err != nil {
		return nil, err
	}
	s := b.state.Load()
	mine := trial.state.Load().prepared[e.ID].vectors
	mine = append(slices.Clone(mine), s.prepared[e.ID].vectors...) // what it won so far
	asked := slices.Clone(questions)
	for _, id := range b.IDs() {
		near := func(v vector) bool { return v.nearest(mine) >= reach }
		if (id != e.ID || e.Retired) && slices.ContainsFunc(s.prepared[id].vectors, near) {
			asked = append(asked, s.entries[id].Phrasings...)
		}
	}
	var changes []Change
	seen := make(map[string]bool)
	for _, text := range asked {
		if seen[text] {
			continue
		}
		seen[text] = true
		a := b.lex.analyse(text)
		if b.judge.vector(a.features()).nearest(mine) < reach {
			continue
		}
		before, after := b.settles(text), trial.settles(text)
		if before != after {
			changes = append(changes, Change{text, before, after})
		}
	}
	return changes, done()
}

// settles returns the entry that answers a question, empty for none.
func (b *Base) settles(text string) string {
	if a := b.Ask(Question{Text: text}); a.Band == Sure {
		return a.Entry
	}
	return ""
}

// trial returns a base in which e is in service, over the same shipped index.
// done frees what is its own.
func (b *Base) trial(e Entry) (trial *Base, done func() error, err error) {
	s := b.state.Load()
	var staff []Entry
	live := make(map[string]prepared)
	for _, o := range s.staff {
		if o.ID == e.ID {
			continue
		}
		staff = append(staff, o)
		if !o.Retired && !o.Withdrawn {
			live[o.ID] = s.prepared[o.ID]
		}
	}
	x, err := b.index.over(live)
	if err != nil {
		return nil, nil, err
	}
	t := &Base{log: b.log, lex: b.lex, shipped: b.shipped, ready: b.ready, index: x, judge: b.judge, now: b.now}
	t.state.Store(s) // what is prepared is not prepared again
	if err := t.install(s.composer, append(staff, e), e.ID); err != nil {
		return nil, nil, errors.Join(err, x.closeStaff())
	}
	return t, x.closeStaff, nil
}
