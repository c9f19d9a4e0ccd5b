package heic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"beianbot/bot/picture"
)

// childArg makes the test binary play the child.
const childArg = "heic-decode"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case childArg:
			if err := Child(os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "hang": // ready, and then nothing more
			fmt.Print(ready)
			time.Sleep(time.Minute)
			os.Exit(0)
		case "stranger":
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDecode reads two pictures of 320×200 with a colour in each quarter, drawn
// by the tests of package picture and encoded by libheif's heif-enc. One is stored on its side, and says so
// twice: in its own property, which the decoder applies, and in EXIF, which must
// not be applied again.
func TestDecode(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector the decoder takes longer than the ten seconds that a picture has")
	}
	c := picture.New(picture.Limits{Accepted: []picture.Format{picture.JPEG}, MaxBytes: 4_000_000, LooseMaxBytes: 4 << 20},
		picture.Config{HEIC: Decoder{Args: []string{childArg}}.Decode})
	for _, name := range []string{"up.heic", "turned.heic"} {
		r, fixed, ok, err := c.Examine(t.Context(), fixture(t, name), picture.Source{})
		if err != nil || !ok || r.Format != picture.HEIF || r.Width != 320 || r.Height != 200 {
			t.Fatalf("%s: %+v, %v, %v, want a repaired picture of 320×200", name, r, ok, err)
		}
		img, _, err := image.Decode(bytes.NewReader(fixed.Data))
		if err != nil {
			t.Fatal(err)
		}
		for p, want := range map[image.Point]color.RGBA{
			{80, 50}: {200, 40, 40, 255}, {240, 50}: {40, 180, 60, 255}, {240, 150}: {50, 60, 200, 255}, {80, 150}: {210, 200, 60, 255},
		} {
			got := color.RGBAModel.Convert(img.At(p.X, p.Y)).(color.RGBA)
			if far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) {
				t.Errorf("%s: colour at %v = %v, want %v", name, p, got, want)
			}
		}
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 14 }

func TestDecodeErrors(t *testing.T) {
	good := fixture(t, "up.heic")
	for name, data := range map[string][]byte{"half a file": good[:len(good)/2], "nothing": nil, "noise": bytes.Repeat([]byte("ftypheic"), 100)} {
		if _, err := (Decoder{Args: []string{childArg}}).Decode(t.Context(), data); !errors.Is(err, picture.ErrUndecodable) {
			t.Errorf("%s: %v, want ErrUndecodable", name, err)
		}
	}
	for name, d := range map[string]Decoder{"no such program": {Exe: "/nowhere/beianbot"}, "a program that does not know the argument": {Args: []string{"stranger"}}} {
		if _, err := d.Decode(t.Context(), good); err == nil || errors.Is(err, picture.ErrUndecodable) {
			t.Errorf("%s: %v, want an error that does not blame the file", name, err)
		}
	}
}

func TestDecodeIsKilled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Decoder{Args: []string{"hang"}}.Decode(ctx, fixture(t, "up.heic"))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("a child that hangs: %v after %v, want DeadlineExceeded at once", err, time.Since(start))
	}
}

func TestWire(t *testing.T) {
	b := image.Rect(0, 0, 7, 5)
	gray := image.NewGray(b)
	nrgba := image.NewNRGBA(b)
	for i := range gray.Pix {
		gray.Pix[i] = byte(i)
	}
	for i := range nrgba.Pix {
		nrgba.Pix[i] = byte(i)
	}
	pics := []image.Image{gray, nrgba}
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444} {
		m := image.NewYCbCr(b, ratio)
		for i := range m.Y {
			m.Y[i] = byte(3 * i)
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = byte(5*i), byte(7*i)
		}
		pics = append(pics, m)
	}
	for _, want := range pics {
		var buf bytes.Buffer
		if err := write(&buf, want); err != nil {
			t.Fatal(err)
		}
		whole := buf.Bytes()
		got, err := read(bytes.NewReader(whole))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 5 {
			for x := range 7 {
				if got.At(x, y) != want.At(x, y) {
					t.Fatalf("%T at %d, %d = %v, want %v", want, x, y, got.At(x, y), want.At(x, y))
				}
			}
		}
		if _, err := read(bytes.NewReader(whole[:len(whole)-1])); !errors.Is(err, errWire) {
			t.Errorf("%T without its last byte: %v", want, err)
		}
	}
	huge := []byte("cieh\x01\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\x7f\xff\xff\xff\x7f")
	if _, err := read(bytes.NewReader(huge)); !errors.Is(err, errWire) {
		t.Errorf("a head that claims 2³¹ pixels a side: %v", err)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := fixture(b, "turned.heic")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Decoder{Args: []string{childArg}}).Decode(b.Context(), data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLarge decodes photos of 12 and 24 million pixels, drawn here and coded by
// libheif's heif-enc, and reports the largest memory that the child had. As in a
// parent, that is no less than the test program's own when it starts the child.
func BenchmarkLarge(b *testing.B) {
	encoder, err := exec.LookPath("heif-enc")
	if err != nil {
		b.Skip("there is no heif-enc: install libheif-examples")
	}
	for _, size := range []image.Point{{4000, 3000}, {6000, 4000}} {
		b.Run(fmt.Sprintf("%d×%d", size.X, size.Y), func(b *testing.B) {
			dir := b.TempDir()
			from, to := filepath.Join(dir, "a.jpg"), filepath.Join(dir, "a.heic")
			drawPhoto(b, from, size)
			if out, err := exec.Command(encoder, "-q", "50", "-p", "preset=ultrafast", "-o", to, from).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			data, err := os.ReadFile(to)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			var cpu time.Duration
			var mb float64
			for b.Loop() {
				cmd := exec.Command(os.Args[0], childArg)
				cmd.Stdin = bytes.NewReader(data)
				if out, err := cmd.Output(); err != nil || len(out) < size.X*size.Y {
					b.Fatalf("%d bytes, %v", len(out), err)
				}
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				mb = max(mb, peakMB(cmd.ProcessState))
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(mb, "child-MB")
		})
	}
}

// drawPhoto writes a JPEG of soft colours under noise.
func drawPhoto(b *testing.B, name string, size image.Point) {
	img := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range img.Y {
		x, y := i%img.YStride, i/img.YStride
		img.Y[i] = uint8(x*150/size.X + y*60/size.Y + rng.IntN(12) + x/40%2*20)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(110+i%img.CStride*30/img.CStride), uint8(140-rng.IntN(6))
	}
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(jpeg.Encode(f, img, &jpeg.Options{Quality: 90}), f.Close()); err != nil {
		b.Fatal(err)
	}
}
