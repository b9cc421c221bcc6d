package prelude

import (
	"bytes"
	"encoding/binary"
)

// postgresql follows the start of PostgreSQL's protocol 3 ("Message Flow" and
// "Message Formats" of its documentation).
type postgresql struct {
	asked   command // what one byte of the server will answer
	started bool    // the client has sent its startup message
}

// Codes in the place of the protocol version.
const (
	pgCancel = 80877102
	pgSSL    = 80877103
	pgGSS    = 80877104
)

func openPostgreSQL() speaker { return &postgresql{} }

func (s *postgresql) frame(_ *Dialog, from Side, b []byte) int64 {
	switch {
	case from == Client && !s.started:
		return pgLength(b, 8, 10000)
	case from == Server && s.asked != otherCommand && len(b) > 0 && b[0] != 'E':
		return 1
	case len(b) == 0:
		return 0
	case b[0] < 'A' || b[0] > 'z':
		return -1
	}
	n := pgLength(b[1:], 4, 1<<30)
	if n > 0 {
		n++
	}
	return n
}

// pgLength reads a length that counts itself.
func pgLength(b []byte, least, most uint32) int64 {
	if len(b) < 4 {
		return 0
	}
	n := binary.BigEndian.Uint32(b)
	if n < least || n > most {
		return -1
	}
	return int64(n)
}

func (s *postgresql) message(d *Dialog, m message) {
	switch {
	case m.From == Server:
		s.server(d, m)
	case !s.started:
		s.client(d, m)
	case m.Bytes[0] == 'X':
		d.quit(m)
	}
}

func (s *postgresql) client(d *Dialog, m message) {
	switch binary.BigEndian.Uint32(m.Bytes[4:]) {
	case pgSSL:
		s.asked = upgradeCommand
		d.ask(m, "SSLRequest")
	case pgGSS:
		s.asked = listCommand
		d.step(m, "hello", "GSSENCRequest", 0)
	case pgCancel:
		d.step(m, "request", "CancelRequest", 0)
	default:
		s.started = true
		d.login(m, "StartupMessage")
	}
}

func (s *postgresql) server(d *Dialog, m message) {
	asked := s.asked
	s.asked = otherCommand
	switch {
	case m.Bytes[0] == 'E':
		text := pgError(m.Bytes)
		if asked == upgradeCommand {
			d.refuse(m, text, 0)
		} else {
			d.step(m, "error", text, 0)
		}
	case asked == upgradeCommand && m.Bytes[0] == 'S':
		d.accept(m, "S", 0)
	case asked == upgradeCommand:
		d.refuse(m, line(m.Bytes), 0)
	case asked == listCommand:
		d.step(m, "response", line(m.Bytes), 0)
		if m.Bytes[0] == 'G' { // GSSAPI encryption from here on
			d.finish()
		}
	case s.started && m.Bytes[0] == 'R':
		d.finish()
	}
}

// pgError is the message of an ErrorResponse, or the plain text of a very old one.
func pgError(b []byte) string {
	fields := b[min(len(b), 5):]
	for len(fields) > 1 {
		value, rest, _ := bytes.Cut(fields[1:], []byte{0})
		if fields[0] == 'M' {
			return clip(string(value))
		}
		fields = rest
	}
	return "ErrorResponse"
}

// matchPostgreSQL wants one of the client's first messages.
func matchPostgreSQL(b []byte) verdict {
	if len(b) < 8 {
		if bytes.HasPrefix([]byte{0, 0}, b[:min(len(b), 2)]) {
			return more
		}
		return no
	}
	n := binary.BigEndian.Uint32(b)
	switch code := binary.BigEndian.Uint32(b[4:]); {
	case code == pgSSL && n == 8, code == pgGSS && n == 8, code == pgCancel && n >= 16 && n <= 272:
		return yes
	case code>>16 != 3 || code&0xffff > 2 || n < 9 || n > 10000:
		return no
	case len(b) == 8:
		return more
	case b[8] >= 'a' && b[8] <= 'z' || b[8] == '_':
		return yes
	}
	return no
}

// matchPostgreSQLServer wants an error with its severity, as a server sends
// it to somebody that it does not understand.
func matchPostgreSQLServer(b []byte) verdict {
	if v := pattern('E', 0, 0, -1, -1, 'S')(b); v != yes {
		return v
	}
	return exactly("FATAL\x00", "ERROR\x00", "PANIC\x00")(b[6:])
}
