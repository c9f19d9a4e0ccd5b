package picture

import (
	"image"
	"math"
	"slices"
)

// A view is a decoded picture as the quality checks look at it: planes as
// stored, not turned.
type view struct {
	luma   plane // at full size, or what a large picture without planes was shrunk to
	detail plane // luma with a longer side of detailSide at most
	small  [3]plane
	// cb and cr are the chroma planes at full size; empty when the file has
	// none of its own.
	cb, cr plane
	scale  float64 // pixels of the file for one of small
}

const (
	detailSide = 1600
	smallSide  = 800
)

// viewOf prepares img for the quality checks.
func viewOf(img image.Image) view {
	var v view
	b := img.Bounds()
	switch m := img.(type) {
	case *image.YCbCr:
		w, h := chromaSize(m)
		off := m.COffset(b.Min.X, b.Min.Y)
		v.luma = planeOf(m.Y, m.YStride, m.YOffset(b.Min.X, b.Min.Y), b.Dx(), b.Dy())
		v.cb, v.cr = planeOf(m.Cb, m.CStride, off, w, h), planeOf(m.Cr, m.CStride, off, w, h)
	case *image.Gray:
		v.luma = planeOf(m.Pix, m.Stride, m.PixOffset(b.Min.X, b.Min.Y), b.Dx(), b.Dy())
	default:
		w, h := within2(b.Dx(), b.Dy(), detailSide)
		return viewOf(flatten(shrink(img, w, h)))
	}
	w, h := within2(b.Dx(), b.Dy(), detailSide)
	v.detail = v.luma.resize(w, h)
	w, h = within2(b.Dx(), b.Dy(), smallSide)
	v.scale = float64(b.Dx()) / float64(w)
	v.small[0] = v.detail.resize(w, h)
	if v.cb.w > 0 {
		v.small[1], v.small[2] = v.cb.resize(w, h), v.cr.resize(w, h)
	}
	return v
}

// within2 returns w and h scaled down so that neither exceeds side.
func within2(w, h, side int) (int, int) {
	if long := max(w, h); long > side {
		return max(1, w*side/long), max(1, h*side/long)
	}
	return w, h
}

// blockEnergy returns a high less the 15th percentile of the energy of the
// second derivative over blocks of 32 × 32 pixels of p, which is smoothed first.
// The low percentile, of all blocks, is what noise and an empty desk contribute;
// the high one is the 95th of the paper, of which a form may have some signs by hand
// only, or the 97th of all where no paper was found. Of four directions the
// weakest counts, which finds motion as well as defocus.
func blockEnergy(p plane, paper region, found bool) float64 {
	const side = 32
	high := 97
	if found {
		high = 95
	}
	s := smooth(p)
	var all, on [4][]float64
	for y0 := 3; y0+side < s.h-2; y0 += side {
		for x0 := 3; x0+side < s.w-2; x0 += side {
			sums := s.energy(x0, y0, side)
			for k, sum := range sums {
				e := float64(sum) / (side * side)
				all[k] = append(all[k], e)
				if !found || paper.has(x0+side/2, y0+side/2, s.w) {
					on[k] = append(on[k], e)
				}
			}
		}
	}
	least := math.Inf(1)
	for k := range all {
		if len(on[k]) == 0 {
			return 0
		}
		slices.Sort(all[k])
		slices.Sort(on[k])
		least = min(least, on[k][len(on[k])*high/100]-all[k][len(all[k])*15/100])
	}
	return least
}

// energy sums the squares of the second derivatives in four directions over the
// square of side samples at x0, y0.
func (p plane) energy(x0, y0, side int) (sums [4]int) {
	for y := y0; y < y0+side; y++ {
		i := y*p.stride + x0 - 1
		a, b, c := p.pix[i-p.stride:][:side+2], p.pix[i:][:side+2], p.pix[i+p.stride:][:side+2]
		for x := 1; x <= side; x++ {
			m := 2 * int(b[x])
			d0, d1 := m-int(b[x-1])-int(b[x+1]), m-int(a[x])-int(c[x])
			d2, d3 := m-int(a[x-1])-int(c[x+1]), m-int(a[x+1])-int(c[x-1])
			sums[0] += d0 * d0
			sums[1] += d1 * d1
			sums[2] += d2 * d2
			sums[3] += d3 * d3
		}
	}
	return sums
}

