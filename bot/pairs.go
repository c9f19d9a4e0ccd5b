package bot

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"beianbot/kb"
)

// Pairs say which paper (授权书, 变更证明, 居住证 …) goes into one picture with which
// certificate: content/reply/pairs.yaml.
type Pairs struct {
	Certificates []Certificate
	Papers       []Paper
	Around       []string // words that may stand around the names
	Joining      []string // words that say that pictures are to be joined
	Looking      []string // words of which, and of Around, a plea to look at a picture consists
}

// A Certificate is an official proof of identity, of a person or an organization.
type Certificate struct {
	ID     string
	MayBe  []string `yaml:"may-be"` // other certificates that this one may turn out to be
	Called `yaml:",inline"`
}

// A Paper is a material that is uploaded in one picture with a certificate.
type Paper struct {
	ID                       string
	Individual, Organization string // the certificate it goes with, for each kind of filing entity
	Clause                   string // ID of the entry that says so
	Called                   `yaml:",inline"`
}

// Called is what people call a thing.
type Called struct {
	ZH, EN struct {
		Name  string
		Words []string
	}
}

func (c Called) name(l kb.Lang) string {
	if l == kb.English {
		return c.EN.Name
	}
	return c.ZH.Name
}

func (c Called) words() []string { return slices.Concat(c.ZH.Words, c.EN.Words) }

// LoadPairs reads reply/pairs.yaml of fsys. It refuses a name that is missing, a
// word that stands for two things, and a certificate that there is none of.
func LoadPairs(fsys fs.FS) (*Pairs, error) {
	const name = "reply/pairs.yaml"
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("load pairs: %w", err)
	}
	p := new(Pairs)
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("load pairs %s: %w", name, err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("load pairs %s: %w", name, err)
	}
	return p, nil
}

func (p *Pairs) check() error {
	var errs []error
	owner := make(map[string]string)
	thing := func(id string, c Called) {
		if id == "" || c.ZH.Name == "" || c.EN.Name == "" {
			errs = append(errs, fmt.Errorf("%q has no name", id))
		}
		for _, w := range c.words() {
			if w == "" || w != strings.ToLower(w) || owner[w] != "" {
				errs = append(errs, fmt.Errorf("word %q of %q is empty, in capitals or that of %q", w, id, owner[w]))
			}
			owner[w] = id
		}
	}
	certificate := func(of, id string) {
		if _, ok := p.certificate(id); !ok {
			errs = append(errs, fmt.Errorf("%q goes with the unknown certificate %q", of, id))
		}
	}
	for _, c := range p.Certificates {
		thing(c.ID, c.Called)
		for _, id := range c.MayBe {
			certificate(c.ID, id)
		}
	}
	for _, paper := range p.Papers {
		thing(paper.ID, paper.Called)
		certificate(paper.ID, paper.Individual)
		certificate(paper.ID, paper.Organization)
		if paper.Clause == "" {
			errs = append(errs, fmt.Errorf("%q names no entry", paper.ID))
		}
	}
	return errors.Join(errs...)
}

func (p *Pairs) certificate(id string) (Certificate, bool) {
	i := slices.IndexFunc(p.Certificates, func(c Certificate) bool { return c.ID == id })
	if i < 0 {
		return Certificate{}, false
	}
	return p.Certificates[i], true
}

func (p *Pairs) paper(id string) (Paper, bool) {
	i := slices.IndexFunc(p.Papers, func(q Paper) bool { return q.ID == id })
	if i < 0 {
		return Paper{}, false
	}
	return p.Papers[i], true
}

// with returns the ID of the certificate that a paper goes with, empty when that
// depends on a kind that is not known.
func (q Paper) with(kind string) string {
	switch {
	case q.Individual == q.Organization, kind == string(kb.Individual):
		return q.Individual
	case kind == string(kb.Organization):
		return q.Organization
	}
	return ""
}

// fits reports whether what a person calls named can be the certificate that is
// wanted. Both are IDs.
func (p *Pairs) fits(wanted, named string) bool {
	c, _ := p.certificate(wanted)
	return wanted == named || slices.Contains(c.MayBe, named)
}

// named is what a text says of papers and certificates.
type named struct {
	ids     []string // of papers and certificates, in order, each once
	only    bool     // and it says nothing else
	joining bool     // it says that pictures are to be joined
	at      []place  // which picture shows what, when it numbers them
}

// A place says what the picture of a number shows.
type place struct {
	number int    // from 1; from -1 backward for one counted from the end
	id     string // of a paper or certificate
}

