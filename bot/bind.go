package bot

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

const (
	// maxWrongCodes is how many wrong codes are taken in a chat before none is for
	// [bindLock]. It is counted by chat, so that whoever tries in one does not lock
	// out the owner, who is in another; to do that takes wrong codes in [maxBinding]
	// groups within an hour. A code has forty bits, which all groups that a person
	// may add the bot to do not exhaust.
	maxWrongCodes = 10
	// bindLock is how long no code is taken in a chat after too many wrong ones. The
	// code stays the same, and its owner needs no restart.
	bindLock = time.Hour
	// maxBinding is how many chats with wrong codes are remembered. While there are
	// more, no code is taken in others.
	maxBinding = 1000
)

// The [Settings] keys of the staff chat's number, of one that was bound; and of one
// that was given at the start and has gone on under another, of both.
const (
	staffSetting = "staff-chat"
	movedSetting = "staff-chat-moved"
)

// StaffChat returns the staff chat: the one that was given at the start, under the
// number under which it goes on, or with 0 the one that was bound, 0 for none.
func StaffChat(ctx context.Context, s Settings, given ChatID) (ChatID, error) {
	key := staffSetting
	if given != 0 {
		key = movedSetting
	}
	text, err := s.Setting(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("read staff chat: %w", err)
	}
	if given != 0 {
		old, now, _ := strings.Cut(text, " ")
		if old != strconv.FormatInt(int64(given), 10) {
			return given, nil
		}
		text = now
	}
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read staff chat: the setting %q is no number", key)
	}
	return ChatID(id), nil
}

// wrongCodes are the codes sent in one chat that do not bind.
type wrongCodes struct {
	n    int
	last time.Time
}

// bind makes the group of the event the staff chat when the code is the one that
// was printed at the start. To any other code the bot answers as to a command
// that it does not know: nobody outside learns that there is a code. The log says
// that codes were tried, and so does the bot to the staff chat, if there is one.
func (t *turn) bind(ctx context.Context, code string) []Reply {
	fits, tried := false, false
	if !t.event.Private && !t.again {
		fits, tried = t.codeFits(t.event.Chat, strings.TrimSpace(code), t.now)
	}
	if !fits {
		replies := t.sayTo("unknown-command", nil)
		if tried && t.hasDesk() {
			replies = append(replies, t.toDesk(Reply{Text: t.desk("bind-tried", args{"count": number(maxWrongCodes)})}))
		}
		return replies
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

// codeFits reports whether a code that was sent in a chat binds. Each that does
// not is counted, also when a chat is bound already; tried says that this one was
// the last that is taken there before the lock.
func (b *Bot) codeFits(chat ChatID, code string, now time.Time) (fits, tried bool) {
	b.bindMu.Lock()
	defer b.bindMu.Unlock()
	maps.DeleteFunc(b.wrong, func(_ ChatID, w wrongCodes) bool { return now.Sub(w.last) >= bindLock })
	open := b.bindCode != "" && b.staff.Load() == 0
	right := open && subtle.ConstantTimeCompare([]byte(strings.ToUpper(code)), []byte(strings.ToUpper(b.bindCode))) == 1
	w, known := b.wrong[chat]
	if w.n >= maxWrongCodes || !known && len(b.wrong) >= maxBinding {
		if right {
			b.log.Warn("the right code came in a chat where none is taken now: send it there again later, or in another group",
				"after", w.last.Add(bindLock).UTC().Format(time.RFC3339))
		}
		return false, false
	}
	if right {
		return true, false
	}
	w = wrongCodes{w.n + 1, now}
	b.wrong[chat] = w
	if w.n < maxWrongCodes {
		return false, false
	}
	b.log.Warn("too many wrong codes were sent as /bind in a chat: none is taken there until the time",
		"until", now.Add(bindLock).UTC().Format(time.RFC3339))
	return false, true
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
	key, value := staffSetting, strconv.FormatInt(int64(to), 10)
	if b.given != 0 {
		b.log.Warn("the staff group has a new number, which is kept; give it at the next start", "given", int64(b.given), "number", int64(to))
		key, value = movedSetting, fmt.Sprintf("%d %d", b.given, to)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := b.settings.Set(ctx, key, value); err != nil {
		b.log.Error("the new number of the staff group was not kept", "err", err)
	}
}
