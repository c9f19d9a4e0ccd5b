package kb_test

import (
	"log/slog"
	"os"
	"testing"

	"beianbot/kb"
)

var discard = slog.New(slog.DiscardHandler)

// cases reads an evaluation file.
func cases(tb testing.TB, name string) []kb.Case {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	cs, err := kb.ReadCases(f)
	if err != nil {
		tb.Fatal(err)
	}
	return cs
}
