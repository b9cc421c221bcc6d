package packet

// Numbers of IP protocols and IPv6 extension headers (IANA, "Assigned
// Internet Protocol Numbers").
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoESP         = 50
	protoAH          = 51
	protoICMPv6      = 58
	protoDestination = 60
	protoIPIP        = 94
	protoEtherIP     = 97
	protoMobility    = 135
	protoMPLS        = 137
	protoHIP         = 139
	protoShim6       = 140
)

// ipAny reads an IP packet of either version.
func (p *Parser) ipAny(s *Segment, b []byte, w int) Result {
	if len(b) == 0 {
		return Malformed
	}
	switch b[0] >> 4 {
	case 4:
		return p.ipv4(s, b, w)
	case 6:
		return p.ipv6(s, b, w)
	}
	return NotIP
}

// ipv4: RFC 791, Section 3.1. A total length of zero comes from segmentation
// offload: the frame's own length counts. It counts as well when the packet
// claims more than there was on the wire.
func (p *Parser) ipv4(s *Segment, b []byte, w int) Result {
	if len(b) < 20 || b[0]>>4 != 4 {
		return Malformed
	}
	n, total := int(b[0]&15)*4, be16(b[2:])
	if total == 0 || total > w {
		total = w
	}
	b = clip(b, total)
	if n < 20 || n > len(b) {
		return Malformed
	}
	s.Src.set4(b[12:16])
	s.Dst.set4(b[16:20])
	s.IPv6, s.TTL, s.IPID, s.HasIPID = false, b[8], uint16(be16(b[4:])), true
	if be16(b[6:])&0x3fff != 0 {
		return p.fragment4(s, b, n, total)
	}
	return p.transport(s, b[9], b[n:], total-n)
}

// fragment4: RFC 791, Section 3.1; n is the length of the header.
func (p *Parser) fragment4(s *Segment, b []byte, n, total int) Result {
	field := be16(b[6:])
	f := fragment{off: field & 0x1fff * 8, more: field&0x2000 != 0, proto: b[9]}
	f.key = fragKey{src: s.Src, dst: s.Dst, id: uint32(s.IPID), proto: b[9]}
	return p.fragment(s, f, b[n:], total-n)
}

// ipv6: RFC 8200, Section 3. A payload length of zero comes from segmentation
// offload or is that of a jumbogram (RFC 2675, Section 2).
func (p *Parser) ipv6(s *Segment, b []byte, w int) Result {
	if len(b) < 40 || b[0]>>4 != 6 {
		return Malformed
	}
	if n := be16(b[4:]); n != 0 {
		w = min(w, 40+n)
		b = clip(b, w)
	}
	s.Src, s.Dst, s.IPv6 = Addr(b[8:24]), Addr(b[24:40]), true
	s.TTL, s.IPID, s.HasIPID = b[7], 0, false
	return p.transport(s, b[6], b[40:], w-40)
}

// transport reads what an IP header of either version is followed by.
func (p *Parser) transport(s *Segment, proto uint8, b []byte, w int) Result {
	switch proto {
	case protoTCP:
		return p.tcp(s, b, w)
	case protoUDP:
		return p.udp(s, b, w)
	}
	return p.headers(s, proto, b, w)
}

// headers reads extension headers, then a transport protocol or a tunnel.
func (p *Parser) headers(s *Segment, proto uint8, b []byte, w int) Result {
	for range maxHeaders {
		n := 0
		switch proto {
		case protoTCP:
			return p.tcp(s, b, w)
		case protoUDP:
			return p.udp(s, b, w)
		case protoHopByHop, protoRouting, protoDestination, protoMobility, protoHIP, protoShim6, protoAH:
			if n = extensionLength(proto, b); n == 0 {
				return Malformed
			}
			if proto == protoRouting {
				s.routing(b[:n])
			}
		case protoFragment:
			f, ok := s.fragment6(b)
			if !ok {
				return Malformed
			}
			if f.off != 0 || f.more {
				return p.fragment(s, f, b[8:], w-8)
			}
			n = 8 // an atomic fragment: RFC 6946
		default:
			return p.inner(s, proto, b, w)
		}
		proto, b, w = b[0], b[n:], w-n
	}
	return Malformed
}

// extensionLength is the length in bytes of the IPv6 extension header (RFC
// 8200, Section 4) or authentication header (RFC 4302, Section 2.2) at the
// start of b, or 0 if it is not all there.
func extensionLength(proto uint8, b []byte) int {
	if len(b) < 8 {
		return 0
	}
	n := 8 + 8*int(b[1])
	if proto == protoAH {
		n = 8 + 4*int(b[1])
	}
	if n > len(b) {
		return 0
	}
	return n
}

// routing takes the final destination from a routing header that is still
// under way: it is what the transport's checksum and the answers have. Types
// 0 (RFC 2460, Section 4.4), 2 (RFC 6275, Section 6.4) and 4 (RFC 8754,
// Section 2). The unspecified address is none (RFC 4291, Section 2.5.2).
func (s *Segment) routing(b []byte) {
	if b[3] == 0 || len(b) < 24 {
		return
	}
	at := 8 // type 4 lists the last segment first
	switch b[2] {
	case 0, 2:
		at = 8 + ((len(b)-8)/16-1)*16
	case 4:
	default:
		return
	}
	if final := Addr(b[at : at+16]); final != (Addr{}) {
		s.Dst = final
	}
}

// fragment6: RFC 8200, Section 4.5.
func (s *Segment) fragment6(b []byte) (f fragment, ok bool) {
	if len(b) < 8 {
		return f, false
	}
	field := be16(b[2:])
	f = fragment{off: field &^ 7, more: field&1 != 0, proto: b[0]}
	f.key = fragKey{src: s.Src, dst: s.Dst, id: be32(b[4:]), v6: true}
	return f, true
}

// inner reads what is neither TCP nor UDP.
func (p *Parser) inner(s *Segment, proto uint8, b []byte, w int) Result {
	switch proto {
	case protoICMP, protoICMPv6:
		return s.icmp(proto, b)
	case protoIPv4, protoIPIP:
		return p.ipInIP(s, b, w, false)
	case protoIPv6:
		return p.ipInIP(s, b, w, true)
	case protoGRE:
		return p.gre(s, b, w)
	case protoMPLS:
		return p.mpls(s, b, w)
	case protoEtherIP:
		return p.etherIP(s, b, w)
	case protoESP:
		return Encrypted
	}
	return NotIP
}

// ipInIP: RFC 2003 (4in4), RFC 4213 (6in4), RFC 2473 (4in6 and 6in6).
func (p *Parser) ipInIP(s *Segment, b []byte, w int, v6 bool) Result {
	names := [4]string{"ipip", "6in4", "4in6", "6in6"}
	i := 0
	if v6 {
		i++
	}
	if s.IPv6 {
		i += 2
	}
	if p.tunnel(s, names[i]) {
		return NotIP
	}
	if v6 {
		return p.ipv6(s, b, w)
	}
	return p.ipv4(s, b, w)
}
