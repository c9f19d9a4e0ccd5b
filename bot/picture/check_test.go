package picture

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCheckFormats(t *testing.T) {
	img := noisy(640, 820, 20)
	jpg := jpegOf(t, img, 85)
	p := pngOf(t, drawn(640, 820))
	pal, dot := paletted(drawn(640, 820)), paletted(drawn(1, 1))
	tests := []struct {
		name    string
		data    []byte
		src     Source
		verdict Verdict
		codes   []Code
	}{
		{"a good jpeg", jpg, Source{Name: "证件.JPG"}, OK, nil},
		{"a good png", p, Source{Name: "a.png"}, OK, nil},
		{"a png named .jpg", p, Source{Name: "a.jpg"}, Warned, []Code{ExtensionMismatch}},
		{"a name without extension", p, Source{Name: "photo"}, OK, nil},
		{"an extension that nobody knows", p, Source{Name: "photo.scan"}, OK, nil},
		{"sent as photo", jpg, Source{FromChat: true}, OK, []Code{RecompressedByChat}},
		{"lying on its side", insert(jpg, exifSegment(6, false)), Source{}, OK, []Code{Rotated}},
		{"only the end mark is missing", jpg[:len(jpg)-2], Source{}, OK, nil},
		{"a zip behind the picture", append(slices.Clone(jpg), "PK\x03\x04 and more"...), Source{}, OK, []Code{TrailingData}},
		{"a gif", gifOf(t, pal), Source{}, Warned, []Code{FormatNotAccepted}},
		{"an animated gif", gifOf(t, pal, pal), Source{}, Warned, []Code{FormatNotAccepted, Animated}},
		{"a gif of a pixel, animated, named .jpg and with more behind it", append(gifOf(t, dot, dot), "PK\x03\x04 and more"...), Source{Name: "a.jpg"}, Warned, []Code{FormatNotAccepted, ExtensionMismatch, TooSmall}},
		{"a webp", webpOf(640, 820, color.NRGBA{201, 202, 203, 255}, false), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"an animated webp", webpOf(640, 820, color.NRGBA{201, 202, 203, 255}, true), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"a bmp", bmpOf(t, img), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"a tiff", tiffOf(t, img), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"a heic without a decoder", []byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1")), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"a pdf", []byte("%PDF-1.7\n"), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"an avif", []byte(isoBox("ftyp", "avif\x00\x00\x00\x00mif1")), Source{}, Rejected, []Code{FormatNotAccepted}},
		{"nothing", nil, Source{Name: "a.jpg"}, Rejected, []Code{Empty}},
		{"a text named .jpg", []byte("把证件照发给我"), Source{Name: "a.jpg"}, Rejected, []Code{UnknownFormat}},
		{"a text that begins with BM", []byte("BM is how this text begins, and it is no bitmap at all."), Source{}, Rejected, []Code{UnknownFormat}},
		{"a jpeg cut in half", jpg[:len(jpg)/2], Source{}, Rejected, []Code{Truncated}},
		{"a png cut in half", p[:len(p)/2], Source{}, Rejected, []Code{Truncated}},
		{"the first bytes of a jpeg", jpg[:4], Source{}, Rejected, []Code{Truncated}},
		{"a jpeg with a hole", hole(jpg), Source{}, Rejected, []Code{Corrupt}},
		{"a tiny picture", jpegOf(t, drawn(90, 60), 85), Source{}, Warned, []Code{TooSmall}},
		{"a strip", jpegOf(t, drawn(2100, 100), 85), Source{}, Rejected, []Code{ExtremeShape}},
	}
	c := New(testLimits, Config{})
	for _, tt := range tests {
		r, err := c.Check(t.Context(), tt.data, tt.src)
		if err != nil || r.Verdict() != tt.verdict || !slices.Equal(codes(r), tt.codes) {
			t.Errorf("%s: %s %v, %v, want %s %v", tt.name, r.Verdict(), r.Problems, err, tt.verdict, tt.codes)
		}
		if r.Bytes != int64(len(tt.data)) {
			t.Errorf("%s: %d bytes, want %d", tt.name, r.Bytes, len(tt.data))
		}
	}
}

// TestReadable checks how much of a JPEG is there that was cut short.
func TestReadable(t *testing.T) {
	c := New(testLimits, Config{})
	jpg := jpegOf(t, noisy(640, 820, 40), 85)
	for _, percent := range []int{10, 50, 90} {
		r, err := c.Check(t.Context(), jpg[:len(jpg)*percent/100], Source{})
		if err != nil || len(r.Problems) != 1 || r.Problems[0].Code != Truncated {
			t.Fatalf("%d %% of a file: %v, %v", percent, r.Problems, err)
		}
		got, err := strconv.Atoi(r.Problems[0].Args["readable"])
		if err != nil || got < percent-4 || got > percent+4 {
			t.Errorf("%d %% of a file: %v, want about as much of the picture", percent, r.Problems[0].Args)
		}
	}
}

// TestManyAtOnce works on forty pictures, of several kinds and some not to be
// opened, with the memory for a few: what is accounted never exceeds it, comes
// near it, and is all given back.
func TestManyAtOnce(t *testing.T) {
	img := drawn(300, 400)
	jpg := insert(jpegOf(t, img, 85), exifSegment(6, false))
	kinds := [][]byte{jpg, pngOf(t, img), jpg[:len(jpg)/2], gifOf(t, paletted(img)), hole(jpg)}
	const pictures = 4 // that there is memory for
	h, _ := readHeader(jpg, JPEG)
	c := New(testLimits, Config{MemoryBytes: pictures * h.cost()})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			data := kinds[i%len(kinds)]
			var err error
			if i%2 == 0 {
				_, err = c.Check(t.Context(), data, Source{})
			} else {
				_, _, _, err = c.Examine(t.Context(), data, Source{})
			}
			if err != nil {
				t.Errorf("one of forty: %v", err)
			}
		})
	}
	wg.Wait()
	b := c.memory
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != 0 || b.most > b.bytes || b.most < b.bytes/pictures {
		t.Errorf("of %d bytes at most %d were held, and %d are still", b.bytes, b.most, b.held)
	}
}

