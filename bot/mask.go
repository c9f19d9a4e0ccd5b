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

// introductions finds the name that somebody gives behind the words that announce
// one and before a mark: 我叫他去办 announces none. A name without such words cannot
// be told from any other word.
var introductions = regexp.MustCompile(`((?:我叫|名叫|我的名字是|我名字是|姓名(?:是|为|[:：])|联系人(?:是|[:：])|[Mm]y name is )\s*)(?:\p{Han}{2,4}|[A-Z][a-z]+(?: [A-Z][a-z]+)*)(\P{Han}|$)`)

// Mask hides the long numbers in what a person wrote, and the name that they say
// is theirs, before it is kept or shown to anybody else.
func Mask(text string) string {
	text = introductions.ReplaceAllString(text, "${1}"+masked+"${2}")
	return numbers.ReplaceAllStringFunc(text, func(string) string { return masked })
}

// masked stands for a long number.
const masked = "***"

// withoutMask leaves out what stands for long numbers: nobody asks with it.
func withoutMask(text string) string { return strings.ReplaceAll(text, masked, "") }

// oneLine puts a text on one line of at most n characters.
func oneLine(text string, n int) string { return clip(strings.Join(strings.Fields(text), " "), n) }
