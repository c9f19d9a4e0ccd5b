package kb

import (
	"bufio"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Case is one question with what a right answer says: a row of a file of
// tab-separated columns id, question, facts, must, must_not, style, note.
type Case struct {
	ID      string
	Turns   []string // the last one is judged
	Facts   []string // none when the guidance does not settle the question
	Must    []*regexp.Regexp
	MustNot *regexp.Regexp // nil for nothing
	Style   string
	Note    string
}

// Bounds of an answer: more is a dump of the guidance.
const (
	maxAnswer = 600 // characters
	maxFacts  = 8   // facts stated
)

// ReadCases reads evaluation rows. An error names the line.
func ReadCases(r io.Reader) ([]Case, error) {
	s := bufio.NewScanner(io.LimitReader(r, 64<<20))
	s.Buffer(nil, 1<<20)
	var cs []Case
	for n := 1; s.Scan(); n++ {
		cols := strings.Split(s.Text(), "\t")
		if len(cols) != 7 {
			return nil, fmt.Errorf("line %d: %d columns, want 7", n, len(cols))
		}
		if n == 1 {
			if cols[0] != "id" || cols[1] != "question" {
				return nil, errors.New("line 1: not the header id, question, facts, must, must_not, style, note")
			}
			continue
		}
		c := Case{ID: cols[0], Style: cols[5], Note: cols[6]}
		for t := range strings.SplitSeq(cols[1], " ||| ") {
			c.Turns = append(c.Turns, strings.TrimSpace(t))
		}
		if cols[2] != "NONE" {
			c.Facts = strings.Split(cols[2], ",")
		}
		for m := range strings.SplitSeq(cols[3], " && ") {
			if m == "" {
				continue
			}
			re, err := regexp.Compile(m)
			if err != nil {
				return nil, fmt.Errorf("line %d: must: %w", n, err)
			}
			c.Must = append(c.Must, re)
		}
		if cols[4] != "" {
			re, err := regexp.Compile(cols[4])
			if err != nil {
				return nil, fmt.Errorf("line %d: must_not: %w", n, err)
			}
			c.MustNot = re
		}
		cs = append(cs, c)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return cs, nil
}

var (
	tagPattern   = regexp.MustCompile(`</?[A-Za-z][^<>]{0,80}>`)
	markPattern  = regexp.MustCompile("[*_`~“”‘’\"'「」『』【】\\[\\]]")
	blankPattern = regexp.MustCompile(`[^\S\n]+`)
)

// plain returns an answer as the expressions of cases expect it: NFKC, without
// marks of emphasis, quotation marks and blanks.
func plain(s string) string {
	s = norm.NFKC.String(html.UnescapeString(tagPattern.ReplaceAllString(s, "")))
	s = markPattern.ReplaceAllString(s, "")
	return strings.TrimSpace(blankPattern.ReplaceAllString(strings.ReplaceAll(s, "\r", ""), ""))
}

// factTests are the expressions by which an answer is seen to state a fact: the
// first ones that the cases give for it.
func factTests(cs []Case) map[string][]*regexp.Regexp {
	m := make(map[string][]*regexp.Regexp)
	for _, c := range cs {
		if len(c.Facts) == 1 && len(c.Must) > 0 && m[c.Facts[0]] == nil {
			m[c.Facts[0]] = c.Must
		}
	}
	return m
}

// A Score is the outcome of one case.
type Score struct {
	Case   Case
	Answer Answer
	Reason string // why it is wrong, empty when it is right
}

// Evaluate asks all cases, each a conversation of its own, and judges the
// answer to the last turn.
func (b *Base) Evaluate(cs []Case) []Score {
	tests := factTests(cs)
	var scores []Score
	for _, c := range cs {
		a := b.Converse(c.Turns, Chinese)
		scores = append(scores, Score{c, a, c.judge(a, tests)})
	}
	return scores
}

// Converse asks the turns of a conversation one after the other and returns the
// last answer.
func (b *Base) Converse(turns []string, l Lang) Answer {
	var a Answer
	now := b.now()
	for _, t := range turns {
		a = b.Ask(Question{Text: t, Lang: l, Context: a.Context, Now: now})
	}
	return a
}

func (c Case) judge(a Answer, tests map[string][]*regexp.Regexp) string {
	t := plain(a.Text())
	if c.MustNot != nil && c.MustNot.MatchString(t) {
		return "says what it must not"
	}
	if a.Answered() {
		if n := utf8.RuneCountInString(t); n > maxAnswer {
			return fmt.Sprintf("dump: %d characters", n)
		}
		n := 0
		for _, must := range tests {
			if !slices.ContainsFunc(must, func(re *regexp.Regexp) bool { return !re.MatchString(t) }) {
				n++
			}
		}
		if n > maxFacts {
			return fmt.Sprintf("dump: %d facts", n)
		}
	}
	if len(c.Facts) == 0 {
		if a.Answered() {
			return "answered what the guidance does not settle"
		}
		return ""
	}
	if !a.Answered() {
		return "refused"
	}
	for _, re := range c.Must {
		if !re.MatchString(t) {
			return "missing: " + re.String()
		}
	}
	return ""
}
