package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"beianbot/bot"
	"beianbot/bot/picture"
	"beianbot/kb"
)

const form = "/add 福建要居住证吗\n- 福建个人要不要居住证\n答：需要。"

// A write that failed and one that worked but whose reply was lost: staff are
// not told "saved", the draft stays, and a second tap makes one entry.
func TestPublishFails(t *testing.T) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t)
		w.know.put = func() (bool, error) { return applied, errors.New("disk full") }
		w.staff(form)
		r := w.press(staffChat, 42, "上线")
		if len(r) != 1 || !strings.Contains(r[0].Text, "没有保存成功") || len(w.errs) != 1 {
			t.Errorf("applied %v: %+v, errors %v, want one that says it was not saved", applied, r, w.errs)
		}
		if strings.Contains(r[0].Text, "disk full") {
			t.Errorf("applied %v: people read the error's text: %q", applied, r[0].Text)
		}
		w.know.put = func() (bool, error) { return true, nil }
		if r := w.press(staffChat, 42, "上线"); !strings.Contains(r[0].Text, "已保存并上线") {
			t.Errorf("applied %v: the second tap says %q", applied, r[0].Text)
		}
		if n := len(w.know.StaffEntries()); n != 1 {
			t.Errorf("applied %v: %d entries, want 1", applied, n)
		}
	}
}

// A retirement that failed is said, and can be tried again.
func TestRetireFails(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	w.press(staffChat, 42, "上线")
	w.know.put = func() (bool, error) { return false, errors.New("disk full") }
	if r := w.staff("/retire staff/entry-1"); !strings.Contains(r[0].Text, "没有撤下成功") || len(w.know.StaffEntries()) != 1 {
		t.Errorf("a failed retirement says %q", r[0].Text)
	}
	w.know.put = func() (bool, error) { return true, nil }
	if r := w.staff("/retire staff/entry-1"); !strings.Contains(r[0].Text, "已撤下") || len(w.know.StaffEntries()) != 0 {
		t.Errorf("the second try says %q", r[0].Text)
	}
}

// The tap on 上线 comes twice, once after a crash that lost the session: still
// one entry, under one ID.
func TestPublishAgainAfterACrash(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	before, err := w.chats.Load(t.Context(), staffChat)
	if err != nil {
		t.Fatal(err)
	}
	w.press(staffChat, 42, "上线")
	if err := w.chats.Save(t.Context(), staffChat, before); err != nil { // as if the crash came before Save
		t.Fatal(err)
	}
	r := w.handle(w.last)
	if es := w.know.StaffEntries(); len(es) != 1 || es[0].ID != "staff/entry-1" || !strings.Contains(r[0].Text, "staff/entry-1") {
		t.Errorf("entries %+v after the same tap again, which said %q", es, r[0].Text)
	}
}

// Two drafts under one title at once become two entries only when whoever publishes
// the second one has seen the first: it takes another tap, below a preview that says
// so.
func TestTwoDraftsOneTitle(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	first := w.shown[staffChat][0].Buttons[0][0].Data
	w.handle(w.event(staffChat, 43, body(form)))
	second := w.shown[staffChat][1].Buttons[0][0].Data
	w.tapped(42, first)
	if r := w.tapped(43, second); w.know.puts != 1 || !strings.Contains(r.Text, "可能重复：福建要居住证吗") {
		t.Errorf("%d entries put, the second tap says\n%s", w.know.puts, r.Text)
	}
	w.tapped(43, w.dataOf("上线"))
	w.tapped(42, first)
	var ids []string
	for _, e := range w.know.StaffEntries() {
		ids = append(ids, e.ID)
	}
	if len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("entries %q, want two", ids)
	}
}

// A retired entry's ID is not used again, whatever the next one is called.
func TestIDsAreNotReused(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	w.press(staffChat, 42, "上线")
	first := w.know.StaffEntries()[0].ID
	w.staff("/retire " + first)
	w.staff(form)
	w.press(staffChat, 42, "上线")
	if es := w.know.StaffEntries(); len(es) != 1 || es[0].ID == first {
		t.Errorf("entries %+v after %s was retired and its title used again, want one with another ID", es, first)
	}
}

