package telegram

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const quiet = 1200 * time.Millisecond

// chatUpdate makes an update of a chat, a part of an album unless album is "".
func chatUpdate(id, chatID int64, album string) *update {
	return &update{ID: id, Message: &message{ID: id, Chat: chat{ID: chatID}, MediaGroup: album}}
}

// A queueLog notes what a queue has handed out, and when.
type queueLog struct {
	mu    sync.Mutex
	begun time.Time
	lines []string
}

func newQueueLog() *queueLog { return &queueLog{begun: time.Now()} }

func (l *queueLog) work(_ context.Context, t *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%v %v", time.Since(l.begun), t.ids()))
}

func (l *queueLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, ", ")
}

func TestOrderWithinAChatAndManyChatsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const chats, each, workers = 200, 20, 32
		var mu sync.Mutex
		seen := make(map[int64][]int64)
		var working, most atomic.Int64
		q := newQueues(workers, 1<<20, quiet, func(_ context.Context, k *task) {
			n := working.Add(1)
			defer working.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(rand.N(100 * time.Millisecond))
			mu.Lock()
			defer mu.Unlock()
			u := k.updates[0]
			seen[u.chat()] = append(seen[u.chat()], u.ID)
		})
		ctx := t.Context()
		begun := time.Now()
		for i := range int64(chats * each) {
			q.put(ctx, ctx, chatUpdate(i, i%chats+1, ""), 0)
		}
		q.wait()
		for c, ids := range seen {
			if len(ids) != each || !slices.IsSorted(ids) {
				t.Errorf("chat %d: %v, want %d updates in order", c, ids, each)
			}
		}
		if m := most.Load(); m != workers {
			t.Errorf("at most %d chats at once, want %d", m, workers)
		}
		// 4,000 updates of 50 ms on 32 workers are 6.25 s.
		if d := time.Since(begun); d > 9*time.Second {
			t.Errorf("took %v, want about 6.5 s", d)
		}
		if len(q.chats) != 0 || q.count != 0 {
			t.Errorf("%d chats and %d updates are left over", len(q.chats), q.count)
		}
	})
}

// However many chats have long work, the others are answered at once; of the long
// work, no more goes on than there are places, and in a chat the order stays.
func TestLongWorkKeepsNobodyElseWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, pictures = 4, 10
		l := newQueueLog()
		var working, most atomic.Int64
		q := newQueues(workers, 100, quiet, func(ctx context.Context, k *task) {
			if u := k.updates[0]; u.ID < pictures { // each in a chat of its own
				k.seat.long(ctx)
				k.seat.long(ctx) // as for every picture of an album
				most.Store(max(most.Load(), working.Add(1)))
				defer working.Add(-1)
				time.Sleep(time.Minute)
			}
			l.work(ctx, k)
		})
		ctx := t.Context()
		for id := range int64(pictures) {
			q.put(ctx, ctx, chatUpdate(id, 1+id, ""), 0)
		}
		time.Sleep(time.Second)
		q.put(ctx, ctx, chatUpdate(50, 99, ""), 0) // a question in another chat
		q.put(ctx, ctx, chatUpdate(51, 1, ""), 0)  // and one behind a picture
		q.wait()
		if lines := strings.Split(l.String(), ", "); len(lines) != pictures+2 || lines[0] != "1s [50]" || !slices.Contains(lines, "1m0s [51]") && !slices.Contains(lines, "2m0s [51]") && !slices.Contains(lines, "3m0s [51]") {
			t.Errorf("handled %s, want 50 first, and 51 after a picture", l)
		}
		if most.Load() != workers {
			t.Errorf("%d pictures at once, want %d", most.Load(), workers)
		}
		wantNoneTaken(t, q)
	})
}

func wantNoneTaken(t *testing.T, q *queues) {
	t.Helper()
	if len(q.slots) != 0 || len(q.slow) != 0 || len(q.late) != 0 {
		t.Errorf("%d, %d and %d places are left taken", len(q.slots), len(q.slow), len(q.late))
	}
}

// Long work of which the results wait to be sent keeps others from its place only
// when as many wait elsewhere as there are places, and never is more of it done at
// once than there are.
func TestResultsThatWaitTakeNoPlaceOfLongWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, tasks = 2, 6
		var begun, working, most atomic.Int64
		work := func() {
			begun.Add(1)
			most.Store(max(most.Load(), working.Add(1)))
			defer working.Add(-1)
			time.Sleep(time.Minute)
		}
		q := newQueues(workers, 100, quiet, func(ctx context.Context, k *task) {
			k.seat.long(ctx)
			work()
			for range 60 { // tries that Telegram does not take
				k.seat.wait()
				time.Sleep(time.Minute)
			}
			k.seat.long(ctx) // the next event of the task
			work()
		})
		for id := range int64(tasks) {
			q.put(t.Context(), t.Context(), chatUpdate(id, 1+id, ""), 0)
		}
		time.Sleep(30 * time.Minute)
		if n := begun.Load(); n != 2*workers {
			t.Errorf("%d tasks have begun, want %d: as many as wait and as have places", n, 2*workers)
		}
		q.wait()
		if n := begun.Load(); n != 2*tasks || most.Load() != workers {
			t.Errorf("%d times long work, at most %d at once, want %d and %d", n, most.Load(), 2*tasks, workers)
		}
		wantNoneTaken(t, q)
	})
}

