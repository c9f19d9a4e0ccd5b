package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"beianbot/bot"
	"beianbot/kb"
)

// An official entry is hidden with a second tap, and undone.
func TestRetireShipped(t *testing.T) {
	w := newWorld(t)
	if r := w.staff("/retire guide/pen"); !strings.Contains(r[0].Text, "官方") || w.know.puts != 0 {
		t.Errorf("/retire says %q, %d versions put", r[0].Text, w.know.puts)
	}
	w.press(staffChat, 42, "撤下")
	if _, ok := w.know.Entry("guide/pen"); ok {
		t.Error("the entry is in service after the tap")
	}
}

// Provinces are chosen from a list, several of them, and hold the entry by its
// phrasings.
func TestDraftProvinces(t *testing.T) {
	w := newWorld(t)
	w.staff("/add 要居住证吗\n答：要。")
	w.press(staffChat, 42, "省份")
	w.press(staffChat, 42, "福建")
	w.press(staffChat, 42, "江西")
	w.press(staffChat, 42, "✓ 福建")
	w.press(staffChat, 42, "浙江")
	r := w.press(staffChat, 42, "完成")
	for _, want := range []string{"适用：江西、浙江", "自动加的问法：江西要居住证吗、浙江要居住证吗"} {
		if !strings.Contains(r[0].Text, want) {
			t.Errorf("the draft has no %q:\n%s", want, r[0].Text)
		}
	}
	if r[0].Edit == 0 {
		t.Error("the draft is a new message, want the old one edited")
	}
}

// Whoever asks for a part of a draft writes it, also in a colleague's draft.
func TestDraftOfColleague(t *testing.T) {
	w := newWorld(t)
	w.staff("/add 要居住证吗\n答：要。")
	w.press(staffChat, 43, "改标题")
	if r := w.staff("要户口本吗"); len(r) != 0 {
		t.Errorf("the first author is answered %+v", r)
	}
	r := w.handle(w.event(staffChat, 43, bot.Text{Text: "要暂住证吗"}))
	if len(r) != 1 || !strings.Contains(r[0].Text, "标题：要暂住证吗") {
		t.Errorf("the colleague is answered %+v", r)
	}
}

// What looks like a telephone number wants one more tap; the second one works.
func TestPublishNeedsSecondTap(t *testing.T) {
	w := newWorld(t)
	w.staff("/add 电话多少\n答：打 13800138000。")
	if r := w.press(staffChat, 42, "上线"); !strings.Contains(r[0].Text, "再确认一次") || w.know.puts != 0 {
		t.Errorf("the first tap says %q, %d entries put", r[0].Text, w.know.puts)
	}
	if r := w.press(staffChat, 42, "仍要上线"); !strings.Contains(r[0].Text, "已保存并上线") || w.know.puts != 1 {
		t.Errorf("the second tap says %q, %d entries put", r[0].Text, w.know.puts)
	}
}

// Two who edit the same entry: the second is told, and may insist.
func TestEditConflict(t *testing.T) {
	w := newWorld(t)
	colleague := func(text string) []bot.Reply { return w.handle(w.event(staffChat, 43, body(text))) }
	w.staff("/edit guide/pen\n答：甲。")
	mine := w.shown[staffChat][len(w.shown[staffChat])-1].Buttons[0][0].Data
	colleague("/edit guide/pen\n答：乙。")
	w.press(staffChat, 43, "上线")
	r := w.handle(w.event(staffChat, 42, bot.Press{Query: "q", Data: mine}))
	if !strings.Contains(r[0].Text, "被") || !strings.Contains(w.say("什么笔")[0].Text, "乙。") {
		t.Errorf("the second to publish is told %q", r[0].Text)
	}
	w.press(staffChat, 42, "仍要上线")
	if got := w.say("什么笔")[0].Text; !strings.Contains(got, "甲。") {
		t.Errorf("after insisting the answer is %q", got)
	}
	w.staff("/undo guide/pen")
	if got := w.say("什么笔")[0].Text; !strings.Contains(got, "乙。") {
		t.Errorf("undone, the answer is %q", got)
	}
}

// An entry is edited part by part; what was English does not stay behind.
func TestEditParts(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct{ press, text, want string }{
		{"改标题", "核验单拿什么写", "标题：核验单拿什么写"},
		{"改问法", "+ 铅笔行吗\n+ 毛笔行吗", "问法：什么笔、pen、铅笔行吗、毛笔行吗"},
		{"改问法", "只有这个", "问法：只有这个\n"},
		{"改答案", "用黑笔。\n出处：管局通知", "用黑笔。\n出处：管局通知（"},
		{"改出处", "出处：另一个通知", "出处：另一个通知（"},
	} {
		if step.press == "改标题" {
			w.staff("/edit guide/pen")
		}
		w.press(staffChat, 42, step.press)
		if r := w.staff(step.text); len(r) != 1 || !strings.Contains(r[0].Text, step.want) {
			t.Errorf("%s: the draft is\n%+v\nwant %q in it", step.press, r, step.want)
		}
	}
	w.press(staffChat, 42, "上线")
	e, _ := w.know.Entry("guide/pen")
	if len(e.Body[kb.English]) != 0 || e.Title[kb.English] != "" || e.Source[kb.English] != "" || e.By == "" {
		t.Errorf("the entry is now %+v", e)
	}
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	w.staff("/add 题目在此\n- 问法\n答：好。")
	w.press(staffChat, 42, "上线")
	r := w.staff("/export")
	if len(r) != 1 || r[0].File == nil {
		t.Fatalf("/export is answered %+v", r)
	}
	rows := kb.ParseArchive(r[0].File.Data)
	if len(rows) != 1 || rows[0].Err != nil || rows[0].Entry.Title[kb.Chinese] != "题目在此" || rows[0].Entry.By == "" {
		t.Errorf("the export is\n%s", r[0].File.Data)
	}
}

// broken is an Inquiries that fails.
type broken struct{ bot.Inquiries }

func (broken) ChangeInquiry(context.Context, string, func(*bot.Inquiry) error) (bot.Inquiry, error) {
	return bot.Inquiry{}, errors.New("no")
}
