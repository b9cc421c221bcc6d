package capturetest

import (
	"encoding/binary"
	"net/netip"

	"tlswhy/decode/packet"
)

// Pcap returns the capture as a file: classic pcap, nanoseconds, Ethernet.
func (b *Builder) Pcap() []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, 0xa1b23c4d)
	out = le.AppendUint16(out, 2)
	out = le.AppendUint16(out, 4)
	out = append(out, make([]byte, 8)...)
	out = le.AppendUint32(out, 262144)
	out = le.AppendUint32(out, 1) // Ethernet
	for i := range b.packets {
		p := &b.packets[i]
		frame := p.Frame()
		captured := len(frame)
		if p.Snap > 0 {
			captured = min(captured, p.Snap)
		}
		out = le.AppendUint32(out, uint32(p.Time.Unix()))
		out = le.AppendUint32(out, uint32(p.Time.Nanosecond()))
		out = le.AppendUint32(out, uint32(captured))
		out = le.AppendUint32(out, uint32(len(frame)))
		out = append(out, frame[:captured]...)
	}
	return out
}

// Segments returns the capture as the packet layer gives it, without going
// through bytes. ICMP errors are among them.
func (b *Builder) Segments() []packet.Segment {
	out := make([]packet.Segment, 0, len(b.packets))
	for i := range b.packets {
		out = append(out, b.packets[i].segment(i+1))
	}
	return out
}

func (p *Packet) segment(frame int) packet.Segment {
	s := packet.Segment{
		Frame: frame, FirstFrame: frame, Time: p.Time.UnixNano(),
		Src: p.Src.Addr().As16(), Dst: p.Dst.Addr().As16(),
		SrcPort: p.Src.Port(), DstPort: p.Dst.Port(),
		IPv6: p.Src.Addr().Is6(), Proto: p.Proto, TTL: p.TTL,
		Seq: p.Seq, Ack: p.Ack, Flags: p.Flags, Window: p.Window, Options: padded(p.Options),
		Payload: p.Payload, Length: len(p.Payload),
	}
	if !s.IPv6 {
		s.IPID, s.HasIPID = p.IPID, true
	}
	if p.VLAN != 0 {
		s.Tunnel = "vlan"
	}
	if p.Proto == packet.ICMP {
		s.ICMPType, s.ICMPCode, s.MTU = p.icmp[0], p.icmp[1], p.mtu
		s.Reporter, s.Quoted, s.Seq = p.reporter.As16(), p.quoted.Proto, p.quoted.Seq
		s.Ack, s.Flags, s.Window = p.quoted.Ack, p.quoted.Flags, p.quoted.Window
	}
	if p.Snap > 0 {
		head := len(p.Frame()) - len(p.Payload)
		s.Payload = s.Payload[:min(len(s.Payload), max(0, p.Snap-head))]
	}
	return s
}

// Frame returns the bytes of the packet with an Ethernet header. All
// checksums are right.
func (p *Packet) Frame() []byte {
	b := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	if p.VLAN != 0 {
		b = append(b, 0x81, 0)
		b = binary.BigEndian.AppendUint16(b, p.VLAN)
	}
	if p.Src.Addr().Is4() {
		b = append(b, 8, 0)
	} else {
		b = append(b, 0x86, 0xdd)
	}
	return append(b, p.ip()...)
}

// ip returns the packet from its IP header on.
func (p *Packet) ip() []byte {
	src, dst := p.Src.Addr(), p.Dst.Addr()
	if p.Proto == packet.ICMP {
		src, dst = p.reporter, p.quoted.Src.Addr()
	}
	var body []byte
	proto := uint8(p.Proto)
	switch {
	case p.Proto == packet.TCP:
		body = p.tcp(pseudo(src, dst, proto, 20+len(padded(p.Options))+len(p.Payload)))
	case p.Proto == packet.UDP:
		body = p.udp(pseudo(src, dst, proto, 8+len(p.Payload)))
	case src.Is6():
		proto = 58
		body = p.error(1232)
		binary.BigEndian.PutUint16(body[2:], ^sum(pseudo(src, dst, proto, len(body)), body))
	default:
		body = p.error(576 - 28)
		binary.BigEndian.PutUint16(body[2:], ^sum(0, body))
	}
	if src.Is6() {
		return append(header6(src, dst, proto, p.TTL, len(body)), body...)
	}
	return append(header4(src, dst, proto, p.TTL, p.IPID, len(body)), body...)
}

