package playground

import (
	"slices"
)

type messageID struct {
	ID int64 `json:"message_id"`
}

// source finds the message that a call copies or forwards; verb words the error.
func (s *Server) source(c *call, id int64, verb string) (*post, error) {
	from, err := s.chatFor(c, "from_chat_id")
	if err != nil {
		return nil, err
	}
	if !from.private() && !from.present(s.me.ID) {
		return nil, badRequest("chat not found")
	}
	p := from.find(id)
	if p == nil {
		return nil, badRequest("message to " + verb + " not found")
	}
	if p.service || p.Protected {
		word := map[string]string{"copy": "copied", "forward": "forwarded"}[verb]
		return nil, badRequest("message can't be " + word)
	}
	return p, nil
}

// content is the message without what belongs to its place.
func (p *post) content() message {
	m := p.message
	m.ReplyMarkup, m.EditDate, m.Album, m.ViaBot, m.ForwardOrigin, m.IsTopicMessage = nil, 0, "", nil, nil, false
	return m
}

func (s *Server) copyMessage(c *call) (any, error) {
	text, ents, err := s.caption(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	p, err := s.source(c, c.num("message_id", 0), "copy")
	if err != nil {
		return nil, err
	}
	m := p.content()
	if c.has("caption") && p.hasCaption() {
		m.Caption, m.CaptionEntities = text, ents
	}
	return messageID{s.send(d, m).ID}, nil
}

func (s *Server) forwardMessage(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	p, err := s.source(c, c.num("message_id", 0), "forward")
	if err != nil {
		return nil, err
	}
	return s.send(d, p.forwarded()).message, nil
}

// forwarded is the message with its first author named.
func (p *post) forwarded() message {
	m := p.content()
	m.ForwardOrigin = p.ForwardOrigin
	if m.ForwardOrigin == nil {
		m.ForwardOrigin = &origin{Type: "user", Date: p.Date, SenderUser: p.From}
	}
	return m
}

func (s *Server) copyMessages(c *call) (any, error) {
	return s.several(c, "copy", func(p *post) message {
		m := p.content()
		if c.flag("remove_caption") {
			m.Caption, m.CaptionEntities = "", nil
		}
		return m
	})
}

func (s *Server) forwardMessages(c *call) (any, error) {
	return s.several(c, "forward", (*post).forwarded)
}

// several copies or forwards up to 100 messages; albums stay albums, and what
// is not there is passed over.
func (s *Server) several(c *call, verb string, content func(*post) message) (any, error) {
	ids, err := c.ints("message_ids")
	switch {
	case err != nil:
		return nil, err
	case len(ids) == 0:
		return nil, badRequest("message identifiers are not specified")
	case len(ids) > maxBatch:
		return nil, badRequest("too many message identifiers specified")
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			return nil, badRequest("message identifiers must be in a strictly increasing order")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	albums := map[string]string{}
	out := []messageID{}
	for _, id := range ids {
		p, err := s.source(c, id, verb)
		if err != nil {
			continue
		}
		m := content(p)
		if p.Album != "" {
			if albums[p.Album] == "" {
				albums[p.Album] = s.albumID()
			}
			m.Album = albums[p.Album]
		}
		out = append(out, messageID{s.send(d, m).ID})
	}
	if len(out) == 0 {
		return nil, badRequest("there are no messages to " + verb)
	}
	return out, nil
}

// setMessageReaction shows the bot's reaction; bots have one a message.
func (s *Server) setMessageReaction(c *call) (any, error) {
	var list []struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	}
	if err := c.decode("reaction", &list, "reaction types"); err != nil {
		return nil, err
	}
	if len(list) > 1 {
		return nil, badRequest("REACTIONS_TOO_MANY")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	p := ch.find(c.num("message_id", 0))
	if p == nil {
		return nil, badRequest("message to react not found")
	}
	var emoji []string
	for _, r := range list {
		if r.Type != "emoji" || !s.reactionEmoji(r.Emoji) {
			return nil, badRequest("REACTION_INVALID")
		}
		emoji = append(emoji, r.Emoji)
	}
	p.react(s.me.ID, emoji)
	s.emitPost("edit", ch, p)
	return true, nil
}

// reactionEmoji reports whether people and bots may react with e.
func (s *Server) reactionEmoji(e string) bool {
	return slices.Contains(s.schema.Types["ReactionTypeEmojiEmoji"].Enum, any(e))
}

func (p *post) react(u int64, emoji []string) {
	if p.reactions == nil {
		p.reactions = make(map[int64][]string)
	}
	if len(emoji) == 0 {
		delete(p.reactions, u)
		return
	}
	p.reactions[u] = emoji
}