// hole returns a JPEG whose Huffman tables are zeroed.
func hole(jpg []byte) []byte {
	b := slices.Clone(jpg)
	eachSegment(b, func(s segment) bool {
		if s.marker == markDHT {
			clear(s.body[1:])
		}
		return true
	})
	return b
}

func TestCheckSizes(t *testing.T) {
	c := New(testLimits, Config{})
	jpg := jpegOf(t, drawn(640, 820), 85)
	for _, tt := range []struct {
		bytes int
		want  []Code
	}{
		{3_999_999, nil},
		{4_000_000, []Code{BorderlineSize}},
		{4_194_303, []Code{BorderlineSize}},
		{4_194_304, []Code{TooLarge}},
		{MaxInput + 1, []Code{TooLarge}},
	} {
		data := append(slices.Clone(jpg), make([]byte, tt.bytes-len(jpg))...) // zeros are no trailing data
		r, err := c.Check(t.Context(), data, Source{})
		if err != nil || !slices.Equal(codes(r), tt.want) {
			t.Errorf("%d bytes: %v, %v, want %v", tt.bytes, r.Problems, err, tt.want)
		}
	}
}

// hostile returns files that cost a careless program its memory or its time.
func hostile(t testing.TB) map[string][]byte {
	hostileOnce.Do(func() { hostileFiles = makeHostile(t) })
	return hostileFiles
}

var (
	hostileOnce  sync.Once // drawing them takes a second
	hostileFiles map[string][]byte
)

