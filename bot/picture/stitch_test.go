package picture

import (
	"context"
	"errors"
	"image"
	"image/color"
	"slices"
	"testing"
)

func TestArrange(t *testing.T) {
	land, port := image.Pt(4000, 3000), image.Pt(3000, 4000)
	tests := []struct {
		name   string
		sizes  []image.Point
		layout Layout
		want   Layout
	}{
		{"one alone", []image.Point{land}, Auto, Vertical},
		{"two cards", []image.Point{land, land}, Auto, Vertical},
		{"two sheets", []image.Point{port, port}, Auto, Horizontal},
		{"four photos", []image.Point{land, land, land, land}, Auto, Grid},
		{"ten photos", slices.Repeat([]image.Point{land}, 10), Auto, Grid},
		{"twenty photos", slices.Repeat([]image.Point{port}, 20), Auto, Grid},
		{"three strips", slices.Repeat([]image.Point{{500, 4000}}, 3), Auto, Horizontal},
		{"as asked, one below the other", []image.Point{port, port, port}, Vertical, Vertical},
		{"as asked, side by side", []image.Point{land, land, land}, Horizontal, Horizontal},
		{"two in a grid", []image.Point{land, land}, Grid, Grid},
		{"a small one and a large one", []image.Point{{300, 200}, land}, Vertical, Vertical},
		{"odd sizes", []image.Point{{101, 203}, {333, 77}, {55, 911}}, Grid, Grid},
	}
	for _, tt := range tests {
		for _, side := range []int{1000, 4096, 8192} {
			a := arrange(tt.sizes, tt.layout, side)
			if a.layout != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, a.layout, tt.want)
			}
			if a.size.X > side || a.size.Y > side || a.size.X < 1 || a.size.Y < 1 {
				t.Errorf("%s: %v, want sides up to %d", tt.name, a.size, side)
			}
			if tt.layout == Auto && len(tt.sizes) > 1 && a.ratio() > maxAutoRatio {
				t.Errorf("%s: %v is a strip", tt.name, a.size)
			}
			canvas := image.Rectangle{Max: a.size}
			for i, r := range a.at {
				if !r.In(canvas) || r.Empty() || r.Min.X%2 != 0 || r.Min.Y%2 != 0 {
					t.Errorf("%s: picture %d lies at %v on %v", tt.name, i, r, a.size)
				}
				// The shape is kept within the rounding of a pixel or two.
				s := tt.sizes[i]
				if d := float64(r.Dx())*float64(s.Y)/float64(s.X) - float64(r.Dy()); d > 6+float64(s.Y)/float64(s.X)*2 || d < -6-float64(s.Y)/float64(s.X)*2 {
					t.Errorf("%s: picture %d of %v is %v", tt.name, i, s, r.Size())
				}
				for k := range i {
					if r.Overlaps(a.at[k]) {
						t.Errorf("%s: pictures %d at %v and %d at %v overlap", tt.name, k, a.at[k], i, r)
					}
				}
			}
			if tt.layout == Vertical {
				for _, r := range a.at {
					if r.Dx() != a.size.X {
						t.Errorf("%s: width %d of %d", tt.name, r.Dx(), a.size.X)
					}
				}
			}
		}
	}
}

func TestStitch(t *testing.T) {
	c := New(testLimits, Config{})
	img := drawn(240, 160)
	pics := [][]byte{
		jpegOf(t, img, 90),
		insert(jpegOf(t, stored(img, 6), 90), exifSegment(6, true)),
		pngOf(t, img),
		gifOf(t, paletted(img)),
		bmpOf(t, img),
		tiffOf(t, drawn(120, 80)),
		webpOf(240, 160, color.NRGBA{10, 200, 250, 255}, false),
	}
	for _, layout := range []Layout{Auto, Vertical, Horizontal, Grid} {
		var steps int
		s, err := c.Stitch(t.Context(), pics, StitchOptions{Layout: layout, Progress: func(done, total int) { steps++ }})
		if err != nil || s.Unusable != nil || len(s.Reports) != len(pics) {
			t.Fatalf("%s: unusable %v, %v", layout, s.Unusable, err)
		}
		got := decoded(t, s.Data)
		if got.Bounds().Dx() != s.Width || got.Bounds().Dy() != s.Height {
			t.Errorf("%s: bounds %v, want %d×%d", layout, got.Bounds(), s.Width, s.Height)
		}
		if steps != len(pics)+1 || len(s.Scale) != len(pics) || s.Encodes < 1 || s.Quality != bestQuality || layout != Auto && s.Layout != layout {
			t.Errorf("%s: %d steps, %+v", layout, steps, s)
		}
		sizes := slices.Repeat([]image.Point{{240, 160}}, len(pics))
		sizes[5] = image.Pt(120, 80)
		a := arrange(sizes, layout, DefaultMaxSide)
		for i, r := range a.at {
			if i == 6 {
				wantColour(t, got, image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2), color.RGBA{10, 200, 250, 255})
			} else {
				wantCorners(t, got, r)
			}
			if i > 0 && layout == Vertical {
				wantColour(t, got, image.Pt(100, r.Min.Y-gap/2), color.RGBA{255, 255, 255, 255})
			}
		}
	}
}

