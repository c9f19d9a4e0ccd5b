package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestOtherKinds looks for false warnings in pictures of other kinds than those
// that the thresholds were read off.
func TestOtherKinds(t *testing.T) {
	tests := []struct {
		name string
		img  image.Image
		want []Code
	}{
		{"on a black desk", shot{desk: [3]float64{14, 14, 16}, noise: 3}.draw(), nil},
		{"on a white desk", shot{desk: [3]float64{225, 228, 230}, noise: 3}.draw(), nil},
		{"on a sheet of white paper", shot{desk: [3]float64{246, 246, 243}, size: 0.5, w: 1600, h: 1200, noise: 2}.draw(), nil},
		{"on a blue cloth", shot{desk: [3]float64{30, 60, 150}, noise: 4}.draw(), nil},
		{"on a red cloth", shot{desk: [3]float64{170, 30, 40}, noise: 4}.draw(), nil},
		{"in the light of a lamp", shot{cast: [3]float64{1.05, 0.86, 0.6}, noise: 5}.draw(), nil},
		{"half in the shadow of a hand", shot{shadow: 0.45, noise: 4}.draw(), nil},
		{"filling the frame", shot{size: 1.5, noise: 3}.draw(), nil},
		{"upside down", shot{turned: math.Pi, noise: 3}.draw(), nil},
		{"askew", shot{turned: 0.5, size: 0.6, w: 1600, h: 1200, noise: 3}.draw(), nil},
		{"run together with something bright at the border", bright(shot{noise: 3}.draw()), nil},
		{"a flat scan of a form without colour", grayed(shot{white: true, w: 1240, h: 1754}.draw()), []Code{NoColour}},
		{"a flat scan with a seal", sealed(shot{white: true, w: 1240, h: 1754}.draw()), nil},
		{"a white page with a line of print", written(1240, 1754, 1), nil},
		{"a white page with ten lines", written(1240, 1754, 10), nil},
		{"a screenshot of a phone", screenshot(1080, 2340), nil},
		{"a portrait", portrait(1000, 1400, 2), nil},
		{"a certificate with a fine coloured pattern", certificate(1600, 1130, 2), nil},
		{"the same with much noise", certificate(1600, 1130, 7), nil},
		{"a picture of nothing", noisyFlat(1200, 900, 2), nil},
	}
	for _, tt := range tests {
		r, err := New(testLimits, Config{}).Check(t.Context(), jpegOf(t, tt.img, 80), Source{})
		if err != nil || !slices.Equal(codes(r), tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, r.Problems, err, tt.want)
		}
	}
}

// bright puts a white thing on the desk, between the paper and the lower border.
func bright(img image.Image) image.Image {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	box(out, 660, 560, 170, 160, color.RGBA{216, 221, 226, 255})
	return out
}

func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func box(img *image.RGBA, x, y, w, h int, c color.RGBA) {
	draw.Draw(img, image.Rect(x, y, x+w, y+h), image.NewUniform(c), image.Point{}, draw.Src)
}

// glyphs writes n signs that look like characters, of size pixels.
func glyphs(img *image.RGBA, x, y, n, size int, c color.RGBA) {
	rng := rand.New(rand.NewPCG(uint64(x), uint64(y)))
	thick := max(1, size/9)
	for i := range n {
		for range 6 {
			k := rng.IntN(size - thick)
			if rng.IntN(2) == 0 {
				box(img, x+i*size*5/4, y+k, size, thick, c)
			} else {
				box(img, x+i*size*5/4+k, y, thick, size, c)
			}
		}
	}
}

var ink = color.RGBA{28, 28, 32, 255}

func grayed(img image.Image) image.Image {
	g := image.NewGray(img.Bounds())
	draw.Draw(g, g.Rect, img, img.Bounds().Min, draw.Src)
	out := image.NewRGBA(g.Rect)
	draw.Draw(out, out.Rect, g, image.Point{}, draw.Src)
	return out
}

func sealed(img image.Image) image.Image {
	out := grayed(img).(*image.RGBA)
	for a := 0.0; a < 2*math.Pi; a += 0.003 {
		box(out, 900+int(130*math.Cos(a)), 1400+int(130*math.Sin(a)), 8, 8, color.RGBA{205, 40, 45, 255})
	}
	return out
}