// Entries are signed with a key that says nothing of the person, and the same
// for the same person.
func TestSignature(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	w.press(staffChat, 42, "上线")
	w.staff(strings.Replace(form, "福建要", "海南要", 1))
	w.press(staffChat, 42, "上线")
	w.handle(w.event(staffChat, 43, body(strings.Replace(form, "福建要", "云南要", 1))))
	w.press(staffChat, 43, "上线")
	es := w.know.StaffEntries()
	if len(es) != 3 {
		t.Fatalf("%d entries, want 3", len(es))
	}
	if es[0].By == "" || es[0].By != es[1].By || es[0].By == es[2].By || strings.Contains(es[0].By, "42") && len(es[0].By) < 8 {
		t.Errorf("signed %q, %q, %q; want the first two alike", es[0].By, es[1].By, es[2].By)
	}
}

// Whatever somebody outside the staff chat sends, the knowledge stays as it is
// and the reply is that to any unknown command or button.
func TestStaffOnlyInTheStaffChat(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	publish := w.shown[staffChat][0].Buttons[0][0].Data
	unknown := w.say("/nosuch")[0].Text
	stale := w.handle(w.event(applicant, 7, bot.Press{Data: "nonsense"}))[0].Text
	for _, chat := range []bot.ChatID{applicant, -2002} {
		for _, text := range []string{form, "/add", "/retire staff/entry-1", "/list", "/find x", "/cancel"} {
			if r := w.handle(w.event(chat, 42, body(text))); len(r) != 1 || r[0].Text != unknown {
				t.Errorf("chat %d: %q is answered %+v, want as any unknown command", chat, text, r)
			}
		}
		for _, data := range []string{publish, "r:staff/entry-1", strings.Replace(publish, "publish", "cancel", 1)} {
			if r := w.handle(w.event(chat, 42, bot.Press{Data: data})); len(r) != 1 || r[0].Text != stale {
				t.Errorf("chat %d: the button %q is answered %+v, want as any stale button", chat, data, r)
			}
		}
	}
	if w.know.puts != 0 {
		t.Errorf("%d writes, want none", w.know.puts)
	}
	w.config.StaffChat = 0
	w.restart()
	if r := w.handle(w.event(0, 42, body("/add"))); r[0].Text != unknown {
		t.Errorf("without a staff chat, /add is answered %q", r[0].Text)
	}
}

// The staff group keeps its rights when it goes on under another number.
func TestStaffChatMoves(t *testing.T) {
	w := newWorld(t)
	w.bot.ChatMoved(-5, -6)
	w.bot.ChatMoved(staffChat, -100777)
	if w.bot.IsStaffChat(staffChat) || !w.bot.IsStaffChat(-100777) || w.bot.IsStaffChat(-6) {
		t.Error("the staff chat did not move")
	}
}

// One that was given at the start is known by its new number at the next start, too,
// however often it moved, and another one that is given then is not.
func TestGivenStaffChatMoves(t *testing.T) {
	w := newWorld(t)
	settings := bot.NewMemSettings()
	w.config.GivenStaff, w.config.Settings = staffChat, settings
	w.restart()
	w.bot.ChatMoved(staffChat, -100777)
	w.bot.ChatMoved(-100777, -100778)
	for given, want := range map[bot.ChatID]bot.ChatID{staffChat: -100778, -100778: -100778, -5: -5, 0: 0} {
		if got, err := bot.StaffChat(t.Context(), settings, given); got != want || err != nil {
			t.Errorf("with %d given, the staff chat is %d, %v, want %d", given, got, err, want)
		}
	}
}

// An event that comes again is answered again and changes nothing.
func TestTheSameEventTwice(t *testing.T) {
	w := newWorld(t)
	events := []bot.Event{
		w.event(applicant, 7, body("手印")),
		w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{w.file("a.jpg", mustDraw(t, "jpeg 1000x800"))}}),
		w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{w.file("b.jpg", mustDraw(t, "jpeg 1000x800"))}}),
		w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{w.photo(mustDraw(t, "jpeg 1000x800")), w.photo(mustDraw(t, "png 1000x800"))}}),
		w.event(applicant, 7, bot.Command{Name: "language", Args: "zh"}),
	}
	for i, e := range events {
		first := w.handle(e)
		s1, err1 := w.chats.Load(t.Context(), applicant)
		second := w.handle(e)
		s2, err2 := w.chats.Load(t.Context(), applicant)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if len(first) != len(second) || first[0].Text != second[0].Text {
			t.Errorf("event %d: answered %q, then %q", i, first[0].Text, second[0].Text)
		}
		if len(s1.Sets) != len(s2.Sets) || len(s1.Seen) != len(s2.Seen) || s1.Before.Entry != s2.Before.Entry {
			t.Errorf("event %d: session\n%+v, then\n%+v", i, s1, s2)
		}
		for j := range s1.Sets {
			if len(s1.Sets[j].Pictures) != len(s2.Sets[j].Pictures) {
				t.Errorf("event %d: set %d has %d pictures, then %d", i, j, len(s1.Sets[j].Pictures), len(s2.Sets[j].Pictures))
			}
		}
	}
}

