package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"beianbot/kb"
)

// Why an act of staff on an inquiry is refused.
var (
	errTaken = errors.New("somebody else is at it")
	errShut  = errors.New("it is closed")
	errMany  = errors.New("it was answered often enough")
	errNone  = errors.New("it was not answered")
)

// deskReply handles a message of staff that replies to the card of an inquiry:
// it goes to everybody who asked. ok is false for a message that does not.
func (t *turn) deskReply(ctx context.Context, text string) (replies []Reply, ok bool) {
	key, ok := tagged(t.event.Quoted)
	if !ok || text == "" {
		return nil, false
	}
	if amongColleagues(text) {
		return nil, true
	}
	if n := utf8.RuneCountInString(text); n > maxReply {
		return t.sayTo("desk-long", args{"max": number(maxReply)}), true
	}
	m := t.mark(t.signature())
	more := false
	i, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
		at := slices.IndexFunc(i.Answers, func(s Said) bool { return s.Update == m.Update })
		more = at > 0 || at < 0 && i.answered()
		switch {
		case i.Opened.At.IsZero():
			return kb.ErrNotFound
		case at >= 0:
			return nil // the same message again
		case i.IsClosed():
			return errShut
		case i.Claim.By != "" && i.Claim.By != m.By:
			return errTaken
		case len(i.Answers) >= maxAnswers:
			return errMany
		case i.Claim.By == "":
			i.Claim = m
		}
		i.Answers = append(i.Answers, Said{m, text})
		return nil
	})
	if err != nil {
		return t.refused(ctx, key, err), true
	}
	if strings.Contains(t.event.Quoted, "\n") { // the card, and not what was said about it
		card := t.inquiryCard(i)
		card.Edit, card.Buttons = t.event.ReplyTo, nil // the buttons are under what follows
		replies = append(replies, card)
	}
	sent := "desk-sent"
	if i.Why == WhyPicture {
		sent = "desk-sent-picture"
	}
	replies = append(replies, Reply{
		Text:    t.desk(sent, args{"tag": i.tag(), "count": number(len(i.Askers)), "question": clip(i.Question, maxTitle)}),
		Buttons: t.answerButtons(i),
	})
	if t.again {
		return replies, true // the messages are out, or on their way
	}
	t.count("answers")
	say := "inquiry-answer"
	if more {
		say = "inquiry-more"
	}
	told := t.tell(i, say, args{"answer": text})
	for n := range told {
		told[n].Undelivered = &Reply{ReplyTo: t.event.Message, Text: t.desk("desk-undelivered", args{"tag": i.tag()})}
	}
	return append(replies, told...), true
}

// deskAstray says to a colleague who replied to a message of the bot that is no
// card that nobody was told: the silence would be taken for an answer that went out.
func (t *turn) deskAstray(text string) []Reply {
	if !t.event.Follows || t.event.Quoted == "" || amongColleagues(text) {
		return nil
	}
	return t.sayTo("desk-astray", nil)
}

// deskAmended says to a colleague who changed a reply to a card that those who
// asked have the old one.
func (t *turn) deskAmended(text string) []Reply {
	if _, ok := tagged(t.event.Quoted); !ok || amongColleagues(text) {
		return nil
	}
	return t.sayTo("desk-amended", nil)
}

// amongColleagues reports whether a reply to a card is not for who asked.
func amongColleagues(text string) bool {
	return strings.HasPrefix(text, "//") || strings.HasPrefix(text, "／／")
}

// deskUpload handles a picture or a file of staff. What colleagues show each other
// is theirs; one that replies to a card would not reach who asked, and is said not
// to have.
func (t *turn) deskUpload() []Reply {
	if _, ok := tagged(t.event.Quoted); ok {
		return t.sayTo("desk-text-only", nil)
	}
	return nil
}

// tell makes the messages to everybody who asked.
func (t *turn) tell(i Inquiry, key string, a args) []Reply {
	a["question"] = i.Question
	var replies []Reply
	for _, to := range i.Askers {
		replies = append(replies, Reply{Chat: to.Chat, ReplyTo: to.Message, Text: t.words.say(to.Lang, key, a)})
	}
	return replies
}

// refused says why an act on an inquiry was not done.
func (t *turn) refused(ctx context.Context, key string, err error) []Reply {
	i, readErr := t.inquiries.Inquiry(ctx, key)
	switch {
	case errors.Is(err, kb.ErrNotFound) || errors.Is(readErr, kb.ErrNotFound):
		return t.sayTo("desk-gone", nil)
	case errors.Is(err, errTaken):
		a := t.whoWhen(i.Claim)
		a["tag"] = i.tag()
		return []Reply{{Text: t.desk("desk-taken", a), Buttons: [][]Button{{t.button(actTake, key)}}}}
	case errors.Is(err, errShut):
		return t.reply(t.desk("desk-shut", args{"ending": t.desk("end-"+string(i.Ending), t.whoWhen(i.Closed))}))
	case errors.Is(err, errMany):
		return t.sayTo("desk-many", args{"max": number(maxAnswers)})
	}
	t.fail(fmt.Errorf("change inquiry: %w", errors.Join(err, readErr)))
	return t.sayTo("desk-failed", nil)
}

