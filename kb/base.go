package kb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beianbot/kb/zh"
)

// A Base is the whole knowledge: the shipped content and, over it, the entries
// of staff. Its methods are safe for concurrent use; questions never wait for
// an edit.
type Base struct {
	log     *slog.Logger
	lex     *lexicon
	shipped []Entry             // ordered by ID
	ready   map[string]prepared // the shipped entries
	index   *bleveIndex
	judge   *judge
	now     func() time.Time

	checklist *checklist

	state atomic.Pointer[state] // what questions read

	mu    sync.Mutex // held while the knowledge changes
	store Store
	taken map[string]bool // guarded by mu; IDs that staff ever used: none is used again
}

// state is one version of the knowledge. It is never changed.
type state struct {
	*composer
	staff    []Entry             // newest versions, retired ones too, ordered by ID
	prepared map[string]prepared // every entry in service
}

// Open reads the content and the entries of store, checks both, and builds the
// index. A broken content file is an error that names the file; a broken staff
// entry is left out and logged. The Base owns the store from then on.
func Open(ctx context.Context, log *slog.Logger, content fs.FS, store Store) (*Base, error) {
	// The model takes as long to read as all else together: both at once.
	var m *model
	var modelErr error
	var reading sync.WaitGroup
	reading.Go(func() { m, modelErr = loadModel(content) })
	defer reading.Wait()

	lex, err := loadLexicon(content)
	if err != nil {
		return nil, err
	}
	b := &Base{log: log, lex: lex, store: store, now: time.Now, taken: make(map[string]bool)}
	if b.shipped, err = loadEntries(content); err != nil {
		return nil, err
	}
	topics, err := loadRules(content, lex.provinces)
	if err != nil {
		return nil, err
	}
	phrases, err := loadPhrases(content)
	if err != nil {
		return nil, err
	}
	c := &composer{
		entries: make(map[string]Entry), topics: topics, phrases: phrases,
		shipped: make(map[string]Entry), params: make(map[string]any), provinces: lex.provinces, english: lex.english,
	}
	for _, e := range b.shipped {
		c.entries[e.ID], c.shipped[e.ID] = e, e
		for name, v := range e.Params {
			if _, ok := c.params[name]; ok {
				return nil, fmt.Errorf("%s.md: parameter %s is another entry's already", e.ID, name)
			}
			c.params[name] = v
		}
	}
	if err := c.readLimits(); err != nil {
		return nil, err
	}
	c.values = map[Lang]map[string]string{Chinese: paramValues(c.params, Chinese), English: paramValues(c.params, English)}
	for _, e := range b.shipped {
		for _, p := range check(c, e) {
			if p.Fatal {
				return nil, fmt.Errorf("%s.md: %s", e.ID, p.Text)
			}
		}
	}
	if b.checklist, err = loadChecklist(content, c); err != nil {
		return nil, err
	}
	if reading.Wait(); modelErr != nil {
		return nil, modelErr
	}
	b.judge = newJudge(lex, m, b.shipped)
	if hash, err := contentHash(content); err != nil {
		return nil, err
	} else if hash != b.judge.model.hash {
		log.Warn("the ranking was trained on other content: run kb train")
	}
	b.ready = b.judge.prepareAll(b.shipped)
	if b.index, err = newBleveIndex(lex, b.ready); err != nil {
		return nil, err
	}
	staff, err := store.Entries(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read staff entries: %w", err), b.index.Close())
	}
	for _, e := range staff {
		b.taken[e.ID] = true
	}
	staff = slices.DeleteFunc(staff, func(e Entry) bool {
		if e.Retired || e.Withdrawn {
			return false // it says nothing
		}
		for _, p := range check(c, e) {
			if p.Fatal {
				log.Error("staff entry left out", "entry", e.ID, "reason", p.Code)
				return true
			}
		}
		return false
	})
	if err := b.install(c, staff, ""); err != nil {
		return nil, errors.Join(err, b.index.Close())
	}
	for _, s := range b.Shadowed() {
		if s.Stale {
			log.Warn("a shipped entry changed under the version of staff", "entry", s.ID, "hidden", s.Hidden)
		}
	}
	return b, nil
}

