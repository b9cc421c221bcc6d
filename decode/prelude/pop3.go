package prelude

import "bytes"

// pop3 follows POP3 (RFC 1939, RFC 2595).
type pop3 struct {
	queue
	greeted bool
	list    listing // of capabilities
	inList  bool
}

func openPOP3() speaker { return &pop3{} }

func (s *pop3) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *pop3) message(d *Dialog, m message) {
	switch {
	case m.From == Client:
		s.client(d, m)
	case s.inList:
		s.capability(d, m)
	default:
		s.server(d, m)
	}
}

func (s *pop3) client(d *Dialog, m message) {
	word, rest := verb(m.Bytes)
	switch word {
	case "CAPA":
		s.push(listCommand)
		d.step(m, "hello", line(m.Bytes), 0)
	case "STLS":
		s.push(upgradeCommand)
		d.ask(m, line(m.Bytes))
	case "USER", "APOP":
		s.push(otherCommand)
		if word == "APOP" {
			s.pending[len(s.pending)-1] = loginCommand
		}
		d.login(m, word)
	case "PASS":
		s.push(loginCommand)
	case "AUTH":
		s.push(loginCommand)
		if len(rest) > 0 {
			mechanism, _ := verb(rest)
			d.login(m, "AUTH "+mechanism)
		}
	case "QUIT":
		s.push(quitCommand)
		d.quit(m)
	default:
		if masked([]byte(word)) {
			s.push(maskedCommand)
			d.strip(m, line(m.Bytes), 0)
			return
		}
		s.push(otherCommand)
	}
}

func (s *pop3) server(d *Dialog, m message) {
	text := line(m.Bytes)
	word, _ := verb(m.Bytes)
	if word != "+OK" && word != "-ERR" {
		return // a challenge, or a list that does not matter
	}
	good := word == "+OK"
	if !s.greeted {
		s.greeted = true
		d.greet(m, good, text, 0)
		return
	}
	c, ok := s.pop()
	switch {
	case c == listCommand && good:
		s.inList = true
		s.list.row(m, nil, false)
	case c == upgradeCommand && good, !ok && !s.heard && good && mentions(m.Bytes, "TLS"):
		d.accept(m, text, 0)
	case c == upgradeCommand && quotesMask(m.Bytes), c == maskedCommand && !good:
		d.strip(m, text, 0)
	case c == upgradeCommand:
		d.refuse(m, text, 0)
	case c == loginCommand && good:
		d.finish()
	case !good && mentions(m.Bytes, "STLS", "TLS", "SSL", "ENCRYPT", "PLAINTEXT AUTHENTICATION"):
		d.require(m, text, 0)
	}
}

// capability is a line of the list (RFC 2449, Section 5).
func (s *pop3) capability(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	if string(b) != "." {
		s.list.row(m, b, bytes.EqualFold(b, []byte("STLS")))
		return
	}
	s.list.Length += m.Length
	s.list.tell(d, 0)
	s.list.Length, s.inList = 0, false
}
