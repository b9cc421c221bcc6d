package prelude

import "encoding/binary"

// EAP codes (RFC 3748, Section 4).
const (
	EAPRequest  = 1
	EAPResponse = 2
	EAPSuccess  = 3
	EAPFailure  = 4
)

// EAP follows one authentication: it takes EAP packets in order, from EAPOL
// or from RADIUS, and yields the TLS bytes of EAP-TLS (RFC 5216, RFC 9190),
// EAP-TTLS (RFC 5281), PEAP, EAP-FAST (RFC 4851) and TEAP (RFC 7170). The
// authenticator is Server and the supplicant Client.
type EAP struct {
	sides [2]eapSide
}

// eapSide is what one side has sent of the message at hand.
type eapSide struct {
	seen   bool
	last   [10]byte // header of the last packet, to know a repetition
	want   int64    // length of the message, 0 when not told
	have   int64
	middle bool // more fragments follow
}

// EAPPacket is one packet of EAP. TLS aliases what was given to Feed.
type EAPPacket struct {
	From       Side
	Code       uint8 // EAPRequest …
	Identifier uint8
	Method     string // "EAP-TLS", "PEAP" …; "Identity", "Nak"; empty for Success and Failure
	Start      bool   // the server begins the method
	More       bool   // fragments follow
	Repeated   bool   // sent again: TLS is empty
	First      bool   // TLS begins a message
	Lost       bool   // a fragment before this one is not in the capture
	Missing    int64  // bytes of the message that never came; known with its last fragment
	TLS        []byte
}

// Feed takes one EAP packet. ok is false when it is none.
func (e *EAP) Feed(b []byte) (p EAPPacket, ok bool) {
	if len(b) < 4 || b[0] < EAPRequest || b[0] > EAPFailure {
		return p, false
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length < 4 || length > len(b) {
		return p, false
	}
	b = b[:length]
	p.Code, p.Identifier = b[0], b[1]
	if p.Code != EAPResponse {
		p.From = Server
	}
	if length < 5 || p.Code > EAPResponse {
		return p, true
	}
	p.Method = eapMethod(b[4])
	if length < 6 || !carriesTLS(b[4]) {
		return p, true
	}
	s := &e.sides[p.From]
	var header [10]byte
	copy(header[:], b)
	if s.seen && s.last == header {
		p.Repeated = true
		return p, true
	}
	p.Lost = s.seen && s.middle && b[1] != s.last[1]+1
	s.seen, s.last = true, header
	if b[5]&0x20 != 0 && p.From == Server { // Start
		e.sides[Client].middle, e.sides[Server].middle = false, false
	}
	s.fragment(&p, b[5], b[6:])
	return p, true
}

// fragment is RFC 5216, Section 3.1: flags, a length with the first
// fragment, data.
func (s *eapSide) fragment(p *EAPPacket, flags byte, b []byte) {
	p.Start, p.More = flags&0x20 != 0, flags&0x40 != 0
	told := int64(0)
	if flags&0x80 != 0 && len(b) >= 4 {
		told, b = int64(binary.BigEndian.Uint32(b)), b[4:]
	}
	if flags&0x10 != 0 && len(b) >= 4 && p.Method == "TEAP" { // length of outer TLVs
		outer := int64(binary.BigEndian.Uint32(b))
		b = b[4:]
		b = b[:max(0, int64(len(b))-outer)]
	}
	if p.Start || len(b) == 0 { // Start, or an acknowledgement
		return
	}
	if p.First = !s.middle; p.First {
		s.have, s.want = 0, 0
	}
	if told > 0 {
		s.want = told
	}
	s.have += int64(len(b))
	s.middle = p.More
	if !p.More && s.want > s.have {
		p.Missing = s.want - s.have
	}
	p.TLS = b
}

// carriesTLS reports whether a method has the format of EAP-TLS.
func carriesTLS(method byte) bool {
	switch method {
	case 13, 21, 25, 43, 55:
		return true
	}
	return false
}

// eapMethod is IANA's registry of EAP method types, in part.
func eapMethod(t byte) string {
	switch t {
	case 1:
		return "Identity"
	case 2:
		return "Notification"
	case 3:
		return "Nak"
	case 4:
		return "MD5-Challenge"
	case 13:
		return "EAP-TLS"
	case 18:
		return "EAP-SIM"
	case 21:
		return "EAP-TTLS"
	case 23:
		return "EAP-AKA"
	case 25:
		return "PEAP"
	case 26:
		return "MS-EAP-Authentication"
	case 43:
		return "EAP-FAST"
	case 50:
		return "EAP-AKA'"
	case 52:
		return "EAP-PWD"
	case 55:
		return "TEAP"
	}
	return "unknown"
}

// ParseEAPOL cuts an EAPOL frame, what follows the EtherType 0x888e (IEEE
// 802.1X, Section 11.3). The packet is empty unless it carries EAP.
func ParseEAPOL(b []byte) (kind uint8, packet []byte, ok bool) {
	if len(b) < 4 || b[0] == 0 || b[0] > 3 {
		return 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if b[1] != 0 {
		return b[1], nil, true
	}
	return 0, b[4:min(len(b), 4+n)], true
}
