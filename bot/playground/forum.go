package playground

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	topicColor = 7322096 // the first of the documentation's list
	maxTopics  = 10_000
)

// forum finds the group whose topics a call changes. The caller holds s.mu.
func (s *Server) forum(c *call, doing string) (*chat, error) {
	ch, err := s.reachable(c, "chat_id")
	switch {
	case err != nil:
		return nil, err
	case !ch.info.IsForum:
		return nil, badRequest("the chat is not a forum")
	case ch.members[s.me.ID] != "administrator":
		return nil, badRequest("not enough rights to " + doing)
	}
	return ch, nil
}

func topicName(c *call) (string, error) {
	name := strings.TrimSpace(c.str("name"))
	if n := utf8.RuneCountInString(name); n < 1 || n > 128 {
		return "", badRequest("TOPIC_TITLE_EMPTY")
	}
	return name, nil
}

// addTopic makes a topic; its id is that of the service message which tells of
// it. The caller holds s.mu.
func (s *Server) addTopic(ch *chat, by *user, name string, color int) *post {
	id := ch.lastID + 1
	ch.topics[id] = &topic{id: id, name: name, color: color}
	return s.add(ch, &post{service: true, message: message{From: by, ThreadID: id, TopicCreated: &topicCreated{name, color}}})
}

func (s *Server) createForumTopic(c *call) (any, error) {
	name, err := topicName(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.forum(c, "create a topic")
	if err != nil {
		return nil, err
	}
	if len(ch.topics) >= maxTopics {
		return nil, badRequest("TOPICS_TOO_MUCH")
	}
	color := int(c.num("icon_color", topicColor))
	p := s.addTopic(ch, s.me, name, color)
	return forumTopic{p.ID, name, color}, nil
}

// topicOf finds the group and the topic of a call. The caller holds s.mu.
func (s *Server) topicOf(c *call, doing string) (*chat, *topic, error) {
	ch, err := s.forum(c, doing)
	if err != nil {
		return nil, nil, err
	}
	t := ch.topics[c.num("message_thread_id", 0)]
	if t == nil {
		return nil, nil, badRequest("TOPIC_ID_INVALID")
	}
	return ch, t, nil
}

func (s *Server) editForumTopic(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, t, err := s.topicOf(c, "edit the topic")
	if err != nil {
		return nil, err
	}
	if !c.has("name") || c.str("name") == t.name {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	name, err := topicName(c)
	if err != nil {
		return nil, err
	}
	s.renameTopic(ch, s.me, t, name)
	return true, nil
}

func (s *Server) renameTopic(ch *chat, by *user, t *topic, name string) *post {
	t.name = name
	return s.add(ch, &post{service: true, message: message{From: by, ThreadID: t.id, TopicEdited: &topicEdited{name}}})
}

func (s *Server) closeForumTopic(c *call) (any, error)  { return s.shutTopic(c, true) }
func (s *Server) reopenForumTopic(c *call) (any, error) { return s.shutTopic(c, false) }

func (s *Server) shutTopic(c *call, closed bool) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, t, err := s.topicOf(c, "close the topic")
	if err != nil {
		return nil, err
	}
	if t.closed == closed {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	s.shut(ch, s.me, t, closed)
	return true, nil
}

func (s *Server) shut(ch *chat, by *user, t *topic, closed bool) *post {
	t.closed = closed
	m := message{From: by, ThreadID: t.id}
	if closed {
		m.TopicClosed = &struct{}{}
	} else {
		m.TopicReopened = &struct{}{}
	}
	return s.add(ch, &post{service: true, message: m})
}

func (s *Server) deleteForumTopic(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, t, err := s.topicOf(c, "delete the topic")
	if err != nil {
		return nil, err
	}
	s.dropTopic(ch, t)
	return true, nil
}

// dropTopic deletes a topic and everything that was said in it.
func (s *Server) dropTopic(ch *chat, t *topic) {
	delete(ch.topics, t.id)
	for _, p := range ch.posts {
		if p.ThreadID == t.id && !p.deleted {
			s.remove(ch, p)
		}
	}
}

func (s *Server) pinChatMessage(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.pinnable(c)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, badRequest("message to pin not found")
	}
	if !slices.Contains(ch.pins, p.ID) {
		ch.pins = append(ch.pins, p.ID)
		s.emitPost("edit", ch, p)
		s.add(ch, &post{service: true, message: message{From: s.me, ThreadID: p.ThreadID, Pinned: p.asReply()}})
	}
	return true, nil
}

// pinnable finds the message of a call about pins, nil when there is none.
func (s *Server) pinnable(c *call) (*chat, *post, error) {
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, nil, err
	}
	if !ch.private() && ch.members[s.me.ID] != "administrator" {
		return nil, nil, badRequest("not enough rights to manage pinned messages in the chat")
	}
	return ch, ch.find(c.num("message_id", 0)), nil
}

// unpinChatMessage takes off one pin, the latest when none is named.
func (s *Server) unpinChatMessage(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, p, err := s.pinnable(c)
	if err != nil {
		return nil, err
	}
	if !c.has("message_id") && len(ch.pins) > 0 {
		p = ch.find(ch.pins[len(ch.pins)-1])
	}
	if p == nil || !slices.Contains(ch.pins, p.ID) {
		return nil, badRequest("message to unpin not found")
	}
	ch.pins = slices.DeleteFunc(ch.pins, func(id int64) bool { return id == p.ID })
	s.emitPost("edit", ch, p)
	return true, nil
}

func (s *Server) unpinAllChatMessages(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, _, err := s.pinnable(c)
	if err != nil {
		return nil, err
	}
	s.unpinAll(ch, func(*post) bool { return true })
	return true, nil
}

func (s *Server) unpinAllForumTopicMessages(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, t, err := s.topicOf(c, "manage pinned messages in the chat")
	if err != nil {
		return nil, err
	}
	s.unpinAll(ch, func(p *post) bool { return p.ThreadID == t.id })
	return true, nil
}

func (s *Server) unpinAll(ch *chat, which func(*post) bool) {
	old := ch.pins
	ch.pins = nil
	for _, id := range old {
		p := ch.find(id)
		switch {
		case p == nil:
		case which(p):
			s.emitPost("edit", ch, p)
		default:
			ch.pins = append(ch.pins, id)
		}
	}
}
