package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// TestParityExceptions holds the table of differences in which the bytes
// prove another decoder wrong to its form: what parity.py --exceptions reads,
// each with its proof, at most one value in a hundred of the corpus.
func TestParityExceptions(t *testing.T) {
	f, err := os.Open("parity_exceptions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const most = 12406 / 100
	seen := map[string]bool{}
	rows := -1
	for lines := bufio.NewScanner(f); lines.Scan(); rows++ {
		c := strings.Split(lines.Text(), "\t")
		if rows < 0 {
			if lines.Text() != "file\tstream\tfield\tvalue\treason\tframe" {
				t.Fatalf("header %q", lines.Text())
			}
			continue
		}
		if len(c) != 6 {
			t.Fatalf("row %d: %d columns", rows, len(c))
		}
		for i, v := range c {
			if v == "" {
				t.Errorf("row %d: column %d is empty", rows, i)
			}
		}
		key := strings.Join(c[:3], " ")
		if seen[key] {
			t.Errorf("twice: %s", key)
		}
		seen[key] = true
	}
	if rows < 1 || rows > most {
		t.Errorf("%d rows", rows)
	}
}