func makeHostile(t testing.TB) map[string][]byte {
	bmp := append([]byte("BM"), make([]byte, 24<<10)...)
	binary.LittleEndian.PutUint32(bmp[10:], 54)
	binary.LittleEndian.PutUint32(bmp[14:], 40)
	binary.LittleEndian.PutUint32(bmp[18:], 3_000_000)
	binary.LittleEndian.PutUint32(bmp[22:], 2_000_000)
	binary.LittleEndian.PutUint16(bmp[26:], 1)
	binary.LittleEndian.PutUint16(bmp[28:], 24)

	jpg := jpegOf(t, drawn(640, 820), 85)
	big := resized(jpg, 65535, 65535)
	quarters := paletted(drawn(16, 16))
	frames := make([]*image.Paletted, 2000)
	for i := range frames {
		frames[i] = quarters
	}
	bigTIFF := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	for _, tag := range [2]uint16{tagWidth, tagHeight} {
		bigTIFF = binary.LittleEndian.AppendUint16(bigTIFF, tag)
		bigTIFF = binary.LittleEndian.AppendUint16(bigTIFF, 4)
		bigTIFF = binary.LittleEndian.AppendUint32(bigTIFF, 1)
		bigTIFF = binary.LittleEndian.AppendUint32(bigTIFF, 3_000_000)
	}
	webp := webpOf(16384, 16384, color.NRGBA{1, 2, 3, 255}, false)
	liar := slices.Clone(webp)
	binary.LittleEndian.PutUint32(liar[4:], 0x7ffffff0)
	binary.LittleEndian.PutUint32(liar[16:], 0x7fffffe0)
	loop := slices.Clone(bigTIFF)
	loop = append(loop, 8, 0, 0, 0) // the next directory is this one
	return map[string][]byte{
		"tiff whose directory is its own next": loop,
		"tiff with an index past its palette":  tiffPalette(),
		"bmp with an index past its palette":   bmpPalette(),
		"bmp of 3,000,000×2,000,000":           bmp,
		"jpeg of 65535×65535":                  big,
		"jpeg of 65535×1":                      resized(jpg, 65535, 1),
		"jpeg of 16000×3000, little data":      resized(jpg, 16000, 3000),
		"jpeg without height":                  resized(jpg, 640, 0),
		"png of 3,000,000×2,000,000":           pngClaim(3_000_000, 2_000_000, 8, 2, nil),
		"png of 2³¹ a side":                    pngClaim(1<<31-1, 1<<31-1, 16, 6, nil),
		"png of 7000×7000 at 16 bits":          pngClaim(7000, 7000, 16, 6, zeros(t, 1<<20)),
		"png of 4800×4800 in one bit":          pngClaim(4800, 4800, 1, 0, zeros(t, (600+1)*4800)),
		"png with a text that inflates":        insertChunk(pngOf(t, drawn(640, 820)), "zTXt", append([]byte("Comment\x00\x00"), zeros(t, 50<<20)...)),
		"gif of 2,000 frames":                  gifOf(t, frames...),
		"gif with a canvas of 65535×65535":     gifCanvas(gifOf(t, quarters)),
		"tiff of 3,000,000×3,000,000":          append(bigTIFF, 0, 0, 0, 0),
		"tiff that inflates":                   tiffBomb(t),
		"webp of 16384×16384":                  webp,
		"webp that claims 2 GB":                liar,
		"progressive jpeg of 1,000 scans":      manyScans(t, 1000),
		"jpeg with 40,000 comments":            insert(jpg, bytes.Repeat(segmentOf(markCOM, []byte("x")), 40_000)),
		"jpeg with exif in 300 segments":       insert(jpg, bytes.Repeat(exifSegment(6, true), 300)),
		"heif of boxes in boxes":               []byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + strings.Repeat("\x00\x00\x00\x08free", 50_000)),
		"heif whose box is longer than 2⁶²":    []byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + "\x00\x00\x00\x01meta\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"markers only":                         append([]byte{0xff, 0xd8}, bytes.Repeat([]byte{0xff}, 1<<20)...),
	}
}

