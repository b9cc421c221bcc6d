package filter

import "golang.org/x/net/bpf"

// Codes of classic BPF (linux/bpf_common.h), and what the kernel knows beside
// the packet (linux/filter.h, SKF_AD_*).
const (
	opLoadImm  = 0x00
	opLoadAbs  = 0x20 // words; halves and bytes by size
	opLoadInd  = 0x40
	opLoadMem  = 0x60
	opLoadLen  = 0x80
	opLoadXMem = 0x61
	opHeader   = 0xb1 // X = 4 * (P[k] & 0xf)
	opStore    = 0x02
	opALU      = 0x04
	opX        = 0x08
	opJump     = 0x05
	opEqual    = 0x15
	opGreater  = 0x25
	opAtLeast  = 0x35
	opRet      = 0x06
	opToX      = 0x07

	halves = 0x08
	bytes1 = 0x10

	ancillaryBase = 0xfffff000
	adProtocol    = 0
	adPacketType  = 4
	adTag         = 44
	adTagPresent  = 48

	scratch = 16 // words of memory
)

// compiler writes a program from its end to its start: what a jump leads to is
// there before the jump.
type compiler struct {
	code []bpf.RawInstruction // the last instruction first
	deep bool
}

// emit puts an instruction before all others and returns its number.
func (c *compiler) emit(i bpf.RawInstruction) int {
	c.code = append(c.code, i)
	return len(c.code) - 1
}

// test writes a test that goes to one of two instructions, and returns where
// it begins.
func (c *compiler) test(t test, yes, no int) int {
	if len(c.code) > 4*maxCode {
		return no // refused in the end
	}
	switch t := t.(type) {
	case always:
		if t {
			return yes
		}
		return no
	case *conjunction:
		return c.test(t.a, c.test(t.b, yes, no), no)
	case *disjunction:
		return c.test(t.a, yes, c.test(t.b, yes, no))
	case *inverse:
		return c.test(t.x, no, yes)
	case *compare:
		return c.compare(t, yes, no)
	}
	panic("filter: unknown test")
}

func (c *compiler) compare(t *compare, yes, no int) int {
	op := []uint16{eq: opEqual, gt: opGreater, ge: opAtLeast}[t.op]
	yes, no = c.near(yes), c.near(no)
	k, fixed := t.b.(constant)
	jump := bpf.RawInstruction{Op: op, K: uint32(k)}
	if !fixed {
		jump.Op |= opX
	}
	at := len(c.code)
	jump.Jt, jump.Jf = uint8(at-yes-1), uint8(at-no-1)
	c.emit(jump)
	var list []bpf.RawInstruction
	if fixed {
		list = c.value(t.a, 0)
	} else {
		list = c.two(t.a, t.b, 0)
	}
	for i := len(list) - 1; i >= 0; i-- {
		at = c.emit(list[i])
	}
	return at
}

// near returns an instruction with the same effect as a target that a
// conditional jump can reach.
func (c *compiler) near(target int) int {
	if len(c.code)-target < 250 {
		return target
	}
	return c.emit(bpf.RawInstruction{Op: opJump, K: uint32(len(c.code) - target - 1)})
}

// value writes what leaves a value in A. Memory from depth on is free.
func (c *compiler) value(v value, depth int) []bpf.RawInstruction {
	switch v := v.(type) {
	case constant:
		return []bpf.RawInstruction{{Op: opLoadImm, K: uint32(v)}}
	case size:
		return []bpf.RawInstruction{{Op: opLoadLen}}
	case ancillary:
		return []bpf.RawInstruction{{Op: opLoadAbs, K: ancillaryBase + uint32(v)}}
	case *load:
		return c.load(v, depth)
	case *operation:
		if k, ok := v.b.(constant); ok {
			return append(c.value(v.a, depth), bpf.RawInstruction{Op: opALU | operator(v.op), K: uint32(k)})
		}
		return append(c.two(v.a, v.b, depth), bpf.RawInstruction{Op: opALU | opX | operator(v.op)})
	}
	panic("filter: unknown value")
}

func operator(op string) uint16 {
	return map[string]uint16{"+": 0x00, "-": 0x10, "*": 0x20, "/": 0x30, "|": 0x40, "&": 0x50, "<<": 0x60, ">>": 0x70, "%": 0x90, "^": 0xa0}[op]
}

// two leaves one value in A and another in X. The first is computed first, so
// that a packet too short for it is refused as by the predicate.
func (c *compiler) two(a, b value, depth int) []bpf.RawInstruction {
	if depth >= scratch {
		c.deep = true
		return nil
	}
	list := append(c.value(a, depth), bpf.RawInstruction{Op: opStore, K: uint32(depth)})
	list = append(list, c.value(b, depth+1)...)
	return append(list, bpf.RawInstruction{Op: opToX}, bpf.RawInstruction{Op: opLoadMem, K: uint32(depth)})
}

func (c *compiler) load(f *load, depth int) []bpf.RawInstruction {
	width := map[int]uint16{1: bytes1, 2: halves, 4: 0}[f.size]
	header := bpf.RawInstruction{Op: opHeader, K: f.header}
	direct := bpf.RawInstruction{Op: opLoadAbs | width, K: f.offset}
	indirect := bpf.RawInstruction{Op: opLoadInd | width, K: f.offset}
	switch {
	case f.at == nil && !f.above:
		return []bpf.RawInstruction{direct}
	case f.at == nil:
		return []bpf.RawInstruction{header, indirect}
	}
	list := c.value(f.at, depth)
	if f.above {
		list = append(list, header, bpf.RawInstruction{Op: opALU | opX}) // A += X
	}
	return append(list, bpf.RawInstruction{Op: opToX}, indirect)
}

// program turns the code round.
func (c *compiler) program() []bpf.RawInstruction {
	list := make([]bpf.RawInstruction, len(c.code))
	for i, x := range c.code {
		list[len(list)-1-i] = x
	}
	return list
}
