package playground

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// simRoutes are the person's side. It is for whoever sits at this machine: it
// asks for no secret, and guard keeps foreign pages away.
func (s *Server) simRoutes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /sim/chats", s.simChats)
	m.HandleFunc("GET /sim/chats/{id}/messages", s.simMessages)
	m.HandleFunc("POST /sim/chats/{id}/text", s.simText)
	m.HandleFunc("POST /sim/chats/{id}/files", s.simFiles)
	m.HandleFunc("POST /sim/chats/{id}/press", s.simPress)
	m.HandleFunc("POST /sim/chats/{id}/send", s.simSend)
	m.HandleFunc("POST /sim/chats/{id}/do", s.simDo)
	m.HandleFunc("POST /sim/chats", s.simNewChat)
	m.HandleFunc("GET /sim/inline/{id}", s.simInline)
	m.HandleFunc("GET /sim/me", s.simMe)
	m.HandleFunc("GET /sim/files/{id}", s.simFile)
	m.HandleFunc("GET /sim/events", s.simEvents)
	m.HandleFunc("GET /sim/calls", s.simCalls)
	m.HandleFunc("POST /sim/updates", s.simUpdates)
	m.HandleFunc("POST /sim/faults", s.simFaults)
	m.HandleFunc("DELETE /sim/faults", s.simFaults)
	m.HandleFunc("POST /sim/clock", s.simClock)
	m.HandleFunc("POST /sim/pacing", s.simPacing)
	return m
}

// answer writes the JSON answer of a /sim request.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	json.NewEncoder(w).Encode(v)
}

// refuse answers a /sim request that cannot be done with {"error":"why"}.
func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]string{"error": why})
}

func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }

// chatOf finds the chat of a /sim request. The caller holds s.mu.
func (s *Server) chatOf(w http.ResponseWriter, r *http.Request) (*chat, bool) {
	c := s.chats[parseID(r.PathValue("id"))]
	if c == nil {
		refuse(w, http.StatusNotFound, "there is no such chat")
		return nil, false
	}
	return c, true
}

// person finds the chat of a request and who acts in it: from, or whoever
// speaks there when from is 0. The caller holds s.mu.
func (s *Server) person(w http.ResponseWriter, r *http.Request, from int64) (*chat, *user, bool) {
	c, ok := s.chatOf(w, r)
	if !ok {
		return nil, nil, false
	}
	if from == 0 {
		from = s.speaker(c)
	}
	u := s.users[from]
	switch {
	case u == nil || u.IsBot || !c.present(from):
		refuse(w, http.StatusForbidden, "from is not in this chat")
		return nil, nil, false
	case c.migrated != 0:
		refuse(w, http.StatusGone, "the group has moved to "+strconv.FormatInt(c.migrated, 10))
		return nil, nil, false
	}
	return c, u, true
}

type simChat struct {
	ID        int64       `json:"id"`
	Type      string      `json:"type"`
	Title     string      `json:"title"`
	IsForum   bool        `json:"is_forum,omitempty"`
	Blocked   bool        `json:"blocked,omitempty"`
	Migrated  int64       `json:"migrated_to,omitempty"`
	Members   []simMember `json:"members,omitempty"`
	Topics    []simTopic  `json:"topics,omitempty"`
	LastID    int64       `json:"last_id"`
	BotStatus string      `json:"bot,omitempty"` // its status in a group
}

type simMember struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

type simTopic struct {
	Thread int64  `json:"thread"`
	Name   string `json:"name"`
	Closed bool   `json:"closed,omitempty"`
}

func (s *Server) viewChat(c *chat) simChat {
	v := simChat{
		ID: c.info.ID, Type: c.info.Type, Title: c.info.Title, IsForum: c.info.IsForum,
		Blocked: c.blocked, Migrated: c.migrated, LastID: c.lastID, BotStatus: c.members[s.me.ID],
	}
	if c.private() {
		v.Title = c.info.FirstName
	}
	for _, id := range sortedKeys(c.members) {
		if id != s.me.ID {
			v.Members = append(v.Members, simMember{id, s.users[id].FirstName, c.members[id]})
		}
	}
	for _, id := range sortedKeys(c.topics) {
		t := c.topics[id]
		v.Topics = append(v.Topics, simTopic{t.id, t.name, t.closed})
	}
	return v
}

