package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// An odd is something that people send and that is no ordinary question or
// picture.
type odd struct {
	what string
	send func(s *session, chat int64)
	want []string // the answer holds one of these
	file bool     // and a repaired file comes with it
	slow bool     // the file comes only if the machine is fast enough
}

// text is an odd message of text.
func text(what, text string, want ...string) odd {
	return odd{what: what, want: want, send: func(s *session, chat int64) { s.say(chat, chat, text) }}
}

// file is an odd file, sent as a file.
func file(what, name string, data []byte, want ...string) odd {
	return odd{what: what, want: want, send: func(s *session, chat int64) {
		s.files(chat, "file", map[string][]byte{name: data})
	}}
}

// kind is a message of a kind that is no text and no file.
func kind(what, kind string, want ...string) odd {
	return odd{what: what, want: want, send: func(s *session, chat int64) {
		s.post(fmt.Sprintf("/sim/chats/%d/send", chat), "application/json", strings.NewReader(`{"kind":"`+kind+`"}`))
	}}
}

// repaired says that a file comes with the answer.
func repaired(o odd) odd {
	o.file = true
	return o
}

// timed says that a file comes with the answer unless making it takes too long,
// as decoding a HEIC does under the race detector.
func timed(o odd) odd {
	o.slow = true
	return o
}

