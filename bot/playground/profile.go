package playground

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"
)

// profile is how the bot presents itself. Texts are kept by language code, ""
// for everybody else.
type profile struct {
	names, descriptions, shorts map[string]string
	commands                    []commandList
	menu                        map[int64]json.RawMessage // by chat, 0 for the default
}

// commandList is what one setMyCommands set.
type commandList struct {
	Scope    commandScope `json:"scope"`
	Language string       `json:"language_code"`
	Commands []command    `json:"commands"`
}

type commandScope struct {
	Type string `json:"type"`
	Chat int64  `json:"chat_id,omitempty"`
	User int64  `json:"user_id,omitempty"`
}

type command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

var commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// scope reads the scope and the language of a call about commands.
func (s *Server) scope(c *call) (commandScope, string, error) {
	var in struct {
		Type string          `json:"type"`
		Chat json.RawMessage `json:"chat_id"`
		User int64           `json:"user_id"`
	}
	in.Type = "default"
	if err := c.decode("scope", &in, "BotCommandScope"); err != nil {
		return commandScope{}, "", err
	}
	sc := commandScope{Type: in.Type, User: in.User}
	if in.Chat != nil {
		id := call{params: &params{text: map[string]string{"chat_id": string(trimQuotes(in.Chat))}}}
		ch, err := s.chatFor(&id, "chat_id")
		if err != nil {
			return commandScope{}, "", err
		}
		sc.Chat = ch.info.ID
	}
	return sc, c.str("language_code"), nil
}

func trimQuotes(b []byte) []byte {
	if len(b) >= 2 && b[0] == '"' {
		return b[1 : len(b)-1]
	}
	return b
}

func (p *profile) find(sc commandScope, lang string) int {
	return slices.IndexFunc(p.commands, func(l commandList) bool { return l.Scope == sc && l.Language == lang })
}

