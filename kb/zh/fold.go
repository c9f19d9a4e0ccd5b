package zh

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed t2s.txt
var t2sTable string

// simplified maps traditional characters to simplified ones.
var simplified = sync.OnceValue(func() map[rune]rune {
	m := make(map[rune]rune, 3200)
	for line := range strings.Lines(t2sTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			from, n := utf8.DecodeRuneInString(pair)
			to, _ := utf8.DecodeRuneInString(pair[n:])
			m[from] = to
		}
	}
	return m
})

// Fold returns s as it is compared: NFKC, lower case, simplified characters,
// without control characters, emoji and marks, white space collapsed to single
// blanks, and no blank between a number and its unit ("4 MB" becomes "4mb").
// Invalid UTF-8 is dropped. Fold(Fold(s)) equals Fold(s).
func Fold(s string) string {
	t2s := simplified()
	var b strings.Builder
	b.Grow(len(s))
	blank := false // a blank is due before the next character
	for _, r := range norm.NFKC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.So, r), unicode.Is(unicode.Sk, r) && r > 0x7f:
			blank = true
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.M, r), unicode.Is(unicode.Co, r), r == unicode.ReplacementChar:
			continue
		}
		if to, ok := t2s[r]; ok {
			r = to
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(unicode.ToLower(r))
	}
	return joinUnits(b.String())
}

// units are the letters that may follow a number after a blank.
var units = []string{"mb", "kb", "gb", "m", "k", "g", "兆", "像素", "dpi", "px"}

// joinUnits takes out the blank between a number and its unit.
func joinUnits(s string) string {
	if !strings.Contains(s, " ") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' && i > 0 && isDigit(s[i-1]) && startsUnit(s[i+1:]) {
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func startsUnit(s string) bool {
	for _, u := range units {
		if rest, ok := strings.CutPrefix(s, u); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLetter(r) || r >= utf8.RuneSelf || u[0] >= utf8.RuneSelf
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
