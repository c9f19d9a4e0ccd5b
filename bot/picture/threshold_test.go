package picture

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// The colours of a desk and of a paper on it.
var (
	wood  = color.RGBA{120, 85, 60, 255}
	paper = color.RGBA{225, 225, 220, 255}
)

// on returns a frame of 800 × 600 pixels of one colour with boxes in another.
func on(desk, c color.RGBA, boxes ...image.Rectangle) *image.RGBA {
	img := plain(800, 600, desk)
	for _, b := range boxes {
		box(img, b.Min.X, b.Min.Y, b.Dx(), b.Dy(), c)
	}
	return img
}

func gray(level uint8) color.RGBA { return color.RGBA{level, level, level, 255} }

// TestRegionThresholds has a picture on each side of every threshold by which a
// paper is told from what else may lie in a frame.
func TestRegionThresholds(t *testing.T) {
	middle := image.Rect(200, 150, 600, 450)
	tests := []struct {
		name string
		img  image.Image
		want bool
	}{
		{"minContrast: 40 levels brighter than the desk", on(gray(150), gray(190), middle), true},
		{"minContrast: 18 levels brighter than the desk", on(gray(150), gray(168), middle), false},
		{"minBrighter: of another colour, and brighter", on(color.RGBA{150, 60, 60, 255}, color.RGBA{120, 160, 90, 255}, middle), true},
		{"minBrighter: of another colour, and as bright", on(color.RGBA{170, 90, 90, 255}, color.RGBA{90, 124, 124, 255}, middle), false},
		{"minBrighter: darker, as a block of print", on(gray(220), gray(60), middle), false},
		{"minRegion: 3 % of the frame", on(wood, paper, image.Rect(300, 200, 420, 320)), true},
		{"minRegion: 1 % of the frame", on(wood, paper, image.Rect(300, 200, 370, 270)), false},
		{"minConvex: a paper with a corner folded in", on(wood, paper, image.Rect(200, 150, 600, 400), image.Rect(200, 400, 560, 450)), true},
		{"minConvex: an angle of two strips", on(wood, paper, image.Rect(200, 150, 600, 250), image.Rect(200, 250, 300, 450)), false},
	}
	for _, tt := range tests {
		if r, found := findRegion(viewOf(flatten(tt.img))); found != tt.want {
			t.Errorf("%s: found is %v, filling %.2f of its hull and %.3f of the frame", tt.name, found, r.fill, r.area)
		}
	}
}

// TestCutThresholds has a paper on each side of what makes it cut off, or small.
func TestCutThresholds(t *testing.T) {
	tests := []struct {
		name       string
		img        *image.RGBA
		cut, small bool
	}{
		{"whole", on(wood, paper, image.Rect(100, 60, 700, 540)), false, false},
		{"cutShare: a corner that touches the frame", askew(-10), false, false},
		{"cutShare: a corner beyond the frame", askew(-80), true, false},
		{"cutConvex: run together with what lies at the border", on(wood, paper, image.Rect(100, 60, 700, 500), image.Rect(500, 500, 640, 600)), false, false},
		{"cutConvex: at the border with a side", on(wood, paper, image.Rect(100, 150, 700, 600)), true, false},
		{"two adjacent sides", on(wood, paper, image.Rect(0, 150, 600, 600)), true, false},
		{"two opposite sides: a column of a page", on(wood, paper, image.Rect(200, 0, 700, 600)), false, false},
		{"three sides: the head of a page", on(wood, paper, image.Rect(0, 0, 800, 250)), false, false},
	}
	for _, tt := range tests {
		v := viewOf(flatten(tt.img))
		r, found := findRegion(v)
		if !found || r.cutOff() != tt.cut {
			t.Errorf("%s: found %v, cut off %v, touching %.2f of the sides, filling %.3f", tt.name, found, r.cutOff(), r.touch, r.fill)
		}
	}
	sizes := []struct {
		name  string
		frame image.Point
		paper image.Point
		small bool
	}{
		{"smallShare: a quarter of the frame", image.Pt(3200, 2400), image.Pt(1600, 1200), false},
		{"smallShare: a tenth of the frame", image.Pt(3200, 2400), image.Pt(1000, 750), true},
		{"paperShort: 440 pixels high", image.Pt(1200, 900), image.Pt(800, 440), false},
		{"paperShort: 350 pixels high", image.Pt(1200, 900), image.Pt(800, 350), true},
		{"paperLong: 660 pixels wide", image.Pt(1000, 750), image.Pt(660, 500), false},
		{"paperLong: 540 pixels wide", image.Pt(1000, 750), image.Pt(540, 500), true},
	}
	for _, tt := range sizes {
		img := plain(tt.frame.X, tt.frame.Y, wood)
		at := tt.frame.Sub(tt.paper).Div(2)
		box(img, at.X, at.Y, tt.paper.X, tt.paper.Y, paper)
		v := viewOf(flatten(img))
		r, found := findRegion(v)
		if !found || r.small(v) != tt.small {
			t.Errorf("%s: found %v, small %v, of %.2f of the frame", tt.name, found, r.small(v), r.area)
		}
	}
}