// oddInput is everything of which the answer must be a sentence that helps.
func oddInput(t *testing.T) []odd {
	drawn := func(format, size string) []byte {
		data, err := draw(format, size)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	jpg, png := drawn("jpeg", "900x600"), drawn("png", "900x600")
	heic, err := os.ReadFile("../../bot/picture/heic/testdata/up.heic")
	if err != nil {
		t.Fatal(err)
	}
	big := slices.Concat(jpg, make([]byte, 25_000_000-len(jpg)))
	return []odd{
		file("an empty file", "empty.jpg", nil, "空"),
		file("a text named .jpg", "scan.jpg", []byte(strings.Repeat("这不是图片\n", 40)), "不是图片", "认不出", "图片"),
		file("half a JPEG", "half.jpg", jpg[:len(jpg)/2], "不完整", "损坏", "重新"),
		repaired(file("a PNG named .jpg", "png.jpg", png, "PNG")),
		timed(file("a HEIC", "IMG_0001.HEIC", heic, "HEIC")),
		file("a HEIC of which only the head came", "head.heic", heic[:60], "HEIC", "重新"),
		repaired(file("a WebP", "a.webp", tinyWebP, "WebP")),
		repaired(file("a BMP", "a.bmp", bmp(40, 30), "BMP")),
		repaired(file("a TIFF", "a.tif", tiff(40, 30), "TIFF")),
		repaired(file("a GIF", "a.gif", drawn("gif", "300x200"), "GIF")),
		file("a PDF", "执照.pdf", []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), "PDF"),
		file("an AVIF", "a.avif", []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf\x00\x00\x00\x08mdat"), "AVIF"),
		file("a JPEG XL", "a.jxl", []byte("\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl \x00\x00\x00\x00jxl "), "JPEG XL", "JXL"),
		file("a PNG that claims to be huge", "huge.png", claimedPNG(3_000_000, 2_000_000), "像素", "尺寸"),
		file("a BMP that claims to be huge", "huge.bmp", bmpHeader(3_000_000, 2_000_000), "像素", "尺寸", "BMP"),
		file("a file of 25 MB", "大图.jpg", big, "20"),
		kind("a sticker", "sticker", "贴纸", "表情"),
		kind("a voice message", "voice", "语音"),
		kind("an audio file", "audio", "语音", "音频"),
		kind("a video", "video", "视频"),
		kind("an animation", "animation", "视频", "动图"),
		kind("a contact", "contact", "名片", "联系人"),
		kind("a place", "location", "处理不了"),
		text("an empty question", "\u3000 \u200b ", "问题", "文字"),
		text("only marks", "？？？", "没有看到问题"),
		text("an empty /ask", "/ask", "问"),
		text("a command that there is not", "/frobnicate", "命令"),
		text("noise", noise(4000), "没有"),
		text("a word 4,000 times", strings.Repeat("备案", 2000), "备案"),
		text("a question in English", "What pen should I use to fill in the verification form?", "black"),
		text("a question in Traditional Chinese", "核驗單要用什麼筆填寫", "黑色"),
		text("a question that the guidance does not cover", "今天天气怎么样", "资料里没有这一条"),
		text("markup", "<b>核验单</b> & `*_[]()~>#+-=|{}.!\\", "核验单", "您是不是想问"),
	}
}

// Whatever people send, they get a sentence that helps, and the program goes on
// as before.
func TestOddInput(t *testing.T) {
	s := start(t)
	for n, o := range oddInput(t) {
		chat := int64(5000 + n) // each in a chat of its own: no answer hangs on the one before
		s.post("/sim/chats", "application/json", strings.NewReader(fmt.Sprintf(`{"type":"private","id":%d,"title":"甲","started":true}`, chat)))
		o.send(s, chat)
		s.say(chat, chat, "/help")
		s.wait(chat, "/stitch") // all before it has been answered: a chat is worked on in order
		s.after[chat] = 0
		answers := s.answers(chat)
		answers = answers[:len(answers)-1] // without that to /help
		if len(answers) == 0 {
			t.Errorf("%s: no answer", o.what)
			continue
		}
		all, files := "", 0
		for _, m := range answers {
			all += m.Text + m.Caption + "\n"
			if m.File != nil {
				files++
			}
		}
		if !slices.ContainsFunc(o.want, func(w string) bool { return strings.Contains(all, w) }) {
			t.Errorf("%s is answered with %q, want one of %q", o.what, all, o.want)
		}
		if o.file != (files > 0) && !o.slow {
			t.Errorf("%s: %d files came back, want one: %v", o.what, files, o.file)
		}
		if utf8.RuneCountInString(all) < 10 || machinery.MatchString(all) || !utf8.ValidString(all) {
			t.Errorf("%s: %q is no sentence that helps", o.what, all)
		}
	}
	// The empty text is not a message that a chat can send.
	resp, err := http.Post(fmt.Sprintf("%s/sim/chats/%d/text", s.url, person), "application/json", strings.NewReader(`{"text":""}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("an empty text: %s, want a refusal", resp.Status)
	}
	s.say(person, person, "核验单怎么填")
	s.wait(person, "黑色签字笔")
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", bad)
	}
	s.end()
	if log := s.log.String(); regexp.MustCompile(`level=(ERROR|WARN)`).MatchString(log) {
		t.Errorf("odd input is no failure, but the log says:\n%s", log)
	}
}

// machinery is what belongs in no message to people.
var machinery = regexp.MustCompile(`(?i)goroutine|runtime error|panic|%!|<nil>|\berr(or)?\b|\.go:\d|unexpected EOF|invalid|\{\{|\{[a-z_]+\}`)

// messages returns all messages of a chat.
func (s *session) messages(chat int64) []message {
	s.t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s/sim/chats/%d/messages?after=0", s.url, chat))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []message
	data, err := io.ReadAll(resp.Body)
	if err = jsonOrErr(err, data, &list); err != nil {
		s.t.Fatal(err)
	}
	return list
}

// answers returns the bot's messages in a chat.
func (s *session) answers(chat int64) []message {
	s.t.Helper()
	return slices.DeleteFunc(s.messages(chat), func(m message) bool { return m.From != "bot" })
}

// noise is a text of n characters of all kinds.
func noise(n int) string {
	rng := rand.New(rand.NewPCG(7, 8))
	kinds := []func() rune{
		func() rune { return rune(0x4e00 + rng.IntN(0x5000)) },
		func() rune { return rune(' ' + rng.IntN(95)) },
		func() rune { return rune(0x1f600 + rng.IntN(60)) },
		func() rune { return []rune("\u200d\u202e\ufeff\u0301 \n、。")[rng.IntN(8)] },
	}
	r := []rune{'噪'}
	for len(r) < n {
		r = append(r, kinds[rng.IntN(len(kinds))]())
	}
	r[n-1] = '声'
	return string(r)
}

// tinyWebP is a picture of one pixel.
var tinyWebP = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

// bmpHeader is the head of a BMP of 24 bits a pixel.
func bmpHeader(w, h int) []byte {
	b := append([]byte("BM"), make([]byte, 52)...)
	le := binary.LittleEndian
	le.PutUint32(b[2:], uint32(54+(w*3+3)/4*4*h))
	le.PutUint32(b[10:], 54)
	le.PutUint32(b[14:], 40)
	le.PutUint32(b[18:], uint32(w))
	le.PutUint32(b[22:], uint32(h))
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], 24)
	return b
}

func bmp(w, h int) []byte {
	return append(bmpHeader(w, h), bytes.Repeat([]byte{180, 200, 90}, (w*3+3)/4*4*h/3)...)
}

// tiff is an uncompressed TIFF in one strip.
func tiff(w, h int) []byte {
	le := binary.LittleEndian
	const fields = 9
	ifd := 8
	bits := ifd + 2 + fields*12 + 4
	pixels := bits + 6
	b := []byte("II*\x00\x08\x00\x00\x00")
	b = le.AppendUint16(b, fields)
	for _, f := range [fields][4]int{
		{256, 4, 1, w}, {257, 4, 1, h}, {258, 3, 3, bits}, {259, 3, 1, 1}, {262, 3, 1, 2},
		{273, 4, 1, pixels}, {277, 3, 1, 3}, {278, 4, 1, h}, {279, 4, 1, w * h * 3},
	} {
		b = le.AppendUint16(le.AppendUint16(b, uint16(f[0])), uint16(f[1]))
		b = le.AppendUint32(le.AppendUint32(b, uint32(f[2])), uint32(f[3]))
	}
	b = append(b, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0)
	return append(b, bytes.Repeat([]byte{90, 200, 180}, w*h)...)
}

// claimedPNG is a PNG with a size in its head that its pixels do not have.
func claimedPNG(w, h uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0)),
		chunk("IDAT", []byte("\x78\x9c\x03\x00\x00\x00\x00\x01")), chunk("IEND", nil))
}
