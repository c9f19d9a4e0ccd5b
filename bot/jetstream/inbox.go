package jetstream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"beianbot/bot/telegram"
)

const (
	inboxStream = "INBOX"
	deadStream  = "DEAD"

	// defaultInboxBytes bounds the updates that wait, as they came.
	defaultInboxBytes = 64 << 20
	// inboxMessages bounds their number: updates of the smallest size fill the
	// bytes with about as many.
	inboxMessages = 200_000
	// maxLitter is how many handled updates are left in the queue while others
	// wait. The ledger must remember all of them as done, and those that come while
	// they are removed: as many as are at work at once, albums of ten among them.
	maxLitter = 128
	// partitions is how many consumers a cluster will share the chats among.
	partitions = 32

	deadLife     = 30 * 24 * time.Hour
	deadMessages = 10_000
	deadBytes    = 16 << 20
)

// Inbox is a [telegram.Journal]: a work queue of updates, with a ledger of what
// became of them.
//
// The order of writes: an update is stored, then confirmed to Telegram; marked
// as begun, then handled; marked as done, then removed. A crash anywhere makes it
// come again or be found marked as done.
type Inbox struct {
	s     *Store
	st    natsjs.Stream
	bot   string
	max   int64 // bytes of updates that may wait
	marks *marks
	alien int // updates of other bots, which wait until theirs is served from this folder again

	add     sync.Mutex // held while updates are stored
	tidying sync.Mutex // held while handled updates are removed

	mu      sync.Mutex // held for a moment
	waiting map[int64]stored
	bytes   int64    // of the waiting
	newest  uint64   // sequence of the latest message
	litter  []stored // handled updates whose messages are not removed yet, without their content
	places  int      // how many updates have come
	mirror  *inboxCopy
}

// stored is an update that waits. All of it is set once.
type stored struct {
	telegram.Record
	seq   uint64 // of its message
	place int    // among all that came; that of an update that was lost and put back is its old one
	bytes int64  // of Raw
}

func openInbox(ctx context.Context, s *Store, cfg Config) (*Inbox, error) {
	in := &Inbox{s: s, bot: cfg.Bot, max: orElse(cfg.InboxBytes, defaultInboxBytes), waiting: make(map[int64]stored)}
	var err error
	in.st, err = s.stream(ctx, natsjs.StreamConfig{
		Name:      inboxStream,
		Subjects:  []string{"in.*.*"}, // bot, chat
		Retention: natsjs.WorkQueuePolicy,
		SubjectTransform: &natsjs.SubjectTransformConfig{
			Source:      "in.*.*",
			Destination: fmt.Sprintf("inp.{{partition(%d,1,2)}}.{{wildcard(1)}}.{{wildcard(2)}}", partitions),
		},
		Discard:    natsjs.DiscardNew,
		MaxMsgs:    inboxMessages,
		MaxBytes:   4 * in.max, // in counts what people sent; a message carries more
		Duplicates: 10 * time.Minute,

		AllowAtomicPublish: true,
	})
	if err != nil {
		return nil, err
	}
	if _, err = s.stream(ctx, natsjs.StreamConfig{
		Name: deadStream, Subjects: []string{"dead.*"}, Discard: natsjs.DiscardOld,
		MaxAge: deadLife, MaxMsgs: deadMessages, MaxBytes: deadBytes,
	}); err != nil {
		return nil, err
	}
	if in.marks, err = openMarks(ctx, s, cfg.Bot); err != nil {
		return nil, err
	}
	if err := in.read(ctx); err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return in, nil
}

