package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"beianbot/bot"
)

// toStaff are the replies to the staff chat.
func toStaff(replies []bot.Reply) []bot.Reply {
	var list []bot.Reply
	for _, r := range replies {
		if r.Chat == staffChat {
			list = append(list, r)
		}
	}
	return list
}

// away counts the replies that go to other chats.
func away(replies []bot.Reply) int { return len(replies) - len(here(replies)) }

// The same event twice makes one card, one count and one message. When a crash
// came before the session was saved, nothing had been said: it is said then, and
// counted once all the same.
func TestDeskRepeats(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("session lost %v", lost), func(t *testing.T) {
			w := newWorld(t)
			inquiries, counts := bot.NewMemInquiries(), bot.NewMemCounts()
			w.config.Inquiries, w.config.Counts = inquiries, counts
			w.restart()
			again := func() []bot.Reply {
				if lost {
					w.config.Chats = bot.NewMemChats()
					w.restart()
				}
				return w.handle(w.last)
			}
			cards := len(toStaff(w.say("福建要居住证吗"))) + len(toStaff(again()))
			messages := away(w.replyTo(42, "要。")) + away(again())
			if want := map[bool]int{false: 1, true: 2}[lost]; cards != want || messages != want {
				t.Errorf("%d cards and %d messages, want %d of each", cards, messages, want)
			}
			list, err := inquiries.OpenInquiries(t.Context())
			if err != nil || len(list) != 1 || list[0].Count != 1 || len(list[0].Answers) != 1 {
				t.Errorf("inquiries %+v, %v, want one, asked once and answered once", list, err)
			}
		})
	}
}

// The same question is one card, whatever was talked about before, as long as its
// answer does not depend on that; and where it does, the queue says what is what.
func TestDeskGroups(t *testing.T) {
	type says struct {
		chat  bot.ChatID
		texts string // parted by |
	}
	const unresolved = "没解决"
	for _, tt := range []struct {
		about string
		says  []says
		want  []string // lines of the queue
	}{
		{
			"other words of politeness, other signs",
			[]says{{1, "能不能加急办理"}, {2, "请问能不能加急办理呀？"}, {3, "您好 能不能 加急办理，谢谢"}, {3, "能不能加急办理"}},
			[]string{"1. 3 人问，共 4 次：能不能加急办理"},
		},
		{
			"after other questions",
			[]says{{1, "什么笔|能不能加急办理"}, {2, "广东要手写什么|能不能加急办理"}, {3, "能不能加急办理"}},
			[]string{"1. 3 人问：能不能加急办理"},
		},
		{
			"of people in other provinces, who are shown",
			[]says{{1, "江西个人要按手印吗|能不能加急办理"}, {2, "广东个人要按手印吗|能不能加急办理"}, {3, "能不能加急办理"}},
			[]string{"1. 3 人问：能不能加急办理"},
		},
		{
			"provinces in the question",
			[]says{{1, "江西能不能加急办理"}, {2, "广东能不能加急办理"}},
			[]string{"1. 1 人问：江西能不能加急办理", "2. 1 人问：广东能不能加急办理"},
		},
		{
			"an answer that is worded by province",
			[]says{{1, "我在江西要备案呀|手印怎么按才行|" + unresolved}, {2, "我在广东要备案呀|手印怎么按才行|" + unresolved}, {3, "手印怎么按才行|" + unresolved}, {4, "我在江西要备案呀|手印怎么按才行|" + unresolved}},
			[]string{
				" 2 人问：手印怎么按才行（江西、回答过：核验单怎么签字盖章）", " 1 人问：手印怎么按才行（广东、回答过：核验单怎么签字盖章）",
				" 1 人问：手印怎么按才行（回答过：核验单怎么签字盖章）", "：我在江西", "：我在广东",
			},
		},
		{
			"nothing without the question before",
			[]says{{1, "什么笔好|要几份呢"}, {2, "广东要手写什么|要几份呢"}, {3, "什么笔好|请问要几份"}},
			[]string{"1. 2 人问：要几份呢（上一问：什么笔好）", "2. 1 人问：要几份呢（广东、上一问：广东要手写什么）"},
		},
	} {
		t.Run(tt.about, func(t *testing.T) {
			w := newWorld(t)
			for _, s := range tt.says {
				for text := range strings.SplitSeq(s.texts, "|") {
					chat := applicant + s.chat
					if text == unresolved {
						w.press(chat, 7, unresolved)
						continue
					}
					w.handle(w.event(chat, 7, bot.Text{Text: text}))
				}
			}
			queue := w.staff("/queue")[0].Text
			for _, want := range tt.want {
				if !strings.Contains(queue+"\n", want) {
					t.Errorf("no %q in\n%s", want, queue)
				}
			}
			if !strings.HasPrefix(queue, fmt.Sprintf("待答 %d 个", len(tt.want))) {
				t.Errorf("the queue is\n%s\nwant %d lines", queue, len(tt.want))
			}
		})
	}
}

