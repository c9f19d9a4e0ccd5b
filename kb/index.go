package kb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"beianbot/kb/zh"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	_ "github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/upsidedown/store/gtreap"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"
)

// A Hit is an entry found for a question.
type Hit struct {
	Entry string
	Score float64 // BM25 of the engine: it ranks the hits of one search and means nothing else
}

// bleveIndex finds the entries nearest to a question. It is safe for concurrent
// use. It has three in-memory scorch indexes behind one alias: the shipped
// entries, built once, the entries of staff, and those of them that changed
// lately, which is rebuilt in one batch at every edit and joins the others when
// it has grown. In-place updates would leave a segment for each, ten times slower
// to search; and NewMemOnly would not score by BM25 at all.
//
// An entry that changed lately is found by its words of before too, and a retired
// one by its own, until then: whoever searches looks at what holds now.
type bleveIndex struct {
	lex   *lexicon
	alias bleve.IndexAlias
	base  bleve.Index

	mu      sync.Mutex          // held while staff entries are replaced
	staff   bleve.Index         // guarded by mu
	recent  bleve.Index         // guarded by mu
	changed map[string]prepared // guarded by mu; what recent holds
}

// maxRecent is how many entries the index of the latest changes holds: building
// it takes 2 ms, that of 500 entries ten times as long.
const maxRecent = 50

// The fields of an entry's document. There is one document an entry, so that an
// edit by staff rebuilds few of them; the second stage compares phrasings.
const (
	charField    = "char"    // characters and their pairs
	soundField   = "sound"   // pairs of sounds
	conceptField = "concept" //
)

var fieldBoosts = map[string]float64{charField: 1, soundField: 0.4, conceptField: 1.2}

func newBleveIndex(lex *lexicon, shipped map[string]prepared) (*bleveIndex, error) {
	x := &bleveIndex{lex: lex}
	base, err := x.build(shipped)
	if err != nil {
		return nil, err
	}
	x.base = base
	if x, err = x.over(nil); err != nil {
		return nil, errors.Join(err, base.Close())
	}
	return x, nil
}

// over returns an index with the shipped entries of x and these of staff.
func (x *bleveIndex) over(staff map[string]prepared) (*bleveIndex, error) {
	y := &bleveIndex{lex: x.lex, base: x.base}
	var err error
	if y.staff, err = y.build(staff); err != nil {
		return nil, err
	}
	if y.recent, err = y.build(nil); err != nil {
		return nil, errors.Join(err, y.staff.Close())
	}
	y.alias = bleve.NewIndexAlias(y.base, y.staff, y.recent)
	return y, nil
}

func entryMapping() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	// The terms come ready, parted by blanks: Bleve's own analysis would
	// drop full-width digits and know no sounds.
	if err := m.AddCustomAnalyzer("terms", map[string]any{"type": "custom", "tokenizer": "whitespace"}); err != nil {
		panic(err) // unreachable: the definition is constant
	}
	m.DefaultAnalyzer = "terms"
	m.ScoringModel = "bm25"
	doc := bleve.NewDocumentStaticMapping()
	// Nothing asks the field of all fields; it would be a third of a build.
	doc.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())
	for name := range fieldBoosts {
		f := bleve.NewTextFieldMapping()
		f.Store, f.IncludeInAll, f.DocValues, f.IncludeTermVectors = false, false, false, false
		doc.AddFieldMappingsAt(name, f)
	}
	m.DefaultMapping = doc
	return m
}

func (x *bleveIndex) build(es map[string]prepared) (bleve.Index, error) {
	index, err := bleve.NewUsing("", entryMapping(), scorch.Name, gtreap.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("new index: %w", err)
	}
	batch := index.NewBatch()
	for _, id := range slices.Sorted(maps.Keys(es)) {
		e := es[id]
		if len(e.document) == 0 {
			continue // it says nothing
		}
		if err := batch.Index(e.id, e.document); err != nil {
			return nil, errors.Join(fmt.Errorf("index entry %q: %w", e.id, err), index.Close())
		}
	}
	if err := index.Batch(batch); err != nil {
		return nil, errors.Join(fmt.Errorf("index %d entries: %w", len(es), err), index.Close())
	}
	return index, nil
}

// prepared is an entry as it is compared to questions.
type prepared struct {
	id       string
	document map[string]any // for the engine: terms parted by blanks, by field
	vectors  []vector       // one for each phrasing and title
	asked    []string       // phrasings and Chinese title, folded: no other entry has them
	// Provinces and kinds that its title and phrasings name. An entry of staff
	// that speaks of 福建 is no answer about 浙江.
	provinces []Province
	kinds     []EntityKind
}

