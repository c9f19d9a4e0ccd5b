package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	const wipe = "\r\x1b[K"
	tests := []struct {
		name       string
		onTerminal bool
		work       func(*progress)
		want       string
	}{
		{"a second is not over", true, func(p *progress) { p.say("1/2"); time.Sleep(progressAfter / 2) }, ""},
		{"nothing was said", true, func(*progress) {}, ""},
		{"one step is long", true, func(p *progress) { p.say("1/2"); time.Sleep(2 * progressAfter) }, wipe + "1/2" + wipe},
		{"several steps", true, func(p *progress) {
			p.say("1/2")
			time.Sleep(2 * progressAfter)
			p.clear()
			p.say("2/2")
		}, wipe + "1/2" + wipe + wipe + "2/2" + wipe},
		{"not on a terminal", false, func(p *progress) { p.say("1/2"); time.Sleep(2 * progressAfter); p.clear() }, ""},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			var b bytes.Buffer
			p := startProgress(&b, tt.onTerminal)
			tt.work(p)
			synctest.Wait()
			p.stop()
			if got := b.String(); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		})
	}
	if isTerminal(new(bytes.Buffer)) {
		t.Error("a buffer is taken for a terminal")
	}
}
