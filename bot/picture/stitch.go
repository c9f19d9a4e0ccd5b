package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
)

const (
	// MaxStitch is how many pictures one stitch takes: two albums.
	MaxStitch = 20
	// DefaultMaxSide is the longest side of a stitched picture in pixels when
	// nothing else is asked for. Baidu's document reader takes 4096 when
	// there are several papers in a picture, Aliyun's quality check 5000.
	DefaultMaxSide = 4096
	// SmallestMaxSide is the smallest that may be asked for.
	SmallestMaxSide = 100
	// LargestMaxSide is the largest that may be asked for: what Aliyun and
	// Baidu read at most.
	LargestMaxSide = 8192
	// SmallestMaxBytes is the smallest size limit that may be asked for.
	SmallestMaxBytes = 20_000
	// readableSide is the longer side in pixels below which a photo that was
	// shrunk is no longer safely legible: print of 10.5 points on an A4
	// sheet that fills four fifths of it is then 12 pixels high.
	readableSide = 1250
)

// ErrOptions is wrapped by errors about arguments outside their range.
var ErrOptions = errors.New("out of range")

// StitchOptions say how to join pictures. The zero value is what the filing
// system needs.
type StitchOptions struct {
	Layout   Layout                // Auto when empty
	MaxBytes int64                 // the result is smaller than this; the guidance's limit when 0
	MaxSide  int                   // longest side of the result in pixels; DefaultMaxSide when 0
	Turns    []int                 // for each picture, quarter turns clockwise from upright; none when nil
	Progress func(done, total int) // called after each step when not nil
}

// A Stitched is the outcome of a stitch: one picture, or the reports that say
// why there is none.
type Stitched struct {
	Data          []byte // JPEG; nil when a picture could not be used
	Width, Height int    // pixels
	Layout        Layout // the one that was taken, never Auto
	Quality       int    // of the JPEG, 1 to 100
	Encodes       int    // how often a whole picture was encoded
	// Scale is, for each picture, the length of a side in the result over its
	// own: 0.5 when it was halved.
	Scale []float64
	// Crowded says that a picture became so small that fine print may not be
	// legible: two results with fewer pictures each would be better.
	Crowded bool
	// Reports has one report for each picture, in order. Format, size and
	// which way is up do not matter here; they are reported all the same.
	Reports []Report
	// Unusable are the indexes of the pictures that could not be used. With
	// one of them missing the rest is not joined: a paper would be lacking
	// and nobody would see it.
	Unusable []int
}

// Stitch joins pictures in order into one JPEG, each upright, on white. Any mix
// of formats that can be decoded is taken, and a single picture too. A picture
// that cannot be used is reported in the result. The error wraps [ErrOptions]
// for arguments out of range; else it is that of [Checker.Check].
func (c *Checker) Stitch(ctx context.Context, pics [][]byte, opt StitchOptions) (Stitched, error) {
	if err := c.defaults(&opt, len(pics)); err != nil {
		return Stitched{}, fmt.Errorf("stitch: %w", err)
	}
	s := Stitched{Reports: make([]Report, len(pics))}
	looked := make([]*examined, len(pics))
	sizes := make([]image.Point, len(pics))
	most, heif := int64(0), false // most bytes for the pixels of one
	for i, data := range pics {
		e := c.look(data, Source{})
		looked[i], s.Reports[i] = e, e.report
		if !e.open {
			s.Unusable = append(s.Unusable, i)
			continue
		}
		sizes[i] = image.Pt(e.header.size())
		if opt.turn(i)%2 == 1 {
			sizes[i] = image.Pt(sizes[i].Y, sizes[i].X)
		}
		pixels, more := e.header.memory()
		most = max(most, pixels+more)
		heif = heif || e.header.format == HEIF
	}
	if len(s.Unusable) > 0 {
		return s, nil
	}
	a := arrange(sizes, opt.Layout, opt.MaxSide)

	if heif {
		release, err := c.takeHEIF(ctx)
		if err != nil {
			return Stitched{}, fmt.Errorf("stitch %d pictures: %w", len(pics), err)
		}
		defer release()
	}
	// The canvas and a smaller one, the coded result, and one picture at a time.
	free, err := c.memory.take(ctx, most+4*int64(a.size.X)*int64(a.size.Y))
	if err != nil {
		return Stitched{}, fmt.Errorf("stitch %d pictures: %w", len(pics), err)
	}
	defer free()

	if err := c.compose(ctx, &s, looked, sizes, a, opt); err != nil {
		return Stitched{}, fmt.Errorf("stitch %d pictures: %w", len(pics), err)
	}
	return s, nil
}

