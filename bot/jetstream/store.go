package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

const (
	// callLimit is the time limit of every request to the server. A disk that
	// syncs in 5 ms is three orders of magnitude faster; a server that has no
	// answer by then is frozen, as by a full disk.
	callLimit = 5 * time.Second
	// startLimit is how long the server may take to read what is stored.
	startLimit = 30 * time.Second

	lockName    = "lock"
	serverName  = "nats" // folder of the server's own files
	journalName = "kb.jsonl"
)

// errInUse is returned for a data folder that another process has open.
var errInUse = errors.New("the folder is in use by another process")

// Config is what a [Store] needs to know.
type Config struct {
	// Dir is the data folder. It is made, for its owner alone, if there is none.
	Dir string
	// Bot is the number of the bot, the part of its token before the colon. Chats
	// and updates are kept under it.
	Bot string
	// Beside are the names of what else the program keeps in the folder, none of
	// which is there unless the store was. Where one is and the store is not, the
	// store has been lost, and that is refused.
	Beside []string
	// InboxBytes bounds the updates that wait, 64 MiB if 0.
	InboxBytes int64
	// MaxChats is how many chats are remembered, 20,000 if 0; beyond it those that
	// were saved longest ago go.
	MaxChats int64
}

// A Store is an open data folder. Its parts are safe for concurrent use until it
// is closed.
type Store struct {
	// Entries are the entries of staff, a [kb.Store]. Closing it closes its
	// journal alone.
	Entries *Entries
	// Chats are the chats' sessions, a [bot.Chats].
	Chats *Chats
	// Inquiries are the questions that wait for staff, a [bot.Inquiries].
	Inquiries *Inquiries
	// Counts are what /stats tells, a [bot.Counts].
	Counts *Counts
	// Settings are what is decided while the program runs, a [bot.Settings].
	Settings *Settings
	// Inbox keeps updates until they are handled, a [telegram.Journal].
	Inbox *Inbox

	log    *slog.Logger
	dir    string
	lock   *os.File
	server *server.Server
	conn   *nats.Conn
	js     natsjs.JetStream
	close  func() error

	// What the start has found; not read later.
	held   *held                       // what the store held, nil when nothing says it
	before map[string]map[string]int64 // sizes of the files with messages, by stream and name
	cuts   map[string]int64            // bytes that the server has cut off such files, by stream
	healed map[string]int              // messages of guarded streams, when all was put back

	compared map[string]bool // streams of which that was looked at

	noting sync.Mutex // held while it is noted what the store holds
	whole  bool       // all parts are open; set once
}

