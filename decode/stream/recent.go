package stream

import (
	"encoding/binary"
	"hash/maphash"

	"tlswhy/decode/packet"
)

// recent remembers the last segments of a connection by their hash, to tell
// whether a retransmission carries the same bytes. Only whole segments are
// compared, and the first bytes of those that begin at the same offset: an
// answer that was forged in another's name does not begin like it.
type recent struct {
	next  int
	marks [6]mark
}

type mark struct {
	off  uint32
	n    uint16 // 0 for a mark that is not used
	dir  Dir
	head uint64 // the first eight bytes
	sum  uint64
}

// remember notes a segment that was captured in full.
func (t *Table) remember(c *Conn, d Dir, off int64, s *packet.Segment) {
	if off < 0 || off > rememberedUpTo || len(s.Payload) != s.Length || s.Length > 0xffff {
		return
	}
	if c.recent == nil {
		c.recent = t.newRecent()
	}
	r := c.recent
	r.marks[r.next] = mark{
		off: uint32(off), n: uint16(s.Length), dir: d,
		head: headOf(s.Payload), sum: digest(t.flows.seed, off, s.Payload),
	}
	r.next = (r.next + 1) % len(r.marks)
}

func (t *Table) newRecent() *recent {
	if n := len(t.spare); n > 0 {
		r := t.spare[n-1]
		t.spare = t.spare[:n-1]
		*r = recent{}
		return r
	}
	return new(recent)
}

// forget takes back the memory of a closed connection.
func (t *Table) forget(c *Conn) {
	if c.recent != nil && len(t.spare) < maxSpare {
		t.spare = append(t.spare, c.recent)
	}
	c.recent = nil
}

// differs says whether the payload of s is certainly not what was sent
// before at its offset.
func (r *recent) differs(d Dir, off int64, s *packet.Segment, seed maphash.Seed) bool {
	if r == nil || off < 0 || off > rememberedUpTo {
		return false
	}
	for i := range r.marks {
		m := &r.marks[i]
		if m.n == 0 || m.dir != d {
			continue
		}
		at := int64(m.off) - off
		b := s.Payload
		if at < 0 || at >= int64(len(b)) {
			continue
		}
		b = b[at:]
		if len(b) >= int(m.n) && digest(seed, int64(m.off), b[:m.n]) != m.sum {
			return true
		}
		if n := min(len(b), int(m.n), 8); headOf(b[:n]) != m.head&(1<<(8*n)-1) {
			return true
		}
	}
	return false
}

// digest tells payloads of the same length at the same offset apart. Of long
// ones behind the handshake, only words at even distances count: what is
// protected differs in all of them, if in any.
func digest(seed maphash.Seed, off int64, b []byte) uint64 {
	if off < digestedUpTo || len(b) < 128 {
		return maphash.Bytes(seed, b)
	}
	x, step := uint64(len(b)), len(b)/8
	for i := range 7 {
		x = fold(x, binary.LittleEndian.Uint64(b[i*step:]))
	}
	return fold(x, binary.LittleEndian.Uint64(b[len(b)-8:]))
}

// headOf returns the first eight bytes of b as a number.
func headOf(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)
	}
	var buf [8]byte
	copy(buf[:], b)
	return binary.LittleEndian.Uint64(buf[:])
}

// altered says whether a segment like s was remembered, with other bytes, and
// none with the same.
func (r *recent) altered(d Dir, off int64, s *packet.Segment, seed maphash.Seed) bool {
	if r == nil || off < 0 || off > rememberedUpTo || len(s.Payload) != s.Length {
		return false
	}
	found, sum := false, uint64(0)
	for i := range r.marks {
		m := &r.marks[i]
		if m.n == 0 || m.dir != d || m.off != uint32(off) || int(m.n) != s.Length {
			continue
		}
		if !found {
			found, sum = true, digest(seed, off, s.Payload)
		}
		if m.sum == sum {
			return false
		}
	}
	return found
}
