package telegram_test

import (
	"testing"

	"beianbot/bot/telegram"
	"beianbot/bot/telegram/telegramtest"
)

func TestMemJournal(t *testing.T) {
	telegramtest.TestJournal(t, func(_ *testing.T, maxBytes int64) (telegram.Journal, func() telegram.Journal) {
		return telegram.NewMemJournal(maxBytes), nil
	})
}
