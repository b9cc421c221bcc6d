package packet

import "bytes"

// Bounds on what waits to be put together.
const (
	maxDatagrams    = 1024    // datagrams: far more than a link has under way at once
	maxFragBytes    = 4 << 20 // bytes of them all, with their bookkeeping
	maxPieces       = 2048    // of one datagram: 64 KiB over an MTU of 68 are 1366
	maxLost         = 2048    // incomplete datagrams that nobody has asked for yet: Flush alone gives 1024
	maxLostBytes    = 8 << 20 // bytes of those
	maxDatagram     = 65535   // bytes of a datagram behind the IP header
	fragAge         = 30e9    // ns of capture time: Linux's ipfrag_time
	doneAge         = 2e9     // ns that a finished datagram is remembered, to know a mirror port's duplicates
	pieceBookkeeper = 64      // bytes that a piece costs beside its content, at most
)

type fragKey struct {
	src, dst Addr
	id       uint32
	proto    uint8 // IPv4 only: RFC 791, Section 3.2; RFC 8200, Section 4.5
	v6       bool
}

// fragment is what a fragment's header says.
type fragment struct {
	key   fragKey
	off   int // bytes
	more  bool
	proto uint8
}

// piece is a run of a datagram's bytes; end-off counts what was on the wire,
// n what was captured of it.
type piece struct{ off, end, pos, n int }

// datagram is one packet under way. Its pieces do not overlap and are in
// order; bytes that came first win.
type datagram struct {
	key     fragKey
	head    Segment // of the first fragment; until that comes, of the one that came first
	proto   uint8   // what the first fragment is followed by
	pieces  []piece
	data    []byte
	covered int // bytes of the pieces on the wire
	total   int // -1 until the last fragment comes
	first   bool
	done    bool
	frame   int // that came first
	time    int64
}

// fragments are the datagrams under way, oldest first in queue.
type fragments struct {
	table map[fragKey]*datagram
	queue []*datagram
	bytes int
	lost  []*datagram
	held  int // bytes of lost
	asm   []byte
	stats FragmentStats
}

// FragmentStats counts what became of fragmented datagrams.
type FragmentStats struct {
	Fragments  int // seen, duplicates not counted
	Whole      int // datagrams put together
	Incomplete int // datagrams given up: too old, pushed out by a bound, or under way when the capture ended
	Dropped    int // fragments that contradict the others of their datagram
}

// FragmentStats returns the counts so far.
func (p *Parser) FragmentStats() FragmentStats { return p.frags.stats }

func (f *fragments) waiting() bool { return len(f.queue) > 0 }

// expire gives up what is too old at the given capture time.
func (f *fragments) expire(now int64) {
	for len(f.queue) > 0 {
		d := f.queue[0]
		age := now - d.time
		if age < doneAge || age < fragAge && !d.done {
			return
		}
		f.pop()
	}
}

// pop takes the oldest datagram out.
func (f *fragments) pop() {
	d := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	f.bytes -= d.cost()
	if f.table[d.key] == d {
		delete(f.table, d.key)
	}
	if d.done {
		return
	}
	f.stats.Incomplete++
	if d.first {
		f.lost, f.held = append(f.lost, d), f.held+d.cost()
	}
	for len(f.lost) > maxLost || f.held > maxLostBytes {
		f.popLost()
	}
}

// popLost takes out the oldest datagram that is known to be incomplete.
func (f *fragments) popLost() *datagram {
	d := f.lost[0]
	f.lost[0] = nil
	f.lost, f.held = f.lost[1:], f.held-d.cost()
	return d
}

func (d *datagram) cost() int { return len(d.data) + len(d.pieces)*pieceBookkeeper }

// fragment takes in one fragment, and reads on if it was the last one
// missing. b and w are the fragment's part of the datagram.
func (p *Parser) fragment(s *Segment, f fragment, b []byte, w int) Result {
	if f.more {
		w &^= 7
		b = clip(b, w)
	}
	if w <= 0 || f.off+w > maxDatagram {
		return Malformed
	}
	if p.deeper() {
		return NotIP
	}
	d := p.frags.find(s, f, b)
	if d == nil {
		return Fragment // a duplicate of a datagram that is through
	}
	if !d.fits(f, w) || len(d.pieces) >= maxPieces {
		p.frags.stats.Dropped++
		return Malformed
	}
	p.frags.add(d, s, f, b, w)
	if d.covered == d.total {
		return p.assembled(s, d)
	}
	if f.off == 0 {
		return p.firstFragment(s, f.proto, b, w)
	}
	return Fragment
}

