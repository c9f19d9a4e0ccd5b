package playground

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"
)

// An inlineQuery is what a person types after the bot's name.
type inlineQuery struct {
	from    int64
	query   string
	at      time.Time
	results []inlineResult // nil until the bot has answered
	button  json.RawMessage
}

type inlineResult struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Content     *struct {
		Text      string          `json:"message_text"`
		ParseMode string          `json:"parse_mode"`
		Entities  json.RawMessage `json:"entities"`
	} `json:"input_message_content,omitempty"`
	Markup json.RawMessage `json:"reply_markup,omitempty"`
}

const maxInline = 1000 // queries that are remembered

// ask makes an inline query of a person. The caller holds s.mu.
func (s *Server) ask(c *chat, u *user, query, offset string) string {
	if len(s.inline) >= maxInline {
		clear(s.inline)
	}
	id := fmt.Sprintf("%d", 810000000000000000+s.next())
	s.inline[id] = &inlineQuery{from: u.ID, query: query, at: s.now()}
	typ := c.info.Type
	if c.private() {
		typ = "sender"
	}
	s.push(heldUpdate{"inline_query", struct {
		ID     string `json:"id"`
		From   *user  `json:"from"`
		Query  string `json:"query"`
		Offset string `json:"offset"`
		Type   string `json:"chat_type"`
	}{id, u, query, offset, typ}, update{lane: lane{"user", u.ID}, expires: s.now().Add(keepCallbacks)}})
	return id
}

func (s *Server) answerInlineQuery(c *call) (any, error) {
	var results []inlineResult
	if err := c.decode("results", &results, "inline query results"); err != nil {
		return nil, err
	}
	if len(results) > 50 {
		return nil, badRequest("RESULTS_TOO_MUCH")
	}
	seen := map[string]bool{}
	for _, r := range results {
		if len(r.ID) < 1 || len(r.ID) > 64 {
			return nil, badRequest("RESULT_ID_INVALID")
		}
		if seen[r.ID] {
			return nil, badRequest("RESULT_ID_DUPLICATE")
		}
		seen[r.ID] = true
		if r.Content != nil {
			text, _, err := s.format(r.Content.Text, r.Content.ParseMode, r.Content.Entities)
			if err != nil {
				return nil, err
			}
			if utf8.RuneCountInString(text) > maxText {
				return nil, badRequest("message is too long")
			}
		}
		if len(r.Markup) > 0 {
			if _, err := s.parseMarkup(r.Markup); err != nil {
				return nil, err
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.inline[c.str("inline_query_id")]
	if q == nil || q.results != nil || s.now().Sub(q.at) > keepCallbacks {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	q.results = append([]inlineResult{}, results...)
	q.button = c.raw("button")
	s.emit(struct {
		eventHead
		Query   string         `json:"inline_query_id"`
		From    int64          `json:"from"`
		Results []inlineResult `json:"results"`
	}{eventHead{0, "inline-answer"}, c.str("inline_query_id"), q.from, q.results})
	return true, nil
}

// simInline answers GET /sim/inline/{id}: {"answered":bool,"results":[…]}.
func (s *Server) simInline(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.inline[r.PathValue("id")]
	if q == nil {
		refuse(w, http.StatusNotFound, "there is no such inline query")
		return
	}
	results := q.results
	if results == nil {
		results = []inlineResult{}
	}
	answer(w, map[string]any{"answered": q.results != nil, "results": results})
}

// choose sends the result of an inline query that a person tapped, as that
// person's message. Only results with a text can be sent here.
func (s *Server) choose(c *chat, u *user, query, result string) (*post, error) {
	q := s.inline[query]
	if q == nil || q.from != u.ID {
		return nil, badRequest("there is no such inline query")
	}
	for _, r := range q.results {
		if r.ID != result || r.Content == nil {
			continue
		}
		text, ents, err := s.format(r.Content.Text, r.Content.ParseMode, r.Content.Entities)
		if err != nil {
			return nil, err
		}
		m := message{From: u, ViaBot: s.me, Text: text, Entities: ents}
		if len(r.Markup) > 0 {
			k, err := s.parseMarkup(r.Markup)
			if err != nil {
				return nil, err
			}
			m.ReplyMarkup = k.inline
		}
		p := &post{message: m}
		s.say(c, p)
		s.push(heldUpdate{"chosen_inline_result", struct {
			ID    string `json:"result_id"`
			From  *user  `json:"from"`
			Query string `json:"query"`
		}{result, u, q.query}, update{lane: lane{"user", u.ID}, expires: s.now().Add(keepUpdates)}})
		s.pushPosts("message", c, p)
		return p, nil
	}
	return nil, badRequest("there is no such result with a text")
}
