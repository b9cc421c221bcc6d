package analyze

import (
	"cmp"
	"slices"

	"tlswhy/decode/wire"
)

// suspicion is a reason why a server may have refused a ClientHello without
// saying why: handshake_failure can mean any of them.
type suspicion struct {
	id     string // of a finding
	weight int    // how much speaks for it: 100 is proof, below 20 nothing but the possibility
	proof  bool
	text   Text
	shown  *shown // the choice in another handshake that proves it
}

// suspicions ranks the reasons for a generic refusal by what is missing in
// the offer, against what the server chose elsewhere in the input.
func (c *Case) suspicions() []suspicion {
	o := c.offer()
	if o == nil || o.hello.SSLv2 && len(o.suites) == 0 {
		return nil
	}
	list := slices.Concat(c.provenSuspicions(o), o.versionSuspicions(), o.groupSuspicions(), o.schemeSuspicions(),
		o.suiteSuspicions(), o.extensionSuspicions())
	slices.SortStableFunc(list, func(a, b suspicion) int { return cmp.Compare(b.weight, a.weight) })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s suspicion) bool {
		double := seen[s.id]
		seen[s.id] = true
		return double
	})
}

// provenSuspicions finds choices that the server made for others and that
// this hello does not offer.
func (c *Case) provenSuspicions(o *offer) []suspicion {
	var list []suspicion
	for _, s := range c.choices() {
		switch {
		case !o.offers(s.version):
			list = append(list, suspicion{id: "version-no-overlap", weight: 97, proof: true, shown: &s,
				text: T("common/sibling-version", CodeOf(s.version))})
		case !slices.Contains(o.suites, s.suite) && !o.sameFamily(s.suite):
			list = append(list, suspicion{id: suiteFinding(o, &s), weight: 98, proof: true, shown: &s,
				text: T("common/sibling-suite", CodeOf(s.suite))})
		case s.group != 0 && len(o.groups) > 0 && !slices.Contains(o.groups, s.group) && !commonGroup(o.groups):
			list = append(list, suspicion{id: "group-no-overlap", weight: 96, proof: true, shown: &s,
				text: T("common/sibling-group", CodeOf(s.group))})
		}
	}
	return list
}

// sameFamily says whether the offer has a suite with the key exchange and the
// authentication of s: then the server had another choice.
func (o *offer) sameFamily(s wire.CipherSuite) bool {
	want := s.Info()
	for _, x := range o.suites {
		info := x.Info()
		if info.TLS13 == want.TLS13 && info.KeyExchange == want.KeyExchange && info.Auth == want.Auth && info.Mode == want.Mode {
			return true
		}
	}
	return false
}

// suiteFinding names what is missing in an offer beside a suite that the
// server chose.
func suiteFinding(o *offer, s *shown) string {
	info := s.suite.Info()
	switch {
	case info.KeyExchange == "DHE" && !o.dhe:
		return "dhe-only-server"
	case info.KeyExchange == "RSA" && !o.rsaKex:
		return "rsa-kex-only-server"
	case info.Auth == "ECDSA" && !o.ecdsa && len(o.tls13) == 0, info.Auth == "RSA" && !o.rsa && len(o.tls13) == 0:
		return "cert-type-no-overlap"
	}
	return "cipher-no-overlap"
}

func (o *offer) versionSuspicions() []suspicion {
	text := T("common/offer-versions", Codes(o.versions))
	switch {
	case o.max() < wire.TLS12:
		return []suspicion{{id: "version-no-overlap", weight: 92, text: text}}
	case o.only13():
		return []suspicion{{id: "version-no-overlap", weight: 45, text: text}}
	}
	return []suspicion{{id: "version-no-overlap", weight: 10, text: text}}
}

// commonGroup says whether a list has a group that nearly every server does.
func commonGroup(groups []wire.Group) bool {
	return slices.Contains(groups, wire.Secp256r1) || slices.Contains(groups, wire.X25519) || slices.Contains(groups, wire.Secp384r1)
}

func (o *offer) groupSuspicions() []suspicion {
	needed := len(o.tls13) > 0 || o.ecdhe
	if !needed || len(o.groups) == 0 {
		return nil
	}
	s := suspicion{id: "group-no-overlap", weight: 8, text: T("common/offer-groups", Codes(o.groups))}
	switch {
	case !commonGroup(o.groups):
		if s.weight = 85; o.rsaKex || o.dhe {
			s.weight = 60
		}
	case len(o.groups) == 1 && !o.rsaKex && !o.dhe:
		s.weight = 52
	case !slices.Contains(o.groups, wire.Secp256r1):
		s.weight = 22
	}
	return []suspicion{s}
}

