package capturetest

import (
	"net/netip"

	"tlswhy/decode/packet"
)

// UDP is a flow of datagrams between two ends.
type UDP struct {
	b    *Builder
	addr [2]netip.AddrPort
	last [2]*Packet
}

// UDP begins a flow; nothing is sent yet.
func (b *Builder) UDP(client, server string) *UDP {
	return &UDP{b: b, addr: [2]netip.AddrPort{
		netip.MustParseAddrPort(client), netip.MustParseAddrPort(server),
	}}
}

// Client sends a datagram from the client.
func (u *UDP) Client(data []byte, opts ...Option) *UDP { return u.Send(Client, data, opts...) }

// Server sends a datagram from the server.
func (u *UDP) Server(data []byte, opts ...Option) *UDP { return u.Send(Server, data, opts...) }

// Send sends a datagram from a side.
func (u *UDP) Send(s Side, data []byte, opts ...Option) *UDP {
	p := &Packet{
		Src: u.addr[s], Dst: u.addr[1-s], Proto: packet.UDP, TTL: 64 - uint8(s), Payload: data,
	}
	u.b.add(p, opts)
	u.last[s] = p
	return u
}

// ICMP sends an ICMP error about the last datagram of a side, as TCP.ICMP.
func (u *UDP) ICMP(reporter string, s Side, typ, code uint8, mtu int, opts ...Option) *UDP {
	u.b.report(u.last[s], reporter, typ, code, mtu, opts)
	return u
}

func (b *Builder) report(about *Packet, reporter string, typ, code uint8, mtu int, opts []Option) {
	p := &Packet{
		Src: about.Src, Dst: about.Dst, Proto: packet.ICMP, TTL: 64,
		reporter: netip.MustParseAddr(reporter), quoted: about, icmp: [2]uint8{typ, code}, mtu: mtu,
	}
	b.add(p, opts)
}
