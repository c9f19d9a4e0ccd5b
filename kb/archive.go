package kb

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// An archive is entries in one text, as staff export and import them: each as it
// would stand in a file of content, below a line that names the file.
//
//	-- staff/residence-k3.md --
//	---
//	title: 福建要居住证吗
//	…
//	---
//	需要。
//
// What is hidden and withdrawn is in it too, so that importing it into an empty
// store leads to the same answers.

var archiveHeading = regexp.MustCompile(`^-- ([a-z]+/[a-z0-9-]+)\.md --$`)

// headingLike is what somebody meant for a heading. Taken for text, it would stand
// in the answer of the entry before it, with all that follows.
var headingLike = regexp.MustCompile(`^--\s.*\S\s*--$`)

// trimLine takes the white space off the end of a line, which nobody sees there. What
// is left says whether it is a heading.
func trimLine(line []byte) []byte { return bytes.TrimRightFunc(line, unicode.IsSpace) }

// FormatEntry writes an entry as [ParseEntry] reads it.
func FormatEntry(e Entry) ([]byte, error) {
	f := front{
		Title: e.Title[Chinese], TitleEn: e.Title[English], Facts: e.Facts, Source: e.Source[Chinese], SourceEn: e.Source[English],
		AsOf: e.AsOf[Chinese], AsOfEn: e.AsOf[English], Status: e.Status, Dated: e.Dated, Rule: e.Rule, Copy: e.Copy,
		Related: e.Related, Needs: e.Needs, About: e.About, Together: e.Together, Then: e.Then, Params: e.Params, Sentences: e.Sentences, Phrasings: e.Phrasings,
		By: e.By, Changed: e.Changed, Change: e.Change, Over: e.Over, Retired: e.Retired, Withdrawn: e.Withdrawn, Added: e.Added,
	}
	head, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("format entry %q: %w", e.ID, err)
	}
	var b bytes.Buffer
	b.WriteString("---\n")
	b.Write(head)
	b.WriteString("---\n")
	write := func(lines []string) {
		for _, line := range lines {
			trimmed := trimLine([]byte(line))
			if headingLike.Match(trimmed) || string(trimmed) == englishHeading {
				b.WriteByte(' ') // or it would be taken for what it looks like
			}
			b.WriteString(line + "\n")
		}
	}
	write(e.Body[Chinese])
	if len(e.Body[English]) > 0 {
		b.WriteString("\n" + englishHeading + "\n")
		write(e.Body[English])
	}
	return b.Bytes(), nil
}

// FormatArchive writes entries as [ParseArchive] reads them.
func FormatArchive(es []Entry) ([]byte, error) {
	var b bytes.Buffer
	for i, e := range es {
		data, err := FormatEntry(e)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "-- %s.md --\n%s", e.ID, data)
	}
	return b.Bytes(), nil
}

// A Row is an entry of an archive, and the line on which it begins, from 1.
type Row struct {
	Line  int
	Entry Entry
	Err   error // why it cannot be read
}

// ParseArchive reads an archive. It returns a row for everything that should be
// an entry, readable or not.
func ParseArchive(data []byte) []Row {
	var rows []Row
	id, first := "", 0
	var text []byte
	var wrong error // of the heading
	end := func() {
		if wrong != nil {
			rows = append(rows, Row{Line: first, Err: wrong})
			return
		}
		if id == "" {
			if len(bytes.TrimSpace(text)) > 0 {
				rows = append(rows, Row{Line: 1, Err: fmt.Errorf("text before the first line such as %q", "-- staff/name.md --")})
			}
			return
		}
		e, err := ParseEntry(id, text)
		rows = append(rows, Row{first, e, err})
	}
	data = bytes.TrimPrefix(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\ufeff"))
	n := 0
	for line := range bytes.Lines(data) {
		n++
		trimmed := trimLine(line)
		if m := archiveHeading.FindSubmatch(trimmed); m != nil {
			end()
			id, first, text, wrong = string(m[1]), n, nil, nil
			continue
		}
		if headingLike.Match(trimmed) {
			end()
			first, text, wrong = n, nil, fmt.Errorf("no name of an entry, such as %q", "-- staff/name.md --")
			continue
		}
		text = append(text, line...)
	}
	end()
	return rows
}

// CheckRows returns what keeps rows from being put, by line: what cannot be
// read, what is nobody's version, and fatal complaints. Nothing may be put when
// there is any.
func (b *Base) CheckRows(rows []Row) []Row {
	var bad []Row
	seen := make(map[string]int)
	for _, r := range rows {
		if r.Err == nil {
			r.Err = b.checkRow(r.Entry)
		}
		if first, ok := seen[r.Entry.ID]; ok && r.Err == nil {
			r.Err = fmt.Errorf("%s.md stands on line %d already", r.Entry.ID, first)
		}
		seen[r.Entry.ID] = r.Line
		if r.Err != nil {
			bad = append(bad, r)
		}
	}
	slices.SortStableFunc(bad, func(p, q Row) int { return cmp.Compare(p.Line, q.Line) })
	return bad
}

func (b *Base) checkRow(e Entry) error {
	if !e.OfStaff() {
		return fmt.Errorf("%s.md: no version of staff: by is missing", e.ID)
	}
	if e.Retired || e.Withdrawn {
		if !idPattern.MatchString(e.ID) {
			return fmt.Errorf("%s.md: not an entry's name", e.ID)
		}
		return nil
	}
	var texts []string
	for _, p := range b.Lint(e) {
		if p.Fatal {
			texts = append(texts, p.Text)
		}
	}
	if texts != nil {
		return fmt.Errorf("%s.md: %s", e.ID, strings.Join(texts, "; "))
	}
	return nil
}
