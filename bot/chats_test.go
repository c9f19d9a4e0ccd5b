package bot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"beianbot/bot"
	"beianbot/bot/bottest"
)

func TestMemChats(t *testing.T) {
	bottest.TestChats(t, func(t *testing.T, max int, check func(*testing.T, bot.Chats, func(time.Duration))) {
		synctest.Test(t, func(t *testing.T) {
			c := bot.NewMemChats()
			c.SetMax(max)
			check(t, c, time.Sleep)
		})
	})
}
