package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// Config is what a [Bot] needs to know. Token, Journal and Sorry must be set.
type Config struct {
	// Token is the secret that Telegram gave for the bot.
	Token string
	// Journal keeps updates until they are handled. The bot does not close it.
	Journal Journal
	// API is the address of the Bot API, "https://api.telegram.org" if empty.
	API string
	// HTTP makes the requests. If nil, a transport does that honours
	// HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
	HTTP http.RoundTripper
	// Sorry is said in a chat where an update could not be handled or a file
	// not be sent.
	Sorry string
	// TooFast is what is said once to a person who sends more than can be answered
	// at the time and whose client has this language. If nil, nothing is said.
	// Called concurrently.
	TooFast func(lang string) string
	// GivenUp returns what is said, and in which chat, when an update of a kind was
	// given up, and whether anything is. If nil, nothing is. Called concurrently.
	GivenUp func(ctx context.Context, kind string) (bot.Reply, bool)
	// Everything reports whether all messages of a group are for the bot, as in
	// the staff's. If nil, no group is so. In all others it gets what is addressed
	// to it: commands, its name, replies to it, buttons. Called concurrently.
	Everything func(bot.ChatID) bool
	// Moved is called when a group goes on under another number. It must not
	// block. May be nil.
	Moved func(from, to bot.ChatID)
	// Topics keeps which topics the bot has made. If nil, every process makes its
	// own.
	Topics Topics
	// Shown keeps which progress messages are in the chats. If nil, one that a
	// process showed when it died stays there.
	Shown Shown
	// Drain is how long handling goes on after the end of Run's context, 20 s
	// if 0.
	Drain time.Duration
	// HandleLimit is the time limit of one call of the handler, 5 min if 0. While it
	// waits for a place for long work it stands still.
	HandleLimit time.Duration
	// AlbumQuiet is the time without a further part after which an album of
	// fewer than ten is complete, 1.2 s if 0.
	AlbumQuiet time.Duration
	// Workers is how many chats are worked on at once, 64 if 0; as many again may be
	// at long work, see [bot.Port.Busy], and as many more wait to send what came of it. With
	// 80 ms for a call and one call for an update that makes 250 updates a second on a disk
	// that takes 2 ms for a sync, of which every update waits for several.
	Workers int
	// Pending is how many updates may wait in memory, 2000 if 0, of which at most
	// twenty of one person count. No more are fetched then; a batch that is under
	// way may pass it by 100.
	Pending int
	// Unpaced switches off the spacing of messages that keeps within Telegram's
	// limits. It is for tests and for servers of one's own.
	Unpaced bool
}

const defaultAPI = "https://api.telegram.org"

// withDefaults returns c with its gaps filled, or says what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.Token == "" {
		return c, errors.New("token is missing")
	}
	if strings.ContainsAny(c.Token, "/?#% \t\r\n") {
		return c, errors.New("token has characters that no token has")
	}
	if c.Journal == nil {
		return c, errors.New("journal is missing")
	}
	if strings.TrimSpace(c.Sorry) == "" {
		return c, errors.New("wording of the apology is missing")
	}
	if c.API == "" {
		c.API = defaultAPI
	}
	c.API = strings.TrimRight(c.API, "/")
	u, err := url.Parse(c.API)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return c, fmt.Errorf("api address %q: want http:// or https:// and a host", c.API)
	}
	c.Drain = orElse(c.Drain, 20*time.Second)
	c.HandleLimit = orElse(c.HandleLimit, 5*time.Minute)
	c.AlbumQuiet = orElse(c.AlbumQuiet, 1200*time.Millisecond)
	c.Workers = orElse(c.Workers, 64)
	c.Pending = orElse(c.Pending, 2000)
	return c, nil
}

