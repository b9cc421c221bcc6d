package packet

import "tlswhy/decode/capture"

// wireless reads 802.11 frames and the headers that drivers put before them.
func (p *Parser) wireless(s *Segment, t capture.LinkType, b []byte, w int) Result {
	switch t {
	case capture.LinkRadiotap:
		return p.radiotap(s, b, w)
	case capture.LinkPrism, capture.LinkAVS:
		n := prismLength(b)
		if len(b) < n {
			return Malformed
		}
		return p.wifi(s, b[n:], w-n, false)
	case capture.LinkPPI: // version, flags, length, DLT
		if len(b) < 8 {
			return Malformed
		}
		n := le16(b[2:])
		if n < 8 || n > len(b) || le32(b[4:]) > 0xffff || p.deeper() {
			return Malformed
		}
		return p.link(s, darwinLink(le32(b[4:])), b[n:], w-n)
	}
	return p.wifi(s, b, w, false)
}

// prismLength is the length of an AVS header, which has a magic number, or of
// a Prism header.
func prismLength(b []byte) int {
	const prism, avs = 144, 0x80211000
	if len(b) < 8 {
		return prism
	}
	if n := be32(b[4:]); be32(b)&0xfffff000 == avs && n >= 8 && n < 4096 {
		return int(n)
	}
	for _, n := range [...]uint32{le32(b[4:]), be32(b[4:])} {
		if n >= 24 && n < 4096 {
			return int(n)
		}
	}
	return prism
}

// radiotap: https://www.radiotap.org; of its fields only the flags matter:
// whether a frame check sequence is at the end and padding behind the header.
func (p *Parser) radiotap(s *Segment, b []byte, w int) Result {
	const timestamp, flags, more, fcs, padded = 1, 2, 1 << 31, 0x10, 0x20
	if len(b) < 8 || b[0] != 0 {
		return Malformed
	}
	n := le16(b[2:])
	if n < 8 || n > len(b) {
		return Malformed
	}
	at, pad := 8, false
	for present := le32(b[4:]); present&more != 0 && at+4 <= n; at += 4 {
		present = le32(b[at:])
	}
	if le32(b[4:])&timestamp != 0 {
		at = (at+7)&^7 + 8
	}
	frame, fw := b[n:], w-n
	if le32(b[4:])&flags != 0 && at < n {
		pad = b[at]&padded != 0
		if b[at]&fcs != 0 && fw >= 4 {
			fw -= 4
			frame = clip(frame, fw)
		}
	}
	return p.wifi(s, frame, fw, pad)
}

// wifi: IEEE 802.11, Section 9.3.2.1, data frames. A frame check sequence
// behind the payload does no harm: IP's own length cuts it off. Of an
// aggregate (A-MSDU) the first subframe is read.
func (p *Parser) wifi(s *Segment, b []byte, w int, padded bool) Result {
	if len(b) < 24 {
		return Malformed
	}
	return p.dot11(s, [2]byte{b[0], b[1]}, b, w, padded)
}

// dot11 is wifi with the two bytes of the frame control, which b begins with.
func (p *Parser) dot11(s *Segment, control [2]byte, b []byte, w int, padded bool) Result {
	const data, qos, null, toDS, fromDS, protected, order = 2, 0x80, 0x40, 1, 2, 0x40, 0x80
	if len(b) < 24 {
		return Malformed
	}
	if control[0]>>2&3 != data || control[0]&null != 0 {
		return NotIP
	}
	n, aggregate := 24, false
	if control[1]&(toDS|fromDS) == toDS|fromDS {
		n = 30
	}
	if control[0]&qos != 0 {
		if len(b) < n+2 {
			return Malformed
		}
		aggregate = b[n]&0x80 != 0
		n += 2
		if control[1]&order != 0 {
			n += 4
		}
	}
	if padded {
		n = (n + 3) &^ 3
	}
	if len(b) < n {
		return Malformed
	}
	p.wifiAddresses(control[1], b)
	if control[1]&protected != 0 {
		return p.decrypted(s, b[n:], w-n)
	}
	if aggregate {
		return p.subframe(s, b[n:], w-n)
	}
	return p.llc(s, b[n:], w-n)
}

// decrypted reads a protected frame whose payload stands in the clear: some
// drivers decrypt and leave the flag, with the eight bytes of the CCMP header
// (IEEE 802.11, Section 12.5.2.2) or without.
func (p *Parser) decrypted(s *Segment, b []byte, w int) Result {
	for _, n := range [...]int{0, 8} {
		if len(b) >= n+8 && be32(b[n:]) == 0xaaaa0300 {
			return p.llc(s, b[n:], w-n)
		}
	}
	return Encrypted
}

// subframe: IEEE 802.11, Section 9.3.2.2.2.
func (p *Parser) subframe(s *Segment, b []byte, w int) Result {
	if len(b) < 14 {
		return Malformed
	}
	p.macs = b[:12]
	n := min(be16(b[12:]), w-14)
	return p.llc(s, clip(b[14:], n), n)
}

// wifiAddresses: IEEE 802.11, Table 9-30.
func (p *Parser) wifiAddresses(control byte, b []byte) {
	dst, src := b[4:10], b[10:16]
	if control&1 != 0 {
		dst = b[16:22]
	}
	switch {
	case control&3 == 3 && len(b) >= 30:
		src = b[24:30]
	case control&2 != 0:
		src = b[16:22]
	}
	p.setMACs(dst, src, true)
}