// The card names who asks by province, when that is not one.
func TestCardNamesProvinces(t *testing.T) {
	w := newWorld(t)
	for i, text := range []string{"我在江西要备案呀", "我在江西要备案呀", "广东要手写什么", ""} {
		chat := applicant + bot.ChatID(i)
		if text != "" {
			w.handle(w.event(chat, 7, bot.Text{Text: text}))
		}
		w.handle(w.event(chat, 7, bot.Text{Text: "能不能加急办理"}))
	}
	w.press(staffChat, 42, "认领")
	if got := w.card().Text; !strings.Contains(got, "提问人：江西 2 人、广东 1 人、没说省份 1 人") {
		t.Errorf("the card is\n%s", got)
	}
}

// One chat cannot fill the queue.
func TestDeskFlood(t *testing.T) {
	w := newWorld(t)
	cards := 0
	var last []bot.Reply
	for i := range 30 {
		last = w.say(fmt.Sprintf("第%d个没有答案的问题", i))
		cards += len(toStaff(last))
	}
	if cards != 10 || !strings.Contains(last[0].Text, "今天已有 10 个问题") {
		t.Errorf("%d cards, and the last is told %q", cards, last[0].Text)
	}
	if w.say("/forget"); len(toStaff(w.say("忘了以后再来一个问题"))) != 0 {
		t.Error("after /forget the chat may go on")
	}
	if len(toStaff(w.handle(w.event(applicant+1, 8, bot.Text{Text: "别人的一个问题"})))) != 1 {
		t.Error("another chat is held up")
	}
}

// A tag that a person writes into a question leads nowhere, and neither does a
// reply to a message that is not a card.
func TestDeskForgedTag(t *testing.T) {
	w := newWorld(t)
	tag, _, _ := strings.Cut(toStaff(w.say("福建要居住证吗"))[0].Text, " ")
	w.handle(w.event(applicant+1, 8, bot.Text{Text: tag + " 我要看别人的答复"}))
	replies := w.replyTo(42, "答复")
	for _, r := range replies {
		if r.Chat == applicant {
			t.Error("the reply to one card went to who asked another")
		}
	}
	e := w.event(staffChat, 42, bot.Text{Text: "答复"})
	e.ReplyTo, e.Follows, e.Quoted = 900, true, "客服条目共 1 条：\n"+tag
	if r := w.handle(e); away(r) != 0 {
		t.Errorf("a reply to a list is answered %+v", r)
	}
	e = w.event(applicant+1, 8, bot.Text{Text: "答复"})
	e.ReplyTo, e.Follows, e.Quoted = 900, true, tag+" 1 人问"
	for _, r := range w.handle(e) {
		if r.Chat == applicant {
			t.Error("an applicant answered a card")
		}
	}
}

// What staff say to the message about an answer is a supplement to it; the queue
// goes on over pages.
func TestDeskManyQuestions(t *testing.T) {
	w := newWorld(t)
	var cards []bot.Reply
	for i := range 23 {
		cards = append(cards, toStaff(w.handle(w.event(applicant+bot.ChatID(i), 8, bot.Text{Text: fmt.Sprintf("第%d种材料怎么交", i)})))...)
	}
	if len(cards) != 11 || !strings.Contains(cards[10].Text, "/queue") || len(w.errs) != 0 {
		t.Errorf("%d messages to staff in a minute, want ten cards and that there are more", len(cards))
	}
	for page, want := range []string{"1. 1 人", "11. 1 人", "23. 1 人", "23. 1 人"} {
		if got := w.staff(fmt.Sprintf("/queue %d", page+1))[0].Text; !strings.Contains(got, want) {
			t.Errorf("page %d has no %q:\n%s", page+1, want, got)
		}
	}
	e := w.event(staffChat, 42, bot.Text{Text: "补充"})
	e.ReplyTo, e.Follows = 900, true
	for _, r := range w.replyTo(42, "答复") {
		if strings.Contains(r.Text, "已发给 1 位") {
			e.Quoted = r.Text
		}
		if u := r.Undelivered; r.Chat != 0 && r.Chat != staffChat && (u == nil || u.Chat != 0 || !strings.Contains(u.Text, "没有收到")) {
			t.Errorf("nobody says that a person got no answer: %+v", r)
		}
	}
	r := w.handle(e)
	if away(r) != 1 || r[0].Edit != 0 {
		t.Errorf("a reply to %q is answered %+v", e.Quoted, r)
	}
}

