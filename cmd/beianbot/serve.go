package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"beianbot/bot"
	"beianbot/bot/jetstream"
	"beianbot/bot/playground"
	"beianbot/bot/telegram"
	"beianbot/content"
	"beianbot/kb"
)

const serveUsage = `Usage: beianbot [serve] [-check] [-addr ADDR] [-data DIR] [-api URL] [-staff-chat ID]

Without TELEGRAM_BOT_TOKEN in the environment, serves a page on this computer
that plays Telegram, with two applicants and a staff group, and answers there.
With it, answers on Telegram; HTTPS_PROXY is honoured.

    -addr ADDR       address of the page (127.0.0.1:8080, or a free port when
                     that one is taken); with a token, of GET /healthz (200, or
                     503 when something is wrong) and GET /metrics (figures for
                     Prometheus), with nothing about people in them
    -check           look whether all is ready, say so line by line, and end: the
                     content, the folder, the disk, the token, and the rights in
                     the staff group. The bot must not be running on the folder
    -data DIR        folder of what staff added, of the chats' state and of
                     messages not yet answered; without a token a temporary one,
                     else beianbot in the user's state folder
    -api URL         the Bot API (https://api.telegram.org)
    -staff-chat ID   number of the group whose members answer questions and may
                     change the knowledge; without it, and until one is bound,
                     a code is printed: sent as /bind CODE in a group, that
                     becomes the staff chat

Example:
    $ beianbot
    beianbot: open http://127.0.0.1:8080/ in a browser; what is done there …
    $ TELEGRAM_BOT_TOKEN=… beianbot serve -staff-chat -1001234567890
`

const defaultAddr = "127.0.0.1:8080"

