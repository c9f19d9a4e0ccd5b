package playground

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
)

// fetch downloads a file as a bot does.
func (w *world) fetch(id string) []byte {
	w.t.Helper()
	var f struct {
		Path string `json:"file_path"`
	}
	w.call("getFile", map[string]any{"file_id": id}, &f)
	resp, err := http.Get(w.url + "/file/bot" + testToken + "/" + f.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		w.t.Fatalf("download = %d, %v, want 200", resp.StatusCode, err)
	}
	return data
}

// A photo taken with the phone on its side arrives upright, without EXIF, in
// Telegram's sizes.
func TestPhotosAreRecompressed(t *testing.T) {
	for turn := 1; turn <= 8; turn++ {
		w := newWorld(t, Config{})
		src := drawn(t, 1600, 1200, turn)
		w.sendsFiles(Applicant, map[string]string{"as": "photo", "caption": "身份证"}, part{"IMG_1.jpg", src})
		us := w.updates()
		if len(us) != 1 || us[0].Message.Caption != "身份证" {
			t.Fatalf("turn %d: updates = %+v, want one photo", turn, us)
		}
		photo := us[0].Message.Photo
		var sides []string
		for _, p := range photo {
			sides = append(sides, fmt.Sprintf("%dx%d", p.Width, p.Height))
		}
		want := "90x68 320x240 800x600 1280x960"
		if turn >= 5 {
			want = "68x90 240x320 600x800 960x1280"
		}
		if got := strings.Join(sides, " "); got != want {
			t.Errorf("turn %d: sizes %s, want %s", turn, got, want)
			continue
		}
		data := w.fetch(photo[3].ID)
		if bytes.Contains(data, []byte("Exif")) || int64(len(data)) != photo[3].Size {
			t.Errorf("turn %d: %d bytes with EXIF or not the %d announced", turn, len(data), photo[3].Size)
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		// The dark half of the drawing is on the right before it is turned.
		dark := map[int][2]int{1: {9, 5}, 2: {0, 5}, 3: {0, 5}, 4: {9, 5}, 5: {5, 9}, 6: {5, 9}, 7: {5, 0}, 8: {5, 0}}[turn]
		if r, _, b, _ := at(img, dark); r > 0x6000 || b < 0x5000 {
			t.Errorf("turn %d: the dark half is not where it belongs", turn)
		}
	}
}

// at is the colour at tenths of the sides.
func at(img image.Image, p [2]int) (r, g, b, a uint32) {
	s := img.Bounds()
	return img.At(s.Dx()*(2*p[0]+1)/20, s.Dy()*(2*p[1]+1)/20).RGBA()
}

func TestSmallPhotosStaySmall(t *testing.T) {
	w := newWorld(t, Config{})
	w.sendsFiles(Applicant, map[string]string{"as": "photo"}, part{"a.jpg", drawn(t, 500, 400, 1)})
	p := w.updates()[0].Message.Photo
	if len(p) != 3 || p[2].Width != 500 || p[2].Height != 400 {
		t.Errorf("sizes = %+v, want 90, 320 and the photo's own", p)
	}
}

// Whatever is sent as a file arrives byte for byte; what clients cannot read as
// a picture goes as a file even when sent as a photo.
func TestFilesAreUntouched(t *testing.T) {
	photo := drawn(t, 300, 200, 6)
	for _, c := range []struct {
		as, name, mime string
		data           []byte
	}{
		{"file", "身份证 正面.JPG", "image/jpeg", photo},
		{"file", "IMG.HEIC", "image/heic", []byte("\x00\x00\x00\x18ftypheic")},
		{"file", "empty.png", "image/png", nil},
		{"file", "无后缀", "application/octet-stream", []byte("x")},
		{"photo", "text.jpg", "image/jpeg", []byte("not a picture")},
	} {
		w := newWorld(t, Config{})
		w.sendsFiles(Applicant, map[string]string{"as": c.as}, part{c.name, c.data})
		d := w.updates()[0].Message.Document
		if d == nil || d.Name != c.name || d.MIME != c.mime || d.Size != int64(len(c.data)) {
			t.Errorf("%s: document = %+v, want its name, %s and %d bytes", c.name, d, c.mime, len(c.data))
			continue
		}
		if got := w.fetch(d.ID); !bytes.Equal(got, c.data) {
			t.Errorf("%s: %d bytes came back changed", c.name, len(got))
		}
	}
}

func TestAlbums(t *testing.T) {
	w := newWorld(t, Config{})
	small := drawn(t, 120, 90, 1)
	var parts []part
	for i := range 12 {
		parts = append(parts, part{fmt.Sprintf("%d.jpg", i), small})
	}
	got := w.sendsFiles(Applicant, map[string]string{"as": "photo", "caption": "全部"}, parts...)
	if len(got.IDs) != 12 || got.ID != got.IDs[0] {
		t.Fatalf("12 photos = %+v, want 12 messages", got)
	}
	us := w.updates()
	groups := map[string]int{}
	for i, u := range us {
		groups[u.Message.Album]++
		if (u.Message.Caption != "") != (i == 0) {
			t.Errorf("part %d has the caption %q; only the first has one", i, u.Message.Caption)
		}
	}
	if len(us) != 12 || groups[us[0].Message.Album] != 10 || groups[us[10].Message.Album] != 2 {
		t.Errorf("groups = %v, want one of ten and one of two", groups)
	}
}

func TestBigFile(t *testing.T) {
	w := newWorld(t, Config{})
	w.sendsFiles(Applicant, nil, part{"big.jpg", make([]byte, 25<<20)})
	d := w.updates()[0].Message.Document
	if d.Size != 25<<20 {
		t.Fatalf("document = %+v, want 25 MiB announced", d)
	}
	w.fails("getFile", map[string]any{"file_id": d.ID}, 400, "Bad Request: file is too big")
	w.fails("getFile", map[string]any{"file_id": "nonsense"}, 400, "Bad Request: invalid file_id")
}

func TestOldFilesGo(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{FileBytes: 1000, PersonBytes: 600}})
	w.sendsFiles(Applicant, nil, part{"a.txt", make([]byte, 600)})
	w.sendsFiles(Applicant, nil, part{"b.txt", make([]byte, 599)})
	us := w.updates()
	w.fails("getFile", map[string]any{"file_id": us[0].Message.Document.ID}, 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
	if code := w.get("/sim/files/"+us[0].Message.Document.ID, nil); code != 404 {
		t.Errorf("GET /sim/files of a dropped file = %d, want 404", code)
	}
	id := us[1].Message.Document.ID
	w.fetch(id)
	var f struct {
		Path string `json:"file_path"`
	}
	w.call("getFile", map[string]any{"file_id": id}, &f)
	w.does("/sim/clock", map[string]any{"advance_seconds": 3601})
	if code := w.get("/file/bot"+testToken+"/"+f.Path, nil); code != 404 {
		t.Errorf("a link after an hour = %d, want 404", code)
	}
}

