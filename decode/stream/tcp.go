package stream

import (
	"math"

	"tlswhy/decode/packet"
)

// tcp takes one TCP packet: it finds out where it belongs, tells the handler,
// then hands on what it completes.
func (t *Table) tcp(c *Conn, d Dir, s *packet.Segment) {
	h, i := &c.Half[d], &t.info
	h.Packets++
	if padding(s) {
		bare := *s
		bare.Payload, bare.Length = nil, 0
		s = &bare
	}
	c.note(s, d)
	if t.copies.seen(c, d, s) && !t.altered(c, d, s) {
		i.Duplicate = true
		t.h.Packet(c, s, i)
		return
	}
	if t.expected(c, d, s) {
		return
	}
	if peer := &c.Half[1-d]; peer.hold != 0 {
		t.confirm(c, 1-d, s)
		if c.muted {
			return
		}
	}
	t.anchor(c, d, s)
	if c.answersOther(d, s, i) {
		i.Stray = true
		t.h.Packet(c, s, i)
		return
	}
	t.classify(c, d, s)
	if s.Flags&packet.ACK != 0 {
		t.acknowledge(c, d, s)
	}
	t.control(c, d, s)
	t.lose(c, s)
	if c.muted {
		return
	}
	t.h.Packet(c, s, i)
	if c.muted {
		return
	}
	if s.Length > 0 && i.New > 0 && !strayed(s, i) {
		t.payload(c, d, s)
	}
	if h := &c.Half[d]; h.waiting != nil && h.hold == 0 {
		t.drain(c, d)
	}
	t.unhold(c, s)
}

// expected takes a packet of the commonest kind: the next bytes, or none, on a
// connection of which no byte is missing, and an acknowledgment of what was
// seen. All that the general case finds out about it is that. It reports false,
// and has done nothing, for any other packet.
func (t *Table) expected(c *Conn, d Dir, s *packet.Segment) bool {
	h, p, n := &c.Half[d], &c.Half[1-d], int64(s.Length)
	at := p.Next + int64(int32(s.Ack-p.base-uint32(p.Next)))
	if s.Flags&^packet.PSH != packet.ACK || s.Seq != h.base+uint32(h.Next) || at < 0 || at > p.High ||
		!h.whole() || !p.whole() || h.FIN || c.closed || p.Window == 0 || len(s.Payload) != s.Length {
		return false
	}
	i := &t.info
	i.Offset, i.New = h.Next, s.Length
	if n > 0 {
		t.remember(c, d, h.Next, s)
		h.High += n
	}
	if at > p.Acked {
		i.NewlyAcked = at - p.Acked
		p.Acked = at
	}
	if len(s.Options) > 0 {
		i.Sacked = p.sacked(s.Options, t.sacked[:0])
	}
	h.Window = s.Window
	h.patience, p.patience = 0, 0
	t.h.Packet(c, s, i)
	if n > 0 && !c.muted {
		h.Next += n
		t.h.Data(c, d, i.Offset, s.Payload, s.Frame, s.Time)
	}
	return true
}

// whole says whether every byte of a direction was handed on up to the highest
// one that was seen or acknowledged.
func (h *Half) whole() bool {
	return h.based && h.hold == 0 && h.waiting == nil && h.High == h.Next && h.Acked <= h.Next
}

// padding says whether the payload of a bare acknowledgment is what fills up a
// short Ethernet frame: some devices count it into the length of the IP
// packet. One byte may be a keep-alive or a window probe.
func padding(s *packet.Segment) bool {
	const room, tagged = 46 - 20 - 20, 42 - 20 - 20 // what the shortest frame has room for, without and with a VLAN tag
	if s.Flags != packet.ACK || s.Length != room && s.Length != tagged || len(s.Options) > 0 || len(s.Payload) != s.Length {
		return false
	}
	for _, b := range s.Payload {
		if b != 0 {
			return false
		}
	}
	return true
}

// note keeps the initial sequence numbers by which a new connection on the
// same ports is told.
func (c *Conn) note(s *packet.Segment, d Dir) {
	if s.Flags&(packet.FIN|packet.RST) != 0 {
		c.ended = true
	}
	if !c.known[d] {
		c.isn[d], c.known[d] = initial(s), true
	}
	if !c.known[1-d] && s.Flags&packet.ACK != 0 {
		c.isn[1-d], c.known[1-d] = s.Ack-1, true
	}
}

