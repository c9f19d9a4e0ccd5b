package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"beianbot/bot"
	"beianbot/bot/picture"
)

// crowding stitches nothing: it notes what it was given and says that print
// became small.
type crowding struct {
	bot.Pictures
	calls [][][]byte
	turns [][]int
}

func (c *crowding) Examine(_ context.Context, data []byte, _ picture.Source) (picture.Report, picture.Repaired, bool, error) {
	return picture.Report{Format: picture.JPEG, Bytes: int64(len(data)), Width: 900, Height: 600}, picture.Repaired{}, false, nil
}

func (c *crowding) Stitch(_ context.Context, files [][]byte, opt picture.StitchOptions) (picture.Stitched, error) {
	c.calls, c.turns = append(c.calls, files), append(c.turns, opt.Turns)
	return picture.Stitched{Data: []byte("a picture"), Width: 900, Height: 600, Crowded: true}, nil
}

// stub returns a world whose pictures are one byte each, and what they are
// stitched by.
func stub(t *testing.T) (*world, *crowding) {
	t.Helper()
	w := newWorld(t)
	c := new(crowding)
	w.config.Pictures = c
	w.restart()
	return w, c
}

func (w *world) few(n int) []bot.FileRef {
	var refs []bot.FileRef
	for i := range n {
		refs = append(refs, w.file(fmt.Sprintf("%d.jpg", i), []byte{byte('a' + i)}))
	}
	return refs
}

func (c *crowding) last() string { return string(slices.Concat(c.calls[len(c.calls)-1]...)) }

// Twenty pictures are arranged and, when print becomes too small, made two of.
func TestTwentyPictures(t *testing.T) {
	w, c := stub(t)
	w.upload(w.few(25)...)
	w.press(applicant, 7, "排顺序")
	w.press(applicant, 7, "往前移") // the first becomes the last
	w.press(applicant, 7, "右转")
	r := w.press(applicant, 7, "拼成一张")
	if got, want := c.last(), "bcdefghijklmnopqrsta"; got != want {
		t.Errorf("stitched %q, want %q", got, want)
	}
	if turns := c.turns[0]; turns[19] != 1 || turns[0] != 0 {
		t.Errorf("turns %v, want the last one turned", turns)
	}
	if len(r) != 1 || r[0].File == nil || !strings.Contains(r[0].Text, "分成两张") {
		t.Fatalf("a crowded picture comes with %+v, want it and the proposal to make two", r)
	}
	r = w.press(applicant, 7, "分成两张")
	if len(r) != 2 || r[0].File == nil || r[1].File == nil || r[0].File.Name == r[1].File.Name {
		t.Fatalf("made two: %+v", r)
	}
	if a, b := string(slices.Concat(c.calls[1]...)), string(slices.Concat(c.calls[2]...)); a != "bcdefghijk" || b != "lmnopqrsta" {
		t.Errorf("the two are %q and %q", a, b)
	}
}

// A certificate is in both of two pictures.
func TestSplitWithCertificate(t *testing.T) {
	w, c := stub(t)
	w.say("拼授权书")
	w.upload(w.few(4)...)
	w.say("拼成一张")
	w.press(applicant, 7, "分成两张")
	if len(c.calls) != 3 || string(slices.Concat(c.calls[1]...)) != "abc" || string(slices.Concat(c.calls[2]...)) != "ad" {
		t.Errorf("stitched %q, want all, then abc and ad", c.calls)
	}
}

// A certificate comes first though the paper was arranged before it came.
func TestCertificateAfterArranging(t *testing.T) {
	w, c := stub(t)
	refs := w.few(2)
	w.handle(w.event(applicant, 7, bot.Upload{Files: refs[:1], Caption: "授权书"}))
	w.say("排顺序")
	w.upload(refs[1])
	w.say("拼成一张")
	if got := c.last(); got != "ba" {
		t.Errorf("stitched %q, want the certificate first: ba", got)
	}
}

