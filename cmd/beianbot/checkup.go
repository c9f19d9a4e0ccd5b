package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"beianbot/bot"
	"beianbot/bot/telegram"
	"beianbot/content"
	"beianbot/kb"
)

// examineLimit is how long Telegram is waited for.
const examineLimit = 20 * time.Second

// A checkup looks whether the bot can be served, a line for each thing.
type checkup struct {
	e  env
	no bool // something is wrong
}

func (c *checkup) good(what, format string, a ...any) {
	fmt.Fprintf(c.e.stdout, "ok    %s: %s\n", what, fmt.Sprintf(format, a...))
}

// warn tells of what works and could be better.
func (c *checkup) warn(what, format string, a ...any) {
	fmt.Fprintf(c.e.stdout, "note  %s: %s\n", what, fmt.Sprintf(format, a...))
}

func (c *checkup) bad(what, format string, a ...any) {
	c.no = true
	fmt.Fprintf(c.e.stdout, "WRONG %s: %s\n", what, fmt.Sprintf(format, a...))
}

// checkUp prints what is ready and what is not. Its answer is no when something is
// wrong.
func checkUp(ctx context.Context, e env, data string, staff bot.ChatID, cfg telegram.Config) error {
	c := &checkup{e: e}
	c.content(ctx)
	staff = c.folder(ctx, data, cfg.Token, staff)
	c.disk(data)
	c.telegram(ctx, staff, cfg)
	if c.no {
		return errNo
	}
	return nil
}

func (c *checkup) content(ctx context.Context) {
	b, err := kb.Open(ctx, quietLog(c.e), content.FS, kb.NewMemStore())
	if err == nil {
		defer b.Close()
		_, err = bot.LoadWords(content.FS)
	}
	if err != nil {
		c.bad("content", "%v", err)
		return
	}
	c.good("content", "%d entries", len(b.IDs()))
}

// folder looks at the data folder and returns the staff chat: the one that is given,
// under the number that it has by now, or the one that was bound.
func (c *checkup) folder(ctx context.Context, dir, token string, given bot.ChatID) (staff bot.ChatID) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		c.good("folder", "%s is made at the first start", dir)
		return given
	}
	store, err := openStore(ctx, quietLog(c.e), dir, botNumber(token))
	if err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	defer func() {
		if err := store.Close(); err != nil {
			c.bad("folder", "%v", err)
		}
	}()
	entries, err := store.Entries.Entries(ctx)
	if err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	open, err := store.Inquiries.OpenInquiries(ctx)
	if err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	waiting, err := store.Inbox.Waiting(ctx)
	if err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	if err := store.Check(ctx); err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	if faults := store.Tend(ctx); len(faults) > 0 {
		c.bad("folder", "%v", faults[0])
		return given
	}
	if staff, err = bot.StaffChat(ctx, store.Settings, given); err != nil {
		c.bad("folder", "%v", err)
		return given
	}
	c.good("folder", "%s: %d entries of staff, %d questions for staff, %d updates that wait", dir, len(entries), len(open), len(waiting))
	return staff
}

func (c *checkup) disk(dir string) {
	// Of a folder that is not made yet, the nearest one above it.
	for {
		free, err := diskFree(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
			dir = filepath.Dir(dir)
			continue
		case err != nil:
			c.warn("disk", "how much is free is not known: %v", err)
		case free < minDiskFree:
			c.bad("disk", "%d MB are free, want %d", free>>20, minDiskFree>>20)
		default:
			c.good("disk", "%d MB are free", free>>20)
		}
		return
	}
}

// nobody answers nothing: the checkup handles no updates.
type nobody struct{}

func (nobody) Handle(context.Context, bot.Event, bot.Port) ([]bot.Reply, error) { return nil, nil }

func (c *checkup) telegram(ctx context.Context, staff bot.ChatID, cfg telegram.Config) {
	if cfg.Token == "" {
		c.bad("token", "TELEGRAM_BOT_TOKEN is not in the environment")
		return
	}
	cfg.Journal, cfg.Sorry = telegram.NewMemJournal(0), "-" // not used
	t, err := telegram.New(quietLog(c.e), cfg, nobody{})
	if err != nil {
		c.bad("token", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, examineLimit)
	defer cancel()
	name, err := t.Examine(ctx)
	switch {
	case errors.Is(err, telegram.ErrToken):
		c.bad("token", "Telegram does not know it; ask @BotFather for the right one")
		return
	case err != nil:
		c.bad("telegram", "%v; from mainland China set HTTPS_PROXY or -api", err)
		return
	}
	c.good("token", "@%s", name)
	c.staff(ctx, t, staff)
}

func (c *checkup) staff(ctx context.Context, t *telegram.Bot, chat bot.ChatID) {
	if chat == 0 {
		c.warn("staff", "no group is bound; the start prints a code to send there")
		return
	}
	m, err := t.ExamineGroup(ctx, chat)
	switch {
	case err != nil:
		c.bad("staff", "%v", err)
	case !m.Member:
		c.bad("staff", "the bot is not in the group; add it")
	case !m.Supergroup:
		c.warn("staff", "the group is no supergroup: its number changes when it becomes one")
	case !m.Reads:
		c.bad("staff", "the bot is no administrator of the group and does not see what is written there; make it one")
	case m.Topics && !m.MayTopics:
		c.warn("staff", "the bot may not manage topics: cards come among all other messages")
	case !m.Topics:
		c.warn("staff", "the group has no topics: cards come among all other messages")
	default:
		c.good("staff", "the bot is administrator of the group and may manage topics")
	}
}
