package analyze

import (
	"slices"
	"time"

	"tlswhy/decode"
)

// Bounds of a capture that goes on for days: past them the older half is
// settled.
const (
	maxWatched  = 2048            // handshakes kept whole: 60 MB with certificates and post-quantum hellos in all
	maxDoubtful = 2048            // connections without TLS that may turn out to matter
	maxNear     = 16              // of those before, looked at beside one that just ended: each is judged once more …
	maxLooked   = 512             // … and of which they are chosen
	nearby      = 2 * time.Minute // how long before
)

// ends tells a handshake apart while the capture goes on.
type ends struct {
	capture, stream, frame int
	tcp                    bool
}

func endsOf(h *decode.Handshake) ends {
	return ends{h.Capture, h.Stream, h.FirstFrame, h.Transport == decode.TCP}
}

// told is what was said of a handshake while the capture went on.
type told struct {
	id, revision int
	outcome      Outcome
	finding      string
}

// watch is what an Analyzer keeps of a capture that goes on.
type watch struct {
	told   map[ends]*told
	lastID int
	groups []Group // of handshakes that were settled
}

// Verdict judges a handshake at once, beside what is known so far. It returns
// nil when the handshake is not wanted, is none, or was told before with the
// same verdict. What comes later may change a verdict: the Report has the last
// word, under the same ID. Call it after Add, if at all.
func (a *Analyzer) Verdict(h *decode.Handshake) *Handshake {
	if !h.TLS && !h.Wanted && !a.expected(h.Server) {
		return nil
	}
	c := &Case{Handshake: h, Expected: true, timeout: a.opt.Timeout}
	if !a.matches(Ends{c.Client, c.Server, c.SNI(), c.Stream}) {
		return nil
	}
	newSurroundings([]*Case{c}).roots = a.opt.Roots
	if c.judge(); !a.opt.All && c.Outcome != Failed {
		return nil
	}
	cases := append(a.near(h), c)
	around := newSurroundings(cases)
	around.roots = a.opt.Roots
	for _, o := range cases {
		o.judge()
	}
	c.Findings = runRules(Catalogue(), c)
	if !a.tell(c) {
		return nil
	}
	r := c.handshake()
	r.Revision = a.watch.told[endsOf(h)].revision
	return r
}

// near are the latest handshakes that have an end in common with h.
func (a *Analyzer) near(h *decode.Handshake) []*Case {
	var list []*Case
	for i := len(a.cases) - 1; i >= max(0, len(a.cases)-maxLooked) && len(list) < maxNear; i-- {
		o := a.cases[i]
		if h.Start.Sub(o.End) > nearby {
			break
		}
		if o != h && (o.Server.Addr() == h.Server.Addr() || o.Client.Addr() == h.Client.Addr()) {
			list = append(list, &Case{Handshake: o, Expected: true, timeout: a.opt.Timeout, id: a.idOf(o)})
		}
	}
	slices.Reverse(list)
	return list
}

func (a *Analyzer) idOf(h *decode.Handshake) int {
	if t := a.watch.told[endsOf(h)]; t != nil {
		return t.id
	}
	return 0
}

// tell gives a case its ID. It is false when nothing about it is new.
func (a *Analyzer) tell(c *Case) bool {
	if a.watch.told == nil {
		a.watch.told = map[ends]*told{}
	}
	key := endsOf(c.Handshake)
	t := a.watch.told[key]
	if t == nil {
		a.watch.lastID++
		t = &told{id: a.watch.lastID}
		a.watch.told[key] = t
	}
	c.id = t.id
	finding := ""
	if len(c.Findings) > 0 {
		finding = c.Findings[0].ID
	}
	if t.revision > 0 && t.outcome == c.Outcome && t.finding == finding {
		return false
	}
	t.revision++
	t.outcome, t.finding = c.Outcome, finding
	return true
}

