package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
	"beianbot/bot/jetstream"
	"beianbot/bot/telegram"
	"beianbot/kb"
)

const healthToken = "4200000042:SecretOfTheTest"

// fetch returns the status and the body of a page.
func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// With a token, -addr serves health and figures, and nothing else: nothing about
// who wrote or what.
func TestServeHealthAndMetrics(t *testing.T) {
	page := startCommand(t, "", "playground", "-addr", "127.0.0.1:0", "-token", healthToken)
	b, _ := launch(t, healthToken, "serve", "-api", page.url, "-data", t.TempDir(), "-staff-chat", fmt.Sprint(staffGroup), "-addr", "127.0.0.1:0")
	page.say(person, person, "核验单用什么笔填")
	page.wait(person, "黑色签字笔")
	page.say(person, person, "量子纠缠的刷卡机多少钱")
	page.wait(person, "资料里没有")
	page.files(person, "file", map[string][]byte{"张三.jpg": page1(t)})
	page.wait(person, "图")
	found := regexp.MustCompile(`msg="serving health and metrics" addr=(\S+)`).FindStringSubmatch(b.log.String())
	if found == nil {
		t.Fatalf("the log names no address:\n%s", b.log)
	}
	url := "http://" + found[1]
	status, body := fetch(t, url+"/healthz")
	var h health
	if err := json.Unmarshal([]byte(body), &h); err != nil || status != http.StatusOK || !h.OK || h.DiskFree == 0 {
		t.Errorf("GET /healthz = %d %s, %v, want 200 and ok", status, body, err)
	}
	var figures string
	want := []string{
		`beianbot_updates_handled_total{kind="text"} 2`, `beianbot_updates_handled_total{kind="upload"} 1`,
		`beianbot_questions_total{result="sure"} 1`, `beianbot_questions_total{result="refused"} 1`,
		`beianbot_api_calls_total{method="getMe",result="ok"} 1`, `beianbot_api_calls_total{method="file",result="ok"} 1`,
		"beianbot_dead_letters_total 0", "beianbot_queue_updates 0", "beianbot_api_throttled_total 0", "beianbot_heap_bytes ",
	}
	until(t, "the figures", func() bool { // what is counted last comes after the answer
		_, figures = fetch(t, url+"/metrics")
		for _, line := range want {
			if !strings.Contains(figures, "\n"+line) {
				return false
			}
		}
		return true
	})
	if n := strings.Count(figures, "beianbot_pictures_total{verdict="); n != 3 || strings.Count(figures, "} 0\n") < 2 {
		t.Errorf("%d verdicts:\n%s", n, figures)
	}
	for line := range strings.Lines(figures) {
		if !regexp.MustCompile(`^(# (HELP|TYPE) beianbot_\w+ .+|beianbot_\w+(\{\w+="\w+"(,\w+="\w+")?\})? [0-9.e+]+)\n$`).MatchString(line) {
			t.Errorf("no line of the text format: %q", line)
		}
	}
	for _, personal := range []string{"SecretOfTheTest", "刷卡机", "张三", fmt.Sprint(person), fmt.Sprint(staffGroup)} {
		if strings.Contains(body+figures, personal) {
			t.Errorf("%q is in what is served", personal)
		}
	}
	for _, path := range []string{"/", "/debug/pprof/", "/sim/chats"} {
		if status, _ := fetch(t, url+path); status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, status)
		}
	}
	b.end()
}

func page1(t *testing.T) []byte { return page(t, colours[0]) }

// What is wrong is said, with 503.
func TestHealth(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		about  string
		put    error
		faults []jetstream.Fault
		stats  telegram.Stats
		begun  time.Time
		says   string // "" for all is well
	}{
		{"all is well", nil, nil, telegram.Stats{Polled: now}, now, ""},
		{"just started, nothing was fetched yet", nil, nil, telegram.Stats{}, now, ""},
		{"the store is frozen", errors.New("no space left on device"), nil, telegram.Stats{Polled: now}, now, "cannot be written"},
		{"Telegram was not reached for long", nil, nil, telegram.Stats{Polled: now.Add(-3 * time.Minute)}, now.Add(-time.Hour), "no updates were fetched"},
		{"Telegram was never reached", nil, nil, telegram.Stats{}, now.Add(-time.Hour), "no updates were fetched"},
		{"so many wait that none are fetched", nil, nil, telegram.Stats{Polled: now.Add(-3 * time.Minute), Full: true}, now.Add(-time.Hour), ""},
		{"copies cannot be written", nil, []jetstream.Fault{{Part: "the copies of questions", Err: syscall.EACCES}}, telegram.Stats{Polled: now}, now, "upkeep fails, see the log: the copies of questions\"]"},
		{"the disk is full", nil, []jetstream.Fault{{Part: "the note", Err: syscall.ENOSPC}}, telegram.Stats{Polled: now}, now, "cannot be written: the disk is full"},
	} {
		puts := 0
		m := &monitor{data: t.TempDir(), stats: func() telegram.Stats { return c.stats }, begun: c.begun, store: fakeStore{check: func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); !ok {
				t.Errorf("%s: the write has no time limit", c.about)
			}
			puts++
			return c.put
		}, tend: func() []jetstream.Fault { return c.faults }}}
		for range 3 { // asked thrice at once, it writes once
			w := httptest.NewRecorder()
			m.health(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			want := http.StatusOK
			if c.says != "" {
				want = http.StatusServiceUnavailable
			}
			if w.Code != want || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s: %d %s, want %d with %q", c.about, w.Code, w.Body, want, c.says)
			}
		}
		if puts != 1 {
			t.Errorf("%s: %d writes for three questions, want 1", c.about, puts)
		}
	}
}

