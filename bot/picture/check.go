package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Config says what a [Checker] works with.
type Config struct {
	// MemoryBytes is what all decoding at one time may hold, in bytes; 400 MB
	// when 0. More work waits. HEIC's own process does not count.
	MemoryBytes int64
	// HEIC decodes HEIC and HEIF, upright. It is called for one picture at a
	// time, with at most MaxHEIFPixels, and must return soon after its
	// context ends. An error that wraps ErrUndecodable blames the file.
	// Without a decoder, such files are named and not opened.
	HEIC func(ctx context.Context, data []byte) (image.Image, error)
}

// ErrUndecodable is wrapped by what [Config.HEIC] returns for a file that cannot
// be decoded.
var ErrUndecodable = errors.New("picture cannot be decoded")

// A Checker checks, repairs and stitches pictures. All of a program's pictures
// go through one Checker, whose memory budget they share. It is safe for
// concurrent use and keeps nothing of a picture.
type Checker struct {
	limits Limits
	heic   func(context.Context, []byte) (image.Image, error)
	memory *budget
	heif   chan struct{} // holds one token while HEIC is decoded; taken before memory
}

// New returns a Checker that enforces limits, which are those of the knowledge
// entry about uploads.
func New(limits Limits, cfg Config) *Checker {
	if cfg.MemoryBytes == 0 {
		cfg.MemoryBytes = 400_000_000
	}
	return &Checker{
		limits: limits,
		heic:   cfg.HEIC,
		memory: newBudget(cfg.MemoryBytes),
		heif:   make(chan struct{}, 1),
	}
}

// A Source says how a file came.
type Source struct {
	Name     string // file name, possibly empty; only its extension is looked at
	FromChat bool   // sent as photo: the chat has made it smaller and dropped its metadata
}

// Check finds out what data is and whether the filing system will take it. What
// is wrong with the file, however broken, is in the report; an error means that
// ctx ended, or that the decoder of HEIC could not be run.
func (c *Checker) Check(ctx context.Context, data []byte, src Source) (Report, error) {
	e, err := c.examine(ctx, data, src)
	if err != nil {
		return Report{}, err
	}
	defer e.free()
	return e.report, nil
}

// Repair makes of data a picture that the filing system takes: upright, JPEG or
// the PNG it was, below the limit, with neither place nor trailing data. ok is
// false when nothing is to be repaired, or nothing can be. Pixels are coded again
// only when they have to change. An error means that ctx ended.
func (c *Checker) Repair(ctx context.Context, data []byte, src Source) (r Repaired, ok bool, err error) {
	_, r, ok, err = c.Examine(ctx, data, src)
	return r, ok, err
}

// Examine is [Checker.Check] and [Checker.Repair] in one: it decodes only once.
func (c *Checker) Examine(ctx context.Context, data []byte, src Source) (Report, Repaired, bool, error) {
	e, err := c.examine(ctx, data, src)
	if err != nil {
		return Report{}, Repaired{}, false, err
	}
	defer e.free()
	if e.report.Preview, err = e.preview(); err != nil {
		return Report{}, Repaired{}, false, fmt.Errorf("preview of %d bytes: %w", len(data), err)
	}
	r, ok, err := c.repair(e, src)
	if err != nil {
		return Report{}, Repaired{}, false, fmt.Errorf("repair %d bytes: %w", len(data), err)
	}
	return e.report, r, ok, nil
}

// An examined is a file that was looked at.
type examined struct {
	data   []byte
	header header
	report Report
	open   bool        // the header allows decoding
	pixels image.Image // as stored; nil when the file was not decoded
	free   func()      // gives back the memory of pixels
}

// examine looks at data and, when that may be done, decodes it.
func (c *Checker) examine(ctx context.Context, data []byte, src Source) (*examined, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := c.look(data, src)
	if !e.open {
		return e, nil
	}
	if err := c.decode(ctx, e); err != nil {
		return nil, fmt.Errorf("check %d bytes: %w", len(data), err)
	}
	if e.pixels != nil {
		e.describe(src)
		e.report.Problems = append(e.report.Problems, quality(e.pixels, e.header.turn())...)
	}
	e.sort()
	return e, nil
}

