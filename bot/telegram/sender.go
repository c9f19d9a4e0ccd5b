package telegram

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// maxDeleted is how many messages one call deletes.
const maxDeleted = 100

// A place is where a message goes.
type place struct {
	chat   int64
	thread int    // of a topic, 0 for none
	topic  string // name of the topic that thread is for, where it may be made anew
}

// A sender turns replies into messages.
type sender struct {
	log    *slog.Logger
	api    *tgbot.Bot
	sorry  string                    // said in place of a file that cannot be sent
	onMove func(from, to bot.ChatID) // may be nil
	topics topics

	mu    sync.Mutex
	moved map[int64]int64 // groups that became supergroups; guarded by mu
}

// A delivery is how far the sending of one reply has come, so that another
// attempt goes on from there. The zero delivery is the beginning.
type delivery struct {
	done   int  // messages of the reply that are out
	unsure bool // the next one may be out as well
	plain  bool // the reply was refused; its text alone is sent

	file bot.MessageID // the message that the file has become, 0 for none
}

// once sends the message with this number, from 0, unless it is out. When it is
// unsure for the second time whether it is, it is taken to be: whoever does not
// get it can ask again, and a chat that is flooded with copies cannot be used.
func (d *delivery) once(ctx context.Context, log *slog.Logger, n int, send func(context.Context) error) error {
	if n < d.done {
		return nil
	}
	opt, _ := ctx.Value(callKey{}).(callOption)
	opt.unsure = d.unsure
	err := send(withCall(ctx, opt))
	if unsure(err) && ctx.Err() == nil {
		if !d.unsure {
			d.unsure = true
			return err
		}
		log.Warn("message taken for sent", "err", err)
		err = nil
	}
	if err == nil {
		d.done, d.unsure = n+1, false
	}
	return err
}

// unsure reports whether err leaves open if a message was sent.
func unsure(err error) bool {
	ce, ok := errors.AsType[*callError](err)
	return ok && ce.sent
}

// reply sends what d leaves of r as the answer to e. Its error is passing:
// sending may work later. What will never work is logged, and nil.
func (s *sender) reply(ctx context.Context, e bot.Event, r bot.Reply, d *delivery) error {
	at := place{chat: int64(e.Chat), thread: int(e.Thread)}
	if r.Chat != 0 && r.Chat != e.Chat {
		at = place{chat: int64(r.Chat)}
	}
	if r.Topic != "" {
		at = place{chat: s.now(at.chat), topic: r.Topic}
		at.thread = s.topic(ctx, at, 0)
	}
	if !d.plain {
		err := s.send(ctx, at, r, d)
		if err == nil || passing(err) {
			return err
		}
		if errors.Is(err, tgbot.ErrorForbidden) {
			s.log.Info("chat takes no messages", "update", e.Update, "err", err)
			return s.undelivered(ctx, e, r)
		}
		// Whatever is wrong with the looks of a message, its text is what counts.
		s.log.Error("message refused", "update", e.Update, "file", r.File != nil || r.Pass.ID != "", "err", err)
		*d = delivery{plain: true}
	}
	plain := bot.Reply{Text: r.Text}
	switch {
	case r.File != nil:
		plain.Text = s.sorry
	case r.Pass.ID != "":
		plain.Text = cmp.Or(r.Lost, s.sorry)
	}
	if err := s.send(ctx, at, plain, d); err != nil {
		if passing(err) {
			return err
		}
		s.log.Error("plain message refused", "update", e.Update, "err", err)
		return s.undelivered(ctx, e, r)
	}
	return nil
}

// undelivered says where r wants it said that r was refused for good. When that is
// to be tried again, r is tried before it, and refused once more.
func (s *sender) undelivered(ctx context.Context, e bot.Event, r bot.Reply) error {
	if r.Undelivered == nil {
		return nil
	}
	return s.reply(ctx, e, *r.Undelivered, new(delivery))
}

// passing reports whether err may be over at the next try. The library's own
// errors are the server's refusals, of which only one is no verdict on the
// message.
func passing(err error) bool {
	if ce, ok := errors.AsType[*callError](err); ok {
		return ce.status != http.StatusRequestEntityTooLarge
	}
	return errors.Is(err, tgbot.ErrorUnauthorized)
}

// send sends what d leaves of r, in several messages when it is too long for one.
func (s *sender) send(ctx context.Context, at place, r bot.Reply, d *delivery) error {
	markup := s.keyboard(r.Buttons)
	first := 0 // number of the first message of text
	if r.File != nil || r.Pass.ID != "" {
		file, under, long := r, markup, utf8.RuneCountInString(r.Text) > maxCaption
		if long {
			file, under = bot.Reply{File: r.File, Pass: r.Pass, ReplyTo: r.ReplyTo}, nil
		}
		err := d.once(ctx, s.log, 0, func(ctx context.Context) (err error) {
			if r.Pass.ID != "" {
				d.file, err = s.passed(ctx, at, file, under)
				return err
			}
			d.file, err = s.document(ctx, at, file, under)
			return err
		})
		if err != nil || !long {
			return err
		}
		first, r.ReplyTo, r.Edit = 1, 0, 0
	}
	parts := split(r.Text, r.Spans, maxText)
	if len(parts) == 0 {
		return errors.New("reply is empty")
	}
	for i, p := range parts {
		var m models.ReplyMarkup
		if i == len(parts)-1 {
			m = markup
		}
		err := d.once(ctx, s.log, first+i, func(ctx context.Context) error {
			if i == 0 && r.Edit != 0 {
				if err := s.edit(ctx, at, r.Edit, p, m); !uneditable(err) {
					return err
				}
			}
			_, err := s.text(ctx, at, p, m, r.ReplyTo)
			return err
		})
		if err != nil {
			return err
		}
		r.ReplyTo = 0
	}
	return nil
}

