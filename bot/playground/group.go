package playground

import (
	"encoding/json"
	"unicode/utf8"
)

// inputMedia is an InputMediaPhoto and its like.
type inputMedia struct {
	Type            string          `json:"type"`
	Media           string          `json:"media"`
	Caption         string          `json:"caption"`
	ParseMode       string          `json:"parse_mode"`
	CaptionEntities json.RawMessage `json:"caption_entities"`
}

var mediaKinds = map[string]bool{"photo": true, "document": true, "video": true, "audio": true, "animation": true}

// inputMedia reads one element of an album, or what editMessageMedia puts in
// place. It runs without the lock.
func (s *Server) inputMedia(c *call, in inputMedia) (message, media, error) {
	if !mediaKinds[in.Type] {
		return message{}, media{}, badRequest("can't parse InputMedia: type must be one of the known media types")
	}
	text, ents, err := s.format(in.Caption, in.ParseMode, in.CaptionEntities)
	if err != nil {
		return message{}, media{}, err
	}
	if utf8.RuneCountInString(text) > maxCaption {
		return message{}, media{}, badRequest("message caption is too long")
	}
	med, err := s.media(c, in.Type, "", in.Media)
	return message{Caption: text, CaptionEntities: ents}, med, err
}

// sendMediaGroup sends an album of 2 to 10; documents and audio only among
// themselves.
func (s *Server) sendMediaGroup(c *call) (any, error) {
	var list []inputMedia
	if err := c.decode("media", &list, "media"); err != nil {
		return nil, err
	}
	switch {
	case len(list) == 0:
		return nil, badRequest("there are no messages to send")
	case len(list) > maxAlbum:
		return nil, badRequest("too many messages to send as an album")
	}
	var ms []message
	var all []media
	for _, in := range list {
		first := list[0].Type
		if in.Type == "animation" || in.Type != first && (in.Type == "document" || in.Type == "audio" || first == "document" || first == "audio") {
			return nil, badRequest("can't use the media of the specified type in the album")
		}
		m, med, err := s.inputMedia(c, in)
		if err != nil {
			return nil, err
		}
		ms, all = append(ms, m), append(all, med)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	d.markup = markup{}
	album := ""
	if len(list) > 1 {
		album = s.albumID()
	}
	var out []message
	for i := range ms {
		ms[i].Album = album
		s.attach(&ms[i], all[i])
		out = append(out, s.send(d, ms[i]).message)
	}
	return out, nil
}
