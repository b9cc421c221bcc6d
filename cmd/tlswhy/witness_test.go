package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tlswhy/analyze"
)

// maxRecorded is the most bytes that one file of testdata may have.
const maxRecorded = 300 << 10

// TestShown holds that every finding of the catalogue has a recorded capture
// that shows it and one that looks like it and is something else. The reports
// are the golden files, which TestTestdata keeps fresh.
func TestShown(t *testing.T) {
	root(t)
	shown, near := map[string]bool{}, map[string]bool{}
	for _, capture := range recorded(t) {
		for _, id := range reported(t, stem(capture)+".json") {
			shown[id] = true
		}
		for _, block := range readWant(t, stem(capture)+".want").blocks {
			for _, id := range alternatives(block["near-miss"]) {
				near[id] = true
			}
		}
	}
	for _, rule := range analyze.Catalogue() {
		if !shown[rule.ID] {
			t.Errorf("no capture of testdata shows %s", rule.ID)
		}
		if !near[rule.ID] {
			t.Errorf("no capture of testdata is a near miss of %s", rule.ID)
		}
	}
}

// reported lists the findings of a report, those of its stories among them.
func reported(t testing.TB, name string) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, h := range doc.Handshakes {
		for _, f := range h.Findings {
			ids = append(ids, f.ID)
		}
	}
	for _, s := range doc.Stories {
		ids = append(ids, s.Finding)
	}
	return ids
}

// TestRecordedFiles holds that testdata stays small and that nothing in it
// stands alone: a .want, a key log or a golden file has its capture.
func TestRecordedFiles(t *testing.T) {
	root(t)
	captures := recorded(t)
	stems := make([]string, len(captures))
	for i, capture := range captures {
		stems[i] = stem(capture)
	}
	slices.Sort(stems)
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxRecorded && !info.IsDir() {
			t.Errorf("%s has %d bytes, more than %d", file, info.Size(), maxRecorded)
		}
		switch filepath.Ext(file) {
		case ".want", ".keys", ".json", ".txt":
			if _, ok := slices.BinarySearch(stems, stem(file)); !ok {
				t.Errorf("%s has no capture", file)
			}
		}
	}
}

// hiddenDiffers are the captures whose verdict without the key log differs
// from that with it, and why: what is inferred there cannot be told apart.
var hiddenDiffers = map[string]string{
	"negotiation/ech-rejected-go": "an alert after both Finished may be a close_notify: any client that has nothing to say leaves like that",
	"quic/client-cert-missing-go": "the server's refusal after the client's Finished is a 1-RTT packet like any other",
	"quic/expired-go":             "the server's Finished is in Handshake packets that are all alike",
}

// TestInference holds that what is inferred from sizes, order and timing
// agrees with what the key log shows: the same outcome, step and side.
func TestInference(t *testing.T) {
	root(t)
	found := 0
	for _, capture := range recorded(t) {
		name, twin := strings.CutSuffix(stem(capture), "-keys")
		if _, err := os.Stat(name + ".json"); !twin || err != nil {
			continue
		}
		found++
		hidden, read := firstOf(t, name+".json"), firstOf(t, name+"-keys.json")
		reason, known := hiddenDiffers[strings.TrimPrefix(name, "testdata/")]
		same := hidden.Outcome == read.Outcome && hidden.Stage == read.Stage
		switch {
		case known && same:
			t.Errorf("%s: agrees now (%s)", name, reason)
		case !known && !same:
			t.Errorf("%s: %s at %q without the key log, %s at %q with it", name, hidden.Outcome, hidden.Stage, read.Outcome, read.Stage)
		}
	}
	if found == 0 {
		t.Fatal("no capture of testdata has a twin with a key log")
	}
}

// firstOf is the first handshake of a report.
func firstOf(t testing.TB, name string) handshake {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil || len(doc.Handshakes) == 0 {
		t.Fatalf("%s: %v, %d handshakes", name, err, len(doc.Handshakes))
	}
	return doc.Handshakes[0]
}
