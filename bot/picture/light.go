package picture

import (
	"image"
	"slices"
)

// A light says how a picture is exposed.
type light struct {
	bright  int        // the luma that nearly all stays below, of the paper where it was found
	clipped float64    // share of the paper or the frame that is saturated
	over    bool       // over-exposed
	spot    float64    // share of the frame that one reflection takes; 0 for none
	at      [2]float64 // its middle, in shares of the frame
	box     [4]float64 // around it: left, top, right, bottom, in shares of the frame
}

func (v view) light(paper region, found bool) light {
	y := v.small[0]
	w, h := y.w, y.h
	var hist, flat [256]int
	clip, near := make([]bool, w*h), make([]bool, w*h)
	soft, on, clipped := 0, 0, 0
	for i := range clip {
		px, py := i%w, i/w
		luma := y.pix[py*y.stride+px]
		clip[i] = v.lowest(px, py) >= clipLevel
		near[i] = luma >= clipLevel-20 && !clip[i] && luma < clipLevel-2
		if found && !paper.has(px, py, w) {
			continue
		}
		on++
		hist[luma]++
		if clip[i] {
			clipped++
		}
	}
	for i, in := range opened(near, w, h) { // around print on a clean scan it is thin
		if in {
			soft++
			flat[y.pix[i/w*y.stride+i%w]]++
		}
	}
	l := light{bright: share(hist, frameShare), clipped: float64(clipped) / float64(max(1, on))}
	if found {
		l.bright = share(hist, paperShare)
		l.over = l.clipped > overShare
	} else {
		l.over = l.clipped > overFrame && float64(soft-slices.Max(flat[:])) > softShare*float64(w*h)
	}
	v.findSpot(&l, clip, paper, found)
	return l
}

// lowest returns the lowest of red, green and blue.
func (v view) lowest(x, y int) int {
	p := v.small[0]
	l := int(p.pix[y*p.stride+x])
	if v.cb.w == 0 {
		return l
	}
	cb := int(v.small[1].pix[y*v.small[1].stride+x]) - 128
	cr := int(v.small[2].pix[y*v.small[2].stride+x]) - 128
	r := l + 1436*cr/1024
	g := l - (352*cb+731*cr)/1024
	b := l + 1815*cb/1024
	return min(r, g, b)
}

// findSpot looks for a reflection: the largest saturated patch, without what is
// thinner than five samples, that fades out at its rim.
func (v view) findSpot(l *light, clip []bool, paper region, found bool) {
	w, h := v.small[0].w, v.small[0].h
	patch := largest(opened(clip, w, h), w, h)
	n, sx, sy := 0, 0, 0
	var box image.Rectangle
	for i, in := range patch {
		if in {
			n, sx, sy = n+1, sx+i%w, sy+i/w
			box = box.Union(image.Rect(i%w, i/w, i%w+1, i/w+1))
		}
	}
	part := float64(n) / float64(w*h)
	if part < glareLeast || part > glareMost {
		return
	}
	x, y := sx/n, sy/n
	if found && !paper.has(x, y, w) {
		return
	}
	if !found && v.along(patch) {
		return
	}
	if near, far := v.rims(patch); near < glareRim || near < far+glareFade {
		return
	}
	l.spot, l.at = part, [2]float64{float64(x) / float64(w), float64(y) / float64(h)}
	l.box = [4]float64{
		float64(box.Min.X) / float64(w), float64(box.Min.Y) / float64(h),
		float64(box.Max.X) / float64(w), float64(box.Max.Y) / float64(h),
	}
}

// along reports whether a patch lies along a side of the frame: then it is what
// the paper lies on.
func (v view) along(patch []bool) bool {
	w, h := v.small[0].w, v.small[0].h
	var on [4]int
	for i, in := range patch {
		if !in {
			continue
		}
		for k, touches := range [4]bool{i < w, i%w == w-1, i/w == h-1, i%w == 0} {
			if touches {
				on[k]++
			}
		}
	}
	return float64(max(on[0], on[2])) > deskShare*float64(w) || float64(max(on[1], on[3])) > deskShare*float64(h)
}

// rims returns the median luma four samples outside of a patch, and twelve.
func (v view) rims(patch []bool) (near, far int) {
	w, h := v.small[0].w, v.small[0].h
	inner := patch
	for distance := 1; distance <= 12; distance++ {
		outer := grown(inner, w, h, true)
		if distance == 4 || distance == 12 {
			near, far = far, v.between(inner, outer)
		}
		inner = outer
	}
	return near, far
}

// between returns the median luma of what is in outer and not in inner.
func (v view) between(inner, outer []bool) int {
	var hist [256]int
	w, n := v.small[0].w, 0
	for i := range outer {
		if outer[i] && !inner[i] {
			hist[v.small[0].pix[i/w*v.small[0].stride+i%w]]++
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return share(hist, 0.5)
}

// opened drops what is thinner than five samples.
func opened(mask []bool, w, h int) []bool {
	return grown(grown(grown(grown(mask, w, h, false), w, h, false), w, h, true), w, h, true)
}

// closed joins what print tears apart by less than five samples.
func closed(mask []bool, w, h int) []bool {
	return grown(grown(grown(grown(mask, w, h, true), w, h, true), w, h, false), w, h, false)
}

// grown returns mask with the samples that are value spread to their neighbours.
func grown(mask []bool, w, h int, value bool) []bool {
	// Across, then down: a square of three.
	across := slices.Clone(mask)
	for y := range h {
		row, out := mask[y*w:][:w], across[y*w:][:w]
		for x, m := range row {
			if m == value {
				out[max(0, x-1)], out[x], out[min(w-1, x+1)] = value, value, value
			}
		}
	}
	out := slices.Clone(across)
	for y := range h {
		for x, m := range across[y*w:][:w] {
			if m == value {
				out[max(0, y-1)*w+x], out[min(h-1, y+1)*w+x] = value, value
			}
		}
	}
	return out
}
