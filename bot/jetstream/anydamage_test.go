package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beianbot/bot"
	"beianbot/bot/telegram"
	"beianbot/kb/kbtest"
)

// everything is what a store holds, by kind, as text by name. Sessions are told
// from counts and the rest by what their loss means.
type everything map[string]map[string]string

// Kinds of what is held.
const (
	someEntries   = "entries"
	someInquiries = "inquiries"
	someSettings  = "settings"
	someUpdates   = "updates" // that wait
	someChats     = "chats"
	someCounts    = "counts"
	someFailures  = "failures"
)

// mayGo are the streams of what may be lost when the log says so, by kind. All
// else must be healed, or the start refused.
var mayGo = map[string]string{someChats: "KV_chat", someCounts: "KV_doc-count", someFailures: "DEAD"}

const (
	heldChats   = 30
	heldDocs    = 25
	heldUpdates = 20
)

// fill puts some of everything into a store.
func fill(t testing.TB, s *Store) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 20 {
		for version := range 2 {
			e := kbtest.Entry(entryID(n), fmt.Sprintf("第 %d 条第 %d 版", n, version+1))
			e.Version = version
			check(s.Entries.Put(ctx, e))
		}
	}
	for round := range 2 { // what is superseded may come back when what came later is gone
		for n := range heldDocs {
			_, err := s.Inquiries.ChangeInquiry(ctx, fmt.Sprintf("q%d", n), func(i *bot.Inquiry) error {
				i.Question = fmt.Sprintf("第 %d 个问题，第 %d 版", n, round)
				return nil
			})
			check(err)
			check(s.Settings.Set(ctx, fmt.Sprintf("setting-%d", n), fmt.Sprintf("value %d of round %d", n, round)))
		}
		for n := range heldChats {
			check(s.Chats.Save(ctx, bot.ChatID(n+1), bot.Session{Seen: []int64{int64(n), int64(round)}}))
		}
		for n := range 10 {
			check(s.Counts.Add(ctx, time.Now().AddDate(0, 0, -n), map[string]int{"asked": n + 1}))
		}
	}
	var batch []telegram.Record
	for id := range int64(heldUpdates) {
		batch = append(batch, telegram.Record{ID: 1000 + id, Chat: id % 3, Raw: fmt.Appendf(nil, `{"update_id":%d,"text":"第 %d 句"}`, 1000+id, id)})
	}
	_, err := s.Inbox.Add(ctx, batch)
	check(err)
	check(s.Inbox.Begin(ctx, 1000, 1001, 1002, 1003))
	check(s.Inbox.Done(ctx, 1000, 1002)) // others wait: it is cleared away later
	for n := range 5 {
		check(s.Inbox.Bury(ctx, telegram.Failure{ID: int64(n), Kind: "upload"}))
	}
}

