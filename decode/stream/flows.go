package stream

import (
	"encoding/binary"
	"hash/maphash"

	"tlswhy/decode/packet"
)

// flows is an open hash table with secret keys. A slot holds an open
// connection, or what is left of a closed one; it is never freed, but older
// ones are left out when the table grows past its bound.
type flows struct {
	seed   maphash.Seed // for content
	secret [4]uint64    // for keys
	slots  []slot
	used   int
}

// slot is 24 bytes without a pointer. A closed connection is told by its
// 64-bit hash alone.
type slot struct {
	hash   uint64
	stream uint32
	isn    [2]uint32 // of the lower and the higher end, see lower
	flags  uint32    // flags, and Conn.ref of an open connection
}

const (
	slotUsed   = 1 << 31
	slotRevive = 1 << 30 // closed for being idle: its packets open it again
	slotEnded  = 1 << 29 // a FIN or RST was seen
	slotUDP    = 1 << 28
	slotKnown0 = 1 << 27 // isn[0] is known
	slotKnown1 = 1 << 26
	slotRef    = 1<<26 - 1
)

func (f *flows) init() {
	f.seed = maphash.MakeSeed()
	for i := range f.secret {
		f.secret[i] = maphash.Bytes(f.seed, []byte{byte(i)})
	}
	f.slots = make([]slot, 1<<10)
}

func (f *flows) first(hash uint64) int { return int(hash & uint64(len(f.slots)-1)) }
func (f *flows) after(at int) int      { return (at + 1) & (len(f.slots) - 1) }
func (f *flows) full() bool            { return f.used > len(f.slots)/4*3 }

// free returns the slot where hash has to be put when it is new.
func (f *flows) free(hash uint64) int {
	at := f.first(hash)
	for f.slots[at].flags != 0 {
		at = f.after(at)
	}
	return at
}

// grow makes room. With more than bound closed connections, those with the
// lower half of the numbers are left out; it returns how many.
func (f *flows) grow(bound int, tcp, udp uint32) (forgotten int) {
	old := f.slots
	closed := 0
	for i := range old {
		if old[i].flags != 0 && old[i].ref() == 0 {
			closed++
		}
	}
	size := len(old)
	if closed <= bound {
		size *= 2
	}
	f.slots, f.used = make([]slot, size), 0
	for i := range old {
		sl := &old[i]
		newest := tcp
		if sl.flags&slotUDP != 0 {
			newest = udp
		}
		if sl.flags == 0 {
			continue
		}
		if closed > bound && sl.ref() == 0 && newest-sl.stream > uint32(bound/2) {
			forgotten++
			continue
		}
		f.slots[f.free(sl.hash)] = *sl
		f.used++
	}
	if f.full() {
		f.double()
	}
	return forgotten
}

func (f *flows) double() {
	old := f.slots
	f.slots = make([]slot, 2*len(old))
	for i := range old {
		if old[i].flags != 0 {
			f.slots[f.free(old[i].hash)] = old[i]
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
	return mix(f.hashEnd(a, pa)+f.hashEnd(b, pb), f.secret[2]^uint64(proto))
}

func (f *flows) hashEnd(a *packet.Addr, port uint16) uint64 {
	hi, lo := binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:])
	return mix(mix(hi^f.secret[0], uint64(port)^f.secret[1])^lo, f.secret[3])
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

func (sl *slot) ref() uint32 { return sl.flags & slotRef }

func (sl *slot) hold(hash uint64, c *Conn) {
	*sl = slot{hash: hash, stream: uint32(c.Stream), flags: slotUsed | c.ref}
	if c.Key.Proto == packet.UDP {
		sl.flags |= slotUDP
	}
}

// bury leaves in the slot what is to be known of c when it is closed.
func (sl *slot) bury(c *Conn) {
	sl.flags &^= slotRef
	if c.ended {
		sl.flags |= slotEnded
	}
	if c.revive {
		sl.flags |= slotRevive
	}
	for d := range c.isn {
		side := c.side(d)
		sl.isn[side] = c.isn[d]
		if c.known[d] {
			sl.flags |= known(side)
		}
	}
}

// unearth gives back to c what bury left, when it goes on after all.
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

func known(side int) uint32 { return slotKnown0 >> side }

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
