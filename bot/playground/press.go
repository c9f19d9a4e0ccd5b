package playground

import (
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"
)

const maxQueries = 10_000 // unanswered ones that are remembered

// A callbackQuery is a press that the bot may answer once, while it is fresh.
type callbackQuery struct {
	chat int64
	from int64
	at   time.Time
}

type callbackWire struct {
	ID       string `json:"id"`
	From     *user  `json:"from"`
	Message  any    `json:"message"` // a message or an inaccessible one
	Instance string `json:"chat_instance"`
	Data     string `json:"data"`
}

// simPress answers POST /sim/chats/{id}/press. Data that no button of the
// message has goes to the bot as well: clients can be made to send it.
func (s *Server) simPress(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Message int64   `json:"message_id"`
		Data    *string `json:"data"`
		Button  string  `json:"button"`
		From    int64   `json:"from"`
	}
	if !read(w, r, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, from, ok := s.person(w, r, in.From)
	if !ok {
		return
	}
	var about any
	p := c.find(in.Message)
	if p != nil {
		m := p.message
		about = &m
	} else if in.Message > 0 && in.Message <= c.lastID && in.Data != nil {
		about = inaccessible{Chat: c.info, ID: in.Message} // a button that a client still shows
	} else {
		refuse(w, http.StatusNotFound, "there is no such message")
		return
	}
	data := ""
	switch {
	case in.Data != nil:
		data = *in.Data
	case p.ReplyMarkup == nil:
		refuse(w, http.StatusConflict, "the message has no buttons")
		return
	default:
		b := findButton(p.ReplyMarkup, in.Button)
		if b == nil || b.Data == "" {
			refuse(w, http.StatusConflict, "the message has no such button that tells the bot")
			return
		}
		data = b.Data
	}
	if s.full() {
		refuse(w, http.StatusServiceUnavailable, "too many updates are waiting for the bot")
		return
	}
	id := fmt.Sprintf("%d", 430000000000000000+s.next())
	s.forgetQueries()
	s.queries[id] = &callbackQuery{chat: c.info.ID, from: from.ID, at: s.now()}
	s.push(heldUpdate{"callback_query", callbackWire{ID: id, From: from, Message: about, Instance: fmt.Sprint(7000000000 + c.info.ID), Data: data}, update{
		lane: lane{"user", from.ID}, expires: s.now().Add(keepCallbacks),
	}})
	answer(w, map[string]any{"callback_query_id": id})
}

func findButton(k *inlineKeyboard, label string) *inlineButton {
	for _, row := range k.Rows {
		for i := range row {
			if row[i].Text == label {
				return &row[i]
			}
		}
	}
	return nil
}

// forgetQueries drops presses that are too old to be answered, and all when
// there are too many.
func (s *Server) forgetQueries() {
	if len(s.queries) < maxQueries {
		return
	}
	for id, q := range s.queries {
		if s.now().Sub(q.at) > keepCallbacks {
			delete(s.queries, id)
		}
	}
	if len(s.queries) >= maxQueries {
		clear(s.queries)
	}
}

// answerCallbackQuery ends the waiting state of a button. A press is answered
// once; after that, and after 150 seconds, it is too old.
func (s *Server) answerCallbackQuery(c *call) (any, error) {
	if utf8.RuneCountInString(c.str("text")) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := c.str("callback_query_id")
	q := s.queries[id]
	if q == nil || s.now().Sub(q.at) > keepCallbacks {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	delete(s.queries, id)
	s.emit(struct {
		eventHead
		Query string `json:"callback_query_id"`
		From  int64  `json:"from"`
		Text  string `json:"text"`
		Alert bool   `json:"show_alert"`
		URL   string `json:"url,omitempty"`
	}{eventHead{q.chat, "callback-answer"}, id, q.from, c.str("text"), c.flag("show_alert"), c.str("url")})
	return true, nil
}
