package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reply answers a message of a chat.
func (s *session) reply(chat, from int64, to int, text string) {
	s.t.Helper()
	data, _ := json.Marshal(map[string]any{"text": text, "from": from, "reply_to": to}) // strings and numbers
	s.post(fmt.Sprintf("/sim/chats/%d/text", chat), "application/json", bytes.NewReader(data))
}

// The whole loop: a question that the guidance does not cover becomes a card in
// the staff chat, the answer goes to the person, becomes an entry, and is what
// the next person is told. HTML stays text, and long numbers do not reach staff.
func TestDesk(t *testing.T) {
	const other, secret = 1002, "13800138000"
	s := start(t)
	question := "食堂的刷卡机 <b>坏了</b> 找谁修，我电话" + secret
	s.say(person, person, question)
	s.wait(person, "已转给我们的客服")
	card := s.wait(staffGroup, "食堂的刷卡机 <b>坏了</b> 找谁修")
	if !strings.HasPrefix(card.Text, "#q") || strings.Contains(card.Text, secret[3:]) {
		t.Errorf("the card is\n%s", card.Text)
	}
	s.say(other, other, question+"？")
	s.wait(other, "已转给我们的客服")
	s.press(staffGroup, colleague, card.ID, "认领")
	s.reply(staffGroup, colleague, card.ID, "// 谁知道")
	s.reply(staffGroup, colleague, card.ID, "找 <i>后勤</i>，工作日上午。")
	for _, p := range []int64{person, other} {
		if m := s.wait(p, "客服答复"); !strings.Contains(m.Text, "找 <i>后勤</i>，工作日上午。") {
			t.Errorf("the person is told %q", m.Text)
		}
	}
	m := s.wait(staffGroup, "已发给 2 位提问人")
	s.press(staffGroup, colleague, m.ID, "存为新条目")
	m = s.wait(staffGroup, "用户会看到")
	if !strings.Contains(m.Text, "没有答案 → 这一条") || strings.Contains(strings.SplitN(m.Text, "用户会看到", 2)[0], "***") {
		t.Errorf("the draft is\n%s", m.Text)
	}
	s.press(staffGroup, colleague, m.ID, "上线")
	s.waitEdit(staffGroup, m.ID, "已保存并上线")

	const next = 1003
	s.post("/sim/chats", "application/json", strings.NewReader(fmt.Sprintf(`{"type":"private","id":%d,"title":"小王"}`, next)))
	s.say(next, next, "食堂的刷卡机坏了找谁修")
	if m := s.wait(next, "工作日上午"); !strings.Contains(m.Text, "出处：客服") {
		t.Errorf("the next person is told %q", m.Text)
	}
	s.say(staffGroup, colleague, "/queue")
	s.wait(staffGroup, "没有待答的问题")
	s.say(staffGroup, colleague, "/stats")
	s.wait(staffGroup, "转给客服 1：答复 1，不答复 0，存成条目 1")

	// Nobody else can do any of it.
	for _, command := range []string{"/queue", "/stats", "/export", "/edit guide/pen", "/undo guide/pen", "/history guide/pen", "/bind ABCDEFGH"} {
		s.say(person, person, command)
		s.wait(person, "没有这个命令")
	}
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", bad)
	}
	if log := s.log.String(); strings.Contains(log, "刷卡机") || strings.Contains(log, secret) {
		t.Errorf("the log has what people wrote:\n%s", log)
	}
}

// A picture comes to the staff group on a second tap only, byte for byte, into the
// topic of the cards; the answer to it goes to the person, and /delete takes it
// out of both chats. Nothing of it is in the data folder.
func TestPassPicture(t *testing.T) {
	data := t.TempDir()
	s := start(t, "-data", data)
	picture, err := draw("jpeg", "900x700")
	if err != nil {
		t.Fatal(err)
	}
	s.files(person, "file", map[string][]byte{"scan-of-a-card.jpg": picture})
	m := s.wait(person, "900×700 像素")
	s.press(person, person, m.ID, "把这张图片给客服看")
	m = s.wait(person, "本机器人不保存")
	if n := len(s.filesIn(staffGroup)); n != 0 {
		t.Fatalf("%d files in the staff group after the first tap", n)
	}
	s.press(person, person, m.ID, "确认转给客服")
	s.wait(staffGroup, "请客服看图片")
	got := s.wait(staffGroup, "请您看这张图片")
	if got.File == nil || !bytes.Equal(s.download(got), picture) {
		t.Errorf("in the staff group is %+v, want the file", got)
	}
	s.waitEdit(person, m.ID, "正在把这张图片转到客服群")
	s.reply(staffGroup, colleague, got.ID, "清楚，可以用。")
	s.wait(person, "清楚，可以用。")
	s.say(person, person, "/delete")
	s.wait(person, "也从客服群里删掉了")
	for _, chat := range []int64{person, staffGroup} {
		if left := s.filesIn(chat); len(left) != 0 {
			t.Errorf("files left in chat %d: %q", chat, left)
		}
	}
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", bad)
	}
	s.end()
	if strings.Contains(s.log.String(), "scan-of-a-card") {
		t.Error("the log has the name of the file")
	}
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kept, err := os.ReadFile(path)
		if bytes.Contains(kept, picture[200:400]) {
			t.Errorf("%s holds bytes of the picture", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Without a staff chat the program prints a code, with which a group becomes it.
func TestBindByCode(t *testing.T) {
	const token = "4200000042:SecretOfTheTest"
	page := startCommand(t, "", "playground", "-addr", "127.0.0.1:0", "-token", token)
	b, out := launch(t, token, "serve", "-api", page.url, "-data", t.TempDir())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, code, ok := strings.Cut(strings.TrimSpace(line), "/bind ")
	if !ok || len(code) != 8 {
		t.Fatalf("the line is %q, want one with a code", line)
	}
	page.say(person, person, "福建要不要办理暂住登记")
	page.wait(person, "资料里没有")
	page.say(staffGroup, colleague, "/bind 22222222")
	page.wait(staffGroup, "没有这个命令")
	page.say(staffGroup, colleague, "/bind "+code)
	page.wait(staffGroup, "这个群就是客服群")
	page.say(person, person, "福建要不要办理暂住登记")
	page.wait(person, "已转给我们的客服")
	page.wait(staffGroup, "福建要不要办理暂住登记")
	b.end()
	if strings.Contains(b.log.String(), code) {
		t.Error("the code is in the log")
	}
}
