package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"beianbot/kb"
)

const (
	kbBucket = "kb"
	// kbHistory is how many versions of an entry the bucket keeps, the most that
	// NATS allows. Older ones are in the journal.
	kbHistory = 64
	// kbBytes bounds the bucket: 10,000 entries of 2 KB with 20 versions are 400 MB.
	kbBytes = 1 << 30
	// kbMessage bounds one version, below what the journal takes.
	kbMessage = 1<<20 - 4096
)

// Entries is a [kb.Store] in a bucket, with every version of every entry in the
// journal kb.jsonl too. The bucket decides which of two edits of one version is
// taken; what it has taken is appended to the journal, and then Put returns. So
// after a crash between the two the bucket is one version ahead, which the next
// start appends. A bucket that is behind the journal has lost something.
//
// Reads come from memory: at the start bucket and journal are made equal, and
// nobody else writes.
type Entries struct {
	s       *Store
	journal *kb.Journal
	close   func() error

	mu     sync.Mutex        // held while writing
	seqs   map[string]uint64 // sequence of the newest version of each entry; guarded by mu
	unsure map[string]bool   // entries of which a write failed: what was stored is not known; guarded by mu
}

// openEntries opens the journal at path and the bucket, and makes them equal.
func openEntries(ctx context.Context, log *slog.Logger, s *Store, path string) (*Entries, error) {
	journal, err := kb.OpenJournal(path)
	if err != nil {
		return nil, fmt.Errorf("%w; move the file away to make it anew from the store, which has the last %d versions of each entry", err, kbHistory)
	}
	e := &Entries{s: s, journal: journal, seqs: make(map[string]uint64), unsure: make(map[string]bool)}
	e.close = sync.OnceValue(journal.Close)
	if err := e.level(ctx, log); err != nil {
		return nil, errors.Join(fmt.Errorf("compare the journal with the store: %w", err), e.close())
	}
	return e, nil
}

// open makes or opens the bucket.
func (e *Entries) open(ctx context.Context) (natsjs.Stream, error) {
	return e.s.bucket(ctx, kbBucket, bounds{history: kbHistory, bytes: kbBytes, message: kbMessage})
}

// Entries implements [kb.Store].
func (e *Entries) Entries(ctx context.Context) ([]kb.Entry, error) { return e.journal.Entries(ctx) }

// History implements [kb.Store].
func (e *Entries) History(ctx context.Context, id string) ([]kb.Entry, error) {
	return e.journal.History(ctx, id)
}

// Close implements [kb.Store]. It closes the journal; the bucket belongs to the
// [Store].
func (e *Entries) Close() error { return e.close() }

// Put implements [kb.Store].
func (e *Entries) Put(ctx context.Context, entry kb.Entry) error {
	if err := validKey(entry.ID); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unsure[entry.ID] {
		if err := e.settle(ctx, entry.ID); err != nil {
			return fmt.Errorf("settle an earlier write: %w", err)
		}
	}
	newest, err := e.newest(ctx, entry.ID)
	if err != nil {
		return err
	}
	next, done, err := entry.After(newest)
	if err != nil || done {
		return err
	}
	e.unsure[entry.ID] = true // until both have it
	err = e.store(ctx, next)
	if errors.Is(err, errStale) {
		return fmt.Errorf("%w: the store has another version", kb.ErrConflict)
	}
	if err != nil {
		return err
	}
	if err := e.journal.Restore(ctx, next); err != nil {
		return err
	}
	delete(e.unsure, entry.ID)
	return nil
}

// newest returns the newest version of an entry, the zero Entry for none.
func (e *Entries) newest(ctx context.Context, id string) (kb.Entry, error) {
	vs, err := e.journal.History(ctx, id)
	if errors.Is(err, kb.ErrNotFound) {
		return kb.Entry{}, nil
	}
	if err != nil {
		return kb.Entry{}, err
	}
	return vs[len(vs)-1], nil
}

// store puts a version into the bucket, behind the newest that is known there.
// The caller holds mu, or nobody else has e yet.
func (e *Entries) store(ctx context.Context, entry kb.Entry) error {
	data, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	seq, err := e.s.put(ctx, &nats.Msg{Subject: subject(kbBucket, entry.ID), Data: data},
		natsjs.WithExpectLastSequencePerSubject(e.seqs[entry.ID]))
	if err != nil {
		return err
	}
	e.seqs[entry.ID] = seq
	return nil
}

// settle finds out what became of a write that failed: it may have been stored
// and only its answer lost. The caller holds mu.
func (e *Entries) settle(ctx context.Context, id string) error {
	st, err := e.open(ctx)
	if err != nil {
		return err
	}
	m, err := last(ctx, st, subject(kbBucket, id))
	if err != nil && !errors.Is(err, natsjs.ErrMsgNotFound) {
		return err
	}
	if err == nil {
		stored, err := decodeEntry(m)
		if err != nil {
			return err
		}
		if err := e.journal.Restore(ctx, stored); err != nil {
			return err
		}
		e.seqs[id] = m.Sequence
	}
	delete(e.unsure, id)
	return nil
}

func decodeEntry(m *natsjs.RawStreamMsg) (kb.Entry, error) {
	id := strings.TrimPrefix(m.Subject, subject(kbBucket, ""))
	var entry kb.Entry
	if err := json.Unmarshal(m.Data, &entry); err != nil {
		return kb.Entry{}, fmt.Errorf("decode %q: %w", id, err)
	}
	if entry.ID != id || entry.Version < 1 {
		return kb.Entry{}, fmt.Errorf("under %q stands version %d of %q", id, entry.Version, entry.ID)
	}
	return entry, nil
}
