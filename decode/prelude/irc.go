package prelude

import "bytes"

// irc follows IRC (RFC 2812) as far as its STARTTLS goes: the capability
// "tls" and the numerics 670 and 691 of IRCv3.
type irc struct {
	asked bool
}

func openIRC() speaker { return &irc{} }

func (s *irc) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *irc) message(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	if m.From == Server {
		s.server(d, m, b)
		return
	}
	word, _ := verb(b)
	switch word {
	case "CAP":
		d.step(m, "hello", line(b), 0)
	case "STARTTLS":
		s.asked = true
		d.ask(m, line(b))
	case "NICK", "USER", "PASS":
		if d.state != Asked {
			d.login(m, word)
		}
	case "QUIT":
		d.quit(m)
	}
}

func (s *irc) server(d *Dialog, m message, b []byte) {
	rest := b
	if bytes.HasPrefix(b, []byte(":")) {
		_, rest, _ = bytes.Cut(b, []byte(" "))
	}
	word, args := verb(rest)
	switch word {
	case "CAP":
		s.capabilities(d, m, args)
	case "670": // RPL_STARTTLS
		d.accept(m, line(b), 670)
	case "691": // ERR_STARTTLS
		d.refuse(m, line(b), 691)
	case "421", "451": // unknown command, not registered
		if s.asked && mentions(args, "STARTTLS") || s.asked && word == "451" {
			d.refuse(m, line(b), replyCode([]byte(word)))
		}
	case "ERROR":
		d.step(m, "error", line(b), 0)
	case "001":
		if d.inClear {
			d.finish()
		}
	}
}

// capabilities is "CAP <nick> LS [*] :<list>"; a '*' says that more lines follow.
func (s *irc) capabilities(d *Dialog, m message, args []byte) {
	head, list, _ := bytes.Cut(args, []byte(":"))
	fields := bytes.Fields(head)
	if len(fields) < 2 || !bytes.EqualFold(fields[1], []byte("LS")) {
		return
	}
	for _, word := range bytes.Fields(list) {
		name, _, _ := bytes.Cut(word, []byte("="))
		if bytes.EqualFold(name, []byte("tls")) {
			d.list(m, true, line(m.Bytes), 0)
			return
		}
	}
	if len(fields) < 3 && d.state != Offered {
		d.list(m, false, line(m.Bytes), 0)
	}
}
