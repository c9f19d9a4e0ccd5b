package picture

import (
	"cmp"
	"image"
	"math"
	"math/cmplx"
	"slices"
)

// What the grid of a screen's pixels leaves in a photo. Shares and ratios were read
// off drawn photos of three kinds of screens, and of good ones with coloured
// guilloches, woven cloth, raster print, fine tables and small print.
// Frequencies are in periods a window.
const (
	windowSide = 128 // samples a side of a window that is transformed, a power of two
	// windowsAcross and windowsDown are how many windows there are at most.
	windowsAcross, windowsDown = 4, 3
	// minWindows is the least number of windows that have anything in common.
	minWindows = 3
	// gridLow is the lowest frequency in luma that is a screen's, of a pitch of
	// 5.5 pixels. Coarser ones are of characters and of the lines of tables,
	// which have to be that large to be read.
	gridLow = 23
	// tintLow is the same in chroma, where print has less to say and the beat of the
	// screen's pixels with the camera's is wider than either.
	tintLow = 8
	// gridHigh is the highest frequency along either axis: beyond it the
	// mosaic of the sensor turns every edge into a pattern.
	gridHigh = 58
	// axisWidth is the distance from an axis within which rulings and lines of
	// print lie.
	axisWidth = 2
	// peakRatio is how far a peak stands out of what lies around it, as a ratio
	// of magnitudes: noise has 4 at most.
	peakRatio = 6.5
	// gridShare is the share of the windows that have one peak in common.
	// Screens have it in nearly all; what a certificate's fine lines or
	// raster print have is in a third. tintShare is the same in chroma, and
	// axisShare on the axes.
	gridShare, tintShare, axisShare = 0.6, 0.8, 0.8
	// lumaFloor and chromaFloor are the least that the surroundings of a peak
	// count as: pictures without noise have nothing there, and photos about
	// 10 to 40.
	lumaFloor, chromaFloor = 25.0, 15.0
	// minTint is the least that a pattern has in chroma, over luma: the coloured
	// dots of a screen have 0.3 to 10, regular dark print 0.14.
	minTint = 0.25
)

// A peak is a frequency that stands out of a spectrum.
type peak struct {
	u, v      int
	magnitude float64
	ratio     float64 // to its surroundings
}

// screen reports whether v is a photo of a screen: whether one pattern, finer
// than print, lies over the whole of the paper. Where print is, there is any pattern,
// so it looks in the flattest places, which a screen does not leave blank. In luma
// the grid itself is seen; in chroma, in smaller pictures too, what the
// camera's colours make of it.
func (v view) screen(paper region, found bool) bool {
	at := v.flattest(paper, found)
	if len(at) < minWindows {
		return false
	}
	var luma, tint [][]peak
	var t transform
	for i := 0; i < len(at); i += 2 {
		a, b := t.two(v.luma, at[i], v.luma, at[min(i+1, len(at)-1)])
		luma = append(luma, a.peaks(gridLow, lumaFloor))
		if i+1 < len(at) {
			luma = append(luma, b.peaks(gridLow, lumaFloor))
		}
	}
	if common(luma, offAxis) >= gridShare || common(luma, peak.ofScreen) >= axisShare {
		return true
	}
	if v.cb.w < windowSide || v.cb.h < windowSide {
		return false
	}
	for _, p := range at {
		c := v.tintAt(p)
		a, b := t.two(v.cb, c, v.cr, c)
		tint = append(tint, append(a.peaks(tintLow, chromaFloor), b.peaks(tintLow, chromaFloor)...))
	}
	if common(tint, offAxis) < tintShare {
		return false
	}
	// Regular print has its pattern in luma, and the colour only of its ink.
	for i, ps := range tint {
		tint[i] = slices.DeleteFunc(ps, func(p peak) bool {
			return p.magnitude < minTint*v.luma.frequency(v.cb, v.tintAt(at[i]), p.u, p.v)
		})
	}
	return common(tint, offAxis) >= tintShare
}

// tintAt returns the corner of the window of chroma around the middle of one of
// luma.
func (v view) tintAt(p image.Point) image.Point {
	x, y := (p.X+windowSide/2)*v.cb.w/v.luma.w-windowSide/2, (p.Y+windowSide/2)*v.cb.h/v.luma.h-windowSide/2
	return image.Pt(max(0, min(x, v.cb.w-windowSide)), max(0, min(y, v.cb.h-windowSide)))
}

// frequency returns the magnitude that one frequency of a window over chroma has
// in luma.
func (p plane) frequency(chroma plane, at image.Point, u, v int) float64 {
	var sum complex128
	for y := range windowSide {
		row := p.pix[(at.Y+y)*p.h/chroma.h*p.stride:][:p.w]
		for x := range windowSide {
			k := (u*x + v*y) & (windowSide - 1)
			root := twiddles[k&(windowSide/2-1)]
			if k >= windowSide/2 {
				root = -root
			}
			sum += complex(float64(row[(at.X+x)*p.w/chroma.w])*hann[x]*hann[y], 0) * root
		}
	}
	return magnitude(sum)
}

