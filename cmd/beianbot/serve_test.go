package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"beianbot/bot/telegram"
)

// A session is the program without a token, and a person in front of its page.
type session struct {
	t     *testing.T
	url   string
	stop  context.CancelFunc
	done  chan int
	log   *lockedBuffer
	after map[int64]int // by chat: the last message that was seen
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs "serve" and waits for the line with the address.
func start(t *testing.T, args ...string) *session {
	t.Helper()
	return startCommand(t, "", append([]string{"serve", "-addr", "127.0.0.1:0"}, args...)...)
}

// startCommand runs a command that serves a page.
func startCommand(t *testing.T, token string, args ...string) *session {
	t.Helper()
	s, out := launch(t, token, args...)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no line on standard output: %v; log:\n%s", err, s.log)
	}
	s.url = regexp.MustCompile(`http://[^/ ]+`).FindString(line)
	if s.url == "" {
		t.Fatalf("the line is %q, want an address", line)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends when the program does
	return s
}

// launch runs a command until the test ends it.
func launch(t *testing.T, token string, args ...string) (s *session, stdout io.Reader) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	s = &session{t: t, stop: stop, done: make(chan int, 1), log: new(lockedBuffer), after: make(map[int64]int)}
	go func() {
		s.done <- run(ctx, args, env{stdin: strings.NewReader(""), stdout: in, stderr: s.log, getenv: func(name string) string {
			if name == "TELEGRAM_BOT_TOKEN" {
				return token
			}
			return ""
		}})
		in.Close()
	}()
	t.Cleanup(s.end)
	return s, out
}

// end stops the program as a signal does, and waits for it.
func (s *session) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	select {
	case code := <-s.done:
		if code != exitOK {
			s.t.Errorf("exit code %d, want 0; log:\n%s", code, s.log)
		}
	case <-time.After(30 * time.Second):
		s.t.Fatalf("the program does not end; log:\n%s", s.log)
	}
}

func (s *session) post(path, contentType string, body io.Reader) {
	s.t.Helper()
	resp, err := http.Post(s.url+path, contentType, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("POST %s: %s: %s", path, resp.Status, text)
	}
}

func (s *session) say(chat, from int64, text string) {
	s.t.Helper()
	data, _ := json.Marshal(map[string]any{"text": text, "from": from}) // strings and numbers
	s.post(fmt.Sprintf("/sim/chats/%d/text", chat), "application/json", bytes.NewReader(data))
}

func (s *session) press(chat, from int64, message int, button string) {
	s.t.Helper()
	data, _ := json.Marshal(map[string]any{"message_id": message, "button": button, "from": from})
	s.post(fmt.Sprintf("/sim/chats/%d/press", chat), "application/json", bytes.NewReader(data))
}

// files sends pictures together.
func (s *session) files(chat int64, as string, files map[string][]byte) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("as", as) // into memory
	for name, data := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = part.Write(data) // into memory
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.post(fmt.Sprintf("/sim/chats/%d/files", chat), w.FormDataContentType(), &body)
}

// A message of the bot, as the page sees it.
type message struct {
	ID      int    `json:"id"`
	From    any    `json:"from"`
	Text    string `json:"text"`
	Caption string `json:"caption"`
	File    *struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"file"`
	Buttons [][]struct {
		Text string `json:"text"`
	} `json:"buttons"`
}

// waitEdit waits until the bot has changed a message into one with want.
func (s *session) waitEdit(chat int64, id int, want string) message {
	s.t.Helper()
	s.after[chat] = id - 1
	return s.wait(chat, want)
}

// wait returns the next message of the bot that holds want in its text, its
// caption or the name of its file.
func (s *session) wait(chat int64, want string) message {
	s.t.Helper()
	var last []byte
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		resp, err := http.Get(fmt.Sprintf("%s/sim/chats/%d/messages?after=%d", s.url, chat, s.after[chat]))
		if err != nil {
			s.t.Fatal(err)
		}
		last, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		var list []message
		if err = jsonOrErr(err, last, &list); err != nil {
			s.t.Fatal(err)
		}
		for _, m := range list {
			name := ""
			if m.File != nil {
				name = m.File.Name
			}
			if m.From == "bot" && strings.Contains(m.Text+"\n"+m.Caption+"\n"+name, want) {
				s.after[chat] = m.ID
				return m
			}
		}
	}
	s.t.Fatalf("no message with %q in chat %d, only %s; log:\n%s", want, chat, last, s.log)
	return message{}
}

func jsonOrErr(err error, data []byte, v any) error {
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func (s *session) download(m message) []byte {
	s.t.Helper()
	resp, err := http.Get(s.url + "/sim/files/" + m.File.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("download: %s, %v", resp.Status, err)
	}
	return data
}

// violations returns the calls of the bot that break the schema of the Bot API.
func (s *session) violations() []string {
	s.t.Helper()
	resp, err := http.Get(s.url + "/sim/calls")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var calls []struct {
		Method string   `json:"method"`
		OK     bool     `json:"ok"`
		Schema []string `json:"schema"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&calls); err != nil {
		s.t.Fatal(err)
	}
	var bad []string
	for _, c := range calls {
		if !c.OK || len(c.Schema) > 0 {
			bad = append(bad, fmt.Sprintf("%s ok=%v %q", c.Method, c.OK, c.Schema))
		}
	}
	return bad
}

