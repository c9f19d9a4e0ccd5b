package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxTitle is the longest title of an entry, in characters: it stands on
	// buttons.
	maxTitle = 40
	// maxPhrasing is the longest way of asking that is taken, in characters.
	maxPhrasing = 100
)

// A form is an entry as staff write it in a chat:
//
//	title
//	- another way to ask it
//	问:and another
//	答:the conclusion
//	one point a line
//	出处:where it comes from
//	省份:江西、新疆
//	对象:个人
//
// An empty line may stand for 答:. Whatever line comes before the answer and
// has no mark begins the answer too.
type form struct {
	title     string
	phrasings []string
	answer    []string
	source    string
	provinces string
	entity    string // 对象: individuals, organizations
}

// fields maps what stands before the colon to the field it fills.
var fields = map[string]func(*form, string){
	"出处": func(f *form, s string) { f.source = s },
	"来源": func(f *form, s string) { f.source = s },
	"省份": func(f *form, s string) { f.provinces = s },
	"地区": func(f *form, s string) { f.provinces = s },
	"对象": func(f *form, s string) { f.entity = s },

	"source":   func(f *form, s string) { f.source = s },
	"province": func(f *form, s string) { f.provinces = s },
	"for":      func(f *form, s string) { f.entity = s },
}

// parseForm reads a form. It takes any text; what is missing is empty.
func parseForm(text string) form {
	var f form
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	f.title = strings.TrimSpace(lines[0])
	if _, title, ok := mark(f.title, "标题", "title"); ok {
		f.title = title
	}
	f.addLines(lines[1:], false)
	return f
}

// addLines reads the lines after the title; answering says that the answer has
// begun.
func (f *form) addLines(lines []string, answering bool) {
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			answering = answering || len(f.phrasings) > 0
			continue
		}
		if name, value, ok := cutField(line); ok {
			fields[name](f, value)
			continue
		}
		if _, value, ok := mark(line, "答", "答案", "answer", "a"); ok {
			answering = true
			line = value
		} else if value, ok := phrasing(line); ok && !answering {
			f.addPhrasing(value)
			continue
		}
		answering = true
		if line != "" {
			f.answer = append(f.answer, line)
		}
	}
}

func (f *form) addPhrasing(s string) {
	if s = clip(strings.TrimSpace(s), maxPhrasing); s != "" {
		f.phrasings = append(f.phrasings, s)
	}
}

// phrasing reads a line that is marked as a way to ask.
func phrasing(line string) (string, bool) {
	if _, v, ok := mark(line, "问", "问法", "q", "question"); ok {
		return v, true
	}
	r, n := utf8.DecodeRuneInString(line)
	if strings.ContainsRune("-·•*—－", r) {
		return strings.TrimSpace(line[n:]), true
	}
	return "", false
}

// cutField reads "出处:…".
func cutField(line string) (name, value string, ok bool) {
	name, value, ok = splitColon(line)
	if !ok {
		return "", "", false
	}
	_, ok = fields[name]
	return name, value, ok
}

// mark reads a line that begins with one of names and a colon.
func mark(line string, names ...string) (name, value string, ok bool) {
	name, value, ok = splitColon(line)
	if !ok {
		return "", "", false
	}
	if slices.Contains(names, name) {
		return name, value, true
	}
	return "", "", false
}

// splitColon splits at the first colon, Chinese or Latin.
func splitColon(line string) (name, value string, ok bool) {
	i := strings.IndexFunc(line, func(r rune) bool { return r == ':' || r == '：' })
	if i < 0 {
		return "", "", false
	}
	_, n := utf8.DecodeRuneInString(line[i:])
	name = strings.ToLower(strings.TrimSpace(line[:i]))
	return name, strings.TrimSpace(line[i+n:]), true
}

// splitPhrasings reads the ways to ask that are sent in the second step, a line
// each, with or without a mark. "无" is none.
func splitPhrasings(text string) []string {
	var f form
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if v, ok := phrasing(line); ok {
			line = v
		}
		f.addPhrasing(line)
	}
	if len(f.phrasings) == 1 {
		switch strings.ToLower(strings.TrimRightFunc(f.phrasings[0], unicode.IsPunct)) {
		case "无", "没有", "none", "no":
			return nil
		}
	}
	return f.phrasings
}
