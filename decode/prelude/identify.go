package prelude

import "bytes"

// verdict is what the first bytes of a side say about a protocol. It never
// changes from yes or no when more bytes come.
type verdict uint8

const (
	no verdict = iota
	more
	yes
)

// says tells whose words begin a protocol like this.
type says uint8

const (
	eitherSays says = iota
	clientSays
	serverSays
)

// grammar is one way in which a protocol begins.
type grammar struct {
	name      string
	says      says
	match     func(b []byte) verdict
	open      func() speaker
	delimiter byte // ends a message that is too long to keep; 0 for protocols of packets
	binary    bool // a message may begin with the byte 0x16
}

// recognise finds the protocol that begins with b. A grammar that needs more
// bytes holds back those after it, so that the answer does not depend on how
// the bytes were cut.
func recognise(b []byte) (*grammar, verdict) {
	for i := range grammars {
		if v := grammars[i].match(b); v != no {
			return &grammars[i], v
		}
	}
	return nil, no
}

// Identify names the protocol whose first words one side said with b, with
// the names of Dialog.Protocol; empty when unknown. It is meant for what
// comes in place of TLS.
func Identify(from Side, b []byte) string {
	b = b[:min(len(b), maxGuess)]
	g, v := recognise(b)
	if v == more && bytes.IndexByte(b, '\n') < 0 {
		g, v = recognise(append(append(make([]byte, 0, len(b)+1), b...), '\n'))
	}
	if v != yes || from == Server && g.says == clientSays {
		return ""
	}
	return g.name
}

// words matches any of some prefixes, letters of either case.
func words(prefixes ...string) func([]byte) verdict {
	return func(b []byte) verdict {
		v := no
		for _, p := range prefixes {
			n := min(len(b), len(p))
			if bytes.EqualFold(b[:n], []byte(p[:n])) {
				if n == len(p) {
					return yes
				}
				v = more
			}
		}
		return v
	}
}

// exactly matches prefixes as they are.
func exactly(prefixes ...string) func([]byte) verdict {
	return func(b []byte) verdict {
		v := no
		for _, p := range prefixes {
			n := min(len(b), len(p))
			if string(b[:n]) == p[:n] {
				if n == len(p) {
					return yes
				}
				v = more
			}
		}
		return v
	}
}

// pattern matches bytes by position; -1 in the pattern is any byte.
func pattern(p ...int) func([]byte) verdict {
	return func(b []byte) verdict {
		for i, want := range p {
			if i == len(b) {
				return more
			}
			if want >= 0 && b[i] != byte(want) {
				return no
			}
		}
		return yes
	}
}

// firstLine matches when start does and then, once the first line is whole
// or too long, what does.
func firstLine(start func([]byte) verdict, what func(line []byte) bool) func([]byte) verdict {
	return func(b []byte) verdict {
		if v := start(b); v != yes {
			return v
		}
		i := bytes.IndexByte(b, '\n')
		if i < 0 && len(b) < maxGuess {
			return more
		}
		if i < 0 {
			i = maxGuess
		}
		if what(b[:i]) {
			return yes
		}
		return no
	}
}

// mentions reports whether a line has one of some words, of either case.
func mentions(b []byte, words ...string) bool {
	b = bytes.ToUpper(b)
	for _, w := range words {
		if bytes.Contains(b, []byte(w)) {
			return true
		}
	}
	return false
}
