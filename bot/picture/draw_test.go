package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// testLimits are the guidance's.
var testLimits = Limits{
	Accepted:      []Format{JPEG, PNG},
	Disputed:      []Format{GIF},
	MaxBytes:      4_000_000,
	LooseMaxBytes: 4_194_304,
}

// The corners of a drawn picture, from the upper left clockwise.
var corners = [4]color.RGBA{{200, 40, 40, 255}, {40, 180, 60, 255}, {50, 60, 200, 255}, {210, 200, 60, 255}}

// drawn returns a picture whose four quarters have the colours of corners.
func drawn(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			q := 0
			switch right, low := x >= w/2, y >= h/2; {
			case right && low:
				q = 2
			case right:
				q = 1
			case low:
				q = 3
			}
			img.SetRGBA(x, y, corners[q])
		}
	}
	return img
}

// noisy returns a picture with so much detail that it stays large when coded.
func noisy(w, h int, amount int) *image.RGBA {
	img := drawn(w, h)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(img.Pix); i += 4 {
		d := rng.IntN(2*amount+1) - amount
		for k := range 3 {
			img.Pix[i+k] = uint8(max(0, min(255, int(img.Pix[i+k])+d)))
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, frames ...*image.Paletted) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: frames, Delay: make([]int, len(frames))}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bmpOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bmp.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tiffOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, img, &tiff.Options{Compression: tiff.Deflate}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// paletted returns img in few colours.
func paletted(img image.Image) *image.Paletted {
	p := color.Palette{color.White}
	for _, c := range corners {
		p = append(p, c)
	}
	out := image.NewPaletted(img.Bounds(), p)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// webpOf returns a lossless WebP of one colour: five Huffman codes of one
// symbol each, so that a pixel takes no bits.
func webpOf(w, h int, c color.NRGBA, animated bool) []byte {
	var bits uint64
	var n int
	var out []byte
	put := func(v uint64, count int) {
		bits |= v << n
		for n += count; n >= 8; n -= 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	out = append(out, 0x2f)
	put(uint64(w-1), 14)
	put(uint64(h-1), 14)
	put(1, 1) // alpha is used
	put(0, 3) // version
	put(0, 1) // no transform
	put(0, 1) // no colour cache
	put(0, 1) // one set of codes
	for _, v := range []uint8{c.G, c.R, c.B, c.A, 0} {
		put(1, 1) // simple code
		put(0, 1) // of one symbol
		put(1, 1) // of eight bits
		put(uint64(v), 8)
	}
	put(0, 7)
	if len(out)%2 == 1 {
		out = append(out, 0)
	}
	chunks := riffChunk("VP8L", out)
	if animated {
		flags := []byte{2, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0}
		frame := append(make([]byte, 16), chunks...)
		chunks = slices.Concat(riffChunk("VP8X", flags), riffChunk("ANIM", make([]byte, 6)), riffChunk("ANMF", frame), riffChunk("ANMF", frame))
	}
	return riffChunk("RIFF", append([]byte("WEBP"), chunks...))
}

func riffChunk(kind string, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
}

// exifOf returns the TIFF of an EXIF block.
func exifOf(order binary.AppendByteOrder, orientation int, gps bool) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	entries := 1
	if gps {
		entries = 2
	}
	b = order.AppendUint16(b, uint16(entries))
	b = order.AppendUint16(b, tagOrientation)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	b = order.AppendUint16(b, 0)
	if gps {
		b = order.AppendUint16(b, tagGPS)
		b = order.AppendUint16(b, 4)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint32(b, uint32(len(b)+8))
	}
	b = order.AppendUint32(b, 0)
	if gps { // a directory with no entries
		b = append(b, 0, 0, 0, 0, 0, 0)
	}
	return b
}

func segmentOf(marker byte, body []byte) []byte {
	return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

func exifSegment(orientation int, gps bool) []byte {
	return segmentOf(markAPP1, append([]byte(exifPrefix), exifOf(binary.BigEndian, orientation, gps)...))
}

// insert puts segments right behind the SOI of a JPEG.
func insert(jpg []byte, segments ...[]byte) []byte {
	return slices.Concat(jpg[:2], slices.Concat(segments...), jpg[2:])
}

// insertChunk puts a chunk right behind the IHDR of a PNG.
func insertChunk(data []byte, kind string, body []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, kind...), body...)
	c = binary.BigEndian.AppendUint32(c, crc(c[4:]))
	const afterIHDR = 33
	return slices.Concat(data[:afterIHDR], c, data[afterIHDR:])
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, v := range b {
		c ^= uint32(v)
		for range 8 {
			c = c>>1 ^ 0xedb88320&-(c&1)
		}
	}
	return ^c
}

// stored returns img as a camera would store it that was held so that EXIF says
// orientation: what must be done to see it upright is undone.
func stored(img *image.RGBA, orientation int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, sw, sh))
	for y := range sh {
		for x := range sw {
			// EXIF 2.32, table of Orientation: where row 0 and column 0 are.
			ux, uy := x, y
			switch orientation {
			case 2: // top, right
				ux = w - 1 - x
			case 3: // bottom, right
				ux, uy = w-1-x, h-1-y
			case 4: // bottom, left
				uy = h - 1 - y
			case 5: // left, top
				ux, uy = y, x
			case 6: // right, top
				ux, uy = w-1-y, x
			case 7: // right, bottom
				ux, uy = w-1-y, h-1-x
			case 8: // left, bottom
				ux, uy = y, h-1-x
			}
			out.SetRGBA(x, y, img.RGBAAt(ux, uy))
		}
	}
	return out
}

// wantCorners checks that the part r of img shows a drawn picture upright.
func wantCorners(t *testing.T, img image.Image, r image.Rectangle) {
	t.Helper()
	w, h := r.Dx(), r.Dy()
	at := [4]image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {3 * w / 4, 3 * h / 4}, {w / 4, 3 * h / 4}}
	for i, p := range at {
		wantColour(t, img, r.Min.Add(p), corners[i])
	}
}

// tolerance is how far a colour may be off after coding, in levels.
const tolerance = 14

func wantColour(t *testing.T, img image.Image, p image.Point, want color.RGBA) {
	t.Helper()
	got := color.RGBAModel.Convert(img.At(p.X, p.Y)).(color.RGBA)
	for _, d := range [3]int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d > tolerance || d < -tolerance {
			t.Errorf("colour at %v = %v, want %v", p, got, want)
			return
		}
	}
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("decode %d bytes: %v", len(data), err)
	}
	return img
}

func codes(r Report) []Code {
	var cs []Code
	for _, p := range r.Problems {
		cs = append(cs, p.Code)
	}
	return cs
}

func changes(r Repaired) []ChangeCode {
	var cs []ChangeCode
	for _, c := range r.Changes {
		cs = append(cs, c.Code)
	}
	return cs
}
