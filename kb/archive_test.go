package kb_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"beianbot/kb"
)

// signed is an entry of staff with lines that look like something else.
func signed() kb.Entry {
	return kb.Entry{
		ID: "staff/residence-k3", Title: map[kb.Lang]string{kb.Chinese: "福建: 要居住证吗 # 真的", kb.English: ""},
		Source: map[kb.Lang]string{kb.Chinese: "客服", kb.English: ""}, AsOf: map[kb.Lang]string{kb.Chinese: "2026-01-01", kb.English: ""},
		Status: kb.Current, Phrasings: []string{"- 要不要", "yes", "'引号\""},
		Body: map[kb.Lang][]string{kb.Chinese: {"---", "## English", "-- staff/b.md --", "-- 注意 --", "需要 <b>。"}, kb.English: nil},
		By:   "0011223344556677", Changed: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Change: "k3", Over: "aa",
	}
}

// What is exported is imported as it was, shipped entries too.
func TestArchive(t *testing.T) {
	b := reading(t)
	want := []kb.Entry{signed(), signed()}
	want[1].ID, want[1].Retired, want[1].Withdrawn = "staff/other", true, true
	for _, id := range b.IDs() {
		e, _ := b.Entry(id)
		want = append(want, e)
	}
	data, err := kb.FormatArchive(want)
	if err != nil {
		t.Fatal(err)
	}
	rows := kb.ParseArchive(data)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d:\n%s", len(rows), len(want), data)
	}
	for i, r := range rows {
		if r.Err != nil || !reflect.DeepEqual(r.Entry, want[i]) {
			t.Errorf("line %d: %v,\n%+v, want\n%+v", r.Line, r.Err, r.Entry, want[i])
		}
		if line := strings.Split(string(data), "\n")[r.Line-1]; line != "-- "+want[i].ID+".md --" {
			t.Errorf("line %d is %q", r.Line, line)
		}
	}
}

// A line that looks like a heading stays a line of the answer, whatever white space
// stands behind it; and a heading is one, whatever does.
func TestArchiveHeadings(t *testing.T) {
	for _, space := range []string{"", " ", "\t", "\r", " \r", "\u3000", "\u00a0"} {
		e := signed()
		want := []string{"-- 注意 --", "-- staff/b.md --", "## English", "一句。"}
		e.Body[kb.Chinese] = nil
		for _, line := range want {
			e.Body[kb.Chinese] = append(e.Body[kb.Chinese], line+space)
		}
		data, err := kb.FormatArchive([]kb.Entry{e})
		if err != nil {
			t.Fatal(err)
		}
		rows := kb.ParseArchive(data)
		if len(rows) != 1 || rows[0].Err != nil || !reflect.DeepEqual(rows[0].Entry.Body[kb.Chinese], want) || rows[0].Entry.Body[kb.English] != nil {
			t.Errorf("%q behind lines like headings: read back as %+v", space, rows)
		}
		second := bytes.Replace(data, []byte("-- staff/residence-k3.md --"), []byte("-- staff/second.md --"+space), 1)
		if rows := kb.ParseArchive(append(data, second...)); len(rows) != 2 || rows[1].Entry.ID != "staff/second" {
			t.Errorf("%q behind a heading: %d rows, want 2", space, len(rows))
		}
	}
}

// Every bad row is named with its line.
func TestArchiveRows(t *testing.T) {
	b := reading(t)
	good := "---\ntitle: 要吗\nsource: 客服\nstatus: current\nphrasings: []\nby: someone\n---\n要。\n"
	text := "-- staff/a.md --\n" + good +
		"-- staff/b.md --\n---\ntitel: 要吗\n---\n要。\n" + // line 10
		"-- staff/c.md --\n" + strings.Replace(good, "要。", "", 1) + // 15
		"-- staff/a.md --\n" + good + // 24
		"-- guide/pen.md --\n" + strings.Replace(good, "by: someone\n", "", 1) + // 33
		"-- guide/pen.md --\r\n" + strings.ReplaceAll(good, "\n", "\r\n") + // 41, as a Windows editor writes it
		"-- nowhere/x.md --\n" + good + // 50
		"-- Staff/Y --\n" + good // 59
	want := map[int]string{10: "titel", 15: "no answer", 24: "line 1 already", 33: "by is missing", 41: "line 33 already", 50: "nowhere/x", 59: "no name of an entry"}
	for _, r := range b.CheckRows(kb.ParseArchive([]byte(text))) {
		if w := want[r.Line]; w == "" || !strings.Contains(r.Err.Error(), w) {
			t.Errorf("line %d: %v, want an error with %q", r.Line, r.Err, w)
		}
		delete(want, r.Line)
	}
	if len(want) > 0 {
		t.Errorf("no complaint about %v", want)
	}
	for text, rows := range map[string]int{"": 0, "\n \n": 0, "hello\n-- staff/a.md --\n" + good: 2, "\ufeff-- staff/a.md --\n" + good: 1} {
		if got := kb.ParseArchive([]byte(text)); len(got) != rows {
			t.Errorf("ParseArchive(%.20q) = %d rows, want %d", text, len(got), rows)
		}
	}
}

func FuzzParseArchive(f *testing.F) {
	data, err := kb.FormatArchive([]kb.Entry{signed()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add("-- staff/a.md --\n---\ntitle: {\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range kb.ParseArchive([]byte(text)) {
			if r.Err != nil {
				continue
			}
			data, err := kb.FormatArchive([]kb.Entry{r.Entry})
			if err != nil {
				t.Fatal(err)
			}
			again := kb.ParseArchive(data)
			if len(again) != 1 || again[0].Err != nil || !reflect.DeepEqual(again[0].Entry, r.Entry) {
				t.Errorf("%q is read as\n%+v, written and read again\n%+v", text, r.Entry, again)
			}
		}
	})
}