// holds returns everything that a store holds.
func holds(t testing.TB, s *Store) everything {
	t.Helper()
	ctx := context.Background()
	all := make(everything)
	note := func(kind, name string, v any) {
		t.Helper()
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if all[kind] == nil {
			all[kind] = make(map[string]string)
		}
		all[kind][name] = string(text)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	entries, err := s.Entries.Entries(ctx)
	must(err)
	for _, e := range entries {
		vs, err := s.Entries.History(ctx, e.ID)
		must(err)
		note(someEntries, e.ID, vs)
	}
	open, err := s.Inquiries.OpenInquiries(ctx)
	must(err)
	for _, i := range open {
		note(someInquiries, i.Key, i)
	}
	for n := range heldDocs {
		value, err := s.Settings.Setting(ctx, fmt.Sprintf("setting-%d", n))
		must(err)
		if value != "" {
			note(someSettings, fmt.Sprint(n), value)
		}
	}
	waiting, err := s.Inbox.Waiting(ctx)
	must(err)
	for place, r := range waiting {
		r.Deaths = 0 // may be forgotten
		note(someUpdates, fmt.Sprintf("%02d", place), r)
	}
	for n := range heldChats {
		c, err := s.Chats.Load(ctx, bot.ChatID(n+1))
		must(err)
		if len(c.Seen) > 0 {
			note(someChats, fmt.Sprint(n), c.Seen)
		}
	}
	days, err := s.Counts.days.All(ctx)
	must(err)
	for day, counts := range days {
		note(someCounts, day, counts)
	}
	buried, err := s.Inbox.Buried(ctx)
	must(err)
	for n, f := range buried {
		note(someFailures, fmt.Sprint(n), f.ID)
	}
	return all
}

// only keeps those of a kind that o has, too, in their order.
func (e everything) only(kind string, o everything) {
	var left []string
	for _, place := range slices.Sorted(maps.Keys(e[kind])) {
		if text := e[kind][place]; slices.Contains(slices.Collect(maps.Values(o[kind])), text) {
			left = append(left, text)
		}
	}
	e[kind] = make(map[string]string)
	for place, text := range left {
		e[kind][fmt.Sprintf("%02d", place)] = text
	}
}

// differ returns the kinds of which two stores do not hold the same.
func (e everything) differ(o everything) (kinds []string) {
	for _, kind := range slices.Sorted(maps.Keys(e)) {
		if !maps.Equal(e[kind], o[kind]) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// A damage is what a disk, or a person, does to a data folder.
type damage struct {
	about string
	do    func(dir string) error
}

// damages are what is tried on a folder: flips flipped bits, spread at random over
// all bytes, and for each file and folder that it is cut, empty, or gone.
func damages(t *testing.T, dir string, rng *rand.Rand, flips int) (ds []damage) {
	t.Helper()
	type file struct {
		name string
		size int64
	}
	var files []file
	var total int64
	rewrite := func(name string, f func([]byte) []byte) func(string) error {
		return func(dir string) error {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name), f(data), 0o600)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		ds = append(ds, damage{"without " + name, func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }})
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() == 0 {
			return err
		}
		files = append(files, file{name, info.Size()})
		total += info.Size()
		half := info.Size() / 2
		ds = append(ds,
			damage{"half of " + name, rewrite(name, func(data []byte) []byte { return data[:half] })},
			damage{"nothing in " + name, rewrite(name, func([]byte) []byte { return nil })},
			damage{"zeros in " + name, rewrite(name, func(data []byte) []byte { clear(data[half:]); return data })})
		return nil
	})
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for range flips {
		at, bit := rng.Int64N(total), rng.IntN(8)
		for _, f := range files {
			if at >= f.size {
				at -= f.size
				continue
			}
			ds = append(ds, damage{fmt.Sprintf("bit %d of byte %d of %s", bit, at, f.name), rewrite(f.name, func(data []byte) []byte {
				data[at] ^= 1 << bit
				return data
			})})
			break
		}
	}
	return ds
}

