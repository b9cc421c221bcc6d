package extract

import (
	"encoding/binary"

	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
)

// Redaction replaces what tells who took part in the packets of a run. Each
// value gets a number when it is first met; nothing can be computed back.
// Headers stay, with other addresses and right checksums, and so do the fields
// of TLS handshakes that are known to tell nothing. The rest of a packet is cut
// off as a short capture length does, or is zero where more follows that stays.
type Redaction struct {
	mac, ip4, ip6 tree
	opaque        numbers
	name          func(string) string // placeholder of a host name
	flows         map[ends]*tlsFlow
	out           []byte // of the packet at hand
	src, dst      end    // its real ends
}

// maxFlows bounds the connections whose TLS is followed at one time; when it
// is reached all are forgotten, and their packets then keep headers alone.
const maxFlows = 1 << 16

// NewRedaction returns a Redaction. name gives the placeholder of a host name,
// so that it is the same in every output of a run.
func NewRedaction(name func(string) string) *Redaction {
	return &Redaction{mac: newTree(3), ip4: newTree(1), ip6: newTree(2), opaque: numbers{}, name: name, flows: map[ends]*tlsFlow{}}
}

// newInput forgets the connections of the input before.
func (d *Redaction) newInput() { clear(d.flows) }

// packet returns what stays of a packet. It is valid until the next call.
func (d *Redaction) packet(p *capture.Packet) []byte {
	d.out = append(d.out[:0], p.Data...)
	return d.out[:d.link(p.LinkType, d.out)]
}

// Throughout, a function that takes b changes it in place and returns how many
// bytes of it stay.

func (d *Redaction) link(t capture.LinkType, b []byte) int {
	switch t {
	case capture.LinkEthernet:
		return d.ethernet(b)
	case capture.LinkLinuxSLL:
		return d.cooked(b, 16, 4, 6, 14)
	case capture.LinkLinuxSLL2:
		return d.cooked(b, 20, 10, 12, 0)
	case capture.LinkNull, capture.LinkLoop:
		if len(b) < 4 {
			return 0
		}
		return 4 + d.ip(b[4:])
	case capture.LinkRaw, capture.LinkRaw12, capture.LinkRaw14, capture.LinkIPv4, capture.LinkIPv6:
		return d.ip(b)
	}
	return 0
}

// ethernet: IEEE 802.3, Section 3.1.1; tags: IEEE 802.1Q, Section 9.
func (d *Redaction) ethernet(b []byte) int {
	if len(b) < 14 {
		return 0
	}
	d.hardware(b[:6])
	d.hardware(b[6:12])
	for at := 12; at+2 <= len(b); at += 4 {
		switch t := binary.BigEndian.Uint16(b[at:]); t {
		case 0x8100, 0x88a8, 0x9100:
		default:
			return d.network(t, b, at+2)
		}
	}
	return 12
}

// cooked reads the headers that Linux makes up, of n bytes, with places of the
// address, its length and the protocol. The length is of two bytes or one.
func (d *Redaction) cooked(b []byte, n, length, address, protocol int) int {
	if len(b) < n {
		return 0
	}
	if six := b[length] == 0 && b[length+1] == 6 || n == 20 && b[length+1] == 6; six {
		d.hardware(b[address : address+6])
		clear(b[address+6 : address+8])
	} else {
		clear(b[address : address+8])
	}
	return d.network(binary.BigEndian.Uint16(b[protocol:]), b, n)
}

func (d *Redaction) network(etherType uint16, b []byte, at int) int {
	if etherType != 0x0800 && etherType != 0x86dd {
		return at
	}
	return at + d.ip(b[at:])
}

func (d *Redaction) ip(b []byte) int {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return d.ipv4(b)
	case len(b) >= 40 && b[0]>>4 == 6:
		return d.ipv6(b)
	}
	return 0
}

// ipv4: RFC 791, Section 3.1. What follows the datagram is padding.
func (d *Redaction) ipv4(b []byte) int {
	n, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if n < 20 || n > len(b) {
		return 0
	}
	if total == 0 { // segmentation offload
		total = len(b)
	}
	if total < n {
		return 0
	}
	copy(d.src.addr[:], mapped(b[12:16]))
	copy(d.dst.addr[:], mapped(b[16:20]))
	d.address4(b[12:16])
	d.address4(b[16:20])
	for i := 20; i < n; i++ {
		b[i] = 1 // no operation
	}
	binary.BigEndian.PutUint16(b[10:], 0)
	binary.BigEndian.PutUint16(b[10:], ^fold(sum(0, b[:n])))
	fragment := binary.BigEndian.Uint16(b[6:]) & 0x3fff
	if fragment&0x1fff != 0 {
		return n
	}
	return n + d.transport(b[9], b[n:min(len(b), total)], total-n, sum(0, b[12:20]), fragment != 0)
}

func mapped(b []byte) []byte {
	return append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, b...)
}

