package bot_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"beianbot/bot"
	"beianbot/content"
	"beianbot/kb"
)

// shipped opens the shipped content once, for what tests only read of it. Its
// index has goroutines: open it before a synctest bubble begins.
var shipped = sync.OnceValues(func() (*kb.Base, error) {
	return kb.Open(context.Background(), slog.New(slog.DiscardHandler), content.FS, kb.NewMemStore())
})

// knowledge is a small knowledge base in memory: a question gets the entry one
// of whose phrasings it holds.
type knowledge struct {
	bot.Checklists // of the shipped content
	base           *kb.Base
	t              *testing.T
	entries        []kb.Entry
	// put decides what becomes of a write: whether it is applied, and what the
	// caller is told.
	put      func() (applied bool, err error)
	puts     int
	versions map[string][]kb.Entry // oldest first
}

func newKnowledge(t *testing.T) *knowledge {
	title := func(s, en string) map[kb.Lang]string { return map[kb.Lang]string{kb.Chinese: s, kb.English: en} }
	body := func(ss ...string) map[kb.Lang][]string {
		return map[kb.Lang][]string{kb.Chinese: ss, kb.English: {"Sign with a black pen."}}
	}
	base, err := shipped()
	if err != nil {
		panic(err) // an example has no T
	}
	return &knowledge{t: t, Checklists: base, base: base, versions: make(map[string][]kb.Entry), put: func() (bool, error) { return true, nil }, entries: []kb.Entry{
		{
			ID: "guide/pen", Title: title("核验单用什么笔", "Which pen"), Source: title("核验单填写时的注意事项", "Notes on the form"),
			AsOf: title("约 2019 年初", "about early 2019"), Related: []string{"guide/signing"},
			Phrasings: []string{"什么笔", "pen"}, Body: body("请用黑色签字笔填写。"),
		},
		{
			ID: "guide/signing", Title: title("核验单怎么签字盖章", "Signing"), Source: title("核验单填写时的注意事项", "Notes on the form"),
			AsOf: title("约 2019 年初", "about early 2019"), Phrasings: []string{"手印", "fingerprint"}, Rule: "signing",
			Body: body("江西、新疆的个人要签字并按手印。", "其他省份的个人签清楚名字即可。"),
		},
		{
			ID: "guide/guangdong", Title: title("广东要手写什么", "Guangdong"), Source: title("核验单填写时的注意事项", "Notes"),
			AsOf: title("约 2019 年初", "about early 2019"), Phrasings: []string{"手写"}, Copy: "本人已履行网站备案信息当面核验手续。",
			Body: body("广东个人要手写一段话。"),
		},
		{ID: "guide/formats", Title: title("图片格式", "Formats"), Source: title("证件资料规范", "Rules for pictures"), AsOf: title("约 2019 年初", "early 2019")},
		{ID: "guide/authorization", Title: title("授权书、变更证明怎么上传", "Letters of authorization"), Source: title("如何上传授权书等资料", "How to upload letters of authorization"), AsOf: title("约 2019 年初", "early 2019")},
		{ID: "guide/stitch", Title: title("其他文件怎么一起上传", "Further papers"), Source: title("证件资料规范", "Rules for pictures"), AsOf: title("约 2019 年初", "early 2019")},
		{ID: "guide/size", Title: title("图片大小", "Size"), Source: title("证件资料规范", "Rules for pictures"), AsOf: title("约 2019 年初", "early 2019")},
	}}
}

func (k *knowledge) Limits() kb.Limits {
	return kb.Limits{Accepted: []string{"jpeg", "png"}, Disputed: []string{"gif"}, MaxBytes: 4_000_000, LooseMaxBytes: 4_194_304}
}

