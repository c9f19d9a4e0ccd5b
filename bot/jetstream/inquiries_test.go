package jetstream

import (
	"testing"

	"beianbot/bot"
	"beianbot/bot/bottest"
)

func TestInquiries(t *testing.T) {
	bottest.TestInquiries(t, true, func(t *testing.T, dir string) (bot.Inquiries, func()) {
		s := open(t, Config{Dir: dir})
		return s.Inquiries, func() { closing(t, s) }
	})
}

func TestCountsAsAll(t *testing.T) {
	bottest.TestCounts(t, true, func(t *testing.T, dir string) (bot.Counts, func()) {
		s := open(t, Config{Dir: dir})
		return s.Counts, func() { closing(t, s) }
	})
}

func TestSettings(t *testing.T) {
	bottest.TestSettings(t, true, func(t *testing.T, dir string) (bot.Settings, func()) {
		s := open(t, Config{Dir: dir})
		return s.Settings, func() { closing(t, s) }
	})
}
