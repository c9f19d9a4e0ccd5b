package playground

import (
	"encoding/json"
	"slices"
	"time"
)

const (
	keepUpdates   = 24 * time.Hour    // from the date of the message
	keepCallbacks = 150 * time.Second // from the press
	maxPoll       = 50 * time.Second
	maxBatch      = 100
)

// An update waits for the bot.
type update struct {
	id      int64
	lane    lane
	chat    int64 // and the message, for the "read" event; 0 for none
	message int64
	expires time.Time
	after   time.Time // not handed out before
	alone   bool      // ends the batch that it is in
	again   bool      // comes once more after it was confirmed
	forced  bool      // it is that once more: offsets do not apply
	busy    bool      // being delivered to the webhook
	tries   int       // of the webhook
	body    json.RawMessage
}

// A lane is what keeps its order in webhook deliveries: the messages of a chat,
// or the callback queries of a user.
type lane struct {
	kind string // "chat" or "user"
	id   int64
}

// updateQueue holds what the bot has not confirmed, ascending by id except for
// what comes again.
type updateQueue struct {
	nextID  int64
	pending []*update
	wake    chan struct{} // closed and replaced when something changed
	poll    *poll         // the getUpdates call that waits, nil for none
	allowed []string      // kinds that the bot wants, nil for the usual ones
	trick   *trick        // what happens to the next updates
	held    []heldUpdate  // the one that waits for its successor in a reorder
	hook    *webhook

	lastOffset int64 // of the last getUpdates, and when it began
	lastStart  time.Time
}

type poll struct {
	ended chan struct{} // closed when another call takes over
	why   string
}

type heldUpdate struct {
	kind    string
	payload any
	meta    update
}

// A trick is what POST /sim/updates asks for.
type trick struct {
	Next  string `json:"next"` // duplicate, reorder or split
	Delay int    `json:"delay_ms"`
}

func (q *updateQueue) init(first int64) {
	q.nextID = first
	q.wake = make(chan struct{})
}

func (q *updateQueue) signal() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// full reports whether persons have to wait until the bot has caught up.
func (s *Server) full() bool { return len(s.updates.pending) >= s.limits.Updates }

// wanted reports whether the bot gets updates of a kind.
func (q *updateQueue) wanted(kind string) bool {
	if len(q.allowed) == 0 {
		return kind != "chat_member" && kind != "message_reaction" && kind != "message_reaction_count"
	}
	return slices.Contains(q.allowed, kind)
}

// push queues an update for the bot, or several that belong together, in order.
// The caller holds s.mu.
func (s *Server) push(us ...heldUpdate) {
	q := &s.updates
	if len(us) == 0 || !q.wanted(us[0].kind) {
		return
	}
	t := q.trick
	if t != nil && t.Next == "reorder" && len(us) == 1 && len(q.held) == 0 {
		q.held = us // until the next one has gone first
		return
	}
	q.trick = nil
	us = append(slices.Clone(us), q.held...)
	if len(us) > 1 && len(q.held) == 0 && t != nil && t.Next == "reorder" {
		slices.Reverse(us)
	}
	q.held = nil
	for i, h := range us {
		u := h.meta
		u.id = q.nextID
		q.nextID++
		if t != nil {
			u.again = t.Next == "duplicate"
			u.alone = t.Next == "split"
			if u.alone {
				u.after = time.Now().Add(time.Duration(i*t.Delay) * time.Millisecond)
			}
		}
		body, err := json.Marshal(map[string]any{"update_id": u.id, h.kind: h.payload})
		if err != nil {
			panic(err) // unreachable: the payloads are plain structs
		}
		u.body = body
		q.pending = append(q.pending, &u)
	}
	q.signal()
}

// pushPosts queues messages of persons, several when they are an album.
func (s *Server) pushPosts(kind string, c *chat, posts ...*post) {
	var us []heldUpdate
	for _, p := range posts {
		if !s.heard(c, p) {
			continue
		}
		us = append(us, heldUpdate{kind, p.message, update{
			lane: lane{"chat", c.info.ID}, chat: c.info.ID, message: p.ID,
			expires: s.now().Add(keepUpdates),
		}})
	}
	s.push(us...)
}

