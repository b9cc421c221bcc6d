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
		print uint64
		time  int64
	}
}

// seen says whether the same packet was captured before.
func (t *duplicates) seen(c *Conn, d Dir, s *packet.Segment) bool {
	print := fingerprint(c, d, s)
	window := int64(duplicateNoID)
	if s.HasIPID && s.IPID != 0 {
		window = int64(duplicateByID)
	}
	sl := &t.slots[print%uint64(len(t.slots))]
	if age := s.Time - sl.time; sl.print == print && age <= window && age >= -window {
		return true
	}
	sl.print, sl.time = print, s.Time
	return false
}

func fingerprint(c *Conn, d Dir, s *packet.Segment) uint64 {
	x := mix(uint64(c.Stream)<<9|uint64(d)<<8|uint64(s.Flags), uint64(s.Seq)<<32|uint64(s.Ack))
	x = mix(x, uint64(s.Length)<<33|uint64(s.IPID)<<17|uint64(s.Window)<<1|uint64(s.Proto)>>4)
	if s.Proto == packet.UDP {
		return mix(x, edges(s.Payload)) | 1
	}
	if len(s.Options) > 0 {
		x = mix(x, edges(s.Options))
	}
	return mix(x, headOf(s.Payload)) | 1
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

// mix is a multiplication whose two halves are folded.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd6e8feb86659fd93)
	return hi ^ lo
}
