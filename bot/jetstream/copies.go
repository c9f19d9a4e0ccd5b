package jetstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// copiesName is the folder of the copies of what nobody can make again: the
// questions that wait for staff, the settings, and the updates that wait.
const copiesName = "copies"

// copies are a file for each document of a bucket, outside the server's files:
// one flipped bit there costs the server up to all documents of a bucket, and it
// says nothing of it. A file holds the document as it was stored last and nothing
// older, so what is forgotten in the bucket is forgotten here, too.
//
// The bucket decides; a copy follows. A crash between the two leaves the copy one
// version behind, which the next start mends. One that cannot be written does not
// make the change fail, which the bucket has: it is owed, see [Documents.mend].
type copies struct {
	dir  string
	life time.Duration // since the last change of a document, 0 for ever

	mu    sync.Mutex        // held while a file is written
	known map[string]copied // without Data; guarded by mu
	owed  map[string]int    // versions that could not be copied, by key; guarded by mu
}

// copied is what a copy holds.
type copied struct {
	Key     string          `json:"key,omitempty"` // of the document, "" in files of earlier versions
	Version int             `json:"version"`       // rises with every change of the document
	Changed time.Time       `json:"changed"`
	Data    json.RawMessage `json:"document,omitempty"`
}

// openCopies makes or opens a folder of copies and returns what they hold, by key,
// without those that are too old. damaged are the names of files that cannot be
// read, others is how many things are there that are no copies: a folder that a file
// system has put there, or what an editor has left. They stay.
func openCopies(dir string, life time.Duration) (c *copies, found map[string]copied, damaged []string, others int, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, 0, err
	}
	if err := removeTmp(dir); err != nil {
		return nil, nil, nil, 0, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, nil, 0, err
	}
	c = &copies{dir: dir, life: life, known: make(map[string]copied), owed: make(map[string]int)}
	found = make(map[string]copied)
	for _, file := range files {
		key, ok := keyOf(file.Name())
		if !ok || !file.Type().IsRegular() {
			others++
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return nil, nil, nil, 0, err
		}
		one, ok := readCopy(data)
		if !ok {
			damaged = append(damaged, file.Name())
			continue
		}
		if one.Key != "" && one.Key != key { // somebody has copied the copy
			others++
			continue
		}
		found[key] = one
		c.note(key, one)
	}
	for _, key := range c.old() {
		delete(found, key)
	}
	return c, found, damaged, others, c.sweep()
}

// keyOf returns the key of the document of which a file is the copy. ok is false
// for the name of a file that is none.
func keyOf(name string) (key string, ok bool) {
	key, err := url.PathUnescape(name)
	return key, err == nil && validKey(key) == nil && url.PathEscape(key) == name
}

func readCopy(data []byte) (one copied, ok bool) {
	body, ok := unseal(data)
	return one, ok && json.Unmarshal(body, &one) == nil
}

func (c *copies) path(key string) string { return filepath.Join(c.dir, url.PathEscape(key)) }

// note remembers what the file of a key holds. The caller holds mu, or nobody else
// has c yet.
func (c *copies) note(key string, one copied) {
	one.Data = nil
	c.known[key] = one
}

// version returns that of the copy of a key, 0 for none.
func (c *copies) version(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key].Version
}

// put writes the copy of a document, unless it has a newer version. first is whether
// a copy is owed now and none was before.
func (c *copies) put(key string, one copied) (first bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one.Key = key
	if c.known[key].Version < one.Version {
		body, err := json.Marshal(one)
		if err == nil {
			err = withoutNames(replaceFile(c.path(key), seal(body), true))
		}
		if err != nil {
			first = len(c.owed) == 0
			c.owed[key] = max(c.owed[key], one.Version)
			return first, fmt.Errorf("write copy: %w", err)
		}
		c.note(key, one)
	}
	if c.owed[key] <= one.Version {
		delete(c.owed, key)
	}
	return false, nil
}

// withoutNames takes the names of files off err, which hold keys, and those the
// numbers of chats.
func withoutNames(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// owing returns the keys of the documents of which a copy is owed.
func (c *copies) owing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.owed))
}

// forgive says that no copy of a document is owed any more.
func (c *copies) forgive(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.owed, key)
}

// old returns the keys of what is kept too long. The caller holds mu, or nobody
// else has c yet.
func (c *copies) old() (keys []string) {
	for key, one := range c.known {
		if c.life > 0 && time.Since(one.Changed) > c.life {
			keys = append(keys, key)
		}
	}
	return keys
}

// sweep removes what is kept too long.
func (c *copies) sweep() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range c.old() {
		if err := os.Remove(c.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old copy: %w", err)
		}
		delete(c.known, key)
	}
	return nil
}
