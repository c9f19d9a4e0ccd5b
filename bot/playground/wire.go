package playground

import "encoding/json"

// The objects of the Bot API that this server sends, with the fields that it
// knows. Values are never changed once they are in a message: an edit makes a
// new message value, so that answers can be encoded without the lock.

type user struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// botUser is what getMe answers.
type botUser struct {
	user
	CanJoinGroups           bool `json:"can_join_groups"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages"`
	SupportsInlineQueries   bool `json:"supports_inline_queries"`
	CanConnectToBusiness    bool `json:"can_connect_to_business"`
	HasMainWebApp           bool `json:"has_main_web_app"`
	HasTopicsEnabled        bool `json:"has_topics_enabled"`
}

type chatInfo struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

type message struct {
	ID              int64           `json:"message_id"`
	ThreadID        int64           `json:"message_thread_id,omitempty"`
	From            *user           `json:"from,omitempty"`
	SenderChat      *chatInfo       `json:"sender_chat,omitempty"`
	Date            int64           `json:"date"`
	Chat            chatInfo        `json:"chat"`
	ForwardOrigin   *origin         `json:"forward_origin,omitempty"`
	IsTopicMessage  bool            `json:"is_topic_message,omitempty"`
	ReplyTo         *message        `json:"reply_to_message,omitempty"`
	Quote           *textQuote      `json:"quote,omitempty"`
	ViaBot          *user           `json:"via_bot,omitempty"`
	EditDate        int64           `json:"edit_date,omitempty"`
	Protected       bool            `json:"has_protected_content,omitempty"`
	Album           string          `json:"media_group_id,omitempty"`
	Text            string          `json:"text,omitempty"`
	Entities        []entity        `json:"entities,omitempty"`
	Animation       *fileInfo       `json:"animation,omitempty"`
	Audio           *fileInfo       `json:"audio,omitempty"`
	Document        *fileInfo       `json:"document,omitempty"`
	Photo           []photoSize     `json:"photo,omitempty"`
	Sticker         *sticker        `json:"sticker,omitempty"`
	Video           *fileInfo       `json:"video,omitempty"`
	Voice           *fileInfo       `json:"voice,omitempty"`
	Caption         string          `json:"caption,omitempty"`
	CaptionEntities []entity        `json:"caption_entities,omitempty"`
	Contact         *contact        `json:"contact,omitempty"`
	Location        *location       `json:"location,omitempty"`
	NewMembers      []*user         `json:"new_chat_members,omitempty"`
	LeftMember      *user           `json:"left_chat_member,omitempty"`
	MigrateTo       int64           `json:"migrate_to_chat_id,omitempty"`
	MigrateFrom     int64           `json:"migrate_from_chat_id,omitempty"`
	Pinned          *message        `json:"pinned_message,omitempty"`
	TopicCreated    *topicCreated   `json:"forum_topic_created,omitempty"`
	TopicEdited     *topicEdited    `json:"forum_topic_edited,omitempty"`
	TopicClosed     *struct{}       `json:"forum_topic_closed,omitempty"`
	TopicReopened   *struct{}       `json:"forum_topic_reopened,omitempty"`
	GeneralHidden   *struct{}       `json:"general_forum_topic_hidden,omitempty"`
	GeneralUnhidden *struct{}       `json:"general_forum_topic_unhidden,omitempty"`
	NewTitle        string          `json:"new_chat_title,omitempty"`
	ReplyMarkup     *inlineKeyboard `json:"reply_markup,omitempty"`
}

type origin struct {
	Type       string `json:"type"` // "user"
	Date       int64  `json:"date"`
	SenderUser *user  `json:"sender_user"`
}

type textQuote struct {
	Text     string `json:"text"`
	Position int    `json:"position"`
	IsManual bool   `json:"is_manual,omitempty"`
}

