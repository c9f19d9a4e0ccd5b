package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// costlyFiles draws, each when it is wanted, files that stand at the edge of a
// limit and are made to cost the most there: in pixels, in coded bits, in passes
// and in pieces. Some pass, some are refused; none may cost more than is allowed.
func costlyFiles(t testing.TB) map[string]func() []byte {
	rgb420, rgb444, gray := []byte{0x22, 0x11, 0x11}, []byte{0x11, 0x11, 0x11}, []byte{0x11}
	turned := func(b []byte) []byte { return insert(b, exifSegment(6, true)) }
	small := pngOf(t, drawn(640, 820))
	return map[string]func() []byte{
		"jpeg 420 of 60 million pixels, 20 MB": func() []byte { return craftJPEG{w: 9500, h: 6300, parts: rgb420, coefs: 34}.bytes() },
		"jpeg 420 of 60 million, turned":       func() []byte { return turned(craftJPEG{w: 9500, h: 6300, parts: rgb420, coefs: 30}.bytes()) },
		"jpeg 444 of 49 million, flat":         func() []byte { return craftJPEG{w: 7000, h: 7000, parts: rgb444}.bytes() },
		"jpeg 444 of 49 million, turned":       func() []byte { return turned(craftJPEG{w: 7000, h: 7000, parts: rgb444, coefs: 10}.bytes()) },
		"jpeg 444 of 41 million, turned":       func() []byte { return turned(craftJPEG{w: 7900, h: 5200, parts: rgb444, coefs: 20}.bytes()) },
		"jpeg gray of 60 million, 20 MB":       func() []byte { return turned(craftJPEG{w: 9500, h: 6300, parts: gray, coefs: 56}.bytes()) },
		"jpeg 411 of 60 million":               func() []byte { return craftJPEG{w: 9500, h: 6300, parts: []byte{0x41, 0x11, 0x11}, coefs: 20}.bytes() },
		"jpeg of a restart in each unit":       func() []byte { return craftJPEG{w: 9500, h: 6300, parts: rgb420, coefs: 2, restart: 1}.bytes() },
		"jpeg cut at 99 %, 13 million": func() []byte {
			b := craftJPEG{w: 3600, h: 3600, parts: rgb420, coefs: 63}.bytes()
			return b[:len(b)*99/100]
		},
		"jpeg cut at 99 %, 444, 13 million": func() []byte {
			b := craftJPEG{w: 3600, h: 3600, parts: rgb444, coefs: 63}.bytes()
			return b[:len(b)*99/100]
		},
		"jpeg cmyk of 15 million": func() []byte {
			return craftJPEG{w: 4600, h: 3200, parts: []byte{0x11, 0x11, 0x11, 0x11}, coefs: 20}.bytes()
		},
		"jpeg cmyk of 15 million, turned": func() []byte {
			return turned(craftJPEG{w: 4600, h: 3200, parts: []byte{0x11, 0x11, 0x11, 0x11}, coefs: 20}.bytes())
		},
		"jpeg of 60 scans of the whole": func() []byte { return craftJPEG{w: 9500, h: 6300, parts: gray, again: 60, coefs: 0}.bytes() },
		"progressive of 25 million, 10": func() []byte {
			return craftJPEG{w: 5000, h: 4990, parts: rgb420, coefs: 20, progressive: true, again: 7}.bytes()
		},
		"progressive of 26 million, 24": func() []byte {
			return craftJPEG{w: 5100, h: 5100, parts: rgb420, coefs: 10, progressive: true, again: 20}.bytes()
		},
		"progressive gray, 35 million, 18": func() []byte {
			return craftJPEG{w: 5900, h: 5900, parts: gray, coefs: 5, progressive: true, again: 16}.bytes()
		},
		"progressive of 4 million, 100": func() []byte {
			return craftJPEG{w: 2000, h: 2000, parts: rgb420, coefs: 20, progressive: true, again: 96}.bytes()
		},
		"jpeg of five million comments": func() []byte {
			return insert(jpegOf(t, drawn(640, 820), 85), bytes.Repeat(segmentOf(markCOM, nil), 5_000_000))
		},
		"jpeg of twenty million fill bytes": func() []byte { return insert(jpegOf(t, drawn(640, 820), 85), bytes.Repeat([]byte{0xff}, 20_000_000)) },
		"jpeg of 300 profiles": func() []byte {
			return insert(turned(jpegOf(t, drawn(640, 820), 85)), bytes.Repeat(segmentOf(markAPP2, append([]byte("ICC_PROFILE\x00"), make([]byte, 65000)...)), 300))
		},
		"jpeg of 300 xmp": func() []byte {
			return insert(jpegOf(t, drawn(640, 820), 85), bytes.Repeat(segmentOf(markAPP1, bytes.Repeat([]byte("GPSLatitud"), 6500)), 300))
		},
		"mpo of 1800 pictures": func() []byte { return bytes.Repeat(jpegOf(t, drawn(640, 820), 85), 1800) },

		"png of 1.5 million texts":       func() []byte { return spliceChunks(small, "tEXt", nil, 1_500_000) },
		"png of 1.5 million palettes":    func() []byte { return spliceChunks(small, "PLTE", []byte{1, 2, 3}, 1_300_000) },
		"png of a bomb in a profile":     func() []byte { return insertChunk(small, "iCCP", append([]byte("a\x00\x00"), zeros(t, 500<<20)...)) },
		"png in pieces of a byte":        func() []byte { return pngPieces(t, 640, 820) },
		"png gray16 of 7400×7400":        func() []byte { return pngRows(t, 7400, 7400, 16, 0, 0x03, false) },
		"png gray16 of 6000×6000, laced": func() []byte { return pngRows(t, 6000, 6000, 16, 0, 0x03, true) },
		"png gray16 alpha of 4200×4200":  func() []byte { return pngRows(t, 4200, 4200, 16, 4, 0x07, false) },
		"png rgba16 of 3700×3700":        func() []byte { return pngRows(t, 3700, 3700, 16, 6, 0x03, false) },
		"png rgba16 of 3000×3000, laced": func() []byte { return pngRows(t, 3000, 3000, 16, 6, 0x07, true) },
		"png rgb16 of 4200×4200":         func() []byte { return pngRows(t, 4200, 4200, 16, 2, 0x03, false) },
		"png rgba of 5200×5200":          func() []byte { return pngRows(t, 5200, 5200, 8, 6, 0x03, false) },
		"png rgb of 6000×6000":           func() []byte { return pngRows(t, 6000, 6000, 8, 2, 0x07, false) },
		"png rgba of 4200×4200, laced":   func() []byte { return pngRows(t, 4200, 4200, 8, 6, 0x03, true) },
		"png palette of 7700×7700":       func() []byte { return pngRows(t, 7700, 7700, 8, 3, 0x0f, false) },
		"png of 16000×3700 in one bit":   func() []byte { return pngRows(t, 16000, 3700, 1, 0, 0xff, false) },
		"png of 3700×16000 in one bit":   func() []byte { return pngRows(t, 3700, 16000, 1, 0, 0xff, false) },

		"gif of 59 million, two bits":    func() []byte { return noisyGIF(t, 9000, 6600, 4, false) },
		"gif of 59 million, laced":       func() []byte { return noisyGIF(t, 9000, 6600, 4, true) },
		"gif of 59 million, one colour":  func() []byte { return noisyGIF(t, 9000, 6600, 1, false) },
		"gif of 256 colours, 16 million": func() []byte { return noisyGIF(t, 3700, 3700, 256, false) },
		"gif of a million frames":        func() []byte { return manyFrames(t) },
		"gif in blocks of a byte":        func() []byte { return gifBlocks(noisyGIF(t, 6000, 4000, 2, false)) },

		"webp lossless of 4000×4000": func() []byte { return webpOf(4000, 4000, color.NRGBA{9, 8, 7, 255}, false) },
		"webp of 60 million":         func() []byte { return noisyWebP(16000, 3700) },
		"webp of 58 million, square": func() []byte { return noisyWebP(7600, 7600) },

		"bmp of 60 million in one bit": func() []byte { return oneBitBMP(7700, 7700) },
		"bmp of 20 MB":                 func() []byte { return bmpOf(t, image.NewGray(image.Rect(0, 0, 4500, 4500))) },

		"tiff rgba16, deflated":           func() []byte { return tiffOf(t, image.NewNRGBA64(image.Rect(0, 0, 2000, 2000))) },
		"tiff in strips of a row":         func() []byte { return craftTIFF(t, 5800, 5800, 3, 1, tiffDeflate) },
		"tiff in strips, lzw":             func() []byte { return craftTIFF(t, 5000, 5000, 3, 8, tiffLZW) },
		"tiff in strips, packbits":        func() []byte { return craftTIFF(t, 5000, 5000, 3, 16, tiffPackBits) },
		"tiff gray of 60 million":         func() []byte { return craftTIFF(t, 7700, 7700, 1, 4, tiffDeflate) },
		"tiff of a million tags, looping": func() []byte { return loopingTIFF() },
	}
}

