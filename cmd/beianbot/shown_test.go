package main

import (
	"testing"

	"beianbot/bot"
)

// The progress messages outlive a process and are no more than can be at work.
func TestShown(t *testing.T) {
	settings := bot.NewMemSettings()
	s := &shown{settings: settings}
	for n := range int64(maxShownKept + 2) {
		if err := s.KeepShown(t.Context(), 100+n, bot.MessageID(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.KeepShown(t.Context(), 105, 0); err != nil {
		t.Fatal(err)
	}
	s = &shown{settings: settings}
	for update, want := range map[int64]bot.MessageID{100: 0, 101: 0, 102: 3, 105: 0, 106: 7, 1: 0} {
		if id, err := s.Shown(t.Context(), update); id != want || err != nil {
			t.Errorf("Shown(%d) = %d, %v, want %d, nil", update, id, err, want)
		}
	}
}