// offset returns the offset of a sequence number: the one nearest to Next.
func (h *Half) offset(seq uint32) int64 {
	return h.Next + int64(int32(seq-h.base-uint32(h.Next)))
}

// anchor finds out which sequence number is offset 0.
func (t *Table) anchor(c *Conn, d Dir, s *packet.Segment) {
	h := &c.Half[d]
	seq := s.Seq
	if s.Flags&packet.SYN != 0 {
		seq++
	}
	switch {
	case s.Flags&packet.SYN != 0 && !h.SYN:
		if !h.based {
			h.base, h.based = seq, true
		} else if h.Next == 0 && h.base != seq {
			t.rebase(h, seq)
		}
		h.hold = 0
	case s.Flags&(packet.SYN|packet.ACK) == packet.SYN|packet.ACK && h.base != seq && h.fresh():
		h.base, h.Acked = seq, 0 // a server that keeps no state answers each SYN anew
	case s.Flags&packet.RST != 0:
	case s.Length > 0 && h.SYN && h.fresh() && far(h.offset(seq)):
		h.base = seq
	case !h.based:
		h.base, h.based = seq, true
		if s.Length == 1 {
			h.base++ // a keep-alive; a lone byte of data is no loss either
		} else if s.Length > 1 {
			h.hold = holdPackets + 1
			t.soon(c, s.Time+wheelStep)
		}
	case s.Length > 1 && h.Next == 0 && !h.SYN && h.offset(seq) < 0:
		t.rebase(h, seq)
	}
	t.info.Offset = h.offset(seq)
}

// far says whether an offset cannot be of the connection whose SYN was seen.
func far(at int64) bool { return at < -farAway || at > farAway }

// fresh says whether nothing but a SYN was seen of a direction.
func (h *Half) fresh() bool { return h.Next == 0 && h.High == 0 && h.waiting == nil && !h.FIN }

// answersOther says whether a packet answers another connection than the one
// that was asked for: it acknowledges what cannot have been sent, though its
// sender accepted nothing yet, or resets what was told so (RFC 9293, Section
// 3.10.7.3). The SYN that it is about comes again.
func (c *Conn) answersOther(d Dir, s *packet.Segment, i *Info) bool {
	h, p := &c.Half[d], &c.Half[1-d]
	switch {
	case s.Flags&packet.RST != 0 && s.Flags&packet.ACK == 0:
		return h.SYN && h.fresh() && !p.SYN && p.fresh() && far(i.Offset)
	case s.Flags&(packet.ACK|packet.SYN|packet.RST|packet.FIN) == packet.ACK:
		at := p.offset(s.Ack)
		return s.Length == 0 && p.SYN && p.fresh() && !h.SYN && far(at)
	}
	return false
}

// rebase moves offset 0 of a direction of which nothing was handed on yet.
func (t *Table) rebase(h *Half, base uint32) {
	by := int64(int32(h.base - base))
	h.base = base
	h.High = max(h.High+by, 0)
	h.Acked = max(h.Acked+by, 0)
	h.end += by
	if h.waiting != nil {
		t.queued -= h.waiting.move(by)
		if len(h.waiting.pieces) == 0 {
			h.waiting = nil
		}
	}
}

// altered says whether a packet that was captured before carries other bytes
// now: something between the two places of the capture changed them.
func (t *Table) altered(c *Conn, d Dir, s *packet.Segment) bool {
	h := &c.Half[d]
	return len(s.Payload) > 0 && h.based && c.recent.altered(d, h.offset(s.Seq), s, t.flows.seed)
}

