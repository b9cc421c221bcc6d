// Package packet turns a captured frame into the transport segment that it
// carries: link headers, tunnels, IPv4 and IPv6 (fragments put together),
// then TCP, UDP or ICMP.
package packet

import (
	"encoding/binary"
	"net/netip"
)

// Proto is the transport protocol of a Segment.
type Proto uint8

// The protocols that a Segment can carry. ICMP stands for ICMP and ICMPv6
// errors that quote a TCP or UDP packet; EAPOL for IEEE 802.1X frames.
const (
	None  Proto = 0
	TCP   Proto = 6
	UDP   Proto = 17
	ICMP  Proto = 1
	EAPOL Proto = 255
)

// TCP flags as in the header.
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Addr is an IPv4 or IPv6 address in a form that is cheap to compare. IPv4
// addresses are stored as IPv4-mapped IPv6 addresses.
type Addr [16]byte

// Segment is what the layers above look at. It is filled in place by
// Parser.Parse; slices alias the packet.
type Segment struct {
	Frame      int   // number of the frame that completed it
	FirstFrame int   // first frame of a fragmented packet, else Frame
	Time       int64 // nanoseconds since 1970 in UTC
	Interface  int

	Src, Dst         Addr
	SrcPort, DstPort uint16
	IPv6             bool
	Proto            Proto

	TTL     uint8  // IPv4 TTL or IPv6 hop limit
	IPID    uint16 // IPv4 identification; see HasIPID
	HasIPID bool

	Seq, Ack uint32 // TCP
	Flags    uint8  // TCP
	Window   uint16 // TCP, as in the header (unscaled)
	Options  []byte // TCP options, raw
	Payload  []byte // captured payload of TCP or UDP (EAPOL: of the frame)
	Length   int    // payload length on the wire; more than len(Payload) when cut by the snap length

	ICMPType, ICMPCode uint8
	MTU                int   // ICMP fragmentation needed or packet too big
	Reporter           Addr  // ICMP: who sent the error
	Quoted             Proto // ICMP: protocol of the quoted packet; Src, Dst, ports and Seq are then the quoted packet's own

	// QuotedLength is the length of the quoted IP packet as its own header
	// gives it: what did not fit the MTU.
	QuotedLength int

	// Incomplete says that only part of a fragmented packet was captured:
	// no receiver took this segment. It is set in what Parser.Incomplete
	// hands out and in the segment that comes with Fragment.
	Incomplete bool

	// Around are the UDP datagrams of tunnels that carry the segment,
	// outermost first. The slice belongs to the parser.
	Around []Flow

	rare bool // fields may be set that the commonest packets have not: see common

	Tunnel string // outermost tunnel or encapsulation that matters to people: "vlan", "gre", "vxlan" …; empty for none
}

// Flow names the two ends of a datagram.
type Flow struct {
	Src, Dst         Addr
	SrcPort, DstPort uint16
}

// set4 stores the IPv4 address at the start of b, IPv4-mapped.
func (a *Addr) set4(b []byte) {
	binary.BigEndian.PutUint64(a[:8], 0)
	binary.BigEndian.PutUint64(a[8:], 0xffff<<32|uint64(be32(b)))
}

// addrMAC holds a MAC address in the last six bytes; see Addr.MAC.
func addrMAC(b []byte) (a Addr) {
	copy(a[10:], b[:6])
	return a
}

// MAC returns the MAC address that stands for the address of an EAPOL
// segment: Src and Dst have it in their last six bytes, the ten before are
// zero (and IPv6 is set, so that they print as IPv6 addresses). Dst is often
// the group address 01:80:c2:00:00:03 (IEEE 802.1X, Section 11.1.1), so the
// two directions of a conversation need not mirror each other.
func (a Addr) MAC() [6]byte { return [6]byte(a[10:]) }

// AddrPort returns address and port in the standard library's form.
func (a Addr) AddrPort(port uint16, v6 bool) netip.AddrPort {
	addr := netip.AddrFrom16(a)
	if !v6 {
		addr = addr.Unmap()
	}
	return netip.AddrPortFrom(addr, port)
}