// claimed says to whoever presses "claim" whose the inquiry is: the card alone
// would not change for the second one to press, who would wait for an answer.
func (t *turn) claimed(i Inquiry, m Mark) string {
	switch {
	case i.IsClosed():
		return t.desk("end-"+string(i.Ending), t.whoWhen(i.Closed))
	case i.answered():
		return t.desk("desk-answered", t.saidBy(i.Answers[len(i.Answers)-1]))
	case i.Claim.By == m.By:
		return t.desk("desk-yours", t.whoWhen(i.Claim))
	}
	return t.desk("desk-claimed", t.whoWhen(i.Claim))
}

// saidBy are the slots of a sentence that quotes an answer.
func (t *turn) saidBy(s Said) args {
	a := t.whoWhen(s.Mark)
	a["answer"] = oneLine(s.Text, maxQuestion)
	return a
}

// toast shows a text for some seconds to whoever pressed the button.
func (t *turn) toast(ctx context.Context, text string) {
	if p, ok := t.event.Body.(Press); ok {
		t.port.Answer(ctx, p, text)
	}
}

// inquiryAct handles the buttons of the cards.
func (t *turn) inquiryAct(ctx context.Context, a action, arg string) []Reply {
	key, rest, _ := strings.Cut(arg, ":")
	if !isInquiryKey(key) {
		return t.stale()
	}
	m := t.mark(t.signature())
	var change func(*Inquiry) error
	switch a {
	case actShow, actCard:
		change = func(*Inquiry) error { return nil }
	case actDrop:
		change = func(i *Inquiry) error {
			if i.Claim.By != "" && i.Claim.By != m.By && !i.IsClosed() {
				return errTaken
			}
			return nil
		}
	case actClaim:
		change = func(i *Inquiry) error {
			if i.Claim.By == "" && !i.IsClosed() {
				i.Claim = m
			}
			return nil // the card says who was first
		}
	case actTake:
		change = func(i *Inquiry) error {
			if i.IsClosed() {
				return errShut
			}
			if i.Claim.By != m.By {
				i.Claim = m
			}
			return nil
		}
	case actDropYes:
		change = func(i *Inquiry) error {
			if i.Claim.By != "" && i.Claim.By != m.By && !i.IsClosed() {
				return errTaken
			}
			if !i.answered() {
				i.close(EndDropped, m)
			}
			return nil
		}
	case actKeep:
		change = func(i *Inquiry) error {
			if i.answer() == "" {
				return errNone
			}
			i.close(EndKept, m)
			return nil
		}
	case actSave, actMerge:
		change = func(i *Inquiry) error {
			switch {
			case i.answer() == "" || i.Why == WhyPicture:
				return errNone
			case i.IsClosed() && i.Ending == EndSaved:
				return errShut // once is enough
			}
			return nil
		}
	}
	i, err := t.inquiries.ChangeInquiry(ctx, key, func(i *Inquiry) error {
		if i.Opened.At.IsZero() {
			return kb.ErrNotFound
		}
		return change(i)
	})
	switch {
	case errors.Is(err, errNone):
		return t.stale()
	case err != nil:
		return t.refused(ctx, key, err)
	case a == actKeep && i.Ending != EndKept:
		return t.refused(ctx, key, errShut)
	case a == actSave:
		return t.saveInquiry(ctx, i)
	case a == actMerge:
		return t.mergeInquiry(ctx, i, rest)
	}
	r := t.inquiryCard(i)
	switch a {
	case actShow: // a card of its own, which can be replied to
	case actDrop:
		r.Edit = t.event.Message
		if !i.IsClosed() && !i.answered() {
			// Who asked would be told at once, and a tap beside "claim" is soon made.
			r.Text += "\n" + t.desk("desk-drop-sure", args{"count": number(len(i.Askers))})
			r.Buttons = [][]Button{{t.deskButton(actDropYes, i.Key), t.deskButton(actCard, i.Key)}}
		}
	case actClaim:
		r.Edit = t.event.Message
		t.toast(ctx, t.claimed(i, m))
	case actKeep:
		r = Reply{Text: t.desk("desk-kept", t.whoWhen(i.Closed)), Edit: t.event.Message}
	default:
		r.Edit = t.event.Message
	}
	replies := []Reply{r}
	if a == actDropYes && i.Ending == EndDropped && i.Closed.Update == m.Update && !t.again {
		t.count("dropped")
		replies = append(replies, t.tell(i, "inquiry-dropped", args{})...)
	}
	return replies
}
