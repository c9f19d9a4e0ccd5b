package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"beianbot/kb"
)

// ask answers a question.
func (t *turn) ask(text string) []Reply {
	before := t.context()
	a := t.answer(text)
	t.s.Context = a.Context
	if replies, ok := t.unanswered(text, before, a); ok {
		return replies
	}
	return []Reply{t.card(a)}
}

// overhear answers what is said in the staff chat, where colleagues talk to each
// other, if it is a question that is covered.
func (t *turn) overhear(text string) []Reply {
	a := t.answer(text)
	if a.Band != kb.Sure {
		return t.deskAstray(text)
	}
	t.s.Context = a.Context
	return []Reply{t.card(a)}
}

func (t *turn) answer(text string) kb.Answer {
	return t.kb.Ask(kb.Question{Text: text, Lang: t.lang, Context: t.context(), Now: t.now})
}

// card lays out an answer: the conclusion in bold, the points, the source, and
// buttons to narrow it, to copy from it, to go on, and to say whether it helped.
func (t *turn) card(a kb.Answer) Reply {
	r := Reply{Text: a.Text()}
	if len(a.Lines) == 0 {
		key := "not-covered"
		if a.Band == kb.Unsure {
			key = "unsure"
		}
		r.Text = strings.TrimSuffix(t.words.say(t.lang, key, nil)+"\n"+a.Footer, "\n")
	}
	if a.Band == kb.Sure {
		r.Spans = boldFirstLine(r.Text)
	}
	r.Buttons = t.cardButtons(a)
	return r
}

// maxRows is how many rows of buttons a card has at most.
const maxRows = 4

func (t *turn) cardButtons(a kb.Answer) [][]Button {
	if a.Band == kb.Social {
		return nil
	}
	var rows [][]Button
	if a.Copy != "" && utf8.RuneCountInString(a.Copy) <= maxCopy {
		rows = append(rows, []Button{{Label: t.words.label(t.lang, actCopy), Copy: a.Copy}})
	}
	rows = append(rows, pack(t.links(a.Choices, ""))...)
	rows = append(rows, pack(t.links(a.Narrow, a.Entry))...)
	rows = append(rows, pack(t.links(a.Related, ""))...)
	rows = rows[:min(len(rows), maxRows-1)]
	if t.inStaffChat() {
		return rows
	}
	last := []Button{t.button(actUnresolved, "")}
	if b, ok := t.usefulButton(a); ok {
		last = []Button{b, last[0]}
	}
	return append(rows, last)
}

// narrow answers a question that narrows the answer of an entry, such as
// "我是单位", whatever was asked since that answer.
func (t *turn) narrow(arg string) []Reply {
	id, question, _ := strings.Cut(arg, ":")
	if _, ok := t.kb.Entry(id); !ok || question == "" {
		return t.stale()
	}
	if t.s.Context.Entry != id {
		t.s.Context = kb.Context{Entry: id}
	}
	t.s.Context.At = t.now
	return t.ask(question)
}

// context is what the turns before left. The words of the last question are not
// stored durably; after a restart the title of its entry stands for them.
func (t *turn) context() kb.Context {
	c := t.s.Context
	if c.Entry != "" && c.Question == "" {
		if e, ok := t.kb.Entry(c.Entry); ok {
			c.Question = e.Title[kb.Chinese]
		}
	}
	return c
}

// links makes buttons of links. Questions are asked about the entry topic, when
// there is one. A question that does not fit into a button is kept in the
// session and named by a key.
func (t *turn) links(links []kb.Link, topic string) []Button {
	var bs []Button
	for _, l := range links {
		data, ok := actEntry.data(l.Entry)
		if l.Ask != "" {
			if topic != "" {
				data, ok = actNarrow.data(topic + ":" + l.Ask)
			} else {
				data, ok = actQuestion.data(l.Ask)
			}
			if !ok {
				data, ok = actLong.data(longKey(l.Ask))
				t.s.Long = slices.DeleteFunc(t.s.Long, func(q string) bool { return q == l.Ask })
				t.s.Long = keepLast(append(t.s.Long, l.Ask), maxLong)
			}
		}
		if ok && l.Label != "" && (l.Entry != "" || l.Ask != "") {
			bs = append(bs, Button{Label: clip(l.Label, maxLabel), Data: data})
		}
	}
	return bs
}

