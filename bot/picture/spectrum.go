package picture

import (
	"math"
	"math/cmplx"
	"slices"
)

const (
	windowSide = 128 // samples a side of a window that is transformed, a power of two
	maxWindows = 12
	// ringFloor is the least that a ring counts as: drawn pictures without
	// noise have next to nothing there, and photos about 10 to 40.
	ringFloor = 30.0
	// minTint is the least that a pattern has in chroma, over luma: the coloured
	// dots of a screen have 0.3 to 10, regular dark print 0.14.
	minTint = 0.25
)

// gridPeak looks for what the grid of a screen leaves in the colours of a photo:
// a pattern of one frequency. For each of some windows over cb and cr it takes
// the highest peak of the spectrum over the median of its ring and over its
// neighbours further in and out, off the axes on which print and table lines lie,
// as a natural logarithm, and returns the 60th percentile: a screen fills most of
// its photo, and the fine coloured lines of a certificate are straight in some
// windows only. Luma alone would not do: dense print is as regular as a screen.
func gridPeak(luma, cb, cr plane) float64 {
	if cb.w < windowSide || cb.h < windowSide {
		return 0
	}
	var peaks []float64
	nx := min(4, cb.w/windowSide)
	ny := min(maxWindows/nx, cb.h/windowSide)
	buf := make([]complex128, windowSide*windowSide)
	for j := range ny {
		for i := range nx {
			x := (2*i + 1) * (cb.w - windowSide) / (2 * nx)
			y := (2*j + 1) * (cb.h - windowSide) / (2 * ny)
			peaks = append(peaks, windowPeak(buf, luma, cb, cr, x, y))
		}
	}
	slices.Sort(peaks)
	return peaks[len(peaks)*60/100]
}

// windowPeak transforms one window. Both planes fit in one transform, as the
// real and the imaginary part.
func windowPeak(buf []complex128, luma, cb, cr plane, x0, y0 int) float64 {
	const n = windowSide
	var mean complex128
	for y := range n {
		for x := range n {
			v := complex(float64(cb.pix[(y0+y)*cb.stride+x0+x]), float64(cr.pix[(y0+y)*cr.stride+x0+x]))
			buf[y*n+x] = v
			mean += v
		}
	}
	mean /= n * n
	for y := range n {
		for x := range n {
			buf[y*n+x] = (buf[y*n+x] - mean) * complex(hann[x]*hann[y], 0)
		}
	}
	column := make([]complex128, n)
	for y := range n {
		fft(buf[y*n : y*n+n])
	}
	for x := range n {
		for y := range n {
			column[y] = buf[y*n+x]
		}
		fft(column)
		for y := range n {
			buf[y*n+x] = column[y]
		}
	}
	// at returns the magnitude of a signed frequency.
	at := func(u, v int) float64 { return cmplx.Abs(buf[(v+n)%n*n+(u+n)%n]) }
	var rings [n/2 + 1][]float64
	var tops [n/2 + 1]struct {
		u, v int
		m    float64
	}
	for v := -n / 2; v < n/2; v++ {
		for u := -n / 2; u < n/2; u++ {
			r := int(math.Hypot(float64(u), float64(v)))
			if r < n/16 || r > n/2 {
				continue
			}
			m := at(u, v)
			rings[r] = append(rings[r], m)
			const axis = 3
			if t := &tops[r]; max(u, -u) > axis && max(v, -v) > axis && m > t.m {
				t.u, t.v, t.m = u, v, m
			}
		}
	}
	peak, best := 0.0, tops[0]
	for r, ring := range rings {
		if len(ring) == 0 {
			continue
		}
		slices.Sort(ring)
		base := max(ringFloor, ring[len(ring)/2])
		// A straight border between two colours is a ray in the spectrum, as
		// high on both sides of the place.
		t := tops[r]
		for _, k := range [6]int{-6, -5, -4, 4, 5, 6} {
			f := 1 + float64(k)/float64(r)
			u, v := int(math.Round(float64(t.u)*f)), int(math.Round(float64(t.v)*f))
			if max(u, -u, v, -v) < n/2 {
				base = max(base, at(u, v))
			}
		}
		if p := math.Log(t.m / base); p > peak {
			peak, best = p, t
		}
	}
	if peak > gridLevel && best.m < minTint*luma.frequency(cb, x0, y0, best.u, best.v) {
		return 0
	}
	return peak
}

// frequency returns the magnitude that one frequency of a window over chroma has
// in luma.
func (p plane) frequency(chroma plane, x0, y0, u, v int) float64 {
	var sum complex128
	for y := range windowSide {
		for x := range windowSide {
			lx, ly := (x0+x)*p.w/chroma.w, (y0+y)*p.h/chroma.h
			l := float64(p.pix[ly*p.stride+lx]) * hann[x] * hann[y]
			sum += complex(l, 0) * cmplx.Exp(complex(0, -2*math.Pi*float64((u*x+v*y)%windowSide)/windowSide))
		}
	}
	return cmplx.Abs(sum)
}

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
