package packet

// gre: RFC 2784, with key and sequence number (RFC 2890), routing (RFC 1701),
// and version 1 (RFC 2637, Section 4.1).
func (p *Parser) gre(s *Segment, b []byte, w int) Result {
	const checksum, routing, key, sequence, acknowledgment = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080
	if len(b) < 4 {
		return Malformed
	}
	flags, t, n := be16(b), be16(b[2:]), 4
	version1 := flags&7 == 1
	for _, f := range [...]int{checksum | routing, key, sequence} {
		if flags&f != 0 {
			n += 4
		}
	}
	if version1 && flags&acknowledgment != 0 {
		n += 4
	}
	if flags&7 > 1 || version1 && flags&sequence == 0 { // without a number it only acknowledges
		return NotIP
	}
	if flags&routing != 0 {
		if n = sourceRoute(b, n); n == 0 {
			return Malformed
		}
	}
	if len(b) < n {
		return Malformed
	}
	b, w = b[n:], w-n
	switch {
	case t == typeERSPAN || t == typeERSPAN3:
		return p.erspan(s, t, flags&sequence != 0, b, w)
	case version1 && p.tunnel(s, "pptp"), !version1 && p.tunnel(s, "gre"):
		return NotIP
	}
	return known(p.etherType(s, t, b, w))
}

// sourceRoute returns where the payload starts behind the source route
// entries at n, 0 if they are cut. RFC 1701, Section 2.
func sourceRoute(b []byte, n int) int {
	for {
		if len(b) < n+4 {
			return 0
		}
		size := int(b[n+3])
		n += 4 + size
		if size == 0 {
			return n
		}
	}
}

// erspan: draft-foschiano-erspan, Section 4. Type I has no header of its own.
func (p *Parser) erspan(s *Segment, t int, sequence bool, b []byte, w int) Result {
	n, ip := 0, false
	switch {
	case t == typeERSPAN3:
		if len(b) < 12 {
			return Malformed
		}
		last := be16(b[10:])
		n, ip = 12, last>>10&31 == 2
		if last&1 != 0 {
			n = 20
		}
	case sequence:
		n = 8
	}
	if len(b) < n {
		return Malformed
	}
	if p.tunnel(s, "erspan") {
		return NotIP
	}
	if ip {
		return p.ipAny(s, b[n:], w-n)
	}
	return known(p.ethernet(s, b[n:], w-n))
}

// etherIP: RFC 3378, Section 3.
func (p *Parser) etherIP(s *Segment, b []byte, w int) Result {
	if len(b) < 2 || b[0]>>4 != 3 {
		return Malformed
	}
	return p.etherIn(s, "etherip", b[2:], w-2)
}

// mpls: RFC 3032, Section 2.1. Nothing says what is below the last label: an
// IP packet, or a frame with or without a control word (RFC 4385, Section 3).
func (p *Parser) mpls(s *Segment, b []byte, w int) Result {
	bottom := false
	for range maxTags {
		if len(b) < 4 {
			return Malformed
		}
		bottom = b[2]&1 != 0
		b, w = b[4:], w-4
		if bottom {
			break
		}
	}
	if !bottom || p.tunnel(s, "mpls") {
		return NotIP
	}
	if len(b) > 4 && b[0]>>4 == 0 && plausibleEthernet(b[4:], w-4) {
		return p.ethernet(s, b[4:], w-4)
	}
	if plausibleEthernet(b, w) && (carriesIP(b, w) || !plausibleIP(b, w)) {
		return p.ethernet(s, b, w)
	}
	return p.ipAny(s, b, w)
}

// nsh: RFC 8300, Section 2.2.
func (p *Parser) nsh(s *Segment, b []byte, w int) Result {
	if len(b) < 8 {
		return Malformed
	}
	n := int(b[1]&0x3f) * 4
	if n < 8 || n > len(b) {
		return Malformed
	}
	return p.nextProtocol(s, "nsh", b[3], b[n:], w-n)
}

// nextProtocol: the numbers of RFC 8300, Section 2.2, which VXLAN-GPE shares.
func (p *Parser) nextProtocol(s *Segment, name string, next byte, b []byte, w int) Result {
	if p.tunnel(s, name) {
		return NotIP
	}
	switch next {
	case 1:
		return p.ipv4(s, b, w)
	case 2:
		return p.ipv6(s, b, w)
	case 3:
		return p.ethernet(s, b, w)
	case 4:
		return p.nsh(s, b, w)
	case 5:
		return p.mpls(s, b, w)
	}
	return NotIP
}

// wccp: GRE with WCCP's redirect header in version 2, which is not announced:
// draft-wilson-wrec-wccp-v2, Section 4.12.
func (p *Parser) wccp(s *Segment, b []byte, w int) Result {
	if !plausibleIP(b, w) && len(b) > 4 {
		b, w = b[4:], w-4
	}
	return p.ipAny(s, b, w)
}
