package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var recipe = regexp.MustCompile(`(?m)^tlswhy (.*) capture\.pcap \| jq -r '(.*)'`)

// The README's recipes say something of a capture with a failure.
func TestRecipes(t *testing.T) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("no jq")
	}
	root(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := recipe.FindAllStringSubmatch(string(readme), -1)
	if len(found) < 4 {
		t.Fatalf("%d recipes", len(found))
	}
	for _, m := range found {
		args := append(strings.Fields(m[1]), "-q", "testdata/server-cert/expired-curl-tls12.pcap")
		cmd := exec.Command(jq, "-r", m[2])
		cmd.Stdin = bytes.NewReader(runTlswhy(t, args...))
		out, err := cmd.CombinedOutput()
		if err != nil || len(bytes.TrimSpace(out)) == 0 || bytes.Contains(out, []byte("null")) {
			t.Errorf("%s: %q, %v", m[2], out, err)
		}
	}
}
