package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

const (
	// bestQuality is the highest that is encoded with: above it files grow
	// and nobody sees a difference.
	bestQuality = 95
	// keepQuality is the lowest at which a picture keeps its size. On four
	// photos of papers in 4 MB, a picture of half the size at quality 96 was
	// 5 dB further from the original than the full size at 70; below about 45
	// that turns.
	keepQuality = 45
	// aim is the share of the limit that is aimed at: the estimate from a
	// sample is right within about 2 %, and within 0.5 % once a whole picture
	// was encoded, when near is aimed at.
	aim, near = 0.985, 0.995
	// enough is the share of the limit below which a better quality is tried.
	enough = 0.9
	// lifted is the share of the limit that is aimed at between two qualities,
	// and bandRows the height of what has one of them, in pixels: a row of MCUs.
	lifted, bandRows = 0.95, 16
	// usualEncodes is how often a whole picture is encoded at one size. It is
	// encoded once more only as long as nothing is below the limit.
	usualEncodes = 2
)

// A fitted is a picture that was encoded below a limit.
type fitted struct {
	data          []byte
	pixels        *image.YCbCr // what was encoded
	width, height int
	quality       int
	encodes       int     // of a whole picture
	scale         float64 // sides of the result over those of what was to be encoded
}

// fit encodes img with the best quality, up to bestQuality, that stays below
// maxBytes, and at a smaller size where that quality would be below keepQuality.
// It overwrites nothing in img.
func fit(img *image.YCbCr, maxBytes int64) (fitted, error) {
	f := fitted{scale: 1}
	whole := img
	for {
		f.width, f.height = img.Rect.Dx(), img.Rect.Dy()
		excess, err := f.search(img, maxBytes)
		if f.data != nil || err != nil {
			f.pixels = img
			return f, err
		}
		// Fewer pixels hold more detail each, so this may take a second round.
		f.scale *= max(0.3, min(0.95, math.Sqrt(aim/excess)))
		w := max(1, int(float64(whole.Rect.Dx())*f.scale))
		h := max(1, int(float64(whole.Rect.Dy())*f.scale))
		img = newCanvas(w, h)
		place(img, img.Rect, whole, 1)
	}
}

// search encodes img. It leaves f.data nil when no quality from keepQuality on
// stays below maxBytes, and then returns how many times too large the picture is
// at keepQuality.
func (f *fitted) search(img *image.YCbCr, maxBytes int64) (excess float64, err error) {
	est, err := newEstimate(img)
	if err != nil {
		return 0, err
	}
	limit := float64(maxBytes)
	low, high := keepQuality, bestQuality // qualities still worth an encode
	q, err := est.best(limit*aim, low, high)
	for tries := 1; err == nil && q >= low; tries++ {
		data, err := encode(img, q)
		if err != nil {
			return 0, err
		}
		f.encodes++
		n := int64(len(data))
		if err := est.correct(q, n); err != nil {
			return 0, err
		}
		share := aim
		if n < maxBytes {
			f.data, f.quality = data, q
			if low = q + 1; float64(n) >= enough*limit {
				return 0, nil
			}
			share = near
		} else {
			high = q - 1
		}
		if f.data != nil && tries >= usualEncodes {
			return 0, nil
		}
		if q, err = est.best(limit*share, low, high); err != nil {
			return 0, err
		}
		if ok, err := f.between(img, est, q, maxBytes); ok || err != nil {
			return 0, err
		}
	}
	if err != nil || f.data != nil {
		return 0, err
	}
	n, err := est.at(keepQuality)
	return n / limit, err
}

// between encodes img once more where q takes too little of the limit and the
// quality above takes more than all: with the tables of the one above, but of some
// bands only what coding with q leaves, which then takes about as many bytes as with
// q. Scaling the whole by 1 % for the same bytes costs 5 to 13 dB; this gains up to 0.6.
// It reports whether that was below the limit.
func (f *fitted) between(img *image.YCbCr, est *estimate, q int, maxBytes int64) (ok bool, err error) {
	limit := float64(maxBytes)
	if q < keepQuality || q >= bestQuality || f.encodes >= usualEncodes {
		return false, nil
	}
	this, err := est.at(q)
	if err != nil {
		return false, err
	}
	next, err := est.at(q + 1)
	if err != nil || this >= enough*limit || next <= this {
		return false, err
	}
	mixed, err := coarsened(img, q, (next-lifted*limit)/(next-this))
	if err != nil {
		return false, err
	}
	data, err := encode(mixed, q+1)
	if err != nil {
		return false, err
	}
	f.encodes++
	if int64(len(data)) >= maxBytes || len(data) <= len(f.data) {
		return false, nil
	}
	f.data, f.quality = data, q // which all of it has
	return true, nil
}

