package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// A store that fails now and then is left alone, one that is frozen ends the
// program.
func TestWatch(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		about  string
		checks []error // then all is well
		want   bool    // the program ends
	}{
		{"all is well", nil, false},
		{"two checks fail, again and again", []error{full, full, nil, full, full, nil}, false},
		{"three in a row", []error{nil, full, full, full}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancelCause(t.Context())
			n := 0
			go watch(ctx, slog.New(slog.DiscardHandler), func(context.Context) error {
				n++
				if n <= len(c.checks) {
					return c.checks[n-1]
				}
				return nil
			}, time.Minute, stop)
			time.Sleep(time.Hour)
			if got := errors.Is(context.Cause(ctx), errFrozen); got != c.want {
				t.Errorf("%s: ended %v, want %v", c.about, got, c.want)
			}
			stop(nil)
		})
	}
}
