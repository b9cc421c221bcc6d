package capture

import (
	"encoding/binary"
	"math/bits"
)

// Option codes of pcapng blocks (draft-ietf-opsawg-pcapng, Sections 3.5 and 4).
const (
	optEnd     = 0
	optComment = 1

	optIfName        = 2
	optIfDescription = 3
	optIfTsResol     = 9
	optIfTsOffset    = 14

	optEPBDropCount = 4

	optISBIfDrop = 5
	optISBOSDrop = 7
)

// order is the byte order of a file or section. Little endian, the usual one,
// is its zero value.
type order bool

func (big order) u16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if big {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (big order) u32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (big order) u64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if big {
		v = bits.ReverseBytes64(v)
	}
	return v
}

// options walks the options of a block in place.
type options struct {
	rest  []byte
	big   order
	code  uint16
	value []byte // aliases the block
	bad   bool   // an option ran over the end of the block
}

// next moves to the next option and reports whether there is one.
func (o *options) next() bool {
	if len(o.rest) < 4 {
		o.bad = len(o.rest) != 0
		return false
	}
	o.code = o.big.u16(o.rest)
	n := int(o.big.u16(o.rest[2:]))
	if o.code == optEnd {
		return false
	}
	o.rest = o.rest[4:]
	if n > len(o.rest) {
		o.bad = true
		return false
	}
	o.value = o.rest[:n]
	o.rest = o.rest[min(pad4(n), len(o.rest)):]
	return true
}

// number reads an option's value of 8 bytes.
func (o *options) number() (uint64, bool) {
	if len(o.value) != 8 {
		return 0, false
	}
	return o.big.u64(o.value), true
}

func pad4(n int) int { return (n + 3) &^ 3 }
