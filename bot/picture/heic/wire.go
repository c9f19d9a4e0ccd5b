package heic

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"beianbot/bot/picture"
)

// What the child writes: ready, before it looks at the file; then a head of five
// 32-bit numbers and the planes without padding.
const (
	ready = "heic child\n"
	magic = 0x68656963 // "heic"
	ycbcr = 1          // Y, Cb, Cr
	gray  = 2
	nrgba = 3
)

type head struct {
	Magic, Kind, Ratio uint32
	Width, Height      uint32
}

var errWire = errors.New("child wrote no picture")

// write sends img.
func write(w io.Writer, img image.Image) error {
	b := img.Bounds()
	h := head{Magic: magic, Width: uint32(b.Dx()), Height: uint32(b.Dy())}
	out := bufio.NewWriterSize(w, 1<<16)
	lines := func(pix []byte, stride, width, height int) {
		for y := range height {
			_, _ = out.Write(pix[y*stride:][:width]) // Flush reports what went wrong
		}
	}
	begin := func(kind, ratio uint32) error {
		h.Kind, h.Ratio = kind, ratio
		return binary.Write(out, binary.LittleEndian, h)
	}
	switch m := img.(type) {
	case *image.YCbCr:
		if err := begin(ycbcr, uint32(m.SubsampleRatio)); err != nil {
			return err
		}
		cw, ch := chroma(b.Dx(), b.Dy(), m.SubsampleRatio)
		lines(m.Y, m.YStride, b.Dx(), b.Dy())
		lines(m.Cb, m.CStride, cw, ch)
		lines(m.Cr, m.CStride, cw, ch)
	case *image.Gray:
		if err := begin(gray, 0); err != nil {
			return err
		}
		lines(m.Pix, m.Stride, b.Dx(), b.Dy())
	case *image.NRGBA:
		if err := begin(nrgba, 0); err != nil {
			return err
		}
		lines(m.Pix, m.Stride, 4*b.Dx(), b.Dy())
	default:
		return fmt.Errorf("pixels of kind %T", img)
	}
	return out.Flush()
}

// read receives what write sends. The child has read hostile input: nothing it
// says is trusted beyond its bounds.
func read(r io.Reader) (image.Image, error) {
	var h head
	in := bufio.NewReaderSize(r, 1<<16)
	if err := binary.Read(in, binary.LittleEndian, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", errWire, err)
	}
	px := uint64(h.Width) * uint64(h.Height)
	if h.Magic != magic || px == 0 || h.Width > picture.MaxSide || h.Height > picture.MaxSide || px > picture.MaxHEIFPixels {
		return nil, fmt.Errorf("%w: head %+v", errWire, h)
	}
	rect := image.Rect(0, 0, int(h.Width), int(h.Height))
	var img image.Image
	var planes [][]byte
	switch ratio := image.YCbCrSubsampleRatio(h.Ratio); {
	case h.Kind == ycbcr && (ratio == image.YCbCrSubsampleRatio420 || ratio == image.YCbCrSubsampleRatio422 || ratio == image.YCbCrSubsampleRatio444):
		m := image.NewYCbCr(rect, ratio)
		img, planes = m, [][]byte{m.Y, m.Cb, m.Cr}
	case h.Kind == gray:
		m := image.NewGray(rect)
		img, planes = m, [][]byte{m.Pix}
	case h.Kind == nrgba:
		m := image.NewNRGBA(rect)
		img, planes = m, [][]byte{m.Pix}
	default:
		return nil, fmt.Errorf("%w: head %+v", errWire, h)
	}
	for _, p := range planes {
		if _, err := io.ReadFull(in, p); err != nil {
			return nil, fmt.Errorf("%w: %w", errWire, err)
		}
	}
	return img, nil
}

func chroma(w, h int, ratio image.YCbCrSubsampleRatio) (cw, ch int) {
	switch ratio {
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	}
	return w, h
}
