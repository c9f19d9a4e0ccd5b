package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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

	lockName   = "lock"
	serverName = "nats" // folder of the server's own files
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
	lock   *os.File
	server *server.Server
	conn   *nats.Conn
	js     natsjs.JetStream
	close  func() error
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
	s := &Store{log: log, lock: lock}
	s.close = sync.OnceValue(s.shut)
	if err := s.open(ctx, log, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open store in %q: %w", cfg.Dir, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, log *slog.Logger, cfg Config) (err error) {
	if err := s.start(log, filepath.Join(cfg.Dir, serverName)); err != nil {
		return err
	}
	if s.Entries, err = openEntries(ctx, log, s, filepath.Join(cfg.Dir, "kb.jsonl")); err != nil {
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
	return takeOver(ctx, log, cfg, s.Chats, s.Inbox)
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
func (s *Store) start(log *slog.Logger, dir string) error {
	if err := dropIndexes(dir); err != nil {
		return fmt.Errorf("drop indexes: %w", err)
	}
	before, err := blockSizes(dir)
	if err != nil {
		return fmt.Errorf("read block sizes: %w", err)
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
	if err := tellCuts(log, dir, before); err != nil {
		return fmt.Errorf("read block sizes: %w", err)
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if s.js, err = natsjs.New(s.conn, natsjs.WithDefaultTimeout(callLimit), natsjs.WithPublishAsyncTimeout(callLimit)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

// blockSizes returns the sizes of the files that hold the streams' records, by
// path below dir.
func blockSizes(dir string) (map[string]int64, error) {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]int64, len(blocks))
	for _, path := range blocks {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // what has expired goes while the server runs
		}
		if err != nil {
			return nil, err
		}
		sizes[path] = info.Size()
	}
	return sizes, nil
}

// tellCuts logs which files the server has cut at a record that the disk has
// damaged, or that a power cut left unfinished. It says nothing of it itself, and
// all behind such a record is gone. Knowledge comes back from its journal; of the
// rest somebody must know.
func tellCuts(log *slog.Logger, dir string, before map[string]int64) error {
	after, err := blockSizes(dir)
	if err != nil {
		return err
	}
	for path, size := range before {
		if left, ok := after[path]; ok && left < size {
			stream := filepath.Base(filepath.Dir(filepath.Dir(path)))
			log.Error("a file of the store was damaged or unfinished; what came after the damage is lost",
				"stream", stream, "bytes", size-left, "of", size)
		}
	}
	return nil
}

// Close ends the server and lets go of the folder. What was acknowledged is on
// disk already.
func (s *Store) Close() error { return s.close() }

func (s *Store) shut() error {
	var err error
	if s.Entries != nil {
		err = s.Entries.Close()
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

// Check writes something durably. The server gives no clear error for a full
// disk, and a stream that met one stays frozen until a restart: so when Check
// fails again and again, the process should end and be started anew.
func (s *Store) Check(ctx context.Context) error {
	_, err := s.put(ctx, &nats.Msg{Subject: subject(marksBucket, "check"), Data: []byte("{}")})
	if err != nil {
		return fmt.Errorf("check store: %w", err)
	}
	return nil
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
