package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func openJournal(t *testing.T, dir string, max int64) *FileJournal {
	t.Helper()
	j, err := OpenJournal(dir, max)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func records(ids ...int64) []Record {
	var rs []Record
	for _, id := range ids {
		rs = append(rs, Record{ID: id, Raw: fmt.Appendf(nil, `{"update_id":%d,"message":{"text":"canary-%d"}}`, id, id)})
	}
	return rs
}

// waitingIDs returns what j would replay, with "~" for every death.
func waitingIDs(t *testing.T, j Journal) string {
	t.Helper()
	rs, err := j.Waiting(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rs {
		s = append(s, fmt.Sprint(r.ID)+strings.Repeat("~", r.Deaths))
	}
	return strings.Join(s, " ")
}

func add(t *testing.T, j Journal, ids ...int64) string {
	t.Helper()
	fresh, err := j.Add(context.Background(), records(ids...))
	if err != nil {
		t.Fatalf("Add(%v) = %v, want nil", ids, err)
	}
	var s []string
	for _, r := range fresh {
		s = append(s, fmt.Sprint(r.ID))
	}
	return strings.Join(s, " ")
}

func TestJournalReplaysWhatIsNotDone(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	j := openJournal(t, dir, 0)
	add(t, j, 7, 5, 900)
	add(t, j, 3) // lower than what came before: IDs have no order
	if err := j.Begin(ctx, 5, 3); err != nil {
		t.Fatal(err)
	}
	if err := j.Release(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if err := j.Done(ctx, 7); err != nil {
		t.Fatal(err)
	}
	j.Close()
	for range 2 { // opening rewrites the file, which must change nothing
		j = openJournal(t, dir, 0)
		if got, want := waitingIDs(t, j), "5~ 900 3"; got != want {
			t.Errorf("Waiting = %s, want %s", got, want)
		}
		j.Close()
	}
}

func TestJournalKnowsDuplicates(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	j := openJournal(t, dir, 0)
	if got, want := add(t, j, 1, 2, 1), "1 2"; got != want {
		t.Errorf("new in the first batch: %s, want %s", got, want)
	}
	if err := j.Done(ctx, 2); err != nil {
		t.Fatal(err)
	}
	j.Close()
	j = openJournal(t, dir, 0)
	if got, want := add(t, j, 1, 2, 3), "3"; got != want {
		t.Errorf("new after a restart: %s, want %s, since 1 waits and 2 is done", got, want)
	}
}

func TestJournalRemembersABoundedNumber(t *testing.T) {
	ctx := context.Background()
	j := openJournal(t, t.TempDir(), 0)
	for id := range int64(journalRecent + 1) {
		add(t, j, id)
		if err := j.Done(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := add(t, j, 0, 1); got != "0" {
		t.Errorf("new = %q, want 0: only that one is forgotten", got)
	}
}

func TestJournalForgetsContent(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	j := openJournal(t, dir, 0)
	content := func() string {
		data, err := os.ReadFile(filepath.Join(dir, journalName))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	add(t, j, 1, 2)
	if !strings.Contains(content(), "canary-2") {
		t.Fatal("update 2 is not in the file")
	}
	if err := j.Done(ctx, 1, 2); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(content(), "canary") {
		t.Errorf("the file holds content of handled updates:\n%s", content())
	}
	// As long as one update waits, the others are cleared away in heaps.
	add(t, j, 3)
	for id := int64(100); id < 20_000; id += 100 {
		var batch []int64
		for i := range int64(100) {
			batch = append(batch, id+i)
		}
		add(t, j, batch...)
		for _, id := range batch {
			if err := j.Done(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(content()); n > 2*journalSlack {
		t.Errorf("the file has %d bytes with one update waiting, want at most %d", n, 2*journalSlack)
	}
	if got := waitingIDs(t, j); got != "3" {
		t.Errorf("Waiting = %s, want 3", got)
	}
}

func TestJournalHasABound(t *testing.T) {
	ctx := context.Background()
	j := openJournal(t, t.TempDir(), 300)
	add(t, j, 1, 2, 3)
	_, err := j.Add(ctx, records(4, 5, 6, 7))
	if !errors.Is(err, ErrJournalFull) {
		t.Fatalf("Add beyond the bound = %v, want ErrJournalFull", err)
	}
	if got := waitingIDs(t, j); got != "1 2 3" {
		t.Errorf("Waiting = %s, want 1 2 3: a refused batch leaves nothing", got)
	}
	if err := j.Done(ctx, 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if got := add(t, j, 4, 5, 6, 7); got != "4 5 6 7" {
		t.Errorf("new = %s, want all: there is room again", got)
	}
}

// TestJournalSurvivesEveryTear cuts the file after every byte, as a kill in the
// middle of a write does.
func TestJournalSurvivesEveryTear(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, journalName)
	j := openJournal(t, dir, 0)
	add(t, j, 1, 2)
	if err := j.Begin(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := j.Done(ctx, 1); err != nil {
		t.Fatal(err)
	}
	add(t, j, 3)
	j.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	states := []string{"", "1", "1 2", "1~ 2", "2", "2 3"}
	for n := range len(data) + 1 {
		if err := os.WriteFile(path, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(dir, 0)
		if err != nil {
			t.Fatalf("open after %d of %d bytes: %v", n, len(data), err)
		}
		got := waitingIDs(t, j)
		if i := slices.Index(states, got); i < 0 {
			t.Errorf("after %d of %d bytes Waiting = %q, want one of %q", n, len(data), got, states)
		} else {
			states = states[i:] // more bytes never bring less
		}
		if j.Damaged() != 0 {
			t.Errorf("after %d of %d bytes %d lines are called damaged", n, len(data), j.Damaged())
		}
		// What is added after a tear is not swallowed by it.
		add(t, j, 50)
		j.Close()
		j = openJournal(t, dir, 0)
		if again := waitingIDs(t, j); again != strings.TrimSpace(got+" 50") {
			t.Errorf("after %d bytes and one more update Waiting = %q, want %q and 50", n, again, got)
		}
		j.Close()
	}
}

func TestJournalSkipsDamagedLines(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	j := openJournal(t, dir, 0)
	add(t, j, 1, 2, 3)
	j.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte("canary-2"), []byte("canary-9"), 1)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	j = openJournal(t, dir, 0)
	if got := waitingIDs(t, j); got != "1 3" || j.Damaged() != 1 {
		t.Errorf("Waiting = %s with %d damaged lines, want 1 3 with 1", got, j.Damaged())
	}
}

func TestJournalSurvivesBlocksOfZeros(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	zeros := make([]byte, 4096)
	half := appendLine(append(bytes.Clone(zeros), "5e cut off\n"...), '+', 4, []byte(`{"update_id":4}`))
	for _, c := range []struct {
		about string
		data  []byte
		want  string
	}{
		{"zeros only", zeros, ""},
		{"a header, then zeros", append([]byte(journalHeader), zeros...), ""},
		{"zeros, then the rest of the lines", half, "4"},
	} {
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(dir, 0)
		if err != nil {
			t.Errorf("%s: %v", c.about, err)
			continue
		}
		if got := waitingIDs(t, j); got != c.want {
			t.Errorf("%s: Waiting = %q, want %q", c.about, got, c.want)
		}
		j.Close()
	}
}

func TestJournalRefusesAnotherFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	if err := os.WriteFile(path, []byte("beianbot updates 2\nsomething\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if j, err := OpenJournal(dir, 0); err == nil {
		j.Close()
		t.Fatal("a journal of another version was opened")
	}
	if data, _ := os.ReadFile(path); !strings.Contains(string(data), "something") {
		t.Error("a file that was refused has been changed")
	}
}

func TestJournalIsForOneProcess(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, 0)
	if second, err := OpenJournal(dir, 0); err == nil {
		second.Close()
		t.Fatal("a second process may write into the same journal")
	} else if !strings.Contains(err.Error(), "in use") {
		t.Errorf("error = %v, want it to say that the folder is in use", err)
	}
	j.Close()
	openJournal(t, dir, 0)
}

func TestJournalIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such file modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	openJournal(t, dir, 0)
	for name, want := range map[string]os.FileMode{"": 0o700 | os.ModeDir, journalName: 0o600, journalLock: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// TestJournalRecoversFromAFailedWrite takes the file away from under the journal.
func TestJournalRecoversFromAFailedWrite(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, 0)
	add(t, j, 1)
	j.mu.Lock()
	j.file.Close()
	j.mu.Unlock()
	if _, err := j.Add(context.Background(), records(2)); err == nil {
		t.Fatal("Add on a closed file = nil")
	}
	if got := add(t, j, 2, 3); got != "2 3" {
		t.Errorf("new = %s, want 2 3: the failed batch was never taken", got)
	}
	j.Close()
	j = openJournal(t, dir, 0)
	if got := waitingIDs(t, j); got != "1 2 3" {
		t.Errorf("Waiting = %s, want 1 2 3", got)
	}
}

func TestJournalWritesNothingWhenClosed(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, 0)
	add(t, j, 1)
	j.Close()
	other := openJournal(t, dir, 0)
	if _, err := j.Add(context.Background(), records(2)); err == nil {
		t.Error("Add on a closed journal = nil")
	}
	if err := j.Done(context.Background(), 1); err == nil {
		t.Error("Done on a closed journal = nil")
	}
	if got := waitingIDs(t, other); got != "1" {
		t.Errorf("Waiting = %s, want 1", got)
	}
}

func FuzzOpenJournal(f *testing.F) {
	f.Add([]byte(journalHeader))
	good := []byte(journalHeader)
	good = appendLine(good, '+', 5, []byte(`{"update_id":5}`))
	good = appendLine(good, '~', 5, nil)
	good = appendLine(good, '+', -9, []byte(`{}`))
	good = appendLine(good, '-', 5, nil)
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(bytes.Replace(good, []byte("5"), []byte("\n"), 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		j := newFileJournal()
		if j.load(data) != nil {
			return
		}
		again := newFileJournal()
		if err := again.load(j.content()); err != nil || again.damaged != 0 {
			t.Fatalf("own file: %v, %d damaged lines", err, again.damaged)
		}
		if got, want := waitingIDs(t, again), waitingIDs(t, j); got != want {
			t.Errorf("written and read again: %q, want %q", got, want)
		}
		if !slices.Equal(again.recent, j.recent) && len(j.recent) < journalRecent {
			t.Errorf("done: %v, want %v", again.recent, j.recent)
		}
	})
}

func BenchmarkJournal(b *testing.B) {
	ctx := context.Background()
	j, err := OpenJournal(b.TempDir(), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	b.ReportAllocs()
	for id := int64(0); b.Loop(); id++ {
		if _, err := j.Add(ctx, records(id)); err != nil {
			b.Fatal(err)
		}
		if err := j.Begin(ctx, id); err != nil {
			b.Fatal(err)
		}
		if err := j.Done(ctx, id); err != nil {
			b.Fatal(err)
		}
	}
}
