package bot

import (
	"context"
	"slices"
	"strings"

	"beianbot/kb"
)

// usefulCount is the counter of the taps on 有用 under the answers of an entry;
// that of all of them is "useful".
func usefulCount(id string) string { return "useful_" + strings.ReplaceAll(id, "/", "__") }

// usefulButton makes the button with which people say that an answer helped. ok
// is false when nothing was answered.
func (t *turn) usefulButton(a kb.Answer) (b Button, ok bool) {
	if !a.Answered() || a.Entry == "" {
		return Button{}, false
	}
	data, ok := actUseful.data(a.Entry)
	return Button{Label: t.words.label(t.lang, actUseful), Data: data}, ok
}

// useful counts that the answer of an entry helped, once for each message, and
// thanks without a message of its own when a button was pressed.
func (t *turn) useful(ctx context.Context, id string) []Reply {
	p, pressed := t.event.Body.(Press)
	if !pressed && t.inStaffChat() {
		return nil // an ordinary word among colleagues
	}
	if _, ok := t.kb.Entry(id); !ok {
		if pressed {
			return t.stale()
		}
		return t.sayTo("thanks", nil)
	}
	if !pressed || !slices.Contains(t.s.Rated, t.event.Message) {
		t.count("useful")
		t.count(usefulCount(id))
	}
	if !pressed {
		return t.sayTo("thanks", nil)
	}
	if !slices.Contains(t.s.Rated, t.event.Message) {
		t.s.Rated = keepLast(append(t.s.Rated, t.event.Message), maxRated)
	}
	t.port.Answer(ctx, p, t.words.say(t.lang, "thanks", nil))
	return nil
}

// amended answers a question that was changed after it was asked, as an answer to
// that message. What colleagues correct among themselves is not answered.
func (t *turn) amended(text string) []Reply {
	if t.inStaffChat() {
		return t.deskAmended(text)
	}
	replies := t.ask(text)
	for i := range replies {
		replies[i].ReplyTo = t.event.Message
	}
	return replies
}

// copyText says what the button copies that was shown last, for those whose
// client has no such buttons, or who typed its label.
func (t *turn) copyText() []Reply {
	if t.s.Copy == "" {
		return t.stale()
	}
	return []Reply{{Text: t.s.Copy, Spans: []Span{{Start: 0, End: len(t.s.Copy), Style: Code}}}}
}