// An entry that answers what waits for staff is told to who asked, with a tap.
func TestDeskSpread(t *testing.T) {
	w := newWorld(t)
	w.say("我想问福建要居住证吗")
	w.handle(w.event(applicant+1, 8, bot.Text{Text: "请问在福建要居住证吗"}))
	w.handle(w.event(applicant+2, 9, bot.Text{Text: "江西要居住证吗"}))
	w.staff("/add 福建要居住证吗\n答：要。")
	if r := w.press(staffChat, 42, "上线"); !strings.Contains(r[0].Text, "还有 2 个待答问题") {
		t.Errorf("after going live: %q", r[0].Text)
	}
	r := w.press(staffChat, 42, "发给提问人")
	if away(r) != 2 || !strings.Contains(r[0].Text, "答复 2 个问题，发给 2 位") || !strings.Contains(r[1].Text, "要。") {
		t.Errorf("the tap is answered %+v", r)
	}
	if r := w.handle(w.last); away(r) != 0 {
		t.Errorf("the same tap again is answered %+v", r)
	}
	if got := w.staff("/queue")[0].Text; !strings.Contains(got, "待答 1 个") || !strings.Contains(got, "江西") {
		t.Errorf("the queue is now\n%s", got)
	}
}

// After /forget nothing stands for the chat in the questions that it put to staff,
// whatever became of them: neither its number nor the hash by which it is counted.
// Those of others stay as they are.
func TestForgetLeavesNothing(t *testing.T) {
	const question, other = "宠物猫狗可以当负责人吗", applicant + 1
	for _, tt := range []struct {
		about string
		press []string // after the question
		reply string
	}{
		{about: "it waits"},
		{about: "somebody is at it", press: []string{"认领"}},
		{about: "it was answered", reply: "不可以。"},
		{about: "it was answered and closed", reply: "不可以。", press: []string{"不存"}},
		{about: "staff had no answer", press: []string{"不答", "确认不答"}},
	} {
		for _, alone := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, alone %v", tt.about, alone), func(t *testing.T) {
				w := newWorld(t)
				if !alone {
					w.handle(w.event(other, 8, bot.Command{Name: "human", Args: question}))
				}
				w.say("/human " + question)
				if alone {
					w.say("/human 第二个问题怎么办")
				}
				key := ""
				for _, r := range w.shown[staffChat] {
					if tag, _, _ := strings.Cut(r.Text, " "); strings.Contains(r.Text, question) && key == "" {
						key = strings.TrimPrefix(tag, "#")
					}
				}
				w.tap(42, "show:"+key)
				if tt.reply != "" {
					w.replyTo(42, tt.reply)
				}
				for _, label := range tt.press {
					w.press(staffChat, 42, label)
				}
				before, err := w.config.Inquiries.Inquiry(t.Context(), key)
				if err != nil || len(before.People) == 0 {
					t.Fatalf("before: %+v, %v", before, err)
				}
				w.say("/forget")
				i, err := w.config.Inquiries.Inquiry(t.Context(), key)
				if err != nil || len(w.errs) != 0 {
					t.Fatal(err, w.errs)
				}
				want := before.People[:0:0]
				if !alone {
					want = before.People[:1]
				}
				if strings.Join(i.People, " ") != strings.Join(want, " ") {
					t.Errorf("the people are %q, want %q", i.People, want)
				}
				for _, a := range i.Askers {
					if a.Chat == applicant {
						t.Errorf("the askers are %+v", i.Askers)
					}
				}
				if !alone && before.Ending == "" && len(i.Askers) != 1 {
					t.Errorf("the askers are %+v, want the other one", i.Askers)
				}
			})
		}
	}
}

// What colleagues say that does not go out is not left without a word: a reply to
// a message that is no card, and a reply to a card that was changed afterwards.
func TestWordsThatDoNotGoOut(t *testing.T) {
	w := newWorld(t)
	w.say("福建要居住证吗")
	queue := w.staff("/queue")[0].Text
	card := w.card().Text
	w.replyTo(42, "要。")
	const astray, amended = "不是待答卡片", "改过的话没有发给提问人"
	for _, tt := range []struct {
		about, quoted string
		body          bot.Body
		want          string // empty: nothing is said
	}{
		{"a reply to the queue", queue, bot.Text{Text: "第一个要的"}, astray},
		{"a word among colleagues", queue, bot.Text{Text: "// 第一个谁来"}, ""},
		{"talk that replies to nobody", "", bot.Text{Text: "今天谁值班"}, ""},
		{"a question that is covered", queue, bot.Text{Text: "什么笔"}, "黑色签字笔"},
		{"a reply to a card, changed", card, bot.Amended{Text: "不要。"}, amended},
		{"a word among colleagues, changed", card, bot.Amended{Text: "//不要。"}, ""},
		{"talk, changed", "", bot.Amended{Text: "明天谁值班"}, ""},
	} {
		e := w.event(staffChat, 42, tt.body)
		e.ReplyTo, e.Follows, e.Quoted = 900, tt.quoted != "", tt.quoted
		r := w.handle(e)
		if tt.want == "" && len(r) != 0 || tt.want != "" && (len(r) != 1 || r[0].Chat != 0 || !strings.Contains(r[0].Text, tt.want)) {
			t.Errorf("%s: %+v, want %q", tt.about, r, tt.want)
		}
	}
}

