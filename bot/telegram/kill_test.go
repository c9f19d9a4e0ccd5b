package telegram

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
)

var long = flag.Bool("long", false, "run the soak tests at full length")

// childVariable makes the test program a bot: "address folder".
const childVariable = "BEIANBOT_TELEGRAM_TEST_CHILD"

func TestMain(m *testing.M) {
	if v, ok := os.LookupEnv(childVariable); ok {
		child(v)
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// child runs a bot until it is killed. It names what it was sent, after 50 ms.
func child(v string) {
	address, dir, _ := strings.Cut(v, " ")
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	j, err := OpenJournal(dir, 0)
	if err != nil {
		log.Error("open", "err", err)
		os.Exit(1)
	}
	b, err := New(log, Config{Token: testToken, API: address, Journal: j, Sorry: testSorry, Unpaced: true, AlbumQuiet: 500 * time.Millisecond},
		handlerFunc(func(ctx context.Context, e bot.Event, _ bot.Port) ([]bot.Reply, error) {
			if err := sleep(ctx, 50*time.Millisecond); err != nil {
				return nil, err
			}
			switch b := e.Body.(type) {
			case bot.Text:
				return []bot.Reply{{Text: b.Text}}, nil
			case bot.Upload:
				var names []string
				for _, f := range b.Files {
					names = append(names, f.Name)
				}
				return []bot.Reply{{Text: strings.Join(names, " ")}}, nil
			}
			return []bot.Reply{{Text: "?"}}, nil
		}))
	if err != nil {
		log.Error("new", "err", err)
		os.Exit(1)
	}
	log.Error("run", "err", b.Run(context.Background()))
}

// spawn starts a bot in a process of its own.
func (d *desk) spawn(dir string, env ...string) *exec.Cmd {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), childVariable+"="+d.url+" "+dir)
	c.Env = append(c.Env, env...)
	c.Stderr = &d.logs
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { kill(c) })
	return c
}

func kill(c *exec.Cmd) {
	c.Process.Kill()
	c.Wait()
}

func TestProxyOfTheEnvironment(t *testing.T) {
	d := newNetworkDesk(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "api.telegram.test" || !r.URL.IsAbs() {
			t.Errorf("the proxy got a request for %q", r.Host)
		}
		r.Host = "localhost" // the playground answers no other name
		d.play.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		d.play.Close()
		proxy.Close()
	})
	d.spawn(t.TempDir(), "HTTP_PROXY="+proxy.URL, childVariable+"=http://api.telegram.test "+t.TempDir())
	d.text(applicant, "a")
	d.await(applicant, 1)
}

func TestKillInTheMiddleOfAnAlbum(t *testing.T) {
	d := newNetworkDesk(t)
	dir := t.TempDir()
	c := d.spawn(dir)
	d.text(applicant, "da?")
	d.await(applicant, 1)
	d.post("/sim/updates", map[string]any{"next": "split", "delay_ms": 300})
	var files []sentFile
	for i := range 4 {
		files = append(files, sentFile{fmt.Sprintf("%d.jpg", i), picture(i)})
	}
	d.files(applicant, "file", "", files...)
	d.until("two parts to be in the journal", func() bool {
		data, err := os.ReadFile(filepath.Join(dir, journalName))
		return err == nil && strings.Contains(string(data), "1.jpg")
	})
	kill(c)
	if n := len(d.answers(applicant)); n != 1 {
		t.Fatalf("the album was answered before all of it was sent: %d answers", n)
	}
	d.spawn(dir)
	if ls := d.await(applicant, 2); ls[1].Text != "0.jpg 1.jpg 2.jpg 3.jpg" {
		t.Errorf("answer = %q, want all four pictures", ls[1].Text)
	}
	time.Sleep(time.Second) // for a second answer, which would be wrong
	d.await(applicant, 2)
	d.until("the journal to forget", func() bool {
		data, err := os.ReadFile(filepath.Join(dir, journalName))
		return err == nil && !strings.Contains(string(data), ".jpg")
	})
}

// TestKillsUnderLoad kills the bot again and again while people write. Nothing
// may stay unanswered, and the order in a chat must hold; an answer may come
// twice when the kill fell between sending it and noting that.
func TestKillsUnderLoad(t *testing.T) {
	kills := 4
	if *long {
		kills = 100
	}
	d := newNetworkDesk(t)
	dir := t.TempDir()
	const chats = 8
	for i := range chats {
		d.post("/sim/chats", map[string]any{"type": "private", "id": 5000 + i, "title": "p"})
	}
	sent := 0
	for range kills {
		c := d.spawn(dir)
		end := time.Now().Add(300*time.Millisecond + rand.N(500*time.Millisecond))
		for time.Now().Before(end) {
			for i := range chats {
				d.text(bot.ChatID(5000+i), fmt.Sprint(sent))
			}
			sent++
			time.Sleep(60 * time.Millisecond)
		}
		kill(c)
	}
	d.spawn(dir)
	twice := 0
	for i := range chats {
		chat := bot.ChatID(5000 + i)
		var got []string
		repeated := 0
		d.until("the last answer", func() bool {
			got, repeated = nil, 0
			for _, l := range d.answers(chat) {
				if slices.Contains(got, l.Text) {
					repeated++
					continue
				}
				got = append(got, l.Text)
			}
			return len(got) >= sent
		})
		twice += repeated
		for n, text := range got {
			if text != fmt.Sprint(n) {
				t.Fatalf("chat %d: answer %d is %q: lost or out of order", i, n, text)
			}
		}
	}
	t.Logf("%d kills, %d messages, %d answers seen twice", kills, sent*chats, twice)
}
