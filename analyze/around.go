package analyze

import (
	"cmp"
	"net/netip"
	"slices"

	"tlswhy/decode"
)

// Bounds on what is remembered across connections.
const (
	maxServers     = 1 << 16 // server endpoints that are known to speak TLS
	maxGoodServer  = 12      // different healthy handshakes kept of one server
	maxGood        = 4096    // … of all
	maxPending     = 1 << 16 // connections without TLS that may turn out to matter
	maxOtherChecks = 64      // siblings that a rule looks at
	maxWhole       = 128     // handshakes that are kept whole whatever they look like
	maxShapes      = 1 << 13 // shapes of failures of which others may be only counted
)

// Surroundings is what is known beside one handshake: the other connections
// of the input.
type Surroundings struct {
	byServer map[netip.AddrPort][]*Case
	byHost   map[netip.Addr][]*Case // by server address
	byClient map[netip.Addr][]*Case
	byName   map[string][]*Case
	certs    certPool
	roots    *Roots
	all      []*Case
}

func newSurroundings(cases []*Case) *Surroundings {
	s := &Surroundings{byServer: map[netip.AddrPort][]*Case{}, byHost: map[netip.Addr][]*Case{},
		byClient: map[netip.Addr][]*Case{}, byName: map[string][]*Case{}, all: cases}
	for i, c := range cases {
		c.Around, c.order = s, i
		s.byServer[c.Server] = append(s.byServer[c.Server], c)
		s.byHost[c.Server.Addr()] = append(s.byHost[c.Server.Addr()], c)
		s.byClient[c.Client.Addr()] = append(s.byClient[c.Client.Addr()], c)
		if n := c.SNI(); n != "" {
			s.byName[n] = append(s.byName[n], c)
		}
		for _, side := range []decode.Side{decode.Client, decode.Server} {
			if m, _ := c.Certificate(side); m != nil {
				s.certs.add(m.Certificates)
			}
		}
	}
	return s
}

// others returns the cases of a list but for one, at most maxOtherChecks and
// the nearest in capture order.
func (c *Case) others(list []*Case) []*Case {
	at, _ := slices.BinarySearchFunc(list, c.order, func(o *Case, order int) int { return cmp.Compare(o.order, order) })
	from := max(0, at-maxOtherChecks/2)
	to := min(len(list), at+maxOtherChecks/2)
	near := make([]*Case, 0, to-from)
	for _, o := range list[from:to] {
		if o != c {
			near = append(near, o)
		}
	}
	return near
}

// SameServer returns the other connections to the same address and port.
func (c *Case) SameServer() []*Case { return c.others(c.Around.byServer[c.Server]) }

// SameHost returns the other connections to the same server address.
func (c *Case) SameHost() []*Case { return c.others(c.Around.byHost[c.Server.Addr()]) }

// SameClient returns the other connections of the same client address.
func (c *Case) SameClient() []*Case { return c.others(c.Around.byClient[c.Client.Addr()]) }

// SameName returns the other connections that ask for the same server name.
func (c *Case) SameName() []*Case {
	if n := c.SNI(); n != "" {
		return c.others(c.Around.byName[n])
	}
	return nil
}

// Good returns the completed handshakes with the same server, those with the
// same address and port first, then those for the same name.
func (c *Case) Good() []*Case {
	var good []*Case
	seen := map[*Case]bool{}
	for _, list := range [][]*Case{c.SameServer(), c.SameName()} {
		for _, o := range list {
			if o.Outcome == Completed && !seen[o] {
				seen[o] = true
				good = append(good, o)
			}
		}
	}
	return good
}