// resized changes what the header of a JPEG claims.
func resized(jpg []byte, w, h int) []byte {
	b := slices.Clone(jpg)
	eachSegment(b, func(s segment) bool {
		if s.marker == markSOF0 || s.marker == markSOF2 {
			binary.BigEndian.PutUint16(s.body[1:], uint16(h))
			binary.BigEndian.PutUint16(s.body[3:], uint16(w))
		}
		return true
	})
	return b
}

func pngClaim(w, h uint32, depth, colour byte, idat []byte) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), depth, colour, 0, 0, 0)
	out := []byte(pngSignature)
	for _, c := range [][]byte{ihdr, append([]byte("IDAT"), idat...), []byte("IEND")} {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(c)-4)), c...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(c))
	}
	return out
}

// zeros returns n zeros, deflated.
func zeros(t testing.TB, n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifCanvas(b []byte) []byte {
	binary.LittleEndian.PutUint16(b[6:], 65535)
	binary.LittleEndian.PutUint16(b[8:], 65535)
	return b
}

// tiffBomb returns a TIFF whose only strip inflates to 8 bytes a pixel and more.
func tiffBomb(t testing.TB) []byte {
	const side = 2600
	strip := zeros(t, side*side*8)
	b := []byte("II*\x00\x08\x00\x00\x00\x09\x00")
	for _, e := range [][2]uint32{{tagWidth, side}, {tagHeight, side}, {tagBits, 8}, {tagCompression, tiffDeflate}, {262, 1}, {273, 10 + 9*12 + 4}, {tagSamples, 1}, {tagStripRows, side}, {279, uint32(len(strip))}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, e[1])
	}
	return append(append(b, 0, 0, 0, 0), strip...)
}

// tiffPalette returns a TIFF of two colours whose pixels name the 256th. Scaling
// it once ended the process (CVE-2023-36308).
func tiffPalette() []byte {
	const w, h, entries = 640, 820, 9
	after := uint32(10 + entries*12 + 4)
	b := []byte("II*\x00\x08\x00\x00\x00\x09\x00")
	for _, e := range [entries][4]uint32{{tagWidth, 3, 1, w}, {tagHeight, 3, 1, h}, {tagBits, 3, 1, 8}, {tagCompression, 3, 1, tiffNone}, {262, 3, 1, 3}, {273, 4, 1, after + 12}, {tagStripRows, 3, 1, h}, {279, 4, 1, w * h}, {320, 3, 6, after}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
		b = binary.LittleEndian.AppendUint32(b, e[3])
	}
	b = append(b, make([]byte, 4+12)...)
	return append(b, bytes.Repeat([]byte{0xff}, w*h)...)
}

// bmpPalette is the same as a bitmap.
func bmpPalette() []byte {
	const w, h, start = 640, 820, 54 + 8
	b := append([]byte("BM"), make([]byte, start-2)...)
	for at, v := range map[int]uint32{2: start + w*h, 10: start, 14: 40, 18: w, 22: h, 26: 1 | 8<<16, 34: w * h, 46: 2} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	return append(b, bytes.Repeat([]byte{0xff}, w*h)...)
}

// manyScans returns a gray progressive JPEG of n scans that say nothing.
func manyScans(t testing.TB, n int) []byte {
	jpg := jpegOf(t, image.NewGray(image.Rect(0, 0, 640, 640)), 80)
	out := []byte{0xff, markSOI}
	eachSegment(jpg, func(s segment) bool {
		part := slices.Clone(jpg[s.start:s.end])
		switch s.marker {
		case markSOF0:
			part[1] = markSOF2
		case markSOS:
			part = nil
		}
		out = append(out, part...)
		return true
	})
	for range n {
		out = append(out, segmentOf(markSOS, []byte{1, 1, 0, 0, 0, 0})...)
		out = append(out, make([]byte, 1600)...)
	}
	return append(out, 0xff, markEOI)
}