// confirm forgets what lies below the offset; a negative offset leaves the last
// -offset updates.
func (s *Server) confirm(offset int64) {
	q := &s.updates
	if offset < 0 {
		drop := max(0, len(q.pending)+int(max(offset, -1<<30)))
		q.pending = slices.Delete(q.pending, 0, drop)
		return
	}
	kept := q.pending[:0]
	for _, u := range q.pending {
		if u.id >= offset && !u.forced {
			kept = append(kept, u)
		} else if u.again {
			u.again, u.forced = false, true
			kept = append(kept, u)
		} else if u.forced && u.tries == 0 {
			kept = append(kept, u) // not handed out yet
		}
	}
	clear(q.pending[len(kept):])
	q.pending = kept
}

// expire forgets what the bot did not fetch in time.
func (s *Server) expire() {
	now := s.now()
	s.updates.pending = slices.DeleteFunc(s.updates.pending, func(u *update) bool { return !u.busy && now.After(u.expires) })
}

// batch returns what getUpdates hands out now, and how long to wait for what is
// held back, 0 when nothing is.
func (s *Server) batch(limit int) ([]*update, time.Duration) {
	s.expire()
	var out []*update
	for _, u := range s.updates.pending {
		if d := time.Until(u.after); d > 0 {
			return out, d
		}
		out = append(out, u)
		if u.alone || len(out) == limit {
			break
		}
	}
	return out, 0
}

// getUpdates hands out updates as the real server does, with its defence
// against busy loops: the same offset again within 3 s waits at least that
// long for something new, and within half a second gets one update only.
func (s *Server) getUpdates(c *call) (any, error) {
	offset := c.num("offset", 0)
	limit := int(min(max(c.num("limit", maxBatch), 1), maxBatch))
	wait := min(time.Duration(min(max(c.num("timeout", 0), 0), 3600))*time.Second, maxPoll)
	var allowed []string
	if err := c.decode("allowed_updates", &allowed, "allowed updates"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.updates
	if q.hook != nil {
		return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if c.has("allowed_updates") {
		q.allowed = allowed
	}
	if q.poll != nil {
		q.poll.why = "terminated by other getUpdates request; make sure that only one bot instance is running"
		close(q.poll.ended)
	}
	me := &poll{ended: make(chan struct{})}
	q.poll = me
	defer func() {
		if q.poll == me {
			q.poll = nil
		}
	}()
	start := time.Now()
	if offset == q.lastOffset {
		if since := start.Sub(q.lastStart); since < 500*time.Millisecond {
			limit = 1
		} else if since < 3*time.Second {
			wait = max(wait, 3*time.Second)
		}
	}
	q.lastOffset, q.lastStart = offset, start
	s.confirm(offset)
	for {
		us, held := s.batch(limit)
		left := wait - time.Since(start)
		if len(us) > 0 || left <= 0 {
			return s.handOut(us), nil
		}
		if held > 0 {
			left = min(left, held)
		}
		if err := s.waitFor(c, me, left); err != nil {
			return nil, err
		}
	}
}

// waitFor releases the lock until something changes or d has passed.
func (s *Server) waitFor(c *call, me *poll, d time.Duration) error {
	wake := s.updates.wake
	s.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	var err error
	select {
	case <-wake:
	case <-t.C:
	case <-me.ended:
		err = conflict(me.why)
	case <-c.ctx.Done():
		err = &apiError{code: 503, desc: "Service Unavailable"}
	case <-s.quit:
		err = &apiError{code: 503, desc: "Service Unavailable"}
	}
	s.mu.Lock()
	return err
}

// handOut returns the bodies of updates and tells the page that they were read.
func (s *Server) handOut(us []*update) []json.RawMessage {
	bodies := make([]json.RawMessage, 0, len(us))
	for _, u := range us {
		u.tries++
		bodies = append(bodies, u.body)
		s.emitRead(u)
	}
	return bodies
}