func (s *Server) simChats(w http.ResponseWriter, _ *http.Request) {
	list := []simChat{}
	s.mu.Lock()
	for _, id := range s.order {
		list = append(list, s.viewChat(s.chats[id]))
	}
	s.mu.Unlock()
	answer(w, list)
}

// simMessages answers GET /sim/chats/{id}/messages?after=, oldest first.
func (s *Server) simMessages(w http.ResponseWriter, r *http.Request) {
	after := parseID(r.FormValue("after"))
	list := []simMessage{}
	s.mu.Lock()
	c, ok := s.chatOf(w, r)
	if ok {
		for _, p := range c.posts {
			if p.ID > after {
				list = append(list, s.view(c, p))
			}
		}
	}
	s.mu.Unlock()
	if ok {
		answer(w, list)
	}
}

// where is what all messages of persons may say of their place.
type where struct {
	From      int64 `json:"from"`
	ReplyTo   int64 `json:"reply_to"`
	Thread    int64 `json:"thread"`
	Anonymous bool  `json:"anonymous"` // an administrator who speaks as the group
}

// anonymousBot is who the real server names as the sender of what
// administrators say as their group.
var anonymousBot = &user{ID: 1087968824, IsBot: true, FirstName: "Group", Username: "GroupAnonymousBot"}

// place finds where a person's message goes and returns it with all but its
// content. The caller holds s.mu.
func (s *Server) place(w http.ResponseWriter, r *http.Request, in where) (*chat, *post, bool) {
	c, u, ok := s.person(w, r, in.From)
	if !ok {
		return nil, nil, false
	}
	if s.full() {
		refuse(w, http.StatusServiceUnavailable, "too many updates are waiting for the bot")
		return nil, nil, false
	}
	p := &post{message: message{From: u, ThreadID: in.Thread}}
	if in.Anonymous {
		if st := c.members[u.ID]; st != "creator" && st != "administrator" {
			refuse(w, http.StatusForbidden, "only administrators of a group speak as the group")
			return nil, nil, false
		}
		group := c.info
		p.From, p.SenderChat = anonymousBot, &group
	}
	if in.ReplyTo != 0 {
		to := c.find(in.ReplyTo)
		if to == nil {
			refuse(w, http.StatusNotFound, "there is no message to reply to")
			return nil, nil, false
		}
		p.ReplyTo = to.asReply()
		if p.ThreadID == 0 && c.info.IsForum {
			p.ThreadID = to.ThreadID
		}
	}
	if p.ThreadID == 0 {
		if c.general.closed && c.members[u.ID] == "member" {
			refuse(w, http.StatusForbidden, "the topic is closed")
			return nil, nil, false
		}
		return c, p, true
	}
	t := c.topics[p.ThreadID]
	switch {
	case t == nil:
		refuse(w, http.StatusNotFound, "there is no such topic")
		return nil, nil, false
	case t.closed && c.members[u.ID] == "member":
		refuse(w, http.StatusForbidden, "the topic is closed")
		return nil, nil, false
	}
	if p.ReplyTo == nil {
		// A quirk of the real server: what is said in a topic answers the
		// message that made the topic.
		if root := c.find(p.ThreadID); root != nil {
			p.ReplyTo = root.asReply()
		}
	}
	return c, p, true
}

// say stores messages of a person and queues them for the bot. The caller
// holds s.mu.
func (s *Server) say(c *chat, posts ...*post) []int64 {
	if c.private() {
		c.started = true
		c.blocked = false // clients unblock a bot to write to it
	}
	var ids []int64
	for _, p := range posts {
		s.add(c, p)
		ids = append(ids, p.ID)
	}
	return ids
}

// sent answers a request that made messages.
func sent(w http.ResponseWriter, ids []int64) {
	if len(ids) == 1 {
		answer(w, map[string]any{"message_id": ids[0]})
		return
	}
	answer(w, map[string]any{"message_id": ids[0], "message_ids": ids})
}

