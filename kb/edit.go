package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Put stores a version that staff made and puts it in service. When it returns
// nil, it is stored and the next question sees it. An entry of the ID of a
// shipped one takes its place. A version with a fatal complaint is refused, and
// so is, with [ErrConflict], one that was made from a version that is not the
// newest any more; one of Version 0 follows on whatever is the newest. The same
// Change twice is one version.
func (b *Base) Put(ctx context.Context, e Entry) error {
	if e.Kind() != Staff && e.By == "" {
		return fmt.Errorf("put entry %q: nobody signs it", e.ID)
	}
	if !e.Retired && !e.Withdrawn {
		for _, p := range b.Lint(e) {
			if p.Fatal {
				return fmt.Errorf("put entry %q: %s", e.ID, p.Code)
			}
		}
	}
	e.Restores = 0 // the version that e was made of may have been put back, this one is new
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put(ctx, e)
}

// put is Put without its checks. The caller holds mu.
func (b *Base) put(ctx context.Context, e Entry) error {
	s := b.state.Load()
	if o, ok := s.version(e.ID); ok && e.Change != "" && o.Change == e.Change {
		return nil
	}
	if newest, ok := s.version(e.ID); ok && e.Version == 0 {
		e.Version = newest.Version
	}
	e.Over = ""
	if shipped, ok := b.shippedEntry(e.ID); ok {
		e.Over = fingerprint(shipped)
	}
	if err := b.store.Put(ctx, e); err != nil {
		return fmt.Errorf("put entry %q: %w", e.ID, err)
	}
	e.Version++ // as it is stored now
	b.taken[e.ID] = true
	staff := slices.DeleteFunc(slices.Clone(s.staff), func(o Entry) bool { return o.ID == e.ID })
	staff = append(staff, e)
	slices.SortFunc(staff, func(p, q Entry) int { return strings.Compare(p.ID, q.ID) })
	return b.install(s.composer, staff, e.ID)
}

// Retire takes an entry out of service, a shipped one too; all its versions stay
// in the store. It returns [ErrNotFound] when there is no such entry in service.
func (b *Base) Retire(ctx context.Context, id, by, change string) error {
	e, ok := b.state.Load().entries[id]
	if !ok {
		return fmt.Errorf("retire entry %q: %w", id, ErrNotFound)
	}
	e.Retired, e.By, e.Changed, e.Change = true, by, b.now().UTC(), change
	return b.Put(ctx, e)
}

// Undo puts a version of an entry in service again, exactly as it was, as a new
// version signed by whoever undoes: the one with the number to, as [Base.History]
// has it, or with 0 the one before that which holds. So each further Undo to 0 goes
// one version further back. Before the first one of a staff entry it is hidden,
// before the first one over a shipped entry that holds; then there is [ErrOldest].
// It returns the newest version, of which [Entry.Holds] says which one holds now.
// There is [ErrNotFound] for an entry, and [ErrNoVersion] for a number, that is not
// known.
func (b *Base) Undo(ctx context.Context, id string, to int, by, change string) (Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	vs, err := b.store.History(ctx, id)
	if err != nil {
		return Entry{}, fmt.Errorf("undo: %w", err)
	}
	last := vs[len(vs)-1]
	if change != "" && last.Change == change {
		return last, nil
	}
	e, err := b.back(vs, to)
	if err != nil {
		return Entry{}, fmt.Errorf("undo %q to version %d: %w", id, to, err)
	}
	if e.Holds() == last.Holds() {
		return last, nil
	}
	e.By, e.Changed, e.Change, e.Version = by, b.now().UTC(), change, last.Version
	if !e.Retired && !e.Withdrawn {
		for _, p := range b.Lint(e) {
			if p.Fatal {
				return Entry{}, fmt.Errorf("undo to a version of %q: %s", id, p.Code)
			}
		}
	}
	err = b.put(ctx, e)
	e.Version++ // as it is stored
	return e, err
}

// back returns what [Base.Undo] puts in service of the versions vs of an entry.
func (b *Base) back(vs []Entry, to int) (Entry, error) {
	last := vs[len(vs)-1]
	if to != 0 {
		i := slices.IndexFunc(vs, func(v Entry) bool { return v.Version == to })
		if i < 0 {
			return Entry{}, ErrNoVersion
		}
		e := vs[i]
		e.Restores = e.Holds()
		return e, nil
	}
	if last.Holds() == beforeFirst {
		return Entry{}, ErrOldest
	}
	for _, e := range slices.Backward(vs) {
		if e.Version < last.Holds() {
			e.Restores = e.Holds()
			return e, nil
		}
	}
	e := last
	e.Restores = beforeFirst
	if _, shipped := b.shippedEntry(e.ID); shipped {
		e.Retired, e.Withdrawn = false, true // it may have been hidden
	} else {
		e.Retired = true
	}
	return e, nil
}

// History returns the versions that staff made of an entry, oldest first, or
// [ErrNotFound].
func (b *Base) History(ctx context.Context, id string) ([]Entry, error) {
	vs, err := b.store.History(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return vs, nil
}

// StaffEntries returns the versions of staff that are in service, ordered by ID.
func (b *Base) StaffEntries() []Entry {
	s := b.state.Load()
	return slices.DeleteFunc(slices.Clone(s.staff), func(e Entry) bool { return e.Retired || e.Withdrawn })
}

// Overlay returns the newest version of everything that staff ever changed,
// with what is hidden and withdrawn, ordered by ID. It is what an export holds.
func (b *Base) Overlay() []Entry { return slices.Clone(b.state.Load().staff) }

// A Shadow is a shipped entry that a version of staff hides or replaces.
type Shadow struct {
	ID     string
	Hidden bool // it is hidden, not replaced
	Stale  bool // the shipped entry is another than the one that staff changed
}

// Shadowed returns the shipped entries that do not hold as they were shipped.
func (b *Base) Shadowed() []Shadow {
	var list []Shadow
	for _, e := range b.state.Load().staff {
		shipped, ok := b.shippedEntry(e.ID)
		if ok && !e.Withdrawn {
			list = append(list, Shadow{ID: e.ID, Hidden: e.Retired, Stale: e.Over != "" && e.Over != fingerprint(shipped)})
		}
	}
	return list
}

func (b *Base) shippedEntry(id string) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(b.shipped, id, func(e Entry, id string) int { return strings.Compare(e.ID, id) })
	if !ok {
		return Entry{}, false
	}
	return b.shipped[i], true
}

// version returns the newest version that staff made of an entry.
func (s *state) version(id string) (Entry, bool) {
	i := slices.IndexFunc(s.staff, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return s.staff[i], true
}

// fingerprint is the same for equal entries.
func fingerprint(e Entry) string {
	data, _ := json.Marshal(e) // texts, and parameters that came from YAML
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