// read finds what waits from before. What is marked as done, or stored twice, is
// removed. What the server has lost is put back from the copy.
func (in *Inbox) read(ctx context.Context) error {
	mirror, copied, gone, damaged, err := openInboxCopy(filepath.Join(in.s.dir, copiesName, "inbox", in.bot))
	if err != nil {
		return err
	}
	in.mirror = mirror
	var left []uint64
	var found []stored
	known := make(map[int64]bool)
	err = in.s.scan(ctx, in.st, "inp.>", func(m *natsjs.RawStreamMsg) error {
		in.newest = max(in.newest, m.Sequence)
		if strings.Split(m.Subject, ".")[2] != in.bot {
			in.alien++
			return nil
		}
		id, err := updateOf(m)
		if err != nil {
			return err
		}
		if known[id] || in.marks.handled(id) || gone[id] {
			left = append(left, m.Sequence)
			return nil
		}
		known[id] = true
		found = append(found, stored{Record: telegram.Record{ID: id, Chat: chatOf(m), Raw: m.Data}, seq: m.Sequence})
		return nil
	})
	if err != nil {
		return err
	}
	lost := 0
	for _, r := range copied {
		if known[r.ID] || in.marks.handled(r.ID) {
			continue
		}
		lost++
		seq, err := in.publishOne(ctx, r)
		if err != nil {
			return fmt.Errorf("put back update %d: %w", r.ID, err)
		}
		found = append(found, stored{Record: r, seq: seq})
	}
	if lost > 0 {
		in.s.log.Error("the store had lost updates that waited, which are back from their copy", "count", lost)
	}
	if damaged > 0 {
		in.s.log.Warn("the copy of the updates that wait was damaged and is made anew from the store", "lines", damaged)
	}
	for _, w := range inOrder(found, copied, lost) {
		in.keep(w.Record, w.seq)
	}
	if err := in.remove(ctx, left); err != nil {
		return err
	}
	in.mirror.rewrite(in.records())
	in.s.healed[inboxStream] = len(found)
	return in.mirror.err
}

// inOrder returns updates as they came. That is the order of the queue, unless
// some were put back at its end; then it is that of the copy, which lacks at most
// what came last.
func inOrder(found []stored, copied []telegram.Record, lost int) []stored {
	if lost == 0 {
		return found
	}
	place := make(map[int64]int, len(copied))
	for i, r := range copied {
		place[r.ID] = i - len(copied)
	}
	slices.SortStableFunc(found, func(a, b stored) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return found
}

// keep takes an update among the waiting. The caller holds mu, or nobody else
// has in yet.
func (in *Inbox) keep(r telegram.Record, seq uint64) {
	in.places++
	in.waiting[r.ID] = stored{Record: r, seq: seq, place: in.places, bytes: int64(len(r.Raw))}
	in.newest = max(in.newest, seq)
	in.bytes += int64(len(r.Raw))
}

// messageID is what the server knows an update by for ten minutes. A try above 0
// makes it another one.
func (in *Inbox) messageID(update int64, try int) string {
	id := in.bot + ":" + strconv.FormatInt(update, 10)
	if try > 0 {
		id += ":" + strconv.Itoa(try)
	}
	return id
}

// updateOf returns the update's number, from the message id.
func updateOf(m *natsjs.RawStreamMsg) (int64, error) {
	parts := strings.Split(m.Header.Get(natsjs.MsgIDHeader), ":")
	if len(parts) < 2 {
		return 0, fmt.Errorf("message %d has no update id", m.Sequence)
	}
	return strconv.ParseInt(parts[1], 10, 64)
}

// chatOf returns the chat's number, from the subject.
func chatOf(m *natsjs.RawStreamMsg) int64 {
	chat, _ := strconv.ParseInt(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], 10, 64) // 0 is no chat
	return chat
}

// Waiting implements [telegram.Journal].
func (in *Inbox) Waiting(context.Context) ([]telegram.Record, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	rs := in.records()
	for i := range rs {
		rs[i].Deaths = in.marks.deaths(rs[i].ID)
	}
	return rs, nil
}

// records returns what waits, in the order in which it came. The caller holds mu,
// or nobody else has in yet.
func (in *Inbox) records() []telegram.Record {
	byPlace := func(a, b stored) int { return cmp.Compare(a.place, b.place) }
	var rs []telegram.Record
	for _, w := range slices.SortedFunc(maps.Values(in.waiting), byPlace) {
		rs = append(rs, w.Record)
	}
	return rs
}

