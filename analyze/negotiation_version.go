package analyze

import (
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

var versionNoOverlap = Rule{
	ID: "version-no-overlap", Family: "negotiation", Title: "No common TLS version", Fault: ByClient, Rank: 70,
	Causes: []string{"version-client-too-old", "version-server-too-old", "version-no-overlap-13-12", "seclevel-internal-error",
		"mysql-old-tls", "mssql-old-server", "java-no-appropriate-protocol", "sslv2-format-hello", "seclevel-client-internal-error"},
	Explain: `A client says in its ClientHello which versions of TLS it accepts, and the server chooses one or refuses. When the ranges do not meet, most servers answer with the fatal alert protocol_version (70); GnuTLS, rustls and Mbed TLS send handshake_failure (40), an OpenSSL 3 server at its default security level sends internal_error (80), and Windows resets the connection. When the server chooses a version that is too old, it is the client that refuses.

TLS 1.0 and 1.1 are out of use (RFC 8996): the side that has nothing newer is the one to upgrade.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("version-no-overlap/fix-client")},
		{Who: ByServer, Text: T("version-no-overlap/fix-server"), Config: "nginx:   ssl_protocols TLSv1.2 TLSv1.3;\nApache:  SSLProtocol -all +TLSv1.2 +TLSv1.3\nHAProxy: bind :443 ssl crt site.pem ssl-min-ver TLSv1.2"},
	},
	Refs: []string{"RFC 8446, Section 4.2.1", "RFC 5246, Appendix E", "RFC 8996"},
	Logs: []string{"tlsv1 alert protocol version", "unsupported protocol", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "SSL_ERROR_UNSUPPORTED_VERSION",
		"client offered only unsupported versions", "server selected unsupported protocol version", "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
		"The server selected protocol version", "ServerDoesNotSupportTls12Or13", "no protocols available", "version too low"},
	Texts: map[string]string{
		"server-refuses": "the server accepts none of the versions that the client offers ({0})",
		"client-refuses": "the server chose {0}, which the client does not accept (it offers {1})",
		"client-policy":  "the server chose {0}, and the client's security policy forbids what that version needs",
		"unseen":         "{0} accepts no version of the other side; the hellos are not in the capture",
		"offered":        "the client offers {0}",
		"chosen":         "the server chooses {0}",
		"fix-client":     "enable TLS 1.2 and 1.3 in the client, or update it",
		"fix-server":     "enable TLS 1.2 and 1.3 on the server",
		"decide":         "a try with each version alone: openssl s_client -connect {0} -tls1_2, then -tls1_3",
		"c-old-client":   "the client's highest version ({0}) is below the server's lowest",
		"c-old-server":   "the server's highest version is below the client's lowest ({0})",
		"c-13-12":        "one side does TLS 1.3 only, the other has at most TLS 1.2",
		"c-seclevel":     "the server's OpenSSL security level forbids the SHA-1 signatures of versions before TLS 1.2",
		"c-sslv2":        "the hello has the format of SSL 2.0, which servers no longer read",
		"c-no-cert":      "a server without a usable certificate answers a TLS 1.3-only hello in the same way",
	},
	Check: checkVersion,
}

func checkVersion(c *Case) *Finding {
	if c.Outcome != Failed {
		return nil
	}
	o := c.offer()
	if o == nil {
		return versionWithoutHello(c)
	}
	if f := versionRefusedByClient(c, o); f != nil {
		return f
	}
	alert, hidden, ok := c.refusedHello()
	if !ok || hidden {
		return nil
	}
	switch {
	case alert == 70:
		return versionFinding(c, o, Certain)
	case o.hello.SSLv2, o.max() < wire.TLS12 && (alert == 40 || alert == 80 || alert == 47 || alert == 71):
		return versionFinding(c, o, Likely)
	}
	if f := c.suspect("version-no-overlap"); f != nil {
		f.Summary = T("version-no-overlap/server-refuses", Codes(o.versions))
		f.Causes = append(versionCauses(o, 40), f.Causes...)
		return f
	}
	return nil
}

// versionWithoutHello reads the alert alone, where the capture begins too
// late for the hello.
func versionWithoutHello(c *Case) *Finding {
	a, ok := c.BreakAlert()
	if !ok || a.Description != 70 {
		return nil
	}
	f := &Finding{Confidence: Certain, Summary: T("version-no-overlap/unseen", SideArg(c.Break.From)), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	if c.Break.From == decode.Client {
		f.Fault = ByServer
	}
	return f
}

func versionFinding(c *Case, o *offer, sure Confidence) *Finding {
	alert, _, _ := c.refusedHello()
	f := &Finding{Confidence: sure, Summary: T("version-no-overlap/server-refuses", Codes(o.versions)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("version-no-overlap/offered", Codes(o.versions)))},
		Causes:   versionCauses(o, alert)}
	if o.max() >= wire.TLS13 || o.only13() {
		f.Fault = ByServer
	}
	if sure != Certain {
		f.Decide = T("version-no-overlap/decide", AddrPort(c.Server))
	}
	return f
}

// versionCauses says which side is behind, by what is offered.
func versionCauses(o *offer, alert wire.AlertDescription) []Cause {
	var list []Cause
	add := func(id, text string, args ...Arg) {
		list = append(list, Cause{ID: id, Text: T("version-no-overlap/"+text, args...)})
	}
	switch {
	case o.hello.SSLv2:
		add("sslv2-format-hello", "c-sslv2")
	case o.max() < wire.TLS12 && alert == 80:
		add("seclevel-internal-error", "c-seclevel")
		add("version-client-too-old", "c-old-client", CodeOf(o.versions[0]))
	case o.max() < wire.TLS12:
		add("version-client-too-old", "c-old-client", CodeOf(o.versions[0]))
	case o.only13():
		add("version-no-overlap-13-12", "c-13-12")
		add("server-no-certificate-loaded", "c-no-cert")
	case o.max() == wire.TLS12:
		add("version-no-overlap-13-12", "c-13-12")
	default:
		add("version-server-too-old", "c-old-server", CodeOf(o.versions[len(o.versions)-1]))
	}
	return list
}

// versionRefusedByClient finds a ServerHello whose version the client refuses:
// alert 70, or internal_error of an OpenSSL 3 client once the signature of an
// old version came.
func versionRefusedByClient(c *Case, o *offer) *Finding {
	sh, e := c.ServerHello()
	if sh == nil || c.Break.From != decode.Client {
		return nil
	}
	a, ok := c.BreakAlert()
	f := &Finding{Confidence: Certain, Fault: ByServer, Summary: T("version-no-overlap/client-refuses", CodeOf(sh.Version), Codes(o.versions)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("version-no-overlap/chosen", CodeOf(sh.Version)))},
		Causes:   []Cause{{ID: "version-server-too-old", Text: T("version-no-overlap/c-old-server", CodeOf(o.versions[len(o.versions)-1]))}}}
	old := sh.Version.TLS() < wire.TLS12 && sh.Version != wire.TLCP11
	switch {
	case ok && a.Description == 70:
	case ok && a.Description == 80 && old && c.Progress.keyExchange >= 0:
		f.Summary, f.Confidence = T("version-no-overlap/client-policy", CodeOf(sh.Version)), Likely
		f.Causes = []Cause{{ID: "seclevel-client-internal-error", Text: T("version-no-overlap/c-seclevel")}}
	case old && !ok && c.Progress.clientKeyExchange < 0 && (c.Break.Kind == ByClose || c.Break.Kind == ByReset) && o.max() >= wire.TLS12:
		f.Confidence = Likely
	case ok && old && o.listed && !o.offers(sh.Version):
	default:
		return nil
	}
	return f
}

var inappropriateFallback = Rule{
	ID: "inappropriate-fallback", Family: "negotiation", Title: "Client fell back to a lower version than the server's best", Fault: ByClient, Rank: 90,
	Causes: []string{"inappropriate-fallback-scsv"},
	Explain: `The ClientHello carries TLS_FALLBACK_SCSV: the client tried a higher version before, that try failed, and now it offers less. The server has a higher version than the client offers now and refuses the downgrade.

The failure to explain is the one before: look at the earlier connection of the same client to the same server.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("inappropriate-fallback/fix-first")},
		{Who: ByNetwork, Text: T("inappropriate-fallback/fix-path")},
	},
	Refs:     []string{"RFC 7507", "RFC 8446, Section 4.1.3"},
	Logs:     []string{"inappropriate fallback", "ERR_SSL_INAPPROPRIATE_FALLBACK_ALERT", "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT"},
	Silences: []string{"downgrade-detected", "version-no-overlap"},
	Texts: map[string]string{
		"summary":   "the client repeats with {0} at most and TLS_FALLBACK_SCSV, and the server, which has a higher version, refuses the downgrade",
		"scsv":      "the hello lists TLS_FALLBACK_SCSV (0x5600)",
		"fix-first": "find out why the client's first attempt with its highest version failed; disable the version fallback in the client",
		"fix-path":  "look for a device that breaks handshakes with newer versions",
	},
	Check: func(c *Case) *Finding {
		o := c.offer()
		if o == nil || c.Outcome != Failed || !slices.Contains(o.hello.CipherSuites, wire.FallbackSCSV) {
			return nil
		}
		a, ok := c.BreakAlert()
		sh, _ := c.ServerHello()
		f := &Finding{Confidence: Certain, Summary: T("inappropriate-fallback/summary", CodeOf(o.versions[0])),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("inappropriate-fallback/scsv"))}}
		switch {
		case ok && a.Description == 86:
		case ok && a.Description == 47 && c.Break.From == decode.Client && sh != nil && sh.DowngradeSentinel != 0:
		case ok && a.Description == 40 && c.Break.From == decode.Server && sh == nil:
			f.Confidence = Likely
		default:
			return nil
		}
		return f
	},
}

