package picture

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// fitPictures are flat, smooth, noisy, regular and mixed pictures of w × h pixels.
func fitPictures(w, h int) map[string]*image.YCbCr {
	rng := rand.New(rand.NewPCG(7, 8))
	noise := func(sigma float64, part int) *image.YCbCr {
		c := newCanvas(w, h)
		for i := range c.Y[:len(c.Y)/part] {
			c.Y[i] = clamp8(int32(math.Round(128 + sigma*rng.NormFloat64())))
		}
		for i := range c.Cb[:len(c.Cb)/part] {
			c.Cb[i] = clamp8(int32(math.Round(128 + sigma/2*rng.NormFloat64())))
		}
		return c
	}
	waves := newCanvas(w, h)
	for y := range h {
		for x := range w {
			waves.Y[y*waves.YStride+x] = uint8(128 + 100*math.Sin(float64(x)/5)*math.Cos(float64(y)/7))
		}
	}
	return map[string]*image.YCbCr{
		"white":             newCanvas(w, h),
		"faint noise":       noise(2, 1),
		"sensor noise":      noise(6, 1),
		"strong noise":      noise(60, 1),
		"noise in one half": noise(60, 2),
		"noise in a tenth":  noise(60, 10),
		"waves":             waves,
		"a photo":           flatten(shot{w: w, h: h, noise: 4}.draw()),
		"a sheet":           flatten(shot{w: w, h: h, white: true}.draw()),
	}
}

// TestFit checks the size of what is encoded, for many limits: always below, and
// well used unless the quality is the best.
func TestFit(t *testing.T) {
	for name, img := range fitPictures(900, 603) {
		best, err := encode(img, bestQuality)
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []float64{1.001, 0.95, 0.85, 0.6, 0.3, 0.1, 0.04} {
			limit := int64(float64(len(best)) * share)
			if limit < SmallestMaxBytes {
				continue
			}
			f, err := fit(img, limit)
			n := int64(len(f.data))
			switch {
			case err != nil || n == 0 || n >= limit || f.quality < keepQuality || f.quality > bestQuality:
				t.Errorf("%s below %d: %d bytes at quality %d, %v", name, limit, n, f.quality, err)
			case f.encodes > usualEncodes:
				t.Errorf("%s below %d: encoded %d times", name, limit, f.encodes)
			case f.quality < bestQuality && float64(n) < enough*float64(limit):
				t.Errorf("%s below %d: %d bytes at quality %d and scale %.2f, %d encodes", name, limit, n, f.quality, f.scale, f.encodes)
			case f.scale < 1:
				if whole, err := encode(img, keepQuality+2); err != nil || int64(len(whole)) < limit {
					t.Errorf("%s below %d: scaled by %.2f to quality %d where the whole picture fits", name, limit, f.scale, f.quality)
				}
			}
		}
	}
}

// TestCoarsened checks that a share of the bands changes, as coding changes it, and
// the rest does not, the last rows that are no whole band among them.
func TestCoarsened(t *testing.T) {
	img := flatten(shot{w: 320, h: 16*10 + 7, noise: 4}.draw())
	data, err := encode(img, 60)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := decodeOwn(data)
	if err != nil {
		t.Fatal(err)
	}
	for share, want := range map[float64]int{0: 0, 0.3: 3, 0.5: 5, 1: 10} {
		got, err := coarsened(img, 60, share)
		if err != nil {
			t.Fatal(err)
		}
		changed := 0
		for y := 0; y < img.Rect.Dy(); y += bandRows {
			same, coded := true, true
			for v := y; v < min(y+bandRows, img.Rect.Dy()); v++ {
				for x := range img.Rect.Dx() {
					g := got.YCbCrAt(x, v)
					same = same && g == img.YCbCrAt(x, v)
					coded = coded && g == whole.YCbCrAt(x, v)
				}
			}
			if !same {
				changed++
			}
			if same == coded {
				t.Errorf("share %v: the band at %d is as it was: %t, as coded: %t", share, y, same, coded)
			}
		}
		if changed != want {
			t.Errorf("share %v: %d bands of 10 changed, want %d", share, changed, want)
		}
	}
}
