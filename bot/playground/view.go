package playground

// A simMessage is a message as the person's side gets it.
type simMessage struct {
	ID        int64         `json:"id"`
	From      any           `json:"from"` // "bot", or the sender's id
	FromName  string        `json:"from_name,omitempty"`
	Date      int64         `json:"date"` // Unix seconds
	Kind      string        `json:"type"` // text, photo, document, video, animation, audio, voice, sticker, contact, location, service
	Text      string        `json:"text,omitempty"`
	Caption   string        `json:"caption,omitempty"`
	Spans     []entity      `json:"spans,omitempty"` // of the text or the caption, in UTF-16 units
	Buttons   [][]simButton `json:"buttons,omitempty"`
	Keyboard  any           `json:"keyboard,omitempty"`
	File      *simFileInfo  `json:"file,omitempty"`
	Photo     *simSize      `json:"photo,omitempty"` // of a photo
	Album     string        `json:"album,omitempty"`
	Edited    bool          `json:"edited,omitempty"`
	Deleted   bool          `json:"deleted,omitempty"`
	Thread    int64         `json:"thread,omitempty"`
	ReplyTo   int64         `json:"reply_to,omitempty"`
	Service   string        `json:"service,omitempty"` // what happened, in words
	Contact   *contact      `json:"contact,omitempty"`
	Location  *location     `json:"location,omitempty"`
	Emoji     string        `json:"emoji,omitempty"` // of a sticker
	Reactions []string      `json:"reactions,omitempty"`
	Forwarded string        `json:"forwarded_from,omitempty"`
	Pinned    bool          `json:"pinned,omitempty"`
	Protected bool          `json:"protected,omitempty"`
}

type simButton struct {
	Text   string  `json:"text"`
	Data   string  `json:"data,omitempty"`
	Copy   string  `json:"copy,omitempty"`
	URL    string  `json:"url,omitempty"`
	Switch *string `json:"switch_inline_query,omitempty"`
	Style  string  `json:"style,omitempty"`
}

type simFileInfo struct {
	ID    string `json:"id"` // for /sim/files/{id}
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	MIME  string `json:"mime"`
}

type simSize struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// view is p as the person's side gets it. The caller holds s.mu.
func (s *Server) view(c *chat, p *post) simMessage {
	v := simMessage{
		ID: p.ID, Date: p.Date, Text: p.Text, Caption: p.Caption, Thread: p.ThreadID, Album: p.Album,
		Edited: p.EditDate != 0, Deleted: p.deleted, Contact: p.Contact, Location: p.Location, Protected: p.Protected,
		From: "bot", Kind: "text", Spans: p.Entities, Keyboard: p.keyboard, Service: service(&p.message),
	}
	if p.From != nil {
		v.FromName = p.From.FirstName
		if p.From.ID != s.me.ID {
			v.From = p.From.ID
		}
	}
	if p.deleted {
		return simMessage{ID: v.ID, Date: v.Date, From: v.From, FromName: v.FromName, Thread: v.Thread, Kind: "text", Deleted: true}
	}
	if p.Caption != "" {
		v.Spans = p.CaptionEntities
	}
	if p.ReplyTo != nil && p.ReplyTo.TopicCreated == nil {
		v.ReplyTo = p.ReplyTo.ID
	}
	if p.ForwardOrigin != nil {
		v.Forwarded = p.ForwardOrigin.SenderUser.FirstName
	}
	if p.ReplyMarkup != nil {
		for _, row := range p.ReplyMarkup.Rows {
			var bs []simButton
			for _, b := range row {
				sb := simButton{Text: b.Text, Data: b.Data, URL: b.URL, Style: b.Style, Switch: b.Switch}
				if b.Copy != nil {
					sb.Copy = b.Copy.Text
				}
				bs = append(bs, sb)
			}
			v.Buttons = append(v.Buttons, bs)
		}
	}
	s.viewFile(&v, &p.message)
	for _, u := range sortedKeys(p.reactions) {
		v.Reactions = append(v.Reactions, p.reactions[u]...)
	}
	for _, id := range c.pins {
		v.Pinned = v.Pinned || id == p.ID
	}
	return v
}

// viewFile fills in the kind of a message and its file.
func (s *Server) viewFile(v *simMessage, m *message) {
	one := func(kind string, f *fileInfo) {
		v.Kind = kind
		v.File = &simFileInfo{f.ID, f.Name, f.Size, f.MIME}
	}
	switch {
	case v.Service != "":
		v.Kind = "service"
	case m.Photo != nil:
		big := m.Photo[len(m.Photo)-1]
		v.Kind = "photo"
		v.File = &simFileInfo{big.ID, "", big.Size, "image/jpeg"}
		v.Photo = &simSize{big.Width, big.Height}
	case m.Video != nil:
		one("video", m.Video)
	case m.Animation != nil:
		one("animation", m.Animation)
	case m.Audio != nil:
		one("audio", m.Audio)
	case m.Voice != nil:
		one("voice", m.Voice)
	case m.Document != nil:
		one("document", m.Document)
	case m.Sticker != nil:
		v.Kind, v.Emoji = "sticker", m.Sticker.Emoji
	case m.Contact != nil:
		v.Kind = "contact"
	case m.Location != nil:
		v.Kind = "location"
	}
}

// service words what a service message tells; empty for an ordinary message.
func service(m *message) string {
	switch {
	case m.TopicCreated != nil:
		return "话题「" + m.TopicCreated.Name + "」已创建"
	case m.TopicEdited != nil:
		return "话题改名为「" + m.TopicEdited.Name + "」"
	case m.TopicClosed != nil:
		return "话题已关闭"
	case m.TopicReopened != nil:
		return "话题已重新打开"
	case m.GeneralHidden != nil:
		return "综合话题已隐藏"
	case m.GeneralUnhidden != nil:
		return "综合话题已显示"
	case m.NewTitle != "":
		return "群组改名为「" + m.NewTitle + "」"
	case m.Pinned != nil:
		return "置顶了一条消息"
	case m.NewMembers != nil:
		return m.NewMembers[0].FirstName + " 加入了群组"
	case m.LeftMember != nil:
		return m.LeftMember.FirstName + " 离开了群组"
	case m.MigrateTo != 0:
		return "群组已升级为超级群组"
	case m.MigrateFrom != 0:
		return "由群组升级而来"
	}
	return ""
}
