package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"beianbot/bot"
	"beianbot/bot/jetstream"
	"beianbot/bot/picture"
	"beianbot/bot/telegram"
	"beianbot/kb"
)

const (
	// healthPut is how long a durable write may take.
	healthPut = 2 * time.Second
	// maxPollAge is how long ago updates may have been fetched: a poll takes 50 s
	// when there are none, and one may fail.
	maxPollAge = 2 * time.Minute
	// minDiskFree is how many bytes of the disk must be free: below, the next
	// updates may not be taken.
	minDiskFree = 64 << 20
	// healthEvery is how long an answer holds, so that asking costs no writes.
	healthEvery = time.Second
)

// A keeper is a store as [jetstream.Store] is one.
type keeper interface {
	Check(context.Context) error            // writes durably
	Tend(context.Context) []jetstream.Fault // does what is to be done now and then
}

// A monitor says how the program is, on an address of its own: GET /healthz for a
// supervisor and GET /metrics for Prometheus. Nothing in it is about people.
type monitor struct {
	data   string
	store  keeper
	stats  func() telegram.Stats
	counts *countTally
	begun  time.Time

	mu   sync.Mutex // held while it is found out
	at   time.Time  // when last was found out; guarded by mu
	last health     // guarded by mu
}

// health is what /healthz says.
type health struct {
	OK       bool     `json:"ok"`
	Problems []string `json:"problems,omitempty"`
	PutMS    int64    `json:"put_ms"`     // of a durable write
	PollAge  float64  `json:"poll_age_s"` // since updates were fetched, or since the start
	DiskFree uint64   `json:"disk_free_bytes"`
}

// serve answers requests until ctx ends.
func (m *monitor) serve(ctx context.Context, log *slog.Logger, l net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", m.health)
	mux.HandleFunc("GET /metrics", m.metrics)
	s := &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthPut)
		defer cancel()
		if s.Shutdown(stop) != nil {
			s.Close() // whoever still asks is cut off
		}
	})
	if err := s.Serve(l); err != nil && ctx.Err() == nil {
		log.Error("health and metrics are not served any more", "err", err)
	}
	wg.Wait()
}

func (m *monitor) health(w http.ResponseWriter, r *http.Request) {
	h := m.look(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !h.OK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h) // to whoever asked
}

// look finds out how the program is.
func (m *monitor) look(ctx context.Context) health {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at.IsZero() && time.Since(m.at) < healthEvery {
		return m.last
	}
	var h health
	put, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthPut)
	defer cancel()
	begun := time.Now()
	err := m.store.Check(put)
	h.PutMS = time.Since(begun).Milliseconds()
	if err != nil {
		h.Problems = append(h.Problems, "the store cannot be written within 2 s")
	} else if faults := m.store.Tend(put); diskFull(faults) != nil {
		h.Problems = append(h.Problems, "the store cannot be written: the disk is full")
	} else {
		for _, f := range faults {
			h.Problems = append(h.Problems, "the store is written, but its upkeep fails, see the log: "+f.Part)
		}
	}
	stats := m.stats()
	polled := stats.Polled
	if polled.IsZero() {
		polled = m.begun
	}
	age := time.Since(polled)
	h.PollAge = age.Round(100 * time.Millisecond).Seconds()
	if age > maxPollAge && !stats.Full {
		h.Problems = append(h.Problems, "no updates were fetched from Telegram for two minutes")
	}
	free, err := diskFree(m.data)
	h.DiskFree = free
	if err == nil && free < minDiskFree {
		h.Problems = append(h.Problems, fmt.Sprintf("less than %d MB of the disk are free", minDiskFree>>20))
	}
	h.OK = len(h.Problems) == 0
	m.at, m.last = time.Now(), h
	return h
}

// metrics writes the figures in the text format of Prometheus.
func (m *monitor) metrics(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	family := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	one := func(name, kind, help string, v any) {
		family(name, kind, help)
		fmt.Fprintf(&out, "%s %v\n", name, v)
	}
	s := m.stats()
	family("beianbot_updates_handled_total", "counter", "Updates that were handled, by kind.")
	for _, kind := range slices.Sorted(maps.Keys(s.Handled)) {
		fmt.Fprintf(&out, "beianbot_updates_handled_total{kind=%q} %d\n", kind, s.Handled[kind])
	}
	one("beianbot_dead_letters_total", "counter", "Updates that were given up.", s.GivenUp)
	one("beianbot_queue_updates", "gauge", "Updates that wait or are at work.", s.Waiting)
	one("beianbot_queue_oldest_seconds", "gauge", "How long the first of them has been there.", s.Oldest.Seconds())
	family("beianbot_api_calls_total", "counter", "Tries of calls of the Bot API, by method and result.")
	byName := func(a, b telegram.Call) int {
		return cmp.Or(strings.Compare(a.Method, b.Method), strings.Compare(a.Result, b.Result))
	}
	for _, c := range slices.SortedFunc(maps.Keys(s.Calls), byName) {
		fmt.Fprintf(&out, "beianbot_api_calls_total{method=%q,result=%q} %d\n", c.Method, c.Result, s.Calls[c])
	}
	one("beianbot_api_throttled_total", "counter", "Tries that Telegram answered with 429.", s.Throttled())
	sums := m.counts.read()
	family("beianbot_pictures_total", "counter", "Pictures that were looked at, by verdict.")
	for _, verdict := range verdicts {
		fmt.Fprintf(&out, "beianbot_pictures_total{verdict=%q} %d\n", verdict, sums[bot.VerdictCount+string(verdict)])
	}
	family("beianbot_questions_total", "counter", "Questions, by what became of them.")
	for _, band := range bands {
		fmt.Fprintf(&out, "beianbot_questions_total{result=%q} %d\n", band, sums[band])
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	one("beianbot_heap_bytes", "gauge", "Bytes of the heap in use.", mem.HeapInuse)
	one("beianbot_goroutines", "gauge", "Goroutines.", runtime.NumGoroutine())
	if free, err := diskFree(m.data); err == nil {
		one("beianbot_disk_free_bytes", "gauge", "Bytes of the data folder's disk that are free.", free)
	}
	one("beianbot_uptime_seconds", "gauge", "Seconds since the start.", int(time.Since(m.begun).Seconds()))
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(out.Bytes()) // to whoever asked
}

// What is shown of what is counted.
var (
	verdicts = []picture.Verdict{picture.OK, picture.Warned, picture.Rejected}
	bands    = []string{string(kb.Sure), string(kb.Unsure), string(kb.Refused), string(kb.Social)}
)

// A countTally is a [bot.Counts] that also adds up what comes in this process.
type countTally struct {
	bot.Counts

	mu   sync.Mutex
	sums map[string]int // by those of names that are shown; guarded by mu
}

// Add implements [bot.Counts].
func (c *countTally) Add(ctx context.Context, at time.Time, names map[string]int) error {
	if err := c.Counts.Add(ctx, at, names); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sums == nil {
		c.sums = make(map[string]int)
	}
	for name, n := range names {
		if slices.Contains(bands, name) || strings.HasPrefix(name, bot.VerdictCount) {
			c.sums[name] += n
		}
	}
	return nil
}

func (c *countTally) read() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sums)
}
