package playground

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The tags that the HTML style knows, with the entities they make. "a", "span",
// "pre", "blockquote", "tg-emoji" and "tg-time" depend on their attribute.
var htmlTags = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
	"code": "code", "pre": "pre", "a": "text_link", "span": "spoiler", "blockquote": "blockquote",
	"tg-emoji": "custom_emoji", "tg-time": "date_time",
}

// openTag is a tag or a mark that waits for its end.
type openTag struct {
	name, arg string
	at        int // byte offset in the source
	offset    int // UTF-16 offset in the result
	start     int // byte offset in the result
}

// cantParse is the error of text whose markup is broken.
func cantParse(format string, args ...any) error {
	return badRequest("can't parse entities: " + fmt.Sprintf(format, args...))
}

// parseHTML reads Telegram's HTML style. Its errors are worded as the real
// server's, so that a bot's handling of them is tested by the real text.
func parseHTML(src string) (string, []entity, error) {
	p := &htmlParser{src: src}
	for p.pos < len(src) {
		var err error
		switch {
		case src[p.pos] == '&':
			p.put(p.reference())
		case src[p.pos] != '<':
			p.put(src[p.pos : p.pos+1])
			p.pos++
		case strings.HasPrefix(src[p.pos:], "</"):
			err = p.end()
		default:
			err = p.begin()
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, cantParse("Can't find end tag corresponding to start tag %q", p.open[n-1].name)
	}
	return p.out.String(), sortEntities(p.ents), nil
}

type htmlParser struct {
	src  string
	pos  int
	out  strings.Builder
	n    int // UTF-16 length of out
	open []openTag
	ents []entity
}

// put appends to the result; b may be one byte of a longer character.
func (p *htmlParser) put(b string) {
	p.out.WriteString(b)
	p.n += unitsOfBytes(b)
}

// unitsOfBytes counts UTF-16 units of text that arrives byte by byte: each
// character is counted at its first byte.
func unitsOfBytes(b string) int {
	n := 0
	for i := range len(b) {
		switch c := b[i]; {
		case c >= 0xf0:
			n += 2
		case c < 0x80 || c >= 0xc0:
			n++
		}
	}
	return n
}

// reference decodes a character reference at pos and steps over it; what is
// none stays as it is.
func (p *htmlParser) reference() string {
	rest := p.src[p.pos:]
	for name, s := range map[string]string{"&lt": "<", "&gt": ">", "&amp": "&", "&quot": `"`} {
		if strings.HasPrefix(rest, name) {
			p.pos += len(name)
			if strings.HasPrefix(rest[len(name):], ";") {
				p.pos++
			}
			return s
		}
	}
	if strings.HasPrefix(rest, "&#") {
		digits, base, set := rest[2:], 10, "0123456789"
		if strings.HasPrefix(strings.ToLower(digits), "x") {
			digits, base, set = digits[1:], 16, "0123456789abcdefABCDEF"
		}
		n := 0
		for n < len(digits) && n < 8 && strings.IndexByte(set, digits[n]) >= 0 {
			n++
		}
		if v, err := strconv.ParseInt(digits[:n], base, 32); err == nil && v > 0 && utf8.ValidRune(rune(v)) {
			p.pos += len(rest) - len(digits) + n
			if n < len(digits) && digits[n] == ';' {
				p.pos++
			}
			return string(rune(v))
		}
	}
	p.pos++
	return "&"
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 || c == '\v'
}

func (p *htmlParser) skipSpace() {
	for p.pos < len(p.src) && isSpace(p.src[p.pos]) {
		p.pos++
	}
}

// until steps to the first byte that is white space or in stop.
func (p *htmlParser) until(stop string) string {
	from := p.pos
	for p.pos < len(p.src) && !isSpace(p.src[p.pos]) && strings.IndexByte(stop, p.src[p.pos]) < 0 {
		p.pos++
	}
	return p.src[from:p.pos]
}

// at returns the byte at pos, 0 at the end.
func (p *htmlParser) at() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *htmlParser) begin() error {
	at := p.pos
	p.pos++
	name := strings.ToLower(p.until(">"))
	if p.pos == len(p.src) {
		return cantParse("Unclosed start tag at byte offset %d", at)
	}
	if _, known := htmlTags[name]; !known {
		return cantParse("Unsupported start tag %q at byte offset %d", name, at)
	}
	arg := ""
	for p.skipSpace(); p.at() != '>'; p.skipSpace() {
		if p.pos == len(p.src) {
			return cantParse("Unclosed start tag %q at byte offset %d", name, at)
		}
		attr := strings.ToLower(p.until("=>/\"'"))
		if attr == "" {
			return cantParse("Empty attribute name in the tag %q at byte offset %d", name, at)
		}
		p.skipSpace()
		if p.at() != '=' {
			if name == "blockquote" && attr == "expandable" {
				arg = "1"
			}
			continue
		}
		p.pos++
		p.skipSpace()
		value, err := p.value(at)
		if err != nil {
			return err
		}
		switch {
		case name == "a" && attr == "href", name == "tg-emoji" && attr == "emoji-id", name == "tg-time" && attr == "unix":
			arg = value
		case name == "code" && attr == "class" && strings.HasPrefix(value, "language-"):
			arg = value[len("language-"):]
		case name == "span" && attr == "class" && strings.HasPrefix(value, "tg-"):
			arg = value[len("tg-"):]
		case name == "blockquote" && attr == "expandable":
			arg = "1"
		}
	}
	p.pos++
	if name == "span" && arg != "spoiler" {
		return cantParse("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", at)
	}
	p.open = append(p.open, openTag{name, arg, at, p.n, p.out.Len()})
	return nil
}

