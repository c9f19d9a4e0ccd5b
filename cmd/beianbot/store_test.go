package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beianbot/kb"
)

var long = flag.Bool("long", false, "run the soak tests at full length")

// Staff add entries while the program is killed again and again: what they were
// told is saved is there afterwards, as often as they were told.
func TestKilledWhileStaffSave(t *testing.T) {
	t.Parallel()
	kills := 3
	if *long {
		kills = 100
	}
	s := playgroundProcess(t)
	data := t.TempDir()
	var saved []string
	for n := range kills {
		b := s.botProcess(data)
		dead := make(chan struct{})
		time.AfterFunc(1500*time.Millisecond+rand.N(time.Second), func() {
			_ = b.cmd.Process.Kill() // it has not ended before
			close(dead)
		})
		title := fmt.Sprintf("第%d号活动的备案要求", n)
		s.say(staffGroup, colleague, "/add "+title+"\n- 活动"+fmt.Sprint(n)+"怎么备案\n答：按页面提示填写。")
		<-dead
		b.kill()
		b = s.botProcess(data)
		m := s.wait(staffGroup, title)
		again := make(chan struct{})
		time.AfterFunc(rand.N(600*time.Millisecond), func() {
			_ = b.cmd.Process.Kill() // it has not ended before
			close(again)
		})
		s.press(staffGroup, colleague, m.ID, "上线")
		<-again
		b.kill()
		b = s.botProcess(data)
		s.waitEdit(staffGroup, m.ID, "已保存并上线")
		saved = append(saved, title)
		b.kill()
	}
	b := s.botProcess(data)
	s.say(staffGroup, colleague, "/list")
	s.wait(staffGroup, saved[0])
	b.terminate()
	journal, err := os.ReadFile(filepath.Join(data, "kb.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range saved {
		if n := strings.Count(string(journal), `"Title":{"zh":"`+title+`"}`); n != 1 {
			t.Errorf("%q is in the journal %d times, want once", title, n)
		}
	}
	t.Logf("%d kills, %d entries saved", 3*kills, len(saved))
}

// Idle memory and the time to the first call, with as many entries of staff.
func TestStartAndMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("memory of a process is read in /proc")
	}
	sizes := []int{500}
	if *long {
		sizes = []int{0, 500, 10_000}
	}
	for _, size := range sizes {
		data := t.TempDir()
		j, err := kb.OpenJournal(filepath.Join(data, "kb.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range size {
			title := fmt.Sprintf("第%d号活动的备案要求", n)
			err := j.Put(t.Context(), kb.Entry{
				ID: fmt.Sprintf("staff/n%d", n), Title: map[kb.Lang]string{kb.Chinese: title},
				Source: map[kb.Lang]string{kb.Chinese: "客服"}, AsOf: map[kb.Lang]string{kb.Chinese: "2026-11-25"},
				Status: kb.Current, Phrasings: []string{title + "是什么", fmt.Sprintf("活动 %d 怎么备案", n)},
				Body: map[kb.Lang][]string{kb.Chinese: {"按页面提示填写。"}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		s := playgroundProcess(t)
		for _, start := range []string{"first", "next"} { // the first one fills the store
			met := s.calls("getMe")
			begun := time.Now()
			b := s.botProcess(data)
			until(t, "the first call", func() bool { return s.calls("getMe") > met })
			took := time.Since(begun)
			time.Sleep(3 * time.Second) // for what start leaves behind
			mb := resident(t, b.cmd.Process.Pid)
			b.terminate()
			t.Logf("%d entries, %s start: %v to the first call, %d MB idle", size, start, took.Round(10*time.Millisecond), mb)
			if start == "next" && size == 500 && mb >= 120 && !raceEnabled { // the race detector takes as much again
				t.Errorf("%d MB idle with %d entries, want less than 120", mb, size)
			}
			if *long && start == "next" && size == 500 && took >= time.Second {
				t.Errorf("%v to the first call with %d entries, want less than 1s", took, size)
			}
		}
	}
}

// calls returns how often a method was called.
func (s *session) calls(method string) int {
	s.t.Helper()
	resp, err := http.Get(s.url + "/sim/calls?method=" + method)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		s.t.Fatal(err)
	}
	return len(list)
}

// resident returns how much memory a process has, in MB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kb int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb >> 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
