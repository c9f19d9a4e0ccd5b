package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
	"beianbot/content"
	"beianbot/kb"
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

// A group becomes the staff chat with the code, once; ten wrong ones lock it.
func TestBind(t *testing.T) {
	const group = bot.ChatID(-5005)
	settings := bot.NewMemSettings()
	unbound := func() *world {
		w := newWorld(t)
		w.config.StaffChat, w.config.BindCode, w.config.Settings = 0, "ABCD2345", settings
		w.restart()
		return w
	}
	bind := func(w *world, chat bot.ChatID, code string) string {
		return w.handle(w.event(chat, 42, bot.Command{Name: "bind", Args: code}))[0].Text
	}
	const unknown = "没有这个命令"
	w := unbound()
	if got := bind(w, applicant, "ABCD2345"); !strings.Contains(got, unknown) {
		t.Errorf("in a private chat the code says %q", got)
	}
	if got := bind(w, group, "abcd2345"); !strings.Contains(got, "客服群") || !w.bot.IsStaffChat(group) {
		t.Errorf("the code says %q", got)
	}
	w.handle(w.last) // the same message again
	if got := bind(w, group-1, "ABCD2345"); !strings.Contains(got, unknown) || w.bot.IsStaffChat(group-1) {
		t.Errorf("the code used a second time says %q", got)
	}
	w.bot.ChatMoved(group, group-7)
	if id, err := bot.StaffChat(t.Context(), settings, 0); err != nil || id != group-7 || !w.bot.IsStaffChat(group-7) {
		t.Errorf("after the group moved, the staff chat is %d, %v", id, err)
	}
}

// Ten wrong codes lock a group for an hour; the owner, who is in another group or
// waits, is not locked out, and the log says what to do. Nobody outside learns
// anything, the staff chat that there is learns that codes were tried.
func TestBindLock(t *testing.T) {
	const group, unknown, right = bot.ChatID(-5005), "没有这个命令", "ABCD2345"
	if _, err := shipped(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log strings.Builder
		w.log = slog.New(slog.NewTextHandler(&log, nil))
		w.config.StaffChat, w.config.BindCode = 0, right
		w.restart()
		bind := func(chat bot.ChatID, code string) []bot.Reply {
			return w.handle(w.event(chat, 42, bot.Command{Name: "bind", Args: code}))
		}
		refused := func(about string, r []bot.Reply) {
			t.Helper()
			if len(r) != 1 || !strings.Contains(r[0].Text, unknown) {
				t.Errorf("%s is answered %+v, want as any unknown command", about, r)
			}
		}
		for range 10 {
			refused("a wrong code", bind(group, "WRONG"))
		}
		refused("the right code while the group is locked", bind(group, right))
		if w.bot.IsStaffChat(group) || strings.Count(log.String(), "too many wrong codes") != 1 || !strings.Contains(log.String(), "the right code came") {
			t.Errorf("bound %v, the log is\n%s", w.bot.IsStaffChat(group), log.String())
		}
		if strings.Contains(log.String(), right) || strings.Contains(log.String(), "5005") {
			t.Errorf("the log has the code or the chat:\n%s", log.String())
		}
		for range 30 {
			refused("a code in a private chat", bind(applicant, "WRONG"))
		}
		time.Sleep(time.Hour)
		for range 9 {
			refused("a wrong code after an hour", bind(group, "WRONG"))
		}
		if r := bind(group, right); !w.bot.IsStaffChat(group) {
			t.Fatalf("after an hour the right code is answered %+v", r)
		}
		for n := range 12 {
			r := bind(group-1, "WRONG")
			refused("a wrong code elsewhere", here(r))
			if told := len(r) == 2 && r[1].Chat == group && strings.Contains(r[1].Text, "10 次"); told != (n == 9) {
				t.Errorf("wrong code %d: the staff chat is told %v: %+v", n+1, told, r)
			}
		}
	})
}

// A colleague is shown by first name, in the staff chat alone. What is kept and
// exported holds the opaque key.
func TestColleagueNames(t *testing.T) {
	w := newWorld(t)
	say := func(from bot.UserID, name, text string) string {
		e := w.event(staffChat, from, body(text))
		e.Name = name
		return w.handle(e)[0].Text
	}
	for _, tt := range []struct {
		about, name, want string
		from              bot.UserID
	}{
		{"a name", "小李", "（您的签名是 小李）", 42},
		{"another with the same name", "小李", "小李·6ff9）", 43},
		{"a long one", "欧阳上官司马诸葛甲乙丙丁戊", "是 欧阳上官司马诸葛甲乙丙…）", 44},
		{"a telephone number", "王 13800138000", "是 王 ***）", 45},
		{"lines and turned text", "赵\n\u202e六\u0007", "是 赵 六）", 46},
		{"nothing that can be shown", "\u200b\u202e", "）", 47},
		{"no name", "", "）", 48},
		{"an anonymous administrator", "", "是 匿名管理员）", 0},
	} {
		got, _, _ := strings.Cut(say(tt.from, tt.name, "/help"), "\n")
		if !strings.Contains(got, tt.want) || strings.ContainsAny(got, "\u202e\u200b") {
			t.Errorf("%s: %q, want %q in it", tt.about, got, tt.want)
		}
	}
	w.staff("/add 题目在此\n答：好。")
	w.press(staffChat, 42, "上线")
	if got := w.staff("/list")[0].Text; !strings.Contains(got, "小李·f299") {
		t.Errorf("the list is\n%s", got)
	}
	w.restart()
	if got := say(43, "阿梅", "/list"); !strings.Contains(got, "（f299，") {
		t.Errorf("after a restart the list is\n%s\nwant the key until the colleague acts", got)
	}
	if got := w.staff("/list")[0].Text; !strings.Contains(got, "（小李，") {
		t.Errorf("when the colleague has acted the list is\n%s", got)
	}
	w.say("福建要居住证吗")
	w.press(staffChat, 42, "认领")
	w.replyTo(42, "要。")
	inquiries, err := w.config.Inquiries.OpenInquiries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%+v %+v %s", inquiries, w.know.Overlay(), w.staff("/export")[0].File.Data)
	if strings.Contains(kept, "小李") || !strings.Contains(kept, "f299") {
		t.Errorf("what is kept and exported names a colleague, or nobody:\n%s", kept)
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
