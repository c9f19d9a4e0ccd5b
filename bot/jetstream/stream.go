package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// ErrFull is returned when a bucket or stream holds as much as it may.
var ErrFull = errors.New("store is full")

// errStale is returned for a write over something that changed meanwhile.
var errStale = errors.New("changed meanwhile")

// limited gives ctx the time limit of one request.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callLimit)
}

// bounds are what a bucket may hold.
type bounds struct {
	history  int64         // versions of a key
	life     time.Duration // since the last write of a key, 0 for ever
	messages int64
	bytes    int64
	message  int32 // bytes of one value, 0 for the server's limit
	oldest   bool  // beyond the bounds the oldest keys go, else writes are refused
	lives    bool  // a value may have a life of its own, shorter than life
}

// bucket makes or opens a key-value bucket, which is a stream with a subject for
// each key. It is laid out as NATS lays out its own, so that its tools read it;
// they offer no bound on the number of keys.
func (s *Store) bucket(ctx context.Context, name string, b bounds) (natsjs.Stream, error) {
	discard := natsjs.DiscardNew
	if b.oldest {
		discard = natsjs.DiscardOld
	}
	return s.stream(ctx, natsjs.StreamConfig{
		Name:              "KV_" + name,
		Subjects:          []string{subject(name, ">")},
		MaxMsgsPerSubject: b.history,
		MaxAge:            b.life,
		MaxMsgs:           b.messages,
		MaxBytes:          b.bytes,
		MaxMsgSize:        b.message,
		Discard:           discard,
		AllowRollup:       true,
		DenyDelete:        true,
		AllowMsgTTL:       b.lives,
	})
}

// subject is where a key of a bucket is written.
func subject(bucket, key string) string { return "$KV." + bucket + "." + key }

// stream makes or opens a stream on disk.
func (s *Store) stream(ctx context.Context, cfg natsjs.StreamConfig) (natsjs.Stream, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	cfg.Storage, cfg.Replicas, cfg.AllowDirect = natsjs.FileStorage, 1, true
	if !s.whole {
		if err := s.dropDescription(ctx, cfg.Name); err != nil {
			return nil, fmt.Errorf("open stream %q: %w", cfg.Name, err)
		}
	}
	st, err := s.js.CreateOrUpdateStream(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open stream %q: %w", cfg.Name, err)
	}
	if !s.whole {
		s.compare(cfg, st.CachedInfo().State)
	}
	return st, nil
}

// dropDescription removes the description of a stream that the server has not
// found, if there is one: it is damaged. Without it the server makes the stream anew
// around the messages that are there; with it, it would do so at every start.
func (s *Store) dropDescription(ctx context.Context, name string) error {
	if _, err := s.js.Stream(ctx, name); !errors.Is(err, natsjs.ErrStreamNotFound) {
		return err
	}
	files, err := filepath.Glob(filepath.Join(s.serverDir(), "jetstream", "*", "streams", name, "meta.*"))
	for _, path := range files {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// put stores a message and returns its sequence. It returns errStale when an
// option expects another state, and [ErrFull] at a bound.
func (s *Store) put(ctx context.Context, m *nats.Msg, opts ...natsjs.PublishOpt) (uint64, error) {
	ack, err := s.putMsg(ctx, m, opts...)
	return ackSequence(ack), err
}

func (s *Store) putMsg(ctx context.Context, m *nats.Msg, opts ...natsjs.PublishOpt) (*natsjs.PubAck, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	ack, err := s.js.PublishMsg(ctx, m, opts...)
	if err != nil {
		return nil, refusal(err)
	}
	return ack, nil
}

// ackSequence returns the sequence of a message that was stored, 0 for none.
func ackSequence(ack *natsjs.PubAck) uint64 {
	if ack == nil {
		return 0
	}
	return ack.Sequence
}

// storeFailed is the server's code for every message that it could not store;
// the client has no name for it.
const storeFailed natsjs.ErrorCode = 10077

// refusal names the answers of the server that callers tell apart.
func refusal(err error) error {
	api, ok := errors.AsType[*natsjs.APIError](err)
	switch {
	case !ok:
		return err
	case api.ErrorCode == natsjs.JSErrCodeStreamWrongLastSequence:
		return errStale
	case api.ErrorCode == storeFailed && strings.HasPrefix(api.Description, "maximum "):
		return fmt.Errorf("%s: %w", api.Description, ErrFull)
	}
	return err
}

// scan calls f with every message of the stream whose subject matches, oldest
// first. It asks for them one by one: a watch or a consumer waits for ever when
// a damaged record makes the server count more messages than it has. Messages
// that cannot be read are skipped, and the log says how many.
func (s *Store) scan(ctx context.Context, st natsjs.Stream, subject string, f func(*natsjs.RawStreamMsg) error) error {
	info, err := s.info(ctx, st)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	unreadable := 0
	for next := info.State.FirstSeq; next <= info.State.LastSeq; {
		m, err := get(ctx, st, next, subject)
		if errors.Is(err, natsjs.ErrMsgNotFound) {
			break
		}
		if err != nil {
			if away(err) {
				return fmt.Errorf("read message %d: %w", next, err)
			}
			unreadable++ // it, or one behind it
			next++
			continue
		}
		if err := f(m); err != nil {
			return err
		}
		next = m.Sequence + 1
	}
	if unreadable > 0 {
		s.log.Error("messages of the store cannot be read", "stream", info.Config.Name, "tries", unreadable)
	}
	return nil
}

// away reports whether err says that the server does not answer, and nothing of
// what was asked for.
func away(err error) bool {
	for _, e := range []error{context.Canceled, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrConnectionClosed, nats.ErrNoResponders} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Store) info(ctx context.Context, st natsjs.Stream) (*natsjs.StreamInfo, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return st.Info(ctx)
}

// get returns the first message from seq on whose subject matches.
func get(ctx context.Context, st natsjs.Stream, seq uint64, subject string) (*natsjs.RawStreamMsg, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return st.GetMsg(ctx, seq, natsjs.WithGetMsgSubject(subject))
}

// last returns the newest message with this subject.
func last(ctx context.Context, st natsjs.Stream, subject string) (*natsjs.RawStreamMsg, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return st.GetLastMsgForSubject(ctx, subject)
}

// validKey says what is wrong with the key of a bucket, nil for nothing.
func validKey(key string) error {
	if key == "" || len(key) > 200 || strings.HasPrefix(key, ".") || strings.HasSuffix(key, ".") || strings.Contains(key, "..") {
		return fmt.Errorf("key %q: want 1 to 200 characters and no empty part", key)
	}
	for _, r := range key {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-/_=.", r)) {
			return fmt.Errorf("key %q: %q is not allowed", key, r)
		}
	}
	return nil
}

// validToken says what is wrong with one part of a key.
func validToken(part string) error {
	if strings.Contains(part, ".") {
		return fmt.Errorf("key %q: a dot is not allowed", part)
	}
	return validKey(part)
}
