package analyze

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tlswhy/decode"
)

// Options say how to judge.
type Options struct {
	Version string          // of the program, for the report
	Roots   *Roots          // what chains are verified against; nil: the embedded Mozilla set
	Ports   []uint16        // where TLS is expected besides TLSPorts
	Timeout time.Duration   // how long silence must last to count as failure; 0 is 10 s
	All     bool            // report completed and incomplete handshakes too
	Match   func(Ends) bool // narrows what is reported; nil is everything
	Whole   bool            // report every failed handshake, not only examples of those that are alike
	Places  bool            // fill Report.Connections
	Several bool            // there are several inputs, which may show the same connections
}

// Ends is what a report can be narrowed by.
type Ends struct {
	Client, Server netip.AddrPort
	SNI            string
	Stream         int
}

// Analyzer gathers the handshakes of all inputs and judges them when the
// report is asked for.
type Analyzer struct {
	opt     Options
	cases   []*decode.Handshake
	pending []*decode.Handshake // no TLS on them
	servers map[netip.AddrPort]bool
	good    map[uint64]bool // decode.Brief.Alike
	goodOf  map[netip.AddrPort]int
	shapes  map[shapeKey]*leader
	leaders []*leader
	repeats []repeat
	twice   twice
	whole   int // repeats kept whole
	asked   int // … because the report is narrowed to them
	report  Report
	dropped int
	watch   watch
}

// New returns an Analyzer.
func New(opt Options) *Analyzer {
	if opt.Timeout <= 0 {
		opt.Timeout = 10 * time.Second
	}
	return &Analyzer{opt: opt, servers: map[netip.AddrPort]bool{}, good: map[uint64]bool{}, goodOf: map[netip.AddrPort]int{},
		shapes: map[shapeKey]*leader{}, twice: newTwice(opt.Several)}
}

// Brief takes note of a healthy handshake (decode.Options.Brief). It asks for
// the whole of it when nothing like it was seen yet.
func (a *Analyzer) Brief(b *decode.Brief) bool {
	if a.opt.All {
		return true
	}
	switch a.twice.brief(b) {
	case keptWhole:
		return true
	case forgotten:
		return false
	}
	if !a.good[b.Alike] {
		a.speaks(b.Server)
		if len(a.good) < maxGood && a.goodOf[b.Server] < maxGoodServer {
			a.good[b.Alike] = true
			a.goodOf[b.Server]++
			return true
		}
	}
	if a.opt.Match == nil || a.matches(Ends{b.Client, b.Server, string(b.SNI), b.Stream}) {
		a.report.Summary.Handshakes++
		a.report.Summary.Completed++
	}
	return false
}

func (a *Analyzer) matches(e Ends) bool { return a.opt.Match == nil || a.opt.Match(e) }

func (a *Analyzer) speaks(server netip.AddrPort) {
	if len(a.servers) < maxServers {
		a.servers[server] = true
	}
}

// Add takes a handshake that is over (decode.Options.Handle).
func (a *Analyzer) Add(h *decode.Handshake) {
	switch {
	case h.TLS || h.Wanted:
		if h.TLS && h.Transport == decode.TCP && h.Upgrade == "" {
			a.speaks(h.Server)
		}
		if a.twice.add(h) {
			return // told by another capture
		}
		a.lead(h)
		a.cases = append(a.cases, h)
	case len(a.pending) < maxPending:
		a.pending = append(a.pending, h)
	default:
		a.dropped++
		a.report.Summary.Other++
	}
}

// Other counts connections that are no handshakes.
func (a *Analyzer) Other(n int) { a.report.Summary.Other += n }

// Capture adds what is known of an input.
func (a *Analyzer) Capture(c Capture) { a.report.Captures = append(a.report.Captures, c) }

// Report judges everything that was added. It is called once.
func (a *Analyzer) Report() *Report {
	r := &a.report
	r.Version, r.Roots = a.opt.Version, a.opt.Roots.Name()
	cases := a.collect()
	a.judge(cases)
	attempts := a.attempts(cases)
	a.rename(attempts)
	r.Stories = tellStories(cases, attempts)
	groups := newGroups()
	for i := range attempts {
		c := &attempts[i]
		matches := a.matches(Ends{c.client(), c.Server, c.SNI(), c.stream()})
		if a.opt.Places {
			r.Connections = append(r.Connections, c.connection(matches))
		}
		if !matches {
			continue
		}
		a.count(c.Case)
		groups.add(c)
		if c.again == nil && (a.opt.All || c.Outcome == Failed) {
			r.Handshakes = append(r.Handshakes, c.handshake())
		}
	}
	r.Groups = joinGroups(a.watch.groups, groups.list)
	return r
}

// judge finds out how each of some handshakes ended and why, one beside the
// others.
func (a *Analyzer) judge(cases []*Case) {
	around := newSurroundings(cases)
	around.roots = a.opt.Roots
	for _, c := range cases {
		c.judge()
	}
	rules := Catalogue()
	for _, c := range cases {
		c.Findings = runRules(rules, c)
	}
}

