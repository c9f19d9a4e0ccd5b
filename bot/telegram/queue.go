package telegram

import (
	"context"
	"sync"
	"time"
)

// A task is one update, or the parts of one album, on its way to the handler.
type task struct {
	updates []*update
	deaths  int // processes that died over one of them

	album string        // what the parts share, "" for none
	open  bool          // further parts may come; guarded by queues.mu
	last  time.Time     // when the last part came; guarded by queues.mu
	full  chan struct{} // closed with the last part that fits
}

func (t *task) ids() []int64 {
	ids := make([]int64, len(t.updates))
	for i, u := range t.updates {
		ids[i] = u.ID
	}
	return ids
}

// queues keeps the order within each chat and works on many chats at once.
//
// An album takes its place with its first part. What follows it in the chat waits
// until the album is complete, at most the quiet time after its last part, so
// that pictures are seen in the order in which they were sent.
type queues struct {
	work  func(context.Context, *task)
	quiet time.Duration // after which an album is complete
	limit int           // updates that may wait
	slots chan struct{} // one for each task at work

	mu    sync.Mutex
	chats map[int64][]*task // chats with work, each with a goroutine; guarded by mu
	count int               // updates waiting or at work; guarded by mu
	room  chan struct{}     // closed and replaced when count falls; guarded by mu
	wg    sync.WaitGroup
}

func newQueues(workers, limit int, quiet time.Duration, work func(context.Context, *task)) *queues {
	return &queues{
		work: work, quiet: quiet, limit: limit,
		slots: make(chan struct{}, workers),
		chats: make(map[int64][]*task),
		room:  make(chan struct{}),
	}
}

// waitRoom returns nil as soon as fewer updates wait than the limit.
func (q *queues) waitRoom(ctx context.Context) error {
	for {
		q.mu.Lock()
		room, free := q.room, q.count < q.limit
		q.mu.Unlock()
		if free {
			return ctx.Err()
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// put adds an update at the end of its chat. It never waits. intake ends when
// nothing more will be put, work when what is not at work shall stay undone.
func (q *queues) put(intake, work context.Context, u *update, deaths int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if intake.Err() != nil {
		return // its chat may have been left already: the journal keeps the order
	}
	q.count++
	chat := u.chat()
	line, running := q.chats[chat]
	if album := u.album(); album != "" {
		for _, t := range line {
			if t.open && t.album == album {
				t.add(u, deaths)
				return
			}
		}
	}
	t := &task{album: u.album(), full: make(chan struct{})}
	t.open = t.album != ""
	t.add(u, deaths)
	q.chats[chat] = append(line, t)
	if !running {
		q.wg.Go(func() { q.serve(intake, work, chat) })
	}
}

// maxAlbum is how many parts an album can have.
const maxAlbum = 10

func (t *task) add(u *update, deaths int) {
	t.updates = append(t.updates, u)
	t.deaths = max(t.deaths, deaths)
	t.last = time.Now()
	if t.open && len(t.updates) == maxAlbum {
		t.open = false
		close(t.full)
	}
}

// serve works on one chat until nothing waits there.
func (q *queues) serve(intake, work context.Context, chat int64) {
	for {
		q.mu.Lock()
		if len(q.chats[chat]) == 0 {
			delete(q.chats, chat)
			q.mu.Unlock()
			return
		}
		t := q.chats[chat][0]
		q.mu.Unlock()
		if !q.complete(intake, t) {
			q.leave(chat)
			return
		}
		select {
		case q.slots <- struct{}{}:
		case <-work.Done():
			q.leave(chat)
			return
		}
		if work.Err() == nil {
			q.work(work, t)
		}
		<-q.slots
		q.mu.Lock()
		q.chats[chat] = q.chats[chat][1:]
		q.free(len(t.updates))
		q.mu.Unlock()
	}
}

// complete waits until t is whole and closes it. It returns false when the intake
// ends before: the journal has the parts that came, the server has the others,
// and the next start puts them together.
func (q *queues) complete(intake context.Context, t *task) bool {
	for {
		q.mu.Lock()
		rest := q.quiet - time.Since(t.last)
		if t.open && rest <= 0 {
			t.open = false
		}
		open := t.open
		q.mu.Unlock()
		if !open {
			return true
		}
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-t.full:
		case <-intake.Done():
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// leave gives up what waits in chat; the journal still has it.
func (q *queues) leave(chat int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, t := range q.chats[chat] {
		n += len(t.updates)
	}
	delete(q.chats, chat)
	q.free(n)
}

// free lets n more updates in. The caller holds mu.
func (q *queues) free(n int) {
	q.count -= n
	close(q.room)
	q.room = make(chan struct{})
}

// wait returns when no chat has a goroutine any more.
func (q *queues) wait() { q.wg.Wait() }
