package packet

import (
	"encoding/binary"

	"tlswhy/decode/capture"
)

// common reads by offset what most packets are: TCP over IPv4 without options
// or IPv6 without extension headers, in an Ethernet frame without tags, with
// every length in order. It sets all fields that such a segment has and clears
// the others; when it reports false nothing was set, and the parser reads the
// frame layer by layer, with the same result.
func (s *Segment) common(pkt *capture.Packet) bool {
	b := pkt.Data
	if len(b) < 54 || pkt.Length < len(b) {
		return false
	}
	ip, w := 14, 0 // start of the IP header; length of the TCP segment
	switch kind := binary.BigEndian.Uint16(b[12:]); {
	case kind == typeIPv4 && b[14] == 0x45 && b[23] == protoTCP && be16(b[20:])&0x3fff == 0:
		w = be16(b[16:]) - 20
		ip += 20
	case kind == typeIPv6 && len(b) >= 74 && b[14]>>4 == 6 && b[20] == protoTCP && be16(b[18:]) != 0:
		w = be16(b[18:])
		ip += 40
	default:
		return false
	}
	t := b[ip:]
	n := int(t[12]>>4) * 4
	if n < 20 || n > w || n > len(t) || w > pkt.Length-ip {
		return false
	}
	if len(t) > w {
		t = t[:w]
	}
	s.Frame, s.FirstFrame, s.Time, s.Interface = pkt.Number, pkt.Number, pkt.Time, pkt.Interface
	if ip == 34 {
		s.Src.set4(b[26:30])
		s.Dst.set4(b[30:34])
		s.IPv6, s.TTL, s.IPID, s.HasIPID = false, b[22], binary.BigEndian.Uint16(b[18:]), true
	} else {
		s.Src, s.Dst = Addr(b[22:38]), Addr(b[38:54])
		s.IPv6, s.TTL, s.IPID, s.HasIPID = true, b[21], 0, false
	}
	s.Proto, s.Quoted = TCP, None
	s.SrcPort, s.DstPort = binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])
	s.Seq, s.Ack = be32(t[4:]), be32(t[8:])
	s.Flags, s.Window = t[13], binary.BigEndian.Uint16(t[14:])
	s.Options, s.Payload, s.Length = t[20:n:n], t[n:], w-n
	if s.rare {
		s.clearRare()
	}
	return true
}

// clearRare clears what only packets of other kinds have.
func (s *Segment) clearRare() {
	s.ICMPType, s.ICMPCode, s.MTU, s.Reporter, s.QuotedLength = 0, 0, 0, Addr{}, 0
	s.Incomplete, s.Around, s.Tunnel, s.rare = false, nil, "", false
}
