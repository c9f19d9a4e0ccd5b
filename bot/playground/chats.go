package playground

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A chat holds its messages as everybody in it sees them.
type chat struct {
	info     chatInfo
	members  map[int64]string // status by user id, for groups
	posts    []*post          // ascending by id
	lastID   int64
	topics   map[int64]*topic
	general  general // topic of a forum
	started  bool    // private: the person has started the bot
	blocked  bool    // private: the person has blocked the bot
	migrated int64
	pins     []int64

	description string // of a group
}

// A post is a message and what only this server knows of it.
type post struct {
	message
	keyboard  any // reply keyboard that came with it, as the page gets it
	deleted   bool
	service   bool
	reactions map[int64][]string // by user id
}

type topic struct {
	id     int64
	name   string
	color  int
	closed bool
}

func parseID(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// addPrivate makes a private chat with u. The caller holds s.mu.
func (s *Server) addPrivate(u *user, started bool) *chat {
	s.users[u.ID] = u
	c := &chat{
		info:    chatInfo{ID: u.ID, Type: "private", FirstName: u.FirstName, Username: u.Username},
		started: started,
	}
	s.chats[u.ID] = c
	s.order = append(s.order, u.ID)
	return c
}

// addGroup makes a group. Its first message has id 2: on Telegram the first one
// tells that the group was made, and 1 is also the id of a forum's General
// topic, which no other topic may get. The caller holds s.mu.
func (s *Server) addGroup(id int64, typ, title string, forum bool) *chat {
	c := &chat{
		info:    chatInfo{ID: id, Type: typ, Title: title, IsForum: forum},
		members: make(map[int64]string),
		topics:  make(map[int64]*topic),
		lastID:  1,
	}
	s.chats[id] = c
	s.order = append(s.order, id)
	return c
}

func (c *chat) private() bool { return c.info.Type == "private" }

// find returns the message with that id, or nil when there is none, also when
// it was deleted.
func (c *chat) find(id int64) *post {
	i := sort.Search(len(c.posts), func(i int) bool { return c.posts[i].ID >= id })
	if i < len(c.posts) && c.posts[i].ID == id && !c.posts[i].deleted {
		return c.posts[i]
	}
	return nil
}

// present reports whether u may speak in the chat.
func (c *chat) present(u int64) bool {
	if c.private() {
		return u == c.info.ID
	}
	switch c.members[u] {
	case "creator", "administrator", "member", "restricted":
		return true
	}
	return false
}

// speaker is who speaks in the chat when nobody is named: its person, or the
// member with the lowest id.
func (s *Server) speaker(c *chat) int64 {
	if c.private() {
		return c.info.ID
	}
	var ids []int64
	for id := range c.members {
		if id != s.me.ID && c.present(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0
	}
	return slices.Min(ids)
}

// chatFor finds the chat that a call names and refuses what the real server
// refuses about it. The caller holds s.mu.
func (s *Server) chatFor(c *call, param string) (*chat, error) {
	v := strings.TrimSpace(c.str(param))
	if v == "" {
		return nil, badRequest(param + " is empty")
	}
	var found *chat
	if name, ok := strings.CutPrefix(v, "@"); ok {
		for _, id := range s.order {
			if ch := s.chats[id]; ch.info.Username != "" && strings.EqualFold(ch.info.Username, name) && !ch.private() {
				found = ch
			}
		}
	} else {
		id := parseID(v)
		found = s.chats[id]
		if found == nil && s.users[id] != nil && id != s.me.ID {
			return nil, forbidden("bot can't initiate conversation with a user")
		}
	}
	if found == nil {
		return nil, badRequest("chat not found")
	}
	return found, nil
}

// reachable is chatFor for calls that write.
func (s *Server) reachable(c *call, param string) (*chat, error) {
	ch, err := s.chatFor(c, param)
	switch {
	case err != nil:
		return nil, err
	case ch.migrated != 0:
		return nil, &apiError{code: 400, desc: "Bad Request: group chat was upgraded to a supergroup chat", migrate: ch.migrated}
	case ch.private() && ch.blocked:
		return nil, forbidden("bot was blocked by the user")
	case ch.private() && !ch.started:
		return nil, forbidden("bot can't initiate conversation with a user")
	case !ch.private() && ch.members[s.me.ID] == "kicked":
		return nil, forbidden("bot was kicked from the " + ch.info.Type + " chat")
	case !ch.private() && !ch.present(s.me.ID):
		return nil, forbidden("bot is not a member of the " + ch.info.Type + " chat")
	}
	return ch, nil
}

// add stores m as the newest message of c and tells the page. The id and the
// date of m are set here. The caller holds s.mu.
func (s *Server) add(c *chat, p *post) *post {
	c.lastID++
	p.ID = c.lastID
	p.Date = s.now().Unix()
	p.Chat = c.info
	if p.ThreadID != 0 {
		p.IsTopicMessage = true
	}
	c.posts = append(c.posts, p)
	if n := len(c.posts) - s.limits.Messages; n > 0 {
		clear(c.posts[:n])
		c.posts = c.posts[n:]
	}
	s.emitPost("message", c, p)
	return p
}

// heard reports whether the bot gets a person's message in c: all in private
// chats and as an administrator, else what privacy mode lets through.
func (s *Server) heard(c *chat, p *post) bool {
	if c.private() {
		return true
	}
	if !c.present(s.me.ID) {
		return false
	}
	if c.members[s.me.ID] == "administrator" || p.service {
		return true
	}
	if r := p.ReplyTo; r != nil && r.From != nil && r.From.ID == s.me.ID {
		return true
	}
	text, ents := p.Text, p.Entities
	if text == "" {
		text, ents = p.Caption, p.CaptionEntities
	}
	for _, e := range ents {
		word := strings.ToLower(cut16(text, e.Offset, e.Length))
		at := "@" + strings.ToLower(s.me.Username)
		switch {
		case e.Type == "mention" && word == at:
			return true
		case e.Type == "bot_command" && e.Offset == 0:
			_, name, named := strings.Cut(word, "@")
			if named {
				return "@"+name == at
			}
			return true
		}
	}
	return false
}
