// Command beianbot helps people who file a website in China to upload their
// materials: it answers questions from the guidance, checks and repairs
// pictures, and stitches several into one. It does so in a chat, and from a
// terminal with the same code.
//
// This package has flags, wiring and exit codes. What the program does is in
// package bot, whose documentation is the tour.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv})
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no, or the work could not be done
	exitUsage = 2 // wrong use
)

// env is what the program has of the world besides files and network.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

// errUsage is returned by a command that was used wrongly and has said so.
var errUsage = errors.New("wrong use")

// errNo is returned by a command whose answer is no and that has said so.
var errNo = errors.New("the answer is no")

// commands are the subcommands; run calls them with the arguments behind their
// name.
var commands = map[string]func(ctx context.Context, args []string, e env) error{
	"serve":      serve,
	"playground": playgroundAlone,
	"ask":        ask,
	"check":      check,
	"stitch":     stitch,
	"kb":         knowledge,
	heicCommand:  heicDecode,
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, e env) int {
	name := "serve"
	switch {
	case len(args) > 0 && isHelp(args[0]):
		name, args = "help", nil
	case len(args) > 0 && (args[0] == "" || args[0][0] != '-'):
		name, args = args[0], args[1:]
	}
	if name == "help" {
		return help(args, e)
	}
	command, ok := commands[name]
	if !ok {
		return unknown(name, e)
	}
	if len(args) > 0 && isHelp(args[0]) {
		return help([]string{name}, e)
	}
	switch err := command(ctx, args, e); {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errNo):
		return exitNo
	default:
		fmt.Fprintf(e.stderr, "beianbot %s: %v\n", name, err)
		return exitNo
	}
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// help prints the usage text of the command that args name, or that of the
// program.
func help(args []string, e env) int {
	text := usage
	if len(args) > 0 {
		var ok bool
		if text, ok = usages[args[0]]; !ok {
			return unknown(args[0], e)
		}
	}
	fmt.Fprint(e.stdout, text)
	return exitOK
}

// unknown says that there is no such command.
func unknown(name string, e env) int {
	fmt.Fprintf(e.stderr, "beianbot: unknown command %q\n\n%s", name, usage)
	return exitUsage
}

// quietLog is the log of the terminal commands: only what went wrong.
func quietLog(e env) *slog.Logger {
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
