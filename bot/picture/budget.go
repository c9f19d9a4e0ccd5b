package picture

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"
)

// A budget is the memory that all decoders together may hold. Who wants more
// than is free waits, first come first served.
type budget struct {
	bytes int64
	sem   *semaphore.Weighted

	mu         sync.Mutex
	held, most int64 // bytes that are held, and that ever were; guarded by mu
}

func newBudget(bytes int64) *budget {
	return &budget{bytes: bytes, sem: semaphore.NewWeighted(bytes)}
}

// collectAt is how many bytes of pixels are collected at once when they are given
// back: the next picture's would otherwise come on top of them.
const collectAt = 32 << 20

// take waits until n bytes are free and returns the function that gives them
// back. It returns the context's error when that ends first.
func (b *budget) take(ctx context.Context, n int64) (free func(), err error) {
	n = min(n, b.bytes) // one picture alone always gets its turn
	if err := b.sem.Acquire(ctx, n); err != nil {
		return nil, err
	}
	b.count(n)
	return func() {
		if n >= collectAt {
			runtime.GC()
		}
		b.count(-n)
		b.sem.Release(n)
	}, nil
}

func (b *budget) count(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += n
	b.most = max(b.most, b.held)
}
