package kb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

var (
	// ErrNotFound is returned for an entry that does not exist.
	ErrNotFound = errors.New("entry not found")
	// ErrConflict is returned for an edit of a version that is not the newest
	// any more: somebody else was faster.
	ErrConflict = errors.New("entry was changed meanwhile")
	// ErrOldest is returned for going back when nothing is further back.
	ErrOldest = errors.New("no earlier version")
	// ErrNoVersion is returned for a version that does not exist.
	ErrNoVersion = errors.New("no such version")
)

// A Store keeps the entries of staff. Its methods are safe for concurrent use.
type Store interface {
	// Entries returns the newest version of every entry ever put, retired ones
	// too, ordered by ID.
	Entries(ctx context.Context) ([]Entry, error)
	// Put stores e as the version after e.Version, from which it was made: 0
	// for an entry that is new. It returns [ErrConflict] when another version is
	// the newest, and nil, changing nothing, when the newest is this very edit:
	// so it may be repeated. When it has returned nil, the entry survives a power
	// cut; when it has returned an error, it may or may not be stored.
	Put(ctx context.Context, e Entry) error
	// History returns all versions of an entry that are still known, oldest
	// first, or [ErrNotFound].
	History(ctx context.Context, id string) ([]Entry, error)
	Close() error
}

// After returns e as the version that follows newest, which is the zero Entry
// for an entry that is not stored yet. done is true when newest is e already.
// It returns [ErrConflict] when e was made from another version.
func (e Entry) After(newest Entry) (next Entry, done bool, err error) {
	made := e.Version
	e.Version++
	switch {
	case made == newest.Version:
		return e, false, nil
	case e.Version == newest.Version:
		if same, err := e.same(newest); err != nil || same {
			return newest, same, err
		}
	}
	return Entry{}, false, fmt.Errorf("put version %d of %q, of which the newest is %d: %w", e.Version, e.ID, newest.Version, ErrConflict)
}

// same reports whether the two are written the same.
func (e Entry) same(o Entry) (bool, error) {
	a, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("encode %q: %w", e.ID, err)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return false, fmt.Errorf("encode %q: %w", o.ID, err)
	}
	return bytes.Equal(a, b), nil
}
