package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"beianbot/kb"
)

// apart says what tells an inquiry from another one with the same question.
func (t *turn) apart(i Inquiry) string {
	var parts []string
	if scope := t.askersText(i); scope != "" {
		parts = append(parts, scope)
	}
	if i.Topic != "" {
		parts = append(parts, t.desk("desk-before", args{"question": clip(i.Topic, maxApart)}))
	}
	if i.Entry != "" {
		parts = append(parts, t.desk(t.shownKey(i), args{"title": clip(t.title(i.Entry), maxApart)}))
	}
	if parts == nil {
		return ""
	}
	return t.desk("desk-apart", args{"what": t.words.join(kb.Chinese, parts)})
}

// maxApart is how many characters of a question or title are named there.
const maxApart = 16

// maxQueue is how many inquiries one message lists; ten buttons fit under it.
const maxQueue = 10

// queue lists what waits for staff, the most asked first, a page at a time.
func (t *turn) queue(ctx context.Context, text string) []Reply {
	list, err := t.inquiries.OpenInquiries(ctx)
	if err != nil {
		t.fail(fmt.Errorf("list questions: %w", err))
		return t.sayTo("broken", nil)
	}
	if len(list) == 0 {
		return t.sayTo("desk-queue-empty", nil)
	}
	slices.SortFunc(list, byDemand)
	open := len(list)
	if n := slices.IndexFunc(list, func(i Inquiry) bool { return i.answered() }); n >= 0 {
		open = n
	}
	same := make(map[string]int)
	for _, i := range list {
		same[kb.Normal(i.Question)]++
	}
	lines := []string{t.desk("desk-queue", args{"count": number(open), "done": number(len(list) - open)})}
	r := Reply{}
	page, _ := strconv.Atoi(text) // anything else is the first one
	page = min(max(page, 1), (len(list)+maxQueue-1)/maxQueue)
	first := (page - 1) * maxQueue
	for n, i := range list[first:min(len(list), first+maxQueue)] {
		state := ""
		switch {
		case i.answered():
			state = t.desk("desk-queue-answered", t.whoWhen(i.Answers[len(i.Answers)-1].Mark))
		case i.Claim.By != "":
			state = t.desk("desk-queue-claimed", t.whoWhen(i.Claim))
		}
		question := clip(i.Question, 60)
		if same[kb.Normal(i.Question)] > 1 {
			question += t.apart(i)
		}
		lines = append(lines, t.desk("desk-queue-line", args{
			"number": number(first + n + 1), "asked": t.askedText(i), "question": question, "state": state,
		}))
		data, _ := actShow.data(i.Key) // short
		if n%5 == 0 {
			r.Buttons = append(r.Buttons, nil)
		}
		row := &r.Buttons[len(r.Buttons)-1]
		*row = append(*row, Button{Label: number(first + n + 1), Data: data})
	}
	if more := len(list) - first - maxQueue; more > 0 {
		lines = append(lines, t.desk("desk-queue-more", args{"count": number(more), "page": number(page + 1)}))
	}
	r.Text = strings.Join(lines, "\n")
	return []Reply{r}
}
