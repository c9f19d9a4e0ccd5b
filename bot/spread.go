package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"beianbot/kb"
)

// maxSpread is how many inquiries one tap answers.
const maxSpread = 20

// settled returns the inquiries that wait for staff and that an entry answers by
// now, the most asked first. Those that a colleague is at are left to them.
func (t *turn) settled(ctx context.Context, id string) []Inquiry {
	open, err := t.inquiries.OpenInquiries(ctx)
	if err != nil {
		t.fail(fmt.Errorf("find settled questions: %w", err))
		return nil
	}
	by := t.signature()
	open = slices.DeleteFunc(open, func(i Inquiry) bool {
		return i.answered() || i.Why == WhyPicture || i.Claim.By != "" && i.Claim.By != by || t.answerBy(i, id, kb.Chinese) == ""
	})
	slices.SortFunc(open, byDemand)
	return open[:min(len(open), maxSpread)]
}

// answerBy returns what an entry answers to an inquiry, empty when it does not.
func (t *turn) answerBy(i Inquiry, id string, l kb.Lang) string {
	slots := make(map[string]string)
	if i.Province != "" {
		slots["province"] = i.Province
	}
	if i.Kind != "" {
		slots["kind"] = i.Kind
	}
	c := kb.Context{At: t.now, Slots: slots, Question: i.Topic}
	a := t.kb.Ask(kb.Question{Text: i.Question, Lang: l, Now: t.now, Context: c})
	if !a.Answered() || a.Entry != id {
		return ""
	}
	return a.Text()
}

// offerSpread adds to what is said of an entry that went live which questions of
// the queue it answers, and a button that tells those who asked.
func (t *turn) offerSpread(ctx context.Context, r *Reply, id string) {
	list := t.settled(ctx, id)
	data, ok := actSpread.data(id)
	if len(list) == 0 || !ok {
		return
	}
	r.Text += "\n" + t.desk("desk-spread", args{"count": number(len(list))})
	for _, i := range list[:min(len(list), maxShownChanges)] {
		r.Text += "\n" + t.desk("stats-line", args{"name": clip(i.Question, maxTitle), "count": number(i.Count)})
	}
	r.Buttons = append(r.Buttons, []Button{{Label: t.words.label(t.deskLang(), actSpread), Data: data}})
}

// spread tells everybody whose question an entry answers by now, and closes
// those questions.
func (t *turn) spread(ctx context.Context, id string) []Reply {
	m := t.mark(t.signature())
	var told []Reply
	n := 0
	for _, i := range t.settled(ctx, id) {
		answer := t.answerBy(i, id, kb.Chinese)
		var askers []Asker
		i, err := t.inquiries.ChangeInquiry(ctx, i.Key, func(i *Inquiry) error {
			if i.IsClosed() || i.answered() {
				return errUnchanged
			}
			askers = slices.Clone(i.Askers)
			i.Answers = append(i.Answers, Said{m, answer})
			i.close(EndSaved, m)
			return nil
		})
		if err != nil {
			if !errors.Is(err, errUnchanged) {
				t.fail(fmt.Errorf("answer a settled question: %w", err))
			}
			continue
		}
		i.Askers = askers
		told = append(told, t.tell(i, "inquiry-answer", args{"answer": answer})...)
		n++
	}
	if n == 0 {
		return t.sayTo("desk-spread-none", nil)
	}
	t.count("answers")
	return append(t.sayTo("desk-spread-done", args{"count": number(n), "people": number(len(told))}), told...)
}
