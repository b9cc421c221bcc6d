package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// licences are those that code in the program may have, by words that only
// they have.
var licences = map[string]string{
	"MIT":          "Permission is hereby granted, free of charge",
	"BSD-3-Clause": "Neither the name of",
}

// TestLicences looks at every module that is linked in on any system: it is
// named in the README with its reason, and its licence is one of the list.
func TestLicences(t *testing.T) {
	root(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./cmd/tlswhy")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				modules[path] = dir
			}
		}
	}
	if len(modules) == 0 {
		t.Fatal("no modules")
	}
	for path, dir := range modules {
		if !strings.Contains(string(readme), "| `"+path) {
			t.Errorf("%s: the README gives no reason for it", path)
		}
		text, err := os.ReadFile(filepath.Join(dir, "LICENSE"))
		if err != nil {
			t.Fatal(err)
		}
		known := false
		for _, words := range licences {
			known = known || strings.Contains(strings.Join(strings.Fields(string(text)), " "), words)
		}
		if !known {
			t.Errorf("%s: a licence that is not on the list: %.200s", path, text)
		}
	}
}
