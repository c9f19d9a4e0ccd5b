package jetstream

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/kb"
)

// What a stream has lost is told from what was written to it since it was noted.
func TestLessThan(t *testing.T) {
	now := time.Now()
	was := streamHeld{First: 10, Last: 100, Messages: 50, Deleted: 41, FirstTime: now.Add(-time.Hour), Files: []string{"1.blk", "2.blk", "3.blk"}}
	all := []string{"1.blk", "2.blk", "3.blk"}
	for _, c := range []struct {
		about string
		is    streamHeld
		files []string
		life  time.Duration
		want  string
	}{
		{"nothing has happened", was, all, 0, ""},
		{"the newest file is gone", streamHeld{First: 10, Last: 80, Messages: 40, Deleted: 31}, all[:2], 0, "newest"},
		{"a file in the middle is gone", streamHeld{First: 10, Last: 100, Messages: 40, Deleted: 51}, []string{"1.blk", "3.blk"}, 0, "middle"},
		{"a file is gone, and as many superseded messages are back", was, []string{"1.blk", "3.blk"}, 0, "a file"},
		{"the first file is gone", streamHeld{First: 30, Last: 100, Messages: 35, Deleted: 36}, all[1:], 0, "oldest"},
		{"the first file has expired", streamHeld{First: 30, Last: 100, Messages: 35, Deleted: 36}, all[1:], time.Minute, ""},
		{"all has expired", streamHeld{First: 101, Last: 100}, nil, time.Minute, ""},
		{"all was superseded since", streamHeld{First: 150, Last: 200, Messages: 50, Deleted: 1}, []string{"4.blk"}, 0, ""},
		{"a file was superseded since, and another one made", streamHeld{First: 10, Last: 140, Messages: 52, Deleted: 79}, []string{"1.blk", "3.blk", "4.blk"}, 0, ""},
		{"it was written to, and a file is gone", streamHeld{First: 10, Last: 110, Messages: 41, Deleted: 60}, []string{"1.blk", "3.blk"}, 0, "fewer"},
		{"it was written to, and the first file has expired", streamHeld{First: 30, Last: 110, Messages: 41, Deleted: 40}, all[1:], time.Minute, ""},
	} {
		before := make(map[string]int64)
		for _, name := range c.files {
			before[name] = 1
		}
		got := c.is.lessThan(was, before, c.life)
		if got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: lessThan = %q, want %q", c.about, got, c.want)
		}
	}
	if got := (streamHeld{}).lessThan(streamHeld{}, nil, 0); got != "" {
		t.Errorf("an empty stream: lessThan = %q, want nothing", got)
	}
}

// Between the note and a kill the server removes files of which all is superseded.
// That is no damage; a file that is removed by another hand is.
func TestSupersededFilesAreNotMissed(t *testing.T) {
	running := t.TempDir()
	s := open(t, Config{Dir: running})
	save := func(chats ...bot.ChatID) {
		t.Helper()
		for _, chat := range chats {
			// Files of the server have 8 MB.
			large := bot.Session{Context: kb.Context{Entry: strings.Repeat("x", 1<<20)}}
			if err := s.Chats.Save(t.Context(), chat, large); err != nil {
				t.Fatal(err)
			}
		}
	}
	names := func() (names []string) {
		for _, path := range blocks(t, running, "KV_chat") {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	for n := range bot.ChatID(9) { // the first file is full, and keeps this
		save(100 + n)
	}
	save(200) // only the second file has it
	for range 4 {
		save(1, 2, 3)
	}
	noted := names()
	tend(t, s)
	still := t.TempDir()
	copyFolder(t, running, still)
	for range 5 {
		save(1, 2, 3, 200)
	}
	written := t.TempDir()
	copyFolder(t, running, written)
	left := names()
	if !slices.ContainsFunc(noted, func(name string) bool { return !slices.Contains(left, name) }) {
		t.Fatalf("files %v became %v: none was superseded", noted, left)
	}
	closing(t, s)

	for _, c := range []struct {
		about, from string
		gone        int // number of the file to remove, 0 for none
		says        string
	}{
		{"killed right after it was noted", still, 0, ""},
		{"killed later", written, 0, ""},
		{"without a file in the middle, nothing was written since", still, 2, "stream=KV_chat"},
		{"without the first file, written to since", written, 1, "stream=KV_chat"},
	} {
		dir := t.TempDir()
		copyFolder(t, c.from, dir)
		if c.gone > 0 {
			if err := os.Remove(blocks(t, dir, "KV_chat")[c.gone-1]); err != nil {
				t.Fatal(err)
			}
		}
		s, l, err := try(t, Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		text := l.String()
		if told := strings.Contains(text, "the store was damaged"); told != (c.says != "") || !strings.Contains(text, c.says) {
			t.Errorf("%s: the log says\n%s\nwant %q", c.about, text, c.says)
		}
		closing(t, s)
	}
}
