package picture

import "testing"

// TestRefuse has a header on each side of every limit.
func TestRefuse(t *testing.T) {
	jpeg := func(w, h int) header {
		return header{format: JPEG, width: w, height: h, depth: 8, comps: 3, scans: 1, ratio: [2]int{2, 2}}
	}
	progressive := func(w, h, scans int) header {
		h2 := jpeg(w, h)
		h2.progressive, h2.scans = true, scans
		return h2
	}
	png := func(w, h, depth int) header {
		return header{format: PNG, width: w, height: h, depth: depth, comps: 4, scans: 1}
	}
	heif := func(w, h int) header { return header{format: HEIF, width: w, height: h, depth: 8, comps: 3, scans: 1} }
	tests := []struct {
		name string
		h    header
		want Code // empty when it passes
	}{
		{"60 million pixels", jpeg(10_000, 6_000), ""},
		{"a row more", jpeg(10_000, 6_001), TooManyPixels},
		{"the longest side", jpeg(MaxSide, 800), ""},
		{"a pixel more", jpeg(MaxSide+1, 801), TooManyPixels},
		{"twenty times as long as wide", jpeg(100, 100*maxRatio), ""},
		{"a pixel longer", jpeg(100, 100*maxRatio+1), ExtremeShape},
		{"the most scans", progressive(1000, 1000, maxScans), ""},
		{"a scan more", progressive(1000, 1000, maxScans+1), Corrupt},
		{"a progressive picture of 25 million pixels", progressive(5000, 5000, 10), ""}, // 7.5 bytes a pixel
		{"of 26 million", progressive(5100, 5100, 10), TooManyPixels},
		{"36 million pixels with alpha", png(6000, 6000, 8), ""}, // 4 bytes a pixel, and to shrink it
		{"42 million", png(6500, 6500, 8), TooManyPixels},
		{"19 million pixels of 16 bits", png(4400, 4400, 16), ""},
		{"24 million", png(4900, 4900, 16), TooManyPixels},
		{"a HEIC of 24 million pixels", heif(6000, 4000), ""},
		{"a row more", heif(6000, 4001), TooManyPixels},
		{"no height", jpeg(100, 0), Corrupt},
	}
	for _, tt := range tests {
		var got Code
		if ps := tt.h.refuse(); len(ps) > 0 {
			got = ps[0].Code
		}
		if got != tt.want {
			t.Errorf("%s, %d×%d: %q, want %q; peak %d", tt.name, tt.h.width, tt.h.height, got, tt.want, tt.h.peak())
		}
	}
}

// TestTooSmall has a picture on each side of the size that is called small.
func TestTooSmall(t *testing.T) {
	c := New(testLimits, Config{})
	for _, tt := range []struct {
		w, h int
		want bool
	}{
		{smallLong, smallShort, false}, {smallShort, smallLong, false}, {smallLong - 1, smallShort, true}, {smallShort - 1, smallLong, true},
	} {
		r, err := c.Check(t.Context(), jpegOf(t, drawn(tt.w, tt.h), 85), Source{})
		if got := len(r.Problems) > 0 && r.Problems[0].Code == TooSmall; err != nil || got != tt.want {
			t.Errorf("%d×%d: %v, %v, want too small %t", tt.w, tt.h, r.Problems, err, tt.want)
		}
	}
}