// Official entries that are out of service are listed with the way back, and an
// edit of one says where it is.
func TestHiddenIsListed(t *testing.T) {
	w := newWorld(t)
	w.staff("/retire guide/pen")
	w.press(staffChat, 42, "撤下")
	if got := w.staff("/list")[0].Text; !strings.Contains(got, "被撤下了") || !strings.Contains(got, "guide/pen") {
		t.Errorf("/list says\n%s", got)
	}
	if got := w.staff("/edit guide/pen")[0].Text; !strings.Contains(got, "/undo guide/pen") {
		t.Errorf("/edit says\n%s", got)
	}
}

// Buttons with forged data, in the staff chat and outside, are stale.
func TestDeskForgedButtons(t *testing.T) {
	w := newWorld(t)
	w.say("福建要居住证吗")
	w.staff("/add 题\n答：好。")
	for _, data := range []string{
		"claim:qaaaaaaaa", "claim:", "claim:../..", "take:q", "drop:qaaaaaaaa", "save:qaaaaaaaa", "merge:qaaaaaaaa:9", "merge:qaaaaaaaa", "keep:x",
		"show:qaaaaaaaa", "d:none:i", "d:", "d:none", "confirm:none", "ed:guide/none", "r:guide/none",
	} {
		for _, chat := range []bot.ChatID{staffChat, applicant} {
			r := w.handle(w.event(chat, 42, bot.Press{Query: "q", Data: data}))
			if len(r) != 1 || len(r[0].Buttons) != 0 {
				t.Errorf("%s in chat %d is answered %+v", data, chat, r)
			}
			if chat == applicant && !isStale(r[0].Text) {
				t.Errorf("%s outside the staff chat says %q", data, r[0].Text)
			}
		}
	}
	key := ""
	for _, r := range w.shown[staffChat] {
		for _, row := range r.Buttons {
			for _, b := range row {
				if k, ok := strings.CutPrefix(b.Data, "publish:"); ok {
					key, _, _ = strings.Cut(k, ":")
				}
			}
		}
	}
	for _, what := range []string{"=Nowhere", "=Nowhere+", "=+", "?", "?Nowhere+", "!", "x", "+", "-", "i", "j+", "tt"} {
		r := w.handle(w.event(staffChat, 42, bot.Press{Query: "q", Data: "d:" + key + ":" + what}))
		if len(r) != 1 || strings.Contains(r[0].Text, "适用：") {
			t.Errorf("%s is answered %+v", what, r)
		}
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}

// Nobody is told that a question was passed on when it was not.
func TestDeskBroken(t *testing.T) {
	w := newWorld(t)
	w.config.Inquiries = broken{bot.NewMemInquiries()}
	w.restart()
	for _, text := range []string{"福建要居住证吗", "/human 福建要居住证吗"} {
		if r := w.say(text); len(r) != 1 || strings.Contains(r[0].Text, "已转给") || len(w.errs) == 0 {
			t.Errorf("%s is answered %+v, errors %v", text, r, w.errs)
		}
	}
}

// Without a staff chat nothing is promised.
func TestNoDesk(t *testing.T) {
	w := newWorld(t)
	w.config.StaffChat = 0
	w.restart()
	for _, text := range []string{"福建要居住证吗", "/human", "/human 福建要居住证吗"} {
		if r := w.say(text); len(r) != 1 || strings.Contains(r[0].Text, "已转给") {
			t.Errorf("%s is answered %+v", text, r)
		}
	}
}

// What people ask, and what is wrong with pictures, is counted.
func TestStats(t *testing.T) {
	w := newWorld(t)
	w.say("什么笔")
	w.handle(w.last)
	w.say("福建要居住证吗")
	w.upload(w.file("a.jpg", mustDraw(t, "half 1200x900")))
	got := w.staff("/stats")[0].Text
	for _, want := range []string{"提问 2：答了 1，给选项 0，没答上 1", "转给客服 1", "福建要居住证吗：1", "核验单用什么笔：1", "图片 1", "不完整：1"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