var downgradeDetected = Rule{
	ID: "downgrade-detected", Family: "negotiation", Title: "ServerHello carries the downgrade sentinel", Fault: ByServer, Rank: 88,
	Causes: []string{"tls13-downgrade-detected"},
	Explain: `A TLS 1.3 server that negotiates an older version puts a mark (the last eight bytes "DOWNGRD" and a number) into its random. A client that offered TLS 1.3 and sees the mark knows that somebody between the two took the newer version out of its hello, and stops with illegal_parameter.

Usual causes are inspecting firewalls that rewrite the ClientHello; a faulty server can do it too.`,
	Fixes: []Fix{
		{Who: ByMiddlebox, Text: T("downgrade-detected/fix-box")},
		{Who: ByServer, Text: T("downgrade-detected/fix-server")},
	},
	Refs: []string{"RFC 8446, Section 4.1.3"},
	Logs: []string{"inappropriate fallback", "downgrade attempt detected, possibly due to a MitM attack or a broken middlebox",
		"A potential protocol version downgrade attack", "ERR_TLS13_DOWNGRADE_DETECTED", "tls13 downgrade"},
	Silences: []string{"version-no-overlap"},
	Texts: map[string]string{
		"summary":    "the client offered {0}; the ServerHello chose {1} and its random says that the server can do better, so the client stopped",
		"sentinel":   "the server's random ends with the downgrade mark for {0}",
		"fix-box":    "update the device that inspects the traffic, or take this connection out of the inspection",
		"fix-server": "update the server: it must not send the mark when it cannot do TLS 1.3",
		"decide":     "a capture at the server: if the ClientHello arrives there with other versions, a device on the way changed it",
	},
	Check: func(c *Case) *Finding {
		sh, e := c.ServerHello()
		o := c.offer()
		if c.Outcome != Failed || sh == nil || o == nil || sh.DowngradeSentinel == 0 || c.Break.From != decode.Client || !o.offers(wire.TLS13) {
			return nil
		}
		if a, ok := c.BreakAlert(); ok && a.Description != 47 {
			return nil
		}
		return &Finding{Confidence: Certain, Fault: ByUnknown, Decide: T("downgrade-detected/decide"),
			Summary:  T("downgrade-detected/summary", CodeOf(o.versions[0]), CodeOf(sh.Version)),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("downgrade-detected/sentinel", CodeOf(sh.DowngradeSentinel)))}}
	},
}

