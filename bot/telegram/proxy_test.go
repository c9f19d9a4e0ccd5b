package telegram

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
)

// childVariable makes the test program a bot: the address of the Bot API.
const childVariable = "BEIANBOT_TELEGRAM_TEST_CHILD"

func TestMain(m *testing.M) {
	if address, ok := os.LookupEnv(childVariable); ok {
		child(address)
		return
	}
	os.Exit(m.Run())
}

// child runs a bot that repeats what it is told, until it is killed.
func child(address string) {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	b, err := New(log, Config{Token: testToken, API: address, Journal: NewMemJournal(0), Sorry: testSorry, Unpaced: true}, echo())
	if err != nil {
		log.Error("new", "err", err)
		os.Exit(1)
	}
	log.Error("run", "err", b.Run(context.Background()))
}

// spawn starts a bot in a process of its own, since a program reads the proxy of
// its environment once.
func (d *desk) spawn(address string, env ...string) {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(append(os.Environ(), childVariable+"="+address), env...)
	c.Stderr = &d.logs
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
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
	d.spawn("http://api.telegram.test", "HTTP_PROXY="+proxy.URL)
	d.text(applicant, "a")
	d.await(applicant, 1)
}
