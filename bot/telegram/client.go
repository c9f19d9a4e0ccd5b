package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	maxRequest  = 60 << 20 // sendDocument takes 50 MB
	maxResponse = 32 << 20 // 100 updates of a few kilobytes are far below

	// uploadPace is the slowest upload that is waited for, in bytes a second.
	uploadPace = 32 << 10
)

// A callError is a call that got no usable answer. Every error of [client.Do]
// is one. Its text never holds the token or an address.
type callError struct {
	method string
	status int           // of the HTTP response, 0 for none
	after  time.Duration // how long the server asked to wait
	sent   bool          // it would have made a message, and may have
	err    error         // the cause when there was no response
}

func (e *callError) Error() string {
	if e.status != 0 {
		return fmt.Sprintf("call %s: status %d", e.method, e.status)
	}
	return fmt.Sprintf("call %s: %v", e.method, e.err)
}

func (e *callError) Unwrap() error { return e.err }

// A client makes the HTTP requests of this package and of the Telegram library.
// It keeps the token out of errors, spaces messages out, repeats what failed for
// a passing reason, and limits how long a call takes.
//
// A message may or may not have been sent when the connection broke after the
// request was out, or when a gateway says that it lost the answer. It is sent
// again, once for each call: a person who reads an answer twice is better served
// than one who gets none. The error says so, since nobody is served by a third
// and a fourth. Nothing else that a call changes is worse for being repeated.
type client struct {
	http  *http.Client
	token string
	pace  *pacer // nil for none
	tally *tally
}

// newClient makes a client over rt, which may be nil for the usual transport
// with the proxy of the environment.
func newClient(rt http.RoundTripper, token string, pace *pacer) *client {
	if rt == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		rt = t
	}
	return &client{
		http: &http.Client{
			Transport: rt,
			// The path of every request holds the token: it goes nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		token: token,
		pace:  pace,
		tally: newTally(),
	}
}

// A policy says how a method is called.
type policy struct {
	timeout time.Duration // of one try, to which upload time is added
	tries   int
	budget  time.Duration // after which no further try begins
	message bool          // makes a message: paced, and repeated once when unsure
	edit    bool          // changes a message
}

func policyOf(method string) policy {
	p := policy{timeout: 30 * time.Second, tries: 6, budget: 2 * time.Minute}
	switch method {
	case "getUpdates":
		// The receiver has its own rhythm.
		p = policy{timeout: pollTimeout + 15*time.Second, tries: 1}
	case "sendChatAction":
		p = policy{timeout: 10 * time.Second, tries: 1}
	case "sendMessage", "sendDocument":
		p.message = true
	case "editMessageText":
		p.edit = true
	}
	return p
}

type callKey struct{}

// A callOption travels in the context of a call to the library.
type callOption struct {
	chat   int64
	casual bool // not worth waiting for or repeating
	unsure bool // an earlier call may have sent the message
	// consent, unless nil, is set when the server has done what it was asked:
	// the library fails on a result that it cannot read, too.
	consent *bool
}

func withCall(ctx context.Context, o callOption) context.Context {
	return context.WithValue(ctx, callKey{}, o)
}

// Do makes the request, again if need be. It is the library's HTTP client.
func (c *client) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	method := path.Base(req.URL.Path)
	opt, _ := ctx.Value(callKey{}).(callOption)
	p := policyOf(method)
	if opt.casual {
		p.tries = 1
	}
	body, err := readRequest(req)
	if err != nil {
		return nil, &callError{method: method, err: c.redact(err)}
	}
	p.timeout += time.Duration(len(body)/uploadPace) * time.Second
	begun := time.Now()
	unsure := false // a try of this call may have sent the message
	backoff := 500 * time.Millisecond
	for try := 1; ; try++ {
		if c.pace != nil && (p.message || p.edit) && opt.chat != 0 {
			if err := c.pace.wait(ctx, opt.chat, p.edit, opt.casual); err != nil {
				return nil, &callError{method: method, sent: unsure, err: err}
			}
		}
		resp, fail := c.once(req, method, body, p.timeout)
		c.tally.called(method, resp, fail)
		if fail == nil {
			if opt.consent != nil {
				*opt.consent = resp.consent
			}
			return resp.Response, nil
		}
		if p.message && fail.sent {
			p.tries = min(p.tries, try+1)
			if opt.unsure {
				p.tries = try
			}
			unsure = true
		}
		fail.sent = unsure
		if ctx.Err() != nil || try >= p.tries || fail.status == http.StatusRequestEntityTooLarge {
			return nil, fail
		}
		wait := backoff/2 + rand.N(backoff)
		backoff = min(backoff*2, 15*time.Second)
		if fail.status == http.StatusTooManyRequests {
			wait = fail.after
			if c.pace != nil {
				c.pace.hold(opt.chat, wait)
			}
		}
		if time.Since(begun)+wait > p.budget {
			return nil, fail
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, fail
		}
	}
}