func (k *knowledge) Ask(q kb.Question) kb.Answer {
	c := q.Context
	c.Question = q.Text
	c.At = q.Now
	c.Slots = maps.Clone(c.Slots)
	if p := k.Situation(q.Text).Province; p != "" {
		c.Slots = map[string]string{"province": string(p)}
	}
	text := strings.ToLower(q.Text)
	if strings.Contains(text, "核验单") && !strings.Contains(text, "笔") && !strings.Contains(text, "手") && !k.staffHas(text) {
		return kb.Answer{
			Band: kb.Unsure, Lines: []kb.Line{{Text: "您是不是想问:"}}, Context: c,
			Choices: []kb.Link{{Entry: "guide/pen", Label: "核验单用什么笔"}, {Entry: "guide/signing", Label: "核验单怎么签字盖章"}},
		}
	}
	for _, e := range slices.Backward(k.entries) {
		if e.Retired {
			continue
		}
		for _, p := range append(slices.Clone(e.Phrasings), e.Title[kb.Chinese]) {
			if p != "" && strings.Contains(text, strings.ToLower(p)) {
				a := k.card(e, q.Lang)
				c.Entry = e.ID
				a.Context = c
				return a
			}
		}
	}
	return kb.Answer{Band: kb.Refused, Lines: []kb.Line{{Text: "资料里没有这一条。"}}, Context: c}
}

func (k *knowledge) staffHas(text string) bool {
	return slices.ContainsFunc(k.StaffEntries(), func(e kb.Entry) bool { return strings.Contains(text, e.Title[kb.Chinese]) })
}

func (k *knowledge) card(e kb.Entry, l kb.Lang) kb.Answer {
	a := kb.Answer{Band: kb.Sure, Entry: e.ID, Score: 1, Copy: e.Copy, Source: e.Source[l], AsOf: e.AsOf[l]}
	for _, s := range e.Body[l] {
		a.Lines = append(a.Lines, kb.Line{Text: s, From: e.ID})
	}
	if len(a.Lines) == 0 {
		for _, s := range e.Body[kb.Chinese] {
			a.Lines = append(a.Lines, kb.Line{Text: s, From: e.ID})
		}
	}
	a.Footer = fmt.Sprintf("出处：%s（%s）", e.Source[kb.Chinese], e.AsOf[kb.Chinese])
	for _, add := range e.Added {
		a.Lines = append(a.Lines, kb.Line{Text: a.Footer, From: e.ID})
		for _, s := range add.Lines {
			a.Lines = append(a.Lines, kb.Line{Text: s, From: e.ID})
		}
		a.Footer = fmt.Sprintf("出处：%s（%s）", add.Source, add.AsOf)
	}
	for _, id := range e.Related {
		r, _ := k.Entry(id)
		a.Related = append(a.Related, kb.Link{Entry: id, Label: r.Title[l]})
	}
	if e.ID == "guide/signing" {
		a.Narrow = []kb.Link{
			{Label: "我在江西", Ask: "江西个人要按手印吗"},
			{Label: "我是单位", Ask: "单位备案，核验单签字盖章有什么要求，手印要不要按"},
		}
	}
	return a
}

func (k *knowledge) Show(id string, l kb.Lang, c kb.Context) (kb.Answer, bool) {
	e, ok := k.Entry(id)
	if !ok {
		return kb.Answer{}, false
	}
	a := k.card(e, l)
	c.Entry = id
	a.Context = c
	return a, true
}

func (k *knowledge) Entry(id string) (kb.Entry, bool) {
	i := slices.IndexFunc(k.entries, func(e kb.Entry) bool { return e.ID == id && !e.Retired })
	if i < 0 {
		return kb.Entry{}, false
	}
	return k.entries[i], true
}

func (k *knowledge) Preview(e kb.Entry, l kb.Lang) kb.Answer { return k.card(e, l) }

func (k *knowledge) Lint(e kb.Entry) []kb.Complaint {
	var cs []kb.Complaint
	for _, o := range k.entries {
		if o.ID != e.ID && !o.Retired && slices.Contains(o.Phrasings, e.Title[kb.Chinese]) {
			cs = append(cs, kb.Complaint{Code: "collision", With: o.ID})
		}
	}
	for _, line := range e.Body[kb.Chinese] {
		if strings.Contains(line, "{") {
			cs = append(cs, kb.Complaint{Code: "slot", Fatal: true})
		}
		if strings.Contains(line, "13800138000") {
			cs = append(cs, kb.Complaint{Code: "phone"})
		}
	}
	return cs
}

func (k *knowledge) Put(_ context.Context, e kb.Entry) error {
	e.Restores = 0
	return k.write(e)
}

