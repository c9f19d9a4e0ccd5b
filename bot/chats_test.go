package bot_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

// testChats checks what [bot.Chats] promises. open opens the same chats again.
func testChats(t *testing.T, open func(t *testing.T) bot.Chats) {
	full := func() bot.Session {
		return bot.Session{
			Lang: kb.English, Spoken: kb.Chinese, Consent: 3, Seen: []int64{1, 2, 3},
			Context: kb.Context{At: time.Now().UTC(), Entry: "guide/pen", Slots: map[string]string{"province": "江西"}, Question: "江西 手印"},
			Before:  kb.Context{Entry: "guide/size", Question: "多 大"},
			Sets:    []bot.Set{{Key: "1", At: time.Now().UTC(), Pictures: []bot.Picture{{ID: "f", Unique: "u", Bytes: 9, Photo: true, Update: 3, Usable: true}}}},
			Offered: []bot.Offer{{Label: "我在江西", Data: "q:江西"}},
			Drafts:  []bot.Draft{{Key: "2", Step: bot.StepConfirm, Entry: kb.Entry{ID: "staff/1", Title: map[kb.Lang]string{kb.Chinese: "题"}}}},
		}
	}
	load := func(t *testing.T, c bot.Chats, id bot.ChatID) bot.Session {
		t.Helper()
		s, err := c.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	save := func(t *testing.T, c bot.Chats, id bot.ChatID, s bot.Session) {
		t.Helper()
		if err := c.Save(t.Context(), id, s); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, f func(t *testing.T, c bot.Chats)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, open(t)) })
		})
	}
	run("a chat that nobody saved is empty", func(t *testing.T, c bot.Chats) {
		if s := load(t, c, 5); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load = %+v, want nothing", s)
		}
	})
	run("what was saved is loaded", func(t *testing.T, c bot.Chats) {
		want := full()
		save(t, c, -100123, want)
		if got := load(t, c, -100123); !reflect.DeepEqual(got, want) {
			t.Errorf("Load = %+v\nwant %+v", got, want)
		}
		if s := load(t, c, 100123); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("another chat has %+v", s)
		}
	})
	run("the newest one counts, and an empty one too", func(t *testing.T, c bot.Chats) {
		save(t, c, 1, full())
		save(t, c, 1, bot.Session{})
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load = %+v, want nothing", s)
		}
	})
	run("changing a loaded session changes nothing", func(t *testing.T, c bot.Chats) {
		save(t, c, 1, full())
		s := load(t, c, 1)
		s.Seen[0], s.Context.Slots["province"] = 99, "广东"
		if got := load(t, c, 1); got.Seen[0] != 1 || got.Context.Slots["province"] != "江西" {
			t.Errorf("Load = %+v after a change outside", got)
		}
	})
	run("it expires", func(t *testing.T, c bot.Chats) {
		save(t, c, 1, full())
		time.Sleep(bot.SessionLife)
		if s := load(t, c, 1); s.Lang != kb.English {
			t.Errorf("Load after %v = %+v, want it still there", bot.SessionLife, s)
		}
		time.Sleep(time.Second)
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("Load after more = %+v, want nothing", s)
		}
	})
	run("chats beyond the bound go, the oldest first", func(t *testing.T, c bot.Chats) {
		bot.SetMaxChats(c, 10)
		for id := range bot.ChatID(11) {
			save(t, c, id+1, full())
			time.Sleep(time.Second)
		}
		if s := load(t, c, 1); !reflect.DeepEqual(s, bot.Session{}) {
			t.Errorf("the oldest chat has %+v, want nothing", s)
		}
		if s := load(t, c, 11); s.Lang != kb.English {
			t.Errorf("the newest chat has %+v", s)
		}
	})
}

func TestMemChats(t *testing.T) {
	testChats(t, func(*testing.T) bot.Chats { return bot.NewMemChats() })
}

func TestFileChats(t *testing.T) {
	testChats(t, func(t *testing.T) bot.Chats { return openChats(t, t.TempDir()) })
}

func openChats(t *testing.T, dir string) *bot.FileChats {
	t.Helper()
	c, err := bot.OpenFileChats(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A restart keeps everything but the words that were typed.
func TestFileChatsRestart(t *testing.T) {
	dir := t.TempDir()
	s := bot.Session{Seen: []int64{7}, Context: kb.Context{Entry: "guide/pen", Question: "张三 用 什么 笔"}, Before: kb.Context{Question: "张三"}}
	if err := openChats(t, dir).Save(t.Context(), 1, s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "1.json")
	data, err := os.ReadFile(path)
	if err != nil || bytes.Contains(data, []byte("张三")) {
		t.Errorf("the file is %s, %v, want no typed words", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, want 0600", info.Mode(), err)
	}
	got, err := openChats(t, dir).Load(t.Context(), 1)
	s.Context.Question, s.Before.Question = "", ""
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("Load after a restart = %+v, %v, want %+v", got, err, s)
	}
}

// A crash in the middle of a write leaves the old session and no litter; a file
// that is damaged is an error that names no chat.
func TestFileChatsDamage(t *testing.T) {
	dir := t.TempDir()
	c := openChats(t, dir)
	if err := c.Save(t.Context(), 555001, bot.Session{Lang: kb.English}); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(dir, "555001.json.tmp")
	if err := os.WriteFile(tmp, []byte(`{"at":`), 0o600); err != nil {
		t.Fatal(err)
	}
	c = openChats(t, dir)
	if s, err := c.Load(t.Context(), 555001); err != nil || s.Lang != kb.English {
		t.Errorf("Load = %+v, %v, want the old session", s, err)
	}
	if _, err := os.Stat(tmp); !os.IsNotExist(err) {
		t.Errorf("the torn file is still there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "555001.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(t.Context(), 555001); err == nil || strings.Contains(err.Error(), "555001") {
		t.Errorf("Load of a damaged file = %v, want an error without the chat's number", err)
	}
	if s, err := c.Load(t.Context(), 555001); err != nil || !reflect.DeepEqual(s, bot.Session{}) {
		t.Errorf("the next Load = %+v, %v, want nothing", s, err)
	}
}

// Files of chats that have expired are deleted, at the start and while running.
func TestFileChatsSweep(t *testing.T) {
	dir := t.TempDir()
	for id := range 3 {
		path := filepath.Join(dir, strconv.Itoa(id)+".json")
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-bot.SessionLife - time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	openChats(t, dir)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files left at the start, %v, want none", len(left), err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := openChats(t, dir)
		if err := c.Save(t.Context(), 1, bot.Session{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(bot.SessionLife + time.Hour)
		if err := c.Save(t.Context(), 2, bot.Session{}); err != nil {
			t.Fatal(err)
		}
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "2.json" {
		t.Errorf("files left: %v, %v, want only the new chat's", left, err)
	}
}
