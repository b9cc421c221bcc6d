package analyze

import (
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

const cipherSnippet = "nginx:   ssl_protocols TLSv1.2 TLSv1.3;\n         ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;\nHAProxy: ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"

var cipherNoOverlap = Rule{
	ID: "cipher-no-overlap", Family: "negotiation", Title: "No common cipher suite", Fault: ByClient, Rank: 60,
	Causes: []string{"cipher-no-overlap", "cipher-no-overlap-tls13", "gost-only-server", "server-no-certificate-loaded"},
	Explain: `The server found no cipher suite in the client's list that it can use, and answered the ClientHello with handshake_failure (40), in a few stacks insufficient_security (71).

The number alone does not prove it: a server sends the same alert when groups, signature algorithms or its certificate's key type do not fit, and when it has no certificate loaded. What decides is what the offer lacks, and what the server chose for others.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cipher-no-overlap/fix-server"), Config: cipherSnippet},
		{Who: ByClient, Text: T("cipher-no-overlap/fix-client")},
	},
	Refs: []string{"RFC 5246, Section 7.4.1.3", "RFC 8446, Section 4.1.3", "RFC 9325, Section 4.2"},
	Logs: []string{"no shared cipher", "sslv3 alert handshake failure", "SSL_ERROR_NO_CYPHER_OVERLAP", "no cipher suites in common",
		"no cipher suite supported by both client and server", "Received fatal alert: handshake_failure", "HandshakeFailure",
		"ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "No supported cipher suites have been found"},
	Texts: map[string]string{
		"summary":       "the server refuses the hello without saying why; most likely it has none of the {0} cipher {0|suite|suites} that the client offers",
		"summary-proof": "the server chooses {0} for others, and the client does not offer it",
		"no-kex":        "the server refuses the hello without saying why; the offer has neither finite-field DHE nor RSA key exchange, so most likely the server has only those",
		"fix-server":    "enable a suite with ECDHE and AES-GCM (and TLS 1.3) on the server; make sure that its certificate and key are loaded",
		"fix-client":    "offer suites that the server has",
		"c-no-cert":     "the server has no usable certificate or key, so that no suite is left",
	},
	Check: func(c *Case) *Finding {
		f := c.suspect("cipher-no-overlap")
		if f == nil {
			return nil
		}
		o := c.offer()
		switch top := c.suspicions()[0]; {
		case top.proof:
			f.Summary = T("cipher-no-overlap/summary-proof", CodeOf(top.shown.suite))
		case len(o.tls12) > 0 && o.ecdhe && !o.dhe && !o.rsaKex && top.weight < 80:
			f.Summary = T("cipher-no-overlap/no-kex")
		default:
			f.Summary = T("cipher-no-overlap/summary", Count(len(o.suites)))
		}
		if f.Confidence != Certain && c.nobodySucceeds() {
			f.Causes = append(f.Causes, Cause{ID: "server-no-certificate-loaded", Text: T("cipher-no-overlap/c-no-cert")})
		}
		return f
	},
}

// nobodySucceeds says whether no connection to the same server completed.
func (c *Case) nobodySucceeds() bool {
	for _, o := range c.SameServer() {
		if o.Outcome == Completed {
			return false
		}
	}
	return true
}

var dheOnlyServer = Rule{
	ID: "dhe-only-server", Family: "negotiation", Title: "Server only does finite-field DHE, which the client does not offer", Fault: ByServer, Rank: 66,
	Causes: []string{"dhe-only-server"},
	Explain: `The server has suites with finite-field Diffie-Hellman (TLS_DHE_…) only, usually because its software is too old for elliptic curves. Go, rustls and the browsers do not implement these suites on purpose, so no suite is left, and the server answers handshake_failure.

OpenSSL-based tools succeed on the same port, which makes the failure look like the client's.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("dhe-only-server/fix-server"), Config: cipherSnippet},
		{Who: ByClient, Text: T("dhe-only-server/fix-client")},
	},
	Refs:     []string{"RFC 5246, Section 7.4.1.3", "RFC 9325, Section 4.2"},
	Logs:     []string{"AlertReceived(HandshakeFailure)", "remote error: tls: handshake failure", "received fatal alert: HandshakeFailure"},
	Silences: []string{"cipher-no-overlap"},
	Texts: map[string]string{
		"summary":        "the server chooses {0}, finite-field DHE, for others; the client offers no DHE suite",
		"summary-likely": "the server refuses the hello; the client offers no finite-field DHE suite, and most likely the server has nothing else",
		"fix-server":     "enable ECDHE suites on the server (update OpenSSL if it knows no elliptic curves)",
		"fix-client":     "use a TLS library with DHE (OpenSSL, GnuTLS), or a provider that adds it",
	},
	Check: suspectCheck("dhe-only-server", "dhe-only-server/summary", "dhe-only-server/summary-likely"),
}

