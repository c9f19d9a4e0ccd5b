// Package bot is the conversation: events in, replies out. It knows what a chat
// is, and neither Telegram nor any store: [Event], [Reply] and [Port] are its
// own, and whoever brings chats to it translates.
//
// This page is a tour of the program, from the bottom up.
//
// # What is known
//
// Package content holds everything that can be said, as files that are read
// without knowing Go: guidance entries, province rules, limits, and in reply/
// the sentences that stand around them. Package kb reads the entries and finds
// the one that settles a question. Every sentence of an answer is curated text
// in which named slots are filled; when none fits, the answer says so. Entries
// that staff add lie over the shipped ones in a [kb.Store].
//
// # What is done with pictures
//
// Package bot/picture checks, repairs and stitches: bytes in, bytes out. It
// enforces the limits that an entry of content states, so that what people are
// told and what is checked cannot drift apart. What it finds are codes; the
// words for them are in content/reply, and [Findings] puts the two together, for
// the chat and for the terminal.
//
// # The conversation
//
// [Bot.Handle] takes one event of a chat. It loads the [Session] of the chat,
// makes the replies, saves the session and returns the replies, in that order:
// a crash leads to a second answer, never to a second change. Questions go to
// the knowledge (ask.go), pictures are fetched, checked and answered (upload.go,
// album.go), put in order and joined (arrange.go, stitch.go), each paper with the
// certificate that the guidance names for it (pairs.go, purpose.go), and taken out
// of the chat again (images.go). One goes to staff when the person presses a button
// that says so, twice (pass.go). A checklist is asked for choice by choice
// (checklist.go), people say what was useful (useful.go), and buttons come back as
// data that is not trusted (data.go).
//
// # The staff desk
//
// One group is the staff's: given at the start, or bound with a code (bind.go).
// What the knowledge does not answer becomes an [Inquiry], one for all who ask
// the same (inquiries.go), and a card in that group (desk.go, card.go, queue.go), where colleagues
// are called by name (names.go). A reply to the card goes to everybody who asked (attend.go), and may become a draft of an
// entry: of a new one, or of a change to one that is near (scope.go). Drafts are
// also written from nothing (staff.go, draft.go) and of entries that exist
// (edit.go). A preview says what a draft would change (preview.go), and nothing
// goes live without a tap on it. What is counted is told by /stats (stats.go).
//
// Questions come here without the person: staff see no name and no account of who
// asks, and long numbers in a question are hidden (mask.go). What a person shows
// them in a picture they see, with the file's name.
//
// Pictures are in memory from download to reply. A session holds the
// identifiers under which the chat's own servers keep them, for half an hour,
// and the numbers of the messages with them for as long as it lasts: so long they
// can be deleted. Those in the staff chat it holds for two days at most.
//
// # What carries it
//
// Package bot/telegram receives updates, journals them, keeps each chat in
// order, and sends replies. Package bot/jetstream keeps what must survive a crash
// in one folder: entries of staff, sessions, updates that are not answered yet.
// Each is behind an interface of the package that uses it, with one suite of
// checks for all implementations (kb/kbtest, bot/bottest and
// bot/telegram/telegramtest), so that tests run on memory. Package bot/playground plays the Bot API on
// loopback, with a page for people, so that the same program runs and is tested
// without a token. Command beianbot wires all of this, and runs the questions,
// checks and stitches from a terminal with the same code.
//
// # What it refuses
//
// It never composes a rule, never keeps a picture, never lets anyone outside the
// staff chat change what it knows, and never tells people an error's text.
package bot
