package picture

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	ftyp := func(brands ...string) string {
		b := binary.BigEndian.AppendUint32(nil, uint32(12+4*len(brands)))
		b = append(append(append(b, "ftyp"...), brands[0]...), 0, 0, 0, 0)
		for _, s := range brands[1:] {
			b = append(b, s...)
		}
		return string(b) + strings.Repeat("\x00", 40)
	}
	tests := []struct {
		name, data string
		want       Format
	}{
		{"a jpeg", string(jpegOf(t, drawn(8, 8), 80)), JPEG},
		{"a png", string(pngOf(t, drawn(8, 8))), PNG},
		{"four bytes of a png are none", "\x89PNG is a picture format", Unknown},
		{"a gif", string(gifOf(t, paletted(drawn(8, 8)))), GIF},
		{"a text that begins with GIF", "GIF is a format of the eighties", Unknown},
		{"a text that begins with the whole magic of a gif", "GIF89a is a format of the eighties", Unknown},
		{"a bmp", string(bmpOf(t, drawn(8, 8))), BMP},
		{"a text that begins with BM", "BMW cars are listed in this note, page by page.", Unknown},
		{"a tiff", string(tiffOf(t, drawn(8, 8))), TIFF},
		{"a webp", string(webpOf(8, 8, color.NRGBA{A: 255}, false)), WebP},
		{"WEBP without RIFF", "ABCDxxxxWEBPVP8 more text", Unknown},
		{"heic", ftyp("heic", "mif1", "heic"), HEIF},
		{"heix, which phones write for ten bits", ftyp("heix", "mif1"), HEIF},
		{"hevc, a sequence", ftyp("hevc", "msf1"), HEIF},
		{"mif1 alone", ftyp("mif1", "miaf"), HEIF},
		{"avif", ftyp("avif", "mif1", "miaf"), AVIF},
		{"avif behind a general brand", ftyp("mif1", "avif", "miaf"), AVIF},
		{"a film", ftyp("isom", "mp42"), Unknown},
		{"an ftyp box that is longer than the file", "\x00\x00\x40\x00ftypheic\x00\x00\x00\x00mif1", HEIF},
		{"jpeg xl, bare", "\xff\x0a\x00\x00", JXL},
		{"jpeg xl in boxes", "\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl ", JXL},
		{"jpeg 2000", "\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 ", JP2},
		{"pdf", "%PDF-1.7\n%âãÏÓ", PDF},
		{"pdf after some junk", strings.Repeat("x", 700) + "%PDF-1.4", PDF},
		{"a text that speaks of PDF after the first KB", strings.Repeat("x", 1100) + "%PDF-1.4", Unknown},
		{"a zip", "PK\x03\x04\x14\x00\x00\x00", Unknown},
		{"one byte", "x", Unknown},
	}
	for _, tt := range tests {
		got := sniff([]byte(tt.data))
		if _, ok := readHeader([]byte(tt.data), got); !ok {
			got = Unknown
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestOtherKind(t *testing.T) {
	tests := map[string]string{
		"这是一段文字。":                 "text",
		"BMW cars":                "text",
		"PK\x03\x04\x14\x00":      "zip",
		"\x01\x02\x03\x04\x05":    "",
		strings.Repeat("中", 4000): "text", // the head ends within a character
	}
	for data, want := range tests {
		if got := otherKind([]byte(data)); got != want {
			t.Errorf("otherKind(%.20q…) = %q, want %q", data, got, want)
		}
	}
}

func TestHeaderSizes(t *testing.T) {
	img := drawn(33, 17)
	heif := isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + isoBox("meta", "\x00\x00\x00\x00"+isoBox("iprp", isoBox("ipco",
		isoBox("ispe", "\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x10")+isoBox("ispe", "\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00\x00\x21")+isoBox("irot", "\x01"))))
	tests := []struct {
		name string
		data []byte
	}{
		{"jpeg", jpegOf(t, img, 80)},
		{"png", pngOf(t, img)},
		{"gif", gifOf(t, paletted(img))},
		{"bmp", bmpOf(t, img)},
		{"tiff", tiffOf(t, img)},
		{"webp", webpOf(33, 17, color.NRGBA{A: 255}, false)},
		{"heif, the largest of several and turned", []byte(heif)},
	}
	for _, tt := range tests {
		h, ok := readHeader(tt.data, sniff(tt.data))
		if !ok || h.width != 33 || h.height != 17 || h.broken || h.incomplete || h.variant != "" {
			t.Errorf("%s: header %+v, %v, want 33×17 in order", tt.name, h, ok)
		}
		if h.format != TIFF && h.format != HEIF && h.end != len(tt.data) {
			t.Errorf("%s: ends at %d of %d", tt.name, h.end, len(tt.data))
		}
	}
}

func isoBox(kind, body string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
}

func TestOrientationWherever(t *testing.T) {
	jpg := jpegOf(t, drawn(16, 16), 80)
	xmp := segmentOf(markAPP1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>"))
	little := segmentOf(markAPP1, append([]byte(exifPrefix), exifOf(binary.LittleEndian, 8, false)...))
	tests := []struct {
		name string
		data []byte
		want int
	}{
		{"none", jpg, 1},
		{"in the first APP1", insert(jpg, exifSegment(6, false)), 6},
		{"little endian", insert(jpg, little), 8},
		{"behind XMP", insert(jpg, xmp, exifSegment(6, false)), 6},
		{"behind fill bytes", insert(jpg, []byte{0xff, 0xff, 0xff}, exifSegment(3, false)), 3},
		{"the first of two", insert(jpg, exifSegment(5, false), exifSegment(2, false)), 5},
		{"out of range", insert(jpg, exifSegment(9, false)), 1},
		{"a cut block", insert(jpg, segmentOf(markAPP1, []byte(exifPrefix+"MM\x00*\x00\x00\x00\x08\x00\xff"))), 1},
		{"a directory that points to itself", insert(jpg, segmentOf(markAPP1, []byte(exifPrefix+"MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x08"))), 1},
		{"in a png", insertChunk(pngOf(t, drawn(16, 16)), "eXIf", exifOf(binary.BigEndian, 7, false)), 7},
	}
	for _, tt := range tests {
		h, _ := readHeader(tt.data, sniff(tt.data))
		if h.orientation != tt.want {
			t.Errorf("%s: orientation %d, want %d", tt.name, h.orientation, tt.want)
		}
	}
}

func TestJPEGVariants(t *testing.T) {
	jpg := jpegOf(t, drawn(16, 16), 80)
	sof := slices.Index(jpg, markSOF0) // the first 0xc0 may be in a table
	for jpg[sof-1] != 0xff {
		sof += 1 + slices.Index(jpg[sof+1:], markSOF0)
	}
	for marker, want := range map[byte]string{0xc0: "", 0xc1: "", 0xc2: "", 0xc3: "lossless", 0xc9: "arithmetic", 0xca: "arithmetic", 0xc5: "hierarchical"} {
		b := slices.Clone(jpg)
		b[sof] = marker
		if h, _ := readHeader(b, JPEG); h.variant != want || h.progressive != (marker == 0xc2) {
			t.Errorf("SOF %#x: variant %q, progressive %v, want %q", marker, h.variant, h.progressive, want)
		}
	}
	b := slices.Clone(jpg)
	b[sof+3] = 12
	if h, _ := readHeader(b, JPEG); h.variant != "12-bit" {
		t.Errorf("12 bits a sample: variant %q", h.variant)
	}
}

func TestTrailing(t *testing.T) {
	zip := []byte("PK\x03\x04 an archive that somebody hid here")
	for _, data := range [][]byte{jpegOf(t, drawn(16, 16), 80), pngOf(t, drawn(16, 16)), gifOf(t, paletted(drawn(16, 16)))} {
		f := sniff(data)
		for tail, want := range map[string]int{"": 0, string(zip): len(zip), "\x00\x00\x00\x00": 0} {
			whole := append(slices.Clone(data), tail...)
			h, _ := readHeader(whole, f)
			if got := h.trailing(whole); got != want {
				t.Errorf("%s with %d more bytes: trailing %d, want %d", f, len(tail), got, want)
			}
		}
		h, _ := readHeader(data[:len(data)/2], f)
		if !h.incomplete {
			t.Errorf("%s cut in half is not incomplete", f)
		}
	}
}

func TestStripKeepsPixels(t *testing.T) {
	icc := segmentOf(markAPP2, []byte("ICC_PROFILE\x00\x01\x01 a profile"))
	mpf := segmentOf(markAPP2, []byte("MPF\x00 the list of more pictures"))
	jpg := jpegOf(t, noisy(40, 30, 40), 80)
	dirty := append(insert(jpg, exifSegment(1, true), icc, mpf, segmentOf(markCOM, []byte("made by me"))), "PK\x03\x04"...)
	if got, want := stripJPEG(dirty), insert(jpg, icc); string(got) != string(want) {
		t.Errorf("stripped jpeg has %d bytes, want the %d of the clean one", len(got), len(want))
	}
	if got := stripJPEG(jpg[:len(jpg)-2]); string(got) != string(jpg) {
		t.Errorf("a jpeg without its end mark does not get it back")
	}

	p := pngOf(t, noisy(40, 30, 40))
	dirty = insertChunk(p, "tEXt", []byte("Comment\x00made by me"))
	dirty = append(insertChunk(dirty, "eXIf", exifOf(binary.BigEndian, 1, true)), "PK\x03\x04"...)
	if got := stripPNG(dirty); string(got) != string(p) {
		t.Errorf("stripped png has %d bytes, want the %d of the clean one", len(got), len(p))
	}
}

// TestHeaderLengths has lengths that no format allows: they are no pixels.
func TestHeaderLengths(t *testing.T) {
	bitmap := func(w, h int32) []byte {
		b := bmpOf(t, drawn(8, 8))
		binary.LittleEndian.PutUint32(b[18:], uint32(w))
		binary.LittleEndian.PutUint32(b[22:], uint32(h))
		return b
	}
	ispe := func(w, h uint32) []byte {
		size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 0}, w), h)
		return []byte(isoBox("ftyp", "heic\x00\x00\x00\x00mif1") + isoBox("meta", "\x00\x00\x00\x00"+isoBox("iprp", isoBox("ipco", isoBox("ispe", string(size))))))
	}
	c := New(testLimits, Config{HEIC: func(context.Context, []byte) (image.Image, error) { return nil, ErrUndecodable }})
	for _, tt := range []struct {
		name string
		data []byte
		want Code
		w, h int
	}{
		{"bmp stored from the top", bitmap(8, -8), TooSmall, 8, 8},
		{"bmp of negative width", bitmap(-8, 8), Corrupt, 0, 0},
		{"bmp of the lowest height", bitmap(8, -1<<31), Corrupt, 0, 0},
		{"bmp of no width", bitmap(0, 8), Corrupt, 0, 0},
		{"bmp of 2³¹−1 a side", bitmap(1<<31-1, 1<<31-1), TooManyPixels, 1<<31 - 1, 1<<31 - 1},
		{"png of 2³¹−1 a side", pngClaim(1<<31-1, 1<<31-1, 16, 6, nil), TooManyPixels, 1<<31 - 1, 1<<31 - 1},
		{"png of 2³¹ a side", pngClaim(1<<31, 7, 8, 2, nil), Corrupt, 0, 7},
		{"png of 2³²−1 a side", pngClaim(1<<32-1, 1<<32-1, 8, 2, nil), Corrupt, 0, 0},
		{"tiff of 2³²−1 a side", tiffSize(1<<32-1, 1<<32-1, 0), Corrupt, 0, 0},
		{"tiff of 2³¹−1 a side", tiffSize(1<<31-1, 1<<31-1, 0), TooManyPixels, 1<<31 - 1, 1<<31 - 1},
		{"tiff of tiles of 2³²−1", tiffSize(800, 600, 1<<32-1), Corrupt, 800, 600},
		{"tiff of tiles of one pixel", tiffSize(800, 600, 1), FormatNotAccepted, 800, 600},
		{"heif of 2³²−1 a side", ispe(1<<32-1, 1<<32-1), Corrupt, 0, 0},
		{"heif of 2³¹−1 a side", ispe(1<<31-1, 1<<31-1), TooManyPixels, 1<<31 - 1, 1<<31 - 1},
	} {
		r, err := c.Check(t.Context(), tt.data, Source{})
		if err != nil || !slices.Contains(codes(r), tt.want) || r.Width != tt.w || r.Height != tt.h {
			t.Errorf("%s: %d×%d, %v, %v, want %s and %d×%d", tt.name, r.Width, r.Height, r.Problems, err, tt.want, tt.w, tt.h)
		}
	}
}