var rsaKexOnlyServer = Rule{
	ID: "rsa-kex-only-server", Family: "negotiation", Title: "Server only does RSA key exchange, which the client does not offer", Fault: ByServer, Rank: 66,
	Causes:  []string{"rsa-kex-only-server"},
	Explain: `The server has suites with RSA key exchange (TLS_RSA_WITH_…) only. They have no forward secrecy; Go (since 1.22), rustls and TLS 1.3-only clients do not offer them, so no suite is left and the server answers handshake_failure.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("rsa-kex-only-server/fix-server"), Config: cipherSnippet},
		{Who: ByClient, Text: T("rsa-kex-only-server/fix-client"), Config: "Go: GODEBUG=tlsrsakex=1"},
		{Who: ByClient, Text: T("rsa-kex-only-server/fix-port")},
	},
	Refs:     []string{"RFC 5246, Section 7.4.7.1", "RFC 9325, Section 4.1"},
	Logs:     []string{"remote error: tls: handshake failure", "AlertReceived(HandshakeFailure)"},
	Silences: []string{"cipher-no-overlap"},
	Texts: map[string]string{
		"summary":        "the server chooses {0}, RSA key exchange, for others; the client offers no suite of that kind",
		"summary-likely": "the server refuses the hello; the client offers no suite with RSA key exchange, and most likely the server has nothing else",
		"fix-server":     "enable ECDHE suites on the server",
		"fix-client":     "allow RSA key exchange in the client, or use another TLS library for this server",
		"fix-port":       "try another port or STARTTLS: a provider's other listeners are often newer",
	},
	Check: suspectCheck("rsa-kex-only-server", "rsa-kex-only-server/summary", "rsa-kex-only-server/summary-likely"),
}

// suspectCheck makes the Check of a rule for a suite that the server chose
// elsewhere.
func suspectCheck(id, proven, likely string) func(*Case) *Finding {
	return func(c *Case) *Finding {
		f := c.suspect(id)
		if f == nil {
			return nil
		}
		if f.Summary = T(likely); f.Confidence == Certain {
			f.Summary = T(proven, CodeOf(c.suspicions()[0].shown.suite))
		}
		return f
	}
}

var certTypeNoOverlap = Rule{
	ID: "cert-type-no-overlap", Family: "negotiation", Title: "Server's certificate key type does not fit the offered suites", Fault: ByServer, Rank: 64,
	Causes:  []string{"ecdsa-cert-vs-rsa-only-client", "ldaps-no-server-certificate", "server-no-certificate-loaded"},
	Explain: `In TLS 1.2 a cipher suite says which kind of certificate goes with it: …_RSA_… or …_ECDSA_…. A server with an ECDSA certificate alone cannot use a suite of the other kind, and a client that offers only RSA suites gets handshake_failure.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-type-no-overlap/fix-server"), Config: "nginx:   ssl_certificate rsa.pem; ssl_certificate_key rsa.key;\n         ssl_certificate ecdsa.pem; ssl_certificate_key ecdsa.key;"},
		{Who: ByClient, Text: T("cert-type-no-overlap/fix-client")},
	},
	Refs:     []string{"RFC 5246, Section 7.4.2", "RFC 8422, Section 2"},
	Logs:     []string{"no shared cipher", "Could not create SSL/TLS secure channel"},
	Silences: []string{"cipher-no-overlap"},
	Texts: map[string]string{
		"summary":        "the server chooses {0} for others, which needs the kind of certificate that the client's offer excludes",
		"summary-likely": "the server refuses the hello; all offered suites need one kind of certificate, and most likely the server has the other",
		"fix-server":     "give the server certificates of both kinds",
		"fix-client":     "offer suites for both kinds of certificate (ECDHE-RSA and ECDHE-ECDSA) or TLS 1.3",
	},
	Check: suspectCheck("cert-type-no-overlap", "cert-type-no-overlap/summary", "cert-type-no-overlap/summary-likely"),
}