// Files that cannot be had end in a sentence that helps.
func TestDownloadFails(t *testing.T) {
	tests := []struct {
		what string
		ref  func(w *world) bot.FileRef
		fail error
		want string
		errs int
	}{
		{"a file announced as too big is not fetched", func(*world) bot.FileRef { return bot.FileRef{ID: "x", Bytes: 25 << 20} }, errors.New("unreachable: fetched"), "20 MB", 0},
		{"a file that turns out too big", func(*world) bot.FileRef { return bot.FileRef{ID: "x"} }, bot.ErrTooBig, "20 MB", 0},
		{"a file that is not there", func(*world) bot.FileRef { return bot.FileRef{ID: "x"} }, errors.New("404"), "没有取到", 1},
	}
	for _, tt := range tests {
		w := newWorld(t)
		w.port.fail = tt.fail
		r := w.upload(tt.ref(w))
		if len(r) != 1 || !strings.Contains(r[0].Text, tt.want) || len(w.errs) != tt.errs {
			t.Errorf("%s: %+v, errors %v", tt.what, r, w.errs)
		}
		r = w.upload(tt.ref(w), w.file("a.jpg", nil))
		if len(r) != 1 || !strings.Contains(r[0].Text, tt.want) {
			t.Errorf("%s, in an album: %+v", tt.what, r)
		}
	}
}

// Pictures that cannot be fetched any more are named; nothing is joined without
// them.
func TestStitchWithoutAFile(t *testing.T) {
	w := newWorld(t)
	a, b := w.file("a.jpg", mustDraw(t, "jpeg 1000x800")), w.file("b.jpg", mustDraw(t, "jpeg 1000x800"))
	w.upload(a, b)
	delete(w.port.files, b.ID)
	r := w.press(applicant, 7, "拼成一张")
	if len(r) != 1 || r[0].File != nil || !strings.Contains(r[0].Text, "第 2 张没有取到") {
		t.Errorf("stitch without the second file: %+v", r)
	}
}

// The end of the context leaves the event for later: no reply, an error, and a
// session that does not know it.
func TestHandleIsCut(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{w.file("a.jpg", mustDraw(t, "jpeg 1000x800"))}})
	replies, err := w.bot.Handle(ctx, e, w.port)
	if replies != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Handle = %+v, %v, want nothing and the context's end", replies, err)
	}
	if s, err := w.chats.Load(t.Context(), applicant); err != nil || len(s.Seen) != 0 {
		t.Errorf("session %+v, %v, want none", s, err)
	}
	if r := w.handle(e); len(r) != 1 || !strings.Contains(r[0].Text, "可用") {
		t.Errorf("the same event later: %+v", r)
	}
}

// brokenChats is a [bot.Chats] that fails.
type brokenChats struct {
	bot.Chats
	load, save error
}

func (b brokenChats) Load(ctx context.Context, id bot.ChatID) (bot.Session, error) {
	if b.load != nil {
		return bot.Session{}, b.load
	}
	return b.Chats.Load(ctx, id)
}

func (b brokenChats) Save(ctx context.Context, id bot.ChatID, s bot.Session) error {
	if b.save != nil {
		return b.save
	}
	return b.Chats.Save(ctx, id, s)
}

// People are answered when their session cannot be read or written, and what is
// stored is not overwritten by an empty one.
func TestChatsFail(t *testing.T) {
	w := newWorld(t)
	w.say("/language en")
	inner := w.config.Chats
	w.config.Chats = brokenChats{Chats: inner, load: errors.New("disk")}
	w.restart()
	if r := w.say("用什么笔"); len(r) != 1 || len(w.errs) != 1 {
		t.Errorf("with a failing Load: %+v, %v", r, w.errs)
	}
	w.config.Chats = brokenChats{Chats: inner, save: errors.New("disk")}
	w.restart()
	if r := w.say("用什么笔"); len(r) != 1 || len(w.errs) != 2 {
		t.Errorf("with a failing Save: %+v, %v", r, w.errs)
	}
	if s, err := inner.Load(t.Context(), applicant); err != nil || s.Lang != kb.English {
		t.Errorf("stored is %+v, %v, want the choice of language", s, err)
	}
}

