package telegram

import "beianbot/bot"

// unsupported maps the field of a message that the bot cannot use to what it is.
// An animation has a document beside it, so these are looked at first.
var unsupported = []struct {
	field string
	kind  bot.UnsupportedKind
}{
	{"sticker", bot.Sticker},
	{"voice", bot.Voice},
	{"audio", bot.Voice},
	{"video_note", bot.Voice},
	{"video", bot.Video},
	{"animation", bot.Video},
	{"contact", bot.Contact},
	{"story", bot.Other},
	{"paid_media", bot.Other},
	{"poll", bot.Other},
	{"dice", bot.Other},
	{"venue", bot.Other},
	{"location", bot.Other},
	{"game", bot.Other},
	{"checklist", bot.Other},
	{"invoice", bot.Other},
	{"rich_message", bot.Other},
}

// service holds the fields that make a message a note about the chat: nobody
// wrote it and nobody waits for an answer.
var service = set(
	"new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
	"group_chat_created", "supergroup_chat_created", "channel_chat_created",
	"message_auto_delete_timer_changed", "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message",
	"successful_payment", "refunded_payment", "users_shared", "chat_shared", "gift", "unique_gift",
	"gift_upgrade_sent", "connected_website", "write_access_allowed", "passport_data",
	"proximity_alert_triggered", "boost_added", "chat_background_set", "checklist_tasks_done",
	"checklist_tasks_added", "direct_message_price_changed", "forum_topic_created", "forum_topic_edited",
	"forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden",
	"general_forum_topic_unhidden", "giveaway_created", "giveaway", "giveaway_winners",
	"giveaway_completed", "paid_message_price_changed", "chat_owner_left", "chat_owner_changed",
	"community_chat_added", "community_chat_joined", "community_chat_removed", "suggested_post_approved",
	"suggested_post_approval_failed", "suggested_post_declined", "suggested_post_paid",
	"suggested_post_refunded", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
	"video_chat_participants_invited", "web_app_data", "managed_bot_created", "poll_option_added",
	"poll_option_deleted",
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// isService reports whether m is a note about the chat.
func (m *message) isService() bool {
	for name := range m.has {
		if service[name] {
			return true
		}
	}
	return false
}

// kind returns what m holds that the bot cannot use. A message of which nothing
// is known, from a newer version of the API, is [bot.Other].
func (m *message) kind() bot.UnsupportedKind {
	for _, u := range unsupported {
		if m.has[u.field] {
			return u.kind
		}
	}
	return bot.Other
}
