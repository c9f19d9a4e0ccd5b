package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progressAfter is how long work goes on before a progress line is shown: what is
// faster needs none.
const progressAfter = time.Second

// A progress is a line on a terminal that says how far work is, and is wiped away
// when it is done. On anything but a terminal it shows nothing. A nil progress is
// one that shows nothing.
type progress struct {
	w    io.Writer
	quit chan struct{}
	done chan struct{}

	mu    sync.Mutex // held while writing
	text  string     // guarded by mu
	shown bool       // guarded by mu
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// startProgress begins a progress line on w. The caller stops it.
func startProgress(w io.Writer, onTerminal bool) *progress {
	if !onTerminal {
		return nil
	}
	p := &progress{w: w, quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		select {
		case <-time.After(progressAfter):
			p.mu.Lock()
			defer p.mu.Unlock()
			p.shown = true
			p.write()
		case <-p.quit:
		}
	}()
	return p
}

// say changes the line.
func (p *progress) say(format string, a ...any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, a...)
	if p.shown {
		p.write()
	}
}

// clear wipes the line away, so that something else can be written, until the
// next say.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// stop wipes the line away and ends.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.quit)
	<-p.done
	p.clear()
}

// write writes the line. The caller holds mu.
func (p *progress) write() { fmt.Fprintf(p.w, "\r\x1b[K%s", p.text) }
