package analyze

import (
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

func serverCertRules() []*Rule {
	return []*Rule{&certRevoked, &certExpired, &certNotYetValid, &certSelfSigned, &certNameMismatch, &certWrongUsage,
		&certWeakSignature, &certWeakKey, &certChainIncomplete, &certUnknownCA, &certMalformed, &certMustStaple, &certChainOrder, &certRejected}
}

// certOrder ranks the problems of a chain: what the bytes prove comes before
// what depends on the client's store.
var certOrder = []string{"cert-revoked", "cert-expired", "cert-not-yet-valid", "cert-self-signed", "cert-name-mismatch", "cert-wrong-usage",
	"cert-weak-signature", "cert-weak-key", "cert-malformed", "cert-chain-incomplete", "cert-unknown-ca", "cert-must-staple", "cert-chain-order"}

// alertProblems says which problems an alert names; the general ones
// (bad_certificate, certificate_unknown) name none.
var alertProblems = map[wire.AlertDescription][]string{
	43:  {"cert-wrong-usage", "cert-weak-key"},
	44:  {"cert-revoked"},
	45:  {"cert-expired", "cert-not-yet-valid"},
	47:  {"cert-wrong-usage"},
	48:  {"cert-self-signed", "cert-chain-incomplete", "cert-unknown-ca"},
	51:  {"cert-weak-signature", "cert-weak-key"},
	80:  {"cert-wrong-usage", "cert-malformed"},
	113: {"cert-must-staple"},
}

// general are alerts that can stand for any problem of a certificate.
func general(code wire.AlertDescription) bool {
	return code == 42 || code == 46 || code == 49 || code == 40
}

// refusal is how one side turned down the certificate of the other.
type refusal struct {
	code   wire.AlertDescription
	alert  bool // code was read
	silent bool // it closed or reset without an alert
}

// refusesCertificate says whether a side broke the handshake after the other's
// certificate, in a way that fits a refusal of it.
func (c *Case) refusesCertificate(side decode.Side) (r refusal, ok bool) {
	if c.Outcome != Failed || c.Break.From != side || c.Break.Event < 0 {
		return r, false
	}
	switch c.Break.Kind {
	case ByAlert:
		r.code, r.alert = c.alertCode()
		_, named := alertProblems[r.code]
		return r, r.alert && (named || general(r.code))
	case ByHidden:
		return r, true
	case ByClose, ByReset:
		r.silent = true
		return r, true
	}
	return r, false
}

// serverVerdict ranks the problems of the server's chain by the client's
// reaction; nil when the client did not refuse it.
func (c *Case) serverVerdict() (list []problem, r refusal) {
	r, ok := c.refusesCertificate(decode.Client)
	ch := c.chainOf(decode.Server)
	if !ok || ch.event == nil || c.Break.Event < 0 || !c.before(ch.event) || r.silent && !c.silentVerdict() {
		return nil, r
	}
	return rankProblems(ch.problems, r), r
}

// silentVerdict says whether the client's leaving without an alert tells that
// it refused the certificate: that is how its library does it, or how the
// leaving came to be judged a refusal.
func (c *Case) silentVerdict() bool {
	return c.nodeLike() && c.waited(c.Break.Event, decode.Client) < patience || c.Leave >= 0
}

// before says whether an event came before the break.
func (c *Case) before(e *decode.Event) bool {
	for i := range c.Events {
		if &c.Events[i] == e {
			return i < c.Break.Event
		}
	}
	return false
}

// rankProblems puts the problems that the alert names first.
func rankProblems(problems []problem, r refusal) []problem {
	var list []problem
	for _, p := range problems {
		switch {
		case p.id == "cert-chain-order":
		case r.silent && p.soft:
		case r.alert && !general(r.code) && !slices.Contains(alertProblems[r.code], p.id) && (r.code == 47 || r.code == 80 || r.code == 51):
		default:
			list = append(list, p)
		}
	}
	named := func(p problem) int {
		if r.alert && slices.Contains(alertProblems[r.code], p.id) {
			return 0
		}
		if p.soft {
			return 2
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b problem) int {
		if d := named(a) - named(b); d != 0 {
			return d
		}
		return slices.Index(certOrder, a.id) - slices.Index(certOrder, b.id)
	})
	return list
}

// serverCertCheck makes the Check of a rule for one problem of the chain: an
// error where the client refused it, a warning where it went on.
func serverCertCheck(id string) func(*Case) *Finding {
	return func(c *Case) *Finding {
		list, r := c.serverVerdict()
		ch := c.chainOf(decode.Server)
		if f := c.hiddenProblem(id, r); f != nil {
			return f
		}
		if len(list) == 0 {
			return c.acceptedProblem(id, ch)
		}
		if list[0].id != id {
			return nil
		}
		p := list[0]
		f := &Finding{Confidence: r.confidence(p), Summary: T(id+"/summary", Nested(p.text)),
			Evidence: []Evidence{Proof(ch.event, p.text), c.ProveBreak(c.breakText())}}
		for _, q := range list[1:] {
			f.Causes = append(f.Causes, Cause{ID: q.id, Text: q.text})
		}
		if f.Confidence != Certain {
			f.Decide = T("common/decide-client-log")
		}
		return f
	}
}

// hiddenProblem makes the finding about a certificate that is encrypted, when
// the client's alert names the problem.
func (c *Case) hiddenProblem(id string, r refusal) *Finding {
	if !r.alert || namedProblem[r.code] != id || !c.TLS13() || c.chainOf(decode.Server).event != nil {
		return nil
	}
	return &Finding{Confidence: Likely, Summary: T("cert-rejected/named", CodeOf(r.code)), Decide: T("cert-rejected/decide"), Causes: namedCauses(r.code),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), c.lastFrom(decode.Server, T("cert-rejected/flight"))}}
}