// classify fills in what the payload is: new, seen before, ahead of a hole.
func (t *Table) classify(c *Conn, d Dir, s *packet.Segment) {
	h, peer, i := &c.Half[d], &c.Half[1-d], &t.info
	n := int64(s.Length)
	const control = packet.SYN | packet.FIN | packet.RST
	plain := s.Flags&control == 0
	if plain && n <= 1 && i.Offset == h.High-1 {
		i.Probe = n == 1 && peer.Window == 0
		i.KeepAlive = !i.Probe && (n == 0 || h.Acked >= h.High)
		if i.Probe || i.KeepAlive {
			return
		}
	}
	if s.Flags&packet.RST != 0 || strayed(s, i) {
		return
	}
	if n > 0 {
		i.New = h.unseen(i.Offset, n)
		i.OutOfOrder = i.Offset < 0 || i.New > 0 && i.Offset > h.Next
		i.Probe = plain && n == 1 && i.New == 1 && peer.Window == 0
		if i.New < s.Length {
			i.Different = c.recent.differs(d, i.Offset, s, t.flows.seed)
		}
		if i.New > 0 || i.Different {
			t.remember(c, d, i.Offset, s)
		}
	}
	t.repeated(c, d, s)
	if end := i.Offset + n; !h.FIN || end <= h.end {
		h.High = max(h.High, end)
	}
}

// strayed says whether the payload of s is no part of the stream: the text
// of a reset, or a SYN that does not belong here.
func strayed(s *packet.Segment, i *Info) bool {
	return s.Flags&packet.RST != 0 || s.Flags&packet.SYN != 0 && i.Offset != 0
}

// repeated says whether a packet carries nothing but what was sent before.
func (t *Table) repeated(c *Conn, d Dir, s *packet.Segment) {
	h, i := &c.Half[d], &t.info
	at := i.Offset
	switch {
	case s.Flags&packet.SYN != 0:
		i.Retransmission = h.SYN && i.New == 0 && s.Seq+1 == h.base
		at--
	case s.Length > 0:
		newFIN := s.Flags&packet.FIN != 0 && !h.FIN
		i.Retransmission = i.New == 0 && i.Offset >= 0 && !newFIN
	case s.Flags&packet.FIN != 0:
		i.Retransmission = h.FIN
	}
	if !i.Retransmission {
		return
	}
	if h.Retransmitted < math.MaxUint16 {
		h.Retransmitted++
	}
	if h.run == 0 || c.repeat[d] != uint32(at) {
		c.repeat[d], h.run = uint32(at), 0
	}
	if h.run < math.MaxUint8 {
		h.run++
	}
	h.Repeats = max(h.Repeats, h.run)
}

// acknowledge takes the acknowledgment of a packet from d.
func (t *Table) acknowledge(c *Conn, d Dir, s *packet.Segment) {
	p := &c.Half[1-d]
	if s.Flags&packet.RST != 0 && !p.based {
		return
	}
	if !p.based {
		p.base, p.based = s.Ack, true
	}
	at := p.offset(s.Ack)
	if p.SYN && p.fresh() && far(at) && s.Flags&packet.RST == 0 { // it accepted another SYN than the one seen
		p.base, at = s.Ack, 0
	}
	if p.FIN {
		at = min(at, p.end)
	}
	if s.Flags&packet.RST != 0 && at > p.High || at > p.High+maxAckJump {
		return
	}
	if at > p.Acked {
		t.info.NewlyAcked = at - p.Acked
		p.Acked = at
	}
	if len(s.Options) > 0 && s.Flags&packet.SYN == 0 {
		t.info.Sacked = p.sacked(s.Options, t.sacked[:0])
	}
}

// control takes the flags and the window.
func (t *Table) control(c *Conn, d Dir, s *packet.Segment) {
	h := &c.Half[d]
	if s.Flags&packet.RST == 0 {
		h.Window = s.Window
	}
	if s.Flags&(packet.SYN|packet.FIN|packet.RST) == 0 {
		if t.info.New > 0 && c.closed && !(c.Half[0].FIN && c.Half[1].FIN) {
			c.closed = false // the reset was not obeyed
		}
		return
	}
	if s.Flags&packet.SYN != 0 && !h.SYN {
		h.SYN = true
		h.options(s.Options)
	}
	if s.Flags&packet.FIN != 0 && !h.FIN {
		h.FIN, h.end = true, t.info.Offset+int64(s.Length)
	}
	if s.Flags&packet.RST != 0 {
		h.RST = true
	}
	if !c.closed && (s.Flags&packet.RST != 0 || c.Half[0].FIN && c.Half[1].FIN) {
		c.closed = true
		t.soon(c, s.Time+int64(t.lim.Linger))
	}
}