var groupNoOverlap = Rule{
	ID: "group-no-overlap", Family: "negotiation", Title: "No common key exchange group", Fault: ByClient, Rank: 65,
	Causes: []string{"group-no-overlap"},
	Explain: `Client and server have no elliptic curve or finite-field group in common. A TLS 1.3 server must then refuse (handshake_failure), a TLS 1.2 server may still choose a suite without ECDHE if one was offered.

It shows in unusual lists: brainpool curves only, P-521 only, finite-field groups only.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("group-no-overlap/fix-client"), Config: "OpenSSL: Groups = X25519:P-256:P-384"},
		{Who: ByServer, Text: T("group-no-overlap/fix-server"), Config: "nginx: ssl_ecdh_curve X25519:prime256v1:secp384r1;"},
	},
	Refs: []string{"RFC 8446, Section 4.2.7", "RFC 8422, Section 5.1.1"},
	Logs: []string{"no suitable key share", "no shared group", "wrong curve", "no common groups"},
	Texts: map[string]string{
		"summary":       "the server refuses the hello; most likely it has none of the groups that the client offers ({0})",
		"summary-proof": "the server uses {0} with others, which the client does not offer ({1})",
		"fix-client":    "add X25519 and P-256 to the client's groups",
		"fix-server":    "enable the usual groups on the server",
	},
	Check: func(c *Case) *Finding {
		f := c.suspect("group-no-overlap")
		if f == nil {
			return nil
		}
		o := c.offer()
		f.Summary = T("group-no-overlap/summary", Codes(o.groups))
		if f.Confidence == Certain {
			f.Summary = T("group-no-overlap/summary-proof", CodeOf(c.suspicions()[0].shown.group), Codes(o.groups))
		}
		return f
	},
}

var sigalgNoOverlap = Rule{
	ID: "sigalg-no-overlap", Family: "negotiation", Title: "No common signature algorithm", Fault: ByClient, Rank: 65,
	Causes: []string{"sigalg-no-overlap", "ske-signature-not-offered", "sigalgs-extension-missing"},
	Explain: `The server cannot sign with its key in any way that the client accepts: the client's signature_algorithms has nothing for the type of the server's key, or only what is forbidden today (SHA-1). An RSA key needs an RSA scheme, in TLS 1.3 one of rsa_pss_rsae_*.

The other way round, an old server signs its ServerKeyExchange with SHA-1 though the client does not list it, and the client stops.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("sigalg-no-overlap/fix-client")},
		{Who: ByServer, Text: T("sigalg-no-overlap/fix-server")},
	},
	Refs: []string{"RFC 8446, Section 4.2.3", "RFC 5246, Section 7.4.1.4.1"},
	Logs: []string{"no shared signature algorithms", "no suitable signature algorithm", "wrong signature type", "missing sigalgs extension",
		"peer doesn't support any of the certificate's signature algorithms"},
	Texts: map[string]string{
		"summary":    "the server refuses the hello; most likely it cannot sign with any of the algorithms that the client accepts ({0})",
		"missing":    "the server refuses the hello, which has no signature_algorithms extension",
		"hidden":     "the server gives up directly after its ServerHello; the client's signature algorithms ({0}) leave nothing for the usual kinds of key",
		"ske":        "the server signed its key exchange with {0}, which the client does not accept",
		"unable":     "the server chooses a suite and then gives up where it has to sign its key exchange: of the algorithms that the client accepts ({0}) it does none with its key",
		"unsigned":   "the certificate, which no ServerKeyExchange follows",
		"signed":     "the ServerKeyExchange is signed with {0}",
		"offered":    "the client accepts {0}",
		"fix-client": "let the client accept rsa_pss_rsae_sha256 and ecdsa_secp256r1_sha256",
		"fix-server": "update the server, or give it a key and certificate of a type for which the client accepts a signature",
	},
	Check: checkSigalg,
}

func checkSigalg(c *Case) *Finding {
	o := c.offer()
	if o == nil || c.Outcome != Failed {
		return nil
	}
	if f := signatureNotOffered(c, o); f != nil {
		return f
	}
	if f := unableToSign(c, o); f != nil {
		return f
	}
	list := o.schemeSuspicions()
	if _, hidden, ok := c.refusedHello(); ok && hidden && c.TLS13() && len(list) > 0 && list[0].weight >= 50 {
		return &Finding{Confidence: Likely, Summary: T("sigalg-no-overlap/hidden", Codes(o.schemes)),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("sigalg-no-overlap/offered", Codes(o.schemes)))}}
	}
	f := c.suspect("sigalg-no-overlap")
	if f == nil {
		return nil
	}
	if f.Summary = T("sigalg-no-overlap/summary", Codes(o.schemes)); !o.hello.HasSignatureSchemes {
		f.Summary = T("sigalg-no-overlap/missing")
		f.Causes = append([]Cause{{ID: "sigalgs-extension-missing", Text: T("common/no-schemes")}}, f.Causes...)
	}
	return f
}

