package picture

import (
	"math"
	"slices"
)

// A plane is one component of a picture.
type plane struct {
	pix    []byte
	stride int
	w, h   int
}

func planeOf(pix []byte, stride, offset, w, h int) plane {
	return plane{pix[offset:], stride, w, h}
}

func planeAt(pix []byte, stride, x, y, w, h int) plane {
	return plane{pix[y*stride+x:], stride, w, h}
}

// turn fills p with src, which is stored with the given EXIF orientation, and
// has p's size when it is turned.
func (p plane) turn(src plane, orientation int) {
	s, right, down := src.stride, src.w-1, (src.h-1)*src.stride
	// What one step to the right and one step down in p are in src.
	var base, dx, dy int
	switch orientation {
	case 2: // mirrored
		base, dx, dy = right, -1, s
	case 3: // upside down
		base, dx, dy = down+right, -1, -s
	case 4: // mirrored and upside down
		base, dx, dy = down, 1, -s
	case 5: // mirrored, then turned left
		base, dx, dy = 0, s, 1
	case 6: // turned left: its left edge is the top
		base, dx, dy = down, -s, 1
	case 7: // mirrored, then turned right
		base, dx, dy = down+right, -s, -1
	case 8: // turned right
		base, dx, dy = right, s, -1
	default:
		for y := range p.h {
			copy(p.pix[y*p.stride:][:p.w], src.pix[y*s:])
		}
		return
	}
	const tile = 32 // keeps the source lines of a turn in the cache
	for y0 := 0; y0 < p.h; y0 += tile {
		for x0 := 0; x0 < p.w; x0 += tile {
			for y := y0; y < min(y0+tile, p.h); y++ {
				i := base + y*dy + x0*dx
				for x := x0; x < min(x0+tile, p.w); x++ {
					p.pix[y*p.stride+x] = src.pix[i]
					i += dx
				}
			}
		}
	}
}

// turned returns the EXIF orientation that stands for one followed by a number of
// quarter turns clockwise.
func turned(orientation, quarters int) int {
	for _, cycle := range [2][4]int{{1, 6, 3, 8}, {2, 7, 4, 5}} {
		if i := slices.Index(cycle[:], orientation); i >= 0 {
			return cycle[(i+quarters)%4]
		}
	}
	return orientation // unreachable: it is one of the eight
}

// resize returns p at w × h pixels, p itself when that is its size.
func (p plane) resize(w, h int) plane {
	for p.w >= 2*w && p.h >= 2*h {
		p = p.halved()
	}
	if p.w == w && p.h == h {
		return p
	}
	// Across first: what lies between has the target's width and p's height.
	across := plane{make([]byte, w*p.h), w, w, p.h}
	taps := kernel(p.w, w)
	for y := range p.h {
		row, out := p.pix[y*p.stride:][:p.w], across.pix[y*w:][:w]
		for x, t := range taps {
			sum := int32(1 << (weightBits - 1))
			for k, v := range row[t.first : t.first+len(t.weights)] {
				sum += int32(v) * t.weights[k]
			}
			out[x] = clamp8(sum >> weightBits)
		}
	}
	out := plane{make([]byte, w*h), w, w, h}
	sums := make([]int32, w)
	for y, t := range kernel(p.h, h) {
		for x := range sums {
			sums[x] = 1 << (weightBits - 1)
		}
		for k, weight := range t.weights {
			row := across.pix[(t.first+k)*w:][:w]
			for x, v := range row {
				sums[x] += int32(v) * weight
			}
		}
		line := out.pix[y*w:][:w]
		for x, s := range sums {
			line[x] = clamp8(s >> weightBits)
		}
	}
	return out
}

// halved returns p with squares of four samples made one. It is several times
// faster than a kernel; an odd last row or column is left out.
func (p plane) halved() plane {
	w, h := p.w/2, p.h/2
	out := plane{make([]byte, w*h), w, w, h}
	for y := range h {
		a, b := p.pix[2*y*p.stride:][:2*w], p.pix[(2*y+1)*p.stride:][:2*w]
		line := out.pix[y*w:][:w]
		for x := range line {
			line[x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) >> 2)
		}
	}
	return out
}

// weightBits is the precision of a kernel's weights, which sum to 1<<weightBits.
const weightBits = 14

// taps are the samples that one output sample is made of.
type taps struct {
	first   int
	weights []int32
}

// kernel returns the taps that bring n samples to m: a Catmull-Rom cubic, as wide
// as m samples lie apart when that is further than n samples do, so that fine print neither
// flickers nor vanishes.
func kernel(n, m int) []taps {
	scale := float64(n) / float64(m)
	wide := max(scale, 1)
	out := make([]taps, m)
	for i := range out {
		centre := (float64(i)+0.5)*scale - 0.5
		first := max(0, int(math.Ceil(centre-2*wide)))
		last := min(n-1, int(math.Floor(centre+2*wide)))
		w := make([]float64, last-first+1)
		var sum float64
		for k := range w {
			w[k] = catmullRom((float64(first+k) - centre) / wide)
			sum += w[k]
		}
		t := taps{first, make([]int32, len(w))}
		rest := int32(1 << weightBits)
		for k := range w {
			t.weights[k] = int32(math.Round(w[k] / sum * (1 << weightBits)))
			rest -= t.weights[k]
		}
		t.weights[len(w)/2] += rest
		out[i] = t
	}
	return out
}

func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return 1.5*x*x*x - 2.5*x*x + 1
	case x < 2:
		return -0.5*x*x*x + 2.5*x*x - 4*x + 2
	}
	return 0
}
