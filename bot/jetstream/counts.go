package jetstream

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// countLife is how long counts are kept.
const countLife = 90 * 24 * time.Hour

// maxCounted bounds the names of one day, so that a name made from what people
// send cannot fill the store.
const maxCounted = 500

// Counts are counters by day, in UTC, and name.
type Counts struct {
	days *Documents[map[string]int] // by date, 2006-01-02
}

// openCounts opens the counters.
func openCounts(ctx context.Context, s *Store) (*Counts, error) {
	days, err := OpenDocuments[map[string]int](ctx, s, "count", Limits{Life: countLife, Documents: 200, Bytes: 16 << 20})
	if err != nil {
		return nil, err
	}
	return &Counts{days: days}, nil
}

// Add adds to the counters of the day of at. It returns [ErrFull] when the day
// has too many names.
func (c *Counts) Add(ctx context.Context, at time.Time, names map[string]int) error {
	_, err := c.days.Change(ctx, at.UTC().Format(time.DateOnly), func(day *map[string]int) error {
		if *day == nil {
			*day = make(map[string]int)
		}
		for name, n := range names {
			(*day)[name] += n
		}
		if len(*day) > maxCounted {
			return fmt.Errorf("count %d names in a day: %w", len(*day), ErrFull)
		}
		return nil
	})
	return err
}

// Since returns the sums over the days from that of t on.
func (c *Counts) Since(ctx context.Context, t time.Time) (map[string]int, error) {
	days, err := c.days.All(ctx)
	if err != nil {
		return nil, err
	}
	from := t.UTC().Format(time.DateOnly)
	maps.DeleteFunc(days, func(day string, _ map[string]int) bool { return day < from })
	sums := make(map[string]int)
	for _, day := range days {
		for name, n := range day {
			sums[name] += n
		}
	}
	return sums, nil
}
