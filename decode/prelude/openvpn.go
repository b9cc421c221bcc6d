package prelude

import "encoding/binary"

// Opcodes of OpenVPN packets, in the upper five bits of the first byte.
const (
	opHardResetClientV1 = 1
	opHardResetServerV1 = 2
	opSoftReset         = 3
	opControl           = 4
	opAck               = 5
	opDataV1            = 6
	opHardResetClientV2 = 7
	opHardResetServerV2 = 8
	opDataV2            = 9
	opHardResetClientV3 = 10
	opControlWrapped    = 11
)

// OpenVPN reads the control channel of one OpenVPN session: the TLS bytes of
// each side in order, if they are not encrypted again (tls-crypt).
type OpenVPN struct {
	known  bool
	hidden bool
	hmac   int // bytes of HMAC, packet id and time before the control fields; 0 without tls-auth
	sides  [2]openVPNSide
}

type openVPNSide struct {
	next    uint32            // message packet id that is wanted next
	waiting map[uint32][]byte // later ones, at most maxWaiting
}

// maxWaiting bounds packets that wait for an earlier one: OpenVPN sends at most a window of 12.
const maxWaiting = 16

// OpenVPNPacket is one packet of OpenVPN.
type OpenVPNPacket struct {
	Opcode   uint8
	Name     string // "P_CONTROL_V1"
	Control  bool   // carries TLS
	Reset    bool   // begins a session or new keys
	Hidden   bool   // the control channel is encrypted: first packet that shows it
	Repeated bool   // its message was seen before
	ID       uint32 // message packet id of control packets and resets
	TLS      [][]byte
}

// Feed takes one packet, a UDP payload or what stands behind the length in
// TCP. Name is empty when it is no OpenVPN packet. TLS holds the bytes that
// are now in order; they may alias packet.
func (o *OpenVPN) Feed(from Side, packet []byte) OpenVPNPacket {
	p := OpenVPNPacket{}
	if len(packet) == 0 {
		return p
	}
	p.Opcode = packet[0] >> 3
	p.Name = openVPNName(p.Opcode)
	p.Reset = p.Opcode <= opSoftReset && p.Opcode > 0 || p.Opcode == opHardResetClientV2 ||
		p.Opcode == opHardResetServerV2 || p.Opcode == opHardResetClientV3
	p.Control = p.Opcode == opControl || p.Opcode == opControlWrapped
	if !p.Reset && !p.Control || o.hidden {
		return p
	}
	if !o.known && !o.learn(packet, p) {
		o.hidden, p.Hidden = true, true
		return p
	}
	id, payload, ok := controlPayload(packet, o.hmac)
	if !ok {
		return p
	}
	p.ID = id
	if p.Reset && p.Opcode != opSoftReset && id == 0 {
		o.sides[from&1] = openVPNSide{}
	}
	p.TLS, p.Repeated = o.sides[from&1].order(id, payload)
	return p
}

// learn finds out how long the authentication before the control fields is.
func (o *OpenVPN) learn(packet []byte, p OpenVPNPacket) bool {
	if p.Reset {
		n, ok := resetHMAC(packet)
		o.hmac, o.known = n, ok
		return ok
	}
	for _, n := range hmacSizes {
		_, payload, ok := controlPayload(packet, n)
		if ok && len(payload) > 5 && payload[0] == 0x16 && payload[1] == 3 && payload[2] <= 4 {
			o.hmac, o.known = n, true
			return true
		}
	}
	return false
}

// LooksLikeOpenVPN reports whether a datagram begins an OpenVPN session: the
// hard reset of a client, authenticated, encrypted or neither.
func LooksLikeOpenVPN(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	switch b[0] {
	case opHardResetClientV1 << 3, opHardResetClientV2 << 3:
		_, ok := resetHMAC(b)
		return ok || len(b) == 9+8+32+5 && looksTLSCrypt(b)
	case opHardResetClientV3 << 3:
		return looksTLSCrypt(b)
	}
	return false
}

// hmacSizes are those of no authentication, then of MD5, SHA-1, SHA-224,
// SHA-256, SHA-384 and SHA-512 with a packet id and a time.
var hmacSizes = [...]int{0, 16 + 8, 20 + 8, 28 + 8, 32 + 8, 48 + 8, 64 + 8}

// resetHMAC tells the same from a hard reset, which has no payload and the
// message packet id 0.
func resetHMAC(b []byte) (int, bool) {
	for _, n := range hmacSizes {
		id, payload, ok := controlPayload(b, n)
		if !ok || id != 0 || len(payload) != 0 || b[9+n] > 1 {
			continue
		}
		if n == 0 || binary.BigEndian.Uint32(b[9+n-8:]) > 0 && binary.BigEndian.Uint32(b[9+n-8:]) < 1<<16 {
			return n, true
		}
	}
	return 0, false
}

// looksTLSCrypt reports whether a packet id of a new session stands where
// tls-crypt has it; 0x0f begins it when the client knows of early negotiation.
func looksTLSCrypt(b []byte) bool {
	return len(b) >= 9+8+32+5 && (b[9] == 0 || b[9] == 0x0f) && b[10] == 0 && b[11] == 0 && b[12] > 0
}

// controlPayload cuts a control packet: opcode, session id, authentication,
// acknowledgements with the peer's session id, message packet id, payload.
func controlPayload(b []byte, auth int) (id uint32, payload []byte, ok bool) {
	at := 1 + 8 + auth
	if len(b) < at+1 || b[at] > 8 {
		return 0, nil, false
	}
	acks := int(b[at])
	at++
	if acks > 0 {
		at += 4*acks + 8
	}
	if len(b) < at+4 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint32(b[at:]), b[at+4:], true
}

// order hands on payloads by their message packet id.
func (s *openVPNSide) order(id uint32, payload []byte) (ready [][]byte, repeated bool) {
	switch {
	case id < s.next || s.waiting[id] != nil:
		return nil, true
	case id != s.next:
		if s.waiting == nil {
			s.waiting = make(map[uint32][]byte)
		}
		if len(s.waiting) < maxWaiting {
			s.waiting[id] = append(make([]byte, 0, len(payload)), payload...)
		}
		return nil, false
	}
	for {
		if len(payload) > 0 {
			ready = append(ready, payload)
		}
		s.next++
		next, ok := s.waiting[s.next]
		if !ok {
			return ready, false
		}
		delete(s.waiting, s.next)
		payload = next
	}
}

func openVPNName(op uint8) string {
	switch op {
	case opHardResetClientV1:
		return "P_CONTROL_HARD_RESET_CLIENT_V1"
	case opHardResetServerV1:
		return "P_CONTROL_HARD_RESET_SERVER_V1"
	case opSoftReset:
		return "P_CONTROL_SOFT_RESET_V1"
	case opControl:
		return "P_CONTROL_V1"
	case opAck:
		return "P_ACK_V1"
	case opDataV1:
		return "P_DATA_V1"
	case opHardResetClientV2:
		return "P_CONTROL_HARD_RESET_CLIENT_V2"
	case opHardResetServerV2:
		return "P_CONTROL_HARD_RESET_SERVER_V2"
	case opDataV2:
		return "P_DATA_V2"
	case opHardResetClientV3:
		return "P_CONTROL_HARD_RESET_CLIENT_V3"
	case opControlWrapped:
		return "P_CONTROL_WKC_V1"
	}
	return ""
}
