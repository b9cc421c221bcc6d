package analyze

import (
	"net/netip"
	"strings"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

var alpnNoOverlap = Rule{
	ID: "alpn-no-overlap", Family: "negotiation", Title: "No common application protocol", Fault: ByClient, Rank: 90,
	Causes:  []string{"alpn-no-overlap", "alpn-not-negotiated-client-closes", "aws-iot-sni-alpn", "quic-alpn-mismatch-0x178", "acme-tls-alpn-01-failed"},
	Explain: `The client lists the application protocols that it speaks (ALPN), and the server has none of them. The server answers with the fatal alert no_application_protocol (120); over QUIC that is error 0x178. rustls sends it encrypted, after its ServerHello.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("alpn-no-overlap/fix-server"), Config: "nginx: listen 443 ssl http2;\nHAProxy: bind :443 ssl crt site.pem alpn h2,http/1.1"},
		{Who: ByClient, Text: T("alpn-no-overlap/fix-client"), Config: "openssl s_client -alpn h2,http/1.1 -connect HOST:443"},
	},
	Refs: []string{"RFC 7301, Section 3.2", "RFC 9001, Section 8.1"},
	Logs: []string{"tlsv1 alert no application protocol", "client requested unsupported application protocols", "No matching application layer protocol values",
		"No common application protocol could be negotiated", "CRYPTO_ERROR 0x178", "Failed ALPN negotiation", "missing selected ALPN property", "NoApplicationProtocol"},
	Texts: map[string]string{
		"summary":    "the server speaks none of the application protocols that the client offers ({0})",
		"none":       "the server wants an application protocol, and the client offers none",
		"hidden":     "the server gives up directly after its ServerHello with an encrypted alert; the client's application protocols ({0}) are unusual",
		"hidden-one": "the server gives up directly after its ServerHello with an encrypted alert; of what is decided there, the client leaves no choice of application protocol ({0})",
		"decide":     "the server's log, or a key log (SSLKEYLOGFILE); offering h2 and http/1.1 both",
		"offered":    "the client offers ALPN {0}",
		"acme":       "the hello is the challenge of a certificate authority (acme-tls/1)",
		"fix-server": "enable one of the offered protocols on the server",
		"fix-client": "offer a protocol that the server speaks",
	},
	Check: checkALPN,
}

func checkALPN(c *Case) *Finding {
	o := c.offer()
	if o == nil || c.Outcome != Failed || c.Break.From != decode.Server {
		return nil
	}
	alpn := protocols(o.hello.ALPN)
	f := &Finding{Confidence: Certain, Summary: T("alpn-no-overlap/summary", alpn),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("alpn-no-overlap/offered", alpn))}}
	if len(o.hello.ALPN) == 0 {
		f.Summary = T("alpn-no-overlap/none")
	}
	if len(o.hello.ALPN) == 1 && o.hello.ALPN[0] == "acme-tls/1" {
		f.Causes = []Cause{{ID: "acme-tls-alpn-01-failed", Text: T("alpn-no-overlap/acme")}}
	}
	if code, ok := c.alertCode(); ok && code == 120 {
		return f
	}
	_, hidden, ok := c.refusedHello()
	switch {
	case !ok || !hidden || !c.TLS13():
		return nil
	case unusualALPN(o.hello.ALPN):
		f.Confidence, f.Summary = Likely, T("alpn-no-overlap/hidden", alpn)
		return f
	case len(o.hello.ALPN) == 1 && c.answeredOnly():
		f.Confidence, f.Summary, f.Decide = Possible, T("alpn-no-overlap/hidden-one", alpn), T("alpn-no-overlap/decide")
		return f
	}
	return nil
}

// answeredOnly says whether the server sent nothing protected between its
// ServerHello and the break: no EncryptedExtensions.
func (c *Case) answeredOnly() bool {
	if c.Progress.serverHello < 0 || c.Break.Event < 0 {
		return false
	}
	for _, e := range c.Events[c.Progress.serverHello:c.Break.Event] {
		if _, is := e.Message.(decode.Encrypted); is && e.From == decode.Server {
			return false
		}
	}
	return true
}

// alertCode returns the alert that broke the handshake, TLS or QUIC.
func (c *Case) alertCode() (wire.AlertDescription, bool) {
	if a, ok := c.BreakAlert(); ok {
		return a.Description, true
	}
	if e := c.BreakEvent(); e != nil {
		if m, ok := e.Message.(decode.QUICClose); ok && !m.Application && m.Code>>8 == 1 {
			return wire.AlertDescription(m.Code & 0xff), true
		}
	}
	return 0, false
}

func protocols(alpn []string) Arg {
	l := make([]Arg, len(alpn))
	for i, p := range alpn {
		l[i] = Raw([]byte(p))
	}
	return List(l...)
}

// unusualALPN says whether a list has nothing that HTTP servers speak.
func unusualALPN(alpn []string) bool {
	for _, p := range alpn {
		if p == "h2" || p == "http/1.1" {
			return false
		}
	}
	return len(alpn) > 0
}

var sniMissing = Rule{
	ID: "sni-missing", Family: "negotiation", Title: "Client sends no server name where one is needed", Fault: ByClient, Rank: 75,
	Causes:  []string{"sni-missing", "sni-router-no-route"},
	Explain: `Many sites share one address, and the server or the proxy in front of it chooses by the name in the ClientHello (SNI). Without a name a strict server refuses: unrecognized_name (112), internal_error (80) from Go's certificate callbacks, handshake_failure from content networks, or a plain close from a proxy that routes by name.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("sni-missing/fix-client"), Config: "nginx as a client: proxy_ssl_server_name on;\nopenssl s_client -servername HOST -connect HOST:443"},
		{Who: ByServer, Text: T("sni-missing/fix-server")},
	},
	Refs:     []string{"RFC 6066, Section 3"},
	Logs:     []string{"tlsv1 unrecognized name", "tlsv1 alert internal error", "no certificate available", "unexpected eof while reading"},
	Silences: []string{"close-after-client-hello", "reset-after-client-hello", "internal-error", "server-left", "sni-unknown"},
	Texts: map[string]string{
		"summary":    "the client sends no server name, and the server does not answer without one",
		"no-name":    "the hello has no server_name extension",
		"good":       "with the server name {0} the same server answers",
		"fix-client": "send the host name as SNI; connect by name, not by address",
		"fix-server": "configure a default certificate for clients without SNI",
		"decide":     "the same connection with a name: openssl s_client -connect {0} -servername NAME",
	},
	Check: checkNoName,
}

