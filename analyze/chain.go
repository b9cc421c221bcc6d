package analyze

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"tlswhy/decode"
)

// chain is the certificate chain of one side, read and checked at the time of
// the handshake.
type chain struct {
	event    *decode.Event // the Certificate message; nil when it cannot be read
	certs    []*readCert
	problems []problem
}

// problem is one thing that is wrong with a chain.
type problem struct {
	id   string // finding of the server-cert family
	at   int    // index of the certificate
	soft bool   // only some verifiers refuse it
	text Text
}

// chainOf reads and checks the chain of a side, once.
func (c *Case) chainOf(side decode.Side) *chain {
	if c.chains[side&1] == nil {
		c.chains[side&1] = c.readChain(side)
	}
	return c.chains[side&1]
}

func (c *Case) readChain(side decode.Side) *chain {
	ch := &chain{}
	m, e := c.lastCertificate(side)
	if m == nil || e.Cut {
		return ch
	}
	ch.event = e
	for _, der := range m.Certificates[:min(len(m.Certificates), maxChain)] {
		ch.certs = append(ch.certs, c.Around.certs.read(der))
	}
	if len(ch.certs) == 0 {
		return ch
	}
	v := verifier{c: c, chain: ch, side: side, at: e.Time}
	v.run()
	return ch
}

// lastCertificate returns the Certificate message of a side; SSL 2.0 servers
// carry theirs in the hello.
func (c *Case) lastCertificate(side decode.Side) (*decode.Certificate, *decode.Event) {
	if m, e := c.Certificate(side); m != nil {
		return m, e
	}
	if sh, e := c.ServerHello(); sh != nil && side == decode.Server && len(sh.SSLv2Certificate) > 0 {
		m := &decode.Certificate{}
		m.Certificates = [][]byte{sh.SSLv2Certificate}
		return m, e
	}
	return nil, nil
}

