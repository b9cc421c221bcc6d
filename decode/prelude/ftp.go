package prelude

import "strings"

// ftp follows the control connection of FTP (RFC 959, RFC 4217).
type ftp struct {
	queue
	reply   reply
	greeted bool
}

func openFTP() speaker { return &ftp{} }

// becomeFTP changes from SMTP, whose server greets with the same code, once
// the client's first command tells.
func becomeFTP(d *Dialog, m message, r reply, greeted bool) {
	s := &ftp{reply: r, greeted: greeted}
	for i := range grammars {
		if grammars[i].name == "ftp" {
			d.become(&grammars[i], s)
		}
	}
	s.message(d, m)
}

func (s *ftp) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *ftp) message(d *Dialog, m message) {
	if m.From == Client {
		s.client(d, m)
	} else if s.reply.add(m, offersAuthTLS) {
		s.server(d, &s.reply)
		s.reply.Length = 0
	}
}

// offersAuthTLS is RFC 4217, Section 6.
func offersAuthTLS(feature []byte) bool {
	word, rest := verb(feature)
	return word == "AUTH" && mentions(rest, "TLS", "SSL")
}

// upgrades says whether the argument of AUTH asks for TLS (RFC 4217, Section
// 2) and is no mechanism of SASL.
func upgrades(argument []byte) bool {
	word, _ := verb(argument)
	return strings.HasPrefix(word, "TLS") || strings.HasPrefix(word, "SSL")
}

func (s *ftp) client(d *Dialog, m message) {
	word, rest := verb(m.Bytes)
	switch word {
	case "EHLO", "HELO", "LHLO":
		if !s.heard {
			becomeSMTP(d, m, s.reply, s.greeted)
			return
		}
		s.push(otherCommand)
	case "AUTH":
		if !upgrades(rest) {
			s.push(otherCommand)
			return
		}
		s.push(upgradeCommand)
		d.ask(m, line(m.Bytes))
	case "FEAT":
		s.push(listCommand)
		d.step(m, "hello", line(m.Bytes), 0)
	case "USER":
		s.push(loginCommand)
		d.login(m, "USER")
	case "PASS", "ACCT":
		s.push(loginCommand)
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

// becomeSMTP is the way back from a wrong guess.
func becomeSMTP(d *Dialog, m message, r reply, greeted bool) {
	s := &smtp{reply: r, greeted: greeted}
	for i := range grammars {
		if grammars[i].name == "smtp" {
			d.become(&grammars[i], s)
		}
	}
	s.message(d, m)
}

func (s *ftp) server(d *Dialog, r *reply) {
	text := string(r.text)
	if r.code < 200 && s.greeted { // a preliminary reply
		return
	}
	if !s.greeted {
		s.greeted = r.code != 120
		if len(s.pending) == 0 || r.code == 220 {
			d.greet(r.message, r.code < 400, text, r.code)
			return
		}
	}
	c, ok := s.pop()
	switch {
	case (c == listCommand || !ok && !s.heard) && r.code == 211:
		r.tell(d, r.code)
	case (c == upgradeCommand || !ok && !s.heard) && (r.code == 234 || r.code == 334):
		d.accept(r.message, text, r.code)
	case c == upgradeCommand:
		if quotesMask(r.text) {
			d.strip(r.message, text, r.code)
			return
		}
		d.refuse(r.message, text, r.code)
	case c == maskedCommand && r.code >= 400:
		d.strip(r.message, text, r.code)
	case ftpWantsTLS(r):
		d.require(r.message, text, r.code)
	}
}

// ftpWantsTLS reports whether a reply insists on the upgrade (RFC 4217, Section 5).
func ftpWantsTLS(r *reply) bool {
	switch r.code {
	case 421, 503, 522, 530, 533, 534, 550:
		return mentions(r.text, "TLS", "SSL", "ENCRYPT", "SECURE CONNECTION")
	}
	return false
}
