package packet

// tunnelKind is a tunnel over UDP that a port number suggests.
type tunnelKind uint8

const (
	noTunnel tunnelKind = iota
	vxlan
	geneve
	gtp
	teredo
	l2tp
	tzsp
	capwap
)

// udpTunnel says which tunnel the ports suggest. Answers need not come from
// the port, but some do.
func udpTunnel(src, dst uint16) tunnelKind {
	if t := tunnelPort(dst); t != noTunnel {
		return t
	}
	return tunnelPort(src)
}

func tunnelPort(port uint16) tunnelKind {
	switch port {
	case 4789, 8472, 4790: // RFC 7348, Section 5; Linux's default; draft-ietf-nvo3-vxlan-gpe
		return vxlan
	case 6081:
		return geneve
	case 37008:
		return tzsp
	case 2152:
		return gtp
	case 3544:
		return teredo
	case 1701:
		return l2tp
	case 5247:
		return capwap
	}
	return noTunnel
}

// udpInner looks for the tunnel in a datagram that s describes already. A
// port is no proof: what does not read as the tunnel stays a UDP datagram.
func (p *Parser) udpInner(s *Segment, t tunnelKind) Result {
	outer, depth, around := *s, p.depth, p.around
	p.around = append(around, Flow{s.Src, s.Dst, s.SrcPort, s.DstPort})
	b, w := s.Payload, s.Length
	s.Proto, s.Payload, s.Length = None, nil, 0
	r := unknown
	switch t {
	case vxlan:
		r = p.vxlan(s, b, w)
	case geneve:
		r = p.geneve(s, b, w)
	case gtp:
		r = p.gtp(s, b, w)
	case teredo:
		r = p.teredo(s, b, w)
	case l2tp:
		r = p.l2tp(s, b, w)
	case tzsp:
		r = p.tzsp(s, b, w)
	case capwap:
		r = p.capwap(s, b, w)
	}
	switch r {
	case OK, Fragment, Encrypted:
		s.Around = p.around
		return r
	}
	*s, p.depth, p.around = outer, depth, around
	return OK
}

// vxlan: RFC 7348, Section 5; with a group (draft-smith-vxlan-group-policy)
// or another protocol inside (draft-ietf-nvo3-vxlan-gpe, Section 3).
func (p *Parser) vxlan(s *Segment, b []byte, w int) Result {
	const group, vni, next = 0x80, 0x08, 0x04
	if len(b) < 8 || b[0]&^group&^next != vni || b[7] != 0 {
		return unknown
	}
	if b[0]&next != 0 {
		return p.nextProtocol(s, "vxlan-gpe", b[3], b[8:], w-8)
	}
	if b[0]&group == 0 && be32(b)&0xffffff != 0 {
		return unknown
	}
	return p.etherIn(s, "vxlan", b[8:], w-8)
}

// geneve: RFC 8926, Section 3.4.
func (p *Parser) geneve(s *Segment, b []byte, w int) Result {
	if len(b) < 8 || b[0]>>6 != 0 || b[1]&0x3f != 0 || b[7] != 0 {
		return unknown
	}
	n := 8 + int(b[0])*4
	if n > len(b) || p.tunnel(s, "geneve") {
		return unknown
	}
	return p.etherType(s, be16(b[2:]), b[n:], w-n)
}

// gtp: 3GPP TS 29.281, Section 5.1, message type 255 (G-PDU).
func (p *Parser) gtp(s *Segment, b []byte, w int) Result {
	const version1, optional, extension, gpdu = 0x30, 0x07, 0x04, 255
	if len(b) < 8 || b[0]&^optional != version1 || b[1] != gpdu || 8+be16(b[2:]) != w {
		return unknown
	}
	n := 8
	if b[0]&optional != 0 {
		n = 12
	}
	if len(b) <= n {
		return unknown
	}
	for b[0]&extension != 0 && b[n-1] != 0 {
		size := int(b[n]) * 4
		if size == 0 || len(b) <= n+size {
			return unknown
		}
		n += size
	}
	if p.tunnel(s, "gtp-u") {
		return unknown
	}
	return p.ipAny(s, b[n:], w-n)
}

