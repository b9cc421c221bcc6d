package analyze

import (
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// offer is what a ClientHello offers, sorted for comparison: no GREASE, no
// signalling values.
type offer struct {
	hello    *decode.ClientHello
	event    *decode.Event
	versions []wire.Version // highest first; one entry for a hello without supported_versions
	listed   bool           // versions came from supported_versions: there are no others
	suites   []wire.CipherSuite
	groups   []wire.Group
	schemes  []wire.SignatureScheme

	tls13  []wire.CipherSuite // of suites
	tls12  []wire.CipherSuite // of suites, all others
	ecdhe  bool               // among tls12
	dhe    bool
	rsaKex bool
	psk    bool
	rsa    bool // suites that a server with an RSA certificate can choose
	ecdsa  bool
}

// offer reads the hello that the server answered, or should have; nil when
// the capture has none.
func (c *Case) offer() *offer {
	if !c.offered {
		c.offered, c.offerRead = true, c.readOffer()
	}
	return c.offerRead
}

func (c *Case) readOffer() *offer {
	ch, e := c.LastHello()
	if ch == nil {
		return nil
	}
	o := &offer{hello: ch, event: e, groups: plainCodes(ch.Groups), schemes: plainCodes(ch.SignatureSchemes)}
	o.versions = plainCodes(ch.SupportedVersions)
	if o.listed = len(o.versions) > 0; !o.listed {
		o.versions = []wire.Version{ch.LegacyVersion}
	}
	slices.SortFunc(o.versions, func(a, b wire.Version) int { return int(b.TLS()) - int(a.TLS()) })
	for _, s := range ch.CipherSuites {
		if !s.IsGREASE() && !s.IsSCSV() {
			o.add(s)
		}
	}
	return o
}

func (o *offer) add(s wire.CipherSuite) {
	o.suites = append(o.suites, s)
	info := s.Info()
	if info.TLS13 {
		o.tls13 = append(o.tls13, s)
		return
	}
	o.tls12 = append(o.tls12, s)
	switch info.KeyExchange {
	case "ECDHE":
		o.ecdhe = true
	case "DHE":
		o.dhe = true
	case "RSA":
		o.rsaKex = true
	case "PSK", "DHE-PSK", "ECDHE-PSK", "RSA-PSK":
		o.psk = true
	}
	o.rsa = o.rsa || info.Auth == "RSA"
	o.ecdsa = o.ecdsa || info.Auth == "ECDSA"
}

// max is the highest version offered.
func (o *offer) max() wire.Version { return o.versions[0].TLS() }

// min is the lowest version offered: without supported_versions the client
// does not say it, and SSL 3.0 stands for that.
func (o *offer) min() wire.Version {
	if o.listed {
		return o.versions[len(o.versions)-1].TLS()
	}
	return wire.SSL30
}

// offers says whether a version is among those offered.
func (o *offer) offers(v wire.Version) bool {
	if o.listed {
		return slices.ContainsFunc(o.versions, func(x wire.Version) bool { return x.TLS() == v.TLS() })
	}
	return v.TLS() <= o.max()
}

// only13 says whether nothing below TLS 1.3 can be negotiated.
func (o *offer) only13() bool { return o.listed && o.min() == wire.TLS13 }

// shown is what a server chose in some handshake.
type shown struct {
	from    *Case
	version wire.Version
	suite   wire.CipherSuite
	group   wire.Group // 0 when unknown
	scheme  wire.SignatureScheme
	leafKey string // "RSA", "ECDSA" …; empty when hidden
	alpn    string
}

// choices returns what the server chose in its completed handshakes with
// others, the most useful first.
func (c *Case) choices() []shown {
	var all []shown
	for _, g := range c.Good() {
		if s, ok := g.chosen(); ok {
			all = append(all, s)
		}
	}
	return all
}

// chosen reads what the server of a handshake chose.
func (c *Case) chosen() (shown, bool) {
	sh, _ := c.ServerHello()
	if sh == nil {
		return shown{}, false
	}
	s := shown{from: c, version: sh.Version.TLS(), suite: sh.CipherSuite, group: sh.Group, alpn: sh.ALPN}
	if m, _, ok := decode.First[decode.ServerKeyExchange](c.Handshake); ok {
		s.group = m.Group
		if m.HasScheme {
			s.scheme = m.Scheme
		}
	}
	if chain := c.certificates(decode.Server); len(chain) > 0 {
		s.leafKey = keyFamily(chain[0].Key)
	}
	return s, true
}

// keyFamily is the first word of a key's description.
func keyFamily(key string) string {
	for i, r := range key {
		if r == ' ' {
			return key[:i]
		}
	}
	return key
}

// refusedHello says whether the server refused the ClientHello: a fatal alert
// before its ServerHello, or a hidden one directly after it.
func (c *Case) refusedHello() (alert wire.AlertDescription, hidden, ok bool) {
	if c.Outcome != Failed || c.Break.From != decode.Server {
		return 0, false, false
	}
	if a, plain := c.BreakAlert(); plain && (c.Stage == StageClientHello || c.Stage == StageServerHello) {
		return a.Description, false, true
	}
	if c.Break.Kind == ByHidden && c.Progress.clientFinished < 0 && c.Progress.serverHello >= 0 && !c.clientRecords() {
		return 0, true, true
	}
	return 0, false, false
}

// clientRecords says whether the client sent protected records before the break.
func (c *Case) clientRecords() bool {
	for i, e := range c.Events {
		if c.Break.Event >= 0 && i >= c.Break.Event {
			return false
		}
		switch e.Message.(type) {
		case decode.Encrypted, decode.Finished:
			if e.From == decode.Client && i > c.Progress.serverHello {
				return true
			}
		}
	}
	return false
}