// flattest divides the paper, or the frame when none was found, and returns the
// upper left corner of the flattest and brightest window of each part.
func (v view) flattest(paper region, found bool) []image.Point {
	frame := image.Rect(0, 0, v.luma.w, v.luma.h)
	if found {
		b := paper.box
		frame = image.Rect(b.Min.X*v.luma.w/paper.w, b.Min.Y*v.luma.h/paper.h, b.Max.X*v.luma.w/paper.w, b.Max.Y*v.luma.h/paper.h)
	}
	nx, ny := min(windowsAcross, frame.Dx()/windowSide), min(windowsDown, frame.Dy()/windowSide)
	var at []image.Point
	for j := range ny {
		for i := range nx {
			part := image.Rect(i*frame.Dx()/nx, j*frame.Dy()/ny, (i+1)*frame.Dx()/nx, (j+1)*frame.Dy()/ny).Add(frame.Min)
			var best image.Point
			least := math.Inf(1)
			for k := range 9 {
				p := part.Min.Add(image.Pt((part.Dx()-windowSide)*(k%3)/2, (part.Dy()-windowSide)*(k/3)/2))
				w := image.Rectangle{p, p.Add(image.Pt(windowSide, windowSide))}
				if found && !paper.covers(w, v.luma.w) {
					continue
				}
				if e := v.relief(w); e < least {
					best, least = p, e
				}
			}
			if !math.IsInf(least, 1) {
				at = append(at, best)
			}
		}
	}
	return at
}

// covers reports whether the corners of a rectangle in a plane of the given width
// lie on the paper.
func (r region) covers(w image.Rectangle, width int) bool {
	return r.has(w.Min.X, w.Min.Y, width) && r.has(w.Max.X-1, w.Min.Y, width) &&
		r.has(w.Min.X, w.Max.Y-1, width) && r.has(w.Max.X-1, w.Max.Y-1, width)
}

// relief returns how much there is to see in a window of luma at the size of
// the small planes, in which a screen's grid has vanished, as mean square of the
// slope, and a little for what is dark.
func (v view) relief(w image.Rectangle) float64 {
	const perDark = 30 // for black
	s := v.small[0]
	x0, x1 := w.Min.X*s.w/v.luma.w, min(s.w-1, w.Max.X*s.w/v.luma.w)
	y0, y1 := w.Min.Y*s.h/v.luma.h, min(s.h-1, w.Max.Y*s.h/v.luma.h)
	var slopes, sum, n int
	for y := y0; y < y1; y++ {
		row, next := s.pix[y*s.stride:][:s.w], s.pix[(y+1)*s.stride:][:s.w]
		for x := x0; x < x1; x++ {
			dx, dy := int(row[x])-int(row[x+1]), int(row[x])-int(next[x])
			slopes += dx*dx + dy*dy
			sum += int(row[x])
			n++
		}
	}
	if n == 0 {
		return math.Inf(1)
	}
	return float64(slopes)/float64(n) + perDark*(1-float64(sum)/float64(255*n))
}

// onAxis reports whether p is where rulings and lines of print are.
func (p peak) onAxis() bool { return min(max(p.u, -p.u), max(p.v, -p.v)) <= axisWidth }

func offAxis(p peak) bool { return !p.onAxis() }

// ofScreen reports whether p is not where the blocks of JPEG are: at multiples of
// an eighth of a sample's frequency on the axes.
func (p peak) ofScreen() bool {
	const step = windowSide / 8
	off := func(k int) int { k = max(k, -k) % step; return min(k, step-k) }
	return !p.onAxis() || off(p.u) > 1 || off(p.v) > 1
}

// common returns the largest share of windows that have a peak of one frequency,
// of those that count. Perspective draws a frequency apart by some percent.
func common(windows [][]peak, counts func(peak) bool) float64 {
	const spread = 0.05 // of a frequency
	most := 0
	for _, w := range windows {
		for _, p := range w {
			if !counts(p) {
				continue
			}
			near := 1.5 + spread*math.Hypot(float64(p.u), float64(p.v))
			n := 0
			for _, other := range windows {
				if slices.ContainsFunc(other, func(q peak) bool {
					// A frequency and its negative are one.
					return counts(q) && min(math.Hypot(float64(p.u-q.u), float64(p.v-q.v)), math.Hypot(float64(p.u+q.u), float64(p.v+q.v))) <= near
				}) {
					n++
				}
			}
			most = max(most, n)
		}
	}
	return float64(most) / float64(max(1, len(windows)))
}

// A spectrum holds magnitudes, frequency 0, 0 in its middle.
type spectrum [windowSide * windowSide]float64

// at returns the magnitude of a signed frequency.
func (s *spectrum) at(u, v int) float64 {
	return s[(v+windowSide/2)*windowSide+u+windowSide/2]
}

