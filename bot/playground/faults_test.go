package playground

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	w := newWorld(t, Config{})
	send := func() (*http.Response, error) {
		return http.Post(w.url+"/bot"+testToken+"/sendMessage", "application/x-www-form-urlencoded", form("chat_id", "1001", "text", "x"))
	}
	fault := func(in map[string]any) { w.does("/sim/faults", in) }

	fault(map[string]any{"method": "sendMessage", "kind": "429", "retry_after": 7, "times": 2})
	w.call("getMe", nil, nil) // other methods are well
	for range 2 {
		resp, err := send()
		if err != nil {
			t.Fatal(err)
		}
		if a := w.decode("sendMessage", resp); a.Code != 429 || a.Params.Retry != 7 || resp.Header.Get("Retry-After") != "7" || a.Desc != "Too Many Requests: retry after 7" {
			t.Errorf("429 = %+v, want retry after 7", a)
		}
	}
	fault(map[string]any{"method": "sendmessage", "kind": "500-html"})
	resp, err := send()
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 500 || !strings.HasPrefix(string(page), "<html>") {
		t.Errorf("500-html = %d %q, want a page", resp.StatusCode, page)
	}
	for kind, code := range map[string]int{"400": 400, "401": 401, "403": 403, "409": 409, "500": 500} {
		fault(map[string]any{"kind": kind, "description": "Bad Luck"})
		w.fails("sendMessage", map[string]any{"chat_id": Applicant, "text": "x"}, code, "Bad Luck")
	}
	if n := len(w.messages(Applicant)); n != 0 {
		t.Errorf("%d messages went out during faults that have no effect", n)
	}
	fault(map[string]any{"kind": "cut-before"})
	if resp, err := send(); err == nil {
		resp.Body.Close()
		t.Error("cut-before answered")
	}
	if n := len(w.messages(Applicant)); n != 0 {
		t.Errorf("cut-before: %d messages, want none", n)
	}
	fault(map[string]any{"kind": "cut-after", "skip": 1})
	if resp, err = send(); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp, err := send(); err == nil {
		resp.Body.Close()
		t.Error("cut-after answered")
	}
	if n := len(w.messages(Applicant)); n != 2 {
		t.Errorf("cut-after: %d messages, want both", n)
	}
	fault(map[string]any{"kind": "slow", "delay_ms": 120})
	start := time.Now()
	w.call("getMe", nil, nil)
	if d := time.Since(start); d < 100*time.Millisecond {
		t.Errorf("slow took %v, want 120 ms", d)
	}
	for _, in := range []map[string]any{{"kind": "flood"}, {"kind": "429", "method": "nothing"}, {"kind": "429", "times": -1}} {
		if code := w.person("/sim/faults", in, nil); code != 400 {
			t.Errorf("POST /sim/faults %v = %d, want 400", in, code)
		}
	}
}

func TestPacing(t *testing.T) {
	w := newWorld(t, Config{})
	w.does("/sim/pacing", map[string]any{"on": true})
	send := func(chat int64) apiAnswer { return w.try("sendMessage", map[string]any{"chat_id": chat, "text": "x"}) }
	count := func(chat int64) (n int, refused apiAnswer) {
		for range 100 {
			if a := send(chat); !a.OK {
				return n, a
			}
			n++
		}
		return n, apiAnswer{}
	}
	if n, a := count(StaffChat); n != paceGroup || a.Code != 429 || a.Params.Retry < 50 || a.Params.Retry > 60 {
		t.Errorf("a group took %d messages, then %d with retry_after %d; want 20, 429 and nearly a minute", n, a.Code, a.Params.Retry)
	}
	if n, a := count(Applicant); n != pacePerson || a.Params.Retry < 1 || a.Params.Retry > 5 {
		t.Errorf("a person took %d messages, then retry_after %d; want 5, then a few seconds", n, a.Params.Retry)
	}
	w.call("sendChatAction", map[string]any{"chat_id": Applicant, "action": "typing"}, nil)
	w.does("/sim/pacing", map[string]any{"on": false})
	if n, _ := count(Applicant); n != 100 {
		t.Errorf("without pacing %d messages went out, want 100", n)
	}
}
