package stream

import (
	"encoding/binary"
	"math/bits"

	"tlswhy/decode/packet"
)

// duplicates knows the last packets by what does not change when one packet
// is captured twice (mirror ports, interface "any", a router's two sides):
// everything but link header and TTL. It is small on purpose; a duplicate
// that comes so late that its place was taken is an ordinary retransmission.
// The hash has no secret, so that two runs find the same.
type duplicates struct {
	slots [2048]struct {
		print uint32
		time  uint32 // in units of 2^timeShift ns
	}
}

const timeShift = 16 // 65 µs

// seen says whether the same packet was captured before.
func (t *duplicates) seen(c *Conn, d Dir, s *packet.Segment) bool {
	print := fingerprint(c, d, s)
	window := int32(duplicateNoID >> timeShift)
	if s.HasIPID && s.IPID != 0 {
		window = int32(duplicateByID >> timeShift)
	}
	now, high := uint32(s.Time>>timeShift), uint32(print>>32)
	sl := &t.slots[print%uint64(len(t.slots))]
	if age := int32(now - sl.time); sl.print == high && age <= window && age >= -window {
		return true
	}
	sl.print, sl.time = high, now
	return false
}

func fingerprint(c *Conn, d Dir, s *packet.Segment) uint64 {
	head := uint64(0)
	switch {
	case s.Proto == packet.UDP:
		head = edges(s.Payload)
	case len(s.Payload) > 0:
		head = headOf(s.Payload)
	}
	if len(s.Options) > 0 {
		head += edges(s.Options) * 0x9e3779b97f4a7c15
	}
	x := fold(uint64(s.Seq)<<32|uint64(s.Ack), head^uint64(uint32(c.Stream))<<32^uint64(d)<<31^uint64(s.Proto)<<16^uint64(s.Flags))
	return fold(x, uint64(s.Length)<<32|uint64(s.IPID)<<16|uint64(s.Window))
}

// edges folds the first and the last bytes of b into a number.
func edges(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(b[len(b)-8:]), 17)
	}
	x := uint64(len(b))
	for _, v := range b {
		x = x<<8 | uint64(v)
	}
	return x
}

// fold is a multiplication whose two halves are folded.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd6e8feb86659fd93)
	return hi ^ lo
}
