package picture

import (
	"image"
	"math"
	"slices"
)

// regionSide is the longer side of the planes in which the paper is looked for.
const regionSide = 200

// A region is the paper in a photo: one convex patch that differs from what lies
// along the border of the frame.
type region struct {
	w, h  int
	mask  []bool // of w × h
	area  float64
	fill  float64 // share of its convex hull that it fills
	box   image.Rectangle
	touch [4]float64 // share of each side of the frame that it lies on: top, right, bottom, left
}

const (
	// minConvex is the least share of its convex hull that a paper fills.
	minConvex = 0.9
	// minContrast is the least difference between paper and desk, in levels
	// of luma or of both chroma.
	minContrast = 24
	// minBrighter is how much brighter than the desk a paper is at least, in
	// levels.
	minBrighter = 10
	// minRegion is the least share of the frame, below which a patch may be
	// anything.
	minRegion = 0.02
)

// findRegion returns the paper in a photo. It reports false when nothing stands
// out clearly: on a desk of the paper's colour, and when the paper fills the frame.
func findRegion(v view) (region, bool) {
	w, h := within2(v.small[0].w, v.small[0].h, regionSide)
	if v.cb.w == 0 || min(w, h) < 16 {
		return region{}, false
	}
	var p [3]plane
	for i := range p {
		p[i] = v.small[i].resize(w, h)
	}
	d := distances(p)
	t, contrast := otsu(d)
	if contrast < minContrast {
		return region{}, false
	}
	mask := make([]bool, w*h)
	for i, v := range d {
		mask[i] = v > t
	}
	mask = largest(closed(mask, w, h), w, h)
	r := region{w: w, h: h, mask: filled(mask, w, h)}
	if !r.brighter(p[0]) {
		return region{}, false
	}
	n := r.measure()
	r.area = float64(n) / float64(w*h)
	r.fill = float64(n) / max(1, hullArea(r.mask, w, h))
	return r, r.area >= minRegion && r.fill >= minConvex
}

// brighter reports whether most of r is brighter than most of the rest. A dark
// patch is a seal or a block of print on a paper that fills the frame.
func (r region) brighter(luma plane) bool {
	var in, out [256]int
	for i, on := range r.mask {
		v := luma.pix[i/r.w*luma.stride+i%r.w]
		if on {
			in[v]++
		} else {
			out[v]++
		}
	}
	return share(in, 0.5) >= share(out, 0.5)+minBrighter
}

// has reports whether x, y of a plane of the given width lies on the paper.
func (r region) has(x, y, width int) bool {
	x, y = x*r.w/width, y*r.w/width
	return x < r.w && y < r.h && r.mask[y*r.w+x]
}

// distances returns how far each sample is from the colour that is usual along
// the border, 0 to 255.
func distances(p [3]plane) []byte {
	w, h := p[0].w, p[0].h
	ring := max(2, min(w, h)/20)
	var usual [3]int
	for c := range p {
		var vs []byte
		for y := range h {
			for x := range w {
				if x < ring || y < ring || x >= w-ring || y >= h-ring {
					vs = append(vs, p[c].pix[y*p[c].stride+x])
				}
			}
		}
		slices.Sort(vs)
		usual[c] = int(vs[len(vs)/2])
	}
	d := make([]byte, w*h)
	for y := range h {
		for x := range w {
			var diff [3]int
			for c := range p {
				v := int(p[c].pix[y*p[c].stride+x]) - usual[c]
				diff[c] = max(v, -v)
			}
			d[y*w+x] = byte(min(255, diff[0]+2*(diff[1]+diff[2])))
		}
	}
	return d
}

// otsu returns the value that parts d into two classes best, and how far their
// means lie apart.
func otsu(d []byte) (threshold byte, apart float64) {
	var hist [256]float64
	var sum float64
	for _, v := range d {
		hist[v]++
		sum += float64(v)
	}
	n := float64(len(d))
	var below, sumBelow, best float64
	for v := range 255 {
		below += hist[v]
		sumBelow += float64(v) * hist[v]
		if below == 0 || below == n {
			continue
		}
		gap := (sum-sumBelow)/(n-below) - sumBelow/below
		if between := below * (n - below) * gap * gap; between > best {
			best, threshold, apart = between, byte(v), gap
		}
	}
	return threshold, apart
}

