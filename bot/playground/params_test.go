package playground

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// onlyReader hides the length of a body, so that it goes out chunked.
type onlyReader struct{ io.Reader }

func TestRequestsInEveryEncoding(t *testing.T) {
	const name = "核验单 (1).txt"
	multi := func(disposition string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"document\"; " + disposition + "\r\nContent-Type: text/plain\r\n\r\n内容\r\n--b--\r\n"
	}
	attached := func(value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"document\"\r\n\r\n" + value + "\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"f0\"; filename=\"" + name + "\"\r\n\r\n内容\r\n--b--\r\n"
	}
	for _, c := range []struct {
		why, verb, path, typ, body string
		file                       string // name that the document must have
	}{
		{"a query", "GET", "sendMessage?chat_id=1001&text=%E4%BD%A0%E5%A5%BD", "", "", ""},
		{"another case", "GET", "SENDMESSAGE?chat_id=1001&text=x", "", "", ""},
		{"the test environment", "GET", "test/sendMessage?chat_id=1001&text=x", "", "", ""},
		{"urlencoded", "POST", "sendMessage", "application/x-www-form-urlencoded", "chat_id=1001&text=%E4%BD%A0", ""},
		{"query and body together", "POST", "sendMessage?chat_id=1001", "application/x-www-form-urlencoded", "text=x", ""},
		{"JSON with a charset", "POST", "sendMessage", "application/json; charset=utf-8", `{"chat_id":1001,"text":"x"}`, ""},
		{"JSON with the chat as text", "POST", "sendMessage", "application/json", `{"chat_id":"1001","text":"x"}`, ""},
		{"JSON that repeats the method", "POST", "sendMessage", "application/json", `{"method":"sendMessage","chat_id":1001,"text":"x"}`, ""},
		{"markup as a JSON string", "POST", "sendMessage", "application/json", `{"chat_id":1001,"text":"x","reply_markup":"{\"remove_keyboard\":true}"}`, ""},
		{"an empty form", "POST", "getMe", "multipart/form-data; boundary=b", "--b--\r\n", ""},
		{"a form without anything", "POST", "getMe", "multipart/form-data; boundary=b", "", ""},
		{"a raw UTF-8 file name", "POST", "sendDocument", "multipart/form-data; boundary=b", multi(`filename="` + name + `"`), name},
		{"an encoded file name", "POST", "sendDocument", "multipart/form-data; boundary=b", multi(`filename="x.txt"; filename*=UTF-8''%E6%A0%B8.txt`), "核.txt"},
		{"a file name with quotes", "POST", "sendDocument", "multipart/form-data; boundary=b", multi(`filename="a\"b.txt"`), `a"b.txt`},
		{"a bare file name", "POST", "sendDocument", "multipart/form-data; boundary=b", multi(`filename=plain.txt`), "plain.txt"},
		{"a file elsewhere in the form", "POST", "sendDocument", `multipart/form-data; boundary="b"`, attached("attach://f0"), name},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t, Config{})
			req, err := http.NewRequest(c.verb, w.url+"/bot"+testToken+"/"+c.path, onlyReader{strings.NewReader(c.body)})
			if err != nil {
				t.Fatal(err)
			}
			if c.typ != "" {
				req.Header.Set("Content-Type", c.typ)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			method := strings.TrimPrefix(c.path, "test/")
			method, _, _ = strings.Cut(method, "?")
			if a := w.decode(method, resp); !a.OK {
				t.Fatalf("%s %s = %d %q, want ok", c.verb, c.path, a.Code, a.Desc)
			}
			w.clean()
			if c.file == "" {
				return
			}
			ms := w.messages(Applicant)
			if len(ms) != 1 || ms[0].File == nil || ms[0].File.Name != c.file {
				t.Fatalf("messages = %+v, want a file named %q", ms, c.file)
			}
			var data bytes.Buffer
			resp, err = http.Get(w.url + "/sim/files/" + ms[0].File.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if io.Copy(&data, resp.Body); data.String() != "内容" {
				t.Errorf("the file holds %q, want 内容", data.String())
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t, Config{})
	for _, c := range []struct {
		path, typ, body string
		code            int
		desc            string
	}{
		{"/bot42:other/getMe", "", "", 401, "Unauthorized"},
		{"/botnonsense/getMe", "", "", 404, "Not Found"},
		{"/bot" + testToken, "", "", 404, "Not Found"},
		{"/bot" + testToken + "/getNothing", "", "", 404, "Not Found"},
		{"/bot" + testToken + "/sendGame", "", "", 501, "Not Implemented: the playground does not serve this method"},
		{"/bot" + testToken + "/sendMessage", "application/json", "{", 400, "Bad Request: can't parse the request"},
		{"/bot" + testToken + "/sendMessage", "multipart/form-data; boundary=b", "--b\r\nContent-Disp", 400, "Bad Request: can't parse the request"},
		{"/bot" + testToken + "/sendMessage", "application/json", `{"chat_id":1001}`, 400, "Bad Request: message text is empty"},
		{"/bot" + testToken + "/sendMessage", "application/json", `{"text":"x"}`, 400, "Bad Request: chat_id is empty"},
		{"/bot" + testToken + "/sendMessage", "application/json", `{"text":"x","chat_id":99}`, 400, "Bad Request: chat not found"},
		{"/bot" + testToken + "/sendMessage", "application/json", `{"text":"x","chat_id":2001}`, 403, "Forbidden: bot can't initiate conversation with a user"},
		{"/file/bot42:other/photos/file_1.jpg", "", "", 401, "Unauthorized"},
		{"/file/bot" + testToken + "/photos/file_1.jpg", "", "", 404, "Not Found"},
	} {
		resp, err := http.Post(w.url+c.path, c.typ, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if a := w.decode("", resp); a.OK || a.Code != c.code || a.Desc != c.desc {
			t.Errorf("POST %s %s = %d %q, want %d %q", c.path, c.body, a.Code, a.Desc, c.code, c.desc)
		}
	}
}

func TestSchemaFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		method, body, want string
	}{
		{"sendMessage", `{"chat_id":1,"text":"x","colour":1}`, "colour: there is no such parameter"},
		{"sendMessage", `{"text":"x"}`, "chat_id: is required"},
		{"sendMessage", `{"chat_id":1,"text":5}`, "text: is no String"},
		{"sendMessage", `{"chat_id":1,"text":"x","parse_mode":"BBCode"}`, `parse_mode: "BBCode" is not one of [HTML MarkdownV2 Markdown]`},
		{"sendMessage", `{"chat_id":1,"text":"x","parse_mode":null}`, "parse_mode: is null"},
		{"sendMessage", `{"chat_id":1,"text":"x","reply_markup":{"inline_keyboard":[[{"text":"a","callback_data":"` + strings.Repeat("备", 22) + `"}]]}}`,
			"reply_markup.inline_keyboard[0][0].callback_data: has 66 bytes, not 1 to 64"},
		{"sendMessage", `{"chat_id":1,"text":"x","reply_markup":{"inline_keyboard":[[{"text":"a","copy_text":null}]]}}`,
			"reply_markup.inline_keyboard[0][0].copy_text: is null"},
		{"sendMessage", `{"chat_id":1,"text":"x","entities":[{"type":"fat","offset":0,"length":1}]}`, "entities[0].type: fat is no MessageEntityType"},
		{"sendChatAction", `{"chat_id":1,"action":"sleeping"}`, "action: sleeping is no SendChatActionAction"},
		{"sendMediaGroup", `{"chat_id":1,"media":[{"type":"photo","media":"x"}]}`, "media: has 1 items, not 2 to 10"},
		{"sendMediaGroup", `{"chat_id":1,"media":[{"type":"photo","media":"attach://a"},{"type":"photo","media":"x","wide":1}]}`,
			"media[0].media: refers to a file part that is not there; media[1].wide: there is no such field in InputMediaPhoto"},
		{"sendMediaGroup", `{"chat_id":1,"media":[{"type":"song","media":"x"},{"type":"photo","media":"x"}]}`,
			"media[0]: fits none of InputMediaAudio, InputMediaDocument, InputMediaLivePhoto, InputMediaPhoto, InputMediaVideo"},
		{"setMyCommands", `{"commands":[{"command":"a"}],"scope":{"type":"chat","chat_id":5}}`, "commands[0].description: is required"},
		{"getUpdates", `{"limit":500}`, "limit: 500 is out of range"},
		{"sendMessage", `{"chat_id":1,"text":"x","disable_notification":"perhaps"}`, "disable_notification: is no Boolean"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		p, err := parseParams(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(loadSchema().check(c.method, p), "; "); got != c.want {
			t.Errorf("check(%s %s) = %q, want %q", c.method, c.body, got, c.want)
		}
	}
}

func FuzzParams(f *testing.F) {
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"核\"\r\n\r\nx\r\n--b--\r\n", "a=1")
	f.Add("application/json", `{"chat_id":1,"media":[{"type":"photo","media":"attach://x"}],"reply_markup":"{}"}`, "")
	f.Add("application/x-www-form-urlencoded", "text=%E4&chat_id=1", "%")
	f.Add("multipart/form-data; boundary", "--", "")
	f.Fuzz(func(t *testing.T, typ, body, query string) {
		r := &http.Request{Method: "POST", Header: http.Header{"Content-Type": {typ}}, Body: io.NopCloser(strings.NewReader(body))}
		r.URL = httptest.NewRequest("POST", "/", nil).URL
		r.URL.RawQuery = query
		p, err := parseParams(r)
		if err != nil {
			return
		}
		for _, method := range []string{"sendMessage", "sendMediaGroup", "editMessageText", "answerInlineQuery", "setMyCommands"} {
			loadSchema().check(method, p)
		}
		s := New(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing waits
		for name, run := range methods {
			if name == "setwebhook" {
				continue // would post to whatever listens on this machine
			}
			if _, err := run(s, &call{ctx: ctx, method: name, params: p}); err != nil && err.Error() == "" {
				t.Fatal("an error without words")
			}
		}
		s.Close()
	})
}
