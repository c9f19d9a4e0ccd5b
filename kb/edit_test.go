package kb_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"beianbot/content"
	"beianbot/kb"
	"beianbot/kb/kbtest"
)

// edited is the entry of an ID with another answer, signed.
func edited(t testing.TB, b *kb.Base, id, answer string) kb.Entry {
	t.Helper()
	e, ok := b.Entry(id)
	if !ok {
		t.Fatalf("there is no %s", id)
	}
	e.Body = map[kb.Lang][]string{kb.Chinese: {answer}}
	e.Source = map[kb.Lang]string{kb.Chinese: "客服"}
	e.AsOf = map[kb.Lang]string{kb.Chinese: "2026-01-01"}
	e.By = "someone"
	return e
}

// A version of staff takes the place of a shipped entry; undone, the shipped
// one holds again, and by its number that of staff.
func TestEditShipped(t *testing.T) {
	b := base(t)
	shipped, _ := b.Entry("guide/pen")
	const question, answer = "核验单用什么笔填", "请用蓝色钢笔。"
	if err := b.Put(t.Context(), edited(t, b, "guide/pen", answer)); err != nil {
		t.Fatal(err)
	}
	a := b.Ask(kb.Question{Text: question})
	if a.Entry != "guide/pen" || !strings.Contains(a.Text(), answer) || !strings.Contains(a.Text(), "客服（2026-01-01）") {
		t.Errorf("edited: %s by %q:\n%s", a.Band, a.Entry, a.Text())
	}
	if want := []kb.Shadow{{ID: "guide/pen"}}; !reflect.DeepEqual(b.Shadowed(), want) {
		t.Errorf("Shadowed() = %+v, want %+v", b.Shadowed(), want)
	}
	for i, want := range []bool{false, true} {
		if _, err := b.Undo(t.Context(), "guide/pen", i, "someone", ""); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.Ask(kb.Question{Text: question}).Text(), answer); got != want {
			t.Errorf("undone %d times: the answer of staff is given: %v, want %v", i+1, got, want)
		}
		e, _ := b.Entry("guide/pen")
		if e.Version = 0; !want && !reflect.DeepEqual(e, shipped) { // it counts the versions of staff
			t.Errorf("undone: the entry is\n%+v, want\n%+v", e, shipped)
		}
	}
	if vs, err := b.History(t.Context(), "guide/pen"); err != nil || len(vs) != 3 {
		t.Errorf("History = %d versions, %v, want 3, nil", len(vs), err)
	}
}

// What staff hide is gone from the answers, also when it was shipped.
func TestHideShipped(t *testing.T) {
	b := base(t)
	if err := b.Retire(t.Context(), "notcovered/fees", "someone", ""); err != nil {
		t.Fatal(err)
	}
	if a := b.Ask(kb.Question{Text: "备案要钱吗"}); a.Entry == "notcovered/fees" {
		t.Error("a hidden entry answers")
	}
	if got := b.Shadowed(); len(got) != 1 || !got[0].Hidden {
		t.Errorf("Shadowed() = %+v, want one, hidden", got)
	}
	for n := range 4 {
		back := n%2 == 0
		e, err := b.Undo(t.Context(), "notcovered/fees", n%2, "someone", "")
		if err != nil || e.Withdrawn != back || e.Retired == back {
			t.Errorf("Undo number %d = %+v, %v, want the shipped one again: %v", n+1, e, err, back)
		}
		if a := b.Ask(kb.Question{Text: "备案要钱吗"}); (a.Entry == "notcovered/fees") != back {
			t.Errorf("undone %d times: answered by %q, want notcovered/fees: %v", n+1, a.Entry, back)
		}
	}
}

// An answer of staff in place of a refusal is an answer.
func TestAnswerInsteadOfRefusal(t *testing.T) {
	b := base(t)
	if err := b.Put(t.Context(), edited(t, b, "notcovered/fees", "备案不收费。")); err != nil {
		t.Fatal(err)
	}
	if a := b.Ask(kb.Question{Text: "备案要钱吗"}); !a.Answered() || a.Entry != "notcovered/fees" {
		t.Errorf("%s by %q, want a sure answer", a.Band, a.Entry)
	}
}

