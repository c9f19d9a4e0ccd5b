package telegram

import (
	"encoding/json"
	"fmt"

	"github.com/go-telegram/bot/models"
)

// An update holds what this package reads of an update. It is decoded into types
// of its own, of which only the leaves are the library's: the library's whole
// update cannot be decoded when one of its unions has a kind that came after it,
// and the person who wrote would get no answer.
type update struct {
	ID            int64          `json:"update_id"`
	Message       *message       `json:"message"`
	EditedMessage *message       `json:"edited_message"`
	CallbackQuery *callbackQuery `json:"callback_query"`
	MyChatMember  *struct {
		Chat      chat `json:"chat"`
		NewMember struct {
			Status string `json:"status"`
		} `json:"new_chat_member"`
	} `json:"my_chat_member"`
}

type chat struct {
	ID   int64           `json:"id"`
	Type models.ChatType `json:"type"`
}

func (c chat) private() bool { return c.Type == models.ChatTypePrivate }

type person struct {
	ID       int64  `json:"id"`
	IsBot    bool   `json:"is_bot"`
	Name     string `json:"first_name"`
	Language string `json:"language_code"`
}

type callbackQuery struct {
	ID      string   `json:"id"`
	From    person   `json:"from"`
	Message *message `json:"message"` // with Date 0 when it is too old to be seen
	Data    string   `json:"data"`
}

type message struct {
	ID              int64                  `json:"message_id"`
	Thread          int64                  `json:"message_thread_id"`
	InTopic         bool                   `json:"is_topic_message"`
	From            *person                `json:"from"`
	SenderChat      *chat                  `json:"sender_chat"`
	Date            int64                  `json:"date"`
	Chat            chat                   `json:"chat"`
	ReplyTo         *replied               `json:"reply_to_message"`
	MediaGroup      string                 `json:"media_group_id"`
	Text            string                 `json:"text"`
	Entities        []models.MessageEntity `json:"entities"`
	Caption         string                 `json:"caption"`
	CaptionEntities []models.MessageEntity `json:"caption_entities"`
	Photo           []models.PhotoSize     `json:"photo"`
	LivePhoto       *struct {
		Photo []models.PhotoSize `json:"photo"`
	} `json:"live_photo"`
	Document        *models.Document `json:"document"`
	MigrateToChatID int64            `json:"migrate_to_chat_id"`

	has map[string]bool // names of the fields that are there, known or not
}

// replied is the message that another one answers.
type replied struct {
	ID      int64           `json:"message_id"`
	From    *person         `json:"from"`
	Text    string          `json:"text"`
	Caption string          `json:"caption"`
	Created json.RawMessage `json:"forum_topic_created"`
}

func (m *message) UnmarshalJSON(data []byte) error {
	type plain message
	if err := json.Unmarshal(data, (*plain)(m)); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	m.has = make(map[string]bool, len(fields))
	for name, value := range fields {
		if string(value) != "null" {
			m.has[name] = true
		}
	}
	return nil
}

// parse decodes an update as it came.
func parse(raw []byte) (*update, error) {
	u := new(update)
	if err := json.Unmarshal(raw, u); err != nil {
		return nil, fmt.Errorf("parse update: %w", err)
	}
	return u, nil
}

// chat returns the chat in whose order the update belongs, 0 for none.
func (u *update) chat() int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.EditedMessage != nil:
		return u.EditedMessage.Chat.ID
	case u.CallbackQuery != nil && u.CallbackQuery.Message != nil:
		return u.CallbackQuery.Message.Chat.ID
	case u.MyChatMember != nil:
		return u.MyChatMember.Chat.ID
	}
	return 0
}

// language returns that of the client of who sent u, "" when it is not known.
func (u *update) language() string {
	switch {
	case u.Message != nil && u.Message.From != nil:
		return u.Message.From.Language
	case u.EditedMessage != nil && u.EditedMessage.From != nil:
		return u.EditedMessage.From.Language
	case u.CallbackQuery != nil:
		return u.CallbackQuery.From.Language
	}
	return ""
}

// album returns what the parts of an album share, "" for no album.
func (u *update) album() string {
	if u.Message == nil {
		return ""
	}
	return u.Message.MediaGroup
}
