package heic

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"github.com/gen2brain/heic"

	"beianbot/bot/picture"
)

const (
	// childMemory is what the child may hold, in bytes. 12 million pixels take
	// 311 to 437 MB, 24 million twice that.
	childMemory = 1 << 30
	// childSeconds is the processor time the child may take. It is killed
	// earlier by the clock; this ends it when its parent is gone, too.
	childSeconds = 30
)

// Child is the child process: it decodes the HEIC on stdin, writes its pixels to
// stdout, and limits what the process may use. An error means that the file
// could not be decoded; the program must then end with status 1.
func Child(stdin io.Reader, stdout io.Writer) error {
	limit()
	// libheif may print to what it takes for standard output.
	os.Stdout = os.Stderr
	if _, err := io.WriteString(stdout, ready); err != nil {
		return fmt.Errorf("write pixels: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(stdin, picture.MaxInput+1))
	if err != nil {
		return fmt.Errorf("read heic: %w", err)
	}
	if len(data) > picture.MaxInput {
		return errors.New("heic is too large")
	}
	img, err := decode(data)
	if err != nil {
		return fmt.Errorf("decode heic: %w", err)
	}
	if err := write(stdout, img); err != nil {
		return fmt.Errorf("write pixels: %w", err)
	}
	return nil
}

func decode(data []byte) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	img, err = heic.Decode(bytes.NewReader(data))
	if m, ok := img.(*image.RGBA); ok { // no premultiplied alpha on the wire
		n := image.NewNRGBA(m.Rect)
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				n.Set(x, y, m.At(x, y))
			}
		}
		img = n
	}
	return img, err
}
