package picture

import "image"

// Format is what the bytes of a file are, whatever its name says.
type Format string

// The formats that are told apart.
const (
	JPEG    Format = "jpeg"
	PNG     Format = "png"
	GIF     Format = "gif"
	WebP    Format = "webp"
	BMP     Format = "bmp"
	TIFF    Format = "tiff"
	HEIF    Format = "heif" // HEIC too
	AVIF    Format = "avif"
	JXL     Format = "jxl"
	JP2     Format = "jp2"
	PDF     Format = "pdf"
	Unknown Format = "unknown"
)

// Level says how much a [Problem] matters.
type Level string

// The levels. Reject is only for what the filing system itself would refuse
// or nobody can read.
const (
	Reject Level = "reject"
	Warn   Level = "warn"
	Info   Level = "info"
)

// Verdict is what the worst problem of a picture amounts to: "ok", "warn" or
// "reject".
type Verdict string

// The verdicts.
const (
	OK       Verdict = "ok"
	Warned   Verdict = "warn"
	Rejected Verdict = "reject"
)

// Code names a kind of problem, and its wording in content/reply.
type Code string

// The codes.
const (
	Empty              Code = "empty"
	UnknownFormat      Code = "unknown-format"
	FormatNotAccepted  Code = "format-not-accepted"
	ExtensionMismatch  Code = "extension-mismatch"
	Corrupt            Code = "corrupt"
	Truncated          Code = "truncated"
	TooLarge           Code = "too-large"
	BorderlineSize     Code = "borderline-size"
	TooManyPixels      Code = "too-many-pixels"
	TooSmall           Code = "too-small"
	ExtremeShape       Code = "extreme-shape"
	Blurry             Code = "blurry"
	Dark               Code = "dark"
	Overexposed        Code = "overexposed"
	Glare              Code = "glare"
	NoColour           Code = "no-colour"
	CutOff             Code = "cut-off"
	DocumentSmall      Code = "document-small"
	ScreenPhoto        Code = "screen-photo"
	Rotated            Code = "rotated"
	Animated           Code = "animated"
	RecompressedByChat Code = "recompressed-by-chat"
	TrailingData       Code = "trailing-data"
	Repeated           Code = "repeated"
)

// A Problem is one finding about a picture.
type Problem struct {
	Code  Code
	Level Level
	// Args fill the named slots of the wording: "format", "bytes", "limit", …
	Args map[string]string
	// Box is around the place that a finding is about, in pixels of the upright
	// picture; empty for none.
	Box image.Rectangle
}

// Limits are what the guidance says of an upload. They are parameters of a
// knowledge entry, from which the answer to the question is worded too.
type Limits struct {
	Accepted []Format // taken without doubt
	Disputed []Format // on one list of the guidance and missing from another
	// A file below MaxBytes passes under every reading of "4 MB"; from
	// LooseMaxBytes on it passes under none; between them it is borderline.
	MaxBytes, LooseMaxBytes int64
}

// A Report is what was found out about one file.
type Report struct {
	Format        Format
	Bytes         int64
	Width, Height int       // pixels, the way up it is meant to be seen; 0 when unknown
	Problems      []Problem // worst first
	// Preview shows, smaller, where the problems with a Box are: a JPEG to look
	// at and not to upload. Only [Checker.Examine] makes one, and only then.
	Preview []byte
}

// Verdict returns what the worst problem of r amounts to.
func (r Report) Verdict() Verdict {
	v := OK
	for _, p := range r.Problems {
		switch p.Level {
		case Reject:
			return Rejected
		case Warn:
			v = Warned
		}
	}
	return v
}

// ChangeCode names one thing that a repair did, and its wording.
type ChangeCode string

// The changes.
const (
	TurnedUpright   ChangeCode = "turned-upright"
	Converted       ChangeCode = "converted"        // Args: from
	Flattened       ChangeCode = "flattened"        // transparency put on white
	FirstFrame      ChangeCode = "first-frame"      // of an animation
	Recompressed    ChangeCode = "recompressed"     // Args: quality
	ScaledDown      ChangeCode = "scaled-down"      // Args: width, height
	MetadataRemoved ChangeCode = "metadata-removed" // Args: gps ("true" when there was a place)
	TrailingRemoved ChangeCode = "trailing-removed"
	Completed       ChangeCode = "completed" // the missing mark of the picture's end was added
	Renamed         ChangeCode = "renamed"   // Args: from, to; the same bytes under a name that fits them
)

// A Change is one thing that a repair did.
type Change struct {
	Code ChangeCode
	Args map[string]string
}

// Repaired is a picture that the filing system takes.
type Repaired struct {
	Data          []byte // JPEG, or the PNG it was
	Format        Format
	Width, Height int
	Changes       []Change
}
