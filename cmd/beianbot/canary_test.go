package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"beianbot/bot/playground"
	"beianbot/bot/telegram"
)

// What people send and what must be found nowhere.
const (
	canaryName  = "欧阳鹭洲"
	canaryID    = "330106198812127734"
	canaryPhone = "13957140021"
	canaryChat  = 7700112233
	canaryStaff = 2777000111
	canaryMark  = "CANARY-a-comment-in-a-picture"
)

// canaries are byte strings by what they are.
type canaries map[string]string

// personal are the canaries that people type or are called.
func personal() canaries {
	c := make(canaries)
	for what, s := range map[string]string{"a name": canaryName, "an ID number": canaryID, "a phone number": canaryPhone} {
		quoted := strconv.QuoteToASCII(s) // as Telegram writes it in JSON
		c[what] = s
		c[what+", escaped"] = quoted[1 : len(quoted)-1]
		c[what+", in base64"] = base64.RawStdEncoding.EncodeToString([]byte(s))[:len(s)]
	}
	c["the end of an ID number"] = canaryID[10:]
	c["the token"] = processToken
	c["the token's secret"] = strings.SplitN(processToken, ":", 2)[1]
	return c
}

// addFile adds pieces of a file, as they are and as text: base64 in each of its
// three phases, and hexadecimal.
func (c canaries) addFile(what string, data []byte) {
	const piece = 24
	for _, at := range []int{len(data) / 5, len(data) / 2, len(data) - piece - 2} {
		for phase := range 3 {
			w := data[at-phase : at-phase+piece]
			c[fmt.Sprintf("%s, base64 at %d", what, at-phase)] = base64.StdEncoding.EncodeToString(w)
		}
		c[fmt.Sprintf("%s, bytes at %d", what, at)] = string(data[at : at+piece])
		c[fmt.Sprintf("%s, hexadecimal at %d", what, at)] = hex.EncodeToString(data[at : at+piece])
	}
}

// isInquiries reports whether a file has the questions that staff are to answer:
// the store's, or their copies.
func isInquiries(name string) bool {
	return strings.HasPrefix(name, "nats/jetstream/$G/streams/KV_doc-inquiry/") || strings.HasPrefix(name, "copies/inquiry/")
}

// found reports which canaries are in texts, by where they are. A name that stands
// in the words of a question without an answer goes to staff in it, as /privacy
// says; it may lie among the inquiries, and there alone.
func (c canaries) found(texts map[string]string) []string {
	var list []string
	for _, where := range slices.Sorted(maps.Keys(texts)) {
		for _, what := range slices.Sorted(maps.Keys(c)) {
			if isInquiries(where) && c[what] == canaryName {
				continue
			}
			if strings.Contains(texts[where], c[what]) {
				list = append(list, where+" has "+what)
			}
		}
	}
	return list
}

