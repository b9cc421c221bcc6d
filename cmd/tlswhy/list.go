package main

import (
	"fmt"
	"io"
	"strings"

	"tlswhy/analyze"
)

// listFindings prints the catalogue, a line each.
func listFindings(w io.Writer) error {
	var b strings.Builder
	for _, r := range analyze.Catalogue() {
		fmt.Fprintf(&b, "%-26s %-12s %s\n", r.ID, r.Family, r.Title)
	}
	return print(w, b.String())
}

// listPorts prints the ports on which a connection counts as a handshake
// although no byte of TLS is seen on it.
func listPorts(w io.Writer) error {
	var b strings.Builder
	for _, p := range analyze.TLSPorts {
		fmt.Fprintln(&b, p)
	}
	return print(w, b.String())
}