// entity offsets and lengths are in UTF-16 code units.
type entity struct {
	Type           string          `json:"type"`
	Offset         int             `json:"offset"`
	Length         int             `json:"length"`
	URL            string          `json:"url,omitempty"`
	User           json.RawMessage `json:"user,omitempty"`
	Language       string          `json:"language,omitempty"`
	CustomEmoji    string          `json:"custom_emoji_id,omitempty"`
	UnixTime       int64           `json:"unix_time,omitempty"`
	DateTimeFormat string          `json:"date_time_format,omitempty"`
}

// fileInfo is a Document, Video, Animation, Audio or Voice; each leaves out what
// it does not have.
type fileInfo struct {
	ID       string `json:"file_id"`
	Unique   string `json:"file_unique_id"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Duration *int   `json:"duration,omitempty"`
	Name     string `json:"file_name,omitempty"`
	MIME     string `json:"mime_type,omitempty"`
	Size     int64  `json:"file_size"`
}

type photoSize struct {
	ID     string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Size   int64  `json:"file_size"`
}

type sticker struct {
	ID         string `json:"file_id"`
	Unique     string `json:"file_unique_id"`
	Type       string `json:"type"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	IsAnimated bool   `json:"is_animated"`
	IsVideo    bool   `json:"is_video"`
	Emoji      string `json:"emoji,omitempty"`
	Size       int64  `json:"file_size"`
}

type contact struct {
	Phone     string `json:"phone_number"`
	FirstName string `json:"first_name"`
	UserID    int64  `json:"user_id,omitempty"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type topicCreated struct {
	Name      string `json:"name"`
	IconColor int    `json:"icon_color"`
}

type topicEdited struct {
	Name string `json:"name,omitempty"`
}

type forumTopic struct {
	ThreadID  int64  `json:"message_thread_id"`
	Name      string `json:"name"`
	IconColor int    `json:"icon_color"`
}

// inaccessible stands for a message that is gone.
type inaccessible struct {
	Chat chatInfo `json:"chat"`
	ID   int64    `json:"message_id"`
	Date int64    `json:"date"` // always 0
}

type inlineKeyboard struct {
	Rows [][]inlineButton `json:"inline_keyboard"`
}

type inlineButton struct {
	Text         string          `json:"text"`
	IconEmoji    string          `json:"icon_custom_emoji_id,omitempty"`
	Style        string          `json:"style,omitempty"`
	URL          string          `json:"url,omitempty"`
	Data         string          `json:"callback_data,omitempty"`
	WebApp       json.RawMessage `json:"web_app,omitempty"`
	LoginURL     json.RawMessage `json:"login_url,omitempty"`
	Switch       *string         `json:"switch_inline_query,omitempty"`
	SwitchHere   *string         `json:"switch_inline_query_current_chat,omitempty"`
	SwitchChosen json.RawMessage `json:"switch_inline_query_chosen_chat,omitempty"`
	Copy         *copyText       `json:"copy_text,omitempty"`
	Disabled     json.RawMessage `json:"disabled,omitempty"`
}

type copyText struct {
	Text string `json:"text"`
}

type chatMember struct {
	User   *user  `json:"user"`
	Status string `json:"status"`
}

// administrator is a chatMember with the rights that the schema wants; the bot
// has all of them.
type administrator struct {
	chatMember
	CanBeEdited         bool `json:"can_be_edited"`
	IsAnonymous         bool `json:"is_anonymous"`
	CanManageChat       bool `json:"can_manage_chat"`
	CanDeleteMessages   bool `json:"can_delete_messages"`
	CanManageVideoChats bool `json:"can_manage_video_chats"`
	CanRestrictMembers  bool `json:"can_restrict_members"`
	CanPromoteMembers   bool `json:"can_promote_members"`
	CanChangeInfo       bool `json:"can_change_info"`
	CanInviteUsers      bool `json:"can_invite_users"`
	CanPostStories      bool `json:"can_post_stories"`
	CanEditStories      bool `json:"can_edit_stories"`
	CanDeleteStories    bool `json:"can_delete_stories"`
	CanPinMessages      bool `json:"can_pin_messages"`
	CanManageTopics     bool `json:"can_manage_topics"`
	CanSendWelcome      bool `json:"can_send_welcome_messages"`
}
