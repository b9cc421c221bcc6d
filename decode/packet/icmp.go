package packet

// icmp reads the errors of ICMP (RFC 792; RFC 1191, Section 4) and ICMPv6
// (RFC 4443, Section 3) that quote a TCP or UDP packet. Src, Dst, ports and
// Seq become those of the quoted packet, TTL and IPID stay those of the error.
func (s *Segment) icmp(proto uint8, b []byte) Result {
	if len(b) < 8 {
		return Malformed
	}
	if proto == protoICMPv6 != s.IPv6 {
		return NotIP
	}
	kind, code := b[0], b[1]
	switch {
	case proto == protoICMP && kind == 3 && code == 4:
		s.MTU = be16(b[6:])
	case proto == protoICMPv6 && kind == 2:
		s.MTU = int(min(be32(b[4:]), 1<<30))
	case proto == protoICMP && (kind == 3 || kind == 11 || kind == 12):
	case proto == protoICMPv6 && kind >= 1 && kind <= 4:
	default:
		return NotIP
	}
	reporter := s.Src
	if r := s.quote(b[8:]); r != OK {
		return r
	}
	s.Proto, s.Reporter = ICMP, reporter
	s.ICMPType, s.ICMPCode = kind, code
	return OK
}

// quote reads the quoted packet's addresses and finds its transport header.
func (s *Segment) quote(b []byte) Result {
	if len(b) < 20 {
		return Malformed
	}
	switch b[0] >> 4 {
	case 4:
		n := int(b[0]&15) * 4
		if n < 20 || n > len(b) {
			return Malformed
		}
		if be16(b[6:])&0x1fff != 0 {
			return NotIP // a later fragment: no ports
		}
		s.Src.set4(b[12:])
		s.Dst.set4(b[16:])
		s.IPv6 = false
		s.QuotedLength = be16(b[2:])
		return s.quoteTransport(b[9], b[n:])
	case 6:
		if len(b) < 40 {
			return Malformed
		}
		s.Src, s.Dst, s.IPv6 = Addr(b[8:24]), Addr(b[24:40]), true
		s.QuotedLength = 40 + be16(b[4:])
		return s.quoteTransport(b[6], b[40:])
	}
	return Malformed
}

// quoteTransport reads the eight bytes of TCP or UDP that every error has
// (RFC 792), and TCP's acknowledgment and flags where there is more.
func (s *Segment) quoteTransport(proto uint8, b []byte) Result {
	for range maxHeaders {
		switch proto {
		case protoTCP, protoUDP:
			return s.quotePorts(proto, b)
		case protoHopByHop, protoRouting, protoDestination, protoMobility, protoHIP, protoShim6, protoAH:
			n := extensionLength(proto, b)
			if n == 0 {
				return Malformed
			}
			if proto == protoRouting {
				s.routing(b[:n])
			}
			proto, b = b[0], b[n:]
		case protoFragment:
			f, ok := s.fragment6(b)
			if !ok {
				return Malformed
			}
			if f.off != 0 {
				return NotIP
			}
			proto, b = b[0], b[8:]
		default:
			return NotIP
		}
	}
	return Malformed
}

func (s *Segment) quotePorts(proto uint8, b []byte) Result {
	if len(b) < 8 {
		return Malformed
	}
	s.Quoted = Proto(proto)
	s.SrcPort, s.DstPort = uint16(be16(b)), uint16(be16(b[2:]))
	if proto == protoTCP {
		s.Seq = be32(b[4:])
		if len(b) >= 16 {
			s.Ack, s.Flags, s.Window = be32(b[8:]), b[13], uint16(be16(b[14:]))
		}
	}
	return OK
}