// Open opens the data folder, which no other process may have open, and starts
// the server in it. Knowledge that the server has lost since the last time is put
// back from the journal and said so in the log; what cannot be healed is an error.
// What a version without this package left in the folder is taken over.
func Open(ctx context.Context, log *slog.Logger, cfg Config) (*Store, error) {
	if err := validToken(cfg.Bot); err != nil {
		return nil, fmt.Errorf("open store: bot %w", err)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	lock, err := lockFile(filepath.Join(cfg.Dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open store in %q: %w", cfg.Dir, err)
	}
	s := &Store{log: log, dir: cfg.Dir, lock: lock, healed: make(map[string]int), compared: make(map[string]bool)}
	s.close = sync.OnceValue(s.shut)
	err = s.open(ctx, log, cfg)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("the disk is full, free some of it and start again: %w", err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store in %q: %w", cfg.Dir, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, log *slog.Logger, cfg Config) (err error) {
	traces, err := tracesOf(cfg)
	if err != nil {
		return err
	}
	if err := traces.check(); err != nil {
		return err
	}
	if s.held, err = readHeld(log, cfg.Dir, traces.store || traces.journal); err != nil {
		return err
	}
	if err := s.start(log); err != nil {
		return err
	}
	if s.Entries, err = openEntries(ctx, log, s, filepath.Join(cfg.Dir, journalName)); err != nil {
		return err
	}
	if s.Chats, err = openChats(ctx, s, cfg); err != nil {
		return err
	}
	if s.Inquiries, err = openInquiries(ctx, s); err != nil {
		return err
	}
	if s.Counts, err = openCounts(ctx, s); err != nil {
		return err
	}
	if s.Settings, err = openSettings(ctx, s); err != nil {
		return err
	}
	if s.Inbox, err = openInbox(ctx, s, cfg); err != nil {
		return err
	}
	s.compareHealed()
	if err := takeOver(ctx, log, cfg, s.Chats, s.Inbox); err != nil {
		return err
	}
	if err := s.note(ctx); err != nil {
		return err
	}
	s.whole = true
	return nil
}

// traces are what an earlier process has left in the folder.
type traces struct {
	store   bool   // the server's folder
	journal bool   // the knowledge journal
	other   string // a file that is only there beside them, "" for none
}

func tracesOf(cfg Config) (t traces, err error) {
	there := func(name string) bool {
		_, e := os.Stat(filepath.Join(cfg.Dir, name))
		if e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
		return e == nil
	}
	t.store, t.journal = there(serverName), there(journalName)
	for _, name := range append([]string{heldName, copiesName}, cfg.Beside...) {
		if there(name) {
			t.other = name
		}
	}
	return t, err
}

// check refuses a folder from which all knowledge has gone. With less than all of
// it, see [held.check].
func (t traces) check() error {
	if t.store || t.journal || t.other == "" {
		return nil
	}
	return fmt.Errorf("the folder was in use, it has %q, but kb.jsonl and %q are gone, and with them what staff added: put back a copy of kb.jsonl, or, to begin anew, use an empty folder", t.other, serverName)
}

// dropIndexes removes the server's summaries of its own files. With them it trusts
// the files after a clean stop, and a bit that was flipped in the number of a
// record makes it fill the gap to that number, terabytes of it, when the record
// is read. Without them it checks the sum of every record at the start.
func dropIndexes(dir string) error {
	indexes, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "index.db"))
	if err != nil {
		return err
	}
	for _, path := range indexes {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// start starts the server and connects to it, both within the process.
func (s *Store) start(log *slog.Logger) error {
	dir := s.serverDir()
	if err := dropIndexes(dir); err != nil {
		return fmt.Errorf("drop indexes: %w", err)
	}
	var err error
	if s.before, err = blockSizes(dir); err != nil {
		return fmt.Errorf("read sizes of files: %w", err)
	}
	if err := cutBadLengths(dir); err != nil {
		return fmt.Errorf("look through files: %w", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "beianbot",
		DontListen: true, // no socket: only this process reaches it
		NoSigs:     true, // signals are the program's
		JetStream:  true,
		StoreDir:   dir,
		// Without it a power cut loses what was acknowledged in the last two minutes.
		SyncAlways:             true,
		JetStreamMaxMemory:     1 << 20, // nothing is kept in memory only
		JetStreamMaxStore:      1 << 40, // the streams have bounds of their own
		DisableJetStreamBanner: true,
		NoSystemAccount:        true,
		MaxPayload:             8 << 20, // an update may be large, and one that is refused would come again for ever
	})
	if err != nil {
		return fmt.Errorf("make server: %w", err)
	}
	said := &serverLog{log: log}
	srv.SetLoggerV2(said, false, false, false)
	s.server = srv
	srv.Start()
	if err := said.fatal(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	if !srv.ReadyForConnections(startLimit) || !srv.JetStreamEnabled() {
		return fmt.Errorf("start server: not ready after %v", startLimit)
	}
	if s.cuts, err = cutsOf(dir, s.before); err != nil {
		return fmt.Errorf("read sizes of files: %w", err)
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if s.js, err = natsjs.New(s.conn, natsjs.WithDefaultTimeout(callLimit), natsjs.WithPublishAsyncTimeout(callLimit)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

func (s *Store) serverDir() string { return filepath.Join(s.dir, serverName) }

// blockSizes returns the sizes of the files that hold the streams' records, by
// stream and name.
func blockSizes(dir string) (map[string]map[string]int64, error) {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]map[string]int64)
	for _, path := range blocks {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // what has expired goes while the server runs
		}
		if err != nil {
			return nil, err
		}
		stream := filepath.Base(filepath.Dir(filepath.Dir(path)))
		if sizes[stream] == nil {
			sizes[stream] = make(map[string]int64)
		}
		sizes[stream][filepath.Base(path)] = info.Size()
	}
	return sizes, nil
}

// cutsOf returns how many bytes the server has cut off at a record that the disk
// has damaged, or that a power cut left unfinished, by stream. It says nothing of
// it itself, and all behind such a record is gone.
func cutsOf(dir string, before map[string]map[string]int64) (map[string]int64, error) {
	after, err := blockSizes(dir)
	if err != nil {
		return nil, err
	}
	cuts := make(map[string]int64)
	for stream, files := range before {
		for name, size := range files {
			if left, ok := after[stream][name]; ok && left < size {
				cuts[stream] += size - left
			}
		}
	}
	return cuts, nil
}

// Close ends the server and lets go of the folder. What was acknowledged is on
// disk already.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	var err error
	if s.whole {
		err = s.note(context.Background()) // the server has a time limit for each answer
	}
	if s.Inbox != nil {
		err = errors.Join(err, s.Inbox.close())
	}
	if s.Entries != nil {
		err = errors.Join(err, s.Entries.Close())
	}
	if s.conn != nil {
		s.conn.Close()
	}
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	return errors.Join(err, s.lock.Close())
}

// Check writes something durably. The server gives no clear error for a full disk,
// and a stream that met one stays frozen until a restart: so when Check fails again
// and again, the process should end and be started anew.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.put(ctx, &nats.Msg{Subject: subject(marksBucket, "check"), Data: []byte("{}")}); err != nil {
		return fmt.Errorf("check store: %w", err)
	}
	return nil
}

// A Fault is a part of the upkeep of a [Store] that fails. What is stored is stored;
// what it should be healed from after damage is not what it should be.
type Fault struct {
	Part string // that fails, in words that hold nothing of what is stored
	Err  error
}

func (f Fault) Error() string { return f.Part + ": " + f.Err.Error() }

func (f Fault) Unwrap() error { return f.Err }

// Tend does what is to be done now and then, some times a minute: it notes what is
// held, writes copies that could not be written, and removes those that are too old.
// It returns what fails of that.
func (s *Store) Tend(ctx context.Context) (faults []Fault) {
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"the note of what the store holds", func() error { return s.note(ctx) }},
		{"the copy of the updates that wait", s.Inbox.mend},
		{"the copies of questions", func() error { return s.Inquiries.docs.mend(ctx) }},
		{"the copies of settings", func() error { return s.Settings.docs.mend(ctx) }},
		{"the removal of old copies", s.Inquiries.docs.copies.sweep},
	} {
		if err := part.do(); err != nil {
			faults = append(faults, Fault{part.name, err})
		}
	}
	return faults
}

// serverLog passes on what the server complains about. Its arguments may hold
// subjects, which are numbers of chats: of them only errors are passed on.
type serverLog struct {
	log *slog.Logger

	mu   sync.Mutex
	last error // what Fatalf said; guarded by mu
}

func firstError(args []any) error {
	for _, a := range args {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return nil
}

func (l *serverLog) Noticef(string, ...any) {}
func (l *serverLog) Debugf(string, ...any)  {}
func (l *serverLog) Tracef(string, ...any)  {}
func (l *serverLog) Warnf(format string, args ...any) {
	if strings.Contains(format, "TTL state is outdated") {
		return // it is made anew at every start after a kill
	}
	l.log.Warn("nats server", "text", format, "err", firstError(args))
}
func (l *serverLog) Errorf(format string, args ...any) {
	l.log.Error("nats server", "text", format, "err", firstError(args))
}

// Fatalf keeps what was said: the server goes on from it only to end.
func (l *serverLog) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last = firstError(args); l.last == nil {
		l.last = errors.New(format)
	}
}

// fatal returns why the server did not start.
func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
