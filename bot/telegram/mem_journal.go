package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// memRecent is how many done IDs a MemJournal remembers.
const memRecent = 256

// MemJournal is a [Journal] in memory, for tests and for trying things out: what
// waits is lost with the process.
type MemJournal struct {
	mu      sync.Mutex
	max     int64     // bytes of waiting updates
	waiting []Record  // guarded by mu, in the order they came
	done    []int64   // guarded by mu; the latest last
	buried  []Failure // guarded by mu
}

// NewMemJournal returns an empty journal that takes at most maxBytes of waiting
// updates, 64 MiB if it is 0.
func NewMemJournal(maxBytes int64) *MemJournal {
	if maxBytes <= 0 {
		maxBytes = 64 << 20
	}
	return &MemJournal{max: maxBytes}
}

// Waiting implements [Journal].
func (j *MemJournal) Waiting(context.Context) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.waiting), nil
}

func (j *MemJournal) index(rs []Record, id int64) int {
	return slices.IndexFunc(rs, func(r Record) bool { return r.ID == id })
}

// Add implements [Journal].
func (j *MemJournal) Add(_ context.Context, batch []Record) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var fresh []Record
	for _, r := range batch {
		if j.index(j.waiting, r.ID) >= 0 || j.index(fresh, r.ID) >= 0 || slices.Contains(j.done, r.ID) {
			continue
		}
		var raw bytes.Buffer
		if err := json.Compact(&raw, r.Raw); err != nil {
			return nil, fmt.Errorf("journal update %d: %w", r.ID, err)
		}
		fresh = append(fresh, Record{ID: r.ID, Chat: r.Chat, Raw: raw.Bytes()})
	}
	var size int64
	for _, r := range slices.Concat(j.waiting, fresh) {
		size += int64(len(r.Raw))
	}
	if len(fresh) > 0 && size > j.max {
		return nil, fmt.Errorf("journal %d updates: %w", len(fresh), ErrJournalFull)
	}
	j.waiting = append(j.waiting, fresh...)
	return fresh, nil
}

// Begin implements [Journal].
func (j *MemJournal) Begin(_ context.Context, ids ...int64) error { return j.count(ids, 1) }

// Release implements [Journal].
func (j *MemJournal) Release(_ context.Context, ids ...int64) error { return j.count(ids, -1) }

// count adds n to the deaths of updates.
func (j *MemJournal) count(ids []int64, n int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range ids {
		if i := j.index(j.waiting, id); i >= 0 {
			j.waiting[i].Deaths = max(0, j.waiting[i].Deaths+n)
		}
	}
	return nil
}

// Done implements [Journal].
func (j *MemJournal) Done(_ context.Context, ids ...int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range ids {
		if i := j.index(j.waiting, id); i >= 0 {
			j.waiting = slices.Delete(j.waiting, i, i+1)
		}
		if !slices.Contains(j.done, id) {
			j.done = append(j.done, id)
		}
	}
	j.done = slices.Clone(j.done[max(0, len(j.done)-memRecent):])
	return nil
}

// Bury implements [Journal].
func (j *MemJournal) Bury(_ context.Context, f Failure) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.buried = append(j.buried[max(0, len(j.buried)-memRecent):], f)
	return nil
}

// Buried returns the latest failures, oldest first.
func (j *MemJournal) Buried(context.Context) ([]Failure, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.buried), nil
}
