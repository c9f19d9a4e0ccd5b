package playground

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// schema.json holds the part of Bot API 10.3 that this server answers: methods
// with their parameters, the types these are made of, and the names of the
// methods that it does not serve. The facts are those of npm @gramio/types
// 10.3.1 (MIT), which is generated from the documentation.
//
//go:embed schema.json
var schemaJSON []byte

type schema struct {
	Methods  map[string]schemaType `json:"methods"`
	Types    map[string]schemaType `json:"types"`
	Unserved []string              `json:"unserved"`

	names    map[string]string // by lower-case name
	unserved map[string]bool   // by lower-case name
}

type schemaType struct {
	Fields  []schemaField `json:"fields"`
	OneOf   []string      `json:"one_of"`
	Enum    []any         `json:"enum"` // strings or numbers
	Returns []string      `json:"returns"`
}

type schemaField struct {
	Name     string   `json:"name"`
	Types    []string `json:"types"`
	Required bool     `json:"required"`
	Enum     []any    `json:"enum"`
	Limits   *limits  `json:"limits"`
}

type limits struct {
	Min           *int64 `json:"min"`
	Max           *int64 `json:"max"`
	MinChars      int    `json:"min_chars"`
	MaxChars      int    `json:"max_chars"`
	MinBytes      int    `json:"min_bytes"`
	MaxBytes      int    `json:"max_bytes"`
	MinItems      int    `json:"min_items"`
	MaxItems      int    `json:"max_items"`
	AfterEntities bool   `json:"after_entities"`
}

// loadSchema reads the embedded schema once; nobody changes it afterwards.
var loadSchema = sync.OnceValue(func() *schema {
	s := &schema{names: map[string]string{}, unserved: map[string]bool{}}
	if err := json.Unmarshal(schemaJSON, s); err != nil {
		panic(err) // unreachable: a test reads the same file
	}
	for m := range s.Methods {
		s.names[strings.ToLower(m)] = m
	}
	for _, m := range s.Unserved {
		s.unserved[strings.ToLower(m)] = true
	}
	return s
})

// canonical returns the name of a method as the schema spells it.
func (s *schema) canonical(method string) (string, bool) {
	name, ok := s.names[strings.ToLower(method)]
	return name, ok
}

// check says what a request breaks, one sentence each, sorted.
func (s *schema) check(method string, p *params) []string {
	k := &checker{schema: s, files: p.files}
	k.parse = p.text["parse_mode"] != ""
	m := s.Methods[method]
	known := map[string]bool{}
	for i := range m.Fields {
		f := &m.Fields[i]
		known[f.Name] = true
		v, ok := p.text[f.Name]
		file, isFile := p.files[f.Name]
		switch {
		case isFile:
			if !slices.Contains(f.Types, "InputFile") {
				k.say("%s: is sent as a file but is %s", f.Name, strings.Join(f.Types, " or "))
			} else if len(file.data) == 0 {
				k.say("%s: is an empty file", f.Name)
			}
		case ok && p.typed[f.Name] && v == "null":
			k.say("%s: is null", f.Name)
		case ok:
			k.param(f, v, p.typed[f.Name])
		case f.Required:
			k.say("%s: is required", f.Name)
		}
	}
	for name, v := range p.text {
		// Telegraf repeats the method as a parameter, which the server allows
		// because answers to webhooks name it so.
		if !known[name] && !(name == "method" && strings.EqualFold(v, method)) {
			k.say("%s: there is no such parameter", name)
		}
	}
	for name := range p.files {
		if !known[name] && !k.attached[name] {
			k.say("%s: file part that nothing refers to", name)
		}
	}
	slices.Sort(k.broken)
	return k.broken
}

type checker struct {
	*schema
	files    map[string]upload
	attached map[string]bool
	parse    bool // a parse mode is set: raw lengths say nothing
	broken   []string
}

const maxBroken = 50 // of one call

