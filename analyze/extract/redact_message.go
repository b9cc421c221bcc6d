package extract

import (
	"bytes"
	"encoding/binary"

	"tlswhy/decode/wire"
)

// message rewrites a handshake message of which only the beginning may be
// there. Its fields are passed one after the other: what is not kept becomes
// zero.
type message struct {
	f  *tlsFlow
	b  []byte
	at int

	dtls bool
}

// rewrite: RFC 8446, Section 4; RFC 5246, Section 7.4.
func (m *message) rewrite() {
	kind := m.b[0]
	m.at = min(4, len(m.b))
	switch wire.HandshakeType(kind) {
	case 1:
		m.clientHello()
	case 2:
		m.serverHello()
	case 3: // HelloVerifyRequest
		m.keep(2)
		cookie, whole := m.vector(1)
		m.hide("cookie", cookie, whole)
	case 4:
		m.keep(4) // lifetime
	case 11:
		m.certificates()
	case 12:
		m.keyExchange()
	case 13:
		m.keepVector(1)
		if m.f.version >= 0x0303 {
			m.keepVector(2)
		}
	case 15:
		if m.f.version >= 0x0303 {
			m.keep(2)
		}
	}
	clear(m.b[m.at:])
}

// keep passes n bytes that tell nothing.
func (m *message) keep(n int) []byte {
	from := m.at
	m.at = min(m.at+n, len(m.b))
	return m.b[from:m.at]
}

// number passes a number of n bytes; ok is false when it is not all there.
func (m *message) number(n int) (v int, ok bool) {
	b := m.keep(n)
	for _, c := range b {
		v = v<<8 | int(c)
	}
	return v, len(b) == n
}

// vector passes a length of n bytes, and gives what it counts as far as it is
// there.
func (m *message) vector(n int) (b []byte, whole bool) {
	size, ok := m.number(n)
	if !ok {
		return nil, false
	}
	b = m.keep(size)
	return b, len(b) == size
}

func (m *message) keepVector(n int) { m.vector(n) }

// hide makes a value of a kind the number that it has in this run.
func (m *message) hide(kind string, b []byte, whole bool) {
	if len(b) == 0 {
		return
	}
	n := 0
	if whole {
		n = m.f.d.opaque.of(kind, b)
	}
	clear(b)
	for i := len(b) - 1; i >= 0 && n > 0; i-- {
		b[i] = byte(n)
		n >>= 8
	}
}

// clientHello: RFC 8446, Section 4.1.2.
func (m *message) clientHello() {
	m.keep(2)
	random := m.keep(32)
	m.hide("random", random, len(random) == 32)
	session, whole := m.vector(1)
	m.hide("session", session, whole)
	if m.dtls {
		cookie, whole := m.vector(1)
		m.hide("cookie", cookie, whole)
	}
	m.keepVector(2)
	m.keepVector(1)
	m.extensions(false)
}

// helloRetry and downgrade are randoms that say something (RFC 8446, Section
// 4.1.3).
var helloRetry = []byte{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c}

const downgrade = "DOWNGRD"

// serverHello: RFC 8446, Section 4.1.3.
func (m *message) serverHello() {
	if v := m.keep(2); len(v) == 2 {
		m.f.version = binary.BigEndian.Uint16(v)
		if m.dtls {
			m.f.version = 0x0303
		}
	}
	random := m.keep(32)
	retry := bytes.Equal(random, helloRetry)
	if !retry {
		end := ""
		if len(random) == 32 && string(random[24:31]) == downgrade && random[31] <= 1 {
			end = string(random[24:])
		}
		m.hide("random", random, len(random) == 32)
		copy(random[max(0, len(random)-8):], end)
	}
	session, whole := m.vector(1)
	m.hide("session", session, whole)
	m.keep(3)
	m.extensions(retry)
}

// extensions: RFC 8446, Section 4.2; retry says that it is a
// HelloRetryRequest.
func (m *message) extensions(retry bool) {
	m.keep(2)
	for m.at+4 <= len(m.b) {
		kind, _ := m.number(2)
		body, whole := m.vector(2)
		m.extension(wire.ExtensionType(kind), body, whole, retry)
	}
}

func (m *message) extension(kind wire.ExtensionType, body []byte, whole, retry bool) {
	in := &message{f: m.f, b: body}
	switch kind {
	case wire.ExtServerName:
		in.serverName(whole)
	case 1, 10, 11, 13, 15, 19, 20, 22, 23, 27, 28, 42, 43, 45, 49, 50: // lists of code points, flags and sizes
		in.keep(len(body))
	case 5: // status_request: the type
		in.keep(1)
	case 16:
		in.protocols()
	case 51:
		in.keyShares(m.b[0] == 1, retry)
	case 0xff01: // renegotiation_info: empty in a first handshake
		if len(body) == 1 && body[0] == 0 {
			in.keep(1)
		}
	}
	clear(in.b[in.at:])
}

// serverName: RFC 6066, Section 3. The placeholder takes the room of the name.
func (m *message) serverName(whole bool) {
	m.keep(3)
	name, all := m.vector(2)
	if len(name) == 0 {
		return
	}
	stand := ""
	if whole && all && m.f.d.name != nil {
		stand = m.f.d.name(string(name))
	}
	fit(name, stand)
}

// fit puts a placeholder into the room of a name, cut or filled with x.
func fit(b []byte, stand string) {
	n := copy(b, stand)
	for i := n; i < len(b); i++ {
		b[i] = 'x'
	}
}

// protocols: RFC 7301, Section 3.1.
func (m *message) protocols() {
	m.keep(2)
	for m.at < len(m.b) {
		name, whole := m.vector(1)
		if !whole || !registered(string(name)) {
			fit(name, "")
		}
	}
}

// registered reports whether an ALPN name is one that everybody uses, or a
// reserved one (RFC 8701).
func registered(name string) bool {
	switch name {
	case "h2", "http/1.1", "http/1.0", "h3", "h2c", "spdy/3.1", "spdy/3", "acme-tls/1", "dot", "imap", "pop3", "ftp", "mqtt", "postgresql", "xmpp-client", "xmpp-server", "managesieve":
		return true
	}
	return len(name) == 2 && name[0] == name[1] && name[0]&15 == 10
}

// keyShares: RFC 8446, Section 4.2.8.
func (m *message) keyShares(client, retry bool) {
	if client {
		m.keep(2)
	}
	for m.at < len(m.b) {
		m.keep(2)
		if retry {
			return
		}
		key, whole := m.vector(2)
		m.hide("key", key, whole)
		if !client {
			return
		}
	}
}

// certificates keeps the lengths of a chain (RFC 5246, Section 7.4.2).
func (m *message) certificates() {
	m.keep(3)
	for m.at+3 <= len(m.b) {
		der, _ := m.vector(3)
		clear(der)
	}
}

// keyExchange keeps group and signature scheme of ECDHE (RFC 8422, Section
// 5.4).
func (m *message) keyExchange() {
	if m.at >= len(m.b) || m.b[m.at] != 3 {
		return
	}
	m.keep(3)
	key, whole := m.vector(1)
	m.hide("key", key, whole)
	if m.f.version >= 0x0303 {
		m.keep(2)
	}
}
