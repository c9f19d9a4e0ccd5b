package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	at := func(one savedSession) time.Time { return one.at }
	for _, old := range toForget(m.saved, at, m.max, &m.swept) {
		delete(m.saved, old)
	}
	return nil
}

// toForget returns the chats of saved that have expired, looked for once in
// [sweepEvery], and those beyond limit that were saved longest ago.
func toForget[T any](saved map[ChatID]T, at func(T) time.Time, limit int, swept *time.Time) []ChatID {
	var ids []ChatID
	if time.Since(*swept) >= sweepEvery {
		*swept = time.Now()
		for id, one := range saved {
			if time.Since(at(one)) > SessionLife {
				ids = append(ids, id)
			}
		}
	}
	if len(saved)-len(ids) > limit {
		// A twentieth at once, so that this is not done for every message.
		byAge := slices.SortedFunc(maps.Keys(saved), func(a, b ChatID) int {
			return cmp.Or(at(saved[a]).Compare(at(saved[b])), cmp.Compare(a, b))
		})
		ids = append(ids, byAge[:len(saved)-limit+limit/20]...)
	}
	return ids
}

// FileChats is a [Chats] with a file for each chat in one folder. It survives a
// crash of the process; a power cut may bring back the session before the last.
//
// What people typed is not written: the words of the last question stay in
// memory, so that after a restart a follow-up builds on the topic alone.
type FileChats struct {
	dir string

	mu    sync.Mutex // held while files are removed, not while one is written
	max   int
	saved map[ChatID]time.Time // guarded by mu
	said  map[ChatID]said      // guarded by mu
	swept time.Time            // guarded by mu
}

// said are the words of a session's two contexts.
type said struct{ context, before string }

// sessionFile is what a file holds.
type sessionFile struct {
	At      time.Time `json:"at"`
	Session Session   `json:"session"`
}

// OpenFileChats opens the folder dir, which it makes if there is none, and
// deletes the sessions in it that have expired.
func OpenFileChats(dir string) (*FileChats, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open chats: %w", err)
	}
	f := &FileChats{
		dir: dir, max: maxChats,
		saved: make(map[ChatID]time.Time), said: make(map[ChatID]said), swept: time.Now(),
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open chats: %w", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".tmp") {
			// A crash came between writing it and giving it its name.
			if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
				return nil, fmt.Errorf("open chats: %w", err)
			}
			continue
		}
		id, err := strconv.ParseInt(strings.TrimSuffix(file.Name(), ".json"), 10, 64)
		if err != nil {
			continue // not ours
		}
		info, err := file.Info()
		if err != nil {
			return nil, fmt.Errorf("open chats: %w", err)
		}
		f.saved[ChatID(id)] = info.ModTime()
	}
	var long time.Time
	if err := f.forget(toForget(f.saved, timeItself, f.max, &long)); err != nil {
		return nil, fmt.Errorf("open chats: %w", err)
	}
	return f, nil
}

func timeItself(t time.Time) time.Time { return t }

func (f *FileChats) path(id ChatID) string {
	return filepath.Join(f.dir, strconv.FormatInt(int64(id), 10)+".json")
}

// Load implements [Chats]. A file that does not parse is an error once, and is
// deleted: a chat that starts over is better than one that never works again.
func (f *FileChats) Load(_ context.Context, id ChatID) (Session, error) {
	data, err := os.ReadFile(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Session{}, nil
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", withoutPath(err))
	}
	var file sessionFile
	if err := json.Unmarshal(data, &file); err != nil {
		return Session{}, fmt.Errorf("decode session: %w", errors.Join(err, withoutPath(os.Remove(f.path(id)))))
	}
	if time.Since(file.At) > SessionLife {
		return Session{}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file.Session.Context.Question = f.said[id].context
	file.Session.Before.Question = f.said[id].before
	return file.Session, nil
}

// Save implements [Chats].
func (f *FileChats) Save(_ context.Context, id ChatID, s Session) error {
	words := said{s.Context.Question, s.Before.Question}
	s.Context.Question, s.Before.Question = "", ""
	now := time.Now()
	data, err := json.Marshal(sessionFile{At: now, Session: s})
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	if err := f.register(id, now, words); err != nil {
		return fmt.Errorf("forget sessions: %w", withoutPath(err))
	}
	if err := writeFile(f.path(id), data); err != nil {
		return fmt.Errorf("write session: %w", withoutPath(err))
	}
	return nil
}

// register notes that a chat is about to be written, so that nobody deletes it
// as expired, and deletes those that are.
func (f *FileChats) register(id ChatID, now time.Time, words said) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saved[id], f.said[id] = now, words
	return f.forget(toForget(f.saved, timeItself, f.max, &f.swept))
}

// forget deletes sessions. The caller holds mu, or nobody else has f yet.
func (f *FileChats) forget(ids []ChatID) error {
	var errs []error
	for _, id := range ids {
		if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		delete(f.saved, id)
		delete(f.said, id)
	}
	return errors.Join(errs...)
}

// writeFile replaces the file at path, so that at any moment it is either the
// old or the new one.
func writeFile(path string, data []byte) error {
	tmp := path + ".tmp"
	file, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}

// withoutPath takes the file's name, which is a chat's number, out of an error.
func withoutPath(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return le.Err
	}
	return err
}
