package picture

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A shot says how a photo of a paper on a desk is drawn. The zero value is a good
// one, without noise.
type shot struct {
	w, h   int     // of the photo; 960 × 720 when 0
	size   float64 // width of the paper over that of the photo; 0.75 when 0
	shift  float64 // of the paper to the right, over the photo's width
	turned float64 // angle, in radians; 0.06 when 0
	noise  float64 // standard deviation, levels
	blur   int     // rounds of a blur of one pixel each: σ is the root of it
	motion int     // length in pixels, to the right and a little down
	light  float64 // exposure; 1 when 0
	glare  float64 // strength of a reflection on the left half
	screen float64 // pitch of a screen's pixels; 0 for paper
	gray   bool
	blank  bool       // nothing is printed on the paper
	white  bool       // no desk: a flat scan of a white page
	desk   [3]float64 // colour of the desk; wood when zero
	cast   [3]float64 // colour of the light; white when zero
	shadow float64    // darkness of a shadow on the right half
}

func (s shot) draw() image.Image {
	if s.w == 0 {
		s.w, s.h = 960, 720
	}
	if s.size == 0 {
		s.size = 0.75
	}
	if s.turned == 0 {
		s.turned = 0.06
	}
	if s.light == 0 {
		s.light = 1
	}
	cast := s.cast
	if cast == [3]float64{} {
		cast = [3]float64{1, 1, 1}
	}
	paper := printed(900, 600, s.blank)
	rng := rand.New(rand.NewPCG(3, 4))
	var p [3][]float64
	for c := range p {
		p[c] = make([]float64, s.w*s.h)
	}
	scale := 900 / (s.size * float64(s.w))
	sin, cos := math.Sincos(s.turned)
	if s.white {
		sin, cos, scale = 0, 1, 900/float64(s.w)
	}
	grain := make([]float64, s.h)
	for y := range grain {
		grain[y] = 12 * rng.NormFloat64()
	}
	for y := range s.h {
		for x := range s.w {
			dx, dy := float64(x)-float64(s.w)*(0.5+s.shift), float64(y)-float64(s.h)/2
			u, v := scale*(dx*cos+dy*sin)+450, scale*(dy*cos-dx*sin)+300
			rgb := [3]float64{120 + grain[y/3], 85 + grain[y/3]*0.7, 60 + grain[y/3]*0.5}
			if s.desk != [3]float64{} {
				rgb = s.desk
			}
			switch on := u >= 0 && v >= 0 && u < 899 && v < 599; {
			case on:
				rgb = paper.at(u, v)
			case s.white:
				rgb = [3]float64{255, 255, 255}
			}
			if s.white && rgb[0] > 200 {
				rgb = [3]float64{255, 255, 255}
			}
			gain := s.light * (0.93 + 0.1*float64(x)/float64(s.w))
			if s.white {
				gain = 1
			}
			if s.shadow > 0 { // soft, over a tenth of the width
				edge := (float64(x)+0.3*float64(y))/float64(s.w) - 0.6
				gain *= 1 - s.shadow*max(0, min(1, 10*edge))
			}
			var shine float64
			if s.glare > 0 {
				gx, gy := float64(x)-0.35*float64(s.w), float64(y)-0.5*float64(s.h)
				shine = 255 * s.glare * math.Exp(-(gx*gx+gy*gy)/(0.006*float64(s.w*s.w)))
			}
			lit := [3]float64{1, 1, 1}
			if s.screen > 0 {
				lit = [3]float64{0.7, 0.7, 0.7}
				lit[int(math.Mod(float64(x)*0.9986+float64(y)*0.0523, s.screen)/s.screen*3)%3] = 1.5
			}
			for c := range p {
				p[c][y*s.w+x] = (rgb[c]*gain + shine) * lit[c] * cast[c]
			}
		}
	}
	for c := range p {
		if s.motion > 1 {
			p[c] = moved(p[c], s.w, s.h, s.motion)
		}
		for range s.blur {
			p[c] = blurred(p[c], s.w, s.h)
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, s.w, s.h))
	for i := range p[0] {
		var n float64
		if s.noise > 0 {
			n = s.noise * rng.NormFloat64()
		}
		rgb := [3]float64{p[0][i] + n, p[1][i] + n, p[2][i] + n}
		if s.gray {
			g := 0.3*rgb[0] + 0.59*rgb[1] + 0.11*rgb[2]
			rgb = [3]float64{g, g, g}
		}
		for c, v := range rgb {
			out.Pix[4*i+c] = uint8(max(0, min(255, math.Round(v))))
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// A sheet is a printed paper, with a coloured picture in its upper right corner.
type sheet struct {
	pix  []bool
	w, h int
}

func printed(w, h int, blank bool) sheet {
	s := sheet{make([]bool, w*h), w, h}
	if blank {
		return s
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for y := 50; y < h-50; y += 44 {
		for x := 50; x < w-60; x += 32 {
			if x > w*2/3 && y < h/2 {
				break
			}
			for range 5 { // strokes of a character
				if k := 4 * rng.IntN(6); rng.IntN(2) == 0 {
					s.fill(x, y+k, 24, 3)
				} else {
					s.fill(x+k, y, 3, 24)
				}
			}
		}
	}
	return s
}

func (s sheet) fill(x0, y0, w, h int) {
	for y := y0; y < y0+h; y++ {
		for x := x0; x < x0+w; x++ {
			s.pix[y*s.w+x] = true
		}
	}
}

// at returns the colour between the samples around u, v.
func (s sheet) at(u, v float64) (rgb [3]float64) {
	if u > float64(s.w)*0.7 && u < float64(s.w)*0.92 && v > 60 && v < float64(s.h)*0.48 {
		return [3]float64{190, 140, 120}
	}
	x, y := int(u), int(v)
	fx, fy := u-float64(x), v-float64(y)
	ink := func(x, y int) float64 {
		if s.pix[y*s.w+x] {
			return 1
		}
		return 0
	}
	t := (ink(x, y)*(1-fx)+ink(x+1, y)*fx)*(1-fy) + (ink(x, y+1)*(1-fx)+ink(x+1, y+1)*fx)*fy
	for c, light := range [3]float64{214, 220, 226} {
		rgb[c] = light - t*(light-35)
	}
	return rgb
}

func blurred(p []float64, w, h int) []float64 {
	tmp, out := slices.Clone(p), make([]float64, len(p))
	for y := range h {
		for x := 2; x < w-2; x++ {
			i := y*w + x
			tmp[i] = (p[i-2] + p[i+2] + 4*(p[i-1]+p[i+1]) + 6*p[i]) / 16
		}
	}
	copy(out, tmp)
	for i := 2 * w; i < len(p)-2*w; i++ {
		out[i] = (tmp[i-2*w] + tmp[i+2*w] + 4*(tmp[i-w]+tmp[i+w]) + 6*tmp[i]) / 16
	}
	return out
}

func moved(p []float64, w, h, length int) []float64 {
	out := make([]float64, len(p))
	for y := range h {
		for x := range w {
			var sum float64
			for k := range length {
				xx, yy := max(0, min(w-1, x+k-length/2)), max(0, min(h-1, y+(k-length/2)/3))
				sum += p[yy*w+xx]
			}
			out[y*w+x] = sum / float64(length)
		}
	}
	return out
}

// TestConfusion counts, at three levels of noise, which fault is found in photos
// with which. The table for phone photos of 12 million pixels, drawn elsewhere,
// is testdata/quality.txt.
func TestConfusion(t *testing.T) {
	if testing.Short() {
		t.Skip("draws 27 photos")
	}
	faults := map[Code]shot{
		"":            {},
		Blurry:        {motion: 8},
		Dark:          {light: 0.28},
		Overexposed:   {light: 1.6},
		Glare:         {glare: 1.5},
		NoColour:      {gray: true},
		CutOff:        {shift: -0.25},
		DocumentSmall: {size: 0.3},
		ScreenPhoto:   {screen: 5.2},
	}
	for code, s := range faults {
		for _, noise := range []float64{1, 4, 8} {
			s.noise = noise
			s.turned = -0.1
			ps := s.found(t)
			if code == "" && len(ps) > 0 || code != "" && (len(ps) != 1 || ps[0].Code != code) {
				t.Errorf("a photo with %q and noise of %g levels: %v", code, noise, ps)
			}
		}
	}
}

// found returns what the quality checks say of a shot that went through JPEG.
func (s shot) found(t *testing.T) []Problem {
	t.Helper()
	data := jpegOf(t, s.draw(), 90)
	h, _ := readHeader(data, JPEG)
	img, err := decode(t.Context(), data, h)
	if err != nil {
		t.Fatal(err)
	}
	return quality(img, 1)
}

// TestQuality has a picture on each side of every threshold.
func TestQuality(t *testing.T) {
	tests := []struct {
		name string
		shot shot
		want []Code
	}{
		{"a good photo", shot{}, nil},
		{"a good photo with noise", shot{noise: 5}, nil},
		{"a lens that is a little soft", shot{blur: 1}, nil},
		{"out of focus", shot{blur: 5}, []Code{Blurry}},
		{"far out of focus", shot{blur: 24, noise: 3}, []Code{Blurry}},
		{"moved by three pixels", shot{motion: 3}, nil},
		{"moved by nine pixels", shot{motion: 9, noise: 3}, []Code{Blurry}},
		{"a blank sheet is not blurry", shot{blank: true}, nil},
		{"in the shade", shot{light: 0.6}, nil},
		{"in the dark", shot{light: 0.3, noise: 2}, []Code{Dark}},
		{"bright", shot{light: 1.1}, nil},
		{"over-exposed", shot{light: 1.5}, []Code{Overexposed}},
		{"a white page from a flat scanner is not over-exposed", shot{white: true}, nil},
		{"a weak reflection", shot{glare: 0.12}, nil},
		{"a reflection that hides print", shot{glare: 1.2}, []Code{Glare}},
		{"nothing but shading", shot{blank: true, size: 3, turned: 0.5, noise: 1}, nil},
		{"a black-and-white copy", shot{gray: true, noise: 2}, []Code{NoColour}},
		{"at the border, but whole", shot{size: 0.75, shift: 0.09}, nil},
		{"cut off", shot{shift: 0.3}, []Code{CutOff}},
		{"half the frame's width", shot{w: 2000, h: 1500, size: 0.6}, nil},
		{"small in the frame", shot{w: 2000, h: 1500, size: 0.35}, []Code{DocumentSmall}},
		{"of a screen", shot{screen: 4.3}, []Code{ScreenPhoto}},
	}
	for _, tt := range tests {
		ps := tt.shot.found(t)
		var got []Code
		for _, p := range ps {
			got = append(got, p.Code)
			if p.Level != Warn {
				t.Errorf("%s: %s is at level %s, want advice", tt.name, p.Code, p.Level)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, ps, tt.want)
		}
	}
}

func TestQualityAtMostThree(t *testing.T) {
	ps := shot{shift: 0.3, blur: 16, gray: true, glare: 1.2, noise: 2}.found(t)
	if len(ps) > maxFindings || ps[0].Code != Blurry {
		t.Errorf("everything wrong at once: %v, want at most %d and the worst first", ps, maxFindings)
	}
}

// TestPreview checks that a reflection is framed where it is, whatever way the
// picture is stored.
func TestPreview(t *testing.T) {
	c := New(testLimits, Config{})
	img := shot{glare: 1.2, w: 1600, h: 1200}.draw().(*image.RGBA)
	for o := 1; o <= 8; o++ {
		data := insert(jpegOf(t, stored(img, o), 90), exifSegment(o, false))
		r, _, _, err := c.Examine(t.Context(), data, Source{})
		if err != nil || r.Preview == nil {
			t.Fatalf("orientation %d: %v, preview of %d bytes, %v", o, r.Problems, len(r.Preview), err)
		}
		i := slices.IndexFunc(r.Problems, func(p Problem) bool { return p.Code == Glare })
		box := r.Problems[i].Box
		if middle := box.Min.Add(box.Max).Div(2); !middle.In(image.Rect(500, 540, 620, 660)) { // drawn at 560, 600
			t.Errorf("orientation %d: the box is %v", o, box)
		}
		got := decoded(t, r.Preview)
		if got.Bounds() != image.Rect(0, 0, 1280, 960) {
			t.Errorf("orientation %d: the preview is %v", o, got.Bounds())
		}
		above := image.Pt((box.Min.X+box.Max.X)/2*1280/1600, box.Min.Y*1280/1600-previewMargin-previewLine/2)
		if red := color.RGBAModel.Convert(got.At(above.X, above.Y)).(color.RGBA); red.R < 200 || red.G > 80 || red.B > 80 {
			t.Errorf("orientation %d: %v above the reflection, want red", o, red)
		}
	}
	if r, _, _, err := c.Examine(t.Context(), jpegOf(t, shot{}.draw(), 90), Source{}); err != nil || r.Preview != nil {
		t.Errorf("a good photo: a preview of %d bytes, %v", len(r.Preview), err)
	}
}

func TestWhere(t *testing.T) {
	ps := shot{shift: 0.3}.found(t)
	if len(ps) == 0 || ps[0].Args["where"] != "right" {
		t.Errorf("cut off on the right: %v", ps)
	}
	ps = shot{glare: 1.2}.found(t)
	if len(ps) == 0 || !strings.Contains(ps[0].Args["where"], "centre") && ps[0].Args["where"] != "left" {
		t.Errorf("a reflection left of the middle: %v", ps)
	}
	// A camera held so that EXIF says 6 stores the top of the world on the
	// left.
	for turn, want := range map[int]string{1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"} {
		if got := where([2]float64{0.1, 0.5}, turn); got != want {
			t.Errorf("the left of a picture with orientation %d is its %s, want %s", turn, got, want)
		}
	}
}