// Buttons of an old arrangement lead to what they say, while the pictures are
// there and none of them is another.
func TestOldArrangement(t *testing.T) {
	w, c := stub(t)
	w.upload(w.few(3)...)
	first := w.press(applicant, 7, "排顺序")[0]
	w.press(applicant, 7, "去掉")
	w.press(applicant, 7, "去掉")
	if r := w.say("去掉"); strings.Contains(r[0].Text, "去掉了：第 1、2、3 张") {
		t.Errorf("the last picture was dropped: %q", r[0].Text)
	}
	w.upload(w.few(1)[0]) // joins the album
	button := func(label string) bot.Press {
		for _, row := range first.Buttons {
			for _, b := range row {
				if b.Label == label {
					return bot.Press{Data: b.Data}
				}
			}
		}
		t.Fatalf("no button %q", label)
		return bot.Press{}
	}
	for range 2 {
		w.handle(w.event(applicant, 7, button("往后移")))
	}
	w.say("拼成一张")
	if got, want := c.last(), "baca"; got != want {
		t.Errorf("stitched %q, want %q: the second first, and what came later last", got, want)
	}
	w.say("重新开始")
	if r := w.handle(w.event(applicant, 7, button("往后移"))); len(r) != 1 || !strings.Contains(r[0].Text, "过期") {
		t.Errorf("an arrangement whose pictures are gone: %+v", r)
	}
}

// Forged and stale data about pictures is answered and changes nothing.
func TestForgedArrangement(t *testing.T) {
	w, c := stub(t)
	w.upload(w.few(2)...)
	key := ""
	for _, r := range w.shown[applicant] {
		for _, row := range r.Buttons {
			for _, b := range row {
				if k, ok := strings.CutPrefix(b.Data, "stitch:"); ok {
					key = k
				}
			}
		}
	}
	for _, data := range []string{
		"ar:" + key + ":aazz-", "ar:" + key + ":", "ar:none", "ar:none:aaab-", "for:" + key + ":visa", "for:" + key + ":residence-permit:ghost",
		"for:gone:residence-permit", "first:" + key + ":a", "first:" + key, "first:gone:a", "split:gone", "anyway:gone", "split:none", "first:" + key + ":\x00",
	} {
		if r := w.handle(w.event(applicant, 7, bot.Press{Data: data})); len(r) != 1 || r[0].File != nil {
			t.Errorf("%q is answered %+v", data, r)
		}
	}
	if len(c.calls) != 0 {
		t.Errorf("stitched %q", c.calls)
	}
	w.say("拼成一张")
	if c.last() != "ab" {
		t.Errorf("stitched %q, want ab", c.last())
	}
}

// What pictures are for is nobody's business in a group, and no reason to keep a
// question from its answer.
func TestPurposeElsewhere(t *testing.T) {
	w, _ := stub(t)
	if r := w.handle(w.event(-5, 7, bot.Press{Data: "for:none:residence-permit"})); len(r) != 1 || !strings.Contains(r[0].Text, "私聊") {
		t.Errorf("in a group: %+v", r)
	}
	before := w.say("授权书")[0].Text
	if !strings.Contains(before, "资料里没有") { // of the few entries of this test
		t.Errorf("授权书 without pictures is answered %q, want what the knowledge says", before)
	}
	w.upload(w.few(1)...)
	if r := w.say("授权书怎么写"); !strings.Contains(r[0].Text, "资料里没有") {
		t.Errorf("a question is taken for a purpose: %q", r[0].Text)
	}
	if r := w.say("授权书"); !strings.Contains(r[0].Text, "网站负责人证件") {
		t.Errorf("授权书 beside a picture is answered %q, want its certificate", r[0].Text)
	}
}

// A picture is recognised by its content, not by its file, also when it could not
// be used; a good one is not to be taken again for that.
func TestRepeated(t *testing.T) {
	w := newWorld(t)
	const again = "这张刚查过"
	good, bad := mustDraw(t, "jpeg 900x600"), mustDraw(t, "text")
	w.upload(w.file("a.jpg", good))
	w.upload(w.file("b.jpg", bad))
	if r := w.upload(w.file("c.jpg", good)); !strings.Contains(r[0].Text, again) || strings.Contains(r[0].Text, "重拍") {
		t.Errorf("a good picture again: %q", r[0].Text)
	}
	if r := w.upload(w.file("d.jpg", bad)); !strings.Contains(r[0].Text, again+"，结果没有变化。请重拍一张") {
		t.Errorf("a bad one again: %q", r[0].Text)
	}
	w.say("重新开始")
	w.restart()
	if r := w.handle(w.last); len(r) != 1 { // the same event is no second picture
		t.Errorf("the same event again: %+v", r)
	}
	other := mustDraw(t, "jpeg 900x601")
	r := w.upload(w.file("e.jpg", other), w.file("f.jpg", other))
	if strings.Count(r[0].Text, again) != 1 {
		t.Errorf("the same picture twice in an album: %q", r[0].Text)
	}
	if r := w.handle(w.last); strings.Count(r[0].Text, again) != 1 {
		t.Errorf("that album once more: %q", r[0].Text)
	}
	w.say("/forget")
	if r := w.upload(w.file("g.jpg", good)); strings.Contains(r[0].Text, again) {
		t.Errorf("after /forget: %q", r[0].Text)
	}
}

