package picture

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/disintegration/imaging"
)

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
	seen := imaging.Clone(canvas) // in colours that can be painted on
	red := image.NewUniform(color.NRGBA{R: 255, A: 255})
	for _, b := range boxes {
		inner := image.Rect(b.Min.X*pw/w, b.Min.Y*ph/h, b.Max.X*pw/w, b.Max.Y*ph/h).Inset(-previewMargin)
		outer := inner.Inset(-previewLine)
		for _, line := range []image.Rectangle{
			image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, inner.Min.Y),
			image.Rect(outer.Min.X, inner.Max.Y, outer.Max.X, outer.Max.Y),
			image.Rect(outer.Min.X, inner.Min.Y, inner.Min.X, inner.Max.Y),
			image.Rect(inner.Max.X, inner.Min.Y, outer.Max.X, inner.Max.Y),
		} {
			draw.Draw(seen, line, red, image.Point{}, draw.Src)
		}
	}
	return encode(flatten(seen), previewQuality)
}