// unableToSign finds a server that stops where its ServerKeyExchange should
// stand, which is the message that it has to sign in one of the client's ways.
func unableToSign(c *Case, o *offer) *Finding {
	sh, e := c.ServerHello()
	m, certificate := c.Certificate(decode.Server)
	a, ok := c.BreakAlert()
	if sh == nil || m == nil || !ok || c.Break.From != decode.Server || c.Progress.keyExchange >= 0 || c.Progress.helloDone >= 0 || c.TLS13() || a.Description != 40 && a.Description != 80 {
		return nil
	}
	info := sh.CipherSuite.Info()
	if info.KeyExchange != "ECDHE" && info.KeyExchange != "DHE" || info.Auth != "RSA" && info.Auth != "ECDSA" || !o.hello.HasSignatureSchemes {
		return nil
	}
	for _, s := range o.schemes {
		if s.Key() == info.Auth && !s.IsWeak() {
			return nil
		}
	}
	return &Finding{Confidence: Likely, Summary: T("sigalg-no-overlap/unable", Codes(o.schemes)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(certificate, T("sigalg-no-overlap/unsigned")), Proof(e, T("common/server-hello")),
			Proof(o.event, T("sigalg-no-overlap/offered", Codes(o.schemes)))}}
}

// signatureNotOffered finds a client that stops at a ServerKeyExchange signed
// in a way that it did not list.
func signatureNotOffered(c *Case, o *offer) *Finding {
	m, e, ok := decode.First[decode.ServerKeyExchange](c.Handshake)
	if !ok || !m.HasScheme || c.Break.From != decode.Client || !o.hello.HasSignatureSchemes {
		return nil
	}
	for _, s := range o.schemes {
		if s == m.Scheme {
			return nil
		}
	}
	if a, ok := c.BreakAlert(); !ok || a.Description != 40 && a.Description != 47 {
		return nil
	}
	return &Finding{Confidence: Certain, Fault: ByServer, Rank: 80, Summary: T("sigalg-no-overlap/ske", CodeOf(m.Scheme)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("sigalg-no-overlap/signed", CodeOf(m.Scheme))),
			Proof(o.event, T("sigalg-no-overlap/offered", Codes(o.schemes)))},
		Causes: []Cause{{ID: "ske-signature-not-offered", Text: T("sigalg-no-overlap/signed", CodeOf(m.Scheme))}}}
}

var dhKeyTooSmall = Rule{
	ID: "dh-key-too-small", Family: "negotiation", Title: "Server's DH group is too small for the client", Fault: ByServer, Rank: 85,
	Causes:  []string{"dh-key-too-small"},
	Explain: `The server's ServerKeyExchange has a prime that is smaller than the client accepts: OpenSSL at its default level and browsers want 2048 bits, older limits were 1024. The client stops right after the message, with handshake_failure, insufficient_security or illegal_parameter.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("dh-key-too-small/fix-server"), Config: "nginx: ssl_dhparam ffdhe2048.pem;   # or remove the DHE suites\nJava:  -Djdk.tls.ephemeralDHKeySize=2048"},
		{Who: ByClient, Text: T("dh-key-too-small/fix-client"), Config: "OpenSSL: DEFAULT:!DH"},
	},
	Refs: []string{"RFC 7919", "RFC 9325, Section 4.1"},
	Logs: []string{"dh key too small", "ERR_SSL_WEAK_SERVER_EPHEMERAL_DH_KEY", "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY", "DH ServerKeyExchange does not comply to algorithm constraints"},
	Texts: map[string]string{
		"summary":    "the server's Diffie-Hellman prime has {0} bits, and the client stops at it",
		"prime":      "ServerKeyExchange with a prime of {0} bits",
		"fix-server": "use a group of 2048 bits or more, or ECDHE",
		"fix-client": "leave DHE out of the client's offer, so that the server takes ECDHE",
	},
	Check: func(c *Case) *Finding {
		m, e, ok := decode.First[decode.ServerKeyExchange](c.Handshake)
		if !ok || m.PrimeBits == 0 || m.PrimeBits >= 2048 || c.Outcome != Failed || c.Break.From != decode.Client || c.Progress.clientKeyExchange >= 0 {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("dh-key-too-small/summary", Count(m.PrimeBits)),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("dh-key-too-small/prime", Count(m.PrimeBits)))}}
		a, plain := c.BreakAlert()
		switch {
		case plain && (a.Description == 40 || a.Description == 71 || a.Description == 47 || a.Description == 80):
			f.Rank = 100 // these alerts name no certificate, whatever is wrong with that besides
		case c.Break.Kind == ByClose || c.Break.Kind == ByReset:
			f.Confidence = Likely
		default:
			return nil
		}
		return f
	},
}

// pskSuite says whether a suite authenticates by a shared key.
func pskSuite(s wire.CipherSuite) bool {
	switch s.Info().KeyExchange {
	case "PSK", "DHE-PSK", "ECDHE-PSK", "RSA-PSK":
		return true
	}
	return false
}
