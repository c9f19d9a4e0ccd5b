package jetstream

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"beianbot/bot/telegram"
)

// inboxSlack is how many bytes of handled updates the copy of an inbox may hold
// besides those that wait: as much as a file of the server.
const inboxSlack = 4 << 20

// An inboxCopy is a file with the updates of one bot that wait, for the case that
// the disk damages the server's. A line adds an update or says that one is gone;
// when none waits the file is empty.
//
// It is not synced: after a power cut the server's files have all, after damage
// this one. So it costs next to nothing, and a write that fails is made up for at
// the next occasion.
//
// The caller sees to it that one method at a time is called.
type inboxCopy struct {
	path string
	file *os.File
	size int64
	live int64 // bytes of the lines that add what still waits, about
	err  error // why the file is not what it should be, nil when it is
}

// openInboxCopy opens or makes the file and returns the updates that it says wait,
// in the order in which they came, and those that it says are gone. damaged is the
// number of lines that cannot be read.
func openInboxCopy(path string) (c *inboxCopy, waiting []telegram.Record, gone map[int64]bool, damaged int, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, nil, 0, err
	}
	if err := removeTmp(filepath.Dir(path)); err != nil {
		return nil, nil, nil, 0, err
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, 0, err
	}
	waiting, gone, damaged = readInboxCopy(data)
	return &inboxCopy{path: path}, waiting, gone, damaged, nil
}

// readInboxCopy reads lines of "+", number, chat, update, and of "-" and number.
func readInboxCopy(data []byte) (waiting []telegram.Record, gone map[int64]bool, damaged int) {
	gone = make(map[int64]bool)
	for line := range bytes.Lines(data) {
		body, ok := unseal(line)
		fields := bytes.SplitN(body, []byte(" "), 4)
		if !ok || len(fields) != 2 && len(fields) != 4 {
			damaged++
			continue
		}
		id, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil {
			damaged++
			continue
		}
		if len(fields) == 2 {
			gone[id] = true
			continue
		}
		chat, _ := strconv.ParseInt(string(fields[2]), 10, 64) // 0 is no chat
		waiting = append(waiting, telegram.Record{ID: id, Chat: chat, Raw: fields[3]})
	}
	left := waiting[:0]
	for _, r := range waiting {
		if !gone[r.ID] {
			left = append(left, r)
		}
	}
	return left, gone, damaged
}

func added(r telegram.Record) []byte {
	return seal(fmt.Appendf(nil, "+ %d %d %s", r.ID, r.Chat, r.Raw))
}

// add notes updates that wait.
func (c *inboxCopy) add(rs ...telegram.Record) {
	var lines []byte
	for _, r := range rs {
		lines = append(lines, added(r)...)
	}
	c.live += int64(len(lines))
	c.write(lines)
}

// drop notes that updates are gone. waiting are those that are left.
func (c *inboxCopy) drop(ids []int64, bytes int64, waiting func() []telegram.Record) {
	c.live = max(0, c.live-bytes)
	var lines []byte
	for _, id := range ids {
		lines = append(lines, seal(fmt.Appendf(nil, "- %d", id))...)
	}
	if c.err == nil && c.size+int64(len(lines)) <= c.live+inboxSlack {
		c.write(lines)
		return
	}
	c.rewrite(waiting())
}

// write appends lines. A line that a failed write has torn is told from its sum.
func (c *inboxCopy) write(lines []byte) {
	if c.err != nil {
		return // until it is made anew
	}
	n, err := c.file.Write(lines)
	c.size += int64(n)
	c.err = err
}

// rewrite makes the file anew with what waits.
func (c *inboxCopy) rewrite(waiting []telegram.Record) {
	if len(waiting) == 0 && c.file != nil && c.err == nil {
		// The usual case, some times a second.
		if c.err = c.file.Truncate(0); c.err == nil {
			c.size, c.live = 0, 0
		}
		return
	}
	var lines []byte
	for _, r := range waiting {
		lines = append(lines, added(r)...)
	}
	c.err = c.replace(lines)
}

func (c *inboxCopy) replace(lines []byte) error {
	if err := errors.Join(c.close(), replaceFile(c.path, lines, false)); err != nil {
		return err
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	c.file, c.size, c.live = f, int64(len(lines)), int64(len(lines))
	return nil
}

func (c *inboxCopy) close() error {
	if c.file == nil {
		return nil
	}
	f := c.file
	c.file = nil
	return f.Close()
}