// look finds out what there is to know without decoding.
func (c *Checker) look(data []byte, src Source) *examined {
	e := &examined{data: data, free: func() {}}
	e.report = Report{Format: Unknown, Bytes: int64(len(data))}
	if len(data) == 0 {
		e.add(Empty, Reject, nil)
		return e
	}
	format := sniff(data)
	h, ok := readHeader(data, format)
	if !ok {
		e.add(UnknownFormat, Reject, args("kind", otherKind(data)))
		return e
	}
	e.header = h
	e.report.Format = format
	e.report.Width, e.report.Height = h.size()
	c.checkFormat(e)
	c.checkSize(e)
	checkName(e, src)
	switch {
	case len(data) > MaxInput, h.variant != "", !decodable(format), format == HEIF && c.heic == nil:
	default:
		ps := h.refuse()
		e.report.Problems = append(e.report.Problems, ps...)
		e.open = len(ps) == 0
	}
	e.sort()
	return e
}

func (e *examined) add(c Code, l Level, a map[string]string) {
	e.report.Problems = append(e.report.Problems, Problem{Code: c, Level: l, Args: a})
}

// args makes the arguments of a problem from names and values.
func args(nameValue ...string) map[string]string {
	m := make(map[string]string, len(nameValue)/2)
	for i := 0; i+1 < len(nameValue); i += 2 {
		m[nameValue[i]] = nameValue[i+1]
	}
	return m
}

func decodable(f Format) bool {
	switch f {
	case JPEG, PNG, GIF, WebP, BMP, TIFF, HEIF:
		return true
	}
	return false
}

// checkFormat compares the format with the guidance's lists. A gif is on one of
// them and missing from the other; it is reported with "disputed".
func (c *Checker) checkFormat(e *examined) {
	a := args("format", string(e.header.format))
	if v := e.header.variant; v != "" {
		a["variant"] = v
	}
	switch {
	case slices.Contains(c.limits.Accepted, e.header.format):
		if e.header.variant != "" {
			e.add(FormatNotAccepted, Reject, a)
		}
	case slices.Contains(c.limits.Disputed, e.header.format):
		a["disputed"] = "true"
		e.add(FormatNotAccepted, Warn, a)
	default:
		e.add(FormatNotAccepted, Reject, a)
	}
}

// checkSize compares the size with the readings of the guidance's "4 MB".
func (c *Checker) checkSize(e *examined) {
	n := e.report.Bytes
	a := args("bytes", strconv.FormatInt(n, 10), "limit", strconv.FormatInt(c.limits.MaxBytes, 10))
	switch {
	case n >= c.limits.LooseMaxBytes, n > MaxInput:
		e.add(TooLarge, Reject, a)
	case n >= c.limits.MaxBytes:
		e.add(BorderlineSize, Warn, a)
	}
}

// extensions are those a file of each format usually has; the first is the one
// to give it.
var extensions = map[Format][]string{
	JPEG: {".jpg", ".jpeg", ".jpe", ".jfif"},
	PNG:  {".png", ".apng"},
	GIF:  {".gif"},
	WebP: {".webp"},
	BMP:  {".bmp", ".dib"},
	TIFF: {".tif", ".tiff"},
	HEIF: {".heic", ".heif", ".hif"},
	AVIF: {".avif"},
	JXL:  {".jxl"},
	JP2:  {".jp2", ".j2k", ".jpf", ".jpx"},
	PDF:  {".pdf"},
}

// Extension returns the usual file name extension of f with its dot, "" for
// [Unknown].
func (f Format) Extension() string {
	if e := extensions[f]; len(e) > 0 {
		return e[0]
	}
	return ""
}

// wrongExtension returns the extension of name when it speaks of another format
// than f, "" when it fits or says nothing.
func wrongExtension(name string, f Format) string {
	ext := strings.ToLower(path.Ext(name))
	if slices.Contains(extensions[f], ext) {
		return ""
	}
	for _, known := range extensions {
		if slices.Contains(known, ext) {
			return ext
		}
	}
	return ""
}

func checkName(e *examined, src Source) {
	if ext := wrongExtension(src.Name, e.header.format); ext != "" {
		e.add(ExtensionMismatch, Warn, args("extension", ext, "format", string(e.header.format)))
	}
}

