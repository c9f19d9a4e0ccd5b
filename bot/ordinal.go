package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// How people number the pictures that they sent. A count ("身份证2张") is none.
var (
	numeral  = `(?:[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])`
	numerals = numeral + `(?:\s*(?:[、,，和与及跟]|and|&)\s*第?` + numeral + `)*`

	// numbered is "第1张", "第一、二张", "图2", "1是", "1、", "picture 1" and the like.
	numbered = regexp.MustCompile(`^(?:第\s*(` + numerals + `)\s*(?:[张張个個幅页頁]|$|[是为為:：])(?:图片|照片|图)?` +
		`|(?:图片?|照片|圖片?|(?:pictures?|photos?|images?|pics?|number|no\.?)\s|#)\s*` +
		`(?:([0-9]{1,2}(?:\s*(?:[、,，和与&]|and)\s*[0-9]{1,2})*)(?:[^0-9张張个個]|$)|(` + numeral + `)(?:[\s是为為:：、,，]|$))` +
		`|([0-9]{1,2}(?:\s*[、,，和与及&]\s*[0-9]{1,2})*)\s*(?:号|(?:is|are)\b|[是为為:：=.、)）]))`)
	// reckoned is "前两张", "最后一张": numbers from either end.
	reckoned = regexp.MustCompile(`^(前面?|最?后面?)\s*(` + numeral + `)\s*[张張个個幅页頁]`)
	ordinal  = regexp.MustCompile(`^(?:the\s+)?(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)\b(?:\s+(?:one|picture|photo|image)\b)?`)

	// being may stand between an English number and what it shows.
	being = regexp.MustCompile(`^\s*(?:is|are|shows?)\b`)
)

var ordinalWords = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// ordinals returns the numbers of pictures that text begins with, those from the
// end below zero, and their length in bytes, 0 for none. text is in small letters.
func ordinals(text string) (numbers []int, length int) {
	numbers, length = ordinalsAlone(text)
	if length > 0 {
		length += len(being.FindString(text[length:]))
	}
	return numbers, length
}

func ordinalsAlone(text string) (numbers []int, length int) {
	if m := reckoned.FindStringSubmatch(text); m != nil {
		n := min(readNumeral(m[2]), maxPictures)
		for i := range n {
			if strings.HasPrefix(m[1], "前") {
				numbers = append(numbers, i+1)
			} else {
				numbers = append(numbers, i-n)
			}
		}
		return numbers, len(m[0])
	}
	if m := ordinal.FindStringSubmatch(text); m != nil {
		if m[1] == "last" {
			return []int{-1}, len(m[0])
		}
		return []int{slices.Index(ordinalWords, m[1]) + 1}, len(m[0])
	}
	m := numbered.FindStringSubmatchIndex(text)
	if m == nil {
		return nil, 0
	}
	for group := 2; group < len(m); group += 2 {
		if m[group] < 0 {
			continue
		}
		for _, one := range oneNumeral.FindAllString(text[m[group]:m[group+1]], -1) {
			numbers = append(numbers, readNumeral(one))
		}
		length = m[1]
		if group == 4 || group == 6 { // the character behind "图2" is not part of it
			length = m[group+1]
		}
	}
	return numbers, length
}

var oneNumeral = regexp.MustCompile(numeral)

// readNumeral reads a number up to 99 in digits or Chinese numerals.
func readNumeral(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	digit := func(s string) int {
		return map[string]int{"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}[s]
	}
	tens, ones, ok := strings.Cut(s, "十")
	switch {
	case !ok:
		return digit(s)
	case tens == "":
		return 10 + digit(ones)
	}
	return 10*digit(tens) + digit(ones)
}