func checkNoName(c *Case) *Finding {
	o := c.offer()
	if o == nil || o.hello.HasServerName && o.hello.ServerName != "" || c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 {
		return nil
	}
	f := &Finding{Confidence: Possible, Summary: T("sni-missing/summary"), Decide: T("sni-missing/decide", AddrPort(c.Server)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("sni-missing/no-name"))}}
	code, alert := c.alertCode()
	for _, g := range c.SameServer() {
		if g.Outcome == Completed && g.SNI() != "" {
			_, e := g.ClientHello()
			f.Confidence = Likely
			f.Evidence = append(f.Evidence, Proof(e, T("sni-missing/good", Name(g.SNI()))))
			break
		}
	}
	switch {
	case alert && code == 112:
		f.Confidence, f.Decide = Certain, Text{}
	case alert && code == 80 && o.max() >= wire.TLS12:
		f.Confidence = Likely
	case f.Confidence == Likely && (alert && (code == 40 || code == 49) || c.Break.Kind == ByClose || c.Break.Kind == ByReset):
	case alert && code == 40:
		return c.suspectName(f)
	default:
		return nil
	}
	return f
}

// suspectName keeps a missing name as the cause of a generic refusal only
// when it stands first among the reasons.
func (c *Case) suspectName(f *Finding) *Finding {
	if list := c.suspicions(); len(list) == 0 || list[0].id != "sni-missing" {
		return nil
	}
	return f
}

var sniUnknown = Rule{
	ID: "sni-unknown", Family: "negotiation", Title: "Server does not know the requested name", Fault: ByServer, Rank: 74,
	Causes: []string{"sni-unknown-fatal-112", "sni-unknown-internal-error-80", "sni-malformed", "sni-router-no-route"},
	Explain: `The server, or a proxy that routes by name, has no site with the name that the client asks for. Strict servers answer unrecognized_name (112), Go's certificate callbacks internal_error (80); proxies that only route close the connection.

A name with a trailing dot or odd characters is refused as malformed by some stacks (decode_error, illegal_parameter).`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("sni-unknown/fix-server"), Config: "nginx: server_name NAME;   # with its ssl_certificate\nHAProxy: bind :443 ssl crt /etc/haproxy/certs/"},
		{Who: ByClient, Text: T("sni-unknown/fix-client")},
	},
	Refs:     []string{"RFC 6066, Section 3"},
	Logs:     []string{"tlsv1 unrecognized name", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "ERR_SSL_UNRECOGNIZED_NAME_ALERT", "no certificate available for", "Unrecognized server name indication", "Illegal server name"},
	Silences: []string{"close-after-client-hello", "internal-error", "alert-unexplained"},
	Texts: map[string]string{
		"summary":    "the server does not know the name {0} that the client asks for",
		"malformed":  "the server refuses the name {0}: it is not a valid host name",
		"likely":     "the server refuses the connection for the name {0}; for other names it answers",
		"asked":      "the client asks for {0}",
		"good":       "for {0} the same server answers",
		"fix-server": "add the name and its certificate to the server or to the proxy's routes",
		"fix-client": "check the name that the client uses",
		"decide":     "the log of the server or proxy at that time",
	},
	Check: checkName,
}