// text sends one message and returns its number.
func (s *sender) text(ctx context.Context, at place, p part, markup models.ReplyMarkup, to bot.MessageID) (bot.MessageID, error) {
	var id bot.MessageID
	off := true
	err := s.deliver(ctx, at, func(ctx context.Context, at place) error {
		m, err := s.api.SendMessage(ctx, &tgbot.SendMessageParams{
			ChatID:             at.chat,
			MessageThreadID:    at.thread,
			Text:               p.text,
			Entities:           p.entities(),
			LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off},
			ReplyParameters:    answering(to),
			ReplyMarkup:        markup,
		})
		if err == nil {
			id = bot.MessageID(m.ID)
		}
		return err
	})
	return id, err
}

// edit replaces the text and the buttons of a message.
func (s *sender) edit(ctx context.Context, at place, id bot.MessageID, p part, markup models.ReplyMarkup) error {
	off := true
	err := s.deliver(ctx, at, func(ctx context.Context, at place) error {
		_, err := s.api.EditMessageText(ctx, &tgbot.EditMessageTextParams{
			ChatID:             at.chat,
			MessageID:          int(id),
			Text:               p.text,
			Entities:           p.entities(),
			LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off},
			ReplyMarkup:        markup,
		})
		return err
	})
	if says(err, "message is not modified") {
		return nil
	}
	return err
}

// document sends a file byte for byte and returns the number of its message.
func (s *sender) document(ctx context.Context, at place, r bot.Reply, markup models.ReplyMarkup) (bot.MessageID, error) {
	var id bot.MessageID
	var caption part
	if ps := split(r.Text, r.Spans, maxCaption); len(ps) > 0 {
		caption = ps[0]
	}
	err := s.deliver(ctx, at, func(ctx context.Context, at place) error {
		m, err := s.api.SendDocument(ctx, &tgbot.SendDocumentParams{
			ChatID:          at.chat,
			MessageThreadID: at.thread,
			Document: &models.InputFileUpload{
				Filename: fileName(r.File.Name),
				Data:     bytes.NewReader(r.File.Data),
			},
			Caption:                     caption.text,
			CaptionEntities:             caption.entities(),
			DisableContentTypeDetection: true, // else a picture may come out as something else
			ReplyParameters:             answering(r.ReplyTo),
			ReplyMarkup:                 markup,
		})
		if err == nil {
			id = bot.MessageID(m.ID)
		}
		return err
	})
	return id, err
}

// passed sends a file that lies with the server, by its identifier, and returns the
// number of its message.
func (s *sender) passed(ctx context.Context, at place, r bot.Reply, markup models.ReplyMarkup) (bot.MessageID, error) {
	var id bot.MessageID
	var caption part
	if ps := split(r.Text, r.Spans, maxCaption); len(ps) > 0 {
		caption = ps[0]
	}
	file := &models.InputFileString{Data: r.Pass.ID}
	err := s.deliver(ctx, at, func(ctx context.Context, at place) error {
		var m *models.Message
		var err error
		if r.Pass.Photo {
			m, err = s.api.SendPhoto(ctx, &tgbot.SendPhotoParams{
				ChatID: at.chat, MessageThreadID: at.thread, Photo: file, Caption: caption.text,
				CaptionEntities: caption.entities(), ReplyParameters: answering(r.ReplyTo), ReplyMarkup: markup,
			})
		} else {
			m, err = s.api.SendDocument(ctx, &tgbot.SendDocumentParams{
				ChatID: at.chat, MessageThreadID: at.thread, Document: file, Caption: caption.text,
				CaptionEntities: caption.entities(), ReplyParameters: answering(r.ReplyTo), ReplyMarkup: markup,
			})
		}
		if err == nil {
			id = bot.MessageID(m.ID)
		}
		return err
	})
	return id, err
}

// remove deletes a message of the bot.
func (s *sender) remove(ctx context.Context, at place, id bot.MessageID) error {
	return s.deliver(ctx, at, func(ctx context.Context, at place) error {
		_, err := s.api.DeleteMessage(ctx, &tgbot.DeleteMessageParams{ChatID: at.chat, MessageID: int(id)})
		return err
	})
}

