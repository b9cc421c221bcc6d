package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// shared finds a folder of captures beside the tree, or skips.
func shared(t testing.TB, name string) string {
	t.Helper()
	root(t)
	dir := filepath.Join("../shared", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not here", dir)
	}
	return dir
}

// TestSharedRobustness takes captures without usable TLS: nothing of them is
// called a failed handshake.
func TestSharedRobustness(t *testing.T) {
	dir := shared(t, "corpus")
	for _, row := range table(t, filepath.Join(dir, "robustness.tsv")) {
		var doc document
		if err := json.Unmarshal(whatCouldBeRead("--all", "-q", "--format", "json", filepath.Join(dir, row["file"])), &doc); err != nil {
			t.Fatalf("%s: %v", row["file"], err)
		}
		for _, h := range doc.Handshakes {
			for _, f := range h.errors() {
				t.Errorf("%s (%s): %s %s > %s", row["file"], row["why"], f.ID, h.Client, h.Server)
			}
		}
	}
}

// TestSharedFormats renders every capture in every format, without a panic.
func TestSharedFormats(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := shared(t, "corpus")
	n := 0
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".py") {
			return err
		}
		n++
		for _, format := range []string{"text", "ndjson", "markdown", "html"} {
			var out bytes.Buffer
			status := run(context.Background(), []string{"--all", "-q", "--format", format, name}, streams{in: strings.NewReader(""), out: &out, err: io.Discard, getenv: func(string) string { return "" }})
			if out.Len() == 0 && status != statusTrouble && format != "ndjson" {
				t.Errorf("%s as %s: no report", name, format)
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d captures: %v", n, err)
	}
}

// TestSharedParity compares what is decoded with tables made by other tools,
// but for the differences in which the bytes prove those wrong.
func TestSharedParity(t *testing.T) {
	dir := shared(t, "corpus")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the comparison needs python3")
	}
	program := filepath.Join(t.TempDir(), "tlswhy")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/tlswhy").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(python, filepath.Join(dir, "..", "parity.py"), "--exceptions", "cmd/tlswhy/parity_exceptions.tsv", program, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	share := regexp.MustCompile(`([0-9.]+) %`).FindSubmatch(out)
	if share == nil {
		t.Fatal("no figure")
	}
	if got, err := strconv.ParseFloat(string(share[1]), 64); err != nil || got < parityFloor {
		t.Errorf("%s %% of the fields are equal, at least %.1f %% is asked for", share[1], parityFloor)
	}
}

// parityFloor is the least share of fields, in percent, that is equal.
const parityFloor = 99.5
