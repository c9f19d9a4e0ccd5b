package telegram

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
)

const (
	journalName   = "updates.journal"
	journalLock   = "updates.lock"
	journalHeader = "beianbot updates 1\n"

	// A file larger than this is not the work of [FileJournal].
	journalMaxFile = 1 << 30
	// Content of handled updates stays in the file until it is rewritten: as
	// soon as nothing waits, else when so much of it has gathered.
	journalSlack = 256 << 10
	// journalRecent is how many done IDs are remembered. The server repeats at
	// most what was not confirmed, one batch of 100, unless it is at fault.
	journalRecent = 256
)

var errInUse = errors.New("folder is in use by another process")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A FileJournal is a [Journal] in one append-only file.
//
// A line is a checksum, an operation and an update's number; "+" (added) carries
// the update, "~" (begun), "!" (released) and "-" (done) nothing more. Lines that
// do not match their checksum are skipped: the end of a file after a power cut.
type FileJournal struct {
	dir     string
	max     int64 // bytes of waiting updates
	damaged int   // lines skipped at open, without a torn last one
	lock    *os.File

	mu      sync.Mutex // held while writing
	file    *os.File   // guarded by mu, as is all below
	size    int64      // bytes in file
	live    int64      // of these, bytes of updates that wait
	failed  bool       // a write went wrong: the end of the file is unknown
	renamed bool       // the file's name may not have reached the disk yet
	closed  bool
	seq     int64
	waiting map[int64]*waiting
	recent  []int64        // ring of IDs lately done
	next    int            // where in recent the next one goes
	done    map[int64]bool // the IDs in recent
}

type waiting struct {
	Record
	seq   int64
	bytes int64
}

// OpenJournal opens the journal in the folder dir, which it creates for its
// owner alone, and rewrites it without what is done. At most maxBytes of waiting
// updates are taken, 64 MiB if it is 0. A second process that opens the same
// folder gets an error. Damaged lines are skipped, see [FileJournal.Damaged].
func OpenJournal(dir string, maxBytes int64) (*FileJournal, error) {
	if maxBytes <= 0 {
		maxBytes = 64 << 20
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, journalLock))
	if err != nil {
		return nil, fmt.Errorf("open journal in %q: %w", dir, err)
	}
	j := newFileJournal()
	j.dir, j.max, j.lock = dir, maxBytes, lock
	if err := j.open(); err != nil {
		lock.Close()
		return nil, fmt.Errorf("open journal %q: %w", filepath.Join(dir, journalName), err)
	}
	return j, nil
}

func newFileJournal() *FileJournal {
	return &FileJournal{waiting: make(map[int64]*waiting), done: make(map[int64]bool)}
}

