package prelude

import "bytes"

// Feed gives the next in-order bytes of one side, whose first byte is at
// offset in its stream. It returns how many of them belong to the prelude and
// the steps that they completed. When n < len(b), the side is Ready and b[n:]
// looks like TLS.
func (d *Dialog) Feed(from Side, offset int64, b []byte) (n int, steps []Step) {
	from &= 1
	d.steps, d.chunks = nil, [2][]Chunk{}
	f := &d.flows[from]
	if f.begun && offset != f.next {
		d.gap(f)
	}
	f.begun, f.next = true, offset
	for n < len(b) {
		m := d.take(from, b[n:])
		if m == 0 {
			break
		}
		n += m
		f.next += int64(m)
	}
	return n, d.steps
}

// gap forgets what was unfinished when bytes are missing. Lines find their
// feet again; packets do not.
func (d *Dialog) gap(f *flow) {
	deaf := f.deaf || d.talk == nil || d.grammar.delimiter == 0
	*f = flow{deaf: deaf, begun: true}
	if !deaf {
		f.long = true // in the middle of a line
	}
}

// take consumes some bytes of one side; 0 when TLS starts here.
func (d *Dialog) take(from Side, b []byte) int {
	f := &d.flows[from]
	if f.pass > 0 {
		n := int(min(f.pass, int64(len(b))))
		f.pass -= int64(n)
		if d.unwraps {
			d.unwrapped(from, f.next, b[:n])
		}
		return n
	}
	if f.seen == 0 && d.startsTLS(from, b) {
		d.ready[from] = true
		return 0
	}
	switch {
	case d.done || f.deaf:
		return len(b)
	case d.talk == nil:
		return d.listen(from, b)
	case f.total == 0 && f.long:
		return d.skipLine(from, b)
	}
	return d.collect(from, b)
}

// startsTLS reports whether TLS starts at a message boundary, asked for or not.
func (d *Dialog) startsTLS(from Side, b []byte) bool {
	switch {
	case d.unwraps:
		return false
	case d.ready[from]:
		return b[0] >= 0x14 && b[0] <= 0x17 || b[0]&0x80 != 0 && len(b) > 2 && b[2] == 1
	case d.talk != nil && !d.done && !d.flows[from].deaf && !d.grammar.binary:
		return b[0] == 0x16
	case d.talk == nil && !d.done && !d.flows[from].deaf:
		return matchHello(b) != no
	}
	return matchHello(b) == yes
}

// matchHello wants a record (RFC 8446, Section 5.1) with a ClientHello or ServerHello inside.
func matchHello(b []byte) verdict {
	switch {
	case b[0] != 0x16 || len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4 || len(b) > 5 && b[5] != 1 && b[5] != 2:
		return no
	case len(b) < 6:
		return more
	}
	return yes
}

// listen waits until the protocol can be told.
func (d *Dialog) listen(from Side, b []byte) int {
	f := &d.flows[from]
	held := len(f.buf)
	if held == 0 {
		f.start = f.next
	}
	f.buf = append(f.buf, b[:min(len(b), maxGuess-held)]...)
	g, verdict := recognise(f.buf)
	switch {
	case verdict == more && len(f.buf) < maxGuess:
		f.seen = int64(len(f.buf))
		return len(f.buf) - held
	case verdict != yes:
		f.deaf, f.buf, f.seen = true, nil, 0
		return len(b)
	}
	before := f.buf[:held]
	f.buf, f.seen = nil, 0
	d.start(g, from)
	d.replay(from, before)
	return d.take(from, b)
}

// replay says again what was held back while the protocol was unknown.
func (d *Dialog) replay(from Side, held []byte) {
	f := &d.flows[from]
	end := f.next
	f.next -= int64(len(held))
	for len(held) > 0 {
		n := d.take(from, held)
		if n == 0 {
			break
		}
		held = held[n:]
		f.next += int64(n)
	}
	f.next = end
}

// start begins to follow a protocol that one side was heard to speak.
func (d *Dialog) start(g *grammar, from Side) {
	d.grammar, d.name = g, g.name
	if g.says == serverSays && d.tunnels == 0 {
		d.flip = from ^ Server
	} else if g.says == clientSays && d.tunnels == 0 {
		d.flip = from
	}
	d.talk = g.open()
	d.state, d.ready = None, [2]bool{}
	other := &d.flows[from.other()]
	other.buf, other.seen, other.deaf = nil, 0, false
}

// role is the part that a side plays.
func (d *Dialog) role(from Side) Side { return from ^ d.flip }

// collect gathers the next message of one side.
func (d *Dialog) collect(from Side, b []byte) int {
	f := &d.flows[from]
	if f.seen == 0 {
		f.start = f.next
	}
	before := len(f.buf)
	view := b[:min(len(b), maxMessage-before)]
	if before > 0 {
		f.buf = append(f.buf, view...)
		view = f.buf
	}
	if f.total == 0 {
		f.total = d.talk.frame(d, d.role(from), view)
	}
	switch {
	case f.total < 0:
		d.finish()
		f.buf, f.seen, f.total = nil, 0, 0
		return len(b)
	case f.total == 0 || f.total > f.seen+int64(len(b)):
		return d.keep(from, view, before, len(b))
	}
	n := int(f.total - f.seen)
	if n < 1 {
		d.finish()
		return len(b)
	}
	d.deliver(from, view[:min(int64(len(view)), f.total)])
	return n
}

// keep holds an unfinished message back. view is all that is kept of it.
func (d *Dialog) keep(from Side, view []byte, before, n int) int {
	f := &d.flows[from]
	if before == 0 {
		f.buf = append(f.buf[:0], view...)
	}
	if f.total == 0 {
		n = len(view) - before
		if len(view) == maxMessage {
			f.long = true
			if d.grammar.delimiter == 0 {
				d.finish()
			}
		}
	}
	f.seen += int64(n)
	return n
}

// skipLine looks for the end of a line that is too long to keep.
func (d *Dialog) skipLine(from Side, b []byte) int {
	f := &d.flows[from]
	i := bytes.IndexByte(b, d.grammar.delimiter)
	if i < 0 {
		f.seen += int64(len(b))
		return len(b)
	}
	f.seen += int64(i + 1)
	f.total = f.seen
	if len(f.buf) == 0 { // after a gap
		f.seen, f.total, f.long = 0, 0, false
		return i + 1
	}
	d.deliver(from, f.buf)
	return i + 1
}

// deliver hands a complete message to the protocol.
func (d *Dialog) deliver(from Side, b []byte) {
	f := &d.flows[from]
	m := message{d.role(from), f.start, int(f.total), b}
	f.seen, f.total, f.long = 0, 0, false
	f.buf = f.buf[:0]
	if d.unwraps { // chunks may still point at it
		f.buf = nil
	}
	if d.ready[from] {
		if !d.plain[from] {
			d.plain[from] = true
			d.step(m, "plaintext", line(b), 0)
		}
		return
	}
	before := d.goesOn
	d.goodbye = false
	if m.From == Client && d.listed {
		d.goesOn = true
	}
	d.talk.message(d, m)
	if d.goodbye {
		d.goesOn = before
	}
}