// A craftJPEG is a JPEG written bit by bit: any sampling, any number of scans and
// any amount of coded data, none of which an encoder at hand would write.
type craftJPEG struct {
	w, h        int
	parts       []byte // sampling factors of each component
	coefs       int    // coefficients of a block that are not zero
	progressive bool
	again       int // further scans: refinements that change nothing, or the whole again
	restart     int // units between two restart marks
}

func (c craftJPEG) bytes() []byte {
	out := []byte{0xff, markSOI}
	add := func(marker byte, body ...byte) { out = append(out, segmentOf(marker, body)...) }
	if len(c.parts) == 4 {
		add(markAPP14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...) // CMYK
	}
	add(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	sof := []byte{8, byte(c.h >> 8), byte(c.h), byte(c.w >> 8), byte(c.w), byte(len(c.parts))}
	for i, hv := range c.parts {
		sof = append(sof, byte(i+1), hv, 0)
	}
	if c.progressive {
		add(markSOF2, sof...)
	} else {
		add(markSOF0, sof...)
	}
	// One code of each length from one on: DC no change, three bits; AC end of
	// block, a coefficient of one bit, end of 2¹⁴ blocks.
	add(markDHT, append([]byte{0x00, 1, 1}, append(make([]byte, 14), 0, 3)...)...)
	add(markDHT, append([]byte{0x10, 1, 1, 1}, append(make([]byte, 13), 0x00, 0x01, 0xe0)...)...)
	if c.restart > 0 {
		add(0xdd, byte(c.restart>>8), byte(c.restart))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	across, down := 0, 0
	for _, hv := range c.parts {
		across, down = max(across, int(hv>>4)), max(down, int(hv&15))
	}
	units := ((c.w + 8*across - 1) / (8 * across)) * ((c.h + 8*down - 1) / (8 * down))
	if len(c.parts) == 1 {
		units = (c.w + 7) / 8 * ((c.h + 7) / 8)
	}
	var bits uint64
	var n int
	put := func(v uint64, count int) {
		bits, n = bits<<count|v, n+count
		for n >= 8 {
			b := byte(bits >> (n - 8))
			if out = append(out, b); b == 0xff {
				out = append(out, 0)
			}
			n -= 8
		}
	}
	flush := func() {
		if n > 0 {
			put(1<<(8-n)-1, 8-n)
		}
	}
	ac := func(from int) {
		for range min(c.coefs, 64-from) {
			put(0b100|rng.Uint64()&1, 3)
		}
		if c.coefs < 64-from {
			put(0, 1)
		}
	}
	sos := func(parts []int, first, last, approx byte) {
		body := []byte{byte(len(parts))}
		for _, p := range parts {
			body = append(body, byte(p+1), 0)
		}
		add(markSOS, append(body, first, last, approx)...)
	}
	all := make([]int, len(c.parts))
	for i := range all {
		all[i] = i
	}
	blocks := func(i int) int { // of a scan of one component
		hv := c.parts[i]
		w, h := (c.w*int(hv>>4)+across-1)/across, (c.h*int(hv&15)+down-1)/down
		return (w + 7) / 8 * ((h + 7) / 8)
	}
	whole := func(withAC bool) {
		for u := range units {
			if c.restart > 0 && u > 0 && u%c.restart == 0 {
				flush()
				out = append(out, 0xff, markRST0+byte((u/c.restart-1)%8))
			}
			for _, hv := range c.parts {
				k := int(hv>>4) * int(hv&15)
				if len(c.parts) == 1 {
					k = 1
				}
				for range k {
					if c.coefs == 0 {
						put(0, 1)
					} else {
						put(0b10<<3|rng.Uint64()&7, 5)
					}
					if withAC {
						ac(1)
					}
				}
			}
		}
		flush()
	}
	if !c.progressive {
		for range c.again + 1 {
			sos(all, 0, 63, 0)
			whole(true)
		}
		return append(out, 0xff, markEOI)
	}
	sos(all, 0, 0, 0)
	whole(false)
	for i := range c.parts {
		sos([]int{i}, 1, 63, 1)
		for range blocks(i) {
			ac(1)
		}
		flush()
	}
	for range c.again { // refinements of the first component
		sos([]int{0}, 1, 63, 0x10)
		for left := blocks(0); left > 0; {
			run := min(left, 1<<15-1)
			if run < 1<<14 {
				put(0, 1) // end of one block
				run = 1
			} else {
				put(0b110, 3)
				put(uint64(run-1<<14), 14)
			}
			left -= run
			for range run * c.coefs { // a bit for each coefficient there is
				put(0, 1)
			}
		}
		flush()
	}
	return append(out, 0xff, markEOI)
}

// spliceChunks puts n equal chunks behind the IHDR of a PNG.
func spliceChunks(data []byte, kind string, body []byte, n int) []byte {
	with := insertChunk(data, kind, body)
	const afterIHDR = 33
	one := with[afterIHDR : afterIHDR+12+len(body)]
	return slices.Concat(data[:afterIHDR], bytes.Repeat(one, n), data[afterIHDR:])
}

func appendChunk(out []byte, kind string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	start := len(out)
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

func ihdr(w, h int, depth, colour, laced byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(w))
	return append(binary.BigEndian.AppendUint32(b, uint32(h)), depth, colour, 0, 0, laced)
}

// pngRows returns a PNG of noise in the bits of mask, on so many rows that it has
// some 18 MB, under the filter that costs the most.
func pngRows(t testing.TB, w, h int, depth, colour byte, mask byte, laced bool) []byte {
	const paeth = 4
	var buf bytes.Buffer
	z, err := zlib.NewWriterLevel(&buf, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.NewChaCha8([32]byte{1})
	samples := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	flag := byte(0)
	passes := [][4]int{{0, 0, 1, 1}}
	if laced {
		flag = 1
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	for _, p := range passes {
		pw, ph := (w-p[0]+p[2]-1)/p[2], (h-p[1]+p[3]-1)/p[3]
		row := make([]byte, 1+(pw*samples*int(depth)+7)/8)
		for range ph {
			if buf.Len() < 17<<20 {
				if _, err := io.ReadFull(rng, row); err != nil {
					t.Fatal(err)
				}
				for i := range row {
					row[i] &= mask
				}
			} else {
				clear(row)
			}
			row[0] = paeth
			if _, err := z.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := appendChunk([]byte(pngSignature), "IHDR", ihdr(w, h, depth, colour, flag))
	if colour == 3 {
		var colours []byte
		for i := range 256 {
			colours = append(colours, byte(i), byte(255-i), byte(i*7))
		}
		out = appendChunk(out, "PLTE", colours)
	}
	return appendChunk(appendChunk(out, "IDAT", buf.Bytes()), "IEND", nil)
}

// pngPieces returns a PNG whose pixels come in chunks of one byte.
func pngPieces(t testing.TB, w, h int) []byte {
	var buf bytes.Buffer
	z, err := zlib.NewWriterLevel(&buf, zlib.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(make([]byte, (1+3*w)*h)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := appendChunk([]byte(pngSignature), "IHDR", ihdr(w, h, 8, 2, 0))
	for _, b := range buf.Bytes() {
		out = appendChunk(out, "IDAT", []byte{b})
	}
	return appendChunk(out, "IEND", nil)
}

func noisyGIF(t testing.TB, w, h, colours int, laced bool) []byte {
	img := image.NewPaletted(image.Rect(0, 0, w, h), palette.Plan9[:max(2, colours)])
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.IntN(colours))
	}
	b := gifOf(t, img)
	if laced {
		h, _ := readHeader(b, GIF)
		at := bytes.Index(b, binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{',', 0, 0, 0, 0}, uint16(h.width)), uint16(h.height)))
		b[at+9] |= 0x40
	}
	return b
}

// manyFrames returns a GIF of so many frames of a pixel as go into 20 MB.
func manyFrames(t testing.TB) []byte {
	one := gifOf(t, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White, color.Black}))
	at := bytes.LastIndexByte(one, ',')
	frame := one[at : len(one)-1]
	return append(slices.Concat(one[:at], bytes.Repeat(frame, 19_000_000/len(frame))), ';')
}

// gifBlocks cuts the coded data of a GIF of one frame into blocks of one byte.
func gifBlocks(b []byte) []byte {
	h, _ := readHeader(b, GIF)
	at := bytes.Index(b, binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{',', 0, 0, 0, 0}, uint16(h.width)), uint16(h.height)))
	i := at + 10
	if f := b[at+9]; f&0x80 != 0 {
		i += 3 << (f&7 + 1)
	}
	i++
	out := slices.Clone(b[:i])
	for ; b[i] != 0; i += int(b[i]) + 1 {
		for _, v := range b[i+1:][:b[i]] {
			out = append(out, 1, v)
		}
	}
	return append(out, 0, ';')
}

