package playground

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Who is there when a server starts. The applicants have started the bot, and
// the bot is an administrator of the staff group.
const (
	Applicant       = 1001
	SecondApplicant = 1002
	StaffMember     = 2001
	StaffChat       = -1001000000001 // a supergroup with topics
)

// Config says how a [Server] behaves. The zero value works.
type Config struct {
	Token       string           // "<digits>:<secret>"; random when empty
	Name        string           // of the bot; "备案助手" when empty
	Username    string           // of the bot; "beian_playground_bot" when empty
	Log         *slog.Logger     // nil logs nothing
	Now         func() time.Time // nil is time.Now
	FirstUpdate int64            // update_id to start with; 0 takes Unix milliseconds: a bot that remembers must not see an id again after a restart
	Limits      Limits
}

// Limits bound what a [Server] holds. A zero field takes its default.
type Limits struct {
	FileBytes   int64 // of all files together; the oldest go first; 256 MiB
	PersonBytes int64 // of one file that a person sends; 64 MiB
	Messages    int   // per chat; the oldest go first; 20,000
	Updates     int   // waiting for the bot; persons are then told to wait; 100,000
	Chats       int   // 10,000
	Calls       int   // remembered for /sim/calls; 2,000
	Events      int   // remembered for subscribers that come back; 2,000
}

func (l *Limits) fill() {
	for _, d := range []struct {
		n    *int64
		dflt int64
	}{{&l.FileBytes, 256 << 20}, {&l.PersonBytes, 64 << 20}} {
		if *d.n <= 0 {
			*d.n = d.dflt
		}
	}
	for _, d := range []struct {
		n    *int
		dflt int
	}{{&l.Messages, 20_000}, {&l.Updates, 100_000}, {&l.Chats, 10_000}, {&l.Calls, 2_000}, {&l.Events, 2_000}} {
		if *d.n <= 0 {
			*d.n = d.dflt
		}
	}
}

// A Server is one Telegram with one bot. It is an [http.Handler]; [Server.Serve]
// runs it on a listener. Whoever uses it as a handler calls [Server.Close].
type Server struct {
	log    *slog.Logger
	limits Limits
	token  string
	schema *schema
	sim    *http.ServeMux
	page   http.Handler
	quit   chan struct{} // closed by Close
	wg     sync.WaitGroup

	mu      sync.Mutex // guards everything below; never held while calling out or working on pictures
	closed  bool
	clock   func() time.Time
	skew    time.Duration // what /sim/clock has added
	seq     int64         // for ids of files, queries and albums
	users   map[int64]*user
	chats   map[int64]*chat
	order   []int64 // ids of chats in the order they came
	me      *user
	profile profile
	files   fileStore
	updates updateQueue
	queries map[string]*callbackQuery
	inline  map[string]*inlineQuery
	calls   callLog
	faults  []*fault
	pacing  pacing
	events  eventHub
}

// New returns a server with the chats of the constants above.
func New(cfg Config) *Server {
	if cfg.Token == "" {
		cfg.Token = "4200000042:" + rand.Text()
	}
	if cfg.Name == "" {
		cfg.Name = "备案助手"
	}
	if cfg.Username == "" {
		cfg.Username = "beian_playground_bot"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Limits.fill()
	if cfg.FirstUpdate <= 0 {
		cfg.FirstUpdate = cfg.Now().UnixMilli()
	}
	s := &Server{
		log:     cfg.Log,
		limits:  cfg.Limits,
		token:   cfg.Token,
		schema:  loadSchema(),
		page:    page(),
		quit:    make(chan struct{}),
		clock:   cfg.Now,
		users:   make(map[int64]*user),
		chats:   make(map[int64]*chat),
		queries: make(map[string]*callbackQuery),
		inline:  make(map[string]*inlineQuery),
	}
	s.files.init(cfg.Limits.FileBytes)
	s.updates.init(cfg.FirstUpdate)
	s.calls.max = cfg.Limits.Calls
	s.events.init(cfg.Limits.Events)
	s.sim = s.simRoutes()
	s.populate(cfg.Name, cfg.Username)
	return s
}

// populate makes the bot and the chats that are there at the start.
func (s *Server) populate(name, username string) {
	id, _, _ := strings.Cut(s.token, ":")
	s.me = &user{ID: parseID(id), IsBot: true, FirstName: name, Username: username}
	if s.me.ID == 0 {
		s.me.ID = 4200000042
	}
	s.profile.names = map[string]string{"": name}
	s.users[s.me.ID] = s.me
	s.addPrivate(&user{ID: Applicant, FirstName: "小周", LanguageCode: "zh-hans"}, true)
	s.addPrivate(&user{ID: SecondApplicant, FirstName: "小林", LanguageCode: "zh-hans"}, true)
	s.users[StaffMember] = &user{ID: StaffMember, FirstName: "客服小王", LanguageCode: "zh-hans"}
	g := s.addGroup(StaffChat, "supergroup", "备案客服", true)
	g.members[StaffMember] = "creator"
	g.members[s.me.ID] = "administrator"
}

// Token returns the bot's token.
func (s *Server) Token() string { return s.token }

// Close ends long polls, event streams and webhook deliveries, and returns when
// they have ended. Calls that come later are answered 503.
func (s *Server) Close() {
	s.end()
	s.wg.Wait()
}

// end tells everything that waits to end.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.quit)
	}
}

// Serve answers requests on l, which must be on loopback, until ctx is done.
// It returns when everything it started has ended, nil after ctx was done.
// It closes l and the server.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		l.Close()
		return fmt.Errorf("listen on %v: the playground serves loopback addresses only", l.Addr())
	}
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		s.Close()
		return fmt.Errorf("serve the playground: %w", err)
	case <-ctx.Done():
	}
	s.end() // or Shutdown would wait for long polls and event streams
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if srv.Shutdown(stop) != nil {
		srv.Close() // a transfer that takes too long is cut
	}
	<-done
	s.wg.Wait()
	return nil
}

// ServeHTTP answers the bot, the person and the page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "the playground is closing", http.StatusServiceUnavailable)
		return
	}
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()

	if err := guard(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/bot"):
		s.serveBot(w, r)
	case strings.HasPrefix(r.URL.Path, "/file/bot"):
		s.serveDownload(w, r)
	case strings.HasPrefix(r.URL.Path, "/sim/"):
		s.sim.ServeHTTP(w, r)
	default:
		s.page.ServeHTTP(w, r)
	}
}

var errForeign = errors.New("the playground answers programs and pages of this machine only")

// guard refuses what a web page from elsewhere may make a browser send: a name
// that was pointed at this machine (Host), and requests across origins. Programs
// send no Origin and no Sec-Fetch-Site.
func guard(r *http.Request) error {
	if !loopbackName(r.Host) {
		return errForeign
	}
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host && o != "https://"+r.Host {
		return errForeign
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	// A link to the page may be followed from anywhere.
	if r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return nil
	}
	return errForeign
}

// loopbackName reports whether a Host header names this machine.
func loopbackName(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(host), "["), "]")
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// now returns the time in this Telegram. The caller holds s.mu.
func (s *Server) now() time.Time { return s.clock().Add(s.skew) }

// next returns a number that is not used yet. The caller holds s.mu.
func (s *Server) next() int64 {
	s.seq++
	return s.seq
}
