package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"beianbot/kb"
)

// Limits are the bounds of [Documents].
type Limits struct {
	// Life is how long after its last change a document is kept, for ever if 0.
	Life time.Duration
	// Documents is how many there may be, and Bytes how large they may be
	// together; both must be set. At a bound new ones are refused with [ErrFull].
	Documents, Bytes int64
	// Guarded documents are copied into files of their own, from which a start
	// heals a bucket that the disk has damaged.
	Guarded bool
}

// changeTries is how often a change is tried again because another one came
// between. Of n changes at once one gets through in every round.
const changeTries = 50

// Documents are JSON documents by key, in a bucket of their own, each changed by
// compare and set. Keys hold letters, digits and -/_=. only.
type Documents[T any] struct {
	s      *Store
	st     natsjs.Stream
	name   string
	copies *copies // nil when they are not guarded
}

// OpenDocuments opens the documents with this name, which is short and plain.
func OpenDocuments[T any](ctx context.Context, s *Store, name string, l Limits) (*Documents[T], error) {
	if err := validToken(name); err != nil {
		return nil, fmt.Errorf("open documents: %w", err)
	}
	st, err := s.bucket(ctx, "doc-"+name, bounds{
		history: 1, life: l.Life, messages: l.Documents, bytes: l.Bytes, lives: l.Guarded && l.Life > 0,
	})
	if err != nil {
		return nil, fmt.Errorf("open documents: %w", err)
	}
	d := &Documents[T]{s: s, st: st, name: name}
	if l.Guarded {
		if err := d.guard(ctx, l.Life); err != nil {
			return nil, fmt.Errorf("compare the documents %q with their copies: %w", name, err)
		}
	}
	return d, nil
}

func (d *Documents[T]) subject(key string) string { return subject("doc-"+d.name, key) }

// Get returns a document, or [kb.ErrNotFound].
func (d *Documents[T]) Get(ctx context.Context, key string) (T, error) {
	v, at, err := d.read(ctx, key)
	if err == nil && at.seq == 0 {
		err = fmt.Errorf("get %s: %w", d.name, kb.ErrNotFound)
	}
	return v, err
}

// A place is where a document stands in the bucket, the zero place for nowhere.
type place struct {
	seq     uint64
	version int // of a guarded document, 0 for one that was stored before there were copies
}

// read returns a document and where it stands.
func (d *Documents[T]) read(ctx context.Context, key string) (v T, at place, err error) {
	if err := validKey(key); err != nil {
		return v, at, fmt.Errorf("get %s: %w", d.name, err)
	}
	m, err := last(ctx, d.st, d.subject(key))
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return v, at, nil
	}
	if err != nil {
		return v, at, fmt.Errorf("get %s: %w", d.name, err)
	}
	if err := json.Unmarshal(m.Data, &v); err != nil {
		return v, at, fmt.Errorf("decode %s: %w", d.name, err)
	}
	return v, place{m.Sequence, versionOf(m)}, nil
}

// store puts a document in place of the one at a place, and copies it if it can.
func (d *Documents[T]) store(ctx context.Context, key string, data []byte, at place) error {
	m := &nats.Msg{Subject: d.subject(key), Data: data}
	if d.copies == nil {
		_, err := d.s.put(ctx, m, natsjs.WithExpectLastSequencePerSubject(at.seq))
		return err
	}
	one := copied{Version: max(at.version, d.copies.version(key)) + 1, Changed: time.Now().UTC(), Data: data}
	if err := d.putVersion(ctx, m, one.Version, at.seq); err != nil {
		return err
	}
	if first, err := d.copies.put(key, one); first {
		d.s.log.Error("a document was stored and not copied, which is tried again", "documents", d.name, "err", err)
	}
	return nil
}

// Change lets change work on the document under key, the zero T when there is
// none, stores what it has made of it, and returns that. When somebody else was
// faster, change runs again on what they made. An error of change is returned as
// it is, and nothing is stored. After another error the change may have been
// stored.
func (d *Documents[T]) Change(ctx context.Context, key string, change func(*T) error) (T, error) {
	var none T
	for range changeTries {
		v, at, err := d.read(ctx, key)
		if err != nil {
			return none, err
		}
		if err := change(&v); err != nil {
			return none, err
		}
		data, err := json.Marshal(v)
		if err != nil {
			return none, fmt.Errorf("encode %s: %w", d.name, err)
		}
		err = d.store(ctx, key, data, at)
		if err == nil {
			return v, nil
		}
		if !errors.Is(err, errStale) {
			return none, fmt.Errorf("change %s: %w", d.name, err)
		}
		select {
		case <-time.After(rand.N(2 * time.Millisecond)):
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
	return none, fmt.Errorf("change %s: %w, %d times", d.name, errStale, changeTries)
}

// All returns all documents by key.
func (d *Documents[T]) All(ctx context.Context) (map[string]T, error) {
	all := make(map[string]T)
	err := d.s.scan(ctx, d.st, d.subject(">"), func(m *natsjs.RawStreamMsg) error {
		var v T
		if err := json.Unmarshal(m.Data, &v); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		all[strings.TrimPrefix(m.Subject, d.subject(""))] = v
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", d.name, err)
	}
	return all, nil
}
