package picture

// readGIF reads a GIF's blocks. The picture is the first frame, whatever size
// the canvas claims. It reports false when no block follows the screen
// descriptor, as when a text begins with "GIF89a".
func (h *header) readGIF(data []byte) bool {
	if len(data) < 13 {
		h.incomplete = true
		return true
	}
	h.comps = 1
	i := 13
	if data[10]&0x80 != 0 {
		i += 3 << (data[10]&7 + 1)
	}
	h.frames = 0
	for first := true; i < len(data); first = false {
		switch data[i] {
		case ';':
			h.end = i + 1
			h.frames = max(1, h.frames)
			return true
		case '!':
			if i+2 < len(data) && (data[i+1] == 0xfe || data[i+1] == 0xff && !loopExtension(data[i+2:])) {
				h.metadata = true
			}
			i += 2
		case ',':
			h.frames++
			if len(data)-i < 11 {
				i = len(data)
				break
			}
			if h.frames == 1 {
				h.width, h.height = le16(data[i+5:]), le16(data[i+7:])
			}
			flags := data[i+9]
			i += 10
			if flags&0x80 != 0 {
				i += 3 << (flags&7 + 1)
			}
			i++ // code size
		default:
			h.frames = max(1, h.frames)
			h.broken = true
			return !first
		}
		for i < len(data) && data[i] != 0 { // sub-blocks
			i += int(data[i]) + 1
		}
		i++
	}
	h.frames = max(1, h.frames)
	h.incomplete = true
	return true
}

func loopExtension(b []byte) bool { return len(b) >= 12 && string(b[1:12]) == "NETSCAPE2.0" }

func (h *header) readWebP(data []byte) {
	size := int64(le32(data[4:])) + 8
	end := int(min(size, int64(len(data))))
	h.incomplete = size > int64(len(data))
	frames := 0
	for i := 12; i+8 <= end; {
		kind, n := string(data[i:i+4]), int64(le32(data[i+4:]))
		body := data[i+8 : int(min(int64(end), int64(i+8)+n))]
		switch {
		case kind == "VP8X" && len(body) >= 10:
			h.width, h.height = 1+le24(body[4:]), 1+le24(body[7:])
			if body[0]&0x10 != 0 {
				h.comps = 4
			}
			if body[0]&0x02 != 0 {
				h.variant = "animated"
			}
		case kind == "VP8 " && len(body) >= 10:
			// The canvas of VP8X may claim less than there is to decode.
			h.width, h.height = max(h.width, le16(body[6:])&0x3fff), max(h.height, le16(body[8:])&0x3fff)
		case kind == "VP8L" && len(body) >= 5:
			h.lossless = true
			v := le32(body[1:])
			h.width, h.height = max(h.width, int(v&0x3fff)+1), max(h.height, int(v>>14&0x3fff)+1)
		case kind == "ANMF":
			frames++
		case kind == "EXIF":
			h.metadata = true
			if len(body) > len(exifPrefix) && string(body[:6]) == exifPrefix {
				body = body[6:]
			}
			h.readEXIF(body)
		case kind == "XMP ":
			h.metadata = true
		}
		next := int64(i) + 8 + n + n&1
		if next > int64(end) {
			break
		}
		i = int(next)
	}
	h.frames = max(1, frames)
	if !h.incomplete {
		h.end = end
	}
}

