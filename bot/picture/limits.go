package picture

import (
	"strconv"
	"time"
)

// Limits that hold for every file, whatever the guidance says, because of what
// decoding costs. They are read off the header, before anything is decoded.
const (
	// MaxInput is the largest file that is looked at, in bytes: what Telegram
	// hands to a bot.
	MaxInput = 20 << 20
	// MaxPixels is the largest picture that is decoded.
	MaxPixels = 60_000_000
	// MaxHEIFPixels is the same for HEIC: its decoder takes 4 s and 350 MB
	// for 12 million pixels.
	MaxHEIFPixels = 24_000_000
	// MaxCMYKPixels is the same for a JPEG in four inks, which takes image/jpeg
	// four times as long as one in luma and chroma.
	MaxCMYKPixels = 15_000_000
	// MaxSide is the longest side that is decoded, in pixels.
	MaxSide = 16_000

	// maxRatio is the largest ratio of a picture's sides. Telegram and the
	// services that read documents draw it between 20 and 50.
	maxRatio = 20
	// maxScans bounds the passes of a progressive JPEG, each of which costs a
	// walk over the whole picture. Encoders write about ten; libjpeg-turbo's fuzzers stop at 500.
	maxScans = 100
	// maxWalk bounds the coefficients that all passes together go over, at a
	// nanosecond each. Those of an encoder go over 4 to 6 a pixel.
	maxWalk = 800_000_000
	// maxUnpacked bounds the bytes that the pixels of a PNG inflate to, at ten
	// nanoseconds each with a filter: an A4 sheet at 600 dpi has 104 million in
	// colour.
	maxUnpacked = 110_000_000
	// maxCost is the most that checking and repairing one picture may hold, in
	// bytes, so that it takes less than 250 MB with its file, of 20 MB at most,
	// and with the canvas of a stitch.
	maxCost = 200_000_000
	// decodeTime bounds the decoding of one picture.
	decodeTime = 10 * time.Second
)

// A picture with a shorter side below smallShort or a longer one below smallLong,
// in pixels, is called small: Tencent's and Aliyun's readers of identity cards
// advise at least 500 × 800.
const (
	smallShort = 500
	smallLong  = 800
)

// refuse returns why a file with this header is not decoded, or nothing.
func (h header) refuse() []Problem {
	px := int64(h.width) * int64(h.height)
	maxPx := int64(MaxPixels)
	switch {
	case h.format == HEIF:
		maxPx = MaxHEIFPixels
	case h.format == JPEG && h.comps == 4:
		maxPx = MaxCMYKPixels
	}
	w, ht := h.size()
	size := args("width", strconv.Itoa(w), "height", strconv.Itoa(ht))
	switch {
	case h.width == 0 || h.height == 0:
		if h.incomplete {
			return reject(Truncated, nil)
		}
		return reject(Corrupt, args("why", "header"))
	case px > maxPx, h.width > MaxSide, h.height > MaxSide:
		size["limit"] = strconv.FormatInt(maxPx/1_000_000, 10) // million pixels
		return reject(TooManyPixels, size)
	case h.cost() > maxCost, h.format == PNG && h.inflated() > maxUnpacked:
		// Not the pixels alone: so many may pass when they are stored otherwise.
		size["why"] = "storage"
		if h.depth > 8 {
			size["why"], size["depth"] = "depth", strconv.Itoa(h.depth)
		}
		return reject(TooManyPixels, size)
	case max(h.width, h.height) > maxRatio*min(h.width, h.height):
		size["limit"] = strconv.Itoa(maxRatio)
		return reject(ExtremeShape, size)
	case h.scans > maxScans, h.walked > maxWalk, h.format == JPEG && !h.progressive && h.scans > h.comps:
		return reject(Corrupt, args("why", "scans"))
	case h.broken:
		return reject(Corrupt, args("why", "header"))
	case h.format == WebP && h.incomplete:
		// The decoder allocates what the header announces.
		return reject(Truncated, nil)
	}
	return nil
}

// inflated returns how many bytes the pixels of a PNG inflate to. Those that are
// interlaced are gone over half as often again.
func (h header) inflated() int64 {
	n := int64(h.width) * int64(h.height) * int64(h.comps) * int64(h.depth) / 8
	if h.progressive {
		n += n / 2
	}
	return n
}

func reject(c Code, args map[string]string) []Problem {
	return []Problem{{Code: c, Level: Reject, Args: args}}
}