func TestHostileFiles(t *testing.T) {
	c := New(testLimits, Config{HEIC: func(context.Context, []byte) (image.Image, error) { return nil, ErrUndecodable }})
	// Alone on a machine none takes two seconds: go test -v prints how long each
	// took. A bomb that goes off takes minutes and ends the test.
	files := hostile(t)
	for name, data := range files {
		start := time.Now()
		r, err := c.Check(t.Context(), data, Source{})
		if err != nil || r.Format == Unknown {
			t.Errorf("%s: %+v, %v, want a report", name, r, err)
		}
		s, err := c.Stitch(t.Context(), [][]byte{data}, StitchOptions{})
		if err != nil || len(s.Data) == 0 && len(s.Unusable) != 1 {
			t.Errorf("%s: stitch with %d bytes, unusable %v, %v", name, len(s.Data), s.Unusable, err)
		}
		t.Logf("%s: %v", name, time.Since(start).Round(time.Millisecond))
	}
	for name, want := range map[string]Code{
		"bmp of 3,000,000×2,000,000":      TooManyPixels,
		"jpeg of 65535×65535":             TooManyPixels,
		"jpeg of 65535×1":                 TooManyPixels,
		"jpeg of 16000×3000, little data": Corrupt,
		"png of 3,000,000×2,000,000":      TooManyPixels,
		"png of 2³¹ a side":               TooManyPixels,
		"png of 7000×7000 at 16 bits":     TooManyPixels,
		"tiff of 3,000,000×3,000,000":     TooManyPixels,
		"tiff that inflates":              TooManyPixels,
		"webp of 16384×16384":             TooManyPixels,
		"progressive jpeg of 1,000 scans": Corrupt,
	} {
		r, err := c.Check(t.Context(), files[name], Source{})
		if err != nil || !slices.Contains(codes(r), want) {
			t.Errorf("%s: %v, %v, want %s", name, r.Problems, err, want)
		}
	}
}

// TestDecodeStops checks that a decoder stops when its context ends.
func TestDecodeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, data := range [][]byte{jpegOf(t, drawn(64, 64), 80), pngOf(t, drawn(64, 64)), bmpOf(t, drawn(64, 64)), tiffOf(t, drawn(64, 64)), gifOf(t, paletted(drawn(64, 64)))} {
		h, _ := readHeader(data, sniff(data))
		if _, err := decode(ctx, data, h); !errors.Is(err, context.Canceled) {
			t.Errorf("decode %s with an ended context: %v", h.format, err)
		}
	}
	c := New(testLimits, Config{})
	if _, err := c.Check(ctx, jpegOf(t, drawn(64, 64), 80), Source{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Check with an ended context: %v", err)
	}
}

func TestBudgetWaits(t *testing.T) {
	b := newBudget(100)
	free, err := b.take(t.Context(), 500) // more than there is: all of it
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := b.take(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("take from an empty budget: %v, want a wait until the context ends", err)
	}
	got := make(chan error)
	go func() {
		free, err := b.take(t.Context(), 60)
		if err == nil {
			free()
		}
		got <- err
	}()
	free()
	if err := <-got; err != nil {
		t.Errorf("take after a release: %v", err)
	}
}

// TestWebPRange checks the levels of a lossy WebP: VP8 does not use all of them.
func TestWebPRange(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := readHeader(data, sniff(data))
	img, err := decode(t.Context(), data, h)
	if err != nil {
		t.Fatal(err)
	}
	raw := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio420)
	copy(raw.Y, []byte{16, 235, 126, 255})
	raw.Cb[0], raw.Cr[0] = 240, 16
	full := fullRange(raw).(*image.YCbCr)
	if got, want := full.Y, []byte{0, 255, 128, 255}; !bytes.Equal(got, want) {
		t.Errorf("luma 16, 235, 126, 255 became %v, want %v", got, want)
	}
	if full.Cb[0] != 255 || full.Cr[0] != 1 && full.Cr[0] != 0 {
		t.Errorf("chroma 240, 16 became %d, %d, want 255, 0", full.Cb[0], full.Cr[0])
	}
	if img.Bounds().Dx() != 1 {
		t.Errorf("bounds %v, want 1×1", img.Bounds())
	}
}