// readBMP reports false when the file is not a bitmap but begins with "BM", as
// a text may.
func (h *header) readBMP(data []byte) bool {
	if len(data) < 14 {
		return false
	}
	if len(data) < 18 {
		h.incomplete = true
		return le32(data[6:]) == 0 // two reserved fields
	}
	pixels, dib := le32(data[10:]), le32(data[14:])
	switch dib {
	case 12: // the oldest header, of OS/2
		if len(data) < 26 || le16(data[22:]) != 1 {
			return false
		}
		h.width, h.height = le16(data[18:]), le16(data[20:])
		h.depth = le16(data[24:])
	case 40, 52, 56, 64, 108, 124:
		if len(data) < 30 {
			h.incomplete = true
			return true
		}
		if le16(data[26:]) != 1 { // planes
			return false
		}
		h.width = side(le32(data[18:]))
		ht := int32(le32(data[22:])) // negative: stored from the top
		h.height = side(uint32(max(ht, -ht)))
		if h.width == 0 || h.height == 0 { // a negative width, too
			h.width, h.height = 0, 0
			h.broken = true
			return true
		}
		h.depth = le16(data[28:])
	default:
		return false
	}
	bits := h.depth // of a pixel
	switch bits {
	case 1, 4, 8:
		h.comps = 1
	case 0, 16, 24, 32: // 0: a JPEG or PNG inside
		h.comps, h.depth = 3, 8
	default:
		return false
	}
	if max(h.width, h.height) > MaxSide { // refused anyway, and the product may overflow
		h.incomplete = true
		return true
	}
	row := (int64(h.width)*int64(bits) + 31) / 32 * 4
	compressed := dib >= 40 && len(data) >= 34 && le32(data[30:]) != 0 && le32(data[30:]) != 3
	if end := int64(pixels) + row*int64(h.height); compressed {
		h.variant = "compressed"
	} else if end <= int64(len(data)) {
		h.end = int(end)
	} else {
		h.incomplete = true
	}
	return true
}

// maxTiles bounds the pieces of a TIFF, each of which is unpacked by a decoder of
// its own. Tiles of 256 × 256 pixels make 915 of the largest picture.
const maxTiles = 20_000

// TIFF compressions that matter here.
const (
	tiffNone, tiffLZW, tiffDeflate   = 1, 5, 8
	tiffG3, tiffG4, tiffPackBits     = 3, 4, 32773
	tiffDeflateOld                   = 32946
	tiffOldJPEG, tiffJPEG, tiffJPEG2 = 6, 7, 34712
)

func (h *header) readTIFF(data []byte) {
	t, off, ok := newTIFFReader(data)
	if !ok {
		h.broken = true
		return
	}
	h.comps, h.depth = 1, 1
	compression := uint32(tiffNone)
	var rows, tileWidth, tileHeight int
	tiled := false
	next, ok := t.directory(off, func(tag int, v uint32) {
		switch tag {
		case tagWidth:
			h.width = side(v)
		case tagHeight:
			h.height = side(v)
		case tagBits:
			h.depth = int(min(v, 64))
		case tagSamples:
			h.comps = int(min(v, 64))
		case tagStripRows:
			rows = side(v) // 2³² − 1 stands for all of them
		case tagTileWidth:
			tiled, tileWidth = true, side(v)
		case tagTileHeight:
			tiled, tileHeight = true, side(v)
		case tagOrientation:
			if v >= 1 && v <= 8 {
				h.orientation = int(v)
			}
		case tagGPS:
			h.gps = true
		case tagCompression:
			compression = v
		}
	})
	h.broken = !ok || tiled && (tileWidth == 0 || tileHeight == 0)
	for h.frames = 1; next != 0 && h.frames < maxIFDs; h.frames++ {
		// No entry is read: a chain of large directories that is a loop would
		// take seconds.
		if next, ok = t.directory(next, nil); !ok {
			break
		}
	}

	w, ht := h.width, h.height
	if rows > 0 && rows < ht {
		ht = rows
	}
	if tiled && !h.broken {
		w, ht = tileWidth, tileHeight
		if (int64(h.width)+int64(w)-1)/int64(w)*((int64(h.height)+int64(ht)-1)/int64(ht)) > maxTiles {
			h.variant = "unusual"
		}
	}
	block := int64(w) * int64(ht) * int64(h.comps) * int64(h.depth) / 8
	switch compression {
	case tiffNone, 0:
		h.unpacked = min(block, int64(len(data)))
	case tiffG3, tiffG4:
		h.unpacked = 4 * block
	case tiffLZW, tiffDeflate, tiffDeflateOld, tiffPackBits:
		// x/image reads up to 8 bytes a pixel, whatever there should be, into a
		// buffer that it doubles: with the old ones, four times as much. No
		// packing reaches more than 1:1400.
		h.unpacked = 4 * min(int64(w)*int64(ht)*8, int64(len(data))*1400)
	case tiffOldJPEG, tiffJPEG, tiffJPEG2:
		h.variant = "jpeg-in-tiff"
	}
}

func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
