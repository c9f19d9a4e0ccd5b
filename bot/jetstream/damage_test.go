package jetstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beianbot/bot"
	"beianbot/bot/telegram"
	"beianbot/kb"
	"beianbot/kb/kbtest"
)

// knowledge is the number of entries that the tests of damage have; each has two
// versions.
const knowledge = 100

// filled puts entries into a store and returns its folder as a clean stop leaves
// it, and as a kill does: copied while the server runs.
func filled(t *testing.T) (clean, killed string) {
	t.Helper()
	clean, killed = t.TempDir(), t.TempDir()
	s := open(t, Config{Dir: clean})
	for version := range 2 {
		for n := range knowledge {
			put(t, s, n, version)
		}
		if err := s.Chats.Save(t.Context(), bot.ChatID(version), bot.Session{Seen: []int64{1}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Inbox.Add(t.Context(), []telegram.Record{{ID: int64(version), Raw: []byte("{}")}}); err != nil {
			t.Fatal(err)
		}
	}
	copyFolder(t, clean, killed)
	closing(t, s)
	return clean, killed
}

func entryID(n int) string { return fmt.Sprintf("staff/n%03d", n) }

// put edits a version of entry n.
func put(t *testing.T, s *Store, n, version int) {
	t.Helper()
	e := kbtest.Entry(entryID(n), fmt.Sprintf("第 %d 条第 %d 版", n, version+1))
	e.Version = version
	if err := s.Entries.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// wantWhole checks that a store has all entries with both versions.
func wantWhole(t *testing.T, s *Store) {
	t.Helper()
	es, err := s.Entries.Entries(t.Context())
	if err != nil || len(es) != knowledge {
		t.Errorf("%d entries, %v, want %d", len(es), err, knowledge)
	}
	for n, e := range es {
		vs, err := s.Entries.History(t.Context(), e.ID)
		if err != nil || len(vs) != 2 || vs[1].Version != 2 || e.Title[kb.Chinese] != fmt.Sprintf("第 %d 条第 2 版", n) {
			t.Errorf("entry %s is version %d with %d versions, %v", e.ID, e.Version, len(vs), err)
		}
	}
	stored, err := s.Entries.read(t.Context(), bucketOf(t, s))
	if err != nil || len(stored) != knowledge {
		t.Errorf("the bucket has %d entries, %v, want %d", len(stored), err, knowledge)
	}
	if n, err := s.Entries.lost(t.Context(), stored); err != nil || n != 0 {
		t.Errorf("the bucket lacks %d versions, %v", n, err)
	}
}

// blocks returns the files of a bucket's messages.
func blocks(t *testing.T, dir, stream string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, serverName, "jetstream/$G/streams", stream, "msgs/*.blk"))
	if err != nil || len(names) == 0 {
		t.Fatalf("files of stream %s: %q, %v", stream, names, err)
	}
	return names
}

// change rewrites a file.
func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(data), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// However the store is damaged, the start says so and heals it from the journal,
// or the other way round: nothing is missing afterwards, and the next start has
// nothing to say.
func TestDamageIsHealed(t *testing.T) {
	clean, killed := filled(t)
	flip := func(t *testing.T, dir string) {
		change(t, blocks(t, dir, "KV_kb")[0], func(data []byte) []byte {
			at := len(data)/4 + rand.IntN(len(data)/2)
			data[at] ^= 1 << rand.IntN(8)
			t.Logf("bit flipped at byte %d of %d", at, len(data))
			return data
		})
	}
	// number damages the number of a record in the middle, which makes it huge.
	number := func(t *testing.T, dir string) {
		change(t, blocks(t, dir, "KV_kb")[0], func(data []byte) []byte {
			at := 0
			for range knowledge { // a record begins with its length, of which one bit is a flag
				at += int(binary.LittleEndian.Uint32(data[at:]) &^ (1 << 31))
			}
			if n := binary.LittleEndian.Uint64(data[at+4:]); n != knowledge+1 {
				t.Fatalf("record %d has the number %d: another format", knowledge+1, n)
			}
			data[at+4+5] ^= 1 << 3
			return data
		})
	}
	cut := func(t *testing.T, dir string) {
		change(t, blocks(t, dir, "KV_kb")[0], func(data []byte) []byte { return data[:len(data)/2] })
	}
	remove := func(path string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	const fromJournal, fromStore = "made anew from the knowledge journal", "has been brought up to it"
	type damaged struct {
		about  string
		from   string
		damage func(*testing.T, string)
		says   string // in the log
	}
	cases := []damaged{
		{"half of the messages' file is cut off after a stop", clean, cut, fromJournal},
		{"half of the messages' file is cut off after a kill", killed, cut, fromJournal},
		{"the number of a record is damaged after a stop", clean, number, fromJournal},
		{"the number of a record is damaged after a kill", killed, number, fromJournal},
		{"the bucket's folder is gone", clean, remove(serverName + "/jetstream/$G/streams/KV_kb"), fromJournal},
		{"the bucket's messages are gone", killed, remove(serverName + "/jetstream/$G/streams/KV_kb/msgs"), fromJournal},
		{"all of the server's files are gone", clean, remove(serverName), fromJournal},
		{"the journal is gone", clean, remove("kb.jsonl"), fromStore},
		{"the journal is gone after a kill", killed, remove("kb.jsonl"), fromStore},
		{"the journal is empty", clean, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "kb.jsonl"), func([]byte) []byte { return nil })
		}, fromStore},
		{"the journal is cut in a line", clean, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "kb.jsonl"), func(data []byte) []byte { return data[:len(data)-10] })
		}, fromStore},
		{"a line in the middle of the journal is gone", clean, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "kb.jsonl"), func(data []byte) []byte {
				lines := bytes.SplitAfter(data, []byte("\n"))
				return bytes.Join(append(lines[:50:50], lines[51:]...), nil)
			})
		}, fromStore},
	}
	for n := range 4 {
		cases = append(cases,
			damaged{fmt.Sprintf("a bit is flipped after a stop, %d", n), clean, flip, fromJournal},
			damaged{fmt.Sprintf("a bit is flipped after a kill, %d", n), killed, flip, fromJournal})
	}
	for _, c := range cases {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			copyFolder(t, c.from, dir)
			c.damage(t, dir)
			s, l, err := try(t, Config{Dir: dir})
			if err != nil {
				t.Fatalf("Open = %v, want it healed", err)
			}
			if text := l.String(); !strings.Contains(text, c.says) {
				t.Errorf("the log does not say %q:\n%s", c.says, text)
			}
			wantWhole(t, s)
			put(t, s, 0, 2)
			put(t, s, knowledge, 0)
			closing(t, s)
			s, l, err = try(t, Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if text := l.String(); strings.Contains(text, fromJournal) || strings.Contains(text, fromStore) {
				t.Errorf("the next start heals again:\n%s", text)
			}
			if es, err := s.Entries.Entries(t.Context()); err != nil || len(es) != knowledge+1 || es[0].Version != 3 {
				t.Errorf("%d entries, %v, want those that were put after healing", len(es), err)
			}
		})
	}
}

