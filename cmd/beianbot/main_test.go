package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == heicCommand {
		main() // the HEIC decoder starts the running program, which is this one
	}
	testscript.Main(m, map[string]func(){"beianbot": main})
}

// TestScripts runs the scripts of testdata/script against the real main.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) {
			if cond != "race" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return raceEnabled, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TELEGRAM_BOT_TOKEN", "")
			env.Setenv("HTTP_PROXY", "")
			data, err := os.ReadFile("../../bot/picture/heic/testdata/up.heic")
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "up.heic"), data, 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"draw":   drawCommand,
			"cut":    cutCommand,
			"isjpeg": isJPEGCommand,
		},
	})
}

// drawCommand makes a picture file: draw FILE jpeg|png|gif|noise WIDTHxHEIGHT
// [ORIENTATION].
func drawCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: draw FILE jpeg|png|gif|noise WIDTHxHEIGHT [ORIENTATION]")
	}
	data, err := draw(args[1], args[2])
	ts.Check(err)
	if len(args) > 3 {
		data = orient(data, args[3][0]-'0')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// cutCommand halves a file: cut FILE.
func cutCommand(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data[:len(data)/2], 0o600))
}

// isJPEGCommand checks a result: isjpeg FILE WIDTHxHEIGHT; any size for "any".
func isJPEGCommand(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	img, err := jpeg.Decode(bytes.NewReader(data))
	ts.Check(err)
	if want := args[1]; want != "any" && size(img) != want {
		ts.Fatalf("%s is %s, want %s", args[0], size(img), want)
	}
	if len(data) >= 4_000_000 {
		ts.Fatalf("%s has %d bytes, want less than 4000000", args[0], len(data))
	}
}

func size(img image.Image) string {
	b := img.Bounds()
	return fmt.Sprintf("%dx%d", b.Dx(), b.Dy())
}

// draw makes a picture file of a format and a size such as "800x600". Noise is
// a JPEG that no encoder makes small.
func draw(format, size string) ([]byte, error) {
	var w, h int
	if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
		return nil, fmt.Errorf("size %q: %w", size, err)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(5, 6))
	for y := range h {
		for x := range w {
			c := color.RGBA{240, 225, 200, 255}
			switch {
			case format == "noise":
				c = color.RGBA{uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), 255}
			case x*10 > w && x*10 < 9*w && y/7%3 == 0 && x/5%4 != 0:
				c = color.RGBA{30, 30, 60, 255}
			case x*10 > 7*w && y*10 > 7*h:
				c = color.RGBA{190, 30, 40, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var buf bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&buf, img, &jpeg.Options{Quality: 85})
	case "noise":
		err = jpeg.Encode(&buf, img, &jpeg.Options{Quality: 98})
	case "png":
		err = png.Encode(&buf, img)
	case "gif":
		err = gif.Encode(&buf, img, nil)
	default:
		err = fmt.Errorf("unknown format %q", format)
	}
	return buf.Bytes(), err
}

// orient puts an EXIF orientation into a JPEG.
func orient(data []byte, o byte) []byte {
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08" +
		"\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[29] = o
	return slices.Concat(data[:2], exif, data[2:])
}

// run1 runs the program in this process.
func run1(ctx context.Context, stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(ctx, args, env{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, getenv: func(string) string { return "" },
	})
	return out.String(), errs.String(), code
}

// Every command has a usage text that names its flags.
func TestUsage(t *testing.T) {
	for name := range commands {
		if name == heicCommand {
			continue // hidden
		}
		out, _, code := run1(t.Context(), "", "help", name)
		if code != 0 || !strings.HasPrefix(out, "Usage: beianbot "+name) && !strings.HasPrefix(out, "Usage: beianbot ["+name+"]") {
			t.Errorf("help %s = %q, exit %d", name, out, code)
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(line)); n > 90 {
				t.Errorf("help %s has a line of %d characters: %s", name, n, line)
			}
		}
		if flag, _, code := run1(t.Context(), "", name, "-h"); code != 0 || flag != out {
			t.Errorf("%s -h = %q, exit %d, want the usage and 0", name, flag, code)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"}, {"ask", "-lang", "fr"}, {"ask", "-nosuch"}, {"check"}, {"stitch"},
		{"stitch", "nosuch.jpg"}, {"serve", "extra"}, {"serve", "-api", "http://127.0.0.1:1"}, {"serve", "-staff-chat", "-1"},
		{"serve", "-addr", "0.0.0.0:0"}, {"serve", "-addr", ":0"}, {"playground", "-addr", "[::]:0"},
		{"playground", "-addr", "127.0.0.1:0", "-token", "abc"}, {"help", "bogus"}, {"bogus", "-h"},
		{"serve", "-addr", "256.0.0.1:x"}, {"playground", "extra"}, {"playground", "-addr", "nowhere:x"},
	} {
		if _, errs, code := run1(t.Context(), "", args...); code != exitUsage || errs == "" {
			t.Errorf("%q: exit %d, %q, want %d and a message", args, code, errs, exitUsage)
		}
	}
}

// A terminal is standard input with nobody at it.
type terminal struct {
	waiting chan struct{} // gets one for each read
	closed  chan struct{}
}

func (t terminal) Read([]byte) (int, error) {
	t.waiting <- struct{}{}
	<-t.closed
	return 0, io.EOF
}

// The first Ctrl-C ends a program that waits for a line of standard input.
func TestAskIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in := terminal{waiting: make(chan struct{}, 1), closed: make(chan struct{})}
	defer close(in.closed)
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"ask"}, env{stdin: in, stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }})
	}()
	<-in.waiting
	cancel()
	select {
	case code := <-done:
		if code != exitNo {
			t.Errorf("exit %d, want %d", code, exitNo)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("ask still waits for standard input 20 s after its context ended")
	}
}
