package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beianbot/bot"
	"beianbot/bot/telegram"
)

// takeOver brings the files of the first version into the store and removes them:
// a file for each chat in "chats", and the updates not yet answered in "inbox".
// Its kb.jsonl is the journal of today. A crash on the way takes them over again,
// which changes nothing.
func takeOver(ctx context.Context, log *slog.Logger, cfg Config, chats *Chats, inbox *Inbox) error {
	oldInbox, oldChats := filepath.Join(cfg.Dir, "inbox"), filepath.Join(cfg.Dir, "chats")
	updates, err := takeOverInbox(ctx, oldInbox, inbox)
	if err != nil {
		return fmt.Errorf("take over the updates of an earlier version: %w", err)
	}
	sessions, err := takeOverChats(ctx, oldChats, chats)
	if err != nil {
		return fmt.Errorf("take over the chats of an earlier version: %w", err)
	}
	if updates+sessions > 0 {
		log.Info("taken over from an earlier version", "updates", updates, "chats", sessions)
	}
	return errors.Join(os.RemoveAll(oldInbox), os.RemoveAll(oldChats))
}

func takeOverChats(ctx context.Context, dir string, chats *Chats) (n int, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		number, isSession := strings.CutSuffix(file.Name(), ".json")
		id, err := strconv.ParseInt(number, 10, 64)
		if !isSession || err != nil {
			continue // torn by a crash, or not ours
		}
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return n, err
		}
		var saved savedChat
		if json.Unmarshal(data, &saved) != nil || time.Since(saved.At) > bot.SessionLife {
			continue // a chat that starts over
		}
		if err := chats.Save(ctx, bot.ChatID(id), saved.Session); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func takeOverInbox(ctx context.Context, dir string, inbox *Inbox) (n int, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "updates.journal"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	lock, err := lockFile(filepath.Join(dir, "updates.lock")) // of the version that wrote it
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	for _, r := range oldUpdates(data) {
		if _, err := inbox.Add(ctx, []telegram.Record{r}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// oldUpdates returns what waits in a journal of updates of the first version. A
// line is a CRC-32C, an operation and an update's number, and for "+" the update;
// "-" takes it out. Lines that do not match their sum were torn by a crash.
func oldUpdates(data []byte) []telegram.Record {
	var waiting []telegram.Record
	for line := range bytes.Lines(data) {
		body, ok := unseal(line)
		if !ok {
			continue
		}
		fields := bytes.SplitN(body, []byte(" "), 3)
		if len(fields) < 2 {
			continue
		}
		id, err := strconv.ParseInt(string(fields[1]), 10, 64)
		switch {
		case err != nil:
		case string(fields[0]) == "+" && len(fields) == 3:
			waiting = append(waiting, telegram.Record{ID: id, Raw: fields[2]})
		case string(fields[0]) == "-":
			waiting = deleteRecord(waiting, id)
		}
	}
	return waiting
}

func deleteRecord(rs []telegram.Record, id int64) []telegram.Record {
	for i, r := range rs {
		if r.ID == id {
			return append(rs[:i], rs[i+1:]...)
		}
	}
	return rs
}