// teredo: RFC 4380, Section 5.1.1: authentication and origin, both optional,
// then an IPv6 packet that fills the datagram.
func (p *Parser) teredo(s *Segment, b []byte, w int) Result {
	if len(b) >= 4 && be16(b) == 1 {
		n := 4 + int(b[2]) + int(b[3]) + 9
		if len(b) < n {
			return unknown
		}
		b, w = b[n:], w-n
	}
	if len(b) >= 8 && be16(b) == 0 {
		b, w = b[8:], w-8
	}
	if len(b) < 40 || b[0]>>4 != 6 || 40+be16(b[4:]) != w || p.tunnel(s, "teredo") {
		return unknown
	}
	return p.ipv6(s, b, w)
}

// l2tp: RFC 2661, Section 3.1, data messages.
func (p *Parser) l2tp(s *Segment, b []byte, w int) Result {
	const control, length, sequence, offset, reserved = 0x8000, 0x4000, 0x0800, 0x0200, 0x34f0
	if len(b) < 6 {
		return unknown
	}
	flags, n := be16(b), 6
	if flags&15 != 2 || flags&(control|reserved) != 0 {
		return unknown
	}
	if flags&length != 0 {
		if be16(b[2:]) > w {
			return unknown
		}
		n += 2
	}
	if flags&sequence != 0 {
		n += 4
	}
	if flags&offset != 0 {
		if len(b) < n+2 {
			return unknown
		}
		n += 2 + be16(b[n:])
	}
	if len(b) <= n || p.tunnel(s, "l2tp") {
		return unknown
	}
	return p.ppp(s, b[n:], w-n)
}

// tzsp is how MikroTik routers and some access points send what they capture:
// version 1, type 0 (received) or 1 (sent), protocol 1 (Ethernet) or 18
// (802.11), then tags up to the one numbered 1.
func (p *Parser) tzsp(s *Segment, b []byte, w int) Result {
	if len(b) < 5 || b[0] != 1 || b[1] > 1 {
		return unknown
	}
	proto, n := be16(b[2:]), 4
	for {
		if len(b) <= n+1 {
			return unknown
		}
		tag := b[n]
		n++
		if tag == 1 {
			break
		}
		if tag != 0 {
			n += 1 + int(b[n])
		}
	}
	if n > len(b) {
		return unknown
	}
	switch proto {
	case 1:
		return p.etherIn(s, "tzsp", b[n:], w-n)
	case 18:
		if p.tunnel(s, "tzsp") {
			return unknown
		}
		return p.wifi(s, b[n:], w-n, false)
	}
	return unknown
}

// capwap: RFC 5415, Section 4.3, data packets in the clear that are no
// fragments: an Ethernet frame, or one of 802.11 (RFC 5416). Some devices swap
// the two bytes of its frame control.
func (p *Parser) capwap(s *Segment, b []byte, w int) Result {
	const native, fragment, keepAlive, wireless80211 = 0x100, 0x80, 0x08, 1
	if len(b) < 8 || b[0] != 0 {
		return unknown
	}
	flags, n := be32(b), int(b[1]>>3)*4
	if n < 8 || len(b) < n+2 || flags&(fragment|keepAlive) != 0 || be32(b[4:])&7 != 0 {
		return unknown
	}
	b, w = b[n:], w-n
	switch {
	case flags&native == 0:
		return p.etherIn(s, "capwap", b, w)
	case flags>>9&0x1f != wireless80211 || p.tunnel(s, "capwap"):
		return unknown
	case b[0]&15 != 8 && b[1]&15 == 8 && len(b) >= 24:
		return p.dot11(s, [2]byte{b[1], b[0]}, b, w, false)
	}
	return p.wifi(s, b, w, false)
}
