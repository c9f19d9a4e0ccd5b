package playground

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Lengths of texts, in code points after parsing.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxEntities = 100 // more are ignored
)

// units returns the length of s in UTF-16 code units, in which Telegram counts
// entities.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut16 returns the part of s that begins at offset and is length long, both in
// UTF-16 units, as far as s goes.
func cut16(s string, offset, length int) string {
	from, to := -1, len(s)
	n := 0
	for i, r := range s {
		if n >= offset && from < 0 {
			from = i
		}
		if n >= offset+length {
			to = i
			break
		}
		n += utf16.RuneLen(r)
	}
	if from < 0 || from > to {
		return ""
	}
	return s[from:to]
}

// formatted reads a text of a call, with its markup or its list of entities,
// the way the real server does. what is "text" or "caption"; params with the
// names of the text and of its entities.
func (s *Server) formatted(c *call, text, mode, list string) (string, []entity, error) {
	t := c.str(text)
	if !utf8.ValidString(t) {
		return "", nil, badRequest("strings must be encoded in UTF-8")
	}
	raw := json.RawMessage(nil)
	if c.has(list) {
		raw = c.raw(list)
	}
	return s.format(t, c.str(mode), raw)
}

// format applies a parse mode or, without one, a list of entities in JSON.
func (s *Server) format(text, mode string, list json.RawMessage) (string, []entity, error) {
	if len(text) > 16*maxText {
		return "", nil, badRequest("message is too long") // before work that grows with its square
	}
	var ents []entity
	var err error
	text = strings.ReplaceAll(text, "\r", "")
	switch strings.ToLower(mode) {
	case "", "none":
		if len(list) > 0 && string(list) != "null" {
			if json.Unmarshal(list, &ents) != nil {
				return "", nil, cantParse("expected an Array of MessageEntity")
			}
			ents = ents[:min(len(ents), maxEntities)]
			err = checkEntities(text, ents)
		}
	case "html":
		text, ents, err = parseHTML(text)
	case "markdownv2":
		text, ents, err = parseMarkdownV2(text)
	case "markdown":
		text, ents, err = parseMarkdown(text)
	default:
		err = badRequest("unsupported parse_mode")
	}
	if err != nil {
		return "", nil, err
	}
	text, ents = trimText(text, ents)
	return text, s.detect(text, ents), nil
}

// checkEntities refuses entities that lie outside the text or cut a character
// in two.
func checkEntities(text string, ents []entity) error {
	total := units(text)
	for _, e := range ents {
		if e.Offset < 0 || e.Length <= 0 {
			return badRequest("receive an entity with incorrect offset or length")
		}
		if e.Offset+e.Length > total {
			return badRequest(fmt.Sprintf("entity beginning at UTF-16 offset %d ends after the end of the text at UTF-16 offset %d", e.Offset, total))
		}
		n := 0
		for i, r := range text {
			if utf16.RuneLen(r) == 2 {
				if e.Offset == n+1 {
					return badRequest(fmt.Sprintf("entity begins in a middle of a UTF-16 symbol at byte offset %d", i))
				}
				if e.Offset+e.Length == n+1 {
					return badRequest(fmt.Sprintf("entity beginning at UTF-16 offset %d ends in a middle of a UTF-16 symbol at byte offset %d", e.Offset, i))
				}
			}
			n += utf16.RuneLen(r)
		}
		if e.Type == "text_link" && e.URL == "" {
			return badRequest("wrong HTTP URL specified")
		}
	}
	return nil
}

// trimText takes white space off both ends, as the server does, and moves the
// entities with the text.
func trimText(text string, ents []entity) (string, []entity) {
	left := strings.TrimLeftFunc(text, unicode.IsSpace)
	shift := units(text) - units(left)
	text = strings.TrimRightFunc(left, unicode.IsSpace)
	total := units(text)
	kept := ents[:0:0]
	for _, e := range ents {
		end := min(e.Offset+e.Length-shift, total)
		e.Offset = max(e.Offset-shift, 0)
		e.Length = end - e.Offset
		if e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return text, kept
}

var autoEntities = []struct {
	typ string
	re  *regexp.Regexp
}{
	{"url", regexp.MustCompile(`https?://[^\s<>"'，。；：！？（）、「」『』《》“”]+[^\s<>"'.,;:!?)，。；：！？（）、「」『』《》“”]`)},
	{"email", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)},
	{"bot_command", regexp.MustCompile(`/[A-Za-z0-9_]{1,64}(@[A-Za-z][A-Za-z0-9_]{2,31})?`)},
	{"mention", regexp.MustCompile(`@[A-Za-z][A-Za-z0-9_]{3,31}`)},
	{"hashtag", regexp.MustCompile(`#[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*`)},
}

// detect adds the entities that the server finds by itself: links, addresses,
// commands, mentions and hashtags that no other entity covers.
func (s *Server) detect(text string, ents []entity) []entity {
	taken := func(offset, length int) bool {
		for _, e := range ents {
			switch e.Type {
			case "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote":
				continue
			}
			if offset < e.Offset+e.Length && e.Offset < offset+length {
				return true
			}
		}
		return false
	}
	for _, a := range autoEntities {
		if !strings.ContainsAny(text, "/@#") {
			break
		}
		for _, m := range a.re.FindAllStringIndex(text, -1) {
			before, _ := utf8.DecodeLastRuneInString(text[:m[0]])
			after, _ := utf8.DecodeRuneInString(text[m[1]:])
			if m[0] > 0 && (isWord(before) || a.typ == "bot_command" && strings.ContainsRune("/<>", before)) {
				continue
			}
			if m[1] < len(text) && (isWord(after) || a.typ == "bot_command" && strings.ContainsRune("/<>", after)) {
				continue
			}
			e := entity{Type: a.typ, Offset: units(text[:m[0]]), Length: units(text[m[0]:m[1]])}
			if !taken(e.Offset, e.Length) {
				ents = append(ents, e)
			}
		}
	}
	slices.SortStableFunc(ents, func(a, b entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length))
	})
	return ents
}

// isWord reports whether r joins a command or a mention to its neighbour.
// Chinese characters do: "你好/start" is no command, "你好 /start" is one.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
