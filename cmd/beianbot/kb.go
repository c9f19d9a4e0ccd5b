package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beianbot/content"
	"beianbot/kb"
)

const kbUsage = `Usage: beianbot kb lint  [-content DIR] [ROWS…]
       beianbot kb eval  [-content DIR] [-min SHARE] [-v] FILE…
       beianbot kb train [-content DIR] FILE…
       beianbot kb export  -data DIR [-o FILE]
       beianbot kb import  -data DIR FILE
       beianbot kb history -data DIR ID

lint checks the content: IDs, links, sources, dates, lengths, both languages,
advertising, telephone numbers, phrasings that two entries share, and phrasings
that equal a row of an evaluation file.

eval asks the questions of evaluation files (tab-separated: id, question, facts,
must, must_not, style, note; " ||| " between turns) and prints how many answers
are right, by style and by fact.

train learns the ranking from questions (label, tab, question) and writes it to
weights.bin in the content folder.

export writes all that staff changed, what is hidden too, as one text: each entry
as a file of content, below a line with its name. import puts such a text over
what there is; when any entry of it is bad, each is named with its line, and
nothing is put. history prints the versions of an entry. The bot must not be
running on the folder.

Flags:
    -data DIR      the folder of the bot
    -o FILE        export: where to write it; default standard output
    -content DIR   the content folder; default the shipped content
                   (train: default content)
    -min SHARE     eval: exit 1 when a smaller share than this is right (0 to 1)
    -v             eval: print every wrong row

Example:
    $ beianbot kb eval -min 0.9 kb/testdata/heldout.tsv
    $ go run ./cmd/beianbot kb train kb/testdata/questions/train-*.tsv
`

// knowledge runs the subcommands of "kb".
func knowledge(ctx context.Context, args []string, e env) error {
	commands := map[string]func(context.Context, []string, env) error{
		"lint": kbLint, "eval": kbEval, "train": kbTrain, "export": kbExport, "import": kbImport, "history": kbHistory,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return wrongUse(e, "kb", "want one of lint, eval, train, export, import and history")
	}
	return commands[args[0]](ctx, args[1:], e)
}

// contentFS is the shipped content, or a folder of it.
func contentFS(dir string) fs.FS {
	if dir == "" {
		return content.FS
	}
	return os.DirFS(dir)
}

// kbLint says what is wrong with the content. Its answer is no when anything is.
func kbLint(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	dir := flags.String("content", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	b, err := kb.Open(ctx, quietLog(e), contentFS(*dir), kb.NewMemStore())
	if err != nil {
		fmt.Fprintln(e.stdout, err)
		return errNo
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	rows := make(map[string]string)
	for _, name := range flags.Args() {
		cs, err := readCases(name)
		if err != nil {
			return err
		}
		for _, c := range cs {
			rows[strings.Join(c.Turns, " ||| ")] = c.ID
		}
	}
	out := bufio.NewWriter(e.stdout)
	found := 0
	for _, id := range b.IDs() {
		entry, _ := b.Entry(id)
		for _, p := range b.Lint(entry) {
			fmt.Fprintf(out, "%s.md: %s: %s\n", id, p.Code, p.Text)
			found++
		}
		for _, p := range entry.Phrasings {
			if row, ok := rows[p]; ok {
				fmt.Fprintf(out, "%s.md: evaluation: phrasing %q is row %s\n", id, p, row)
				found++
			}
		}
	}
	fmt.Fprintf(out, "%d entries, %d complaints\n", len(b.IDs()), found)
	if err := out.Flush(); err != nil {
		return err
	}
	if found > 0 {
		return errNo
	}
	return nil
}

func readCases(name string) ([]kb.Case, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cs, err := kb.ReadCases(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return cs, nil
}

// kbEval judges the answers to the questions of files.
func kbEval(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	dir := flags.String("content", "", "")
	least := flags.Float64("min", 0, "")
	verbose := flags.Bool("v", false, "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return wrongUse(e, "kb", "eval wants a file")
	}
	b, err := kb.Open(ctx, quietLog(e), contentFS(*dir), kb.NewMemStore())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	out := bufio.NewWriter(e.stdout)
	enough := true
	for _, name := range flags.Args() {
		cs, err := readCases(name)
		if err != nil {
			return err
		}
		scores := b.Evaluate(cs)
		right := printScores(out, filepath.Base(name), scores, *verbose)
		enough = enough && float64(right) >= *least*float64(len(scores))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if !enough {
		return errNo
	}
	return nil
}

// printScores prints the share of right answers in all, by style and by fact,
// and returns how many are right.
func printScores(out *bufio.Writer, name string, scores []kb.Score, verbose bool) int {
	type tally struct{ right, all int }
	groups := map[string]map[string]*tally{"style": {}, "fact": {}}
	count := func(group, key string, ok bool) {
		t := groups[group][key]
		if t == nil {
			t = new(tally)
			groups[group][key] = t
		}
		t.all++
		if ok {
			t.right++
		}
	}
	right := 0
	for _, s := range scores {
		ok := s.Reason == ""
		if ok {
			right++
		} else if verbose {
			fmt.Fprintf(out, "%s [%s] %s: %s (%s, %.2f)\n", s.Case.ID, s.Case.Style, strings.Join(s.Case.Turns, " ||| "), s.Reason, s.Answer.Entry, s.Answer.Score)
		}
		count("style", s.Case.Style, ok)
		for _, f := range s.Case.Facts {
			count("fact", f, ok)
		}
		if len(s.Case.Facts) == 0 {
			count("fact", "NONE", ok)
		}
	}
	share := func(right, all int) float64 { return 100 * float64(right) / float64(max(all, 1)) }
	fmt.Fprintf(out, "%s: %d of %d right, %.1f %%\n", name, right, len(scores), share(right, len(scores)))
	for _, g := range []string{"style", "fact"} {
		for _, k := range slices.Sorted(maps.Keys(groups[g])) {
			t := groups[g][k]
			fmt.Fprintf(out, "    %-12s %4d of %4d  %5.1f %%\n", k, t.right, t.all, share(t.right, t.all))
		}
	}
	return right
}

// kbTrain learns the ranking and writes it into the content folder.
func kbTrain(_ context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("kb", flag.ContinueOnError)
	dir := flags.String("content", "content", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return wrongUse(e, "kb", "train wants files of questions")
	}
	var examples []kb.Example
	for _, name := range flags.Args() {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		es, err := kb.ReadExamples(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		examples = append(examples, es...)
	}
	var weights bytes.Buffer
	r, err := kb.Train(os.DirFS(*dir), examples, &weights)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*dir, kb.WeightsFile), weights.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%d questions, each judged without having been learnt:\n", r.Examples)
	fmt.Fprintf(e.stdout, "    the right entry first   %d of %d covered\n", r.First, r.Covered)
	fmt.Fprintf(e.stdout, "    answered or refused     %d of %d as they should be\n", r.Right, r.Examples)
	fmt.Fprintf(e.stdout, "%d features, %d labels, %d bytes; sure from %.2f\n", r.Features, r.Labels, weights.Len(), r.Bands.Sure)
	return nil
}