// find returns the datagram that a fragment belongs to, or nil if it only
// repeats a finished one.
func (f *fragments) find(s *Segment, fr fragment, b []byte) *datagram {
	d := f.table[fr.key]
	if d != nil && d.done {
		if d.has(fr.off, b) {
			return nil
		}
		d = nil // the identification is used again
	}
	if d != nil {
		return d
	}
	if f.table == nil {
		f.table = map[fragKey]*datagram{}
	}
	for len(f.queue) >= maxDatagrams {
		f.pop()
	}
	d = &datagram{key: fr.key, total: -1, frame: s.Frame, time: s.Time}
	f.table[fr.key] = d
	f.queue = append(f.queue, d)
	return d
}

// fits reports whether a fragment agrees with where the datagram ends.
func (d *datagram) fits(f fragment, w int) bool {
	end := f.off + w
	if d.total >= 0 && (end > d.total || !f.more && end != d.total) {
		return false
	}
	return f.more || len(d.pieces) == 0 || d.pieces[len(d.pieces)-1].end <= end
}

// add stores a fragment and pushes old datagrams out if that was too much.
func (f *fragments) add(d *datagram, s *Segment, fr fragment, b []byte, w int) {
	f.stats.Fragments++
	if fr.off == 0 && !d.first {
		d.first, d.proto, d.head = true, fr.proto, *s
	}
	if !fr.more {
		d.total = fr.off + w
	}
	f.bytes -= d.cost()
	d.insert(fr.off, fr.off+w, b)
	f.bytes += d.cost()
	for f.bytes > maxFragBytes && f.queue[0] != d {
		f.pop()
	}
}

// insert fills the holes between off and end from b.
func (d *datagram) insert(off, end int, b []byte) {
	for i := 0; off < end; i++ {
		if i == len(d.pieces) || d.pieces[i].off > off {
			stop := end
			if i < len(d.pieces) {
				stop = min(end, d.pieces[i].off)
			}
			here := clip(b, stop-off)
			d.pieces = append(d.pieces, piece{})
			copy(d.pieces[i+1:], d.pieces[i:])
			d.pieces[i] = piece{off, stop, len(d.data), len(here)}
			d.data = append(d.data, here...)
			d.covered += stop - off
			b, off = b[len(here):], stop
			continue
		}
		if skip := d.pieces[i].end - off; skip > 0 {
			b, off = b[min(skip, len(b)):], off+skip
		}
	}
}

// has reports whether the datagram has exactly these bytes at off.
func (d *datagram) has(off int, b []byte) bool {
	for _, p := range d.pieces {
		if p.end <= off {
			continue
		}
		if p.off > off {
			return len(b) == 0
		}
		have := d.data[p.pos : p.pos+p.n]
		have = have[min(off-p.off, len(have)):]
		n := min(len(have), len(b))
		if !bytes.Equal(have[:n], b[:n]) {
			return false
		}
		step := p.end - off
		b, off = b[min(step, len(b)):], p.end
		if len(b) == 0 {
			return true
		}
	}
	return len(b) == 0
}

// prefix copies what was captured without a hole from the start into the
// parser's buffer.
func (f *fragments) prefix(d *datagram) []byte {
	f.asm = f.asm[:0]
	for _, p := range d.pieces {
		if p.off != len(f.asm) {
			break
		}
		f.asm = append(f.asm, d.data[p.pos:p.pos+p.n]...)
	}
	return f.asm
}

// assembled reads a datagram of which every byte has come.
func (p *Parser) assembled(s *Segment, d *datagram) Result {
	d.done = true
	p.frags.stats.Whole++
	frame, time := s.Frame, s.Time
	*s = d.head
	s.Frame, s.FirstFrame, s.Time = frame, d.frame, time
	return p.transport(s, d.proto, p.frags.prefix(d), d.total)
}

// firstFragment reads the transport header of a first fragment. It looks into
// no tunnel, since what is inside comes again when the datagram is whole.
func (p *Parser) firstFragment(s *Segment, proto uint8, b []byte, w int) Result {
	p.depth = maxDepth
	if p.transport(s, proto, b, w) == OK {
		s.Incomplete = true
	} else {
		s.Proto = None
	}
	return Fragment
}

// Incomplete hands out the segments of which a fragment never came, oldest
// first: what there is of the header, the payload up to the first hole, and
// in Length what is known to have been sent. Frame and FirstFrame are the
// first that were captured of it. It reports whether there was one; call it
// until there is none, after Parse, and after Flush at the end of the capture.
func (p *Parser) Incomplete(s *Segment) bool {
	for len(p.frags.lost) > 0 {
		d := p.frags.popLost()
		*s = d.head
		s.FirstFrame = d.frame
		w := d.pieces[len(d.pieces)-1].end
		p.depth = maxDepth // no tunnels: their inside may be broken anywhere
		if p.transport(s, d.proto, p.frags.prefix(d), w) == OK {
			s.Incomplete = true
			return true
		}
	}
	return false
}

// Flush gives up every datagram under way; Incomplete then hands them out.
// It belongs at the end of the capture.
func (p *Parser) Flush() {
	for p.frags.waiting() {
		p.frags.pop()
	}
}