func (k *checker) say(format string, args ...any) {
	if len(k.broken) < maxBroken {
		k.broken = append(k.broken, fmt.Sprintf(format, args...))
	}
}

// param checks one parameter. Forms carry everything as text, and the server
// takes text for every type; typed says that JSON gave it another type.
func (k *checker) param(f *schemaField, v string, typed bool) {
	if typed {
		var x any
		if decodeJSON([]byte(v), &x) != nil {
			k.say("%s: is no JSON", f.Name)
			return
		}
		k.value(f.Name, f, f.Types, x)
		return
	}
	if x, ok := k.fromText(f.Types, v); ok {
		k.value(f.Name, f, f.Types, x)
		return
	}
	k.say("%s: is no %s", f.Name, strings.Join(f.Types, " or "))
}

// fromText gives text the first of the types that it can be read as.
func (k *checker) fromText(types []string, v string) (any, bool) {
	for _, t := range types {
		switch t {
		case "String":
			return v, true
		case "InputFile":
			if name, ok := strings.CutPrefix(v, "attach://"); ok {
				return "attach://" + name, true
			}
		case "Number":
			n := json.Number(strings.TrimSpace(v))
			if _, err := n.Float64(); err == nil {
				return n, true
			}
		case "Boolean", "True":
			switch strings.ToLower(v) {
			case "true", "1", "yes":
				return true, true
			case "false", "0", "no", "":
				return false, true
			}
		default:
			if len(k.Types[t].Enum) > 0 {
				if _, text := k.Types[t].Enum[0].(string); text {
					return v, true
				}
			}
			var x any
			if decodeJSON([]byte(v), &x) == nil {
				return x, true
			}
		}
	}
	return nil, false
}