// concerns reports whether an entry may answer a question with these slots, its
// own or carried over: it names none of a sort, or the same.
func (p prepared) concerns(x slots) bool {
	if len(p.provinces) > 0 && !slices.ContainsFunc(x.provinces, func(o Province) bool { return slices.Contains(p.provinces, o) }) {
		return false
	}
	return len(p.kinds) == 0 || len(x.kinds) == 0 || slices.ContainsFunc(x.kinds, func(k EntityKind) bool { return slices.Contains(p.kinds, k) })
}

// prepareAll prepares entries on all processors: it is most of what a start
// takes.
func (j *judge) prepareAll(es []Entry) map[string]prepared {
	ps := make([]prepared, len(es))
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		wg.Go(func() {
			for i := w; i < len(es); i += n {
				ps[i] = j.prepare(es[i])
			}
		})
	}
	wg.Wait()
	m := make(map[string]prepared, len(es))
	for _, p := range ps {
		m[p.id] = p
	}
	return m
}

// prepare takes an entry's phrasings apart, once for both.
func (j *judge) prepare(e Entry) prepared {
	p := prepared{id: e.ID, document: make(map[string]any)}
	fields := make(map[string][]string)
	for _, text := range append(slices.Clone(e.Phrasings), e.Title[Chinese]) {
		p.asked = append(p.asked, foldQuestion(text))
	}
	for _, folded := range append(slices.Clip(p.asked), foldQuestion(e.Title[English])) {
		a := j.lex.analyseTokens(zh.Tokens(folded))
		p.provinces, p.kinds = append(p.provinces, a.provinces...), append(p.kinds, a.kinds...)
		fs := a.features()
		if len(fs) == 0 {
			continue
		}
		p.vectors = append(p.vectors, j.vector(fs))
		for f, ts := range terms(fs) {
			fields[f] = append(fields[f], ts...)
		}
	}
	for f, ts := range fields {
		p.document[f] = strings.Join(ts, " ")
	}
	return p
}

// terms returns which features of a text are indexed, by field.
func terms(features []string) map[string][]string {
	m := make(map[string][]string)
	for _, f := range features {
		if field := fieldOf(f); field != "" {
			m[field] = append(m[field], strings.ReplaceAll(f[1:], " ", "_"))
		}
	}
	return m
}

// fieldOf returns the field that a feature is indexed in, or "".
func fieldOf(f string) string {
	switch {
	case f[0] == 'c':
		return charField
	case f[0] == 's' && strings.Count(f, " ") == 1:
		return soundField
	case f[0] == '#' && !strings.Contains(f, "&"):
		return conceptField
	}
	return ""
}

// Search returns at most n hits, best first.
func (x *bleveIndex) Search(ctx context.Context, question string, n int) ([]Hit, error) {
	a := x.lex.analyse(question)
	return x.search(ctx, terms(a.features()), n)
}

func (x *bleveIndex) search(ctx context.Context, terms map[string][]string, n int) ([]Hit, error) {
	var qs []query.Query
	add := func(field string, terms []string) {
		for _, t := range terms {
			q := bleve.NewTermQuery(t)
			q.SetField(field)
			q.SetBoost(fieldBoosts[field])
			qs = append(qs, q)
		}
	}
	for f, ts := range terms {
		add(f, ts)
	}
	if len(qs) == 0 {
		return nil, nil
	}
	r, err := x.alias.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(qs...), n, 0, false))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	hits := make([]Hit, 0, len(r.Hits))
	for _, h := range r.Hits {
		hits = append(hits, Hit{h.ID, h.Score})
	}
	return hits, nil
}

// setStaff replaces the staff entries. changed is one that alone is other than
// before, or nil: then all may be. Searches go on meanwhile and see either the old
// ones or the new ones.
func (x *bleveIndex) setStaff(all map[string]prepared, changed *prepared) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	recent := make(map[string]prepared)
	if changed != nil {
		maps.Copy(recent, x.changed)
		recent[changed.id] = *changed
	}
	if changed == nil || len(recent) > maxRecent {
		if err := x.replace(&x.staff, all); err != nil {
			return err
		}
		recent = nil
	}
	x.changed = recent
	return x.replace(&x.recent, recent)
}

// replace builds an index of entries in place of one of those behind the alias.
// The caller holds mu.
func (x *bleveIndex) replace(index *bleve.Index, es map[string]prepared) error {
	next, err := x.build(es)
	if err != nil {
		return err
	}
	old := *index
	x.alias.Swap([]bleve.Index{next}, []bleve.Index{old})
	*index = next
	if err := old.Close(); err != nil {
		return fmt.Errorf("close old index: %w", err)
	}
	return nil
}

// Close closes the indexes.
func (x *bleveIndex) Close() error { return errors.Join(x.closeStaff(), x.base.Close()) }

// closeStaff closes all but the index of the shipped entries.
func (x *bleveIndex) closeStaff() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	// The alias does not close what is behind it.
	if err := errors.Join(x.alias.Close(), x.staff.Close(), x.recent.Close()); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}
