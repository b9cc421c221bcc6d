package capture

import (
	"encoding/binary"
	"math/bits"
)

// Option codes of pcapng blocks (draft-ietf-opsawg-pcapng, Sections 3.5 and 4).
const (
	optMalformed = -1 // none of theirs
	optEnd       = 0
	optComment   = 1

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

// option splits the first option off b, in place. At the end of the options
// code is optEnd, and optMalformed where an option runs over their end; rest
// is then empty.
func option(b []byte, big order) (code int, value, rest []byte) {
	if len(b) < 4 {
		return optMalformed, nil, nil
	}
	code = int(big.u16(b))
	n := int(big.u16(b[2:]))
	b = b[4:]
	switch {
	case code == optEnd:
		return optEnd, nil, nil
	case n > len(b):
		return optMalformed, nil, nil
	}
	return code, b[:n], b[min(pad4(n), len(b)):]
}

// number reads an option's value of 8 bytes; 0 for any other.
func number(value []byte, big order) uint64 {
	if len(value) != 8 {
		return 0
	}
	return big.u64(value)
}

func pad4(n int) int { return (n + 3) &^ 3 }
