package telegram

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// A state is whether something works. It logs changes, not repetitions.
type state struct {
	what string

	mu  sync.Mutex
	now string // what is wrong, "" for nothing; guarded by mu
}

// set takes note of err, nil when all is well.
func (s *state) set(log *slog.Logger, err error) {
	now := trouble(err)
	s.mu.Lock()
	before := s.now
	s.now = now
	s.mu.Unlock()
	switch {
	case now == before:
	case err != nil:
		log.Error(s.what+" fails", "err", err)
	default:
		log.Info(s.what + " works again")
	}
}

// trouble returns the same for errors of the same kind: the texts of network
// errors differ in port numbers.
func trouble(err error) string {
	if err == nil {
		return ""
	}
	if ce, ok := errors.AsType[*callError](err); ok {
		return fmt.Sprintf("call %s %d", ce.method, ce.status)
	}
	return err.Error()
}
