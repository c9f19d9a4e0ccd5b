package picture

import (
	"image"
	"math"
	"slices"
	"strconv"
)

// Thresholds of the quality checks. Levels are 8-bit. Where no other source is
// named they lie between what drawn phone photos of cards and sheets measure
// with and without the fault, at three levels of noise; testdata/quality.txt has the
// confusion table.
const (
	// A picture is blurry when its edges are wider than print of its energy has
	// in focus: blurPerEnergy pixels more for each unit of blockEnergy, since
	// large and bold print has wide edges and high energy. All in pixels of
	// detail, in which fine print in focus has edges of 1.2 and an energy of 40,
	// a card 1.7 and 160; out of focus by σ = 2 pixels of 4000 they have 1.6
	// and 20, 2.2 and 90.
	blurPerEnergy = 0.007
	// blurWide is the width to which that is added in a picture of detailSide
	// pixels or fewer, whose lens and mosaic spread edges by as many pixels as
	// those of a larger one; blurNarrow is that in one of blurLong pixels or more.
	blurWide, blurNarrow = 2.15, 1.2
	blurLong             = 4000

	// darkLevel is the level that nearly all of a dark picture stays below:
	// dark ones 44 to 90, the lowest of real ones 117.
	darkLevel = 100
	// paperShare is the share of a paper that is looked at for that, and
	// frameShare that of a frame without one: the gilt print of a dark
	// booklet takes some percent.
	paperShare, frameShare = 0.95, 0.99
	// clipLevel is the level from which all of red, green and blue count as
	// saturated.
	clipLevel = 250
	// overShare is the share of the paper, or of the frame when no paper is
	// found, that is saturated in an over-exposed picture.
	overShare, overFrame = 0.5, 0.3
	// softShare is the least share of a frame that is nearly saturated when a
	// camera took it, in more than one level. A flat scan goes from white to
	// print at once, and a screenshot has areas of one light gray.
	softShare = 0.03
	// glareLeast and glareMost are the shares of the frame between which one
	// saturated spot is a reflection: 3.3 % in photos of it, 0.3 % at most in others.
	glareLeast, glareMost = 0.005, 0.3
	// glareRim is the least luma around a reflection, which fades out; around
	// a white label it is what the label lies on.
	glareRim = 205
	// glareFade is how much darker it is a little further out at least, in
	// levels: drawn reflections fade by 9 and more, a white field of a
	// screenshot not at all.
	glareFade = 3
	// deskShare is the share of a side of the frame from which a saturated patch
	// there is a white desk. A reflection is round.
	deskShare = 0.25

	// grayLevel is the distance of chroma from what is usual on a paper, or from gray
	// in a frame without one, that 99 % stay below when there is no colour: 0 in gray
	// ones, 6.4 in the palest real photo.
	grayLevel = 4.0
	// sealShare is the share that a seal or writing in ink takes at least, and
	// sealLevel its distance: one drawn ring on an A4 scan takes 0.3 % and has 60,
	// a form filled in with a blue pen 15 to 28, noise 9 at most. A form without
	// any other colour is an original with it.
	sealShare, sealLevel = 0.0005, 12

	// rimPart is which part of the shorter side of a paper its rim takes.
	rimPart = 25

	// printEnergy is the blockEnergy from which something is printed there.
	// What has none is no paper, or nothing that could be cut off; flat areas
	// have 0 to 1.
	printEnergy = 2

	// cutShare is the share of a side of the frame that a paper lies on when
	// it is cut off there: half and more in drawn photos of it, 0.09 in a real
	// one whose corner just touches.
	cutShare = 0.12
	// cutConvex is the least share of its convex hull that such a paper fills:
	// 0.98 in drawn photos; a paper that has run together with something else
	// on the desk, which touches the frame, has 0.93 to 0.94 in real ones.
	cutConvex = 0.95
	// smallShare is the share of the frame below which a paper is too small.
	// Services ask for two thirds; a sheet that fills a third is still read.
	smallShare = 0.15
	// paperShort and paperLong are the sides in pixels below which a paper is
	// too small, whatever its share. Tencent advises 500 × 800 for the whole
	// picture; the number on a card of 400 × 600 is 15 pixels high.
	paperShort, paperLong = 400, 600

	// maxFindings is how many faults are named: who fixes three has retaken
	// the picture.
	maxFindings = 3
)

