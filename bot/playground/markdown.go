package playground

import (
	"strings"
)

// The marks of MarkdownV2 with the names that the real server's errors use.
var markNames = map[string]string{
	"bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough", "spoiler": "Spoiler",
	"code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji", "blockquote": "BlockQuote",
}

const reservedV2 = "_*[]()~`>#+-=|{}.!"

// parseMarkdownV2 reads Telegram's MarkdownV2 style. Its errors are worded as
// the real server's.
func parseMarkdownV2(src string) (string, []entity, error) {
	p := &markdownParser{src: src, quote: -1}
	for p.pos < len(src) {
		if err := p.step(); err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, cantParse("Can't find end of %s entity at byte offset %d", markNames[p.open[n-1].name], p.open[n-1].at)
	}
	p.endQuote(false)
	return p.out.String(), sortEntities(p.ents), nil
}

type markdownParser struct {
	src   string
	pos   int
	out   strings.Builder
	n     int // UTF-16 length of out
	open  []openTag
	ents  []entity
	quote int // UTF-16 offset at which a block quotation began, -1 outside
}

func (p *markdownParser) put(b string) {
	p.out.WriteString(b)
	p.n += unitsOfBytes(b)
}

func (p *markdownParser) top() string {
	if n := len(p.open); n > 0 {
		return p.open[n-1].name
	}
	return ""
}

// lineStart reports whether pos is at the start of a line, marks aside.
func (p *markdownParser) lineStart() bool {
	out := p.out.String()
	return out == "" || out[len(out)-1] == '\n'
}

func (p *markdownParser) step() error {
	c := p.src[p.pos]
	rest := p.src[p.pos:]
	if c == '\\' && len(rest) > 1 && rest[1] > 0 && rest[1] < 127 {
		p.put(rest[1:2])
		p.pos += 2
		return nil
	}
	if top := p.top(); top == "code" || top == "pre" {
		if c == '`' && (top == "code" || strings.HasPrefix(rest, "```")) {
			return p.close(map[string]int{"code": 1, "pre": 3}[top], "")
		}
		p.put(rest[:1])
		p.pos++
		return nil
	}
	if c == '\n' {
		p.put("\n")
		p.pos++
		if p.quote >= 0 && !strings.HasPrefix(p.src[p.pos:], ">") {
			p.endQuote(false)
		}
		return nil
	}
	if c == '>' && p.lineStart() {
		if p.quote < 0 {
			p.quote = p.n
		}
		p.pos++
		return nil
	}
	if p.quote >= 0 && strings.HasPrefix(rest, "||") && p.top() != "spoiler" && (len(rest) == 2 || rest[2] == '\n') {
		p.pos += 2
		p.endQuote(true)
		return nil
	}
	if strings.IndexByte(reservedV2, c) < 0 {
		p.put(rest[:1])
		p.pos++
		return nil
	}
	return p.mark(rest)
}

// mark handles a reserved character outside code.
func (p *markdownParser) mark(rest string) error {
	name, width := "", 1
	switch {
	case strings.HasPrefix(rest, "__"):
		name, width = "underline", 2
	case rest[0] == '_':
		name = "italic"
	case rest[0] == '*':
		name = "bold"
	case rest[0] == '~':
		name = "strikethrough"
	case strings.HasPrefix(rest, "||"):
		name, width = "spoiler", 2
	case rest[0] == '[':
		name = "text_link"
	case strings.HasPrefix(rest, "!["):
		name, width = "custom_emoji", 2
	case strings.HasPrefix(rest, "```"):
		name, width = "pre", 3
	case rest[0] == '`':
		name = "code"
	case rest[0] == ']' && (p.top() == "text_link" || p.top() == "custom_emoji"):
		return p.link()
	}
	if name == "" {
		return cantParse("Character '%c' is reserved and must be escaped with the preceding '\\'", rest[0])
	}
	if p.top() == name && name != "text_link" && name != "custom_emoji" {
		return p.close(width, "")
	}
	arg := ""
	at := p.pos
	p.pos += width
	if name == "pre" {
		arg = p.language()
	}
	p.open = append(p.open, openTag{name, arg, at, p.n, p.out.Len()})
	return nil
}

