package stream

import (
	"encoding/binary"
	"testing"

	"tlswhy/decode/packet"
)

// TestHash: connections whose ends are chosen, but not the secrets, spread as
// by chance, and another table spreads them otherwise.
func TestHash(t *testing.T) {
	v4 := func(n uint32) (a packet.Addr) {
		a[10], a[11] = 0xff, 0xff
		binary.BigEndian.PutUint32(a[12:], n)
		return a
	}
	v6 := func(hi, lo uint64) (a packet.Addr) {
		binary.BigEndian.PutUint64(a[:8], hi)
		binary.BigEndian.PutUint64(a[8:], lo)
		return a
	}
	const n = 1 << 16
	for name, ends := range map[string]func(i uint32) packet.Segment{
		"clients": func(i uint32) packet.Segment {
			return packet.Segment{Src: v4(i), Dst: v4(7), SrcPort: 4000, DstPort: 443}
		},
		"ports": func(i uint32) packet.Segment {
			return packet.Segment{Src: v4(1), Dst: v4(7), SrcPort: uint16(i), DstPort: 443}
		},
		"both ends": func(i uint32) packet.Segment {
			return packet.Segment{Src: v4(i), Dst: v4(^i), SrcPort: uint16(i), DstPort: ^uint16(i)}
		},
		"one sum": func(i uint32) packet.Segment {
			return packet.Segment{Src: v4(i), Dst: v4(n - i), SrcPort: 443, DstPort: 444}
		},
		"high bits": func(i uint32) packet.Segment {
			return packet.Segment{Src: v4(i << 16), Dst: v4(0), SrcPort: 0, DstPort: 0}
		},
		"networks of IPv6": func(i uint32) packet.Segment {
			return packet.Segment{Src: v6(uint64(i)<<32, 1), Dst: v6(1, 1), SrcPort: 1, DstPort: 443}
		},
		"hosts of IPv6": func(i uint32) packet.Segment {
			return packet.Segment{Src: v6(1, uint64(i)), Dst: v6(1, 1), SrcPort: 1, DstPort: 443}
		},
		"mirrored halves": func(i uint32) packet.Segment {
			return packet.Segment{Src: v6(uint64(i), uint64(i)), Dst: v6(1, 1), SrcPort: 1, DstPort: 443}
		},
	} {
		var f, other flows
		f.init()
		other.init()
		low, high, same := make([]int, n), make([]int, n), 0
		seen := map[uint64]bool{}
		for i := range uint32(n) {
			s := ends(i)
			s.Proto = packet.TCP
			h := f.hash(&s)
			low[h%n]++
			high[h>>48]++
			seen[h] = true
			if other.hash(&s) == h {
				same++
			}
		}
		if len(seen) != n || same > 0 {
			t.Errorf("%s: %d of %d hashes are different, %d equal in another table", name, len(seen), n, same)
		}
		for part, counts := range map[string][]int{"low": low, "high": high} {
			for _, c := range counts {
				if c > 24 { // by chance 8 or 9
					t.Errorf("%s: %d hashes have the same %s bits", name, c, part)
					break
				}
			}
		}
	}
}
