package playground

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A callRecord is one call of the bot as /sim/calls tells it.
type callRecord struct {
	N           int64             `json:"n"` // rises by one from call to call
	At          int64             `json:"at"`
	Millis      int64             `json:"ms"`
	Method      string            `json:"method"`
	OK          bool              `json:"ok"`
	Code        int               `json:"error_code,omitempty"`
	Description string            `json:"description,omitempty"`
	Schema      []string          `json:"schema"`           // what the call breaks, empty when nothing
	Params      map[string]string `json:"params,omitempty"` // shortened
	Fault       string            `json:"fault,omitempty"`
}

// callLog remembers the last calls and the first violations.
type callLog struct {
	max        int
	n          int64
	recent     []callRecord
	violations []string
}

const (
	maxViolations = 1000
	maxShownParam = 400 // bytes of one parameter in a callRecord
)

// record remembers a call.
func (s *Server) record(method string, p *params, e *apiError, broken []string, start time.Time) {
	rec := callRecord{
		At: start.Unix(), Millis: time.Since(start).Milliseconds(), Method: method, OK: e == nil,
		Schema: broken, Params: make(map[string]string),
	}
	if rec.Schema == nil {
		rec.Schema = []string{}
	}
	if e != nil {
		rec.Code, rec.Description = e.code, e.desc
	}
	for name, v := range p.text {
		if len(v) > maxShownParam {
			v = strings.ToValidUTF8(v[:maxShownParam], "") + "…"
		}
		rec.Params[name] = v
	}
	for name, f := range p.files {
		rec.Params[name] = fmt.Sprintf("(%d bytes)", len(f.data))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.calls
	l.n++
	rec.N = l.n
	if len(l.recent) >= l.max {
		l.recent = slices.Delete(l.recent, 0, len(l.recent)-l.max+1)
	}
	l.recent = append(l.recent, rec)
	for _, b := range broken {
		if len(l.violations) < maxViolations {
			l.violations = append(l.violations, method+": "+b)
		}
	}
}

// Violations returns what the bot's calls have broken of the Bot API's schema
// since the start, at most the first 1,000, each as "method: what".
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls.violations)
}

// simCalls answers GET /sim/calls?after=&method=.
func (s *Server) simCalls(w http.ResponseWriter, r *http.Request) {
	after := parseID(r.FormValue("after"))
	method := r.FormValue("method")
	list := []callRecord{}
	s.mu.Lock()
	for _, c := range s.calls.recent {
		if c.N > after && (method == "" || strings.EqualFold(method, c.Method)) {
			c.Params = maps.Clone(c.Params)
			list = append(list, c)
		}
	}
	s.mu.Unlock()
	answer(w, list)
}
