package playground

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Of deliveries, as on the real server: the next update of a chat waits until
// the one before it was answered with 2xx, other chats do not wait for it.
const (
	hookTimeout  = 60 * time.Second
	hookFirstTry = time.Second // between tries; doubles
	hookMaxWait  = time.Minute
	hookMaxAfter = time.Hour // of a Retry-After
	hookConns    = 40
	maxHookReply = 1 << 20
)

// A webhook delivers updates until stop is called.
type webhook struct {
	url     string
	secret  string
	custom  bool // came with a certificate
	max     int  // deliveries at once
	client  *http.Client
	stop    context.CancelFunc
	running int
	errAt   int64
	err     string
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (s *Server) setWebhook(c *call) (any, error) {
	addr := strings.TrimSpace(c.str("url"))
	if addr == "" {
		return s.deleteWebhook(c)
	}
	u, err := url.Parse(addr)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, badRequest("bad webhook: invalid URL specified")
	case !loopbackName(u.Host):
		return nil, badRequest("bad webhook: the playground delivers to loopback addresses only")
	case c.has("secret_token") && !secretForm.MatchString(c.str("secret_token")):
		return nil, badRequest("secret token contains unallowed characters")
	}
	h := &webhook{
		url: addr, secret: c.str("secret_token"), max: int(min(max(c.num("max_connections", hookConns), 1), 100)),
		client: &http.Client{
			Timeout:       hookTimeout,
			Transport:     &http.Transport{MaxIdleConnsPerHost: 100},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if cert, ok := c.files["certificate"]; ok {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(cert.data) {
			return nil, badRequest("bad webhook: can't read the certificate")
		}
		h.custom = true
		h.client.Transport = &http.Transport{MaxIdleConnsPerHost: 100, TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	var allowed []string
	if err := c.decode("allowed_updates", &allowed, "allowed updates"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &apiError{code: http.StatusServiceUnavailable, desc: "Service Unavailable"}
	}
	q := &s.updates
	if c.has("allowed_updates") {
		q.allowed = allowed
	}
	if c.flag("drop_pending_updates") {
		q.pending = nil
	}
	if q.poll != nil {
		q.poll.why = "terminated by setWebhook request"
		close(q.poll.ended)
		q.poll = nil
	}
	if q.hook != nil {
		q.hook.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	q.hook = h
	s.wg.Go(func() {
		defer cancel()
		defer h.client.CloseIdleConnections()
		s.runHook(ctx, cancel, h)
	})
	return true, nil
}

func (s *Server) deleteWebhook(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.updates
	if q.hook != nil {
		q.hook.stop()
		q.hook = nil
	}
	if c.flag("drop_pending_updates") {
		q.pending = nil
	}
	return true, nil
}

func (s *Server) getWebhookInfo(*call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	q := &s.updates
	info := struct {
		URL     string   `json:"url"`
		Custom  bool     `json:"has_custom_certificate"`
		Pending int      `json:"pending_update_count"`
		ErrAt   int64    `json:"last_error_date,omitempty"`
		Err     string   `json:"last_error_message,omitempty"`
		Max     int      `json:"max_connections,omitempty"`
		Allowed []string `json:"allowed_updates,omitempty"`
	}{Pending: len(q.pending), Allowed: q.allowed}
	if h := q.hook; h != nil {
		info.URL, info.Custom, info.ErrAt, info.Err, info.Max = h.url, h.custom, h.errAt, h.err, h.max
	}
	return info, nil
}

// runHook starts deliveries until ctx is done or the server closes, and returns
// when they have ended.
func (s *Server) runHook(ctx context.Context, cancel context.CancelFunc, h *webhook) {
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	for {
		s.mu.Lock()
		due, wait := s.due(h)
		wake := s.updates.wake
		s.mu.Unlock()
		for _, u := range due {
			deliveries.Go(func() { s.deliver(ctx, h, u) })
		}
		t := time.NewTimer(wait)
		select {
		case <-wake:
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		case <-s.quit:
			t.Stop()
			cancel() // ends the deliveries too
			return
		}
		t.Stop()
	}
}

// due takes the updates that can be delivered now: the first of each lane, as
// many as connections are free. It says how long to wait when nothing changes.
func (s *Server) due(h *webhook) ([]*update, time.Duration) {
	s.expire()
	var out []*update
	wait := time.Minute
	seen := map[lane]bool{}
	for _, u := range s.updates.pending {
		if seen[u.lane] {
			continue
		}
		seen[u.lane] = true
		if u.busy || h.running >= h.max {
			continue
		}
		if d := time.Until(u.after); d > 0 {
			wait = min(wait, d)
			continue
		}
		u.busy = true
		h.running++
		out = append(out, u)
	}
	return out, wait
}

// deliver posts one update and carries out the call that the answer may hold.
func (s *Server) deliver(ctx context.Context, h *webhook, u *update) {
	answer, after, problem := postUpdate(ctx, h, u.body)
	s.mu.Lock()
	h.running--
	u.busy = false
	u.tries++
	q := &s.updates
	switch {
	case problem == "" && u.again:
		u.again = false
	case problem == "":
		q.pending = slices.DeleteFunc(q.pending, func(p *update) bool { return p == u })
	case ctx.Err() == nil:
		h.err, h.errAt = problem, s.now().Unix()
		backoff := min(hookFirstTry<<min(u.tries-1, 10), hookMaxWait)
		u.after = time.Now().Add(max(after, backoff))
	}
	if problem == "" {
		first := *u
		first.tries = 1
		s.emitRead(&first)
	}
	q.signal()
	s.mu.Unlock()
	if problem == "" && answer != nil {
		s.dispatch(ctx, answer.text["method"], answer) // its result goes nowhere, as on the real server
	}
}

// postUpdate posts one update. problem is empty when it was taken; answer is the
// call in the response, nil when there is none.
func postUpdate(ctx context.Context, h *webhook, body []byte) (answer *params, after time.Duration, problem string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return nil, 0, "Bad webhook URL"
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, 0, "Connection failed"
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxHookReply))
	if err != nil {
		return nil, 0, "Read timeout expired"
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
			after = min(time.Duration(n)*time.Second, hookMaxAfter)
		}
		return nil, after, "Wrong response from the webhook: " + resp.Status
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, 0, ""
	}
	r := &http.Request{Method: http.MethodPost, URL: &url.URL{}, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(data))}
	p, err := parseParams(r)
	if err != nil || p.text["method"] == "" {
		return nil, 0, ""
	}
	return p, 0, ""
}
