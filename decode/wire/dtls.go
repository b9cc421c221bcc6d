package wire

import "encoding/binary"

// DTLSRecordHeaderLen is the length of the header of DTLS 1.2 and before,
// without a connection id, in bytes (RFC 6347, Section 4.1).
const DTLSRecordHeaderLen = 13

// DTLSHeader is the header of a DTLS record.
type DTLSHeader struct {
	ContentType ContentType // 0 with the unified header, which protects it
	Version     Version     // 0 with the unified header
	Epoch       uint16      // its two low bits with the unified header
	Sequence    uint64      // as sent: with the unified header encrypted and 8 or 16 bits
	CID         []byte      // connection id; aliases the datagram
	Unified     bool        // RFC 9147, Section 4
	HeaderLen   int         // bytes before the fragment
	Length      int         // of the fragment, in bytes, as the header says; the rest of the datagram when it does not
}

// ParseDTLSHeader reads the header of the record at the start of b, which
// reaches to the end of the datagram. cidLen is the length of the connection
// ids that the receiver asked for (RFC 9146), -1 when it is not known: a
// record of content type 25 and a unified header with a CID are refused then.
// False when b is no record; whether the fragment is all there is for the
// caller to see.
func ParseDTLSHeader(b []byte, cidLen int) (DTLSHeader, bool) {
	if len(b) > 0 && b[0]>>5 == 1 {
		return parseUnifiedHeader(b, cidLen)
	}
	if len(b) < DTLSRecordHeaderLen || !ContentType(b[0]).inDatagram() {
		return DTLSHeader{}, false
	}
	h := DTLSHeader{
		ContentType: ContentType(b[0]),
		Version:     Version(binary.BigEndian.Uint16(b[1:])),
		Epoch:       binary.BigEndian.Uint16(b[3:]),
		Sequence:    binary.BigEndian.Uint64(b[3:]) & (1<<48 - 1),
		HeaderLen:   DTLSRecordHeaderLen,
	}
	if !h.Version.inDatagram() {
		return DTLSHeader{}, false
	}
	at := 11
	if h.ContentType == TypeTLS12CID { // RFC 9146, Section 4
		if cidLen < 0 || len(b) < DTLSRecordHeaderLen+cidLen {
			return DTLSHeader{}, false
		}
		h.CID = b[at : at+cidLen : at+cidLen]
		at, h.HeaderLen = at+cidLen, h.HeaderLen+cidLen
	}
	h.Length = int(binary.BigEndian.Uint16(b[at:]))
	return h, h.Length <= MaxRecordLength
}

// parseUnifiedHeader is 001CSLEE, RFC 9147, Section 4.
func parseUnifiedHeader(b []byte, cidLen int) (DTLSHeader, bool) {
	h := DTLSHeader{Unified: true, Epoch: uint16(b[0] & 3), HeaderLen: 1}
	t := trouble{}
	r := newReader(&t, b[1:])
	if b[0]&0x10 != 0 {
		if cidLen < 0 {
			return DTLSHeader{}, false
		}
		h.CID = r.take("connection_id", cidLen)
	}
	h.Sequence = uint64(r.uint("sequence_number", 1+int(b[0]>>3&1)))
	if b[0]&0x04 != 0 {
		h.Length = r.uint("length", 2)
	} else {
		h.Length = len(r.b)
	}
	h.HeaderLen += r.pos
	return h, !r.dead && h.Length <= MaxRecordLength
}

func (t ContentType) inDatagram() bool { return t >= TypeChangeCipherSpec && t <= TypeACK }

func (v Version) inDatagram() bool {
	return v == DTLS10 || v == DTLS12 || v == DTLS13 || v == DTLSCisco
}

// LooksLikeDTLS reports whether a datagram begins with a record of DTLS 1.2 or
// before, or with one of DTLS 1.3 in the clear: a known type and version, and
// a length that the datagram can hold. A unified header is too short to tell
// by itself.
func LooksLikeDTLS(b []byte) bool {
	h, ok := ParseDTLSHeader(b, -1)
	if !ok || h.Unified || h.Length == 0 || h.Length > len(b)-h.HeaderLen {
		return false
	}
	if h.ContentType == TypeHandshake && h.Epoch == 0 {
		m, ok := ParseDTLSHandshakeHeader(b[h.HeaderLen:])
		return ok && m.Type.Known() && m.Plausible()
	}
	return true
}

// DTLSHandshakeHeaderLen is the length of a handshake header in DTLS, in bytes.
const DTLSHandshakeHeaderLen = 12

// DTLSHandshakeHeader is the header of a fragment of a handshake message
// (RFC 6347, Section 4.2.2).
type DTLSHandshakeHeader struct {
	Type           HandshakeType
	Length         int    // of the whole message body, in bytes
	Sequence       uint16 // message_seq
	FragmentOffset int
	FragmentLength int
}

// ParseDTLSHandshakeHeader reads the header at the start of b; false when
// fewer than DTLSHandshakeHeaderLen bytes are there. It judges nothing.
func ParseDTLSHandshakeHeader(b []byte) (DTLSHandshakeHeader, bool) {
	if len(b) < DTLSHandshakeHeaderLen {
		return DTLSHandshakeHeader{}, false
	}
	return DTLSHandshakeHeader{
		Type:           HandshakeType(b[0]),
		Length:         uint24(b[1:]),
		Sequence:       binary.BigEndian.Uint16(b[4:]),
		FragmentOffset: uint24(b[6:]),
		FragmentLength: uint24(b[9:]),
	}, true
}

// Plausible reports whether the fragment lies within its message.
func (h DTLSHandshakeHeader) Plausible() bool {
	return h.FragmentOffset+h.FragmentLength <= h.Length && (h.FragmentLength > 0 || h.Length == 0)
}
