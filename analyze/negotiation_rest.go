package analyze

import (
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

var unofferedChoice = Rule{
	ID: "unoffered-choice", Family: "negotiation", Title: "Server chose what the client did not offer", Fault: ByServer, Rank: 86,
	Causes: []string{"server-picked-unoffered", "illegal-key-share"},
	Explain: `The ServerHello (or ServerKeyExchange) contains a choice that is not in the ClientHello: a cipher suite, a version, a group or an extension. The client must stop, with illegal_parameter, handshake_failure or unsupported_extension.

The server is faulty, or a device between the two changed one of the hellos.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("unoffered-choice/fix-server")},
		{Who: ByClient, Text: T("unoffered-choice/fix-client")},
	},
	Refs: []string{"RFC 8446, Section 4.1.3", "RFC 5246, Section 7.4.1.3", "RFC 8422, Section 5.4"},
	Logs: []string{"wrong cipher returned", "server chose an unconfigured cipher suite", "PeerMisbehaved(SelectedUnofferedKxGroup)", "SelectedUnofferedCipherSuite",
		"wrong curve", "unsolicited extension", "UnsupportedExtension", "ERR_SSL_WRONG_CIPHER_RETURNED"},
	Texts: map[string]string{
		"suite":      "the server chose the cipher suite {0}, which the client does not offer",
		"version":    "the server chose {0}, which the client does not offer ({1})",
		"group":      "the server chose the group {0}, which the client does not offer ({1})",
		"share":      "the server chose the group {0}, for which the client sent no key share",
		"dhe-group":  "the server chose a Diffie-Hellman group of {0} bits that is none of the groups that the client offers ({1})",
		"extension":  "the server sent the extension {0}, which the client did not offer",
		"alpn":       "the server chose the application protocol {0}, which the client does not offer",
		"offered":    "what the client offers",
		"fix-server": "update or repair the server: it must choose from the client's offer",
		"fix-client": "use another TLS library for this server until it is repaired",
		"decide":     "a capture at the server, to see whether the hello arrives there as it was sent",
	},
	Silences: []string{"version-no-overlap", "dh-key-too-small"},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.From != decode.Client {
			return nil
		}
		text, e := c.unoffered()
		if e == nil {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: text, Evidence: []Evidence{Proof(e, text), c.ProveBreak(c.breakText())}}
		if o := c.offer(); o != nil {
			f.Evidence = append(f.Evidence, Proof(o.event, T("unoffered-choice/offered")))
		}
		if a, plain := c.BreakAlert(); plain && a.Description == 40 {
			f.Rank = 99 // names no certificate, whatever is wrong with that besides
		}
		return f
	},
}

// unoffered finds the first choice of the server that is not in the offer.
func (c *Case) unoffered() (Text, *decode.Event) {
	o := c.offer()
	sh, e := c.ServerHello()
	if o == nil || sh == nil || o.hello.SSLv2 {
		return Text{}, nil
	}
	switch {
	case !slices.Contains(o.suites, sh.CipherSuite):
		return T("unoffered-choice/suite", CodeOf(sh.CipherSuite)), e
	case o.listed && !o.offers(sh.Version) && sh.Version.TLS() >= wire.TLS12:
		return T("unoffered-choice/version", CodeOf(sh.Version), Codes(o.versions)), e
	case sh.HasGroup && !slices.Contains(o.groups, sh.Group) && len(o.groups) > 0:
		return T("unoffered-choice/group", CodeOf(sh.Group), Codes(o.groups)), e
	case sh.HasGroup && sh.Group != 0 && len(o.hello.KeyShares) > 0 && !slices.ContainsFunc(o.hello.KeyShares, func(k wire.KeyShare) bool { return k.Group == sh.Group }):
		return T("unoffered-choice/share", CodeOf(sh.Group)), e
	case sh.HasALPN && len(o.hello.ALPN) > 0 && !slices.Contains(o.hello.ALPN, sh.ALPN):
		return T("unoffered-choice/alpn", Raw([]byte(sh.ALPN))), e
	}
	for _, x := range sh.Extensions {
		if x.Type != 0xff01 && x.Type != 44 && !slices.ContainsFunc(o.hello.Extensions, func(y wire.Extension) bool { return y.Type == x.Type }) {
			return T("unoffered-choice/extension", CodeOf(x.Type)), e
		}
	}
	return c.unofferedGroup(o)
}

func (c *Case) unofferedGroup(o *offer) (Text, *decode.Event) {
	m, e, ok := decode.First[decode.ServerKeyExchange](c.Handshake)
	if !ok || len(o.groups) == 0 {
		return Text{}, nil
	}
	switch {
	case m.PrimeBits >= 2048 && slices.ContainsFunc(o.groups, wire.Group.IsFFDHE) && !slices.Contains(o.groups, m.Group):
		return T("unoffered-choice/dhe-group", Count(m.PrimeBits), Codes(o.groups)), e
	case m.PrimeBits == 0 && m.Group != 0 && !slices.Contains(o.groups, m.Group):
		return T("unoffered-choice/group", CodeOf(m.Group), Codes(o.groups)), e
	}
	return Text{}, nil
}

var renegotiationUnsupported = Rule{
	ID: "renegotiation-unsupported", Family: "negotiation", Title: "Peer lacks secure renegotiation (RFC 5746)", Fault: ByServer, Rank: 80,
	Causes:  []string{"legacy-renegotiation-refused", "renegotiation-for-client-cert"},
	Explain: `The client announces secure renegotiation and the ServerHello does not answer it. OpenSSL 3 and everything built on it (curl, Python, Node) refuses such a server with handshake_failure; browsers, GnuTLS and Java may go on, so that it works in a browser and not in a tool.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("renegotiation-unsupported/fix-server")},
		{Who: ByClient, Text: T("renegotiation-unsupported/fix-client"), Config: "OpenSSL: Options = UnsafeLegacyServerConnect"},
	},
	Refs: []string{"RFC 5746, Section 3.4"},
	Logs: []string{"unsafe legacy renegotiation disabled", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "Failed to negotiate the use of secure renegotiation", "NO_RENEGOTIATION", "safe renegotiation failed"},
	Texts: map[string]string{
		"summary":    "the server does not support secure renegotiation, and the client insists on it",
		"hello":      "the ServerHello has no renegotiation_info extension",
		"fix-server": "update the server so that it implements RFC 5746",
		"fix-client": "as a stopgap, allow legacy servers in the client",
	},
	Check: func(c *Case) *Finding {
		sh, e := c.ServerHello()
		o := c.offer()
		if c.Outcome != Failed || sh == nil || o == nil || sh.RenegotiationInfo || c.TLS13() || !o.hello.RenegotiationInfo || c.Break.From != decode.Client {
			return nil
		}
		a, ok := c.BreakAlert()
		if !ok || a.Description != 40 || c.Progress.clientKeyExchange >= 0 {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("renegotiation-unsupported/summary"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("renegotiation-unsupported/hello"))}}
		if len(c.ChainProblems(decode.Server)) > 0 && c.Progress.certificate >= 0 {
			f.Confidence = Likely
		}
		return f
	},
}