// What is told of a durable write is how long that took, and not what is done besides.
func TestHealthTimesTheWriteAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &monitor{data: t.TempDir(), stats: func() telegram.Stats { return telegram.Stats{Polled: time.Now()} }, begun: time.Now(), store: fakeStore{
			check: func(context.Context) error { time.Sleep(7 * time.Millisecond); return nil },
			tend:  func() []jetstream.Fault { time.Sleep(time.Second); return nil },
		}}
		if h := m.look(t.Context()); h.PutMS != 7 || !h.OK {
			t.Errorf("look = %+v, want 7 ms for the write", h)
		}
	})
}

// Staff are told of a failure, and not of each of many.
func TestFailureNotices(t *testing.T) {
	f := &failureNotices{words: saysKind{}, buried: func(context.Context) ([]telegram.Failure, error) {
		return make([]telegram.Failure, 3), nil
	}}
	if r, ok := f.notice(t.Context(), "text"); ok {
		t.Errorf("without staff somebody is told: %+v", r)
	}
	f.staff.Store(staffGroup)
	r, ok := f.notice(t.Context(), "upload")
	if !ok || r.Chat != staffGroup || r.Text != "true 3" {
		t.Errorf("notice = %+v, %v, want one to staff", r, ok)
	}
	if r, ok := f.notice(t.Context(), "text"); ok {
		t.Errorf("the second within ten minutes: %+v", r)
	}
	f.told = time.Now().Add(-noticeEvery)
	if r, ok := f.notice(t.Context(), "text"); !ok || r.Text != "false 3" {
		t.Errorf("notice after ten minutes = %+v, %v", r, ok)
	}
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

type saysKind struct{}

func (saysKind) GivenUp(_ kb.Lang, picture bool, n int) string { return fmt.Sprint(picture, n) }

// serve -check says what is ready and what is not.
func TestServeCheck(t *testing.T) {
	page := startCommand(t, "", "playground", "-addr", "127.0.0.1:0", "-token", healthToken)
	data := t.TempDir()
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, keyName), []byte("k"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		about string
		token string
		args  []string
		code  int
		says  []string
	}{
		{"all is ready", healthToken, []string{"-data", data, "-staff-chat", fmt.Sprint(staffGroup)}, exitOK,
			[]string{"ok    content: ", "ok    folder: ", "ok    disk: ", "ok    token: @", " staff: "}},
		{"a folder that is not there yet, and no group", healthToken, []string{"-data", filepath.Join(data, "new", "folder")}, exitOK,
			[]string{"is made at the first start", "ok    disk: ", "note  staff: no group is bound"}},
		{"no such group", healthToken, []string{"-data", data, "-staff-chat", "-1009"}, exitNo, []string{"WRONG staff: the bot is not in the group"}},
		{"another token", "43:other", []string{"-data", data}, exitNo, []string{"WRONG token: Telegram does not know it"}},
		{"no token, and a folder that has lost all", "", []string{"-data", garbage}, exitNo,
			[]string{"WRONG token: TELEGRAM_BOT_TOKEN is not in the environment", "WRONG folder: ", "put back a copy of kb.jsonl"}},
	} {
		var out, errs lockedBuffer
		args := append([]string{"serve", "-check", "-api", page.url}, c.args...)
		code := run(t.Context(), args, env{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(name string) string {
			if name == "TELEGRAM_BOT_TOKEN" {
				return c.token
			}
			return ""
		}})
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d; output:\n%s%s", c.about, code, c.code, &out, &errs)
		}
		for _, say := range c.says {
			if !strings.Contains(out.String(), say) {
				t.Errorf("%s: the output lacks %q:\n%s", c.about, say, &out)
			}
		}
		if strings.Contains(out.String()+errs.String(), "SecretOfTheTest") {
			t.Errorf("%s: the token is in the output", c.about)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "new")); err == nil {
		t.Error("the check made a folder")
	}
}

// The key outlives its file, and the file the store.
func TestLoadKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, keyName)
	load := func(damage func()) (key, log string) {
		t.Helper()
		damage()
		l := new(lockedBuffer)
		store, err := openStore(t.Context(), logTo(l), dir, "42")
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		k, err := loadKey(t.Context(), logTo(l), path, store.Settings)
		if err != nil {
			t.Fatal(err)
		}
		if file, err := os.ReadFile(path); err != nil || string(file) != string(k) {
			t.Errorf("the file has %q, %v, want the key", file, err)
		}
		return string(k), l.String()
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	first, log := load(func() {})
	if len(first) < 20 || log != "" {
		t.Errorf("the first key is %q; log:\n%s", first, log)
	}
	for what, damage := range map[string]func(){
		"removed": func() { must(os.Remove(path)) },
		"empty":   func() { must(os.WriteFile(path, nil, 0o600)) },
		"flipped": func() { must(os.WriteFile(path, []byte("B"+first[1:]+"x"), 0o600)) },
	} {
		if key, log := load(damage); key != first || !strings.Contains(log, "is back from its copy") {
			t.Errorf("%s: key %q, want %q; log:\n%s", what, key, first, log)
		}
	}
	// All but the knowledge and the key is gone: a folder put back from a backup.
	if key, _ := load(func() {
		must(os.RemoveAll(filepath.Join(dir, "nats")))
		must(os.RemoveAll(filepath.Join(dir, "copies")))
		must(os.RemoveAll(filepath.Join(dir, "held")))
	}); key != first {
		t.Errorf("from a backup: key %q, want %q", key, first)
	}
}

var _ bot.Counts = (*countTally)(nil)
