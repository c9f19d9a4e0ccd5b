package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"beianbot/bot"
	"beianbot/bot/playground"
	"beianbot/bot/telegram"
	"beianbot/content"
	"beianbot/kb"
)

const serveUsage = `Usage: beianbot [serve] [-addr ADDR] [-data DIR] [-api URL] [-staff-chat ID]

Without TELEGRAM_BOT_TOKEN in the environment, serves a page on this computer
that plays Telegram, with two applicants and a staff group, and answers there.
With it, answers on Telegram; HTTPS_PROXY is honoured.

    -addr ADDR       address of the page (127.0.0.1:8080, or a free port when
                     that one is taken)
    -data DIR        folder of what staff added, of the chats' state and of
                     messages not yet answered; without a token a temporary one,
                     else beianbot in the user's state folder
    -api URL         the Bot API (https://api.telegram.org)
    -staff-chat ID   number of the group whose members may change the knowledge

Example:
    $ beianbot
    beianbot: open http://127.0.0.1:8080/ in a browser
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
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return wrongUse(e, "serve", "unexpected argument %q", flags.Arg(0))
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	token := e.getenv("TELEGRAM_BOT_TOKEN")
	if token != "" {
		if *data == "" {
			dir, err := stateDir(e)
			if err != nil {
				return wrongUse(e, "serve", "flag -data is needed: %v", err)
			}
			*data = dir
		}
		cfg := telegram.Config{Token: token, API: *api}
		log.Info("serving telegram", "data", *data, "staff", *staffChat != 0)
		return runBot(ctx, log, *data, bot.ChatID(*staffChat), cfg)
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
	if data == "" {
		data, err = os.MkdirTemp("", "beianbot-*")
		if err != nil {
			return errors.Join(err, l.Close())
		}
		log.Info("playground without a token; what is done here is gone at exit; -data keeps it", "data", data)
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
	if _, err := fmt.Fprintf(e.stdout, "beianbot: open %s/ in a browser\n", url); err != nil {
		return fmt.Errorf("print address: %w", err)
	}
	return runBot(work, log, data, playground.StaffChat, telegram.Config{Token: server.Token(), API: url, Unpaced: true})
}

// errExposed is returned for an address that others can reach.
var errExposed = errors.New("the page is served on loopback only, such as 127.0.0.1:8080")

// listen listens on addr, which must be on loopback, and on a free port when the
// default one is taken.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	if !a.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: %w", addr, errExposed)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.String())
	if addr == defaultAddr && errors.Is(err, syscall.EADDRINUSE) {
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return l, err
}

// runBot opens what is kept in the folder data and runs the bot until ctx ends
// and what is in hand is finished.
func runBot(ctx context.Context, log *slog.Logger, data string, staff bot.ChatID, cfg telegram.Config) (err error) {
	closing := func(c interface{ Close() error }) { err = errors.Join(err, c.Close()) }
	journal, err := telegram.OpenJournal(filepath.Join(data, "inbox"), 0) // first: it locks the folder
	if err != nil {
		return err
	}
	defer closing(journal)
	if n := journal.Damaged(); n > 0 {
		log.Warn("unreadable lines in the journal of updates", "lines", n)
	}
	store, err := kb.OpenJournal(filepath.Join(data, "kb.jsonl"))
	if err != nil {
		return err
	}
	base, err := kb.Open(ctx, log, content.FS, store)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	defer closing(base)
	chats, err := bot.OpenFileChats(filepath.Join(data, "chats"))
	if err != nil {
		return err
	}
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
	key, err := loadKey(filepath.Join(data, "key"))
	if err != nil {
		return err
	}
	b, err := bot.New(log, bot.Config{
		Words: words, Knowledge: base, Pictures: newChecker(base.Limits()), Chats: chats, Pairs: pairs, Clauses: clauses,
		StaffChat: staff, Key: key,
	})
	if err != nil {
		return err
	}
	cfg.Journal = journal
	cfg.Everything = b.IsStaffChat
	cfg.Moved = b.ChatMoved
	cfg.Sorry = words.Sorry(kb.Chinese)
	t, err := telegram.New(log, cfg, b)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	work, stop := context.WithCancel(ctx)
	defer stop()
	wg.Go(func() { setMenus(work, log, t, words, staff) })
	return t.Run(work)
}

// setMenus tells Telegram which commands to offer. Nothing depends on it.
func setMenus(ctx context.Context, log *slog.Logger, t *telegram.Bot, words *bot.Words, staff bot.ChatID) {
	chats := []bot.ChatID{0}
	if staff != 0 {
		chats = append(chats, staff)
	}
	for _, chat := range chats {
		var menu []telegram.MenuItem
		for _, c := range words.Menu(kb.Chinese, chat != 0) {
			menu = append(menu, telegram.MenuItem{Command: c.Name, Description: c.Text})
		}
		if err := t.SetCommands(ctx, chat, menu); err != nil && ctx.Err() == nil {
			log.Warn("menu of commands not set", "staff", chat != 0, "err", err)
		}
	}
}

// loadKey reads the key under which staff sign, and makes one at the first start.
func loadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = []byte(rand.Text())
		err = writeWhole(path, key)
	}
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	if len(key) == 0 {
		return nil, fmt.Errorf("load key: %q is empty", path)
	}
	return key, nil
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
