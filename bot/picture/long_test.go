package picture

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "measure time and memory of hostile and of the largest files")

// childVariable makes the test program check and repair the file that it names.
const childVariable = "BEIANBOT_PICTURE_TEST_CHILD"

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(childVariable); ok {
		if err := child(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	r, fixed, _, err := New(testLimits, Config{}).Examine(context.Background(), data, Source{})
	// The largest memory since the program was started; the one that a parent
	// is told includes the parent's own. Zero where there is no such file.
	var kb int64
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			return err
		}
	}
	fmt.Printf("%d %v %v, repaired to %d bytes", kb*1024/1_000_000, r.Verdict(), codes(r), len(fixed.Data))
	return err
}

// largestFiles returns files that pass the limits and cost the most to decode.
func largestFiles(t *testing.T) map[string][]byte {
	rgba := func(w, h, depth, perPixel int) []byte {
		return pngClaim(uint32(w), uint32(h), byte(depth), 6, zeros(t, (w*perPixel+1)*h))
	}
	quarters := image.NewPaletted(image.Rect(0, 0, 9000, 6600), color.Palette{color.White, color.Black})
	wide := newCanvas(9500, 6300)
	for i := range wide.Y {
		wide.Y[i] = byte(128 + i/9500%40)
	}
	return map[string][]byte{
		"jpeg of 60 million pixels":           jpegOf(t, wide, 60),
		"png of 4400×4400 at 16 bits":         rgba(4400, 4400, 16, 8),
		"png of 6000×6000 with alpha":         rgba(6000, 6000, 8, 4),
		"png of 7700×7700 in one bit":         pngClaim(7700, 7700, 1, 0, zeros(t, (7700/8+2)*7700)),
		"gif of 9000×6600":                    gifOf(t, quarters),
		"webp of 4000×4000":                   webpOf(4000, 4000, color.NRGBA{9, 8, 7, 255}, false),
		"tiff of 3600×3600, deflated":         tiffOf(t, image.NewRGBA(image.Rect(0, 0, 3600, 3600))),
		"progressive jpeg of 99 scans, small": manyScans(t, 99),
	}
}

// TestCost runs every hostile file, and the largest that are let through, in a
// process of its own, and holds it to 2 s of processor time, the largest
// to 4 s, and to 250 MB.
func TestCost(t *testing.T) {
	if !*long {
		t.Skip("takes minutes; -long runs it")
	}
	const maxCPU, maxLargeCPU, maxMB = 2 * time.Second, 4 * time.Second, 250
	files, large := maps.Clone(hostile(t)), largestFiles(t)
	maps.Copy(files, large)
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, files[name], 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		mb := 0
		if _, err := fmt.Sscan(string(out), &mb); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		t.Logf("%-42s %5d ms, MB: %s", name, cpu.Milliseconds(), out)
		limit := maxCPU
		if large[name] != nil {
			limit = maxLargeCPU
		}
		if cpu > limit || mb > maxMB {
			t.Errorf("%s takes %v and %d MB, want %v and %d MB at most", name, cpu, mb, limit, maxMB)
		}
	}
}
