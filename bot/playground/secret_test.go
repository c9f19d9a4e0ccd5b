package playground

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// The bot's token is in nothing that a person sees: not the page, not what /sim
// answers, not the log, whatever went wrong before.
func TestTokenIsNowhere(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	w.says(Applicant, "你好")
	up := w.sendsFiles(Applicant, map[string]string{"as": "file"}, part{"a.jpg", drawn(t, 800, 600, 1)})
	w.try("getUpdates", nil)
	w.try("sendMessage", map[string]any{"chat_id": Applicant, "text": "x"})
	w.try("noSuchMethod", map[string]any{"chat_id": Applicant})
	w.try("getFile", map[string]any{"file_id": "none"})
	w.try("sendMessage", map[string]any{"chat_id": 5, "text": "x", "wrong": true})
	for _, kind := range []string{"500", "401"} {
		w.does("/sim/faults", map[string]any{"method": "getMe", "kind": kind})
		w.try("getMe", nil)
	}

	paths := []string{"/sim/chats", "/sim/me", "/sim/calls", "/sim/chats/1001/messages", "/sim/chats/1001/none", "/file/bot1:x/documents/1", "/bot1:x/getMe"}
	for _, m := range w.messages(Applicant) {
		if m.ID == up.ID && m.File != nil {
			paths = append(paths, "/sim/files/"+m.File.ID)
		}
	}
	if err := fs.WalkDir(pageFiles, "page", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, strings.TrimPrefix(path, "page"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(paths) < 20 {
		t.Fatalf("only %d addresses: %q", len(paths), paths)
	}
	_, secret, _ := strings.Cut(testToken, ":")
	for _, path := range paths {
		resp, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var head bytes.Buffer
		if err := resp.Header.Write(&head); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(head.String()+string(body), secret) {
			t.Errorf("GET %s answers with the token", path)
		}
	}
	if v := strings.Join(w.s.Violations(), "\n"); strings.Contains(v+log.String(), secret) {
		t.Error("the token is in a violation or in the log")
	}
}
