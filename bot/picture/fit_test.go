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
// well used unless the quality is the best. Where one step of quality makes more
// than a tenth, the lower one is taken.
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
				if next, err := encode(img, f.quality+1); f.scale != 1 || err != nil || int64(len(next)) < limit {
					t.Errorf("%s below %d: %d bytes at quality %d and scale %.2f, and a better quality fits", name, limit, n, f.quality, f.scale)
				}
			case f.scale < 1:
				if whole, err := encode(img, keepQuality+2); err != nil || int64(len(whole)) < limit {
					t.Errorf("%s below %d: scaled by %.2f to quality %d where the whole picture fits", name, limit, f.scale, f.quality)
				}
			}
		}
	}
}