// quality returns what makes img hard to read or likely to come back from review,
// worst first, as advice. turn is the EXIF orientation that img is still to be
// turned by.
func quality(img image.Image, turn int) []Problem {
	v := viewOf(img)
	paper, found := findRegion(v)
	energy := blockEnergy(v.detail, paper, found)
	printed := energy >= printEnergy
	found = found && printed
	l := v.light(paper, found && !paper.spans())
	// Of a paper that is cut off, the seal may be out of the frame.
	dark, gray := l.bright < darkLevel, v.gray(paper, found && !paper.cutOff())
	var ps []Problem
	add := func(is bool, c Code, a map[string]string) {
		if is && len(ps) < maxFindings {
			ps = append(ps, Problem{Code: c, Level: Warn, Args: a})
		}
	}
	// What is dark has no sharp edges and no colours to judge.
	add(!dark && v.blurry(energy), Blurry, nil)
	add(dark, Dark, args("level", strconv.Itoa(l.bright)))
	add(found && paper.cutOff(), CutOff, args("where", where(paper.cutAt(), turn)))
	add(l.over, Overexposed, args("percent", strconv.Itoa(int(100*l.clipped))))
	add(!l.over && l.spot > 0, Glare, args("where", where(l.at, turn), "percent", strconv.Itoa(int(math.Ceil(100*l.spot)))))
	if n := len(ps); n > 0 && ps[n-1].Code == Glare {
		ps[n-1].Box = boxOf(l.box, turn, img.Bounds().Size())
	}
	add(found && paper.small(v), DocumentSmall, args("percent", strconv.Itoa(int(100*paper.area))))
	add(gray && printed && !dark, NoColour, nil)
	add(!gray && printed && !dark && v.screen(paper, found), ScreenPhoto, nil)
	return ps
}

// blurry reports whether print in v is out of focus or was moved.
func (v view) blurry(energy float64) bool {
	width, ok := edgeWidth(v.detail)
	if !ok {
		return false // no print at all
	}
	long := max(detailSide, min(blurLong, max(v.luma.w, v.luma.h)))
	large := float64(long-detailSide) / (blurLong - detailSide)
	return width > blurWide+(blurNarrow-blurWide)*large+blurPerEnergy*energy
}

// gray reports whether the paper, or the frame when none was found, has no colour: a
// black-and-white copy lies on desks of any. A photo of a paper has the colour of the
// light, so that what is usual on the paper counts as gray.
func (v view) gray(paper region, found bool) bool {
	if v.cb.w == 0 {
		return true
	}
	cb, cr := v.small[1], v.small[2]
	on := make([]bool, cb.w*cb.h)
	for i := range on {
		on[i] = !found || paper.has(i%cb.w, i/cb.w, cb.w)
	}
	if found { // at its rim the colour of the desk runs in
		for range max(2, min(paper.box.Dx(), paper.box.Dy())*cb.w/paper.w/rimPart) {
			on = grown(on, cb.w, cb.h, false)
		}
	}
	at := func(p plane, i int) int { return int(p.pix[i/cb.w*p.stride+i%cb.w]) }
	var lumas, blues, reds, far [256]int
	for i, in := range on {
		if in {
			lumas[at(v.small[0], i)]++
			blues[at(cb, i)]++
			reds[at(cr, i)]++
		}
	}
	// Of coloured light, dark print has less than white paper.
	var blue, red, white float64 = 0, 0, 255
	if found {
		blue, red, white = float64(share(blues, 0.5)-128), float64(share(reds, 0.5)-128), float64(max(1, share(lumas, 0.5)))
	}
	for i, in := range on {
		if in {
			lit := float64(at(v.small[0], i)) / white
			far[min(255, int(math.Hypot(float64(at(cb, i)-128)-blue*lit, float64(at(cr, i)-128)-red*lit)))]++
		}
	}
	return share(far, 0.99) <= grayLevel && share(far, 1-sealShare) <= sealLevel
}

