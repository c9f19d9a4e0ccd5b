package bot

import (
	"regexp"
	"strings"
)

// numbers finds what may be the number of an identity card, a telephone or an
// account: six digits or more in a row, nine or more with blanks or hyphens
// between them, seven Chinese ones, and
// what others have hidden already.
var numbers = regexp.MustCompile(`\p{Nd}(?:[ \-－–—.·]?\p{Nd}){8,}[xXｘＸ]?|\p{Nd}{6,}[xXｘＸ]?|\*{4,}|[零〇一二三四五六七八九幺]{7,}`)

// Mask hides the long numbers in what a person wrote, before it is kept or shown
// to anybody else.
func Mask(text string) string {
	return numbers.ReplaceAllStringFunc(text, func(string) string { return masked })
}

// masked stands for a long number.
const masked = "***"

// withoutMask leaves out what stands for long numbers: nobody asks with it.
func withoutMask(text string) string { return strings.ReplaceAll(text, masked, "") }

// oneLine puts a text on one line of at most n characters.
func oneLine(text string, n int) string { return clip(strings.Join(strings.Fields(text), " "), n) }