func written(w, h, lines int) image.Image {
	img := plain(w, h, color.RGBA{252, 252, 250, 255})
	for i := range lines {
		glyphs(img, 120, 150+i*120, 22, 32, ink)
	}
	box(img, w-300, h-300, 120, 120, color.RGBA{200, 40, 50, 255}) // a small seal
	return img
}

func screenshot(w, h int) image.Image {
	img := plain(w, h, color.RGBA{245, 246, 248, 255})
	box(img, 0, 0, w, 220, color.RGBA{22, 119, 255, 255})
	glyphs(img, 60, 110, 8, 52, color.RGBA{255, 255, 255, 255})
	for i := range 9 {
		box(img, 40, 280+i*220, w-80, 180, color.RGBA{255, 255, 255, 255})
		glyphs(img, 80, 320+i*220, 12, 44, ink)
		glyphs(img, 80, 390+i*220, 16, 32, color.RGBA{140, 145, 150, 255})
	}
	return img
}

func portrait(w, h int, noise float64) image.Image {
	img := plain(w, h, color.RGBA{90, 150, 215, 255})
	rng := rand.New(rand.NewPCG(1, 9))
	for y := range h {
		for x := range w {
			u, v := (float64(x)/float64(w)-0.5)/0.27, (float64(y)/float64(h)-0.42)/0.27
			c := img.RGBAAt(x, y)
			switch d := u*u + v*v; {
			case float64(y) > 0.72*float64(h)+0.3*math.Abs(float64(x)-float64(w)/2):
				c = color.RGBA{40, 44, 60, 255}
			case d < 1 && v > -0.55:
				s := 1 - 0.3*d
				c = color.RGBA{uint8(222 * s), uint8(178 * s), uint8(152 * s), 255}
			case d < 1.25 && v < 0.1:
				k := uint8(24 + 14*math.Sin(float64(x)/3+float64(y)/17))
				c = color.RGBA{k, k, k, 255}
			}
			for _, e := range [2]float64{-0.38, 0.38} {
				if (u-e)*(u-e)/0.03+(v+0.1)*(v+0.1)/0.006 < 1 {
					c = color.RGBA{40, 30, 28, 255}
				}
			}
			img.SetRGBA(x, y, grain(c, noise, rng))
		}
	}
	return img
}

// certificate fills the frame and has a border and a background of fine lines in
// two colours, as certificates do against copying.
func certificate(w, h int, noise float64) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(2, 9))
	for y := range h {
		for x := range w {
			u, v := float64(x), float64(y)
			a := math.Sin(u/4+5*math.Sin(v/60)) * 9
			b := math.Sin(v/3.4+6*math.Sin(u/75)) * 9
			img.SetRGBA(x, y, color.RGBA{uint8(240 + a), uint8(232 + b/2), uint8(212 - a), 255})
		}
	}
	for i := range 3 {
		d := 30 + 14*i
		for _, r := range [4][4]int{{d, d, w - 2*d, 5}, {d, h - d, w - 2*d, 5}, {d, d, 5, h - 2*d}, {w - d, d, 5, h - 2*d}} {
			box(img, r[0], r[1], r[2], r[3], color.RGBA{150, 40, 50, 255})
		}
	}
	glyphs(img, w/2-200, 120, 6, 56, color.RGBA{150, 30, 40, 255})
	for i := range 8 {
		glyphs(img, 180, 260+i*90, 24, 34, ink)
	}
	for i := 0; i < len(img.Pix); i += 4 {
		x, y := i/4%w, i/4/w
		img.SetRGBA(x, y, grain(img.RGBAAt(x, y), noise, rng))
	}
	return img
}

func noisyFlat(w, h int, noise float64) image.Image {
	img := plain(w, h, color.RGBA{150, 140, 120, 255})
	rng := rand.New(rand.NewPCG(3, 9))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, grain(img.RGBAAt(x, y), noise, rng))
		}
	}
	return img
}

func grain(c color.RGBA, noise float64, rng *rand.Rand) color.RGBA {
	n := noise * rng.NormFloat64()
	f := func(v uint8) uint8 { return uint8(max(0, min(255, float64(v)+n))) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), 255}
}
