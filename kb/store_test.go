package kb_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"beianbot/kb"
	"beianbot/kb/kbtest"
)

func TestMemStore(t *testing.T) {
	kbtest.TestStore(t, false, func(*testing.T, string) kb.Store { return kb.NewMemStore() })
}

func openJournal(t *testing.T, dir string) kb.Store {
	t.Helper()
	j, err := kb.OpenJournal(filepath.Join(dir, "kb.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJournal(t *testing.T) { kbtest.TestStore(t, true, openJournal) }

// A crash in the middle of an append leaves half a line. It was never
// acknowledged, and it must not swallow the entry that is put next.
func TestJournalTornLine(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	if err := j.Put(t.Context(), kbtest.Entry("staff/a", "甲")); err != nil {
		t.Fatal(err)
	}
	j.Close()
	path := filepath.Join(dir, "kb.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		torn := string(whole) + string(whole[:cut])
		if err := os.WriteFile(path, []byte(torn), 0o600); err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, dir)
		if err := j.Put(t.Context(), kbtest.Entry("staff/b", "乙")); err != nil {
			t.Fatal(err)
		}
		j.Close()
		j = openJournal(t, dir)
		if es, err := j.Entries(t.Context()); err != nil || len(es) != 2 {
			t.Errorf("cut at byte %d: %d entries, %v, want 2, nil", cut, len(es), err)
		}
		j.Close()
	}
}

// A line that is damaged in the middle is no torn line: starting without the
// entry would silently lose knowledge.
func TestJournalDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kb.jsonl")
	if err := os.WriteFile(path, []byte("{\"ID\":\"staff/a\"}\n{broken\n{\"ID\":\"staff/b\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := kb.OpenJournal(path)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("OpenJournal of a damaged file: %v, want an error that names line 2", err)
	}
}

// A file from before lines said their version is read in order; lines that do may
// stand anywhere, and one that another copy of the knowledge has can be restored.
func TestJournalVersions(t *testing.T) {
	dir := t.TempDir()
	lines := `{"ID":"staff/a","Rule":"one"}
{"ID":"staff/a","Rule":"two"}
{"ID":"staff/a","Rule":"four","Version":4}
`
	if err := os.WriteFile(filepath.Join(dir, "kb.jsonl"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openJournal(t, dir).(*kb.Journal)
	for range 2 {
		if err := j.Restore(t.Context(), kb.Entry{ID: "staff/a", Rule: "three", Version: 3}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Restore(t.Context(), kb.Entry{ID: "staff/a", Rule: "another three", Version: 3}); err == nil {
		t.Error("Restore of another version 3 = nil")
	}
	for range 2 {
		vs, err := j.History(t.Context(), "staff/a")
		if err != nil || len(vs) != 4 || vs[1].Rule != "two" || vs[2].Rule != "three" || vs[3].Version != 4 {
			t.Errorf("History = %+v, %v, want one to four", vs, err)
		}
		j.Close()
		j = openJournal(t, dir).(*kb.Journal)
	}
	j.Close()
}

// Whichever bit of a line the disk flips: the line is refused, or says the same.
func TestJournalFlippedBit(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	e := kbtest.Entry("staff/a", "甲")
	e.Version = 0
	if err := j.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	e.Version, e.Rule = 1, "two"
	if err := j.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want, err := j.History(t.Context(), "staff/a")
	if err != nil {
		t.Fatal(err)
	}
	j.Close()
	path := filepath.Join(dir, "kb.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole)-1; at += 3 { // without the last newline, the line was never acknowledged
		broken := []byte(string(whole))
		broken[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := kb.OpenJournal(path)
		if err != nil {
			continue
		}
		all, err := j.Entries(t.Context())
		if err != nil || len(all) != 1 {
			t.Errorf("bit %d of byte %d flipped: %d entries, %v", at%8, at, len(all), err)
		}
		if vs, err := j.History(t.Context(), "staff/a"); err != nil || !reflect.DeepEqual(vs, want) {
			t.Errorf("bit %d of byte %d flipped: %+v, %v", at%8, at, vs, err)
		}
		j.Close()
	}
}
