package playground

import (
	"strings"
	"unicode/utf8"
)

// What administrators do to a group as a whole: its General topic, its title, and
// who may be in it.

// general is the state of the General topic, which every forum has.
type general struct{ closed, hidden bool }

// generalTopic finds the group whose General topic a call changes, changes it,
// and tells of it with m. The caller does not hold s.mu.
func (s *Server) generalTopic(c *call, change func(*general), m message) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.forum(c, "edit the topic")
	if err != nil {
		return nil, err
	}
	before := ch.general
	change(&ch.general)
	if ch.general == before {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	m.From = s.me
	s.add(ch, &post{service: true, message: m})
	return true, nil
}

func (s *Server) closeGeneralForumTopic(c *call) (any, error) {
	return s.generalTopic(c, func(g *general) { g.closed = true }, message{TopicClosed: &struct{}{}})
}

func (s *Server) reopenGeneralForumTopic(c *call) (any, error) {
	return s.generalTopic(c, func(g *general) { *g = general{} }, message{TopicReopened: &struct{}{}})
}

// hideGeneralForumTopic closes the topic, too.
func (s *Server) hideGeneralForumTopic(c *call) (any, error) {
	return s.generalTopic(c, func(g *general) { *g = general{true, true} }, message{GeneralHidden: &struct{}{}})
}

func (s *Server) unhideGeneralForumTopic(c *call) (any, error) {
	return s.generalTopic(c, func(g *general) { g.hidden = false }, message{GeneralUnhidden: &struct{}{}})
}

func (s *Server) editGeneralForumTopic(c *call) (any, error) {
	name, err := topicName(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.forum(c, "edit the topic")
	if err != nil {
		return nil, err
	}
	s.add(ch, &post{service: true, message: message{From: s.me, TopicEdited: &topicEdited{name}}})
	return true, nil
}

func (s *Server) unpinAllGeneralForumTopicMessages(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.forum(c, "manage pinned messages in the chat")
	if err != nil {
		return nil, err
	}
	s.unpinAll(ch, func(p *post) bool { return p.ThreadID == 0 })
	return true, nil
}

// getForumTopicIconStickers answers that there are none: this Telegram has no
// stickers of its own.
func (s *Server) getForumTopicIconStickers(*call) (any, error) { return []sticker{}, nil }

// managed finds the group that a call changes. The caller holds s.mu.
func (s *Server) managed(c *call, doing string) (*chat, error) {
	ch, err := s.reachable(c, "chat_id")
	switch {
	case err != nil:
		return nil, err
	case ch.private():
		return nil, badRequest("can't " + doing + " in private chats")
	case ch.members[s.me.ID] != "administrator":
		return nil, badRequest("not enough rights to " + doing)
	}
	return ch, nil
}

func (s *Server) setChatTitle(c *call) (any, error) {
	title := strings.TrimSpace(c.str("title"))
	if n := utf8.RuneCountInString(title); n < 1 || n > 128 {
		return nil, badRequest("chat title is empty or too long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.managed(c, "change chat title")
	if err != nil {
		return nil, err
	}
	if ch.info.Title == title {
		return nil, badRequest("chat title is not modified")
	}
	ch.info.Title = title
	s.add(ch, &post{service: true, message: message{From: s.me, NewTitle: title}})
	s.emit(eventHead{ch.info.ID, "chat"})
	return true, nil
}

func (s *Server) setChatDescription(c *call) (any, error) {
	text := strings.TrimSpace(c.str("description"))
	if utf8.RuneCountInString(text) > 255 {
		return nil, badRequest("chat description is too long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.managed(c, "change chat description")
	if err != nil {
		return nil, err
	}
	if ch.description == text {
		return nil, badRequest("chat description is not modified")
	}
	ch.description = text
	return true, nil
}

// banned finds whom a call lets in or keeps out. The caller holds s.mu.
func (s *Server) banned(c *call) (ch *chat, id int64, err error) {
	if ch, err = s.managed(c, "restrict/unrestrict chat member"); err != nil {
		return nil, 0, err
	}
	id = c.num("user_id", 0)
	switch {
	case s.users[id] == nil:
		return nil, 0, badRequest("PARTICIPANT_ID_INVALID")
	case id == s.me.ID:
		return nil, 0, badRequest("can't restrict self")
	case ch.members[id] == "creator":
		return nil, 0, badRequest("can't remove chat owner")
	case ch.members[id] == "administrator":
		return nil, 0, badRequest("user is an administrator of the chat")
	}
	return ch, id, nil
}

func (s *Server) banChatMember(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, id, err := s.banned(c)
	if err != nil {
		return nil, err
	}
	before, was := s.member(ch, id), ch.present(id)
	ch.members[id] = "kicked"
	s.pushMember(ch, s.me, id, before)
	if was {
		s.add(ch, &post{service: true, message: message{From: s.me, LeftMember: s.users[id]}})
	}
	return true, nil
}

// unbanChatMember lets somebody come back; who is in the group is put out of it
// unless the call says otherwise, as on the real server.
func (s *Server) unbanChatMember(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, id, err := s.banned(c)
	if err != nil {
		return nil, err
	}
	if ch.members[id] != "kicked" && (c.flag("only_if_banned") || !ch.present(id)) {
		return true, nil
	}
	before, was := s.member(ch, id), ch.present(id)
	ch.members[id] = "left"
	s.pushMember(ch, s.me, id, before)
	if was {
		s.add(ch, &post{service: true, message: message{From: s.me, LeftMember: s.users[id]}})
	}
	return true, nil
}

// getUserProfilePhotos answers that there are none.
func (s *Server) getUserProfilePhotos(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[c.num("user_id", 0)] == nil {
		return nil, badRequest("user not found")
	}
	return struct {
		Total  int           `json:"total_count"`
		Photos [][]photoSize `json:"photos"`
	}{0, [][]photoSize{}}, nil
}
