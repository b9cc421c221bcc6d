package analyze

import (
	"net/netip"

	"tlswhy/decode"
)

// road is the way that packets of a client to a server take from one capture
// to another.
type road struct {
	from, to int
	client   netip.Addr
	server   netip.AddrPort
}

// roads are those that some connection is known to have taken, with the
// picture of it in the second capture.
func roads(cases []*Case, groups map[*Case][]*Case) map[road]*Case {
	known := map[road]*Case{}
	for _, c := range cases {
		for _, o := range groups[c] {
			k := road{c.Capture, o.Capture, c.Client.Addr(), c.Server}
			if o != c && known[k] == nil {
				known[k] = o
			}
		}
	}
	return known
}

// unseen looks for a capture nearer to the server that runs when a connection
// was tried, has others of the same two ends, and has nothing of this one; it
// returns the picture of another one.
func (c *Case) unseen(captures []Capture, ways ways, known map[road]*Case) *Case {
	if c.Transport != decode.TCP || c.Flow[decode.Server].Packets > 0 || c.Late {
		return nil
	}
	for k := range captures {
		other := known[road{c.Capture, k, c.Client.Addr(), c.Server}]
		if other == nil {
			continue
		}
		w := ways.between(c.Capture, k)
		if at := c.Start.Add(w.ahead[decode.Client]); w.nearer > 0 && other.runs(at) && other.runs(c.Flow[decode.Client].Last.Add(w.ahead[decode.Client])) {
			return other
		}
	}
	return nil
}

// proveSYN adds whether the SYNs that nobody answered came to the capture
// nearer to the server.
func (c *Case) proveSYN(f *Finding) {
	if c.elsewhere != nil {
		f.Evidence = append(f.Evidence, Evidence{Capture: c.elsewhere.Capture, Frame: c.elsewhere.FirstFrame, Text: T("common/p-no-syn", SideArg(decode.Server))})
		f.Decide, f.Causes = Text{}, []Cause{{ID: "tcp-syn-timeout", Text: T("tcp-syn-timeout/c-drop")}}
		return
	}
	for _, s := range c.sights {
		if i := c.Progress.open; s.way.nearer > 0 && i >= 0 && s.pair[i] >= 0 && s.Flow[decode.Server].Packets == 0 {
			f.Evidence = append(f.Evidence, Proof(&s.Events[s.pair[i]], T("common/p-syn-came", SideArg(decode.Server))))
			f.Decide = Text{}
			return
		}
	}
}
