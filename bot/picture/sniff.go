package picture

import (
	"bytes"
	"unicode/utf8"

	"github.com/h2non/filetype"
	"github.com/h2non/filetype/matchers"
	"github.com/h2non/filetype/types"
)

// sniffBytes is how much of a file the matchers see: the %PDF of a PDF may
// stand anywhere in the first KB, and an ftyp box lists its brands there.
const sniffBytes = 1024

var (
	kindAVIF = types.Type{MIME: types.NewMIME("image/avif"), Extension: "avif"}
	kindJXL  = types.Type{MIME: types.NewMIME("image/jxl"), Extension: "jxl"}
	kindPDF  = types.Type{MIME: types.NewMIME("application/pdf"), Extension: "pdf"}
)

// pictureKinds is an instance of filetype's table of our own: filetype.AddMatcher
// would change the table of the whole process. Its order is random, so no two
// matchers may take the same file. filetype tests GIF and WebP on so few bytes
// that a text passes for one; those tests are tightened here, BMP's in the header
// reader, which has to look at the header anyway.
var pictureKinds = matchers.Map{
	matchers.TypeJpeg:     matchers.Jpeg,
	matchers.TypePng:      isPNG,
	matchers.TypeGif:      isGIF,
	matchers.TypeWebp:     isWebP,
	matchers.TypeBmp:      matchers.Bmp,
	matchers.TypeTiff:     isTIFF,
	matchers.TypeHeif:     isHEIF,
	kindAVIF:              isAVIF,
	kindJXL:               isJXL,
	matchers.TypeJpeg2000: isJP2,
	kindPDF:               isPDF,
}

var formatOfKind = map[types.Type]Format{
	matchers.TypeJpeg:     JPEG,
	matchers.TypePng:      PNG,
	matchers.TypeGif:      GIF,
	matchers.TypeWebp:     WebP,
	matchers.TypeBmp:      BMP,
	matchers.TypeTiff:     TIFF,
	matchers.TypeHeif:     HEIF,
	kindAVIF:              AVIF,
	kindJXL:               JXL,
	matchers.TypeJpeg2000: JP2,
	kindPDF:               PDF,
}

// sniff returns what data begins like. The header reader may still find that it
// is not, as for a text that begins with "BM".
func sniff(data []byte) Format {
	head := data[:min(len(data), sniffBytes)]
	if f, ok := formatOfKind[filetype.MatchMap(head, pictureKinds)]; ok {
		return f
	}
	return Unknown
}

// otherKind names what a file is that is no picture, as a file extension
// ("docx", "zip", "mp4"), "text" for a text, or "" when nothing is known.
func otherKind(data []byte) string {
	head := data[:min(len(data), 8192)] // as much as filetype's own reader takes
	if kind, err := filetype.Match(head); err == nil && kind != types.Unknown {
		switch kind.Extension {
		case "bmp", "gif", "webp", "tif", "jpg", "png": // a weak test that ours refuted
		default:
			return kind.Extension
		}
	}
	if looksLikeText(head) {
		return "text"
	}
	return ""
}

func looksLikeText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return len(b) < utf8.UTFMax && !utf8.FullRune(b) // a character cut by the end of the head
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' {
			return false
		}
		b = b[n:]
	}
	return true
}

const pngSignature = "\x89PNG\r\n\x1a\n"

func isPNG(b []byte) bool { return matchers.Png(b) && bytes.HasPrefix(b, []byte(pngSignature)) }

func isGIF(b []byte) bool {
	return matchers.Gif(b) && (bytes.HasPrefix(b, []byte("GIF87a")) || bytes.HasPrefix(b, []byte("GIF89a")))
}

func isWebP(b []byte) bool {
	return len(b) >= 16 && matchers.Webp(b) && string(b[:4]) == "RIFF" && string(b[12:15]) == "VP8"
}

// isTIFF takes Canon's raw files for TIFF too: they hold one, and the answer
// to both is the same.
func isTIFF(b []byte) bool { return matchers.Tiff(b) || matchers.CR2(b) }

func isJP2(b []byte) bool {
	return matchers.Jpeg2000(b) || bytes.HasPrefix(b, []byte("\xff\x4f\xff\x51")) // a bare codestream
}

func isJXL(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\x0a")) || bytes.HasPrefix(b, []byte("\x00\x00\x00\x0cJXL \r\n\x87\n"))
}

func isPDF(b []byte) bool {
	return bytes.HasPrefix(b, []byte("%PDF-")) || !startsLikePicture(b) && bytes.Contains(b, []byte("%PDF-"))
}

// startsLikePicture keeps a picture with a PDF in its metadata from being both.
func startsLikePicture(b []byte) bool {
	return matchers.Jpeg(b) || isPNG(b) || isGIF(b) || isWebP(b) || matchers.Bmp(b) || isTIFF(b) ||
		isJP2(b) || isJXL(b) || len(ftypBrands(b)) > 0
}

func isHEIF(b []byte) bool {
	if matchers.Heif(b) {
		return !isAVIF(b)
	}
	for _, brand := range ftypBrands(b) {
		switch brand {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "mif2":
			return !isAVIF(b)
		}
	}
	return false
}

func isAVIF(b []byte) bool {
	for _, brand := range ftypBrands(b) {
		if brand == "avif" || brand == "avis" {
			return true
		}
	}
	return false
}

// ftypBrands returns the major brand and the compatible brands that lie in b,
// or nil when b does not begin with an ftyp box.
func ftypBrands(b []byte) []string {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return nil
	}
	brands := []string{string(b[8:12])}
	end := int(min(uint32(len(b)), be32(b)))
	for i := 16; i+4 <= end; i += 4 {
		brands = append(brands, string(b[i:i+4]))
	}
	return brands
}
