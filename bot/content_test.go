package bot_test

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"beianbot/bot"
	"beianbot/content"
	"beianbot/kb"
)

// payload is what Telegram takes in a link that starts the bot.
var payload = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// withContent returns a world whose bot answers from the shipped content.
func withContent(t *testing.T) (*world, *kb.Base) {
	t.Helper()
	base, err := kb.Open(t.Context(), slog.New(slog.DiscardHandler), content.FS, kb.NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t)
	w.config.Knowledge = base
	w.restart()
	return w, base
}

// The bot over the shipped content: every entry has a card, a link and buttons
// that a chat takes, in both languages, and every button leads on.
func TestEveryCard(t *testing.T) {
	w, base := withContent(t)
	stale := w.say("/start q_no__such")[0].Text
	longest := map[string]int{"zh": 500, "en": 900} // with the source line
	links := make(map[string]string)
	pressed := make(map[string]bool)
	for _, lang := range []string{"zh", "en"} {
		w.say("/language " + lang)
		for _, id := range base.IDs() {
			link := "q_" + strings.ReplaceAll(id, "/", "__")
			if !payload.MatchString(link) || links[link] != "" && links[link] != id {
				t.Errorf("the link of %s is %q, which is that of %q", id, link, links[link])
			}
			links[link] = id
			r := w.say("/start " + link)
			if len(r) != 1 || r[0].Text == stale {
				t.Fatalf("the link of %s is answered %+v", id, r)
			}
			if n := utf8.RuneCountInString(r[0].Text); n > longest[lang] {
				t.Errorf("%s in %s: the card has %d characters, want at most %d", id, lang, n, longest[lang])
			}
			for _, row := range r[0].Buttons {
				for _, b := range row {
					if b.Data == "" || pressed[lang+b.Data] {
						continue
					}
					pressed[lang+b.Data] = true
					next := here(w.handle(w.event(applicant, 7, bot.Press{Data: b.Data})))
					if strings.HasPrefix(b.Data, "useful:") && len(next) == 0 && len(w.port.answered) == 1 {
						continue // thanked without a message
					}
					if len(next) != 1 || isStale(next[0].Text) {
						t.Errorf("%s: the button %q leads to %+v", id, b.Label, next)
					}
				}
			}
		}
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// What is said of a format comes from the entries, and names each format once.
func TestAcceptedFormats(t *testing.T) {
	w, _ := withContent(t)
	r := w.upload(w.file("a.pdf", mustDraw(t, "pdf")))
	if want := "备案只收 jpg、jpeg、png。"; len(r) != 1 || !strings.Contains(r[0].Text, want) {
		t.Errorf("a PDF is answered %+v, want %q", r, want)
	}
	if strings.Count(r[0].Text, "证件资料规范") != 1 {
		t.Errorf("a PDF is answered %q, want its source once", r[0].Text)
	}
}

// A button that narrows an answer speaks of that answer, whatever was asked
// since and after half a day.
func TestNarrowLater(t *testing.T) {
	w, _ := withContent(t)
	w.say("核验单要签字、盖章还是按手印")
	w.say("图片最大多少")
	if r := w.press(applicant, 7, "我是单位"); len(r) != 1 || !strings.Contains(r[0].Text, "公章") {
		t.Errorf("我是单位, under the answer about seals: %+v", r)
	}
	w.say("/forget")
	if r := w.press(applicant, 7, "我是个人"); len(r) != 1 || !strings.Contains(r[0].Text, "手印") {
		t.Errorf("我是个人, after everything was forgotten: %+v", r)
	}
}

func isStale(text string) bool {
	return strings.Contains(text, "按钮已经失效") || strings.Contains(text, "no longer works")
}

// What one member of a group says of themselves is not true of the next, unless
// that one goes on from the bot's answer.
func TestMembersOfAGroup(t *testing.T) {
	w, _ := withContent(t)
	ask := func(chat bot.ChatID, from bot.UserID, text string, follows bool) string {
		e := w.event(chat, from, body(text))
		e.Follows = follows
		if r := w.handle(e); len(r) == 1 {
			return r[0].Text
		}
		t.Fatalf("%q got no single answer", text)
		return ""
	}
	const first, next = "江西个人的核验单要按手印吗", "核验单要按手印吗"
	fresh := ask(-3001, 8, next, false)
	ask(-3002, 7, first, false)
	if got := ask(-3002, 8, next, false); got != fresh {
		t.Errorf("after another member's question %q is answered\n%s\nwant\n%s", next, got, fresh)
	}
	ask(-3003, 7, first, false)
	if got := ask(-3003, 7, next, true); got == fresh {
		t.Errorf("in answer to the bot %q is answered as if it were the first question:\n%s", next, got)
	}
}

// An entry that staff add to the shipped content answers, until it is retired.
func TestStaffEntryInContent(t *testing.T) {
	w, base := withContent(t)
	w.staff("/add 河马证怎么上传\n- 河马证传哪里\n答：河马证不用上传。")
	if r := w.press(staffChat, 42, "上线"); len(r) != 1 || !strings.Contains(r[0].Text, "已保存并上线") {
		t.Fatalf("上线 is answered %+v", r)
	}
	es := base.StaffEntries()
	if len(es) != 1 || !strings.HasPrefix(es[0].ID, "staff/hema") || !strings.HasSuffix(es[0].ID, "-1") {
		t.Fatalf("entries %+v, want one whose ID has its sound and the draft's key", es)
	}
	if r := w.say("河马证怎么上传"); len(r) != 1 || !strings.Contains(r[0].Text, "河马证不用上传。") {
		t.Errorf("the question is answered %+v, want the entry", r)
	}
	w.staff("/retire " + es[0].ID)
	if r := here(w.say("河马证怎么上传")); len(r) != 1 || strings.Contains(r[0].Text, "河马证不用上传。") {
		t.Errorf("after its retirement the question is answered %+v", r)
	}
}