// Sessions stay small whatever is sent, and hold no file name.
func TestSessionIsBounded(t *testing.T) {
	w := newWorld(t)
	w.config.Pictures = anything{}
	w.restart()
	for range 30 {
		w.upload(w.file("张三身份证.jpg", []byte("x")))
		w.say("手印")
	}
	for range 10 {
		var refs []bot.FileRef
		for range 10 {
			refs = append(refs, w.file("李四.jpg", []byte("y")))
		}
		w.upload(refs...)
	}
	for range 20 {
		w.staff(form)
	}
	s, err := w.chats.Load(t.Context(), applicant)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, set := range s.Sets {
		n += len(set.Pictures)
	}
	if n > 20 || len(s.Seen) > 16 || len(s.Offered) > 12 || len(s.Long) > 24 {
		t.Errorf("session holds %d pictures, %d updates, %d buttons, %d questions", n, len(s.Seen), len(s.Offered), len(s.Long))
	}
	if s, err := w.chats.Load(t.Context(), staffChat); err != nil || len(s.Drafts) > 8 {
		t.Errorf("%d drafts, %v, want at most 8", len(s.Drafts), err)
	}
}

// anything is a [bot.Pictures] that finds nothing wrong.
type anything struct{}

func (anything) Examine(_ context.Context, data []byte, _ picture.Source) (picture.Report, picture.Repaired, bool, error) {
	return picture.Report{Format: picture.JPEG, Bytes: int64(len(data)), Width: 10, Height: 10}, picture.Repaired{}, false, nil
}

func (anything) Stitch(context.Context, [][]byte, picture.StitchOptions) (picture.Stitched, error) {
	return picture.Stitched{}, nil
}

// More pictures than fit are told, not dropped in silence.
func TestTooManyPictures(t *testing.T) {
	w := newWorld(t)
	w.config.Pictures = anything{}
	w.restart()
	var last []bot.Reply
	for range 21 {
		last = w.upload(w.file("a.jpg", []byte("x")))
	}
	if !strings.Contains(last[0].Text, "最多 20 张") {
		t.Errorf("the 21st picture is answered %q", last[0].Text)
	}
}

// A picture that was sent before is recognised, and a question under a picture
// is answered too.
func TestRepeatedAndCaption(t *testing.T) {
	w := newWorld(t)
	ref := w.file("a.jpg", mustDraw(t, "jpeg 1000x800"))
	w.upload(ref)
	r := w.handle(w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{ref}, Caption: "用什么笔"}))
	if len(r) != 2 || !strings.Contains(r[0].Text, "刚查过") || !strings.Contains(r[1].Text, "黑色签字笔") {
		t.Errorf("the same picture with a question: %+v", r)
	}
	if r := w.handle(w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{ref}, Caption: "你好"})); len(r) != 1 {
		t.Errorf("a picture with a greeting: %+v", r)
	}
}

// In a group that is not the staff's, questions are answered as replies to them,
// and pictures are sent to a private chat.
func TestGroup(t *testing.T) {
	w := newWorld(t)
	r := w.handle(w.event(-3003, 7, body("用什么笔")))
	if len(r) != 1 || r[0].ReplyTo == 0 || !strings.Contains(r[0].Text, "黑色签字笔") {
		t.Errorf("a question in a group: %+v", r)
	}
	r = w.handle(w.event(-3003, 7, bot.Upload{Files: []bot.FileRef{w.photo(nil)}}))
	if len(r) != 1 || !strings.Contains(r[0].Text, "私聊") {
		t.Errorf("a picture in a group: %+v", r)
	}
	if r := w.handle(w.event(-3003, 7, bot.Unsupported{Kind: bot.Sticker})); r != nil {
		t.Errorf("a sticker in a group: %+v, want silence", r)
	}
}

