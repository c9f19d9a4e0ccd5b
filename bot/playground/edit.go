package playground

import (
	"encoding/json"
	"reflect"
	"time"
	"unicode/utf8"
)

// deleteWithin is how old a message may be that a bot deletes.
const deleteWithin = 48 * time.Hour

const notModified = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"

// target finds the message that a call edits. The caller holds s.mu.
func (s *Server) target(c *call) (*chat, *post, error) {
	if c.str("inline_message_id") != "" {
		return nil, nil, badRequest("MESSAGE_ID_INVALID") // inline results are messages of chats here
	}
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, nil, err
	}
	p := ch.find(c.num("message_id", 0))
	switch {
	case p == nil:
		return nil, nil, badRequest("message to edit not found")
	case p.From == nil || p.From.ID != s.me.ID || p.service || p.ForwardOrigin != nil:
		return nil, nil, badRequest("message can't be edited")
	}
	return ch, p, nil
}

// edit replaces p's content by m when that changes anything. A call without
// reply_markup takes the buttons away, as on the real server.
func (s *Server) edit(c *call, ch *chat, p *post, m message) (any, error) {
	k, err := s.markup(c)
	if err != nil {
		return nil, err
	}
	m.ReplyMarkup = k.inline
	m.EditDate = p.EditDate
	if same(p.message, m) {
		return nil, badRequest(notModified)
	}
	m.EditDate = s.now().Unix()
	p.message = m
	s.emitPost("edit", ch, p)
	return p.message, nil
}

// same compares two messages as they are sent.
func same(a, b message) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && reflect.DeepEqual(x, y)
}

func (s *Server) editMessageText(c *call) (any, error) {
	text, ents, err := s.formatted(c, "text", "parse_mode", "entities")
	if err != nil {
		return nil, err
	}
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return nil, badRequest("message text is empty")
	case n > maxText:
		return nil, badRequest("message is too long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if p.Text == "" {
		return nil, badRequest("there is no text in the message to edit")
	}
	m := p.message
	m.Text, m.Entities = text, ents
	return s.edit(c, ch, p, m)
}

func (s *Server) editMessageCaption(c *call) (any, error) {
	text, ents, err := s.caption(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if !p.hasCaption() {
		return nil, badRequest("there is no caption in the message to edit")
	}
	m := p.message
	m.Caption, m.CaptionEntities = text, ents
	return s.edit(c, ch, p, m)
}

// hasCaption reports whether the message is of a kind that can have a caption.
func (p *post) hasCaption() bool {
	return p.Photo != nil || p.Document != nil || p.Video != nil || p.Animation != nil || p.Audio != nil || p.Voice != nil
}

func (s *Server) editMessageReplyMarkup(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.target(c)
	if err != nil {
		return nil, err
	}
	return s.edit(c, ch, p, p.message)
}

// editMessageMedia replaces the file of a message, and its caption with it.
func (s *Server) editMessageMedia(c *call) (any, error) {
	var in inputMedia
	if err := c.decode("media", &in, "input media"); err != nil {
		return nil, err
	}
	m, med, err := s.inputMedia(c, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.target(c)
	if err != nil {
		return nil, err
	}
	if p.Sticker != nil || p.Voice != nil || p.Contact != nil || p.Location != nil {
		return nil, badRequest("message can't be edited")
	}
	s.attach(&m, med)
	old := p.message
	old.Text, old.Entities = "", nil
	old.Photo, old.Document, old.Video, old.Animation, old.Audio = m.Photo, m.Document, m.Video, m.Animation, m.Audio
	old.Caption, old.CaptionEntities = m.Caption, m.CaptionEntities
	return s.edit(c, ch, p, old)
}

// removable says why the bot cannot delete a message, nil when it can: its own
// and, in private chats and as an administrator, other people's.
func (s *Server) removable(c *chat, p *post) error {
	own := p.From != nil && p.From.ID == s.me.ID
	admin := c.members[s.me.ID] == "administrator"
	switch {
	case !own && !c.private() && !admin:
		return badRequest("message can't be deleted")
	case s.now().Sub(time.Unix(p.Date, 0)) > deleteWithin && !admin:
		return badRequest("message can't be deleted for everyone")
	case p.TopicCreated != nil:
		return badRequest("message can't be deleted")
	}
	return nil
}

// remove deletes a message for everybody. The caller holds s.mu.
func (s *Server) remove(c *chat, p *post) {
	p.deleted = true
	s.emitPost("delete", c, p)
	p.message = message{ID: p.ID, Date: p.Date, Chat: p.Chat, From: p.From, ThreadID: p.ThreadID}
	p.keyboard = nil
}

func (s *Server) deleteMessage(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	p := ch.find(c.num("message_id", 0))
	if p == nil {
		return nil, badRequest("message to delete not found")
	}
	if err := s.removable(ch, p); err != nil {
		return nil, err
	}
	s.remove(ch, p)
	return true, nil
}

// deleteMessages deletes what it can; what is not there is passed over.
func (s *Server) deleteMessages(c *call) (any, error) {
	ids, err := c.ints("message_ids")
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, badRequest("message identifiers are not specified")
	}
	if len(ids) > maxBatch {
		return nil, badRequest("too many message identifiers specified")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if p := ch.find(id); p != nil && s.removable(ch, p) == nil {
			s.remove(ch, p)
		}
	}
	return true, nil
}