func (s *Server) setMyCommands(c *call) (any, error) {
	var list []command
	if err := c.decode("commands", &list, "BotCommand"); err != nil {
		return nil, err
	}
	if len(list) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for i, k := range list {
		if len(k.Command) > 0 && k.Command[0] == '/' {
			list[i].Command = k.Command[1:] // the server takes it off
		}
		if !commandForm.MatchString(list[i].Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(k.Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sc, lang, err := s.scope(c)
	if err != nil {
		return nil, err
	}
	p := &s.profile
	if i := p.find(sc, lang); i >= 0 {
		p.commands = slices.Delete(p.commands, i, i+1)
	}
	if len(p.commands) >= 1000 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	if len(list) > 0 {
		p.commands = append(p.commands, commandList{sc, lang, list})
	}
	s.emit(eventHead{0, "profile"})
	return true, nil
}

func (s *Server) deleteMyCommands(c *call) (any, error) {
	c.text["commands"] = "[]"
	return s.setMyCommands(c)
}

func (s *Server) getMyCommands(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sc, lang, err := s.scope(c)
	if err != nil {
		return nil, err
	}
	if i := s.profile.find(sc, lang); i >= 0 {
		return s.profile.commands[i].Commands, nil
	}
	return []command{}, nil
}

// commandsFor returns the commands that a user sees in a chat: the narrowest
// scope that is set, and within it the user's language before all languages.
func (s *Server) commandsFor(c *chat, u *user) []command {
	id := c.info.ID
	scopes := []commandScope{{"chat", id, 0}, {"all_private_chats", 0, 0}, {"default", 0, 0}}
	if !c.private() {
		scopes = []commandScope{{"chat_member", id, u.ID}}
		admin := c.members[u.ID] == "creator" || c.members[u.ID] == "administrator"
		if admin {
			scopes = append(scopes, commandScope{"chat_administrators", id, 0})
		}
		scopes = append(scopes, commandScope{"chat", id, 0})
		if admin {
			scopes = append(scopes, commandScope{"all_chat_administrators", 0, 0})
		}
		scopes = append(scopes, commandScope{"all_group_chats", 0, 0}, commandScope{"default", 0, 0})
	}
	for _, sc := range scopes {
		for _, lang := range languages(u.LanguageCode) {
			if i := s.profile.find(sc, lang); i >= 0 {
				return s.profile.commands[i].Commands
			}
		}
	}
	return []command{}
}

// languages are the keys under which something for a language is looked up:
// the two-letter code, then everybody's.
func languages(code string) []string {
	if len(code) < 2 {
		return []string{""}
	}
	return []string{code[:2], ""}
}

// textSetter makes the call that sets a text of the profile, textGetter the one
// that reads it.
func textSetter(param string, limit int, texts func(*profile) *map[string]string) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) {
		v, lang := c.str(param), c.str("language_code")
		if utf8.RuneCountInString(v) > limit {
			return nil, badRequest(param + " is too long")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		m := texts(&s.profile)
		if *m == nil {
			*m = make(map[string]string)
		}
		if v == "" && lang != "" {
			delete(*m, lang)
		} else if len(*m) < 1000 {
			(*m)[lang] = v
		}
		s.emit(eventHead{0, "profile"})
		return true, nil
	}
}

func textGetter(param string, texts func(*profile) *map[string]string) func(*Server, *call) (any, error) {
	return func(s *Server, c *call) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return map[string]string{param: localized(*texts(&s.profile), c.str("language_code"))}, nil
	}
}

func localized(m map[string]string, code string) string {
	for _, lang := range languages(code) {
		if v := m[lang]; v != "" {
			return v
		}
	}
	return ""
}

func profileNames(p *profile) *map[string]string        { return &p.names }
func profileDescriptions(p *profile) *map[string]string { return &p.descriptions }
func profileShorts(p *profile) *map[string]string       { return &p.shorts }

func (s *Server) setChatMenuButton(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.profile.menu == nil {
		s.profile.menu = make(map[int64]json.RawMessage)
	}
	id := c.num("chat_id", 0)
	if id != 0 && s.chats[id] == nil {
		return nil, badRequest("chat not found")
	}
	button := json.RawMessage(`{"type":"default"}`)
	if c.has("menu_button") {
		button = c.raw("menu_button")
	}
	if !json.Valid(button) {
		return nil, badRequest("can't parse MenuButton JSON object")
	}
	s.profile.menu[id] = button
	return true, nil
}

func (s *Server) getChatMenuButton(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range []int64{c.num("chat_id", 0), 0} {
		if b, ok := s.profile.menu[id]; ok {
			return b, nil
		}
	}
	return json.RawMessage(`{"type":"commands"}`), nil
}

// simMe answers GET /sim/me?chat=&user=: the bot as a user sees it in a chat.
func (s *Server) simMe(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[parseID(r.FormValue("chat"))]
	lists := s.profile.commands
	if lists == nil {
		lists = []commandList{}
	}
	u := &user{LanguageCode: "zh-hans"}
	if v := s.users[parseID(r.FormValue("user"))]; v != nil {
		u = v
	} else if c != nil {
		u = s.users[s.speaker(c)]
	}
	commands := []command{}
	switch {
	case c != nil && u != nil:
		commands = s.commandsFor(c, u)
	case c == nil:
		if i := s.profile.find(commandScope{Type: "default"}, ""); i >= 0 {
			commands = lists[i].Commands
		}
	}
	lang := ""
	if u != nil {
		lang = u.LanguageCode
	}
	answer(w, struct {
		ID          int64         `json:"id"`
		Name        string        `json:"name"`
		Username    string        `json:"username"`
		Description string        `json:"description"`
		Short       string        `json:"short_description"`
		Commands    []command     `json:"commands"` // in the chat that was asked for
		Scopes      []commandList `json:"scopes"`   // all that are set
		Polling     bool          `json:"polling"`  // a getUpdates call waits, or a webhook is set
		Waiting     int           `json:"waiting"`  // updates that the bot has not confirmed
	}{
		s.me.ID, localized(s.profile.names, lang), s.me.Username, localized(s.profile.descriptions, lang), localized(s.profile.shorts, lang),
		commands, lists, s.updates.poll != nil || s.updates.hook != nil, len(s.updates.pending),
	})
}