// rename gives what was told while the capture went on its ID again, and all
// others new ones.
func (a *Analyzer) rename(list []attempt) {
	for i := range list {
		c := &list[i]
		if c.id += a.watch.lastID; c.again != nil {
			continue
		}
		if t := a.watch.told[endsOf(c.Handshake)]; t != nil {
			c.id = t.id
		}
		c.Case.id = c.id
	}
}

// Settle bounds what a capture that goes on makes an Analyzer keep: the older
// half of too many handshakes is judged for good, and only counted from then
// on.
func (a *Analyzer) Settle() {
	if n := len(a.pending); n > maxDoubtful {
		a.pending = a.settle(a.pending, n/2, func(h *decode.Handshake) bool { return a.expected(h.Server) })
	}
	if n := len(a.cases); n > maxWatched {
		a.cases = a.settle(a.cases, n/2, func(*decode.Handshake) bool { return true })
	}
}

// settle judges the first n of a list and returns the rest.
func (a *Analyzer) settle(list []*decode.Handshake, n int, is func(*decode.Handshake) bool) []*decode.Handshake {
	var cases []*Case
	for _, h := range list[:n] {
		if !is(h) {
			a.report.Summary.Other++
			continue
		}
		cases = append(cases, &Case{Handshake: h, Expected: true, timeout: a.opt.Timeout})
	}
	a.judge(cases)
	failed := newGroups()
	for _, c := range cases {
		at := attempt{Case: c, id: a.idOf(c.Handshake)}
		delete(a.watch.told, endsOf(c.Handshake))
		if a.matches(Ends{c.Client, c.Server, c.SNI(), c.Stream}) {
			a.count(c)
			failed.add(&at)
		}
	}
	for i := range failed.list {
		failed.list[i].Handshakes, failed.list[i].Streams = nil, nil // no report has them
	}
	a.watch.groups = joinGroups(a.watch.groups, failed.list)
	return slices.Clone(list[n:])
}

// joinGroups adds the failures of b to the groups of a.
func joinGroups(a, b []Group) []Group {
	if len(a) == 0 {
		return b
	}
	at := make(map[groupKey]int, len(a))
	for i := range a {
		at[a[i].key()] = i
	}
	for _, g := range b {
		i, ok := at[g.key()]
		if !ok {
			a = append(a, g)
			continue
		}
		a[i].Count += g.Count
		a[i].Handshakes = append(a[i].Handshakes, g.Handshakes...)
		a[i].Streams = append(a[i].Streams, g.Streams...)
		a[i].Last = g.Last
	}
	return a
}

// Told reports whether a handshake of the report was told with this verdict
// while the capture went on; otherwise it gives it its revision.
func (a *Analyzer) Told(h *Handshake) bool {
	t := a.watch.told[endsOf(h.Facts)]
	if t == nil {
		return false
	}
	h.Revision = t.revision
	finding := ""
	if len(h.Findings) > 0 {
		finding = h.Findings[0].ID
	}
	if t.outcome == h.Outcome && t.finding == finding {
		return true
	}
	h.Revision++
	return false
}

// WithoutFrames takes the frame numbers out of a report: those of a capture
// that nobody keeps.
func (r *Report) WithoutFrames() {
	for _, h := range r.Handshakes {
		h.WithoutFrames()
	}
}

// WithoutFrames takes the frame numbers out of what is reported of a handshake.
func (h *Handshake) WithoutFrames() {
	facts := *h.Facts
	facts.FirstFrame, facts.LastFrame = 0, 0
	facts.Events = slices.Clone(facts.Events)
	for i := range facts.Events {
		facts.Events[i].Frame, facts.Events[i].LastFrame = 0, 0
	}
	h.Facts = &facts
	for _, f := range h.Findings {
		for i := range f.Evidence {
			f.Evidence[i].Frame = 0
		}
	}
	for _, chain := range h.Certificates {
		for i := range chain {
			chain[i].Frame = 0
		}
	}
	for i := range h.Timeline {
		h.Timeline[i].Frame, h.Timeline[i].Also = 0, nil
	}
}
