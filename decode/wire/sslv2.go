package wire

import "encoding/binary"

// SSL 2.0 message types.
const (
	sslv2Error           = 0
	sslv2ClientHello     = 1
	sslv2ClientMasterKey = 2
	sslv2ServerHello     = 4
)

// ParseSSLv2Header reads the header of an SSL 2.0 record: how long the header
// is (2 or 3 bytes) and the record after it, padding included. False when b is
// too short to tell.
func ParseSSLv2Header(b []byte) (header, length int, ok bool) {
	if len(b) < 3 {
		return 0, 0, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if n&0x8000 != 0 {
		return 2, n & 0x7fff, true
	}
	return 3, n & 0x3fff, true
}

// LooksLikeSSLv2Hello reports whether b begins with a ClientHello of SSL 2.0
// format, with its two-byte record header (RFC 5246, Appendix E.2). Eleven
// bytes must be there; the lengths in them have to agree.
func LooksLikeSSLv2Hello(b []byte) bool {
	if len(b) < 11 || b[0]&0x80 == 0 || b[2] != sslv2ClientHello {
		return false
	}
	version := Version(binary.BigEndian.Uint16(b[3:]))
	if version != SSL20 && version>>8 != 3 {
		return false
	}
	length := int(b[0]&0x7f)<<8 | int(b[1])
	kinds, session, challenge := int(binary.BigEndian.Uint16(b[5:])), int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[9:]))
	return kinds > 0 && kinds%3 == 0 && session <= 32 && challenge >= 8 && challenge <= 64 && length == 9+kinds+session+challenge
}

// ParseSSLv2ClientHello reads a ClientHello of SSL 2.0 format, from its message
// type on: the record header has been taken off (RFC 5246, Appendix E.2).
// CipherSuites has the kinds that stand for suites of SSL 3.0 and later; the
// challenge is Random.
func ParseSSLv2ClientHello(body []byte) (ClientHello, *Malformed) {
	t := trouble{message: "ClientHello"}
	r := newReader(&t, body)
	h := ClientHello{Length: len(body), SessionTicket: -1, SSLv2: true}
	r.sslv2Type(sslv2ClientHello)
	h.LegacyVersion = Version(r.uint16("version"))
	kinds, session, challenge := r.uint("cipher_spec_length", 2), r.uint("session_id_length", 2), r.uint("challenge_length", 2)
	h.SSLv2CipherKinds = r.sslv2Ciphers(kinds)
	h.SessionID = r.take("session_id", session)
	h.Random = r.take("challenge", challenge)
	for _, kind := range h.SSLv2CipherKinds {
		if suite, ok := kind.Suite(); ok {
			h.CipherSuites = append(h.CipherSuites, suite)
			h.RenegotiationInfo = h.RenegotiationInfo || suite == EmptyRenegotiationInfoSCSV
		}
	}
	r.end("end")
	return h, t.first
}

// ParseSSLv2ServerHello reads a ServerHello of SSL 2.0, from its message type
// on. The connection id is Random, the kinds are what both sides have in common.
func ParseSSLv2ServerHello(body []byte) (ServerHello, *Malformed) {
	t := trouble{message: "ServerHello"}
	r := newReader(&t, body)
	h := ServerHello{Length: len(body), SelectedPSK: -1, SSLv2: true}
	r.sslv2Type(sslv2ServerHello)
	r.uint8("session_id_hit")
	r.uint8("certificate_type")
	h.LegacyVersion = Version(r.uint16("version"))
	h.Version = h.LegacyVersion
	certificate, kinds, id := r.uint("certificate_length", 2), r.uint("cipher_specs_length", 2), r.uint("connection_id_length", 2)
	h.SSLv2Certificate = r.take("certificate", certificate)
	h.SSLv2CipherKinds = r.sslv2Ciphers(kinds)
	h.Random = r.take("connection_id", id)
	r.end("end")
	return h, t.first
}

// ParseSSLv2Error reads an error of SSL 2.0, from its message type on: 1 no
// cipher, 2 no certificate, 4 bad certificate, 6 unsupported certificate type.
func ParseSSLv2Error(body []byte) (code int, ok bool) {
	if len(body) != 3 || body[0] != sslv2Error {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(body[1:])), true
}

func (r *reader) sslv2Type(want uint8) {
	if typ := r.uint8("msg_type"); !r.dead && typ != want {
		r.wrong("msg_type", 0, 0, "type %d instead of %d", typ, want)
	}
}

// sslv2Ciphers reads kinds, as many as n bytes hold; when fewer bytes are
// there, as many as are whole.
func (r *reader) sslv2Ciphers(n int) []SSLv2Cipher {
	const field = "cipher_specs"
	if r.dead {
		return nil
	}
	have, start := r.b[:min(n, len(r.b))], r.pos
	r.take(field, n)
	if n%3 != 0 {
		kinds := reader{t: r.t}
		kinds.wrong(field, start, 0, "length %d is no multiple of 3", n)
	}
	if len(have) < 3 {
		return nil
	}
	kinds := make([]SSLv2Cipher, len(have)/3)
	for i := range kinds {
		kinds[i] = SSLv2Cipher(uint24(have[3*i:]))
	}
	return kinds
}
