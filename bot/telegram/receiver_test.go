package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
)

func echo() bot.Handler {
	return say(func(e bot.Event) string { return e.Body.(bot.Text).Text })
}

func TestPollsGoOnAfterTrouble(t *testing.T) {
	for _, c := range []struct {
		about string
		fault map[string]any
	}{
		{"another process polls", map[string]any{"kind": "409", "times": 5}},
		{"the token is not accepted for a while", map[string]any{"kind": "401", "times": 5}},
		{"inner errors", map[string]any{"kind": "500", "times": 5}},
		{"pages of HTML", map[string]any{"kind": "500-html", "times": 5}},
		{"too many requests", map[string]any{"kind": "429", "retry_after": 20, "times": 5}},
		{"cut connections, with updates lost on the way", map[string]any{"kind": "cut-after", "times": 5}},
	} {
		t.Run(c.about, func(t *testing.T) {
			bubble(t, func(t *testing.T, d *desk) {
				c.fault["method"] = "getUpdates"
				d.fault(c.fault)
				d.start(echo())
				d.text(applicant, "a")
				d.text(applicant, "b")
				time.Sleep(10 * time.Minute)
				ls := d.await(applicant, 2)
				if ls[0].Text != "a" || ls[1].Text != "b" {
					t.Errorf("answers = %q, %q, want a, b", ls[0].Text, ls[1].Text)
				}
				if n := strings.Count(d.logs.String(), "connection fails"); n != 1 {
					t.Errorf("the log says %d times that the connection fails, want once", n)
				}
				if n := strings.Count(d.logs.String(), "connection works again"); n != 1 {
					t.Errorf("the log says %d times that it works again, want once", n)
				}
				if n := d.calls("getUpdates"); n > 30 {
					t.Errorf("%d polls in ten minutes: the server is hammered", n)
				}
			})
		})
	}
}

func TestWebhookIsRemovedAndItsUpdatesKept(t *testing.T) {
	d := newNetworkDesk(t) // the playground delivers over the network
	gone := httptest.NewServer(nil)
	gone.Close()
	d.decode(d.http.Post(d.url+"/bot"+testToken+"/setWebhook?url="+gone.URL, "", nil))
	d.text(applicant, "a")
	d.start(echo())
	d.await(applicant, 1)
	if n := d.calls("deleteWebhook"); n != 1 {
		t.Errorf("deleteWebhook was called %d times, want once", n)
	}
}

func TestStartWaitsForTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.fault(map[string]any{"method": "getMe", "kind": "500", "times": 40})
		d.start(echo())
		d.text(applicant, "a")
		time.Sleep(30 * time.Minute)
		d.await(applicant, 1)
	})
}

func TestStartCanBeBrokenOff(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.fault(map[string]any{"method": "getMe", "kind": "cut-before", "times": 1000})
		stop := d.start(echo())
		time.Sleep(time.Minute)
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestWrongTokenEndsRun(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Token = "4200000042:another"
		b, err := New(d.log, cfg, echo())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context()); !errors.Is(err, ErrToken) || strings.Contains(err.Error(), cfg.Token) {
			t.Errorf("Run = %v, want ErrToken", err)
		}
	})
}

func TestSameUpdateTwiceIsHandledOnce(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.post("/sim/updates", map[string]any{"next": "duplicate"})
		d.start(echo())
		d.text(applicant, "a")
		d.text(applicant, "b")
		time.Sleep(time.Minute)
		d.await(applicant, 2)
	})
}

func TestFloodFromOneChatIsHandledWhole(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Pending = 10
		d.run(cfg, echo())
		for i := range 500 {
			d.text(applicant, fmt.Sprint(i))
		}
		time.Sleep(10 * time.Minute)
		for i, l := range d.await(applicant, 500) {
			if l.Text != fmt.Sprint(i) {
				t.Fatalf("answer %d = %q", i, l.Text)
			}
		}
	})
}

func TestPacingKeepsToTelegramsLimits(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		cfg := d.config()
		cfg.Unpaced = false
		d.run(cfg, echo())
		for i := range 10 {
			d.text(applicant, fmt.Sprint(i))
		}
		time.Sleep(1500 * time.Millisecond)
		d.await(applicant, 4) // three at once, then one a second
		time.Sleep(10 * time.Second)
		d.await(applicant, 10)
	})
}