// serve runs the bot, on Telegram or in the playground.
func serve(ctx context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := flags.String("addr", defaultAddr, "")
	data := flags.String("data", "", "")
	api := flags.String("api", "", "")
	staffChat := flags.Int64("staff-chat", 0, "")
	checkOnly := flags.Bool("check", false, "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return wrongUse(e, "serve", "unexpected argument %q", flags.Arg(0))
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	token := e.getenv("TELEGRAM_BOT_TOKEN")
	if token != "" || *checkOnly {
		if *data == "" {
			dir, err := stateDir(e)
			if err != nil {
				return wrongUse(e, "serve", "flag -data is needed: %v", err)
			}
			*data = dir
		}
		cfg := telegram.Config{Token: token, API: *api}
		if *checkOnly {
			return checkUp(ctx, e, *data, bot.ChatID(*staffChat), cfg)
		}
		l, err := listenAnywhere(ctx, *addr)
		if err != nil {
			return wrongUse(e, "serve", "flag -addr: %v", err)
		}
		return runBot(ctx, log, *data, bot.ChatID(*staffChat), e.stdout, l, func() error { return nil }, cfg)
	}
	if *api != "" {
		return wrongUse(e, "serve", "flag -api needs TELEGRAM_BOT_TOKEN in the environment")
	}
	if *staffChat != 0 {
		return wrongUse(e, "serve", "flag -staff-chat needs TELEGRAM_BOT_TOKEN in the environment")
	}
	return serveHere(ctx, log, e, *addr, *data)
}

// serveHere runs the playground and, joined to it as to Telegram, the bot.
func serveHere(ctx context.Context, log *slog.Logger, e env, addr, data string) (err error) {
	l, err := listen(ctx, addr)
	if err != nil {
		return wrongUse(e, "serve", "flag -addr: %v", err)
	}
	kept := ""
	if data == "" {
		kept = "; what is done there is gone at the end, unless -data DIR keeps it"
		data, err = os.MkdirTemp("", "beianbot-*")
		if err != nil {
			return errors.Join(err, l.Close())
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	// Update ids rise over restarts, however fast, or the journal in data would
	// take new updates for old ones.
	server := playground.New(playground.Config{Log: log, FirstUpdate: time.Now().UnixMilli()})
	url := "http://" + l.Addr().String()

	// The page stays until the bot has finished what it has in hand.
	page, closePage := context.WithCancel(context.WithoutCancel(ctx))
	work, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var pageErr error
	wg.Go(func() {
		defer stop()
		pageErr = server.Serve(page, l)
	})
	defer func() {
		stop()
		closePage()
		wg.Wait()
		err = errors.Join(err, pageErr)
	}()
	opened := func() error {
		if _, err := fmt.Fprintf(e.stdout, "beianbot: open %s/ in a browser%s\n", url, kept); err != nil {
			return fmt.Errorf("print address: %w", err)
		}
		return nil
	}
	return runBot(work, log, data, playground.StaffChat, e.stdout, nil, opened, telegram.Config{Token: server.Token(), API: url, Unpaced: true})
}

// errExposed is returned for an address that others can reach.
var errExposed = errors.New("the page is served on loopback only, such as 127.0.0.1:8080")

// listen listens on addr, which must be on loopback, as [listenAnywhere] does.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	if !a.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: %w", addr, errExposed)
	}
	return listenAnywhere(ctx, addr)
}

// listenAnywhere listens on addr, and on a free port when the default one is taken.
func listenAnywhere(ctx context.Context, addr string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.String())
	if addr == defaultAddr && errors.Is(err, syscall.EADDRINUSE) {
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return l, err
}

// runBot opens what is kept in the folder data and runs the bot until ctx ends
// and what is in hand is finished. With no staff chat, given or bound, it prints
// a code to out with which a group becomes it. On health, unless nil, it serves
// what [monitor] says; it closes it. opened is called when the folder and all else
// can be used.
func runBot(
	ctx context.Context, log *slog.Logger, data string, staff bot.ChatID, out io.Writer, health net.Listener, opened func() error, cfg telegram.Config,
) (err error) {
	closing := func(c interface{ Close() error }) { err = errors.Join(err, c.Close()) }
	if health != nil {
		defer health.Close() // once more when it was served: no matter
	}
	store, err := openStore(ctx, log, data, botNumber(cfg.Token)) // it locks the folder
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil // asked to end while it was starting
	}
	if err != nil {
		return err
	}
	defer closing(store)
	base, err := kb.Open(ctx, log, content.FS, store.Entries)
	if err != nil {
		return err
	}
	defer closing(base)
	words, err := bot.LoadWords(content.FS)
	if err != nil {
		return err
	}
	clauses, err := bot.LoadClauses(content.FS)
	if err != nil {
		return err
	}
	pairs, err := bot.LoadPairs(content.FS)
	if err != nil {
		return err
	}
	key, err := loadKey(ctx, log, filepath.Join(data, keyName), store.Settings)
	if err != nil {
		return err
	}
	staffChats := make(chan bot.ChatID, 8) // whose menu is to be set
	collectEarly(serveMemory)
	failures := &failureNotices{words: words, buried: store.Inbox.Buried}
	counts := &countTally{Counts: store.Counts}
	bc := bot.Config{
		Words: words, Knowledge: base, Pictures: newChecker(base.Limits()), Chats: store.Chats, Pairs: pairs, Clauses: clauses,
		GivenStaff: staff, Key: key,
		Inquiries: store.Inquiries, Counts: counts, Settings: store.Settings,
		StaffChanged: func(id bot.ChatID) {
			failures.staff.Store(int64(id))
			select {
			case staffChats <- id:
			default: // a menu is not worth waiting for
			}
		},
	}
	if bc.StaffChat, err = bot.StaffChat(ctx, store.Settings, staff); err != nil {
		return err
	}
	failures.staff.Store(int64(bc.StaffChat))
	if bc.StaffChat == 0 {
		bc.BindCode = rand.Text()[:8]
		if _, err := fmt.Fprintf(out, "beianbot: to make a group the staff chat, add the bot to it and send there the line that follows; the code works once,"+
			" a restart prints another one, and ten wrong ones lock a group for an hour: /bind %s\n", bc.BindCode); err != nil {
			return fmt.Errorf("print code: %w", err)
		}
	}
	b, err := bot.New(log, bc)
	if err != nil {
		return err
	}
	cfg.Journal = store.Inbox
	cfg.Everything = b.IsStaffChat
	cfg.Moved = b.ChatMoved
	cfg.Topics = topics{store.Settings}
	cfg.Shown = &shown{settings: store.Settings}
	cfg.Sorry = words.Sorry(kb.Chinese)
	cfg.TooFast = words.TooFast
	cfg.GivenUp = failures.notice
	t, err := telegram.New(log, cfg, b)
	if err != nil {
		return err
	}
	if err := opened(); err != nil {
		return err
	}
	if health != nil { // else the page was announced
		log.Info("serving telegram", "data", data, "staff", bc.StaffChat != 0)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if bc.StaffChat != 0 {
		staffChats <- bc.StaffChat
	}
	wg.Go(giveBack)
	wg.Go(func() { introduce(work, log, t, words, staffChats) })
	wg.Go(func() { watch(work, log, store, checkEvery, stop) })
	if health != nil {
		log.Info("serving health and metrics", "addr", health.Addr().String())
		m := &monitor{data: data, store: store, stats: t.Stats, counts: counts, begun: time.Now()}
		wg.Go(func() { m.serve(work, log, health) })
	}
	if err := t.Run(work); err != nil {
		return err
	}
	if cause := context.Cause(work); errors.Is(cause, errFrozen) {
		return cause
	}
	return nil
}

// giveBack gives the memory back that the start has left behind: to make the
// indexes takes twice what they keep, and the runtime is in no hurry. The index's
// pools are emptied by the second collection.
func giveBack() {
	runtime.GC()
	debug.FreeOSMemory() // collects, too
}

// topics keeps the threads of topics among the settings.
type topics struct{ bot.Settings }

func topicKey(chat bot.ChatID, name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("topic_%d_%x", chat, sum[:8])
}

func (t topics) Topic(ctx context.Context, chat bot.ChatID, name string) (int64, error) {
	text, err := t.Setting(ctx, topicKey(chat, name))
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func (t topics) KeepTopic(ctx context.Context, chat bot.ChatID, name string, thread int64) error {
	return t.Set(ctx, topicKey(chat, name), strconv.FormatInt(thread, 10))
}

// maxShownKept is how many progress messages are remembered: more than there are
// chats worked on at once.
const maxShownKept = 128

// shown keeps the progress messages in one of the settings.
type shown struct {
	settings bot.Settings

	mu   sync.Mutex
	kept map[int64]bot.MessageID // by update; nil: not loaded; guarded by mu
}

const shownKey = "shown"

// load reads what an earlier process kept. The caller holds mu.
func (s *shown) load(ctx context.Context) error {
	if s.kept != nil {
		return nil
	}
	text, err := s.settings.Setting(ctx, shownKey)
	if err != nil {
		return err
	}
	kept := make(map[int64]bot.MessageID)
	if text != "" {
		if err := json.Unmarshal([]byte(text), &kept); err != nil {
			return fmt.Errorf("read the progress messages: %w", err)
		}
	}
	s.kept = kept
	return nil
}

// Shown implements [telegram.Shown].
func (s *shown) Shown(ctx context.Context, update int64) (bot.MessageID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.load(ctx)
	return s.kept[update], err
}

// KeepShown implements [telegram.Shown].
func (s *shown) KeepShown(ctx context.Context, update int64, id bot.MessageID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return err
	}
	if s.kept[update] == id {
		return nil
	}
	if id == 0 {
		delete(s.kept, update)
	} else {
		s.kept[update] = id
	}
	for len(s.kept) > maxShownKept {
		delete(s.kept, slices.Min(slices.Collect(maps.Keys(s.kept))))
	}
	text, err := json.Marshal(s.kept)
	if err != nil {
		return err // unreachable: numbers
	}
	return s.settings.Set(ctx, shownKey, string(text))
}

// botNumber returns the number of the bot, which its token begins with, and
// nothing of what is secret in it.
func botNumber(token string) string {
	number, _, ok := strings.Cut(token, ":")
	if _, err := strconv.ParseUint(number, 10, 64); !ok || err != nil {
		return "0"
	}
	return number
}

const (
	// checkEvery is the time between two checks of the store.
	checkEvery = 20 * time.Second
	// maxChecks is how many checks in a row may fail.
	maxChecks = 3
)

// errFrozen ends the program when the store takes nothing any more, as after the
// disk was full: it stays so until a restart, which is a supervisor's work.
var errFrozen = errors.New("the store cannot be written; free space on the disk and start again")

// watch checks and tends the store until ctx ends, and calls stop when it is frozen
// or the disk is full. What else fails of tending it does not end the program: the
// store has all. The log tells of that when it begins and when it is over.
func watch(ctx context.Context, log *slog.Logger, store keeper, every time.Duration, stop context.CancelCauseFunc) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for failed := 0; failed < maxChecks; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := store.Check(ctx)
		if err == nil {
			faults := store.Tend(ctx)
			if ctx.Err() != nil {
				return
			}
			said = tellFaults(log, faults, said)
			err = diskFull(faults)
		}
		if err == nil || ctx.Err() != nil {
			failed = 0
			continue
		}
		failed++
		log.Error("the store was not written", "tries", failed, "of", maxChecks, "err", err)
	}
	stop(errFrozen)
}

