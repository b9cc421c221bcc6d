package extract

import (
	"bytes"
	"math/bits"
	"net/netip"
	"slices"

	"tlswhy/analyze"
	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
)

// Plan says which frames of which inputs are written, and so under which
// numbers.
type Plan struct {
	inputs []Input
	kept   []frameSet // by input; nil: all of them
	before []int      // frames written before each input
}

// All is a plan to write everything.
func All(inputs []Input) (*Plan, error) {
	p := &Plan{inputs: inputs, before: make([]int, len(inputs))}
	if slices.ContainsFunc(inputs, func(in Input) bool { return in.Takes != nil }) {
		return p, p.choose(func(int) chooser { return everything{} })
	}
	if len(inputs) < 2 {
		return p, nil
	}
	sum := 0
	for i := range inputs {
		p.before[i] = sum
		last := 0
		err := inputs[i].each(func(_ *capture.Reader, b *capture.Block) error {
			last = max(last, b.Number)
			return nil
		})
		if err != nil {
			return nil, err
		}
		sum += last
	}
	return p, nil
}

// Only is a plan to write the packets of some connections, the ICMP errors and
// fragments that belong to them, and the frames that a report cites of them.
func Only(inputs []Input, r *analyze.Report, chosen []analyze.Connection) (*Plan, error) {
	p := &Plan{inputs: inputs, before: make([]int, len(inputs))}
	return p, p.choose(func(i int) chooser {
		s := newSelection(i, chosen)
		s.cited(r, chosen)
		return s
	})
}

// chooser says which packets of an input are kept. It is shown those that the
// filter takes, and adds their frames or those of earlier ones.
type chooser interface {
	packet(p *capture.Packet, keep *frameSet)
	end(keep *frameSet)
}

// everything keeps what it is shown.
type everything struct{}

func (everything) packet(p *capture.Packet, keep *frameSet) { keep.add(p.Number) }
func (everything) end(*frameSet)                            {}

