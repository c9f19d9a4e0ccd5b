package bot

import (
	"context"
	"fmt"
	"strings"
)

// This file is about the messages with pictures in a chat: what people are told
// before they send some, and how they are taken out again.

// picturePrompt says how to send pictures, and once in a chat where these travel.
func (t *turn) picturePrompt(key string) []Reply {
	lines := []string{t.words.say(t.lang, key, args{"max": number(maxPictures)})}
	return t.reply(strings.Join(append(lines, t.consent()...), "\n"))
}

// privacy says what happens to what people send, and offers to delete pictures.
func (t *turn) privacy() []Reply {
	r := Reply{Text: t.words.say(t.lang, "privacy", nil)}
	if t.event.Private {
		r.Buttons = [][]Button{{t.button(actDelete, "")}}
	}
	return []Reply{r}
}

// noteImages remembers which messages of a private chat hold pictures.
func (t *turn) noteImages(u Upload) {
	if !t.event.Private || t.again {
		return
	}
	for _, f := range u.Files {
		t.s.noteImage(f.Message)
	}
}

// noteImage remembers a message that holds a picture.
func (s *Session) noteImage(id MessageID) {
	if id != 0 {
		s.Images = keepLast(append(s.Images, id), maxImages)
	}
}

// Sent implements [SentHandler]: the pictures that the bot sends are to be
// deleted with those that it was sent, and so are those that it passed to staff.
func (b *Bot) Sent(ctx context.Context, e Event, r Reply, id MessageID) error {
	passed := r.Pass.ID != ""
	if !e.Private || !passed && (r.File == nil || r.Chat != 0 && r.Chat != e.Chat) {
		return nil
	}
	s, err := b.chats.Load(ctx, e.Chat)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	if passed {
		s.notePassed(r, id)
	} else {
		s.noteImage(id)
	}
	if err := b.chats.Save(ctx, e.Chat, s); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// deletePictures takes all messages with pictures out of the chat and forgets the
// pictures.
func (t *turn) deletePictures(ctx context.Context) []Reply {
	if !t.event.Private {
		return t.sayTo("group-pictures", nil)
	}
	ids := t.s.Images
	t.s.Sets, t.s.Images, t.kept = nil, nil, true
	if len(ids)+len(t.s.Passed) == 0 {
		return t.sayTo("deleted-none", nil)
	}
	t.port.Busy(ctx, Typing)
	var lines []string
	add := func(key string, n int) { lines = append(lines, t.words.say(t.lang, key, args{"count": number(n)})) }
	if len(ids) > 0 {
		t.s.Images = t.port.Delete(ctx, 0, ids)
		if n := len(t.s.Images); n > 0 {
			add("deleted-some", n)
		} else {
			add("deleted", len(ids))
		}
	}
	if n := t.takeBack(ctx); n > 0 {
		add("deleted-passed", n)
	}
	if n := len(t.s.Passed); n > 0 {
		add("deleted-passed-some", n)
	}
	return t.reply(strings.Join(lines, "\n"))
}
