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
	if p.w == w && p.h == h {
		return p
	}
	out := plane{make([]byte, w*h), w, w, h}
	s := newScaler(p.w, p.h, out)
	for y := range p.h {
		s.push(p.pix[y*p.stride:])
	}
	return out
}

// A scaler brings the rows of a plane, which come from the top, to another size.
// It holds a few rows and no picture: what lies between two large ones would be
// as large.
type scaler struct {
	out          plane
	w            int // of the rows that come
	halves       []half
	across, down []taps   // what the halves leave to do; nil when that is nothing
	rows         [][]byte // the latest that are as wide as out, row y at y modulo their number
	sums         []int32
	seen, made   int // rows behind the halves, and rows of out
}

// A half makes one row of two, half as wide.
type half struct {
	first []byte // of the two
	out   []byte
	odd   bool // first is there
}

// newScaler returns a scaler of a plane of w × h that fills out.
func newScaler(w, h int, out plane) *scaler {
	s := &scaler{out: out, w: w}
	// It is several times faster than a kernel; an odd last row or column is
	// left out.
	for w >= 2*out.w && h >= 2*out.h {
		s.halves = append(s.halves, half{first: make([]byte, w/2*2), out: make([]byte, w/2)})
		w, h = w/2, h/2
	}
	if w == out.w && h == out.h {
		return s
	}
	s.across, s.down = kernel(w, out.w), kernel(h, out.h)
	most := 0
	for _, t := range s.down {
		most = max(most, len(t.weights))
	}
	s.rows = make([][]byte, most)
	for i := range s.rows {
		s.rows[i] = make([]byte, out.w)
	}
	s.sums = make([]int32, out.w)
	return s
}

// push takes the next row.
func (s *scaler) push(row []byte) {
	row = row[:s.w]
	for i := range s.halves {
		h := &s.halves[i]
		if h.odd = !h.odd; h.odd {
			copy(h.first, row)
			return
		}
		a, b := h.first, row[:len(h.first)]
		for x := range h.out {
			h.out[x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) >> 2)
		}
		row = h.out
	}
	if s.across == nil {
		if s.made < s.out.h {
			copy(s.out.pix[s.made*s.out.stride:][:s.out.w], row)
			s.made++
		}
		return
	}
	line := s.rows[s.seen%len(s.rows)]
	for x, t := range s.across {
		sum := int32(1 << (weightBits - 1))
		for k, v := range row[t.first : t.first+len(t.weights)] {
			sum += int32(v) * t.weights[k]
		}
		line[x] = clamp8(sum >> weightBits)
	}
	s.seen++
	for ; s.made < s.out.h; s.made++ {
		t := s.down[s.made]
		if t.first+len(t.weights) > s.seen {
			return
		}
		for x := range s.sums {
			s.sums[x] = 1 << (weightBits - 1)
		}
		for k, weight := range t.weights {
			for x, v := range s.rows[(t.first+k)%len(s.rows)] {
				s.sums[x] += int32(v) * weight
			}
		}
		to := s.out.pix[s.made*s.out.stride:][:s.out.w]
		for x, v := range s.sums {
			to[x] = clamp8(v >> weightBits)
		}
	}
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
