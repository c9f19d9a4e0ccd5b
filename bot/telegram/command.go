package telegram

import (
	"strings"
	"unicode"

	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// An identity is who the bot is.
type identity struct {
	id   int64
	name string // without "@"
}

// command reads the command at the very beginning of text. ok says that there is
// one; theirs, that it names another bot. A command further on is just text.
func (me identity) command(text string, es []models.MessageEntity) (c bot.Command, theirs, ok bool) {
	for _, e := range es {
		if e.Type != models.MessageEntityTypeBotCommand || e.Offset != 0 {
			continue
		}
		s, _, end, valid := entityText(text, e)
		if !valid || len(s) < 2 || s[0] != '/' {
			continue
		}
		name, at, addressed := strings.Cut(s[1:], "@")
		if addressed && !me.is(at) {
			return bot.Command{}, true, true
		}
		return bot.Command{Name: strings.ToLower(name), Args: strings.TrimSpace(text[end:])}, false, true
	}
	return bot.Command{}, false, false
}

func (me identity) is(name string) bool { return me.name != "" && strings.EqualFold(name, me.name) }

// mentioned reports whether text calls the bot by name, and returns it without
// the name.
func (me identity) mentioned(text string, es []models.MessageEntity) (rest string, yes bool) {
	var b strings.Builder
	from := 0
	for _, e := range es {
		s, start, end, ok := entityText(text, e)
		if !ok || start < from {
			continue
		}
		switch e.Type {
		case models.MessageEntityTypeMention:
			if !me.is(strings.TrimPrefix(s, "@")) {
				continue
			}
			b.WriteString(text[from:start])
			from = end
		case models.MessageEntityTypeTextMention:
			if e.User == nil || e.User.ID != me.id {
				continue
			}
		case models.MessageEntityTypeBotCommand: // such as "please /help@us"
			if _, at, _ := strings.Cut(s, "@"); !me.is(at) {
				continue
			}
		default:
			continue
		}
		yes = true
	}
	b.WriteString(text[from:])
	return strings.TrimFunc(b.String(), unicode.IsSpace), yes
}
