package prelude

import "bytes"

// nntp follows NNTP (RFC 3977, RFC 4642).
type nntp struct {
	queue
	greeted bool
	list    listing // of capabilities
	inList  bool
}

func openNNTP() speaker { return &nntp{} }

func (s *nntp) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *nntp) message(d *Dialog, m message) {
	switch {
	case m.From == Client:
		s.client(d, m)
	case s.inList:
		s.capability(d, m)
	default:
		s.server(d, m)
	}
}

func (s *nntp) client(d *Dialog, m message) {
	word, _ := verb(m.Bytes)
	switch {
	case word == "CAPABILITIES":
		s.push(listCommand)
		d.step(m, "hello", line(m.Bytes), 0)
	case word == "STARTTLS":
		s.push(upgradeCommand)
		d.ask(m, line(m.Bytes))
	case word == "AUTHINFO":
		s.push(loginCommand)
		d.login(m, "AUTHINFO")
	case word == "GROUP" || word == "ARTICLE" || word == "LIST" || word == "POST" || word == "IHAVE":
		s.push(dataCommand)
		d.login(m, word)
	case word == "QUIT":
		s.push(quitCommand)
		d.quit(m)
	case masked([]byte(word)):
		s.push(maskedCommand)
		d.strip(m, line(m.Bytes), 0)
	default:
		s.push(otherCommand)
	}
}

func (s *nntp) server(d *Dialog, m message) {
	text, code := line(m.Bytes), replyCode(bytes.TrimRight(m.Bytes, "\r\n"))
	if code == 0 {
		return
	}
	if !s.greeted {
		s.greeted = true
		d.greet(m, code < 400, text, code)
		return
	}
	c, ok := s.pop()
	switch {
	case c == listCommand && code == 101:
		s.inList = true
		s.list.row(m, nil, false)
	case c == upgradeCommand && code == 382, !ok && !s.heard && code == 382:
		d.accept(m, text, code)
	case c == upgradeCommand && quotesMask(m.Bytes), c == maskedCommand && code >= 400:
		d.strip(m, text, code)
	case c == upgradeCommand:
		d.refuse(m, text, code)
	case code == 483: // RFC 3977, Section 3.2.1
		d.require(m, text, code)
	case c == dataCommand && code < 400:
		d.finish()
	}
}

func (s *nntp) capability(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	if string(b) != "." {
		s.list.row(m, b, bytes.EqualFold(b, []byte("STARTTLS")))
		return
	}
	s.list.Length += m.Length
	s.list.tell(d, 101)
	s.list.Length, s.inList = 0, false
}
