package prelude

import "encoding/binary"

// RADIUSPacket is a packet of RADIUS (RFC 2865) as far as EAP goes (RFC 3579).
type RADIUSPacket struct {
	Code       uint8 // 1 Access-Request, 2 Access-Accept, 3 Access-Reject, 11 Access-Challenge
	Identifier uint8
	EAP        []byte // of all EAP-Message attributes; nil without
	State      []byte // ties the requests of one authentication together; aliases the packet
	FramedMTU  int    // 0 without
	signed     bool   // it has a Message-Authenticator
}

// Name is the code's in RFC 2865.
func (p RADIUSPacket) Name() string {
	switch p.Code {
	case 1:
		return "Access-Request"
	case 2:
		return "Access-Accept"
	case 3:
		return "Access-Reject"
	case 4:
		return "Accounting-Request"
	case 5:
		return "Accounting-Response"
	case 11:
		return "Access-Challenge"
	}
	return "unknown"
}

// LooksLikeRADIUS reports whether a datagram is a packet of RADIUS that carries
// EAP: it has the length that it names, and a Message-Authenticator, as all of
// them must (RFC 3579, Section 3.2).
func LooksLikeRADIUS(b []byte) bool {
	p, ok := ParseRADIUS(b)
	if !ok || len(p.EAP) < 4 || !p.signed || p.EAP[0] < EAPRequest || p.EAP[0] > EAPFailure {
		return false
	}
	return int(binary.BigEndian.Uint16(b[2:])) == len(b) && int(binary.BigEndian.Uint16(p.EAP[2:])) == len(p.EAP) &&
		(p.Code <= 3 || p.Code == 11)
}

// ParseRADIUS reads a packet. ok is false when it is none; attributes after a
// malformed one are left out.
func ParseRADIUS(b []byte) (p RADIUSPacket, ok bool) {
	if len(b) < 20 {
		return p, false
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length < 20 || length > 4096 || b[0] == 0 || b[0] > 50 {
		return p, false
	}
	p.Code, p.Identifier = b[0], b[1]
	b = b[20:min(length, len(b))] // may be cut by the capture
	for len(b) >= 2 && b[1] >= 2 && int(b[1]) <= len(b) {
		value := b[2:b[1]]
		switch b[0] {
		case 12:
			if len(value) == 4 {
				p.FramedMTU = int(binary.BigEndian.Uint32(value))
			}
		case 24:
			p.State = value
		case 79:
			p.EAP = append(p.EAP, value...)
		case 80:
			p.signed = len(value) == 16
		}
		b = b[b[1]:]
	}
	return p, true
}
