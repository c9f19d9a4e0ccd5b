package picture

import (
	"encoding/binary"
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