var versionIntolerance = Rule{
	ID: "version-intolerance", Family: "negotiation", Title: "Server chokes on a newer ClientHello instead of negotiating", Fault: ByServer, Rank: 62,
	Causes: []string{"grease-or-extension-intolerance", "handshake-record-fragmentation-unsupported"},
	Explain: `A server must ignore what it does not know in a ClientHello and choose the best version that both have. Some old servers and devices fail instead: with an alert, a close, a reset or silence. The same client then succeeds with a plainer hello.

The proof is a second connection to the same server that differs in nothing but the newer parts and succeeds.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("version-intolerance/fix-server")},
		{Who: ByClient, Text: T("version-intolerance/fix-client")},
	},
	Refs: []string{"RFC 8446, Section 4.1.2", "RFC 8701"},
	Logs: []string{"wrong version number", "ERR_SSL_PROTOCOL_ERROR"},
	Texts: map[string]string{
		"summary":    "the server fails on a hello that offers {0} and succeeds with one that offers at most {1}: it should have chosen the older version by itself",
		"failing":    "this hello offers {0}",
		"good":       "the same client succeeds with at most {0}",
		"fix-server": "update the server or the device in front of it: it must negotiate down, not fail",
		"fix-client": "as a stopgap, limit this one connection to the version that works",
	},
	Check: checkIntolerance,
}

// checkIntolerance looks for a later success of the same client, or any, with
// a lower version where the server should have chosen that version itself.
func checkIntolerance(c *Case) *Finding {
	o := c.offer()
	if c.Outcome != Failed || o == nil || c.Progress.serverHello >= 0 || c.Progress.clientHello < 0 {
		return nil
	}
	if a, ok := c.BreakAlert(); ok && (a.Description == 70 || a.Description == 86 || a.Description == 112 || a.Description == 120) {
		return nil
	}
	for _, g := range c.Good() {
		other := g.offer()
		if other == nil || g.Server != c.Server || other.max() >= o.max() || !o.offers(other.max()) || g.SNI() != c.SNI() {
			continue
		}
		sh, e := g.ServerHello()
		if sh == nil || !slices.Contains(o.suites, sh.CipherSuite) {
			continue
		}
		return &Finding{Confidence: Likely, Rank: 92,
			Summary: T("version-intolerance/summary", Codes(o.versions), CodeOf(other.versions[0])),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("version-intolerance/failing", Codes(o.versions))),
				Proof(e, T("version-intolerance/good", CodeOf(other.versions[0])))}}
	}
	return nil
}
