package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"beianbot/kb"
)

// maxInquiries is how many inquiries a [MemInquiries] keeps; beyond it the closed
// ones that were asked longest ago go, then open ones.
const maxInquiries = 5000

// MemInquiries is an [Inquiries] that forgets everything with the process.
type MemInquiries struct {
	mu   sync.Mutex
	kept map[string][]byte // guarded by mu; JSON, so that nothing is shared with callers
}

// NewMemInquiries returns an empty MemInquiries.
func NewMemInquiries() *MemInquiries { return &MemInquiries{kept: make(map[string][]byte)} }

// Inquiry implements [Inquiries].
func (m *MemInquiries) Inquiry(_ context.Context, key string) (Inquiry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read(key)
}

// read decodes an inquiry. The caller holds mu.
func (m *MemInquiries) read(key string) (Inquiry, error) {
	data, ok := m.kept[key]
	if !ok {
		return Inquiry{}, fmt.Errorf("inquiry %q: %w", key, kb.ErrNotFound)
	}
	var i Inquiry
	if err := json.Unmarshal(data, &i); err != nil {
		return Inquiry{}, fmt.Errorf("decode inquiry %q: %w", key, err)
	}
	return i, nil
}

// ChangeInquiry implements [Inquiries].
func (m *MemInquiries) ChangeInquiry(_ context.Context, key string, change func(*Inquiry) error) (Inquiry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := Inquiry{Key: key}
	if _, ok := m.kept[key]; ok {
		var err error
		if i, err = m.read(key); err != nil {
			return Inquiry{}, err
		}
	}
	if err := change(&i); err != nil {
		return Inquiry{}, err
	}
	data, err := json.Marshal(i)
	if err != nil {
		return Inquiry{}, fmt.Errorf("encode inquiry %q: %w", key, err)
	}
	m.kept[key] = data
	if err := m.bound(); err != nil {
		return Inquiry{}, err
	}
	return m.read(key)
}

// bound drops a twentieth of the inquiries when there are too many. The caller
// holds mu.
func (m *MemInquiries) bound() error {
	if len(m.kept) <= maxInquiries {
		return nil
	}
	all, err := m.all()
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Inquiry) int {
		return cmp.Or(cmp.Compare(open(a), open(b)), a.Asked.Compare(b.Asked), cmp.Compare(a.Key, b.Key))
	})
	for _, i := range all[:maxInquiries/20] {
		delete(m.kept, i.Key)
	}
	return nil
}

// open is 1 for an inquiry that is open, else 0.
func open(i Inquiry) int {
	if i.IsClosed() {
		return 0
	}
	return 1
}

// all decodes all inquiries. The caller holds mu.
func (m *MemInquiries) all() ([]Inquiry, error) {
	list := make([]Inquiry, 0, len(m.kept))
	for _, key := range slices.Sorted(maps.Keys(m.kept)) {
		i, err := m.read(key)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, nil
}

// OpenInquiries implements [Inquiries].
func (m *MemInquiries) OpenInquiries(context.Context) ([]Inquiry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, err := m.all()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i Inquiry) bool { return i.IsClosed() }), nil
}

// MemSettings is a [Settings] that forgets everything with the process.
type MemSettings struct {
	mu     sync.Mutex
	values map[string]string // guarded by mu
}

// NewMemSettings returns empty settings.
func NewMemSettings() *MemSettings { return &MemSettings{values: make(map[string]string)} }

// Setting implements [Settings].
func (m *MemSettings) Setting(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], nil
}

// Set implements [Settings].
func (m *MemSettings) Set(_ context.Context, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value
	return nil
}
