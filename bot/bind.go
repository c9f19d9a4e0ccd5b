package bot

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxWrongCodes is how many wrong codes are taken before none is any more, until
// the program starts again.
const maxWrongCodes = 10

// staffSetting is the [Settings] key of the staff chat's number.
const staffSetting = "staff-chat"

// StaffChat returns the staff chat that was bound, 0 for none.
func StaffChat(ctx context.Context, s Settings) (ChatID, error) {
	text, err := s.Setting(ctx, staffSetting)
	if err != nil {
		return 0, fmt.Errorf("read staff chat: %w", err)
	}
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read staff chat: the setting is no number")
	}
	return ChatID(id), nil
}

// bind makes the group of the event the staff chat when the code is the one that
// was printed at the start. To any other code the bot answers as to a command
// that it does not know: nobody learns that there is a code.
func (t *turn) bind(ctx context.Context, code string) []Reply {
	if t.event.Private || !t.codeFits(strings.TrimSpace(code)) {
		return t.sayTo("unknown-command", nil)
	}
	id := t.event.Chat
	if err := t.settings.Set(ctx, staffSetting, strconv.FormatInt(int64(id), 10)); err != nil {
		t.fail(fmt.Errorf("bind the staff chat: %w", err))
		return t.sayTo("bind-failed", nil)
	}
	t.staff.Store(int64(id))
	t.log.Info("a staff chat was bound")
	t.announce(id)
	return t.sayTo("bind-done", nil)
}

// codeFits reports whether code binds. Each code that does not is counted.
func (b *Bot) codeFits(code string) bool {
	b.bindMu.Lock()
	defer b.bindMu.Unlock()
	if b.bindCode == "" || b.staff.Load() != 0 || b.wrongCodes >= maxWrongCodes {
		return false
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToUpper(code)), []byte(strings.ToUpper(b.bindCode))) == 1 {
		return true
	}
	if b.wrongCodes++; b.wrongCodes == maxWrongCodes {
		b.log.Warn("too many wrong codes: no chat can be bound until the next start")
	}
	return false
}

// announce tells whoever wired the bot that the staff chat is another.
func (b *Bot) announce(id ChatID) {
	if b.onStaff != nil {
		b.onStaff(id)
	}
}

// ChatMoved says that a group goes on under another number.
func (b *Bot) ChatMoved(from, to ChatID) {
	if from == 0 || !b.staff.CompareAndSwap(int64(from), int64(to)) {
		return
	}
	b.announce(to)
	if b.fixed {
		b.log.Warn("the staff group has a new number; start with it from now on")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := b.settings.Set(ctx, staffSetting, strconv.FormatInt(int64(to), 10)); err != nil {
		b.log.Error("the new number of the staff group was not kept", "err", err)
	}
}
