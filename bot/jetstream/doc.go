// Package jetstream keeps everything that must survive a crash in one data
// folder: the entries of staff ([Entries], a [kb.Store]), the sessions of chats
// ([Chats], a [bot.Chats]), updates until they are answered ([Inbox], a
// [telegram.Journal]), and JSON documents for whatever else needs compare and set
// ([Documents], [Counts]). It is the only importer of NATS, whose JetStream runs
// inside the process and listens on no socket.
//
// It stores no picture and no word that people typed, but for updates that are
// not answered yet. Of an update that failed for good it keeps the number, the
// kind and the error, not the content.
//
// # What lies where
//
//	lock        held while a process has the folder open: the server takes no lock,
//	            and two of them in one folder both acknowledge writes
//	kb.jsonl    every version of every entry, a line each, appended and synced
//	copies      a file for each question for staff and each setting, and one for the
//	            updates that wait, to heal the server's files from
//	held        what the server held lately: a start notices what is missing
//	nats        the server's own files:
//	  KV_kb       the last 64 versions of each entry
//	  KV_chat     <bot>.<chat>: the session, for 26 hours after the last save
//	  INBOX       inp.<partition>.<bot>.<chat>: an update, until it is handled
//	  KV_mark     <bot>: which updates were begun, and which are done
//	  DEAD        dead.<bot>: what failed for good, for 30 days
//	  KV_doc-…    documents, one bucket for each kind
//
// Each of them has a bound on messages and bytes. At the bound a write is refused
// and the caller told; only chats saved longest ago and old failures make room.
//
// # Durable
//
// The server syncs every write to disk before it acknowledges it: its default
// loses what was acknowledged in the last two minutes when the power is cut. A
// batch of updates is one write, and marks of many chats share one, so that a
// disk that takes 2 ms for a sync still stores some hundred updates a second.
//
// What the server does not promise is a message of its own for every loss. One
// flipped bit in a file costs it one record or all records behind it, without an
// error; in the length of a key, which its sums do not cover, it makes another key;
// a watch on such a bucket never comes to its end; and a bit in the number of a
// record makes it eat all memory, unless the index is gone. A folder that is gone
// is made anew. So its index is removed before it starts, lengths are looked at,
// there are no watches here, every request has a time limit, and at every start it
// is found out what is missing, from what is said to be held and from files that
// the server has cut. Then
//
//   - knowledge comes back from kb.jsonl, or goes there: see [Entries]. Where both
//     have less than was held, or disagree, the start is refused;
//   - questions for staff, settings and updates that wait come back from their
//     copies, or go there. A copy holds what the bucket holds and no older version:
//     what is forgotten in one is forgotten in the other, and after 90 days in both.
//     One that cannot be written is tried again, see [Store.Tend];
//   - for conversations, counts, marks and failures the log says what is missing:
//     a chat starts over, an update may be answered twice.
//
// anydamage_test.go tries it on every file and folder, with 200 flipped bits.
//
// A full disk freezes a stream until the server is started again, and the writer
// learns nothing but that time is up. [Store.Check] is how to notice; the program
// ends then, and its supervisor starts it again.
//
// # One process, and a cluster later
//
// The receiver in package telegram orders the updates of a chat in memory, and
// the inbox has no consumers: it is read once, at the start. For one process that
// is enough, since nobody else takes from the queue, and it does without what
// consumers bring along: positions that are written late, pauses after a crash
// until the server gives up waiting for an acknowledgement, and consumers that
// get stuck. Handled updates are removed from the stream, and the ledger in
// KV_mark knows them for a while, because the server's table of message ids
// forgets handled ones at a restart.
//
// There is no queue of jobs for pictures either, of which one process has all that
// it needs: a picture that was at work when the process died is at work again
// after the start, in place of the same progress message; one that kills the
// process is given up at the fifth start and lies in DEAD, and staff are told;
// and long work has places of its own, so that it keeps no other chat waiting (see
// package telegram). In its own chat it does: what a person sends behind a picture
// is about the picture more often than not, and is answered when that is. A queue
// would be needed as soon as another process than the one that talks works on
// pictures.
//
// Streams and keys are laid out for several processes on a cluster of three
// servers already: the partition in a subject is what consumers will share chats
// by, keys begin with the bot's number, and every change of a document is by
// compare and set. What changes then: a consumer for each partition, with one
// update out at a time; the ledger goes into the documents of the chats; entries
// are followed by a watch from the last version in the journal; and polling needs
// a lease.
//
// # Context, choice, what would change our mind
//
// The first version had a file for each mechanism: a journal for knowledge, one
// for updates, a file for each chat. Each was sound and each was its own code for
// tears, locks and bounds, and none of them would have grown past one machine.
// Compared were SQLite with PostgreSQL, bbolt, etcd, and JetStream. With synced
// writes none lost anything at a kill or a power cut; JetStream is the one that is
// a library in one process and the same client code against a cluster. It costs
// 11 MB of program, and the care described above.
//
// A managed PostgreSQL that is there anyway would change our mind, or damage of
// the server's files that the comparison at the start does not find.
package jetstream