// removeAll deletes messages and returns those that are left.
func (s *sender) removeAll(ctx context.Context, at place, ids []bot.MessageID) (left []bot.MessageID) {
	for part := range slices.Chunk(ids, maxDeleted) {
		var numbers []int
		for _, id := range part {
			numbers = append(numbers, int(id))
		}
		err := s.deliver(ctx, at, func(ctx context.Context, at place) error {
			_, err := s.api.DeleteMessages(ctx, &tgbot.DeleteMessagesParams{ChatID: at.chat, MessageIDs: numbers})
			return err
		})
		if err == nil {
			continue
		}
		if passing(err) || ctx.Err() != nil {
			left = append(left, part...)
			continue
		}
		// One of them cannot be deleted: the others can.
		for _, id := range part {
			if err := s.remove(ctx, at, id); err != nil && !says(err, "message to delete not found") {
				left = append(left, id)
			}
		}
	}
	return left
}

// deliver makes a call, and again where the chat has moved to, or in the topic
// made anew in place of one that is gone, or without a topic. A call to which
// the server consents has worked, even if
// the library cannot read the result.
func (s *sender) deliver(ctx context.Context, at place, call func(context.Context, place) error) error {
	at.chat = s.now(at.chat)
	for remade := false; ; {
		opt, _ := ctx.Value(callKey{}).(callOption)
		consent := false
		opt.chat, opt.consent = at.chat, &consent
		err := call(withCall(ctx, opt), at)
		if err != nil && consent {
			// The error may quote the message.
			s.log.Error("result cannot be read")
			return nil
		}
		if me, ok := errors.AsType[*tgbot.MigrateError](err); ok && s.move(at.chat, int64(me.MigrateToChatID)) {
			at.chat = int64(me.MigrateToChatID)
			continue
		}
		if gone := at.thread; gone != 0 && (says(err, "message thread not found") || says(err, "topic_closed")) {
			at.thread = 0
			if at.topic != "" && !remade && !says(err, "topic_closed") {
				remade, at.thread = true, s.topic(ctx, at, gone)
			}
			continue
		}
		return err
	}
}

// move notes that a group goes on under another number. It returns false when
// that was known, so that two wrong answers cannot lead in a circle.
func (s *sender) move(from, to int64) bool {
	s.mu.Lock()
	known := from == to || s.moved[from] == to || s.moved[to] != 0
	if !known {
		s.moved[from] = to
	}
	s.mu.Unlock()
	if !known && s.onMove != nil {
		s.onMove(bot.ChatID(from), bot.ChatID(to))
	}
	return !known
}

// now returns the number under which a chat is known by now.
func (s *sender) now(chat int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to, ok := s.moved[chat]; ok {
		return to
	}
	return chat
}

// says reports whether err is a refusal of the server with these words: the
// interface gives them no other mark.
func says(err error, words string) bool {
	return err != nil && errors.Is(err, tgbot.ErrorBadRequest) &&
		strings.Contains(strings.ToLower(err.Error()), words)
}

// uneditable reports whether a message is no more there to be edited.
func uneditable(err error) bool {
	for _, words := range []string{
		"message to edit not found",
		"message can't be edited",
		"message_id_invalid",
		"there is no text in the message to edit",
	} {
		if says(err, words) {
			return true
		}
	}
	return false
}

func answering(to bot.MessageID) *models.ReplyParameters {
	if to == 0 {
		return nil
	}
	// The message may have been deleted since.
	return &models.ReplyParameters{MessageID: int(to), AllowSendingWithoutReply: true}
}

// keyboard returns the buttons for Telegram, nil for none. One that Telegram
// would refuse is left out, since it would cost the whole message.
func (s *sender) keyboard(rows [][]bot.Button) models.ReplyMarkup {
	var k models.InlineKeyboardMarkup
	for _, row := range rows {
		var keys []models.InlineKeyboardButton
		for _, b := range row {
			key, err := button(b)
			if err != nil {
				s.log.Error("button left out", "err", err)
				continue
			}
			keys = append(keys, key)
		}
		if len(keys) > 0 {
			k.InlineKeyboard = append(k.InlineKeyboard, keys)
		}
	}
	if len(k.InlineKeyboard) == 0 {
		return nil
	}
	return &k
}

func button(b bot.Button) (models.InlineKeyboardButton, error) {
	key := models.InlineKeyboardButton{Text: b.Label}
	switch n := utf8.RuneCountInString(b.Copy); {
	case b.Label == "":
		return key, errors.New("button has no label")
	case n > 256:
		return key, fmt.Errorf("button copies %d characters, at most 256 are allowed", n)
	case n > 0:
		key.CopyText = &models.CopyTextButton{Text: b.Copy}
	case b.Data == "" || len(b.Data) > 64:
		return key, fmt.Errorf("button data has %d bytes, want 1 to 64", len(b.Data))
	default:
		key.CallbackData = b.Data
	}
	return key, nil
}

// fileName keeps the letters that pass through every client unharmed.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r == '.' || r == '-' || r == '_' ||
			'0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return r
		}
		return '_'
	}, name)
	if name == "" {
		return "file"
	}
	return name
}