// language takes the rest of the first line of a pre block when it is one word.
func (p *markdownParser) language() string {
	line, _, found := strings.Cut(p.src[p.pos:], "\n")
	if !found || strings.ContainsAny(line, " `\t") {
		return ""
	}
	p.pos += len(line) + 1
	return line
}

// link reads "](address)" and closes the link or the emoji.
func (p *markdownParser) link() error {
	at := p.open[len(p.open)-1].at
	p.pos++
	if p.pos == len(p.src) || p.src[p.pos] != '(' {
		if p.top() == "custom_emoji" {
			return cantParse("Custom emoji entity must contain a tg://emoji URL")
		}
		return p.close(0, "") // "[text]" alone is a link to its own text
	}
	p.pos++
	var url strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != ')' {
		if p.src[p.pos] == '\\' && p.pos+1 < len(p.src) {
			p.pos++
		}
		url.WriteByte(p.src[p.pos])
		p.pos++
	}
	if p.pos == len(p.src) {
		if p.top() == "custom_emoji" {
			return cantParse("Can't find end of a custom emoji URL at byte offset %d", at)
		}
		return cantParse("Can't find end of a URL at byte offset %d", at)
	}
	p.pos++
	return p.close(0, url.String())
}

// close ends the innermost mark, which is width bytes wide.
func (p *markdownParser) close(width int, url string) error {
	tag := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	p.pos += width
	e := entity{Type: tag.name, Offset: tag.offset, Length: p.n - tag.offset, Language: tag.arg}
	switch tag.name {
	case "text_link":
		e.URL = url
		if e.URL == "" {
			e.URL = p.out.String()[tag.start:]
		}
		if !linkable(e.URL) {
			return nil
		}
	case "custom_emoji":
		id, ok := strings.CutPrefix(url, "tg://emoji?id=")
		if !ok {
			return cantParse("Custom emoji URL must have an emoji identifier")
		}
		e.CustomEmoji = id
	}
	if e.Length > 0 {
		p.ents = append(p.ents, e)
	}
	return nil
}

func (p *markdownParser) endQuote(expandable bool) {
	if p.quote < 0 {
		return
	}
	e := entity{Type: "blockquote", Offset: p.quote, Length: p.n - p.quote}
	if expandable {
		e.Type = "expandable_blockquote"
	}
	if e.Length > 0 {
		p.ents = append(p.ents, e)
	}
	p.quote = -1
}

// parseMarkdown reads the old Markdown style, which knows no nesting and no
// escapes inside marks.
func parseMarkdown(src string) (string, []entity, error) {
	var out strings.Builder
	var ents []entity
	n := 0
	put := func(s string) {
		out.WriteString(s)
		n += unitsOfBytes(s)
	}
	for i := 0; i < len(src); {
		c := src[i]
		if c == '\\' && i+1 < len(src) && strings.IndexByte("_*`[", src[i+1]) >= 0 {
			put(src[i+1 : i+2])
			i += 2
			continue
		}
		if strings.IndexByte("_*`[", c) < 0 {
			put(src[i : i+1])
			i++
			continue
		}
		at, end := i, string(c)
		e := entity{Offset: n, Type: map[byte]string{'_': "italic", '*': "bold", '`': "code", '[': "text_link"}[c]}
		i++
		switch {
		case strings.HasPrefix(src[at:], "```"):
			i, end, e.Type = at+3, "```", "pre"
			if line, _, ok := strings.Cut(src[i:], "\n"); ok && !strings.ContainsAny(line, " `\t") {
				e.Language = line
				i += len(line) + 1
			}
		case c == '[':
			end = "]"
		}
		inner, rest, ok := strings.Cut(src[i:], end)
		if !ok {
			return "", nil, cantParse("Can't find end of the entity starting at byte offset %d", at)
		}
		put(inner)
		i = len(src) - len(rest)
		if c == '[' {
			e.URL = inner
			if strings.HasPrefix(rest, "(") {
				url, after, ok := strings.Cut(rest[1:], ")")
				if !ok {
					return "", nil, cantParse("Can't find end of the entity starting at byte offset %d", at)
				}
				e.URL, i = url, len(src)-len(after)
			}
		}
		if e.Length = n - e.Offset; e.Length > 0 && (c != '[' || linkable(e.URL)) {
			ents = append(ents, e)
		}
	}
	return out.String(), sortEntities(ents), nil
}
