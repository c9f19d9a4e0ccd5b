package bot

import (
	"context"
	"errors"
)

// ErrTooBig is returned by [Port.Download] for a file that is not handed over.
var ErrTooBig = errors.New("file is too big")

// A Reply is one message of the bot.
type Reply struct {
	Text    string     // plain text, never markup; the caption when there is a File
	Spans   []Span     // how parts of Text look
	Buttons [][]Button // rows of buttons under the message
	File    *File      // sent as a document, byte for byte
	Pass    FileRef    // if it has an ID, the file is sent by it, as a photo if it is one; Text is the caption
	Lost    string     // what is said when Pass cannot be sent
	Edit    MessageID  // the message to replace, 0 to send a new one
	Chat    ChatID     // where to, 0 for the chat of the event
	ReplyTo MessageID  // the message to quote, 0 for none
	Topic   string     // name of the topic to send it to, where Chat has topics
	// Undelivered is sent when the chat does not take this message and never will:
	// its person has blocked the bot, say. Nil for nothing.
	Undelivered *Reply
}

// A Span marks Text[Start:End], in bytes.
type Span struct {
	Start, End int
	Style      Style
}

// Style is how a [Span] looks.
type Style string

// The styles.
const (
	Bold       Style = "bold"
	Blockquote Style = "expandable_blockquote"
	Code       Style = "code" // a tap copies it on clients without copy buttons
)

// A Button sends Data back when pressed, or puts Copy on the clipboard.
type Button struct {
	Label string
	Data  string // 1 to 64 bytes
	Copy  string // 1 to 256 characters; then Data is not used
}

// A File goes out as it is.
type File struct {
	Name string // ASCII, with extension
	MIME string
	Data []byte
}

// A Port is what the bot can do in the chat of an event while it handles it.
// It is valid until Handle returns and safe for concurrent use.
type Port interface {
	// Download returns the bytes of a file, at most max of them. It returns
	// [ErrTooBig] when there are more, or when the chat does not hand over
	// files of that size (20 MiB).
	Download(ctx context.Context, f FileRef, max int64) ([]byte, error)
	// Busy shows "typing" or "sending a file" until Handle returns. A press
	// that is not answered by then is, with no text.
	// Errors are the port's own to log: nothing depends on it.
	Busy(ctx context.Context, a Activity)
	// Progress shows text in a message of its own, which later calls edit, at
	// most once a second, and which the first Reply without File replaces. It
	// goes away when there is no such Reply.
	Progress(ctx context.Context, text string)
	// Answer ends the waiting state of a pressed button; text may be empty.
	// A press that Handle leaves unanswered is answered with no text.
	Answer(ctx context.Context, p Press, text string)
	// Delete takes messages out of a chat, 0 for that of the event: the bot's own
	// and, in a private chat, the person's. It returns those that are left, because
	// they are too old or the server could not be reached.
	Delete(ctx context.Context, chat ChatID, ids []MessageID) (left []MessageID)
}

// Activity is what [Port.Busy] shows.
type Activity string

// The activities.
const (
	Typing  Activity = "typing"
	Sending Activity = "upload_document"
)

// A Handler answers events. [Bot] is one. Handle is called for one event of a
// chat at a time, in order; for several chats at once. The same event may come
// again after a crash; handling it twice must change nothing that once does
// not. An error means that the machinery failed; the replies returned with it
// are sent all the same.
type Handler interface {
	Handle(ctx context.Context, e Event, p Port) ([]Reply, error)
}

// A SentHandler is a [Handler] that is told which message a reply with a file,
// its own or passed on, has become. Sent is called in the order of the chat, as Handle is; after a crash
// it may not be.
type SentHandler interface {
	Sent(ctx context.Context, e Event, r Reply, id MessageID) error
}
