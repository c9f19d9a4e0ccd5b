package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxChats is how many chats are remembered; beyond it those that were saved
// longest ago go.
const maxChats = 20_000

// sweepEvery is how often sessions that have expired are deleted.
const sweepEvery = time.Hour

// MemChats is a [Chats] that forgets everything with the process.
type MemChats struct {
	mu    sync.Mutex
	max   int
	saved map[ChatID]savedSession // guarded by mu
	swept time.Time               // guarded by mu
}

// savedSession is a session as it was saved, in JSON, so that nothing of it is
// shared with the caller.
type savedSession struct {
	at   time.Time
	data []byte
}

// NewMemChats returns an empty MemChats.
func NewMemChats() *MemChats {
	return &MemChats{max: maxChats, saved: make(map[ChatID]savedSession), swept: time.Now()}
}

// Load implements [Chats].
func (m *MemChats) Load(_ context.Context, id ChatID) (Session, error) {
	m.mu.Lock()
	one, ok := m.saved[id]
	m.mu.Unlock()
	if !ok || time.Since(one.at) > SessionLife {
		return Session{}, nil
	}
	var s Session
	if err := json.Unmarshal(one.data, &s); err != nil {
		return Session{}, fmt.Errorf("decode session: %w", err)
	}
	return s, nil
}

// Save implements [Chats].
func (m *MemChats) Save(_ context.Context, id ChatID, s Session) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved[id] = savedSession{at: time.Now(), data: data}
	m.forget()
	return nil
}

// forget drops the chats that have expired, looked for once in [sweepEvery], and
// those beyond the bound that were saved longest ago. The caller holds mu.
func (m *MemChats) forget() {
	if time.Since(m.swept) >= sweepEvery {
		m.swept = time.Now()
		maps.DeleteFunc(m.saved, func(_ ChatID, one savedSession) bool { return time.Since(one.at) > SessionLife })
	}
	if len(m.saved) <= m.max {
		return
	}
	byAge := slices.SortedFunc(maps.Keys(m.saved), func(a, b ChatID) int {
		return cmp.Or(m.saved[a].at.Compare(m.saved[b].at), cmp.Compare(a, b))
	})
	// A twentieth at once, so that this is not done for every message.
	for _, id := range byAge[:len(m.saved)-m.max+m.max/20] {
		delete(m.saved, id)
	}
}
