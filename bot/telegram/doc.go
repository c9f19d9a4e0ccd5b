// Package telegram joins the conversation of package bot to Telegram: it turns
// updates into events, replies into messages, and file identifiers into bytes.
// It is the only importer of the Telegram library, of which it uses the methods,
// the models and the HTTP client hook.
//
// The library's own receiver is not used. It confirms updates before they are
// handled, drops them at shutdown, orders nothing and recovers from no panic.
// [Bot.Run] receives in its place:
//
//	getUpdates → journal (fsync) → confirm → queue of the chat → Handler → replies → done
//
// What is in the [Journal] and not done is handled again at the next start, so
// an update is handled at least once. Within a chat updates are handled in the
// order in which they came, button presses among them; chats go side by side.
//
// A person who sends faster than can be answered waits for themselves alone, is
// slowed and told of it once. Messages are spaced out as Telegram wants it.
//
// A message whose sending was cut off may be out, and nothing tells: it is sent
// once more. An answer that takes the place of a progress message is an edit and
// never comes twice. What else Telegram does to bots is listed, with the tests
// for it, in asitis_test.go.
//
// Nothing personal is logged: no text, name, chat or file number, no token.
package telegram
