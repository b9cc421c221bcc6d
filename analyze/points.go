package analyze

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/packet"
)

// A connection that several captures hold is one handshake. Its packets are
// the same ones (sequence numbers survive address translation), or, where
// something on the way has a TCP connection of its own to each side, its
// ClientHello is.

// sameness is something that two pictures of one connection have in common
// and no other connection has.
type sameness struct {
	kind           byte
	a, b           uint64
	client, server netip.AddrPort
}

// samenesses lists what tells a handshake from all others, the surest first.
func samenesses(h *decode.Handshake) []sameness {
	var list []sameness
	if client, ok := firstSequence(h, decode.Client); ok {
		if server, ok := firstSequence(h, decode.Server); ok {
			list = append(list, sameness{kind: 's', a: uint64(client), b: uint64(server)})
		}
		list = append(list, sameness{kind: 'e', a: uint64(client), client: h.Client, server: h.Server})
		if stamp, ok := timestamps(h.Flow[decode.Client].Profile.Options); ok {
			list = append(list, sameness{kind: 't', a: uint64(client), b: stamp})
		}
	}
	if hello, _ := h.ClientHello(); hello != nil {
		if a, ok := telling(hello.Random); ok {
			list = append(list, sameness{kind: 'r', a: a, b: binary.BigEndian.Uint64(hello.Random[24:])})
		}
	}
	return list
}

// firstSequence is the sequence number of a side's SYN.
func firstSequence(h *decode.Handshake, side decode.Side) (uint32, bool) {
	p := &h.Flow[side].Profile
	return p.Seq, h.Transport == decode.TCP && p.Flags&packet.SYN != 0
}

// telling takes a number from a client's random. ok is false when it is not
// random: clients that always send the same are not told apart by it.
func telling(random []byte) (n uint64, ok bool) {
	if len(random) != 32 {
		return 0, false
	}
	var seen [256]bool
	distinct, steps := 0, 0
	for i, b := range random {
		if !seen[b] {
			seen[b] = true
			distinct++
		}
		if i > 0 && b == random[i-1]+1 {
			steps++
		}
	}
	return binary.BigEndian.Uint64(random[8:]), distinct >= 16 && steps < 16
}

// timestamps returns the two values of the TCP timestamps option (RFC 7323,
// Section 3.2).
func timestamps(o []byte) (uint64, bool) {
	v, _ := option(o, 8)
	if len(v) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(v), true
}

// gather puts the pictures of one connection together, at most one of each
// capture. A sameness that two connections of one capture share tells nothing.
func gather(cases []*Case) map[*Case][]*Case {
	type group struct{ members []*Case }
	vague := &group{}
	at := map[sameness]*group{}
	of := map[*Case]*group{}
	for _, c := range cases {
		var g *group
		keys := samenesses(c.Handshake)
		for _, k := range keys {
			x := at[k]
			if x != nil && slices.ContainsFunc(x.members, func(o *Case) bool { return o.Capture == c.Capture }) {
				at[k] = vague
				continue
			}
			if x != nil && x != vague && !(k.kind == 'r' && apart(x.members[0], c)) {
				g = x
				break
			}
		}
		if g == nil {
			g = &group{}
		}
		g.members = append(g.members, c)
		of[c] = g
		for _, k := range keys {
			if at[k] == nil {
				at[k] = g
			}
		}
	}
	groups := make(map[*Case][]*Case)
	for c, g := range of {
		if len(g.members) > 1 {
			groups[c] = g.members
		}
	}
	return groups
}

// tellApart takes connections for two after all when nothing lies between their
// captures and yet they differ: what is made by a program may repeat the numbers
// that are random elsewhere.
func tellApart(groups map[*Case][]*Case, ways ways) {
	for c, members := range groups {
		for _, o := range members {
			if o == c || haveCommon(c, o) && (ways.between(c.Capture, o.Capture).nearer != 0 || !contradict(c, o)) {
				continue
			}
			for _, m := range members {
				delete(groups, m)
			}
			break
		}
	}
}

// haveCommon says whether two pictures show some packet or message both. Those
// of a capture that goes on in another file do not.
func haveCommon(c, o *Case) bool {
	return slices.ContainsFunc(counterparts(c, o), func(j int) bool { return j >= 0 })
}

