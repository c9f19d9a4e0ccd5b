package picture

import (
	"image"
	"image/color"
	"image/draw"
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
		if orientation == 1 && at == canvas.Rect {
			flattenInto(canvas, s) // without a second picture of that size
			return
		}
		flat := newCanvas(tw, th)
		flattenInto(flat, s)
		place(canvas, at, flat, orientation)
	}
}

// shrink returns src on white at w × h pixels, src itself when it is no larger.
func shrink(src image.Image, w, h int) image.Image {
	if b := src.Bounds(); b.Dx() <= w && b.Dy() <= h {
		return src
	}
	out := newCanvas(w, h)
	flattenInto(out, src)
	return out
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

// flatten returns src on white, src itself when it has luma and chroma already.
func flatten(src image.Image) *image.YCbCr {
	if m, ok := src.(*image.YCbCr); ok {
		return m
	}
	out := newCanvas(src.Bounds().Dx(), src.Bounds().Dy())
	flattenInto(out, src)
	return out
}

// flattenInto writes src on white into out, scaled to its size. It takes some rows
// at a time, so that it holds next to nothing besides the two.
func flattenInto(out *image.YCbCr, src image.Image) {
	const rows = 64 // even
	b := src.Bounds()
	cw, ch := chromaSize(out)
	y := newScaler(b.Dx(), b.Dy(), planeOf(out.Y, out.YStride, 0, out.Rect.Dx(), out.Rect.Dy()))
	cb := newScaler((b.Dx()+1)/2, (b.Dy()+1)/2, planeOf(out.Cb, out.CStride, 0, cw, ch))
	cr := newScaler((b.Dx()+1)/2, (b.Dy()+1)/2, planeOf(out.Cr, out.CStride, 0, cw, ch))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), rows))
	flat := newCanvas(b.Dx(), rows)
	onWhite := rowsOnWhite(src)
	for y0 := b.Min.Y; y0 < b.Max.Y; y0 += rows {
		n := min(rows, b.Max.Y-y0)
		onWhite(strip, y0, n)
		toYCbCr(flat, strip, n)
		for v := range n {
			y.push(flat.Y[v*flat.YStride:])
		}
		for v := range (n + 1) / 2 {
			cb.push(flat.Cb[v*flat.CStride:])
			cr.push(flat.Cr[v*flat.CStride:])
		}
	}
}

// rowsOnWhite returns a function that writes n rows of src on white, from row y0
// on, to the top of a strip. The kinds that the decoders return have ways of
// their own: the general one takes ten times as long.
func rowsOnWhite(src image.Image) func(strip *image.RGBA, y0, n int) {
	b := src.Bounds()
	each := func(row func(to []byte, y int)) func(*image.RGBA, int, int) {
		return func(strip *image.RGBA, y0, n int) {
			for v := range n {
				row(strip.Pix[v*strip.Stride:][:4*b.Dx()], y0+v)
			}
		}
	}
	switch m := src.(type) {
	case *image.Paletted:
		colours := onWhite(m.Palette)
		return each(func(to []byte, y int) {
			for x, i := range m.Pix[m.PixOffset(b.Min.X, y):][:b.Dx()] {
				*(*[4]byte)(to[4*x:]) = colours[i]
			}
		})
	case *image.Gray16:
		return each(func(to []byte, y int) {
			from := m.Pix[m.PixOffset(b.Min.X, y):][:2*b.Dx()]
			for x := range b.Dx() {
				g := from[2*x]
				*(*[4]byte)(to[4*x:]) = [4]byte{g, g, g, 255}
			}
		})
	case *image.NRGBA:
		return each(func(to []byte, y int) { overWhite(to, m.Pix[m.PixOffset(b.Min.X, y):], 1, false) })
	case *image.NRGBA64:
		return each(func(to []byte, y int) { overWhite(to, m.Pix[m.PixOffset(b.Min.X, y):], 2, false) })
	case *image.RGBA:
		return each(func(to []byte, y int) { overWhite(to, m.Pix[m.PixOffset(b.Min.X, y):], 1, true) })
	case *image.RGBA64:
		return each(func(to []byte, y int) { overWhite(to, m.Pix[m.PixOffset(b.Min.X, y):], 2, true) })
	}
	return func(strip *image.RGBA, y0, n int) {
		r := image.Rect(0, 0, b.Dx(), n)
		draw.Draw(strip, r, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, r, src, image.Pt(b.Min.X, y0), draw.Over)
	}
}

// overWhite writes a row of red, green, blue and alpha on white. A sample has so
// many bytes, of which the first counts.
func overWhite(to, from []byte, bytes int, premultiplied bool) {
	for x := 0; x+4 <= len(to); x += 4 {
		p := from[x*bytes:][:4*bytes]
		r, g, b, a := int(p[0]), int(p[bytes]), int(p[2*bytes]), int(p[3*bytes])
		switch {
		case a == 255:
		case premultiplied:
			r, g, b = min(r, a)+255-a, min(g, a)+255-a, min(b, a)+255-a
		default:
			white := (255-a)*255 + 127
			r, g, b = (r*a+white)/255, (g*a+white)/255, (b*a+white)/255
		}
		*(*[4]byte)(to[x:]) = [4]byte{byte(r), byte(g), byte(b), 255}
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

// toYCbCr writes rows rows of an opaque strip to the top of out. The coefficients
// are JFIF's, in 16-bit fixed point.
func toYCbCr(out *image.YCbCr, strip *image.RGBA, rows int) {
	w := strip.Rect.Dx()
	for y := 0; y < rows; y += 2 {
		for x := 0; x < w; x += 2 {
			var r4, g4, b4, n int32
			for dy := 0; dy < 2 && y+dy < rows; dy++ {
				for dx := 0; dx < 2 && x+dx < w; dx++ {
					p := strip.Pix[(y+dy)*strip.Stride+(x+dx)*4:]
					r, g, b := int32(p[0]), int32(p[1]), int32(p[2])
					out.Y[(y+dy)*out.YStride+x+dx] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
					r4, g4, b4, n = r4+r, g4+g, b4+b, n+1
				}
			}
			i := y/2*out.CStride + x/2
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
