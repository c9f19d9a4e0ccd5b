package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"beianbot/content"
	"beianbot/kb"
)

// openData opens the knowledge in a folder that no bot is running on, and with create
// makes the folder when there is none.
func openData(ctx context.Context, e env, dir string, create bool) (b *kb.Base, done func() error, err error) {
	if dir == "" {
		return nil, nil, wrongUse(e, "kb", "flag -data is needed")
	}
	if info, err := os.Stat(dir); !create && err != nil {
		return nil, nil, wrongUse(e, "kb", "flag -data: %v", err)
	} else if err == nil && !info.IsDir() {
		return nil, nil, wrongUse(e, "kb", "flag -data: %q is no folder", dir)
	}
	store, err := openStore(ctx, quietLog(e), dir, "0")
	if err != nil {
		return nil, nil, err
	}
	b, err = kb.Open(ctx, quietLog(e), content.FS, store.Entries)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return b, func() error { return errors.Join(b.Close(), store.Close()) }, nil
}

// kbExport writes all that staff changed.
func kbExport(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	data := flags.String("data", "", "")
	out := flags.String("o", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return wrongUse(e, "kb", "unexpected argument %q", flags.Arg(0))
	}
	b, done, err := openData(ctx, e, *data, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	text, err := kb.FormatArchive(b.Overlay())
	if err != nil {
		return err
	}
	if *out == "" {
		_, err := e.stdout.Write(text)
		return err
	}
	return os.WriteFile(*out, text, 0o600)
}

// kbImport puts the entries of an export. Its answer is no, and nothing is put,
// when any of them is bad.
func kbImport(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	data := flags.String("data", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return wrongUse(e, "kb", "import wants one file")
	}
	name := flags.Arg(0)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	b, done, err := openData(ctx, e, *data, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	rows := kb.ParseArchive(text)
	if bad := b.CheckRows(rows); len(bad) > 0 {
		for _, r := range bad {
			fmt.Fprintf(e.stdout, "%s:%d: %v\n", name, r.Line, strings.Join(strings.Fields(r.Err.Error()), " ")) // a line each
		}
		fmt.Fprintf(e.stdout, "nothing was imported: %d of %d entries are bad\n", len(bad), len(rows))
		return errNo
	}
	for _, r := range rows {
		for _, c := range b.Lint(r.Entry) { // as the chat asks for a second tap
			fmt.Fprintf(e.stdout, "%s:%d: note: %s\n", name, r.Line, c.Text)
		}
		if err := b.Put(ctx, imported(r.Entry)); err != nil {
			return fmt.Errorf("line %d: %w; import the file again", r.Line, err)
		}
	}
	_, err = fmt.Fprintf(e.stdout, "%d entries imported\n", len(rows))
	return err
}

// imported gives a version without a Change one that follows from what it says,
// so that importing it twice makes one version.
func imported(e kb.Entry) kb.Entry {
	if e.Change == "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%+v", e))
		e.Change = fmt.Sprintf("import-%x", sum[:6])
	}
	if e.Changed.IsZero() {
		e.Changed = time.Now().UTC().Truncate(time.Second)
	}
	return e
}

// kbHistory prints the versions of an entry, oldest first.
func kbHistory(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	data := flags.String("data", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return wrongUse(e, "kb", "history wants the ID of an entry")
	}
	b, done, err := openData(ctx, e, *data, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	vs, err := b.History(ctx, flags.Arg(0))
	if errors.Is(err, kb.ErrNotFound) {
		fmt.Fprintf(e.stdout, "staff never changed %s\n", flags.Arg(0))
		return errNo
	}
	if err != nil {
		return err
	}
	out := bufio.NewWriter(e.stdout)
	for i, v := range vs {
		state := ""
		switch {
		case v.Retired:
			state = "hidden"
		case v.Withdrawn:
			state = "as shipped"
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", i+1, v.Changed.UTC().Format(time.RFC3339), v.By, state, strings.Join(v.Body[kb.Chinese], " "))
	}
	return out.Flush()
}
