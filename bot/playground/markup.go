package playground

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A markup is what reply_markup asks for; at most one of its parts is set.
type markup struct {
	inline   *inlineKeyboard
	keyboard any // what the page gets of a reply keyboard
}

// simKeyboard is a reply keyboard, or its removal, as the page gets it.
type simKeyboard struct {
	Rows    [][]string `json:"rows,omitempty"`
	OneTime bool       `json:"one_time,omitempty"`
	Hint    string     `json:"placeholder,omitempty"`
	Remove  bool       `json:"remove,omitempty"`
	Force   bool       `json:"force_reply,omitempty"`
}

// markup reads reply_markup and refuses what the real server refuses.
func (s *Server) markup(c *call) (markup, error) {
	raw := c.raw("reply_markup")
	if len(strings.TrimSpace(string(raw))) == 0 {
		return markup{}, nil
	}
	return s.parseMarkup(raw)
}

func (s *Server) parseMarkup(raw json.RawMessage) (markup, error) {
	var m struct {
		Inline   json.RawMessage `json:"inline_keyboard"`
		Keyboard [][]keyButton   `json:"keyboard"`
		OneTime  bool            `json:"one_time_keyboard"`
		Hint     string          `json:"input_field_placeholder"`
		Remove   bool            `json:"remove_keyboard"`
		Force    bool            `json:"force_reply"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return markup{}, badRequest("can't parse reply keyboard markup JSON object")
	}
	switch {
	case m.Inline != nil:
		k := &inlineKeyboard{}
		if json.Unmarshal(m.Inline, &k.Rows) != nil {
			return markup{}, badRequest("can't parse inline keyboard button: expected an Object")
		}
		if err := checkButtons(k); err != nil {
			return markup{}, err
		}
		if len(k.Rows) == 0 {
			return markup{}, nil
		}
		return markup{inline: k}, nil
	case m.Keyboard != nil:
		k := simKeyboard{OneTime: m.OneTime, Hint: m.Hint}
		for _, row := range m.Keyboard {
			var labels []string
			for _, b := range row {
				if b.Text == "" {
					return markup{}, badRequest("keyboard button text must be non-empty")
				}
				labels = append(labels, b.Text)
			}
			k.Rows = append(k.Rows, labels)
		}
		return markup{keyboard: k}, nil
	case m.Remove:
		return markup{keyboard: simKeyboard{Remove: true}}, nil
	case m.Force:
		return markup{keyboard: simKeyboard{Force: true, Hint: m.Hint}}, nil
	}
	return markup{}, nil
}

// keyButton is a button of a reply keyboard, which may be a bare string.
type keyButton struct{ Text string }

func (b *keyButton) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &b.Text) == nil {
		return nil
	}
	var o struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(data, &o)
	b.Text = o.Text
	return err
}

const (
	maxButtons     = 100
	maxButtonData  = 64  // bytes
	maxButtonCopy  = 256 // characters
	maxButtonLabel = 2048
)

func checkButtons(k *inlineKeyboard) error {
	n := 0
	rows := k.Rows[:0]
	for _, row := range k.Rows {
		for _, b := range row {
			n++
			switch {
			case strings.TrimSpace(b.Text) == "" || len(b.Text) > maxButtonLabel:
				return badRequest("can't parse inline keyboard button: Field \"text\" must be non-empty")
			case len(b.Data) > maxButtonData:
				return badRequest("BUTTON_DATA_INVALID")
			case b.Copy != nil && (b.Copy.Text == "" || utf8.RuneCountInString(b.Copy.Text) > maxButtonCopy):
				return badRequest("BUTTON_COPY_TEXT_INVALID")
			case b.URL != "" && !linkable(b.URL):
				return badRequest("inline keyboard button URL '" + b.URL + "' is invalid: Wrong HTTP URL")
			case b.Data == "" && b.Copy == nil && b.URL == "" && b.Switch == nil && b.SwitchHere == nil &&
				b.SwitchChosen == nil && b.WebApp == nil && b.LoginURL == nil && b.Disabled == nil:
				return badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
			}
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	k.Rows = rows
	if n > maxButtons {
		return badRequest("BUTTONS_TOO_MUCH") // not in the documentation; clients see REPLY_MARKUP_TOO_LONG as well
	}
	return nil
}
