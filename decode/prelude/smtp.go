package prelude

import "bytes"

// smtp follows SMTP (RFC 5321, RFC 3207) and LMTP (RFC 2033).
type smtp struct {
	queue
	reply   reply
	greeted bool
}

func openSMTP() speaker { return &smtp{} }

func (s *smtp) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *smtp) message(d *Dialog, m message) {
	if m.From == Client {
		s.client(d, m)
	} else if s.reply.add(m, offersSTARTTLS) {
		s.server(d, &s.reply)
		s.reply.Length = 0
	}
}

func offersSTARTTLS(capability []byte) bool {
	return bytes.EqualFold(capability, []byte("STARTTLS"))
}

func (s *smtp) client(d *Dialog, m message) {
	word, rest := verb(m.Bytes)
	switch word {
	case "EHLO", "HELO", "LHLO":
		if word == "LHLO" {
			d.name = "lmtp"
		}
		d.step(m, "hello", line(m.Bytes), 0)
		if word == "HELO" {
			s.push(otherCommand)
			return
		}
		s.push(listCommand)
	case "STARTTLS":
		s.push(upgradeCommand)
		d.ask(m, line(m.Bytes))
	case "AUTH":
		if !s.heard && upgrades(rest) {
			becomeFTP(d, m, s.reply, s.greeted)
			return
		}
		s.push(loginCommand)
		mechanism, _ := verb(rest)
		d.login(m, "AUTH "+mechanism)
	case "MAIL":
		s.push(loginCommand)
		d.login(m, "MAIL")
	case "DATA":
		s.push(dataCommand)
		if !s.greeted { // nobody will say when the mail begins
			d.finish()
		}
	case "BDAT":
		d.finish()
	case "QUIT":
		s.push(quitCommand)
		d.quit(m)
	case "USER", "FEAT", "SYST", "OPTS", "PASV", "EPSV":
		if !s.heard {
			becomeFTP(d, m, s.reply, s.greeted)
			return
		}
		s.push(otherCommand)
	default:
		s.unknown(d, m, word)
	}
}

// unknown takes a command that does not matter here, or that was overwritten.
func (s *smtp) unknown(d *Dialog, m message, word string) {
	if masked([]byte(word)) {
		s.push(maskedCommand)
		d.strip(m, line(m.Bytes), 0)
		return
	}
	s.push(otherCommand)
}

func (s *smtp) server(d *Dialog, r *reply) {
	text := string(r.text)
	if !s.greeted {
		s.greeted = true
		if len(s.pending) == 0 || r.code == 220 {
			d.greet(r.message, r.code < 400, text, r.code)
			return
		}
	}
	c, ok := s.pop()
	switch {
	case c == listCommand && r.code == 250, !ok && !s.heard && r.code == 250 && r.rows > 1:
		r.tell(d, r.code)
	case c == upgradeCommand && r.code == 220, !ok && !s.heard && r.code == 220:
		d.accept(r.message, text, r.code)
	case c == upgradeCommand:
		if quotesMask(r.text) {
			d.strip(r.message, text, r.code)
			return
		}
		d.refuse(r.message, text, r.code)
	case c == maskedCommand && r.code >= 400:
		d.strip(r.message, text, r.code)
	case c == dataCommand && r.code == 354:
		d.finish()
	case c == loginCommand && r.code == 235:
		d.finish()
	case mailWantsTLS(r):
		d.require(r.message, text, r.code)
	case r.code >= 400 && !d.inClear:
		d.step(r.message, "error", text, r.code)
	}
}

// mailWantsTLS reports whether a reply insists on the upgrade (RFC 3207,
// Section 4; RFC 4954, Section 6).
func mailWantsTLS(r *reply) bool {
	switch {
	case r.code == 530 || r.code == 538:
		return mentions(r.text, "STARTTLS", "TLS", "SSL", "ENCRYPT")
	case r.code >= 400:
		return mentions(r.text, "MUST ISSUE A STARTTLS", "STARTTLS FIRST", "STARTTLS IS REQUIRED", "STARTTLS REQUIRED")
	}
	return false
}
