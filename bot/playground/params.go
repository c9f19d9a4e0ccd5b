package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxBody   = 128 << 20 // of one request: ten album parts, or one document of 50 MB
	maxParams = 1000
)

// An upload is one file part of a multipart request.
type upload struct {
	name string // as sent, UTF-8, possibly empty
	mime string // as declared, possibly empty
	data []byte
}

// params is what a request carries.
type params struct {
	text  map[string]string // every value as text; JSON values that are no strings in their JSON form
	typed map[string]bool   // the names whose value came as JSON of another type than string
	files map[string]upload
	order []string // names of file parts in the order they came
}

var (
	errTooLarge = errors.New("request entity too large")
	errBadBody  = errors.New("can't parse the request")
)

// parseParams reads the query and the body of a request, whichever way they are
// encoded. It is as lenient as the real server: raw UTF-8 in file names, empty
// multipart bodies, and a body whose type nobody declared are fine.
func parseParams(r *http.Request) (*params, error) {
	p := &params{text: map[string]string{}, typed: map[string]bool{}, files: map[string]upload{}}
	if err := p.query(r.URL.RawQuery); err != nil {
		return nil, err
	}
	if r.Body == nil || r.Method != http.MethodPost {
		return p, nil
	}
	body := &countingReader{r: io.LimitReader(r.Body, maxBody+1)}
	typ, attrs := contentType(r.Header.Get("Content-Type"))
	var err error
	switch typ {
	case "multipart/form-data":
		err = p.multipart(body, attrs["boundary"])
	case "application/json":
		var data []byte
		if data, err = io.ReadAll(body); err == nil && len(bytes.TrimSpace(data)) > 0 {
			err = p.json(data)
		}
	default:
		var data []byte
		if data, err = io.ReadAll(body); err == nil && body.n <= maxBody {
			err = p.query(string(data))
		}
	}
	if body.n > maxBody {
		return nil, errTooLarge
	}
	return p, err
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// contentType splits a Content-Type without minding what mime.ParseMediaType
// minds: only the boundary matters.
func contentType(h string) (string, map[string]string) {
	typ, attrs, err := mime.ParseMediaType(h)
	if err == nil {
		return typ, attrs
	}
	typ, rest, _ := strings.Cut(h, ";")
	return strings.ToLower(strings.TrimSpace(typ)), attributes(rest)
}

// attributes reads `; name="value"; name2=value2`. Quoted values may hold any
// byte; a backslash escapes a quote and a backslash.
func attributes(s string) map[string]string {
	m := map[string]string{}
	for len(m) < 16 {
		s = strings.TrimLeft(s, "; \t\r\n")
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return m
		}
		name = strings.ToLower(strings.TrimSpace(name))
		rest = strings.TrimLeft(rest, " \t")
		if !strings.HasPrefix(rest, `"`) {
			value, after, _ := strings.Cut(rest, ";")
			m[name], s = strings.TrimSpace(value), after
			continue
		}
		var v strings.Builder
		i := 1
		for ; i < len(rest) && rest[i] != '"'; i++ {
			if rest[i] == '\\' && i+1 < len(rest) && (rest[i+1] == '"' || rest[i+1] == '\\') {
				i++
			}
			v.WriteByte(rest[i])
		}
		m[name], s = v.String(), rest[min(i+1, len(rest)):]
	}
	return m
}

func (p *params) set(name, value string) error {
	if _, ok := p.text[name]; !ok && len(p.text) >= maxParams {
		return errBadBody
	}
	p.text[name] = value
	return nil
}

func (p *params) query(q string) error {
	for part := range strings.SplitSeq(q, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		name, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			return errBadBody
		}
		if err := p.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (p *params) json(data []byte) error {
	var m map[string]json.RawMessage
	if json.Unmarshal(data, &m) != nil || m == nil {
		return errBadBody
	}
	for name, raw := range m {
		var s string
		if raw[0] == '"' {
			if json.Unmarshal(raw, &s) != nil {
				return errBadBody
			}
		} else {
			s = string(raw)
			p.typed[name] = true
		}
		if err := p.set(name, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *params) multipart(body io.Reader, boundary string) error {
	if boundary == "" {
		return errBadBody
	}
	mr := multipart.NewReader(body, boundary)
	for {
		part, err := mr.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			// A form without fields is only its closing line, or nothing.
			if len(p.text)+len(p.files) == 0 && strings.Contains(err.Error(), "EOF") {
				return nil
			}
			return errBadBody
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return errBadBody
		}
		_, rest, _ := strings.Cut(part.Header.Get("Content-Disposition"), ";")
		a := attributes(rest)
		name := a["name"]
		filename, isFile := a["filename"]
		if ext, ok := a["filename*"]; ok {
			if _, v, ok := strings.Cut(ext, "''"); ok {
				if u, err := url.PathUnescape(v); err == nil {
					filename, isFile = u, true
				}
			}
		}
		if name == "" {
			continue
		}
		if !isFile {
			if err := p.set(name, string(data)); err != nil {
				return err
			}
			continue
		}
		if len(p.files) >= maxParams {
			return errBadBody
		}
		key := name
		if _, twice := p.files[key]; twice {
			key = fmt.Sprintf("%s\x00%d", name, len(p.order)) // several parts "file" from the page
		}
		p.files[key] = upload{name: filename, mime: part.Header.Get("Content-Type"), data: data}
		p.order = append(p.order, key)
	}
}

// A call is one request of the bot.
type call struct {
	ctx    context.Context
	method string // as the schema spells it
	*params
}

func (c *call) has(name string) bool {
	v, ok := c.text[name]
	return ok && !(c.typed[name] && v == "null")
}

// str returns a parameter as text, empty when it is not there.
func (c *call) str(name string) string {
	if !c.has(name) {
		return ""
	}
	return c.text[name]
}

func (c *call) raw(name string) json.RawMessage { return json.RawMessage(c.str(name)) }

// num returns an integer parameter, dflt when it is not there or is none.
func (c *call) num(name string, dflt int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(c.str(name)), 10, 64)
	if err != nil {
		return dflt
	}
	return n
}

func (c *call) flag(name string) bool { return truth(c.str(name)) }

func truth(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// decode reads a JSON parameter into v. It does nothing when the parameter is
// not there; what is said in the error when it cannot be read.
func (c *call) decode(name string, v any, what string) error {
	if strings.TrimSpace(c.str(name)) == "" {
		return nil
	}
	if json.Unmarshal(c.raw(name), v) != nil {
		return badRequest("can't parse " + what + " JSON object")
	}
	return nil
}

// ints reads a JSON array of integers.
func (c *call) ints(name string) ([]int64, error) {
	var ns []int64
	err := c.decode(name, &ns, "message identifiers")
	return ns, err
}