// simText answers POST /sim/chats/{id}/text. A longer text than a message holds
// becomes several, as clients do it.
func (s *Server) simText(w http.ResponseWriter, r *http.Request) {
	var in struct {
		where
		Text string `json:"text"`
	}
	if !read(w, r, &in) {
		return
	}
	text := strings.TrimSpace(strings.ToValidUTF8(in.Text, "\ufffd"))
	if text == "" {
		refuse(w, http.StatusBadRequest, "the text is empty; clients do not send that")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, p, ok := s.place(w, r, in.where)
	if !ok {
		return
	}
	var ids []int64
	for text != "" {
		part := text
		if utf8.RuneCountInString(text) > maxText {
			part = string([]rune(text)[:maxText])
		}
		text = text[len(part):]
		one := *p
		one.Text = part
		one.Entities = s.detect(part, nil)
		ids = append(ids, s.say(c, &one)...)
		s.pushPosts("message", c, &one)
	}
	sent(w, ids)
}

// simFiles answers POST /sim/chats/{id}/files: as=photo|file, caption, and one
// or more parts "file". Up to ten of a kind become one album; a photo that no
// client could read as a picture goes as a file.
func (s *Server) simFiles(w http.ResponseWriter, r *http.Request) {
	p, err := parseParams(r)
	switch {
	case errors.Is(err, errTooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "the files are too big together")
		return
	case err != nil || len(p.order) == 0:
		refuse(w, http.StatusBadRequest, "send a multipart form with one or more parts named file")
		return
	}
	as := p.text["as"]
	if as == "" {
		as = "file"
	}
	if as != "photo" && as != "file" {
		refuse(w, http.StatusBadRequest, "as is photo or file")
		return
	}
	caption := strings.TrimSpace(strings.ToValidUTF8(p.text["caption"], "\ufffd"))
	if utf8.RuneCountInString(caption) > maxCaption {
		refuse(w, http.StatusBadRequest, "the caption is longer than 1024 characters")
		return
	}
	var all []media
	for _, key := range p.order {
		up := p.files[key]
		if int64(len(up.data)) > s.limits.PersonBytes {
			refuse(w, http.StatusRequestEntityTooLarge, "the file is too big for this chat")
			return
		}
		all = append(all, personMedia(as, up))
	}
	in := where{parseID(p.text["from"]), parseID(p.text["reply_to"]), parseID(p.text["thread"]), truth(p.text["anonymous"])}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, base, ok := s.place(w, r, in)
	if !ok {
		return
	}
	var ids []int64
	for len(all) > 0 {
		n := 1
		for n < min(len(all), maxAlbum) && all[n].kind == all[0].kind {
			n++
		}
		posts := s.album(base, all[:n])
		if caption != "" {
			posts[0].Caption, posts[0].CaptionEntities = caption, s.detect(caption, nil)
			caption = ""
		}
		ids = append(ids, s.say(c, posts...)...)
		s.pushPosts("message", c, posts...)
		all = all[n:]
	}
	sent(w, ids)
}

const maxAlbum = 10

// albumID returns a new media_group_id.
func (s *Server) albumID() string { return strconv.FormatInt(13800000000000000+s.next(), 10) }

// album makes the posts of one message or one album from media of one kind.
func (s *Server) album(base *post, all []media) []*post {
	group := ""
	if len(all) > 1 {
		group = s.albumID()
	}
	var posts []*post
	for _, m := range all {
		p := *base
		p.Album = group
		s.attach(&p.message, m)
		posts = append(posts, &p)
	}
	return posts
}

// personMedia makes media of what a person sends. It runs without the lock.
func personMedia(as string, up upload) media {
	if as == "photo" {
		if sizes, err := recompress(up.data, 4*maxPhotoSides); err == nil {
			return media{"photo", sizes}
		}
	}
	return media{"document", []*file{{
		kind: "document", name: baseName(up.name), mime: mimeOf(up.name, up.mime), data: up.data,
	}}}
}
