// Package picture checks, repairs and stitches pictures: bytes in, bytes out.
//
// It touches no disk, network or log and starts no process, so that an identity
// paper that passes through it is nowhere afterwards. What it finds are values
// with stable codes; the words for them live in content/reply.
//
// One [Checker] serves a whole program; its memory budget stands in front of all
// decoding:
//
//	c := picture.New(limits, picture.Config{HEIC: decoder.Decode})
//
//	report, err := c.Check(ctx, data, picture.Source{Name: "a.jpg"})
//	repaired, ok, err := c.Repair(ctx, data, src)
//	report, repaired, ok, err := c.Examine(ctx, data, src) // both, decoding once
//	stitched, err := c.Stitch(ctx, pics, picture.StitchOptions{})
//
// A picture that is refused or broken is an answer, never an error: [Report] has
// its [Problem] values, worst first, and [Report.Verdict] sums them up. For
// [Checker.Stitch] see [Stitched.Unusable]: when a picture cannot be used,
// nothing is joined. An error means that the context ended, that the process
// that decodes HEIC could not be run, or, wrapping [ErrOptions], that an argument
// was out of range.
//
// # Arguments of problems
//
//	format-not-accepted   format; variant (animated, arithmetic, lossless,
//	                      hierarchical, 12-bit, compressed, jpeg-in-tiff,
//	                      unusual) when a kind of the format matters;
//	                      disputed=true at level warn, for gif
//	unknown-format        kind: text, zip, docx, mp4 …, or empty
//	extension-mismatch    extension (as named), format (as it is)
//	too-large, borderline-size   bytes, limit
//	too-many-pixels       width, height; limit (million pixels), or why: depth
//	                      (then depth, bits a sample) or storage, when they
//	                      would pass if they were stored otherwise
//	extreme-shape         width, height, limit (long side over short side)
//	too-small             width, height
//	truncated             readable (percent from the top), when that is known
//	corrupt               why: header, data, scans, time
//	rotated               orientation (EXIF, 2 to 8)
//	animated              frames (pages of a TIFF, too)
//	trailing-data         bytes
//	dark                  level (95th percentile of luma, 0 to 255)
//	overexposed           percent (saturated, of the paper)
//	glare                 percent (of the frame), where
//	cut-off               where
//	document-small        percent (of the frame)
//
// The other codes have none. Where is one of top-left, top, top-right, left,
// centre, right, bottom-left, bottom and bottom-right, as seen upright. The
// quality findings (blurry to screen-photo) are advice at level warn. A report has
// three problems at most. The code repeated is the caller's to add: nothing is kept
// here. Glare has a box, too, and a report that has one comes with a preview.
//
// # How a file is looked at
//
// filetype says what the bytes begin like, the header reader what they claim;
// both read only. Then the limits: bytes, pixels, sides, shape, passes, and the
// memory that the decoder in question would need. Only then is it decoded, by
// the decoder of its format, within the budget, for ten seconds at most. One
// file, codec.go, knows who decodes and encodes.
//
// A repair does as little as it can. A place (GPS), trailing data, further frames
// of a PNG and a missing end mark are mended without touching the coded pixels;
// whenever a new file is made, all metadata goes. Metadata without a place is no
// reason to make one. Pixels are coded again only to turn, convert or shrink.
package picture