// withoutSums is a journal as somebody leaves it who has edited it, or an earlier
// version.
func withoutSums(data []byte) []byte {
	return regexp.MustCompile(`,"Sum":"[0-9a-f]{8}"}`).ReplaceAll(data, []byte("}"))
}

// What a person must decide is refused, with the file's name and what to do.
func TestDamageIsRefused(t *testing.T) {
	clean, _ := filled(t)
	for _, c := range []struct {
		about  string
		damage func([]byte) []byte // of the journal
		says   []string
	}{
		{"a line that is no JSON", func(data []byte) []byte {
			return bytes.Replace(withoutSums(data), []byte(`{"ID":"staff/n050"`), []byte(`{"ID"!"staff/n050"`), 1)
		}, []string{"kb.jsonl", "line 51", "move the file away"}},
		{"a line that the disk has changed", func(data []byte) []byte {
			return bytes.Replace(data, []byte("第 7 条第 2 版"), []byte("第 9 条第 2 版"), 1)
		}, []string{"kb.jsonl", "line 108", "move the file away"}},
		{"a version with another content", func(data []byte) []byte {
			return bytes.Replace(withoutSums(data), []byte("第 7 条第 2 版"), []byte("第 9 条第 2 版"), 1)
		}, []string{"kb.jsonl", `version 2 of "staff/n007"`, serverName}},
		{"a version twice, with different contents", func(data []byte) []byte {
			data = withoutSums(data)
			lines := bytes.SplitAfter(data, []byte("\n"))
			return append(data, bytes.Replace(lines[3], []byte("版"), []byte("般"), 1)...)
		}, []string{"kb.jsonl", "line 201", `version 1 of "staff/n003"`}},
	} {
		t.Run(c.about, func(t *testing.T) {
			dir := t.TempDir()
			copyFolder(t, clean, dir)
			path := filepath.Join(dir, "kb.jsonl")
			change(t, path, c.damage)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = try(t, Config{Dir: dir})
			for _, say := range c.says {
				if err == nil || !strings.Contains(err.Error(), say) {
					t.Errorf("Open = %v, want an error with %q", err, say)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the journal was changed, %v", err)
			}
			// Doing what it says helps.
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			s, _, err := try(t, Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			wantWhole(t, s)
		})
	}
}

// A write of which nobody knows whether it was stored is looked up before the
// next one of the entry.
func TestPutAfterALostAnswer(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, 0, 0)
	// As when the answer is lost: the bucket has the second version, nobody knows.
	second := kbtest.Entry(entryID(0), "第 0 条第 2 版")
	second.Version = 2
	if err := s.Entries.store(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	s.Entries.seqs[entryID(0)] = 1
	s.Entries.unsure[entryID(0)] = true
	put(t, s, 0, 1) // the same edit again
	stale := kbtest.Entry(entryID(0), "另一个第 2 版")
	stale.Version = 1
	if err := s.Entries.Put(t.Context(), stale); !errors.Is(err, kb.ErrConflict) {
		t.Errorf("Put of another second version = %v, want ErrConflict", err)
	}
	put(t, s, 0, 2)
	if vs, err := s.Entries.History(t.Context(), entryID(0)); err != nil || len(vs) != 3 {
		t.Errorf("%d versions, %v, want 3", len(vs), err)
	}
}

// The bucket has the last 64 versions, the journal all.
func TestFiveHundredEdits(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	const edits = 500
	for n := range edits {
		put(t, s, 0, n)
	}
	check := func(s *Store, want int) {
		t.Helper()
		vs, err := s.Entries.History(t.Context(), entryID(0))
		if err != nil || len(vs) != want || vs[len(vs)-1].Version != edits || vs[0].Version != edits-want+1 {
			t.Errorf("%d versions, %v, want %d up to %d", len(vs), err, want, edits)
		}
	}
	check(s, edits)
	closing(t, s)
	s = open(t, cfg)
	check(s, edits)
	closing(t, s)
	if err := os.Remove(filepath.Join(cfg.Dir, "kb.jsonl")); err != nil {
		t.Fatal(err)
	}
	s, l, err := try(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	check(s, kbHistory)
	if text := l.String(); !strings.Contains(text, "old versions of entries are missing") || !strings.Contains(text, "versions=436") {
		t.Errorf("the log does not say that 436 versions are gone:\n%s", text)
	}
}
