package capturetest

import (
	"encoding/binary"
	"net/netip"
	"time"

	"tlswhy/decode/packet"
)

// Side is an end of a connection.
type Side int

// The two ends.
const (
	Client Side = 0
	Server Side = 1
)

// TCP is a TCP connection. It keeps the state of both ends as they see it,
// so that acknowledgments are right whatever was lost.
type TCP struct {
	b    *Builder
	ends [2]end
}

type end struct {
	addr   netip.AddrPort
	isn    uint32
	ttl    uint8
	window uint16
	sent   []byte  // everything sent so far, from offset 0
	fin    bool    // FIN sent
	synced bool    // SYN sent
	got    []bool  // which of the other end's bytes arrived
	have   uint32  // bytes of the other end received without a hole
	ended  bool    // FIN of the other end received
	last   *Packet // last packet sent
}

// TCP begins a connection between two addresses ("10.0.0.1:50000",
// "[fd00::1]:50000"); nothing is sent yet. Initial sequence numbers follow
// from the ports, see ISN.
func (b *Builder) TCP(client, server string) *TCP {
	c := &TCP{b: b}
	c.ends[Client] = end{addr: netip.MustParseAddrPort(client), ttl: 64, window: 64240}
	c.ends[Server] = end{addr: netip.MustParseAddrPort(server), ttl: 63, window: 65160}
	c.ends[Client].isn = uint32(c.ends[Client].addr.Port()) * 65537
	c.ends[Server].isn = ^c.ends[Client].isn
	return c
}

// ISN sets the initial sequence numbers. It returns c.
func (c *TCP) ISN(client, server uint32) *TCP {
	c.ends[Client].isn, c.ends[Server].isn = client, server
	return c
}

// TTL sets what the packets of a side are captured with. It returns c.
func (c *TCP) TTL(s Side, ttl uint8) *TCP {
	c.ends[s].ttl = ttl
	return c
}

// Builder returns the capture that c belongs to.
func (c *TCP) Builder() *Builder { return c.b }

// Addr returns the address and port of a side.
func (c *TCP) Addr(s Side) netip.AddrPort { return c.ends[s].addr }

// Sent returns how many bytes a side has sent, which is the offset of the
// next one.
func (c *TCP) Sent(s Side) int { return len(c.ends[s].sent) }

// Open is the three-way handshake. The options apply to each packet.
func (c *TCP) Open(opts ...Option) *TCP {
	c.SYN(opts...)
	c.SYNACK(opts...)
	return c.Ack(Client, opts...)
}

// SYN sends the client's SYN, again when called again.
func (c *TCP) SYN(opts ...Option) *TCP {
	c.ends[Client].synced = true
	return c.emit(Client, packet.SYN, c.ends[Client].isn, nil, append([]Option{TCPOptions(synOptions()...)}, opts...))
}

// SYNACK sends the server's SYN-ACK, again when called again.
func (c *TCP) SYNACK(opts ...Option) *TCP {
	c.ends[Server].synced = true
	return c.emit(Server, packet.SYN|packet.ACK, c.ends[Server].isn, nil, append([]Option{TCPOptions(synOptions()...)}, opts...))
}

// synOptions are MSS 1460, SACK permitted and window scale 7.
func synOptions() []byte { return []byte{2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7} }

// Client sends data from the client, in packets of at most Builder.MSS.
func (c *TCP) Client(data []byte, opts ...Option) *TCP { return c.Send(Client, data, opts...) }

// Server sends data from the server, in packets of at most Builder.MSS.
func (c *TCP) Server(data []byte, opts ...Option) *TCP { return c.Send(Server, data, opts...) }

// Send sends data from a side. The options apply to each packet.
func (c *TCP) Send(s Side, data []byte, opts ...Option) *TCP {
	e := &c.ends[s]
	at := len(e.sent)
	e.sent = append(e.sent, data...)
	return c.Again(s, at, len(data), opts...)
}

// Again sends n bytes from an offset again.
func (c *TCP) Again(s Side, offset, n int, opts ...Option) *TCP {
	e := &c.ends[s]
	for end := offset + n; offset < end; {
		n := min(end-offset, c.b.MSS)
		flags := packet.ACK
		if offset+n == end {
			flags |= packet.PSH
		}
		c.At(s, offset, flags, e.sent[offset:offset+n], opts...)
		offset += n
	}
	return c
}

