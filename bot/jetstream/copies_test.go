package jetstream

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beianbot/bot"
)

// question returns the text of a question in the bucket and that in its copy, each
// "" when it is not there.
func question(t *testing.T, s *Store, key string) (stored, copied string) {
	t.Helper()
	i, err := s.Inquiries.Inquiry(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, copiesName, "inquiry", key))
	if err == nil {
		one, ok := readCopy(data)
		if !ok {
			t.Fatalf("the copy is damaged: %s", data)
		}
		_, copied, _ = strings.Cut(string(one.Data), `"question":"`)
		copied, _, _ = strings.Cut(copied, `"`)
	}
	return i.Question, copied
}

// A change that is stored is no failure because it cannot be copied. The log tells
// of it once, and a check makes up for it as soon as it can.
func TestCopyThatCannotBeWritten(t *testing.T) {
	s, l, err := try(t, Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	set := func(key, text string) {
		t.Helper()
		if _, err := s.Inquiries.ChangeInquiry(t.Context(), key, func(i *bot.Inquiry) error {
			i.Question = text
			return nil
		}); err != nil {
			t.Errorf("change of %s to %q = %v, want nil: it is stored", key, text, err)
		}
	}
	want := func(key, stored, copied string) {
		t.Helper()
		if a, b := question(t, s, key); a != stored || b != copied {
			t.Errorf("%s is %q and its copy %q, want %q and %q", key, a, b, stored, copied)
		}
	}
	folder := filepath.Join(s.dir, copiesName, "inquiry")
	away := filepath.Join(s.dir, "away")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	set("q1", "one")
	move(folder, away)
	set("q1", "two")
	set("q2", "new")
	set("q2", "newer")
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check = %v, want nil: the store is written", err)
	}
	if faults := s.Tend(t.Context()); len(faults) != 1 || faults[0].Part != "the copies of questions" {
		t.Errorf("Tend = %v, want the copies of questions", faults)
	}
	if text := l.String(); strings.Count(text, "stored and not copied") != 1 || strings.Contains(text, "q1") || strings.Contains(text, folder) {
		t.Errorf("want it told once, without keys; log:\n%s", text)
	}
	move(away, folder)
	want("q1", "two", "one")
	want("q2", "newer", "")
	tend(t, s)
	want("q1", "two", "two")
	want("q2", "newer", "newer")
	if !strings.Contains(l.String(), "are copied now") {
		t.Errorf("the log does not tell that all is well again:\n%s", l)
	}
	// A later change catches up by itself, and a failure after that is told again.
	move(folder, away)
	set("q1", "three")
	move(away, folder)
	set("q1", "four")
	want("q1", "four", "four")
	if n := strings.Count(l.String(), "stored and not copied"); n != 2 {
		t.Errorf("%d failures are told, want 2; log:\n%s", n, l)
	}
	if left := s.Inquiries.docs.copies.owing(); len(left) != 0 {
		t.Errorf("copies of %v are owed still", left)
	}
}

// A copy that is made up for late does not hide that a newer one is owed.
func TestOwedCopies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	c, _, _, _, err := openCopies(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	one := func(version int) copied { return copied{Version: version, Data: fmt.Appendf(nil, "%d", version)} }
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= 2; version++ {
		if first, err := c.put("a", one(version)); err == nil || first != (version == 1) {
			t.Errorf("put of version %d = %v, %v, want an error, the first told", version, first, err)
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ version, owed int }{{1, 1}, {2, 0}, {1, 0}} {
		if _, err := c.put("a", one(step.version)); err != nil {
			t.Fatal(err)
		}
		if n := len(c.owing()); n != step.owed {
			t.Errorf("after version %d %d copies are owed, want %d", step.version, n, step.owed)
		}
	}
	if v := c.version("a"); v != 2 {
		t.Errorf("the copy has version %d, want 2", v)
	}
}

// A start leaves alone what is no copy, and does not take it for one.
func TestStrangersAmongTheCopies(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	if _, err := s.Inquiries.ChangeInquiry(t.Context(), "q1", func(i *bot.Inquiry) error { i.Question = "one"; return nil }); err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	folder := filepath.Join(cfg.Dir, copiesName, "inquiry")
	copied, err := os.ReadFile(filepath.Join(folder, "q1"))
	if err != nil {
		t.Fatal(err)
	}
	strangers := map[string][]byte{"q1~": copied, "q1.bak": copied, ".q1.swp": []byte("b0VIM"), "Q 1 (copy)": copied, "a%2fb": copied, "文件": nil}
	for name, data := range strangers {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lost+found", "q7"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s, l, err := try(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if text := l.String(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, fmt.Sprintf("count=%d", len(strangers)+2)) {
		t.Errorf("want a warning of %d strangers; log:\n%s", len(strangers)+2, text)
	}
	if open, err := s.Inquiries.OpenInquiries(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("%d questions, %v, want the one", len(open), err)
	}
	for name := range strangers {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("%q: %v, want it left alone", name, err)
		}
	}
}
