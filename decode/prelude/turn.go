package prelude

import "encoding/binary"

// stunCookie is RFC 8489, Section 5.
const stunCookie = 0x2112a442

// IsSTUN reports whether a datagram is a STUN message.
func IsSTUN(b []byte) bool {
	return len(b) >= 20 && b[0]&0xc0 == 0 && binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:]))&3 == 0
}

// TURN cuts out what a TURN client and its relay wrap: the data of a
// ChannelData message (RFC 8656, Section 12.4) or of a Send or Data indication
// (Section 11). inner aliases b.
func TURN(b []byte) (inner []byte, ok bool) {
	if IsSTUN(b) {
		return indication(b)
	}
	if len(b) < 4 || b[0]&0xc0 != 0x40 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if rest := len(b) - 4 - n; n == 0 || rest < 0 || rest > 3 { // padded to four bytes on TCP
		return nil, false
	}
	return b[4 : 4+n], true
}

// indication finds the attribute DATA.
func indication(b []byte) ([]byte, bool) {
	if kind := binary.BigEndian.Uint16(b); kind != 0x0016 && kind != 0x0017 {
		return nil, false
	}
	for b = b[20:]; len(b) >= 4; {
		kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if 4+n > len(b) {
			return nil, false
		}
		if kind == 0x0013 {
			return b[4 : 4+n], n > 0
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
	return nil, false
}