// Add implements [telegram.Journal].
func (in *Inbox) Add(ctx context.Context, batch []telegram.Record) ([]telegram.Record, error) {
	in.add.Lock()
	defer in.add.Unlock()
	fresh, err := in.fresh(batch)
	if err != nil || len(fresh) == 0 {
		return nil, err
	}
	seqs, err := in.publish(ctx, fresh)
	if errors.Is(err, ErrFull) {
		err = fmt.Errorf("%w: %w", telegram.ErrJournalFull, err)
	}
	if err != nil {
		return nil, fmt.Errorf("store %d updates: %w", len(fresh), err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for i, r := range fresh {
		in.keep(r, seqs[i])
	}
	in.mirror.add(fresh...)
	return fresh, nil
}

// fresh returns those of batch that do not wait and were not handled lately.
func (in *Inbox) fresh(batch []telegram.Record) ([]telegram.Record, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var fresh []telegram.Record
	size := in.bytes
	for _, r := range batch {
		seen := func(o telegram.Record) bool { return o.ID == r.ID }
		if _, waits := in.waiting[r.ID]; waits || in.marks.handled(r.ID) || slices.ContainsFunc(fresh, seen) {
			continue
		}
		var raw bytes.Buffer
		if err := json.Compact(&raw, r.Raw); err != nil {
			return nil, fmt.Errorf("store update %d: %w", r.ID, err)
		}
		fresh = append(fresh, telegram.Record{ID: r.ID, Chat: r.Chat, Raw: raw.Bytes()})
		size += int64(raw.Len())
	}
	if len(fresh) > 0 && size > in.max {
		return nil, fmt.Errorf("store %d updates: %w", len(fresh), telegram.ErrJournalFull)
	}
	return fresh, nil
}

// publish stores updates, all or none, and returns the sequences of their
// messages. After an error that is not an answer of the server, such as a time
// limit, they may be stored all the same: the next try finds them by their ids.
func (in *Inbox) publish(ctx context.Context, rs []telegram.Record) ([]uint64, error) {
	if len(rs) >= batchFrom {
		last, err := in.publishBatch(ctx, rs)
		if err == nil {
			seqs := make([]uint64, len(rs))
			for i := range seqs {
				seqs[i] = last - uint64(len(rs)-1-i)
			}
			return seqs, nil
		}
		if api, ok := errors.AsType[*natsjs.APIError](err); !ok || api.ErrorCode != duplicateInBatch {
			return nil, err
		}
	}
	var seqs []uint64
	for _, r := range rs {
		seq, err := in.publishOne(ctx, r)
		if err != nil {
			return nil, errors.Join(err, in.remove(context.WithoutCancel(ctx), seqs))
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

const (
	// batchFrom is how many updates are worth a batch, for which the server makes
	// and removes a file: with 1.7 ms for a sync, 12 ms for two and 39 ms for a
	// hundred, where single ones take 1.3 ms each.
	batchFrom = 16

	batchHeader       = "Nats-Batch-Id"
	batchNumberHeader = "Nats-Batch-Sequence" // from 1
	batchCommitHeader = "Nats-Batch-Commit"

	// duplicateInBatch is the server's code for a batch in which it knows an id.
	duplicateInBatch natsjs.ErrorCode = 10201
)

// publishBatch stores updates with one sync of the disk, and returns the sequence
// of the last one; those of the others come right before. The server answers the
// message that ends the batch. The client library has no call for this.
func (in *Inbox) publishBatch(ctx context.Context, rs []telegram.Record) (last uint64, err error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	id := nats.NewInbox()[len(nats.InboxPrefix):]
	for i, r := range rs {
		m := in.message(r, 0)
		m.Header.Set(batchHeader, id)
		m.Header.Set(batchNumberHeader, strconv.Itoa(i+1))
		if i < len(rs)-1 {
			if err := in.s.conn.PublishMsg(m); err != nil {
				return 0, err
			}
			continue
		}
		m.Header.Set(batchCommitHeader, "1")
		ack, err := in.s.putMsg(ctx, m)
		if err != nil {
			return 0, err
		}
		last = ack.Sequence
	}
	return last, nil
}

// publishOne stores an update and returns the sequence of its message.
func (in *Inbox) publishOne(ctx context.Context, r telegram.Record) (uint64, error) {
	for try := 0; ; try++ {
		ack, err := in.s.putMsg(ctx, in.message(r, try))
		if err != nil || !ack.Duplicate {
			return ackSequence(ack), err
		}
		// The server knows the id. Either an earlier Add was cut short and has
		// stored it, or it was handled and is forgotten here, but not there.
		m, err := in.st.GetMsg(ctx, ack.Sequence)
		switch {
		case errors.Is(err, natsjs.ErrMsgNotFound):
			continue
		case err != nil:
			return 0, err
		}
		if id, err := updateOf(m); err == nil && id == r.ID {
			return ack.Sequence, nil
		}
	}
}

func (in *Inbox) message(r telegram.Record, try int) *nats.Msg {
	m := nats.NewMsg(fmt.Sprintf("in.%s.%d", in.bot, r.Chat))
	m.Header.Set(natsjs.MsgIDHeader, in.messageID(r.ID, try))
	m.Data = r.Raw
	return m
}

// Begin implements [telegram.Journal].
func (in *Inbox) Begin(ctx context.Context, ids ...int64) error {
	return in.marks.change(ctx, ids, func(id int64) { in.marks.begun[id]++ })
}

// Release implements [telegram.Journal].
func (in *Inbox) Release(ctx context.Context, ids ...int64) error {
	return in.marks.change(ctx, ids, func(id int64) {
		if in.marks.begun[id]--; in.marks.begun[id] <= 0 {
			delete(in.marks.begun, id)
		}
	})
}

// Done implements [telegram.Journal]. The mark holds in this process even when
// it could not be written.
func (in *Inbox) Done(ctx context.Context, ids ...int64) error {
	err := in.marks.change(ctx, ids, in.marks.finish)
	in.mu.Lock()
	for _, id := range ids {
		if w, ok := in.waiting[id]; ok {
			in.bytes -= w.bytes
			w.Raw = nil
			in.litter = append(in.litter, w)
			delete(in.waiting, id)
		}
	}
	untidy := len(in.waiting) == 0 || len(in.litter) >= maxLitter
	in.mu.Unlock()
	if untidy {
		err = errors.Join(err, in.tidy(ctx))
	}
	return err
}

// close lets go of the copy.
func (in *Inbox) close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mirror.close()
}

// mend makes the copy anew when a write of it has failed.
func (in *Inbox) mend() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mirror.err != nil {
		in.mirror.rewrite(in.records())
	}
	return in.mirror.err
}

// tidy removes what is handled: all that came before the first update that still
// waits in one request, the rest one by one. When nothing waits, no content is
// left on the disk, once the server has deleted the file; else the content stays
// until all of a file of 4 MB, or half of it, is removed.
func (in *Inbox) tidy(ctx context.Context) error {
	in.tidying.Lock()
	defer in.tidying.Unlock()
	in.mu.Lock()
	var litter []uint64
	var ids []int64
	var size int64
	for _, w := range in.litter {
		litter, ids, size = append(litter, w.seq), append(ids, w.ID), size+w.bytes
	}
	in.litter = nil
	first := in.newest + 1
	for _, w := range in.waiting {
		first = min(first, w.seq)
	}
	switch {
	case len(ids) == 0:
	case len(in.waiting) == 0:
		in.mirror.rewrite(nil)
	default:
		in.mirror.drop(ids, size, in.records)
	}
	in.mu.Unlock()
	if len(litter) == 0 {
		return nil
	}
	if in.alien == 0 {
		ctx, cancel := limited(ctx)
		defer cancel()
		if err := in.st.Purge(ctx, natsjs.WithPurgeSequence(first)); err != nil {
			return fmt.Errorf("tidy inbox: %w", err)
		}
		litter = slices.DeleteFunc(litter, func(seq uint64) bool { return seq < first })
	}
	return in.remove(ctx, litter)
}

// remove takes messages out of the queue.
func (in *Inbox) remove(ctx context.Context, seqs []uint64) error {
	var errs []error
	for _, seq := range seqs {
		ctx, cancel := limited(ctx)
		if err := in.st.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, natsjs.ErrMsgNotFound) {
			errs = append(errs, fmt.Errorf("remove update: %w", err))
		}
		cancel()
	}
	return errors.Join(errs...)
}

// Bury implements [telegram.Journal].
func (in *Inbox) Bury(ctx context.Context, f telegram.Failure) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode failure: %w", err)
	}
	if _, err := in.s.put(ctx, &nats.Msg{Subject: "dead." + in.bot, Data: data}); err != nil {
		return fmt.Errorf("note failure: %w", err)
	}
	return nil
}

// Buried returns what failed for good in the last thirty days, oldest first.
func (in *Inbox) Buried(ctx context.Context) ([]telegram.Failure, error) {
	st, err := in.s.js.Stream(ctx, deadStream)
	if err != nil {
		return nil, fmt.Errorf("read failures: %w", err)
	}
	var fs []telegram.Failure
	err = in.s.scan(ctx, st, "dead."+in.bot, func(m *natsjs.RawStreamMsg) error {
		var f telegram.Failure
		if err := json.Unmarshal(m.Data, &f); err != nil {
			return fmt.Errorf("decode failure: %w", err)
		}
		fs = append(fs, f)
		return nil
	})
	return fs, err
}