var emsRequired = Rule{
	ID: "ems-required", Family: "negotiation", Title: "Extended master secret demanded and not offered", Fault: ByClient, Rank: 63,
	Causes:  []string{"ems-required"},
	Explain: `One side lacks the extended_master_secret extension in TLS 1.2, and the other, usually in FIPS mode or with a strict policy, insists on it. A server refuses the hello with handshake_failure, a client the ServerHello.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("ems-required/fix-peer")},
		{Who: ByServer, Text: T("ems-required/fix-policy"), Config: "RHEL: update-crypto-policies --set FIPS:NO-ENFORCE-EMS\nJava: -Djdk.tls.useExtendedMasterSecret=true"},
	},
	Refs: []string{"RFC 7627, Section 5"},
	Logs: []string{"ems not enabled", "Extended Master Secret extension is required", "inconsistent extms"},
	Texts: map[string]string{
		"server":     "the client's TLS 1.2 offer has no extended master secret, and most likely the server insists on it",
		"client":     "the server does not confirm the extended master secret, and the client insists on it",
		"hello":      "no extended_master_secret in this hello",
		"fix-peer":   "enable the extended master secret or TLS 1.3 in the side that lacks it",
		"fix-policy": "relax the policy that insists, until the peer is updated",
		"decide":     "the same connection with the extension: openssl s_client -tls1_2 -connect {0}",
	},
	Check: func(c *Case) *Finding {
		sh, e := c.ServerHello()
		if c.Outcome == Failed && sh != nil && !c.TLS13() && !sh.ExtendedMasterSecret && c.Break.From == decode.Client && c.Progress.clientKeyExchange < 0 {
			o := c.offer()
			a, ok := c.BreakAlert()
			if ok && a.Description == 40 && o != nil && o.hello.ExtendedMasterSecret && sh.RenegotiationInfo && len(c.ChainProblems(decode.Server)) == 0 && (c.Progress.certificate < 0 || c.Progress.helloDone < 0 || c.Progress.keyExchange >= 0) {
				return &Finding{Confidence: Likely, Fault: ByServer, Summary: T("ems-required/client"), Decide: T("ems-required/decide", AddrPort(c.Server)),
					Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("ems-required/hello"))}}
			}
		}
		f := c.suspect("ems-required")
		if f != nil {
			f.Summary = T("ems-required/server")
		}
		return f
	},
}

var missingExtension = Rule{
	ID: "missing-extension", Family: "negotiation", Title: "A mandatory extension is missing", Fault: ByClient, Rank: 82,
	Causes:  []string{"sigalgs-extension-missing"},
	Explain: `TLS 1.3 needs supported_groups, key_share and signature_algorithms in a ClientHello that has no pre-shared key. A server answers missing_extension (109), some handshake_failure.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("missing-extension/fix-client")},
	},
	Refs: []string{"RFC 8446, Section 9.2"},
	Logs: []string{"missing extension", "missing supported groups extension", "missing sigalgs extension"},
	Texts: map[string]string{
		"summary":    "the server refuses the hello because a mandatory extension is missing",
		"generic":    "the server refuses the hello, which lacks extensions that TLS 1.3 demands",
		"client":     "the client refuses the server's message because a mandatory extension is missing",
		"hello":      "the hello has neither all of supported_groups, key_share and signature_algorithms nor a pre-shared key",
		"fix-client": "repair or update the TLS library that builds this hello",
	},
	Check: func(c *Case) *Finding {
		o := c.offer()
		if o == nil || c.Outcome != Failed {
			return nil
		}
		if a, ok := c.BreakAlert(); ok && a.Description == 109 {
			f := &Finding{Confidence: Certain, Summary: T("missing-extension/summary"), Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("missing-extension/hello"))}}
			if c.Break.From == decode.Client {
				f.Summary, f.Fault, f.Evidence = T("missing-extension/client"), ByServer, f.Evidence[:1]
			}
			return f
		}
		f := c.suspect("missing-extension")
		if f != nil {
			f.Summary = T("missing-extension/generic")
		}
		return f
	},
}

