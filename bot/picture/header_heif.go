package picture

// maxBoxes bounds how many boxes of an ISO file are looked at.
const maxBoxes = 10000

// readHEIF takes the largest picture size that a HEIF or AVIF announces, which
// is that of its main picture: tiles and thumbnails are smaller. Its decoder
// turns the picture itself, so that EXIF must not be applied again.
func (h *header) readHEIF(data []byte) {
	h.upright = true
	turned, boxes := false, 0
	var walk func(b []byte, in string)
	walk = func(b []byte, in string) {
		for len(b) >= 8 && boxes < maxBoxes {
			boxes++
			n, kind, skip := int64(be32(b)), string(b[4:8]), 8
			switch {
			case n == 0: // to the end
				n = int64(len(b))
			case n == 1 && len(b) >= 16:
				if be32(b[8:]) != 0 {
					n = 1 << 40
				} else {
					n = int64(be32(b[12:]))
				}
				skip = 16
			}
			if n < int64(skip) {
				h.broken = h.width == 0
				return
			}
			if n > int64(len(b)) {
				h.incomplete = h.incomplete || in == ""
				n = int64(len(b))
			}
			if int64(skip) > n {
				return
			}
			body := b[skip:n]
			switch in + "/" + kind {
			case "/meta":
				if len(body) >= 4 {
					walk(body[4:], "meta")
				}
			case "meta/iprp":
				walk(body, "iprp")
			case "iprp/ipco":
				walk(body, "ipco")
			case "ipco/ispe":
				if len(body) >= 12 {
					w, ht := side(be32(body[4:])), side(be32(body[8:]))
					if w*ht > h.width*h.height {
						h.width, h.height = w, ht
					}
				}
			case "ipco/irot":
				if len(body) >= 1 && body[0]&1 == 1 {
					turned = true
				}
			case "/moov":
				h.frames = 2 // a sequence
			}
			b = b[n:]
		}
	}
	walk(data, "")
	if turned {
		h.width, h.height = h.height, h.width
	}
	h.metadata = true
}
