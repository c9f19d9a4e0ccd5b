package playground

import (
	"maps"
	"slices"
	"strings"
)

// What people do in groups, for POST /sim/chats/{id}/do.

func (s *Server) doTopic(c *chat, u *user, in *deed) (map[string]any, error) {
	if !c.info.IsForum {
		return nil, errDeed("the group has no topics")
	}
	name := strings.TrimSpace(in.Name)
	if in.Action == "create-topic" {
		if name == "" || len(c.topics) >= maxTopics {
			return nil, errDeed("the topic has no name, or there are too many")
		}
		p := s.addTopic(c, u, name, topicColor)
		s.pushPosts("message", c, p)
		return map[string]any{"thread": p.ID}, nil
	}
	t := c.topics[in.Thread]
	if t == nil {
		return nil, errDeed("there is no such topic")
	}
	switch closed := in.Action == "close-topic"; {
	case in.Action == "delete-topic":
		s.dropTopic(c, t) // bots are not told
	case in.Action == "rename-topic" && name == "":
		return nil, errDeed("the topic has no name")
	case in.Action == "rename-topic":
		s.pushPosts("message", c, s.renameTopic(c, u, t, name))
	case t.closed != closed:
		s.pushPosts("message", c, s.shut(c, u, t, closed))
	}
	return nil, nil
}

// doMember changes somebody's status in a group: set-member that of user, who
// is made when unknown, set-bot the bot's.
func (s *Server) doMember(c *chat, u *user, in *deed) (map[string]any, error) {
	id := in.User
	if in.Action == "set-bot" {
		id = s.me.ID
	}
	switch {
	case c.private():
		return nil, errDeed("the chat is no group")
	case !slices.Contains(statuses, in.Status):
		return nil, errDeed("status is one of " + strings.Join(statuses, " "))
	case id <= 0 || id == s.me.ID && in.Action == "set-member":
		return nil, errDeed("user is the id of a person")
	case s.users[id] == nil && len(s.users) >= s.limits.Chats:
		return nil, errDeed("there are too many people")
	}
	if s.users[id] == nil {
		s.users[id] = &user{ID: id, FirstName: in.Name, LanguageCode: "zh-hans"}
	}
	was := c.present(id)
	before := s.member(c, id)
	c.members[id] = in.Status
	var p *post
	switch is := c.present(id); {
	case is && !was:
		p = s.add(c, &post{service: true, message: message{From: u, NewMembers: []*user{s.users[id]}}})
	case was && !is:
		p = s.add(c, &post{service: true, message: message{From: u, LeftMember: s.users[id]}})
	}
	s.pushMember(c, u, id, before)
	if p != nil {
		s.pushPosts("message", c, p)
	}
	return nil, nil
}

// standing is the bot's membership in a private chat, as my_chat_member has it.
func (s *Server) standing(status string) any {
	c := &chat{members: map[int64]string{s.me.ID: status}}
	return s.member(c, s.me.ID)
}

// doMigrate turns a group into a supergroup: a new chat with a new id and the
// same people. The old one refuses messages and says where to go.
func (s *Server) doMigrate(c *chat, u *user, _ *deed) (map[string]any, error) {
	if c.info.Type != "group" {
		return nil, errDeed("only groups become supergroups")
	}
	id := s.freeID(StaffChat-1, -1)
	to := s.addGroup(id, "supergroup", c.info.Title, false)
	maps.Copy(to.members, c.members)
	left := s.add(c, &post{service: true, message: message{From: u, MigrateTo: id}})
	s.pushPosts("message", c, left)
	c.migrated = id
	came := s.add(to, &post{service: true, message: message{From: u, MigrateFrom: c.info.ID}})
	s.pushPosts("message", to, came)
	return map[string]any{"chat_id": id}, nil
}

// doInline types an inline query, or sends one of its results.
func (s *Server) doInline(c *chat, u *user, in *deed) (map[string]any, error) {
	if in.Action == "inline-query" {
		return map[string]any{"inline_query_id": s.ask(c, u, in.Query, in.Offset)}, nil
	}
	p, err := s.choose(c, u, in.Inline, in.Result)
	if err != nil {
		return nil, err
	}
	return map[string]any{"message_id": p.ID}, nil
}
