package jetstream

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/bot/bottest"
	"beianbot/bot/telegram"
	"beianbot/bot/telegram/telegramtest"
	"beianbot/kb"
	"beianbot/kb/kbtest"
)

// logs is a log that a test reads.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// try opens a store and returns what it has logged.
func try(t testing.TB, cfg Config) (*Store, *logs, error) {
	t.Helper()
	l := new(logs)
	if cfg.Bot == "" {
		cfg.Bot = "42"
	}
	s, err := Open(context.Background(), slog.New(slog.NewTextHandler(l, nil)), cfg)
	if s != nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, l, err
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, l, err := try(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if text := l.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("the log of a healthy store:\n%s", text)
	}
	return s
}

// tend does what the program does now and then.
func tend(t testing.TB, s *Store) {
	t.Helper()
	if faults := s.Tend(t.Context()); len(faults) > 0 {
		t.Fatal(faults)
	}
}

func closing(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// entriesAlone is the store of entries that closes everything with it.
type entriesAlone struct {
	kb.Store
	s *Store
}

func (e entriesAlone) Close() error { return e.s.Close() }

func TestEntries(t *testing.T) {
	kbtest.TestStore(t, true, func(t *testing.T, dir string) kb.Store {
		s := open(t, Config{Dir: dir})
		return entriesAlone{s.Entries, s}
	})
}

func TestChats(t *testing.T) {
	bottest.TestChats(t, func(t *testing.T, max int, check func(*testing.T, bot.Chats, func(time.Duration))) {
		s := open(t, Config{Dir: t.TempDir(), MaxChats: int64(max)})
		var gone time.Duration
		s.Chats.now = func() time.Time { return time.Now().Truncate(time.Second).Add(gone) }
		check(t, s.Chats, func(d time.Duration) { gone += d })
	})
}

func TestInbox(t *testing.T) {
	telegramtest.TestJournal(t, func(t *testing.T, maxBytes int64) (telegram.Journal, func() telegram.Journal) {
		cfg := Config{Dir: t.TempDir(), InboxBytes: maxBytes}
		s := open(t, cfg)
		return s.Inbox, func() telegram.Journal {
			closing(t, s)
			s = open(t, cfg)
			return s.Inbox
		}
	})
}

// A restart keeps everything of a chat but the words that were typed, which are
// nowhere on disk.
func TestChatsForgetWords(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	typed := bot.Session{Seen: []int64{7}, Context: kb.Context{Entry: "guide/pen", Question: "张三 用 什么 笔"}, Before: kb.Context{Question: "张三"}}
	if err := s.Chats.Save(t.Context(), 1, typed); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Chats.Load(t.Context(), 1); err != nil || got.Context.Question != typed.Context.Question {
		t.Errorf("Load = %+v, %v, want the words while the process lives", got, err)
	}
	closing(t, s)
	if where := holding(t, cfg.Dir, "张三"); where != "" {
		t.Errorf("%s has the words that were typed", where)
	}
	got, err := open(t, cfg).Chats.Load(t.Context(), 1)
	if err != nil || got.Context.Question != "" || got.Context.Entry != "guide/pen" || len(got.Seen) != 1 {
		t.Errorf("Load after a restart = %+v, %v, want all but the words", got, err)
	}
}

// holding returns a file below dir that has the text in it, "" for none.
func holding(t testing.TB, dir, text string) (where string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if bytes.Contains(data, []byte(text)) {
			where = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// What was handled is off the disk as soon as nothing waits; while something
// does, what was handled since is cleared away in heaps.
func TestInboxForgetsContent(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	ctx := t.Context()
	update := func(id int64, text string) telegram.Record {
		return telegram.Record{ID: id, Raw: []byte(`{"text":"` + text + `"}`)}
	}
	add := func(rs ...telegram.Record) {
		t.Helper()
		if _, err := s.Inbox.Add(ctx, rs); err != nil {
			t.Fatal(err)
		}
	}
	done := func(ids ...int64) {
		t.Helper()
		if err := s.Inbox.Done(ctx, ids...); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(round int64) {
		t.Helper()
		// The server deletes the file a moment after it has answered.
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			where := holding(t, dir, "canary")
			if where == "" {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("round %d: %s has the content of handled updates", round, where)
			}
		}
	}
	for round := range int64(3) {
		add(update(10*round+1, "canary"), update(10*round+2, "canary"))
		if holding(t, dir, "canary") == "" {
			t.Fatal("the updates are not on disk")
		}
		done(10*round + 1)
		done(10*round + 2)
		gone(round)
	}
	add(update(1000, "waits"))
	filler := strings.Repeat("canary", 2000)
	for id := int64(2000); id < 3500; id += 50 { // 18 MB
		var batch []telegram.Record
		var ids []int64
		for i := range int64(50) {
			batch = append(batch, update(id+i, filler))
			ids = append(ids, id+i)
		}
		add(batch...)
		done(ids...)
	}
	var size int64
	blocks, err := filepath.Glob(filepath.Join(dir, serverName, "jetstream/$G/streams/INBOX/msgs/*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("blocks: %q, %v", blocks, err)
	}
	for _, b := range blocks {
		if info, err := os.Stat(b); err == nil {
			size += info.Size()
		}
	}
	if size > 13<<20 {
		t.Errorf("%d bytes on disk with one update waiting, want at most three blocks of 4 MB", size)
	}
	t.Logf("%d bytes on disk with one update waiting", size)
	done(1000)
	gone(1000)
}

// Updates of a bot stay for that bot.
func TestInboxOfAnotherBot(t *testing.T) {
	dir := t.TempDir()
	waiting := func(s *Store) int {
		t.Helper()
		rs, err := s.Inbox.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(rs)
	}
	s := open(t, Config{Dir: dir, Bot: "1"})
	if _, err := s.Inbox.Add(t.Context(), []telegram.Record{{ID: 5, Raw: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	s = open(t, Config{Dir: dir, Bot: "2"})
	if n := waiting(s); n != 0 {
		t.Errorf("%d updates wait for another bot, want none", n)
	}
	if fresh, err := s.Inbox.Add(t.Context(), []telegram.Record{{ID: 5, Raw: []byte("{}")}}); err != nil || len(fresh) != 1 {
		t.Errorf("Add of the same number = %d, %v, want it taken", len(fresh), err)
	}
	if err := s.Inbox.Done(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	if n := waiting(open(t, Config{Dir: dir, Bot: "1"})); n != 1 {
		t.Errorf("%d updates wait for the first bot, want its one", n)
	}
}

func TestBuried(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	want := telegram.Failure{ID: 9, Kind: "upload", Deaths: 4, Err: "panic", At: time.Now().UTC().Truncate(time.Second)}
	if err := s.Inbox.Bury(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	if got, err := open(t, cfg).Inbox.Buried(t.Context()); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("Buried = %+v, %v, want %+v", got, err, want)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	if _, _, err := try(t, cfg); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second Open = %v, want an error that says that the folder is in use", err)
	}
	closing(t, s)
	open(t, cfg)
}

func TestFolderIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such file modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	closing(t, open(t, Config{Dir: dir}))
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	if runtime.GOOS == "windows" || syscall.Geteuid() == 0 {
		// Root may write everywhere: a file stands where the folder should be.
		path := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := try(t, Config{Dir: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Open of a file = %v, want an error that names it", err)
		}
		path = t.TempDir()
		if err := os.WriteFile(filepath.Join(path, serverName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := try(t, Config{Dir: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Open with a file for the server's folder = %v, want an error that names it", err)
		}
		return
	}
	path := t.TempDir()
	if err := os.Chmod(path, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, _, err := try(t, Config{Dir: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Open of an unwritable folder = %v, want an error that names it", err)
	}
}

func TestNothingIsDoneAfterClose(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	closing(t, s)
	closing(t, s) // twice is once
	if err := s.Entries.Put(t.Context(), kbtest.Entry("staff/a", "甲")); err == nil {
		t.Error("Put on a closed store = nil")
	}
	if err := s.Chats.Save(t.Context(), 1, bot.Session{}); err == nil {
		t.Error("Save on a closed store = nil")
	}
	if _, err := s.Inbox.Add(t.Context(), []telegram.Record{{ID: 1, Raw: []byte("{}")}}); err == nil {
		t.Error("Add on a closed store = nil")
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("Check of a closed store = nil")
	}
	if faults := s.Tend(t.Context()); len(faults) == 0 {
		t.Error("Tend of a closed store = nil")
	}
}