var helloRetryFailed = Rule{
	ID: "hello-retry-failed", Family: "negotiation", Title: "Handshake breaks around HelloRetryRequest", Fault: ByServer, Rank: 87,
	Causes:  []string{"hrr-second-hello-lost", "illegal-key-share"},
	Explain: `The server asked for another key share (HelloRetryRequest). The client must answer with a second ClientHello, and the server must then go on. Here it does not: the second hello goes unanswered or is refused, the server asks again (which is forbidden), or it asks for what the client cannot give.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("hello-retry-failed/fix-server")},
		{Who: ByClient, Text: T("hello-retry-failed/fix-client"), Config: "OpenSSL: Groups = P-256:X25519   # the server's group first"},
	},
	Refs:     []string{"RFC 8446, Section 4.1.4"},
	Logs:     []string{"SSL_ERROR_SYSCALL", "unexpected message", "bad hello retry request", "server sent two HelloRetryRequest messages", "IllegalHelloRetryRequest"},
	Silences: []string{"unexpected-message", "server-silent", "close-after-client-hello", "reset-after-client-hello", "server-left", "client-left", "middlebox-reset"},
	Texts: map[string]string{
		"twice":      "the server sent a second HelloRetryRequest, which the protocol forbids, and the client stopped",
		"refused":    "the client refuses the HelloRetryRequest for {0}",
		"second":     "the server asked for {0}, got a second ClientHello and then broke the handshake",
		"silent":     "the server asked for {0} and never answered the second ClientHello",
		"retry":      "HelloRetryRequest for {0}",
		"fix-server": "update the server or the device in front of it",
		"fix-client": "put the group that the server wants first in the client's key shares, so that no retry is needed",
		"decide":     "a capture at the server: does the second ClientHello arrive there?",
	},
	Check: checkRetry,
}

func checkRetry(c *Case) *Finding {
	hrr, e := c.HelloRetry()
	if hrr == nil || c.Outcome != Failed || c.Progress.serverHello >= 0 || c.Break.Kind == ByICMP {
		return nil
	}
	f := &Finding{Confidence: Certain, Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("hello-retry-failed/retry", CodeOf(hrr.Group)))}}
	retries := 0
	for _, i := range decode.Each[decode.ServerHello](c.Handshake, decode.Server) {
		if m, _ := c.Events[i].Message.(decode.ServerHello); m.HelloRetryRequest {
			if retries++; retries == 2 {
				f.Evidence = append(f.Evidence, Proof(&c.Events[i], T("hello-retry-failed/retry", CodeOf(m.Group))))
			}
		}
	}
	code, alert := c.alertCode()
	second := len(decode.Each[decode.ClientHello](c.Handshake, decode.Client)) > 1
	switch {
	case retries > 1:
		f.Summary = T("hello-retry-failed/twice")
		if e := c.alertAfter(f.Evidence[len(f.Evidence)-1].Frame); e != nil && e != c.BreakEvent() {
			f.Evidence = append(f.Evidence, Proof(e, T("common/answer")))
		}
	case c.Break.From == decode.Client && c.Break.Kind == ByAlert:
		f.Summary = T("hello-retry-failed/refused", CodeOf(hrr.Group))
	case second && c.Break.Kind == BySilence:
		f.Summary, f.Confidence, f.Decide = T("hello-retry-failed/silent", CodeOf(hrr.Group)), Likely, T("hello-retry-failed/decide")
	case second && c.Break.From == decode.Server && !(alert && (code == 40 || code == 70 || code == 120 || code == 112)):
		f.Summary, f.Confidence, f.Decide = T("hello-retry-failed/second", CodeOf(hrr.Group)), Likely, T("hello-retry-failed/decide")
	default:
		return nil
	}
	return f
}

// alertAfter returns the client's first alert in a later frame.
func (c *Case) alertAfter(frame int) *decode.Event {
	for i := range c.Events {
		e := &c.Events[i]
		if _, ok := e.Message.(decode.Alert); ok && e.From == decode.Client && e.Frame > frame {
			return e
		}
	}
	return nil
}

var pskUnknown = Rule{
	ID: "psk-unknown", Family: "negotiation", Title: "Server does not know the PSK identity", Fault: ByClient, Rank: 78,
	Causes:  []string{"psk-identity-unknown"},
	Explain: `Client and server authenticate with a pre-shared key, and the server does not know the identity that the client names, or has no PSK suite at all. It answers unknown_psk_identity (115), or hides that with decrypt_error or handshake_failure.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("psk-unknown/fix-client")},
		{Who: ByServer, Text: T("psk-unknown/fix-server")},
	},
	Refs: []string{"RFC 4279, Section 2", "RFC 8446, Section 4.2.11"},
	Logs: []string{"unknown psk identity", "psk identity not found", "insufficient security"},
	Texts: map[string]string{
		"summary":    "the server does not know the pre-shared key identity of the client",
		"named":      "the server does not know the pre-shared key identity {0}",
		"generic":    "the server refuses a client that offers pre-shared keys only; most likely it has no such identity or no PSK suite",
		"identity":   "the client names its identity here",
		"fix-client": "configure the identity that the server knows",
		"fix-server": "add the client's identity and key",
		"decide":     "the server's log names the identity that it got",
	},
	Check: checkPSKIdentity,
}

