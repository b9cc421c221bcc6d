// Package capturetest builds captures packet by packet, for tests: what a
// connection looks like when exactly one thing is different.
//
//	b := capturetest.New()
//	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443")
//	c.Open()                                  // SYN, SYN-ACK, ACK
//	c.Client(capturetest.NewClientHello("example.com").Record())
//	c.Ack(capturetest.Server)
//	b.Wait(2 * time.Second)
//	c.Reset(capturetest.Server, capturetest.TTL(250))
//	pcap := b.Pcap()                          // or b.Segments()
//
// Every packet takes a millisecond. The capture is as the client's network
// card sees it: packets of the client have TTL 64, those of the server 63,
// and each end counts its own IP identifications. Options change one packet:
//
//	c.Server(flight, capturetest.Missed())    // received, but not in the capture
//	c.Server(flight, capturetest.Dropped())   // in the capture, but never received
//	c.Retransmit(capturetest.Server)          // what the other end still lacks
//
// Nothing depends on the clock or on chance: the same calls give the same
// bytes.
package capturetest

import (
	"net/netip"
	"slices"
	"time"

	"tlswhy/decode/packet"
)

// Builder collects the packets of one capture.
type Builder struct {
	// Step is the time between two packets, a millisecond to begin with.
	Step time.Duration
	// MSS is the largest payload of a TCP packet, 1460 to begin with.
	MSS int
	// VLAN is the 802.1Q tag of every frame, 0 for none.
	VLAN uint16

	now     time.Time
	packets []Packet
	ids     map[netip.Addr]uint16
}

// New returns an empty capture that begins on 1 January 2026.
func New() *Builder {
	return &Builder{
		Step: time.Millisecond,
		MSS:  1460,
		now:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		ids:  map[netip.Addr]uint16{},
	}
}

// Packet is one packet before it is written. Options change it.
type Packet struct {
	Time     time.Time
	Src, Dst netip.AddrPort
	Proto    packet.Proto // TCP, UDP or ICMP
	TTL      uint8
	IPID     uint16 // IPv4 only
	VLAN     uint16

	Seq, Ack uint32 // TCP
	Flags    uint8  // TCP
	Window   uint16 // TCP
	Options  []byte // TCP, padded to a multiple of four
	Payload  []byte

	Snap int // bytes of the frame that were captured, 0 for all

	reporter netip.Addr // ICMP: who sends it
	quoted   *Packet    // ICMP: the packet that it is about
	icmp     [2]uint8   // ICMP: type and code
	mtu      int

	missed, dropped bool
	twice           *Packet
}

// Option changes a packet before it is put into the capture.
type Option func(*Packet)

// TTL sets the IPv4 TTL or IPv6 hop limit.
func TTL(n uint8) Option { return func(p *Packet) { p.TTL = n } }

// IPID sets the IPv4 identification.
func IPID(n uint16) Option { return func(p *Packet) { p.IPID = n } }

// Window sets the TCP window as in the header.
func Window(n uint16) Option { return func(p *Packet) { p.Window = n } }

// Seq sets the TCP sequence number.
func Seq(n uint32) Option { return func(p *Packet) { p.Seq = n } }

// AckNumber sets the TCP acknowledgment number.
func AckNumber(n uint32) Option { return func(p *Packet) { p.Ack = n } }

// Flags sets the TCP flags.
func Flags(f uint8) Option { return func(p *Packet) { p.Flags = f } }

// TCPOptions sets the TCP options; they are padded with zeros.
func TCPOptions(b ...byte) Option { return func(p *Packet) { p.Options = b } }

// Tag sets the 802.1Q tag.
func Tag(vlan uint16) Option { return func(p *Packet) { p.VLAN = vlan } }

// Snap cuts the frame to n bytes, as a snap length does.
func Snap(n int) Option { return func(p *Packet) { p.Snap = n } }

// Missed leaves the packet out of the capture, though it was received.
func Missed() Option { return func(p *Packet) { p.missed = true } }

// Dropped puts the packet into the capture, though it never arrived: the
// other end does not acknowledge it.
func Dropped() Option { return func(p *Packet) { p.dropped = true } }

// Twice captures the packet a second time, 10 µs later and with the options
// applied, as a mirror port or a router's second interface does.
func Twice(opts ...Option) Option {
	return func(p *Packet) {
		q := *p
		for _, o := range opts {
			o(&q)
		}
		p.twice = &q
	}
}

// Wait lets time pass.
func (b *Builder) Wait(d time.Duration) { b.now = b.now.Add(d) }

// Now returns the time of the next packet.
func (b *Builder) Now() time.Time { return b.now }

// Frame returns the number of the last frame, 0 for none.
func (b *Builder) Frame() int { return len(b.packets) }

// Swap exchanges two frames, by number, with their times: the order on the
// wire stays what it was, the file is out of order.
func (b *Builder) Swap(i, j int) {
	b.packets[i-1], b.packets[j-1] = b.packets[j-1], b.packets[i-1]
}

// Remove takes the frame with that number out; those behind it move up.
func (b *Builder) Remove(frame int) {
	b.packets = slices.Delete(b.packets, frame-1, frame)
}

// Keep leaves in the capture only the packets for which f is true.
func (b *Builder) Keep(f func(*Packet) bool) {
	b.packets = slices.DeleteFunc(b.packets, func(p Packet) bool { return !f(&p) })
}

// add finishes a packet and puts it into the capture.
func (b *Builder) add(p *Packet, opts []Option) {
	p.Time = b.now
	p.VLAN = b.VLAN
	b.now = b.now.Add(b.Step)
	from := p.Src.Addr()
	if p.reporter.IsValid() {
		from = p.reporter
	}
	b.ids[from]++
	p.IPID = b.ids[from] + uint16(from.AsSlice()[len(from.AsSlice())-1])<<8
	for _, o := range opts {
		o(p)
	}
	if p.missed {
		return
	}
	b.packets = append(b.packets, *p)
	if q := p.twice; q != nil {
		q.Time = p.Time.Add(10 * time.Microsecond)
		b.packets = append(b.packets, *q)
	}
}

// Packets returns the packets in the order of the capture.
func (b *Builder) Packets() []Packet { return b.packets }