// ChainProblems returns the IDs of what is wrong with the readable chain that
// a side sent and a usual verifier refuses; nil when nothing is, or when the
// chain cannot be read.
func (c *Case) ChainProblems(from decode.Side) []string {
	var ids []string
	for _, p := range c.chainOf(from).problems {
		if !p.soft {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// certificates returns the readable chain of a side for the report.
func (c *Case) certificates(side decode.Side) []Certificate {
	ch := c.chainOf(side)
	var list []Certificate
	for i, x := range ch.certs {
		cert := x.Certificate
		cert.Frame = ch.event.LastFrame
		for _, p := range ch.problems {
			if p.at == i {
				cert.Problems = append(cert.Problems, p.id)
			}
		}
		list = append(list, cert)
	}
	return list
}

// verifier checks one chain.
type verifier struct {
	c     *Case
	chain *chain
	side  decode.Side
	at    time.Time
}

func (v *verifier) found(id string, at int, soft bool, t Text) {
	for _, p := range v.chain.problems {
		if p.id == id {
			return
		}
	}
	v.chain.problems = append(v.chain.problems, problem{id, at, soft, t})
}

func (v *verifier) run() {
	leaf := v.chain.certs[0]
	v.status(leaf)
	v.dates(leaf)
	selfSigned := v.selfSigned(leaf)
	v.name(leaf)
	v.usage(leaf)
	v.strength()
	if leaf.x == nil {
		if !strings.HasPrefix(leaf.Key, "SM2") {
			v.found("cert-malformed", 0, false, T("common/p-malformed", Raw([]byte(leaf.Unparsable))))
		}
		return
	}
	if !selfSigned {
		v.path(leaf)
	}
	v.staple(leaf)
}

func (v *verifier) dates(leaf *readCert) {
	switch {
	case leaf.NotAfter.IsZero() || v.at.IsZero():
	case v.at.After(leaf.NotAfter):
		v.found("cert-expired", 0, false, T("common/p-expired", Identity(leaf.Subject), Time(leaf.NotAfter), Duration(v.at.Sub(leaf.NotAfter))))
	case v.at.Before(leaf.NotBefore):
		v.found("cert-not-yet-valid", 0, false, T("common/p-not-yet", Identity(leaf.Subject), Time(leaf.NotBefore), Duration(leaf.NotBefore.Sub(v.at))))
	}
}

// selfSigned finds a leaf that is its own issuer and no trusted root.
func (v *verifier) selfSigned(leaf *readCert) bool {
	if !leaf.SelfSigned {
		return false
	}
	if leaf.x != nil && v.verify(leaf, nil, v.within(leaf)) == nil {
		return true
	}
	v.found("cert-self-signed", 0, false, T("common/p-self-signed", Identity(leaf.Subject)))
	return true
}

// name compares the requested name with the names in the certificate (RFC
// 9525); only a name that the client sent can be compared.
func (v *verifier) name(leaf *readCert) {
	name := strings.TrimSuffix(v.c.SNI(), ".")
	if v.side != decode.Server || name == "" || leaf.x == nil || oddName(name) && !strings.Contains(name, "_") {
		return
	}
	if leaf.x.VerifyHostname(name) == nil {
		return
	}
	if len(leaf.DNSNames) == 0 && len(leaf.IPAddresses) == 0 {
		soft := strings.EqualFold(leaf.CommonName, name)
		v.found("cert-name-mismatch", 0, soft, T("common/p-no-san", Identity(leaf.Subject), Name(name)))
		return
	}
	names := leaf.DNSNames[:min(len(leaf.DNSNames), 8)]
	v.found("cert-name-mismatch", 0, false, T("common/p-name", Name(name), Names(names), Count(len(leaf.DNSNames))))
}

func (v *verifier) usage(leaf *readCert) {
	if leaf.x == nil {
		return
	}
	want, word := x509.ExtKeyUsageServerAuth, "serverAuth"
	if v.side == decode.Client {
		want, word = x509.ExtKeyUsageClientAuth, "clientAuth"
	}
	ok := len(leaf.x.ExtKeyUsage) == 0 && len(leaf.x.UnknownExtKeyUsage) == 0
	for _, u := range leaf.x.ExtKeyUsage {
		ok = ok || u == want || u == x509.ExtKeyUsageAny
	}
	switch {
	case !ok:
		v.found("cert-wrong-usage", 0, false, T("common/p-usage", Identity(leaf.Subject), Word(word)))
	case leaf.x.KeyUsage != 0 && leaf.x.KeyUsage&x509.KeyUsageDigitalSignature == 0 && !v.rsaKex():
		v.found("cert-wrong-usage", 0, true, T("common/p-key-usage", Identity(leaf.Subject)))
	case leaf.x.IsCA && !leaf.SelfSigned:
		v.found("cert-wrong-usage", 0, true, T("common/p-ca-leaf", Identity(leaf.Subject)))
	case len(leaf.x.UnhandledCriticalExtensions) > 0:
		v.found("cert-malformed", 0, false, T("common/p-critical", Raw([]byte(leaf.x.UnhandledCriticalExtensions[0].String()))))
	}
}

// rsaKex says whether the suite uses the certificate to encrypt.
func (v *verifier) rsaKex() bool {
	sh, _ := v.c.ServerHello()
	return sh != nil && sh.CipherSuite.Info().KeyExchange == "RSA"
}

func (v *verifier) strength() {
	for i, x := range v.chain.certs {
		if n := x.rsaBits(); n > 0 && n < 2048 {
			v.found("cert-weak-key", i, true, T("common/p-weak-key", Identity(x.Subject), Word(x.Key)))
		}
		if x.weakSignature(v.at) && !x.SelfSigned {
			v.found("cert-weak-signature", i, false, T("common/p-weak-signature", Identity(x.Subject), Word(x.Signature)))
		}
	}
}

// within is the time of the handshake, moved into the leaf's validity: dates
// of the leaf are told separately.
func (v *verifier) within(leaf *readCert) time.Time {
	if leaf.validAt(v.at) {
		return v.at
	}
	return leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
}

func (v *verifier) verify(leaf *readCert, more []*readCert, at time.Time) error {
	pool := x509.NewCertPool()
	for _, list := range [][]*readCert{v.chain.certs[1:], more} {
		for _, x := range list {
			if x.x != nil && x.rsaBits() <= maxRSA {
				pool.AddCert(x.x)
			}
		}
	}
	_, err := leaf.x.Verify(x509.VerifyOptions{Roots: v.c.Around.roots.certs(), Intermediates: pool, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// path builds the path from the leaf to a root, at first with what was sent.
func (v *verifier) path(leaf *readCert) {
	err := v.verify(leaf, nil, v.within(leaf))
	var invalid x509.CertificateInvalidError
	var critical x509.UnhandledCriticalExtension
	switch {
	case err == nil:
		v.order()
	case errors.As(err, &critical):
		v.found("cert-malformed", 0, false, T("common/p-critical", Raw(nil)))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		v.found("cert-expired", v.indexOf(invalid.Cert), false, T("common/p-path-expired", Identity(invalid.Cert.Subject.String()), Time(invalid.Cert.NotAfter)))
	case errors.As(err, &invalid) && (invalid.Reason == x509.CANotAuthorizedForThisName || invalid.Reason == x509.NameConstraintsWithoutSANs || invalid.Reason == x509.TooManyConstraints):
		v.found("cert-wrong-usage", v.indexOf(invalid.Cert), false, T("common/p-constraints", Identity(invalid.Cert.Subject.String())))
	default:
		v.untrusted(leaf)
	}
}

func (v *verifier) indexOf(x *x509.Certificate) int {
	for i, c := range v.chain.certs {
		if c.x != nil && c.x.Equal(x) {
			return i
		}
	}
	return 0
}

// untrusted tells a missing intermediate from an unknown authority.
func (v *verifier) untrusted(leaf *readCert) {
	if v.hasWeakLink() {
		return // no verifier follows it; that is the problem that is told
	}
	top := v.top(leaf)
	known := v.c.Around.certs.bySubject[string(top.x.RawIssuer)]
	if len(known) > 0 && v.verify(leaf, known, v.within(leaf)) == nil {
		v.found("cert-chain-incomplete", 0, false, T("common/p-incomplete-seen", Identity(top.Subject), Identity(top.Issuer)))
		return
	}
	switch {
	case top.SelfSigned:
		v.found("cert-unknown-ca", 0, false, T("common/p-unknown-root", Identity(top.Subject)))
	case intermediate(known), soundsIntermediate(top.Issuer), len(v.chain.certs) == 1 && len(top.x.IssuingCertificateURL) > 0:
		v.found("cert-chain-incomplete", 0, false, T("common/p-incomplete", Identity(top.Subject), Identity(top.Issuer)))
	default:
		v.found("cert-unknown-ca", 0, false, T("common/p-unknown-ca", Identity(top.Issuer)))
	}
}

func (v *verifier) hasWeakLink() bool {
	for _, p := range v.chain.problems {
		if p.id == "cert-weak-signature" {
			return true
		}
	}
	return false
}

// top follows the issuers through the certificates that were sent.
func (v *verifier) top(leaf *readCert) *readCert {
	at := leaf
	for range v.chain.certs {
		next := at
		for _, x := range v.chain.certs {
			if x.x != nil && x != at && bytes.Equal(x.x.RawSubject, at.x.RawIssuer) {
				next = x
				break
			}
		}
		if next == at || at.SelfSigned {
			break
		}
		at = next
	}
	return at
}

// intermediate says whether an issuer that the input shows is no root.
func intermediate(known []*readCert) bool {
	for _, k := range known {
		if !k.SelfSigned {
			return true
		}
	}
	return false
}

// soundsIntermediate guesses from the issuer's name that it is no root.
func soundsIntermediate(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"intermediate", "issuing", "sub ca", "subca", "subordinate"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// order remarks on a chain whose certificates do not follow each other.
func (v *verifier) order() {
	for i, x := range v.chain.certs[1:] {
		before := v.chain.certs[i]
		if x.x != nil && before.x != nil && !bytes.Equal(before.x.RawIssuer, x.x.RawSubject) {
			v.found("cert-chain-order", i+1, true, T("common/p-order", Identity(x.Subject)))
			return
		}
	}
}

// status reads the stapled OCSP response (RFC 6066, Section 8).
func (v *verifier) status(leaf *readCert) {
	if v.side != decode.Server {
		return
	}
	for _, der := range v.staples() {
		r, err := ocsp.ParseResponse(der, nil)
		if err != nil || leaf.x == nil || r.SerialNumber.Cmp(leaf.x.SerialNumber) != 0 {
			continue
		}
		if r.Status == ocsp.Revoked {
			v.found("cert-revoked", 0, false, T("common/p-revoked", Identity(leaf.Subject), Time(r.RevokedAt.UTC())))
		}
	}
}

func (v *verifier) staples() [][]byte {
	var list [][]byte
	for i := range v.c.Events {
		switch m := v.c.Events[i].Message.(type) {
		case decode.CertificateStatus:
			list = append(list, m.OCSP)
		case decode.Certificate:
			if v.c.Events[i].From == decode.Server && len(m.OCSP) > 0 {
				list = append(list, m.OCSP)
			}
		}
	}
	return list
}

// mustStaple is the TLS feature extension (RFC 7633).
const mustStaple = "1.3.6.1.5.5.7.1.24"

// staple finds a certificate that demands a stapled response and has none.
func (v *verifier) staple(leaf *readCert) {
	if v.side != decode.Server || len(v.staples()) > 0 {
		return
	}
	for _, x := range leaf.x.Extensions {
		if x.Id.String() == mustStaple {
			v.found("cert-must-staple", 0, true, T("common/p-must-staple", Identity(leaf.Subject)))
		}
	}
}
