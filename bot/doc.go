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
// certificate that the guidance names for it (pairs.go, purpose.go), a checklist is asked for choice by choice (checklist.go), buttons
// come back as data that is not trusted (data.go), and in the one staff chat
// entries are written and retired (staff.go, draft.go).
//
// Pictures are in memory from download to reply. A session holds the
// identifiers under which the chat's own servers keep them, for half an hour.
//
// # What carries it
//
// Package bot/telegram receives updates, journals them, keeps each chat in
// order, and sends replies. Package bot/playground plays the Bot API on
// loopback, with a page for people, so that the same program runs and is tested
// without a token. Command beianbot wires all of this, and runs the questions,
// checks and stitches from a terminal with the same code.
//
// # What it refuses
//
// It never composes a rule, never keeps a picture, never lets anyone outside the
// staff chat change what it knows, and never tells people an error's text.
package bot
