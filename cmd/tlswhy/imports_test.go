package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// below is what decode joins.
var below = []string{"decode/capture", "decode/packet", "decode/stream", "decode/prelude", "decode/wire", "decode/quic", "decode/secret"}

// imports is who may import whom of our packages. A package that is missing
// fails the test.
var imports = map[string][]string{
	"decode/wire":        {},
	"decode/capture":     {},
	"decode/filter":      {},
	"decode/packet":      {"decode/capture"},
	"decode/stream":      {"decode/packet"},
	"decode/quic":        {"decode/wire"},
	"decode/secret":      {"decode/wire"},
	"decode/prelude":     {"decode/wire"},
	"decode":             below,
	"analyze":            {"decode", "decode/wire", "decode/packet"}, // packet: the flags of a TCP header
	"analyze/render":     {"analyze", "decode", "decode/wire"},       // the facts in a report are decode's types
	"analyze/extract":    append([]string{"analyze", "decode"}, below...),
	"cmd/tlswhy":         {"decode", "decode/capture", "decode/filter", "analyze", "analyze/render", "analyze/extract"},
	"analyze/reporttest": {},
	"decode/capturetest": {"decode/capture", "decode/packet", "decode/wire", "decode/quic"},
}

// inTests may be imported by tests besides.
var inTests = append([]string{"decode/capturetest", "analyze/reporttest", "analyze", "decode"}, below...)

func TestImports(t *testing.T) {
	root(t)
	files := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		files++
		checkImports(t, filepath.ToSlash(name))
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files: %v", files, err)
	}
}

func checkImports(t *testing.T, name string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name.Name == "main" && path.Dir(name) != "cmd/tlswhy" && name == path.Join("decode/wire", "gen.go") {
		return // a generator
	}
	may, ok := imports[path.Dir(name)]
	if !ok {
		t.Errorf("%s: package %s is not in the table of imports", name, path.Dir(name))
		return
	}
	for _, i := range f.Imports {
		whole, _ := strconv.Unquote(i.Path.Value)
		of, ours := strings.CutPrefix(whole, "tlswhy/")
		if !ours || slices.Contains(may, of) || of == path.Dir(name) {
			continue
		}
		if strings.HasSuffix(name, "_test.go") && slices.Contains(inTests, of) {
			continue
		}
		t.Errorf("%s imports %s, which the table does not allow", name, whole)
	}
}
