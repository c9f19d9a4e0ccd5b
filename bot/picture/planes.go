package picture

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/disintegration/imaging"
)

// newCanvas returns a white picture of w × h pixels in the form that encode is
// fast for: luma, and chroma at half size each way. That is 1.5 bytes a pixel.
func newCanvas(w, h int) *image.YCbCr {
	c := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	fill(c.Y, 255)
	fill(c.Cb, 128)
	fill(c.Cr, 128)
	return c
}

// fill makes all of b one value, by copying ever more of it.
func fill(b []byte, v byte) {
	if len(b) == 0 {
		return
	}
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// place draws src, which is stored with the given EXIF orientation, upright and
// scaled into the rectangle at of the canvas. at.Min is even, so that chroma
// samples are not shared with a neighbour. What is transparent becomes white.
func place(canvas *image.YCbCr, at image.Rectangle, src image.Image, orientation int) {
	tw, th := at.Dx(), at.Dy() // as stored
	if orientation >= 5 {
		tw, th = th, tw
	}
	cw, ch := (tw+1)/2, (th+1)/2
	y := planeAt(canvas.Y, canvas.YStride, at.Min.X, at.Min.Y, at.Dx(), at.Dy())
	cb := planeAt(canvas.Cb, canvas.CStride, at.Min.X/2, at.Min.Y/2, (at.Dx()+1)/2, (at.Dy()+1)/2)
	cr := planeAt(canvas.Cr, canvas.CStride, at.Min.X/2, at.Min.Y/2, (at.Dx()+1)/2, (at.Dy()+1)/2)

	switch s := src.(type) {
	case *image.YCbCr:
		b := s.Rect
		y.turn(planeOf(s.Y, s.YStride, s.YOffset(b.Min.X, b.Min.Y), b.Dx(), b.Dy()).resize(tw, th), orientation)
		w, h := chromaSize(s)
		c0 := s.COffset(b.Min.X, b.Min.Y)
		cb.turn(planeOf(s.Cb, s.CStride, c0, w, h).resize(cw, ch), orientation)
		cr.turn(planeOf(s.Cr, s.CStride, c0, w, h).resize(cw, ch), orientation)
	case *image.Gray:
		b := s.Rect
		y.turn(planeOf(s.Pix, s.Stride, s.PixOffset(b.Min.X, b.Min.Y), b.Dx(), b.Dy()).resize(tw, th), orientation)
	default:
		s = shrink(s, tw, th)
		if orientation == 1 && at == canvas.Rect && s.Bounds().Size() == at.Size() {
			flattenInto(canvas, s) // without a second picture of that size
			return
		}
		place(canvas, at, flatten(s), orientation)
	}
}

// shrink returns src at w × h pixels when it is of a kind that imaging reads
// fast, and that has all its colour and alpha to be scaled with; else src.
func shrink(src image.Image, w, h int) image.Image {
	if b := src.Bounds(); b.Dx() <= w && b.Dy() <= h {
		return src
	}
	switch src.(type) {
	case *image.NRGBA, *image.NRGBA64, *image.RGBA, *image.RGBA64, *image.Gray16, *image.Paletted:
		return imaging.Resize(safeForImaging(src), w, h, imaging.CatmullRom)
	}
	return src
}

// safeForImaging returns src in a form that imaging's workers cannot panic on: a
// panic in one of them ends the process (CVE-2023-36308, a palette index past
// the palette).
func safeForImaging(src image.Image) image.Image {
	p, ok := src.(*image.Paletted)
	if !ok || len(p.Palette) == 256 {
		return src
	}
	full := *p
	full.Palette = make(color.Palette, 256)
	copy(full.Palette, p.Palette)
	for i := len(p.Palette); i < 256; i++ {
		full.Palette[i] = color.Transparent
	}
	return &full
}

func chromaSize(s *image.YCbCr) (w, h int) {
	b := s.Rect
	w, h = b.Dx(), b.Dy()
	switch s.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		w = (w + 1) / 2
	case image.YCbCrSubsampleRatio420:
		w, h = (w+1)/2, (h+1)/2
	case image.YCbCrSubsampleRatio440:
		h = (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		w = (w + 3) / 4
	case image.YCbCrSubsampleRatio410:
		w, h = (w+3)/4, (h+1)/2
	}
	return w, h
}

// flatten returns src on white.
func flatten(src image.Image) *image.YCbCr {
	out := newCanvas(src.Bounds().Dx(), src.Bounds().Dy())
	flattenInto(out, src)
	return out
}

// flattenInto writes src on white into out, which has its size. It converts some
// rows at a time: a second picture with four bytes a pixel would double what is
// held.
func flattenInto(out *image.YCbCr, src image.Image) {
	const rows = 64 // even
	b := src.Bounds()
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), rows))
	indexed, _ := src.(*image.Paletted)
	var colours [256][4]byte
	if indexed != nil {
		colours = onWhite(indexed.Palette)
	}
	for y := 0; y < b.Dy(); y += rows {
		r := strip.Rect
		r.Max.Y = min(rows, b.Dy()-y)
		if indexed != nil {
			for v := range r.Max.Y {
				line := indexed.Pix[indexed.PixOffset(b.Min.X, b.Min.Y+y+v):][:b.Dx()]
				to := strip.Pix[v*strip.Stride:]
				for x, i := range line {
					*(*[4]byte)(to[4*x:]) = colours[i]
				}
			}
		} else {
			draw.Draw(strip, r, image.White, image.Point{}, draw.Src)
			draw.Draw(strip, r, src, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
		}
		toYCbCr(out, y, strip, r.Max.Y)
	}
}

