package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The disk fills up while people write: the program says so and ends, not well,
// and when there is room again the next start has all that was acknowledged, and
// answers what was not.
func TestFullDisk(t *testing.T) {
	if !*long {
		t.Skip("the program gives up after three checks, a minute: run with -long")
	}
	data := t.TempDir()
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=48m,mode=700"); err != nil {
		t.Skipf("mount a small disk: %v: needs root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := playgroundProcess(t)
	args := []string{"serve", "-api", s.url, "-data", data, "-staff-chat", fmt.Sprint(staffGroup), "-addr", "127.0.0.1:0"}
	begin := func() *process {
		p := spawn(t, []string{"TELEGRAM_BOT_TOKEN=" + processToken}, args...)
		s.log = p.log
		return p
	}
	b := begin()
	s.say(staffGroup, colleague, "/add 第一号活动的备案要求\n- 活动一怎么备案\n答：按页面提示填写。")
	m := s.wait(staffGroup, "第一号活动")
	s.press(staffGroup, colleague, m.ID, "上线")
	s.waitEdit(staffGroup, m.ID, "已保存并上线")
	s.say(person, person, "福建要不要办理暂住登记")
	s.wait(person, "已转给我们的客服")

	filler := filepath.Join(data, "filler")
	ended := make(chan error, 1)
	go func() { ended <- b.cmd.Wait() }()
	b.done = true
	t.Cleanup(func() { _ = b.cmd.Process.Kill() }) // it has ended, unless the test failed
	filled := time.Now()
	fill(t, filler)
	asked := 0
	var took time.Duration
	var code int
	unhealthy := false
	for end := time.Now().Add(4 * time.Minute); took == 0; time.Sleep(2 * time.Second) { // as fast as is no flood
		if time.Now().After(end) {
			t.Fatalf("it goes on with a full disk; log:\n%s", b.log)
		}
		select {
		case err := <-ended:
			took = time.Since(filled)
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			}
		default:
			fill(t, filler) // what was freed meanwhile
			asked++
			s.say(person, person, fmt.Sprintf("江西个人要按手印吗，第%d次", asked))
			if found := regexp.MustCompile(`metrics" addr=(\S+)`).FindStringSubmatch(b.log.String()); found != nil && !unhealthy {
				status, body := fetch(t, "http://"+found[1]+"/healthz")
				unhealthy = status == 503 && strings.Contains(body, "cannot be written")
			}
		}
	}
	log := b.log.String()
	t.Logf("ended %v after the disk was full, exit code %d, /healthz said so: %v, %d questions asked meanwhile", took.Round(time.Second), code, unhealthy, asked)
	if code != exitNo || !strings.Contains(log, "free space on the disk") || !unhealthy {
		t.Errorf("exit code %d, /healthz %v, want 1 and 503; log:\n%s", code, unhealthy, log)
	}
	// Started on a full disk, it says so, too.
	full := begin()
	full.done = true
	err := full.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitNo {
		t.Errorf("a start on a full disk: %v, want exit code 1; log:\n%s", err, full.log)
	}
	// At once, or, when the little that a start needs was free, as before.
	if says := full.log.String(); !strings.Contains(says, "the disk is full") && !strings.Contains(says, "free space on the disk") {
		t.Errorf("a start on a full disk says:\n%s", says)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	b = begin()
	s.say(person, person, "活动一怎么备案")
	s.wait(person, "按页面提示填写")
	s.say(staffGroup, colleague, "/queue")
	s.wait(staffGroup, "暂住登记")
	if n := s.counts(person, "江西个人备案"); n["江西个人备案"] == 0 {
		t.Error("none of the questions from the time of the full disk is answered")
	}
	n := 0
	for _, m := range s.answers(person) {
		if strings.Contains(m.Text, "江西") || strings.Contains(m.Text, "出了点问题") {
			n++
		}
	}
	if n < asked {
		t.Errorf("%d answers to %d questions from the time of the full disk", n, asked)
	}
	t.Logf("%d questions, %d answers", asked, n)
	b.terminate()
	if bad := regexp.MustCompile(`level=ERROR.*`).FindString(b.log.String()); bad != "" {
		t.Errorf("the start after it says: %s", bad)
	}
}

// fill writes to a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 16
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
