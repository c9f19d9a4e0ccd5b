package zh

import "slices"

// A Matcher finds the words of a list in a text, by their characters and, where
// that is safe, by their sound. Build it once; it is read-only afterwards and
// safe for concurrent use.
type Matcher struct {
	root  node
	sound bool
}

// node is where the words whose keys led to it end, and those that are longer
// go on.
type node struct {
	next  map[string]*node // by key of the next token
	words []word
}

type word struct {
	value string
	text  []string // token texts
}

// A Match is a word of a [Matcher] found at tokens [Start, End).
type Match struct {
	Value      string // what the word was added under
	Start, End int
	Exact      bool // every character agrees, not only the sound
}

// NewMatcher returns an empty matcher. With sound set, words of Chinese
// characters are also found when they are misspelt with characters of the same
// sound: three or more characters always, two when one of them agrees.
// Syllables typed as pinyin match in either case.
func NewMatcher(sound bool) *Matcher {
	return &Matcher{sound: sound}
}

// Add adds a word under a value. A word may stand under several values.
func (m *Matcher) Add(value, text string) {
	ts := Tokens(Fold(text))
	if len(ts) == 0 {
		return
	}
	m.add(value, ts)
}

// AddSound adds a further way to type a place or name in Latin letters:
// "chongqing", or "hong kong".
func (m *Matcher) AddSound(value, letters string) {
	var ts []Token
	for _, t := range Tokens(Fold(letters)) {
		if t.Kind == Latin {
			if s := SplitPinyin(t.Text); s != nil {
				for _, syl := range s {
					ts = append(ts, Token{Text: syl, Key: syl, Kind: Pinyin})
				}
				continue
			}
		}
		ts = append(ts, t)
	}
	m.add(value, ts)
}

func (m *Matcher) add(value string, ts []Token) {
	n, text := &m.root, make([]string, len(ts))
	for i, t := range ts {
		text[i] = t.Text
		if t.Kind == Latin {
			text[i] = t.Key // English words are compared by stem
		}
		next, ok := n.next[t.Key]
		if !ok {
			if n.next == nil {
				n.next = make(map[string]*node)
			}
			next = new(node)
			n.next[t.Key] = next
		}
		n = next
	}
	for _, w := range n.words {
		if w.value == value && slices.Equal(w.text, text) {
			return
		}
	}
	n.words = append(n.words, word{value, text})
}

// Find returns the words found in ts, the longest at each place, not
// overlapping, in order. Where words of different values fit equally well,
// as 山西 and 陕西 do for "shanxi", none is found.
func (m *Matcher) Find(ts []Token) []Match {
	var found []Match
	for i := 0; i < len(ts); {
		hit, ok := m.at(ts, i)
		if !ok {
			i++
			continue
		}
		found = append(found, hit)
		i = hit.End
	}
	return found
}

func (m *Matcher) at(ts []Token, i int) (Match, bool) {
	var best Match
	ok := false
	n := &m.root
	for j := i; j < len(ts); j++ {
		if j > i && ts[j].Stop {
			break
		}
		if n = n.next[ts[j].Key]; n == nil {
			break
		}
		if hit, fits := m.choose(ts[i:j+1], n.words); fits {
			best, ok = Match{Value: hit.Value, Start: i, End: j + 1, Exact: hit.Exact}, true
		}
	}
	return best, ok
}

// choose picks the word that ts spells. An exact spelling wins.
func (m *Matcher) choose(ts []Token, ws []word) (Match, bool) {
	var hit Match
	found, clash := false, false
	for _, w := range ws {
		fits, exact := m.fits(ts, w)
		switch {
		case !fits:
		case exact && !hit.Exact:
			hit, found, clash = Match{Value: w.value, Exact: true}, true, false
		case exact == hit.Exact && found && w.value != hit.Value:
			clash = true
		case !found:
			hit, found = Match{Value: w.value}, true
		}
	}
	return hit, found && !clash
}

func (m *Matcher) fits(ts []Token, w word) (fits, exact bool) {
	same, typed := 0, 0
	for i, t := range ts {
		switch {
		case t.Kind == Pinyin:
			typed++
		case t.Kind == Latin || t.Text == w.text[i]:
			same++
		}
	}
	switch {
	case same == len(ts):
		return true, true
	case typed == 0:
		return m.sound && (len(ts) >= 3 && same >= 1 || len(ts) == 2 && same == 1), false
	case typed == len(ts):
		return len(ts) >= 2, false
	default:
		return same >= 1, false
	}
}
