package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot/jetstream"
)

// A fakeStore is a [keeper] that does as told.
type fakeStore struct {
	check func(context.Context) error
	tend  func() []jetstream.Fault // nil: all is well
}

func (s fakeStore) Check(ctx context.Context) error { return s.check(ctx) }

func (s fakeStore) Tend(context.Context) []jetstream.Fault {
	if s.tend == nil {
		return nil
	}
	return s.tend()
}

// A store that fails now and then is left alone, one that is frozen, or has a full
// disk, ends the program; what else its upkeep lacks is told once and does not.
func TestWatch(t *testing.T) {
	frozen := errors.New("frozen")
	denied := []jetstream.Fault{{Part: "copies", Err: syscall.EACCES}}
	full := []jetstream.Fault{denied[0], {Part: "note", Err: syscall.ENOSPC}}
	for _, c := range []struct {
		about  string
		checks []error             // then all is well
		faults [][]jetstream.Fault // of the checks that succeed; then none
		want   bool                // the program ends
		told   int                 // times that the log tells of a fault
	}{
		{"all is well", nil, nil, false, 0},
		{"two checks fail, again and again", []error{frozen, frozen, nil, frozen, frozen, nil}, nil, false, 0},
		{"three in a row", []error{nil, frozen, frozen, frozen}, nil, true, 0},
		{"copies cannot be written for long", nil, [][]jetstream.Fault{denied, denied, denied, denied, denied}, false, 1},
		{"copies cannot be written, twice", nil, [][]jetstream.Fault{denied, denied, nil, denied}, false, 2},
		{"the disk is full, of which only the upkeep knows", nil, [][]jetstream.Fault{full, full, full}, true, 2},
		{"a full disk and a frozen store in a row", []error{nil, frozen, frozen}, [][]jetstream.Fault{full}, true, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancelCause(t.Context())
			checks, tends := 0, 0
			var log strings.Builder
			store := fakeStore{
				check: func(context.Context) error {
					checks++
					if checks <= len(c.checks) {
						return c.checks[checks-1]
					}
					return nil
				},
				tend: func() []jetstream.Fault {
					tends++
					if tends <= len(c.faults) {
						return c.faults[tends-1]
					}
					return nil
				},
			}
			go watch(ctx, slog.New(slog.NewTextHandler(&log, nil)), store, time.Minute, stop)
			time.Sleep(time.Hour)
			if got := errors.Is(context.Cause(ctx), errFrozen); got != c.want {
				t.Errorf("%s: ended %v, want %v", c.about, got, c.want)
			}
			stop(nil)
			synctest.Wait()
			if n := strings.Count(log.String(), "upkeep of the store fails"); n != c.told {
				t.Errorf("%s: told %d times, want %d; log:\n%s", c.about, n, c.told, &log)
			}
			if works := strings.Contains(log.String(), "works again"); works != (c.told > 0 && !c.want) {
				t.Errorf("%s: told that it works again: %v; log:\n%s", c.about, works, &log)
			}
		})
	}
}
