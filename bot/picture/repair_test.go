package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"
)

func TestRepairLeavesFinePicturesAlone(t *testing.T) {
	c := New(testLimits, Config{})
	jpg := jpegOf(t, drawn(640, 820), 85)
	for name, data := range map[string][]byte{
		"a jpeg":                           jpg,
		"a jpeg with EXIF but no place":    insert(jpg, exifSegment(1, false)),
		"a png":                            pngOf(t, drawn(640, 820)),
		"a file that cannot be decoded":    jpg[:len(jpg)/2],
		"a file that is no picture at all": []byte("text"),
	} {
		r, ok, err := c.Repair(t.Context(), data, Source{})
		if err != nil || ok {
			t.Errorf("%s: %v, %v, %v, want no repair", name, changes(r), ok, err)
		}
	}
}

func TestRepairWithoutTouchingPixels(t *testing.T) {
	c := New(testLimits, Config{})
	jpg := jpegOf(t, noisy(640, 820, 30), 85)
	p := pngOf(t, drawn(640, 820))
	place := exifSegment(1, true)
	zip := bytes.Repeat([]byte("PK\x03\x04"), 1<<20)
	tests := []struct {
		name string
		data []byte
		file string
		want []byte
		done []ChangeCode
	}{
		{"a place in EXIF", insert(jpg, place), "", jpg, []ChangeCode{MetadataRemoved}},
		{"a place in XMP", insert(jpg, segmentOf(markAPP1, []byte("http://ns.adobe.com/xap/1.0/\x00exif:GPSLatitude"))), "", jpg, []ChangeCode{MetadataRemoved}},
		{"a city in IPTC", insert(jpg, segmentOf(markAPP13, []byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x08\x1c\x02\x5a\x00\x03abc"))), "", jpg, []ChangeCode{MetadataRemoved}},
		{"a place in a png", insertChunk(p, "eXIf", exifOf(binary.BigEndian, 1, true)), "", p, []ChangeCode{MetadataRemoved}},
		{"an archive behind the picture, too large with it", append(slices.Clone(jpg), zip...), "", jpg, []ChangeCode{TrailingRemoved}},
		{"no end mark", jpg[:len(jpg)-2], "", jpg, []ChangeCode{Completed}},
		{"a png named .jpg", p, "a.jpg", p, []ChangeCode{Renamed}},
		{"an animated png", insertChunk(p, "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), "", p, []ChangeCode{FirstFrame, MetadataRemoved}},
	}
	for _, tt := range tests {
		r, ok, err := c.Repair(t.Context(), tt.data, Source{Name: tt.file})
		if err != nil || !ok || !bytes.Equal(r.Data, tt.want) || !slices.Equal(changes(r), tt.done) {
			t.Errorf("%s: %d bytes, %v, %v, %v, want the %d bytes of the clean file and %v", tt.name, len(r.Data), changes(r), ok, err, len(tt.want), tt.done)
		}
	}
}

func TestRepairTurnsUpright(t *testing.T) {
	c := New(testLimits, Config{})
	for _, size := range []image.Point{{240, 160}, {161, 243}} {
		for o := 2; o <= 8; o++ {
			img := drawn(size.X, size.Y)
			data := insert(jpegOf(t, stored(img, o), 92), exifSegment(o, true))
			report, r, ok, err := c.Examine(t.Context(), data, Source{})
			if err != nil || !ok {
				t.Fatalf("orientation %d: %v, %v", o, ok, err)
			}
			if report.Width != size.X || report.Height != size.Y || r.Width != size.X || r.Height != size.Y {
				t.Errorf("orientation %d: %d×%d reported, %d×%d repaired, want %v", o, report.Width, report.Height, r.Width, r.Height, size)
			}
			got := decoded(t, r.Data)
			if got.Bounds().Size() != size {
				t.Errorf("orientation %d: bounds %v, want %v", o, got.Bounds(), size)
			}
			wantCorners(t, got, got.Bounds())
			if want := []ChangeCode{TurnedUpright, MetadataRemoved}; !slices.Equal(changes(r), want) {
				t.Errorf("orientation %d: %v, want %v", o, changes(r), want)
			}
			if h, _ := readHeader(r.Data, JPEG); h.orientation != 1 || h.gps || h.metadata {
				t.Errorf("orientation %d: the repaired file still has metadata: %+v", o, h)
			}
		}
	}
}

// TestEveryKindOfPixels repairs pictures of every kind that a decoder returns.
func TestEveryKindOfPixels(t *testing.T) {
	img := drawn(120, 80)
	b := img.Bounds()
	kinds := map[string]draw.Image{
		"rgba 16 bit":  image.NewRGBA64(b),
		"nrgba 16 bit": image.NewNRGBA64(b),
		"nrgba":        image.NewNRGBA(b),
		"cmyk":         image.NewCMYK(b),
		"paletted":     paletted(img),
	}
	ycc := image.NewYCbCr(b, image.YCbCrSubsampleRatio444)
	for y := range 80 {
		for x := range 120 {
			c := img.RGBAAt(x, y)
			ycc.Y[ycc.YOffset(x, y)], ycc.Cb[ycc.COffset(x, y)], ycc.Cr[ycc.COffset(x, y)] = color.RGBToYCbCr(c.R, c.G, c.B)
		}
	}
	check := func(name string, src image.Image) {
		for _, size := range []image.Point{{120, 80}, {60, 40}, {180, 120}} {
			canvas := newCanvas(size.X+20, size.Y+10)
			at := image.Rectangle{image.Pt(20, 10), image.Pt(20, 10).Add(size)}
			place(canvas, at, src, 1)
			wantCorners(t, canvas, at)
			wantColour(t, canvas, image.Pt(4, 4), color.RGBA{255, 255, 255, 255})
			if t.Failed() {
				t.Fatalf("%s at %v", name, size)
			}
		}
	}
	for name, k := range kinds {
		draw.Draw(k, b, img, image.Point{}, draw.Src)
		check(name, k)
	}
	check("4:4:4", ycc)
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410, image.YCbCrSubsampleRatio420} {
		sub := image.NewYCbCr(b, ratio)
		copy(sub.Y, ycc.Y)
		for y := range 80 {
			for x := range 120 {
				sub.Cb[sub.COffset(x, y)], sub.Cr[sub.COffset(x, y)] = ycc.Cb[ycc.COffset(x, y)], ycc.Cr[ycc.COffset(x, y)]
			}
		}
		check(ratio.String(), sub)
	}

	gray := image.NewGray(b)
	for i := range gray.Pix {
		gray.Pix[i] = 90
	}
	canvas := newCanvas(120, 80)
	place(canvas, canvas.Rect, gray, 6)
	wantColour(t, canvas, image.Pt(60, 40), color.RGBA{90, 90, 90, 255})
}

func TestRepairConverts(t *testing.T) {
	c := New(testLimits, Config{})
	clear := image.NewNRGBA(image.Rect(0, 0, 640, 820)) // transparent
	draw.Draw(clear, image.Rect(100, 100, 300, 300), image.NewUniform(corners[0]), image.Point{}, draw.Src)
	pal := paletted(drawn(640, 820))
	tests := []struct {
		name string
		data []byte
		done []ChangeCode
	}{
		{"a gif of two frames", gifOf(t, pal, pal), []ChangeCode{Converted, FirstFrame}},
		{"a bmp", bmpOf(t, drawn(640, 820)), []ChangeCode{Converted}},
		{"a tiff", tiffOf(t, drawn(640, 820)), []ChangeCode{Converted}},
		{"a webp", webpOf(640, 820, color.NRGBA{200, 40, 40, 255}, false), []ChangeCode{Converted}},
		{"a transparent tiff", tiffOf(t, clear), []ChangeCode{Converted, Flattened}},
	}
	for _, tt := range tests {
		r, ok, err := c.Repair(t.Context(), tt.data, Source{})
		if err != nil || !ok || r.Format != JPEG || !slices.Equal(changes(r), tt.done) {
			t.Errorf("%s: %s, %v, %v, %v, want a jpeg and %v", tt.name, r.Format, changes(r), ok, err, tt.done)
			continue
		}
		img := decoded(t, r.Data)
		if tt.name == "a transparent tiff" {
			wantColour(t, img, image.Pt(50, 50), color.RGBA{255, 255, 255, 255})
			wantColour(t, img, image.Pt(200, 200), corners[0])
		} else {
			wantColour(t, img, image.Pt(100, 100), corners[0])
		}
	}
}

func TestRepairMakesSmaller(t *testing.T) {
	limits := testLimits
	limits.MaxBytes, limits.LooseMaxBytes = 100_000, 105_000
	c := New(limits, Config{})
	icc := segmentOf(markAPP2, []byte("ICC_PROFILE\x00\x01\x01 a profile"))
	tests := []struct {
		name string
		data []byte
		done []ChangeCode
	}{
		{"a jpeg", insert(jpegOf(t, noisy(640, 820, 24), 95), icc), []ChangeCode{Recompressed}},
		{"a jpeg of nothing but noise", jpegOf(t, noisy(1000, 820, 127), 95), []ChangeCode{Recompressed, ScaledDown}},
		{"a png", pngOf(t, noisy(640, 820, 24)), []ChangeCode{Converted}},
	}
	for _, tt := range tests {
		r, ok, err := c.Repair(t.Context(), tt.data, Source{})
		if err != nil || !ok || int64(len(r.Data)) >= limits.MaxBytes || !slices.Equal(changes(r), tt.done) {
			t.Errorf("%s: %d bytes, %v, %v, %v, want less than %d and %v", tt.name, len(r.Data), r.Changes, ok, err, limits.MaxBytes, tt.done)
			continue
		}
		if int64(len(r.Data)) < limits.MaxBytes*9/10 {
			t.Errorf("%s: %d bytes, want at least 90 %% of %d", tt.name, len(r.Data), limits.MaxBytes)
		}
		if img := decoded(t, r.Data); img.Bounds().Dx() != r.Width || img.Bounds().Dy() != r.Height {
			t.Errorf("%s: %v, want %d×%d", tt.name, img.Bounds(), r.Width, r.Height)
		}
		if tt.name == "a jpeg" && !bytes.Equal(iccProfile(r.Data), icc) {
			t.Errorf("the colour profile is gone")
		}
	}
}

// TestRepairRechecks checks that a picture which loses its legibility by being
// made to fit is not called fine.
func TestRepairRechecks(t *testing.T) {
	data := jpegOf(t, shot{w: 1600, h: 1200, noise: 4}.draw(), 95)
	for _, tt := range []struct {
		limit int64
		want  bool
	}{{int64(len(data)) / 2, false}, {25_000, true}} {
		limits := testLimits
		limits.MaxBytes, limits.LooseMaxBytes = tt.limit, tt.limit
		report, r, ok, err := New(limits, Config{}).Examine(t.Context(), data, Source{})
		if err != nil || !ok || int64(len(r.Data)) >= tt.limit {
			t.Fatalf("below %d: %d bytes, %v, %v", tt.limit, len(r.Data), ok, err)
		}
		got := slices.ContainsFunc(report.Problems, func(p Problem) bool { return p.Code == Blurry || p.Code == TooSmall })
		if got != tt.want {
			t.Errorf("below %d, %d×%d: %v, want a warning %t", tt.limit, r.Width, r.Height, report.Problems, tt.want)
		}
	}
}