func checkPSKIdentity(c *Case) *Finding {
	o := c.offer()
	if o == nil || c.Outcome != Failed || c.Break.From != decode.Server {
		return nil
	}
	f := &Finding{Confidence: Certain, Summary: T("psk-unknown/summary"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	if m, e, ok := decode.First[decode.ClientKeyExchange](c.Handshake); ok && m.PSKIdentity != "" {
		f.Summary = T("psk-unknown/named", Raw([]byte(m.PSKIdentity)))
		f.Evidence = append(f.Evidence, Proof(e, T("psk-unknown/identity")))
	}
	a, ok := c.BreakAlert()
	sh, _ := c.ServerHello()
	switch {
	case ok && a.Description == 115:
		return f
	case ok && sh != nil && pskSuite(sh.CipherSuite) && (a.Description == 51 || a.Description == 20) && c.Progress.serverFinished < 0:
		f.Confidence, f.Decide = Likely, T("psk-unknown/decide")
		f.Causes = []Cause{{ID: "psk-wrong-key", Text: T("psk-wrong-key/summary")}}
		return f
	}
	g := c.suspect("psk-unknown")
	if g != nil {
		g.Summary = T("psk-unknown/generic")
	}
	return g
}

var pskWrongKey = Rule{
	ID: "psk-wrong-key", Family: "negotiation", Title: "PSK binder or key does not verify", Fault: ByClient, Rank: 79,
	Causes:  []string{"psk-wrong-key"},
	Explain: `The server knows the identity, but the two sides have different keys. In TLS 1.3 the binder in the ClientHello does not verify and the server answers illegal_parameter or decrypt_error; in TLS 1.2 the client's Finished does not decrypt (bad_record_mac).`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("psk-wrong-key/fix-key")},
		{Who: ByServer, Text: T("psk-wrong-key/fix-key")},
	},
	Refs: []string{"RFC 8446, Section 4.2.11.2", "RFC 4279"},
	Logs: []string{"binder does not verify", "bad record mac", "digest check failed"},
	Texts: map[string]string{
		"summary": "the pre-shared keys of client and server differ",
		"binder":  "the hello offers {0} pre-shared {0|key|keys} with a binder",
		"fix-key": "configure the same key on both sides; check its encoding (hex, base64) and length",
		"decide":  "comparing the keys on both sides",
	},
	Check: func(c *Case) *Finding {
		o := c.offer()
		a, ok := c.BreakAlert()
		if o == nil || !ok || c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 || o.hello.PSKIdentities == 0 {
			return nil
		}
		if a.Description != 47 && a.Description != 51 && a.Description != 20 {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("psk-wrong-key/summary"), Decide: T("psk-wrong-key/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("psk-wrong-key/binder", Count(o.hello.PSKIdentities)))},
			Causes:   []Cause{{ID: "psk-identity-unknown", Text: T("psk-unknown/summary")}}}
	},
}

var resumptionRefused = Rule{
	ID: "resumption-refused", Family: "negotiation", Title: "Only resumed handshakes fail", Fault: ByServer, Rank: 84,
	Causes:  []string{"resumption-session-id-context", "resumption-ems-dropped"},
	Explain: `The first connection of a client succeeds, and the next one, which offers to resume the session, fails. A server that asks for client certificates without a session id context answers internal_error; a resumption that drops the extended master secret is refused with handshake_failure or a plain close.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("resumption-refused/fix-server"), Config: "OpenSSL API: SSL_CTX_set_session_id_context(ctx, …)"},
		{Who: ByClient, Text: T("resumption-refused/fix-client")},
	},
	Refs:     []string{"RFC 7627, Section 5.3", "RFC 5246, Section 7.3", "RFC 8446, Section 2.2"},
	Logs:     []string{"session id context uninitialized", "inconsistent extms", "session supported extended_master_secret but client does not"},
	Silences: []string{"internal-error", "cipher-no-overlap", "close-after-client-hello", "alert-unexplained", "sni-unknown", "psk-wrong-key"},
	Texts: map[string]string{
		"summary":    "the hello offers to resume a session and is refused, while a full handshake with the same server succeeds",
		"ems":        "the hello resumes a session without the extended master secret that the session was made with",
		"resumes":    "this hello offers a session to resume",
		"good":       "a full handshake with the same server completes",
		"fix-server": "set a session id context, or switch resumption off",
		"fix-client": "keep the same settings for all connections that share a session cache; clear the cache",
	},
	Check: checkResumption,
}

func checkResumption(c *Case) *Finding {
	o := c.offer()
	if o == nil || c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 || !resumes(o.hello) {
		return nil
	}
	for _, g := range c.Good() {
		other := g.offer()
		if g.Server != c.Server || g.Client.Addr() != c.Client.Addr() || other == nil || resumes(other.hello) || g.SNI() != c.SNI() {
			continue
		}
		_, e := g.ClientHello()
		f := &Finding{Confidence: Likely, Summary: T("resumption-refused/summary"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("resumption-refused/resumes")), Proof(e, T("resumption-refused/good"))}}
		if other.hello.ExtendedMasterSecret && !o.hello.ExtendedMasterSecret {
			f.Confidence, f.Fault, f.Summary = Certain, ByClient, T("resumption-refused/ems")
			f.Causes = []Cause{{ID: "resumption-ems-dropped", Text: T("resumption-refused/ems")}}
		}
		return f
	}
	return nil
}

// resumes says whether a hello offers a session: a ticket, a pre-shared key,
// or (before TLS 1.3, where every hello has one) a session id.
func resumes(h *decode.ClientHello) bool {
	return h.SessionTicket > 0 || h.PSKIdentities > 0 || len(h.SessionID) > 0 && len(h.SupportedVersions) == 0
}

var echRejected = Rule{
	ID: "ech-rejected", Family: "negotiation", Title: "Encrypted ClientHello rejected or required", Fault: ByServer, Rank: 77,
	Causes:  []string{"ech-rejected-or-required", "ech-outer-name-at-wrong-origin"},
	Explain: `The client hides its real hello in an Encrypted ClientHello made with a key from DNS. When the server no longer has that key, it answers for the outer name, and the client stops with ech_required (121) after its Finished. When the outer name reaches a server that knows nothing of it, that server refuses the name.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("ech-rejected/fix-server")},
		{Who: ByClient, Text: T("ech-rejected/fix-client")},
	},
	Refs: []string{"RFC 9849"},
	Logs: []string{"ech required", "ERR_ECH_NOT_NEGOTIATED", "ERR_ECH_FALLBACK_CERTIFICATE_INVALID", "server rejected ECH", "no certificate available for 'cloudflare-ech.com'"},
	Texts: map[string]string{
		"required":   "the client's Encrypted ClientHello was not accepted, and the client insists on it",
		"outer":      "the outer name {0} of an Encrypted ClientHello reached a server that does not know it",
		"hello":      "the hello carries an Encrypted ClientHello; its outer name is {0}",
		"fix-server": "publish the current ECH configuration in DNS, or take the HTTPS record away",
		"fix-client": "refresh the DNS record; switch ECH off for this host",
	},
	Check: func(c *Case) *Finding {
		o := c.offer()
		if o == nil || !o.hello.ECH || c.Outcome != Failed {
			return nil
		}
		code, ok := c.alertCode()
		name := Name(o.hello.ServerName)
		f := &Finding{Confidence: Certain, Summary: T("ech-rejected/required"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("ech-rejected/hello", name))}}
		switch {
		case ok && code == 121:
			return f
		case ok && c.Break.From == decode.Server && (code == 112 || code == 80) && o.hello.ServerName == "cloudflare-ech.com":
			f.Confidence, f.Summary = Likely, T("ech-rejected/outer", name)
			f.Rank = 91
			return f
		}
		return nil
	},
}

