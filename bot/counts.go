package bot

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Counts keeps how often what happened, by day. Its methods are safe for
// concurrent use.
type Counts interface {
	// Add adds to the counters of the day of at. Names are of [-_a-zA-Z0-9].
	Add(ctx context.Context, at time.Time, names map[string]int) error
	// Since returns the sums over the day of t and those after it.
	Since(ctx context.Context, t time.Time) (map[string]int, error)
}

// count notes that something happened. It is added up when the event is done
// and what it changed is saved: a repetition counts for nothing.
func (t *turn) count(name string) {
	if t.counted == nil {
		t.counted = make(map[string]int)
	}
	t.counted[name]++
}

// addUp hands over what was counted.
func (t *turn) addUp(ctx context.Context) error {
	if t.again || len(t.counted) == 0 {
		return nil
	}
	if err := t.counts.Add(ctx, t.now, t.counted); err != nil {
		return fmt.Errorf("add counts: %w", err)
	}
	return nil
}

// MemCounts is a [Counts] that forgets everything with the process.
type MemCounts struct {
	mu   sync.Mutex
	days map[string]map[string]int // guarded by mu
}

// NewMemCounts returns empty counters.
func NewMemCounts() *MemCounts { return &MemCounts{days: make(map[string]map[string]int)} }

// Add implements [Counts].
func (m *MemCounts) Add(_ context.Context, at time.Time, names map[string]int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	day := at.UTC().Format(time.DateOnly)
	if m.days[day] == nil {
		m.days[day] = make(map[string]int)
	}
	for name, n := range names {
		m.days[day][name] += n
	}
	return nil
}

// Since implements [Counts].
func (m *MemCounts) Since(_ context.Context, t time.Time) (map[string]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sums := make(map[string]int)
	first := t.UTC().Format(time.DateOnly)
	for day, names := range m.days {
		if day >= first {
			for name, n := range names {
				sums[name] += n
			}
		}
	}
	return sums, nil
}
