package extract

import "encoding/binary"

// datagram keeps what is known of the DTLS in a UDP payload (RFC 6347, Section
// 4.1): records in the clear, with messages that are not fragmented.
func (d *Redaction) datagram(b []byte, whole bool) int {
	f := &tlsFlow{d: d}
	for at := 0; ; {
		rest := b[at:]
		if len(rest) < 13 || rest[0] < 20 || rest[0] > 23 || rest[1] != 0xfe || rest[2] != 0xff && rest[2] != 0xfd {
			return at
		}
		n := int(binary.BigEndian.Uint16(rest[11:]))
		epoch := binary.BigEndian.Uint16(rest[3:])
		if !whole || 13+n > len(rest) {
			return at
		}
		body := rest[13 : 13+n]
		switch {
		case epoch != 0, rest[0] == 23, rest[0] == 21 && n != 2, rest[0] == 20 && n != 1:
			return at + 13
		case rest[0] == 22:
			f.dtlsMessages(body)
		}
		at += 13 + n
	}
}

// dtlsMessages rewrites handshake messages (RFC 6347, Section 4.2.2).
func (f *tlsFlow) dtlsMessages(b []byte) {
	for len(b) >= 12 {
		length, offset, n := uint24(b[1:]), uint24(b[6:]), uint24(b[9:])
		if n > len(b)-12 {
			break
		}
		body := b[12 : 12+n]
		if offset == 0 && n == length {
			m := message{f: f, b: append([]byte{b[0], b[1], b[2], b[3]}, body...), dtls: true}
			m.rewrite()
			copy(body, m.b[4:])
		} else {
			clear(body)
		}
		b = b[12+n:]
	}
	clear(b)
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
