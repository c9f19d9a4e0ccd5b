package playground

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

const testToken = "42:TEST-token_1"

// A world is a server with both of its sides at hand. Every answer to the bot
// is held against the schema.
type world struct {
	t   *testing.T
	s   *Server
	url string
	out *schema // with the types of answers
}

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	cfg.Token = testToken
	s := New(cfg)
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		srv.Close()
	})
	return &world{t, s, srv.URL, answerSchema(t)}
}

// answerSchema is the embedded schema together with the types that only answers
// are made of.
func answerSchema(t *testing.T) *schema {
	t.Helper()
	data, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	all := &schema{Methods: loadSchema().Methods, Types: map[string]schemaType{}}
	if err := json.Unmarshal(data, all); err != nil {
		t.Fatal(err)
	}
	maps.Copy(all.Types, loadSchema().Types)
	all.Methods = loadSchema().Methods
	return all
}

// An apiAnswer is what a call of the bot gets.
type apiAnswer struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Code   int             `json:"error_code"`
	Desc   string          `json:"description"`
	Params struct {
		Retry   int   `json:"retry_after"`
		Migrate int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// try calls a method with a JSON body.
func (w *world) try(method string, params map[string]any) apiAnswer {
	w.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	body, err := json.Marshal(params)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.Post(w.url+"/bot"+testToken+"/"+method, "application/json", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.decode(method, resp)
}

func (w *world) decode(method string, resp *http.Response) apiAnswer {
	w.t.Helper()
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var a apiAnswer
	if err := json.Unmarshal(data, &a); err != nil {
		w.t.Fatalf("%s answered %q: %v", method, data, err)
	}
	if a.OK != (resp.StatusCode == 200) || !a.OK && a.Code != resp.StatusCode {
		w.t.Errorf("%s: status %d with ok=%v and error_code %d", method, resp.StatusCode, a.OK, a.Code)
	}
	if name, ok := w.s.schema.canonical(method); a.OK && ok {
		w.conforms(method, w.out.Methods[name].Returns, a.Result)
	}
	return a
}

// conforms checks a value that the server made against the schema.
func (w *world) conforms(what string, types []string, raw json.RawMessage) {
	w.t.Helper()
	var v any
	if err := decodeJSON(raw, &v); err != nil {
		w.t.Fatal(err)
	}
	k := &checker{schema: w.out}
	k.value(what, nil, types, v)
	for _, b := range k.broken {
		w.t.Errorf("answer breaks the schema: %s", b)
	}
}

// call is try for calls that have to work; the result goes into v.
func (w *world) call(method string, params map[string]any, v any) {
	w.t.Helper()
	a := w.try(method, params)
	if !a.OK {
		w.t.Fatalf("%s = %d %q, want ok", method, a.Code, a.Desc)
	}
	if v != nil {
		if err := json.Unmarshal(a.Result, v); err != nil {
			w.t.Fatalf("%s: %v in %s", method, err, a.Result)
		}
	}
}

// fails calls a method that has to be refused.
func (w *world) fails(method string, params map[string]any, code int, desc string) apiAnswer {
	w.t.Helper()
	a := w.try(method, params)
	if a.OK || a.Code != code || a.Desc != desc {
		w.t.Errorf("%s(%v) = ok %v, %d %q, want %d %q", method, params, a.OK, a.Code, a.Desc, code, desc)
	}
	return a
}

// person posts to /sim and returns the status; the answer goes into v.
func (w *world) person(path string, in, v any) int {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.Post(w.url+path, "application/json", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if v != nil {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			w.t.Fatalf("POST %s: %v", path, err)
		}
	}
	return resp.StatusCode
}

type ids struct {
	ID     int64   `json:"message_id"`
	IDs    []int64 `json:"message_ids"`
	Thread int64   `json:"thread"`
	Chat   int64   `json:"chat_id"`
	Query  string  `json:"callback_query_id"`
	Inline string  `json:"inline_query_id"`
	Error  string  `json:"error"`
}

// does is person for what has to work.
func (w *world) does(path string, in any) ids {
	w.t.Helper()
	var out ids
	if code := w.person(path, in, &out); code != 200 {
		w.t.Fatalf("POST %s %v = %d %q, want 200", path, in, code, out.Error)
	}
	return out
}

func (w *world) says(chat int64, text string) int64 {
	w.t.Helper()
	return w.does(fmt.Sprintf("/sim/chats/%d/text", chat), map[string]any{"text": text}).ID
}

func (w *world) get(path string, v any) int {
	w.t.Helper()
	resp, err := http.Get(w.url + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if v != nil {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			w.t.Fatalf("GET %s: %v", path, err)
		}
	}
	return resp.StatusCode
}

func (w *world) messages(chat int64) []simMessage {
	w.t.Helper()
	var list []simMessage
	w.get(fmt.Sprintf("/sim/chats/%d/messages", chat), &list)
	return list
}

// A part is a file of a form.
type part struct {
	name string
	data []byte
}

func (w *world) sendsFiles(chat int64, fields map[string]string, parts ...part) ids {
	w.t.Helper()
	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	for k, v := range fields {
		mw.WriteField(k, v)
	}
	for _, p := range parts {
		fw, err := mw.CreateFormFile("file", p.name)
		if err != nil {
			w.t.Fatal(err)
		}
		fw.Write(p.data)
	}
	mw.Close()
	resp, err := http.Post(fmt.Sprintf("%s/sim/chats/%d/files", w.url, chat), mw.FormDataContentType(), &body)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out ids
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != 200 {
		w.t.Fatalf("POST files = %d %q, %v, want 200", resp.StatusCode, out.Error, err)
	}
	return out
}

// An arrived is an update, as far as tests look at it.
type arrived struct {
	ID      int64          `json:"update_id"`
	Message *arrivedText   `json:"message"`
	Edited  *arrivedText   `json:"edited_message"`
	Query   *arrivedQuery  `json:"callback_query"`
	Mine    *arrivedMember `json:"my_chat_member"`
	Inline  *struct {
		ID    string `json:"id"`
		Query string `json:"query"`
	} `json:"inline_query"`
}

type arrivedText struct {
	message
	From user `json:"from"`
}

type arrivedQuery struct {
	ID      string  `json:"id"`
	Data    string  `json:"data"`
	Message message `json:"message"`
}

type arrivedMember struct {
	New struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// updates fetches what waits, without waiting, and confirms it.
func (w *world) updates() []arrived {
	w.t.Helper()
	var all []arrived
	offset := int64(0)
	w.s.mu.Lock()
	w.s.updates.lastStart = time.Time{} // tests fetch faster than the guard against busy loops likes
	w.s.mu.Unlock()
	for {
		var us []arrived
		w.call("getUpdates", map[string]any{"offset": offset}, &us)
		if len(us) == 0 {
			return all
		}
		all = append(all, us...)
		offset = us[len(us)-1].ID + 1
		w.s.mu.Lock()
		w.s.updates.lastOffset = -1
		w.s.mu.Unlock()
	}
}

// clean fails the test when a call has broken the schema.
func (w *world) clean() {
	w.t.Helper()
	if v := w.s.Violations(); len(v) > 0 {
		w.t.Errorf("Violations() = %q, want none", v)
	}
}

// drawn is a JPEG with a light left and a dark right half, and an orientation.
func drawn(t testing.TB, width, height, turn int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{240, 230, 220, 255}), image.Point{}, draw.Src)
	right := image.Rect(width/2, 0, width, height)
	draw.Draw(img, right, image.NewUniform(color.RGBA{20, 30, 120, 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	if turn < 2 {
		return out.Bytes()
	}
	exif := []byte{0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(turn), 0, 0, 0, 0, 0, 0}
	return append(append([]byte{0xff, 0xd8}, exif...), out.Bytes()[2:]...)
}

// form is the values as the bot's request in the old encoding.
func form(kv ...string) io.Reader {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return strings.NewReader(v.Encode())
}

// A message of a person, its update, and the bot's answer: what the server
// itself costs in tests of the bot's speed.
func BenchmarkRoundTrip(b *testing.B) {
	s := New(Config{Token: testToken, FirstUpdate: 1})
	defer s.Close()
	do := func(path, body string) string {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatalf("POST %s = %d %s", path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		do("/sim/chats/1001/text", `{"text":"核验单怎么填"}`)
		do("/bot"+testToken+"/getUpdates", fmt.Sprintf(`{"offset":%d,"timeout":1}`, n))
		do("/bot"+testToken+"/sendMessage", `{"chat_id":1001,"text":"请用黑色签字笔","reply_markup":{"inline_keyboard":[[{"text":"有用","callback_data":"up"}]]}}`)
	}
}
