package prelude

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// rdp follows the negotiation in the X.224 connection request and confirm
// (MS-RDPBCGR 2.2.1.1 and 2.2.1.2) inside TPKT (RFC 1006).
type rdp struct {
	requested uint32
}

func openRDP() speaker { return &rdp{} }

func (s *rdp) frame(_ *Dialog, _ Side, b []byte) int64 {
	switch {
	case len(b) > 0 && b[0] != 3:
		return -1
	case len(b) < 4:
		return 0
	}
	n := int64(binary.BigEndian.Uint16(b[2:]))
	if n < 7 {
		return -1
	}
	return n
}

func (s *rdp) message(d *Dialog, m message) {
	b := m.Bytes
	switch {
	case m.From == Client && b[5] == 0xe0:
		s.client(d, m)
	case m.From == Server && b[5]&0xf0 == 0xd0:
		s.server(d, m)
	case m.From == Client:
		d.login(m, "MCS")
		d.finish()
	}
}

// negotiation is the structure of eight bytes at the end of a request or a
// confirm: its type and value.
func negotiation(b []byte, types ...byte) (kind byte, value uint32) {
	if len(b) < 11+8 {
		return 0, 0
	}
	n := b[len(b)-8:]
	if bytes.IndexByte(types, n[0]) < 0 || n[2] != 8 || n[3] != 0 {
		// A request may have correlation info of 36 bytes after it.
		if len(b) < 11+8+36 || types[0] != 1 {
			return 0, 0
		}
		n = b[len(b)-8-36:]
		if n[0] != 1 || n[2] != 8 || n[3] != 0 {
			return 0, 0
		}
	}
	return n[0], binary.LittleEndian.Uint32(n[4:])
}

func (s *rdp) client(d *Dialog, m message) {
	_, s.requested = negotiation(m.Bytes, 1)
	text := "requestedProtocols " + rdpProtocols(s.requested)
	if s.requested == 0 {
		d.step(m, "hello", text, 0)
		return
	}
	d.ask(m, text)
}

func (s *rdp) server(d *Dialog, m message) {
	kind, value := negotiation(m.Bytes, 2, 3)
	switch {
	case kind == 3 && s.requested == 0:
		d.require(m, rdpFailure(value), int(value))
	case kind == 3:
		d.refuse(m, rdpFailure(value), int(value))
	case value != 0:
		d.accept(m, "selectedProtocol "+rdpProtocols(value), int(value))
	case s.requested != 0:
		d.refuse(m, "selectedProtocol "+rdpProtocols(0), 0)
	default:
		d.step(m, "response", "selectedProtocol "+rdpProtocols(0), 0)
	}
}

// rdpProtocols is MS-RDPBCGR 2.2.1.1.1.
func rdpProtocols(p uint32) string {
	if p == 0 {
		return "RDP"
	}
	text := ""
	for i, name := range [...]string{"SSL", "HYBRID", "RDSTLS", "HYBRID_EX", "RDSAAD"} {
		if p>>i&1 != 0 {
			if text != "" {
				text += "|"
			}
			text += name
		}
	}
	if text == "" {
		return strconv.Itoa(int(p))
	}
	return text
}

// rdpFailure is MS-RDPBCGR 2.2.1.2.2.
func rdpFailure(code uint32) string {
	switch code {
	case 1:
		return "SSL_REQUIRED_BY_SERVER"
	case 2:
		return "SSL_NOT_ALLOWED_BY_SERVER"
	case 3:
		return "SSL_CERT_NOT_ON_SERVER"
	case 4:
		return "INCONSISTENT_FLAGS"
	case 5:
		return "HYBRID_REQUIRED_BY_SERVER"
	case 6:
		return "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"
	}
	return "failure " + strconv.Itoa(int(code))
}

// matchTPKT wants an X.224 connection request or confirm.
func matchTPKT(code byte) func([]byte) verdict {
	return func(b []byte) verdict {
		if v := pattern(3, 0, -1, -1, -1, int(code), 0, 0)(b); v != yes {
			return v
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < 11 || n > 1024 || int(b[4]) != n-5 && b[4] != 0xff {
			return no
		}
		return yes
	}
}

// matchRDP wants a connection request that ends after its header, or goes on
// with a cookie, a routing token or a negotiation request.
func matchRDP(b []byte) verdict {
	if v := matchTPKT(0xe0)(b); v != yes {
		return v
	}
	if binary.BigEndian.Uint16(b[2:]) == 11 {
		return yes
	}
	if len(b) < 12 {
		return more
	}
	if b[11] == 'C' || b[11] == 1 || b[11] == 'T' || b[11] == 'm' {
		return yes
	}
	return no
}