func orElse[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// A Bot receives updates for a [bot.Handler] and sends its replies.
type Bot struct {
	log     *slog.Logger
	cfg     Config
	handler bot.Handler
	client  *client
	api     *tgbot.Bot
	out     *sender
	files   *files
	tally   *tally

	me         atomic.Pointer[identity] // set before the first update is handled
	readsAll   bool                     // in groups, without being administrator; set by Examine
	connection state
	journal    state // whether updates can be added
	marks      state // whether it can be noted what became of them
}

// New makes a bot. It makes no call: [Bot.Run] does.
func New(log *slog.Logger, cfg Config, h bot.Handler) (*Bot, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	var pace *pacer
	if !cfg.Unpaced {
		pace = newPacer()
	}
	c := newClient(cfg.HTTP, cfg.Token, pace)
	api, err := tgbot.New(cfg.Token,
		tgbot.WithServerURL(cfg.API),
		tgbot.WithHTTPClient(pollTimeout, c),
		tgbot.WithSkipGetMe(), // its time limit ends the program behind a slow proxy
		tgbot.WithErrorsHandler(func(err error) { log.Debug("telegram library", "err", c.redact(err)) }),
	)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", c.redact(err))
	}
	return &Bot{
		log:     log,
		cfg:     cfg,
		handler: h,
		client:  c,
		api:     api,
		out: &sender{log: log, api: api, sorry: cfg.Sorry, onMove: cfg.Moved, moved: make(map[int64]int64), topics: topics{
			store: cfg.Topics, known: make(map[topic]int), none: make(map[int64]time.Time),
		}},
		tally:      c.tally,
		files:      &files{api: api, client: c, base: cfg.API},
		connection: state{what: "connection"},
		journal:    state{what: "journal"},
		marks:      state{what: "note in the journal"},
	}, nil
}

func (b *Bot) translator() translator {
	return translator{me: *b.me.Load(), everything: b.cfg.Everything}
}

// A MenuItem is one line of the list of commands that a chat offers.
type MenuItem struct {
	Command     string // without slash: 1 to 32 of a-z, 0-9 and _
	Description string // 1 to 256 characters
}

// SetCommands sets the list of commands of one chat, such as the staff's.
func (b *Bot) SetCommands(ctx context.Context, chat bot.ChatID, menu []MenuItem) error {
	return b.setCommands(ctx, &models.BotCommandScopeChat{ChatID: int64(chat)}, "", menu)
}

func (b *Bot) setCommands(ctx context.Context, scope models.BotCommandScope, lang string, menu []MenuItem) error {
	commands := make([]models.BotCommand, 0, len(menu))
	for _, m := range menu {
		commands = append(commands, models.BotCommand{Command: m.Command, Description: m.Description})
	}
	_, err := b.api.SetMyCommands(ctx, &tgbot.SetMyCommandsParams{Commands: commands, Scope: scope, LanguageCode: lang})
	if err != nil {
		return fmt.Errorf("set commands: %w", err)
	}
	return nil
}

// A Profile is what people see of the bot before they write to it.
type Profile struct {
	Menu        []MenuItem // commands of private chats
	Description string     // in a chat where nothing was said yet, at most 512 characters
	Short       string     // on the page of the bot and in links to it, at most 120
}

// SetProfile sets the profile for people whose clients are in a language, two
// letters, or for all others if lang is empty.
func (b *Bot) SetProfile(ctx context.Context, lang string, p Profile) error {
	if err := b.setCommands(ctx, &models.BotCommandScopeAllPrivateChats{}, lang, p.Menu); err != nil {
		return err
	}
	if _, err := b.api.SetMyDescription(ctx, &tgbot.SetMyDescriptionParams{Description: p.Description, LanguageCode: lang}); err != nil {
		return fmt.Errorf("set description: %w", err)
	}
	if _, err := b.api.SetMyShortDescription(ctx, &tgbot.SetMyShortDescriptionParams{ShortDescription: p.Short, LanguageCode: lang}); err != nil {
		return fmt.Errorf("set short description: %w", err)
	}
	return nil
}