// A reflection is said in words, and shown.
func TestGlareIsShown(t *testing.T) {
	w, _ := stub(t)
	w.config.Pictures = glaring{}
	w.restart()
	r := w.upload(w.few(1)...)
	if len(r) != 2 || !strings.Contains(r[0].Text, "右上角有反光") || r[1].File == nil || !strings.Contains(r[1].Text, "右上角") || !strings.Contains(r[1].Text, "不要上传") {
		t.Errorf("a reflection is answered %+v", r)
	}
}

type glaring struct{ bot.Pictures }

func (glaring) Examine(context.Context, []byte, picture.Source) (picture.Report, picture.Repaired, bool, error) {
	return picture.Report{Format: picture.JPEG, Width: 900, Height: 600, Preview: []byte("a picture"), Problems: []picture.Problem{
		{Code: picture.Glare, Level: picture.Warn, Args: map[string]string{"where": "top-right"}},
	}}, picture.Repaired{}, false, nil
}

// A caption that asks only for a look at its picture adds no message to the
// check; a question that the check does not answer is answered.
func TestCaptions(t *testing.T) {
	w := newWorld(t)
	data, err := draw("jpeg 1200x900")
	if err != nil {
		t.Fatal(err)
	}
	chat := applicant + 100
	for caption, want := range map[string]int{
		"": 1, "这张行吗": 1, "这样可以吗？": 1, "帮我看看": 1, "请检查": 1, "这张身份证可以用吗，谢谢": 1, "拍得够不够清楚": 1,
		"Is this ok?": 1, "please check this ID card": 1, "👍": 1,
		"核验单用什么笔填": 2, "what pen for the verification form": 2,
	} {
		chat++
		u := bot.Upload{Files: []bot.FileRef{w.file("a.jpg", data)}, Caption: caption}
		if r := w.handle(w.event(chat, 7, u)); len(r) != want {
			t.Errorf("%q: %d messages, want %d; the last is %q", caption, len(r), want, r[len(r)-1].Text)
		}
	}
}

// When two things are said of one picture, none of them is taken.
func TestNumberedTwice(t *testing.T) {
	const unclear = "第 1 张说了两样"
	for _, tt := range []struct {
		caption, text string
		unclear       bool
	}{
		{"", "第一张授权书 第一张身份证", true},
		{"", "第1张是授权书，第2张是身份证，第1张是营业执照", true},
		{"", "前两张是授权书，第一张是身份证", true},
		{"", "第一张授权书 第二张身份证", false},
		{"", "第1张是授权书，第1张是授权书，最后一张是身份证", false},
		{"第一张授权书 第一张身份证", "", true},
	} {
		w := newWorld(t)
		files := []bot.FileRef{w.file("a.jpg", mustDraw(t, "jpeg 400x300")), w.file("b.jpg", mustDraw(t, "jpeg 300x400"))}
		w.handle(w.event(applicant, 7, bot.Upload{Files: files, Caption: tt.caption}))
		if tt.text != "" {
			r := w.say(tt.text)
			if got := strings.Contains(r[0].Text, unclear); got != tt.unclear {
				t.Errorf("%s is answered %q, want that it is unclear: %v", tt.text, r[0].Text, tt.unclear)
			}
		}
		s, err := w.chats.Load(t.Context(), applicant)
		if err != nil {
			t.Fatal(err)
		}
		for n, p := range s.Sets[0].Pictures {
			if (p.Is == "") != tt.unclear {
				t.Errorf("after %q, %q picture %d is %q", tt.caption, tt.text, n+1, p.Is)
			}
		}
	}
}