// largest keeps the largest patch of mask.
func largest(mask []bool, w, h int) []bool {
	label := make([]int, w*h)
	best, bestSize, next := 0, 0, 0
	var stack []int
	for i := range mask {
		if !mask[i] || label[i] != 0 {
			continue
		}
		next++
		size := 0
		stack = append(stack[:0], i)
		label[i] = next
		for len(stack) > 0 {
			k := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			size++
			neighbours(k, w, h, func(m int) {
				if mask[m] && label[m] == 0 {
					label[m] = next
					stack = append(stack, m)
				}
			})
		}
		if size > bestSize {
			best, bestSize = next, size
		}
	}
	out := make([]bool, w*h)
	for i := range out {
		out[i] = best != 0 && label[i] == best
	}
	return out
}

// filled fills what no path outside of mask joins to the border of the frame.
func filled(mask []bool, w, h int) []bool {
	outside := make([]bool, w*h)
	var stack []int
	push := func(k int) {
		if !mask[k] && !outside[k] {
			outside[k] = true
			stack = append(stack, k)
		}
	}
	for x := range w {
		push(x)
		push((h-1)*w + x)
	}
	for y := range h {
		push(y * w)
		push(y*w + w - 1)
	}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		neighbours(k, w, h, push)
	}
	for i := range outside {
		outside[i] = !outside[i]
	}
	return outside
}

func neighbours(k, w, h int, f func(int)) {
	x, y := k%w, k/w
	if x > 0 {
		f(k - 1)
	}
	if x < w-1 {
		f(k + 1)
	}
	if y > 0 {
		f(k - w)
	}
	if y < h-1 {
		f(k + w)
	}
}

// measure fills in box and touch, and returns the number of samples.
func (r *region) measure() int {
	n := 0
	var on [4]int
	for y := range r.h {
		for x := range r.w {
			if !r.mask[y*r.w+x] {
				continue
			}
			n++
			r.box = r.box.Union(image.Rect(x, y, x+1, y+1))
			for i, touches := range [4]bool{y == 0, x == r.w-1, y == r.h-1, x == 0} {
				if touches {
					on[i]++
				}
			}
		}
	}
	for i, side := range [4]int{r.w, r.h, r.w, r.h} {
		r.touch[i] = float64(on[i]) / float64(side)
	}
	return n
}

// hullArea returns the area of the convex hull of mask (Andrew's monotone chain
// over the ends of its rows).
func hullArea(mask []bool, w, h int) float64 {
	var pts []image.Point
	for y := range h {
		first, last := -1, -1
		for x := range w {
			if mask[y*w+x] {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			pts = append(pts, image.Pt(first, y), image.Pt(last+1, y), image.Pt(first, y+1), image.Pt(last+1, y+1))
		}
	}
	if len(pts) == 0 {
		return 0
	}
	slices.SortFunc(pts, func(a, b image.Point) int {
		if a.X != b.X {
			return a.X - b.X
		}
		return a.Y - b.Y
	})
	cross := func(o, a, b image.Point) int { return (a.X-o.X)*(b.Y-o.Y) - (a.Y-o.Y)*(b.X-o.X) }
	chain := func() []image.Point {
		var c []image.Point
		for _, p := range pts {
			for len(c) >= 2 && cross(c[len(c)-2], c[len(c)-1], p) <= 0 {
				c = c[:len(c)-1]
			}
			c = append(c, p)
		}
		return c[:len(c)-1]
	}
	hull := chain()
	slices.Reverse(pts)
	hull = append(hull, chain()...)
	var twice int
	for i, p := range hull {
		q := hull[(i+1)%len(hull)]
		twice += p.X*q.Y - q.X*p.Y
	}
	return math.Abs(float64(twice)) / 2
}