// Whatever happens to a file of the store, a start either holds what was there
// before, or refuses and says what to do, or, for what may be lost, says in the log
// that it is. It is never silently less, and it works.
func TestAnyDamage(t *testing.T) {
	clean, killed := t.TempDir(), t.TempDir()
	s := open(t, Config{Dir: clean})
	fill(t, s)
	want := holds(t, s)
	tend(t, s) // as it does now and then
	copyFolder(t, clean, killed)
	closing(t, s)
	for _, dir := range []string{clean, killed} { // as the program that keeps a key there
		if err := os.WriteFile(filepath.Join(dir, "key"), []byte("k"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var mu sync.Mutex
	outcomes := make(map[string]map[string]int) // by way of damage, and outcome
	t.Run("all", func(t *testing.T) {
		for what, from := range map[string]string{"stop": clean, "kill": killed} {
			ds := damages(t, from, rng, 200)
			if !*long { // some of each
				rng.Shuffle(len(ds), func(a, b int) { ds[a], ds[b] = ds[b], ds[a] })
				ds = ds[:15]
			}
			for _, d := range ds {
				t.Run(what+" "+d.about, func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					copyFolder(t, from, dir)
					if err := d.do(dir); err != nil {
						t.Fatal(err)
					}
					outcome := start(t, dir, want)
					way, _, _ := strings.Cut(d.about, " ")
					mu.Lock()
					defer mu.Unlock()
					if outcomes[way] == nil {
						outcomes[way] = make(map[string]int)
					}
					outcomes[way][outcome]++
				})
			}
		}
	})
	for _, way := range slices.Sorted(maps.Keys(outcomes)) {
		t.Logf("%-8s %v", way, outcomes[way])
	}
}

// start opens a damaged folder and says what came of it. It fails the test when
// something is missing and nothing tells of it.
func start(t *testing.T, dir string, want everything) (outcome string) {
	t.Helper()
	s, l, err := try(t, Config{Dir: dir, Beside: []string{"key"}})
	if err != nil {
		for _, hint := range []string{"put back", "move the file away", "remove the line"} {
			if strings.Contains(err.Error(), hint) {
				return "refused"
			}
		}
		t.Errorf("Open = %v, which does not say what to do; log:\n%s", err, l)
		return "refused without help"
	}
	outcome = "whole"
	got := holds(t, s)
	if strings.Contains(l.String(), "stream=KV_mark") { // what was handled already may wait again
		got.only(someUpdates, want)
	}
	for _, kind := range got.differ(want) {
		stream, ok := mayGo[kind]
		if !ok || !strings.Contains(l.String(), "stream="+stream) {
			t.Errorf("the %s are not what they were; log:\n%s", kind, l)
			return "silently less"
		}
		outcome = "told"
	}
	if outcome == "whole" && strings.Contains(l.String(), "level=ERROR") {
		outcome = "healed"
	}
	if _, err := s.Inbox.Add(t.Context(), []telegram.Record{{ID: 99, Raw: []byte("{}")}}); err != nil {
		t.Errorf("Add = %v; log:\n%s", err, l)
	}
	if err := s.Chats.Save(t.Context(), 99, bot.Session{}); err != nil {
		t.Errorf("Save = %v; log:\n%s", err, l)
	}
	if err := s.Settings.Set(t.Context(), "new", "value"); err != nil {
		t.Errorf("Set = %v; log:\n%s", err, l)
	}
	// The next start has nothing to heal, and has what was stored since.
	closing(t, s)
	s, l, err = try(t, Config{Dir: dir, Beside: []string{"key"}})
	if err != nil {
		t.Fatal(err)
	}
	if text := l.String(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "level=WARN") {
		t.Errorf("the next start says:\n%s", text)
	}
	if v, err := s.Settings.Setting(t.Context(), "new"); err != nil || v != "value" {
		t.Errorf("the setting that was made after healing is %q, %v", v, err)
	}
	closing(t, s)
	return outcome
}

// What a backup should hold is the knowledge journal and the copies of questions
// and settings, taken while the program runs. In an empty folder they are all of
// that again; updates are not put back, which were answered long ago.
func TestBackup(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	fill(t, s)
	want := holds(t, s)
	dir := t.TempDir()
	for _, name := range []string{"inquiry", "setting"} {
		copyFolder(t, filepath.Join(s.dir, copiesName, name), filepath.Join(dir, copiesName, name))
	}
	data, err := os.ReadFile(filepath.Join(s.dir, journalName))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, journalName), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, l, err := try(t, Config{Dir: dir, Beside: []string{"key"}})
	if err != nil {
		t.Fatal(err)
	}
	got := holds(t, s)
	for _, kind := range []string{someEntries, someInquiries, someSettings} {
		if !maps.Equal(got[kind], want[kind]) {
			t.Errorf("the %s are not what they were; log:\n%s", kind, l)
		}
	}
	if len(got[someUpdates]) > 0 {
		t.Errorf("updates wait: %v", got[someUpdates])
	}
}

// What is forgotten in the bucket is forgotten in the copy, at once; what has
// expired comes back from nowhere; and what was put back expires when it would
// have.
func TestCopiesForget(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	ask := func(key, text string) {
		t.Helper()
		if _, err := s.Inquiries.ChangeInquiry(t.Context(), key, func(i *bot.Inquiry) error {
			i.Question = text
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	ask("q1", "canary-one")
	ask("q1", "forgotten")
	ask("q2", "canary-two")
	ask("q3", "canary-three")
	if where := holding(t, filepath.Join(cfg.Dir, copiesName), "canary-one"); where != "" {
		t.Errorf("%s has what was changed", where)
	}
	closing(t, s)
	// As if q2 had been changed last 91 days ago, and q3 89 days ago; and the bucket
	// is lost.
	for key, days := range map[string]int{"q2": 91, "q3": 89} {
		path := filepath.Join(cfg.Dir, copiesName, "inquiry", key)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		one, ok := readCopy(data)
		if !ok {
			t.Fatalf("copy of %s: %s", key, data)
		}
		one.Changed = time.Now().AddDate(0, 0, -days)
		body, err := json.Marshal(one)
		if err == nil {
			err = os.WriteFile(path, seal(body), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(cfg.Dir, serverName, "jetstream/$G/streams/KV_doc-inquiry")); err != nil {
		t.Fatal(err)
	}
	s, l, err := try(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.Inquiries.OpenInquiries(t.Context())
	if err != nil || len(open) != 2 {
		t.Errorf("%d questions, %v, want q1 and q3; log:\n%s", len(open), err, l)
	}
	if where := holding(t, cfg.Dir, "canary-two"); where != "" {
		t.Errorf("%s has what has expired", where)
	}
	m, err := last(t.Context(), s.Inquiries.docs.st, s.Inquiries.docs.subject("q3"))
	if err != nil {
		t.Fatal(err)
	}
	life, err := time.ParseDuration(m.Header.Get("Nats-TTL"))
	if err != nil || life > 25*time.Hour || life < 22*time.Hour { // a day, give or take a change of clocks
		t.Errorf("what was put back lives for %v, %v, want a day", life, err)
	}
	// What expires while the program runs goes from the copies, too.
	s.Inquiries.docs.copies.known["q1"] = copied{Version: 2, Changed: time.Now().AddDate(0, 0, -91)}
	tend(t, s)
	if where := holding(t, filepath.Join(cfg.Dir, copiesName), "forgotten"); where != "" {
		t.Errorf("%s has what has expired", where)
	}
}