// askew returns a paper turned by a quarter of a right angle whose upper corner
// lies that many pixels from the frame.
func askew(top float64) *image.RGBA {
	img := plain(800, 600, wood)
	sin, cos := math.Sincos(math.Pi / 8)
	for y := range 600 {
		for x := range 800 {
			dx, dy := float64(x)-350, float64(y)-top
			if u, v := dx*cos+dy*sin, dy*cos-dx*sin; u >= 0 && v >= 0 && u < 380 && v < 300 {
				img.SetRGBA(x, y, paper)
			}
		}
	}
	return img
}

// spot adds light to a picture around a place, that falls off as a Gaussian of
// the given radius.
func spot(img *image.RGBA, x0, y0 int, strength, radius float64) *image.RGBA {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			dx, dy := float64(x-x0), float64(y-y0)
			s := 255 * strength * math.Exp(-(dx*dx+dy*dy)/(radius*radius))
			c := img.RGBAAt(x, y)
			f := func(v uint8) uint8 { return uint8(min(255, float64(v)+s)) }
			img.SetRGBA(x, y, color.RGBA{f(c.R), f(c.G), f(c.B), 255})
		}
	}
	return img
}

// TestGlareThresholds has a spot on each side of what makes it a reflection.
func TestGlareThresholds(t *testing.T) {
	sheet := image.Rect(80, 60, 720, 540)
	tests := []struct {
		name string
		img  *image.RGBA
		want bool
	}{
		{"glareLeast: of 2 % of the frame", spot(on(wood, paper, sheet), 400, 300, 1, 40), true},
		{"glareLeast: of 0.2 % of the frame", spot(on(wood, paper, sheet), 400, 300, 0.2, 20), false},
		{"glareRim: on something white", spot(on(wood, gray(225), sheet), 400, 300, 1, 40), true},
		{"glareRim: a white label on brown paper", on(wood, gray(255), image.Rect(300, 200, 500, 400)), false},
		{"glareFade: a white field of a page that is light gray", on(gray(246), gray(255), image.Rect(300, 200, 500, 400)), false},
		{"glareFade: a reflection on that page", spot(on(gray(225), gray(225)), 400, 300, 1, 60), true},
		{"glareMost: of half of the frame", spot(on(gray(225), gray(225)), 400, 300, 1, 240), false},
		{"deskShare: half out of the frame", spot(on(gray(225), gray(225)), 0, 300, 1, 40), true},
		{"deskShare: all along a side", spot(on(gray(225), gray(225)), -500, 300, 1, 400), false},
		{"clipLevel: a spot that is not saturated", spot(on(gray(200), gray(200)), 400, 300, 0.15, 60), false},
	}
	for _, tt := range tests {
		v := viewOf(flatten(tt.img))
		r, found := findRegion(v)
		if l := v.light(r, found && !r.spans()); l.spot > 0 != tt.want {
			t.Errorf("%s: a reflection of %.4f of the frame, with a paper: %v", tt.name, l.spot, found)
		}
	}
}

// TestLightThresholds has a frame on each side of what is dark or over-exposed.
func TestLightThresholds(t *testing.T) {
	sheet := image.Rect(80, 60, 720, 540)
	burnt := func(white, levels int) *image.RGBA { // the rest nearly white, in so many levels
		img := plain(800, 600, gray(255))
		for y := range 600 {
			for x := white; x < 800; x++ {
				img.SetRGBA(x, y, gray(uint8(238+x%levels)))
			}
		}
		return img
	}
	tests := []struct {
		name       string
		img        *image.RGBA
		dark, over bool
	}{
		{"darkLevel: a paper of 120 levels", on(gray(30), gray(120), sheet), false, false},
		{"darkLevel: a paper of 85 levels", on(gray(30), gray(85), sheet), true, false},
		{"frameShare: a dark booklet with gilt print", on(gray(40), gray(170), image.Rect(300, 100, 500, 150)), false, false},
		{"frameShare: with a glint", on(gray(40), gray(170), image.Rect(300, 100, 330, 150)), true, false},
		{"overShare: two thirds of the paper", twoTone(on(wood, gray(225), sheet), image.Rect(80, 60, 500, 540)), false, true},
		{"overShare: a third of the paper", twoTone(on(wood, gray(225), sheet), image.Rect(80, 60, 290, 540)), false, false},
		{"softShare: a page that a camera took", burnt(500, 10), false, true},
		{"softShare: a screenshot with a field of one gray", burnt(500, 1), false, false},
		{"overFrame: a fifth of the frame", burnt(160, 10), false, false},
	}
	for _, tt := range tests {
		v := viewOf(flatten(tt.img))
		r, found := findRegion(v)
		l := v.light(r, found && !r.spans())
		if l.bright < darkLevel != tt.dark || l.over != tt.over {
			t.Errorf("%s: level %d, over-exposed %v with %.2f saturated, with a paper: %v", tt.name, l.bright, l.over, l.clipped, found)
		}
	}
}

