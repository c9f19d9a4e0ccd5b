package kb

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxEntryFile bounds an entry file, in bytes.
const maxEntryFile = 64 << 10

// front is the front matter of an entry file.
type front struct {
	Title       string                     `yaml:"title"`
	TitleEn     string                     `yaml:"title_en"`
	Facts       []string                   `yaml:"facts,omitempty"`
	Source      string                     `yaml:"source"`
	SourceEn    string                     `yaml:"source_en,omitempty"`
	AsOf        string                     `yaml:"as_of,omitempty"`
	AsOfEn      string                     `yaml:"as_of_en,omitempty"`
	Status      Status                     `yaml:"status"`
	Dated       bool                       `yaml:"dated,omitempty"`
	Rule        string                     `yaml:"rule,omitempty"`
	Copy        string                     `yaml:"copy,omitempty"`
	Related     []string                   `yaml:"related,omitempty"`
	Needs       []string                   `yaml:"needs,omitempty"`
	About       []string                   `yaml:"about,omitempty"`
	Together    string                     `yaml:"together,omitempty"`
	Then        map[string]string          `yaml:"then,omitempty"`
	Params      map[string]any             `yaml:"params,omitempty"`
	Sentences   map[string]map[Lang]string `yaml:"sentences,omitempty"`
	Phrasings   []string                   `yaml:"phrasings"`
	PhrasingsEn []string                   `yaml:"phrasings_en,omitempty"`

	// Versions that staff made, in an archive.
	By        string    `yaml:"by,omitempty"`
	Changed   time.Time `yaml:"changed,omitempty"`
	Change    string    `yaml:"change,omitempty"`
	Over      string    `yaml:"over,omitempty"`
	Retired   bool      `yaml:"retired,omitempty"`
	Withdrawn bool      `yaml:"withdrawn,omitempty"`

	Added []Addition `yaml:"added,omitempty"`
}

// englishHeading begins the English half of an entry's body.
const englishHeading = "## English"

// ParseEntry reads one entry file: YAML front matter between lines of three
// hyphens, then the answer, a sentence a line, in Chinese and below the heading
// "## English" in English. id is the entry's path without ".md".
func ParseEntry(id string, data []byte) (Entry, error) {
	if len(data) > maxEntryFile {
		return Entry{}, fmt.Errorf("%s.md: %d bytes, at most %d are read", id, len(data), maxEntryFile)
	}
	if !utf8.Valid(data) {
		return Entry{}, fmt.Errorf("%s.md: not UTF-8", id)
	}
	rest, ok := bytes.CutPrefix(data, []byte("---\n"))
	if !ok {
		return Entry{}, fmt.Errorf("%s.md:1: no front matter", id)
	}
	head, body, ok := bytes.Cut(rest, []byte("\n---\n"))
	if !ok {
		return Entry{}, fmt.Errorf("%s.md: the front matter does not end", id)
	}
	var f front
	d := yaml.NewDecoder(bytes.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return Entry{}, fmt.Errorf("%s.md: %w", id, err)
	}
	zh, en, _ := strings.Cut("\n"+string(body)+"\n", "\n"+englishHeading+"\n")
	return Entry{
		ID: id, Facts: f.Facts, Status: f.Status, Dated: f.Dated, Rule: f.Rule, Copy: f.Copy,
		Related: f.Related, Needs: f.Needs, About: f.About, Together: f.Together, Then: f.Then, Params: f.Params, Sentences: f.Sentences,
		Title:     map[Lang]string{Chinese: f.Title, English: f.TitleEn},
		Source:    map[Lang]string{Chinese: f.Source, English: f.SourceEn},
		AsOf:      map[Lang]string{Chinese: f.AsOf, English: f.AsOfEn},
		Phrasings: slices.Concat(f.Phrasings, f.PhrasingsEn),
		Body:      map[Lang][]string{Chinese: lines(zh), English: lines(en)},
		By:        f.By, Changed: f.Changed, Change: f.Change, Over: f.Over, Retired: f.Retired, Withdrawn: f.Withdrawn, Added: f.Added,
	}, nil
}

func lines(s string) []string {
	var ls []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			ls = append(ls, l)
		}
	}
	return ls
}

// folders are where entry files lie.
var folders = []Kind{Guide, NotCovered, Chat, Staff}

// loadEntries reads all entry files, ordered by ID.
func loadEntries(fsys fs.FS) ([]Entry, error) {
	var es []Entry
	for _, dir := range folders {
		files, err := fs.Glob(fsys, string(dir)+"/*.md")
		if err != nil {
			return nil, fmt.Errorf("list entries: %w", err)
		}
		for _, name := range files {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read entry: %w", err)
			}
			e, err := ParseEntry(strings.TrimSuffix(name, path.Ext(name)), data)
			if err != nil {
				return nil, err
			}
			es = append(es, e)
		}
	}
	slices.SortFunc(es, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	return es, nil
}
