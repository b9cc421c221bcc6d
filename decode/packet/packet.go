// Package packet turns a captured frame into the transport segment that it
// carries: link headers, tunnels, IPv4 and IPv6 (fragments put together),
// then TCP, UDP or ICMP.
package packet

import "net/netip"

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

	Tunnel string // outermost tunnel or encapsulation that matters to people: "vlan", "gre", "vxlan" …; empty for none
}

// AddrPort returns address and port in the standard library's form.
func (a Addr) AddrPort(port uint16, v6 bool) netip.AddrPort {
	addr := netip.AddrFrom16(a)
	if !v6 {
		addr = addr.Unmap()
	}
	return netip.AddrPortFrom(addr, port)
}
