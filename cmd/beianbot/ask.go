package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"beianbot/bot"
	"beianbot/content"
	"beianbot/kb"
)

// An asked is one line of "ask -json".
type asked struct {
	Answered bool     `json:"answered"`
	Entry    string   `json:"entry"`
	Score    float64  `json:"score"`
	Text     string   `json:"text"`
	Related  []string `json:"related"`
	Source   string   `json:"source"`
	AsOf     string   `json:"as_of"`
}

// ask answers the questions of the arguments or of standard input.
func ask(ctx context.Context, args []string, e env) (err error) {
	fs := flag.NewFlagSet("ask", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "")
	lang := fs.String("lang", "zh", "")
	if err := parse(fs, args, e); err != nil {
		return err
	}
	switch *lang {
	case "zh", "en", "auto":
	default:
		return wrongUse(e, "ask", "flag -lang: %q is not zh, en or auto", *lang)
	}
	words, err := bot.LoadWords(content.FS)
	if err != nil {
		return err
	}
	base, err := kb.Open(ctx, quietLog(e), content.FS, kb.NewMemStore())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close()) }()

	out := bufio.NewWriter(e.stdout)
	answer := func(question string) error {
		a := reply(base, words, *lang, question)
		if *asJSON {
			if err := writeJSON(out, a); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(out, "%s\n\n", a.Text)
		}
		return out.Flush() // a line of input is answered before the next is read
	}
	if fs.NArg() > 0 {
		for _, q := range fs.Args() {
			if err := answer(q); err != nil {
				return err
			}
		}
		return nil
	}
	in := readLines(ctx, e.stdin)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l := <-in:
			if l.text != "" {
				if err := answer(strings.TrimRight(l.text, "\r\n")); err != nil {
					return err
				}
			}
			switch {
			case errors.Is(l.err, io.EOF):
				return nil
			case l.err != nil:
				return fmt.Errorf("read standard input: %w", l.err)
			}
		}
	}
}

// A line is a line of input with its end, and the error behind it.
type line struct {
	text string
	err  error
}

// readLines reads r until an error or the end of ctx. Nobody waits for its
// goroutine: nothing ends a read from a terminal but the next line or the end of
// the program, which follows.
func readLines(ctx context.Context, r io.Reader) <-chan line {
	lines := make(chan line)
	go func() {
		in := bufio.NewReader(r)
		for {
			text, err := in.ReadString('\n')
			select {
			case lines <- line{text: text, err: err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}

// reply answers one line: a question, a conversation, or a command of the chat.
func reply(base *kb.Base, words *bot.Words, lang, line string) asked {
	turns := []string{line}
	if strings.HasPrefix(strings.TrimSpace(line), "[") {
		var list []string
		if json.Unmarshal([]byte(line), &list) == nil && len(list) > 0 {
			turns = list
		}
	}
	var c kb.Context
	var a kb.Answer
	var l kb.Lang
	for _, turn := range turns {
		l = languageOf(lang, turn)
		if strings.HasPrefix(strings.TrimSpace(turn), "/") {
			a = kb.Answer{Band: kb.Social, Lines: []kb.Line{{Text: words.Help(l)}}, Context: c}
			continue
		}
		a = base.Ask(kb.Question{Text: turn, Lang: l, Context: c, Now: time.Now()})
		c = a.Context
	}
	return worded(a)
}

// worded is an answer as it is printed: with what the chat has as buttons.
func worded(a kb.Answer) asked {
	out := asked{
		Answered: a.Answered(),
		Entry:    a.Entry,
		Score:    math.Round(a.Score*1000) / 1000,
		Text:     a.Text(),
		Related:  []string{},
		Source:   a.Source,
		AsOf:     a.AsOf,
	}
	for i, link := range a.Choices {
		out.Text += fmt.Sprintf("\n%d. %s", i+1, link.Label)
	}
	for _, link := range append(a.Choices, a.Related...) {
		if link.Entry != "" {
			out.Related = append(out.Related, link.Entry)
		}
	}
	return out
}

// languageOf returns the language that the flag asks for.
func languageOf(flag, text string) kb.Lang {
	if flag != "auto" {
		return kb.Lang(flag)
	}
	if l, ok := bot.LangOf(text); ok {
		return l
	}
	return kb.Chinese
}

// writeJSON writes v as one line, with "<" and the like as they are.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
