package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// Telegram counts the length of a text in code points, and the places of
// entities in it in UTF-16 units.
const (
	maxText    = 4096
	maxCaption = 1024
	maxAnswer  = 200
)

// A part is text of one message with the spans that fall into it.
type part struct {
	text  string
	spans []bot.Span
}

// split cuts text into parts of at most max code points each, at line ends where
// there are any. White space around the cuts is dropped.
func split(text string, spans []bot.Span, max int) []part {
	if !utf8.ValidString(text) {
		text, spans = strings.ToValidUTF8(text, "\uFFFD"), nil
	}
	var parts []part
	for start := 0; start < len(text); {
		end := cut(text[start:], max) + start
		from := start + leading(text[start:end])
		to := start + len(strings.TrimRightFunc(text[start:end], unicode.IsSpace))
		if from < to {
			parts = append(parts, part{text: text[from:to], spans: within(spans, from, to)})
		}
		start = end
	}
	return parts
}

func leading(s string) int { return len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace)) }

// cut returns the length of the first part of s in bytes.
func cut(s string, max int) int {
	n, line := 0, 0
	for i, r := range s {
		if n == max {
			// A last line end far in front would leave a stump of a message.
			if line > i/2 {
				return line
			}
			return i
		}
		n++
		if r == '\n' {
			line = i + 1
		}
	}
	return len(s)
}

// within returns the pieces of spans inside [from, to), counted from there.
func within(spans []bot.Span, from, to int) []bot.Span {
	var in []bot.Span
	for _, s := range spans {
		s.Start, s.End = max(s.Start, from)-from, min(s.End, to)-from
		if s.Start < s.End {
			in = append(in, s)
		}
	}
	return in
}

// entities turns spans, which count bytes, into entities, which count UTF-16
// units. A span that does not lie on the borders of characters is left out.
func (p part) entities() []models.MessageEntity {
	var es []models.MessageEntity
	for _, s := range p.spans {
		if s.Start < 0 || s.End > len(p.text) || s.Start >= s.End || !border(p.text, s.Start) || !border(p.text, s.End) {
			continue
		}
		es = append(es, models.MessageEntity{
			Type:   models.MessageEntityType(s.Style),
			Offset: units(p.text[:s.Start]),
			Length: units(p.text[s.Start:s.End]),
		})
	}
	return es
}

func border(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// units returns the length of s in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// byteAt returns the place in s, in bytes, of the UTF-16 unit number unit, and
// false when there is no character border there.
func byteAt(s string, unit int) (int, bool) {
	n := 0
	for i, r := range s {
		if n >= unit {
			return i, n == unit
		}
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return len(s), n == unit
}

// entityText returns the part of text that e marks, and where it begins and
// ends in bytes.
func entityText(text string, e models.MessageEntity) (s string, start, end int, ok bool) {
	if e.Offset < 0 || e.Length <= 0 || e.Length > len(text) || e.Offset > len(text) {
		return "", 0, 0, false
	}
	start, ok1 := byteAt(text, e.Offset)
	end, ok2 := byteAt(text, e.Offset+e.Length)
	if !ok1 || !ok2 {
		return "", 0, 0, false
	}
	return text[start:end], start, end, true
}

// shorten returns the first max code points of s.
func shorten(s string, max int) string {
	n := 0
	for i := range s {
		if n == max {
			return s[:i]
		}
		n++
	}
	return s
}