// Four thousand characters of noise, forged buttons, odd input: a sentence each.
func TestOddInput(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{
		"", " \n\t", strings.Repeat("噪音 ", 1300), strings.Repeat("x", 4096), "\x00\x01", "…………", "99", "-1", "<b>{limit}</b>",
		"/", "/start " + strings.Repeat("q", 64), "/start q_", "/language xx", "/ask", "/ask 用什么笔", "/forget",
	} {
		if r := here(w.say(text)); len(r) != 1 {
			t.Errorf("%.20q is answered %+v", text, r)
		}
	}
	for _, data := range []string{
		"", "e:", "e:guide/none", "k:0000", "stitch:zzz", "fixed:zzz", "only-check:zzz", "publish:x", "r:staff/entry-1", "q: ",
		"copy", strings.Repeat("é", 40), "\xff\xfe",
	} {
		if r := w.handle(w.event(applicant, 7, bot.Press{Data: data})); len(r) != 1 {
			t.Errorf("the button %.20q is answered %+v", data, r)
		}
	}
	if r := w.upload(); len(r) != 1 {
		t.Errorf("an upload without files is answered %+v", r)
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// In the staff group people talk: a number or a word that a button happens to
// have does nothing to anybody's draft or entry. Only a tap does.
func TestTypedAmongStaff(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	for _, from := range []bot.UserID{43, 42} {
		for _, text := range []string{"1", "2", "上线", "取消", "Publish", "Cancel"} {
			if r := w.handle(w.event(staffChat, from, body(text))); len(r) != 0 || w.know.puts != 0 {
				t.Fatalf("%q typed by %d is answered %+v after %d writes, want silence and none", text, from, r, w.know.puts)
			}
		}
	}
	if r := w.press(staffChat, 43, "上线"); len(r) != 1 || w.know.puts != 1 {
		t.Fatalf("a tap on the draft's button after that: %+v, %d writes, want 1", r, w.know.puts)
	}
	w.staff("/retire 福建")
	for _, text := range []string{"1", "福建要居住证吗"} {
		w.handle(w.event(staffChat, 43, body(text)))
		if n := len(w.know.StaffEntries()); n != 1 {
			t.Fatalf("%q typed under a list of entries to be retired left %d entries, want 1", text, n)
		}
	}
}

// Signatures made without a secret would be telling.
func TestStaffChatNeedsAKey(t *testing.T) {
	w := newWorld(t)
	w.config.Key = nil
	if _, err := bot.New(slog.New(slog.DiscardHandler), w.config); err == nil {
		t.Error("New with a staff chat and without a key = nil, want an error")
	}
	w.config.StaffChat = 0
	w.restart()
}

// What belongs to each colleague is not forgotten for all of them.
func TestForgetAmongStaff(t *testing.T) {
	w := newWorld(t)
	w.staff(form)
	w.handle(w.event(staffChat, 43, body("/forget")))
	if r := w.press(staffChat, 42, "上线"); len(r) != 1 || !strings.Contains(r[0].Text, "已保存并上线") {
		t.Errorf("the draft's button after a colleague's /forget: %+v", r)
	}
}

// Colleagues' talk is not answered, a question put to the bot is.
func TestAskAmongStaff(t *testing.T) {
	w := newWorld(t)
	if r := w.staff("今天谁值班"); len(r) != 0 {
		t.Errorf("talk is answered %+v", r)
	}
	if r := w.staff("/ask 今天谁值班"); len(r) != 1 || !strings.Contains(r[0].Text, "资料里没有这一条") {
		t.Errorf("/ask is answered %+v, want that it is not covered", r)
	}
}

// Nobody is told that something is kept or forgotten when it is not.
func TestForgottenOnlyWhenItIs(t *testing.T) {
	w := newWorld(t)
	away := errors.New("disk is away")
	for _, broken := range []brokenChats{{Chats: w.chats, load: away}, {Chats: w.chats, save: away}} {
		w.config.Chats = broken
		w.restart()
		w.errs = nil
		for _, text := range []string{"/forget", "/language en", "/language zh"} {
			if r := w.say(text); len(r) != 1 || strings.Contains(r[0].Text, "忘") || r[0].Text != w.config.Words.Sorry(kb.Chinese) && r[0].Text != w.config.Words.Sorry(kb.English) {
				t.Errorf("%s without a disk is answered %+v, want the apology", text, r)
			}
		}
		if r := w.say("什么笔"); len(r) != 1 || !strings.Contains(r[0].Text, "黑色签字笔") {
			t.Errorf("a question without a disk is answered %+v, want the answer", r)
		}
		if len(w.errs) != 4 {
			t.Errorf("%d errors, want 4: %v", len(w.errs), w.errs)
		}
	}
}
