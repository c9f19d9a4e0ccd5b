package bot

import "regexp"

// numbers finds what may be the number of an identity card, a telephone or an
// account: six digits or more in a row, nine or more with blanks or hyphens
// between them, and seven Chinese ones.
var numbers = regexp.MustCompile(`\p{Nd}(?:[ \-－–—.·]?\p{Nd}){8,}[xXｘＸ]?|\p{Nd}{6,}[xXｘＸ]?|[零〇一二三四五六七八九幺]{7,}`)

// Mask hides the long numbers in what a person wrote, before it is kept or shown
// to anybody else.
func Mask(text string) string {
	return numbers.ReplaceAllStringFunc(text, func(s string) string { return "***" })
}
