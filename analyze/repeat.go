package analyze

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// A capture may hold a hundred thousand failures of one kind. Past a bound,
// those of a shape that is known (decode.Options.Repeat) are kept as rows that
// refer to the first one of it and share its verdict.

// shapeKey tells handshakes apart that may get different verdicts.
type shapeKey struct {
	capture int
	shape   uint64
}

// leader is the first handshake of a shape.
type leader struct {
	at       int32             // index into Analyzer.leaders
	h        *decode.Handshake // nil until it is over
	from, to time.Time         // the time in which others share its verdict
}

// repeat is a handshake that has the verdict of another: 48 bytes without a
// pointer, as there may be very many.
type repeat struct {
	of      int32 // index into Analyzer.leaders
	capture int32
	stream  int32
	frame   int32 // first
	start   int64 // nanoseconds
	addr    [16]byte
	port    uint16
	ipv4    bool
}

func (r *repeat) client() netip.AddrPort {
	a := netip.AddrFrom16(r.addr)
	if r.ipv4 {
		a = a.Unmap()
	}
	return netip.AddrPortFrom(a, r.port)
}

// Repeat takes a handshake of which only the outline is known yet
// (decode.Options.Repeat). It returns false when it has to be seen whole.
func (a *Analyzer) Repeat(b *decode.Brief) bool {
	if a.opt.Whole {
		return false
	}
	switch a.twice.brief(b) {
	case keptWhole:
		return false
	case forgotten:
		return true
	}
	k := shapeKey{b.Capture, b.Shape}
	l := a.shapes[k]
	switch {
	case l == nil && len(a.shapes) < maxShapes:
		l = &leader{at: int32(len(a.leaders))}
		l.between(b)
		a.shapes[k] = l
		a.leaders = append(a.leaders, l)
		return false
	case l == nil || !b.Start.After(l.from) || !b.Start.Before(l.to):
		return false
	case a.whole < maxWhole:
		a.whole++
		return false
	case a.opt.Match != nil && a.asked < maxWhole && a.opt.Match(Ends{b.Client, b.Server, serverName(b.Hello), b.Stream}):
		a.asked++
		return false
	}
	a.repeats = append(a.repeats, repeat{of: l.at, capture: int32(b.Capture), stream: int32(b.Stream), frame: int32(b.Frame),
		start: b.Start.UnixNano(), addr: b.Client.Addr().As16(), port: b.Client.Port(), ipv4: b.Client.Addr().Is4()})
	return true
}

func serverName(hello []byte) string {
	h, _ := wire.ParseClientHello(hello)
	return h.ServerName
}

// lead makes a handshake the one that others of its shape refer to.
func (a *Analyzer) lead(h *decode.Handshake) {
	if l := a.shapes[shapeKey{h.Capture, h.Shape}]; l != nil && l.h == nil {
		l.h = h
	}
}

// between narrows the time in which others share the verdict: no certificate
// that is shown begins or ceases to be valid in it.
func (l *leader) between(b *decode.Brief) {
	l.from, l.to = time.Time{}, time.Unix(1<<40, 0)
	if b.Certificate == nil {
		return
	}
	m, _ := wire.ParseCertificate(b.Certificate, b.Version)
	for _, der := range m.Certificates[:min(len(m.Certificates), maxChain)] {
		c := readCertificate(der, [32]byte{})
		for _, t := range []time.Time{c.NotBefore, c.NotAfter} {
			if t.After(b.Start) && t.Before(l.to) {
				l.to = t
			} else if !t.After(b.Start) && t.After(l.from) {
				l.from = t
			}
		}
	}
}

// attempt is a handshake as the counts and the stories see it: a case, or a
// repeat that has the verdict of one.
type attempt struct {
	*Case
	id    int
	again *repeat // nil for the case itself
}

func (t *attempt) stream() int {
	if t.again != nil {
		return int(t.again.stream)
	}
	return t.Stream
}

func (t *attempt) client() netip.AddrPort {
	if t.again != nil {
		return t.again.client()
	}
	return t.Client
}

func (t *attempt) start() time.Time {
	if t.again != nil {
		return time.Unix(0, t.again.start).UTC()
	}
	return t.Start
}

// connection says where its packets are.
func (t *attempt) connection(matches bool) Connection {
	c := Connection{ID: t.id, Capture: t.Capture, FirstFrame: t.FirstFrame, Client: t.client(), Server: t.Server, Outcome: t.Outcome, Matches: matches}
	if t.again != nil {
		c.FirstFrame = int(t.again.frame)
	} else {
		c.Seen = t.Seen
	}
	return c
}

// attempts lists cases and repeats in order of their first frames, which is
// that of their numbers.
func (a *Analyzer) attempts(cases []*Case) []attempt {
	list := make([]attempt, 0, len(cases)+len(a.repeats))
	byFacts := make(map[*decode.Handshake]*Case, len(cases))
	for _, c := range cases {
		byFacts[c.Handshake] = c
	}
	slices.SortFunc(a.repeats, func(x, y repeat) int {
		return cmp.Or(cmp.Compare(x.capture, y.capture), cmp.Compare(x.frame, y.frame), cmp.Compare(x.stream, y.stream))
	})
	rest := a.repeats
	take := func(before *Case) {
		for len(rest) > 0 && (before == nil || rest[0].before(before)) {
			r := &rest[0]
			if c := byFacts[a.leaders[r.of].h]; c != nil { // Repeat's contract: the first of a shape is handed on
				list = append(list, attempt{Case: c, again: r})
			}
			rest = rest[1:]
		}
	}
	for _, c := range cases {
		take(c)
		list = append(list, attempt{Case: c})
	}
	take(nil)
	for i := range list {
		if list[i].id = i + 1; list[i].again == nil {
			list[i].Case.id = i + 1
		}
	}
	return list
}

// before is the order of the report.
func (r *repeat) before(c *Case) bool {
	return cmp.Or(cmp.Compare(int(r.capture), c.Capture), cmp.Compare(int(r.frame), c.FirstFrame), cmp.Compare(int(r.stream), c.Stream)) < 0
}
