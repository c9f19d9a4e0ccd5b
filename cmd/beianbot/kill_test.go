package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// The bot dies in the middle of an album and again in the middle of the stitch,
// the playground stays up, and the bot comes back: the album is answered once
// and whole, and its button works.
func TestKilled(t *testing.T) {
	t.Parallel()
	pages := [][]byte{marked(page(t, colours[0])), marked(page(t, colours[1])), marked(page(t, colours[2]))}
	c := personal()
	c["a comment in a picture"] = canaryMark
	for n, data := range pages {
		c.addFile(fmt.Sprintf("picture %d", n+1), data)
	}
	const head, result = "收到 3 张，检查结果", "beian-stitched"
	for _, test := range []struct {
		name   string
		shown  bool                                              // what is under way is said before the bot is killed
		split  bool                                              // the parts of the album come one by one
		fault  string                                            // before the album
		album  func(journal string, atWork int) bool             // when the bot is killed for the first time
		fault2 string                                            // before the press of the button
		stitch func(s *session, journal string, atWork int) bool // when it is killed again
	}{
		{
			name: "before the album is complete, and with the result on its way", split: true,
			album:  func(j string, _ int) bool { return strings.Contains(j, "media_group_id") },
			fault2: `{"method":"sendDocument","kind":"slow","delay_ms":20000}`,
			stitch: func(s *session, _ string, _ int) bool { // "正在拼" is taken away right before
				return slices.ContainsFunc(s.answers(person), func(m message) bool { return m.Text+m.Caption == "" && m.File == nil })
			},
		},
		{
			name: "while the album is looked at, and while it is fetched for the stitch", shown: true,
			fault:  `{"method":"getFile","kind":"slow","delay_ms":20000}`,
			album:  func(j string, n int) bool { return strings.Count(j, "media_group_id") == 3 && n >= 3 },
			fault2: `{"method":"getFile","kind":"slow","skip":1,"delay_ms":20000}`,
			stitch: func(_ *session, j string, n int) bool { return strings.Contains(j, "callback_query") && n >= 1 },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := playgroundProcess(t)
			data, tmp := t.TempDir(), t.TempDir()
			logs := ""
			begin := func() *process { return s.botProcess(data, "TMPDIR="+tmp) }
			kill := func(b *process, when string, now func(journal string, atWork int) bool) {
				t.Helper()
				until(t, when, func() bool { return now(journalOf(t, data), atWork(t, data)) })
				if test.shown {
					until(t, "progress "+when, func() bool { return s.counts(person, "正在")["正在"] > 0 })
					time.Sleep(500 * time.Millisecond) // until it is noted on disk; the work takes 20 s
				}
				b.kill()
				logs += b.log.String()
				s.endFaults()
				left := folder(t, data)
				if list := pictureCanaries(c).found(left); list != nil {
					t.Errorf("after the kill %s: %s", when, strings.Join(list, "; "))
				}
				if list := c.found(withoutJournal(left)); list != nil {
					t.Errorf("after the kill %s: %s", when, strings.Join(list, "; "))
				}
			}

			b := begin()
			s.say(person, person, "/start")
			s.wait(person, "您好")
			if test.split {
				s.post("/sim/updates", "application/json", strings.NewReader(`{"next":"split","delay_ms":900}`))
			} else {
				s.fault(test.fault)
			}
			s.album(person, "file", pages...)
			kill(b, "during the album", test.album)
			if n := s.counts(person, head); n[head] != 0 {
				t.Fatalf("the album was answered before the kill: %v", n)
			}

			b = begin()
			m := s.wait(person, head)
			s.fault(test.fault2)
			s.press(person, person, m.ID, "拼成一张")
			kill(b, "during the stitch", func(j string, n int) bool { return test.stitch(s, j, n) })
			if n := s.counts(person, result); n[result] != 0 {
				t.Fatalf("the result was sent before the kill: %v", n)
			}

			b = begin()
			wantStitched(t, s.download(s.wait(person, result)))
			s.say(person, person, "/help")
			s.wait(person, "/stitch") // a chat is worked on in order: what there was to say has been said
			if n := s.counts(person, head, result, "正在"); n[head] != 1 || n[result] != 1 || test.shown && n["正在"] != 0 {
				t.Errorf("messages = %v, want one of each, and none that says what is under way", n)
			}
			b.terminate()
			texts := folder(t, data)
			maps.Copy(texts, folder(t, tmp))
			texts["the log"] = logs + b.log.String()
			if list := c.found(texts); list != nil {
				t.Errorf("after the end: %s", strings.Join(list, "; "))
			}
			if j := journalOf(t, data); strings.Contains(j, "update_id") {
				t.Errorf("the journal still holds updates:\n%s", j)
			}
			if bad := s.schemaViolations(); bad != nil {
				t.Errorf("calls that break the schema: %s", bad)
			}
		})
	}
}

// SIGTERM lets the bot finish what it has in hand.
func TestTerminated(t *testing.T) {
	t.Parallel()
	s := playgroundProcess(t)
	data := t.TempDir()
	b := s.botProcess(data)
	s.say(person, person, "/start")
	s.wait(person, "您好")
	s.fault(`{"method":"getFile","kind":"slow","delay_ms":700}`)
	s.album(person, "file", page(t, colours[0]), page(t, colours[1]))
	s.say(person, person, "核验单用什么笔填")
	until(t, "the album to be at work", func() bool {
		j := journalOf(t, data)
		return atWork(t, data) >= 2 && strings.Count(j, "update_id") == 3
	})
	b.terminate()
	if n := s.counts(person, "收到 2 张，检查结果", "黑色签字笔"); n["收到 2 张，检查结果"] != 1 || n["黑色签字笔"] != 1 {
		t.Errorf("at the end of the process %v is answered, want both once; log:\n%s", n, b.log)
	}
	if j := journalOf(t, data); strings.Contains(j, "update_id") {
		t.Errorf("the journal still holds updates:\n%s", j)
	}
}

// pictureCanaries are those that not even the journal may hold.
func pictureCanaries(c canaries) canaries {
	only := make(canaries)
	for what, s := range c {
		if strings.Contains(what, "picture") || strings.Contains(what, "token") {
			only[what] = s
		}
	}
	return only
}