func (k *knowledge) write(e kb.Entry) error {
	if vs := k.versions[e.ID]; len(vs) > 0 && vs[len(vs)-1].Change == e.Change {
		return nil
	}
	k.puts++
	applied, err := k.put()
	if applied {
		e.Version = len(k.versions[e.ID]) + 1
		k.versions[e.ID] = append(k.versions[e.ID], e)
		k.entries = slices.DeleteFunc(k.entries, func(o kb.Entry) bool { return o.ID == e.ID })
		k.entries = append(k.entries, e)
	}
	return err
}

func (k *knowledge) Retire(ctx context.Context, id, by, change string) error {
	e, ok := k.Entry(id)
	if !ok {
		return fmt.Errorf("retire entry %q: %w", id, kb.ErrNotFound)
	}
	e.Retired, e.By, e.Change = true, by, change
	return k.Put(ctx, e)
}

func (k *knowledge) StaffEntries() []kb.Entry {
	return slices.DeleteFunc(slices.Clone(k.entries), func(e kb.Entry) bool { return !e.OfStaff() || e.Retired })
}

func (k *knowledge) History(_ context.Context, id string) ([]kb.Entry, error) {
	if vs := k.versions[id]; vs != nil {
		return vs, nil
	}
	return nil, fmt.Errorf("history of %q: %w", id, kb.ErrNotFound)
}

func (k *knowledge) Undo(_ context.Context, id string, to int, by, change string) (kb.Entry, error) {
	vs := k.versions[id]
	if len(vs) == 0 {
		return kb.Entry{}, fmt.Errorf("undo %q: %w", id, kb.ErrNotFound)
	}
	last := vs[len(vs)-1]
	if last.Change == change {
		return last, nil
	}
	e := last
	switch n := cmp.Or(to, last.Holds()-1); {
	case last.Holds() < 0 && to == 0:
		return kb.Entry{}, kb.ErrOldest
	case n > len(vs):
		return kb.Entry{}, kb.ErrNoVersion
	case n == 0:
		e.Retired, e.Restores = true, -1
	default:
		e = vs[n-1]
		e.Restores = e.Holds()
	}
	e.By, e.Change = by, change
	if err := k.write(e); err != nil {
		return kb.Entry{}, err
	}
	return k.versions[id][len(vs)], nil
}

func (k *knowledge) Overlay() []kb.Entry {
	return slices.DeleteFunc(slices.Clone(k.entries), func(e kb.Entry) bool { return !e.OfStaff() })
}

// Shadowed says that everything shipped has changed under what staff made of it.
func (k *knowledge) Shadowed() []kb.Shadow {
	var list []kb.Shadow
	for _, e := range k.entries {
		if e.OfStaff() && e.Kind() != kb.Staff {
			list = append(list, kb.Shadow{ID: e.ID, Hidden: e.Retired, Stale: true})
		}
	}
	return list
}

// Impact is of the questions that hold the title or a phrasing of e.
func (k *knowledge) Impact(e kb.Entry, questions []string) ([]kb.Change, error) {
	var cs []kb.Change
	for _, q := range questions {
		if slices.ContainsFunc(append(slices.Clone(e.Phrasings), e.Title[kb.Chinese]), func(p string) bool { return strings.Contains(q, p) }) {
			cs = append(cs, kb.Change{Question: q, After: e.ID})
		}
	}
	return cs, nil
}

// Nearest goes by the characters that a title shares with the text.
func (k *knowledge) Nearest(text string, n int) []kb.Hit {
	var hits []kb.Hit
	for _, e := range k.entries {
		shared, all := 0, 0
		for _, r := range e.Title[kb.Chinese] {
			if all++; strings.ContainsRune(text, r) {
				shared++
			}
		}
		if shared > 1 && !e.Retired {
			hits = append(hits, kb.Hit{Entry: e.ID, Score: float64(shared) / float64(all)})
		}
	}
	slices.SortStableFunc(hits, func(a, b kb.Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits[:min(n, len(hits))]
}

func (k *knowledge) Official(e kb.Entry) bool { return !e.OfStaff() }

func (k *knowledge) StandsAlone(question string) bool { return k.base.StandsAlone(question) }

func (k *knowledge) NewID(string) string { return "staff/entry" }
