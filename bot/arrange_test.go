package bot

import (
	"math"
	"slices"
	"testing"

	"beianbot/bot/picture"
)

// setOf returns a set of n pictures, those of bad unusable.
func setOf(n int, bad ...int) *Set {
	s := &Set{Key: setKey(math.MaxInt64)}
	for i := range n {
		s.Pictures = append(s.Pictures, Picture{Usable: !slices.Contains(bad, i)})
	}
	return s
}

// Every plan comes back from its button, and fits into one.
func TestPlanCode(t *testing.T) {
	set := setOf(maxPictures)
	p := plan{layout: picture.Grid, chosen: maxPictures - 1}
	for i := range maxPictures {
		p.order = append(p.order, placed{maxPictures - 1 - i, 3})
	}
	for len(p.order) > 1 {
		data, ok := actArrange.data(set.Key + ":" + p.code())
		if !ok {
			t.Fatalf("%d bytes of %q, want at most %d", len(data), data, maxData)
		}
		got, ok := readPlan(p.code(), set)
		if !ok || got.code() != p.code() {
			t.Fatalf("readPlan(%q) = %+v, %t", p.code(), got, ok)
		}
		p = p.drop()
	}
}

func TestPlanForged(t *testing.T) {
	set := setOf(3, 1)
	for _, code := range []string{
		"", "-", "a-", "aa-", "xac-", "aaa", "a1-", "aaab-", "aaaa-", "aaac4-", "aaz-", "aaac-c", "aac-ac-", "azac-", "aa1ac-", "a\xffac-",
	} {
		if p, ok := readPlan(code, set); ok {
			t.Errorf("readPlan(%q) = %+v, want it refused", code, p)
		}
	}
	// A picture that came later stands behind those that were arranged.
	if p, ok := readPlan("hac2-a", setOf(4, 1)); !ok || p.code() != "hac2d-a" {
		t.Errorf("readPlan with a picture that came later = %q, %t, want hac2d-a", p.code(), ok)
	}
}

func TestPlanMoves(t *testing.T) {
	p, ok := readPlan("aaabc-", setOf(3))
	if !ok {
		t.Fatal("no plan")
	}
	for _, tt := range []struct {
		name string
		got  plan
		want string
	}{
		{"the next one", p.choose(1), "ababc-"},
		{"before the first comes the last", p.choose(-1), "acabc-"},
		{"one place back", p.move(1), "abbac-"},
		{"the first moved forward is the last", p.move(-1), "acbca-"},
		{"turned", p.rotate(), "aaa1bc-"},
		{"turned all the way", p.rotate().rotate().rotate().rotate(), "aaabc-"},
		{"dropped", p.drop(), "aabc-a"},
		{"the last one dropped", p.choose(2).drop(), "abab-c"},
		{"another layout", p.relaid(), "vaabc-"},
		{"all layouts", p.relaid().relaid().relaid().relaid(), "aaabc-"},
	} {
		if got := tt.got.code(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if p.code() != "aaabc-" {
		t.Errorf("the plan itself became %s", p.code())
	}
	if q, ok := p.rotate().drop().ordered([]int{3, 1}); !ok || q.code() != "aaca-b" {
		t.Errorf("ordered 3 1 = %s, %t", q.code(), ok)
	}
	for _, numbers := range [][]int{{1, 1}, {0, 1}, {4}, {-1}} {
		if _, ok := p.ordered(numbers); ok {
			t.Errorf("ordered %v is taken", numbers)
		}
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add("aaabc-")
	f.Add("hba1c3-b")
	f.Fuzz(func(t *testing.T, code string) {
		set := setOf(5, 3)
		p, ok := readPlan(code, set)
		if !ok {
			return
		}
		if again, ok := readPlan(p.code(), set); !ok || again.code() != p.code() {
			t.Errorf("readPlan(%q) = %q, which reads as %q, %t", code, p.code(), again.code(), ok)
		}
		for _, next := range []plan{p.choose(1), p.choose(-1), p.move(1), p.move(-1), p.rotate(), p.relaid()} {
			if _, ok := readPlan(next.code(), set); !ok {
				t.Errorf("%q leads to %q, which is no plan", p.code(), next.code())
			}
		}
	})
}