// namedProblem is what an alert says of a certificate that cannot be read.
var namedProblem = map[wire.AlertDescription]string{44: "cert-revoked", 45: "cert-expired", 48: "cert-unknown-ca"}

// confidence weighs a problem that the bytes show with the reaction to it.
func (r refusal) confidence(p problem) Confidence {
	storeDependent := p.id == "cert-unknown-ca" || p.id == "cert-chain-incomplete"
	switch {
	case r.alert && slices.Contains(alertProblems[r.code], p.id):
		return Certain
	case r.alert && !storeDependent && !p.soft:
		return Certain
	}
	return Likely
}

// acceptedProblem makes the warning about a problem that did no harm here.
func (c *Case) acceptedProblem(id string, ch *chain) *Finding {
	if c.Outcome == Failed || c.Transport == decode.DTLS {
		return nil
	}
	for _, p := range ch.problems {
		if p.id == id {
			return &Finding{Severity: Warning, Confidence: Certain, Summary: T("common/accepted", Nested(p.text)), Evidence: []Evidence{Proof(ch.event, p.text)}}
		}
	}
	return nil
}

var certRejected = Rule{
	ID: "cert-rejected", Family: "server-cert", Title: "Client rejects the server's certificate, reason hidden", Fault: ByUnknown, Rank: 55,
	Causes:  []string{"chromium-self-signed-reconnect", "eap-tls-client-rejects-server", "quic-crypto-error-certificate", "cert-pinning-failure", "public-trust-policy", "ocsp-staple-bad"},
	Explain: `The client ended the handshake right after the server's certificate. In TLS 1.3 the certificate and mostly the alert too are encrypted, so that the reason cannot be read without keys; in TLS 1.2 the certificate can be read, and nothing is wrong with it as far as this program can see: the client's own store, its pins or its policy decide.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("cert-rejected/fix-client"), Config: "SSLKEYLOGFILE=keys.txt curl https://HOST/   # then: tlswhy --keylog keys.txt capture.pcapng"},
		{Who: ByServer, Text: T("cert-rejected/fix-server"), Config: "openssl s_client -connect HOST:443 -servername HOST -showcerts"},
	},
	Refs:     []string{"RFC 8446, Section 6.2", "RFC 8446, Section 4.4.2.4"},
	Logs:     []string{"certificate verify failed", "bad certificate", "certificate unknown", "ERR_CERT_AUTHORITY_INVALID", "unknown ca", "remote error: tls: bad certificate", "sslv3 alert certificate unknown", "PKIX path building failed"},
	Silences: []string{"client-left", "alert-unexplained"},
	Texts: map[string]string{
		"hidden":     "the client ends the handshake with an encrypted alert right after the server's flight: it does not accept the server's certificate",
		"named":      "the client refuses the server's certificate with {0}; the certificate itself is encrypted",
		"readable":   "the client refuses the server's certificate with {0}, though nothing is wrong with it as far as can be seen",
		"left-named": "the client leaves without an alert right after the server's certificate, and {0}",
		"left":       "the client leaves without an alert right after the server's flight, as some clients do that do not accept the certificate",
		"flight":     "the server's flight, with its certificate",
		"fix-client": "look at the client's log, or capture again with a key log",
		"fix-server": "check dates, names and chain of the certificate that the server sends",
		"decide":     "the client's log, or a capture with a key log (SSLKEYLOGFILE)",
		"c-expired":  "expired, or the client's clock is wrong",
		"c-ca":       "issuer not trusted, intermediate not sent, or self-signed",
		"c-self":     "a self-signed certificate that is not in the client's store",
		"c-chain":    "an intermediate certificate is not sent",
		"c-root":     "the authority at the top of the chain is not in the client's store",
		"c-early":    "not valid yet, or the client's clock is slow",
		"c-name":     "it is for other names than the one that the client asked for",
		"c-usage":    "its extended key usage does not allow servers",
		"c-key":      "its key is too short or of a kind that the client does not take",
		"c-sign":     "signed with an algorithm that the client does not take",
		"c-form":     "it cannot be read, or is not formed as the standard has it",
		"c-revoked":  "revoked by its authority",
		"c-staple":   "no valid OCSP response comes with it",
		"c-pin":      "the client pins another key, or its policy refuses this authority",
	},
	Check: checkRejected,
}

func checkRejected(c *Case) *Finding {
	r, ok := c.refusesCertificate(decode.Client)
	if !ok || c.Progress.serverHello < 0 || c.Progress.serverHello > c.Break.Event || c.Transport == decode.TCP && c.Break.Kind != ByAlert && !c.serverFlightSeen() {
		return nil
	}
	if list, _ := c.serverVerdict(); len(list) > 0 {
		return nil
	}
	read := c.chainOf(decode.Server).event != nil
	f := &Finding{Confidence: Likely, Decide: T("cert-rejected/decide"), Evidence: []Evidence{c.ProveBreak(c.breakText()), c.lastFrom(decode.Server, T("cert-rejected/flight"))}}
	switch {
	case r.alert && (r.code < 42 || r.code > 46) && r.code != 48 && r.code != 113:
		return nil
	case r.alert && c.TLS13() && !read && namedProblem[r.code] != "":
		return nil
	case r.alert && read:
		f.Summary = T("cert-rejected/readable", CodeOf(r.code))
		f.Causes = []Cause{{ID: "cert-pinning-failure", Text: T("cert-rejected/c-pin")}}
	case r.alert:
		f.Summary = T("cert-rejected/named", CodeOf(r.code))
		f.Causes = namedCauses(r.code)
	case r.silent && read && c.waited(c.Break.Event, decode.Client) < patience && len(c.plainProblems()) > 0:
		list := c.plainProblems()
		f.Summary, f.Confidence = T("cert-rejected/left-named", Nested(list[0].text)), Possible
		for _, p := range list {
			f.Causes = append(f.Causes, Cause{ID: p.id, Text: p.text})
		}
	case r.silent && (read || !c.TLS13() || c.waited(c.Break.Event, decode.Client) >= patience || c.Progress.done >= 0):
		return nil
	case r.silent:
		f.Summary, f.Confidence, f.Rank = T("cert-rejected/left"), Possible, 29
		f.Causes = []Cause{{ID: "client-left", Text: T("client-left/summary", Word(string(c.Stage)))}}
		if c.nodeLike() {
			f.Confidence, f.Rank = Likely, 0
		}
	default:
		f.Summary = T("cert-rejected/hidden")
		f.Causes = []Cause{{ID: "cert-unknown-ca", Text: T("cert-rejected/c-ca")}, {ID: "cert-expired", Text: T("cert-rejected/c-expired")}, {ID: "cert-name-mismatch", Text: T("cert-rejected/c-name")}}
	}
	return f
}

// hiddenCauses says in a few words what each problem of a certificate is that
// cannot be read.
var hiddenCauses = map[string]string{
	"cert-revoked": "c-revoked", "cert-expired": "c-expired", "cert-not-yet-valid": "c-early", "cert-self-signed": "c-self",
	"cert-chain-incomplete": "c-chain", "cert-unknown-ca": "c-root", "cert-name-mismatch": "c-name", "cert-wrong-usage": "c-usage",
	"cert-weak-key": "c-key", "cert-weak-signature": "c-sign", "cert-malformed": "c-form", "cert-must-staple": "c-staple",
}

// namedCauses says what an alert about an encrypted certificate names; one that
// names nothing may stand for the usual problems.
func namedCauses(code wire.AlertDescription) []Cause {
	ids := alertProblems[code]
	if len(ids) == 0 {
		ids = []string{"cert-name-mismatch", "cert-unknown-ca", "cert-expired"}
	}
	var list []Cause
	for _, id := range ids {
		list = append(list, Cause{ID: id, Text: T("cert-rejected/" + hiddenCauses[id])})
	}
	return list
}

// plainProblems lists what is wrong with the server's chain for every client,
// whatever authorities it trusts.
func (c *Case) plainProblems() []problem {
	var list []problem
	for _, p := range rankProblems(c.chainOf(decode.Server).problems, refusal{silent: true}) {
		if p.id != "cert-unknown-ca" && p.id != "cert-chain-incomplete" {
			list = append(list, p)
		}
	}
	return list
}

// nodeLike says whether the client's library leaves without an alert when it
// does not like a certificate.
func (c *Case) nodeLike() bool {
	g := c.guessClient()
	return g != nil && g.Stack == "node"
}

// serverFlightSeen says whether protected records or a certificate of the
// server were seen before the break.
func (c *Case) serverFlightSeen() bool {
	return c.hiddenFlight() || c.Progress.certificate >= 0
}
