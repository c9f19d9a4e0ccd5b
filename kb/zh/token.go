package zh

import (
	"strings"
	"unicode"
)

// A Token is one unit of matching: a Chinese character, one typed syllable, a
// word in Latin letters, or a number.
type Token struct {
	Text string // the character, word or number; the syllable when it was typed as pinyin
	Key  string // what sounds alike has the same key: the toneless syllable, else Text
	Kind TokenKind
	Gap  bool // punctuation or a blank stands before it
	Stop bool // a sentence or clause ended before it
}

// TokenKind tells tokens apart.
type TokenKind uint8

// The kinds of token.
const (
	Han    TokenKind = iota
	Pinyin           // a syllable typed in Latin letters
	Latin
	Number // digits, with dots between digits: "3.16.0"
)

// Tokens splits folded text. Words in Latin letters are taken for pinyin when
// they are made of syllables and the words around them allow it; English words
// that happen to parse ("change" is chan-ge) stay words.
func Tokens(folded string) []Token {
	var ts []Token
	gap, stop := false, false
	add := func(text string, k TokenKind) {
		key := text
		switch k {
		case Han:
			key = Syllable([]rune(text)[0])
		case Latin:
			key = stem(text)
		}
		ts = append(ts, Token{Text: text, Key: key, Kind: k, Gap: gap, Stop: stop})
		gap, stop = false, false
	}
	rs := []rune(folded)
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case unicode.Is(unicode.Han, r):
			add(string(r), Han)
			i++
		case isLatin(r):
			j := i
			for j < len(rs) && (isLatin(rs[j]) || rs[j] == '\'' && j+1 < len(rs) && isLatin(rs[j+1])) {
				j++
			}
			add(strings.ReplaceAll(string(rs[i:j]), "'", ""), Latin)
			i = j
		case unicode.IsDigit(r):
			j := i
			for j < len(rs) && (unicode.IsDigit(rs[j]) || rs[j] == '.' && j+1 < len(rs) && unicode.IsDigit(rs[j+1])) {
				j++
			}
			add(string(rs[i:j]), Number)
			i = j
		default:
			gap = true
			stop = stop || strings.ContainsRune("。.!?;,、:\n…", r)
			i++
		}
	}
	return spellOut(ts)
}

func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

// spellOut replaces words that are typed pinyin by their syllables.
func spellOut(ts []Token) []Token {
	parse := make(map[int][]string)
	spelled, other := 0, 0 // words that can be pinyin, words that cannot
	for i, t := range ts {
		if t.Kind != Latin || known[t.Text] {
			continue
		}
		if s := SplitPinyin(t.Text); s != nil {
			parse[i] = s
			spelled++
			if english[t.Text] {
				other++
			}
		} else {
			other++
		}
	}
	if spelled == 0 {
		return ts
	}
	// In a sentence of typed pinyin nearly every word parses; elsewhere only
	// words that are clearly not English are taken.
	sentence := spelled >= 2 && other*4 <= spelled
	out := make([]Token, 0, len(ts)+8)
	for i, t := range ts {
		s := parse[i]
		if s == nil || !sentence && (english[t.Text] || len(s) < 2) {
			out = append(out, t)
			continue
		}
		for n, syl := range s {
			out = append(out, Token{Text: syl, Key: syl, Kind: Pinyin, Gap: t.Gap && n == 0, Stop: t.Stop && n == 0})
		}
	}
	return out
}

// stem takes plural and verb endings off an English word, so that "seals",
// "sealed" and "seal" have one key. It is crude, and applied to both sides.
func stem(w string) string {
	for _, suffix := range []string{"ing", "ies", "ed", "es", "s"} {
		if base, ok := strings.CutSuffix(w, suffix); ok && len(base) >= 3 && !strings.HasSuffix(base, "s") {
			if suffix == "ies" {
				return base + "y"
			}
			return strings.TrimSuffix(base, "e")
		}
	}
	if len(w) > 4 {
		return strings.TrimSuffix(w, "e")
	}
	return w
}

// known are names that people write among pinyin and that are not pinyin.
var known = set("app apps jpg jpeg png gif heic webp pdf bmp tiff tif icp id ok a4 mb kb pc pdf doc word ps vip qq")

// english are common English words that also parse as pinyin.
var english = set(`a an o e can fan men pen pan ban gang long hang ping ding you me he she die lie tie ma man
	name make take same page change one more sure mine line like nine bike woke wine mate pane
	dance range danger manage mange change chance lane wait rule hire bite wide site side tide
	gave game came home none done gone bone tone long along bang sang rang dang pong song tong
	ten den hen ken fen gen wen pin bin fin min din sin win tin lin pi hi bi di li mi ni qi ti wu
	ran tan van ban wan shall china hong kong beijing shanghai taiwan la le ha hang to
	pure sure rule mule lure tune rune june nude mute cute fake bake wake lake rake gate late rate date
	hate fate bide hide guide suite women woman banana manga mango ninja panda sofa mama papa haha data
	again main pain gain rain train chain china genuine machine magazine engine mandate maybe awake`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
