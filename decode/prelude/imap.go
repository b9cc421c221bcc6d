package prelude

import (
	"bytes"
	"strconv"
)

// imap follows IMAP (RFC 3501, Section 6.2.1; RFC 9051).
type imap struct {
	greeted  bool
	upgrade  string // tag of the client's STARTTLS
	login    string // tag of its LOGIN or AUTHENTICATE
	asked    bool   // the client asked for capabilities
	literal  bool   // the next line goes on after a literal
	maskTag  string
	heard    bool
	startTLS bool // offered
}

func openIMAP() speaker { return &imap{} }

func (s *imap) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *imap) message(d *Dialog, m message) {
	if m.From == Client {
		s.client(d, m)
	} else {
		s.server(d, m)
	}
}

func (s *imap) client(d *Dialog, m message) {
	s.heard = true
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
	tag, rest, _ := bytes.Cut(b, []byte(" "))
	word, rest := verb(rest)
	switch word {
	case "CAPABILITY":
		s.asked = true
		d.step(m, "hello", line(b), 0)
	case "STARTTLS":
		s.upgrade = line(tag)
		d.ask(m, line(b))
	case "LOGIN":
		s.login = line(tag)
		d.login(m, "LOGIN")
	case "AUTHENTICATE":
		s.login = line(tag)
		mechanism, _ := verb(rest)
		d.login(m, "AUTHENTICATE "+mechanism)
	case "LOGOUT":
		d.quit(m)
	default:
		if masked([]byte(word)) {
			s.maskTag = line(tag)
			d.strip(m, line(b), 0)
		}
	}
}

// literalLength is the size of the literal that a line announces, -1 without
// (RFC 3501, Section 4.3; RFC 7888).
func literalLength(b []byte) int64 {
	if !bytes.HasSuffix(b, []byte("}")) {
		return -1
	}
	digits := bytes.TrimSuffix(b[bytes.LastIndexByte(b, '{')+1:len(b)-1], []byte("+"))
	n, err := strconv.ParseUint(string(digits), 10, 32)
	if err != nil {
		return -1
	}
	return int64(n)
}

func (s *imap) server(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	tag, rest, _ := bytes.Cut(b, []byte(" "))
	word, rest := verb(rest)
	if string(tag) == "*" {
		s.untagged(d, m, word, rest)
		return
	}
	if word != "OK" && word != "NO" && word != "BAD" {
		return
	}
	switch {
	case s.upgrade != "" && line(tag) == s.upgrade:
		s.upgrade = ""
		s.answer(d, m, word)
	case s.maskTag != "" && line(tag) == s.maskTag && word != "OK":
		d.strip(m, line(b), 0)
	case s.login != "" && line(tag) == s.login:
		s.login = ""
		if word == "OK" {
			d.finish()
		} else if mentions(b, "PRIVACYREQUIRED", "TLS", "SSL", "PLAINTEXT AUTHENTICATION") {
			d.require(m, line(b), 0)
		}
	case !s.heard && word == "OK" && s.startTLS && mentions(b, "TLS"):
		s.answer(d, m, word)
	}
}

// answer is the reply to STARTTLS.
func (s *imap) answer(d *Dialog, m message, word string) {
	switch {
	case word == "OK":
		d.accept(m, line(m.Bytes), 0)
	case quotesMask(m.Bytes):
		d.strip(m, line(m.Bytes), 0)
	default:
		d.refuse(m, line(m.Bytes), 0)
	}
}

func (s *imap) untagged(d *Dialog, m message, word string, rest []byte) {
	text := line(m.Bytes)
	if !s.greeted {
		s.greeted = true
		if i := bytes.Index(bytes.ToUpper(rest), []byte("[CAPABILITY ")); i >= 0 {
			list, _, _ := bytes.Cut(rest[i+1:], []byte("]"))
			s.capabilities(d, m, list)
			return
		}
		d.greet(m, word != "BYE", text, 0)
		return
	}
	if word == "CAPABILITY" {
		s.capabilities(d, m, rest)
	}
}

// capabilities is RFC 3501, Section 7.2.1. A greeting may have them unasked.
func (s *imap) capabilities(d *Dialog, m message, list []byte) {
	text, mask := line(m.Bytes), false
	s.startTLS = false
	for _, word := range bytes.Fields(list) {
		s.startTLS = s.startTLS || bytes.EqualFold(word, []byte("STARTTLS"))
		mask = mask || masked(word)
	}
	if !s.startTLS && mask {
		d.listed, d.goesOn = s.asked, false
		d.strip(m, text, 0)
		return
	}
	d.list(m, s.startTLS, text, 0)
	d.listed = s.asked
}
