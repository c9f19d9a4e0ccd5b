package bot_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beianbot/bot"
)

// A tap on 有用 counts once for a message, however often it comes.
func TestUsefulIsCountedOnce(t *testing.T) {
	begun := time.Now()
	w := newWorld(t)
	counts := bot.NewMemCounts()
	w.config.Counts = counts
	w.restart()
	r := w.say("核验单用什么笔写")
	data := r[0].Buttons[len(r[0].Buttons)-1][0].Data
	tap := w.event(applicant, 7, bot.Press{Query: "q", Data: data})
	again := w.event(applicant, 7, bot.Press{Query: "r", Data: data})
	again.Message = tap.Message
	for _, e := range []bot.Event{tap, tap, again} {
		if r := w.handle(e); len(r) != 0 || len(w.port.answered) != 1 || !strings.Contains(w.port.answered[0], "谢谢") {
			t.Errorf("the tap is answered %+v and %q, want thanks on the button alone", r, w.port.answered)
		}
	}
	other := w.event(applicant, 7, bot.Press{Query: "s", Data: data})
	other.Message = tap.Message + 100
	w.handle(other)
	for _, forged := range []string{"useful:guide/nothing", "useful:../../etc", "useful:"} {
		if r := w.handle(w.event(applicant, 7, bot.Press{Data: forged})); len(r) != 1 || !isStale(r[0].Text) {
			t.Errorf("the button %q is answered %+v, want as any stale one", forged, r)
		}
	}
	got, err := counts.Since(t.Context(), begun)
	if err != nil || got["useful"] != 2 || got["useful_guide__pen"] != 2 {
		t.Errorf("Since = %v, %v, want 2 of all and of guide/pen", got, err)
	}
}

// brokenCounts is a [bot.Counts] that fails.
type brokenCounts struct{ bot.Counts }

func (brokenCounts) Add(context.Context, time.Time, map[string]int) error {
	return errors.New("disk full")
}

func TestCountsFail(t *testing.T) {
	w := newWorld(t)
	w.config.Counts = brokenCounts{}
	w.restart()
	w.say("核验单用什么笔写")
	w.errs = nil
	if r := w.press(applicant, 7, "有用"); len(r) != 0 || len(w.port.answered) != 1 || len(w.errs) != 1 {
		t.Errorf("answered %+v and %q with the errors %v, want thanks and one error", r, w.port.answered, w.errs)
	}
}

// Every button that is shown does the same when its label is typed right after,
// or its number among those shown.
func TestButtonsCanBeTyped(t *testing.T) {
	show := func(w *world, what string) []bot.Reply {
		if what != "pictures" {
			return w.say(what)
		}
		jpeg := mustDraw(t, "jpeg 500x400")
		return w.upload(w.file("a.jpg", jpeg), w.photo(jpeg))
	}
	for _, what := range []string{"/start", "/language", "/privacy", "/checklist", "核验单怎么弄", "核验单怎么签字", "广东要手写什么", "天气", "pictures"} {
		buttons := buttonsOf(here(show(newWorld(t), what)))
		for i, b := range buttons[:min(len(buttons), 7)] { // not of every province
			pressed := newWorld(t)
			show(pressed, what)
			var want []bot.Reply
			if b.Copy != "" {
				want = []bot.Reply{{Text: b.Copy}}
			} else {
				want = pressed.handle(pressed.event(applicant, 7, bot.Press{Data: b.Data}))
			}
			for _, typed := range []string{b.Label, strconv.Itoa(i + 1)} {
				w := newWorld(t)
				show(w, what)
				got := w.say(typed)
				if strings.HasPrefix(b.Data, "useful:") && len(got) == 1 && strings.Contains(got[0].Text, "谢谢") {
					continue // there is no button to thank on
				}
				if !slices.EqualFunc(got, want, func(a, b bot.Reply) bool { return a.Text == b.Text }) {
					t.Errorf("%s: %q typed is answered %+v, pressed %+v", what, typed, got, want)
				}
			}
		}
	}
}

func buttonsOf(replies []bot.Reply) (all []bot.Button) {
	for _, r := range replies {
		for _, row := range r.Buttons {
			all = append(all, row...)
		}
	}
	return all
}

// An ordinary word among colleagues is not taken for a tap.
func TestStaffSayThatItIsUseful(t *testing.T) {
	w := newWorld(t)
	w.staff("核验单用什么笔写")
	if r := w.staff("有用"); len(r) != 0 {
		t.Errorf("有用 among staff: %+v, want silence", r)
	}
	if r := w.say("有用"); len(r) != 1 || !strings.Contains(r[0].Text, "谢谢") {
		t.Errorf("有用 without an answer before: %+v, want thanks", r)
	}
}

// A question that is changed is answered as it is now, under the message.
func TestAmended(t *testing.T) {
	w := newWorld(t)
	w.say("核验单用什么比写")
	e := w.event(applicant, 7, bot.Amended{Text: "核验单用什么笔写"})
	if r := w.handle(e); len(r) != 1 || r[0].ReplyTo != e.Message || !strings.Contains(r[0].Text, "黑色签字笔") {
		t.Errorf("an amended question: %+v", r)
	}
	if r := w.handle(w.event(staffChat, 42, bot.Amended{Text: "核验单用什么笔写"})); r != nil {
		t.Errorf("a correction among staff: %+v, want silence", r)
	}
}