func (p *Plan) choose(of func(input int) chooser) error {
	p.kept = make([]frameSet, len(p.inputs))
	sum := 0
	for i := range p.inputs {
		in, keep, c := &p.inputs[i], &p.kept[i], of(i)
		p.before[i] = sum
		err := in.each(func(_ *capture.Reader, b *capture.Block) error {
			if b.IsPacket && (in.Takes == nil || in.Takes(&b.Packet)) {
				c.packet(&b.Packet, keep)
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.end(keep)
		keep.seal()
		sum += keep.size()
	}
	return nil
}

// Choose lists the connections of an extract: those that a report tells of and
// that were asked for, and for each server of a failure a good one to compare
// with. Without onlyFailed healthy ones that match are wanted too; more are
// those that the report has forgotten.
func Choose(r *analyze.Report, more []analyze.Connection, onlyFailed bool) []analyze.Connection {
	var list []analyze.Connection
	have := map[netip.AddrPort]bool{} // servers with a good one
	for _, c := range slices.Concat(r.Connections, more) {
		if c.Matches && (c.Outcome == analyze.Failed || !onlyFailed) {
			list = append(list, c)
			have[c.Server] = have[c.Server] || c.Outcome == analyze.Completed
		}
	}
	byID := map[int]*analyze.Connection{}
	for i := range r.Connections {
		byID[r.Connections[i].ID] = &r.Connections[i]
	}
	add := func(server netip.AddrPort, good *analyze.Connection) {
		if good != nil && !have[server] {
			have[server] = true
			list = append(list, *good)
		}
	}
	for _, h := range r.Handshakes {
		if h.Outcome == analyze.Failed && h.Compared != nil {
			add(h.Facts.Server, byID[h.Compared.ID])
		}
	}
	for i := range r.Connections {
		if c := &r.Connections[i]; c.Outcome == analyze.Completed && slices.ContainsFunc(list, func(f analyze.Connection) bool { return f.Server == c.Server && f.Outcome == analyze.Failed }) {
			add(c.Server, c)
		}
	}
	return list
}

func (p *Plan) narrow() bool { return p.kept != nil }

// skips reports whether nothing is written of an input.
func (p *Plan) skips(input int) bool { return p.kept != nil && p.kept[input].size() == 0 }

// first is the first input of which something is written; without one it is
// the first of all, as no capture is without a section.
func (p *Plan) first() int {
	for i := range p.inputs {
		if !p.skips(i) {
			return i
		}
	}
	return 0
}

func (p *Plan) keeps(input, frame int) bool { return p.kept == nil || p.kept[input].has(frame) }

// Frame is the number under which a frame of an input is written; 0 when it is
// not.
func (p *Plan) Frame(input, frame int) int {
	if input < 0 || input >= len(p.inputs) {
		return 0
	}
	if p.kept == nil {
		return p.before[input] + frame
	}
	if !p.kept[input].has(frame) {
		return 0
	}
	return p.before[input] + p.kept[input].rank(frame)
}

// frameSet is a set of frame numbers.
type frameSet struct {
	words []uint64
	sums  []int // frames in the words before each; see seal
}

func (s *frameSet) add(frame int) {
	if frame <= 0 {
		return
	}
	for frame/64 >= len(s.words) {
		s.words = append(s.words, 0)
	}
	s.words[frame/64] |= 1 << (frame % 64)
}

func (s *frameSet) has(frame int) bool {
	return frame > 0 && frame/64 < len(s.words) && s.words[frame/64]&(1<<(frame%64)) != 0
}

// seal counts; afterwards nothing is added.
func (s *frameSet) seal() {
	s.sums = make([]int, len(s.words)+1)
	for i, w := range s.words {
		s.sums[i+1] = s.sums[i] + bits.OnesCount64(w)
	}
}

func (s *frameSet) size() int { return s.sums[len(s.words)] }

// rank is the place of a frame that is in the set, from 1.
func (s *frameSet) rank(frame int) int {
	return s.sums[frame/64] + bits.OnesCount64(s.words[frame/64]&(2<<(frame%64)-1))
}

// end is an address and port as the parser has them.
type end struct {
	addr packet.Addr
	port uint16
}

func endOf(a netip.AddrPort) end { return end{packet.Addr(a.Addr().As16()), a.Port()} }

// ends names a connection whichever side is first. TCP and UDP between the
// same ports are not told apart: nobody has both.
type ends [2]end

func endsOf(a, b end) ends {
	if c := bytes.Compare(a.addr[:], b.addr[:]); c > 0 || c == 0 && a.port > b.port {
		a, b = b, a
	}
	return ends{a, b}
}

// span is one wanted connection among those that use the same ports one after
// the other.
type span struct {
	first int
	isn   uint32
	known bool // isn is
	over  bool // another connection has begun on its ports
}

// selection finds the frames of the connections that are wanted of an input.
type selection struct {
	input  int
	wanted map[ends][]*span // by first frame
	keep   *frameSet
	exact  []int // frames that are kept whatever they hold
	parser *packet.Parser
	parts  []part // fragments that wait for their rest
}

// part is a fragment of a datagram.
type part struct {
	frame    int
	src, dst packet.Addr
	id       uint16
}

// maxParts is how many fragments are remembered: what the parser itself holds
// of datagrams under way is not much more.
const maxParts = 4096

func newSelection(input int, chosen []analyze.Connection) *selection {
	s := &selection{input: input, wanted: map[ends][]*span{}, parser: packet.NewParser()}
	for _, c := range chosen {
		for _, place := range c.Places() {
			if place.Capture == input {
				k := endsOf(endOf(c.Client), endOf(c.Server))
				s.wanted[k] = append(s.wanted[k], &span{first: place.FirstFrame})
			}
		}
	}
	for _, list := range s.wanted {
		slices.SortFunc(list, func(a, b *span) int { return a.first - b.first })
	}
	return s
}

// cited keeps the frames that the report cites of the chosen connections: some
// belong to other flows, as an answer from a wrong address does.
func (s *selection) cited(r *analyze.Report, chosen []analyze.Connection) {
	ids := map[int]bool{}
	for _, c := range chosen {
		ids[c.ID] = true
	}
	add := func(capture, frame int) {
		if capture == s.input {
			s.exact = append(s.exact, frame)
		}
	}
	for _, h := range r.Handshakes {
		if !ids[h.ID] {
			continue
		}
		for i := range h.Facts.Events {
			e := &h.Facts.Events[i]
			add(e.Capture, e.Frame)
			add(e.Capture, e.LastFrame)
		}
		for _, f := range h.Findings {
			for _, e := range f.Evidence {
				add(e.Capture, e.Frame)
			}
		}
	}
}

func (s *selection) packet(p *capture.Packet, keep *frameSet) {
	s.keep = keep
	var seg packet.Segment
	switch s.parser.Parse(p, &seg) {
	case packet.OK:
		s.segment(&seg)
	case packet.Fragment:
		if len(s.parts) == maxParts {
			s.parts = s.parts[maxParts/2:]
		}
		s.parts = append(s.parts, part{p.Number, seg.Src, seg.Dst, seg.IPID})
	}
}

// segment keeps a segment when it belongs to a wanted connection, or is an
// ICMP error about one, with all its fragments.
func (s *selection) segment(seg *packet.Segment) {
	var x *span
	for _, y := range s.wanted[endsOf(end{seg.Src, seg.SrcPort}, end{seg.Dst, seg.DstPort})] {
		if y.first <= seg.Frame {
			x = y
		}
	}
	if x == nil {
		return
	}
	if seg.Proto == packet.TCP && seg.Flags&(packet.SYN|packet.ACK) == packet.SYN {
		x.over = x.over || x.known && x.isn != seg.Seq
		x.isn, x.known = seg.Seq, true
	}
	if x.over {
		return
	}
	s.keep.add(seg.Frame)
	if seg.FirstFrame < seg.Frame || seg.Incomplete {
		s.fragments(seg)
	}
}

func (s *selection) fragments(seg *packet.Segment) {
	s.keep.add(seg.FirstFrame)
	for _, p := range s.parts {
		if p.frame >= seg.FirstFrame && (p.frame <= seg.Frame || seg.Incomplete) && p.src == seg.Src && p.dst == seg.Dst && p.id == seg.IPID {
			s.keep.add(p.frame)
		}
	}
}

// end keeps what was cited, and what came of datagrams that were never whole.
func (s *selection) end(keep *frameSet) {
	s.keep = keep
	for _, frame := range s.exact {
		keep.add(frame)
	}
	s.parser.Flush()
	for seg := new(packet.Segment); s.parser.Incomplete(seg); {
		s.segment(seg)
	}
}