// A phrasing that staff add to a shipped entry is answered by it, whatever the
// ranking has learnt.
func TestPhrasingAddedToShipped(t *testing.T) {
	b := base(t)
	for id, phrasing := range map[string]string{"guide/pen": "写那张纸拿啥家伙什", "guide/size": "照片太肥了咋整呀", "notcovered/fees": "要给多少银子"} {
		e := edited(t, b, id, "答。")
		e.Phrasings = append(e.Phrasings, phrasing)
		if err := b.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if a := b.Ask(kb.Question{Text: phrasing}); !a.Answered() || a.Entry != id {
			t.Errorf("%s: %s by %q (%.2f), want %s", phrasing, a.Band, a.Entry, a.Score, id)
		}
	}
}

// A phrasing that staff add to a shipped entry changes nothing of what it says: its
// text and its source are the official ones, by rule too, and a refusal refuses.
func TestPhrasingLeavesOfficialAnswer(t *testing.T) {
	b := base(t)
	for id, question := range map[string]string{"guide/pen": "核验单用什么笔填", "guide/signing": "江西个人核验单要按手印吗", "notcovered/fees": "备案要钱吗"} {
		before := b.Ask(kb.Question{Text: question})
		e, _ := b.Entry(id)
		e.Phrasings, e.By = append(slices.Clone(e.Phrasings), "写那张纸拿啥家伙什"), "someone"
		if err := b.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		after := b.Ask(kb.Question{Text: question})
		if before.Entry != id || after.Entry != id || after.Band != before.Band || after.Text() != before.Text() {
			t.Errorf("%s: %s by %q\n%s\nwas %s by %q\n%s", question, after.Band, after.Entry, after.Text(), before.Band, before.Entry, before.Text())
		}
		if a := b.Ask(kb.Question{Text: "写那张纸拿啥家伙什"}); a.Entry != id || a.Answered() != before.Answered() {
			t.Errorf("%s: the new phrasing is answered %s by %q", id, a.Band, a.Entry)
		}
		if _, err := b.Undo(t.Context(), id, 0, "someone", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// What staff add stands below the official text and its source, whatever the
// question is narrowed to, and goes with an export.
func TestAddition(t *testing.T) {
	b := base(t)
	for id, question := range map[string]string{"guide/pen": "核验单用什么笔填", "guide/signing": "江西个人核验单要按手印吗", "notcovered/fees": "备案要钱吗"} {
		before := b.Ask(kb.Question{Text: question})
		e, _ := b.Entry(id)
		e.By = "someone"
		e.Added = []kb.Addition{{Lines: []string{"客服补充：{甲}。", "乙。"}, Source: "客服", AsOf: "2026-01-01"}, {Lines: []string{"客服补充：丙。"}, Source: "客服", AsOf: "2026-02-01"}}
		if err := b.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want := before.Text() + "\n客服补充：{甲}。\n乙。\n出处：客服（2026-01-01）\n客服补充：丙。\n出处：客服（2026-02-01）"
		if a := b.Ask(kb.Question{Text: question}); !a.Answered() || a.Entry != id || a.Text() != want {
			t.Errorf("%s: %s by %q\n%s\nwant\n%s", question, a.Band, a.Entry, a.Text(), want)
		}
		data, err := kb.FormatArchive([]kb.Entry{e})
		if rows := kb.ParseArchive(data); err != nil || len(rows) != 1 || !reflect.DeepEqual(rows[0].Entry.Added, e.Added) {
			t.Errorf("exported and read: %+v, %v, want the additions of\n%s", rows, err, data)
		}
		for about, bad := range map[string][]kb.Addition{
			"no source":     {{Lines: []string{"甲"}, AsOf: "2026-01-01"}},
			"no text":       {{Source: "客服", AsOf: "2026-01-01"}},
			"too long":      {{Lines: []string{strings.Repeat("长", 301)}, Source: "客服", AsOf: "2026-01-01"}},
			"too many":      slices.Repeat(e.Added, 3),
			"a long source": {{Lines: []string{"甲"}, Source: strings.Repeat("长", 61), AsOf: "2026-01-01"}},
		} {
			o := e
			o.Added = bad
			if b.Put(t.Context(), o) == nil {
				t.Errorf("%s with %s is put", id, about)
			}
		}
		o := e
		o.Added = []kb.Addition{{Lines: []string{"打 13800138000"}, Source: "客服", AsOf: "2026-01-01"}}
		if cs := b.Lint(o); !slices.ContainsFunc(cs, func(c kb.Complaint) bool { return c.Code == "phone" && !c.Fatal }) {
			t.Errorf("a telephone number in an addition: %+v", cs)
		}
		o.Added = []kb.Addition{{Lines: []string{"甲"}, Source: "见 https://example.com", AsOf: "2026-01-01"}}
		if cs := b.Lint(o); !slices.ContainsFunc(cs, func(c kb.Complaint) bool { return c.Code == "link" && !c.Fatal }) {
			t.Errorf("a link in the source of an addition: %+v", cs)
		}
	}
}

// Whatever of an official answer staff change, it is theirs: not under the official
// source, and refused while it names that.
func TestChangedAnswerIsOfStaff(t *testing.T) {
	b := base(t)
	official, _ := b.Entry("guide/pen")
	own := map[kb.Lang]string{kb.Chinese: "客服"}
	for about, change := range map[string]func(e *kb.Entry){
		"the text": func(e *kb.Entry) { e.Body = map[kb.Lang][]string{kb.Chinese: {"什么笔都行。"}} },
		"the English text": func(e *kb.Entry) {
			e.Body = map[kb.Lang][]string{kb.Chinese: e.Body[kb.Chinese], kb.English: {"Any pen."}}
		},
		"a sentence of a case": func(e *kb.Entry) {
			e.Sentences = map[string]map[kb.Lang]string{"pen-wrong": {kb.Chinese: "{pen}可以。", kb.English: "{pen} is fine."}}
		},
		"the date": func(e *kb.Entry) { e.AsOf = map[kb.Lang]string{kb.Chinese: "2026 年"} },
		"the English source": func(e *kb.Entry) {
			e.Source = map[kb.Lang]string{kb.Chinese: e.Source[kb.Chinese], kb.English: "somebody"}
		},
		"what is copied": func(e *kb.Entry) { e.Copy = "抄这句" },
	} {
		e := official
		e.By = "someone"
		change(&e)
		if b.Put(t.Context(), e) == nil {
			t.Errorf("%s is changed under the official source", about)
		}
		e.Source, e.AsOf = own, map[kb.Lang]string{kb.Chinese: "2026-01-01"}
		if err := b.Put(t.Context(), e); err != nil {
			t.Errorf("%s is changed under a source of their own: %v", about, err)
			continue
		}
		for _, question := range []string{"核验单用什么笔填", "核验单能用蓝色圆珠笔填吗"} {
			if a := b.Ask(kb.Question{Text: question}); a.Source != "客服" || strings.Contains(a.Text(), official.Source[kb.Chinese]) {
				t.Errorf("%s is changed: %s has the source %q\n%s", about, question, a.Source, a.Text())
			}
		}
		if _, err := b.Undo(t.Context(), e.ID, 0, "someone", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// Undo restores a staff entry exactly, and its first version to nothing.
func TestUndoStaffEntry(t *testing.T) {
	b := base(t)
	one := kbtest.Entry("staff/a", "证件能不能加水印")
	two := one
	two.Body = map[kb.Lang][]string{kb.Chinese: {"不能。"}}
	for i, e := range []kb.Entry{one, two} {
		e.Change = "k" + string(rune('1'+i))
		for range 2 { // the second time it is known
			if err := b.Put(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if _, err := b.Undo(t.Context(), "staff/a", 0, one.By, "k3"); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := b.Entry("staff/a")
	got.Change, got.Changed, got.Version, got.Restores, one.Changed = "", time.Time{}, 0, 0, time.Time{}
	if !reflect.DeepEqual(got, one) {
		t.Errorf("undone:\n%+v, want\n%+v", got, one)
	}
	if vs, err := b.History(t.Context(), "staff/a"); err != nil || len(vs) != 3 {
		t.Errorf("History = %d versions, %v, want 3, nil", len(vs), err)
	}

	if err := b.Put(t.Context(), kbtest.Entry("staff/b", "要不要盖骑缝章")); err != nil {
		t.Fatal(err)
	}
	if e, err := b.Undo(t.Context(), "staff/b", 0, "someone", ""); err != nil || !e.Retired {
		t.Errorf("Undo of the first version = %+v, %v, want it hidden", e, err)
	}
	if _, ok := b.Entry("staff/b"); ok {
		t.Error("an entry whose first version was undone is in service")
	}
}

// Each further Undo goes one version further back, over what was undone before, and
// never past what held before the first; any version is reached by its number. No
// version is changed or lost by it.
func TestUndoWalks(t *testing.T) {
	b := base(t)
	const id, question = "guide/pen", "核验单用什么笔填"
	official := b.Ask(kb.Question{Text: question}).Text()
	answer := func(n int) string { return fmt.Sprintf("请用第 %d 种笔。", n) }
	put := func(n int) {
		t.Helper()
		if err := b.Put(t.Context(), edited(t, b, id, answer(n))); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		put(n + 1)
	}
	versions := 3
	for i, step := range []struct {
		to, put int   // Undo to a version, or a new answer
		err     error // of Undo
		holds   int   // the number of the answer, 0 for the official text
		version int   // that Holds says
	}{
		{holds: 2, version: 2}, {holds: 1, version: 1}, {version: -1}, {err: kb.ErrOldest, version: -1},
		{to: 3, holds: 3, version: 3}, {holds: 2, version: 2}, // version 8 says version 2
		{put: 9, holds: 9, version: 9},
		{holds: 2, version: 2},        // before 9 stands 8, which is 2
		{holds: 1, version: 1},        // and from there it goes on
		{to: 9, holds: 9, version: 9}, //
		{to: 8, holds: 2, version: 2}, // by the number of the one that was undone
		{to: 99, err: kb.ErrNoVersion, holds: 2, version: 2},
	} {
		var e kb.Entry
		var err error
		if step.put > 0 {
			put(step.put)
			versions++
			e, _ = b.Entry(id)
		} else if e, err = b.Undo(t.Context(), id, step.to, "someone", ""); err == nil {
			versions++
		}
		if !errors.Is(err, step.err) {
			t.Fatalf("step %d: %v, want %v", i+1, err, step.err)
		}
		if err == nil && (e.Holds() != step.version || e.Version != versions) {
			t.Errorf("step %d: version %d holds as version %d, want %d as %d", i+1, e.Holds(), e.Version, step.version, versions)
		}
		got := b.Ask(kb.Question{Text: question}).Text()
		if is := strings.Contains(got, answer(step.holds)); step.holds > 0 && !is || step.holds == 0 && got != official {
			t.Errorf("step %d: the answer is\n%s\nwant that of %d", i+1, got, step.holds)
		}
	}
	before, err := b.Undo(t.Context(), id, 3, "someone", "k1")
	if err != nil {
		t.Fatal(err)
	}
	for about, change := range map[string]string{"told twice": "k1", "to what holds": "k2"} {
		if e, err := b.Undo(t.Context(), id, 3, "someone", change); err != nil || e.Version != before.Version {
			t.Errorf("%s: Undo = version %d, %v, want %d", about, e.Version, err, before.Version)
		}
	}
	vs, err := b.History(t.Context(), id)
	if err != nil || len(vs) != versions+1 {
		t.Fatalf("History = %d versions, %v, want %d", len(vs), err, versions+1)
	}
	for n := range 3 {
		if got := vs[n].Body[kb.Chinese][0]; got != answer(n+1) {
			t.Errorf("version %d says %q", n+1, got)
		}
	}
}

// A release that changes a file under a version of staff is told at the start.
func TestStaleShadow(t *testing.T) {
	files := make(fstest.MapFS)
	for _, name := range []string{"guide/pen.md"} {
		data, err := content.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: bytes.Replace(data, []byte("黑色"), []byte("纯黑色"), 1)}
	}
	store := kb.NewMemStore()
	b, err := kb.Open(t.Context(), discard, content.FS, store)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), edited(t, b, "guide/pen", "请用蓝色钢笔。")); err != nil {
		t.Fatal(err)
	}
	b.Close()
	var log bytes.Buffer
	b, err = kb.Open(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), over{files}, store)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := b.Shadowed(); len(got) != 1 || !got[0].Stale || !strings.Contains(log.String(), "entry=guide/pen") {
		t.Errorf("Shadowed() = %+v, want one that is stale, and in the log:\n%s", got, log.String())
	}
}

// Impact names the questions that an entry would win, and nothing changes by
// asking for it.
func TestImpact(t *testing.T) {
	b := base(t)
	e := kbtest.Entry("staff/ink", "核验单用什么笔填写")
	e.Phrasings = []string{"核验单可以用蓝色笔吗"}
	before := b.Ask(kb.Question{Text: e.Title[kb.Chinese]})
	changes, err := b.Impact(e, []string{"请问核验单用什么笔填写", "备案要多久"})
	if err != nil {
		t.Fatal(err)
	}
	won := make(map[string]string)
	for _, c := range changes {
		won[c.Question] = c.After
	}
	if won["请问核验单用什么笔填写"] != e.ID || slices.Contains(slices.Collect(maps.Keys(won)), "备案要多久") {
		t.Errorf("Impact = %+v, want the question about the pen and not that about the time", changes)
	}
	if after := b.Ask(kb.Question{Text: e.Title[kb.Chinese]}); after.Entry != before.Entry {
		t.Errorf("asking for the impact changed the answer from %q to %q", before.Entry, after.Entry)
	}
}

func TestNearest(t *testing.T) {
	b := reading(t)
	hits := b.Nearest("核验单用什么笔填呢", 3)
	if len(hits) != 3 || hits[0].Entry != "guide/pen" || hits[0].Score < hits[1].Score || hits[0].Score > 1.001 {
		t.Errorf("Nearest = %+v, want guide/pen first, scores falling", hits)
	}
	if hits := b.Nearest("？？", 3); len(hits) != 0 {
		t.Errorf("Nearest of nothing = %+v", hits)
	}
}

func TestNormal(t *testing.T) {
	for _, same := range [][]string{
		{"福建要居住证吗", "請問福建要居住證嗎？", "您好，福建要居住证吗!", " 福建 要 居住证 呢", "我想问一下，福建需不需要居住证", "福建要不要居住证"},
		{"ICP 备案", "ｉｃｐ备案。"},
		{"我们公司要盖章吗", "麻烦您，公司需不需要盖章嘛，谢谢", "请教：公司是否需要盖章？"},
		{"吗", "吗？"},
	} {
		for _, s := range same {
			if got, want := kb.Normal(s), kb.Normal(same[0]); got != want || got == "" {
				t.Errorf("Normal(%q) = %q, want %q", s, got, want)
			}
		}
	}
	for _, other := range []string{"浙江要居住证吗", "福建能用居住证吗", "福建谁要居住证", "福建不要居住证吗"} {
		if kb.Normal("福建要居住证吗") == kb.Normal(other) {
			t.Errorf("%s is the same question as 福建要居住证吗", other)
		}
	}
	// What looks like politeness or like either is a part of another word.
	for _, other := range [][2]string{
		{"教育咨询网站能备案吗", "教育网站能备案吗"}, {"咨询公司需要前置审批吗", "公司需要前置审批吗"}, {"备案麻烦吗", "备案吗"},
		{"要是不是本人办理可以吗", "要是本人办理可以吗"}, {"如果是不是本人签字可以吗", "如果是本人签字可以吗"},
		{"所有没有备案的网站怎么办", "所有备案的网站怎么办"}, {"只有没有身份证的人怎么办", "只有身份证的人怎么办"},
		{"只要不要求居住证就行吗", "只要求居住证就行吗"}, {"可能不能通过吗", "可能通过吗"}, {"还没有没有居住证的", "还没有居住证的"},
	} {
		if kb.Normal(other[0]) == kb.Normal(other[1]) {
			t.Errorf("%s is the same question as %s", other[0], other[1])
		}
	}
}

func TestStandsAlone(t *testing.T) {
	b := reading(t)
	for question, want := range map[string]bool{
		"核验单怎么弄": true, "能不能加急办理": true, "公安备案怎么办": true, "怎么注销": true, "要居住证吗": true, "宠物可以吗": true, "身份证过期了怎么办": true,
		"那单位呢": false, "几张": false, "要几份": false, "怎么弄": false, "可以用手机吗": false, "要盖章吗": false, "江西呢": false, "为什么": false, "必须本人去吗": false, "": false,
		// The place or the thing is known from before.
		"这个省要居住证吗": false, "本省的手机号行吗": false, "我这边管局要多久审核": false, "当地管局电话多少": false, "手机号要本地的吗": false, "外省身份证能不能用": false,
		"这个证书在哪下载": false, "这种情况要授权书吗": false, "上面的手机号可以换吗": false, "那授权书要盖章吗": false,
		"江西外省身份证能不能用": true, "Does it need a seal on the form": false, "Does my local administration need a residence permit": false,
	} {
		if got := b.StandsAlone(question); got != want {
			t.Errorf("StandsAlone(%s) = %v, want %v", question, got, want)
		}
	}
}

// over is the shipped content with some files replaced.
type over struct{ files fstest.MapFS }

func (o over) Open(name string) (fs.File, error) {
	if f, err := o.files.Open(name); err == nil && name != "." && !strings.HasSuffix(name, "guide") {
		return f, nil
	}
	return content.FS.Open(name)
}

// A text without the figures that the picture check enforces is complained of.
func TestEditLosesFigures(t *testing.T) {
	b := base(t)
	has := func(e kb.Entry) bool {
		return slices.ContainsFunc(b.Lint(e), func(c kb.Complaint) bool { return c.Code == "params" && !c.Fatal })
	}
	if !has(edited(t, b, "guide/size", "每张不超过 5 MB。")) {
		t.Error("no complaint about a figure in words")
	}
	if has(edited(t, b, "guide/pen", "请用蓝色钢笔。")) {
		t.Error("a complaint about an entry without figures")
	}
	if e := edited(t, b, "guide/size", ""); true {
		shipped, _ := b.Entry("guide/size")
		if e.Body = shipped.Body; has(e) {
			t.Error("a complaint about a text that keeps the figures")
		}
	}
}

// crowded opens the shipped content with n entries of staff.
func crowded(tb testing.TB, n int, store kb.Store) *kb.Base {
	tb.Helper()
	for i := range n {
		e := kbtest.Entry(fmt.Sprintf("staff/n%05d", i), fmt.Sprintf("第%d号窗口的材料%d怎么交", i, i*7))
		if err := store.Put(tb.Context(), e); err != nil {
			tb.Fatal(err)
		}
	}
	b, err := kb.Open(tb.Context(), discard, content.FS, store)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	return b
}

// What a preview waits for, with five hundred entries of staff.
func BenchmarkImpact(b *testing.B) {
	base := crowded(b, 500, kb.NewMemStore())
	e := kbtest.Entry("staff/new", "备案多久能下来")
	for b.Loop() {
		if _, err := base.Impact(e, []string{"备案多久能下来"}); err != nil {
			b.Fatal(err)
		}
	}
}

// From the tap to the next question that sees the entry, with five hundred
// entries of staff: half of the edits are undone.
func BenchmarkEdit(b *testing.B) {
	base := crowded(b, 500, kb.NewMemStore())
	var times []time.Duration
	n := 0
	for b.Loop() {
		n++
		id := fmt.Sprintf("staff/n%05d", (n-1)/2%500) // edited, then undone
		begun := time.Now()
		if n%2 == 0 {
			if _, err := base.Undo(b.Context(), id, 0, "someone", ""); err != nil {
				b.Fatal(err)
			}
		} else if err := base.Put(b.Context(), edited(b, base, id, fmt.Sprintf("第 %d 版。", n))); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Milliseconds()), "p99-ms")
}

// Five hundred edits are five hundred versions, and undone, each entry is what
// it was.
func TestFiveHundredEdits(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	store, err := kb.OpenJournal(t.TempDir() + "/kb.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	const entries, edits = 10, 500
	b := crowded(t, entries, store)
	before := b.StaffEntries()
	for n := range edits {
		id := before[n/2%entries].ID
		if n%2 == 0 {
			err = b.Put(t.Context(), edited(t, b, id, fmt.Sprintf("第 %d 版。", n)))
		} else {
			_, err = b.Undo(t.Context(), id, 0, before[0].By, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	versions := 0
	for _, e := range before {
		vs, err := b.History(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		versions += len(vs)
		got, _ := b.Entry(e.ID)
		if got.Changed, got.Over, got.Version, got.Restores = e.Changed, e.Over, e.Version, 0; !reflect.DeepEqual(got, e) {
			t.Errorf("%s is\n%+v, want\n%+v", e.ID, got, e)
		}
	}
	if versions != entries+edits {
		t.Errorf("%d versions, want %d", versions, entries+edits)
	}
}
