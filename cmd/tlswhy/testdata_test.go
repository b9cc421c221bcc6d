package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files and generated documents anew")

// root makes the top of the tree the working directory, so that names in
// reports are those of the README.
func root(t testing.TB) {
	t.Helper()
	t.Chdir("../..")
	if _, err := os.Stat("go.mod"); err != nil {
		t.Fatal(err)
	}
}

// tlswhy runs the command and returns its standard output. Trouble with the
// command line or an input fails the test.
func runTlswhy(t testing.TB, args ...string) []byte {
	t.Helper()
	var out, trouble bytes.Buffer
	status := run(context.Background(), args, streams{in: strings.NewReader(""), out: &out, err: &trouble, getenv: func(string) string { return "" }})
	if status == statusTrouble {
		t.Errorf("tlswhy %s: %s", strings.Join(args, " "), trouble.Bytes())
	}
	return out.Bytes()
}

// recorded lists the captures of testdata.
func recorded(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/*/*.pcap", "testdata/*/*.pcapng"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		t.Fatal("no captures in testdata")
	}
	all = slices.DeleteFunc(all, func(capture string) bool { // judged together with the client's end
		near := strings.Replace(capture, ".server.", ".client.", 1)
		return near != capture && slices.Contains(all, near)
	})
	slices.Sort(all)
	return all
}

// document is what the tests read of a JSON report.
type document struct {
	Handshakes []handshake
	Stories    []struct{ Finding string }
}

type handshake struct {
	Transport      string
	Stream         int
	Client, Server string
	Outcome        string
	Stage          string
	Finding        string
	Findings       []finding
	ClientHello    *hello `json:"client_hello"`
	ServerHello    *hello `json:"server_hello"`
	Alerts         []struct {
		Code int
		From string
	}
	Certificates struct {
		Server []struct{ SHA256 string }
	}
}

type hello struct {
	SNI          string
	ALPN         any
	Version      code
	CipherSuite  code   `json:"cipher_suite"`
	CipherSuites []code `json:"cipher_suites"`
	HelloRetry   bool   `json:"hello_retry"`
}

type code struct{ Code, Name string }

type finding struct {
	ID, Severity, Confidence, Fault string
	Evidence                        []struct{ Frame int }
	Causes                          []struct{ ID string }
	Fixes                           []struct{ Who, Text string }
}

func (h *handshake) errors() []finding {
	var list []finding
	for _, f := range h.Findings {
		if f.Severity == "error" {
			list = append(list, f)
		}
	}
	return list
}

// TestTestdata judges every recorded capture, holds the verdicts against the
// .want beside it and the reports against the golden files.
func TestTestdata(t *testing.T) {
	root(t)
	for _, capture := range recorded(t) {
		name := strings.TrimPrefix(stem(capture), "testdata/")
		t.Run(name, func(t *testing.T) {
			args := arguments(t, capture)
			report := runTlswhy(t, append([]string{"--format", "json"}, args...)...)
			var doc document
			if err := json.Unmarshal(report, &doc); err != nil {
				t.Fatal(err)
			}
			var wrong []string
			for _, block := range readWant(t, stem(capture)+".want").blocks {
				wrong = append(wrong, judged(&doc, block)...)
			}
			reason, known := open[name]
			switch {
			case known && len(wrong) == 0:
				t.Error("is right now: take it off the list of open cases")
			case known:
				t.Logf("known to differ (%s): %q", reason, wrong)
			case len(wrong) > 0:
				t.Error(strings.Join(wrong, "\n"))
			}
			golden(t, stem(capture)+".json", report)
			golden(t, stem(capture)+".txt", runTlswhy(t, args...))
		})
	}
}

// open are the cases whose .want and verdict still differ, and in what. Which
// of the two is wrong has to be read from the bytes; neither was bent to the
// other.
var open = map[string]string{}

// judged compares one connection with what is true of it.
func judged(doc *document, want map[string]string) (wrong []string) {
	who := want["client"] + " > " + want["server"]
	say := func(format string, args ...any) { wrong = append(wrong, who+": "+fmt.Sprintf(format, args...)) }
	i := slices.IndexFunc(doc.Handshakes, func(h handshake) bool { return h.Client == want["client"] && h.Server == want["server"] })
	if i < 0 {
		if !accepts(want["outcome"], "other") {
			say("not reported")
		}
		return wrong
	}
	h := &doc.Handshakes[i]
	if !accepts(want["outcome"], h.Outcome) {
		say("outcome %s, want %s", h.Outcome, want["outcome"])
	}
	for _, f := range h.Findings {
		if accepts(want["near-miss"], f.ID) {
			say("%s is a near miss and was found", f.ID)
		}
	}
	for _, s := range doc.Stories {
		if accepts(want["near-miss"], s.Finding) {
			say("the story %s is a near miss and was told", s.Finding)
		}
	}
	switch found := h.errors(); {
	case len(found) > 0:
		found[0].compare(want, say)
	case !accepts(want["finding"], "-"):
		say("no finding, want %s", want["finding"])
	}
	return wrong
}

// compare holds a primary finding against what is wanted.
func (f finding) compare(want map[string]string, say func(string, ...any)) {
	if !accepts(want["finding"], f.ID) {
		say("%s, want %s", f.ID, want["finding"])
	}
	if !accepts(want["fault"], f.Fault) {
		say("%s is the fault of %s, want %s", f.ID, f.Fault, want["fault"])
	}
	order := []string{"", "possible", "likely", "certain"}
	if slices.Index(order, f.Confidence) < slices.Index(order, want["confidence"]) {
		say("%s is %s, want at least %s", f.ID, f.Confidence, want["confidence"])
	}
	if len(f.Evidence) == 0 || len(f.Fixes) == 0 {
		say("%s has %d frames of evidence and %d fixes", f.ID, len(f.Evidence), len(f.Fixes))
	}
	decisive := strings.FieldsFunc(want["evidence"], func(r rune) bool { return r < '0' || r > '9' })
	cited := slices.ContainsFunc(f.Evidence, func(e struct{ Frame int }) bool { return slices.Contains(decisive, strconv.Itoa(e.Frame)) })
	if len(decisive) > 0 && !cited {
		say("%s cites %v, want one of frames %s", f.ID, f.Evidence, want["evidence"])
	}
}

// golden compares bytes with a file, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is missing (go test ./... -update writes it)", name)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if at := difference(got, want); at != "" {
		t.Errorf("%s is stale (-update writes it anew): %s", name, at)
	}
}

// difference names the first line that differs.
func difference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %.200q, was %.200q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, was %d", len(g), len(w))
}

// TestSameBytes holds that one and two processors, and a second run, give the
// same bytes in every format.
func TestSameBytes(t *testing.T) {
	root(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	all := recorded(t)
	if testing.Short() {
		all = all[:min(8, len(all))]
	}
	for _, format := range formatNames() {
		together := append([]string{"--all", "-q", "--roots", "testdata/roots.pem", "--format", format}, all...)
		runtime.GOMAXPROCS(1)
		one := runTlswhy(t, together...)
		runtime.GOMAXPROCS(2)
		two := runTlswhy(t, together...)
		if len(one) == 0 {
			t.Errorf("%s: no report", format)
		}
		if at := difference(two, one); at != "" {
			t.Errorf("%s: %s", format, at)
		}
	}
}