// decode fills in e.pixels, or says why the file has none.
func (c *Checker) decode(ctx context.Context, e *examined) error {
	h := e.header
	if h.format == HEIF {
		release, err := c.takeHEIF(ctx)
		if err != nil {
			return err
		}
		defer release()
	}
	free, err := c.memory.take(ctx, h.cost())
	if err != nil {
		return err
	}
	img, problems, err := c.pixels(ctx, e.data, h)
	if img == nil {
		free()
		e.report.Problems = append(e.report.Problems, problems...)
		return err
	}
	e.pixels, e.free = img, func() { e.pixels = nil; free() }
	if h.format == HEIF { // the header's word was only an estimate
		b := img.Bounds()
		e.header.width, e.header.height = b.Dx(), b.Dy()
		e.report.Width, e.report.Height = b.Dx(), b.Dy()
	}
	return nil
}

// takeHEIF waits until no other HEIC is being decoded. Its decoder holds memory
// that the budget does not count.
func (c *Checker) takeHEIF(ctx context.Context) (release func(), err error) {
	select {
	case c.heif <- struct{}{}:
		return func() { <-c.heif }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pixels decodes data, whose header passed, within the time there is for one
// picture. A file that cannot be decoded yields problems; an error is the machinery's. The caller holds the memory, and the token for HEIF.
func (c *Checker) pixels(ctx context.Context, data []byte, h header) (image.Image, []Problem, error) {
	timed, cancel := context.WithTimeout(ctx, decodeTime)
	defer cancel()
	var img image.Image
	var err error
	if h.format == HEIF {
		img, err = c.heic(timed, data)
		if err != nil && timed.Err() == nil && !errors.Is(err, ErrUndecodable) {
			return nil, nil, err
		}
	} else {
		img, err = decode(timed, data, h)
	}
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err == nil:
		if _, more := h.memory(); more >= collectAt {
			runtime.GC() // what comes next would be held on top of it
		}
		return img, nil, nil
	case timed.Err() != nil:
		return nil, reject(Corrupt, args("why", "time")), nil
	case errors.Is(err, errUnsupported):
		return nil, reject(FormatNotAccepted, args("format", string(h.format), "variant", "unusual")), nil
	case h.incomplete:
		if percent, ok := readable(timed, data, h); ok {
			return nil, reject(Truncated, args("readable", strconv.Itoa(percent))), nil
		}
		return nil, reject(Truncated, nil), nil
	default:
		return nil, reject(Corrupt, args("why", "data")), nil
	}
}

// describe adds what is to say of a picture that could be decoded.
func (e *examined) describe(src Source) {
	h := e.header
	if short, long := min(h.width, h.height), max(h.width, h.height); short < smallShort || long < smallLong {
		e.add(TooSmall, Warn, args("width", strconv.Itoa(e.report.Width), "height", strconv.Itoa(e.report.Height)))
	}
	if h.turn() != 1 {
		e.add(Rotated, Info, args("orientation", strconv.Itoa(h.orientation)))
	}
	if h.frames > 1 && (h.format == GIF || h.format == PNG || h.format == HEIF || h.format == TIFF) {
		e.add(Animated, Info, args("frames", strconv.Itoa(h.frames)))
	}
	if src.FromChat {
		e.add(RecompressedByChat, Info, nil)
	}
	if n := h.trailing(e.data); n > 0 {
		e.add(TrailingData, Info, args("bytes", strconv.Itoa(n)))
	}
}

// sort puts the worst problem first, and of two equal ones the earlier found. It
// keeps maxFindings of them.
func (e *examined) sort() {
	rank := map[Level]int{Reject: 0, Warn: 1, Info: 2}
	slices.SortStableFunc(e.report.Problems, func(a, b Problem) int { return rank[a.Level] - rank[b.Level] })
	// One code is said once.
	seen := map[Code]bool{}
	e.report.Problems = slices.DeleteFunc(e.report.Problems, func(p Problem) bool {
		again := seen[p.Code]
		seen[p.Code] = true
		return again
	})
	e.report.Problems = e.report.Problems[:min(maxFindings, len(e.report.Problems))]
}