// noisyWebP returns a lossy WebP of random bits, of which any are a picture.
func noisyWebP(w, h int) []byte {
	body := make([]byte, MaxInput-100)
	rng := rand.NewChaCha8([32]byte{2})
	_, _ = rng.Read(body) // never fails
	const first = 1<<19 - 1
	tag := uint32(0x10 | first<<5) // a shown key frame
	copy(body, []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a, byte(w), byte(w >> 8), byte(h), byte(h >> 8), 0x0e, 0xc0, 0xfe, 0x25, 0xa4})
	return riffChunk("RIFF", append([]byte("WEBP"), riffChunk("VP8 ", body)...))
}

func oneBitBMP(w, h int) []byte {
	row := (w + 31) / 32 * 4
	const start = 54 + 8
	b := append([]byte("BM"), make([]byte, start-2)...)
	for at, v := range map[int]uint32{2: uint32(start + row*h), 10: start, 14: 40, 18: uint32(w), 22: uint32(h), 26: 1 | 1<<16, 46: 2, 58: 0xffffff} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	noise := make([]byte, row*h)
	_, _ = rand.NewChaCha8([32]byte{3}).Read(noise) // never fails
	return append(b, noise...)
}

// craftTIFF returns a TIFF of zeros in strips of so many rows.
func craftTIFF(t testing.TB, w, h, samples, rows int, compression uint32) []byte {
	raw := w * samples * rows
	var strip []byte
	switch compression {
	case tiffDeflate:
		strip = zeros(t, raw)
	case tiffPackBits:
		for n := raw; n > 0; n -= 128 {
			strip = append(strip, byte(1-min(n, 128)), 0)
		}
	case tiffLZW:
		strip = lzwZeros(raw)
	}
	count := (h + rows - 1) / rows
	le := binary.LittleEndian
	const entries = 9
	after := uint32(10 + entries*12 + 4)
	photometric := uint32(1)
	if samples > 1 {
		photometric = 2
	}
	b := []byte("II*\x00\x08\x00\x00\x00\x09\x00")
	bits := [4]uint32{tagBits, 3, uint32(samples), after + uint32(8*count)}
	if samples == 1 {
		bits[3] = 8
	}
	for _, e := range [entries][4]uint32{{tagWidth, 4, 1, uint32(w)}, {tagHeight, 4, 1, uint32(h)}, bits, {tagCompression, 4, 1, compression}, {262, 4, 1, photometric},
		{273, 4, uint32(count), after}, {tagSamples, 4, 1, uint32(samples)}, {tagStripRows, 4, 1, uint32(rows)}, {279, 4, uint32(count), after + uint32(4*count)}} {
		b = le.AppendUint16(b, uint16(e[0]))
		b = le.AppendUint16(b, uint16(e[1]))
		b = le.AppendUint32(b, e[2])
		b = le.AppendUint32(b, e[3])
	}
	b = append(b, 0, 0, 0, 0)
	at := after + uint32(8*count) + 8
	for range count { // all strips are the same bytes
		b = le.AppendUint32(b, at)
	}
	for range count {
		b = le.AppendUint32(b, uint32(len(strip)))
	}
	b = append(b, 8, 0, 8, 0, 8, 0, 8, 0)
	return append(b, strip...)
}

// lzwZeros returns n zeros in the LZW of TIFF, with codes of nine bits throughout.
func lzwZeros(n int) []byte {
	var out []byte
	var bits uint32
	var have int
	put := func(code uint32) {
		bits, have = bits<<9|code, have+9
		for have >= 8 {
			out = append(out, byte(bits>>(have-8)))
			have -= 8
		}
	}
	for n > 0 {
		put(256) // clear
		put(0)
		n--
		for k := 2; n > 0 && k < 250; k++ { // each code is a zero longer
			put(uint32(256 + k))
			n -= k
		}
	}
	put(257) // end
	put(0)
	return out
}

// loopingTIFF returns a TIFF whose directory has 65,535 entries and is its own next.
func loopingTIFF() []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\xff\xff")
	entry := []byte{0, 1, 4, 0, 1, 0, 0, 0, 200, 0, 0, 0} // width 200
	b = append(b, entry...)
	entry[0] = 1 // height 200
	for range 65534 {
		b = append(b, entry...)
	}
	return append(b, 8, 0, 0, 0)
}