// value reads the value of an attribute of the tag that began at tag.
func (p *htmlParser) value(tag int) (string, error) {
	if p.pos == len(p.src) {
		return "", cantParse("Unclosed start tag at byte offset %d", tag)
	}
	quote := p.src[p.pos]
	if quote != '"' && quote != '\'' {
		from := p.pos
		for c := p.at(); c == '.' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'; c = p.at() {
			p.pos++
		}
		if c := p.at(); p.pos < len(p.src) && !isSpace(c) && c != '>' {
			return "", cantParse("Unexpected end of name token at byte offset %d", from)
		}
		if p.pos == len(p.src) {
			return "", cantParse("Unclosed start tag at byte offset %d", tag)
		}
		return strings.ToLower(p.src[from:p.pos]), nil
	}
	p.pos++
	var v strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != quote {
		if p.src[p.pos] == '&' {
			v.WriteString(p.reference())
			continue
		}
		v.WriteByte(p.src[p.pos])
		p.pos++
	}
	if p.pos == len(p.src) {
		return "", cantParse("Unclosed start tag at byte offset %d", tag)
	}
	p.pos++
	return v.String(), nil
}

func (p *htmlParser) end() error {
	at := p.pos
	if len(p.open) == 0 {
		return cantParse("Unexpected end tag at byte offset %d", at)
	}
	p.pos += 2
	name := strings.ToLower(p.until(">"))
	p.skipSpace()
	if p.at() != '>' {
		return cantParse("Unclosed end tag at byte offset %d", at)
	}
	p.pos++
	tag := p.open[len(p.open)-1]
	if name != "" && name != tag.name {
		return cantParse("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", at, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	e := entity{Type: htmlTags[tag.name], Offset: tag.offset, Length: p.n - tag.offset}
	if e.Length == 0 {
		return nil
	}
	switch tag.name {
	case "a":
		e.URL = tag.arg
		if e.URL == "" {
			e.URL = p.out.String()[tag.start:]
		}
		if !linkable(e.URL) {
			return nil // the text stays, the link is dropped without an error
		}
	case "blockquote":
		if tag.arg != "" {
			e.Type = "expandable_blockquote"
		}
	case "tg-emoji":
		e.CustomEmoji = tag.arg
	case "tg-time":
		e.UnixTime = parseID(tag.arg)
	case "code":
		e.Language = tag.arg // moves to the pre around it, below
	case "pre":
		i := len(p.ents) - 1
		if i >= 0 && p.ents[i].Type == "code" && p.ents[i].Offset == e.Offset && p.ents[i].Length == e.Length {
			e.Language = p.ents[i].Language
			p.ents = p.ents[:i]
		}
	}
	p.ents = append(p.ents, e)
	return nil
}

// linkable reports whether a text_link may point to u: a web address, with or
// without its scheme, or a tg link.
func linkable(u string) bool {
	if strings.ContainsAny(u, " \n\t") || u == "" {
		return false
	}
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok {
		rest = u
	} else if scheme = strings.ToLower(scheme); scheme == "tg" || scheme == "ton" {
		return rest != ""
	} else if scheme != "http" && scheme != "https" {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	return strings.Contains(host, ".") && !strings.HasPrefix(host, ".") || host == "localhost"
}

// sortEntities puts outer entities before inner ones and drops the language of
// a lone code, which only a pre can carry.
func sortEntities(ents []entity) []entity {
	slices.SortStableFunc(ents, func(a, b entity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	for i := range ents {
		if ents[i].Type == "code" {
			ents[i].Language = ""
		}
	}
	return ents[:min(len(ents), maxEntities)]
}
