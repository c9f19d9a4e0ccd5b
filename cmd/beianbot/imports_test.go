package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports is what each package may import besides the standard library: packages
// of the program by path, outside libraries by the path that covers what is
// used of them. Files for other systems count, tests do not.
//
// One way: cmd, then what brings chats, then bot, then pictures and knowledge,
// then zh; content imports nothing.
var imports = map[string][]string{
	"cmd/beianbot": {
		"bot", "bot/picture", "bot/picture/heic", "bot/playground", "bot/telegram", "content", "kb",
	},
	"bot":              {"bot/picture", "go.yaml.in/yaml/v3", "kb"},
	"bot/bottest":      {"bot", "kb"},
	"bot/picture":      {"github.com/disintegration/imaging", "github.com/h2non/filetype", "golang.org/x/image", "golang.org/x/sync/semaphore"},
	"bot/picture/heic": {"bot/picture", "github.com/gen2brain/heic"},
	"bot/playground":   {"golang.org/x/image"},
	"bot/telegram":     {"bot", "github.com/go-telegram/bot"},
	"content":          {},
	"kb":               {"github.com/blevesearch/bleve/v2", "go.yaml.in/yaml/v3", "golang.org/x/text/unicode/norm", "kb/zh"},
	"kb/kbtest":        {"kb"},
	"kb/zh":            {"github.com/mozillazg/go-pinyin", "golang.org/x/text/unicode/norm"},
}

// testImports is what the tests of a package may import besides.
var testImports = map[string][]string{
	"cmd/beianbot":     {"github.com/chromedp/cdproto", "github.com/chromedp/chromedp", "github.com/rogpeppe/go-internal/testscript"},
	"bot":              {"bot/bottest", "content", "github.com/rogpeppe/go-internal/txtar"},
	"bot/bottest":      {},
	"bot/picture":      {},
	"bot/picture/heic": {},
	"bot/playground":   {"github.com/chromedp/cdproto", "github.com/chromedp/chromedp", "github.com/go-telegram/bot"},
	"bot/telegram":     {"bot/playground"},
	"content":          {},
	"kb":               {"content", "github.com/blevesearch/bleve/v2", "kb/kbtest"},
	"kb/kbtest":        {},
	"kb/zh":            {},
}

// shared are the outside libraries with more than one importer, and why.
var shared = map[string]string{
	"go.yaml.in/yaml/v3":             "kb reads entries and bot wording, each files of its own in content",
	"golang.org/x/image":             "the playground recompresses photos with nothing of the code under test",
	"golang.org/x/text/unicode/norm": "kb folds without the places and pinyin of zh",
}

// never is what a package of the standard library may not be used for: pictures
// touch no disk, network or log, and the conversation knows no network.
var never = map[string][]string{
	"bot/picture": {"os", "net", "log", "io/fs", "io/ioutil"},
	"bot":         {"net", "os/exec"},
	"kb/zh":       {"os", "net", "log"},
	"content":     {"os", "net", "log"},
}

// sources are the imports of the module's packages, by folder.
type sources struct{ code, tests map[string]map[string]bool }

// readSources parses the import lines of every Go file of the module.
func readSources(t *testing.T) sources {
	t.Helper()
	root := filepath.Join("..", "..")
	s := sources{make(map[string]map[string]bool), make(map[string]map[string]bool)}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(base) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		into := s.code
		if strings.HasSuffix(base, "_test.go") {
			into = s.tests
		}
		for _, m := range []map[string]map[string]bool{s.code, s.tests} {
			if m[dir] == nil {
				m[dir] = make(map[string]bool)
			}
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			into[dir][p] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listed returns the element of list that allows the import p, or "". Packages
// of the program are allowed one by one, outside libraries with all below.
func listed(list []string, p string) string {
	own, isOwn := strings.CutPrefix(p, "beianbot/")
	for _, l := range list {
		if isOwn && own == l || !isOwn && (p == l || strings.HasPrefix(p, l+"/")) {
			return l
		}
	}
	return ""
}

// standard reports whether p is in the standard library.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first != "beianbot" && !strings.Contains(first, ".")
}

// Every import of the program stands in the table, and the table holds no more.
func TestImports(t *testing.T) {
	s := readSources(t)
	if len(s.code) < len(imports) {
		t.Errorf("%d packages found, the table has %d", len(s.code), len(imports))
	}
	importers := make(map[string][]string) // of outside libraries
	for _, dir := range slices.Sorted(maps.Keys(s.code)) {
		allowed, ok := imports[dir]
		if !ok {
			t.Errorf("package %s is not in the table of imports", dir)
			continue
		}
		used := make(map[string]bool)
		for _, p := range slices.Sorted(maps.Keys(s.code[dir])) {
			if standard(p) {
				if forbidden(never[dir], p) {
					t.Errorf("%s imports %s, which it must not", dir, p)
				}
				continue
			}
			l := listed(allowed, p)
			if l == "" {
				t.Errorf("%s imports %s, which the table does not allow", dir, p)
			}
			used[l] = true
		}
		for _, l := range allowed {
			if !used[l] {
				t.Errorf("the table allows %s to import %s, which it does not", dir, l)
			}
			if !isOwnPackage(l) {
				importers[l] = append(importers[l], dir)
			}
		}
	}
	for lib, dirs := range importers {
		if len(dirs) > 1 && shared[lib] == "" {
			t.Errorf("%s is imported by %s: one outside library, one importer", lib, strings.Join(dirs, " and "))
		}
	}
	for lib := range shared {
		if len(importers[lib]) < 2 {
			t.Errorf("%s is no longer shared: %q import it", lib, importers[lib])
		}
	}
}

// Tests may import a little more, and none of them the other way round.
func TestImportsOfTests(t *testing.T) {
	s := readSources(t)
	for _, dir := range slices.Sorted(maps.Keys(s.tests)) {
		more, ok := testImports[dir]
		if !ok {
			t.Errorf("package %s is not in the table of the tests' imports", dir)
		}
		for _, p := range slices.Sorted(maps.Keys(s.tests[dir])) {
			if standard(p) || p == path.Join("beianbot", dir) {
				continue
			}
			if listed(imports[dir], p) == "" && listed(more, p) == "" {
				t.Errorf("a test of %s imports %s, which the tables do not allow", dir, p)
			}
		}
	}
}

func isOwnPackage(l string) bool {
	_, ok := imports[l]
	return ok
}

// forbidden reports whether p is one of list or below it.
func forbidden(list []string, p string) bool {
	return slices.ContainsFunc(list, func(n string) bool { return p == n || strings.HasPrefix(p, n+"/") })
}