func decodeJSON(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// value checks a decoded value against the types it may have. Of several, the
// one that it breaks least is meant.
func (k *checker) value(path string, f *schemaField, types []string, v any) {
	best := []string(nil)
	if len(types) > 1 {
		fit := k.alternatives(types, v)
		if len(fit) == 0 {
			k.say("%s: fits none of %s", path, strings.Join(types, ", "))
			return
		}
		types = fit
	}
	for i, t := range types {
		sub := &checker{schema: k.schema, files: k.files, attached: map[string]bool{}, parse: k.parse}
		sub.one(path, f, t, v)
		if i == 0 || len(sub.broken) < len(best) {
			best = sub.broken
		}
		for name := range sub.attached {
			if k.attached == nil {
				k.attached = map[string]bool{}
			}
			k.attached[name] = true
		}
		if len(sub.broken) == 0 {
			break
		}
	}
	for _, b := range best {
		k.say("%s", b)
	}
}

func (k *checker) one(path string, f *schemaField, t string, v any) {
	if item, ok := strings.CutPrefix(t, "Array of "); ok {
		list, ok := v.([]any)
		if !ok {
			k.say("%s: is no array", path)
			return
		}
		if f != nil && f.Limits != nil && f.Limits.MaxItems > 0 && (len(list) < f.Limits.MinItems || len(list) > f.Limits.MaxItems) {
			k.say("%s: has %d items, not %d to %d", path, len(list), f.Limits.MinItems, f.Limits.MaxItems)
		}
		types := []string{item}
		if strings.HasPrefix(item, "(") {
			types = strings.Split(strings.Trim(item, "()"), " | ")
		}
		for i, x := range list {
			k.value(fmt.Sprintf("%s[%d]", path, i), nil, types, x)
		}
		return
	}
	switch t {
	case "String":
		k.text(path, f, v)
	case "InputFile":
		s, _ := v.(string)
		name, ok := strings.CutPrefix(s, "attach://")
		if !ok {
			k.say("%s: is no file", path)
		} else if _, ok := k.files[name]; !ok {
			k.say("%s: refers to a file part that is not there", path)
		} else {
			k.attached = map[string]bool{name: true}
		}
	case "Number":
		k.number(path, f, v)
	case "Boolean":
		if _, ok := v.(bool); !ok {
			k.say("%s: is no Boolean", path)
		}
	case "True":
		if b, ok := v.(bool); !ok || !b {
			k.say("%s: is not true", path)
		}
	default:
		k.object(path, t, v)
	}
}

func (k *checker) text(path string, f *schemaField, v any) {
	s, ok := v.(string)
	switch {
	case !ok:
		k.say("%s: is no String", path)
		return
	case strings.HasPrefix(s, "attach://") && k.files != nil && f != nil && slices.Contains(f.Types, "InputFile"):
		k.one(path, f, "InputFile", v)
		return
	case f == nil:
		return
	case len(f.Enum) > 0 && !slices.ContainsFunc(f.Enum, func(e any) bool { w, ok := e.(string); return ok && strings.EqualFold(w, s) }):
		// parse_mode is read without regard to case.
		k.say("%s: %q is not one of %v", path, s, f.Enum)
	}
	if l := f.Limits; l != nil {
		if n := utf8.RuneCountInString(s); l.MaxChars > 0 && !(k.parse && l.AfterEntities) && (n < l.MinChars || n > l.MaxChars) {
			k.say("%s: has %d characters, not %d to %d", path, n, l.MinChars, l.MaxChars)
		}
		if l.MaxBytes > 0 && (len(s) < l.MinBytes || len(s) > l.MaxBytes) {
			k.say("%s: has %d bytes, not %d to %d", path, len(s), l.MinBytes, l.MaxBytes)
		}
	}
}

func (k *checker) number(path string, f *schemaField, v any) {
	n, ok := v.(json.Number)
	if !ok {
		k.say("%s: is no Number", path)
		return
	}
	if f == nil || f.Limits == nil {
		return
	}
	x, err := n.Float64()
	if l := f.Limits; err != nil || l.Min != nil && x < float64(*l.Min) || l.Max != nil && x > float64(*l.Max) {
		k.say("%s: %s is out of range", path, n)
	}
}

func (k *checker) object(path, name string, v any) {
	t, ok := k.Types[name]
	switch {
	case !ok:
		k.say("%s: type %s is not known here", path, name)
	case len(t.OneOf) > 0:
		k.value(path, nil, t.OneOf, v)
	case len(t.Enum) > 0:
		if !slices.ContainsFunc(t.Enum, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(v) }) {
			k.say("%s: %v is no %s", path, v, name)
		}
	default:
		k.fields(path, name, t, v)
	}
}

// alternatives returns the types that an object may be, going by the fields that
// tell them apart ("type": "photo"). Without this, nested unions would take time
// that grows exponentially with their depth.
func (k *checker) alternatives(types []string, v any) []string {
	obj, ok := v.(map[string]any)
	if !ok {
		return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return len(k.Types[t].Fields) > 0 })
	}
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool {
		for _, f := range k.Types[t].Fields {
			if f.Required && len(f.Enum) == 1 && obj[f.Name] != f.Enum[0] {
				return true
			}
		}
		return false
	})
}

func (k *checker) fields(path, name string, t schemaType, v any) {
	obj, ok := v.(map[string]any)
	if !ok {
		k.say("%s: is no %s", path, name)
		return
	}
	known := map[string]bool{}
	parse := k.parse
	if _, ok := obj["parse_mode"]; ok {
		k.parse = true
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		known[f.Name] = true
		x, ok := obj[f.Name]
		switch {
		case ok && x == nil:
			k.say("%s.%s: is null", path, f.Name)
		case ok:
			k.value(path+"."+f.Name, f, f.Types, x)
		case f.Required:
			k.say("%s.%s: is required", path, f.Name)
		}
	}
	k.parse = parse
	for n := range obj {
		if !known[n] {
			k.say("%s.%s: there is no such field in %s", path, n, name)
		}
	}
}
