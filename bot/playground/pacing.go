package playground

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Pacing refuses what is sent faster than Telegram likes. The real limits are
// not published exactly and tolerate bursts; these are the documented figures:
// about one message a second in a chat, 20 a minute in a group, 30 a second
// over all. It is off until POST /sim/pacing.
type pacing struct {
	on    bool
	all   []time.Time
	chats map[int64][]time.Time
}

const (
	paceAll    = 30 // in a second
	paceGroup  = 20 // in a minute
	pacePerson = 5  // in five seconds
)

// paced reports whether calls of a method count as sending.
func paced(method string) bool {
	for _, p := range []string{"send", "copy", "forward", "editMessage"} {
		if strings.HasPrefix(method, p) {
			return method != "sendChatAction"
		}
	}
	return false
}

// pace refuses a call that comes too soon. The caller does not hold s.mu.
func (s *Server) pace(method, chat string) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pacing
	if !p.on || !paced(method) {
		return nil
	}
	now := time.Now()
	id := parseID(chat)
	limit, window := pacePerson, 5*time.Second
	if id < 0 {
		limit, window = paceGroup, time.Minute
	}
	if len(p.chats) > s.limits.Chats {
		clear(p.chats)
	}
	list := p.chats[id]
	wait := max(crowded(&p.all, now, paceAll, time.Second), crowded(&list, now, limit, window))
	p.chats[id] = list
	if wait > 0 {
		return tooMany(int((wait + time.Second - 1) / time.Second))
	}
	p.all = append(p.all, now)
	p.chats[id] = append(list, now)
	return nil
}

// crowded drops what is older than the window from a list of times, and says
// how long to wait until there are fewer than limit.
func crowded(list *[]time.Time, now time.Time, limit int, window time.Duration) time.Duration {
	*list = slices.DeleteFunc(*list, func(t time.Time) bool { return now.Sub(t) >= window })
	if len(*list) < limit {
		return 0
	}
	return window - now.Sub((*list)[len(*list)-limit])
}

// simPacing answers POST /sim/pacing {"on":true}.
func (s *Server) simPacing(w http.ResponseWriter, r *http.Request) {
	var in struct {
		On bool `json:"on"`
	}
	if !read(w, r, &in) {
		return
	}
	s.mu.Lock()
	s.pacing = pacing{on: in.On, chats: make(map[int64][]time.Time)}
	s.mu.Unlock()
	answer(w, map[string]any{})
}
