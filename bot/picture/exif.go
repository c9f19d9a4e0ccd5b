package picture

import "encoding/binary"

const (
	tagWidth       = 0x0100
	tagHeight      = 0x0101
	tagBits        = 0x0102
	tagCompression = 0x0103
	tagOrientation = 0x0112
	tagSamples     = 0x0115
	tagStripRows   = 0x0116
	tagTileWidth   = 0x0142
	tagTileHeight  = 0x0143
	tagGPS         = 0x8825
)

// maxIFDs bounds a chain of directories, which may be a loop.
const maxIFDs = 1000

// A tiffReader reads the directories of a TIFF, which EXIF is too.
type tiffReader struct {
	b     []byte
	order binary.ByteOrder
}

func newTIFFReader(b []byte) (t tiffReader, first int, ok bool) {
	if len(b) < 8 {
		return t, 0, false
	}
	switch string(b[:4]) {
	case "II*\x00":
		t.order = binary.LittleEndian
	case "MM\x00*":
		t.order = binary.BigEndian
	default:
		return t, 0, false
	}
	t.b = b
	off := t.order.Uint32(b[4:])
	return t, int(off), off >= 8 && int64(off) < int64(len(b))
}

// directory calls f with each tag of the directory at off and its first value,
// and returns where the next directory is, 0 for nowhere. A nil f skips the tags.
// ok is false when the directory does not lie within the file.
func (t tiffReader) directory(off int, f func(tag int, first uint32)) (next int, ok bool) {
	if off < 8 || off > len(t.b)-2 {
		return 0, false
	}
	n := int(t.order.Uint16(t.b[off:]))
	off += 2
	if n*12 > len(t.b)-off {
		return 0, false
	}
	for ; n > 0 && f != nil; n-- {
		e := t.b[off : off+12]
		f(int(t.order.Uint16(e)), t.first(e))
		off += 12
	}
	off += 12 * n
	if off+4 > len(t.b) {
		return 0, true
	}
	if o := t.order.Uint32(t.b[off:]); int64(o) < int64(len(t.b)) {
		next = int(o)
	}
	return next, true
}

// first returns the first value of the entry e when it is a byte, short or long.
func (t tiffReader) first(e []byte) uint32 {
	kind, count := t.order.Uint16(e[2:]), t.order.Uint32(e[4:])
	var size uint32
	switch kind {
	case 1:
		size = 1
	case 3:
		size = 2
	case 4:
		size = 4
	}
	if size == 0 || count == 0 {
		return 0
	}
	v := e[8:12]
	if count > 4/size { // the values lie elsewhere
		off := t.order.Uint32(v)
		if int64(off)+4 > int64(len(t.b)) {
			return 0
		}
		v = t.b[off : off+4]
	}
	switch kind {
	case 1:
		return uint32(v[0])
	case 3:
		return uint32(t.order.Uint16(v))
	default:
		return t.order.Uint32(v)
	}
}

// readEXIF takes orientation and the presence of a place from b, the TIFF inside
// an EXIF block. Only the first directory speaks of the picture itself.
func (h *header) readEXIF(b []byte) {
	t, off, ok := newTIFFReader(b)
	if !ok {
		return
	}
	t.directory(off, func(tag int, v uint32) {
		switch tag {
		case tagOrientation:
			if v >= 1 && v <= 8 {
				h.orientation = int(v)
			}
		case tagGPS:
			h.gps = true
		}
	})
}
