package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processToken is the token of the bots that run in processes of their own.
const processToken = "4200000042:eEndToEndSecretThatIsNowhere_0123456"

// A process is the program as people start it.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *lockedBuffer
	out  *bufio.Reader
	done bool
}

// spawn starts the program, which TestMain has put into the PATH.
func spawn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("beianbot", args...), log: new(lockedBuffer)}
	p.cmd.Env = append(os.Environ(), "HTTP_PROXY=", "HTTPS_PROXY=", "TELEGRAM_BOT_TOKEN=")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process without warning.
func (p *process) kill() {
	if p.done {
		return
	}
	p.done = true
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // killed
}

// terminate asks the process to end, and waits until it has.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	p.done = true
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("after SIGTERM: %v; log:\n%s", err, p.log)
	}
}

// playgroundProcess starts the playground alone, which stays up until the test
// ends.
func playgroundProcess(t *testing.T) *session {
	t.Helper()
	p := spawn(t, nil, "playground", "-addr", "127.0.0.1:0", "-token", processToken)
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("no line on standard output: %v; log:\n%s", err, p.log)
	}
	s := &session{t: t, url: regexp.MustCompile(`http://[^/ ]+`).FindString(line), log: p.log, after: make(map[int64]int)}
	if s.url == "" {
		t.Fatalf("the line is %q, want an address", line)
	}
	return s
}

// botProcess starts the bot of a playground.
func (s *session) botProcess(data string, env ...string) *process {
	s.t.Helper()
	p := spawn(s.t, append([]string{"TELEGRAM_BOT_TOKEN=" + processToken}, env...),
		"serve", "-api", s.url, "-data", data, "-staff-chat", fmt.Sprint(staffGroup))
	s.log = p.log
	return p
}

// album sends files together, in their order, with a caption and names that must
// be found nowhere.
func (s *session) album(chat int64, as string, files ...[]byte) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("as", as) // into memory
	_ = w.WriteField("caption", canaryName+canaryID)
	for n, data := range files {
		part, err := w.CreateFormFile("file", fmt.Sprintf("%s%s-%d.jpg", canaryName, canaryPhone, n+1))
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

// fault makes the coming calls of a method go wrong.
func (s *session) fault(json string) {
	s.t.Helper()
	s.post("/sim/faults", "application/json", strings.NewReader(json))
}

func (s *session) endFaults() {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodDelete, s.url+"/sim/faults", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// journalOf returns what the queue of updates in a data folder holds.
func journalOf(t *testing.T, data string) string {
	t.Helper()
	return streamOf(t, data, "INBOX")
}

// streamOf returns what the files of a stream in a data folder hold.
func streamOf(t *testing.T, data, name string) string {
	t.Helper()
	var all strings.Builder
	blocks, err := filepath.Glob(filepath.Join(data, "nats", "jetstream", "$G", "streams", name, "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		b, err := os.ReadFile(block)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// atWork is how many updates are begun and not finished.
func atWork(t *testing.T, data string) int {
	t.Helper()
	marks := streamOf(t, data, "KV_mark")
	last := strings.LastIndex(marks, `"begun":`)
	if last < 0 {
		return 0
	}
	begun, _, whole := strings.Cut(marks[last:], "}")
	if !whole {
		return 0 // it is being written
	}
	return strings.Count(begun, ":") - 1
}

// colours are the grounds of the pictures of an album.
var colours = []color.RGBA{{220, 120, 110, 255}, {110, 200, 120, 255}, {110, 120, 220, 255}}

// page is a drawn page with a ground of one colour.
func page(t *testing.T, ground color.RGBA) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for y := range 600 {
		for x := range 800 {
			c := ground
			if x > 100 && x < 700 && y > 100 && y/7%3 == 0 && x/5%4 != 0 {
				c = color.RGBA{30, 30, 60, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, nil); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// wantStitched checks that data is one JPEG below the limit with the pages of
// all colours, in their order.
func wantStitched(t *testing.T, data []byte) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil || len(data) >= 4_000_000 {
		t.Fatalf("the stitched file has %d bytes, %v", len(data), err)
	}
	var seen []int
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 8 {
		for x := b.Min.X; x < b.Max.X; x += 8 {
			if n := groundAt(img, x, y); n >= 0 && !slices.Contains(seen, n) {
				seen = append(seen, n)
			}
		}
	}
	if !slices.Equal(seen, []int{0, 1, 2}) {
		t.Errorf("the stitched picture of %v has the pages %v, want 0, 1, 2", b, seen)
	}
}

// groundAt returns which of the colours is at a point, -1 for none.
func groundAt(img image.Image, x, y int) int {
	r, g, b, _ := img.At(x, y).RGBA()
	return slices.IndexFunc(colours, func(c color.RGBA) bool {
		near := func(v uint32, want uint8) bool { return max(int(v>>8)-int(want), int(want)-int(v>>8)) < 12 }
		return near(r, c.R) && near(g, c.G) && near(b, c.B)
	})
}

// counts returns how many of the bot's messages hold each of the words.
func (s *session) counts(chat int64, words ...string) map[string]int {
	s.t.Helper()
	n := make(map[string]int)
	for _, m := range s.answers(chat) {
		name := ""
		if m.File != nil {
			name = m.File.Name
		}
		for _, w := range words {
			if strings.Contains(m.Text+"\n"+m.Caption+"\n"+name, w) {
				n[w]++
			}
		}
	}
	return n
}

// schemaViolations returns the calls that break the schema, also where faults
// make calls fail.
func (s *session) schemaViolations() []string {
	s.t.Helper()
	var bad []string
	for _, v := range s.violations() {
		if !strings.HasSuffix(v, " []") {
			bad = append(bad, v)
		}
	}
	return bad
}