// folder returns what the files below dir hold, by name.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // renamed meanwhile: the bot is at work
		}
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		name, _ := filepath.Rel(dir, path) // path is below dir
		texts[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// withoutJournal leaves the queue of updates and its copy out, which hold messages
// until they are answered.
func withoutJournal(texts map[string]string) map[string]string {
	maps.DeleteFunc(texts, func(name, _ string) bool {
		return strings.HasPrefix(name, "nats/jetstream/$G/streams/INBOX/") || strings.HasPrefix(name, "copies/inbox/")
	})
	return texts
}

// marked puts a comment and EXIF data with the canaries into a JPEG.
func marked(data []byte) []byte {
	segment := func(marker byte, body string) []byte {
		n := len(body) + 2
		return append([]byte{0xff, marker, byte(n >> 8), byte(n)}, body...)
	}
	return slices.Concat(data[:2],
		segment(0xe1, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"+canaryMark+canaryName+canaryID),
		segment(0xfe, canaryMark+canaryName+canaryPhone), data[2:])
}

// lossless is a PNG with rows of pixels that are found again, and such a row.
func lossless(t *testing.T) (data []byte, row string) {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 500, 400))
	rng := rand.New(rand.NewPCG(11, 12))
	for y := range 400 {
		for x := range 500 {
			v := uint8(200 + rng.IntN(50))
			img.SetNRGBA(x, y, color.NRGBA{v, v - 3, v - 9, 255})
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), string(img.Pix[img.PixOffset(100, 200):img.PixOffset(110, 200)])
}

// debugged runs the bot and the playground in this process, with all that they
// log.
func debugged(t *testing.T, data string) (s *session, stop func()) {
	t.Helper()
	s = &session{t: t, log: new(lockedBuffer), after: make(map[int64]int)}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + l.Addr().String()
	server := playground.New(playground.Config{Log: log, Token: processToken, FirstUpdate: time.Now().UnixMilli()})
	here, closePage := context.WithCancel(context.WithoutCancel(t.Context()))
	work, stopBot := context.WithCancel(here)
	var page, bot sync.WaitGroup
	page.Go(func() {
		if err := server.Serve(here, l); err != nil {
			t.Errorf("playground: %v", err)
		}
	})
	bot.Go(func() {
		cfg := telegram.Config{Token: processToken, API: s.url, Unpaced: true}
		if err := runBot(work, log, data, playground.StaffChat, io.Discard, nil, func() error { return nil }, cfg); err != nil {
			t.Errorf("bot: %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		stopBot()
		bot.Wait()
		closePage()
		page.Wait()
	})
	t.Cleanup(stop)
	return s, stop
}

// fileWith sends one file with a caption.
func (s *session) fileWith(chat int64, as, name, caption string, data []byte) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("as", as) // into memory
	_ = w.WriteField("caption", caption)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(data)
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.post(fmt.Sprintf("/sim/chats/%d/files", chat), w.FormDataContentType(), &body)
}

// Nothing that people send or are called gets into a log, however much is
// logged and whatever fails, nor into the data folder, but for the journal while
// it is not answered. Of pictures not even that.
func TestCanary(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, stop := debugged(t, data)
	photo := marked(page(t, colours[1]))
	exact, row := lossless(t)
	c := personal()
	c["pixels"] = row
	c["a comment in a picture"] = canaryMark
	c.addFile("a JPEG", photo)
	c.addFile("a PNG", exact)
	for _, text := range []string{string(photo), base64.StdEncoding.EncodeToString(photo), hex.EncodeToString(exact), canaryID} {
		if c.found(map[string]string{"what was sent": text}) == nil {
			t.Fatal("the canaries are not found where they are")
		}
	}

	post := func(path string, v any) {
		t.Helper()
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		s.post(path, "application/json", bytes.NewReader(body))
	}
	do := func(chat int64, v any) {
		t.Helper()
		post(fmt.Sprintf("/sim/chats/%d/do", chat), v)
	}
	// settled waits until all that was sent to a chat is answered.
	settled := func(chat, from int64) {
		t.Helper()
		help := map[bool]string{true: "/stitch", false: "/retire 编号"}
		s.say(chat, from, "/help")
		s.wait(chat, help[chat > 0])
		if list := c.found(withoutJournal(folder(t, data))); list != nil {
			t.Errorf("while the bot runs: %s", strings.Join(list, "; "))
		}
	}
	const all = canaryName + "，" + canaryID + "，电话" + canaryPhone
	post("/sim/chats", map[string]any{"type": "private", "id": canaryChat, "title": canaryName, "started": true})
	do(staffGroup, map[string]any{"action": "set-member", "user": canaryStaff, "name": canaryName, "status": "member"})

	// Words.
	for _, text := range []string{
		"我叫" + all + "，核验单用什么笔填", "那江西呢" + all, "我是" + all, all, "/ask " + all + " 核验单怎么填", "/frobnicate " + all,
		"/start " + canaryName, "/language " + canaryName, "Which pen? I am " + all, "<b>" + all, strings.Repeat(all, 60),
	} {
		s.say(canaryChat, canaryChat, text)
	}
	settled(canaryChat, canaryChat)
	do(canaryChat, map[string]any{"action": "edit", "message_id": s.answers(canaryChat)[0].ID - 1, "text": "改：" + all})
	post(fmt.Sprintf("/sim/chats/%d/send", canaryChat), map[string]any{"kind": "contact"})
	settled(canaryChat, canaryChat)

	// Pictures, in names and captions too.
	s.fileWith(canaryChat, "file", all+".jpg", all, photo)
	s.fileWith(canaryChat, "photo", all+".jpg", all+"，这张能用吗", photo)
	s.fileWith(canaryChat, "file", all+".jpeg", "", exact)
	s.fileWith(canaryChat, "file", all+".jpg", "", photo[:len(photo)/2])
	s.fileWith(canaryChat, "file", all+".txt", "", []byte(all))
	s.album(canaryChat, "file", photo, exact)
	m := s.wait(canaryChat, "检查结果")
	s.press(canaryChat, canaryChat, m.ID, "拼成一张")
	c.addFile("a stitched picture", s.download(s.wait(canaryChat, "beian-stitched")))
	settled(canaryChat, canaryChat)

	// Failures, in whose texts the server may quote what it likes.
	for _, f := range []map[string]any{
		{"method": "sendMessage", "kind": "400", "description": "Bad Request: can't parse " + all},
		{"method": "sendMessage", "kind": "500"},
		{"method": "sendMessage", "kind": "500-html"},
		{"method": "sendMessage", "kind": "cut-before"},
		{"method": "sendMessage", "kind": "403", "description": "Forbidden: " + all},
		{"method": "sendMessage", "kind": "429"},
		{"method": "sendChatAction", "kind": "400", "description": "Bad Request: " + all},
		{"method": "getFile", "kind": "400", "description": "Bad Request: " + all},
		{"method": "getFile", "kind": "500"},
		{"method": "getFile", "kind": "slow", "delay_ms": 200},
		{"method": "sendDocument", "kind": "400", "description": "Bad Request: " + all},
		{"method": "editMessageText", "kind": "400", "description": "Bad Request: " + all},
		{"method": "answerCallbackQuery", "kind": "400", "description": "Bad Request: " + all},
		{"method": "getUpdates", "kind": "500-html"},
	} {
		post("/sim/faults", f)
		switch f["method"] {
		case "sendMessage", "getUpdates":
			s.say(canaryChat, canaryChat, all+"，核验单用什么笔填")
		case "answerCallbackQuery", "editMessageText":
			s.press(canaryChat, canaryChat, m.ID, "拼成一张")
		default:
			s.fileWith(canaryChat, "file", all+".jpeg", all, exact)
		}
		settled(canaryChat, canaryChat)
		s.endFaults()
	}
	do(canaryChat, map[string]any{"action": "block"})
	do(canaryChat, map[string]any{"action": "unblock"})

	// Staff: what they publish stays, who they are does not.
	s.say(staffGroup, canaryStaff, "/add 证件上要不要加备案水印\n- 需要打水印吗\n答：不用加水印。")
	m = s.wait(staffGroup, "不用加水印")
	s.press(staffGroup, canaryStaff, m.ID, "上线")
	s.waitEdit(staffGroup, m.ID, "已保存并上线")
	s.say(staffGroup, canaryStaff, "/add@nobody_bot "+all)
	s.say(staffGroup, canaryStaff, "/retire "+all)
	s.say(staffGroup, canaryStaff, all)
	settled(staffGroup, canaryStaff)
	messages := s.messages(canaryChat)
	stop()

	c["the number of a member of staff"] = strconv.Itoa(canaryStaff)
	left := folder(t, data)
	if len(left) < 4 || !strings.Contains(left["kb.jsonl"], "不用加水印") {
		t.Errorf("the data folder has %q, want the entry in it", slices.Sorted(maps.Keys(left)))
	}
	if list := c.found(left); list != nil {
		t.Errorf("in the data folder after the end: %s", strings.Join(list, "; "))
	}
	log := s.log.String()
	if !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has no failure in it:\n%s", log)
	}
	c["the number of a chat"] = strconv.Itoa(canaryChat)
	c["the number of the staff group"] = strconv.Itoa(staffGroup)[1:]
	for _, m := range messages {
		if m.File != nil {
			c["the identifier of a file"] = m.File.ID
		}
	}
	for line := range strings.Lines(log) {
		if list := c.found(map[string]string{"a line of the log": line}); list != nil {
			t.Errorf("%s: %s", strings.Join(list, "; "), line)
		}
	}
}
