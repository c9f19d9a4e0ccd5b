package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"beianbot/bot/picture"
	"beianbot/kb"
)

// countPicture notes what was found in a picture.
func (t *turn) countPicture(r picture.Report) {
	t.count("pictures")
	t.count(VerdictCount + string(r.Verdict()))
	for _, p := range r.Problems {
		if p.Level != picture.Info {
			t.count(problemCount + string(p.Code))
		}
	}
}

// Counters that name something begin with these.
const (
	VerdictCount = "verdict_" // and a [picture.Verdict]
	problemCount = "problem_"
	entryPrefix  = "entry_"
)

// entryCount is the counter of the answers that an entry gave.
func entryCount(id string) string { return entryPrefix + strings.ReplaceAll(id, "/", "__") }

const (
	statsDays    = 7
	maxStatsDays = 90
	maxWanted    = 5
)

// stats tells what people asked and what failed, over some days.
func (t *turn) stats(ctx context.Context, text string) []Reply {
	days := statsDays
	if text != "" {
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, "天")))
		if err != nil || n < 1 || n > maxStatsDays {
			return t.sayTo("stats-how", args{"days": number(statsDays), "max": number(maxStatsDays)})
		}
		days = n
	}
	from := t.now.AddDate(0, 0, 1-days)
	sums, err := t.counts.Since(ctx, from)
	open, openErr := t.inquiries.OpenInquiries(ctx)
	if err = firstError(err, openErr); err != nil {
		t.fail(fmt.Errorf("read counts: %w", err))
		return t.sayTo("broken", nil)
	}
	a := args{"days": number(days)}
	for _, name := range []string{"asked", "sure", "unsure", "refused", "useful", "unresolved", "human", "inquiries", "answers", "dropped", "saved", "pictures", "passed"} {
		a[name] = number(sums[name])
	}
	lines := []string{t.desk("stats", a)}
	open = slices.DeleteFunc(open, func(i Inquiry) bool { return i.Why == WhyPicture })
	slices.SortFunc(open, byDemand)
	if len(open) > 0 {
		lines = append(lines, t.desk("stats-wanted", nil))
		for _, i := range open[:min(len(open), maxWanted)] {
			lines = append(lines, t.desk("stats-line", args{"name": clip(i.Question, maxTitle), "count": number(i.Count)}))
		}
	}
	lines = t.statsOf(lines, "stats-entries", sums, entryPrefix, func(id string) string {
		if e, ok := t.kb.Entry(strings.ReplaceAll(id, "__", "/")); ok {
			return e.Title[kb.Chinese]
		}
		return strings.ReplaceAll(id, "__", "/")
	})
	lines = t.statsOf(lines, "stats-pictures", sums, problemCount, func(code string) string {
		return t.words.problemName(t.deskLang(), code)
	})
	return t.reply(strings.Join(lines, "\n"))
}

// statsOf appends the highest counters of a kind.
func (t *turn) statsOf(lines []string, heading string, sums map[string]int, prefix string, name func(string) string) []string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(sums)), func(k string) bool {
		return !strings.HasPrefix(k, prefix) || sums[k] == 0
	})
	if len(keys) == 0 {
		return lines
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b)) })
	lines = append(lines, t.desk(heading, nil))
	for _, k := range keys[:min(len(keys), maxWanted)] {
		lines = append(lines, t.desk("stats-line", args{"name": name(strings.TrimPrefix(k, prefix)), "count": number(sums[k])}))
	}
	return lines
}
