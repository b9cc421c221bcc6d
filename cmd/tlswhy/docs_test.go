package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tlswhy/analyze"
)

// TestReadme holds that the README shows the report that its command prints
// and every finding of the catalogue.
func TestReadme(t *testing.T) {
	root(t)
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const shown = "testdata/negotiation/version-client-refuses-server-hello.pcap"
	if !strings.Contains(string(text), "go run ./cmd/tlswhy "+shown+"\n") {
		t.Errorf("the README's command does not read %s", shown)
	}
	report := "```\n" + string(runTlswhy(t, "-q", shown)) + "```"
	s := between(t, string(text), "<!-- report: "+shown+" -->", "<!-- end of report -->", report)
	s = between(t, s, "<!-- findings -->", "<!-- end of findings -->", families())
	golden(t, "README.md", []byte(s))
}

// between puts generated text between two lines.
func between(t *testing.T, s, from, to, generated string) string {
	t.Helper()
	before, rest, ok := strings.Cut(s, from+"\n")
	_, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("no text between %s and %s", from, to)
	}
	return before + from + "\n" + generated + "\n" + to + after
}

// families is the catalogue, a row for each family.
func families() string {
	var order []string
	ids := map[string][]string{}
	for _, r := range analyze.Catalogue() {
		if ids[r.Family] == nil {
			order = append(order, r.Family)
		}
		ids[r.Family] = append(ids[r.Family], "`"+r.ID+"`")
	}
	b := &strings.Builder{}
	fmt.Fprint(b, "| family | findings |\n| --- | --- |")
	for _, f := range order {
		fmt.Fprintf(b, "\n| %s | %s |", f, strings.Join(ids[f], ", "))
	}
	return b.String()
}

// TestFindingsDocument holds analyze/FINDINGS.md to the catalogue.
func TestFindingsDocument(t *testing.T) {
	root(t)
	b := &strings.Builder{}
	fmt.Fprint(b, "# Findings\n\nGenerated from the catalogue by `go test ./cmd/tlswhy -update`.\n")
	for _, r := range analyze.Catalogue() {
		describe(b, r)
	}
	golden(t, "analyze/FINDINGS.md", []byte(b.String()))
}

func describe(b *strings.Builder, r *analyze.Rule) {
	fmt.Fprintf(b, "\n## %s\n\n**%s** (%s; usual fault: %s)\n\n%s\n", r.ID, r.Title, r.Family, r.Fault, r.Explain)
	if len(r.Fixes) > 0 {
		fmt.Fprint(b, "\nWhat to do:\n\n")
	}
	for _, f := range r.Fixes {
		text, _ := analyze.Template("en", f.Text.Key)
		fmt.Fprintf(b, "- %s: %s\n", f.Who, text)
	}
	if len(r.Causes) > 0 {
		fmt.Fprintf(b, "\nCauses: %s\n", strings.Join(r.Causes, ", "))
	}
	if len(r.Refs) > 0 {
		fmt.Fprintf(b, "\nSee: %s\n", strings.Join(r.Refs, "; "))
	}
	if len(r.Logs) > 0 {
		fmt.Fprint(b, "\nIn logs:\n\n")
	}
	for _, l := range r.Logs {
		fmt.Fprintf(b, "- `%s`\n", l)
	}
}
