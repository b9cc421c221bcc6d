package packet

import "tlswhy/decode/capture"

// wan reads link types of wide-area networks and the like.
func (p *Parser) wan(s *Segment, t capture.LinkType, b []byte, w int) Result {
	n := 0
	switch t {
	case capture.LinkCHDLCWithDir, capture.LinkFrameRelayWithDir:
		n = 1
	case capture.LinkSunATM:
		n = 4
	case capture.LinkIPOverFC:
		n = 16 // RFC 2625, Section 3: network header
	case capture.LinkIPoIB:
		n = 20 // the destination's address
	}
	if len(b) < n {
		return Malformed
	}
	b, w = b[n:], w-n
	switch t {
	case capture.LinkCHDLC, capture.LinkCHDLCWithDir:
		return p.hdlc(s, b, w)
	case capture.LinkFrameRelay, capture.LinkFrameRelayWithDir:
		return p.frameRelay(s, b, w)
	case capture.LinkATMRFC1483, capture.LinkSunATM:
		return p.atm(s, b, w)
	case capture.LinkMPLS:
		return p.mpls(s, b, w)
	case capture.LinkIPoIB: // RFC 4391, Section 6
		if len(b) < 4 {
			return Malformed
		}
		return p.etherType(s, be16(b), b[4:], w-4)
	}
	return p.llc(s, b, w)
}

// atm: RFC 2684, Section 5: LLC, or an IP packet without it.
func (p *Parser) atm(s *Segment, b []byte, w int) Result {
	if len(b) >= 8 && be32(b)>>8 == 0xaaaa03 {
		return p.snap(s, b[3:], w-3, true)
	}
	if plausibleIP(b, w) {
		return p.ipAny(s, b, w)
	}
	return p.llc(s, b, w)
}

// hdlc reads Cisco's framing, and PPP in HDLC's, which announces itself
// (RFC 1662, Section 3.1).
func (p *Parser) hdlc(s *Segment, b []byte, w int) Result {
	if len(b) < 4 {
		return Malformed
	}
	if be16(b) == 0xff03 {
		return p.ppp(s, b, w)
	}
	return p.etherType(s, be16(b[2:]), b[4:], w-4)
}

// frameRelay: Q.922, Section 3.3, and RFC 2427, Section 3; with Cisco's
// encapsulation an EtherType follows the address.
func (p *Parser) frameRelay(s *Segment, b []byte, w int) Result {
	n := 0
	for n < len(b) && n < 4 && b[n]&1 == 0 {
		n++
	}
	n++
	if len(b) < n+2 {
		return Malformed
	}
	b, w = b[n:], w-n
	if b[0] != 3 {
		return p.etherType(s, be16(b), b[2:], w-2)
	}
	b, w = b[1:], w-1
	if b[0] == 0 { // padding
		b, w = b[1:], w-1
	}
	return p.nlpid(s, b, w)
}

// nlpid: ISO/IEC TR 9577; RFC 2427, Section 3.
func (p *Parser) nlpid(s *Segment, b []byte, w int) Result {
	if len(b) == 0 {
		return Malformed
	}
	switch b[0] {
	case 0xcc:
		return p.ipv4(s, b[1:], w-1)
	case 0x8e:
		return p.ipv6(s, b[1:], w-1)
	case 0x80:
		return p.snap(s, b[1:], w-1, false)
	case 0xcf:
		return p.ppp(s, b[1:], w-1)
	}
	return NotIP
}

// juniper: LINKTYPE_JUNIPER_ETHER and its likes: a magic number, flags,
// extensions, then the frame of the interface, or an IP packet without it.
func (p *Parser) juniper(s *Segment, t capture.LinkType, b []byte, w int) Result {
	const magic, noFrame, extensions = 0x4d4743, 0x02, 0x80
	if len(b) < 6 || be32(b)>>8 != magic {
		return Malformed
	}
	flags, n := b[3], 4
	if flags&extensions != 0 {
		n += 2 + be16(b[4:])
	}
	if flags&noFrame != 0 {
		n += 4 // number of the protocol
	}
	if len(b) < n {
		return Malformed
	}
	b, w = b[n:], w-n
	switch {
	case flags&noFrame != 0:
		return p.ipAny(s, b, w)
	case t == capture.LinkJuniperPPP:
		return p.ppp(s, b, w)
	case t == capture.LinkJuniperFrameRelay:
		return p.frameRelay(s, b, w)
	case t == capture.LinkJuniperCHDLC:
		return p.hdlc(s, b, w)
	}
	return p.ethernet(s, b, w)
}

// ring reads Token Ring (IEEE 802.5, Section 3.1) with its source route, and
// FDDI (RFC 1390): addresses, then LLC.
func (p *Parser) ring(s *Segment, t capture.LinkType, b []byte, w int) Result {
	at := 1
	if t == capture.LinkTokenRing {
		at = 2
	}
	n := at + 12
	if len(b) < n+2 {
		return Malformed
	}
	p.macs = b[at:n]
	if t == capture.LinkTokenRing && b[at+6]&0x80 != 0 { // a source route is there
		n += int(b[n] & 0x1f)
	}
	if len(b) < n {
		return Malformed
	}
	return p.llc(s, b[n:], w-n)
}

// pppLink reads the PPP link types.
func (p *Parser) pppLink(s *Segment, t capture.LinkType, b []byte, w int) Result {
	if t == capture.LinkPPP || t == capture.LinkPPPHDLC {
		if len(b) >= 2 && b[0] != 0xff && b[0] != 0 && b[1] == 0 { // Cisco's framing in the same link type
			return p.hdlc(s, b, w)
		}
		return p.ppp(s, b, w)
	}
	if len(b) < 2 {
		return Malformed
	}
	if t == capture.LinkPPPPPPD && b[1] == 3 { // the direction stands in for the address byte
		return p.ppp(s, b[2:], w-2)
	}
	return p.ppp(s, b[1:], w-1)
}

// pppoe: RFC 2516, Section 4.
func (p *Parser) pppoe(s *Segment, b []byte, w int) Result {
	if len(b) < 6 || b[0] != 0x11 {
		return Malformed
	}
	if b[1] != 0 {
		return NotIP
	}
	if p.tunnel(s, "pppoe") {
		return NotIP
	}
	n := min(be16(b[4:]), w-6)
	return p.ppp(s, clip(b[6:], n), n)
}

// ppp: RFC 1661, Section 2, with the address and control bytes of RFC 1662
// and the field compressions.
func (p *Parser) ppp(s *Segment, b []byte, w int) Result {
	if len(b) >= 2 && be16(b) == 0xff03 {
		b, w = b[2:], w-2
	}
	if len(b) < 2 {
		return Malformed
	}
	proto, n := be16(b), 2
	if b[0]&1 != 0 {
		proto, n = int(b[0]), 1
	}
	b, w = b[n:], w-n
	switch proto {
	case 0x21:
		return p.ipv4(s, b, w)
	case 0x57:
		return p.ipv6(s, b, w)
	case 0x281, 0x283: // RFC 3032, Section 4
		return p.mpls(s, b, w)
	case 0x53: // encrypted: RFC 1968
		return Encrypted
	}
	return NotIP
}
