package kb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// MemStore is a [Store] in memory, for tests and for trying things out.
type MemStore struct {
	mu       sync.Mutex
	versions map[string][]Entry // guarded by mu; oldest first
}

// NewMemStore returns an empty store.
func NewMemStore() *MemStore { return &MemStore{versions: make(map[string][]Entry)} }

// Entries implements [Store].
func (m *MemStore) Entries(context.Context) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var es []Entry
	for _, id := range slices.Sorted(maps.Keys(m.versions)) {
		vs := m.versions[id]
		es = append(es, vs[len(vs)-1])
	}
	return es, nil
}

// Put implements [Store].
func (m *MemStore) Put(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, done, err := e.After(m.newest(e.ID))
	if err != nil || done {
		return err
	}
	m.versions[e.ID] = append(m.versions[e.ID], next)
	return nil
}

// newest returns the newest version of an entry, the zero Entry when there is
// none. The caller holds mu.
func (m *MemStore) newest(id string) Entry {
	if vs := m.versions[id]; len(vs) > 0 {
		return vs[len(vs)-1]
	}
	return Entry{}
}

// restore adds a version as it is, in its place. Another one with its number is
// an error.
func (m *MemStore) restore(e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	vs := m.versions[e.ID]
	i, known := slices.BinarySearchFunc(vs, e.Version, func(v Entry, n int) int { return v.Version - n })
	if !known {
		m.versions[e.ID] = slices.Insert(vs, i, e)
		return nil
	}
	same, err := e.same(vs[i])
	if err == nil && !same {
		err = fmt.Errorf("version %d of %q is there with another content", e.Version, e.ID)
	}
	return err
}

// History implements [Store].
func (m *MemStore) History(_ context.Context, id string) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	vs, ok := m.versions[id]
	if !ok {
		return nil, fmt.Errorf("history of %q: %w", id, ErrNotFound)
	}
	return slices.Clone(vs), nil
}

// Close implements [Store].
func (m *MemStore) Close() error { return nil }
