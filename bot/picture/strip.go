package picture

import "bytes"

// keepSegment reports whether a segment of a JPEG is needed to show it as it is
// meant: structure, colour transform and colour profile. Everything else says
// something about the camera, the place or the person.
func keepSegment(s segment) bool {
	switch {
	case s.marker == markAPP0:
		return bytes.HasPrefix(s.body, []byte("JFIF\x00")) && len(s.body) <= 14 // longer ones hold a thumbnail
	case s.marker == markAPP2:
		return bytes.HasPrefix(s.body, []byte("ICC_PROFILE\x00"))
	case s.marker == markAPP14:
		return bytes.HasPrefix(s.body, []byte("Adobe"))
	case s.marker > markAPP0 && s.marker <= markAPP15, s.marker == markCOM:
		return false
	}
	return true
}

// stripJPEG returns data without metadata, fill bytes and what follows the
// picture, with the end marker it may have lacked. The coded pixels are the
// same bytes.
func stripJPEG(data []byte) []byte {
	out := make([]byte, 0, len(data)+2)
	out = append(out, 0xff, markSOI)
	eachSegment(data, func(s segment) bool {
		if keepSegment(s) {
			out = append(out, data[s.start:s.end]...)
		}
		return true
	})
	return append(out, 0xff, markEOI)
}

// iccProfile returns the colour profile segments of a JPEG.
func iccProfile(data []byte) []byte {
	var out []byte
	eachSegment(data, func(s segment) bool {
		if s.marker == markAPP2 && keepSegment(s) {
			out = append(out, data[s.start:s.end]...)
		}
		return s.marker != markSOS
	})
	return out
}

// keepChunk reports whether a chunk of a PNG is needed to show its first picture
// as it is meant.
func keepChunk(kind string) bool {
	switch kind {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sRGB", "sBIT", "bKGD", "pHYs", "cICP":
		return true
	}
	return false
}

// stripPNG returns data without metadata, frames after the first and what follows the
// picture. The coded pixels are the same bytes.
func stripPNG(data []byte) []byte { return filterPNG(data, keepChunk) }

// pixelsPNG returns data with the chunks alone that its pixels are made of.
func pixelsPNG(data []byte) []byte {
	return filterPNG(data, func(kind string) bool {
		switch kind {
		case "IHDR", "PLTE", "tRNS", "IDAT", "IEND":
			return true
		}
		return false
	})
}

// filterPNG returns data with its whole chunks of the kinds to keep.
func filterPNG(data []byte, keep func(kind string) bool) []byte {
	n := len(pngSignature)
	eachChunk(data, func(c chunk) {
		if keep(c.kind) {
			n += c.end - c.start
		}
	})
	out := append(make([]byte, 0, n), pngSignature...)
	eachChunk(data, func(c chunk) {
		if keep(c.kind) {
			out = append(out, data[c.start:c.end]...)
		}
	})
	return out
}
