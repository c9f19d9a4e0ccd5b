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

	came  time.Time     // when its first part came
	album string        // what the parts share, "" for none
	open  bool          // further parts may come; guarded by queues.mu
	last  time.Time     // when the last part came; guarded by queues.mu
	full  chan struct{} // closed with the last part that fits

	seat *seat // nil when there is no other place for it than its slot
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
//
// A person who sends faster than they can be answered waits for themselves
// alone, see lane.
type queues struct {
	work  func(context.Context, *task)
	quiet time.Duration                  // after which an album is complete
	limit int                            // updates that may wait
	slots chan struct{}                  // one for each task at work
	slow  chan struct{}                  // one for each task at long work, nil when that takes a slot
	late  chan struct{}                  // one for each task with results of long work that Telegram has not taken
	tell  func(context.Context, *update) // tells the sender that they are too fast; may be nil

	mu    sync.Mutex
	chats map[int64]*lane     // chats with work, each with a goroutine; guarded by mu
	count int                 // updates waiting or at work, as far as they count; guarded by mu
	room  chan struct{}       // closed and replaced when count falls; guarded by mu
	told  map[int64]time.Time // chats that were told to be slower, and when; guarded by mu
	wg    sync.WaitGroup
}

func newQueues(workers, limit int, quiet time.Duration, work func(context.Context, *task)) *queues {
	return &queues{
		work: work, quiet: quiet, limit: limit,
		slots: make(chan struct{}, workers),
		slow:  make(chan struct{}, workers),
		late:  make(chan struct{}, workers),
		chats: make(map[int64]*lane),
		room:  make(chan struct{}),
		told:  make(map[int64]time.Time),
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
// nothing more will be put, work when what is not at work shall stay undone. It
// returns false for what a flood has too much, which is left out.
func (q *queues) put(intake, work context.Context, u *update, deaths int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if intake.Err() != nil {
		return true // its chat may have been left already: the journal keeps the order
	}
	chat := u.chat()
	l := q.chats[chat]
	running := l != nil
	if !running {
		l = &lane{person: chat > 0}
		q.chats[chat] = l
	}
	if l.full() {
		return false
	}
	before := l.counted()
	l.waiting++
	l.flood = l.flood || l.person && l.waiting > floodAt
	q.count += l.counted() - before
	if album := u.album(); album != "" {
		for _, t := range l.tasks {
			if t.open && t.album == album {
				t.add(u, deaths)
				return true
			}
		}
	}
	t := &task{came: time.Now(), album: u.album(), full: make(chan struct{})}
	t.open = t.album != ""
	t.add(u, deaths)
	l.tasks = append(l.tasks, t)
	if !running {
		q.wg.Go(func() { q.serve(intake, work, chat, l) })
	}
	return true
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
func (q *queues) serve(intake, work context.Context, chat int64, l *lane) {
	for {
		q.mu.Lock()
		if len(l.tasks) == 0 {
			delete(q.chats, chat)
			q.mu.Unlock()
			return
		}
		t, flood := l.tasks[0], l.flood
		q.mu.Unlock()
		if !q.complete(intake, t) {
			q.leave(chat, l)
			return
		}
		select {
		case q.slots <- struct{}{}:
		case <-work.Done():
			q.leave(chat, l)
			return
		}
		if work.Err() == nil {
			if flood && !l.told {
				l.told = true
				if q.untold(chat) {
					q.tell(work, t.updates[0])
				}
			}
			q.worker(work, t)
		} else {
			<-q.slots
		}
		q.mu.Lock()
		l.tasks = l.tasks[1:]
		q.free(l, len(t.updates))
		q.mu.Unlock()
		if flood {
			_ = sleep(work, floodPause) // the loop looks at work
		}
	}
}

// worker does t in the slot that it was given.
func (q *queues) worker(ctx context.Context, t *task) {
	if q.slow == nil {
		q.work(ctx, t)
		<-q.slots
		return
	}
	t.seat = &seat{q: q, held: q.slots}
	q.work(ctx, t)
	t.seat.leave()
}

// A seat is the place that a task has. It begins in a slot. A task that turns out to
// be long, such as one with pictures, gives that to others and takes one of the
// places for long work, for which it waits if need be: so however many pictures wait
// for each other, a question in another chat does not wait for them. Results that
// Telegram does not take, for up to half an hour, move to a place of a third kind
// while there is one, so that others come to long work. That those are bounded, too,
// bounds the memory of what waits to be sent.
type seat struct {
	q *queues

	mu   sync.Mutex    // held while waiting for a place: nobody goes on without
	held chan struct{} // nil when ctx ended while it had none; guarded by mu
}

// long takes a place for long work, unless the task has one. It waits for it until
// ctx ends, which is to be the end of all work.
func (s *seat) long(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == s.q.slow {
		return
	}
	if s.held != nil { // it waits without one, or those who wait would wait for each other
		<-s.held
		s.held = nil
	}
	select {
	case s.q.slow <- struct{}{}:
		s.held = s.q.slow
	case <-ctx.Done():
	}
}

// wait gives a place for long work to others while the results wait to be sent, if
// there is room to wait elsewhere.
func (s *seat) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != s.q.slow {
		return
	}
	select {
	case s.q.late <- struct{}{}:
		<-s.held
		s.held = s.q.late
	default: // so much waits that no more should be made
	}
}

// leave gives up whatever place the task has.
func (s *seat) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		<-s.held
		s.held = nil
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
func (q *queues) leave(chat int64, l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.chats, chat)
	q.free(l, l.waiting)
}

// free takes n updates off l and lets others in. The caller holds mu.
func (q *queues) free(l *lane, n int) {
	before := l.counted()
	l.waiting -= n
	q.count -= before - l.counted()
	close(q.room)
	q.room = make(chan struct{})
}

// wait returns when no chat has a goroutine any more.
func (q *queues) wait() { q.wg.Wait() }