// peaks returns the frequencies from low on that stand out by peakRatio, of each
// pair of opposite ones one: at most some, the strongest.
func (s *spectrum) peaks(low, floor float64) []peak {
	const (
		n, most     = windowSide, 12
		outer, hole = 8, 2 // reach of the surroundings, and of what is the peak itself
	)
	// Sums over everything above and to the left make the sum of any square
	// four steps away.
	var sums [(n + 1) * (n + 1)]float64
	for y := range n {
		var row float64
		for x := range n {
			row += s[y*n+x]
			sums[(y+1)*(n+1)+x+1] = sums[y*(n+1)+x+1] + row
		}
	}
	square := func(u, v, reach int) (sum, count float64) {
		x0, x1 := max(0, u+n/2-reach), min(n, u+n/2+reach+1)
		y0, y1 := max(0, v+n/2-reach), min(n, v+n/2+reach+1)
		return sums[y1*(n+1)+x1] - sums[y0*(n+1)+x1] - sums[y1*(n+1)+x0] + sums[y0*(n+1)+x0], float64((x1 - x0) * (y1 - y0))
	}
	var ps []peak
	for v := 0; v <= gridHigh; v++ {
		for u := -gridHigh; u <= gridHigh; u++ {
			m := s.at(u, v)
			if m < peakRatio*floor || v == 0 && u < 0 || !s.top(u, v) {
				continue
			}
			r := math.Hypot(float64(u), float64(v))
			if r < low {
				continue
			}
			all, na := square(u, v, outer)
			own, no := square(u, v, hole)
			base := max(floor, (all-own)/(na-no))
			// A straight border is a ray in the spectrum, as high on both
			// sides of the place.
			for _, k := range [6]float64{-7, -6, -5, 5, 6, 7} {
				x, y := int(math.Round(float64(u)*(1+k/r))), int(math.Round(float64(v)*(1+k/r)))
				if max(x, -x, y, -y) < n/2 {
					base = max(base, s.at(x, y))
				}
			}
			if m >= peakRatio*base {
				ps = append(ps, peak{u, v, m, m / base})
			}
		}
	}
	slices.SortFunc(ps, func(a, b peak) int { return cmp.Compare(b.ratio, a.ratio) })
	return ps[:min(len(ps), most)]
}

// top reports whether no neighbour of a frequency is higher.
func (s *spectrum) top(u, v int) bool {
	m := s.at(u, v)
	for y := v - 1; y <= v+1; y++ {
		for x := u - 1; x <= u+1; x++ {
			if s.at(x, y) > m {
				return false
			}
		}
	}
	return true
}

// A transform is the memory that windows are transformed in.
type transform struct {
	buf    [windowSide * windowSide]complex128
	column [windowSide]complex128
	a, b   spectrum
}

// two transforms a window of each of two planes at once, as the real and the
// imaginary part, and returns their spectra, which last until the next call.
func (t *transform) two(p plane, at image.Point, q plane, too image.Point) (a, b *spectrum) {
	const n = windowSide
	var mean complex128
	for y := range n {
		re, im := p.pix[(at.Y+y)*p.stride+at.X:][:n], q.pix[(too.Y+y)*q.stride+too.X:][:n]
		for x := range n {
			v := complex(float64(re[x]), float64(im[x]))
			t.buf[y*n+x] = v
			mean += v
		}
	}
	mean /= n * n
	for y := range n {
		row := t.buf[y*n:][:n]
		for x := range row {
			row[x] = (row[x] - mean) * complex(hann[x]*hann[y], 0)
		}
		fft(row)
	}
	for x := range n {
		for y := range n {
			t.column[y] = t.buf[y*n+x]
		}
		fft(t.column[:])
		for y := range n {
			t.buf[y*n+x] = t.column[y]
		}
	}
	// The spectrum of what is real is the conjugate of its own mirror image.
	for y := range n {
		for x := range n {
			f, g := t.buf[y*n+x], cmplx.Conj(t.buf[(n-y)%n*n+(n-x)%n])
			k := (y+n/2)%n*n + (x+n/2)%n
			t.a[k], t.b[k] = magnitude(f+g)/2, magnitude(f-g)/2
		}
	}
	return &t.a, &t.b
}

// magnitude is cmplx.Abs without its care for what overflows.
func magnitude(c complex128) float64 { return math.Sqrt(real(c)*real(c) + imag(c)*imag(c)) }

// hann fades a window out towards its borders.
var hann = func() (w [windowSide]float64) {
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/windowSide)
	}
	return w
}()

// twiddles are the roots of unity for fft.
var twiddles = func() (w [windowSide / 2]complex128) {
	for i := range w {
		w[i] = cmplx.Exp(complex(0, -2*math.Pi*float64(i)/windowSide))
	}
	return w
}()

// fft transforms a, of windowSide values, in place (Cooley and Tukey).
func fft(a []complex128) {
	n := len(a)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			a[i], a[j] = a[j], a[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		half, step := size/2, n/size
		for i := 0; i < n; i += size {
			for k := range half {
				t := a[i+half+k] * twiddles[k*step]
				a[i+half+k] = a[i+k] - t
				a[i+k] += t
			}
		}
	}
}