func TestCommandMenu(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		b, err := New(d.log, d.config(), echo())
		if err != nil {
			t.Fatal(err)
		}
		menu := []MenuItem{{"help", "怎么用"}, {"stitch", "拼成一张"}}
		if err := b.SetCommands(t.Context(), staffChat, menu); err != nil {
			t.Errorf("SetCommands = %v", err)
		}
		for _, lang := range []string{"", "en"} {
			if err := b.SetProfile(t.Context(), lang, Profile{menu, "核验单怎么填 " + lang, "备案"}); err != nil {
				t.Errorf("SetProfile(%q) = %v", lang, err)
			}
		}
		d.post("/sim/chats", map[string]any{"type": "private", "id": 77, "title": "Ann", "lang": "en-GB"})
		for user, want := range map[bot.ChatID]string{applicant: "核验单怎么填 ", 77: "核验单怎么填 en"} {
			resp, err := d.http.Get(fmt.Sprintf("%s/sim/me?chat=%d&user=%d", d.url, user, user))
			me := d.decode(resp, err)
			if commands, _ := me["commands"].([]any); me["description"] != want || len(commands) != 2 {
				t.Errorf("user %d sees %v, want the description %q and two commands", user, me, want)
			}
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	j := NewMemJournal(0)
	for _, c := range []struct {
		about string
		cfg   Config
		want  string // in the error, "" for none
	}{
		{"all that must be", Config{Token: "1:a", Journal: j, Sorry: "s"}, ""},
		{"a server of one's own", Config{Token: "1:a", Journal: j, Sorry: "s", API: "http://10.0.0.1:8081/api/"}, ""},
		{"no token", Config{Journal: j}, "token"},
		{"a token with a line end", Config{Token: "1:a\n", Journal: j}, "token"},
		{"no journal", Config{Token: "1:a", Sorry: "s"}, "journal"},
		{"no apology", Config{Token: "1:a", Journal: j}, "apology"},
		{"an address without scheme", Config{Token: "1:a", Journal: j, Sorry: "s", API: "api.telegram.org"}, "api address"},
		{"an address of a file", Config{Token: "1:a", Journal: j, Sorry: "s", API: "file:///etc"}, "api address"},
	} {
		_, err := New(slog.New(slog.DiscardHandler), c.cfg, echo())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New = %v, want an error with %q", c.about, err, c.want)
		}
	}
}

// TestNothingPersonalIsLogged has a conversation in which much goes wrong, at
// the most talkative level of the log.
func TestNothingPersonalIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		const canary = "金丝雀440101199001011234"
		cfg := d.config()
		d.run(cfg, handlerFunc(func(ctx context.Context, e bot.Event, p bot.Port) ([]bot.Reply, error) {
			switch b := e.Body.(type) {
			case bot.Upload:
				p.Progress(ctx, canary)
				p.Busy(ctx, bot.Typing)
				if _, err := p.Download(ctx, b.Files[0], 1); err != nil {
					return nil, err
				}
				data, err := p.Download(ctx, b.Files[0], 1<<20)
				return []bot.Reply{{Text: canary, File: &bot.File{Name: canary + ".jpg", Data: data}}}, err
			case bot.Press:
				panic(canary)
			}
			return []bot.Reply{{Text: canary, Buttons: [][]bot.Button{{{Label: canary, Data: "d"}}}}}, nil
		}))
		d.text(applicant, canary)
		l := d.await(applicant, 1)[0]
		d.post(fmt.Sprintf("/sim/chats/%d/press", applicant), map[string]any{"message_id": l.ID, "data": "440101199001011234"})
		for _, f := range []map[string]any{
			{"method": "sendDocument", "kind": "400"}, {"method": "getFile", "kind": "cut-after"},
			{"method": "sendChatAction", "kind": "500-html"}, {"method": "sendMessage", "kind": "403"},
		} {
			d.fault(f)
		}
		d.files(applicant, "file", canary, sentFile{canary + ".jpg", picture(1)})
		d.files(applicant, "photo", canary, sentFile{canary + ".jpg", picture(1)})
		d.post(fmt.Sprintf("/sim/chats/%d/do", applicant), map[string]any{"action": "block"})
		time.Sleep(10 * time.Minute)
		logs := d.logs.String()
		for _, secret := range []string{"金丝雀", "19900101", testToken, "小周", fmt.Sprint(applicant), "AAbbCC", "documents/", "photos/"} {
			if strings.Contains(logs, secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
		if !strings.Contains(logs, "panic") {
			t.Error("the log does not tell of the panic")
		}
	})
}
