package stream

import (
	"encoding/binary"
	"hash/maphash"

	"tlswhy/decode/packet"
)

// flows finds connections by their ends, under secret keys. Open connections
// stand in a small table that a core's own cache holds. What is left of closed
// ones goes to a large one, but waits in latest first: the packets that come
// late are mostly those of the connections that were closed last.
type flows struct {
	seed   maphash.Seed // for content
	secret [4]uint64    // for keys

	open  []entry // by hash, at most half full
	count int

	latest []slot   // the last that were closed, each in the place of its hash
	closed []slot   // by hash; never freed, but older ones are left out when it grows past its bound
	tags   []uint16 // of closed: bits of the hash, 0 for a free slot; they tell of most connections that they are new
	used   int
}

// entry is an open connection, or free.
type entry struct {
	tag uint32 // low bits of its hash
	ref uint32 // Conn.ref; 0: free
}

// slot is 24 bytes without a pointer: what is left of a closed connection,
// told by its 64-bit hash alone.
type slot struct {
	hash   uint64
	stream uint32
	isn    [2]uint32 // of the lower and the higher end, see lower
	flags  uint32
}

const (
	slotUsed   = 1 << iota
	slotRevive // closed for being idle: its packets open it again
	slotEnded  // a FIN or RST was seen
	slotUDP
	slotKnown0 // isn[0] is known
	slotKnown1
)

func (f *flows) init() {
	f.seed = maphash.MakeSeed()
	for i := range f.secret {
		f.secret[i] = maphash.Bytes(f.seed, []byte{byte(i)})
	}
	f.open = make([]entry, 1<<8)
	f.latest = make([]slot, maxLatest)
	f.makeClosed(1 << 10)
}

func (f *flows) makeClosed(size int) {
	f.closed, f.tags, f.used = make([]slot, size), make([]uint16, size), 0
}

func tagOf(hash uint64) uint16 { return uint16(hash>>48) | 1 }

// insert adds an open connection.
func (f *flows) insert(hash uint64, ref uint32) {
	if f.count++; f.count > len(f.open)/2 {
		old := f.open
		f.open = make([]entry, 2*len(old))
		for _, e := range old {
			if e.ref != 0 {
				f.place(e)
			}
		}
	}
	f.place(entry{uint32(hash), ref})
}

func (f *flows) place(e entry) {
	mask := uint32(len(f.open) - 1)
	at := e.tag & mask
	for f.open[at].ref != 0 {
		at = (at + 1) & mask
	}
	f.open[at] = e
}

// remove takes an open connection out, and moves up what stands behind it only
// because its own place was taken.
func (f *flows) remove(hash uint64, ref uint32) {
	mask := uint32(len(f.open) - 1)
	at := uint32(hash) & mask
	for f.open[at].ref != ref {
		at = (at + 1) & mask
	}
	for next := (at + 1) & mask; f.open[next].ref != 0; next = (next + 1) & mask {
		if home := f.open[next].tag; (next-home)&mask >= (next-at)&mask {
			f.open[at] = f.open[next]
			at = next
		}
	}
	f.open[at] = entry{}
	f.count--
}

// left returns what is left of the closed connection with that hash, or nil.
// It is valid until the next call of bury.
func (f *flows) left(hash uint64) *slot {
	if sl := f.recent(hash); sl.flags != 0 && sl.hash == hash {
		return sl
	}
	if at := f.at(hash); f.tags[at] != 0 {
		return &f.closed[at]
	}
	return nil
}

func (f *flows) recent(hash uint64) *slot { return &f.latest[hash>>32%maxLatest] }

// at returns the place of a closed connection, or the free one for it.
func (f *flows) at(hash uint64) int {
	mask, tag := len(f.tags)-1, tagOf(hash)
	at := int(hash) & mask
	for f.tags[at] != 0 && (f.tags[at] != tag || f.closed[at].hash != hash) {
		at = (at + 1) & mask
	}
	return at
}

// bury keeps what is left of a closed connection. It returns how many were
// forgotten for it: see grow.
func (f *flows) bury(sl slot, bound int, tcp, udp int) (forgotten int) {
	place := f.recent(sl.hash)
	before := *place
	*place = sl
	if before.flags == 0 || before.hash == sl.hash {
		return 0
	}
	if f.used >= len(f.closed)/4*3 {
		forgotten = f.grow(bound, uint32(tcp), uint32(udp))
	}
	f.store(&before)
	return forgotten
}

func (f *flows) store(sl *slot) {
	at := f.at(sl.hash)
	if f.tags[at] == 0 {
		f.used++
	}
	f.tags[at], f.closed[at] = tagOf(sl.hash), *sl
}

