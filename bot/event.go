package bot

import "time"

// ChatID names one chat. Groups have negative numbers, as on Telegram.
type ChatID int64

// UserID names one person.
type UserID int64

// MessageID names one message within its chat.
type MessageID int64

// An Event is one thing that happened in a chat. [Body] says what.
type Event struct {
	Update  int64     // number of the update it came in; the first one's for an album; no other event has it
	Chat    ChatID    //
	Private bool      // a chat of one person with the bot, not a group
	Thread  int64     // forum topic, 0 for none
	From    UserID    // 0 when the sender is anonymous
	Name    string    // the sender's first name, empty when anonymous; untrusted, and for the staff chat alone
	Lang    string    // IETF tag of the sender's client, possibly empty
	Message MessageID // the message that was sent, or on which a button was pressed
	ReplyTo MessageID // the message it answers, 0 for none
	Follows bool      // that message is the bot's
	Quoted  string    // its text, when it is the bot's
	At      time.Time // when it was sent
	Body    Body
}

// Body is one of [Text], [Command], [Upload], [Press], [Amended] and
// [Unsupported].
type Body interface{ body() }

// Text is a text message that is not a command.
type Text struct{ Text string }

// Command is a message that begins with a command, such as "/start q_12".
// Commands for another bot ("/help@other_bot") never become events.
type Command struct {
	Name string // without slash and without "@name", lower case
	Args string // the rest of the message, without surrounding space
}

// Upload is one file or an album of several, in the order they were sent.
type Upload struct {
	Files   []FileRef
	Caption string
}

// Press is a tap on a button under one of the bot's messages.
type Press struct {
	Query string // what [Port.Answer] takes
	Data  string // the button's data; it comes from outside and may be forged
}

// Amended is a text message that its writer has changed since; it is no command.
type Amended struct{ Text string }

// Unsupported is a message of a kind that the bot cannot use.
type Unsupported struct{ Kind UnsupportedKind }

// UnsupportedKind names what an [Unsupported] message holds. Its value names
// the wording in content/reply.
type UnsupportedKind string

// The kinds that get a sentence of their own.
const (
	Sticker UnsupportedKind = "sticker"
	Voice   UnsupportedKind = "voice" // voice messages, audio and video notes
	Contact UnsupportedKind = "contact"
	Video   UnsupportedKind = "video"  // videos and animations
	Edited  UnsupportedKind = "edited" // a changed message that is not [Amended]
	Other   UnsupportedKind = "other"
)

func (Text) body()        {}
func (Command) body()     {}
func (Upload) body()      {}
func (Press) body()       {}
func (Amended) body()     {}
func (Unsupported) body() {}

// A FileRef points to a file that lies with Telegram. It is all that is ever
// stored of a picture.
type FileRef struct {
	ID      string    // what [Port.Download] takes
	Unique  string    // the same for the same content, also from another sender
	Name    string    // as the sender's device calls it, empty for a photo; untrusted
	Bytes   int64     // as announced, 0 when unknown
	Photo   bool      // sent "as photo": already recompressed by the chat
	Message MessageID // the message that it came in, 0 when unknown
}
