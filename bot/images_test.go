package bot_test

import (
	"slices"
	"strings"
	"testing"

	"beianbot/bot"
)

const consent = "境外的服务器；我只在内存里处理"

// Where pictures travel is said once in a chat, before the first one if the
// person asks how to send it, and with the answer to it if not.
func TestConsentOnce(t *testing.T) {
	jpeg := mustDraw(t, "jpeg 1000x800")
	for _, first := range []string{"查图片", "拼图", "/stitch", "a picture"} {
		w := newWorld(t)
		told := 0
		count := func(replies []bot.Reply) {
			for _, r := range replies {
				told += strings.Count(r.Text, consent)
			}
		}
		if first == "a picture" {
			count(w.upload(w.file("a.jpg", jpeg)))
		} else {
			count(w.say(first))
		}
		if told != 1 {
			t.Errorf("%s: said %d times before or with the first picture, want once", first, told)
		}
		count(w.say("查图片"))
		count(w.upload(w.file("b.jpg", jpeg)))
		count(w.upload(w.file("c.jpg", jpeg), w.file("d.jpg", jpeg)))
		if told != 1 {
			t.Errorf("%s: said %d times in all, want once", first, told)
		}
	}
}

// 删除我的图片 takes out what the person sent and what the bot sent back, and
// nothing is left to stitch.
func TestDeletePictures(t *testing.T) {
	w := newWorld(t)
	jpeg := mustDraw(t, "jpeg 1000x800 6")
	a, b := w.file("a.jpg", jpeg), w.photo(jpeg)
	up := w.event(applicant, 7, bot.Upload{Files: []bot.FileRef{a, b}})
	w.handle(up)
	w.handle(up) // the same again
	for i, r := range w.press(applicant, 7, "要文件") {
		if err := w.bot.Sent(t.Context(), w.last, r, bot.MessageID(9000+i)); err != nil {
			t.Fatal(err)
		}
	}
	staff := bot.Reply{Text: "x", Chat: staffChat, File: &bot.File{Name: "x"}}
	if err := w.bot.Sent(t.Context(), w.last, staff, 9999); err != nil {
		t.Fatal(err)
	}
	w.port.stay = 1
	if r := w.say("删除我的图片"); len(r) != 1 || !strings.Contains(r[0].Text, "有 1 条") {
		t.Errorf("with one that stays: %+v", r)
	}
	w.port.stay = 0
	if r := w.say("/delete"); len(r) != 1 || !strings.Contains(r[0].Text, "已删除您的图片") {
		t.Errorf("once more: %+v", r)
	}
	if want := []bot.MessageID{a.Message, b.Message, 9000, 9001}; !slices.Equal(w.port.deleted, want) {
		t.Errorf("deleted %v, want %v", w.port.deleted, want)
	}
	if r := w.press(applicant, 7, "拼成一张"); len(r) != 1 || !strings.Contains(r[0].Text, "过期") {
		t.Errorf("stitching what was deleted: %+v", r)
	}
	w.upload(w.file("c.jpg", jpeg))
	if r := w.say("/forget"); len(r) != 1 || !strings.Contains(r[0].Text, "还有 1 条") {
		t.Errorf("/forget with a picture in the chat: %+v", r)
	}
	if r := w.press(applicant, 7, "删除我的图片"); len(r) != 1 || !strings.Contains(r[0].Text, "已删除您的图片") || len(w.port.deleted) != 5 {
		t.Errorf("the button after that: %+v, deleted %v", r, w.port.deleted)
	}
	if r := w.say("/forget"); len(r) != 1 || len(r[0].Buttons) != 0 {
		t.Errorf("/forget without pictures: %+v", r)
	}
	if r := w.say("/delete"); len(r) != 1 || !strings.Contains(r[0].Text, "没有记着") {
		t.Errorf("deleting nothing: %+v", r)
	}
	if r := w.handle(w.event(-3003, 7, body("/delete"))); len(r) != 1 || !strings.Contains(r[0].Text, "私聊") {
		t.Errorf("in a group: %+v", r)
	}
}
