package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
	"beianbot/bot/playground"
)

const (
	applicant  = bot.ChatID(playground.Applicant)
	applicant2 = bot.ChatID(playground.SecondApplicant)
	staffChat  = bot.ChatID(playground.StaffChat)
	testToken  = "4200000042:canary-token-AAbbCCddEEff"
	testSorry  = "抱歉,没能处理"
)

// handlerFunc is a bot.Handler.
type handlerFunc func(context.Context, bot.Event, bot.Port) ([]bot.Reply, error)

func (f handlerFunc) Handle(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
	return f(ctx, e, p)
}

// say is a handler that answers everything with what f makes of it.
func say(f func(bot.Event) string) bot.Handler {
	return handlerFunc(func(_ context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
		return []bot.Reply{{Text: f(e)}}, nil
	})
}

// A lockedBuffer collects a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// inProcess is a transport to a server without a network, so that a test clock
// can drive both ends.
type inProcess struct {
	http.Handler
	lag time.Duration // before each request arrives
}

func (p *inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := sleep(r.Context(), p.lag); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			resp, err = nil, io.ErrUnexpectedEOF
		} else if v != nil {
			panic(v)
		}
	}()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// A desk is a playground and what a test needs to be a person there.
type desk struct {
	t    testing.TB
	play *playground.Server
	wire *inProcess
	http *http.Client // the person's
	url  string
	logs lockedBuffer
	log  *slog.Logger
}

// bubble runs a test with a desk under a test clock.
func bubble(t *testing.T, f func(*testing.T, *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newDesk(t)) })
}

// newDesk starts a playground. At the end of the test every request that was
// made of it must have been right.
func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, play: playground.New(playground.Config{Token: testToken, Username: "icp_bot"})}
	d.log = slog.New(slog.NewTextHandler(&d.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.wire = &inProcess{Handler: d.play}
	d.http = &http.Client{Transport: &inProcess{Handler: d.play}}
	d.url = "http://127.0.0.1:8081"
	t.Cleanup(d.check)
	return d
}

// newNetworkDesk starts a playground that other processes can reach.
func newNetworkDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	server := httptest.NewServer(d.play)
	t.Cleanup(func() {
		d.play.Close() // ends the polls, for which the other Close would wait
		server.Close()
	})
	d.http, d.url = server.Client(), server.URL
	return d
}

// check closes the playground and says what was wrong.
func (d *desk) check() {
	t := d.t
	t.Helper()
	d.play.Close()
	if v := d.play.Violations(); len(v) > 0 {
		t.Errorf("requests broke the schema:\n%s", strings.Join(v, "\n"))
	}
	if strings.Contains(d.logs.String(), testToken) {
		t.Errorf("the log holds the token:\n%s", d.logs.String())
	}
	if t.Failed() {
		t.Logf("log:\n%s", d.logs.String())
	}
}

// config returns a configuration for the playground with an empty journal.
func (d *desk) config() Config {
	return Config{Token: testToken, API: d.url, HTTP: d.wire, Journal: NewMemJournal(0), Sorry: testSorry, Unpaced: true}
}

// run runs a bot until stop is called or the test ends.
func (d *desk) run(cfg Config, h bot.Handler) (stop func()) {
	d.t.Helper()
	b, err := New(d.log, cfg, h)
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			d.t.Errorf("Run = %v, want nil", err)
		}
	})
	d.t.Cleanup(stop)
	return stop
}

// start runs a bot with a fresh journal.
func (d *desk) start(h bot.Handler) (stop func()) {
	d.t.Helper()
	return d.run(d.config(), h)
}

// post makes a /sim request with a JSON body and returns the answer.
func (d *desk) post(path string, body any) map[string]any {
	d.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.decode(d.http.Post(d.url+path, "application/json", bytes.NewReader(data)))
}

func (d *desk) decode(resp *http.Response, err error) map[string]any {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %s: %s", resp.Request.URL.Path, resp.Status, data)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		d.t.Fatal(err)
	}
	return v
}

