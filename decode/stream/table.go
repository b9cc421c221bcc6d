package stream

import (
	"cmp"
	"slices"

	"tlswhy/decode/packet"
)

// Table is the flow table. It is not safe for use by several goroutines.
type Table struct {
	h      Handler
	lim    Limits
	flows  flows
	conns  []*Conn // by Conn.ref-1
	free   []uint32
	open   int
	last   *Conn // of the packet before
	wheel  wheel
	copies duplicates

	expired []*Conn // reused by expire
	spare   []*recent
	buried  []*Conn // closed; for the next ones
	queued  int     // bytes behind holes
	stats   Stats
	info    Info
	sacked  [4]Range
}

// Stats counts what a Table has seen and which bounds were reached.
type Stats struct {
	TCP, UDP  int // connections, which is the next stream number
	Evicted   int // closed because Limits.Conns was reached
	Forgotten int // closed connections whose numbers were given up: Limits.Closed
	Overflows int // holes given up because a bound on waiting bytes was reached
	Ignored   int // packets of connections that were closed or muted before
}

// NewTable returns an empty table that reports to h.
func NewTable(h Handler, lim Limits) *Table {
	t := &Table{h: h, lim: lim}
	t.flows.init()
	return t
}

// Stats returns the counts so far.
func (t *Table) Stats() Stats { return t.stats }

// Segment takes the next packet of the capture. Of ICMP errors it only keeps
// the count of connections right; anything but TCP, UDP and ICMP is passed
// over.
func (t *Table) Segment(s *packet.Segment) {
	t.Tick(s.Time)
	switch s.Proto {
	case packet.TCP, packet.UDP:
	case packet.ICMP:
		if s.Quoted == packet.UDP || s.Flags != 0 {
			q := *s
			q.Proto = s.Quoted
			t.reserve(&q)
		}
		return
	default:
		return
	}
	for _, f := range s.Around {
		t.reserve(&packet.Segment{Src: f.Src, Dst: f.Dst, SrcPort: f.SrcPort, DstPort: f.DstPort, Proto: packet.UDP})
	}
	c := t.last
	d, ok := Dir(0), false
	if c != nil {
		d, ok = c.match(s)
	}
	reused := false
	if !ok {
		hash := t.flows.hash(s)
		c, d = t.find(s, hash)
		if c == nil {
			if c, reused = t.admit(s, hash); c == nil {
				t.stats.Ignored++
				return
			}
			d = 0
		}
		t.last = c
	}
	if s.Proto == packet.TCP && s.Flags&packet.SYN != 0 {
		if number := c.renewedBy(s, d); number != same {
			t.finish(c)
			c, d, reused = t.reopen(s, number), 0, true
			t.last = c
		}
	}
	if !c.muted {
		c.seen, c.frame = s.Time, s.Frame
		t.info = Info{Dir: d, Reused: reused}
		t.deliver(c, d, s)
	}
	if c.muted {
		t.finish(c)
	}
}

// Pass takes a packet that is not to be followed: it only keeps the numbers of
// connections right. A connection of which other packets are followed goes on.
func (t *Table) Pass(s *packet.Segment) {
	if s.Proto != packet.TCP && s.Proto != packet.UDP {
		t.Segment(s)
		return
	}
	t.Tick(s.Time)
	for _, f := range s.Around {
		t.reserve(&packet.Segment{Src: f.Src, Dst: f.Dst, SrcPort: f.SrcPort, DstPort: f.DstPort, Proto: packet.UDP})
	}
	hash := t.flows.hash(s)
	c, d := t.find(s, hash)
	if c != nil {
		if s.Proto == packet.UDP || s.Flags&packet.SYN == 0 || c.renewedBy(s, d) == same {
			return
		}
		t.finish(c)
	}
	sl := t.flows.left(hash)
	if sl == nil || s.Proto == packet.TCP && sl.renewedBy(s) == another {
		t.take(s.Proto, hash)
		sl = t.flows.left(hash)
	}
	sl.note(s)
}

