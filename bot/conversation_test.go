package bot_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"beianbot/bot"
)

var update = flag.Bool("update", false, "rewrite the golden conversations")

// TestConversations replays the conversations of testdata. Each file is an
// archive whose sections alternate between what people do and what the bot
// says. The people's sections:
//
//	user            a message; "/name" is a command
//	user press      the label of a button
//	user upload     a file a line: photo|file NAME DRAWING, see draw; caption TEXT
//	user sends      a kind of message that the bot cannot use
//	user edits      the new text of a message
//	staff …         the same in the staff chat
//	colleague …     the same by another member of staff
//	staff replies   a reply to the newest card in the staff chat
//	staff replies upload  the same with a picture
//	other …         the same as user by somebody else
//	again           the last event comes once more
//	wait            a duration passes
//	restart         the program starts anew
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d conversations, %v", len(files), err)
	}
	if _, err := shipped(); err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got []txtar.File
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for _, f := range archive.Files {
					if f.Name == "bot" {
						continue
					}
					got = append(got, f)
					if said := w.play(f.Name, strings.TrimSpace(string(f.Data))); said != "" {
						got = append(got, txtar.File{Name: "bot", Data: []byte(said)})
					}
				}
				for _, err := range w.errs {
					t.Errorf("Handle: %v", err)
				}
			})
			result := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: got})
			if *update {
				if err := os.WriteFile(path, result, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := txtar.Format(archive); string(result) != string(want) {
				t.Errorf("%s: the conversation is now (run with -update to accept):\n%s", path, result)
			}
		})
	}
}

// play does what a section says and returns what the bot answers.
func (w *world) play(section, text string) string {
	who, what, _ := strings.Cut(section, " ")
	chat, from := applicant, bot.UserID(7)
	switch who {
	case "staff":
		chat, from = staffChat, 42
	case "colleague":
		chat, from = staffChat, 43
	case "other":
		chat, from = applicant+1, 8
	case "again":
		return w.render(w.handle(w.last))
	case "restart":
		w.restart()
		return ""
	case "wait":
		d, err := time.ParseDuration(text)
		if err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(d)
		return ""
	}
	switch what {
	case "":
		return w.render(w.handle(w.event(chat, from, body(text))))
	case "replies upload":
		e := w.event(chat, from, w.uploaded(text))
		e.ReplyTo, e.Follows, e.Quoted = 900, true, w.card().Text
		return w.render(w.handle(e))
	case "replies":
		return w.render(w.replyTo(from, text))
	case "press":
		return w.render(w.press(chat, from, text))
	case "sends":
		return w.render(w.handle(w.event(chat, from, bot.Unsupported{Kind: bot.UnsupportedKind(text)})))
	case "edits":
		return w.render(w.handle(w.event(chat, from, bot.Amended{Text: text})))
	case "upload":
		return w.render(w.handle(w.event(chat, from, w.uploaded(text))))
	}
	w.t.Fatalf("unknown section %q", section)
	return ""
}

// uploaded makes the files that an upload section lists, and their caption.
func (w *world) uploaded(text string) bot.Upload {
	var u bot.Upload
	for line := range strings.Lines(text) {
		as, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if as == "caption" {
			u.Caption = rest
			continue
		}
		name, spec, _ := strings.Cut(rest, " ")
		data, err := draw(spec)
		if err != nil {
			w.t.Fatal(err)
		}
		ref := w.file(name, data)
		if as == "photo" {
			ref.Name, ref.Photo = "", true
		}
		u.Files = append(u.Files, ref)
	}
	return u
}

// render writes replies as people see them.
func (w *world) render(replies []bot.Reply) string {
	var b strings.Builder
	for _, p := range w.port.progress {
		fmt.Fprintf(&b, "(%s)\n", p)
	}
	for i, r := range replies {
		if i > 0 {
			b.WriteString("·\n")
		}
		switch {
		case r.Chat == staffChat:
			b.WriteString("→ staff, topic " + r.Topic + "\n")
		case r.Chat != 0:
			fmt.Fprintf(&b, "→ chat %d\n", r.Chat)
		case r.Edit != 0:
			b.WriteString("(instead of the message with the button)\n")
		}
		b.WriteString(r.Text + "\n")
		if r.File != nil {
			size, err := decoded(r.File)
			if r.File.MIME == "text/markdown" {
				size, err = "\n"+string(r.File.Data), nil
			}
			if err != nil {
				w.t.Errorf("file %s: %v", r.File.Name, err)
			}
			fmt.Fprintf(&b, "<%s %s %s>\n", r.File.Name, r.File.MIME, size)
		}
		for _, row := range r.Buttons {
			var labels []string
			for _, x := range row {
				label := "[" + x.Label + "]"
				if x.Copy != "" {
					label += "=" + x.Copy
				}
				labels = append(labels, label)
			}
			b.WriteString(strings.Join(labels, " ") + "\n")
		}
	}
	for _, text := range w.port.answered {
		fmt.Fprintf(&b, "(button: %s)\n", text)
	}
	if b.Len() == 0 {
		return "(nothing)\n"
	}
	return b.String()
}