func TestBotSendsMedia(t *testing.T) {
	w := newWorld(t, Config{})
	jpg := drawn(t, 1600, 1200, 1)
	w.sendsFiles(Applicant, map[string]string{"as": "photo"}, part{"a.jpg", jpg})
	w.sendsFiles(Applicant, nil, part{"b.jpg", jpg})
	us := w.updates()
	photo, doc := us[0].Message.Photo[3].ID, us[1].Message.Document.ID
	to := func(kv ...any) map[string]any {
		m := map[string]any{"chat_id": Applicant}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	var m message
	w.call("sendPhoto", to("photo", photo, "caption", "<b>预览</b>", "parse_mode", "HTML"), &m)
	if len(m.Photo) != 4 || m.CaptionEntities[0].Type != "bold" {
		t.Errorf("sendPhoto by id = %+v, want all four sizes", m)
	}
	w.fails("sendPhoto", to("photo", doc), 400, "Bad Request: can't use file of type Document as Photo")
	w.fails("sendDocument", to(), 400, "Bad Request: there is no document in the request")
	w.fails("sendDocument", to("document", "attach://f0"), 400, "Bad Request: there is no document in the request")
	w.fails("sendDocument", to("document", doc, "caption", strings.Repeat("字", 1025)), 400, "Bad Request: message caption is too long")
	w.fails("sendDocument", to("document", "https://a.cn/x.jpg"), 400, "Bad Request: failed to get HTTP URL content")
	album := func(kinds ...string) []any {
		list := []any{}
		for _, k := range kinds {
			list = append(list, map[string]any{"type": k, "media": map[string]string{"photo": photo, "document": doc}[k]})
		}
		return list
	}
	var ms []message
	w.call("sendMediaGroup", to("media", album("photo", "photo")), &ms)
	if len(ms) != 2 || ms[0].Album == "" || ms[0].Album != ms[1].Album {
		t.Errorf("sendMediaGroup = %+v, want two in one album", ms)
	}
	w.fails("sendMediaGroup", to("media", album("photo", "document")), 400, "Bad Request: can't use the media of the specified type in the album")
	w.call("editMessageMedia", to("message_id", m.ID, "media", album("document")[0]), &m)
	if v := w.messages(Applicant)[2]; v.Kind != "document" || v.Photo != nil || !v.Edited {
		t.Errorf("after editMessageMedia the person sees %+v, want a document", v)
	}
	w.call("editMessageCaption", to("message_id", m.ID, "caption", "新"), nil)
	w.call("sendLocation", to("latitude", 39.9, "longitude", 116.4), nil)
	w.call("sendContact", to("phone_number", "+1", "first_name", "甲"), nil)
}

func TestOddThingsFromPeople(t *testing.T) {
	w := newWorld(t, Config{})
	for _, kind := range []string{"sticker", "voice", "audio", "video", "animation", "contact", "location"} {
		w.does("/sim/chats/1001/send", map[string]any{"kind": kind})
	}
	if us := w.updates(); len(us) != 7 || us[0].Message.Sticker == nil || us[1].Message.Voice == nil || us[5].Message.Contact == nil {
		t.Errorf("updates = %+v, want one of each", us)
	}
	for i, v := range w.messages(Applicant) {
		if v.Kind == "text" {
			t.Errorf("message %d is shown as text", i)
		}
	}
}

// What a stranger sends is never run by the page: only pictures are inline.
func TestFilesCannotBePages(t *testing.T) {
	w := newWorld(t, Config{})
	w.sendsFiles(Applicant, nil, part{"x.html", []byte("<script>")}, part{"x.svg", []byte("<svg>")}, part{"核.jpg", drawn(t, 10, 10, 1)})
	for _, m := range w.messages(Applicant) {
		resp, err := http.Get(w.url + "/sim/files/" + m.File.ID)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		inline := strings.HasPrefix(resp.Header.Get("Content-Disposition"), "inline")
		if want := m.File.MIME == "image/jpeg"; inline != want || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v, want inline %v in a sandbox", m.File.Name, resp.Header, want)
		}
	}
}

func BenchmarkRecompress(b *testing.B) {
	data := drawn(b, 4000, 3000, 6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := recompress(data, maxPhotoSides); err != nil {
			b.Fatal(err)
		}
	}
}
