package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// This file is all that knows who decodes and encodes.

// errUnsupported is wrapped by what decode returns for a file that is in order
// but of a kind that its decoder does not read.
var errUnsupported = errors.New("kind is not supported")

// decode returns the pixels of data as stored: neither turned nor flattened. The
// header must have passed header.refuse. It stops soon after ctx ends, and
// returns an error for whatever a decoder does with a broken file, a panic too.
//
// The decoders are called by format: image.Decode would ask every package that
// anything in the program registered, after looking at a few bytes.
func decode(ctx context.Context, data []byte, h header) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("decode %s: panic: %v", h.format, p)
		}
	}()
	r := &ctxReader{ctx: ctx, b: data}
	switch h.format {
	case JPEG:
		if h.incomplete {
			// Only the end mark may be missing: every viewer shows such a
			// file. Whatever else is missing fails all the same.
			r.tail = "\xff\xd9"
		}
		img, err = jpeg.Decode(r)
	case PNG:
		if h.incomplete {
			r.tail = "\x00\x00\x00\x00IEND\xaeB`\x82"
		}
		// image/png reads what it does not need, too, and allocates 4 KB for
		// each such chunk: a million of them took three seconds.
		r.b = pixelsPNG(data)
		img, err = png.Decode(r)
	case GIF:
		img, err = gif.Decode(r) // the first frame
	case WebP:
		if img, err = webp.Decode(r); err == nil {
			img = fullRange(img)
		}
	case BMP:
		img, err = bmp.Decode(r)
	case TIFF:
		img, err = tiff.Decode(r)
	default:
		return nil, fmt.Errorf("decode %s: %w", h.format, errUnsupported)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("decode %s: %w", h.format, ctx.Err())
	}
	if err != nil {
		_, j := errors.AsType[jpeg.UnsupportedError](err)
		_, p := errors.AsType[png.UnsupportedError](err)
		_, t := errors.AsType[tiff.UnsupportedError](err)
		if j || p || t || errors.Is(err, bmp.ErrUnsupported) {
			return nil, fmt.Errorf("decode %s: %w: %w", h.format, errUnsupported, err)
		}
		return nil, fmt.Errorf("decode %s: %w", h.format, err)
	}
	if b := img.Bounds(); b.Dx() != h.width || b.Dy() != h.height {
		return nil, fmt.Errorf("decode %s: %d×%d pixels where the header says %d×%d", h.format, b.Dx(), b.Dy(), h.width, h.height)
	}
	return img, nil
}

// readable returns how many percent of a JPEG that was cut short are there, from
// the top, and false when that cannot be told. What is missing is made up twice,
// differently: the two pictures are the same as far as the file goes. It holds
// two pictures.
func readable(ctx context.Context, data []byte, h header) (percent int, ok bool) {
	const most = 20_000_000 // bytes of a picture, 13 million pixels of a photo: it decodes twice more
	if pixels, _ := h.memory(); pixels > most || h.format != JPEG || h.progressive || h.comps != 3 || h.direct || h.scans != 1 {
		return 0, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	const perPixel = 2 // bytes of filler; no block of 64 pixels takes as many
	var pics [2]*image.YCbCr
	for i, filler := range [2]byte{0x00, 0x55} {
		img, err := jpeg.Decode(&ctxReader{ctx: ctx, b: data, filler: filler, missing: perPixel * h.width * h.height, tail: "\xff\xd9"})
		if err != nil {
			return 0, false
		}
		if pics[i], ok = img.(*image.YCbCr); !ok {
			return 0, false
		}
	}
	rows := 0
	for ; rows < h.height; rows++ {
		i := rows * pics[0].YStride
		if !bytes.Equal(pics[0].Y[i:i+h.width], pics[1].Y[i:i+h.width]) {
			break
		}
	}
	return 100 * rows / h.height, true
}

// encode returns img as a baseline JPEG. image/jpeg is fast for YCbCr only.
func encode(img *image.YCbCr, quality int) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(img.Rect.Dx() * img.Rect.Dy() / 4)
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode jpeg: %w", err)
	}
	return buf.Bytes(), nil
}

// decodeOwn returns the pixels of what encode returned.
func decodeOwn(data []byte) (*image.YCbCr, error) {
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode own jpeg: %w", err)
	}
	m, ok := img.(*image.YCbCr)
	if !ok { // unreachable: encode takes nothing else
		return nil, fmt.Errorf("decode own jpeg: pixels of kind %T", img)
	}
	return m, nil
}

// A ctxReader reads b and then tail until ctx ends: the only way to stop one of
// the standard decoders. It hands out little at a time, so that the end is
// noticed soon.
type ctxReader struct {
	ctx     context.Context // of the one decode call that reads
	b       []byte
	filler  byte // stands for what is missing,
	missing int  // so many times, between b and tail
	tail    string
	off     int
}

const readBytes = 32 << 10

func (r *ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	p = p[:min(len(p), readBytes)]
	var n int
	switch {
	case r.off < len(r.b):
		n = copy(p, r.b[r.off:])
	case r.off < len(r.b)+r.missing:
		n = min(len(p), len(r.b)+r.missing-r.off)
		for i := range p[:n] {
			p[i] = r.filler
		}
	case r.off < len(r.b)+r.missing+len(r.tail):
		n = copy(p, r.tail[r.off-len(r.b)-r.missing:])
	default:
		return 0, io.EOF
	}
	r.off += n
	return n, nil
}

// ReadAt is what the TIFF decoder reads with.
func (r *ctxReader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 || off >= int64(len(r.b)) {
		return 0, io.EOF
	}
	n := copy(p, r.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
