// Command vulndb makes a database for govulncheck out of the reports in the
// module golang.org/x/vulndb, for machines that reach only the module proxy.
//
//	go run .ci/vulndb.go MODULE-DIR OUT MODULE...
//
// Only the reports on the modules that are named are taken.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// entry is the part of a report (OSV) that the index has.
type entry struct {
	ID       string `json:"id"`
	Modified string `json:"modified"`
	Affected []struct {
		Package struct{ Name string }
	} `json:"affected,omitempty"`
}

type module struct {
	Path  string  `json:"path"`
	Vulns []entry `json:"vulns"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 {
		log.Fatal("usage: go run .ci/vulndb.go MODULE-DIR OUT MODULE...")
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "data/osv/*.json"))
	if err != nil || len(files) == 0 {
		log.Fatalf("no reports in %s", os.Args[1])
	}
	modules := map[string]*module{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		check(err)
		var e entry
		check(json.Unmarshal(b, &e))
		for _, a := range e.Affected {
			if !slices.Contains(os.Args[3:], a.Package.Name) {
				continue
			}
			write(filepath.Join(os.Args[2], "ID", e.ID+".json"), b)
			m := modules[a.Package.Name]
			if m == nil {
				m = &module{Path: a.Package.Name}
				modules[m.Path] = m
			}
			if n := len(m.Vulns); n == 0 || m.Vulns[n-1].ID != e.ID {
				m.Vulns = append(m.Vulns, entry{ID: e.ID, Modified: e.Modified})
			}
		}
	}
	var list []*module
	for _, m := range modules {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	index, err := json.Marshal(list)
	check(err)
	write(filepath.Join(os.Args[2], "index/modules.json"), index)
	write(filepath.Join(os.Args[2], "index/db.json"), []byte(`{"modified":"2026-11-05T23:49:57Z"}`))
}

func write(file string, b []byte) {
	check(os.MkdirAll(filepath.Dir(file), 0o755))
	check(os.WriteFile(file, b, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
