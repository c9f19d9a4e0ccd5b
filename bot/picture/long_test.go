package picture

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	long = flag.Bool("long", false, "measure time and memory of hostile and of the largest files")
	keep = flag.String("files", "", "folder in which -long keeps these files")
)

// childVariable makes the test program check and repair the file that it names.
const childVariable = "BEIANBOT_PICTURE_TEST_CHILD"

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(childVariable); ok {
		if err := child(name, os.Getenv(childJob)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(name, job string) error {
	debug.SetMemoryLimit(230_000_000) // what the program leaves for it
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	c, ctx := New(testLimits, Config{}), context.Background()
	var result string
	switch job {
	case "check":
		r, err := c.Check(ctx, data, Source{})
		if err != nil {
			return err
		}
		result = fmt.Sprint(r.Verdict(), codes(r))
	case "fix":
		r, fixed, _, err := c.Examine(ctx, data, Source{})
		if err != nil {
			return err
		}
		result = fmt.Sprintf("%v %v, repaired to %d bytes", r.Verdict(), codes(r), len(fixed.Data))
	default:
		s, err := c.Stitch(ctx, [][]byte{data}, StitchOptions{})
		if err != nil {
			return err
		}
		result = fmt.Sprintf("%d bytes", len(s.Data))
	}
	// The largest memory since the program was started; the one that a parent
	// is told includes the parent's own. Zero where there is no such file.
	var kb int64
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			return err
		}
	}
	fmt.Println(kb*1024/1_000_000, result)
	return nil
}

// childJob is what the test program does to that file: check, fix or stitch.
const childJob = "BEIANBOT_PICTURE_TEST_JOB"

// TestCost runs every hostile file, and those that are made to cost the most,
// in a process of its own, and holds a check to 2 s of processor time, a repair or
// a stitch, which code up to 17 million pixels twice, to 4 s, and all to 250 MB. That
// is on a machine that does nothing else: where three others wait for each
// processor, times are half as long again. With -files, it keeps them to try the
// program itself on.
func TestCost(t *testing.T) {
	if !*long {
		t.Skip("takes minutes; -long runs it")
	}
	const maxMB = 250
	maxCPU := map[string]time.Duration{"check": 2 * time.Second, "fix": 4 * time.Second, "stitch": 4 * time.Second}
	files := costlyFiles(t)
	for name, data := range hostile(t) {
		files[name] = func() []byte { return data }
	}
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		data := files[name]()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		line.WriteString(fmt.Sprintf("%-36s %8d bytes", name, len(data)))
		for _, job := range []string{"check", "fix", "stitch"} {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVariable+"="+path, childJob+"="+job)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", name, job, err, out)
				continue
			}
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			mb := 0
			if _, err := fmt.Sscan(string(out), &mb); err != nil {
				t.Fatalf("%s, %s: %v: %s", name, job, err, out)
			}
			line.WriteString(fmt.Sprintf("  %s %5d ms %4d MB", job, cpu.Milliseconds(), mb))
			if job == "fix" {
				line.WriteString(strings.TrimLeft(string(out), "0123456789"))
			}
			if cpu > maxCPU[job] || mb > maxMB {
				t.Errorf("%s takes %v and %d MB to %s, want %v and %d MB at most", name, cpu, mb, job, maxCPU[job], maxMB)
			}
		}
		t.Log(line.String())
		if *keep == "" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}
