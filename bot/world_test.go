package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"beianbot/bot"
	"beianbot/bot/picture"
	"beianbot/content"
)

const (
	applicant = bot.ChatID(1001)
	staffChat = bot.ChatID(-1001)
)

// firstNames are what people are called on Telegram. Those of applicants are in
// no reply, see [world.checkReply].
var firstNames = map[bot.UserID]string{7: "申请人甲", 8: "申请人乙", 42: "小李", 43: "<b>阿梅</b>"}

// A world is a bot with people who talk to it.
type world struct {
	t      *testing.T
	bot    *bot.Bot
	config bot.Config
	know   *knowledge
	chats  bot.Chats
	port   *port
	log    *slog.Logger
	update int64
	last   bot.Event
	shown  map[bot.ChatID][]bot.Reply // every reply of the chat, oldest first
	errs   []error                    // what Handle returned
}

func newWorld(t *testing.T) *world {
	t.Helper()
	words, err := bot.LoadWords(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	clauses, err := bot.LoadClauses(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := bot.LoadPairs(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, log: slog.New(slog.DiscardHandler), know: newKnowledge(t), chats: bot.NewMemChats(), shown: make(map[bot.ChatID][]bot.Reply)}
	w.port = &port{files: make(map[string][]byte)}
	l := w.know.Limits()
	limits := picture.Limits{MaxBytes: l.MaxBytes, LooseMaxBytes: l.LooseMaxBytes}
	for _, f := range l.Accepted {
		limits.Accepted = append(limits.Accepted, picture.Format(f))
	}
	for _, f := range l.Disputed {
		limits.Disputed = append(limits.Disputed, picture.Format(f))
	}
	w.config = bot.Config{
		Words: words, Knowledge: w.know, Chats: w.chats, Pairs: pairs, Clauses: clauses,
		Pictures:  picture.New(limits, picture.Config{}),
		StaffChat: staffChat, Key: []byte("key"),
		Inquiries: bot.NewMemInquiries(), Counts: bot.NewMemCounts(), Settings: bot.NewMemSettings(),
	}
	w.restart()
	return w
}

// restart makes a new bot over the same store.
func (w *world) restart() {
	w.t.Helper()
	var err error
	if w.bot, err = bot.New(w.log, w.config); err != nil {
		w.t.Fatal(err)
	}
}

// handle passes an event and checks what must hold for every reply.
func (w *world) handle(e bot.Event) []bot.Reply {
	w.t.Helper()
	w.last = e
	w.port.progress, w.port.answered = nil, nil
	replies, err := w.bot.Handle(w.t.Context(), e, w.port)
	if err != nil {
		w.errs = append(w.errs, err)
	}
	for _, r := range replies {
		w.checkReply(r)
	}
	for _, r := range replies {
		chat := e.Chat
		if r.Chat != 0 {
			chat = r.Chat
		}
		w.shown[chat] = append(w.shown[chat], r)
	}
	return replies
}

var openSlot = regexp.MustCompile(`\{[a-z_]+\}`)

func (w *world) checkReply(r bot.Reply) {
	w.t.Helper()
	limit := 4096
	if r.File != nil {
		limit = 1024
		if r.File.Name == "" || strings.ContainsFunc(r.File.Name, func(c rune) bool { return c > 0x7e || c <= ' ' }) {
			w.t.Errorf("file is named %q, want ASCII", r.File.Name)
		}
	}
	if n := len([]rune(r.Text)); n > limit || n == 0 {
		w.t.Errorf("reply has %d characters, want 1 to %d: %q", n, limit, r.Text)
	}
	if strings.Contains(r.Text, firstNames[7]) || strings.Contains(r.Text, firstNames[8]) {
		w.t.Errorf("reply names who asked: %q", r.Text)
	}
	if toThem := r.Chat > 0 || r.Chat == 0 && w.last.Chat > 0; toThem && strings.Contains(r.Text, firstNames[42]) {
		w.t.Errorf("reply to a person names a colleague: %q", r.Text)
	}
	if r.Chat != staffChat && (openSlot.MatchString(r.Text) || strings.ContainsAny(r.Text, "!！")) { // a card quotes people
		w.t.Errorf("reply has an open slot or an exclamation mark: %q", r.Text)
	}
	for _, s := range r.Spans {
		if s.Start < 0 || s.Start >= s.End || s.End > len(r.Text) {
			w.t.Errorf("span %+v of %d bytes", s, len(r.Text))
		}
	}
	rows := 4
	if len(r.Buttons) > 0 && len(r.Buttons[0]) >= 4 && (strings.HasPrefix(r.Buttons[0][0].Data, "cl:") || strings.Contains(r.Buttons[0][0].Data, ":?")) {
		rows = 8 // all provinces
	}
	if len(r.Buttons) > rows {
		w.t.Errorf("reply has %d rows of buttons, want at most %d", len(r.Buttons), rows)
	}
	for _, row := range r.Buttons {
		for _, b := range row {
			if b.Label == "" || len(b.Data) > 64 || (b.Data == "") == (b.Copy == "") || len([]rune(b.Copy)) > 256 {
				w.t.Errorf("button %+v", b)
			}
		}
	}
}

// event makes the next event of a chat.
func (w *world) event(chat bot.ChatID, from bot.UserID, body bot.Body) bot.Event {
	w.update++
	return bot.Event{
		Update: w.update, Chat: chat, Private: chat > 0, From: from, Name: firstNames[from], Lang: "zh-hans",
		Message: bot.MessageID(w.update), Body: body,
	}
}

func (w *world) say(text string) []bot.Reply {
	w.t.Helper()
	return w.handle(w.event(applicant, 7, body(text)))
}

func (w *world) staff(text string) []bot.Reply {
	w.t.Helper()
	return w.handle(w.event(staffChat, 42, body(text)))
}

// body makes a command of what begins with a slash.
func body(text string) bot.Body {
	if rest, ok := strings.CutPrefix(text, "/"); ok && !strings.HasPrefix(rest, "/") {
		name, args, _ := strings.Cut(rest, " ")
		if i := strings.IndexByte(name, '\n'); i >= 0 {
			name, args = name[:i], name[i:]+" "+args
		}
		return bot.Command{Name: name, Args: strings.TrimSpace(args)}
	}
	return bot.Text{Text: text}
}

// press taps the newest button with this label in the chat.
func (w *world) press(chat bot.ChatID, from bot.UserID, label string) []bot.Reply {
	w.t.Helper()
	for _, r := range slices.Backward(w.shown[chat]) {
		for _, row := range r.Buttons {
			for _, b := range row {
				if b.Label == label {
					return w.handle(w.event(chat, from, bot.Press{Query: "q", Data: b.Data}))
				}
			}
		}
	}
	w.t.Fatalf("no button %q", label)
	return nil
}

// replyTo answers the newest card in the staff chat.
func (w *world) replyTo(from bot.UserID, text string) []bot.Reply {
	w.t.Helper()
	e := w.event(staffChat, from, body(text))
	e.ReplyTo, e.Follows, e.Quoted = 900, true, w.card().Text
	return w.handle(e)
}

// card returns the newest card in the staff chat.
func (w *world) card() bot.Reply {
	w.t.Helper()
	for _, r := range slices.Backward(w.shown[staffChat]) {
		if strings.HasPrefix(r.Text, "#") && strings.Contains(r.Text, "\n") {
			return r
		}
	}
	w.t.Fatal("there is no card")
	return bot.Reply{}
}

// here are the replies that stay in the chat of the event.
func here(replies []bot.Reply) []bot.Reply {
	return slices.DeleteFunc(slices.Clone(replies), func(r bot.Reply) bool { return r.Chat != 0 })
}

// upload sends pictures together.
func (w *world) upload(files ...bot.FileRef) []bot.Reply {
	w.t.Helper()
	return w.handle(w.event(applicant, 7, bot.Upload{Files: files}))
}

// file puts bytes where the port finds them.
func (w *world) file(name string, data []byte) bot.FileRef {
	n := len(w.port.files)
	id := "id-" + strconv.Itoa(n)
	w.port.files[id] = data
	return bot.FileRef{ID: id, Unique: "u-" + id, Name: name, Bytes: int64(len(data)), Message: bot.MessageID(5000 + n)}
}

func (w *world) photo(data []byte) bot.FileRef {
	ref := w.file("", data)
	ref.Photo = true
	return ref
}

// port is a chat that hands over the files it was given.
type port struct {
	files    map[string][]byte
	progress []string
	answered []string        // what presses were answered with
	deleted  []bot.MessageID // messages taken out of the chat
	away     []bot.MessageID // and out of others
	stay     int             // how many of them cannot be
	fail     error           // of every download
}

func (p *port) Download(_ context.Context, f bot.FileRef, limit int64) ([]byte, error) {
	data, ok := p.files[f.ID]
	switch {
	case p.fail != nil:
		return nil, p.fail
	case !ok:
		return nil, errors.New("no such file")
	case int64(len(data)) > limit:
		return nil, bot.ErrTooBig
	}
	return data, nil
}

func (p *port) Busy(context.Context, bot.Activity)      {}
func (p *port) Progress(_ context.Context, text string) { p.progress = append(p.progress, text) }
func (p *port) Answer(_ context.Context, _ bot.Press, text string) {
	p.answered = append(p.answered, text)
}

func (p *port) Delete(_ context.Context, chat bot.ChatID, ids []bot.MessageID) []bot.MessageID {
	gone := len(ids) - min(p.stay, len(ids))
	if chat != 0 {
		p.away = append(p.away, ids[:gone]...)
		return ids[gone:]
	}
	p.deleted = append(p.deleted, ids[:gone]...)
	return ids[gone:]
}

// draw makes the bytes of a picture file from a description such as
// "jpeg 800x600 6": the format, the size, the EXIF orientation.
func draw(spec string) ([]byte, error) {
	f := strings.Fields(spec)
	switch f[0] {
	case "empty":
		return nil, nil
	case "text":
		return []byte("这不是图片,只是一个改了名字的文本文件。\n"), nil
	case "heic":
		return append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 200)...), nil
	case "pdf":
		return []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), nil
	}
	if len(f) < 2 {
		return nil, fmt.Errorf("no size in %q", spec)
	}
	var w, h int
	if _, err := fmt.Sscanf(f[1], "%dx%d", &w, &h); err != nil {
		return nil, fmt.Errorf("size of %q: %w", spec, err)
	}
	var buf bytes.Buffer
	var err error
	switch f[0] {
	case "jpeg", "half":
		err = jpeg.Encode(&buf, paper(w, h), &jpeg.Options{Quality: 85})
	case "noise":
		err = jpeg.Encode(&buf, noise(w, h), &jpeg.Options{Quality: 98})
	case "png":
		err = png.Encode(&buf, paper(w, h))
	case "gif":
		err = gif.Encode(&buf, paper(w, h), nil)
	default:
		err = fmt.Errorf("unknown picture %q", spec)
	}
	data := buf.Bytes()
	if f[0] == "half" {
		data = data[:len(data)/2]
	}
	if len(f) > 2 {
		data = orient(data, f[2][0]-'0')
	}
	return data, err
}

func mustDraw(t *testing.T, spec string) []byte {
	t.Helper()
	data, err := draw(spec)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// paper draws a coloured page with dark lines, sharp as print.
func paper(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{240, 225, 200, 255}
			if x*10 > w && x*10 < 9*w && y*10 > h && y*10 < 9*h && y/7%3 == 0 && x/5%4 != 0 {
				c = color.RGBA{30, 30, 60, 255}
			}
			if x*10 > 7*w && y*10 > 7*h && (x+y)/3%2 == 0 {
				c = color.RGBA{190, 30, 40, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// noise draws a picture that no encoder makes small.
func noise(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// orient puts an EXIF orientation into a JPEG.
func orient(data []byte, o byte) []byte {
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[29] = o
	return slices.Concat(data[:2], exif, data[2:])
}

// decoded returns the size of a picture that the bot sent.
func decoded(f *bot.File) (string, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(f.Data))
	if err != nil {
		return "", err
	}
	if _, _, err := image.Decode(bytes.NewReader(f.Data)); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return fmt.Sprintf("%s %dx%d", format, c.Width, c.Height), nil
}
