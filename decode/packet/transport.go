package packet

// tcp: RFC 9293, Section 3.1. Options that the snap length cut off leave the
// segment usable: Options is then what there is of them.
func (p *Parser) tcp(s *Segment, b []byte, w int) Result {
	if len(b) < 20 {
		return Malformed
	}
	n := int(b[12]>>4) * 4
	if n < 20 || n > w {
		return Malformed
	}
	s.Proto = TCP
	s.SrcPort, s.DstPort = uint16(be16(b)), uint16(be16(b[2:]))
	s.Seq, s.Ack = be32(b[4:]), be32(b[8:])
	s.Flags, s.Window = b[13], uint16(be16(b[14:]))
	s.Length = w - n
	head := min(n, len(b))
	s.Options, s.Payload = b[20:head:head], b[head:]
	return OK
}

// udp: RFC 768. A length of zero is that of a jumbogram (RFC 2675, Section
// 4) or comes from offload; one beyond the IP packet is not believed.
func (p *Parser) udp(s *Segment, b []byte, w int) Result {
	if len(b) < 8 {
		return Malformed
	}
	n := be16(b[4:])
	if n == 0 || n > w {
		n = w
	}
	if n < 8 {
		return Malformed
	}
	s.Proto = UDP
	s.SrcPort, s.DstPort = uint16(be16(b)), uint16(be16(b[2:]))
	s.Length = n - 8
	s.Payload = clip(b, n)[8:]
	if t := udpTunnel(s.SrcPort, s.DstPort); t != noTunnel {
		return p.udpInner(s, t)
	}
	return OK
}