func TestStitchOne(t *testing.T) {
	c := New(testLimits, Config{})
	s, err := c.Stitch(t.Context(), [][]byte{jpegOf(t, drawn(241, 163), 90)}, StitchOptions{})
	if err != nil || s.Width != 241 || s.Height != 163 || s.Scale[0] != 1 {
		t.Fatalf("one picture: %d×%d, scale %v, %v, want it as it was", s.Width, s.Height, s.Scale, err)
	}
	wantCorners(t, decoded(t, s.Data), image.Rect(0, 0, 241, 163))
}

// TestStitchTurned turns pictures that are stored in every orientation by every
// number of quarter turns.
func TestStitchTurned(t *testing.T) {
	c := New(testLimits, Config{})
	for o := 1; o <= 8; o++ {
		data := insert(jpegOf(t, stored(drawn(240, 160), o), 92), exifSegment(o, false))
		for quarters := range 4 {
			s, err := c.Stitch(t.Context(), [][]byte{data}, StitchOptions{Turns: []int{quarters}})
			if err != nil || s.Data == nil {
				t.Fatalf("orientation %d: %v", o, err)
			}
			got := decoded(t, s.Data)
			want := image.Rect(0, 0, 240, 160)
			if quarters%2 == 1 {
				want = image.Rect(0, 0, 160, 240)
			}
			if got.Bounds() != want {
				t.Errorf("orientation %d and %d quarter turns: %v, want %v", o, quarters, got.Bounds(), want)
			}
			// What was at the upper left goes clockwise from corner to corner.
			at := [4]image.Point{{1, 1}, {3, 1}, {3, 3}, {1, 3}}[quarters]
			wantColour(t, got, image.Pt(at.X*want.Dx()/4, at.Y*want.Dy()/4), corners[0])
		}
	}
}

func TestStitchBelowLimit(t *testing.T) {
	c := New(testLimits, Config{})
	pics := [][]byte{jpegOf(t, noisy(700, 500, 60), 95), jpegOf(t, noisy(500, 700, 60), 95)}
	for _, limit := range []int64{30_000, 100_000, 250_000} {
		s, err := c.Stitch(t.Context(), pics, StitchOptions{MaxBytes: limit})
		if n := int64(len(s.Data)); err != nil || n >= limit || s.Quality < bestQuality && n < limit*9/10 {
			t.Errorf("limit %d: %d bytes at quality %d, %v", limit, n, s.Quality, err)
		}
	}
	s, err := c.Stitch(t.Context(), pics, StitchOptions{MaxSide: 600})
	if err != nil || max(s.Width, s.Height) > 600 || !s.Crowded {
		t.Errorf("600 pixels a side: %d×%d, crowded %v, %v", s.Width, s.Height, s.Crowded, err)
	}
}

func TestStitchUnusable(t *testing.T) {
	c := New(testLimits, Config{})
	good := jpegOf(t, noisy(240, 160, 20), 90)
	s, err := c.Stitch(t.Context(), [][]byte{good, []byte("text"), good, hole(good), good[:len(good)/2]}, StitchOptions{})
	if err != nil || s.Data != nil || !slices.Equal(s.Unusable, []int{1}) {
		t.Errorf("a text among pictures: %d bytes, unusable %v, %v", len(s.Data), s.Unusable, err)
	}
	s, err = c.Stitch(t.Context(), [][]byte{good, hole(good), good[:len(good)/2]}, StitchOptions{})
	if err != nil || s.Data != nil || !slices.Equal(s.Unusable, []int{1, 2}) {
		t.Errorf("broken pictures: %d bytes, unusable %v, %v", len(s.Data), s.Unusable, err)
	}
	if s.Reports[1].Verdict() != Rejected || s.Reports[0].Verdict() == Rejected {
		t.Errorf("broken pictures: reports %+v", s.Reports)
	}
}

