package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A step is how a scripted transport meets one request.
type step struct {
	status int
	body   string
	header string        // of Retry-After
	lag    time.Duration // before the answer
	err    error         // in place of an answer
	sent   bool          // with err: the request was out
}

// A scripted transport takes the requests of a test. After the last step the
// server is well.
type scripted struct {
	steps []step
	log   []string // "when method body"
	begun time.Time
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.log = append(s.log, fmt.Sprintf("%v %s", time.Since(s.begun).Round(100*time.Millisecond), body))
	st := step{status: 200, body: `{"ok":true,"result":true}`}
	if len(s.steps) > 0 {
		st, s.steps = s.steps[0], s.steps[1:]
	}
	if err := sleep(r.Context(), st.lag); err != nil {
		return nil, err
	}
	if st.err == nil || st.sent {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteRequest != nil {
			trace.WroteRequest(httptrace.WroteRequestInfo{})
		}
	}
	if st.err != nil {
		return nil, st.err
	}
	h := make(http.Header)
	if st.header != "" {
		h.Set("Retry-After", st.header)
	}
	return &http.Response{StatusCode: st.status, Header: h, Body: io.NopCloser(strings.NewReader(st.body)), Request: r}, nil
}

// request makes a request whose body comes from a pipe, as the library's does.
func request(ctx context.Context, method, body string) *http.Request {
	pr, pw := io.Pipe()
	go func() {
		io.WriteString(pw, body)
		pw.Close()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.test/bot"+testToken+"/"+method, pr)
	if err != nil {
		panic(err)
	}
	return req
}

func TestRetries(t *testing.T) {
	reset := errors.New("connection reset by peer")
	html := step{status: 502, body: "<html>Bad Gateway"}
	for _, c := range []struct {
		about  string
		method string
		casual bool
		unsure bool
		steps  []step
		tries  int
		least  time.Duration // that the call takes
		most   time.Duration
		fails  bool
		sent   bool // the error says that it may have been
	}{
		{about: "a call that works", method: "sendMessage", tries: 1},
		{about: "an answer of 400 is an answer", method: "sendMessage", steps: []step{{status: 400, body: `{"ok":false}`}}, tries: 1},
		{about: "429 says how long to wait", method: "sendMessage",
			steps: []step{{status: 429, body: `{"ok":false,"error_code":429,"parameters":{"retry_after":7}}`}}, tries: 2, least: 7 * time.Second, most: 7 * time.Second},
		{about: "429 by header only", method: "sendMessage", steps: []step{{status: 429, body: "slow down", header: "3"}}, tries: 2, least: 3 * time.Second, most: 3 * time.Second},
		{about: "429 for longer than the budget", method: "sendMessage",
			steps: []step{{status: 429, body: `{"parameters":{"retry_after":3600}}`}}, tries: 1, fails: true},
		{about: "HTML with 502", method: "getFile", steps: []step{html, html}, tries: 3, least: 750 * time.Millisecond, most: 3 * time.Second},
		{about: "a message that a gateway may have passed on goes once more", method: "sendMessage", steps: []step{html, html}, tries: 2, least: 250 * time.Millisecond, most: time.Second, fails: true, sent: true},
		{about: "and stays in doubt when the network is gone after that", method: "sendMessage", steps: []step{html, {err: reset}}, tries: 2, least: 250 * time.Millisecond, most: time.Second, fails: true, sent: true},
		{about: "a server that says no by itself has sent nothing", method: "sendMessage",
			steps: []step{{status: 500, body: "{}"}, {status: 503, body: "{}"}}, tries: 3, least: 750 * time.Millisecond, most: 3 * time.Second},
		{about: "a message in doubt from before goes no more", method: "sendMessage", unsure: true, steps: []step{{err: reset, sent: true}}, tries: 1, fails: true, sent: true},
		{about: "it does when it did not get out", method: "sendMessage", unsure: true, steps: []step{{err: reset}}, tries: 2, least: 250 * time.Millisecond, most: time.Second},
		{about: "HTML with 200 is no answer either", method: "sendMessage", steps: []step{{status: 200, body: "<html>Log in to the hotel network"}}, tries: 2, least: 250 * time.Millisecond, most: time.Second},
		{about: "a server that stays down", method: "getFile", steps: []step{html, html, html, html, html, html, html}, tries: 6, least: 5 * time.Second, most: 40 * time.Second, fails: true},
		{about: "no connection", method: "sendMessage", steps: []step{{err: reset}, {err: reset}, {err: reset}}, tries: 4, least: time.Second, most: 6 * time.Second},
		{about: "a message cut off after it was out goes once more", method: "sendMessage", steps: []step{{err: reset, sent: true}, {err: reset, sent: true}}, tries: 2, least: 250 * time.Millisecond, most: time.Second, fails: true, sent: true},
		{about: "an edit cut off goes as often as it takes", method: "editMessageText", steps: []step{{err: reset, sent: true}, {err: reset, sent: true}}, tries: 3, least: 750 * time.Millisecond, most: 3 * time.Second},
		{about: "a typing status is not worth it", method: "sendChatAction", steps: []step{html}, tries: 1, fails: true},
		{about: "nor is progress", method: "sendMessage", casual: true, steps: []step{html}, tries: 1, fails: true, sent: true},
		{about: "what is too large stays too large", method: "sendDocument", steps: []step{{status: 413, body: "<html>"}}, tries: 1, fails: true},
		{about: "polls have their own rhythm", method: "getUpdates", steps: []step{html}, tries: 1, fails: true},
		{about: "no answer at all", method: "sendMessage", steps: []step{{lag: time.Hour}}, tries: 2, least: 30 * time.Second, most: 31 * time.Second},
		{about: "a poll is given the server's time and more", method: "getUpdates", steps: []step{{lag: 60 * time.Second, status: 200, body: `{"ok":true,"result":[]}`}}, tries: 1, least: 60 * time.Second, most: 60 * time.Second},
	} {
		t.Run(c.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scripted{steps: c.steps, begun: time.Now()}
				cl := newClient(s, testToken, nil)
				ctx := withCall(t.Context(), callOption{chat: 7, casual: c.casual, unsure: c.unsure})
				resp, err := cl.Do(request(ctx, c.method, "the body"))
				took := time.Since(s.begun)
				if (err != nil) != c.fails {
					t.Errorf("error = %v, want one: %v", err, c.fails)
				}
				if err == nil {
					resp.Body.Close()
				} else if passing(err) == (c.method == "sendDocument") || strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), "html") {
					t.Errorf("error = %v, want one that is passing, without token and page", err)
				}
				if unsure(err) != c.sent {
					t.Errorf("error = %v, may have been sent: %v, want %v", err, unsure(err), c.sent)
				}
				if len(s.log) != c.tries {
					t.Errorf("%d tries, want %d: %q", len(s.log), c.tries, s.log)
				}
				for _, l := range s.log {
					if !strings.HasSuffix(l, " the body") {
						t.Errorf("a try had the body %q", l)
					}
				}
				if took < c.least || took > max(c.most, c.least) {
					t.Errorf("took %v, want %v to %v", took, c.least, c.most)
				}
			})
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{steps: []step{{status: 500}, {status: 500}, {status: 500}}, begun: time.Now()}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := newClient(s, testToken, nil).Do(request(ctx, "sendMessage", "")); err == nil {
			t.Error("no error")
		}
		if d := time.Since(s.begun); d != 100*time.Millisecond {
			t.Errorf("took %v, want 100 ms", d)
		}
	})
}

