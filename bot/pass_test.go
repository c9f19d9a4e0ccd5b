package bot_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
)

const (
	passThis    = "把这张图片给客服看"
	passConfirm = "确认转给客服"
)

// passedTo are the pictures among replies that go to staff.
func passedTo(replies []bot.Reply) []bot.Reply {
	var list []bot.Reply
	for _, r := range replies {
		if r.Pass.ID != "" {
			list = append(list, r)
		}
	}
	return list
}

// labels are those of all buttons under replies.
func labels(replies []bot.Reply) []string {
	var list []string
	for _, r := range replies {
		for _, row := range r.Buttons {
			for _, b := range row {
				list = append(list, b.Label)
			}
		}
	}
	return list
}

// data returns what the newest button with a label in a chat carries.
func (w *world) data(chat bot.ChatID, label string) string {
	w.t.Helper()
	for _, r := range slices.Backward(w.shown[chat]) {
		for _, b := range buttonsOf([]bot.Reply{r}) {
			if b.Label == label {
				return b.Data
			}
		}
	}
	w.t.Fatalf("no button %q", label)
	return ""
}

// A picture goes to staff on the second tap and not before, once, by its
// identifier; the answer to it comes back, and the copy goes with the picture.
func TestPassPicture(t *testing.T) {
	w := newWorld(t)
	ref := w.photo(mustDraw(t, "jpeg 1000x800"))
	if r := w.upload(ref); !slices.Contains(labels(r), passThis) || len(toStaff(r)) != 0 {
		t.Fatalf("the verdict: %+v", r)
	}
	r := w.press(applicant, 7, passThis)
	if len(r) != 1 || !strings.Contains(r[0].Text, "转到客服群，本机器人不保存") || !slices.Equal(labels(r), []string{passConfirm}) {
		t.Fatalf("the first tap: %+v", r)
	}
	if r := w.say("1"); len(passedTo(r)) != 0 {
		t.Error("a figure is taken for the second tap")
	}
	if r := w.say(passThis); len(passedTo(r)) != 0 || !slices.Contains(labels(r), passConfirm) {
		t.Errorf("the first tap, typed: %+v", r)
	}
	confirm := w.data(applicant, passConfirm)
	r = w.press(applicant, 7, passConfirm)
	list := passedTo(r)
	if len(list) != 1 || len(toStaff(r)) != 2 || r[0].Edit == 0 || !strings.Contains(r[0].Text, "正在把这张图片转到客服群") {
		t.Fatalf("the second tap: %+v", r)
	}
	p := list[0]
	if p.Chat != staffChat || p.Topic == "" || p.File != nil || p.Pass.ID != ref.ID || !p.Pass.Photo || p.Pass.Name != "" || strings.Contains(p.Text, "\n") {
		t.Errorf("to staff goes %+v", p)
	}
	tag, _, _ := strings.Cut(p.Text, " ")
	if card := w.card().Text; !strings.HasPrefix(card, tag+" 1 人问") || !strings.Contains(card, "请客服看图片") {
		t.Errorf("the card of %s is\n%s", tag, card)
	}
	if err := w.bot.Sent(t.Context(), w.last, p, 777); err != nil {
		t.Fatal(err)
	}
	if r := w.handle(w.last); len(passedTo(r)) != 1 || len(toStaff(r)) != 1 {
		t.Errorf("the same press again, as after a crash: %+v", r)
	}
	if r := w.handle(w.event(applicant, 7, bot.Press{Query: "q", Data: confirm})); len(toStaff(r)) != 0 || !strings.Contains(r[0].Text, "已经转给客服") {
		t.Errorf("a third tap: %+v", r)
	}
	e := w.event(staffChat, 42, bot.Text{Text: "请换一张，右下角看不清。"})
	e.ReplyTo, e.Follows, e.Quoted = 777, true, p.Text
	said := w.handle(e)
	if len(said) != 2 || said[0].Edit != 0 || said[1].Chat != applicant || !strings.Contains(said[1].Text, "右下角看不清") {
		t.Errorf("a reply to the picture: %+v", said)
	}
	if got := labels(said[:1]); !slices.Equal(got, []string{"不存"}) {
		t.Errorf("under the answer are %q, want no entry made of it", got)
	}
	save := "save:" + strings.TrimPrefix(tag, "#")
	if r := w.handle(w.event(staffChat, 42, bot.Press{Query: "q", Data: save})); !strings.Contains(r[0].Text, "按钮已经失效") {
		t.Errorf("saving it all the same: %+v", r)
	}
	w.port.stay = 1
	if r := w.say("/delete"); !strings.Contains(r[0].Text, "1 张没能从客服群里删掉") || len(w.port.away) != 0 {
		t.Errorf("/delete when Telegram does not let: %+v, deleted there %v", r, w.port.away)
	}
	w.port.stay = 0
	if r := w.say("/delete"); !strings.Contains(r[0].Text, "1 张，也从客服群里删掉") || !slices.Equal(w.port.away, []bot.MessageID{777}) {
		t.Errorf("/delete: %+v, deleted there %v", r, w.port.away)
	}
	if r := w.handle(w.event(applicant, 7, bot.Press{Query: "q", Data: confirm})); len(toStaff(r)) != 0 || !strings.Contains(r[0].Text, "已经不在了") {
		t.Errorf("a tap after that: %+v", r)
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// A picture that belongs to a question goes below a card of its own that names it;
// what is said with it is masked, and the file's name is no part of it.
func TestPassWithAQuestion(t *testing.T) {
	w := newWorld(t)
	w.upload(w.file("张三 身份证.jpg", mustDraw(t, "jpeg 1000x800")))
	r := w.say("/human 我叫张三，身份证350102199003078888能用吗")
	tag, _, _ := strings.Cut(w.card().Text, " ")
	if !slices.Contains(labels(here(r)), passThis) {
		t.Errorf("转人工 is answered %+v, want the button under it", r)
	}
	if r := w.say("/human"); !slices.Contains(labels(r), passThis) {
		t.Errorf("转人工 once more is answered %+v, want the button under it", r)
	}
	w.press(applicant, 7, passThis)
	r = w.press(applicant, 7, passConfirm)
	list := passedTo(r)
	if len(list) != 1 || len(toStaff(r)) != 2 || strings.Contains(list[0].Text, tag) || list[0].Pass.Photo {
		t.Fatalf("the picture goes as %+v, want it with a card, and not to %s", r, tag)
	}
	if card := w.card().Text; !strings.Contains(card, "属于问题 "+tag+"：“我叫***，身份证***能用吗”") {
		t.Errorf("the card does not name %s:\n%s", tag, card)
	}
	if strings.Contains(list[0].Text, "张三") || strings.Contains(list[0].Text, "3501021990") || list[0].Pass.Name != "" {
		t.Errorf("the caption is %q, name %q", list[0].Text, list[0].Pass.Name)
	}
}

// What staff say about a picture goes to the person whose it is, whoever else asked
// the question that it belongs to, and no entry comes of it. Each picture is apart.
func TestPassIsOfOnePerson(t *testing.T) {
	w := newWorld(t)
	const question, other = "宠物猫狗可以当负责人吗", applicant + 1
	w.handle(w.event(other, 8, bot.Command{Name: "human", Args: question}))
	shared := w.card()
	w.upload(w.file("a.jpg", mustDraw(t, "jpeg 400x300")))
	w.handle(w.event(applicant, 7, bot.Command{Name: "human", Args: question}))
	var captions []string
	for range 2 {
		w.press(applicant, 7, passThis)
		list := passedTo(w.press(applicant, 7, passConfirm))
		if len(list) != 1 || !strings.Contains(list[0].Text, question) || !strings.Contains(w.card().Text, "1 人问") {
			t.Fatalf("passed is %+v with the card\n%s", list, w.card().Text)
		}
		if err := w.bot.Sent(t.Context(), w.last, list[0], 777); err != nil {
			t.Fatal(err)
		}
		captions = append(captions, list[0].Text)
		w.say("重新开始")
		w.upload(w.file("b.jpg", mustDraw(t, "jpeg 300x400")))
	}
	answer := func(card, text string) (to []bot.ChatID, r []bot.Reply) {
		e := w.event(staffChat, 42, bot.Text{Text: text})
		e.ReplyTo, e.Follows, e.Quoted = 777, true, card
		r = w.handle(e)
		for _, one := range r {
			if one.Chat > 0 {
				to = append(to, one.Chat)
			}
		}
		return to, r
	}
	for n, caption := range captions {
		to, r := answer(caption, "地址“幸福路3号”看不清，请重拍。")
		if !slices.Equal(to, []bot.ChatID{applicant}) || !slices.Equal(labels(r), []string{"不存"}) {
			t.Errorf("what is said of picture %d goes to %v, with buttons %q", n+1, to, labels(r))
		}
	}
	if to, _ := answer(shared.Text, "不可以。"); !slices.Equal(to, []bot.ChatID{other, applicant}) {
		t.Errorf("the answer to the question goes to %v, want to both", to)
	}
	w.staff("/add 宠物猫狗可以当负责人吗\n答：不可以。")
	if r := w.press(staffChat, 42, "上线"); strings.Contains(r[0].Text, "看我发的图片") || len(w.know.entries[len(w.know.entries)-1].Phrasings) != 0 {
		t.Errorf("an entry takes up the pictures: %+v", r)
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// Of several pictures the person chooses one, after 没解决 too; what cannot be
// opened is not among them.
func TestPassOneOfSeveral(t *testing.T) {
	w := newWorld(t)
	jpeg := mustDraw(t, "jpeg 1000x800")
	refs := []bot.FileRef{w.file("a.jpg", jpeg), w.file("b.jpg", mustDraw(t, "text")), w.file("c.jpg", mustDraw(t, "jpeg 900x700"))}
	if r := w.upload(refs...); !slices.Contains(labels(r), "把图片给客服看") {
		t.Fatalf("the album is answered %+v", r)
	}
	w.say("什么笔")
	if r := here(w.press(applicant, 7, "没解决")); !slices.Contains(labels(r), "把图片给客服看") {
		t.Errorf("没解决 is answered %+v, want the button under it", r)
	}
	r := w.press(applicant, 7, "把图片给客服看")
	if got := labels(r); !slices.Equal(got, []string{"第 1 张", "第 3 张"}) {
		t.Errorf("to choose from are %q", got)
	}
	w.press(applicant, 7, "第 3 张")
	if list := passedTo(w.press(applicant, 7, passConfirm)); len(list) != 1 || list[0].Pass.ID != refs[2].ID {
		t.Errorf("passed is %+v, want the third", list)
	}
}

// Nothing goes to staff by data that was forged, from another chat or a group, or
// when the picture is no longer in the chat's list.
func TestPassRefused(t *testing.T) {
	if _, err := shipped(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		about string
		do    func(w *world)
		chat  bot.ChatID
		data  string // empty: that of the button
	}{
		{about: "no such picture", chat: applicant, data: "pass-yes:5999"},
		{about: "no number", chat: applicant, data: "pass-yes:../5000"},
		{about: "a set", chat: applicant, data: "pass-yes:s9"},
		{about: "zero", chat: applicant, data: "pass-yes:0"},
		{about: "the number written otherwise", chat: applicant, data: "pass-yes:05000"},
		{about: "another person's chat", chat: applicant + 1},
		{about: "a group", chat: -3003},
		{about: "the staff chat", chat: staffChat},
		{about: "after it was cleared", chat: applicant, do: func(w *world) { w.say("重新开始") }},
		{about: "after /forget", chat: applicant, do: func(w *world) { w.say("/forget") }},
		{about: "after it was deleted", chat: applicant, do: func(w *world) { w.say("/delete") }},
		{about: "after half an hour", chat: applicant, do: func(w *world) { time.Sleep(31 * time.Minute) }},
		{about: "when there are no staff any more", chat: applicant, do: func(w *world) { w.config.StaffChat = 0; w.restart() }},
	} {
		t.Run(tt.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.upload(w.file("a.jpg", mustDraw(t, "jpeg 400x300")))
				w.press(applicant, 7, passThis)
				data := tt.data
				if data == "" {
					data = w.data(applicant, passConfirm)
				}
				if tt.do != nil {
					tt.do(w)
				}
				for _, d := range []string{data, strings.Replace(data, "pass-yes:", "pass:", 1)} {
					r := w.handle(w.event(tt.chat, 7, bot.Press{Query: "q", Data: d}))
					if len(r) != 1 || r[0].Chat != 0 || r[0].Pass.ID != "" || len(r[0].Buttons) != 0 {
						t.Errorf("%s is answered %+v, want a sentence", d, r)
					}
				}
			})
		})
	}
	w := newWorld(t)
	w.config.StaffChat = 0
	w.restart()
	if r := w.upload(w.file("a.jpg", mustDraw(t, "jpeg 400x300"))); slices.Contains(labels(r), passThis) {
		t.Error("the button is there without staff")
	}
}

// The staff group is not flooded with pictures, and who waits is told so.
func TestPassBusy(t *testing.T) {
	w := newWorld(t)
	said := make(map[string]int)
	for i := range 12 {
		chat := applicant + bot.ChatID(i)
		e := w.event(chat, 7, bot.Upload{Files: []bot.FileRef{w.file("a.jpg", mustDraw(t, "jpeg 400x300"))}})
		w.handle(e)
		w.press(chat, 7, passThis)
		r := w.press(chat, 7, passConfirm)
		switch {
		case len(passedTo(r)) == 1:
			said["passed"]++
		case strings.Contains(r[0].Text, "过一分钟再按") && r[0].Edit == 0:
			said["busy"]++
		}
	}
	if said["passed"] == 0 || said["busy"] == 0 || said["passed"]+said["busy"] != 12 {
		t.Errorf("of twelve in a minute: %v", said)
	}
}

// A picture that did not arrive with staff is not said to be there: the person
// learns it with the next reply, may pass it again, and /delete knows of none.
func TestPassDidNotArrive(t *testing.T) {
	const lost = "1 张图片，多半没有转到客服群"
	w := newWorld(t)
	w.upload(w.file("a.jpg", mustDraw(t, "jpeg 400x300")))
	w.press(applicant, 7, passThis)
	tap := w.data(applicant, passConfirm)
	pass := func() []bot.Reply { return w.handle(w.event(applicant, 7, bot.Press{Query: "q", Data: tap})) }
	r := pass()
	if len(passedTo(r)) != 1 || strings.Contains(r[0].Text, "已转到") || strings.Contains(r[0].Text, "多半没有") {
		t.Fatalf("the tap is answered %+v", r)
	}
	if u := passedTo(r)[0].Undelivered; u == nil || u.Chat != 0 || !strings.Contains(u.Text, lost) {
		t.Errorf("when the staff chat takes nothing, %+v is said", u)
	}
	if r := w.handle(w.last); len(passedTo(r)) != 1 || len(here(r)) != 1 {
		t.Errorf("the same tap again, as after a crash: %+v", r)
	}
	r = w.say("什么笔") // Sent was not called
	if got := r[len(r)-1].Text; !strings.Contains(got, lost) {
		t.Errorf("the next reply is %+v, want that the picture is not there", r)
	}
	if r := w.handle(w.last); !strings.Contains(r[len(r)-1].Text, lost) {
		t.Errorf("the same event again is answered %+v", r)
	}
	if r := w.say("什么笔"); strings.Contains(r[len(r)-1].Text, lost) {
		t.Errorf("it is said twice: %+v", r)
	}
	if r := pass(); len(passedTo(r)) != 1 || len(toStaff(r)) != 1 {
		t.Errorf("another try is answered %+v, want the picture, and no second card", r)
	}
	if r := w.say("/delete"); len(w.port.away) != 0 || !strings.Contains(r[len(r)-1].Text, lost) || strings.Contains(r[0].Text, "没能从客服群里删掉") {
		t.Errorf("/delete is answered %+v", r)
	}
	if r := w.say("/delete"); len(r) != 1 || !strings.Contains(r[0].Text, "没有记着的图片") {
		t.Errorf("/delete again is answered %+v", r)
	}
}

// No more than so many pictures of a person go to staff in two days, which is said;
// after that they are no longer remembered.
func TestPassMany(t *testing.T) {
	if _, err := shipped(); err != nil {
		t.Fatal(err)
	}
	jpeg := mustDraw(t, "jpeg 120x90")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		said := make(map[string]int)
		pass := func() (string, []bot.Reply) {
			w.say("重新开始")
			w.upload(w.file("a.jpg", jpeg))
			w.press(applicant, 7, passThis)
			r := w.press(applicant, 7, passConfirm)
			time.Sleep(time.Minute)
			if list := passedTo(r); len(list) == 1 {
				if err := w.bot.Sent(t.Context(), w.last, list[0], bot.MessageID(7000+w.update)); err != nil {
					t.Fatal(err)
				}
				return "passed", r
			}
			return "refused", r
		}
		var r []bot.Reply
		for day := range 2 {
			if day > 0 {
				time.Sleep(24 * time.Hour)
			}
			for range 10 {
				how, _ := pass()
				said[how]++
			}
		}
		how, r := pass()
		if said["passed"] != 20 || how != "refused" || !strings.Contains(r[0].Text, "已转给客服 20 张") {
			t.Errorf("of twenty %v, and the next is answered %+v", said, r)
		}
		time.Sleep(24 * time.Hour) // the first ten are two days old
		if how, r := pass(); how != "passed" {
			t.Errorf("two days later one is answered %+v", r)
		}
		w.port.stay = 1 // each is deleted by itself, so none goes
		if r := w.say("/delete"); !strings.Contains(r[0].Text+r[len(r)-1].Text, "11 张没能") {
			t.Errorf("/delete is answered %+v, want eleven that stay", r)
		}
		time.Sleep(25 * time.Hour)
		w.say("什么笔")
		time.Sleep(25 * time.Hour)
		if r := w.say("/delete"); strings.Contains(r[len(r)-1].Text, "没能从客服群里删掉") {
			t.Errorf("after two days /delete is answered %+v", r)
		}
	})
}
