package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// A checked is one line of "check -json".
type checked struct {
	File     string    `json:"file"`
	Format   string    `json:"format"`
	Bytes    int64     `json:"bytes"`
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Verdict  string    `json:"verdict"`
	Problems []problem `json:"problems"`
	Fixed    string    `json:"fixed"`
	Changes  []string  `json:"changes"`
}

type problem struct {
	Code   string `json:"code"`
	Level  string `json:"level"`
	Text   string `json:"text"`
	Clause string `json:"clause"`
	do     string // what to do about it
}

// check checks the files of the arguments.
func check(ctx context.Context, args []string, e env) (err error) {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	fix := flags.String("fix", "", "")
	if err := parse(flags, args, e); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return wrongUse(e, "check", "no FILE")
	}
	if *fix != "" {
		if err := os.MkdirAll(*fix, 0o755); err != nil {
			return wrongUse(e, "check", "flag -fix: %v", err)
		}
	}
	t, err := openTools(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.base.Close()) }()

	bar := startProgress(e.stderr, isTerminal(e.stderr))
	defer bar.stop()
	out := bufio.NewWriter(e.stdout)
	no := false // a picture is rejected, or a file could not be read or written
	for n, name := range flags.Args() {
		bar.say("正在检查 %d/%d：%s", n+1, flags.NArg(), filepath.Base(name))
		c, headline, err := t.checkFile(ctx, name, *fix)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		bar.clear()
		if err != nil {
			fmt.Fprintf(e.stderr, "beianbot check: %v\n", err)
			no = true
		}
		no = no || c.Verdict == string(picture.Rejected)
		if *asJSON {
			err = writeJSON(out, c)
		} else {
			err = c.print(out, headline, *fix == "")
		}
		if err = errors.Join(err, out.Flush()); err != nil {
			return err
		}
	}
	if no {
		return errNo
	}
	return nil
}

// unreadable is the outcome for a file that cannot be read.
func unreadable(name string) checked {
	return checked{
		File: name, Format: string(picture.Unknown), Verdict: string(picture.Rejected), Changes: []string{},
		Problems: []problem{{Code: "unreadable", Level: string(picture.Rejected), Text: unreadableText, do: "请检查文件名和读取权限"}},
	}
}

// unreadableText is said of a file that cannot be read. Chats have no such file.
const unreadableText = "读不出这个文件"

// checkFile checks one file and, when dir is not empty, writes a repaired one
// there. headline sums the outcome up. With an error of reading or writing the
// outcome is what is known nevertheless.
func (t *tools) checkFile(ctx context.Context, name, dir string) (c checked, headline string, err error) {
	data, err := readFile(name)
	if err != nil {
		return unreadable(name), unreadableText, err
	}
	src := picture.Source{Name: filepath.Base(name)}
	var report picture.Report
	var repaired picture.Repaired
	fixed := false
	if dir == "" {
		report, err = t.checker.Check(ctx, data, src)
	} else {
		report, repaired, fixed, err = t.checker.Examine(ctx, data, src)
	}
	if err != nil {
		return c, "", err
	}
	c = checked{
		File: name, Format: string(report.Format), Bytes: report.Bytes,
		Width: report.Width, Height: report.Height,
		Verdict: string(report.Verdict()), Problems: []problem{}, Changes: []string{},
	}
	if sum := sha256.Sum256(data); t.checked[sum] && len(data) > 0 {
		report.Problems = append(report.Problems, picture.Problem{Code: picture.Repeated, Level: picture.Info})
	} else {
		t.checked[sum] = true
	}
	for _, p := range report.Problems {
		text, do := t.findings.Problem(kb.Chinese, report, p)
		c.Problems = append(c.Problems, problem{
			Code: string(p.Code), Level: string(p.Level), Text: text, Clause: t.findings.Clause(p.Code), do: do,
		})
	}
	if fixed {
		path, err := fixedName(dir, name, repaired.Format)
		if err == nil {
			err = writeWhole(path, repaired.Data)
		}
		if err != nil {
			return c, t.findings.Verdict(kb.Chinese, report, false), err
		}
		c.Fixed = path
		for _, change := range repaired.Changes {
			c.Changes = append(c.Changes, t.findings.Change(kb.Chinese, change))
		}
	}
	return c, t.findings.Verdict(kb.Chinese, report, fixed), nil
}

// fixedName names the repaired file of name in dir. It takes no name that is in
// use, be it of another repaired file or of a picture that is still to be checked.
func fixedName(dir, name string, f picture.Format) (string, error) {
	base := filepath.Base(name)
	base = strings.TrimSuffix(base, filepath.Ext(base)) + "-fixed"
	path := filepath.Join(dir, base+f.Extension())
	for n := 2; ; n++ {
		_, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", fmt.Errorf("name the repaired file: %w", err)
		}
		path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", base, n, f.Extension()))
	}
}

// repairable are the problems of a good picture in a file that is not, which -fix
// does away with.
var repairable = []picture.Code{picture.TooLarge, picture.BorderlineSize, picture.ExtensionMismatch, picture.Rotated, picture.TrailingData}

// print writes the result as people read it. hint says to tell of -fix where it
// would have helped.
func (c checked) print(out *bufio.Writer, headline string, hint bool) error {
	fmt.Fprintf(out, "%s：%s\n", c.File, headline)
	for _, p := range c.Problems {
		fmt.Fprintf(out, "  - %s。", p.Text)
		if c.Fixed == "" && p.Code != string(picture.Repeated) { // what to do is said of what is wrong
			fmt.Fprintf(out, "%s。", p.do)
		}
		if p.Clause != "" {
			fmt.Fprintf(out, "（%s）", p.Clause)
		}
		fmt.Fprintln(out)
	}
	if hint && slices.ContainsFunc(c.Problems, func(p problem) bool { return slices.Contains(repairable, picture.Code(p.Code)) }) {
		fmt.Fprintln(out, "  加上“-fix 文件夹”，能改好的我放一份在那里。")
	}
	if c.Fixed != "" {
		fmt.Fprintf(out, "  → %s（%s）\n", c.Fixed, strings.Join(c.Changes, "、"))
	}
	return nil
}

// writeWhole writes a file, over one of that name, so that at any moment, after a
// power cut too, the new one is there whole or not at all.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".beianbot-*")
	if err != nil {
		return fmt.Errorf("write %q: %w", name, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Chmod(0o600), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	if err := syncFolder(filepath.Dir(name)); err != nil {
		return fmt.Errorf("write %q: %w", name, err)
	}
	return nil
}

// syncFolder makes the names in a folder outlive a power cut. Windows has no such
// call.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