// schemeSuspicions weighs the signature algorithms: a server with an RSA key
// needs an RSA scheme, in TLS 1.3 a PSS one, and SHA-1 is refused today.
func (o *offer) schemeSuspicions() []suspicion {
	if !o.hello.HasSignatureSchemes {
		if o.max() >= wire.TLS12 && !o.hello.SSLv2 {
			return []suspicion{{id: "sigalg-no-overlap", weight: 40, text: T("common/no-schemes")}}
		}
		return nil
	}
	var rsa, pss, ecdsa bool
	for _, s := range o.schemes {
		weak := s.IsWeak()
		rsa = rsa || s.Key() == "RSA" && !weak
		pss = pss || s.Key() == "RSA" && !s.IsPKCS1() && !weak
		ecdsa = ecdsa || s == 0x0403
	}
	s := suspicion{id: "sigalg-no-overlap", weight: 6, text: T("common/offer-schemes", Codes(o.schemes))}
	switch {
	case !rsa && !ecdsa:
		s.weight = 90
	case o.only13() && !pss && !ecdsa:
		s.weight = 88
	case !rsa || o.only13() && !pss:
		s.weight = 55
	case !ecdsa:
		s.weight = 18
	}
	return []suspicion{s}
}

// mandatory13 is the suite that every TLS 1.3 stack has (RFC 8446, Section
// 9.1): who does not offer it was told to choose among few.
const mandatory13 = wire.CipherSuite(0x1301)

// usual are the suites of which current servers have at least one.
func usual(s wire.CipherSuite) bool {
	info := s.Info()
	if info.TLS13 {
		return s == 0x1301 || s == 0x1302 || s == 0x1303
	}
	return info.KeyExchange == "ECDHE" && (info.Mode == "GCM" || info.Mode == "ChaCha20-Poly1305")
}

func (o *offer) suiteSuspicions() []suspicion {
	n := 0
	for _, s := range o.suites {
		if usual(s) {
			n++
		}
	}
	list := []suspicion{{id: "cipher-no-overlap", weight: 34, text: T("common/offer-suites", Codes(o.suites[:min(len(o.suites), 12)]))}}
	switch {
	case n == 0:
		list[0].weight = 80
	case o.only13() && !slices.Contains(o.suites, mandatory13):
		list[0].weight = 50
		list[0].text = T("common/no-mandatory-suite", Codes(o.suites))
	}
	if len(o.tls13) == 0 && o.rsa != o.ecdsa && n > 0 {
		list = append(list, suspicion{id: "cert-type-no-overlap", weight: 33, text: T("common/one-auth", Word(authName(o)))})
	}
	if !o.dhe && len(o.tls12) > 0 {
		list = append(list, suspicion{id: "dhe-only-server", weight: 30, text: T("common/no-dhe")})
	}
	if !o.rsaKex && len(o.tls12) > 0 {
		list = append(list, suspicion{id: "rsa-kex-only-server", weight: 29, text: T("common/no-rsa-kex")})
	}
	if o.only13() && o.hello.PSKExternal {
		list = append(list, suspicion{id: "psk-unknown", weight: 60, text: T("common/external-psk")})
	}
	if o.psk && !o.ecdhe && !o.dhe && !o.rsaKex && len(o.tls13) == 0 {
		list = append(list, suspicion{id: "psk-unknown", weight: 82, text: T("common/psk-only")})
	}
	return list
}

func authName(o *offer) string {
	if o.rsa {
		return "RSA"
	}
	return "ECDSA"
}

// extensionSuspicions weighs what a strict server may insist on.
func (o *offer) extensionSuspicions() []suspicion {
	var list []suspicion
	h := o.hello
	if o.max() == wire.TLS13 && o.listed && len(o.tls13) > 0 && (len(h.Groups) == 0 || !h.HasSignatureSchemes) && h.PSKIdentities == 0 {
		list = append(list, suspicion{id: "missing-extension", weight: 86, text: T("common/no-groups")})
	}
	if o.max() == wire.TLS12 && !h.ExtendedMasterSecret && o.ecdhe {
		list = append(list, suspicion{id: "ems-required", weight: 37, text: T("common/no-ems")})
	}
	if !h.HasServerName {
		list = append(list, suspicion{id: "sni-missing", weight: 28, text: T("common/no-name")})
	}
	if o.max() <= wire.TLS12 && !h.RenegotiationInfo {
		list = append(list, suspicion{id: "renegotiation-unsupported", weight: 12, text: T("common/no-renegotiation-info")})
	}
	return list
}

// genericRefusal says whether the server refused the hello without a reason:
// handshake_failure or insufficient_security, or a hidden alert.
func (c *Case) genericRefusal() bool {
	alert, hidden, ok := c.refusedHello()
	return ok && !hidden && (alert == 40 || alert == 71)
}

// suspect makes the finding of a rule that stands first among the reasons of
// a generic refusal; the other reasons are its further causes.
func (c *Case) suspect(id string) *Finding {
	if !c.genericRefusal() {
		return nil
	}
	list := c.suspicions()
	if len(list) == 0 || list[0].id != id {
		return nil
	}
	top := list[0]
	f := &Finding{Confidence: Possible, Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	o := c.offer()
	f.Evidence = append(f.Evidence, Proof(o.event, top.text))
	switch {
	case top.proof:
		f.Confidence = Certain
		_, e := top.shown.from.ServerHello()
		f.Evidence = append(f.Evidence, Proof(e, top.text))
	case top.weight >= 30:
		f.Confidence = Likely
	}
	for _, s := range list[1:] {
		if !top.proof && s.weight >= 10 {
			f.Causes = append(f.Causes, Cause{ID: s.id, Text: s.text})
		}
	}
	if !top.proof {
		f.Decide = T("common/decide-refusal", AddrPort(c.Server))
	}
	return f
}
