package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// People are counted once, however often they ask and whatever became of the
// question between; askings are counted as well.
func TestInquiryCountsPeople(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	i := Inquiry{Key: "qa"}
	update := int64(0)
	ask := func(person string) {
		update++
		i.wait(Asker{Chat: ChatID(len(person))}, person, Mark{At: at, Update: update})
	}
	ask("a")
	ask("a")
	i.Answers = append(i.Answers, Said{Mark{By: "x", At: at}, "好"})
	ask("a")
	ask("bb")
	if i.Count != 2 || i.Times != 4 {
		t.Errorf("asked 4 times by 2: Count %d, Times %d", i.Count, i.Times)
	}
	i = Inquiry{Count: 3, Opened: Mark{At: at}} // of before people were told apart
	ask("a")
	if i.Count != 4 || i.Times != 4 {
		t.Errorf("one more to three: Count %d, Times %d", i.Count, i.Times)
	}
}

// An inquiry through its life: who asks twice counts once, who asks after it was
// answered begins another round, and what nobody waits for is closed.
func TestInquiry(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	mark := func(update int64) Mark { return Mark{At: at.Add(time.Duration(update) * time.Minute), Update: update} }
	i := Inquiry{Key: "qa"}
	for _, update := range []int64{1, 2, 2, 3} {
		chat := ChatID(10)
		if update == 3 {
			chat = 11
		}
		if !i.wait(Asker{Chat: chat}, fmt.Sprint(chat), mark(update)) {
			t.Errorf("update %d: the chat will not be told", update)
		}
	}
	if i.Count != 2 || len(i.Askers) != 2 || i.Opened.Update != 1 {
		t.Errorf("asked by two chats: %+v", i)
	}
	i.word("甲")
	i.word("乙")
	i.word("甲")
	if i.Question != "甲" || !slices.Equal(i.Wordings, []string{"乙"}) {
		t.Errorf("question %q, wordings %q", i.Question, i.Wordings)
	}
	i.Answers = append(i.Answers, Said{mark(4), "好"}, Said{mark(5), "更好"})
	i.wait(Asker{Chat: 12}, "12", mark(6))
	if i.answered() || i.Last != "好\n更好" || i.Count != 3 || len(i.Askers) != 1 {
		t.Errorf("asked after it was answered: %+v", i)
	}
	i.leave(12, mark(7))
	if !i.IsClosed() || i.Ending != EndGone {
		t.Errorf("nobody waits: %+v", i)
	}
	i.wait(Asker{Chat: 13}, "13", mark(8))
	i.Claim = Mark{By: "x", At: at}
	i.leave(13, mark(9))
	if i.IsClosed() {
		t.Error("an inquiry that somebody is at is closed")
	}
	i.Count, i.People = 0, nil
	for n := range maxPeople + 2 {
		told := i.wait(Asker{Chat: ChatID(100 + n)}, fmt.Sprint(n), mark(int64(100+n)))
		if told != (n < maxAskers) {
			t.Errorf("asker %d will be told: %v", n, told)
		}
	}
	if len(i.Askers) != maxAskers || len(i.Updates) > maxUpdates || i.Count != maxPeople || len(i.People) != maxPeople {
		t.Errorf("%d askers, %d updates, %d people of %d", len(i.Askers), len(i.Updates), len(i.People), i.Count)
	}
	i.close(EndDropped, mark(500))
	i.close(EndKept, mark(501))
	if i.Ending != EndDropped || i.Closed.Update != 500 {
		t.Errorf("closed twice: %+v", i)
	}
}

func TestInquiryOrder(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	list := []Inquiry{
		{Key: "answered", Count: 9, Answers: []Said{{}}},
		{Key: "later", Count: 2, Opened: Mark{At: at.Add(time.Hour)}},
		{Key: "first", Count: 2, Opened: Mark{At: at}},
		{Key: "most", Count: 5, Opened: Mark{At: at.Add(2 * time.Hour)}},
	}
	slices.SortFunc(list, byDemand)
	for i, want := range []string{"most", "first", "later", "answered"} {
		if list[i].Key != want {
			t.Errorf("place %d: %s, want %s", i, list[i].Key, want)
		}
	}
}

func TestInquiryKey(t *testing.T) {
	key := inquiryKey("福建要居住证吗", "", "", "")
	if got := inquiryKey("请问福建要居住证吗？", "", "", ""); got != key {
		t.Errorf("asked politely: %s, want %s", got, key)
	}
	if inquiryKey("福建要居住证吗", "", "福建", "") == key || inquiryKey("那单位呢", "甲", "", "") == inquiryKey("那单位呢", "乙", "", "") {
		t.Error("another province or topic has the same key")
	}
	i := Inquiry{Key: key}
	for card, ok := range map[string]bool{
		i.tag() + " 待答":       true,
		"待答 " + i.tag():       false, // written by people
		"#" + key + "x 待答":    false,
		"#q../../x 待答":        false,
		"#" + key[:5]:         false,
		"":                    false,
		i.tag() + "\u00a0 待答": false,
	} {
		if got, is := tagged(card); is != ok || ok && got != key {
			t.Errorf("tagged(%q) = %q, %v, want %v", card, got, is, ok)
		}
	}
}