// pack puts short buttons two in a row and long ones in a row of their own.
func pack(bs []Button) [][]Button {
	const short = 8
	var rows [][]Button
	for _, b := range bs {
		if n := len(rows); n > 0 && len(rows[n-1]) == 1 &&
			width(b.Label) <= short && width(rows[n-1][0].Label) <= short {
			rows[n-1] = append(rows[n-1], b)
			continue
		}
		rows = append(rows, []Button{b})
	}
	return rows
}

// width is the length of s in Chinese characters; two Latin letters are as wide
// as one.
func width(s string) int {
	n := 0
	for _, r := range s {
		if r < 0x1100 {
			n++
		} else {
			n += 2
		}
	}
	return (n + 1) / 2
}

// language decides in which language the event is answered: the one chosen, the
// one of the question, that of the question before, that of the client.
func (t *turn) language() kb.Lang {
	if t.s.Lang != "" {
		return t.s.Lang
	}
	if text, ok := written(t.event.Body); ok {
		if l, ok := LangOf(text); ok {
			if !t.again {
				t.s.Spoken = l
			}
			return l
		}
	}
	if t.s.Spoken != "" {
		return t.s.Spoken
	}
	return clientLang(t.event.Lang)
}

// written returns the text of a message, as it is now.
func written(b Body) (text string, ok bool) {
	switch b := b.(type) {
	case Text:
		return b.Text, true
	case Amended:
		return b.Text, true
	}
	return "", false
}

// clientLang maps the language of a person's client to one of ours: those who
// use neither Chinese nor an unknown language are taken to read English.
func clientLang(tag string) kb.Lang {
	if tag == "" || strings.HasPrefix(strings.ToLower(tag), "zh") {
		return kb.Chinese
	}
	return kb.English
}

// LangOf returns the language of a text. ok is false when it cannot be told:
// figures, a file name, or Latin letters that may be typed pinyin.
func LangOf(text string) (l kb.Lang, ok bool) {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return kb.Chinese, true
		}
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
	for _, w := range words {
		if english[w] {
			return kb.English, true
		}
	}
	return "", false
}

// english are common words that are no pinyin syllable and no abbreviation of
// the trade. Not among them: can, he, me, men, she, bi, die, long, song, you.
var english = map[string]bool{
	"the": true, "what": true, "how": true, "which": true, "where": true, "when": true, "who": true, "why": true,
	"is": true, "are": true, "am": true, "was": true, "does": true, "did": true, "has": true, "have": true,
	"my": true, "your": true, "it": true, "this": true, "that": true, "these": true, "those": true, "there": true,
	"i": true, "i'm": true, "we": true, "they": true, "of": true, "for": true, "with": true, "from": true,
	"in": true, "on": true, "at": true, "to": true, "by": true, "and": true, "or": true, "not": true,
	"should": true, "must": true, "need": true, "needs": true, "want": true, "could": true, "would": true,
	"please": true, "help": true, "hello": true, "thanks": true, "thank": true, "much": true, "many": true,
	"upload": true, "uploading": true, "picture": true, "pictures": true, "photo": true, "photos": true, "image": true,
	"file": true, "files": true, "format": true, "size": true, "form": true, "sign": true, "stamp": true, "seal": true,
	"passport": true, "license": true, "licence": true, "certificate": true, "domain": true, "domains": true,
	"website": true, "company": true, "individual": true, "organization": true, "province": true, "filing": true,
	"verification": true, "fingerprint": true, "signature": true, "foreigner": true, "face": true,
	"black": true, "print": true, "download": true, "browser": true, "failed": true, "fails": true, "error": true,
}
