package prelude

import (
	"bytes"
	"strings"
)

// reply gathers a reply of three digits and text that may take several lines
// (RFC 5321, Section 4.2.1; RFC 959, Section 4.2).
type reply struct {
	listing
	code int
	rows int
}

// add takes a line and reports whether the reply is complete.
func (r *reply) add(m message, offers func(capability []byte) bool) bool {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	code := replyCode(b)
	if r.Length == 0 {
		if code == 0 {
			return false
		}
		r.code, r.rows = code, 0
	}
	r.rows++
	capability := b
	if code == r.code && len(b) > 4 {
		capability = b[4:]
	}
	capability = bytes.TrimSpace(capability)
	if r.rows == 1 { // the first line is no capability (RFC 5321, Section 4.1.1.1)
		capability = nil
	}
	r.row(m, capability, offers(capability))
	return code == r.code && (len(b) == 3 || b[3] != '-')
}

// replyCode is the three digits that begin a line, 0 without.
func replyCode(b []byte) int {
	if len(b) < 3 || len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return 0
	}
	code := 0
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 || code > 659 {
		return 0
	}
	return code
}

// masked reports whether a word was overwritten by an inspecting firewall:
// X in place of every letter, the last of which may be another one.
func masked(word []byte) bool {
	n := len(bytes.TrimLeft(word, "X"))
	return len(word) >= 4 && n <= 1 && len(word)-n >= 4
}

// quotesMask reports whether a line quotes an overwritten command.
func quotesMask(b []byte) bool {
	for _, w := range bytes.FieldsFunc(b, func(r rune) bool { return strings.ContainsRune(" \"'`:<>().", r) }) {
		if masked(w) {
			return true
		}
	}
	return false
}

// command is what a client said that waits for its reply.
type command uint8

const (
	otherCommand command = iota
	listCommand          // asks for capabilities
	upgradeCommand
	maskedCommand
	loginCommand // goes on in the clear
	dataCommand
	quitCommand
)

// queue keeps commands that wait for their reply.
type queue struct {
	pending []command
	heard   bool // the client was heard at all
}

func (q *queue) push(c command) {
	q.heard = true
	if len(q.pending) < maxPending {
		q.pending = append(q.pending, c)
	}
}

// pop returns the oldest one; ok is false when none waits.
func (q *queue) pop() (c command, ok bool) {
	if len(q.pending) == 0 {
		return otherCommand, false
	}
	c = q.pending[0]
	q.pending = q.pending[:copy(q.pending, q.pending[1:])]
	return c, true
}

// verb splits a command line into its first word in upper case and the rest.
func verb(b []byte) (string, []byte) {
	b = bytes.TrimSpace(b)
	word, rest, _ := bytes.Cut(b, []byte(" "))
	return string(bytes.ToUpper(word[:min(len(word), 32)])), bytes.TrimSpace(rest)
}
