package picture

import "bytes"

// JPEG markers, ITU-T T.81 table B.1.
const (
	markSOF0  = 0xc0 // baseline
	markSOF1  = 0xc1 // extended sequential
	markSOF2  = 0xc2 // progressive
	markDHT   = 0xc4
	markJPG   = 0xc8
	markDAC   = 0xcc
	markSOF15 = 0xcf
	markRST0  = 0xd0
	markRST7  = 0xd7
	markSOI   = 0xd8
	markEOI   = 0xd9
	markSOS   = 0xda
	markAPP0  = 0xe0
	markAPP1  = 0xe1
	markAPP2  = 0xe2
	markAPP13 = 0xed
	markAPP14 = 0xee
	markAPP15 = 0xef
	markCOM   = 0xfe
	markTEM   = 0x01
)

const exifPrefix = "Exif\x00\x00"

// A segment is one marker of a JPEG with what belongs to it.
type segment struct {
	marker     byte
	start, end int    // from the marker's 0xFF, without fill bytes, to past its payload; an SOS includes the coded data
	body       []byte // without marker and length
}

// eachSegment calls f with every segment of data from SOI to EOI, which it does
// not report, until f returns false. end is where the picture ends, past EOI; 0 when the file
// stops before. broken is true when something else than a marker stands where
// one must and no marker follows.
func eachSegment(data []byte, f func(segment) bool) (end int, broken bool) {
	i := 2
	for {
		// Stray bytes before a marker are skipped, as every decoder does.
		j := bytes.IndexByte(data[i:], 0xff)
		if j < 0 {
			return 0, false
		}
		i += j
		for i < len(data) && data[i] == 0xff { // fill bytes are legal before any marker
			i++
		}
		if i >= len(data) {
			return 0, false
		}
		m := data[i]
		i++
		switch {
		case m == markEOI:
			return i, false
		case m == 0, m == markTEM, m == markSOI, m >= markRST0 && m <= markRST7:
			continue
		}
		if i+2 > len(data) {
			return 0, false
		}
		n := be16(data[i:])
		if n < 2 {
			return 0, true
		}
		s := segment{marker: m, start: i - 2, end: i + n}
		if s.end > len(data) {
			return 0, false
		}
		s.body = data[i+2 : s.end]
		if m == markSOS {
			s.end = scanEnd(data, s.end)
		}
		if !f(s) {
			return 0, false
		}
		i = s.end
	}
}

// scanEnd returns where the coded data that begins at i ends: at the next marker
// that is no restart, or at the end of the file.
func scanEnd(data []byte, i int) int {
	for {
		j := bytes.IndexByte(data[i:], 0xff)
		if j < 0 {
			return len(data)
		}
		i += j
		k := i + 1
		for k < len(data) && data[k] == 0xff {
			k++
		}
		if k >= len(data) {
			return i
		}
		if m := data[k]; m != 0 && (m < markRST0 || m > markRST7) {
			return i
		}
		i = k + 1
	}
}

func (h *header) readJPEG(data []byte) {
	h.scans = 0
	exif := false
	var frame []byte // of the first SOF, one of three bytes for each component
	end, broken := eachSegment(data, func(s segment) bool {
		switch m := s.marker; {
		case m >= markSOF0 && m <= markSOF15 && m != markDHT && m != markJPG && m != markDAC:
			if frame == nil && len(s.body) >= 6 {
				frame = s.body[6:]
				h.readSOF(s)
			}
		case m == markSOS:
			h.scans++
			h.walked += h.walk(frame, s.body)
		case m == markAPP1 && bytes.HasPrefix(s.body, []byte(exifPrefix)) && !exif:
			exif = true
			h.readEXIF(s.body[len(exifPrefix):])
		case m == markAPP1 && bytes.Contains(s.body, []byte("GPSLatitude")): // XMP
			h.gps = true
		case m == markAPP13 && namesPlace(s.body):
			h.gps = true
		case m == markAPP14 && len(s.body) >= 12 && bytes.HasPrefix(s.body, []byte("Adobe")) && s.body[11] == 0:
			h.direct = true
		}
		h.metadata = h.metadata || !keepSegment(s)
		return true
	})
	h.end = end
	h.broken = broken
	h.incomplete = end == 0 && !broken
}

// readSOF reads a frame header, T.81 B.2.2.
func (h *header) readSOF(s segment) {
	b := s.body // of 6 bytes at least
	h.depth, h.height, h.width, h.comps = int(b[0]), be16(b[1:]), be16(b[3:]), int(b[5])
	switch s.marker {
	case markSOF0, markSOF1:
	case markSOF2:
		h.progressive = true
	case 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf:
		h.variant = "arithmetic"
	case 0xc3:
		h.variant = "lossless"
	default:
		h.variant = "hierarchical"
	}
	if h.depth != 8 && h.variant == "" {
		h.variant = "12-bit"
	}
	h.ratio = [2]int{1, 1}
	if len(b) >= 15 && b[6] == 'R' && b[9] == 'G' && b[12] == 'B' {
		h.direct = true
	}
	if h.comps >= 3 && len(b) >= 6+3*h.comps {
		y, c := b[7], b[10]
		if y>>4 > c>>4 && c>>4 > 0 {
			h.ratio[0] = int(y>>4) / int(c>>4)
		}
		if y&15 > c&15 && c&15 > 0 {
			h.ratio[1] = int(y&15) / int(c&15)
		}
	}
}

// walk returns how many coefficients a scan goes over, T.81 B.2.3, in a frame with
// these components. Those of a progressive JPEG go over a part of each block.
func (h *header) walk(frame, scan []byte) int64 {
	if len(scan) == 0 || len(scan) < 4+2*int(scan[0]) || h.comps < 1 || len(frame) < 3*h.comps {
		return 0
	}
	n := int(scan[0])
	perBlock := int64(64)
	if first, last := scan[1+2*n], scan[2+2*n]; h.progressive && first <= last && last < 64 {
		const entry = 8 // to come to a block costs as much as so many coefficients
		perBlock = int64(last-first) + 1 + entry
	}
	size := func(hv byte) int64 { return int64(hv>>4) * int64(hv&15) }
	largest, area := int64(1), int64(0)
	for i := range h.comps {
		largest = max(largest, size(frame[3*i+1]))
	}
	for k := range n {
		for i := range h.comps {
			if frame[3*i] == scan[1+2*k] {
				area += size(frame[3*i+1])
				break
			}
		}
	}
	return int64(h.width) * int64(h.height) * area / largest * perBlock / 64
}

// namesPlace reports whether a body of Photoshop's resources has one of the IPTC
// datasets 2:90 to 2:101, which name the city, the province or the country.
func namesPlace(body []byte) bool {
	if !bytes.HasPrefix(body, []byte("Photoshop 3.0\x00")) {
		return false
	}
	for _, set := range []byte{90, 92, 95, 100, 101} {
		if bytes.Contains(body, []byte{0x1c, 2, set, 0}) {
			return true
		}
	}
	return false
}
