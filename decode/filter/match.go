package filter

import "encoding/binary"

// test is one of the types below. nil is no test.
type test interface {
	is(m *match) bool
}

// value is one of the types below: 32 bits without a sign.
type value interface {
	of(m *match) uint32
}

// match is a packet that is looked at. As in BPF, looking behind its end
// refuses it.
type match struct {
	data   []byte
	length uint32
	short  bool
}

type (
	always      bool
	conjunction struct{ a, b test }
	disjunction struct{ a, b test }
	inverse     struct{ x test }
	compare     struct {
		op   comparison
		a, b value
	}
)

type comparison uint8

const (
	eq comparison = iota
	gt
	ge
)

type (
	constant  uint32
	size      struct{} // the packet's length
	ancillary uint32   // what only the kernel knows
	operation struct {
		op   string
		a, b value
	}
	// load is a number in the packet.
	load struct {
		size   int
		offset uint32
		above  bool   // behind the IPv4 header …
		header uint32 // … that begins here
		at     value  // added to offset; nil for nothing
	}
)

func equal(v value, n uint32) test { return &compare{eq, v, constant(n)} }

func masked(v value, mask, n uint32) test {
	if mask == ^uint32(0) {
		return equal(v, n)
	}
	return equal(&operation{"&", v, constant(mask)}, n)
}

// allOf and anyOf join tests; nil is left out.
func allOf(a, b test) test {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &conjunction{a, b}
}

func anyOf(a, b test) test {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &disjunction{a, b}
}

// bytesEqual compares bytes at an offset under a mask, the last ones first;
// nil is a mask of ones.
func bytesEqual(offset uint32, b, mask []byte) test {
	var t test
	for at := len(b); at > 0; {
		n := 4
		if at%4 != 0 {
			n = 2
		}
		at -= n
		want, under := uint32(0), uint32(0)
		for i := range n {
			want, under = want<<8|uint32(b[at+i]), under<<8|0xff
			if mask != nil {
				under = under&^0xff | uint32(mask[at+i])
			}
		}
		if n == 2 && under == 0xffff {
			under = ^uint32(0)
		}
		t = allOf(t, masked(&load{size: n, offset: offset + uint32(at)}, under, want))
	}
	return t
}

func (t always) is(*match) bool         { return bool(t) }
func (t *conjunction) is(m *match) bool { return t.a.is(m) && t.b.is(m) }
func (t *disjunction) is(m *match) bool { return t.a.is(m) || !m.short && t.b.is(m) }
func (t *inverse) is(m *match) bool     { return !t.x.is(m) }

func (t *compare) is(m *match) bool {
	a, b := t.a.of(m), t.b.of(m)
	if m.short {
		return false
	}
	switch t.op {
	case gt:
		return a > b
	case ge:
		return a >= b
	}
	return a == b
}

func (v constant) of(*match) uint32 { return uint32(v) }
func (size) of(m *match) uint32     { return m.length }

// of has no answer in user space, where no filter has an ancillary value.
func (ancillary) of(m *match) uint32 {
	m.short = true
	return 0
}

func (v *operation) of(m *match) uint32 {
	a, b := v.a.of(m), v.b.of(m)
	if b == 0 && (v.op == "/" || v.op == "%") {
		m.short = true
		return 0
	}
	return compute(v.op, a, b)
}

func compute(op string, a, b uint32) uint32 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "%":
		return a % b
	case "&":
		return a & b
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "<<":
		return a << b
	}
	return a >> b
}

// index adds to the offset.
func (f *load) index(v value) {
	if n, ok := v.(constant); ok {
		f.offset += uint32(n)
		return
	}
	f.at = v
}

func (f *load) of(m *match) uint32 {
	x := uint32(0)
	if f.at != nil {
		x = f.at.of(m)
	}
	if f.above {
		if int(f.header) >= len(m.data) {
			m.short = true
			return 0
		}
		x += uint32(m.data[f.header]&0xf) * 4
	}
	at := uint64(x) + uint64(f.offset)
	if at+uint64(f.size) > uint64(len(m.data)) {
		m.short = true
		return 0
	}
	switch b := m.data[at:]; f.size {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.BigEndian.Uint16(b))
	default:
		return binary.BigEndian.Uint32(b)
	}
}