func header4(src, dst netip.Addr, proto, ttl uint8, id uint16, n int) []byte {
	b := make([]byte, 12, 20+n)
	b[0] = 0x45
	binary.BigEndian.PutUint16(b[2:], uint16(20+n))
	binary.BigEndian.PutUint16(b[4:], id)
	b[6], b[8], b[9] = 0x40, ttl, proto
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], ^sum(0, b))
	return b
}

func header6(src, dst netip.Addr, proto, ttl uint8, n int) []byte {
	b := make([]byte, 8, 40+n)
	b[0] = 0x60
	binary.BigEndian.PutUint16(b[4:], uint16(n))
	b[6], b[7] = proto, ttl
	return append(append(b, src.AsSlice()...), dst.AsSlice()...)
}

func (p *Packet) tcp(pseudo uint32) []byte {
	be := binary.BigEndian
	opts := padded(p.Options)
	b := be.AppendUint16(nil, p.Src.Port())
	b = be.AppendUint16(b, p.Dst.Port())
	b = be.AppendUint32(b, p.Seq)
	b = be.AppendUint32(b, p.Ack)
	b = append(b, byte(5+len(opts)/4)<<4, p.Flags)
	b = be.AppendUint16(b, p.Window)
	b = append(b, 0, 0, 0, 0)
	b = append(append(b, opts...), p.Payload...)
	be.PutUint16(b[16:], ^sum(pseudo, b))
	return b
}

func (p *Packet) udp(pseudo uint32) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(nil, p.Src.Port())
	b = be.AppendUint16(b, p.Dst.Port())
	b = be.AppendUint16(b, uint16(8+len(p.Payload)))
	b = append(append(b, 0, 0), p.Payload...)
	check := ^sum(pseudo, b)
	if check == 0 {
		check = 0xffff
	}
	be.PutUint16(b[6:], check)
	return b
}

// error is an ICMP or ICMPv6 error with at most quote bytes of the packet
// that it is about, as it looks when it arrives: one hop later.
func (p *Packet) error(quote int) []byte {
	q := *p.quoted
	q.TTL--
	about := q.ip()
	b := []byte{p.icmp[0], p.icmp[1], 0, 0, 0, 0, 0, 0}
	if p.Src.Addr().Is4() {
		binary.BigEndian.PutUint16(b[6:], uint16(p.mtu))
	} else {
		binary.BigEndian.PutUint32(b[4:], uint32(p.mtu))
	}
	return append(b, about[:min(len(about), quote)]...)
}

func padded(b []byte) []byte {
	if len(b)%4 == 0 {
		return b
	}
	return append(b[:len(b):len(b)], make([]byte, 4-len(b)%4)...)
}

// pseudo begins the checksum with the pseudo header (RFC 9293, Section 3.1).
func pseudo(src, dst netip.Addr, proto uint8, n int) uint32 {
	b := append(src.AsSlice(), dst.AsSlice()...)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, 0, proto)
	return uint32(sum(0, b))
}

// sum is the Internet checksum before its complement (RFC 1071).
func sum(start uint32, b []byte) uint16 {
	for i := 0; i < len(b); i += 2 {
		if i+1 < len(b) {
			start += uint32(b[i])<<8 | uint32(b[i+1])
		} else {
			start += uint32(b[i]) << 8
		}
	}
	for start > 0xffff {
		start = start>>16 + start&0xffff
	}
	return uint16(start)
}
