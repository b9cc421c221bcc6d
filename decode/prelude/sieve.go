package prelude

import (
	"bytes"
	"strings"
)

// sieve follows ManageSieve (RFC 5804).
type sieve struct {
	queue
	list    listing // of capabilities
	literal bool
}

func openSieve() speaker { return &sieve{} }

func (s *sieve) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *sieve) message(d *Dialog, m message) {
	if m.From == Client {
		s.client(d, m)
		return
	}
	b := bytes.TrimRight(m.Bytes, "\r\n")
	word, _ := verb(b)
	word, _, _ = strings.Cut(word, "(") // NO(TRYLATER)
	switch {
	case word == "OK" || word == "NO" || word == "BYE":
		s.server(d, m, word)
	case bytes.HasPrefix(b, []byte(`"`)):
		s.capability(m, b)
	}
}

func (s *sieve) client(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	continued := s.literal
	s.literal = false
	if n := literalLength(b); n >= 0 {
		s.literal = true
		d.body(Client, n)
	}
	if continued {
		return
	}
	word, rest := verb(b)
	switch word {
	case "CAPABILITY":
		s.push(listCommand)
		d.step(m, "hello", line(b), 0)
	case "STARTTLS":
		s.push(upgradeCommand)
		d.ask(m, line(b))
	case "AUTHENTICATE":
		s.push(loginCommand)
		mechanism, _ := verb(rest)
		d.login(m, "AUTHENTICATE "+mechanism)
	case "LOGOUT":
		s.push(quitCommand)
		d.quit(m)
	default:
		if masked([]byte(word)) {
			s.push(maskedCommand)
			d.strip(m, line(b), 0)
			return
		}
		s.push(otherCommand)
	}
}

// capability is RFC 5804, Section 1.7.
func (s *sieve) capability(m message, b []byte) {
	name, _, _ := bytes.Cut(b[1:], []byte(`"`))
	s.list.row(m, name, bytes.EqualFold(name, []byte("STARTTLS")))
}

func (s *sieve) server(d *Dialog, m message, word string) {
	text := line(m.Bytes)
	if s.list.Length > 0 {
		s.list.Length += m.Length
		s.list.tell(d, 0)
		s.list.Length = 0
		s.pop()
		return
	}
	c, ok := s.pop()
	switch {
	case c == upgradeCommand && word == "OK", !ok && !s.heard && word == "OK" && mentions(m.Bytes, "TLS"):
		d.accept(m, text, 0)
	case c == upgradeCommand && quotesMask(m.Bytes), c == maskedCommand && word != "OK":
		d.strip(m, text, 0)
	case c == upgradeCommand:
		d.refuse(m, text, 0)
	case c == loginCommand && word == "OK":
		d.finish()
	case word != "OK" && mentions(m.Bytes, "ENCRYPT-NEEDED", "TLS"):
		d.require(m, text, 0)
	case word == "BYE":
		d.step(m, "error", text, 0)
	}
}
