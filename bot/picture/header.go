package picture

import "encoding/binary"

// A header is what a file says of itself, read without decoding a pixel. Nothing
// in it is trusted further than to refuse the file.
type header struct {
	format        Format
	width, height int    // pixels as stored, before orientation; 0 when unknown
	depth         int    // bits per sample
	comps         int    // samples per pixel
	frames        int    // pictures in the file, at least 1
	scans         int    // passes over the picture: JPEG's SOS segments, else 1
	walked        int64  // JPEG: coefficients that all passes together go over
	progressive   bool   // a progressive JPEG or an interlaced PNG
	lossless      bool   // a WebP that is
	unpacked      int64  // TIFF: bytes that unpacking its largest strip or tile may take
	direct        bool   // JPEG: RGB or CMYK, without luma and chroma
	ratio         [2]int // JPEG: luma samples for one of chroma, across and down
	orientation   int    // EXIF's 1 to 8; 1 when it says nothing sensible
	upright       bool   // the decoder applies the orientation itself
	gps           bool   // says where it was taken
	metadata      bool   // carries what is neither pixels nor colour
	end           int    // where the picture's own data ends; 0 when that was not found
	incomplete    bool   // the file stops before the picture does
	// variant names a kind of the format that no decoder here reads, such as
	// "arithmetic"; empty for the usual kinds.
	variant string
	// broken says that the structure contradicts itself; what follows from
	// there was not read.
	broken bool
}

// readHeader returns what data, which sniffs as f, says of itself. ok is false
// when it only began like an f. It reads in one pass over data, allocates next
// to nothing and never panics, whatever data holds.
func readHeader(data []byte, f Format) (h header, ok bool) {
	h = header{format: f, frames: 1, scans: 1, orientation: 1, depth: 8, comps: 3}
	switch f {
	case JPEG:
		h.readJPEG(data)
	case PNG:
		h.readPNG(data)
	case GIF:
		return h, h.readGIF(data)
	case WebP:
		h.readWebP(data)
	case BMP:
		return h, h.readBMP(data)
	case TIFF:
		h.readTIFF(data)
	case HEIF, AVIF:
		h.readHEIF(data)
	case Unknown:
		return h, false
	}
	return h, true
}

// size returns the width and height the picture has when it is upright.
func (h header) size() (w, ht int) {
	if h.turn() >= 5 {
		return h.height, h.width
	}
	return h.width, h.height
}

// turn returns the orientation to apply to decoded pixels.
func (h header) turn() int {
	if h.upright {
		return 1
	}
	return h.orientation
}

// trailing returns how many bytes follow the picture's own data. Padding with
// equal bytes, which some cameras write to fill a block, does not count.
func (h header) trailing(data []byte) int {
	if h.end == 0 || h.end >= len(data) {
		return 0
	}
	rest := data[h.end:]
	for _, b := range rest {
		if b != rest[0] || b != 0 && b != 0xff {
			return len(rest)
		}
	}
	return 0
}

// cost estimates how many bytes working on the picture holds at its highest
// point, from what the decoders in use allocate: to decode it, or then to make a
// repaired picture of the pixels. The planes that are looked at are small.
func (h header) cost() int64 {
	pixels, more := h.memory()
	w, ht := repairedSize(h.width, h.height)
	// The canvas, and another on which it is turned or scaled down to fit.
	const perPixel = 2 * 3 / 2
	return pixels + max(more, perPixel*int64(w)*int64(ht))
}

// memory estimates the bytes of the decoded pixels, and how many more it takes to
// decode them.
func (h header) memory() (pixels, more int64) {
	px := int64(h.width) * int64(h.height)
	switch h.format {
	case JPEG:
		samples := px
		if h.comps >= 3 {
			samples += 2 * px / int64(max(1, h.ratio[0]*h.ratio[1]))
		}
		pixels = samples
		switch {
		case h.comps == 4: // planes, and the CMYK picture made of them
			samples += px
			pixels, more = 4*px, samples
		case h.direct:
			pixels, more = 4*px, samples
		}
		if h.progressive {
			more += 4 * samples // image/jpeg keeps coefficients as int32
		}
		return pixels, more
	case PNG, TIFF:
		pixels = px
		switch {
		case h.comps > 1 && h.depth > 8:
			pixels = 8 * px
		case h.comps > 1:
			pixels = 4 * px
		case h.depth > 8:
			pixels = 2 * px
		}
		if h.progressive { // interlaced: each pass is a picture of its own
			more = pixels
		}
		return pixels, more + h.unpacked
	case GIF:
		return px, px // indexes, and again when interlaced
	case BMP:
		if h.comps == 1 {
			return px, 0
		}
		return 4 * px, 0
	case WebP:
		if h.comps == 4 || h.lossless { // the pixels, and the coded ones they are made of
			return 4 * px, 6 * px
		}
		return 2 * px, 0
	default:
		return 4 * px, 0 // HEIF: what its own process hands over
	}
}

func be16(b []byte) int    { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func le16(b []byte) int    { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