// An answer is a response of the server and whether it is consent.
type answer struct {
	*http.Response
	consent bool
}

// once makes one try. Its error is sent when the request was out and the server
// did not say what became of it.
func (c *client) once(req *http.Request, method string, body []byte, timeout time.Duration) (answer, *callError) {
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()
	written := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(i httptrace.WroteRequestInfo) { written = i.Err == nil },
	})
	r := req.Clone(ctx)
	setBody(r, body)
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, &callError{method: method, sent: written, err: c.redact(err)}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return answer{}, &callError{method: method, sent: true, err: c.redact(err)}
	}
	var said struct {
		OK *bool `json:"ok"`
	}
	err = json.Unmarshal(data, &said)
	// A proxy's page of HTML is no answer, nor is the server's own 5xx.
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || err != nil || said.OK == nil {
		return answer{}, &callError{
			method: method,
			status: resp.StatusCode,
			after:  retryAfter(resp.Header, data),
			// A gateway speaks for itself: the server behind it may have been done.
			sent: resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusGatewayTimeout,
		}
	}
	if resp.StatusCode >= http.StatusBadRequest {
		data = withoutQuotes(data)
		resp.ContentLength = int64(len(data))
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return answer{Response: resp, consent: *said.OK}, nil
}

// quote is what the server may have taken from a message or a name. Its own
// words are English and hold no long numbers.
var quote = regexp.MustCompile(`"[^"]*"?|[^ -~]+|[0-9]{5,}`)

// withoutQuotes takes what may be personal out of the description of a refusal,
// which becomes the text of an error. Its parameters stay.
func withoutQuotes(answer []byte) []byte {
	var v map[string]json.RawMessage
	var text string
	if json.Unmarshal(answer, &v) != nil || json.Unmarshal(v["description"], &text) != nil {
		return answer // no refusal: it has no description to quote
	}
	clean, err := json.Marshal(quote.ReplaceAllString(text, "…"))
	if err != nil {
		return answer // unreachable: strings can be encoded
	}
	v["description"] = clean
	if whole, err := json.Marshal(v); err == nil {
		answer = whole
	}
	return answer
}

// readRequest takes the body that the library writes into a pipe, so that the
// request can be made again.
func readRequest(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	body, err := io.ReadAll(io.LimitReader(req.Body, maxRequest+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxRequest {
		return nil, errors.New("request is too large")
	}
	return body, nil
}

func setBody(r *http.Request, body []byte) {
	r.ContentLength = int64(len(body))
	if len(body) == 0 {
		r.Body = http.NoBody
		r.Header.Del("Content-Type")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// retryAfter returns how long the server asks to wait, at least a second.
func retryAfter(h http.Header, answer []byte) time.Duration {
	var v struct {
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	_ = json.Unmarshal(answer, &v) // an answer without it is as good as none
	seconds := v.Parameters.RetryAfter
	if seconds == 0 {
		seconds, _ = strconv.Atoi(h.Get("Retry-After"))
	}
	return time.Duration(max(seconds, 1)) * time.Second
}

// redact takes the address, which holds the token, out of err.
func (c *client) redact(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if text := err.Error(); strings.Contains(text, c.token) {
		return errors.New(strings.ReplaceAll(text, c.token, "***"))
	}
	return err
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
