package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	flag "github.com/spf13/pflag"
)

// hint makes one line of an error of the flag parser and says what to try.
func hint(f *flag.FlagSet, err error) error {
	msg := err.Error()
	var unknown *flag.NotExistError
	if errors.As(err, &unknown) {
		if near := nearest(f, unknown.GetSpecifiedName()); near != "" {
			return fmt.Errorf("%s (did you mean --%s? tlswhy -h lists all)", msg, near)
		}
	}
	return fmt.Errorf("%s (tlswhy -h lists the flags)", msg)
}

// nearest is the flag whose name differs in at most two letters, or begins
// with what was given.
func nearest(f *flag.FlagSet, name string) string {
	best, distance := "", 3
	f.VisitAll(func(fl *flag.Flag) {
		d := edits(name, fl.Name)
		if len(name) > 2 && strings.HasPrefix(fl.Name, name) {
			d = 1
		}
		if d < distance {
			best, distance = fl.Name, d
		}
	})
	return best
}

// edits is how many letters must be put in, left out or changed.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// printable makes one line of printable characters.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	return b.String()
}
