package picture

import "image"

const (
	// previewSide is the longer side of a preview in pixels: what chats show.
	previewSide = 1280
	// previewQuality is its JPEG quality.
	previewQuality = 80
	// previewLine is the width of the frame of a box, and previewMargin how far
	// it stands off, in pixels of the preview.
	previewLine, previewMargin = 6, 10
)

// preview shows the picture with a red frame around every problem that has a box,
// nil when none has. The frame lies outside of what it is around.
func (e *examined) preview() ([]byte, error) {
	var boxes []image.Rectangle
	for _, p := range e.report.Problems {
		if !p.Box.Empty() {
			boxes = append(boxes, p.Box)
		}
	}
	if e.pixels == nil || boxes == nil {
		return nil, nil
	}
	w, h := e.report.Width, e.report.Height
	pw, ph := within2(w, h, previewSide)
	canvas := newCanvas(pw, ph)
	place(canvas, canvas.Rect, e.pixels, e.header.turn())
	for _, b := range boxes {
		inner := image.Rect(b.Min.X*pw/w, b.Min.Y*ph/h, b.Max.X*pw/w, b.Max.Y*ph/h).Inset(-previewMargin)
		outer := inner.Inset(-previewLine)
		fillRed(canvas, image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, inner.Min.Y))
		fillRed(canvas, image.Rect(outer.Min.X, inner.Max.Y, outer.Max.X, outer.Max.Y))
		fillRed(canvas, image.Rect(outer.Min.X, inner.Min.Y, inner.Min.X, inner.Max.Y))
		fillRed(canvas, image.Rect(inner.Max.X, inner.Min.Y, outer.Max.X, inner.Max.Y))
	}
	return encode(canvas, previewQuality)
}

// fillRed fills the part of r that lies on the canvas.
func fillRed(canvas *image.YCbCr, r image.Rectangle) {
	const y, cb, cr = 76, 85, 255 // JFIF's for pure red
	r = r.Intersect(canvas.Rect)
	for v := r.Min.Y; v < r.Max.Y; v++ {
		for u := r.Min.X; u < r.Max.X; u++ {
			canvas.Y[canvas.YOffset(u, v)] = y
			c := canvas.COffset(u, v)
			canvas.Cb[c], canvas.Cr[c] = cb, cr
		}
	}
}