func TestErrorsHoldNoToken(t *testing.T) {
	refused := httptest.NewServer(nil)
	refused.Close()
	redirect := httptest.NewServer(http.RedirectHandler("http://elsewhere.test/", http.StatusFound))
	defer redirect.Close()
	for _, address := range []string{refused.URL, redirect.URL, "http://no such host", "http://127.0.0.1:1/%zz"} {
		c := newClient(nil, testToken, nil)
		_, err := c.fetch(t.Context(), address+"/file/bot"+testToken+"/a.jpg", 10)
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(fmt.Sprintf("%v %+v", e, e), testToken) {
				t.Errorf("fetch from %s: the token is in %q", address, e)
			}
		}
		if err == nil {
			t.Errorf("fetch from %s = nil, want an error", address)
		}
	}
	c := newClient(&scripted{steps: []step{{err: fmt.Errorf("proxy says no to /bot%s/x", testToken)}}}, testToken, nil)
	if _, err := c.Do(request(t.Context(), "sendChatAction", "")); err == nil || strings.Contains(err.Error(), testToken) || !strings.Contains(err.Error(), "***") {
		t.Errorf("error = %v, want the token masked", err)
	}
}

// The server may quote the message that it refuses, and errors are logged.
func TestErrorsQuoteNobody(t *testing.T) {
	for given, want := range map[string]string{
		`Bad Request: can't parse entities: Unsupported start tag "zhangsan" at byte offset 12`: `Bad Request: can't parse entities: Unsupported start tag … at byte offset 12`,
		`Bad Request: 欧阳鹭洲 is odd, 13957140021 too`:                                             `Bad Request: … is odd, … too`,
		`Bad Request: "330106198812127734`:                                                      `Bad Request: …`,
		`Bad Request: message is not modified`:                                                  `Bad Request: message is not modified`,
	} {
		body, err := json.Marshal(map[string]any{
			"ok": false, "error_code": 400, "description": given, "parameters": map[string]any{"migrate_to_chat_id": -1001234567890},
		})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(&scripted{steps: []step{{status: 400, body: string(body)}}}, testToken, nil)
		resp, err := c.Do(request(t.Context(), "sendMessage", ""))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Description string `json:"description"`
			Parameters  struct {
				To int64 `json:"migrate_to_chat_id"`
			} `json:"parameters"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Description != want || got.Parameters.To != -1001234567890 {
			t.Errorf("%q is handed on as %q, %d, want %q and the parameters", given, got.Description, got.Parameters.To, want)
		}
	}
}

func TestRequestHasABound(t *testing.T) {
	s := &scripted{}
	req, err := http.NewRequest(http.MethodPost, "http://api.test/botx/sendDocument", io.LimitReader(zeros{}, maxRequest+1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(s, testToken, nil).Do(req); err == nil || len(s.log) != 0 {
		t.Errorf("error = %v after %d requests, want one before any", err, len(s.log))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestDownloadHasABound(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(bytes.Repeat([]byte("x"), 1000))
	}))
	defer server.Close()
	c := newClient(nil, testToken, nil)
	if data, err := c.fetch(t.Context(), server.URL, 1000); err != nil || len(data) != 1000 {
		t.Errorf("fetch of 1000 bytes with a limit of 1000 = %d bytes, %v", len(data), err)
	}
	if _, err := c.fetch(t.Context(), server.URL, 999); err == nil {
		t.Error("fetch of 1000 bytes with a limit of 999 = nil")
	}
}
