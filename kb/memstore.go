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
	m.versions[e.ID] = append(m.versions[e.ID], e)
	return nil
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
