package bot_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/content"
	"beianbot/kb"
)

// realDesk is a world over the shipped content, with staff entries of its own.
func realDesk(t *testing.T) (*world, *kb.Base) {
	t.Helper()
	base, err := kb.Open(t.Context(), slog.New(slog.DiscardHandler), content.FS, kb.NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	w := newWorld(t)
	w.config.Knowledge = base
	w.restart()
	return w, base
}

// button returns the data of the button whose label has a part.
func button(t *testing.T, replies []bot.Reply, part string) string {
	t.Helper()
	for _, b := range buttonsOf(replies) {
		if strings.Contains(b.Label, part) {
			return b.Data
		}
	}
	t.Fatalf("no button %q under %+v", part, replies)
	return ""
}

// tap presses a button of the staff chat by its data.
func (w *world) tap(from bot.UserID, data string) []bot.Reply {
	w.t.Helper()
	return w.handle(w.event(staffChat, from, bot.Press{Query: "q", Data: data}))
}

// mergeInto asks a question, answers it, and takes the answer to an entry that is
// near. It returns the draft with the answer joined.
func (w *world) mergeInto(asker bot.ChatID, before, question, answer string, entry kb.Entry) []bot.Reply {
	w.t.Helper()
	if before != "" {
		w.handle(w.event(asker, bot.UserID(asker), bot.Text{Text: before}))
	}
	w.handle(w.event(asker, bot.UserID(asker), bot.Command{Name: "human", Args: question}))
	w.replyTo(42, answer)
	draft := w.press(staffChat, 42, "并入「"+entry.Title[kb.Chinese]+"」")
	if strings.Contains(draft[0].Text, "另加客服补充") {
		return draft
	}
	return w.tap(42, button(w.t, draft, "附上客服答复"))
}

// What was answered to people of one province says so where it is added to an
// entry that holds for all, in its first line, and is for nobody else by a tap too
// few. A province can be taken off.
func TestMergeKeepsScope(t *testing.T) {
	const question, answer = "核验单用红色签字笔填写可以吗", "可以，管局认红色。\n要深红。"
	w, base := realDesk(t)
	pen, _ := base.Entry("guide/pen")
	for _, tt := range []struct {
		about, before, answer string
		closed                bool // it is saved first
		taps                  []string
		want                  string
	}{
		{about: "who asked is in one province", before: "福建个人备案要什么", want: "客服补充（适用：福建，个人）：可以，管局认红色。\n要深红。\n"},
		{about: "nobody said where", want: "客服补充：可以，管局认红色。\n要深红。\n"},
		{about: "a form says", before: "福建个人备案要什么", answer: answer + "\n省份：江西", want: "客服补充（适用：江西）：可以，管局认红色。\n要深红。\n"},
		{about: "staff take it off", before: "福建个人备案要什么", taps: []string{"✓ 福建", "✓ 个人"}, want: "客服补充：可以，管局认红色。\n要深红。\n"},
		{about: "it was closed before", before: "福建个人备案要什么", closed: true, want: "客服补充（适用：福建，个人）：可以，管局认红色。\n要深红。\n"},
	} {
		t.Run(tt.about, func(t *testing.T) {
			w.t = t
			w.config.Inquiries, w.config.Chats = bot.NewMemInquiries(), bot.NewMemChats()
			w.restart()
			said := tt.answer
			if said == "" {
				said = answer
			}
			draft := w.mergeInto(applicant, tt.before, question, said, pen)
			if tt.closed {
				data := w.data(staffChat, "并入「"+pen.Title[kb.Chinese]+"」")
				w.tap(42, button(t, draft, "取消"))
				w.press(staffChat, 42, "不存")
				draft = w.tap(42, button(t, w.tap(42, data), "附上客服答复"))
			}
			for _, label := range tt.taps {
				draft = w.tap(42, button(t, draft, label))
			}
			if !strings.Contains(draft[0].Text, tt.want) || strings.Contains(draft[0].Text, "\n适用：") {
				t.Errorf("the draft is\n%s\nwant %q", draft[0].Text, tt.want)
			}
			w.tap(42, button(t, draft, "上线"))
			if got := base.Ask(kb.Question{Text: "江西个人核验单用什么笔"}).Text(); !strings.Contains(got, tt.want) {
				t.Errorf("somebody else is told\n%s\nwant %q", got, tt.want)
			}
			w.staff("/undo guide/pen")
		})
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// An entry of staff that an answer for one province is added to still holds for
// all: the lines that are added say for whom they are.
func TestMergeScopeIntoStaffEntry(t *testing.T) {
	w := newWorld(t)
	w.staff("/add 宠物能当负责人吗\n答：不能。")
	w.press(staffChat, 42, "上线")
	e := w.know.entries[len(w.know.entries)-1]
	w.say("福建个人备案要什么")
	w.say("/human 宠物能当网站负责人吗")
	w.replyTo(42, "要看证。")
	draft := w.press(staffChat, 42, "并入「"+e.Title[kb.Chinese]+"」")
	const want = "不能。\n（适用：福建）要看证。\n"
	if !strings.Contains(draft[0].Text, want) {
		t.Errorf("the draft is\n%s\nwant %q", draft[0].Text, want)
	}
	draft = w.tap(42, button(t, draft, "附上客服答复"))
	if strings.Contains(draft[0].Text, "适用") || strings.Contains(strings.Join(labels(draft), " "), "福建") {
		t.Errorf("without the answer the entry has a scope:\n%s", draft[0].Text)
	}
}

// Two colleagues who add to one official entry at once: both additions and all
// phrasings are there in the end, and the second is told of the first.
func TestAdditionsOfTwo(t *testing.T) {
	for _, seen := range []bool{false, true} {
		t.Run(fmt.Sprintf("the second looks again before: %v", seen), func(t *testing.T) {
			w, base := realDesk(t)
			pen, _ := base.Entry("guide/pen")
			if seen { // the drafts are of a version of staff's
				w.staff("/edit guide/pen\n- 签核验单的笔哪里买")
				w.press(staffChat, 42, "上线")
				pen, _ = base.Entry("guide/pen")
			}
			first := w.mergeInto(applicant, "", "核验单用红色签字笔填写可以吗", "红色的不行。", pen)
			second := w.mergeInto(applicant+1, "", "核验单用绿色签字笔填写可以吗", "绿色的也不行。", pen)
			w.tap(42, button(t, first, "上线"))
			if seen {
				without := w.tap(42, button(t, second, "✓ 附上客服答复"))
				second = w.tap(42, button(t, without, "附上客服答复"))
				if !strings.Contains(second[0].Text, "都会保留") || !strings.Contains(second[0].Text, "红色的不行。") {
					t.Errorf("the draft does not show what was added meanwhile:\n%s", second[0].Text)
				}
			}
			r := w.tap(42, button(t, second, "上线"))
			if !strings.Contains(r[0].Text, "都会保留") || !strings.Contains(r[0].Text, "红色的不行。") || !strings.Contains(r[0].Text, "绿色的也不行。") {
				t.Errorf("the second is shown\n%s", r[0].Text)
			}
			insist := button(t, r, "仍要上线")
			if r = w.tap(42, insist); !strings.Contains(r[0].Text, "已保存并上线") {
				t.Errorf("who insists is told\n%s", r[0].Text)
			}
			w.tap(42, insist)
			now, _ := base.Entry("guide/pen")
			want := append(pen.Phrasings[:len(pen.Phrasings):len(pen.Phrasings)], "核验单用红色签字笔填写可以吗", "核验单用绿色签字笔填写可以吗")
			if len(now.Added) != 2 || strings.Join(now.Phrasings, "|") != strings.Join(want, "|") {
				t.Errorf("the entry has the additions %+v and phrasings %q, want both and %q", now.Added, now.Phrasings, want)
			}
			if len(w.errs) != 0 {
				t.Errorf("errors: %v", w.errs)
			}
		})
	}
}

// A draft says of the text that it leaves alone whose it is, and what changes.
func TestPreviewSaysWhatStays(t *testing.T) {
	w, base := realDesk(t)
	pen, _ := base.Entry("guide/pen")
	const official, ofStaff = "官方原文不变", "现在的答案（客服改过，不是官方原文）不变"
	check := func(about string, r []bot.Reply, want ...string) {
		t.Helper()
		for _, s := range want {
			if !strings.Contains(r[0].Text, s) {
				t.Errorf("%s: no %q in\n%s", about, s, r[0].Text)
			}
		}
		if want[0] == ofStaff && strings.Contains(r[0].Text, official) {
			t.Errorf("%s: staff's text is called official:\n%s", about, r[0].Text)
		}
	}
	check("nothing", w.staff("/edit guide/pen"), official+"，问法和标题也没有改")
	check("a title", w.staff("/edit guide/pen\n标题：核验单可以用哪种笔"), official+"，只改标题。")
	check("a phrasing", w.staff("/edit guide/pen\n- 拿什么笔写"), official+"，只改问法。")
	check("both", w.staff("/edit guide/pen\n核验单可以用哪种笔\n- 拿什么笔写"), official+"，只改标题和问法。")
	w.press(staffChat, 42, "上线")
	check("phrasings of staff before", w.mergeInto(applicant, "", "核验单可以用哪种笔红色行吗", "红色的不行。", kb.Entry{Title: map[kb.Lang]string{kb.Chinese: "核验单可以用哪种笔"}}), official+"，下面另加")
	w.press(staffChat, 42, "上线")
	check("an addition before", w.staff("/edit guide/pen\n标题："+pen.Title[kb.Chinese]), official+"，只改标题。")
	w.staff("/edit guide/pen\n答：什么笔都行。")
	w.press(staffChat, 42, "上线")
	check("a text of staff's", w.staff("/edit guide/pen\n标题：核验单可以用任何笔"), ofStaff, "只改标题。")
	check("an addition to it", w.mergeInto(applicant+1, "", "核验单可以用哪种笔绿色行吗", "绿色的也不行。", kb.Entry{Title: map[kb.Lang]string{kb.Chinese: "核验单可以用哪种笔"}}), ofStaff, "另加客服补充")
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// When an entry has as many additions as it may have, staff are told the way that
// leaves its text and rules alone; and that way leads on.
func TestAdditionsAreFull(t *testing.T) {
	w, base := realDesk(t)
	pen, _ := base.Entry("guide/pen")
	var draft []bot.Reply
	for n, colour := range []string{"红", "绿", "黄", "紫", "粉"} {
		draft = w.mergeInto(applicant+bot.ChatID(n), "", "核验单用"+colour+"色签字笔填写可以吗", colour+"色的不行。", pen)
		if n < 4 {
			w.tap(42, button(t, draft, "上线"))
		}
	}
	if text := draft[0].Text; !strings.Contains(text, "不能上线") || !strings.Contains(text, "/undo") || !strings.Contains(text, "不要用“改答案”") {
		t.Errorf("the fifth addition is answered\n%s", text)
	}
	w.staff("/undo guide/pen")
	draft = w.tap(42, button(t, draft, "✓ 附上客服答复"))
	draft = w.tap(42, button(t, draft, "附上客服答复"))
	if draft = w.tap(42, button(t, draft, "上线")); strings.Contains(draft[0].Text, "按“仍要上线”") {
		draft = w.tap(42, button(t, draft, "仍要上线"))
	}
	now, _ := base.Entry("guide/pen")
	if !strings.Contains(draft[0].Text, "已保存并上线") || len(now.Added) != 4 || !strings.Contains(now.Added[3].Lines[0], "粉色") || now.Body[kb.Chinese][0] != pen.Body[kb.Chinese][0] {
		t.Errorf("after /undo: %q, the additions are %+v", draft[0].Text, now.Added)
	}
}

// The card of a question tells a refusal from an answer, whatever staff did to the
// entry: a phrasing of theirs makes no answer of it, what they put beside it does.
func TestCardOfRefusal(t *testing.T) {
	w, base := realDesk(t)
	const question = "收费吗" // too short to be put to staff unasked
	card := func(chat bot.ChatID) string {
		w.handle(w.event(chat, 7, bot.Text{Text: question}))
		w.handle(w.event(chat, 7, bot.Command{Name: "human"}))
		return w.card().Text
	}
	check := func(about, want string) {
		t.Helper()
		w.config.Inquiries = bot.NewMemInquiries()
		w.restart()
		w.shown[staffChat] = nil
		if got := card(applicant + bot.ChatID(len(about))); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", about, want, got)
		}
	}
	const refused, answered = "原因：要找人工\n告诉过资料里没有：", "原因：要找人工\n回答过："
	check("official", refused)
	e, _ := base.Entry("notcovered/fees")
	e.By, e.Change, e.Phrasings = "x", "1", append(e.Phrasings, "备案的花费是几块")
	if err := base.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	check("a phrasing of staff", refused)
	e, _ = base.Entry("notcovered/fees")
	e.Change, e.Added = "2", []kb.Addition{{Lines: []string{"客服补充：不要钱。"}, Source: "客服", AsOf: "2026-01-01"}}
	if err := base.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	check("an addition of staff's", answered)
}

// To merge an answer into an official entry leaves the official text as it is: a
// rule is not replaced, for nobody, and what staff say stands below it, signed.
func TestMergeIntoOfficial(t *testing.T) {
	ctx := t.Context()
	base, err := kb.Open(ctx, slog.New(slog.DiscardHandler), content.FS, kb.NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	for _, tt := range []struct {
		about, entry, question string
		joined                 bool   // before anything is pressed
		scope                  string // of who asked, as the addition names it
	}{
		{"a rule by province", "guide/signing", "江西个人核验单要按手印吗", false, "（适用：江西，个人）"},
		{"a guidance entry", "guide/pen", "核验单用什么笔填", false, ""},
		{"a refusal", "notcovered/fees", "备案要钱吗", true, ""},
	} {
		t.Run(tt.about, func(t *testing.T) {
			w := newWorld(t)
			w.config.Knowledge = base
			w.restart()
			official := base.Ask(kb.Question{Text: tt.question})
			if official.Entry != tt.entry {
				t.Fatalf("%s is answered by %q, want %q", tt.question, official.Entry, tt.entry)
			}
			w.say(tt.question)
			if official.Answered() {
				w.press(applicant, 7, "没解决")
			}
			told := map[bool]string{true: "回答过：", false: "告诉过资料里没有："}[official.Answered()]
			if got := w.card().Text; !strings.Contains(got, told) {
				t.Errorf("the card does not say %q:\n%s", told, got)
			}
			w.replyTo(42, "以现场要求为准。\n可以带印泥。")
			e, _ := base.Entry(tt.entry)
			label := "并入「" + e.Title[kb.Chinese] + "」"
			if r := []rune(label); len(r) > 30 {
				label = string(r[:29]) + "…"
			}
			draft := w.press(staffChat, 42, label)[0]
			if got := strings.Contains(draft.Text, "下面另加客服补充"); got != tt.joined || strings.Contains(draft.Text, "会换掉") {
				t.Errorf("the draft is\n%s", draft.Text)
			}
			own := fmt.Sprintf("原有的 %d 个问法", len(e.Phrasings)+1)
			if !tt.joined {
				if strings.Contains(draft.Text, "原有的") {
					t.Errorf("with phrasings alone the draft says that answers change:\n%s", draft.Text)
				}
				draft = w.press(staffChat, 42, "附上客服答复")[0]
			}
			if !strings.Contains(draft.Text, own) || !strings.Contains(draft.Text, "官方原文不变") {
				t.Errorf("no %q in the draft\n%s", own, draft.Text)
			}
			w.press(staffChat, 42, "上线")
			now, _ := base.Entry(tt.entry)
			want := official.Text() + "\n客服补充" + tt.scope + "：以现场要求为准。\n可以带印泥。\n出处：客服（" + now.Changed.In(time.FixedZone("", 8*3600)).Format(time.DateOnly) + "）"
			if a := base.Ask(kb.Question{Text: tt.question}); a.Text() != want {
				t.Errorf("%s is answered\n%s\nwant\n%s", tt.question, a.Text(), want)
			}
			w.staff("/edit " + tt.entry + "\n答：不用。")
			r := w.shown[staffChat][len(w.shown[staffChat])-1]
			if replaced := "会换掉原来的：" + base.Preview(now, kb.Chinese).Lines[0].Text; !strings.Contains(r.Text, replaced) || !strings.Contains(r.Text, "原有的") {
				t.Errorf("an edit of the text does not show %q, or not whose answers change:\n%s", replaced, r.Text)
			}
			w.staff("/undo " + tt.entry)
			if a := base.Ask(kb.Question{Text: tt.question}); a.Text() != official.Text() || a.Band != official.Band {
				t.Errorf("undone, %s is answered\n%s\nwant\n%s", tt.question, a.Text(), official.Text())
			}
			if len(w.errs) != 0 {
				t.Errorf("errors: %v", w.errs)
			}
		})
	}
}
