package telegram

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// A translator turns updates into events.
type translator struct {
	me         identity
	everything func(bot.ChatID) bool // groups whose every message is for the bot
}

// events returns what the updates mean: one update, or all parts of an album.
// None means that nothing in them is for the bot.
func (t translator) events(us []*update) []bot.Event {
	if len(us) == 0 {
		return nil
	}
	u := us[0]
	switch {
	case u.CallbackQuery != nil:
		return t.press(u)
	case u.EditedMessage != nil:
		return t.edited(u)
	case u.Message != nil:
		us = slices.Clone(us)
		slices.SortStableFunc(us, func(a, b *update) int { return cmp.Compare(a.Message.ID, b.Message.ID) })
		return t.messages(us)
	}
	return nil
}

// press translates a tap on a button.
func (t translator) press(u *update) []bot.Event {
	q := u.CallbackQuery
	if q.Message == nil || q.Message.Chat.ID == 0 || q.Data == "" {
		return nil // under an inline message or a game: none of ours
	}
	e := q.Message.event(u.ID)
	e.From, e.Name, e.Lang, e.ReplyTo = bot.UserID(q.From.ID), q.From.Name, q.From.Language, 0
	e.At = time.Now() // a press has no date, and the message's is another
	e.Body = bot.Press{Query: q.ID, Data: q.Data}
	return []bot.Event{e}
}

// edited translates a message that its writer has changed.
func (t translator) edited(u *update) []bot.Event {
	m := u.EditedMessage
	if m.has["location"] || m.isService() || !t.accepts(m) || !t.addressed(m) {
		return nil // a live location is edited by itself
	}
	e := t.event(u.ID, m)
	e.Body = bot.Unsupported{Kind: bot.Edited}
	if text, ok := t.body(m).(bot.Text); ok {
		e.Body = bot.Amended(text)
	}
	return []bot.Event{e}
}

// messages translates one message or the parts of an album, in their order. Each
// event has an update of its own: the same again would be taken for a repetition.
func (t translator) messages(us []*update) []bot.Event {
	var files []bot.FileRef
	var upload bot.Event
	var other []bot.Event
	caption, addressed := "", false
	for _, u := range us {
		m := u.Message
		if m.isService() || !t.accepts(m) {
			continue
		}
		addressed = addressed || t.addressed(m)
		if f, ok := m.file(); ok {
			f.Message = bot.MessageID(m.ID)
			if files = append(files, f); len(files) == 1 {
				upload = t.event(u.ID, m)
			}
			if text, _ := t.me.mentioned(m.Caption, m.CaptionEntities); text != "" && caption == "" {
				caption = text
			}
			continue
		}
		e := t.event(u.ID, m)
		e.Body = t.body(m)
		if e.Body != nil && !slices.ContainsFunc(other, func(o bot.Event) bool { return o.Body == e.Body }) {
			other = append(other, e)
		}
	}
	if !addressed {
		return nil
	}
	if len(files) == 0 {
		return other
	}
	upload.Body = bot.Upload{Files: files, Caption: caption}
	return append([]bot.Event{upload}, other...)
}

// body translates what is not a file. It is nil for a command to another bot.
func (t translator) body(m *message) bot.Body {
	if m.Text == "" {
		return bot.Unsupported{Kind: m.kind()}
	}
	if c, theirs, ok := t.me.command(m.Text, m.Entities); theirs {
		return nil
	} else if ok {
		return c
	}
	text := m.Text
	if !m.Chat.private() {
		text, _ = t.me.mentioned(m.Text, m.Entities)
	}
	return bot.Text{Text: text}
}

// accepts reports whether m comes from a person in a chat where the bot talks.
func (t translator) accepts(m *message) bool {
	switch {
	case m.Chat.ID == 0 || m.Chat.Type == models.ChatTypeChannel:
		return false
	case m.From != nil && m.From.ID == t.me.id:
		return false
	case m.From != nil && m.From.IsBot && m.SenderChat == nil:
		return false // two bots would answer each other for ever
	}
	return true
}

// addressed reports whether m is meant for the bot: all is in a private chat,
// little is in a group.
func (t translator) addressed(m *message) bool {
	if m.Chat.private() || t.everything != nil && t.everything(bot.ChatID(m.Chat.ID)) {
		return true
	}
	if t.follows(m) {
		return true
	}
	if _, theirs, ok := t.me.command(m.Text, m.Entities); ok {
		return !theirs
	}
	_, inText := t.me.mentioned(m.Text, m.Entities)
	_, inCaption := t.me.mentioned(m.Caption, m.CaptionEntities)
	return inText || inCaption
}

// follows reports whether m answers a message of the bot. The first message of a
// topic is its creation, which all others "answer".
func (t translator) follows(m *message) bool {
	r := m.ReplyTo
	return r != nil && r.From != nil && r.From.ID == t.me.id && r.Created == nil
}

// event returns the event of a message, without body.
func (t translator) event(id int64, m *message) bot.Event {
	e := m.event(id)
	if e.Follows = t.follows(m); e.Follows {
		e.Quoted = cmp.Or(m.ReplyTo.Text, m.ReplyTo.Caption)
	}
	return e
}

// event returns what can be told of an event without knowing who the bot is.
func (m *message) event(id int64) bot.Event {
	e := bot.Event{
		Update:  id,
		Chat:    bot.ChatID(m.Chat.ID),
		Private: m.Chat.private(),
		Message: bot.MessageID(m.ID),
		At:      time.Unix(m.Date, 0),
	}
	if m.InTopic {
		e.Thread = m.Thread // outside a topic it numbers a chain of replies
	}
	// Who writes in the name of a chat (an anonymous administrator, a channel)
	// shows a stand-in account.
	if m.From != nil && m.SenderChat == nil {
		e.From, e.Name, e.Lang = bot.UserID(m.From.ID), m.From.Name, m.From.Language
	}
	// The first message of a topic is its creation, which all others "answer".
	if m.ReplyTo != nil && m.ReplyTo.Created == nil {
		e.ReplyTo = bot.MessageID(m.ReplyTo.ID)
	}
	return e
}

// file returns the picture or document in m.
func (m *message) file() (bot.FileRef, bool) {
	sizes := m.Photo
	if len(sizes) == 0 && m.LivePhoto != nil {
		sizes = m.LivePhoto.Photo
	}
	if len(sizes) > 0 {
		p := slices.MaxFunc(sizes, func(a, b models.PhotoSize) int {
			return cmp.Compare(int64(a.Width)*int64(a.Height), int64(b.Width)*int64(b.Height))
		})
		return bot.FileRef{ID: p.FileID, Unique: p.FileUniqueID, Bytes: int64(p.FileSize), Photo: true}, true
	}
	d := m.Document
	// Beside an animation stands the same file as a document: a video without
	// sound, unless it is still the GIF that was sent.
	if d == nil || m.has["animation"] && d.MimeType != "image/gif" {
		return bot.FileRef{}, false
	}
	return bot.FileRef{ID: d.FileID, Unique: d.FileUniqueID, Name: d.FileName, Bytes: d.FileSize}, true
}
