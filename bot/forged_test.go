package bot_test

import (
	"slices"
	"strings"
	"testing"

	"beianbot/bot"
)

// The buttons of one chat do nothing in another: the pictures behind them are
// not handed out, joined or deleted, whoever presses.
func TestButtonsOfAnotherChat(t *testing.T) {
	w := newWorld(t)
	jpeg := mustDraw(t, "jpeg 1000x800 6")
	album := w.upload(w.file("a.jpg", jpeg), w.file("b.jpg", jpeg))
	const stranger = bot.ChatID(1002)
	for _, b := range buttonsOf(album) {
		for _, chat := range []bot.ChatID{stranger, staffChat, -3003} {
			r := w.handle(w.event(chat, 8, bot.Press{Data: b.Data}))
			if slices.ContainsFunc(r, func(r bot.Reply) bool { return r.File != nil }) {
				t.Errorf("%q pressed in chat %d hands out a file", b.Data, chat)
			}
		}
	}
	if r := w.handle(w.event(stranger, 8, body("/delete"))); len(w.port.deleted) != 0 {
		t.Errorf("/delete in another chat: %+v, deleted %v", r, w.port.deleted)
	}
	if r := w.press(applicant, 7, "拼成一张"); len(r) != 1 || r[0].File == nil {
		t.Errorf("the button in its own chat after that: %+v", r)
	}
}

// Data that no button ever had is answered as any stale button, and changes
// nothing; so is the data of a button whose pictures are gone.
func TestTamperedData(t *testing.T) {
	w := newWorld(t)
	jpeg := mustDraw(t, "jpeg 1000x800")
	album := buttonsOf(w.upload(w.file("a.jpg", jpeg), w.file("b.jpg", jpeg)))
	before, err := w.chats.Load(t.Context(), applicant)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{
		"", ":", "stitch", "stitch:", "STITCH:1", "ask:1", "zh:en", "nonsense:1", "useful", "useful:", "useful:staff/../x", "e:", "e:/etc/passwd",
		"n:guide/pen", "n::", "cl:", "cl:Jiangxi:zzzz", "cl:Atlantis:i1mc", "k:", "k:ffffffffffffffff", "publish:1", "cancel:1", "r:guide/pen",
		"delete:1", "copy:1", "\x00", "useful:\xff", strings.Repeat("字", 22), "q:" + strings.Repeat("a", 63), "<b>stitch</b>", `{"a":"stitch"}`,
	} {
		r := w.handle(w.event(applicant, 7, bot.Press{Data: data}))
		if len(r) != 1 || !isStale(r[0].Text) {
			t.Errorf("the data %q is answered %+v, want as any stale button", data, r)
		}
	}
	after, err := w.chats.Load(t.Context(), applicant)
	if err != nil || len(after.Sets) != len(before.Sets) || after.Context.Entry != before.Context.Entry || len(after.Rated) != 0 {
		t.Errorf("the session went from\n%+v to\n%+v, %v", before, after, err)
	}
	w.say("/forget")
	for _, b := range album {
		if r := w.handle(w.event(applicant, 7, bot.Press{Data: b.Data})); len(r) != 1 || r[0].File != nil {
			t.Errorf("%q after /forget: %+v, want a sentence", b.Label, r)
		}
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}
