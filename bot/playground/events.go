package playground

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// eventHub keeps the last events for subscribers that come back, and hands new
// ones to those that listen.
type eventHub struct {
	max    int
	n      int64
	recent []simEvent
	subs   map[chan simEvent]bool
}

type simEvent struct {
	n    int64
	data []byte
}

// Subscribers that are this many events behind are cut off; they come back and
// go on after the last one that they got.
const (
	maxBehind      = 512
	maxSubscribers = 100
	keepAlive      = 20 * time.Second
)

func (h *eventHub) init(max int) {
	h.max = max
	h.subs = make(map[chan simEvent]bool)
}

// emit tells everyone who listens. The caller holds s.mu.
func (s *Server) emit(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // unreachable: events are plain structs
	}
	h := &s.events
	h.n++
	e := simEvent{h.n, data}
	if len(h.recent) >= 2*h.max {
		h.recent = append(h.recent[:0], h.recent[len(h.recent)-h.max:]...)
	}
	h.recent = append(h.recent, e)
	for ch := range h.subs {
		select {
		case ch <- e:
		default:
			delete(h.subs, ch)
			close(ch)
		}
	}
}

type eventHead struct {
	Chat int64  `json:"chat"`
	Kind string `json:"kind"`
}

// emitPost tells of a message: kind is message, edit or delete.
func (s *Server) emitPost(kind string, c *chat, p *post) {
	s.emit(struct {
		eventHead
		simMessage
	}{eventHead{c.info.ID, kind}, s.view(c, p)})
}

// emitRead tells that the bot has got a message.
func (s *Server) emitRead(u *update) {
	if u.message == 0 || u.tries > 1 {
		return
	}
	s.emit(struct {
		eventHead
		ID int64 `json:"id"`
	}{eventHead{u.chat, "read"}, u.message})
}

// simEvents answers GET /sim/events, a stream of server-sent events. A client
// that comes back says where it was with Last-Event-ID or ?after=. When that is
// too long ago, or of another server, the first event is {"kind":"reset"}: the
// client reads the messages again.
func (s *Server) simEvents(w http.ResponseWriter, r *http.Request) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.FormValue("after")
	}
	ch := make(chan simEvent, maxBehind)
	s.mu.Lock()
	h := &s.events
	if len(h.subs) >= maxSubscribers {
		s.mu.Unlock()
		refuse(w, http.StatusServiceUnavailable, "too many subscribers")
		return
	}
	h.subs[ch] = true
	at := h.n
	var missed []simEvent
	reset := false
	if last != "" {
		from := parseID(last)
		oldest := h.n - int64(len(h.recent))
		reset = from < oldest || from > h.n
		if !reset {
			missed = append(missed, h.recent[len(h.recent)-int(h.n-from):]...)
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(h.subs, ch)
		s.mu.Unlock()
	}()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := http.NewResponseController(w)
	send := func(e simEvent) bool {
		fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.n, e.data)
		return out.Flush() == nil
	}
	if reset {
		if !send(simEvent{at, []byte(`{"chat":0,"kind":"reset"}`)}) {
			return
		}
	} else {
		fmt.Fprintf(w, "id: %d\n: hello\n\n", at-int64(len(missed)))
		if out.Flush() != nil {
			return
		}
	}
	for _, e := range missed {
		if !send(e) {
			return
		}
	}
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case e, ok := <-ch:
			if !ok || !send(e) {
				return
			}
		case <-tick.C:
			fmt.Fprint(w, ": still here\n\n")
			if out.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.quit:
			return
		}
	}
}
