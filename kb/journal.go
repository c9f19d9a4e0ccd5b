package kb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Journal is a [Store] in one file of JSON lines, appended to and never
// rewritten, so that every version of every entry stays known. A line says which
// version it is, and its sum; the order of the lines does not matter.
type Journal struct {
	mem *MemStore // what the file says

	mu   sync.Mutex // held while appending
	file *os.File   // guarded by mu
	size int64      // guarded by mu; bytes that are known to be whole lines
	torn bool       // guarded by mu; half a line may stand behind size
}

// maxJournalLine bounds one entry, in bytes.
const maxJournalLine = 1 << 20

// OpenJournal opens or makes the journal at path and reads it. A last line that
// a crash cut off is dropped; any other line that does not parse is an error
// that names it, since going on would silently lose knowledge.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{mem: NewMemStore(), file: f}
	if err := j.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read journal %q: %w", path, err), f.Close())
	}
	// The file's name must survive a power cut as well as its content.
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		err = errors.Join(d.Sync(), d.Close())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sync folder of %q: %w", path, err), f.Close())
		}
	}
	return j, nil
}

func (j *Journal) read() error {
	r := bufio.NewReaderSize(j.file, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break // what is left has no newline: it was never acknowledged
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if !sound(line) {
			return fmt.Errorf("line %d is not what was written: the disk has damaged it, or somebody edited it and left its Sum", n)
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if e.Version == 0 { // written when lines did not say it: they are in order
			e.Version = j.mem.newest(e.ID).Version + 1
		}
		if err := j.mem.restore(e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		j.size += int64(len(line)) + 1
	}
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

// sumField begins the last field of a line, the CRC-32C of the object without it.
// A bit that flips in the number of a version, say, leaves sound JSON.
const sumField = `,"Sum":"`

func lineSum(object []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(object, crc32.MakeTable(crc32.Castagnoli)))
}

// withSum adds the sum of an object to it.
func withSum(object []byte) []byte {
	sum := lineSum(object)
	return append(object[:len(object)-1], sumField+sum+`"}`...)
}

// sound reports whether a line has the sum that it says. One that says none was
// written by hand, or before there were sums.
func sound(line []byte) bool {
	at := len(line) - len(sumField) - len(`00000000"}`)
	if at < 0 || string(line[at:at+len(sumField)]) != sumField {
		return true
	}
	object := append(bytes.Clone(line[:at]), '}')
	return lineSum(object) == string(line[at+len(sumField):len(line)-2])
}

// readLine returns the next line without its newline, io.EOF when there is no
// whole line left.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxJournalLine {
			return nil, fmt.Errorf("longer than %d bytes", maxJournalLine)
		}
		line = append(line, part...)
		if err == nil {
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// Put implements [Store]: it returns after the file has been synced.
func (j *Journal) Put(_ context.Context, e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mem.mu.Lock()
	newest := j.mem.newest(e.ID)
	j.mem.mu.Unlock()
	next, done, err := e.After(newest)
	if err != nil || done {
		return err
	}
	return j.append(next)
}

// Restore adds a version as it is, with the number that it has: one that another
// copy of the knowledge has and this file has not. A version that is there stays.
func (j *Journal) Restore(_ context.Context, e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mem.mu.Lock()
	known := slices.ContainsFunc(j.mem.versions[e.ID], func(v Entry) bool { return v.Version == e.Version })
	j.mem.mu.Unlock()
	if known {
		return j.mem.restore(e)
	}
	return j.append(e)
}

// append writes a version. The caller holds mu.
func (j *Journal) append(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	line = append(withSum(line), '\n')
	if len(line) > maxJournalLine {
		return fmt.Errorf("entry of %d bytes, at most %d", len(line), maxJournalLine)
	}
	if j.torn {
		// Half a line must not swallow the next one.
		if err := j.file.Truncate(j.size); err != nil {
			return fmt.Errorf("mend journal: %w", err)
		}
		if _, err := j.file.Seek(j.size, io.SeekStart); err != nil {
			return fmt.Errorf("mend journal: %w", err)
		}
		j.torn = false
	}
	if _, err = j.file.Write(line); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.torn = true
		return fmt.Errorf("append to journal: %w", err)
	}
	j.size += int64(len(line))
	return j.mem.restore(e)
}

// Entries implements [Store].
func (j *Journal) Entries(ctx context.Context) ([]Entry, error) { return j.mem.Entries(ctx) }

// History implements [Store].
func (j *Journal) History(ctx context.Context, id string) ([]Entry, error) {
	return j.mem.History(ctx, id)
}

// Close implements [Store].
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