// ipv6: RFC 8200, Section 3. Extension headers but the fragment header are cut.
func (d *Redaction) ipv6(b []byte) int {
	length, next := int(binary.BigEndian.Uint16(b[4:])), b[6]
	if length == 0 {
		length = len(b) - 40
	}
	copy(d.src.addr[:], b[8:24])
	copy(d.dst.addr[:], b[24:40])
	d.address6(b[8:24])
	d.address6(b[24:40])
	clear(b[1:2]) // the flow label is made of the ends
	b[1], b[2], b[3] = b[1]&0xf0, 0, 0
	pseudo, n, fragmented := sum(0, b[8:40]), 40, false
	if next == 44 {
		if len(b) < 48 || length < 8 {
			return 40
		}
		field := binary.BigEndian.Uint16(b[42:])
		next, n, length = b[40], 48, length-8
		if field&^7 != 0 {
			return n
		}
		fragmented = field&1 != 0
	}
	return n + d.transport(next, b[n:min(len(b), n+length)], length, pseudo, fragmented)
}

// transport takes what an IP header is followed by: length bytes on the wire,
// len(b) of them captured. pseudo is the sum of the addresses.
func (d *Redaction) transport(proto byte, b []byte, length int, pseudo uint32, fragmented bool) int {
	n, at := 0, 0 // what stays, and the place of the checksum
	switch {
	case proto == 6 && len(b) >= 20:
		n, at = d.tcp(b, length, fragmented), 16
	case proto == 17 && len(b) >= 8:
		n, at = 8, 6
		if !fragmented {
			n += d.datagram(b[8:], len(b) == length)
		}
	case (proto == 1 || proto == 58) && len(b) >= 8:
		n, at = icmp(proto, b), 2
	default:
		return 0
	}
	if proto != 1 {
		pseudo += uint32(proto) + uint32(length>>16) + uint32(length&0xffff)
	} else {
		pseudo = 0
	}
	binary.BigEndian.PutUint16(b[at:], 0)
	if check := ^fold(sum(pseudo, b[:n])); check != 0 || proto != 17 {
		binary.BigEndian.PutUint16(b[at:], check)
	} else {
		binary.BigEndian.PutUint16(b[at:], 0xffff)
	}
	return n
}

// icmp keeps the header: type, code, and a word in which only the MTU and the
// pointer are known to tell nothing (RFC 792; RFC 1191; RFC 4443).
func icmp(proto byte, b []byte) int {
	if t := b[0]; proto == 1 && t != 3 && t != 11 && t != 12 || proto == 58 && (t < 1 || t > 4) {
		clear(b[4:8])
	}
	return 8
}

// tcp: RFC 9293, Section 3.1.
func (d *Redaction) tcp(b []byte, length int, fragmented bool) int {
	n := int(b[12]>>4) * 4
	d.src.port, d.dst.port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if n < 20 || n > len(b) {
		clear(b[20:])
		return 20
	}
	tcpOptions(b[20:n])
	if fragmented {
		return n
	}
	return n + d.payload(b[:n], b[n:], length-n)
}

// tcpOptions overwrites the options that are not known to tell nothing (a
// signature, a cookie, the addresses of MPTCP) with no-operations.
func tcpOptions(o []byte) {
	for len(o) > 0 {
		if o[0] == 0 {
			clear(o)
			return
		}
		n := 1
		if o[0] != 1 {
			if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
				clear(o)
				return
			}
			n = int(o[1])
		}
		switch o[0] {
		case 1, 2, 3, 4, 5, 8: // no-operation, MSS, window scale, SACK permitted, SACK, time stamps
		default:
			for i := range o[:n] {
				o[i] = 1
			}
		}
		o = o[n:]
	}
}

// payload follows the TLS of a connection and keeps what it knows of this
// segment, which has length bytes on the wire.
func (d *Redaction) payload(header, b []byte, length int) int {
	key := endsOf(d.src, d.dst)
	f := d.flows[key]
	if f == nil {
		if len(d.flows) >= maxFlows {
			clear(d.flows)
		}
		f = &tlsFlow{d: d}
		d.flows[key] = f
	}
	h := &f.half[0]
	if key[0] != d.src {
		h = &f.half[1]
	}
	seq, flags := binary.BigEndian.Uint32(header[4:]), header[13]
	if flags&packet.SYN != 0 {
		*h = tlsHalf{next: seq + 1, known: true}
		seq++
	}
	if length <= 0 {
		return 0
	}
	switch ahead := int32(seq - h.next); {
	case h.known && ahead < 0:
		return 0 // again
	case ahead > 0 || !h.known: // bytes are missing
		*h = tlsHalf{}
	}
	h.next, h.known = seq+uint32(length), true
	n := f.take(h, b)
	if len(b) < length { // cut by the snap length: what follows cannot be told
		*h = tlsHalf{next: h.next, known: true}
	}
	return n
}

// sum adds 16-bit words (RFC 1071); an odd byte is the upper half of a last one.
func sum(start uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		start += uint32(b[0])<<8 | uint32(b[1])
		start = start&0xffff + start>>16
	}
	if len(b) == 1 {
		start += uint32(b[0]) << 8
	}
	return start
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
