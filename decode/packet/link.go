package packet

import "tlswhy/decode/capture"

// link reads a frame of any link type but Ethernet, which Parse takes first.
// The layouts are those of https://www.tcpdump.org/linktypes.html.
func (p *Parser) link(s *Segment, t capture.LinkType, b []byte, w int) Result {
	switch t {
	case capture.LinkEthernet:
		return p.ethernet(s, b, w)
	case capture.LinkRaw, capture.LinkRaw12, capture.LinkRaw14, capture.LinkIPv4, capture.LinkIPv6:
		return p.ipAny(s, b, w)
	case capture.LinkLinuxSLL:
		return p.sll(s, b, w)
	case capture.LinkLinuxSLL2:
		return p.sll2(s, b, w)
	case capture.LinkNull:
		return p.null(s, b, w, true)
	case capture.LinkLoop:
		return p.null(s, b, w, false)
	case capture.LinkPPP, capture.LinkPPPHDLC, capture.LinkPPPWithDir, capture.LinkPPPPPPD:
		return p.pppLink(s, t, b, w)
	case capture.LinkPPPEther:
		return p.pppoe(s, b, w)
	case capture.LinkCHDLC, capture.LinkCHDLCWithDir, capture.LinkFrameRelay, capture.LinkFrameRelayWithDir,
		capture.LinkATMRFC1483, capture.LinkSunATM, capture.LinkMPLS, capture.LinkIPOverFC, capture.LinkIPoIB:
		return p.wan(s, t, b, w)
	case capture.LinkIEEE80211, capture.LinkRadiotap, capture.LinkPrism, capture.LinkAVS, capture.LinkPPI:
		return p.wireless(s, t, b, w)
	case capture.LinkPFLog, capture.LinkNFLog, capture.LinkPKTap, capture.LinkEnc, capture.LinkIPNet:
		return p.tap(s, t, b, w)
	case capture.LinkNetAnalyzer, capture.LinkNetAnalyzerTransparent, capture.LinkEthernetMPacket,
		capture.LinkDSATagBrcm, capture.LinkDSATagBrcmPrepend, capture.LinkDSATagDSA, capture.LinkDSATagEDSA, capture.LinkERF:
		return p.etherTap(s, t, b, w)
	case capture.LinkJuniperEther, capture.LinkJuniperPPP, capture.LinkJuniperFrameRelay, capture.LinkJuniperCHDLC:
		return p.juniper(s, t, b, w)
	case capture.LinkTokenRing, capture.LinkFDDI:
		return p.ring(s, t, b, w)
	}
	return p.refuse(t)
}

// ethernet: IEEE 802.3, Section 3.1.1.
func (p *Parser) ethernet(s *Segment, b []byte, w int) Result {
	if len(b) < 14 {
		return Malformed
	}
	switch be16(b[12:]) {
	case typeIPv4:
		return p.ipv4(s, b[14:], w-14)
	case typeIPv6:
		return p.ipv6(s, b[14:], w-14)
	}
	p.macs = b[:12]
	r := p.etherType(s, be16(b[12:]), b[14:], w-14)
	if r == unknown {
		return p.switchTag(s, b, w)
	}
	return r
}

// sll: LINKTYPE_LINUX_SLL. The address length is not to be trusted: it is
// that of the device, however much of the address there is.
func (p *Parser) sll(s *Segment, b []byte, w int) Result {
	if len(b) < 16 {
		return Malformed
	}
	p.setMACs(b[6:12], b[6:12], false)
	return p.sllType(s, be16(b[14:]), b[16:], w-16)
}

// sll2: LINKTYPE_LINUX_SLL2.
func (p *Parser) sll2(s *Segment, b []byte, w int) Result {
	if len(b) < 20 {
		return Malformed
	}
	p.setMACs(b[12:18], b[12:18], false)
	return p.sllType(s, be16(b), b[20:], w-20)
}

func (p *Parser) sllType(s *Segment, t int, b []byte, w int) Result {
	switch t {
	case typeIPv4:
		return p.ipv4(s, b, w)
	case typeIPv6:
		return p.ipv6(s, b, w)
	case 4: // LINUX_SLL_P_802_2
		return p.llc(s, b, w)
	}
	return p.etherType(s, t, b, w)
}

// setMACs notes MAC addresses that do not stand side by side, or of which
// only the source is known.
func (p *Parser) setMACs(dst, src []byte, both bool) {
	p.macbuf = [12]byte{}
	if both {
		copy(p.macbuf[:], dst[:6])
	}
	copy(p.macbuf[6:], src[:6])
	p.macs = p.macbuf[:]
}

// null: LINKTYPE_NULL, in the byte order of the machine that captured, and
// LINKTYPE_LOOP, in network order. The numbers are those of AF_INET6 on Linux
// (10), Windows (23), NetBSD and OpenBSD (24), FreeBSD (28) and Darwin (30);
// some writers put an EtherType there.
func (p *Parser) null(s *Segment, b []byte, w int, either bool) Result {
	if len(b) < 4 {
		return Malformed
	}
	family := be32(b)
	if swapped := le32(b); either && swapped < family {
		family = swapped
	}
	switch family {
	case 2:
		return p.ipv4(s, b[4:], w-4)
	case 10, 23, 24, 28, 30:
		return p.ipv6(s, b[4:], w-4)
	}
	if family > maxLength8023 && family <= 0xffff {
		return p.etherType(s, int(family), b[4:], w-4)
	}
	return NotIP
}

