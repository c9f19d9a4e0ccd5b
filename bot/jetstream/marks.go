package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

const (
	marksBucket = "mark"
	// recentDone is how many handled updates are remembered. Telegram repeats at
	// most what was not confirmed, one batch of 100, unless it is at fault; and
	// those that are not removed yet must be known, see maxLitter.
	recentDone = 512
)

// marks is the ledger of the inbox: which updates were begun and not finished by
// how many processes, and which were handled lately. The server's own table of
// message ids does not do: on a work queue it forgets what is handled at every
// restart.
//
// It is one document of some KB. Marks that come while it is being written go
// into the next writing together, so that one sync of the disk serves as many
// chats as are at work.
type marks struct {
	s       *Store
	subject string

	mu      sync.Mutex     // held for a moment, never while writing
	begun   map[int64]int  // guarded by mu, as is all below
	done    []int64        // ring
	next    int            // where in done the next one goes, once it is full
	known   map[int64]bool // the ids in done
	version int            // counts the marks
	stored  int            // the version that is on disk
	failed  int            // the version that could not be written last
	err     error          // why
	writing bool
	written *sync.Cond // with mu; a writing has ended
}

// marksDocument is how marks are stored.
type marksDocument struct {
	Begun map[int64]int `json:"begun"` // deaths by update
	Done  []int64       `json:"done"`  // oldest first
}

func openMarks(ctx context.Context, s *Store, bot string) (*marks, error) {
	st, err := s.bucket(ctx, marksBucket, bounds{history: 1, messages: 1000, bytes: 64 << 20})
	if err != nil {
		return nil, err
	}
	m := &marks{s: s, subject: subject(marksBucket, bot), begun: make(map[int64]int), known: make(map[int64]bool)}
	m.written = sync.NewCond(&m.mu)
	msg, err := last(ctx, st, m.subject)
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	var doc marksDocument
	if err := json.Unmarshal(msg.Data, &doc); err != nil {
		return nil, fmt.Errorf("decode marks: %w", err)
	}
	maps.Copy(m.begun, doc.Begun)
	for _, id := range doc.Done {
		m.finish(id)
	}
	return m, nil
}

// deaths returns how often an update was begun and not finished.
func (m *marks) deaths(id int64) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.begun[id]
}

// handled reports whether an update was handled lately.
func (m *marks) handled(id int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[id]
}

// finish notes that an update is handled. The caller holds mu, or nobody else
// has m yet.
func (m *marks) finish(id int64) {
	delete(m.begun, id)
	if m.known[id] {
		return
	}
	m.known[id] = true
	if len(m.done) < recentDone {
		m.done = append(m.done, id)
		return
	}
	delete(m.known, m.done[m.next])
	m.done[m.next] = id
	m.next = (m.next + 1) % recentDone
}

// change applies f to every id and returns when that is on disk. After an error
// the marks hold in this process, and are written with the next ones.
func (m *marks) change(ctx context.Context, ids []int64, f func(id int64)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		f(id)
	}
	m.version++
	want := m.version
	for m.stored < want {
		if m.failed >= want {
			return fmt.Errorf("write marks: %w", m.err)
		}
		if m.writing {
			m.written.Wait()
		} else {
			m.write(ctx)
		}
	}
	return nil
}

// write stores the marks as they are now, for all who wait for that: the end of
// one caller's context does not end it. The caller holds mu, which is let go of
// meanwhile.
func (m *marks) write(ctx context.Context) {
	version := m.version
	data, err := json.Marshal(marksDocument{Begun: m.begun, Done: slices.Concat(m.done[m.next:], m.done[:m.next])})
	m.writing = true
	m.mu.Unlock()
	if err == nil {
		_, err = m.s.put(context.WithoutCancel(ctx), &nats.Msg{Subject: m.subject, Data: data})
	}
	m.mu.Lock()
	m.writing = false
	if err == nil {
		m.stored = version
	} else {
		m.failed, m.err = version, err
	}
	m.written.Broadcast()
}