// coarsened returns a copy of img in which a share of the bands, evenly spread, is
// what coding with q leaves of it.
func coarsened(img *image.YCbCr, q int, share float64) (*image.YCbCr, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var at []int // the first rows of those bands
	for band := range h / bandRows {
		if math.Floor(float64(band+1)*share) > math.Floor(float64(band)*share) {
			at = append(at, band*bandRows)
		}
	}
	out := newCanvas(w, h)
	place(out, out.Rect, img, 1)
	if len(at) == 0 {
		return out, nil
	}
	band := func(m *image.YCbCr, y int) *image.YCbCr {
		return m.SubImage(image.Rect(0, y, w, y+bandRows)).(*image.YCbCr)
	}
	bands := newCanvas(w, len(at)*bandRows)
	for i, y := range at {
		r := image.Rect(0, i*bandRows, w, (i+1)*bandRows)
		place(bands, r, band(img, y), 1)
	}
	data, err := encode(bands, q)
	if err != nil {
		return nil, err
	}
	if bands, err = decodeOwn(data); err != nil {
		return nil, err
	}
	for i, y := range at {
		place(out, image.Rect(0, y, w, y+bandRows), band(bands, i*bandRows), 1)
	}
	return out, nil
}

// An estimate tells the size of an encoded picture from that of a part of it. A
// baseline JPEG with fixed Huffman tables is a sum over its blocks, so that a
// sample of them tells the sum: measured within 3 %.
type estimate struct {
	sample *image.YCbCr
	ratio  float64         // picture over sample, corrected by what was learnt
	seen   map[int]float64 // sample sizes by quality, without headers
}

const (
	sampleWidth  = 64 // pixels of a piece of the sample: four MCUs, whose DC values follow one another
	sampleHeight = 16
	sampleShare  = 24 // one piece of so many is taken
	minPieces    = 160
	headerBytes  = 623 // what image/jpeg writes around the coded pixels
)

func newEstimate(img *image.YCbCr) (*estimate, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	across, down := (w+sampleWidth-1)/sampleWidth, (h+sampleHeight-1)/sampleHeight
	all := across * down
	share := max(1, min(sampleShare, all/minPieces))
	e := &estimate{ratio: 1, seen: map[int]float64{}}
	if share == 1 {
		e.sample = img
		return e, nil
	}
	// One piece out of each run of share, at a place that is random but the
	// same every time.
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	n := all / share
	e.sample = image.NewYCbCr(image.Rect(0, 0, sampleWidth, n*sampleHeight), image.YCbCrSubsampleRatio420)
	for i := range n {
		k := i*share + rng.IntN(share)
		// Pieces at the right and lower border are moved inwards.
		x := max(0, min(k%across*sampleWidth, w-sampleWidth)) &^ 1
		y := max(0, min(k/across*sampleHeight, h-sampleHeight)) &^ 1
		s := img.SubImage(image.Rect(x, y, x+sampleWidth, y+sampleHeight)).(*image.YCbCr)
		place(e.sample, image.Rect(0, i*sampleHeight, s.Rect.Dx(), i*sampleHeight+s.Rect.Dy()), s, 1)
	}
	e.ratio = float64(w) * float64(h) / float64(sampleWidth*sampleHeight*n)
	return e, nil
}

// at returns the bytes that the picture will have at a quality.
func (e *estimate) at(q int) (float64, error) {
	n, ok := e.seen[q]
	if !ok {
		data, err := encode(e.sample, q)
		if err != nil {
			return 0, err
		}
		n = float64(len(data) - headerBytes)
		e.seen[q] = n
	}
	return n*e.ratio + headerBytes, nil
}

// best returns the highest quality from low to high at which the picture is
// estimated to have at most n bytes, low-1 when there is none.
func (e *estimate) best(n float64, low, high int) (int, error) {
	for low <= high {
		mid := (low + high + 1) / 2
		got, err := e.at(mid)
		if err != nil {
			return 0, err
		}
		if got <= n {
			low = mid + 1
		} else {
			high = mid - 1
		}
	}
	return low - 1, nil
}

// correct learns from a whole encoding.
func (e *estimate) correct(q int, bytes int64) error {
	n, err := e.at(q)
	if err != nil {
		return err
	}
	e.ratio *= (float64(bytes) - headerBytes) / (n - headerBytes)
	return nil
}
