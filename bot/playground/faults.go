package playground

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A fault is what POST /sim/faults asks for: how the coming calls of a method
// go wrong.
type fault struct {
	Method string `json:"method"`      // empty or "*" for every method but getUpdates
	Kind   string `json:"kind"`        // one of faultKinds
	Times  int    `json:"times"`       // how many calls; 1 when absent
	Skip   int    `json:"skip"`        // so many calls go well before
	Retry  int    `json:"retry_after"` // seconds, for 429; 1 when absent
	Delay  int    `json:"delay_ms"`    // for slow; 3000 when absent
	Text   string `json:"description"` // instead of the usual one, for 400, 401, 403 and 409
}

// 500-html answers as a proxy in front of the real server does; slow waits and
// then works; cut-before closes the connection and does nothing; cut-after does
// what was asked and closes the connection without an answer.
var faultKinds = []string{"400", "401", "403", "409", "429", "500", "500-html", "slow", "cut-before", "cut-after"}

const maxFaults = 1000

// takeFault returns the fault that applies to a call, nil for none.
func (s *Server) takeFault(method string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		any := f.Method == "" || f.Method == "*"
		if !(any && method != "getUpdates") && !strings.EqualFold(f.Method, method) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times--; f.Times <= 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		taken := *f
		return &taken
	}
	return nil
}

// before returns the error that a fault answers instead of running the call.
func (f *fault) before() *apiError {
	if f == nil {
		return nil
	}
	text := func(dflt string) string {
		if f.Text != "" {
			return f.Text
		}
		return dflt
	}
	switch f.Kind {
	case "400":
		return &apiError{code: http.StatusBadRequest, desc: text("Bad Request")}
	case "401":
		return &apiError{code: http.StatusUnauthorized, desc: text("Unauthorized")}
	case "403":
		return &apiError{code: http.StatusForbidden, desc: text("Forbidden: bot was blocked by the user")}
	case "409":
		return &apiError{code: http.StatusConflict, desc: text("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")}
	case "429":
		return tooMany(f.Retry)
	case "500":
		return &apiError{code: http.StatusInternalServerError, desc: text("Internal Server Error")}
	}
	return nil
}

// skips reports whether the call has no effect and no proper answer.
func (f *fault) skips() bool {
	return f != nil && (f.Kind == "500-html" || f.Kind == "cut-before")
}

// wait is the slow fault. It reports false when nobody waits any more.
func (f *fault) wait(ctx context.Context, quit <-chan struct{}) bool {
	if f == nil || f.Kind != "slow" {
		return true
	}
	t := time.NewTimer(time.Duration(f.Delay) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-quit:
	}
	return false
}

// simFaults answers POST /sim/faults, and DELETE, which ends all faults.
func (s *Server) simFaults(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		s.mu.Lock()
		s.faults = nil
		s.mu.Unlock()
		answer(w, map[string]any{})
		return
	}
	f := fault{Times: 1, Retry: 1, Delay: 3000}
	if !read(w, r, &f) {
		return
	}
	_, known := s.schema.canonical(f.Method)
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		refuse(w, http.StatusBadRequest, "kind is one of "+strings.Join(faultKinds, " "))
	case !known && f.Method != "" && f.Method != "*":
		refuse(w, http.StatusBadRequest, "there is no such method")
	case f.Times < 1 || f.Skip < 0 || f.Retry < 1 || f.Delay < 0 || f.Delay > 600_000:
		refuse(w, http.StatusBadRequest, "times and retry_after are at least 1, delay_ms is 0 to 600000")
	default:
		s.mu.Lock()
		ok := len(s.faults) < maxFaults
		if ok {
			s.faults = append(s.faults, &f)
		}
		s.mu.Unlock()
		if !ok {
			refuse(w, http.StatusTooManyRequests, "too many faults are waiting")
			return
		}
		answer(w, map[string]any{})
	}
}

// simUpdates answers POST /sim/updates.
func (s *Server) simUpdates(w http.ResponseWriter, r *http.Request) {
	t := trick{Delay: 300}
	if !read(w, r, &t) {
		return
	}
	if !slices.Contains([]string{"duplicate", "reorder", "split"}, t.Next) || t.Delay < 0 || t.Delay > 600_000 {
		refuse(w, http.StatusBadRequest, "next is duplicate, reorder or split; delay_ms is 0 to 600000")
		return
	}
	s.mu.Lock()
	s.updates.trick = &t
	s.mu.Unlock()
	answer(w, map[string]any{})
}

// simClock answers POST /sim/clock: it lets time pass for ages, retention and
// links; waiting is not shortened.
func (s *Server) simClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Seconds int64 `json:"advance_seconds"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Seconds < 0 || in.Seconds > 366*24*3600 {
		refuse(w, http.StatusBadRequest, "advance_seconds is 0 to a year")
		return
	}
	s.mu.Lock()
	s.skew += time.Duration(in.Seconds) * time.Second
	now := s.now().Unix()
	s.expire()
	s.updates.signal()
	s.mu.Unlock()
	answer(w, map[string]any{"now": now})
}

// read decodes the JSON body of a /sim request.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(v); err != nil {
		refuse(w, http.StatusBadRequest, "the body is not the JSON that is expected here")
		return false
	}
	return true
}

// tooMany is the answer to a bot that sends too fast; retry is in seconds.
func tooMany(retry int) *apiError {
	return &apiError{code: http.StatusTooManyRequests, desc: fmt.Sprintf("Too Many Requests: retry after %d", retry), retry: retry}
}