const (
	person     = 1001
	staffGroup = -1001000000001
	colleague  = 2001
)

// The whole program without a token: a question, an album and its stitch, an
// entry of staff that outlives a restart; and nothing personal on disk or in the
// log afterwards.
func TestServe(t *testing.T) {
	data := t.TempDir()
	const name, id, typed = "张铁柱", "110101199003078888", "我叫张铁柱，身份证110101199003078888，核验单用什么笔填"
	s := start(t, "-data", data)

	s.say(person, person, "/start")
	s.wait(person, "您好")
	s.say(person, person, typed)
	s.wait(person, "黑色签字笔")

	one, err := draw("jpeg", "1200x900")
	if err != nil {
		t.Fatal(err)
	}
	two := orient(one, 6)
	s.files(person, "file", map[string][]byte{name + id + ".jpg": one, "b.jpg": two})
	m := s.wait(person, "收到 2 张，检查结果")
	s.press(person, person, m.ID, "拼成一张")
	m = s.wait(person, "beian-stitched.jpg")
	result := s.download(m)
	img, err := jpeg.Decode(bytes.NewReader(result))
	if err != nil || len(result) >= 4_000_000 {
		t.Fatalf("the stitched file has %d bytes, %v", len(result), err)
	}
	t.Logf("stitched: %v, %d bytes", img.Bounds(), len(result))

	s.say(person, person, "/add 水印怎么加\n答：不用加。")
	s.wait(person, "没有这个命令")
	s.say(staffGroup, colleague, "/add 证件上要不要加备案水印\n- 需要打水印吗\n- 身份证要加水印吗\n答：不用加水印。\n1. 加了也可以，不能挡住字")
	m = s.wait(staffGroup, "不用加水印")
	s.press(staffGroup, colleague, m.ID, "上线")
	s.waitEdit(staffGroup, m.ID, "已保存并上线")
	s.say(person, person, "证件上要不要加备案水印")
	s.wait(person, "不用加水印")
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", bad)
	}
	s.end()

	s2 := start(t, "-data", data)
	s2.say(person, person, "证件上要不要加备案水印")
	s2.wait(person, "不用加水印")
	s2.say(staffGroup, colleague, "/retire 水印")
	m = s2.wait(staffGroup, "请选要撤下的一条")
	s2.press(staffGroup, colleague, m.ID, m.Buttons[0][0].Text)
	s2.wait(staffGroup, "已撤下")
	s2.end()

	// Nothing that was sent is left, nor a piece of a picture.
	canaries := map[string]string{
		"a name": name, "an ID number": id, "its tail": id[10:], "a picture": string(one[len(one)/2 : len(one)/2+24]),
		"a repaired picture": string(result[len(result)/2 : len(result)/2+24]), "the token": "4200000042:",
	}
	texts := map[string]string{"the log": s.log.String() + s2.log.String()}
	if err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		texts[filepath.Base(path)] = string(content)
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", filepath.Base(path), info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(texts) < 4 {
		t.Errorf("only %d files in the data folder", len(texts))
	}
	for where, text := range texts {
		for what, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s has %s", where, what)
			}
		}
	}
}

// Without -data everything is gone at exit.
func TestServeLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	s := start(t)
	s.say(person, person, "/help")
	s.wait(person, "/stitch")
	s.end()
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

// With a token, the bot joins a Bot API server in another process, which
// outlives it; the token is in no log.
func TestServeJoins(t *testing.T) {
	const token = "4200000042:SecretOfTheTest"
	data := t.TempDir()
	page := startCommand(t, "", "playground", "-addr", "127.0.0.1:0", "-token", token)
	for _, command := range []string{"/help", "/privacy"} {
		b, _ := launch(t, token, "serve", "-api", page.url, "-data", data, "-staff-chat", fmt.Sprint(staffGroup))
		page.say(person, person, command)
		page.wait(person, "/forget")
		page.say(staffGroup, colleague, "/list")
		page.wait(staffGroup, "/add")
		b.end()
		if strings.Contains(b.log.String()+page.log.String(), "SecretOfTheTest") {
			t.Error("the token is in the log")
		}
	}
}

// Asked to end before it has started, the program ends well.
func TestServeEndsWhileItStarts(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	log := slog.New(slog.DiscardHandler)
	cfg := telegram.Config{Token: "42:secret", API: "http://127.0.0.1:1"}
	if err := runBot(ctx, log, t.TempDir(), 0, io.Discard, nil, func() error { return nil }, cfg); err != nil {
		t.Errorf("runBot with a context that has ended = %v, want nil", err)
	}
}
