package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"beianbot/bot"
	"beianbot/bot/picture"
	"beianbot/bot/picture/heic"
	"beianbot/content"
	"beianbot/kb"
)

// heicCommand is the hidden subcommand that decodes a HEIC in a process of its
// own; see package heic.
const heicCommand = "heic-decode"

func heicDecode(_ context.Context, _ []string, e env) error { return heic.Child(e.stdin, e.stdout) }

// newChecker returns a checker that enforces what the knowledge says.
func newChecker(l kb.Limits) *picture.Checker {
	limits := picture.Limits{
		Accepted: formats(l.Accepted), Disputed: formats(l.Disputed),
		MaxBytes: l.MaxBytes, LooseMaxBytes: l.LooseMaxBytes,
	}
	return picture.New(limits, picture.Config{HEIC: heic.Decoder{Args: []string{heicCommand}}.Decode})
}

// What the program may hold before garbage is collected early, in bytes: the
// pictures of one command, or all that are worked on at once, and the rest.
// Otherwise as much garbage may pile up as there are pixels.
const (
	commandMemory = 300_000_000
	serveMemory   = 700_000_000
)

// collectEarly sets the limit from which garbage is collected early, unless
// GOMEMLIMIT does.
func collectEarly(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// formats turns the names that the guidance uses into formats: jpg and jpeg are
// one.
func formats(names []string) []picture.Format {
	var fs []picture.Format
	for _, name := range names {
		f := picture.Format(name)
		if name == "jpg" {
			f = picture.JPEG
		}
		if !slices.Contains(fs, f) {
			fs = append(fs, f)
		}
	}
	return fs
}

// tools are what the picture commands work with.
type tools struct {
	base     *kb.Base
	checker  *picture.Checker
	findings bot.Findings
	checked  map[[sha256.Size]byte]bool // sums of the files checked so far
}

// openTools opens the shipped content. The caller closes base.
func openTools(ctx context.Context, e env) (*tools, error) {
	collectEarly(commandMemory)
	words, err := bot.LoadWords(content.FS)
	if err != nil {
		return nil, err
	}
	clauses, err := bot.LoadClauses(content.FS)
	if err != nil {
		return nil, err
	}
	base, err := kb.Open(ctx, quietLog(e), content.FS, kb.NewMemStore())
	if err != nil {
		return nil, err
	}
	return &tools{
		base: base, checker: newChecker(base.Limits()), checked: make(map[[sha256.Size]byte]bool),
		findings: bot.Findings{Words: words, Knowledge: base, Clauses: clauses},
	}, nil
}

// errTooBig is returned for a file that is not looked at.
var errTooBig = errors.New("larger than 64 MiB, which is not looked at")

// maxRead is the largest file that is read, in bytes. The checker itself opens
// no picture above [picture.MaxInput] and says so.
const maxRead = 64 << 20

// readFile reads a picture file, at most maxRead bytes of it.
func readFile(name string) (data []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err = io.ReadAll(io.LimitReader(f, maxRead+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRead {
		return nil, fmt.Errorf("read %q: %w", name, errTooBig)
	}
	return data, nil
}
