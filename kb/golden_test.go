package kb

import (
	"bufio"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"beianbot/content"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The golden file holds the rank of the right entry for each question, by the
// classifier and by the engine alone, with recall at 1 and 5 and the mean
// reciprocal rank.
func TestRanks(t *testing.T) {
	b, err := Open(t.Context(), slog.New(slog.DiscardHandler), content.FS, NewMemStore())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	f, err := os.Open("testdata/questions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	var lines strings.Builder
	var judged, engine tally
	for s := bufio.NewScanner(f); s.Scan(); {
		question, want, ok := strings.Cut(s.Text(), " => ")
		if !ok {
			continue // a comment
		}
		a := b.lex.analyse(question)
		r := b.judge.rank(a.features(), nil, 0)
		first := 1 + slices.Index(r.top(b.state.Load(), len(r.labels)), want)
		hits, err := b.index.Search(t.Context(), question, hitsRead)
		if err != nil {
			t.Fatal(err)
		}
		alone := 1 + slices.IndexFunc(hits, func(h Hit) bool { return h.Entry == want })
		judged.add(first)
		engine.add(alone)
		fmt.Fprintf(&lines, "%2d %2d  %s => %s\n", first, alone, question, want)
	}
	got := fmt.Sprintf("          recall@1  recall@5  MRR\nranking   %s\nengine    %s\n\n%s", &judged, &engine, &lines)
	const name = "testdata/ranks.golden"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the ranking has changed: see the difference after go test ./kb -run Ranks -update\n%s", got[:strings.Index(got, "\n\n")])
	}
}

// tally sums up ranks; 0 is a right entry that was not found.
type tally struct {
	n, one, five int
	reciprocal   float64
}

func (t *tally) add(rank int) {
	t.n++
	if rank == 0 {
		return
	}
	if rank == 1 {
		t.one++
	}
	if rank <= 5 {
		t.five++
	}
	t.reciprocal += 1 / float64(rank)
}

func (t *tally) String() string {
	n := float64(t.n)
	return fmt.Sprintf("%.3f     %.3f     %.3f", float64(t.one)/n, float64(t.five)/n, t.reciprocal/n)
}
