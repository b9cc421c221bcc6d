package prelude

import (
	"bytes"
	"encoding/binary"
)

// mysql follows the connection phase of MySQL and MariaDB.
type mysql struct {
	greeted bool
	offers  bool
	logged  bool
}

const (
	mysqlSSL             = 0x0800 // CLIENT_SSL
	mysqlProtocol41      = 0x0200
	mysqlNeedsTLS        = 3159 // ER_SECURE_TRANSPORT_REQUIRED
	mysqlMaxFirst        = 1 << 16
	mysqlShortSSLRequest = 5 // before 4.1
	mysqlSSLRequest      = 32
)

func openMySQL() speaker { return &mysql{} }

func (s *mysql) frame(_ *Dialog, _ Side, b []byte) int64 {
	if len(b) < 4 {
		return 0
	}
	n := mysqlLength(b)
	if n == 0 || n > mysqlMaxFirst {
		return -1
	}
	return int64(4 + n)
}

func mysqlLength(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (s *mysql) message(d *Dialog, m message) {
	body := m.Bytes[4:]
	switch {
	case m.From == Server && !s.greeted:
		s.greeted = true
		s.greeting(d, m, body)
	case m.From == Server:
		s.server(d, m, body)
	case !s.logged:
		s.client(d, m, body)
	}
}

// greeting is HandshakeV10, or an error in its place.
func (s *mysql) greeting(d *Dialog, m message, body []byte) {
	if body[0] == 0xff {
		code, text := mysqlError(body)
		d.step(m, "error", text, code)
		d.finish()
		return
	}
	version, rest, ok := bytes.Cut(body[1:], []byte{0})
	if !ok || len(rest) < 4+8+1+2 { // thread id, challenge, filler, capabilities
		d.finish()
		return
	}
	s.offers = binary.LittleEndian.Uint16(rest[13:])&mysqlSSL != 0
	d.list(m, s.offers, string(version), 0)
}

// client is SSLRequest, or HandshakeResponse: the login in the clear.
func (s *mysql) client(d *Dialog, m message, body []byte) {
	if len(body) < 4 {
		return
	}
	capabilities := binary.LittleEndian.Uint16(body)
	long := capabilities&mysqlProtocol41 != 0
	if capabilities&mysqlSSL != 0 && (long && len(body) == mysqlSSLRequest || !long && len(body) <= mysqlShortSSLRequest) {
		d.ask(m, "SSLRequest")
		// The server does not answer: it offered.
		if s.offers || !s.greeted {
			d.set(Accepted)
		}
		d.ready = [2]bool{true, true}
		return
	}
	s.logged = true
	d.login(m, "HandshakeResponse")
}

func (s *mysql) server(d *Dialog, m message, body []byte) {
	if body[0] == 0xff {
		code, text := mysqlError(body)
		if code == mysqlNeedsTLS {
			d.require(m, text, code)
		} else {
			d.step(m, "error", text, code)
		}
	}
	if body[0] == 0xff || body[0] == 0 {
		d.finish()
	}
}

// mysqlError is an ERR_Packet.
func mysqlError(body []byte) (code int, text string) {
	if len(body) < 3 {
		return 0, ""
	}
	text = clip(string(body[3:]))
	if len(text) > 6 && text[0] == '#' { // SQL state
		text = text[6:]
	}
	return int(binary.LittleEndian.Uint16(body[1:])), text
}

// matchMySQL wants a greeting of protocol 10 with a printable version, or an error.
func matchMySQL(b []byte) verdict {
	switch {
	case len(b) >= 3 && (mysqlLength(b) < 8 || mysqlLength(b) > 1024), len(b) >= 4 && b[3] != 0:
		return no
	case len(b) < 8:
		return more
	case b[4] == 0xff:
		code := binary.LittleEndian.Uint16(b[5:])
		if code >= 1000 && code < 4500 && printable(b[7:8]) {
			return yes
		}
		return no
	case b[4] != 10 || b[5] < '0' || b[5] > '9':
		return no
	}
	i := bytes.IndexByte(b[5:], 0)
	switch {
	case i < 0 && len(b) < 80 && printable(b[5:]):
		return more
	case i < 0 || !printable(b[5:5+i]):
		return no
	}
	return yes
}

// printable reports whether all bytes are ASCII that can be printed.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