var tlcpMismatch = Rule{
	ID: "tlcp-mismatch", Family: "negotiation", Title: "TLCP on one side only, or its certificates are wrong", Fault: ByClient, Rank: 95,
	Causes:  []string{"tlcp-client-vs-international-server", "tlcp-server-misconfigured"},
	Explain: `TLCP (GB/T 38636, version 0x0101) is the Chinese national protocol with SM2, SM3 and SM4. It looks like TLS 1.1 with its own version and cipher suites, and a server that does not implement it refuses the hello. A TLCP server needs two certificates, one to sign and one to encrypt.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("tlcp-mismatch/fix-server"), Config: "Tongsuo/Tengine nginx: enable_ntls on;\n  ssl_sign_certificate …; ssl_enc_certificate …;"},
		{Who: ByClient, Text: T("tlcp-mismatch/fix-client")},
	},
	Refs:     []string{"GB/T 38636-2020", "RFC 8998"},
	Logs:     []string{"version too low", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "tls_post_process_client_hello_ntls:no shared cipher"},
	Silences: []string{"version-no-overlap", "cipher-no-overlap", "close-after-client-hello", "reset-after-client-hello", "alert-unexplained", "server-silent", "sigalg-no-overlap", "group-no-overlap"},
	Texts: map[string]string{
		"client":     "the client speaks TLCP (version 0x0101), and the server does not",
		"server":     "client and server both speak TLCP, and the handshake breaks at {0}",
		"hello":      "ClientHello of TLCP with {0} cipher {0|suite|suites}",
		"fix-server": "use a server with TLCP (NTLS) and both of its certificates",
		"fix-client": "let the client fall back to TLS, or use another browser for this site",
	},
	Check: func(c *Case) *Finding {
		ch, e := c.ClientHello()
		if ch == nil || ch.LegacyVersion != wire.TLCP11 || c.Outcome != Failed {
			return nil
		}
		f := &Finding{Confidence: Likely, Summary: T("tlcp-mismatch/client"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("tlcp-mismatch/hello", Count(len(ch.CipherSuites))))},
			Causes:   []Cause{{ID: "tlcp-client-vs-international-server", Text: T("tlcp-mismatch/client")}}}
		if c.Progress.serverHello >= 0 {
			if c.Break.Kind != ByAlert && c.Break.Kind != ByBadMessage && !c.lacksTLCPCertificate() {
				return nil
			}
			f.Summary = T("tlcp-mismatch/server", Word(string(c.Stage)))
			f.Causes = []Cause{{ID: "tlcp-server-misconfigured", Text: f.Summary}}
		} else if a, ok := c.BreakAlert(); ok && a.Description == 70 {
			f.Confidence = Certain
		}
		return f
	},
}

// lacksTLCPCertificate says whether a server of TLCP sent less than its two
// certificates, one to sign and one to encrypt (GB/T 38636, Section 6.4.5.3).
func (c *Case) lacksTLCPCertificate() bool {
	m, e := c.Certificate(decode.Server)
	return m != nil && !e.Cut && len(m.Certificates) < 2
}