// share returns the level that a share of the counts stay at or below.
func share(hist [256]int, of float64) int {
	n := 0
	for _, c := range hist {
		n += c
	}
	k := int(of * float64(n))
	for level, c := range hist {
		if k -= c; k < 0 {
			return level
		}
	}
	return 255
}

// cutOff reports whether the paper runs out of the frame, on one side or at one
// corner. What lies on three sides, or on two opposite ones, is a header, a column or the
// whole picture.
func (r region) cutOff() bool {
	if r.fill < cutConvex {
		return false
	}
	var on [4]bool
	n := 0
	for i, t := range r.touch {
		if on[i] = t >= cutShare; on[i] {
			n++
		}
	}
	return n == 1 || n == 2 && !(on[0] && on[2]) && !(on[1] && on[3])
}

// spans reports whether r reaches from one side of the frame to the opposite one:
// it is a part of a page, and not a paper on a desk.
func (r region) spans() bool {
	const most = 0.5 // of a side
	return r.touch[0] > most && r.touch[2] > most || r.touch[1] > most && r.touch[3] > most
}

// cutAt returns the middle of the side of the frame that most of the paper lies
// on.
func (r region) cutAt() (at [2]float64) {
	middles := [4][2]float64{{0.5, 0}, {1, 0.5}, {0.5, 1}, {0, 0.5}}
	return middles[slices.Index(r.touch[:], slices.Max(r.touch[:]))]
}

func (r region) small(v view) bool {
	if r.cutOff() {
		return false
	}
	toFile := v.scale * float64(v.small[0].w) / float64(r.w)
	w, h := float64(r.box.Dx())*toFile, float64(r.box.Dy())*toFile
	return r.area < smallShare || min(w, h) < paperShort || max(w, h) < paperLong
}

// upright returns where a place of a stored picture, in shares of its sides, is
// when it has been turned.
func upright(at [2]float64, turn int) [2]float64 {
	x, y := at[0], at[1]
	switch turn {
	case 2:
		x = 1 - x
	case 3:
		x, y = 1-x, 1-y
	case 4:
		y = 1 - y
	case 5:
		x, y = y, x
	case 6:
		x, y = 1-y, x
	case 7:
		x, y = 1-y, 1-x
	case 8:
		x, y = y, 1-x
	}
	return [2]float64{x, y}
}

// boxOf returns where a box of a stored picture, in shares of its sides, is in
// pixels when the picture, of the given size as stored, has been turned.
func boxOf(box [4]float64, turn int, size image.Point) image.Rectangle {
	if turn >= 5 {
		size = image.Pt(size.Y, size.X)
	}
	point := func(x, y float64) image.Point {
		at := upright([2]float64{x, y}, turn)
		return image.Pt(int(math.Round(at[0]*float64(size.X))), int(math.Round(at[1]*float64(size.Y))))
	}
	return image.Rectangle{point(box[0], box[1]), point(box[2], box[3])}.Canon()
}

// where names a place of a stored picture as a person who sees it upright would.
func where(at [2]float64, turn int) string {
	at = upright(at, turn)
	third := func(v float64) int { return max(0, min(2, int(3*v))) }
	return [3][3]string{
		{"top-left", "top", "top-right"},
		{"left", "centre", "right"},
		{"bottom-left", "bottom", "bottom-right"},
	}[third(at[1])][third(at[0])]
}