// text says something in a chat and returns the message's number.
func (d *desk) text(chat bot.ChatID, text string) int64 {
	d.t.Helper()
	v := d.post(fmt.Sprintf("/sim/chats/%d/text", chat), map[string]any{"text": text})
	return int64(v["message_id"].(float64))
}

// A sentFile is a file that a person sends.
type sentFile struct {
	name string
	data []byte
}

// files sends files as "photo" or "file", several as an album.
func (d *desk) files(chat bot.ChatID, as, caption string, files ...sentFile) {
	d.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("as", as)
	w.WriteField("caption", caption)
	for _, f := range files {
		p, err := w.CreateFormFile("file", f.name)
		if err != nil {
			d.t.Fatal(err)
		}
		p.Write(f.data)
	}
	w.Close()
	d.decode(d.http.Post(fmt.Sprintf("%s/sim/chats/%d/files", d.url, chat), w.FormDataContentType(), &body))
}

// fault makes coming calls go wrong.
func (d *desk) fault(body map[string]any) {
	d.t.Helper()
	d.post("/sim/faults", body)
}

// A line is a message as the person sees it.
type line struct {
	ID      int64  `json:"id"`
	From    any    `json:"from"`
	Kind    string `json:"type"`
	Text    string `json:"text"`
	Caption string `json:"caption"`
	Spans   []struct {
		Type   string `json:"type"`
		Offset int    `json:"offset"`
		Length int    `json:"length"`
	} `json:"spans"`
	Buttons [][]struct {
		Text string `json:"text"`
		Data string `json:"data"`
		Copy string `json:"copy"`
	} `json:"buttons"`
	File *struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Bytes int64  `json:"bytes"`
	} `json:"file"`
	Edited  bool  `json:"edited"`
	Deleted bool  `json:"deleted"`
	Thread  int64 `json:"thread"`
	ReplyTo int64 `json:"reply_to"`
}

// answers returns what the bot has said in a chat.
func (d *desk) answers(chat bot.ChatID) []line {
	d.t.Helper()
	resp, err := d.http.Get(fmt.Sprintf("%s/sim/chats/%d/messages", d.url, chat))
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var all, ours []line
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		d.t.Fatal(err)
	}
	for _, l := range all {
		if l.From == "bot" && !l.Deleted && l.Kind != "service" {
			ours = append(ours, l)
		}
	}
	return ours
}

// await returns the bot's answers in a chat as soon as there are n.
func (d *desk) await(chat bot.ChatID, n int) []line {
	d.t.Helper()
	var ls []line
	d.until(fmt.Sprintf("%d answers", n), func() bool {
		ls = d.answers(chat)
		return len(ls) >= n
	})
	if len(ls) > n {
		d.t.Fatalf("%d answers, want %d: %+v", len(ls), n, ls)
	}
	return ls
}

// until waits for a condition.
func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(end) {
			d.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// waitingIDs returns what j would replay, with "~" for every death.
func waitingIDs(t *testing.T, j Journal) string {
	t.Helper()
	rs, err := j.Waiting(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rs {
		s = append(s, fmt.Sprint(r.ID)+strings.Repeat("~", r.Deaths))
	}
	return strings.Join(s, " ")
}

// settle waits until all updates are done.
func (d *desk) settle(j Journal) {
	d.t.Helper()
	d.until("the journal to be empty", func() bool {
		waiting, err := j.Waiting(context.Background())
		return err == nil && len(waiting) == 0
	})
}

// calls returns how often the bot has called a method.
func (d *desk) calls(method string) int {
	d.t.Helper()
	resp, err := d.http.Get(d.url + "/sim/calls?method=" + method)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		d.t.Fatal(err)
	}
	return len(list)
}

// bytes returns the content of a file that the bot has sent.
func (d *desk) bytes(id string) []byte {
	d.t.Helper()
	resp, err := d.http.Get(d.url + "/sim/files/" + id)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return data
}
