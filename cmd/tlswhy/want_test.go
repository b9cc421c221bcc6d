package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tlswhy/analyze"
)

// want is a .want file: how its capture was made and what is true of it
// (testdata/README.md has the form).
type want struct {
	keys   bool
	blocks []map[string]string
}

// The keys of a .want file: those of its head, which stands up to the first
// empty line or client, and those of a judged connection.
var (
	headKeys  = []string{"made", "command", "versions", "keys"}
	blockKeys = []string{"client", "server", "outcome", "finding", "fault", "confidence", "evidence", "near-miss", "note"}
	mustKeys  = []string{"client", "server", "outcome", "finding", "fault"}
)

func readWant(t testing.TB, name string) want {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var w want
	var block map[string]string
	head := map[string]bool{}
	for n, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.TrimSpace(line) == "":
			block = nil
		case !ok || value == "":
			t.Fatalf("%s:%d: not key and value: %q", name, n+1, line)
		case len(w.blocks) == 0 && slices.Contains(headKeys, key):
			head[key] = true
		case key == "client":
			block = map[string]string{key: value}
			w.blocks = append(w.blocks, block)
		case block == nil || !slices.Contains(blockKeys, key):
			t.Fatalf("%s:%d: %q has no place here", name, n+1, key)
		case block[key] != "":
			t.Fatalf("%s:%d: %s stands twice", name, n+1, key)
		default:
			block[key] = value
		}
	}
	if len(w.blocks) == 0 {
		t.Fatalf("%s judges no connection", name)
	}
	if !head["made"] || !head["versions"] {
		t.Errorf("%s does not say how the capture was made and with what", name)
	}
	for _, b := range w.blocks {
		checkBlock(t, name, b)
	}
	w.keys = head["keys"]
	return w
}

// checkBlock holds the words of a block against those that there are, so that
// a slip of the pen does not accept or forbid what nothing can be.
func checkBlock(t testing.TB, name string, block map[string]string) {
	t.Helper()
	known := map[string][]string{
		"outcome":    {"completed", "failed", "incomplete", "other"},
		"fault":      {"client", "server", "middlebox", "network", "unknown", "none"},
		"confidence": {"possible", "likely", "certain"},
		"finding":    {"-"},
	}
	for _, rule := range analyze.Catalogue() {
		known["finding"] = append(known["finding"], rule.ID)
	}
	known["near-miss"] = known["finding"]
	for _, key := range mustKeys {
		if block[key] == "" {
			t.Errorf("%s: %s > %s has no %s", name, block["client"], block["server"], key)
		}
	}
	for key, words := range known {
		for _, word := range alternatives(block[key]) {
			if !slices.Contains(words, word) {
				t.Errorf("%s: %s cannot be %q", name, key, word)
			}
		}
	}
}

// alternatives are the accepted values of a key.
func alternatives(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == '|' || r == ' ' || r == ',' })
}

func accepts(list, value string) bool { return slices.Contains(alternatives(list), value) }

// stem is the path of a capture without its extension: that of its .want, its
// golden files and its key log.
func stem(capture string) string { return strings.TrimSuffix(capture, filepath.Ext(capture)) }

// arguments are those that a capture of testdata is judged with.
func arguments(t testing.TB, capture string) []string {
	args := []string{"--all", "-q", "--roots", "testdata/roots.pem"}
	if readWant(t, stem(capture)+".want").keys {
		args = append(args, "--keylog", stem(capture)+".keys")
	}
	if far, ok := farEnd(capture); ok {
		return append(args, capture, far)
	}
	return append(args, capture)
}

// farEnd is the capture at the server's end that belongs to one at the
// client's: x.server.pcap to x.client.pcap. They are judged together.
func farEnd(capture string) (far string, ok bool) {
	far = strings.Replace(capture, ".client.", ".server.", 1)
	_, err := os.Stat(far)
	return far, far != capture && err == nil
}
