package playground

// member is a member of a chat with what the Bot API tells of its status.
func (s *Server) member(c *chat, id int64) any {
	u := s.users[id]
	status := c.members[id]
	if c.private() {
		status = "member"
	}
	m := chatMember{User: u, Status: status}
	switch status {
	case "creator":
		return struct {
			chatMember
			Anonymous bool `json:"is_anonymous"`
		}{m, false}
	case "administrator":
		return administrator{
			chatMember: m, CanManageChat: true, CanDeleteMessages: true, CanManageVideoChats: true, CanRestrictMembers: true,
			CanPromoteMembers: true, CanChangeInfo: true, CanInviteUsers: true, CanPostStories: true, CanEditStories: true,
			CanDeleteStories: true, CanPinMessages: true, CanManageTopics: true, CanSendWelcome: true,
		}
	case "kicked":
		return struct {
			chatMember
			Until int64 `json:"until_date"`
		}{m, 0}
	case "":
		m.Status = "left"
	}
	return m
}

func (s *Server) getChatMember(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	id := c.num("user_id", 0)
	switch {
	case id == 0:
		return nil, badRequest("invalid user_id specified")
	case s.users[id] == nil:
		return nil, badRequest("PARTICIPANT_ID_INVALID")
	case ch.private() && id != ch.info.ID && id != s.me.ID:
		return nil, badRequest("user not found")
	}
	return s.member(ch, id), nil
}

func (s *Server) getChatAdministrators(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if ch.private() {
		return nil, badRequest("there are no administrators in the private chat")
	}
	list := []any{}
	for _, id := range sortedKeys(ch.members) {
		if st := ch.members[id]; st == "creator" || st == "administrator" && (id == s.me.ID || !s.users[id].IsBot) {
			list = append(list, s.member(ch, id))
		}
	}
	return list, nil
}

func (s *Server) getChatMemberCount(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if ch.private() {
		return 2, nil
	}
	n := 0
	for id := range ch.members {
		if ch.present(id) {
			n++
		}
	}
	return n, nil
}

// getChat answers what is known of a chat, with the values that the schema
// wants and that mean nothing here.
func (s *Server) getChat(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.chatFor(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if !ch.private() && !ch.present(s.me.ID) {
		return nil, forbidden("bot is not a member of the " + ch.info.Type + " chat")
	}
	full := struct {
		chatInfo
		Accent    int             `json:"accent_color_id"`
		Reactions int             `json:"max_reaction_count"`
		Gifts     map[string]bool `json:"accepted_gift_types"`
		About     string          `json:"description,omitempty"`
		Pinned    *message        `json:"pinned_message,omitempty"`
	}{ch.info, int(max(ch.info.ID, -ch.info.ID) % 7), 11, map[string]bool{
		"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false, "gifts_from_channels": false,
	}, ch.description, nil}
	if n := len(ch.pins); n > 0 {
		if p := ch.find(ch.pins[n-1]); p != nil {
			full.Pinned = p.asReply()
		}
	}
	return full, nil
}

func (s *Server) leaveChat(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.reachable(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if ch.private() {
		return nil, badRequest("chat not found")
	}
	ch.members[s.me.ID] = "left"
	s.add(ch, &post{service: true, message: message{From: s.me, LeftMember: s.me}})
	return true, nil
}

// pushMember tells the bot that somebody's status in a chat has changed: its
// own as my_chat_member, which it always gets, others' as chat_member.
func (s *Server) pushMember(c *chat, by *user, id int64, before any) {
	kind := "chat_member"
	if id == s.me.ID {
		kind = "my_chat_member"
	} else if c.members[s.me.ID] != "administrator" {
		return
	}
	s.push(heldUpdate{kind, struct {
		Chat chatInfo `json:"chat"`
		From *user    `json:"from"`
		Date int64    `json:"date"`
		Old  any      `json:"old_chat_member"`
		New  any      `json:"new_chat_member"`
	}{c.info, by, s.now().Unix(), before, s.member(c, id)}, update{
		lane: lane{"chat", c.info.ID}, expires: s.now().Add(keepUpdates),
	}})
}
