package prelude

import (
	"encoding/binary"
	"strconv"
)

// tds follows SQL Server's TDS 7 (MS-TDS): PRELOGIN, then TLS inside packets
// of type 0x12 until the handshake is over, then TLS as it is. TDS 8 begins
// with TLS and needs none of this.
type tds struct {
	wanted  byte // the client's ENCRYPTION
	hasWant bool
	agreed  bool
}

// Types of packets and the values of ENCRYPTION (MS-TDS 2.2.3.1.1, 2.2.6.5).
const (
	tdsReply        = 0x04
	tdsLogin        = 0x10
	tdsPrelogin     = 0x12
	tdsEncryptNot   = 2 // not available
	tdsNoEncryption = 0xff
)

func openTDS() speaker { return &tds{} }

func (s *tds) frame(_ *Dialog, _ Side, b []byte) int64 {
	switch {
	case len(b) == 0:
		return 0
	case s.agreed && tdsTLS(b[0]): // a record outside of packets
		if len(b) < 5 {
			return 0
		}
		return 5
	case b[0] == 0 || b[0] > 0x12:
		return -1
	case len(b) < 4:
		return 0
	}
	n := int64(binary.BigEndian.Uint16(b[2:]))
	switch {
	case n < 9:
		return -1
	case s.agreed && b[0] == tdsPrelogin: // the payload passes by
		return 8
	}
	return n
}

func tdsTLS(b byte) bool { return b >= 0x14 && b <= 0x17 }

func (s *tds) message(d *Dialog, m message) {
	b := m.Bytes
	switch {
	case s.agreed && tdsTLS(b[0]):
		d.unwrapped(m.From^d.flip, m.Offset, b)
		d.body(m.From, int64(binary.BigEndian.Uint16(b[3:])))
	case s.agreed && m.Length == 8:
		d.body(m.From, int64(binary.BigEndian.Uint16(b[2:])-8))
	case s.agreed:
		d.finish() // only the login was encrypted
	case m.From == Client && b[0] == tdsPrelogin:
		s.client(d, m)
	case m.From == Server && b[0] == tdsReply:
		s.server(d, m)
	case b[0] == tdsLogin:
		d.login(m, "LOGIN7")
		d.finish()
	}
}

func (s *tds) client(d *Dialog, m message) {
	e := tdsEncryption(m.Bytes[8:])
	if e == tdsNoEncryption {
		return
	}
	s.wanted, s.hasWant = e, true
	if e&0x1f == tdsEncryptNot {
		d.step(m, "hello", tdsName(e), 0)
		return
	}
	d.ask(m, tdsName(e))
}

// server is the table of MS-TDS 2.2.6.5, Encryption.
func (s *tds) server(d *Dialog, m message) {
	e := tdsEncryption(m.Bytes[8:])
	text := tdsName(e)
	switch {
	case e == tdsNoEncryption:
		d.finish()
	case e&0x1f == tdsEncryptNot && s.hasWant && s.wanted&0x1f != tdsEncryptNot:
		d.refuse(m, text, int(e))
	case e&0x1f == tdsEncryptNot:
		d.list(m, false, text, int(e))
	case s.hasWant && s.wanted&0x1f == tdsEncryptNot && e&0x1f == 0:
		d.list(m, true, text, int(e))
	case s.hasWant && s.wanted&0x1f == tdsEncryptNot:
		d.require(m, text, int(e))
	default:
		s.agreed, d.unwraps = true, true
		d.accept(m, text, int(e))
	}
}

func tdsName(e byte) string {
	switch e & 0x1f {
	case 0:
		return "ENCRYPT_OFF"
	case 1:
		return "ENCRYPT_ON"
	case 2:
		return "ENCRYPT_NOT_SUP"
	case 3:
		return "ENCRYPT_REQ"
	}
	return "ENCRYPTION " + strconv.Itoa(int(e))
}

// tdsEncryption finds the option ENCRYPTION in a PRELOGIN.
func tdsEncryption(b []byte) byte {
	for i := 0; i+5 <= len(b) && b[i] != 0xff; i += 5 {
		at := int(binary.BigEndian.Uint16(b[i+1:]))
		if b[i] == 1 && at < len(b) {
			return b[at]
		}
	}
	return tdsNoEncryption
}

// matchTDS wants a PRELOGIN of the client whose first option is VERSION.
func matchTDS(b []byte) verdict {
	if v := pattern(0x12, -1, -1, -1, 0, 0, -1, 0, 0, 0)(b); v != yes {
		return v
	}
	n := binary.BigEndian.Uint16(b[2:])
	if b[1] > 1 || b[6] > 1 || n < 8+11 || n > 4096 {
		return no
	}
	return yes
}
