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
	// MaxSide is the longest side that is decoded, in pixels.
	MaxSide = 16_000

	// maxRatio is the largest ratio of a picture's sides. Telegram and the
	// services that read documents draw it between 20 and 50.
	maxRatio = 20
	// maxScans bounds the passes of a progressive JPEG, each of which costs a
	// walk over the whole picture. Encoders write about ten; libjpeg-turbo's fuzzers stop at 500.
	maxScans = 100
	// maxPeak is the most that decoding one picture may hold, in bytes. It
	// keeps the whole process below 250 MB.
	maxPeak = 190_000_000
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
	if h.format == HEIF {
		maxPx = MaxHEIFPixels
	}
	w, ht := h.size()
	size := map[string]string{"width": strconv.Itoa(w), "height": strconv.Itoa(ht)}
	switch {
	case h.width == 0 || h.height == 0:
		if h.incomplete {
			return reject(Truncated, nil)
		}
		return reject(Corrupt, map[string]string{"why": "header"})
	case px > maxPx, h.width > MaxSide, h.height > MaxSide, h.peak() > maxPeak:
		size["limit"] = strconv.FormatInt(maxPx/1_000_000, 10) // million pixels
		return reject(TooManyPixels, size)
	case max(h.width, h.height) > maxRatio*min(h.width, h.height):
		size["limit"] = strconv.Itoa(maxRatio)
		return reject(ExtremeShape, size)
	case h.scans > maxScans:
		return reject(Corrupt, map[string]string{"why": "scans"})
	case h.broken:
		return reject(Corrupt, map[string]string{"why": "header"})
	case h.format == WebP && h.incomplete:
		// The decoder allocates what the header announces.
		return reject(Truncated, nil)
	}
	return nil
}

func reject(c Code, args map[string]string) []Problem {
	return []Problem{{Code: c, Level: Reject, Args: args}}
}
