package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// A stitched is the line of "stitch -json".
type stitched struct {
	File    string    `json:"file"`
	Bytes   int       `json:"bytes"`
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	Quality int       `json:"quality"`
	Scale   []float64 `json:"scale"`
	Encodes int       `json:"encodes"`
	Layout  string    `json:"layout"`
}

// stitch joins the files of the arguments.
func stitch(ctx context.Context, args []string, e env) (err error) {
	fs := flag.NewFlagSet("stitch", flag.ContinueOnError)
	name := fs.String("o", "beian-stitched.jpg", "")
	layout := fs.String("layout", "auto", "")
	maxBytes := fs.Int64("max-bytes", 0, "")
	maxSide := fs.Int("max-side", 0, "")
	asJSON := fs.Bool("json", false, "")
	if err := parse(fs, args, e); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return wrongUse(e, "stitch", "no FILE")
	}
	switch { // 0 stands for the usual
	case *maxBytes != 0 && *maxBytes < picture.SmallestMaxBytes:
		return wrongUse(e, "stitch", "flag -max-bytes: %d is out of range: %d or more", *maxBytes, picture.SmallestMaxBytes)
	case *maxSide != 0 && (*maxSide < picture.SmallestMaxSide || *maxSide > picture.LargestMaxSide):
		return wrongUse(e, "stitch", "flag -max-side: %d is out of range: %d to %d", *maxSide, picture.SmallestMaxSide, picture.LargestMaxSide)
	}
	var data [][]byte
	for _, in := range fs.Args() {
		one, err := readFile(in)
		if err != nil {
			return wrongUse(e, "stitch", "%v", err)
		}
		if sameFile(in, *name) {
			return wrongUse(e, "stitch", "flag -o: %q is one of the pictures", *name)
		}
		data = append(data, one)
	}
	t, err := openTools(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.base.Close()) }()

	bar := startProgress(e.stderr, isTerminal(e.stderr))
	bar.say("正在拼 %d 张……", len(data))
	s, err := t.checker.Stitch(ctx, data, picture.StitchOptions{
		Layout: picture.Layout(*layout), MaxBytes: *maxBytes, MaxSide: *maxSide,
		Progress: func(done, total int) { bar.say("正在拼 %d 张：%d/%d", len(data), done, total) },
	})
	bar.stop()
	switch {
	case errors.Is(err, picture.ErrOptions):
		return wrongUse(e, "stitch", "%v", err)
	case err != nil:
		return err
	case s.Data == nil:
		for _, i := range s.Unusable {
			r := s.Reports[i]
			fmt.Fprintf(e.stderr, "%s：%s\n", fs.Arg(i), t.findings.Verdict(kb.Chinese, r, false))
			for _, p := range r.Problems {
				text, do := t.findings.Problem(kb.Chinese, r, p)
				fmt.Fprintf(e.stderr, "  - %s。%s。\n", text, do)
			}
		}
		return errNo
	}
	if err := writeWhole(*name, s.Data); err != nil {
		return err
	}
	out := stitched{
		File: *name, Bytes: len(s.Data), Width: s.Width, Height: s.Height,
		Quality: s.Quality, Scale: s.Scale, Encodes: s.Encodes, Layout: string(s.Layout),
	}
	for i := range out.Scale {
		out.Scale[i] = math.Round(out.Scale[i]*1000) / 1000
	}
	if *asJSON {
		return writeJSON(e.stdout, out)
	}
	fmt.Fprintf(e.stdout, "%s：%d 字节，%d×%d 像素\n", out.File, out.Bytes, out.Width, out.Height)
	if s.Crowded {
		fmt.Fprintln(e.stdout, t.findings.Words.Crowded(kb.Chinese))
	}
	return nil
}

// sameFile reports whether two names lead to one file.
func sameFile(a, b string) bool {
	ia, err := os.Stat(a)
	if err != nil {
		return false
	}
	ib, err := os.Stat(b)
	return err == nil && os.SameFile(ia, ib)
}