// indexes returns the index of each place among count pictures, and the numbers
// that there is no picture of.
func indexes(at []place, count int) (is, missing []int) {
	for _, p := range at {
		i := p.number - 1
		if p.number < 0 {
			i = count + p.number
		}
		if i < 0 || i >= count {
			missing = append(missing, max(p.number, -p.number))
		}
		is = append(is, i)
	}
	return is, missing
}

// clashes returns the indexes of pictures that two different things are said of,
// each once; is has the index of each place.
func clashes(at []place, is []int) (list []int) {
	said := make(map[int]string)
	for n, i := range is {
		if id, ok := said[i]; ok && id != at[n].id && !slices.Contains(list, i) {
			list = append(list, i)
		}
		said[i] = at[n].id
	}
	return list
}

// paper returns the first paper that is named, and certificate the first
// certificate; empty for none.
func (n named) paper(p *Pairs) string {
	for _, id := range n.ids {
		if _, ok := p.paper(id); ok {
			return id
		}
	}
	return ""
}

func (n named) certificate(p *Pairs) string {
	for _, id := range n.ids {
		if _, ok := p.certificate(id); ok {
			return id
		}
	}
	return ""
}

// read finds the papers and certificates that a text names, and the numbers of
// the pictures that show them. At each place the longest word counts.
func (p *Pairs) read(text string) named {
	text = strings.ToLower(strings.TrimSpace(text))
	n := named{only: true, joining: slices.ContainsFunc(p.Joining, func(w string) bool { return strings.Contains(text, w) })}
	var said []place // an ID without number, or a number without ID
	for text != "" {
		numbers, length := ordinals(text)
		for _, number := range numbers {
			said = append(said, place{number: number})
		}
		if length > 0 {
			text = text[length:]
			continue
		}
		id, length := p.begins(text)
		if id != "" {
			said = append(said, place{id: id})
		}
		switch {
		case id != "" && !slices.Contains(n.ids, id):
			n.ids = append(n.ids, id)
		case length == 0:
			length = max(1, latin(text))
			if length == 1 {
				_, length = utf8.DecodeRuneInString(text)
			}
			n.only = n.only && strings.Trim(text[:length], " \t\n,.;:、，。；：+＋&/-—_()（）“”\"'’") == ""
		}
		text = text[length:]
	}
	n.only = n.only && len(n.ids) > 0
	n.at = places(said)
	return n
}

// places matches numbers with IDs. Each ID goes with the numbers before it
// ("第1张是授权书"), or, when the last thing said is a number, with those behind it
// ("授权书是第1张"). What has no number is left out.
func places(said []place) (at []place) {
	behind := len(said) > 0 && said[len(said)-1].id == ""
	if behind {
		slices.Reverse(said)
	}
	var numbers []int
	taken := false
	for _, s := range said {
		switch {
		case s.id == "" && taken:
			numbers, taken = []int{s.number}, false
		case s.id == "":
			numbers = append(numbers, s.number)
		case !taken:
			for _, number := range numbers {
				at = append(at, place{number: number, id: s.id})
			}
			taken = true
		}
	}
	return at
}

// looking reports whether a caption asks for nothing but a look at the picture
// above it, which names it at most ("这张身份证行吗"). What names a document and
// points to none ("护照行吗") may ask whether that one is taken.
func (p *Pairs) looking(caption string) bool {
	caption = strings.ToLower(strings.TrimSpace(caption))
	points := strings.ContainsAny(caption, "这這") || strings.Contains(caption, "this")
	for text := caption; text != ""; {
		id, length := p.begins(text)
		for _, w := range p.Looking {
			if len(w) > length && strings.HasPrefix(text, w) && (latin(w) == 0 || latin(text[len(w):]) == 0) {
				id, length = "", len(w)
			}
		}
		if id != "" && !points {
			return false
		}
		if length == 0 {
			r, n := utf8.DecodeRuneInString(text)
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				return false
			}
			length = n
		}
		text = text[length:]
	}
	return true
}

// begins returns the longest word that text begins with: what it names, empty
// for a word that only stands around, and its length in bytes, 0 for no word.
func (p *Pairs) begins(text string) (id string, length int) {
	try := func(of string, words []string) {
		for _, w := range words {
			if len(w) > length && strings.HasPrefix(text, w) && (latin(w) == 0 || latin(text[len(w):]) == 0) {
				id, length = of, len(w)
			}
		}
	}
	try("", p.Around)
	for _, c := range p.Certificates {
		try(c.ID, c.words())
	}
	for _, q := range p.Papers {
		try(q.ID, q.words())
	}
	return id, length
}

// latin returns how many bytes of Latin letters and digits s begins with.
func latin(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool { return r > 0x7f || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if i < 0 {
		return len(s)
	}
	return i
}
