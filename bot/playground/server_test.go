package playground

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Web pages from elsewhere can make a browser send requests to loopback; none
// of these are answered.
func TestForeignPagesAreRefused(t *testing.T) {
	w := newWorld(t, Config{})
	host := strings.TrimPrefix(w.url, "http://")
	_, port, _ := net.SplitHostPort(host)
	for _, c := range []struct {
		why, path string
		header    http.Header
		host      string
		want      int
	}{
		{"a program", "/sim/chats", nil, "", 200},
		{"localhost", "/sim/chats", nil, "localhost:" + port, 200},
		{"the other loopback", "/sim/chats", nil, "[::1]:" + port, 200},
		{"a name that points here", "/sim/chats", nil, "evil.example:" + port, 403},
		{"a name that looks like loopback", "/sim/chats", nil, "localhost.evil.example", 403},
		{"an address that is not loopback", "/sim/chats", nil, "192.168.1.5", 403},
		{"the page itself", "/sim/chats", http.Header{"Origin": {w.url}, "Sec-Fetch-Site": {"same-origin"}}, "", 200},
		{"another page", "/sim/chats", http.Header{"Origin": {"https://evil.example"}}, "", 403},
		{"a page on another port", "/sim/chats", http.Header{"Origin": {"http://127.0.0.1:1"}}, "", 403},
		{"a page in a sandbox", "/sim/chats", http.Header{"Origin": {"null"}}, "", 403},
		{"a picture in another page", "/sim/files/x", http.Header{"Sec-Fetch-Site": {"cross-site"}}, "", 403},
		{"a typed address", "/", http.Header{"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}}, "", 200},
		{"a link to the page", "/", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}, "", 200},
		{"a link into the API", "/bot" + testToken + "/getMe", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}, "", 403},
	} {
		req, err := http.NewRequest("GET", w.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		if c.header != nil {
			req.Header = c.header
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: GET %s = %d, want %d", c.why, c.path, resp.StatusCode, c.want)
		}
	}
}

// Serve ends polls, streams and webhooks, and returns.
func TestServeEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	url := "http://" + l.Addr().String()
	stream, err := http.Get(url + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	poll := make(chan int, 1)
	go func() {
		resp, err := http.Get(url + "/bot" + s.Token() + "/getUpdates?timeout=50")
		if err != nil {
			poll <- 0
			return
		}
		resp.Body.Close()
		poll <- resp.StatusCode
	}()
	for {
		s.mu.Lock()
		waiting := s.updates.poll != nil
		s.mu.Unlock()
		if waiting {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Serve did not return within 10 s of the end of its context")
	}
	if code := <-poll; code != 503 {
		t.Errorf("the poll that waited = %d, want 503", code)
	}

	open, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := New(Config{}).Serve(t.Context(), open); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("Serve(on all addresses) = %v, want a refusal", err)
	}
}

// events reads a stream until it has n events.
func (w *world) events(after string, n int) []map[string]any {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/sim/events?after="+after, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out []map[string]any
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	id := ""
	for len(out) < n && lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			m := map[string]any{}
			if err := json.Unmarshal([]byte(v), &m); err != nil {
				w.t.Fatal(err)
			}
			m["event"] = id
			out = append(out, m)
		}
	}
	if len(out) < n {
		w.t.Fatalf("events(%s) = %v, want %d", after, out, n)
	}
	return out
}

func TestEvents(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{Events: 10}})
	q := w.says(Applicant, "问")
	w.updates()
	w.call("sendChatAction", map[string]any{"chat_id": Applicant, "action": "upload_document"}, nil)
	var m message
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "答", "reply_markup": keyboard([]map[string]any{{"text": "好", "callback_data": "ok"}})}, &m)
	p := w.does("/sim/chats/1001/press", map[string]any{"message_id": m.ID, "button": "好"})
	w.call("answerCallbackQuery", map[string]any{"callback_query_id": p.Query, "text": "收到", "show_alert": true}, nil)
	w.call("editMessageText", map[string]any{"chat_id": Applicant, "message_id": m.ID, "text": "改"}, nil)
	w.call("deleteMessage", map[string]any{"chat_id": Applicant, "message_id": q}, nil)
	var kinds []string
	es := w.events("0", 7)
	for _, e := range es {
		kinds = append(kinds, e["kind"].(string))
	}
	if got := strings.Join(kinds, " "); got != "message read typing message callback-answer edit delete" {
		t.Errorf("events = %s", got)
	}
	if es[2]["action"] != "upload_document" || es[4]["text"] != "收到" || es[4]["show_alert"] != true || es[5]["text"] != "改" || es[6]["deleted"] != true {
		t.Errorf("events = %v, want their contents", es)
	}
	// A client that comes back gets what it has missed.
	if e := w.events(es[4]["event"].(string), 2); e[0]["kind"] != "edit" || e[1]["kind"] != "delete" {
		t.Errorf("events after the fifth = %v, want edit and delete", e)
	}
	for range 30 {
		w.says(Applicant, "x")
	}
	if e := w.events("1", 1); e[0]["kind"] != "reset" {
		t.Errorf("events after one that is forgotten = %v, want a reset", e)
	}
}

func TestCalls(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{Calls: 3}})
	w.call("getMe", nil, nil)
	w.call("sendMessage", map[string]any{"chat_id": Applicant, "text": "x", "colour": "red"}, nil)
	w.try("sendMessage", map[string]any{"chat_id": 5, "text": "x"})
	w.call("getMe", nil, nil)
	var list []callRecord
	w.get("/sim/calls", &list)
	if len(list) != 3 || !list[0].OK || len(list[0].Schema) != 1 || list[1].OK || list[1].Code != 400 || list[2].N != 4 {
		t.Errorf("/sim/calls = %+v, want the last three with their verdicts", list)
	}
	if v := w.s.Violations(); len(v) != 1 || v[0] != "sendMessage: colour: there is no such parameter" {
		t.Errorf("Violations() = %q, want the one", v)
	}
	w.get("/sim/calls?after=3&method=GETME", &list)
	if len(list) != 1 {
		t.Errorf("/sim/calls?after=3 = %+v, want one", list)
	}
}