func (c *Checker) defaults(opt *StitchOptions, n int) error {
	if opt.Layout == "" {
		opt.Layout = Auto
	}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = c.limits.MaxBytes
	}
	if opt.MaxSide == 0 {
		opt.MaxSide = DefaultMaxSide
	}
	switch {
	case n < 1 || n > MaxStitch:
		return fmt.Errorf("%d pictures: %w: 1 to %d", n, ErrOptions, MaxStitch)
	case opt.MaxBytes < SmallestMaxBytes:
		return fmt.Errorf("%d bytes: %w: %d or more", opt.MaxBytes, ErrOptions, SmallestMaxBytes)
	case opt.MaxSide < SmallestMaxSide || opt.MaxSide > LargestMaxSide:
		return fmt.Errorf("%d pixels a side: %w: %d to %d", opt.MaxSide, ErrOptions, SmallestMaxSide, LargestMaxSide)
	case opt.Turns != nil && len(opt.Turns) != n:
		return fmt.Errorf("%d turns for %d pictures: %w", len(opt.Turns), n, ErrOptions)
	}
	switch opt.Layout {
	case Auto, Vertical, Horizontal, Grid:
		return nil
	}
	return fmt.Errorf("layout %q: %w: auto, vertical, horizontal or grid", opt.Layout, ErrOptions)
}

// turn returns how many quarter turns picture i makes, 0 to 3.
func (opt StitchOptions) turn(i int) int {
	if opt.Turns == nil {
		return 0
	}
	return (opt.Turns[i]%4 + 4) % 4
}

// compose decodes the pictures one by one onto a canvas and encodes it. The
// caller holds the memory.
func (c *Checker) compose(ctx context.Context, s *Stitched, looked []*examined, sizes []image.Point, a arrangement, opt StitchOptions) error {
	canvas := newCanvas(a.size.X, a.size.Y)
	steps := len(looked) + 1
	for i, e := range looked {
		img, problems, err := c.pixels(ctx, e.data, e.header)
		if err != nil {
			return err
		}
		if img == nil {
			e.report.Problems = append(e.report.Problems, problems...)
			e.sort()
			s.Reports[i] = e.report
			s.Unusable = append(s.Unusable, i)
			continue
		}
		e.describe(Source{})
		e.sort()
		s.Reports[i] = e.report
		orientation, at := turned(e.header.turn(), opt.turn(i)), a.at[i]
		if e.header.format == HEIF { // its header may have misled
			size := img.Bounds().Size()
			if opt.turn(i)%2 == 1 {
				size = image.Pt(size.Y, size.X)
			}
			at = within(at, size)
		}
		place(canvas, at, img, orientation)
		if opt.Progress != nil {
			opt.Progress(i+1, steps)
		}
	}
	if len(s.Unusable) > 0 {
		return nil
	}
	f, err := fit(canvas, opt.MaxBytes)
	if err != nil {
		return err
	}
	s.Data, s.Width, s.Height = f.data, f.width, f.height
	s.Layout, s.Quality, s.Encodes = a.layout, f.quality, f.encodes
	for i, r := range a.at {
		scale := a.scale(i, sizes) * f.scale
		s.Scale = append(s.Scale, scale)
		if long := float64(max(r.Dx(), r.Dy())) * f.scale; scale < 0.9 && long < readableSide {
			s.Crowded = true
		}
	}
	if opt.Progress != nil {
		opt.Progress(steps, steps)
	}
	return nil
}

// within returns the largest rectangle of size's shape inside r, in its middle.
func within(r image.Rectangle, size image.Point) image.Rectangle {
	w, h := r.Dx(), r.Dx()*size.Y/size.X
	if h > r.Dy() {
		w, h = r.Dy()*size.X/size.Y, r.Dy()
	}
	w, h = max(1, w), max(1, h)
	// A difference of a pixel is rounding.
	if r.Dx()-w <= 2 && r.Dy()-h <= 2 {
		return r
	}
	at := r.Min.Add(image.Pt((r.Dx()-w)/4*2, (r.Dy()-h)/4*2))
	return image.Rectangle{at, at.Add(image.Pt(w, h))}
}