// contradict says whether two pictures show other bytes at the same place of a
// stream.
func contradict(c, o *Case) bool {
	for i := range c.Events {
		x := &c.Events[i]
		if transport(x.Message) || x.Cut {
			continue
		}
		for j := range o.Events {
			y := &o.Events[j]
			if !y.Cut && !transport(y.Message) && x.From == y.From && x.Offset == y.Offset && (x.Length != y.Length || !sameContent(x, y)) {
				return true
			}
		}
	}
	return false
}

// apart says whether two connections are too far from each other in time to be
// one, whatever the clocks of the captures.
func apart(c, o *Case) bool {
	d := c.Start.Sub(o.Start)
	return d < -maxClock || d > maxClock
}

const maxClock = time.Hour // by how much clocks may differ where only a ClientHello tells that two connections are one

// join makes one case of all pictures of a connection: one leads, the others
// are its sights. Connections without TLS in any of them are only counted.
func (a *Analyzer) join(cases []*Case) []*Case {
	newSurroundings(cases).roots = a.opt.Roots
	groups := gather(cases)
	for _, c := range cases {
		if c.Capture < len(a.report.Captures) {
			c.input = &a.report.Captures[c.Capture]
		}
		if groups[c] != nil {
			c.judge()
		}
	}
	ways := findWays(cases, groups)
	tellApart(groups, ways)
	a.place(ways, groups, cases)
	known := roads(cases, groups)
	var leaders []*Case
	done := map[*Case]bool{}
	for _, c := range cases {
		members := groups[c]
		if len(members) == 0 {
			members = []*Case{c}
			c.elsewhere = c.unseen(a.report.Captures, ways, known)
		}
		if done[members[0]] {
			continue
		}
		done[members[0]] = true
		if !slices.ContainsFunc(members, func(o *Case) bool { return o.Expected }) {
			a.report.Summary.Other++
			continue
		}
		leaders = append(leaders, leading(members, ways))
	}
	slices.SortStableFunc(leaders, inOrder)
	return leaders
}

// inOrder is the order of the report: by capture and first frame.
func inOrder(x, y *Case) int {
	return cmp.Or(cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.FirstFrame, y.FirstFrame), cmp.Compare(x.Stream, y.Stream))
}

// leading chooses the picture that tells most, and makes the others its
// sights.
func leading(members []*Case, ways ways) *Case {
	if len(members) == 1 {
		return members[0]
	}
	views := make([][]*sight, len(members))
	best := 0
	for i, c := range members {
		views[i] = sightsOf(c, members, ways)
		if i > 0 && moreTelling(c, views[i], members[best], views[best]) {
			best = i
		}
	}
	lead := members[best]
	lead.sights, lead.Expected = views[best], true
	lead.Seen = nil
	for _, o := range members {
		lead.Seen = append(lead.Seen, decode.Seen{Capture: o.Capture, Stream: o.Stream, FirstFrame: o.FirstFrame, LastFrame: o.LastFrame})
	}
	return lead
}

// moreTelling says whether c is to lead rather than o: a handshake that ended
// well did; else the whole picture, the failure, the one in which a stranger's
// packet ended it, the one that came further, the one nearer to the client.
func moreTelling(c *Case, views []*sight, o *Case, others []*sight) bool {
	yes := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	}
	whole := func(c *Case) bool { return !c.Late && !c.OneSided && !c.Cut }
	stranger := func(c *Case, views []*sight) bool {
		absent, _ := absentUpstream(c, views, c.Break.Event)
		return absent != nil
	}
	nearer := 0
	for _, s := range views {
		if s.Case == o {
			nearer = s.way.nearer
		}
	}
	return cmp.Or(
		yes(c.Outcome == Completed, o.Outcome == Completed),
		yes(whole(c), whole(o)),
		yes(c.Outcome == Failed, o.Outcome == Failed),
		yes(stranger(c, views), stranger(o, others)),
		cmp.Compare(c.milestones(), o.milestones()),
		nearer,
	) > 0
}

// milestones counts how far a picture shows the handshake to have come.
func (c *Case) milestones() int {
	p := &c.Progress
	n := 0
	for _, i := range []int{p.open, p.accept, p.clientHello, p.serverHello, p.helloRetry, p.certificate, p.helloDone, p.clientKeyExchange, p.clientFinished, p.serverFinished} {
		if i >= 0 {
			n++
		}
	}
	return n
}