func TestStitchOptions(t *testing.T) {
	c := New(testLimits, Config{})
	jpg := jpegOf(t, drawn(24, 16), 90)
	for name, call := range map[string]func() error{
		"no picture": func() error { _, err := c.Stitch(t.Context(), nil, StitchOptions{}); return err },
		"too many": func() error {
			_, err := c.Stitch(t.Context(), slices.Repeat([][]byte{jpg}, MaxStitch+1), StitchOptions{})
			return err
		},
		"bytes": func() error { _, err := c.Stitch(t.Context(), [][]byte{jpg}, StitchOptions{MaxBytes: 10}); return err },
		"side":  func() error { _, err := c.Stitch(t.Context(), [][]byte{jpg}, StitchOptions{MaxSide: 9000}); return err },
		"turns": func() error {
			_, err := c.Stitch(t.Context(), [][]byte{jpg}, StitchOptions{Turns: []int{1, 2}})
			return err
		},
		"layout": func() error {
			_, err := c.Stitch(t.Context(), [][]byte{jpg}, StitchOptions{Layout: "pile"})
			return err
		},
	} {
		if err := call(); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v, want ErrOptions", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Stitch(ctx, [][]byte{jpg}, StitchOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Stitch with an ended context: %v", err)
	}
}

// TestHEIC hands decoding to a stand-in: the pixels are upright already.
func TestHEIC(t *testing.T) {
	heic := []byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + isoBox("meta", "\x00\x00\x00\x00"+isoBox("iprp", isoBox("ipco",
		isoBox("ispe", "\x00\x00\x00\x00\x00\x00\x00\xa0\x00\x00\x00\xf0")+isoBox("irot", "\x01")))))
	c := New(testLimits, Config{HEIC: func(context.Context, []byte) (image.Image, error) { return drawn(240, 160), nil }})
	report, r, ok, err := c.Examine(t.Context(), heic, Source{})
	if err != nil || !ok || report.Width != 240 || report.Height != 160 {
		t.Fatalf("Examine: %+v, %v, %v", report, ok, err)
	}
	wantCorners(t, decoded(t, r.Data), image.Rect(0, 0, 240, 160))
	s, err := c.Stitch(t.Context(), [][]byte{heic, heic}, StitchOptions{Layout: Vertical})
	if err != nil || s.Width != 240 {
		t.Fatalf("Stitch: %d×%d, %v", s.Width, s.Height, err)
	}
	wantCorners(t, decoded(t, s.Data), image.Rect(0, 0, 240, 160))
	s, err = c.Stitch(t.Context(), [][]byte{heic}, StitchOptions{Turns: []int{1}})
	if err != nil || s.Width != 160 || s.Height != 240 {
		t.Fatalf("Stitch, turned: %d×%d, %v", s.Width, s.Height, err)
	}
	wantColour(t, decoded(t, s.Data), image.Pt(120, 60), corners[0])
}

// TestStitchCrowded has a picture on each side of what is still legible.
func TestStitchCrowded(t *testing.T) {
	c := New(testLimits, Config{})
	pic := jpegOf(t, drawn(2000, 1500), 80)
	for _, tt := range []struct {
		pics, side int
		want       bool
	}{
		{1, readableSide, false},
		{1, readableSide - 10, true},
		{4, 2*readableSide + gap + 10, false},
		{4, 2*readableSide + gap - 10, true},
	} {
		s, err := c.Stitch(t.Context(), slices.Repeat([][]byte{pic}, tt.pics), StitchOptions{MaxSide: tt.side})
		if err != nil || s.Crowded != tt.want {
			t.Errorf("%d pictures in %d×%d: crowded %t, %v, want %t", tt.pics, s.Width, s.Height, s.Crowded, err, tt.want)
		}
	}
}
