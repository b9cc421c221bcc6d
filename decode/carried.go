package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// carried is a TLS connection inside packets of another protocol, which bring
// its records in order but are no TCP: EAP in EAPOL or RADIUS. It has a log and
// a state of its own; several of them may share the two ends.
type carried struct {
	flow  *flow // nil once it is forgotten
	off   [2]int64
	again int // repetitions of the packet before
}

// carry begins such a connection between the ends of key, in its order.
func (d *Decoder) carry(kind Transport, via string, key stream.Key, number int, s *packet.Segment) *carried {
	var f *flow
	if n := len(d.free); n > 0 {
		f, d.free = d.free[n-1], d.free[:n-1]
	} else {
		f = &flow{}
	}
	c := &stream.Conn{Key: key, IPv6: s.IPv6, Stream: int32(number)}
	f.start(d, c, s)
	c.User = f
	f.dg.known, f.dg.kind, f.dg.via = true, kind, via
	for i := range f.half {
		f.half[i].mode = modeTLS
	}
	return &carried{flow: f}
}

// note takes the headers of a packet from dir.
func (c *carried) note(dir stream.Dir, s *packet.Segment) {
	f := c.flow
	f.half[dir].note(s)
	f.half[dir].dataTime, f.half[dir].dataFrame = s.Time, int32(s.Frame)
	f.half[dir].noteTTL(s.TTL)
	f.last, f.frame9 = max(f.last, s.Time), int32(s.Frame)
	if s.Length > len(s.Payload) {
		f.cut = true
	}
}

// bytes takes the next bytes of TLS. It reports false when nothing more is
// wanted of the connection.
func (c *carried) bytes(dir stream.Dir, b []byte, s *packet.Segment) bool {
	f := c.flow
	f.dg.bytes[dir] += int64(len(b))
	c.again = 0
	conn := f.conn
	f.data(dir, c.off[dir], b, int32(s.Frame), s.Time)
	c.off[dir] += int64(len(b))
	if conn.User == nil { // healthy and forgotten: the log may be another's by now
		c.flow = nil
		return false
	}
	return true
}

// lost says that bytes are missing before the next ones, n at least: what comes
// is in step again where a record begins.
func (c *carried) lost(dir stream.Dir, n int64, s *packet.Segment) {
	c.flow.gap(dir, c.off[dir], n, int32(s.Frame), s.Time)
	c.off[dir] += n
	if h := &c.flow.half[dir]; h.mode == modeTLS {
		h.mode, h.remain, h.nhdr, h.searched = modeLost, -1, 0, 0
	}
}

// repeat takes a packet that was sent again.
func (c *carried) repeat(dir stream.Dir, s *packet.Segment) {
	c.again++
	c.flow.repeatedDatagram(s, &stream.Info{Dir: dir}, c.again)
}

// say logs a message of the protocol that carries the connection.
func (c *carried) say(dir stream.Dir, s *packet.Segment, m Prelude) {
	c.flow.extraRec(rec{dir: dir, frame: int32(s.FirstFrame), last: int32(s.Frame), time: s.Time, n: int32(s.Length), head: -1}, m)
}

// end hands the connection on.
func (c *carried) end() {
	f := c.flow
	if c.flow = nil; f == nil {
		return
	}
	f.conn.User = nil
	f.finish()
	f.d.recycle(f)
}