// smooth returns p under a Gaussian of σ = 1 pixel (binomial weights). The two
// outer samples on each side stay as they are.
func smooth(p plane) plane {
	across := plane{make([]byte, p.w*p.h), p.w, p.w, p.h}
	for y := range p.h {
		row, out := p.pix[y*p.stride:][:p.w], across.pix[y*p.w:][:p.w]
		copy(out, row)
		for x := 2; x < p.w-2; x++ {
			out[x] = byte((int(row[x-2]) + int(row[x+2]) + 4*(int(row[x-1])+int(row[x+1])) + 6*int(row[x]) + 8) >> 4)
		}
	}
	down := plane{make([]byte, p.w*p.h), p.w, p.w, p.h}
	copy(down.pix, across.pix)
	for y := 2; y < p.h-2; y++ {
		i := y * p.w
		a, b, c, d, e := across.pix[i-2*p.w:][:p.w], across.pix[i-p.w:][:p.w], across.pix[i:][:p.w], across.pix[i+p.w:][:p.w], across.pix[i+2*p.w:][:p.w]
		out := down.pix[i:][:p.w]
		for x := range out {
			out[x] = byte((int(a[x]) + int(e[x]) + 4*(int(b[x])+int(d[x])) + 6*int(c[x]) + 8) >> 4)
		}
	}
	return down
}

const (
	// edgeHeight is the least rise of an edge that is measured, in levels:
	// print on paper, well above noise.
	edgeHeight = 50
	// edgeLines is about how many lines each way are looked at.
	edgeLines = 500
	// minEdges is how many edges a direction must have to be judged.
	minEdges = 150
	// widestEdge is the share of the longer side beyond which a slope is no
	// edge but shading.
	widestEdge = 0.02
	// sharpShare is the share of edges that are sharper than what edgeWidth
	// returns. Folds, shadows and soft print make the others wide.
	sharpShare = 0.25
)

// edgeWidth returns the width of the sharper edges of p that lie across
// horizontal or across vertical lines, in pixels, whichever are wider: motion
// spoils one direction. An edge of a lens with a Gaussian spread of σ is 2.5 σ
// wide. It reports false when there are too few edges either way.
func edgeWidth(p plane) (float64, bool) {
	line := make([]int, max(p.w, p.h))
	var across, down widths
	for y := 1; y < p.h-1; y += max(1, p.h/edgeLines) {
		i := y * p.stride
		for x := range p.w {
			line[x] = int(p.pix[i+x-p.stride]) + 2*int(p.pix[i+x]) + int(p.pix[i+x+p.stride])
		}
		edges(line[:p.w], &across)
	}
	for x := 1; x < p.w-1; x += max(1, p.w/edgeLines) {
		for y := range p.h {
			i := y*p.stride + x
			line[y] = int(p.pix[i-1]) + 2*int(p.pix[i]) + int(p.pix[i+1])
		}
		edges(line[:p.h], &down)
	}
	most := int(perPixel * widestEdge * float64(max(p.w, p.h)))
	width := max(sharper(&across, most), sharper(&down, most))
	return width, width > 0
}

// widths counts edges by their width in parts of a pixel; the last, all the
// wider ones.
type widths [40 * perPixel]int

const perPixel = 50 // parts

// edges counts the edges on a line of four times the levels.
func edges(line []int, hist *widths) {
	const rise = 4 * edgeHeight
	for i := 1; i < len(line); {
		d := line[i] - line[i-1]
		if d == 0 {
			i++
			continue
		}
		start, steepest := i-1, 0
		for i < len(line) {
			next := line[i] - line[i-1]
			if next == 0 || next > 0 != (d > 0) {
				break
			}
			steepest = max(steepest, next, -next)
			i++
		}
		h := line[i-1] - line[start]
		if h = max(h, -h); h >= rise {
			hist[min(len(hist)-1, perPixel*h/steepest)]++
		}
	}
}

// sharper returns the width that sharpShare of the edges stay below, of those up
// to most parts of a pixel; 0 when there are fewer than minEdges.
func sharper(hist *widths, most int) float64 {
	edges := hist[:min(len(hist)-1, most)]
	n := 0
	for _, c := range edges {
		n += c
	}
	if n < minEdges {
		return 0
	}
	k := int(float64(n) * sharpShare)
	for w, c := range edges {
		if k -= c; k < 0 {
			return float64(w) / perPixel
		}
	}
	return 0
}