// diskFull returns the fault that says that the disk is full, nil when none does.
func diskFull(faults []jetstream.Fault) error {
	for _, f := range faults {
		if errors.Is(f, syscall.ENOSPC) {
			return f
		}
	}
	return nil
}

// tellFaults logs what fails of the store's upkeep, unless said is that already, and
// returns what there is to say.
func tellFaults(log *slog.Logger, faults []jetstream.Fault, said string) string {
	var parts []string
	for _, f := range faults {
		parts = append(parts, f.Part)
	}
	now := strings.Join(parts, ", ")
	switch {
	case now == said:
	case now == "":
		log.Info("the upkeep of the store works again")
	default:
		for _, f := range faults {
			log.Error("the upkeep of the store fails", "part", f.Part, "err", f.Err)
		}
	}
	return now
}

// introduce tells Telegram what people see of the bot before they write: the
// commands it offers and what it is for; and, until ctx ends, each staff chat its
// commands. Nothing depends on it.
func introduce(ctx context.Context, log *slog.Logger, t *telegram.Bot, words *bot.Words, staff <-chan bot.ChatID) {
	menu := func(l kb.Lang, staff bool) (items []telegram.MenuItem) {
		for _, c := range words.Menu(l, staff) {
			items = append(items, telegram.MenuItem{Command: c.Name, Description: c.Text})
		}
		return items
	}
	warn := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			log.Warn(what+" not set", "err", err)
		}
	}
	for code, l := range map[string]kb.Lang{"": kb.Chinese, "en": kb.English} {
		about, short := words.About(l)
		warn("profile", t.SetProfile(ctx, code, telegram.Profile{Menu: menu(l, false), Description: about, Short: short}))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case chat := <-staff:
			warn("menu of the staff", t.SetCommands(ctx, chat, menu(kb.Chinese, true)))
		}
	}
}

// stateDir is where a program keeps what must survive, on this system.
func stateDir(e env) (string, error) {
	if dir := e.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "beianbot"), nil
	}
	switch runtime.GOOS {
	case "windows", "darwin", "ios":
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("find the user's folder: %w", err)
		}
		return filepath.Join(dir, "beianbot"), nil
	}
	if home := e.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "beianbot"), nil
	}
	return "", errors.New("neither XDG_STATE_HOME nor HOME is set")
}
