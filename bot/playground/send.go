package playground

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A draft is a message of the bot before it goes out.
type draft struct {
	chat    *chat
	thread  int64
	reply   *message
	quote   *textQuote
	markup  markup
	protect bool
}

// draft reads what all sending calls have in common. The caller holds s.mu.
func (s *Server) draft(c *call) (*draft, error) {
	m, err := s.markup(c)
	if err != nil {
		return nil, err
	}
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	d := &draft{chat: ch, markup: m, protect: c.flag("protect_content"), thread: c.num("message_thread_id", 0)}
	if err := s.draftReply(c, d); err != nil {
		return nil, err
	}
	if d.thread == 0 {
		return d, nil
	}
	t := ch.topics[d.thread]
	if t == nil {
		return nil, badRequest("message thread not found")
	}
	if t.closed && ch.members[s.me.ID] != "administrator" {
		return nil, badRequest("TOPIC_CLOSED")
	}
	return d, nil
}

// draftReply finds the message that a draft answers. A reply goes to the topic
// of what it answers.
func (s *Server) draftReply(c *call, d *draft) error {
	var r struct {
		ID      int64           `json:"message_id"`
		Chat    json.RawMessage `json:"chat_id"`
		Lenient bool            `json:"allow_sending_without_reply"`
		Quote   string          `json:"quote"`
	}
	if err := c.decode("reply_parameters", &r, "reply parameters"); err != nil {
		return err
	}
	if r.ID == 0 {
		return nil
	}
	p := d.chat.find(r.ID)
	if p == nil {
		if r.Lenient {
			return nil
		}
		return badRequest("message to be replied not found")
	}
	if r.Quote != "" {
		d.quote = &textQuote{Text: r.Quote, IsManual: true}
	}
	d.reply = p.asReply()
	if d.thread == 0 && d.chat.info.IsForum {
		d.thread = p.ThreadID
	}
	return nil
}

// asReply is the message as another one's reply_to_message, which never nests.
func (p *post) asReply() *message {
	m := p.message
	m.ReplyTo = nil
	return &m
}

// send puts m into the draft's chat as the bot's message. The caller holds s.mu.
func (s *Server) send(d *draft, m message) *post {
	m.From = s.me
	m.ThreadID, m.ReplyTo, m.Quote, m.Protected = d.thread, d.reply, d.quote, d.protect
	m.ReplyMarkup = d.markup.inline
	return s.add(d.chat, &post{message: m, keyboard: d.markup.keyboard})
}

func (s *Server) sendMessage(c *call) (any, error) {
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
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	return s.send(d, message{Text: text, Entities: ents}).message, nil
}

// caption reads the caption of a call.
func (s *Server) caption(c *call) (string, []entity, error) {
	text, ents, err := s.formatted(c, "caption", "parse_mode", "caption_entities")
	if err == nil && utf8.RuneCountInString(text) > maxCaption {
		err = badRequest("message caption is too long")
	}
	return text, ents, err
}

// mediaSender makes the call that sends one file of a kind in the parameter of
// that name.
func mediaSender(kind string) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) {
		text, ents, err := s.caption(c)
		if err != nil {
			return nil, err
		}
		med, err := s.media(c, kind, kind, c.str(kind))
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		d, err := s.draft(c)
		if err != nil {
			return nil, err
		}
		m := message{Caption: text, CaptionEntities: ents}
		s.attach(&m, med)
		return s.send(d, m).message, nil
	}
}

func (s *Server) sendLocation(c *call) (any, error) {
	lat, err1 := strconv.ParseFloat(c.str("latitude"), 64)
	long, err2 := strconv.ParseFloat(c.str("longitude"), 64)
	if err1 != nil || err2 != nil || math.Abs(lat) > 90 || math.Abs(long) > 180 {
		return nil, badRequest("invalid location specified")
	}
	return s.sendPlain(c, message{Location: &location{lat, long}})
}

func (s *Server) sendContact(c *call) (any, error) {
	k := &contact{Phone: c.str("phone_number"), FirstName: c.str("first_name")}
	if k.Phone == "" || k.FirstName == "" {
		return nil, badRequest("phone number and first name are required")
	}
	return s.sendPlain(c, message{Contact: k})
}

// sendPlain sends what has neither text nor file.
func (s *Server) sendPlain(c *call, m message) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	return s.send(d, m).message, nil
}

func (s *Server) sendChatAction(c *call) (any, error) {
	action := c.str("action")
	known := s.schema.Types["SendChatActionAction"].Enum
	if !slices.Contains(known, any(action)) {
		return nil, badRequest("wrong parameter action in request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	s.emit(struct {
		eventHead
		Action string `json:"action"`
		Thread int64  `json:"thread,omitempty"`
	}{eventHead{ch.info.ID, "typing"}, action, c.num("message_thread_id", 0)})
	return true, nil
}

func (s *Server) getMe(*call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return botUser{user: *s.me, CanJoinGroups: true, SupportsInlineQueries: true}, nil
}

// logOut also serves close: both end the bot's session elsewhere, and there is
// no elsewhere here.
func (s *Server) logOut(*call) (any, error) { return true, nil }