// A bitmap of 24 bits a pixel has 8 a colour: to save it with 8 bits is no advice.
func TestBitmapDepth(t *testing.T) {
	b := bmpOf(t, drawn(8, 8))
	binary.LittleEndian.PutUint32(b[18:], 7500)
	binary.LittleEndian.PutUint32(b[22:], 7500)
	r, err := New(testLimits, Config{}).Check(t.Context(), b, Source{})
	i := slices.Index(codes(r), TooManyPixels)
	if err != nil || i < 0 || r.Problems[i].Args["why"] != "storage" || r.Problems[i].Args["depth"] != "" {
		t.Errorf("%+v, %v, want too many pixels for how it is stored, and no depth", r.Problems, err)
	}
}

// tiffSize returns a deflated TIFF that says this of itself, in tiles when tile is
// not 0.
func tiffSize(w, h, tile uint32) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	tags := [][2]uint32{{tagWidth, w}, {tagHeight, h}, {tagBits, 8}, {tagCompression, tiffDeflate}, {262, 1}}
	if tile > 0 {
		tags = append(tags, [2]uint32{tagTileWidth, tile}, [2]uint32{tagTileHeight, tile})
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, e := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, e[1])
	}
	return append(b, 0, 0, 0, 0)
}

// TestWalked checks how many coefficients the passes of a JPEG are counted to go
// over.
func TestWalked(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    craftJPEG
		want int64
	}{
		{"gray", craftJPEG{parts: []byte{0x11}}, 64 * 64},
		{"with chroma at half size", craftJPEG{parts: []byte{0x22, 0x11, 0x11}}, 64 * 64 * 6 / 4},
		{"with all of it", craftJPEG{parts: []byte{0x11, 0x11, 0x11}}, 3 * 64 * 64},
		{"three times over", craftJPEG{parts: []byte{0x11}, again: 2}, 3 * 64 * 64},
		{"progressive: the mean, and twice the rest", craftJPEG{parts: []byte{0x11}, progressive: true, again: 1}, 64 * (1 + 8 + 2*(63+8))},
	} {
		tt.c.w, tt.c.h = 64, 64
		if h, _ := readHeader(tt.c.bytes(), JPEG); h.walked != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, h.walked, tt.want)
		}
	}
}
