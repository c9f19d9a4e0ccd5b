package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A tab is the page of a running program in a headless browser.
type tab struct {
	t       *testing.T
	ctx     context.Context
	down    string // where downloads go, under their GUIDs
	done    chan string
	chooser chan cdp.BackendNodeID
	broken  chan string // what the browser complained about
}

// openTab opens the page at url. It skips the test where there is no browser.
func openTab(t *testing.T, url string) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium or chrome in PATH: the program is not tested in a browser; on Debian, apt-get install chromium")
	}
	p := &tab{
		t: t, down: t.TempDir(), done: make(chan string, 10), chooser: make(chan cdp.BackendNodeID, 10), broken: make(chan string, 100),
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800),
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
	send(p, cdplog.Enable, cdp.Empty{})
	send(p, runtime.Enable, cdp.Empty{})
	send(p, cdppage.SetInterceptFileChooserDialog, cdppage.SetInterceptFileChooserDialogParams{Enabled: true})
	send(p, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: p.down, EventsEnabled: &yes,
	})
	p.run(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS(`#app[data-ready=true]`)))
	return p
}

func (p *tab) listen(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.complain(ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		if ev.Entry.Level == cdplog.EntryLevelError || ev.Entry.Source == cdplog.EntrySourceSecurity {
			p.complain(ev.Entry.Text)
		}
	case *browser.EventDownloadProgress:
		if ev.State == browser.DownloadProgressStateCompleted {
			p.done <- ev.GUID
		}
	case *cdppage.EventFileChooserOpened:
		p.chooser <- ev.BackendNodeID
	}
}

// complain remembers the first complaints.
func (p *tab) complain(text string) {
	select {
	case p.broken <- text:
	default:
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
		p.t.Fatalf("drive the browser: %v", err)
	}
}

// until waits for a JavaScript condition.
func (p *tab) until(what, js string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](js, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		p.t.Fatalf("wait until %s: %v", what, err)
	}
}

// says waits for a bubble of the bot that contains text.
func (p *tab) says(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the bot says %q", text),
		fmt.Sprintf(`[...document.querySelectorAll('[data-testid=message][data-own=false]')].some(e => e.textContent.includes(%s))`, strconv.Quote(text)))
}

// choose presses something that opens a file chooser and chooses files in it.
func (p *tab) choose(files []string, press ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.run(press...)
	select {
	case node := <-p.chooser:
		send(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, BackendNodeID: node})
	case <-time.After(20 * time.Second):
		p.t.Fatal("no file chooser opened within 20 s")
	}
}

// downloaded waits for a download and returns its bytes.
func (p *tab) downloaded() []byte {
	p.t.Helper()
	select {
	case guid := <-p.done:
		data, err := os.ReadFile(filepath.Join(p.down, guid))
		if err != nil {
			p.t.Fatal(err)
		}
		return data
	case <-time.After(30 * time.Second):
		p.t.Fatal("no download completed within 30 s")
		return nil
	}
}

// A person with a browser: a question, three pictures through the file chooser,
// the button, and the result on their disk.
func TestBrowser(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openTab(t, s.url+"/")
	testID := func(id string) chromedp.CSS { return chromedp.CSS("[data-testid=" + id + "]") }

	p.run(chromedp.WaitVisible(testID("composer")), chromedp.SendKeys(testID("composer"), "核验单用什么笔填"+kb.Enter))
	p.says("黑色签字笔")

	dir := t.TempDir()
	var files []string
	for n, c := range colours {
		name := filepath.Join(dir, fmt.Sprintf("第 %d 张.jpg", n+1))
		if err := os.WriteFile(name, page(t, c), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	p.choose(files, chromedp.Click(testID("attach")), chromedp.Click(testID("attach-photo")))
	p.run(chromedp.WaitVisible(chromedp.CSS(`[data-testid=sheet-item]:nth-child(3)`)), chromedp.Click(testID("as-photo")), chromedp.Click(testID("sheet-send")))
	p.says("收到 3 张，检查结果")
	const button = `[...document.querySelectorAll('[data-testid=button]')].find(e => e.textContent.includes('拼成一张'))`
	p.until("there is the button", button+" !== undefined")
	p.until("it is pressed", button+".click() === undefined")
	p.says("拼成一张了")
	p.until("there is the result", `document.querySelector('[data-own=false] [data-testid=file-link]') !== null`)
	p.run(chromedp.Click(chromedp.CSS(`[data-own=false] [data-testid=file-link]`)))
	wantStitched(t, p.downloaded())

	for len(p.broken) > 0 {
		t.Errorf("the browser says: %s", <-p.broken)
	}
	if bad := s.violations(); bad != nil {
		t.Errorf("calls that break the schema or failed: %s", strings.Join(bad, "; "))
	}
}