// onWhite returns the colours of a palette over white. An index past the palette
// is transparent.
func onWhite(p color.Palette) (colours [256][4]byte) {
	for i := range colours {
		colours[i] = [4]byte{255, 255, 255, 255}
		if i < len(p) {
			r, g, b, a := p[i].RGBA() // premultiplied
			for k, v := range [3]uint32{r, g, b} {
				colours[i][k] = uint8((v + 0xffff - a) >> 8)
			}
		}
	}
	return colours
}

// toYCbCr writes rows rows of an opaque strip into out from row y0, which is even.
// The coefficients are JFIF's, in 16-bit fixed point.
func toYCbCr(out *image.YCbCr, y0 int, strip *image.RGBA, rows int) {
	w := strip.Rect.Dx()
	for y := 0; y < rows; y += 2 {
		for x := 0; x < w; x += 2 {
			var r4, g4, b4, n int32
			for dy := 0; dy < 2 && y+dy < rows; dy++ {
				for dx := 0; dx < 2 && x+dx < w; dx++ {
					p := strip.Pix[(y+dy)*strip.Stride+(x+dx)*4:]
					r, g, b := int32(p[0]), int32(p[1]), int32(p[2])
					out.Y[(y0+y+dy)*out.YStride+x+dx] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
					r4, g4, b4, n = r4+r, g4+g, b4+b, n+1
				}
			}
			i := (y0+y)/2*out.CStride + x/2
			out.Cb[i] = clamp8(((-11056*r4-21712*g4+32768*b4)/n + 128<<16 + 1<<15) >> 16)
			out.Cr[i] = clamp8(((32768*r4-27440*g4-5328*b4)/n + 128<<16 + 1<<15) >> 16)
		}
	}
}

func clamp8(v int32) uint8 { return uint8(max(0, min(255, v))) }

// fullRange corrects what the WebP decoder returns. VP8 codes luma as 16 to 235
// and chroma as 16 to 240; an image.YCbCr is understood as JPEG's 0 to 255.
func fullRange(img image.Image) image.Image {
	var p *image.YCbCr
	switch m := img.(type) {
	case *image.YCbCr:
		p = m
	case *image.NYCbCrA:
		p = &m.YCbCr
	default: // lossless: no YCbCr at all
		return img
	}
	var luma, chroma [256]uint8
	for i := range luma {
		luma[i] = clamp8((int32(i-16)*255*2 + 219) / (2 * 219))
		chroma[i] = clamp8((int32(i-128)*255*2 + 128*2*224 + 224) / (2 * 224))
	}
	for i, v := range p.Y {
		p.Y[i] = luma[v]
	}
	for i, v := range p.Cb {
		p.Cb[i] = chroma[v]
	}
	for i, v := range p.Cr {
		p.Cr[i] = chroma[v]
	}
	return img
}