// install makes staff entries over the shipped ones what questions see. changed
// is the ID of the one that alone is other than before, or empty: then all may be.
func (b *Base) install(c *composer, staff []Entry, changed string) error {
	next := *c
	next.entries = make(map[string]Entry, len(b.shipped)+len(staff))
	for _, e := range b.shipped {
		next.entries[e.ID] = e
	}
	p := maps.Clone(b.ready)
	live := make(map[string]prepared, len(staff))
	var anew []Entry
	for _, e := range staff {
		if e.Withdrawn {
			if shipped, ok := next.entries[e.ID]; ok {
				shipped.Version = e.Version // an edit follows on it
				next.entries[e.ID] = shipped
			}
			continue
		}
		if e.Retired {
			delete(next.entries, e.ID)
			delete(p, e.ID)
			continue
		}
		next.entries[e.ID] = e
		if changed == "" || changed == e.ID {
			anew = append(anew, e)
		} else {
			live[e.ID] = b.state.Load().prepared[e.ID]
		}
	}
	maps.Copy(live, b.judge.prepareAll(anew))
	maps.Copy(p, live)
	var one *prepared
	if changed != "" {
		ready, ok := live[changed]
		if !ok {
			ready = prepared{id: changed} // says nothing any more
		}
		one = &ready
	}
	if err := b.index.setStaff(live, one); err != nil {
		return err
	}
	b.state.Store(&state{composer: &next, staff: staff, prepared: p})
	return nil
}

// Close closes the index and the store. No method may be called after it.
func (b *Base) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.index.Close(), b.store.Close())
}

// Limits returns what the picture check enforces.
func (b *Base) Limits() Limits { return b.state.Load().limits }

// readLimits takes the limits from the parameters of the entries that word them.
func (c *composer) readLimits() error {
	list := func(name string) []string {
		var ws []string
		l, _ := c.params[name].([]any)
		for _, w := range l {
			ws = append(ws, strings.ToLower(fmt.Sprint(w)))
		}
		return ws
	}
	number := func(name string) int64 {
		n, _ := c.params[name].(int)
		return int64(n)
	}
	c.limits = Limits{
		Accepted: list("accepted"), Disputed: list("disputed"),
		MaxBytes: number("max_bytes"), LooseMaxBytes: number("loose_max_bytes"),
	}
	c.app, _ = c.params["app_version"].(string)
	switch {
	case len(c.limits.Accepted) == 0:
		return errors.New("content: no entry has the parameter accepted")
	case c.limits.MaxBytes <= 0 || c.limits.LooseMaxBytes < c.limits.MaxBytes:
		return errors.New("content: max_bytes and loose_max_bytes are not set, or not in order")
	case c.app == "":
		return errors.New("content: no entry has the parameter app_version")
	}
	return nil
}

// Show returns the card of an entry, narrowed by the slots of a conversation.
// It reports whether there is such an entry.
func (b *Base) Show(id string, l Lang, c Context) (Answer, bool) {
	s := b.state.Load()
	e, ok := s.entries[id]
	if !ok {
		return Answer{}, false
	}
	now := b.now()
	c = c.at(now)
	a := s.card(e, c.slots(), lang(l))
	a.Score = 1
	a.Context = Context{At: now, Entry: id, Slots: c.Slots}
	return a, true
}

// Preview returns the card of an entry that is not stored yet.
func (b *Base) Preview(e Entry, l Lang) Answer { return b.state.Load().card(e, slots{}, lang(l)) }

// Official reports whether what a version of an entry says, additions aside, is the
// official text.
func (b *Base) Official(e Entry) bool { return !b.state.Load().restated(e) }

// NewID returns an unused ID for a staff entry: "staff/" and the sound of the
// title in ASCII.
func (b *Base) NewID(title string) string {
	var name strings.Builder
	for _, t := range zh.Tokens(zh.Fold(title)) {
		for _, r := range t.Key {
			if r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') && name.Len() < 32 {
				name.WriteRune(r)
			}
		}
	}
	if name.Len() == 0 {
		name.WriteString("entry")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id := "staff/" + name.String()
	for n := 2; b.taken[id]; n++ {
		id = fmt.Sprintf("staff/%s-%d", name.String(), n)
	}
	return id
}

// Entry returns an entry in service.
func (b *Base) Entry(id string) (Entry, bool) {
	e, ok := b.state.Load().entries[id]
	return e, ok
}

// IDs returns the IDs of all entries in service, in order.
func (b *Base) IDs() []string { return slices.Sorted(maps.Keys(b.state.Load().entries)) }

func lang(l Lang) Lang {
	if l == English {
		return English
	}
	return Chinese
}
