package playground

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Two bot libraries that know nothing of each other or of this program work
// against the server, so it is not just the mirror of one client.
func TestOtherLibraries(t *testing.T) {
	modules := os.Getenv("PLAYGROUND_NODE_MODULES")
	if modules == "" {
		t.Skip("set PLAYGROUND_NODE_MODULES to a node_modules folder with grammy and telegraf")
	}
	for _, lib := range []string{"grammy", "telegraf"} {
		t.Run(lib, func(t *testing.T) {
			w := newWorld(t, Config{})
			cmd := exec.Command("node", "testdata/"+lib+".cjs", w.url, testToken)
			cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
			cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				cmd.Process.Signal(syscall.SIGTERM)
				late := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
				defer late.Stop()
				cmd.Wait()
			}()
			w.talk(t)
			// Telegraf's Markup.button.callback adds a field of its own.
			want := map[string][]string{"telegraf": {"sendMessage: reply_markup.inline_keyboard[0][0].hide: there is no such field in InlineKeyboardButton"}}[lib]
			if got := w.s.Violations(); !slices.Equal(got, want) {
				t.Errorf("Violations() = %q, want %q", got, want)
			}
		})
	}
}

// What the libraries make of the parameters of each method is understood.
func TestMethodsOfOtherLibraries(t *testing.T) {
	modules := os.Getenv("PLAYGROUND_NODE_MODULES")
	if modules == "" {
		t.Skip("set PLAYGROUND_NODE_MODULES to a node_modules folder with grammy and telegraf")
	}
	for _, lib := range []string{"grammy", "telegraf"} {
		w := newWorld(t, Config{})
		cmd := exec.Command("node", "testdata/methods.cjs", lib, w.url, testToken)
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v; refused:\n%s", lib, err, out)
		}
		w.clean()
	}
}

// talk is a person's round with a bot of testdata.
func (w *world) talk(t *testing.T) {
	// until waits for the message after the last one that was seen.
	seen := int64(0)
	until := func(what string, ok func(simMessage) bool) simMessage {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			for _, m := range w.messages(Applicant) {
				if m.ID > seen && m.From == "bot" && ok(m) {
					seen = m.ID
					return m
				}
			}
		}
		t.Fatalf("no %s within 30 s; messages are %+v", what, w.messages(Applicant))
		return simMessage{}
	}
	w.says(Applicant, "/start")
	until("answer to /start", func(m simMessage) bool { return m.Text == "开始" })
	q := w.says(Applicant, "核验单")
	m := until("answer", func(m simMessage) bool { return m.Text == "收到 核验单" && m.ReplyTo == q && len(m.Spans) == 1 })
	w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "改"})
	seen = m.ID - 1
	until("edit", func(m simMessage) bool { return m.Text == "已改" && m.Edited })

	jpg := drawn(t, 1500, 1000, 1)
	w.sendsFiles(Applicant, map[string]string{"as": "photo"}, part{"a.jpg", jpg})
	until("document", func(m simMessage) bool {
		return m.Kind == "document" && m.File.Name == "核验单.jpg" && m.Caption == fmt.Sprint(m.File.Bytes)
	})
	album := w.sendsFiles(Applicant, nil, part{"正面.jpg", jpg}, part{"反面.jpg", jpg})
	if len(album.IDs) != 2 {
		t.Fatalf("album = %+v, want two", album)
	}
	// The library may handle the two files at the same time, so that the answers to
	// one come between those to the other; each has its own in order.
	last := seen
	for range album.IDs {
		seen = last
		a := until("first of an album", func(m simMessage) bool { return m.Album != "" && m.Caption == "一" && m.File.Name == "一.jpg" })
		last = seen
		b := until("second of the album", func(m simMessage) bool { return m.Album == a.Album && m.File.Name == "二.jpg" })
		if b.File.Bytes != int64(len(jpg)) {
			t.Errorf("the file came back with %d bytes, want %d", b.File.Bytes, len(jpg))
		}
	}
	photos := 0
	for _, m := range w.messages(Applicant) {
		if m.From == "bot" && m.Kind == "photo" && m.Photo.Width == 1280 {
			photos++
		}
	}
	if photos != len(album.IDs) {
		t.Errorf("%d photos came back, want one for each of %d files", photos, len(album.IDs))
	}
}
