package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
)

// FileTally is a [Tally] in one small file. What it counts says nothing of who
// did it.
type FileTally struct {
	path string // "" for none: it counts until the process ends

	mu sync.Mutex                   // held while writing
	n  map[TallyKind]map[string]int // guarded by mu
}

// OpenFileTally reads the file at path, or begins at nothing when there is none.
// Without a path it is kept in memory alone.
func OpenFileTally(path string) (*FileTally, error) {
	f := &FileTally{path: path, n: make(map[TallyKind]map[string]int)}
	if path == "" {
		return f, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &f.n)
	}
	if err != nil {
		return nil, fmt.Errorf("open tally: %w", err)
	}
	return f, nil
}

// Add implements [Tally].
func (f *FileTally) Add(_ context.Context, kind TallyKind, entry string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n[kind] == nil {
		f.n[kind] = make(map[string]int)
	}
	f.n[kind][entry]++
	if f.path == "" {
		return nil
	}
	data, err := json.Marshal(f.n)
	if err == nil {
		err = writeFile(f.path, data)
	}
	if err != nil {
		return fmt.Errorf("write tally: %w", err)
	}
	return nil
}

// Counts implements [Tally].
func (f *FileTally) Counts(_ context.Context, kind TallyKind) (map[string]int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.n[kind]), nil
}