func checkName(c *Case) *Finding {
	o := c.offer()
	if o == nil || o.hello.ServerName == "" || c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 {
		return nil
	}
	name := o.hello.ServerName
	f := &Finding{Confidence: Likely, Summary: T("sni-unknown/summary", Name(name)),
		Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(o.event, T("sni-unknown/asked", Name(name)))}}
	code, alert := c.alertCode()
	other := c.otherNameAnswered()
	if other != nil {
		_, e := other.ClientHello()
		f.Evidence = append(f.Evidence, Proof(e, T("sni-unknown/good", Name(other.SNI()))))
	}
	switch {
	case alert && code == 112:
		f.Confidence = Certain
	case alert && (code == 47 || code == 50) && oddName(name):
		f.Summary = T("sni-unknown/malformed", Name(name))
		f.Causes = []Cause{{ID: "sni-malformed", Text: T("sni-unknown/malformed", Name(name))}}
	case alert && code == 80 && o.max() >= wire.TLS12 && other != nil && !c.nameAnswered():
		f.Summary, f.Decide = T("sni-unknown/likely", Name(name)), T("sni-unknown/decide")
	case c.Break.Kind == ByClose && other != nil && !c.nameAnswered():
		f.Summary, f.Decide = T("sni-unknown/likely", Name(name)), T("sni-unknown/decide")
		f.Causes = []Cause{{ID: "sni-router-no-route", Text: T("sni-unknown/likely", Name(name))}}
	default:
		return nil
	}
	return f
}

// otherNameAnswered returns a connection to the same server that asked for
// another name and got a ServerHello.
func (c *Case) otherNameAnswered() *Case {
	for _, o := range c.SameServer() {
		if o.SNI() != "" && o.SNI() != c.SNI() && o.Progress.serverHello >= 0 {
			return o
		}
	}
	return nil
}

// nameAnswered says whether the same server answered for the same name.
func (c *Case) nameAnswered() bool {
	for _, o := range c.SameServer() {
		if o.SNI() == c.SNI() && o.Progress.serverHello >= 0 {
			return true
		}
	}
	return false
}

// oddName says whether a name is none that RFC 6066, Section 3 allows.
func oddName(name string) bool {
	if strings.HasSuffix(name, ".") || name == "" {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for i := range len(name) {
		b := name[i]
		if b != '-' && b != '.' && (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z') {
			return true
		}
	}
	return false
}

var sniWarning = Rule{
	ID: "sni-warning", Family: "negotiation", Title: "Warning about the server name, no failure by itself", Fault: ByServer, Rank: 50,
	Causes:  []string{"sni-warning-112"},
	Explain: `The server does not know the requested name, says so in a warning (unrecognized_name, level warning) and goes on with its default certificate. Most clients ignore the warning; old Java and some others stop at it, and all of them may then find that the certificate is for another name.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("sni-warning/fix-server"), Config: "Apache: ServerName NAME, ServerAlias NAME"},
		{Who: ByClient, Text: T("sni-warning/fix-client")},
	},
	Refs: []string{"RFC 6066, Section 3"},
	Logs: []string{"handshake alert: unrecognized_name"},
	Texts: map[string]string{
		"summary":    "the server warns that it does not know the name {0} and goes on with its default site",
		"stopped":    "the server warns that it does not know the name {0}, and the client stops at the warning",
		"warning":    "warning unrecognized_name",
		"fix-server": "add the name to the site's configuration",
		"fix-client": "let the client ignore the warning",
	},
	Check: func(c *Case) *Finding {
		for i := range c.Events {
			e := &c.Events[i]
			a, ok := e.Message.(decode.Alert)
			if !ok || a.Level != 1 || a.Description != 112 || a.Encrypted && !e.Decrypted {
				continue
			}
			f := &Finding{Severity: Warning, Confidence: Certain, Summary: T("sni-warning/summary", Name(c.SNI())),
				Evidence: []Evidence{Proof(e, T("sni-warning/warning"))}}
			if c.Outcome == Failed && c.Break.From == decode.Client && c.Progress.serverHello < 0 {
				f.Severity, f.Confidence, f.Summary = Error, Likely, T("sni-warning/stopped", Name(c.SNI()))
			}
			return f
		}
		return nil
	},
}
