package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

// heldName is the file that says what the store held when it was last in use.
const heldName = "held"

// held is what the store held. It is written at the end, and now and then before,
// so that a start notices what is missing: the server itself takes what it finds
// for all there was.
type held struct {
	Streams map[string]streamHeld `json:"streams"`
	// Entries is how many entries staff have made, and Versions the sum of their
	// newest versions. Neither ever falls.
	Entries  int `json:"entries"`
	Versions int `json:"versions"`
}

// streamHeld is what a stream held.
type streamHeld struct {
	First     uint64    `json:"first"` // sequences
	Last      uint64    `json:"last"`
	Messages  uint64    `json:"messages"`
	Deleted   int       `json:"deleted"` // messages that are gone between the first and the last
	FirstTime time.Time `json:"first_time"`
	Files     []string  `json:"files,omitempty"` // with the messages
}

// guarded are the streams of which all that is lost is put back from elsewhere.
// What that did is logged there.
var guarded = map[string]bool{"KV_" + kbBucket: true, "KV_doc-inquiry": true, "KV_doc-setting": true, inboxStream: true}

// unguarded are the other streams, and what it means when some of one is lost.
var unguarded = map[string]string{
	"KV_" + chatBucket:  "conversations that are missing start over",
	"KV_doc-count":      "what /stats says of the last 90 days is too little",
	"KV_" + marksBucket: "which updates were handled lately is not known; some may be answered again",
	deadStream:          "the list of updates that were given up has gaps",
}

// readHeld returns what the store held, nil when nothing says it.
func readHeld(log interface{ Warn(string, ...any) }, dir string, used bool) (*held, error) {
	if err := removeTmp(dir); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, heldName))
	if errors.Is(err, fs.ErrNotExist) {
		if used {
			log.Warn("nothing says what the store held; conversations and counts that are missing are not noticed this time", "file", heldName)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := new(held)
	body, ok := unseal(data)
	if !ok || json.Unmarshal(body, h) != nil {
		log.Warn("the file that says what the store held is damaged and is made anew; conversations and counts that are missing are not noticed this time", "file", heldName)
		return nil, nil
	}
	return h, nil
}

// note writes what the store holds now.
func (s *Store) note(ctx context.Context) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	h := held{Streams: make(map[string]streamHeld)}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(guarded)), slices.Collect(maps.Keys(unguarded))) {
		st, err := s.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("note what is held: %w", err)
		}
		h.Streams[name] = heldOf(st.CachedInfo().State)
	}
	// After the states: what is not there any more was not needed for them, and what
	// goes later goes with a write, which a state that is compared shows.
	files, err := blockSizes(s.serverDir())
	if err != nil {
		return err
	}
	for name, st := range h.Streams {
		st.Files = slices.Sorted(maps.Keys(files[name]))
		h.Streams[name] = st
	}
	if h.Entries, h.Versions, err = s.Entries.sum(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode what is held: %w", err)
	}
	if err := replaceFile(filepath.Join(s.dir, heldName), seal(body), true); err != nil {
		return fmt.Errorf("note what is held: %w", err)
	}
	return nil
}

func heldOf(st natsjs.StreamState) streamHeld {
	return streamHeld{First: st.FirstSeq, Last: st.LastSeq, Messages: st.Msgs, Deleted: st.NumDeleted, FirstTime: st.FirstTime}
}

// lessThan says why a stream that was opened has lost something, "" when it has
// not. before are its files as they were found, life is how long a message is
// kept, 0 for ever.
func (now streamHeld) lessThan(was streamHeld, before map[string]int64, life time.Duration) string {
	expired := life > 0 && time.Since(was.FirstTime) >= life
	switch {
	case was.Messages == 0:
		return ""
	case now.Last < was.Last:
		return "the newest messages are gone"
	case now.Last > was.Last:
		// It was written to since. Each of those messages may have taken the place of
		// one, and the server has removed files of which all was superseded.
		if now.Messages < was.Messages && !expired {
			return "there are fewer messages"
		}
		return ""
	case now.Deleted > was.Deleted:
		return "messages in the middle are gone"
	case (now.Messages == 0 || now.First > was.First) && !expired:
		return "the oldest messages are gone"
	}
	for _, name := range was.Files {
		if _, ok := before[name]; !ok && !expired {
			return "a file is gone"
		}
	}
	return ""
}

// compare looks at a stream that has been opened, when it is for the first time.
func (s *Store) compare(cfg natsjs.StreamConfig, st natsjs.StreamState) {
	if s.compared[cfg.Name] {
		return
	}
	s.compared[cfg.Name] = true
	was, known := streamHeld{}, false
	if s.held != nil {
		was, known = s.held.Streams[cfg.Name]
	}
	now := heldOf(st)
	why := ""
	if known {
		why = now.lessThan(was, s.before[cfg.Name], cfg.MaxAge)
	}
	if cut := s.cuts[cfg.Name]; cut > 0 {
		why = "a file was damaged, or unfinished at a power cut, and what came behind that is gone"
	}
	if why == "" {
		return
	}
	args := []any{"stream", cfg.Name, "why", why, "messages", now.Messages, "before", was.Messages, "bytes", s.cuts[cfg.Name]}
	if guarded[cfg.Name] {
		s.log.Warn("the store was damaged; what is missing is put back from its copy", args...)
		return
	}
	s.log.Error("the store was damaged: "+unguarded[cfg.Name], args...)
}

// compareHealed looks at what has been put back, when all has: two things that
// were lost at once may leave nothing to put back from.
func (s *Store) compareHealed() {
	if s.held == nil {
		return
	}
	for name, now := range s.healed {
		was := s.held.Streams[name]
		switch {
		case uint64(now) >= was.Messages:
		case name == "KV_doc-setting":
			s.log.Error("settings are lost, the store and its copies are damaged: see whether the staff chat is still bound", "settings", now, "before", was.Messages)
		case name == "KV_doc-inquiry" && (was.Last > 0 && time.Since(was.FirstTime) < inquiryLife):
			s.log.Error("questions for staff are lost, the store and its copies are damaged", "questions", now, "before", was.Messages)
		}
	}
}

// check refuses to go on with less knowledge than was held, when all that could be
// put back has been.
func (h *held) check(entries, versions int) error {
	if h == nil || entries >= h.Entries && versions >= h.Versions {
		return nil
	}
	return fmt.Errorf("knowledge is missing: staff had %d entries with %d versions when the folder was last in use, and kb.jsonl and %q have %d with %d; put back a copy of kb.jsonl, or, to go on without what is missing, remove the file %q",
		h.Entries, h.Versions, serverName, entries, versions, heldName)
}
