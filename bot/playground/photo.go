package playground

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	_ "image/gif" // formats that people and bots send as photos
	"image/jpeg"
	_ "image/png"
	"slices"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// The boxes that Telegram fits a photo into; what is smaller is not enlarged.
var photoBoxes = []int{90, 320, 800, 1280}

const (
	photoQuality   = 87
	maxPhotoPixels = 60 << 20 // decoded by a client before it sends a photo
	maxPhotoSides  = 10_000   // width and height of what a bot sends
)

var (
	errNoPhoto    = errors.New("the bytes are no picture")
	errPhotoShape = errors.New("the picture has an extreme shape")
)

// decoding bounds how many pictures are decoded at once: each may take 240 MB.
var decoding = make(chan struct{}, 2)

// recompress makes of a picture what Telegram keeps of a photo: JPEGs at its
// sizes, smallest first, upright, with nothing but picture data. It runs
// without the lock. Width and height together may be maxSides.
func recompress(data []byte, maxSides int) ([]*file, error) {
	decoding <- struct{}{}
	defer func() { <-decoding }()
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, errNoPhoto
	}
	w, h := cfg.Width, cfg.Height
	if w < 1 || h < 1 || w+h > maxSides || w > 20*h || h > 20*w || w*h > maxPhotoPixels {
		return nil, errPhotoShape
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errNoPhoto
	}
	turn := 1
	if format == "jpeg" {
		turn = orientation(data)
	}
	// The largest first, from the source; the others from it, which is fast.
	var sizes []*file
	big := max(w, h)
	for i := len(photoBoxes) - 1; i >= 0; i-- {
		box := photoBoxes[i]
		if i > 0 && big <= photoBoxes[i-1] {
			continue // the next smaller box holds the photo as it is
		}
		fw, fh := w, h
		if big > box {
			fw, fh = max(1, (w*box+big/2)/big), max(1, (h*box+big/2)/big)
		}
		img := scaled(src, fw, fh)
		src = img
		img = upright(img, turn)
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: photoQuality}); err != nil {
			return nil, err
		}
		sizes = append(sizes, &file{
			kind: "photo", mime: "image/jpeg", data: out.Bytes(), width: img.Rect.Dx(), height: img.Rect.Dy(),
		})
	}
	slices.Reverse(sizes)
	for _, f := range sizes {
		f.sizes = sizes
	}
	return sizes, nil
}

// scaled draws src in w×h pixels, on white where it is transparent. To less than
// half it goes by way of twice the size, or fine print would turn to noise.
func scaled(src image.Image, w, h int) *image.RGBA {
	if b := src.Bounds(); b.Dx() > 2*w && b.Dy() > 2*h {
		return halved(scaled(src, 2*w, 2*h))
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	op := draw.Src
	if o, ok := src.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
		op = draw.Over
	}
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, src.Bounds(), op, nil)
	return dst
}

// halved makes one pixel of the mean of four.
func halved(src *image.RGBA) *image.RGBA {
	w, h := src.Rect.Dx()/2, src.Rect.Dy()/2
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		up, down := src.Pix[2*y*src.Stride:], src.Pix[(2*y+1)*src.Stride:]
		row := dst.Pix[y*dst.Stride:][:4*w]
		for i := range row {
			j := i + i&^3 // the same channel of the left pixel
			row[i] = uint8((int(up[j]) + int(up[j+4]) + int(down[j]) + int(down[j+4]) + 2) / 4)
		}
	}
	return dst
}

// upright applies an EXIF orientation, 1 to 8.
func upright(src *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if turn >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch turn {
			case 2:
				dx = w - 1 - x
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dy = h - 1 - y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(dst.Pix[dst.PixOffset(dx, dy):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return dst
}

// orientation reads the EXIF orientation of a JPEG, 1 when there is none.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		if marker == 0xff {
			i++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || n < 2 || i+2+n > len(data) {
			break
		}
		if seg := data[i+4 : i+2+n]; marker == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) {
			if o := tiffOrientation(seg[6:]); o != 0 {
				return o
			}
		}
		i += 2 + n
	}
	return 1
}

// tiffOrientation reads tag 0x0112 of the first directory, 0 when it is absent.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 0
	}
	n := uint64(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > uint64(len(t)) {
			return 0
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if o := int(order.Uint16(t[e+8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 0
}
