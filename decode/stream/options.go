package stream

import "encoding/binary"

// TCP options (IANA "TCP Option Kind Numbers").
const (
	optionEnd    = 0
	optionNop    = 1
	optionMSS    = 2
	optionWScale = 3
	optionSACK   = 5
)

// nextOption returns the first option of b and what follows; kind is
// optionEnd when there is none.
func nextOption(b []byte) (kind uint8, value, rest []byte) {
	for len(b) > 0 && b[0] == optionNop {
		b = b[1:]
	}
	if len(b) < 2 || b[0] == optionEnd || b[1] < 2 || int(b[1]) > len(b) {
		return optionEnd, nil, nil
	}
	return b[0], b[2:b[1]], b[b[1]:]
}

// options takes the options of a SYN (RFC 9293, Section 3.2; RFC 7323,
// Section 2.2).
func (h *Half) options(b []byte) {
	for {
		kind, v, rest := nextOption(b)
		switch {
		case kind == optionEnd:
			return
		case kind == optionMSS && len(v) == 2:
			h.MSS = binary.BigEndian.Uint16(v)
		case kind == optionWScale && len(v) == 1:
			h.WScale, h.HasWScale = min(v[0], 14), true
		}
		b = rest
	}
}

// sacked appends the ranges of a SACK option (RFC 2018, Section 3) about the
// stream of h, at most as many as to has room for.
func (h *Half) sacked(b []byte, to []Range) []Range {
	const timestamps = 0x0101080a
	if len(b) == 12 && binary.BigEndian.Uint32(b) == timestamps {
		return nil
	}
	for {
		kind, v, rest := nextOption(b)
		if kind == optionEnd {
			return to
		}
		for ; kind == optionSACK && len(v) >= 8 && len(to) < cap(to); v = v[8:] {
			to = append(to, Range{
				h.offset(binary.BigEndian.Uint32(v)),
				h.offset(binary.BigEndian.Uint32(v[4:])),
			})
		}
		b = rest
	}
}