func (t *Table) deliver(c *Conn, d Dir, s *packet.Segment) {
	if s.Proto == packet.TCP {
		t.tcp(c, d, s)
		return
	}
	c.Half[d].Packets++
	t.info.New = s.Length
	t.info.Duplicate = t.copies.seen(c, d, s)
	t.h.Packet(c, s, &t.info)
}

// Find returns the open connection with that key, in either order of its
// ends, or nil: what an ICMP error quotes.
func (t *Table) Find(k Key) *Conn {
	s := packet.Segment{
		Src: k.Addr[0], Dst: k.Addr[1], SrcPort: k.Port[0], DstPort: k.Port[1], Proto: k.Proto,
	}
	c, _ := t.find(&s, t.flows.hash(&s))
	return c
}

// Each calls f with every connection that is neither over nor muted, in no
// particular order.
func (t *Table) Each(f func(*Conn)) {
	for _, c := range t.conns {
		if c != nil && !c.muted && !c.closed {
			f(c)
		}
	}
}

// Close closes all connections that are still open, TCP first, in the order
// of their numbers.
func (t *Table) Close() {
	var open []*Conn
	for _, c := range t.conns {
		if c != nil {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, byNumber)
	for _, c := range open {
		t.finish(c)
	}
}

func byNumber(a, b *Conn) int {
	return cmp.Or(cmp.Compare(a.Key.Proto, b.Key.Proto), cmp.Compare(a.Stream, b.Stream))
}

// find returns the open connection of s, which has that hash, and who of it
// sent s; or nil.
func (t *Table) find(s *packet.Segment, hash uint64) (c *Conn, d Dir) {
	f := &t.flows
	mask := uint32(len(f.open) - 1)
	for at := uint32(hash) & mask; ; at = (at + 1) & mask {
		e := f.open[at]
		if e.ref == 0 {
			return nil, 0
		}
		if e.tag != uint32(hash) {
			continue
		}
		c = t.conns[e.ref-1]
		if d, ok := c.match(s); ok {
			return c, d
		}
	}
}

// admit opens a connection, unless s is only a late packet of one that is
// closed.
func (t *Table) admit(s *packet.Segment, hash uint64) (c *Conn, reused bool) {
	number, left := another, slot{}
	if sl := t.flows.left(hash); sl != nil {
		renewed := same
		if s.Proto == packet.TCP {
			renewed = sl.renewedBy(s)
		}
		switch {
		case renewed != same:
			number, reused = renewed, true
		case sl.flags&slotRevive != 0:
			number, left = int(sl.stream), *sl
		default:
			sl.note(s)
			return nil, false
		}
	}
	if t.open >= t.lim.Conns {
		t.evict()
	}
	c = t.newConn(s, number, hash)
	left.unearth(c)
	t.h.Open(c, s)
	return c, reused
}

// Reserve is for conversations that Wireshark counts though no packet has
// their ends: what goes through a SOCKS proxy on its port counts once more,
// with the port that the proxy was asked for.
func (t *Table) Reserve(k Key) {
	t.reserve(&packet.Segment{Src: k.Addr[0], Dst: k.Addr[1], SrcPort: k.Port[0], DstPort: k.Port[1], Proto: k.Proto})
}

// reserve gives a connection its number when s is the first that is seen of
// it but is not to be followed: a packet that an ICMP error quotes with its
// whole header, or a datagram that carries a tunnel.
func (t *Table) reserve(s *packet.Segment) {
	hash := t.flows.hash(s)
	if c, _ := t.find(s, hash); c == nil && t.flows.left(hash) == nil {
		t.take(s.Proto, hash)
	}
}

// take gives a number to a connection that is not followed, or not yet.
func (t *Table) take(proto packet.Proto, hash uint64) {
	sl := slot{hash: hash, flags: slotUsed | slotRevive, stream: uint32(t.number(proto))}
	if proto == packet.UDP {
		sl.flags |= slotUDP
	}
	t.bury(sl)
}

func (t *Table) bury(sl slot) {
	t.stats.Forgotten += t.flows.bury(sl, t.lim.Closed, t.stats.TCP, t.stats.UDP)
}

// number takes the next stream number.
func (t *Table) number(proto packet.Proto) int {
	counter := &t.stats.TCP
	if proto == packet.UDP {
		counter = &t.stats.UDP
	}
	*counter++
	return *counter - 1
}

// reopen opens the connection that takes the place of one just closed.
func (t *Table) reopen(s *packet.Segment, number int) *Conn {
	c := t.newConn(s, number, t.flows.hash(s))
	t.h.Open(c, s)
	return c
}

func (t *Table) newConn(s *packet.Segment, number int, hash uint64) *Conn {
	if number == another {
		number = t.number(s.Proto)
	}
	c := t.spareConn()
	*c = Conn{
		Key: Key{
			Addr: [2]packet.Addr{s.Src, s.Dst}, Port: [2]uint16{s.SrcPort, s.DstPort}, Proto: s.Proto,
		},
		IPv6: s.IPv6, Stream: int32(number), seen: s.Time,
	}
	if n := len(t.free); n > 0 {
		c.ref, t.free = t.free[n-1], t.free[:n-1]
		t.conns[c.ref-1] = c
	} else {
		t.conns = append(t.conns, c)
		c.ref = uint32(len(t.conns))
	}
	t.open++
	t.flows.insert(hash, c.ref)
	t.arm(c, s.Time+int64(t.lim.Idle))
	return c
}

// finish hands on what waits behind holes, closes c and leaves of it in its
// slot what tells its packets from those of a new connection.
func (t *Table) finish(c *Conn) {
	for d := range c.Half {
		if !c.muted {
			t.flush(c, Dir(d))
		}
		t.discard(&c.Half[d])
	}
	t.h.Close(c)
	t.disarm(c)
	t.forget(c)
	hash := t.flows.hashKey(&c.Key)
	t.flows.remove(hash, c.ref)
	t.bury(c.remains(hash))
	t.conns[c.ref-1] = nil
	t.free = append(t.free, c.ref)
	t.open--
	if t.last == c {
		t.last = nil
	}
	if len(t.buried) < maxSpare {
		c.User = nil
		t.buried = append(t.buried, c)
	}
}

// spareConn returns the memory of a connection that was closed, or a new one.
func (t *Table) spareConn() *Conn {
	if n := len(t.buried); n > 0 {
		c := t.buried[n-1]
		t.buried = t.buried[:n-1]
		return c
	}
	return new(Conn)
}

func (c *Conn) match(s *packet.Segment) (Dir, bool) {
	k := &c.Key
	if k.Proto != s.Proto {
		return 0, false
	}
	if k.Port[0] == s.SrcPort && k.Port[1] == s.DstPort && k.Addr[0] == s.Src && k.Addr[1] == s.Dst {
		return 0, true
	}
	return 1, k.Port[1] == s.SrcPort && k.Port[0] == s.DstPort && k.Addr[1] == s.Src && k.Addr[0] == s.Dst
}

// What a SYN or SYN-ACK on known ports begins, other than a number to go on
// with.
const (
	same    = -1 // nothing: it belongs to the connection
	another = -2 // a connection with a number of its own
)

// renewedBy says what s, a SYN or SYN-ACK, begins. As in Wireshark, another
// SYN than that of c begins a connection with its own number. A SYN-ACK does
// not; but when c is over, it belongs to a connection whose SYN the capture
// missed, and which keeps the number.
func (c *Conn) renewedBy(s *packet.Segment, d Dir) int {
	switch {
	case !c.known[d] || s.Seq == c.isn[d]:
	case s.Flags&packet.ACK == 0:
		return another
	case c.closed && c.Half[d].SYN:
		return int(c.Stream)
	}
	return same
}
