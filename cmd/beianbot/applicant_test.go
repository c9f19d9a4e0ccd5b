package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// do makes the person of a private chat do something other than writing.
func (s *session) do(chat int64, what map[string]any) {
	s.t.Helper()
	data, _ := json.Marshal(what) // strings and numbers
	s.post(fmt.Sprintf("/sim/chats/%d/do", chat), "application/json", bytes.NewReader(data))
}

// filesIn names the files in a chat that were not deleted.
func (s *session) filesIn(chat int64) (names []string) {
	s.t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s/sim/chats/%d/messages", s.url, chat))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []message
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range list {
		if m.File != nil {
			names = append(names, m.File.Name)
		}
	}
	return names
}

// An applicant's way through the whole program: the greeting, a link, an answer
// that was useful, a question put right, a checklist, pictures and their end.
func TestApplicant(t *testing.T) {
	s := start(t)
	s.say(person, person, "/start")
	if m := s.wait(person, "您好"); len(m.Buttons) != 1 || len(m.Buttons[0]) != 3 {
		t.Errorf("the greeting has the buttons %+v, want three", m.Buttons)
	} else {
		for _, want := range []string{"2019", "不是阿里云官方", "不保存"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the greeting does not say %q: %q", want, m.Text)
			}
		}
	}
	s.say(person, person, "/start q_guide__pen")
	m := s.wait(person, "黑色签字笔")
	s.press(person, person, m.ID, "有用")
	s.press(person, person, m.ID, "有用")
	s.say(person, person, "广东个人要手写什么")
	m = s.wait(person, "本人已履行网站备案信息当面核验手续")
	s.say(person, person, "复制这段话")
	s.wait(person, "本人已履行网站备案信息当面核验手续")
	s.do(person, map[string]any{"action": "edit", "message_id": m.ID - 1, "text": "图片最大多少"})
	s.wait(person, "4 MB")
	s.say(person, person, "/checklist 我是江西个人，三个域名，负责人是内地的，用电脑传")
	s.wait(person, "清单：江西")

	one, err := draw("jpeg", "1200x900")
	if err != nil {
		t.Fatal(err)
	}
	s.say(person, person, "拼图")
	s.wait(person, "境外的服务器")
	s.files(person, "file", map[string][]byte{"a.jpg": one, "b.jpg": orient(one, 6)})
	s.wait(person, "收到 2 张，检查结果")
	s.say(person, person, "拼成一张")
	s.wait(person, "beian-stitched.jpg")
	if n := len(s.filesIn(person)); n != 3 {
		t.Errorf("%d files in the chat, want 3", n)
	}
	s.say(person, person, "删除我的图片")
	s.wait(person, "已删除您的图片")
	if left := s.filesIn(person); len(left) != 0 {
		t.Errorf("files left in the chat: %q", left)
	}
	for _, command := range []string{"/help", "/language", "/privacy", "/human", "/stitch", "/forget"} {
		s.say(person, person, command)
		s.wait(person, "")
	}
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", bad)
	}
	s.end()
}

// A flood from one person is told of once, and another person's question is
// answered in the midst of it.
func TestFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("the rest of the flood is answered at the end, slowly")
	}
	s := start(t)
	const other = 1002
	for i := range 80 {
		s.say(person, person, fmt.Sprintf("图片最大多少 %d", i))
	}
	s.say(other, other, "用什么笔")
	s.wait(other, "黑色签字笔")
	if n := len(s.answers(person)); n >= 80 {
		t.Errorf("another person waited until all %d of the flood were answered", n)
	}
	s.wait(person, "发得很快")
	resp, err := http.Get(fmt.Sprintf("%s/sim/chats/%d/messages", s.url, person))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []message
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, m := range list {
		if strings.Contains(m.Text, "发得很快") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}