// twoTone returns img with a part in white.
func twoTone(img *image.RGBA, r image.Rectangle) *image.RGBA {
	box(img, r.Min.X, r.Min.Y, r.Dx(), r.Dy(), gray(255))
	return img
}

// TestColourThresholds has a picture on each side of what has no colour.
func TestColourThresholds(t *testing.T) {
	red := color.RGBA{205, 40, 45, 255}
	tests := []struct {
		name string
		img  *image.RGBA
		want bool
	}{
		{"grayLevel: a page that is a little yellow", plain(800, 600, color.RGBA{214, 212, 200, 255}), false},
		{"grayLevel: a page that is gray but for what a camera does", plain(800, 600, color.RGBA{214, 214, 210, 255}), true},
		{"sealShare: a seal of 0.3 %", on(gray(230), red, image.Rect(600, 400, 640, 440)), false},
		{"sealShare: a red dot of 0.02 %", on(gray(230), red, image.Rect(600, 400, 610, 410)), true},
		{"sealLevel: a stain of 0.3 % that is hardly coloured", on(gray(230), color.RGBA{232, 224, 224, 255}, image.Rect(600, 400, 640, 440)), true},
	}
	for _, tt := range tests {
		if got := viewOf(flatten(tt.img)).gray(region{}, false); got != tt.want {
			t.Errorf("%s: gray is %v", tt.name, got)
		}
	}
	// The same on a paper that lies on a wooden desk, in warm light.
	paper := image.Rect(150, 100, 650, 500)
	desk := func(mark color.RGBA, at image.Rectangle) *image.RGBA {
		img := plain(800, 600, color.RGBA{120, 80, 50, 255})
		box(img, paper.Min.X, paper.Min.Y, paper.Dx(), paper.Dy(), color.RGBA{240, 228, 205, 255})
		box(img, 200, 150, 200, 20, color.RGBA{60, 56, 48, 255})
		box(img, at.Min.X, at.Min.Y, at.Dx(), at.Dy(), mark)
		return img
	}
	for name, tt := range map[string]struct {
		img  *image.RGBA
		want bool
	}{
		"a copy":                     {desk(color.RGBA{60, 56, 48, 255}, image.Rect(300, 300, 340, 310)), true},
		"a seal":                     {desk(red, image.Rect(300, 300, 320, 320)), false},
		"writing in blue":            {desk(color.RGBA{40, 60, 150, 255}, image.Rect(300, 300, 340, 304)), false},
		"a rim that the desk tinges": {desk(color.RGBA{190, 150, 110, 255}, image.Rect(paper.Min.X, paper.Min.Y, paper.Min.X+4, paper.Max.Y)), true},
	} {
		v := viewOf(flatten(tt.img))
		r, found := findRegion(v)
		if got := v.gray(r, found); got != tt.want || !found {
			t.Errorf("%s on a desk: gray is %v, with a paper: %v", name, got, found)
		}
	}
}

// TestEdgeThresholds has print on each side of what is measured as an edge.
func TestEdgeThresholds(t *testing.T) {
	print := func(lines, level int) *image.RGBA {
		img := plain(800, 600, gray(230))
		for i := range lines {
			glyphs(img, 40, 30+i*60, 16, 32, gray(uint8(level)))
		}
		return img
	}
	tests := []struct {
		name string
		img  *image.RGBA
		want bool
	}{
		{"edgeHeight: print of 80 levels on paper of 230", print(8, 80), true},
		{"edgeHeight: print of 200 levels", print(8, 200), false},
		{"minEdges: a page of print", print(8, 40), true},
		{"minEdges: one box", on(gray(230), gray(40), image.Rect(10, 10, 20, 20)), false},
		{"widestEdge: shading from black to white", shaded(), false},
	}
	for _, tt := range tests {
		if width, ok := edgeWidth(viewOf(flatten(tt.img)).detail); ok != tt.want {
			t.Errorf("%s: measured %v, a width of %.2f", tt.name, ok, width)
		}
	}
}

