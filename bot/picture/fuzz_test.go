package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"testing"
)

// seeds adds a small file of every kind, and the small hostile ones.
func seeds(f *testing.F) {
	img := drawn(24, 16)
	jpg := jpegOf(f, img, 80)
	icc := segmentOf(markAPP2, []byte("ICC_PROFILE\x00\x01\x01 a profile"))
	for _, b := range [][]byte{
		jpg, jpg[:len(jpg)/2], insert(jpg, exifSegment(6, true), icc, []byte{0xff, 0xff}), manyScans(f, 2),
		pngOf(f, img), insertChunk(pngOf(f, img), "eXIf", exifOf(binary.BigEndian, 5, true)), pngClaim(9, 9, 16, 6, zeros(f, 9*73)),
		gifOf(f, paletted(img), paletted(img)), bmpOf(f, img), tiffOf(f, img),
		webpOf(24, 16, color.NRGBA{1, 2, 3, 4}, false), webpOf(24, 16, color.NRGBA{1, 2, 3, 4}, true),
		[]byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + isoBox("meta", "\x00\x00\x00\x00"+isoBox("iprp", isoBox("ipco", isoBox("ispe", "\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x10"))))),
		[]byte("%PDF-1.7"), []byte("BM text"), []byte("GIF89a text"), {},
	} {
		f.Add(b)
	}
	for _, b := range hostile(f) {
		if len(b) < 4<<10 {
			f.Add(b)
		}
	}
}

func FuzzHeader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		format := sniff(data)
		h, ok := readHeader(data, format)
		otherKind(data)
		if !ok {
			return
		}
		if h.width < 0 || h.height < 0 || h.end < 0 || h.end > len(data) || h.frames < 1 || h.orientation < 1 || h.orientation > 8 {
			t.Errorf("header %+v of %d bytes", h, len(data))
		}
		if h.refuse() == nil && decodable(format) && (h.cost() <= 0 || h.cost() > maxCost) {
			t.Errorf("header %+v passes with a cost of %d bytes", h, h.cost())
		}
	})
}

// FuzzStrip checks that cutting metadata away changes no pixel and leaves nothing
// more to cut.
func FuzzStrip(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		format := sniff(data)
		strip := stripJPEG
		switch format {
		case JPEG:
		case PNG:
			strip = stripPNG
		default:
			return
		}
		h, _ := readHeader(data, format)
		out := strip(data)
		if len(out) > len(data)+2 {
			t.Fatalf("%d bytes became %d", len(data), len(out))
		}
		if !bytes.Equal(strip(out), out) {
			t.Errorf("stripping twice is not stripping once")
		}
		after, _ := readHeader(out, format)
		if h.end != 0 && (after.metadata || after.gps || after.trailing(out) != 0 || after.width != h.width || after.height != h.height) {
			t.Errorf("header %+v after stripping, %+v before", after, h)
		}
		if small(h) && h.end != 0 {
			before, err := decode(t.Context(), data, h)
			if err != nil {
				return
			}
			got, err := decode(t.Context(), out, after)
			if err != nil || !samePixels(before, got) {
				t.Errorf("the stripped picture differs, or fails: %v", err)
			}
		}
	})
}

// FuzzStitch takes the whole way of a file: check, repair and stitch.
func FuzzStitch(f *testing.F) {
	seeds(f)
	c := New(testLimits, Config{})
	other := jpegOf(f, drawn(20, 20), 80)
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, ok := readHeader(data, sniff(data)); ok && !small(h) {
			return
		}
		report, fixed, ok, err := c.Examine(t.Context(), data, Source{})
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			if again, err := c.Check(t.Context(), fixed.Data, Source{}); err != nil || again.Verdict() == Rejected {
				t.Errorf("the repaired file is refused: %v, %v", again.Problems, err)
			}
		}
		s, err := c.Stitch(t.Context(), [][]byte{other, data}, StitchOptions{})
		if err != nil || (s.Data == nil) == (s.Unusable == nil) {
			t.Errorf("stitch: %d bytes, unusable %v, %v; report %+v", len(s.Data), s.Unusable, err, report)
		}
	})
}

// small keeps the fuzzer from spending its time on large pictures.
func small(h header) bool { return h.width*h.height <= 1<<16 }

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}