// collect makes the cases in order of their first frames, connections without
// TLS among them where TLS was expected.
func (a *Analyzer) collect() []*Case {
	var cases []*Case
	several := len(a.report.Captures) > 1
	for _, h := range a.cases {
		cases = append(cases, &Case{Handshake: h, Expected: true, timeout: a.opt.Timeout})
	}
	for _, h := range a.pending {
		expected := a.expected(h.Server)
		if !expected && !several {
			a.report.Summary.Other++
			continue
		}
		cases = append(cases, &Case{Handshake: h, Expected: expected, timeout: a.opt.Timeout})
	}
	slices.SortStableFunc(cases, inOrder)
	if several {
		return a.join(cases)
	}
	return cases
}

func (a *Analyzer) expected(server netip.AddrPort) bool {
	return a.servers[server] || IsTLSPort(server.Port()) || slices.Contains(a.opt.Ports, server.Port())
}

func (a *Analyzer) count(c *Case) {
	s := &a.report.Summary
	s.Handshakes++
	switch c.Outcome {
	case Completed:
		s.Completed++
	case Failed:
		s.Failed++
		if s.Findings == nil {
			s.Findings = map[string]int{}
		}
		s.Findings[c.Findings[0].ID]++
	default:
		s.Incomplete++
	}
}

// runRules collects the findings of all rules: errors first, the most
// specific one at the head, without those that another one makes superfluous.
func runRules(rules []*Rule, c *Case) []*Finding {
	var found []*Finding
	silenced := map[string]bool{}
	for _, r := range rules {
		if r.Check == nil {
			continue
		}
		f := r.Check(c)
		if f == nil {
			continue
		}
		f.complete(r, c)
		if f.Severity == Error && c.Outcome != Failed {
			continue
		}
		found = append(found, f)
		if f.Severity == Error || c.Outcome != Failed {
			for _, id := range r.Silences {
				silenced[id] = true
			}
		}
	}
	found = slices.DeleteFunc(found, func(f *Finding) bool { return silenced[f.ID] })
	rank := func(s Severity) int { return strings.Index("error warning info", string(s)) }
	slices.SortStableFunc(found, func(x, y *Finding) int {
		return cmp.Or(cmp.Compare(rank(x.Severity), rank(y.Severity)), cmp.Compare(y.Rank, x.Rank))
	})
	return c.corroborate(withoutFallback(found))
}

// withoutFallback drops the findings that only say that nothing was found.
func withoutFallback(found []*Finding) []*Finding {
	if len(found) < 2 || found[0].Severity != Error {
		return found
	}
	explained := found[0].ID != alertUnexplainedID && found[0].ID != failureUnexplainedID
	return slices.DeleteFunc(found, func(f *Finding) bool {
		return f.ID == failureUnexplainedID || explained && f.ID == alertUnexplainedID
	})
}

// complete fills in what a finding takes from its rule.
func (f *Finding) complete(r *Rule, c *Case) {
	f.ID = r.ID
	if f.Severity == "" {
		if f.Severity = Warning; c.Outcome == Failed {
			f.Severity = Error
		}
	}
	f.Fault = cmp.Or(f.Fault, r.Fault)
	f.Rank = cmp.Or(f.Rank, r.Rank)
	if f.Fixes == nil {
		f.Fixes = r.Fixes
	}
}

// handshake makes the reported form of a case.
func (c *Case) handshake() *Handshake {
	h := &Handshake{ID: c.id, Revision: 1, Facts: c.Handshake, Outcome: c.Outcome, Stage: c.Stage, Findings: c.Findings}
	h.ClientStack, h.ServerStack = c.guessClient(), c.guessServer()
	h.Certificates = [2][]Certificate{c.certificates(decode.Client), c.certificates(decode.Server)}
	if c.Outcome == Failed {
		h.Compared = c.compare()
	}
	h.NotAssessed = c.notAssessed()
	h.Timeline = c.timeline()
	return h
}

// groups gathers failures of one kind on one server and name.
type groups struct {
	at   map[groupKey]int
	list []Group
}

type groupKey struct {
	finding, sni string
	server       netip.AddrPort
}

func (g *Group) key() groupKey { return groupKey{g.Finding, g.SNI, g.Server} }

func newGroups() *groups { return &groups{at: map[groupKey]int{}} }

func (g *groups) add(c *attempt) {
	if c.Outcome != Failed {
		return
	}
	k := groupKey{c.Findings[0].ID, c.SNI(), c.Server}
	i, ok := g.at[k]
	if !ok {
		i = len(g.list)
		g.at[k] = i
		g.list = append(g.list, Group{Finding: k.finding, Server: k.server, SNI: k.sni, First: c.start()})
	}
	x := &g.list[i]
	x.Count++
	x.Handshakes = append(x.Handshakes, c.id)
	x.Streams = append(x.Streams, c.stream())
	x.Last = c.start()
}
