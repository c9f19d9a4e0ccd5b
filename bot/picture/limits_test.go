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
	seq := func(comps, scans int, walked int64) header {
		h := jpeg(3000, 2000)
		h.comps, h.scans, h.walked = comps, scans, walked
		return h
	}
	full := func(h header) header {
		h.ratio = [2]int{1, 1}
		return h
	}
	laced := func(h header) header {
		h.progressive = true
		return h
	}
	cmyk := func(w, h int) header {
		h2 := full(jpeg(w, h))
		h2.comps = 4
		return h2
	}
	gray := func(h header) header {
		h.comps = 1
		return h
	}
	heif := func(w, h int) header { return header{format: HEIF, width: w, height: h, depth: 8, comps: 3, scans: 1} }
	tests := []struct {
		name string
		h    header
		want Code // empty when it passes
		why  string
	}{
		{"60 million pixels", jpeg(10_000, 6_000), "", ""},
		{"a row more", jpeg(10_000, 6_001), TooManyPixels, ""},
		{"the longest side", jpeg(MaxSide, 800), "", ""},
		{"a pixel more", jpeg(MaxSide+1, 801), TooManyPixels, ""},
		{"twenty times as long as wide", jpeg(100, 100*maxRatio), "", ""},
		{"a pixel longer", jpeg(100, 100*maxRatio+1), ExtremeShape, ""},
		{"the most scans", progressive(1000, 1000, maxScans), "", ""},
		{"a scan more", progressive(1000, 1000, maxScans+1), Corrupt, "scans"},
		{"a scan for each component", seq(3, 3, 9_000_000), "", ""},
		{"a component twice", seq(3, 4, 12_000_000), Corrupt, "scans"},
		{"passes that go over the most", seq(3, 1, maxWalk), "", ""},
		{"over one coefficient more", seq(3, 1, maxWalk+1), Corrupt, "scans"},
		{"a progressive picture of 26 million pixels", progressive(5100, 5100, 10), "", ""}, // 7.5 bytes a pixel
		{"of 27 million", progressive(5200, 5200, 10), TooManyPixels, "storage"},
		{"49 million pixels with all their chroma", full(jpeg(7000, 7000)), "", ""},
		{"52 million", full(jpeg(7200, 7200)), TooManyPixels, "storage"},
		{"15 million pixels in four inks", cmyk(5000, 3000), "", ""},
		{"a row more", cmyk(5000, 3001), TooManyPixels, ""},
		{"27 million pixels with alpha", png(5200, 5200, 8), "", ""}, // 4 bytes a pixel
		{"28 million", png(5300, 5300, 8), TooManyPixels, "storage"},
		{"18 million interlaced", laced(png(4200, 4200, 8)), "", ""}, // gone over half as often again
		{"19 million interlaced", laced(png(4400, 4400, 8)), TooManyPixels, "storage"},
		{"13 million pixels of 16 bits", png(3600, 3600, 16), "", ""},
		{"24 million", png(4900, 4900, 16), TooManyPixels, "depth"},
		{"54 million gray pixels of 16 bits", gray(png(7400, 7400, 16)), "", ""},
		{"a HEIC of 24 million pixels", heif(6000, 4000), "", ""},
		{"a row more", heif(6000, 4001), TooManyPixels, ""},
		{"no height", jpeg(100, 0), Corrupt, "header"},
	}
	for _, tt := range tests {
		var got Code
		var why string
		if ps := tt.h.refuse(); len(ps) > 0 {
			got, why = ps[0].Code, ps[0].Args["why"]
		}
		if got != tt.want || why != tt.why {
			t.Errorf("%s, %d×%d: %q %q, want %q %q; cost %d", tt.name, tt.h.width, tt.h.height, got, why, tt.want, tt.why, tt.h.cost())
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
