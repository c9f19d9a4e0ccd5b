// Package playground is a Bot API server on loopback that plays Telegram: bots
// talk to it as they talk to api.telegram.org, and people talk to the bots
// through a page and through the endpoints under /sim.
//
// It exists so that the program runs, and every test of it, without a token
// and without a network. It is therefore as strict as the real server where a
// bot can notice: offsets, conflicts and retention of updates, lengths, entity
// errors, ages, rights, the sizes of recompressed photos. Every request is held
// against the schema of the Bot API, and what deviates is kept for
// [Server.Violations]. On request it misbehaves as the real server does under
// load: see the faults of POST /sim/faults and POST /sim/updates.
//
// It refuses to listen anywhere but on loopback and to answer requests that a
// foreign web page makes. It keeps everything in memory, within bounds, and
// nothing on disk. It knows no MTProto, no payments, no business connections,
// no games, no sticker sets and no channels: methods for those answer 501.
//
// # The bot's side
//
//	/bot<token>/[test/]<method>   GET or POST; query, urlencoded, JSON, multipart
//	/file/bot<token>/<path>       what getFile named, for an hour
//
// # The person's side
//
// Bodies and answers are JSON. What cannot be done answers 4xx or 503 with
// {"error":"why"}. from, reply_to and thread may be left out everywhere; from is
// then the person of a private chat, or the group's member with the lowest id.
// "anonymous":true lets an administrator speak as the group.
//
//	GET  /sim/chats                       [{"id","type","title","is_forum","members","topics","blocked","migrated_to","last_id","bot"}]
//	POST /sim/chats                       {"type":"private|user|group|supergroup","title","id","lang","started","is_forum",
//	                                       "bot":"administrator|member|none","members":[{"id","name","status"}],"topics":["…"]}; answers the chat
//	POST /sim/chats/{id}/text             {"text","from","reply_to","thread"}; answers {"message_id"}
//	POST /sim/chats/{id}/files            multipart: as=photo|file, caption, from, reply_to, thread, one or more parts "file";
//	                                      answers {"message_id","message_ids"}
//	POST /sim/chats/{id}/send             {"kind":"sticker|voice|audio|video|animation|contact|location"}
//	POST /sim/chats/{id}/press            {"message_id","data"} or {"message_id","button"}; answers {"callback_query_id"}
//	POST /sim/chats/{id}/do               {"action":…} and what it needs:
//	                                        edit (message_id, text), delete (message_id), react (message_id, emoji),
//	                                        block, unblock, create-topic (name; answers {"thread"}),
//	                                        rename-topic (thread, name), close-topic, reopen-topic, delete-topic (thread),
//	                                        set-member (user, name, status), set-bot (status),
//	                                        migrate (answers {"chat_id"}), inline-query (query; answers {"inline_query_id"}),
//	                                        choose (inline_query_id, result_id)
//	GET  /sim/chats/{id}/messages?after=  the messages, oldest first
//	GET  /sim/files/{id}                  bytes; ?download=1 never inline
//	GET  /sim/inline/{id}                 {"answered","results"}
//	GET  /sim/events                      server-sent events, resumable with Last-Event-ID or ?after=: {"chat","kind"} and, for
//	                                        message, edit, delete: the message; read: id; typing: action, thread;
//	                                        callback-answer: callback_query_id, from, text, show_alert, url;
//	                                        inline-answer: inline_query_id, from, results;
//	                                        profile: /sim/me has changed; reset: events were lost, read everything again
//	GET  /sim/me?chat=&user=              the bot's name, description and the commands that the user sees in the chat
//	GET  /sim/calls?after=&method=        every call of the bot: {"n","method","ok","error_code","description","schema","params","ms"}
//
// # Making it hard for the bot
//
//	POST /sim/updates   {"next":"duplicate|reorder|split","delay_ms"}: the next album or message comes again after it was
//	                    confirmed, in another order, or in several polls
//	POST /sim/faults    {"method","kind":"400|401|403|409|429|500|500-html|slow|cut-before|cut-after","times","skip",
//	                    "retry_after","delay_ms","description"}; DELETE ends all faults
//	POST /sim/clock     {"advance_seconds"}: ages, retention and links go by this clock
//	POST /sim/pacing    {"on":true}: sending faster than Telegram likes is answered 429
package playground