func shaded() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for y := range 600 {
		for x := range 800 {
			img.SetRGBA(x, y, gray(uint8(x*255/800)))
		}
	}
	return img
}

// pattern returns a page on which a grid lies that has the given pitch in
// pixels, over a share of the width and at an angle in degrees, with noise.
func pattern(pitch, degrees, share, depth float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 800, 600))
	rng := rand.New(rand.NewPCG(6, 7))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range 600 {
		for x := range 800 {
			l := 210.0
			if float64(x) < share*800 {
				l += depth * math.Sin(2*math.Pi*(float64(x)*cos+float64(y)*sin)/pitch)
			}
			img.SetRGBA(x, y, grain(gray(uint8(l)), 3, rng))
		}
	}
	return img
}

// TestGridThresholds has a pattern on each side of what makes it a screen's.
func TestGridThresholds(t *testing.T) {
	tests := []struct {
		name string
		img  *image.RGBA
		want bool
	}{
		{"a page without a pattern", pattern(3, 5, 0, 0), false},
		{"gridLow: a pitch of 5 pixels", pattern(5, 20, 1, 6), true},
		{"gridLow: of 7 pixels, as of small characters", pattern(7, 20, 1, 6), false},
		{"gridHigh: of 2.4 pixels", pattern(2.4, 20, 1, 6), true},
		{"gridHigh: of 2.05 pixels, as a sensor's mosaic has", pattern(2.05, 3, 1, 6), false},
		{"peakRatio: hardly to be seen", pattern(3.3, 20, 1, 0.1), false},
		{"gridShare: over three quarters of the page", pattern(3.3, 20, 0.8, 6), true},
		{"gridShare: over a quarter of the page", pattern(3.3, 20, 0.3, 6), false},
		{"axisShare: upright, over the whole page", pattern(3.3, 0, 1, 6), true},
		{"axisShare: upright, over three quarters", pattern(3.3, 0, 0.8, 6), false},
		{"the blocks of JPEG", pattern(4, 0, 1, 6), false},
		{"lumaFloor, chromaFloor: all of one colour", plain(800, 600, gray(210)), false},
		{"minWindows: room for six", pattern(3.3, 20, 1, 6).SubImage(image.Rect(0, 0, 400, 300)).(*image.RGBA), true},
		{"minWindows: room for two", pattern(3.3, 20, 1, 6).SubImage(image.Rect(0, 0, 300, 200)).(*image.RGBA), false},
	}
	for _, tt := range tests {
		v := viewOf(flatten(tt.img))
		if got := v.screen(region{}, false); got != tt.want {
			t.Errorf("%s: a screen: %v", tt.name, got)
		}
	}
}

// TestTintThresholds has a coloured pattern, without any in luma, on each side.
func TestTintThresholds(t *testing.T) {
	page := func(pitch, share, depth, luma float64) *image.YCbCr {
		img := flatten(pattern(3, 5, 0, 0))
		rng := rand.New(rand.NewPCG(8, 9))
		for i := range img.Cb {
			c := 128 + 2*rng.NormFloat64()
			if x, y := i%img.CStride, i/img.CStride; float64(x) < share*400 {
				wave := func(x, y float64) float64 { return math.Sin(2 * math.Pi * (x*0.9 + y*0.4) / pitch) }
				c += depth * wave(float64(x), float64(y))
				for k := range 4 { // the four samples of luma
					i, j := 2*x+k%2, 2*y+k/2
					l := &img.Y[j*img.YStride+i]
					*l = uint8(float64(*l) - luma - luma*wave(float64(i)/2, float64(j)/2))
				}
			}
			img.Cb[i] = uint8(c)
		}
		return img
	}
	tests := []struct {
		name string
		img  *image.YCbCr
		want bool
	}{
		{"tintLow: a beat of 10 samples", page(10, 1, 10, 0), true},
		{"tintLow: of 30 samples, as the waves of a certificate", page(30, 1, 10, 0), false},
		{"tintShare: over a quarter of the page", page(10, 0.3, 10, 0), false},
		{"minTint: a beat that is in luma too, twice as strong", page(10, 1, 10, 20), true},
		{"minTint: regular print in an ink that is hardly coloured", page(10, 1, 10, 90), false},
	}
	for _, tt := range tests {
		if got := viewOf(tt.img).screen(region{}, false); got != tt.want {
			t.Errorf("%s: a screen: %v", tt.name, got)
		}
	}
}