// At sends one packet with any payload at any offset of a side's stream; -1
// is the offset of a keep-alive before the first byte. What it sends is not
// remembered as sent.
func (c *TCP) At(s Side, offset int, flags uint8, payload []byte, opts ...Option) *TCP {
	return c.emit(s, flags, c.ends[s].isn+1+uint32(offset), payload, opts)
}

// Retransmit sends again what the other end does not have.
func (c *TCP) Retransmit(s Side, opts ...Option) *TCP {
	e, peer := &c.ends[s], &c.ends[1-s]
	from := int(peer.have)
	c.Again(s, from, len(e.sent)-from, opts...)
	if e.fin && !peer.ended {
		c.Close(s, opts...)
	}
	return c
}

// Ack sends a packet without data.
func (c *TCP) Ack(s Side, opts ...Option) *TCP {
	e := &c.ends[s]
	at := len(e.sent)
	if e.fin {
		at++
	}
	return c.At(s, at, packet.ACK, nil, opts...)
}

// KeepAlive sends a packet without data one byte before the next.
func (c *TCP) KeepAlive(s Side, opts ...Option) *TCP {
	return c.At(s, len(c.ends[s].sent)-1, packet.ACK, nil, opts...)
}

// Close sends the FIN of a side.
func (c *TCP) Close(s Side, opts ...Option) *TCP {
	c.ends[s].fin = true
	return c.At(s, len(c.ends[s].sent), packet.FIN|packet.ACK, nil, opts...)
}

// Bye is an orderly end: FIN of that side, FIN of the other, ACK.
func (c *TCP) Bye(s Side, opts ...Option) *TCP {
	c.Close(s, opts...)
	c.Close(1-s, opts...)
	return c.Ack(s, opts...)
}

// Reset sends a RST with ACK at the next byte of a side.
func (c *TCP) Reset(s Side, opts ...Option) *TCP {
	return c.At(s, len(c.ends[s].sent), packet.RST|packet.ACK, nil, opts...)
}

// Refuse answers the SYN with a RST, as a closed port does.
func (c *TCP) Refuse(opts ...Option) *TCP {
	return c.emit(Server, packet.RST|packet.ACK, 0, nil, append([]Option{Window(0)}, opts...))
}

// ICMP sends an ICMP error of the given type and code about the last packet
// of a side, from the address reporter: "10.0.0.254", 3, 4 with the MTU for
// fragmentation needed. IPv6 connections take ICMPv6 numbers.
func (c *TCP) ICMP(reporter string, s Side, typ, code uint8, mtu int, opts ...Option) *TCP {
	c.b.report(c.ends[s].last, reporter, typ, code, mtu, opts)
	return c
}

// Wait lets time pass. It returns c.
func (c *TCP) Wait(d time.Duration) *TCP {
	c.b.Wait(d)
	return c
}

func (c *TCP) emit(s Side, flags uint8, seq uint32, payload []byte, opts []Option) *TCP {
	e, peer := &c.ends[s], &c.ends[1-s]
	p := &Packet{
		Src: e.addr, Dst: peer.addr, Proto: packet.TCP, TTL: e.ttl,
		Seq: seq, Flags: flags, Window: e.window, Payload: payload,
	}
	if flags&packet.ACK != 0 {
		p.Ack = peer.isn + 1 + e.have
		if e.ended {
			p.Ack++
		}
	}
	c.b.add(p, opts)
	e.last = p
	if !p.dropped {
		peer.receive(p, e)
	}
	return c
}

// receive takes note of a packet that arrived at e from its peer.
func (e *end) receive(p *Packet, from *end) {
	at := int(int32(p.Seq - from.isn - 1))
	if p.Flags&packet.SYN != 0 {
		at = 0
	}
	for i := range p.Payload {
		if k := at + i; k >= 0 && k < 1<<26 {
			for len(e.got) <= k {
				e.got = append(e.got, false)
			}
			e.got[k] = true
		}
	}
	for int(e.have) < len(e.got) && e.got[e.have] {
		e.have++
	}
	if p.Flags&packet.FIN != 0 && at+len(p.Payload) == int(e.have) {
		e.ended = true
	}
}

// SACK returns the option for selective acknowledgments of ranges of the
// other side's stream, as pairs of offsets.
func (c *TCP) SACK(other Side, offsets ...int) Option {
	b := []byte{1, 1, 5, byte(2 + 4*len(offsets))}
	for _, o := range offsets {
		b = binary.BigEndian.AppendUint32(b, c.ends[other].isn+1+uint32(o))
	}
	return TCPOptions(b...)
}
