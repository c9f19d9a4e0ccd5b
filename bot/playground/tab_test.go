package playground_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"beianbot/bot/playground"
)

// A tab is a page of the playground in a headless browser, with a bot that the
// test scripts.
type tab struct {
	t      *testing.T
	ctx    context.Context
	server *playground.Server
	url    string
	down   string // where downloads go, under their GUIDs

	mu        sync.Mutex
	broken    []string               // what the browser complained about
	suggested map[string]string      // names of downloads by GUID
	done      chan string            // GUIDs of completed downloads
	chooser   chan cdp.BackendNodeID // file choosers that opened
}

// open starts a server, a bot that answers with handle, and a browser, and
// opens the page. It skips where there is no browser.
func open(t *testing.T, width, height int64, handle func(b *wireBot, u update)) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium or chrome in PATH: the page is not tested in a browser; on Debian, apt-get install chromium")
	}
	s := playground.New(playground.Config{})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	t.Cleanup(s.Close)
	p := &tab{
		t: t, server: s, url: srv.URL + "/", down: t.TempDir(),
		suggested: make(map[string]string), done: make(chan string, 10), chooser: make(chan cdp.BackendNodeID, 10),
	}
	startBot(t, s, srv.URL, handle)

	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(width), int(height)),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Listen(ctx, p.listen); err != nil { // starts the browser, which lives as long as ctx
		t.Fatalf("start %s: %v", path, err)
	}
	p.ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	yes := true
	send(p, log.Enable, cdp.Empty{})
	send(p, runtime.Enable, cdp.Empty{})
	send(p, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	send(p, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: p.down, EventsEnabled: &yes,
	})
	p.run(chromedp.EmulateViewport(width, height), chromedp.Navigate(p.url), chromedp.WaitReady(chromedp.CSS(`#app[data-ready=true]`)))
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, b := range p.broken {
			t.Errorf("the browser says: %s", b)
		}
		for _, v := range s.Violations() {
			t.Errorf("the scripted bot breaks the schema: %s", v)
		}
	})
	return p
}

func (p *tab) listen(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		p.broken = append(p.broken, text)
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Source == log.EntrySourceSecurity {
			p.broken = append(p.broken, ev.Entry.Text)
		}
	case *browser.EventDownloadWillBegin:
		p.suggested[ev.GUID] = ev.SuggestedFilename
	case *browser.EventDownloadProgress:
		if ev.State == browser.DownloadProgressStateCompleted {
			p.done <- ev.GUID
		}
	case *page.EventFileChooserOpened:
		p.chooser <- ev.BackendNodeID
	}
}

// send sends one command of the DevTools protocol.
func send[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatalf("%s: %v", command.Method, err)
	}
}

func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.screenshot()
		p.t.Fatalf("drive the browser: %v", err)
	}
}

// screenshot keeps what the page looked like when a test failed, where the
// person who runs the test asked for it.
func (p *tab) screenshot() {
	dir := os.Getenv("BEIANBOT_SCREENSHOTS")
	if dir == "" {
		p.t.Log("set BEIANBOT_SCREENSHOTS to a folder to keep a picture of the page")
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+".png"), png, 0o600); err != nil {
		p.t.Log(err)
	}
}

// until waits for a JavaScript condition.
func (p *tab) until(what, js string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](js, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		p.screenshot()
		p.t.Fatalf("wait until %s: %v", what, err)
	}
}

// says waits for a bubble that contains text; own says whose.
func (p *tab) says(own bool, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("there is a bubble with %q", text),
		fmt.Sprintf(`[...document.querySelectorAll('[data-testid=message][data-own="%t"]')].some(e => e.textContent.includes(%s))`, own, strconv.Quote(text)))
}

// choose presses something that opens a file chooser and chooses files in it.
func (p *tab) choose(files []string, press ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.run(press...)
	select {
	case node := <-p.chooser:
		send(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, BackendNodeID: node})
	case <-time.After(10 * time.Second):
		p.t.Fatal("no file chooser opened within 10 s")
	}
}

// downloaded waits for a download and returns the name that the browser would
// have given it, and its bytes.
func (p *tab) downloaded() (string, []byte) {
	p.t.Helper()
	select {
	case guid := <-p.done:
		data, err := os.ReadFile(filepath.Join(p.down, guid))
		if err != nil {
			p.t.Fatal(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.suggested[guid], data
	case <-time.After(20 * time.Second):
		p.t.Fatal("no download completed within 20 s")
		return "", nil
	}
}

// wireBot is a bot without a library.
type wireBot struct {
	t   *testing.T
	ctx context.Context
	url string // with the token, ends with a slash
}

type update struct {
	ID       int64         `json:"update_id"`
	Message  *wireMessage  `json:"message"`
	Callback *wireCallback `json:"callback_query"`
}

type wireCallback struct {
	ID      string      `json:"id"`
	Message wireMessage `json:"message"`
}

type wireMessage struct {
	ID    int64                 `json:"message_id"`
	Chat  struct{ ID int64 }    `json:"chat"`
	Album string                `json:"media_group_id"`
	Photo []struct{ Width int } `json:"photo"`
}

// startBot hands updates to handle, one after the other, until the test ends.
func startBot(t *testing.T, s *playground.Server, url string, handle func(*wireBot, update)) {
	ctx, cancel := context.WithCancel(context.Background())
	b := &wireBot{t: t, ctx: ctx, url: url + "/bot" + s.Token() + "/"}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	wg.Go(func() {
		offset := int64(0)
		for ctx.Err() == nil {
			var us []update
			if json.Unmarshal(b.call("getUpdates", map[string]any{"offset": offset, "timeout": 20}), &us) != nil {
				return // the test has ended
			}
			for _, u := range us {
				offset = u.ID + 1
				if u.Message != nil || u.Callback != nil {
					handle(b, u)
				}
			}
		}
	})
}

// call makes one call and returns its result, nil when the test has ended.
func (b *wireBot) call(method string, params map[string]any) json.RawMessage {
	body, err := json.Marshal(params)
	if err != nil {
		panic(err) // unreachable: the parameters are literals of the test
	}
	return b.post(method, "application/json", body)
}

// document sends a file.
func (b *wireBot) document(chat int64, name string, data []byte, caption string) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("chat_id", strconv.FormatInt(chat, 10))
	if caption != "" {
		w.WriteField("caption", caption)
	}
	if part, err := w.CreateFormFile("document", name); err == nil {
		part.Write(data)
	}
	w.Close()
	b.post("sendDocument", w.FormDataContentType(), body.Bytes())
}

func (b *wireBot) post(method, contentType string, body []byte) json.RawMessage {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.url+method, bytes.NewReader(body))
	if err != nil {
		b.t.Errorf("%s: %v", method, err)
		return nil
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if b.ctx.Err() == nil {
			b.t.Errorf("%s: %v", method, err)
		}
		return nil
	}
	defer resp.Body.Close()
	var answer struct {
		OK          bool            `json:"ok"`
		Description string          `json:"description"`
		Result      json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || !answer.OK {
		if b.ctx.Err() == nil {
			b.t.Errorf("%s: %v %s", method, err, answer.Description)
		}
		return nil
	}
	return answer.Result
}
