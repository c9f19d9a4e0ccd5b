package kb

import (
	"context"
	"errors"
)

// ErrNotFound is returned for an entry that does not exist.
var ErrNotFound = errors.New("entry not found")

// A Store keeps the entries of staff. Its methods are safe for concurrent use.
type Store interface {
	// Entries returns the newest version of every entry ever put, retired ones
	// too, ordered by ID.
	Entries(ctx context.Context) ([]Entry, error)
	// Put stores a version of an entry. When it has returned nil, the entry
	// survives a crash; when it has returned an error, it may or may not be
	// stored.
	Put(ctx context.Context, e Entry) error
	// History returns all versions of an entry that are still known, oldest
	// first, or [ErrNotFound].
	History(ctx context.Context, id string) ([]Entry, error)
	Close() error
}