// At the end of all work whoever waits for a place stops waiting.
func TestWaitForAPlaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work, stop := context.WithCancel(t.Context())
		q := newQueues(1, 100, quiet, func(ctx context.Context, k *task) {
			k.seat.long(ctx)
			if ctx.Err() == nil {
				k.seat.wait()
				_ = sleep(ctx, time.Hour)
			}
		})
		for id := range int64(5) {
			q.put(t.Context(), work, chatUpdate(id, 1+id, ""), 0)
		}
		time.Sleep(time.Minute)
		stop()
		q.wait()
		wantNoneTaken(t, q)
	})
}

func TestAlbumWaitsForQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newQueueLog()
		q := newQueues(4, 100, quiet, l.work)
		ctx := t.Context()
		q.put(ctx, ctx, chatUpdate(1, 7, "a"), 0)
		time.Sleep(time.Second)
		q.put(ctx, ctx, chatUpdate(2, 7, "a"), 0) // the quiet time begins anew
		time.Sleep(time.Second)
		q.put(ctx, ctx, chatUpdate(4, 7, ""), 0) // waits its turn
		q.put(ctx, ctx, chatUpdate(5, 8, ""), 0) // another chat does not wait
		q.put(ctx, ctx, chatUpdate(3, 7, "a"), 0)
		time.Sleep(2 * time.Second)
		q.put(ctx, ctx, chatUpdate(6, 7, "a"), 0) // too late: an event of its own
		q.wait()
		if got, want := l.String(), "2s [5], 3.2s [1 2 3], 3.2s [4], 5.2s [6]"; got != want {
			t.Errorf("handled %s, want %s", got, want)
		}
	})
}

func TestFullAlbumDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newQueueLog()
		q := newQueues(4, 100, quiet, l.work)
		ctx := t.Context()
		for i := range int64(12) {
			q.put(ctx, ctx, chatUpdate(i, 7, "a"), 0)
		}
		q.wait()
		if got, want := l.String(), "0s [0 1 2 3 4 5 6 7 8 9], 1.2s [10 11]"; got != want {
			t.Errorf("handled %s, want %s", got, want)
		}
	})
}

func TestTwoAlbumsStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newQueueLog()
		q := newQueues(4, 100, quiet, l.work)
		ctx := t.Context()
		for i, album := range []string{"a", "b", "a", "b"} {
			q.put(ctx, ctx, chatUpdate(int64(i), 7, album), 0)
		}
		q.wait()
		if got, want := l.String(), "1.2s [0 2], 1.2s [1 3]"; got != want {
			t.Errorf("handled %s, want %s", got, want)
		}
	})
}

func TestOpenAlbumStaysInTheJournalAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newQueueLog()
		q := newQueues(4, 100, quiet, l.work)
		intake, end := context.WithCancel(t.Context())
		q.put(intake, t.Context(), chatUpdate(1, 7, ""), 0)
		q.put(intake, t.Context(), chatUpdate(2, 7, "a"), 0)
		q.put(intake, t.Context(), chatUpdate(3, 7, ""), 0)
		time.Sleep(time.Second)
		end()
		q.put(intake, t.Context(), chatUpdate(4, 7, ""), 0) // must not overtake 2 and 3
		q.wait()
		if got, want := l.String(), "0s [1]"; got != want {
			t.Errorf("handled %s, want %s: the rest of the album may come later", got, want)
		}
	})
}

func TestWhatIsQueuedIsHandledAfterTheIntake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		q := newQueues(1, 100, quiet, func(ctx context.Context, _ *task) {
			if sleep(ctx, time.Second) == nil {
				n.Add(1)
			}
		})
		intake, end := context.WithCancel(t.Context())
		work, stop := context.WithCancel(t.Context())
		for i := range int64(10) {
			q.put(intake, work, chatUpdate(i, i%3, ""), 0)
		}
		end()
		time.Sleep(4500 * time.Millisecond)
		stop()
		q.wait()
		if n.Load() != 4 {
			t.Errorf("%d updates handled, want the 4 for which there was time", n.Load())
		}
	})
}

func TestFullQueueHoldsTheIntakeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueues(1, 3, quiet, func(context.Context, *task) { time.Sleep(time.Second) })
		ctx := t.Context()
		begun := time.Now()
		for i := range int64(5) { // a batch may pass the limit
			q.put(ctx, ctx, chatUpdate(i, 7, ""), 0)
		}
		if err := q.waitRoom(ctx); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begun); d != 3*time.Second {
			t.Errorf("room after %v, want 3 s, when 2 of 5 wait", d)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if q.waitRoom(ended) == nil {
			t.Error("waitRoom after the end = nil")
		}
		q.wait()
	})
}
