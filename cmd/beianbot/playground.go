package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"

	"beianbot/bot/playground"
)

const playgroundUsage = `Usage: beianbot playground [-addr ADDR] [-token T]

Serves the page and the Bot API server that plays Telegram, without a bot. Any
bot can join it over loopback.

    -addr ADDR   where to listen, on loopback only (127.0.0.1:8081)
    -token T     the bot's token, "<digits>:<secret>"; a random one by default

Example:
    $ beianbot playground -token 42:secret
    beianbot: open http://127.0.0.1:8081/ in a browser
    $ TELEGRAM_BOT_TOKEN=42:secret beianbot serve -api http://127.0.0.1:8081 \
          -staff-chat -1001000000001
`

// playgroundAlone runs the playground for a bot in another process.
func playgroundAlone(ctx context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8081", "")
	token := flags.String("token", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return wrongUse(e, "playground", "unexpected argument %q", flags.Arg(0))
	}
	if *token != "" && !playground.ValidToken(*token) {
		return wrongUse(e, "playground", `flag -token: want "<digits>:<secret>" with a secret of A-Z, a-z, 0-9, _ and -`)
	}
	l, err := listen(ctx, *addr)
	if err != nil {
		return wrongUse(e, "playground", "flag -addr: %v", err)
	}
	server := playground.New(playground.Config{Token: *token, Log: slog.New(slog.NewTextHandler(e.stderr, nil))})
	fmt.Fprintf(e.stdout, "beianbot: open http://%s/ in a browser\n", l.Addr())
	if *token == "" {
		// It opens nothing but this server, which only this computer reaches.
		fmt.Fprintf(e.stdout, "beianbot: a bot joins with TELEGRAM_BOT_TOKEN=%s and -api http://%s\n", server.Token(), l.Addr())
	}
	return server.Serve(ctx, l)
}
