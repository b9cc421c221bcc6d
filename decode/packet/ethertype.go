package packet

// EtherTypes (IEEE registration authority).
const (
	maxLength8023  = 1500 // up to here the field is a length: IEEE 802.3, Section 3.2.6
	typeIPv4       = 0x0800
	typeARP        = 0x0806
	typeWCCP       = 0x883e
	typeTEB        = 0x6558
	typeVLAN       = 0x8100
	typeIPv6       = 0x86dd
	typePPP        = 0x880b
	typeMPLS       = 0x8847
	typeMPLSUp     = 0x8848
	typePPPoE      = 0x8864
	typeEAPOL      = 0x888e
	typeProvider   = 0x88a8
	typeERSPAN     = 0x88be
	typeERSPAN3    = 0x22eb
	typeMACsec     = 0x88e5
	typeBackbone   = 0x88e7
	typeFabricPath = 0x8903
	typeVNTag      = 0x8926
	typeNSH        = 0x894f
	typePreauth    = 0x88c7
	typeLLDP       = 0x88cc
	typeSlow       = 0x8809
	typeQinQ1      = 0x9100
	typeQinQ2      = 0x9200
	typeQinQ3      = 0x9300
)

// etherType reads what follows an EtherType, wherever that stood.
func (p *Parser) etherType(s *Segment, t int, b []byte, w int) Result {
	for range maxTags {
		switch t {
		case typeIPv4:
			return p.ipv4(s, b, w)
		case typeIPv6:
			return p.ipv6(s, b, w)
		case typeVLAN, typeProvider, typeQinQ1, typeQinQ2, typeQinQ3: // IEEE 802.1Q, Section 9.6
			if len(b) < 4 {
				return Malformed
			}
			if s.Tunnel == "" {
				s.Tunnel = "vlan"
			}
			t, b, w = be16(b[2:]), b[4:], w-4
		default:
			return p.otherType(s, t, b, w)
		}
	}
	return NotIP
}

func (p *Parser) otherType(s *Segment, t int, b []byte, w int) Result {
	switch t {
	case typeARP:
		return NotIP
	case typeMPLS, typeMPLSUp:
		return p.mpls(s, b, w)
	case typePPPoE:
		return p.pppoe(s, b, w)
	case typeEAPOL, typePreauth:
		return p.eapol(s, b, w)
	case typeVNTag: // IEEE 802.1BR, Section 7.1, as VN-Tag: four bytes and a type
		return p.tag(s, "vntag", b, w)
	case typeBackbone: // IEEE 802.1Q, Section 9.7: a service tag, then the frame
		return p.etherIn(s, "pbb", b[min(4, len(b)):], w-4)
	case typeFabricPath:
		return p.fabricPath(s, b, w)
	case typeNSH:
		return p.nsh(s, b, w)
	case typeTEB:
		return p.etherIn(s, "", b, w)
	case typePPP:
		return p.ppp(s, b, w)
	case typeMACsec:
		return p.macsec(s, b, w)
	case typeWCCP:
		return p.wccp(s, b, w)
	}
	if t <= maxLength8023 {
		return p.llc(s, clip(b, t), max(min(t, w), 0))
	}
	return unknown
}

// tag reads a type behind a tag of four bytes.
func (p *Parser) tag(s *Segment, name string, b []byte, w int) Result {
	if len(b) < 6 {
		return Malformed
	}
	if p.tunnel(s, name) {
		return NotIP
	}
	return p.etherType(s, be16(b[4:]), b[6:], w-6)
}

// etherIn reads a whole Ethernet frame inside something; an empty name is
// that of what carries it.
func (p *Parser) etherIn(s *Segment, name string, b []byte, w int) Result {
	if name == "" {
		name = s.Tunnel
	}
	if p.tunnel(s, name) {
		return NotIP
	}
	return p.ethernet(s, b, w)
}

// fabricPath: FTag and TTL, then the frame.
func (p *Parser) fabricPath(s *Segment, b []byte, w int) Result {
	if len(b) < 2 {
		return Malformed
	}
	return p.etherIn(s, "fabricpath", b[2:], w-2)
}

// macsec: IEEE 802.1AE, Section 9.3. Without encryption the frame is behind
// the tag, and the check value behind it is cut off by IP's length.
func (p *Parser) macsec(s *Segment, b []byte, w int) Result {
	const sci, encrypted, changed = 0x20, 0x08, 0x04
	if len(b) < 6 {
		return Malformed
	}
	if b[0]&(encrypted|changed) != 0 {
		return Encrypted
	}
	n := 6
	if b[0]&sci != 0 {
		n = 14
	}
	if len(b) < n+2 {
		return Malformed
	}
	if p.tunnel(s, "macsec") {
		return NotIP
	}
	return p.etherType(s, be16(b[n:]), b[n+2:], w-n-2)
}

// llc: IEEE 802.2, Section 3.2; SNAP: RFC 1042; bridged frames: RFC 2427,
// Section 4.2, and RFC 2684, Section 5.2.
func (p *Parser) llc(s *Segment, b []byte, w int) Result {
	if len(b) < 4 {
		return Malformed
	}
	switch be32(b) >> 8 {
	case 0xaaaa03:
		return p.snap(s, b[3:], w-3, false)
	case 0x060603:
		return p.ipAny(s, b[3:], w-3)
	case 0xfefe03:
		return p.nlpid(s, b[3:], w-3)
	}
	return NotIP
}

// snap reads the organization's code and what it says follows. padded says
// that bridged Ethernet frames have two bytes of padding, as on ATM.
func (p *Parser) snap(s *Segment, b []byte, w int, padded bool) Result {
	if len(b) < 5 {
		return Malformed
	}
	t, rest, w := be16(b[3:]), b[5:], w-5
	switch be32(b) >> 8 {
	case 0x000000, 0x0000f8:
		if t > maxLength8023 {
			return p.etherType(s, t, rest, w)
		}
	case 0x0080c2:
		if t != 1 && t != 7 {
			return NotIP
		}
		if padded && len(rest) >= 2 {
			rest, w = rest[2:], w-2
		}
		return p.etherIn(s, "bridged", rest, w)
	}
	return NotIP
}

// plausibleIP reports whether an IP packet starts at b that fits into w bytes.
func plausibleIP(b []byte, w int) bool {
	if len(b) < 20 {
		return false
	}
	switch b[0] >> 4 {
	case 4:
		n, total := int(b[0]&15)*4, be16(b[2:])
		return n >= 20 && (total >= n && total <= w || total == 0)
	case 6:
		return len(b) >= 40 && 40+be16(b[4:]) <= w
	}
	return false
}

// carriesIP reports whether an Ethernet frame with an IP packet starts at b.
func carriesIP(b []byte, w int) bool {
	if len(b) < 14 {
		return false
	}
	t := be16(b[12:])
	return (t == typeIPv4 || t == typeIPv6) && plausibleIP(b[14:], w-14) && b[14]>>4 == ipVersion(t)
}

// plausibleEthernet reports whether an Ethernet frame with an IP packet, or
// something else that is known, starts at b.
func plausibleEthernet(b []byte, w int) bool {
	if len(b) < 17 {
		return false
	}
	switch t := be16(b[12:]); t {
	case typeVLAN, typeProvider, typeMPLS, typePPPoE, typeEAPOL, typeARP, typeLLDP, typeSlow:
		return true
	default:
		llc := t >= 3 && t <= maxLength8023 && t <= w-14 && b[14] == b[15] && b[16] == 3
		return llc || carriesIP(b, w)
	}
}