// grow makes room. With more than bound closed connections, those with the
// lower half of the numbers are left out; it returns how many.
func (f *flows) grow(bound int, tcp, udp uint32) (forgotten int) {
	old := f.closed
	full, size := f.used > bound, len(old)
	if !full {
		size *= 2
	}
	f.makeClosed(size)
	for i := range old {
		sl := &old[i]
		newest := tcp
		if sl.flags&slotUDP != 0 {
			newest = udp
		}
		switch {
		case sl.flags == 0:
		case full && newest-sl.stream > uint32(bound/2):
			forgotten++
		default:
			f.store(sl)
		}
	}
	if f.used >= size/4*3 {
		f.double()
	}
	return forgotten
}

func (f *flows) double() {
	old := f.closed
	f.makeClosed(2 * len(old))
	for i := range old {
		if old[i].flags != 0 {
			f.store(&old[i])
		}
	}
}

func (f *flows) hash(s *packet.Segment) uint64 {
	return f.hashEnds(&s.Src, &s.Dst, s.SrcPort, s.DstPort, s.Proto)
}

func (f *flows) hashKey(k *Key) uint64 {
	return f.hashEnds(&k.Addr[0], &k.Addr[1], k.Port[0], k.Port[1], k.Proto)
}

// hashEnds gives the same value for both directions: each end is hashed with
// secrets, and the sum of the two once more.
func (f *flows) hashEnds(a, b *packet.Addr, pa, pb uint16, proto packet.Proto) uint64 {
	return fold(f.hashEnd(a, pa)+f.hashEnd(b, pb), f.secret[2]^uint64(proto))
}

func (f *flows) hashEnd(a *packet.Addr, port uint16) uint64 {
	hi, lo := binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:])
	if hi == 0 { // IPv4
		return fold(lo^f.secret[3], uint64(port)^f.secret[1])
	}
	return fold(fold(hi^f.secret[0], uint64(port)^f.secret[1])^lo, f.secret[3])
}

// lower says whether the end a, pa is the lower one of the two; ports decide
// first.
func lower(a, b *packet.Addr, pa, pb uint16) bool {
	if pa != pb {
		return pa < pb
	}
	hi, hj := binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8])
	if hi != hj {
		return hi < hj
	}
	return binary.BigEndian.Uint64(a[8:]) <= binary.BigEndian.Uint64(b[8:])
}

// remains is what is to be known of c when it is closed.
func (c *Conn) remains(hash uint64) slot {
	sl := slot{hash: hash, stream: uint32(c.Stream), flags: slotUsed}
	if c.Key.Proto == packet.UDP {
		sl.flags |= slotUDP
	}
	if c.ended {
		sl.flags |= slotEnded
	}
	if c.revive {
		sl.flags |= slotRevive
	}
	low := c.side(0)
	for d := range c.isn {
		side := d ^ low
		sl.isn[side] = c.isn[d]
		if c.known[d] {
			sl.flags |= known(side)
		}
	}
	return sl
}

// unearth gives back to c what was left of it, when it goes on after all.
func (sl *slot) unearth(c *Conn) {
	c.ended = sl.flags&slotEnded != 0
	for d := range c.isn {
		side := c.side(d)
		c.isn[d], c.known[d] = sl.isn[side], sl.flags&known(side) != 0
	}
}

// side returns which of the lower and higher end is d.
func (c *Conn) side(d int) int {
	k := &c.Key
	if lower(&k.Addr[0], &k.Addr[1], k.Port[0], k.Port[1]) {
		return d
	}
	return 1 - d
}

// renewedBy is Conn.renewedBy for a closed connection.
func (sl *slot) renewedBy(s *packet.Segment) int {
	side := sideOf(s)
	switch {
	case s.Flags&packet.SYN == 0 || sl.flags&known(side) == 0 || s.Seq == sl.isn[side]:
	case s.Flags&packet.ACK == 0:
		return another
	case sl.flags&slotEnded != 0:
		return int(sl.stream)
	}
	return same
}

// note keeps what a late packet tells of a closed connection.
func (sl *slot) note(s *packet.Segment) {
	if s.Proto != packet.TCP {
		return
	}
	if s.Flags&(packet.FIN|packet.RST) != 0 {
		sl.flags |= slotEnded
	}
	side := sideOf(s)
	if sl.flags&known(side) == 0 {
		sl.isn[side] = initial(s)
		sl.flags |= known(side)
	}
	if s.Flags&packet.ACK != 0 && sl.flags&known(1-side) == 0 {
		sl.isn[1-side] = s.Ack - 1
		sl.flags |= known(1 - side)
	}
}

func known(side int) uint32 { return slotKnown0 << side }

func sideOf(s *packet.Segment) int {
	if lower(&s.Src, &s.Dst, s.SrcPort, s.DstPort) {
		return 0
	}
	return 1
}

// initial returns the sequence number before the first byte, as far as s
// shows it.
func initial(s *packet.Segment) uint32 {
	if s.Flags&packet.SYN != 0 {
		return s.Seq
	}
	return s.Seq - 1
}