// tap reads the link types that put a header of their own before the IP
// packet or frame.
func (p *Parser) tap(s *Segment, t capture.LinkType, b []byte, w int) Result {
	n := 0
	switch t {
	case capture.LinkPFLog:
		if len(b) > 0 {
			n = (int(b[0]) + 3) &^ 3
		}
	case capture.LinkEnc:
		n = 12
	case capture.LinkIPNet:
		n = 24
	case capture.LinkNFLog:
		return p.nflog(s, b, w)
	case capture.LinkPKTap:
		return p.pktap(s, b, w)
	}
	if n == 0 || len(b) < n {
		return Malformed
	}
	return p.ipAny(s, b[n:], w-n)
}

// nflog: LINKTYPE_NFLOG. Its lengths are in the byte order of the machine
// that captured.
func (p *Parser) nflog(s *Segment, b []byte, w int) Result {
	const header, payload, highest = 4, 9, 255
	if len(b) < header+4 {
		return Malformed
	}
	read := le16
	if le16(b[header:]) > w-header || le16(b[header+2:]) > highest {
		read = be16
	}
	b, w = b[header:], w-header
	for len(b) >= 4 {
		n, kind := read(b), read(b[2:])
		if n < 4 {
			return Malformed
		}
		if kind == payload {
			return p.ipAny(s, clip(b, n)[4:], n-4)
		}
		n = (n + 3) &^ 3
		if n > len(b) {
			return Malformed
		}
		b, w = b[n:], w-n
	}
	return NotIP
}

// pktap: LINKTYPE_PKTAP (Darwin's struct pktap_header).
func (p *Parser) pktap(s *Segment, b []byte, w int) Result {
	if len(b) < 12 {
		return Malformed
	}
	n, inner := int64(le32(b)), le32(b[8:])
	if n < 12 || n > int64(len(b)) || inner > 0xffff || p.deeper() {
		return Malformed
	}
	return p.link(s, darwinLink(inner), b[n:], w-int(n))
}

// darwinLink turns the DLT_ value inside a PKTAP or PPI header into the
// LINKTYPE_ value, where the two differ.
func darwinLink(dlt uint32) capture.LinkType {
	if dlt == 12 || dlt == 14 {
		return capture.LinkRaw
	}
	return capture.LinkType(dlt)
}

// etherTap reads the link types that add something to an Ethernet frame.
func (p *Parser) etherTap(s *Segment, t capture.LinkType, b []byte, w int) Result {
	n := 0
	switch t {
	case capture.LinkNetAnalyzer, capture.LinkDSATagBrcmPrepend:
		n = 4
	case capture.LinkNetAnalyzerTransparent:
		n = 4 + 8
	case capture.LinkEthernetMPacket:
		n = 8 // preamble and start of frame: IEEE 802.3br, Section 99.3
	case capture.LinkDSATagBrcm, capture.LinkDSATagDSA:
		return p.tagged(s, b, w, 4)
	case capture.LinkDSATagEDSA:
		return p.tagged(s, b, w, 8)
	case capture.LinkERF:
		return p.erf(s, b, w)
	}
	if len(b) < n {
		return Malformed
	}
	return p.ethernet(s, b[n:], w-n)
}

// tagged reads a frame with a switch's tag of n bytes between addresses and
// type.
func (p *Parser) tagged(s *Segment, b []byte, w, n int) Result {
	if len(b) < 14+n {
		return Malformed
	}
	p.macs = b[:12]
	return p.etherType(s, be16(b[12+n:]), b[14+n:], w-14-n)
}

// switchTag looks for a switch's tag (Marvell DSA, Broadcom, EDSA, Qualcomm)
// in a frame whose type is not known: an IP packet must stand behind it.
func (p *Parser) switchTag(s *Segment, b []byte, w int) Result {
	for _, n := range [...]int{4, 8, 2} {
		if len(b) < 14+n {
			continue
		}
		if carriesIP(b[n:], w-n) {
			if p.tunnel(s, "dsa") {
				return NotIP
			}
			return p.ipAny(s, b[14+n:], w-14-n)
		}
	}
	return unknown
}

func ipVersion(etherType int) byte {
	if etherType == typeIPv4 {
		return 4
	}
	return 6
}

// erf: LINKTYPE_ERF (Endace). Types are those with Ethernet or HDLC inside.
func (p *Parser) erf(s *Segment, b []byte, w int) Result {
	if len(b) < 16 {
		return Malformed
	}
	kind, more, n, wlen := b[8]&0x7f, b[8]&0x80 != 0, 16, be16(b[14:])
	for more {
		if len(b) < n+8 {
			return Malformed
		}
		more = b[n]&0x80 != 0
		n += 8
	}
	switch kind {
	case 1, 9: // HDLC
		return p.hdlc(s, clip(b[n:], wlen), wlen)
	case 2, 11, 16, 20: // Ethernet, two bytes of padding before it
		if len(b) < n+2 {
			return Malformed
		}
		rest := clip(b[n+2:], wlen)
		return p.ethernet(s, rest, max(wlen, len(rest)))
	case 22, 23: // IPv4, IPv6
		return p.ipAny(s, clip(b[n:], wlen), wlen)
	}
	return NotIP
}
