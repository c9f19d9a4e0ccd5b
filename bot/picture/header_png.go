package picture

// A chunk is one chunk of a PNG.
type chunk struct {
	kind       string
	start, end int // the whole chunk with length and checksum
	body       []byte
}

// eachChunk calls f with every chunk of data up to and with IEND, and returns
// where the picture ends; 0 when the file stops before.
func eachChunk(data []byte, f func(chunk)) (end int) {
	i := len(pngSignature)
	for len(data)-i >= 12 {
		n := be32(data[i:])
		if int64(n) > int64(len(data)-i-12) {
			return 0
		}
		c := chunk{kind: string(data[i+4 : i+8]), start: i, end: i + 12 + int(n)}
		c.body = data[i+8 : c.end-4]
		f(c)
		i = c.end
		if c.kind == "IEND" {
			return i
		}
	}
	return 0
}

func (h *header) readPNG(data []byte) {
	h.end = eachChunk(data, func(c chunk) {
		switch c.kind {
		case "IHDR":
			if len(c.body) >= 13 {
				h.readIHDR(c.body)
			}
		case "eXIf":
			h.readEXIF(c.body)
		case "acTL":
			if len(c.body) >= 4 {
				h.frames = max(1, int(min(be32(c.body), 1<<20)))
			}
		}
		h.metadata = h.metadata || !keepChunk(c.kind)
	})
	// A file that ends within its first chunk still says how large it would be.
	if h.width == 0 && len(data) >= 33 && string(data[12:16]) == "IHDR" {
		h.readIHDR(data[16:29])
	}
	h.incomplete = h.end == 0
	h.broken = h.width == 0 && h.end != 0
}

func (h *header) readIHDR(b []byte) {
	h.width, h.height = side(be32(b)), side(be32(b[4:]))
	h.depth = int(b[8])
	h.comps = map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[b[9]]
	h.progressive = b[12] == 1 // Adam7
}

// side turns a length from a header into an int, two of which multiply without
// overflow. A length that no format allows, such as a negative one, becomes 0.
func side(n uint32) int {
	if n > 1<<31-1 {
		return 0
	}
	return int(n)
}
