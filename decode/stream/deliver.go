package stream

import "tlswhy/decode/packet"

// payload hands on the payload of s, as far as it is new, and what waited
// for it; ahead of a hole it is kept instead.
func (t *Table) payload(c *Conn, d Dir, s *packet.Segment) {
	h := &c.Half[d]
	off := t.info.Offset
	end := off + int64(s.Length)
	if h.hold != 0 || off > h.Next {
		t.keep(c, d, s, off)
		return
	}
	for h.Next < end && !c.muted {
		limit := end
		if h.waiting != nil {
			limit = min(limit, h.waiting.first())
		}
		t.hand(c, d, &piece{off: off, n: limit - off, b: s.Payload, frame: s.Frame, time: s.Time})
		t.drain(c, d)
	}
}

// hand hands on the part of p behind Next: the captured bytes, then a gap
// for what the snap length cut.
func (t *Table) hand(c *Conn, d Dir, p *piece) {
	h := &c.Half[d]
	end := p.off + p.n
	skip := h.Next - p.off
	if b := p.b[:min(int64(len(p.b)), p.n)]; skip < int64(len(b)) {
		at := h.Next
		h.Next = p.off + int64(len(b))
		t.h.Data(c, d, at, b[skip:], p.frame, p.time)
	}
	if h.Next < end && !c.muted {
		at := h.Next
		h.Next = end
		t.h.Gap(c, d, at, end-at, p.frame, p.time)
	}
}

// drain hands on what no longer waits.
func (t *Table) drain(c *Conn, d Dir) {
	h := &c.Half[d]
	for q := h.waiting; q != nil && !c.muted && q.first() <= h.Next; {
		p := q.pop()
		t.queued -= len(p.b)
		if len(q.pieces) == 0 {
			h.waiting, q = nil, nil
		}
		t.hand(c, d, &p)
	}
}

// keep copies the payload of s until the hole before it is filled. Past a
// bound the hole becomes a gap.
func (t *Table) keep(c *Conn, d Dir, s *packet.Segment, off int64) {
	h := &c.Half[d]
	if h.waiting == nil {
		h.waiting = new(queue)
	}
	p := piece{off: off, n: int64(s.Length), b: s.Payload, frame: s.Frame, time: s.Time}
	if skip := h.Next - off; skip > 0 {
		p.cut(skip)
	}
	t.queued += h.waiting.add(p)
	if len(h.waiting.pieces) == 0 {
		h.waiting = nil
	}
	for q := h.waiting; q != nil && !c.muted && t.over(q); q = h.waiting {
		t.stats.Overflows++
		h.hold = 0
		t.skip(c, d, max(q.first(), h.Next), s.Frame, s.Time)
	}
}

func (t *Table) over(q *queue) bool {
	return q.bytes > t.lim.Waiting || len(q.pieces) > t.lim.Pieces || t.queued > t.lim.TotalWaiting
}

// skip gives up the holes before the offset to.
func (t *Table) skip(c *Conn, d Dir, to int64, frame int, time int64) {
	h := &c.Half[d]
	t.drain(c, d)
	for h.Next < to && !c.muted {
		at, end := h.Next, to
		if h.waiting != nil {
			end = min(end, h.waiting.first())
		}
		h.Next = end
		t.h.Gap(c, d, at, end-at, frame, time)
		t.drain(c, d)
	}
}

// lose gives up holes that the other end has acknowledged for a while: the
// bytes arrived, but the capture does not have them. s is not handed on yet.
func (t *Table) lose(c *Conn, s *packet.Segment) {
	for d := range c.Half {
		h := &c.Half[d]
		if h.hold != 0 || !h.missing() {
			h.patience = 0
			continue
		}
		if i := &t.info; i.Dir == Dir(d) && i.New > 0 && i.Offset <= h.Next {
			continue // it fills the hole
		}
		if h.patience == 0 {
			c.lost[d] = uint32(s.Time >> timeShift)
			t.soon(c, s.Time+wheelStep)
		}
		h.patience++
		if h.patience > lostPackets || c.lostFor(Dir(d), s.Time) {
			h.patience = 0
			t.skip(c, Dir(d), h.Acked, s.Frame, s.Time)
		}
		if c.muted {
			return
		}
	}
}

// lostFor says whether what the other end acknowledged is missing for so long
// that it will not come.
func (c *Conn) lostFor(d Dir, now int64) bool {
	return int32(uint32(now>>timeShift)-c.lost[d]) > int32(lostTime>>timeShift)
}

// missing says whether bytes before the highest acknowledged one were not
// captured. A single byte behind all that was seen may be
// a FIN instead.
func (h *Half) missing() bool {
	return h.Acked > h.Next && (h.waiting != nil || h.Acked != h.High+1)
}

// unhold counts the packets that the first data of a direction without SYN
// waits for.
func (t *Table) unhold(c *Conn, s *packet.Segment) {
	for d := range c.Half {
		h := &c.Half[d]
		if h.hold == 0 || c.muted {
			continue
		}
		h.hold--
		if s.Flags&(packet.FIN|packet.RST) != 0 {
			h.hold = 0
		}
		if h.hold == 0 {
			t.drain(c, Dir(d))
		}
	}
}

// confirm takes what a packet of the other end says of where the first data
// of direction d belongs. What it acknowledges came before it; what it does
// not acknowledge at all may have come after it.
func (t *Table) confirm(c *Conn, d Dir, s *packet.Segment) {
	h := &c.Half[d]
	if s.Flags&packet.ACK == 0 || s.Flags&packet.RST != 0 {
		return
	}
	at := h.offset(s.Ack)
	if at == 0 {
		return
	}
	if at < 0 && at > -maxAckJump {
		t.rebase(h, s.Ack)
	}
	h.hold = 0
	t.drain(c, d)
}

// settle does for a connection what its next packet would do, once that is
// due anyway.
func (t *Table) settle(c *Conn) {
	for d := range c.Half {
		h := &c.Half[d]
		if h.hold != 0 {
			h.hold = 0
			t.drain(c, Dir(d))
		}
		if !c.muted && h.missing() && c.lostFor(Dir(d), t.wheel.now) {
			t.skip(c, Dir(d), h.Acked, c.frame, c.seen)
			h.patience = 0
		}
	}
}

// flush hands on everything that waits, at the end of a connection.
func (t *Table) flush(c *Conn, d Dir) {
	h := &c.Half[d]
	h.hold = 0
	for h.waiting != nil && !c.muted {
		t.skip(c, d, max(h.waiting.first(), h.Next), c.frame, c.seen)
		t.drain(c, d)
	}
	if !c.muted && h.missing() {
		t.skip(c, d, h.Acked, c.frame, c.seen)
	}
}

// discard frees what waits without handing it on.
func (t *Table) discard(h *Half) {
	if h.waiting != nil {
		t.queued -= h.waiting.bytes
		h.waiting = nil
	}
}