func (j *FileJournal) open() error {
	path := filepath.Join(j.dir, journalName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return j.rewrite(true)
	case err != nil:
		return err
	case info.Size() > journalMaxFile:
		return fmt.Errorf("%d bytes are too many", info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := j.load(data); err != nil {
		return err
	}
	return j.rewrite(true)
}

// Damaged reports how many lines were unreadable when the journal was opened,
// without a torn last one. Each may have been an update that is now lost.
func (j *FileJournal) Damaged() int { return j.damaged }

// Close closes the file and lets go of the folder.
func (j *FileJournal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	j.failed, j.closed = true, true
	return errors.Join(err, j.lock.Close())
}

// load applies the lines of data, a whole journal file.
func (j *FileJournal) load(data []byte) error {
	if rest, ok := bytes.CutPrefix(data, []byte(journalHeader)); ok {
		data = rest
	} else if bytes.HasPrefix([]byte(journalHeader), data) {
		return nil // a power cut came before the first line was on disk
	} else if rest := bytes.TrimLeft(data, "\x00"); len(rest) < len(data) {
		data = rest // or before the first block was, which then reads as zeros
	} else {
		return errors.New("not a journal of this version")
	}
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		if !whole {
			return nil // torn by a crash, so never acknowledged
		}
		op, id, raw, ok := parseLine(line)
		if !ok {
			j.damaged++
			continue
		}
		j.apply(op, id, raw)
	}
	return nil
}

func (j *FileJournal) apply(op byte, id int64, raw []byte) {
	w := j.waiting[id]
	switch op {
	case '+':
		if w == nil && !j.done[id] {
			j.put(Record{ID: id, Raw: bytes.Clone(raw)}, int64(len(raw)))
		}
	case '~':
		if w != nil {
			w.Deaths++
		}
	case '!':
		if w != nil {
			w.Deaths = max(0, w.Deaths-1)
		}
	case '-':
		j.forget(id)
	}
}

func (j *FileJournal) put(r Record, size int64) {
	j.seq++
	j.waiting[r.ID] = &waiting{Record: r, seq: j.seq, bytes: size}
	j.live += size
}

// forget moves id from the waiting to the lately done.
func (j *FileJournal) forget(id int64) {
	if w := j.waiting[id]; w != nil {
		j.live -= w.bytes
		delete(j.waiting, id)
	}
	if j.done[id] {
		return
	}
	j.done[id] = true
	if len(j.recent) < journalRecent {
		j.recent = append(j.recent, id)
		return
	}
	delete(j.done, j.recent[j.next])
	j.recent[j.next] = id
	j.next = (j.next + 1) % journalRecent
}

// inOrder returns the waiting updates in the order in which they came.
func (j *FileJournal) inOrder() []*waiting {
	ws := make([]*waiting, 0, len(j.waiting))
	for _, w := range j.waiting {
		ws = append(ws, w)
	}
	slices.SortFunc(ws, func(a, b *waiting) int { return cmp.Compare(a.seq, b.seq) })
	return ws
}

// Waiting implements [Journal].
func (j *FileJournal) Waiting(context.Context) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var rs []Record
	for _, w := range j.inOrder() {
		rs = append(rs, w.Record)
	}
	return rs, nil
}

// Add implements [Journal]. Its error wraps [ErrJournalFull] when the waiting
// updates would pass the limit.
func (j *FileJournal) Add(_ context.Context, batch []Record) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var fresh []Record
	var sizes []int64
	var lines []byte
	seen := make(map[int64]bool)
	for _, r := range batch {
		if j.waiting[r.ID] != nil || j.done[r.ID] || seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		var raw bytes.Buffer // compact: a line must not hold a line end
		if err := json.Compact(&raw, r.Raw); err != nil {
			return nil, fmt.Errorf("journal update %d: %w", r.ID, err)
		}
		before := len(lines)
		lines = appendLine(lines, '+', r.ID, raw.Bytes())
		sizes = append(sizes, int64(len(lines)-before))
		fresh = append(fresh, Record{ID: r.ID, Raw: raw.Bytes()})
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if j.live+int64(len(lines)) > j.max {
		return nil, fmt.Errorf("journal %d updates: %w", len(fresh), ErrJournalFull)
	}
	if err := j.append(lines, true); err != nil {
		return nil, fmt.Errorf("journal %d updates: %w", len(fresh), err)
	}
	for i, r := range fresh {
		j.put(r, sizes[i])
	}
	return fresh, nil
}

// Begin implements [Journal].
func (j *FileJournal) Begin(_ context.Context, ids ...int64) error {
	return j.mark('~', ids)
}

// Release implements [Journal].
func (j *FileJournal) Release(_ context.Context, ids ...int64) error {
	return j.mark('!', ids)
}

// Done implements [Journal]. The mark holds in this process even when it could
// not be written.
func (j *FileJournal) Done(_ context.Context, ids ...int64) error {
	return j.mark('-', ids)
}

// mark notes op for every id. Marks are not synced: they outlive the process,
// and a power cut at worst makes an update come again.
func (j *FileJournal) mark(op byte, ids []int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []byte
	for _, id := range ids {
		j.apply(op, id, nil)
		lines = appendLine(lines, op, id, nil)
	}
	if op == '-' && j.untidy() {
		// A file without waiting updates holds nothing that must not be lost.
		if err := j.rewrite(len(j.waiting) > 0); err != nil {
			return fmt.Errorf("rewrite journal: %w", err)
		}
		return nil
	}
	if err := j.append(lines, false); err != nil {
		return fmt.Errorf("journal %q for %d updates: %w", op, len(ids), err)
	}
	return nil
}

