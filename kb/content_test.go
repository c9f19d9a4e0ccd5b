package kb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"beianbot/content"
	"beianbot/kb"
)

// shipped opens the shipped content once for all tests that only read it.
var shipped = sync.OnceValues(func() (*kb.Base, error) {
	return kb.Open(context.Background(), discard, content.FS, kb.NewMemStore())
})

func reading(tb testing.TB) *kb.Base {
	tb.Helper()
	b, err := shipped()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// base opens the shipped content with an empty store.
func base(tb testing.TB) *kb.Base {
	tb.Helper()
	b, err := kb.Open(tb.Context(), discard, content.FS, kb.NewMemStore())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	return b
}

// Every fact of the guidance is stated by an entry.
func TestAllFactsAreThere(t *testing.T) {
	b := reading(t)
	have := make(map[string]bool)
	for _, id := range b.IDs() {
		e, _ := b.Entry(id)
		for _, f := range e.Facts {
			have[f] = true
		}
	}
	for n := 1; n <= 33; n++ {
		if f := fmt.Sprintf("F%02d", n); !have[f] {
			t.Errorf("no entry states %s", f)
		}
	}
}

// The source text carries an advertisement, a telephone number and links to
// other pages. None of it may ever be said.
func TestNoAdvertisement(t *testing.T) {
	b := reading(t)
	ad := regexp.MustCompile(`1\d{10}|圭谷|临沂|青岛|上一篇|下一篇|热线|同微信|专业制作`)
	for _, id := range b.IDs() {
		for _, l := range []kb.Lang{kb.Chinese, kb.English} {
			a, _ := b.Show(id, l, kb.Context{})
			if hit := ad.FindString(a.Text()); hit != "" {
				t.Errorf("%s (%s) says %q", id, l, hit)
			}
		}
	}
}

// No card is too long to read on a phone.
func TestCardLength(t *testing.T) {
	b := reading(t)
	for _, id := range b.IDs() {
		a, _ := b.Show(id, kb.Chinese, kb.Context{})
		limit := 400
		if a.Copy != "" {
			limit = 600 // the passage that individuals in Guangdong copy
		}
		if n := len([]rune(a.Text())); n > limit {
			t.Errorf("%s: a card of %d characters, at most %d", id, n, limit)
		}
	}
}

// Button data is at most 64 bytes, with a prefix of up to eight.
func TestIDsFitButtons(t *testing.T) {
	for _, id := range reading(t).IDs() {
		if len(id) > 56 {
			t.Errorf("ID %s has %d bytes, at most 56", id, len(id))
		}
	}
}

// Two entries with the same phrasing would be drawn by lot.
func TestNoCollisions(t *testing.T) {
	b := reading(t)
	for _, id := range b.IDs() {
		e, _ := b.Entry(id)
		for _, p := range b.Lint(e) {
			if p.Code == "collision" {
				t.Errorf("%s: %s", id, p.Text)
			}
		}
	}
}

// Not-covered entries say so in their first line, and never state a fact.
func TestNotCoveredEntriesRefuse(t *testing.T) {
	b := reading(t)
	n := 0
	for _, id := range b.IDs() {
		if !strings.HasPrefix(id, "notcovered/") {
			continue
		}
		n++
		e, _ := b.Entry(id)
		if first := e.Body[kb.Chinese][0]; !strings.Contains(first, "资料") && !strings.Contains(first, "不提供") {
			t.Errorf("%s begins with %q, which does not say what the material lacks", id, first)
		}
		if len(e.Facts) > 0 {
			t.Errorf("%s names facts %v", id, e.Facts)
		}
		a, _ := b.Show(id, kb.Chinese, kb.Context{})
		if a.Answered() {
			t.Errorf("%s counts as answered", id)
		}
	}
	if n < 60 {
		t.Errorf("%d not-covered entries, want 60 or more", n)
	}
}

// What people could ask in the words of an evaluation row must be neither a
// phrasing nor a question that the ranking learnt from: the evaluation would
// measure itself.
func TestNothingLearntIsAnEvaluationRow(t *testing.T) {
	b := reading(t)
	rows := make(map[string]string)
	for _, c := range append(cases(t, "testdata/heldout.tsv"), cases(t, "testdata/tuning.tsv")...) {
		rows[strings.Join(c.Turns, " ||| ")] = c.ID
	}
	files, err := filepath.Glob("testdata/questions/train-*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("training questions: %v, %v", files, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		examples, err := kb.ReadExamples(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples {
			q := strings.Join(e.Turns, " ||| ")
			if row, ok := rows[q]; ok {
				t.Errorf("%s: %q is row %s", name, q, row)
			}
		}
	}
	for _, id := range b.IDs() {
		e, _ := b.Entry(id)
		for _, p := range e.Phrasings {
			if row, ok := rows[p]; ok {
				t.Errorf("%s: phrasing %q is row %s", id, p, row)
			}
		}
	}
}

// Related entries and choices lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	b := reading(t)
	ids := b.IDs()
	for _, id := range ids {
		a, _ := b.Show(id, kb.Chinese, kb.Context{})
		for _, r := range a.Related {
			if !slices.Contains(ids, r.Entry) || r.Label == "" {
				t.Errorf("%s leads to %q, labelled %q", id, r.Entry, r.Label)
			}
		}
	}
}
