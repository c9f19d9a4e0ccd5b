package playground

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// simSend answers POST /sim/chats/{id}/send: what people send beside texts and
// files.
func (s *Server) simSend(w http.ResponseWriter, r *http.Request) {
	var in struct {
		where
		Kind  string `json:"kind"`
		Emoji string `json:"emoji"` // of a sticker
	}
	if !read(w, r, &in) {
		return
	}
	var m message
	var f *file
	switch in.Kind {
	case "sticker":
		f = &file{kind: "sticker", name: "sticker.webp", mime: "image/webp", data: []byte("RIFF\x04\x00\x00\x00WEBP")}
	case "voice":
		f = &file{kind: "voice", name: "voice.ogg", mime: "audio/ogg", data: []byte("OggS")}
	case "audio":
		f = &file{kind: "audio", name: "audio.mp3", mime: "audio/mpeg", data: []byte("ID3")}
	case "video", "animation":
		f = &file{kind: in.Kind, name: in.Kind + ".mp4", mime: "video/mp4", width: 640, height: 360, data: []byte("\x00\x00\x00\x08ftyp")}
	case "contact":
		m.Contact = &contact{Phone: "+10000000000", FirstName: "联系人"}
	case "location":
		m.Location = &location{39.9042, 116.4074}
	default:
		refuse(w, http.StatusBadRequest, "kind is sticker, voice, audio, video, animation, contact or location")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, p, ok := s.place(w, r, in.where)
	if !ok {
		return
	}
	p.Contact, p.Location = m.Contact, m.Location
	if f != nil {
		s.attach(&p.message, media{f.kind, []*file{f}})
	}
	if in.Emoji != "" && p.Sticker != nil {
		p.Sticker.Emoji = in.Emoji
	}
	ids := s.say(c, p)
	s.pushPosts("message", c, p)
	sent(w, ids)
}

// simNewChat answers POST /sim/chats.
func (s *Server) simNewChat(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type     string `json:"type"` // private, group, supergroup, or user for one without a private chat
		ID       int64  `json:"id"`   // chosen when absent
		Title    string `json:"title"`
		Username string `json:"username"`
		Lang     string `json:"lang"`
		Started  *bool  `json:"started"` // private: true when absent
		IsForum  bool   `json:"is_forum"`
		Bot      string `json:"bot"` // its status: administrator when absent, member or none
		Members  []struct {
			ID     int64  `json:"id"`
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"members"`
		Topics []string `json:"topics"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Title == "" || utf8.RuneCountInString(in.Title) > 128 {
		refuse(w, http.StatusBadRequest, "title has 1 to 128 characters")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	group := in.Type == "group" || in.Type == "supergroup"
	switch {
	case !group && in.Type != "private" && in.Type != "user":
		refuse(w, http.StatusBadRequest, "type is private, group, supergroup or user")
		return
	case len(s.users) >= s.limits.Chats || len(s.chats) >= s.limits.Chats:
		refuse(w, http.StatusTooManyRequests, "there are too many chats")
		return
	case in.ID != 0 && (group != (in.ID < 0) || s.chats[in.ID] != nil || s.users[in.ID] != nil):
		refuse(w, http.StatusConflict, "the id is taken or not of this type")
		return
	case in.IsForum && in.Type != "supergroup":
		refuse(w, http.StatusBadRequest, "only supergroups have topics")
		return
	}
	if !group {
		s.newPerson(w, in.Type, &user{ID: in.ID, FirstName: in.Title, Username: in.Username, LanguageCode: in.Lang}, in.Started)
		return
	}
	members := map[int64]string{}
	for _, m := range in.Members {
		if m.ID <= 0 || m.ID == s.me.ID || m.Status != "" && !slices.Contains(statuses, m.Status) {
			refuse(w, http.StatusBadRequest, "members have a positive id and one of the statuses "+strings.Join(statuses, " "))
			return
		}
		if s.users[m.ID] == nil {
			s.users[m.ID] = &user{ID: m.ID, FirstName: m.Name, LanguageCode: "zh-hans"}
		}
		members[m.ID] = m.Status
		if m.Status == "" {
			members[m.ID] = "member"
		}
	}
	if in.ID == 0 {
		in.ID = s.freeID(StaffChat-1, -1)
		if in.Type == "group" {
			in.ID = s.freeID(-5001, -1)
		}
	}
	c := s.addGroup(in.ID, in.Type, in.Title, in.IsForum)
	c.members = members
	by := s.users[s.speaker(c)]
	if in.Bot != "none" && by != nil {
		before := s.member(c, s.me.ID)
		c.members[s.me.ID] = "administrator"
		if in.Bot == "member" {
			c.members[s.me.ID] = "member"
		}
		s.pushMember(c, by, s.me.ID, before)
	}
	for _, name := range in.Topics {
		if in.IsForum && by != nil && name != "" {
			s.addTopic(c, by, name, topicColor)
		}
	}
	s.emit(eventHead{in.ID, "chat"})
	answer(w, s.viewChat(c))
}

var statuses = []string{"creator", "administrator", "member", "left", "kicked"}

// newPerson adds a user, and the private chat with it unless typ is user.
func (s *Server) newPerson(w http.ResponseWriter, typ string, u *user, started *bool) {
	if u.ID == 0 {
		u.ID = s.freeID(SecondApplicant+1, 1)
	}
	if u.LanguageCode == "" {
		u.LanguageCode = "zh-hans"
	}
	if typ == "user" {
		s.users[u.ID] = u
		answer(w, simMember{ID: u.ID, Name: u.FirstName})
		return
	}
	c := s.addPrivate(u, started == nil || *started)
	s.emit(eventHead{u.ID, "chat"})
	answer(w, s.viewChat(c))
}

func (s *Server) freeID(from, step int64) int64 {
	for s.chats[from] != nil || s.users[from] != nil {
		from += step
	}
	return from
}

// A deed is the body of POST /sim/chats/{id}/do.
type deed struct {
	where
	Action  string `json:"action"`
	Message int64  `json:"message_id"`
	Text    string `json:"text"` // edit: the new text or caption
	Name    string `json:"name"` // of a topic or a member
	User    int64  `json:"user"`
	Status  string `json:"status"`
	Emoji   string `json:"emoji"`
	Query   string `json:"query"`
	Offset  string `json:"offset"`
	Inline  string `json:"inline_query_id"`
	Result  string `json:"result_id"`
}

// deeds are what a person can do in a chat beside writing. They run with s.mu
// held and return what is answered.
var deeds = map[string]func(*Server, *chat, *user, *deed) (map[string]any, error){
	"edit": (*Server).doEdit, "delete": (*Server).doDelete, "react": (*Server).doReact,
	"block": (*Server).doBlock, "unblock": (*Server).doBlock,
	"create-topic": (*Server).doTopic, "rename-topic": (*Server).doTopic, "close-topic": (*Server).doTopic,
	"reopen-topic": (*Server).doTopic, "delete-topic": (*Server).doTopic,
	"set-member": (*Server).doMember, "set-bot": (*Server).doMember,
	"migrate": (*Server).doMigrate, "inline-query": (*Server).doInline, "choose": (*Server).doInline,
}

// errDeed is why something cannot be done.
type errDeed string

func (e errDeed) Error() string { return string(e) }

func (s *Server) simDo(w http.ResponseWriter, r *http.Request) {
	var in deed
	if !read(w, r, &in) {
		return
	}
	do := deeds[in.Action]
	if do == nil {
		refuse(w, http.StatusBadRequest, "there is no such action")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u, ok := s.person(w, r, in.From)
	if !ok {
		return
	}
	if s.full() {
		refuse(w, http.StatusServiceUnavailable, "too many updates are waiting for the bot")
		return
	}
	out, err := do(s, c, u, &in)
	var why errDeed
	var refused *apiError
	switch {
	case errors.As(err, &why):
		refuse(w, http.StatusConflict, string(why))
	case errors.As(err, &refused):
		refuse(w, http.StatusConflict, refused.desc)
	case out == nil:
		answer(w, map[string]any{})
	default:
		answer(w, out)
	}
}

func (s *Server) doEdit(c *chat, u *user, in *deed) (map[string]any, error) {
	p := c.find(in.Message)
	text := strings.TrimSpace(in.Text)
	switch {
	case p == nil:
		return nil, errDeed("there is no such message")
	case p.From == nil || p.From.ID != u.ID || p.service:
		return nil, errDeed("people edit their own messages")
	case p.hasCaption() && utf8.RuneCountInString(text) > maxCaption, utf8.RuneCountInString(text) > maxText, !p.hasCaption() && text == "":
		return nil, errDeed("the text is empty or too long")
	}
	m := p.message
	if p.hasCaption() {
		m.Caption, m.CaptionEntities = text, s.detect(text, nil)
	} else {
		m.Text, m.Entities = text, s.detect(text, nil)
	}
	m.EditDate = s.now().Unix()
	p.message = m
	s.emitPost("edit", c, p)
	s.pushPosts("edited_message", c, p)
	return nil, nil
}

// doDelete deletes a message for both sides; bots are not told.
func (s *Server) doDelete(c *chat, u *user, in *deed) (map[string]any, error) {
	p := c.find(in.Message)
	if p == nil {
		return nil, errDeed("there is no such message")
	}
	if own := p.From != nil && p.From.ID == u.ID; !own && !c.private() && c.members[u.ID] == "member" {
		return nil, errDeed("members delete their own messages")
	}
	s.remove(c, p)
	return nil, nil
}

func (s *Server) doReact(c *chat, u *user, in *deed) (map[string]any, error) {
	p := c.find(in.Message)
	if p == nil {
		return nil, errDeed("there is no such message")
	}
	if in.Emoji != "" && !s.reactionEmoji(in.Emoji) {
		return nil, errDeed("there is no such reaction")
	}
	type reaction struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	}
	wire := func(emoji []string) []reaction {
		list := []reaction{}
		for _, e := range emoji {
			list = append(list, reaction{"emoji", e})
		}
		return list
	}
	before := wire(p.reactions[u.ID])
	var emoji []string
	if in.Emoji != "" {
		emoji = []string{in.Emoji}
	}
	p.react(u.ID, emoji)
	s.emitPost("edit", c, p)
	if c.private() || c.members[s.me.ID] == "administrator" {
		s.push(heldUpdate{"message_reaction", struct {
			Chat chatInfo   `json:"chat"`
			ID   int64      `json:"message_id"`
			User *user      `json:"user"`
			Date int64      `json:"date"`
			Old  []reaction `json:"old_reaction"`
			New  []reaction `json:"new_reaction"`
		}{c.info, p.ID, u, s.now().Unix(), before, wire(emoji)}, update{lane: lane{"chat", c.info.ID}, expires: s.now().Add(keepUpdates)}})
	}
	return nil, nil
}

func (s *Server) doBlock(c *chat, u *user, in *deed) (map[string]any, error) {
	if !c.private() {
		return nil, errDeed("people block bots in private chats")
	}
	block := in.Action == "block"
	if c.blocked == block {
		return nil, nil
	}
	before, after := "member", "kicked"
	if !block {
		before, after = after, before
	}
	c.blocked = block
	s.push(heldUpdate{"my_chat_member", struct {
		Chat chatInfo `json:"chat"`
		From *user    `json:"from"`
		Date int64    `json:"date"`
		Old  any      `json:"old_chat_member"`
		New  any      `json:"new_chat_member"`
	}{c.info, u, s.now().Unix(), s.standing(before), s.standing(after)}, update{lane: lane{"chat", c.info.ID}, expires: s.now().Add(keepUpdates)}})
	return nil, nil
}
