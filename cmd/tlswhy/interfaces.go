package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"tlswhy/decode/capture"
)

// listInterfaces prints what can be captured on, a line each.
func listInterfaces(w io.Writer, netns string) error {
	list, err := capture.Natures(netns)
	if err != nil {
		return permission(err, netns)
	}
	width := len("any")
	for _, n := range list {
		width = max(width, len(n.Name))
	}
	fmt.Fprintf(w, "%-*s  all interfaces\n", width, "any")
	for _, n := range list {
		state := "down"
		if n.Up {
			state = "up"
		}
		fmt.Fprintf(w, "%-*s  %-4s  %s\n", width, printable(n.Name), state, strings.Join(n.Addrs, " "))
	}
	return nil
}

// permission says what to do about a missing right.
func permission(err error, netns string) error {
	var right *capture.RightError
	if !errors.As(err, &right) {
		return err
	}
	program, e := os.Executable()
	if e != nil {
		program = "tlswhy"
	}
	need := "cap_net_raw"
	if netns != "" {
		need += ",cap_sys_admin"
	}
	return fmt.Errorf("%s: this user may not open packet sockets; use sudo, or give the program the right once: sudo setcap %s+ep %s", right.Interface, need, quoted(program))
}

// quoted writes a word as a shell takes it.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