// untidy reports whether the file holds too much that is done.
func (j *FileJournal) untidy() bool {
	return len(j.waiting) == 0 || j.size-j.live > max(journalSlack, j.live)
}

// append writes lines at the end of the file. After a failure the file is
// rewritten before anything is added, since its end is unknown.
func (j *FileJournal) append(lines []byte, sync bool) error {
	if j.failed {
		if err := j.rewrite(true); err != nil {
			return err
		}
	}
	n, err := j.file.Write(lines)
	j.size += int64(n)
	if err == nil && sync {
		err = j.file.Sync()
	}
	if err == nil && sync && j.renamed {
		err = syncDir(j.dir)
		j.renamed = err != nil
	}
	j.failed = err != nil
	return err
}

// rewrite puts a file in place that holds only what waits and the IDs lately
// done. With durable it is on disk when rewrite returns.
func (j *FileJournal) rewrite(durable bool) error {
	if j.closed {
		return fs.ErrClosed // the folder may be another process's by now
	}
	j.failed = true // until all of it has worked
	data := j.content()
	path := filepath.Join(j.dir, journalName)
	if err := writeFile(path+".new", data, durable); err != nil {
		return err
	}
	if j.file != nil {
		j.file.Close() // before the rename: Windows replaces no open file
		j.file = nil
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	j.renamed = true
	if durable {
		if err := syncDir(j.dir); err != nil {
			return err
		}
		j.renamed = false
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	j.file, j.size, j.failed = f, int64(len(data)), false
	return nil
}

// content returns a file without what is done, and measures what waits.
func (j *FileJournal) content() []byte {
	data := []byte(journalHeader)
	for i := range j.recent {
		data = appendLine(data, '-', j.recent[(j.next+i)%len(j.recent)], nil)
	}
	j.live = 0
	for _, w := range j.inOrder() {
		before := len(data)
		data = appendLine(data, '+', w.ID, w.Raw)
		w.bytes = int64(len(data) - before)
		j.live += w.bytes
		for range w.Deaths {
			data = appendLine(data, '~', w.ID, nil)
		}
	}
	return data
}

func writeFile(path string, data []byte, durable bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && durable {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// appendLine appends "checksum op id[ raw]\n".
func appendLine(b []byte, op byte, id int64, raw []byte) []byte {
	const sumLen = len("00000000 ")
	start := len(b)
	b = append(b, "00000000 "...)
	b = append(b, op, ' ')
	b = strconv.AppendInt(b, id, 10)
	if raw != nil {
		b = append(append(b, ' '), raw...)
	}
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.Checksum(b[start+sumLen:], castagnoli))
	hex.Encode(b[start:], sum[:])
	return append(b, '\n')
}

// parseLine is the reverse of appendLine, without the line end.
func parseLine(line []byte) (op byte, id int64, raw []byte, ok bool) {
	sum, body, found := bytes.Cut(line, []byte(" "))
	if !found || len(body) < 3 || body[1] != ' ' {
		return 0, 0, nil, false
	}
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if err != nil || uint32(want) != crc32.Checksum(body, castagnoli) {
		return 0, 0, nil, false
	}
	number, raw, hasRaw := bytes.Cut(body[2:], []byte(" "))
	id, err = strconv.ParseInt(string(number), 10, 64)
	if err != nil {
		return 0, 0, nil, false
	}
	switch op = body[0]; op {
	case '+':
		return op, id, raw, hasRaw && json.Valid(raw)
	case '~', '!', '-':
		return op, id, nil, !hasRaw
	}
	return 0, 0, nil, false
}

// Bury implements [Journal]: the log has it already.
func (j *FileJournal) Bury(context.Context, Failure) error { return nil }
