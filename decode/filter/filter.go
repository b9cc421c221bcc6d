// Package filter reads filter expressions as tcpdump has them
// (pcap-filter(7)), and makes of each a program for the kernel (classic BPF)
// and a predicate for the packets of files. Both come from one tree.
//
// What an expression means hangs on the link layer, so a Filter is read once
// and then made for each link type that comes.
package filter

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// Link is a link type by the numbers of
// https://www.tcpdump.org/linktypes.html.
type Link uint16

// Link types that expressions can be made for.
const (
	Null      Link = 0
	Ethernet  Link = 1
	PPP       Link = 9
	PPPHDLC   Link = 50
	Raw       Link = 101
	CHDLC     Link = 104
	Loop      Link = 108
	LinuxSLL  Link = 113
	IPv4      Link = 228
	IPv6      Link = 229
	LinuxSLL2 Link = 276

	rawBSD    Link = 12
	rawNetBSD Link = 14
)

// View says how packets are seen.
type View struct {
	Link   Link
	Kernel bool // by a program in the kernel: the outermost VLAN tag is aside
	Cooked bool // in the kernel, from the network header on
}

// Filter is an expression that was read.
type Filter struct {
	text string
	tree node // nil: everything
}

// Error says where and why an expression is refused.
type Error struct {
	Text   string // the expression
	Offset int    // in bytes
	Reason string
}

func (e *Error) Error() string {
	at := e.Text[min(e.Offset, len(e.Text)):]
	if at == "" {
		return fmt.Sprintf("filter %q: at its end: %s", e.Text, e.Reason)
	}
	if len(at) > 24 {
		at = at[:24] + "…"
	}
	return fmt.Sprintf("filter %q: at character %d (%q): %s", e.Text, e.Offset+1, at, e.Reason)
}

// Bounds on what an expression may be.
const (
	maxText  = 64 << 10
	maxDepth = 200  // of parentheses
	maxCode  = 4096 // instructions that the kernel takes
)

// For makes the filter for a link type. The error is an *Error when the
// expression has no meaning there.
func (f *Filter) For(v View) (p *Program, err error) {
	defer caught(f.text, &err)
	if f.tree == nil {
		return &Program{test: always(true)}, nil
	}
	l := &lowering{view: v}
	l.begin()
	return &Program{test: l.node(f.tree)}, nil
}

// Program is a filter for one link type.
type Program struct{ test test }

// Match reports whether the filter takes a packet of length bytes of which
// data was captured.
func (p *Program) Match(data []byte, length int) bool {
	m := &match{data: data, length: uint32(length)}
	return p.test.is(m) && !m.short
}

// Instructions returns the program for classic BPF: it returns 0 for packets
// that are left out, else how much to keep, which is all of them.
func (p *Program) Instructions() ([]bpf.RawInstruction, error) {
	c := &compiler{}
	no := c.emit(bpf.RawInstruction{Op: opRet})
	yes := c.emit(bpf.RawInstruction{Op: opRet, K: keep})
	if first := c.test(p.test, yes, no); first != len(c.code)-1 { // nothing is tested
		c.emit(bpf.RawInstruction{Op: opJump, K: uint32(len(c.code) - first - 1)})
	}
	if c.deep {
		return nil, fmt.Errorf("the filter needs more memory than a packet filter has")
	}
	if len(c.code) > maxCode {
		return nil, fmt.Errorf("the filter has %d instructions, the kernel takes %d", len(c.code), maxCode)
	}
	return c.program(), nil
}

// keep is how much of a packet the kernel hands on.
const keep = 256 << 10

// Related adds to a filter what belongs to the connections that it takes: ICMP
// errors, and fragments that have no ports.
func (f *Filter) Related() *Filter {
	if f.tree == nil {
		return f
	}
	more, err := Parse(`icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12 or (icmp6 and ip6[40] < 128) or (ip and ip[6:2] & 0x1fff != 0) or ip6 proto 44`)
	if err != nil {
		panic(err)
	}
	return &Filter{f.text, &or{f.tree, more.tree}}
}

// caught makes an error of the panic with which a refusal unwinds.
func caught(text string, err *error) {
	switch r := recover().(type) {
	case nil:
	case refusal:
		*err = &Error{text, r.at, r.reason}
	default:
		panic(r)
	}
}

// refusal is thrown where an expression cannot be used.
type refusal struct {
	at     int
	reason string
}

func refuse(at int, format string, args ...any) {
	panic(refusal{at, fmt.Sprintf(format, args...)})
}
