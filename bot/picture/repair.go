package picture

import (
	"image"
	"slices"
	"strconv"
)

// maxProfile is the largest colour profile that is carried over, in bytes.
// Those of cameras and screens have 0.5 to 4 KB, of presses up to some hundred.
const maxProfile = 64 << 10

// largestRepaired is the longest side of a repaired picture whose pixels are coded
// again, in pixels: what Aliyun's quality check takes. A larger one is brought to
// DefaultMaxSide.
const largestRepaired = 5000

// repairedSize returns the size of the repaired picture of one of w × h pixels.
func repairedSize(w, h int) (int, int) {
	if max(w, h) <= largestRepaired {
		return w, h
	}
	return within2(w, h, DefaultMaxSide)
}

// repair makes the repaired picture of e, whose pixels are at hand. It reports
// false when there is nothing to do, or no pixels.
func (c *Checker) repair(e *examined, src Source) (Repaired, bool, error) {
	h := e.header
	if e.pixels == nil {
		return Repaired{}, false, nil
	}
	if slices.Contains(c.limits.Accepted, h.format) && h.turn() == 1 {
		if r, ok := c.trim(e, src); ok || r.Data != nil {
			return r, ok, nil
		}
	}
	return c.recode(e)
}

// trim repairs e without touching its pixels. It returns no data when that is
// not enough, and the data it was given with false when nothing is to be done.
func (c *Checker) trim(e *examined, src Source) (Repaired, bool) {
	h := e.header
	w, ht := h.size()
	r := Repaired{Data: e.data, Format: h.format, Width: w, Height: ht}
	large := int64(len(e.data)) >= c.limits.MaxBytes
	if large || h.gps || h.incomplete || h.frames > 1 || h.trailing(e.data) > 0 {
		switch h.format {
		case JPEG:
			r.Data = stripJPEG(e.data)
		case PNG:
			r.Data = stripPNG(e.data)
		default:
			return Repaired{}, false
		}
		if int64(len(r.Data)) >= c.limits.MaxBytes {
			return Repaired{}, false
		}
		if h.frames > 1 {
			r.Changes = append(r.Changes, Change{Code: FirstFrame})
		}
		r.Changes = append(r.Changes, e.dropped()...)
		if h.incomplete {
			r.Changes = append(r.Changes, Change{Code: Completed})
		}
	}
	if ext := wrongExtension(src.Name, h.format); ext != "" {
		r.Changes = append(r.Changes, Change{Code: Renamed, Args: args("from", ext, "to", h.format.Extension())})
	}
	return r, len(r.Changes) > 0
}

// dropped lists what goes with every new file.
func (e *examined) dropped() []Change {
	var cs []Change
	if e.header.metadata || e.header.gps {
		cs = append(cs, Change{Code: MetadataRemoved, Args: args("gps", strconv.FormatBool(e.header.gps))})
	}
	if e.header.trailing(e.data) > 0 {
		cs = append(cs, Change{Code: TrailingRemoved})
	}
	return cs
}

// recode repairs e by coding its pixels again, as JPEG below the limit.
func (c *Checker) recode(e *examined) (Repaired, bool, error) {
	h := e.header
	var profile []byte
	if h.format == JPEG && h.comps == 3 {
		if profile = iccProfile(e.data); len(profile) > maxProfile {
			profile = nil
		}
	}
	w, ht := h.size()
	opaque := isOpaque(e.pixels)
	canvas := newCanvas(repairedSize(w, ht))
	place(canvas, canvas.Rect, e.pixels, h.turn())
	e.pixels = nil // may be collected before encoding

	f, err := fit(canvas, c.limits.MaxBytes-int64(len(profile)))
	if err != nil {
		return Repaired{}, false, err
	}
	f.scale *= float64(canvas.Rect.Dx()) / float64(w)
	r := Repaired{Data: withProfile(f.data, profile), Format: JPEG, Width: f.width, Height: f.height}
	if h.turn() != 1 {
		r.Changes = append(r.Changes, Change{Code: TurnedUpright})
	}
	if h.format != JPEG {
		r.Changes = append(r.Changes, Change{Code: Converted, Args: args("from", string(h.format))})
	}
	if !opaque {
		r.Changes = append(r.Changes, Change{Code: Flattened})
	}
	if h.frames > 1 {
		r.Changes = append(r.Changes, Change{Code: FirstFrame})
	}
	if h.format == JPEG && int64(len(e.data)) >= c.limits.MaxBytes || f.quality < bestQuality && h.format == JPEG {
		r.Changes = append(r.Changes, Change{Code: Recompressed, Args: args("quality", strconv.Itoa(f.quality))})
	}
	if f.scale != 1 {
		r.Changes = append(r.Changes, Change{Code: ScaledDown, Args: args("width", strconv.Itoa(f.width), "height", strconv.Itoa(f.height))})
	}
	r.Changes = append(r.Changes, e.dropped()...)
	if f.scale != 1 {
		e.recheck(f)
	}
	return r, true, nil
}

// recheck adds to the report of e what the picture suffers from since it was
// scaled to fit. Above keepQuality, coding alone costs no legibility.
func (e *examined) recheck(f fitted) {
	found := quality(f.pixels, 1)
	if short, long := min(f.width, f.height), max(f.width, f.height); short < smallShort || long < smallLong {
		found = append(found, Problem{Code: TooSmall, Level: Warn, Args: args("width", strconv.Itoa(f.width), "height", strconv.Itoa(f.height))})
	}
	for _, p := range found {
		if p.Code == Blurry || p.Code == TooSmall {
			e.report.Problems = append(e.report.Problems, p)
		}
	}
	e.sort() // and what was found before stays as it was
}

// withProfile puts profile, which is a run of APP2 segments, behind the SOI of a
// JPEG.
func withProfile(data, profile []byte) []byte {
	if len(profile) == 0 {
		return data
	}
	return slices.Concat(data[:2], profile, data[2:])
}

// isOpaque reports whether nothing of img is transparent.
func isOpaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return !ok || o.Opaque()
}
