package bot_test

import (
	"strings"
	"testing"

	"beianbot/bot"
)

// Every way through the buttons ends with a checklist, and every button fits.
func TestChecklistButtons(t *testing.T) {
	w := newWorld(t)
	for _, lang := range []string{"zh", "en"} {
		w.say("/language " + lang)
		results := make(map[string]bool)
		var walk func(r []bot.Reply, depth int)
		walk = func(r []bot.Reply, depth int) {
			if depth == 5 {
				results[r[0].Text] = true
				return
			}
			for i, row := range r[0].Buttons {
				for j, b := range row {
					if depth == 0 && (i != 2 || j > 1) {
						continue // two provinces are enough: package kb tests all
					}
					walk(w.handle(w.event(applicant, 7, bot.Press{Data: b.Data})), depth+1)
				}
			}
		}
		walk(w.say("/checklist"), 0)
		if want := 2 * 2 * 2 * 4 * 2; len(results) != want {
			t.Errorf("%s: %d different checklists, want %d", lang, len(results), want)
		}
	}
}

// What a button carries may be forged: it is told apart and nothing happens.
func TestChecklistForged(t *testing.T) {
	w := newWorld(t)
	for _, data := range []string{
		"cl", "cl:", "cl:-", "cl::", "cl:Jiangxi", "cl:Jiangxi:", "cl:Jiangxi:i", "cl:Jiangxi:i1mac", "cl:Jiangxi:x1ma", "cl:Jiangxi:i1m\x00",
		"cl:Atlantis:i1ma", "cl:江西:i1ma", "cl:{province}:i1ma", "cl::i1ma", "cl:Jiangxi:个a", "cl:Jiangxi:i1ma:", "cl:Jiangxi:" + strings.Repeat("i", 60),
	} {
		if r := w.handle(w.event(applicant, 7, bot.Press{Data: data})); len(r) != 1 || !isStale(r[0].Text) {
			t.Errorf("the data %q is answered %+v", data, r)
		}
	}
	// Forged or not, what is well-formed is only a question asked half way.
	if r := w.handle(w.event(applicant, 7, bot.Press{Data: "cl:-:---a"})); len(r) != 1 || len(r[0].Buttons) != 7 {
		t.Errorf("an open choice is answered %+v, want the provinces", r)
	}
	if len(w.errs) != 0 {
		t.Errorf("errors: %v", w.errs)
	}
}
