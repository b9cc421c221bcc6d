package packet

import (
	"encoding/binary"

	"tlswhy/decode/capture"
)

// Result says what Parser.Parse made of a packet.
type Result uint8

// The results of Parse. The segment counts with OK, and in part with
// Fragment.
const (
	OK          Result = iota
	NotIP              // sound, but no TCP, UDP, ICMP error or EAPOL in it
	Fragment           // part of a datagram that waits for the rest; see Parse
	Malformed          // contradicts itself, or its headers are cut by the snap length
	Encrypted          // MACsec, protected 802.11 or ESP: nothing to read without the link's keys
	Unsupported        // the link type is not known; counted in Parser.Unsupported

	unknown // an EtherType that is not known; Parse makes it NotIP
)

func (r Result) String() string {
	switch r {
	case OK:
		return "ok"
	case NotIP:
		return "not IP"
	case Fragment:
		return "fragment"
	case Malformed:
		return "malformed"
	case Encrypted:
		return "encrypted"
	case Unsupported:
		return "unsupported link type"
	}
	return "unknown"
}

// Bounds on what one packet may make the parser do.
const (
	maxDepth   = 8  // encapsulations in one packet: real stacks have four or five
	maxTags    = 8  // VLAN tags or MPLS labels in a row
	maxHeaders = 16 // IPv6 extension headers in a row
)

// Parser takes packets apart. It keeps the fragments that wait for their
// rest and is not safe for concurrent use.
type Parser struct {
	depth       int    // encapsulations of the current packet
	macs        []byte // destination and source MAC address of the current packet, 12 bytes, or nil
	macbuf      [12]byte
	frags       fragments
	around      []Flow // see Segment.Around; at most maxDepth
	unsupported []UnsupportedLink
}

// NewParser returns a parser without state.
func NewParser() *Parser { return &Parser{} }

// Parse takes one packet apart and fills s in place. Slices of s alias the
// packet's data, or, for a packet put together from fragments, a buffer of
// the parser that is valid until the next call of Parse or Incomplete.
//
// With Fragment and s.Proto set, the packet is a first fragment: s has the
// transport header, the payload of this fragment, and Incomplete set. It
// comes once more, whole, when the rest arrives (FirstFrame is then at most
// this frame), or from Incomplete when it does not.
//
// Bad checksums do not matter: with offload they are the rule.
func (p *Parser) Parse(pkt *capture.Packet, s *Segment) Result {
	if pkt.LinkType == capture.LinkEthernet && !p.frags.waiting() && s.common(pkt) {
		return OK
	}
	*s = Segment{rare: true, Frame: pkt.Number, FirstFrame: pkt.Number, Time: pkt.Time, Interface: pkt.Interface}
	p.depth, p.macs, p.around = 0, nil, p.around[:0]
	if p.frags.waiting() {
		p.frags.expire(pkt.Time)
	}
	b, w := pkt.Data, max(pkt.Length, len(pkt.Data))
	if pkt.LinkType == capture.LinkEthernet {
		return known(p.ethernet(s, b, w))
	}
	return known(p.link(s, pkt.LinkType, b, w))
}

// UnsupportedLink is a link type that Parse could not read.
type UnsupportedLink struct {
	LinkType capture.LinkType
	Packets  int
}

// Unsupported lists the link types that were met and not understood, in the
// order in which they came. The slice belongs to the parser.
func (p *Parser) Unsupported() []UnsupportedLink { return p.unsupported }

func (p *Parser) refuse(t capture.LinkType) Result {
	for i := range p.unsupported {
		if p.unsupported[i].LinkType == t {
			p.unsupported[i].Packets++
			return Unsupported
		}
	}
	if len(p.unsupported) < maxUnsupported {
		p.unsupported = append(p.unsupported, UnsupportedLink{t, 1})
	}
	return Unsupported
}

const maxUnsupported = 64 // kinds of link type listed; a capture has one or two

// deeper counts an encapsulation and reports whether there were too many.
func (p *Parser) deeper() (tooDeep bool) {
	p.depth++
	return p.depth > maxDepth
}

// tunnel counts an encapsulation and names it, if it is the outermost. A
// VLAN tag gives way to anything else.
func (p *Parser) tunnel(s *Segment, name string) (tooDeep bool) {
	if s.Tunnel == "" || s.Tunnel == "vlan" {
		s.Tunnel = name
	}
	return p.deeper()
}

func known(r Result) Result {
	if r == unknown {
		return NotIP
	}
	return r
}

// Throughout the package b is what was captured of a layer, w what it had on
// the wire; w is never less than len(b).

// clip cuts b down to the n bytes that the layer has by its own length field:
// what follows is padding or a frame check sequence.
func clip(b []byte, n int) []byte {
	if n < len(b) {
		return b[:n]
	}
	return b
}

func be16(b []byte) int    { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func le16(b []byte) int    { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
