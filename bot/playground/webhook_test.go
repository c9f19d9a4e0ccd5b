package playground

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A hook records what a webhook gets.
type hook struct {
	mu     sync.Mutex
	got    []string
	secret []string
	fail   int // so many first posts are refused
	active map[int64]int
	clash  bool // two updates of one chat at once
	reply  string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var u arrived
	if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
		w.WriteHeader(400)
		return
	}
	h.mu.Lock()
	h.secret = append(h.secret, r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
	if h.fail > 0 {
		h.fail--
		h.mu.Unlock()
		w.WriteHeader(502)
		return
	}
	chat := u.Message.Chat.ID
	h.active[chat]++
	h.clash = h.clash || h.active[chat] > 1
	h.mu.Unlock()
	time.Sleep(5 * time.Millisecond)
	h.mu.Lock()
	h.active[chat]--
	h.got = append(h.got, fmt.Sprintf("%d:%s", chat, u.Message.Text))
	reply := h.reply
	h.reply = ""
	h.mu.Unlock()
	if reply != "" {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, reply)
	}
}

// of returns what came for one chat, in order, once there are n.
func (h *hook) of(t *testing.T, chat int64, n int) string {
	t.Helper()
	for deadline := time.Now().Add(8 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		h.mu.Lock()
		var list []string
		for _, g := range h.got {
			if text, ok := strings.CutPrefix(g, fmt.Sprint(chat, ":")); ok {
				list = append(list, text)
			}
		}
		h.mu.Unlock()
		if len(list) >= n {
			return strings.Join(list, " ")
		}
		if time.Now().After(deadline) {
			t.Fatalf("the webhook got %v of chat %d, want %d", list, chat, n)
		}
	}
}

func TestWebhook(t *testing.T) {
	w := newWorld(t, Config{})
	h := &hook{active: map[int64]int{}, fail: 1, reply: `{"method":"sendMessage","chat_id":1002,"text":"就地回答"}`}
	srv := httptest.NewServer(h)
	defer srv.Close()
	w.call("setWebhook", map[string]any{"url": srv.URL, "secret_token": "geheim_1"}, nil)
	w.fails("getUpdates", nil, 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	var want []string
	for i := range 8 {
		w.says(Applicant, fmt.Sprint(i))
		w.says(SecondApplicant, fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
	}
	for _, chat := range []int64{Applicant, SecondApplicant} {
		if got := h.of(t, chat, 8); got != strings.Join(want, " ") {
			t.Errorf("chat %d came as %s, want in order", chat, got)
		}
	}
	var info struct {
		Pending int    `json:"pending_update_count"`
		Err     string `json:"last_error_message"`
		URL     string `json:"url"`
	}
	w.call("getWebhookInfo", nil, &info)
	if info.URL != srv.URL || !strings.Contains(info.Err, "502") {
		t.Errorf("getWebhookInfo = %+v, want the URL and the refusal", info)
	}
	h.mu.Lock()
	if h.clash || h.secret[0] != "geheim_1" {
		t.Errorf("clash %v, secret %q; want one update of a chat at a time and the secret", h.clash, h.secret[0])
	}
	h.mu.Unlock()
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		vs := w.messages(SecondApplicant)
		if vs[len(vs)-1].Text == "就地回答" || len(vs) > 8 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the call in the webhook's answer was not carried out")
		}
	}
	w.call("deleteWebhook", nil, nil)
	w.says(Applicant, "又轮询")
	if us := w.updates(); len(us) != 1 {
		t.Errorf("after deleteWebhook: %d updates, want 1", len(us))
	}
	w.fails("setWebhook", map[string]any{"url": "https://example.com/hook"}, 400, "Bad Request: bad webhook: the playground delivers to loopback addresses only")
	w.fails("setWebhook", map[string]any{"url": srv.URL, "secret_token": "mit leer"}, 400, "Bad Request: secret token contains unallowed characters")
	w.clean()
}
