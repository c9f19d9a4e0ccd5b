package jetstream

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

// oldFolder writes a data folder as the first version left it.
func oldFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	line := func(body string) string {
		return fmt.Sprintf("%08x %s\n", crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli)), body)
	}
	session := func(age time.Duration) string {
		data, err := json.Marshal(map[string]any{"at": time.Now().Add(-age), "session": bot.Session{Lang: kb.English}})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	write("kb.jsonl", `{"ID":"staff/a","Rule":"old"}`+"\n"+`{"ID":"staff/a","Rule":"new"}`+"\n"+`{"ID":"staff/b"}`+"\n")
	write("key", "secret")
	write("chats/-1001.json", session(time.Hour))
	write("chats/1002.json", session(bot.SessionLife+time.Hour))
	write("chats/1003.json", "{")
	write("chats/1004.json.tmp", session(0))
	write("inbox/updates.lock", "")
	write("inbox/updates.journal", "beianbot updates 1\n"+
		line("- 3")+
		line(`+ 5 {"update_id":5,"text":"a b"}`)+
		line(`+ 6 {"update_id":6}`)+
		line(`+ 7 {"update_id":7}`)+
		line("~ 6")+line("! 6")+line("- 6")+
		strings.Replace(line(`+ 8 {"update_id":8}`), "8", "9", 3)+
		line(`+ 10 {"update_id":10}`)[:20])
	return dir
}

func TestTakeOver(t *testing.T) {
	cfg := Config{Dir: oldFolder(t)}
	for start := range 2 {
		s, l, err := try(t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		says := "updates=2 chats=1"
		if got := strings.Contains(l.String(), says); got != (start == 0) {
			t.Errorf("start %d: the log says %q: %v\n%s", start, says, got, l)
		}
		es, err := s.Entries.Entries(t.Context())
		if err != nil || len(es) != 2 || es[0].Rule != "new" || es[0].Version != 2 {
			t.Errorf("start %d: entries = %+v, %v", start, es, err)
		}
		rs, err := s.Inbox.Waiting(t.Context())
		if err != nil || len(rs) != 2 || rs[0].ID != 5 || string(rs[0].Raw) != `{"update_id":5,"text":"a b"}` || rs[1].ID != 7 {
			t.Errorf("start %d: waiting = %+v, %v, want 5 and 7", start, rs, err)
		}
		for id, want := range map[bot.ChatID]kb.Lang{-1001: kb.English, 1002: "", 1003: "", 1004: ""} {
			if c, err := s.Chats.Load(t.Context(), id); err != nil || c.Lang != want {
				t.Errorf("start %d: chat %d = %+v, %v", start, id, c, err)
			}
		}
		closing(t, s)
	}
	left, err := filepath.Glob(filepath.Join(cfg.Dir, "*"))
	if err != nil || len(left) != 6 {
		t.Errorf("in the folder: %q, %v, want copies, held, kb.jsonl, key, lock and the server's", left, err)
	}
}

// A process of the first version that still runs keeps its folder.
func TestTakeOverFromARunningProcess(t *testing.T) {
	dir := oldFolder(t)
	lock, err := lockFile(filepath.Join(dir, "inbox", "updates.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := try(t, Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Open = %v, want an error that says that the folder is in use", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Config{Dir: dir})
}
