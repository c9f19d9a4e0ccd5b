package telegram

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Stats are what a [Bot] has done since the process began, and what waits. They
// tell of nobody.
type Stats struct {
	Handled map[string]int64 // updates that were handled, by kind of event
	GivenUp int64            // updates that failed for good
	Calls   map[Call]int64   // tries of calls of the Bot API
	Waiting int              // updates in the queues, those at work too
	Oldest  time.Duration    // how long the first of them has been there
	Full    bool             // so many wait that none are fetched
	Polled  time.Time        // when updates were fetched last, none among them; zero for never
}

// A Call is a method of the Bot API and what came of it: "ok", "refused", the
// HTTP status of an answer that could not be used, such as "429" or "502", or
// "failed" when there was none. The method of a download is "file".
type Call struct{ Method, Result string }

// tally counts what goes into [Stats].
type tally struct {
	mu      sync.Mutex
	handled map[string]int64 // guarded by mu, as all below
	givenUp int64
	calls   map[Call]int64
	polled  time.Time
	queue   *queues // nil until there is one
}

func newTally() *tally {
	return &tally{handled: make(map[string]int64), calls: make(map[Call]int64)}
}

// called counts a try of a call. Methods are those that this package and its
// library name: there are few.
func (t *tally) called(method string, answered answer, fail *callError) {
	result := "ok"
	switch {
	case fail != nil && fail.status != 0:
		result = strconv.Itoa(fail.status)
	case fail != nil:
		result = "failed"
	case !answered.consent:
		result = "refused"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[Call{method, result}]++
}

func (t *tally) did(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handled[kind]++
}

func (t *tally) gaveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.givenUp++
}

func (t *tally) fetched() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polled = time.Now()
}

func (t *tally) serves(q *queues) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = q
}

// Stats returns what has been done so far.
func (b *Bot) Stats() Stats {
	t := b.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Stats{Handled: maps.Clone(t.handled), GivenUp: t.givenUp, Calls: maps.Clone(t.calls), Polled: t.polled}
	if t.queue != nil {
		s.Waiting, s.Oldest, s.Full = t.queue.load()
	}
	return s
}

// load returns how many updates are in the queues, how long the first of them has
// been there, and whether they take no more.
func (q *queues) load() (waiting int, oldest time.Duration, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, l := range q.chats {
		waiting += l.waiting
		if len(l.tasks) > 0 {
			oldest = max(oldest, now.Sub(l.tasks[0].came))
		}
	}
	return waiting, oldest, q.count >= q.limit
}

// Throttled returns how many tries the server answered with "too many requests".
func (s Stats) Throttled() (n int64) {
	for c, k := range s.Calls {
		if c.Result == strconv.Itoa(http.StatusTooManyRequests) {
			n += k
		}
	}
	return n
}
