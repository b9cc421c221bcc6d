package analyze

import (
	"bytes"
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

func clientCertRules() []*Rule {
	return []*Rule{&clientCertExpired, &clientCertWrongUsage, &clientCertUnknownCA, &clientCertWeak, &clientCertNoCAMatch, &clientCertMissing, &clientCertRejected}
}

// clientAlerts says which problem of a client certificate an alert names.
var clientAlerts = map[wire.AlertDescription][]string{
	43: {"client-cert-wrong-usage"},
	45: {"client-cert-expired"},
	48: {"client-cert-unknown-ca"},
	42: nil, 46: nil, 49: nil, 40: nil, 44: nil, 51: nil, 47: nil, 80: nil,
}

// clientVerdict says what is wrong with the client's chain, in the words of
// this family, when the server refused it; ok is false when it did not, or
// when no certificate of the client can be read.
func (c *Case) clientVerdict() (list []problem, r refusal, ok bool) {
	ch := c.chainOf(decode.Client)
	if ch.event == nil || len(ch.certs) == 0 || c.Outcome != Failed || c.Break.From != decode.Server || !c.before(ch.event) {
		return nil, r, false
	}
	switch c.Break.Kind {
	case ByAlert:
		r.code, r.alert = c.alertCode()
		if _, fits := clientAlerts[r.code]; !fits {
			return nil, r, false
		}
	case ByHidden:
	case ByClose, ByReset:
		r.silent = true
	default:
		return nil, r, false
	}
	list = c.clientProblems(ch)
	named := clientAlerts[r.code]
	slices.SortStableFunc(list, func(a, b problem) int {
		return boolInt(slices.Contains(named, b.id)) - boolInt(slices.Contains(named, a.id))
	})
	return list, r, true
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// clientProblems translates the problems of the chain and adds what the
// server's list of authorities tells.
func (c *Case) clientProblems(ch *chain) []problem {
	ids := map[string]string{"cert-expired": "client-cert-expired", "cert-not-yet-valid": "client-cert-expired", "cert-wrong-usage": "client-cert-wrong-usage",
		"cert-weak-key": "client-cert-weak", "cert-weak-signature": "client-cert-weak"}
	var list []problem
	for _, p := range ch.problems {
		if id := ids[p.id]; id != "" && (!p.soft || p.id == "cert-weak-key") {
			p.id = id
			list = append(list, p)
		}
	}
	if text, ok := c.foreignIssuer(ch); ok {
		list = append(list, problem{id: "client-cert-unknown-ca", text: text})
	}
	return list
}

// foreignIssuer says whether the client's chain leads to none of the
// authorities that the server listed, or, without a list, to no known root.
func (c *Case) foreignIssuer(ch *chain) (Text, bool) {
	top := ch.certs[len(ch.certs)-1]
	m, _, ok := decode.First[decode.CertificateRequest](c.Handshake)
	if ok && len(m.Authorities) > 0 {
		for _, x := range ch.certs {
			if x.x == nil || slices.ContainsFunc(m.Authorities, func(a []byte) bool { return bytes.Equal(a, x.x.RawIssuer) }) {
				return Text{}, false
			}
		}
		return T("client-cert-unknown-ca/not-listed", Identity(top.Issuer), Count(len(m.Authorities))), true
	}
	for _, p := range ch.problems {
		if p.id == "cert-unknown-ca" || p.id == "cert-chain-incomplete" || p.id == "cert-self-signed" {
			return T("client-cert-unknown-ca/untrusted", Identity(top.Issuer)), true
		}
	}
	return Text{}, false
}

// clientCertCheck makes the Check of a rule for one problem of the client's
// chain.
func clientCertCheck(id string) func(*Case) *Finding {
	return func(c *Case) *Finding {
		list, r, ok := c.clientVerdict()
		if !ok || len(list) == 0 || list[0].id != id {
			return nil
		}
		ch := c.chainOf(decode.Client)
		f := &Finding{Confidence: Likely, Summary: T(id+"/summary", Nested(list[0].text)), Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(ch.event, list[0].text)}}
		switch {
		case r.alert && slices.Contains(clientAlerts[r.code], id), r.alert && (id == "client-cert-expired" || id == "client-cert-wrong-usage"):
			f.Confidence = Certain
		default:
			f.Decide = T("common/decide-server-log")
		}
		for _, p := range list[1:] {
			f.Causes = append(f.Causes, Cause{ID: p.id, Text: p.text})
		}
		return f
	}
}

var clientCertExpired = Rule{
	ID: "client-cert-expired", Family: "client-cert", Title: "Client certificate expired or not yet valid", Fault: ByClient, Rank: 95,
	Causes:   []string{"client-cert-expired"},
	Explain:  `The certificate that the client sent was outside its validity when the handshake took place, and the server refused it.`,
	Fixes:    []Fix{{Who: ByClient, Text: T("client-cert-expired/fix-client")}, {Who: ByServer, Text: T("client-cert-expired/fix-server")}},
	Refs:     []string{"RFC 5280, Section 4.1.2.5", "RFC 8446, Section 4.4.2.4"},
	Logs:     []string{"sslv3 alert certificate expired", "remote error: tls: expired certificate", "certificate has expired", "certificate verify failed"},
	Silences: []string{"alert-unexplained", "server-left", "client-cert-rejected"},
	Texts: map[string]string{
		"summary":    "the server refused the client's certificate: {0}",
		"fix-client": "renew the client's certificate and reload the program",
		"fix-server": "check the server's clock, if the certificate should be valid",
	},
	Check: clientCertCheck("client-cert-expired"),
}

var clientCertWrongUsage = Rule{
	ID: "client-cert-wrong-usage", Family: "client-cert", Title: "Client certificate may not be used for client authentication", Fault: ByClient, Rank: 95,
	Causes:   []string{"client-cert-wrong-eku"},
	Explain:  `The client's certificate has an extended key usage without clientAuth: it is one for servers. Public authorities no longer issue certificates for both uses.`,
	Fixes:    []Fix{{Who: ByClient, Text: T("client-cert-wrong-usage/fix-client"), Config: "OpenSSL: extendedKeyUsage = clientAuth"}},
	Refs:     []string{"RFC 5280, Section 4.2.1.12"},
	Logs:     []string{"unsuitable certificate purpose", "incompatible key usage", "unsupported certificate", "sslv3 alert unsupported certificate"},
	Silences: []string{"alert-unexplained", "server-left", "client-cert-rejected"},
	Texts: map[string]string{
		"summary":    "the server refused the client's certificate: {0}",
		"fix-client": "use a certificate that was issued for clients, from a private authority if need be",
	},
	Check: clientCertCheck("client-cert-wrong-usage"),
}

var clientCertUnknownCA = Rule{
	ID: "client-cert-unknown-ca", Family: "client-cert", Title: "Server does not trust the client certificate's issuer", Fault: ByClient, Rank: 94,
	Causes:  []string{"client-cert-unknown-ca"},
	Explain: `The client sent a certificate whose issuer the server does not know. In TLS 1.2 the server may say in its request which authorities it accepts; the client should then have sent none that does not fit.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("client-cert-unknown-ca/fix-server"), Config: "nginx:   ssl_client_certificate /etc/ssl/client-ca.pem;\nHAProxy: bind :443 ssl crt site.pem ca-file client-ca.pem verify required"},
		{Who: ByClient, Text: T("client-cert-unknown-ca/fix-client")},
	},
	Refs:     []string{"RFC 8446, Section 4.2.4", "RFC 5246, Section 7.4.4"},
	Logs:     []string{"tlsv1 alert unknown ca", "certificate verify failed", "unable to get local issuer certificate", "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
	Silences: []string{"alert-unexplained", "server-left", "client-cert-rejected"},
	Texts: map[string]string{
		"summary":    "the server does not trust the issuer of the client's certificate: {0}",
		"not-listed": "it is issued by {0}, which is not among the {1} {1|authority|authorities} that the server accepts",
		"untrusted":  "it is issued by {0}",
		"fix-server": "add the authority to those that the server accepts for clients",
		"fix-client": "use a certificate of an authority that the server accepts, and send its intermediates",
	},
	Check: func(c *Case) *Finding {
		if f := clientCertCheck("client-cert-unknown-ca")(c); f != nil {
			return f
		}
		list, r, ok := c.clientVerdict()
		if !ok || len(list) > 0 || !r.alert || r.code != 48 {
			return nil
		}
		ch := c.chainOf(decode.Client)
		text := T("client-cert-unknown-ca/untrusted", Identity(ch.certs[0].Issuer))
		return &Finding{Confidence: Certain, Summary: T("client-cert-unknown-ca/summary", Nested(text)), Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(ch.event, text)}}
	},
}

var clientCertWeak = Rule{
	ID: "client-cert-weak", Family: "client-cert", Title: "Client certificate too weak for the server", Fault: ByClient, Rank: 94,
	Explain:  `The client's certificate has a small key or a signature with SHA-1 or MD5, and the server refused it.`,
	Fixes:    []Fix{{Who: ByClient, Text: T("client-cert-weak/fix-client")}},
	Refs:     []string{"RFC 9325, Section 4.5", "RFC 9155"},
	Logs:     []string{"ee key too small", "ca md too weak", "certificate verify failed", "CA signature digest algorithm too weak"},
	Silences: []string{"alert-unexplained", "server-left", "client-cert-rejected"},
	Texts: map[string]string{
		"summary":    "the server refused the client's certificate: {0}",
		"fix-client": "issue the client's certificate again with a key of 2048 bits or more and SHA-256",
	},
	Check: clientCertCheck("client-cert-weak"),
}

// emptyClientCertificate returns the client's Certificate message when it has
// no certificate in it, or the record that has the size of such a message.
func (c *Case) emptyClientCertificate() (e *decode.Event, read bool) {
	if m, e := c.Certificate(decode.Client); m != nil {
		if len(m.Certificates) == 0 && !e.Cut {
			return e, true
		}
		return nil, false
	}
	if !c.TLS13() {
		return nil, false
	}
	for i := range c.Events { // RFC 8446, Section 4.4.2: 8 bytes and the protection
		m, ok := c.Events[i].Message.(decode.Encrypted)
		if ok && c.Events[i].From == decode.Client && i > c.Progress.serverHello && (m.Bytes == 25 || m.Bytes == 25+16) {
			return &c.Events[i], false
		}
	}
	return nil, false
}

// serverRefuses says whether the server broke the handshake in a way that can
// refuse the client's certificate or its absence.
func (c *Case) serverRefuses() bool {
	if c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello < 0 || c.Break.Event < 0 {
		return false
	}
	switch c.Break.Kind {
	case ByAlert:
		code, _ := c.alertCode()
		return code >= 40 && code <= 51 && code != 45 || code == 116 || code == 10
	case ByHidden, ByClose, ByReset:
		return true
	}
	return false
}

const clientCertSnippet = "curl --cert client.pem --key client.key https://HOST/\nopenssl s_client -connect HOST:443 -cert client.pem -key client.key"

var clientCertMissing = Rule{
	ID: "client-cert-missing", Family: "client-cert", Title: "Client certificate demanded and none sent", Fault: ByClient, Rank: 93,
	Causes:  []string{"client-cert-missing-tls13", "client-cert-missing-tls12", "client-cert-rejected-at-http", "mtls-terminated-in-path", "client-key-cannot-sign"},
	Explain: `The server asked for a client certificate, the client answered with an empty list, and the server ended the handshake. In TLS 1.2 the alert is a general one (handshake_failure); in TLS 1.3 it comes encrypted, after the client believes that the handshake is complete, and shows at the client's first read.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("client-cert-missing/fix-client"), Config: clientCertSnippet},
		{Who: ByServer, Text: T("client-cert-missing/fix-server"), Config: "nginx: ssl_verify_client optional;"},
	},
	Refs:     []string{"RFC 8446, Section 4.4.2.4", "RFC 5246, Section 7.4.6"},
	Logs:     []string{"peer did not return a certificate", "tlsv13 alert certificate required", "tls: client didn't provide a certificate", "ERR_BAD_SSL_CLIENT_AUTH_CERT", "400 No required SSL certificate was sent", "bad_certificate: Empty client certificate chain"},
	Silences: []string{"alert-unexplained", "server-left", "client-cert-rejected", "decode-error", "unexpected-message", "cipher-no-overlap"},
	Texts: map[string]string{
		"summary":    "the server demands a client certificate, and the client sent none",
		"hidden":     "the client sent a record of the size of an empty Certificate message, and the server ended the connection after the client's Finished: it demands a client certificate",
		"named":      "the server says that a client certificate is required",
		"empty":      "the client's Certificate message is empty",
		"sized":      "a record of the size of an empty Certificate message",
		"request":    "the server asks for a certificate",
		"fix-client": "configure certificate and key in the client",
		"fix-server": "do not demand a certificate where clients have none",
		"decide":     "the server's log, or a capture with a key log",
	},
	Check: func(c *Case) *Finding {
		if !c.serverRefuses() {
			return nil
		}
		e, read := c.emptyClientCertificate()
		code, alert := c.alertCode()
		if e == nil {
			if alert && code == 116 {
				return &Finding{Confidence: Certain, Summary: T("client-cert-missing/named"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
			}
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("client-cert-missing/summary"), Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(e, T("client-cert-missing/empty"))}}
		if _, request, ok := decode.First[decode.CertificateRequest](c.Handshake); ok {
			f.Evidence = append(f.Evidence, Proof(request, T("client-cert-missing/request")))
		}
		switch {
		case !read:
			f.Confidence, f.Summary, f.Decide = Likely, T("client-cert-missing/hidden"), T("client-cert-missing/decide")
			f.Evidence[1].Text = T("client-cert-missing/sized")
		case !alert:
			f.Confidence, f.Decide = Likely, T("client-cert-missing/decide")
		}
		return f
	},
}

var clientCertNoCAMatch = Rule{
	ID: "client-cert-no-ca-match", Family: "client-cert", Title: "Client has none that fits the server's CA list", Fault: ByClient, Rank: 94,
	Causes:  []string{"client-cert-ca-list-no-match"},
	Explain: `The server's request lists the authorities that it accepts, and the client, which has a certificate and uses it elsewhere, sent none because its authority is not in the list.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("client-cert-no-ca-match/fix-server"), Config: "nginx: ssl_client_certificate all-client-cas.pem;"},
		{Who: ByClient, Text: T("client-cert-no-ca-match/fix-client")},
	},
	Refs:     []string{"RFC 5246, Section 7.4.4", "RFC 8446, Section 4.2.4"},
	Logs:     []string{"no certificate selected", "peer did not return a certificate"},
	Silences: []string{"client-cert-missing", "alert-unexplained", "server-left", "client-cert-rejected"},
	Texts: map[string]string{
		"summary":    "the server accepts {0} {0|authority|authorities}, and the issuer of the client's certificate ({1}) is not among them",
		"elsewhere":  "the same client sends a certificate issued by {0} here",
		"empty":      "the client sends no certificate",
		"fix-server": "add the client's authority to the list",
		"fix-client": "use a certificate of one of the listed authorities",
	},
	Check: func(c *Case) *Finding {
		e, read := c.emptyClientCertificate()
		m, request, ok := decode.First[decode.CertificateRequest](c.Handshake)
		if !c.serverRefuses() || e == nil || !read || !ok || len(m.Authorities) == 0 {
			return nil
		}
		for _, o := range c.SameClient() {
			ch := o.chainOf(decode.Client)
			if len(ch.certs) == 0 || ch.certs[0].x == nil {
				continue
			}
			leaf := ch.certs[0]
			if slices.ContainsFunc(m.Authorities, func(a []byte) bool { return bytes.Equal(a, leaf.x.RawIssuer) }) {
				continue
			}
			return &Finding{Confidence: Likely, Summary: T("client-cert-no-ca-match/summary", Count(len(m.Authorities)), Identity(leaf.Issuer)), Decide: T("common/decide-client-log"),
				Evidence: []Evidence{Proof(e, T("client-cert-no-ca-match/empty")), Proof(request, T("client-cert-missing/request")),
					Proof(ch.event, T("client-cert-no-ca-match/elsewhere", Identity(leaf.Issuer))), c.ProveBreak(c.breakText())}}
		}
		return nil
	},
}

var clientCertRejected = Rule{
	ID: "client-cert-rejected", Family: "client-cert", Title: "Server rejects the client certificate, reason hidden", Fault: ByUnknown, Rank: 56,
	Causes:  []string{"eap-tls-server-rejects-client"},
	Explain: `The server ended the connection after the client's certificate or Finished. In TLS 1.3 it refuses a client certificate only after the client believes that the handshake is complete, with an encrypted alert; the reason cannot be read without keys.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("client-cert-rejected/fix-server")},
		{Who: ByClient, Text: T("client-cert-rejected/fix-client"), Config: "openssl x509 -in client.pem -noout -dates -issuer -ext extendedKeyUsage"},
	},
	Refs:     []string{"RFC 8446, Section 4.4.2.4", "RFC 8446, Section 6.2"},
	Logs:     []string{"tlsv1 alert unknown ca", "sslv3 alert bad certificate", "certificate verify failed", "remote error: tls: bad certificate"},
	Silences: []string{"server-left", "alert-unexplained"},
	Texts: map[string]string{
		"summary":    "the server refuses the client's certificate with {0}; nothing is wrong with it as far as can be seen",
		"hidden":     "the server ends the connection with an encrypted alert right after the client's Finished, most likely because of the client's certificate",
		"left":       "the server ends the connection without an alert after the client's certificate",
		"sent":       "the client's certificate",
		"flight":     "the client's last flight",
		"fix-server": "look at the server's log: authority, dates, usage, revocation of the client's certificate",
		"fix-client": "check issuer, dates and usage of the client's certificate; capture with a key log to see the reason",
		"decide":     "the server's log, or a capture with a key log",
		"c-ca":       "the server does not know the authority of the client's certificate",
		"c-dates":    "the client's certificate has expired, or is one for servers",
		"c-mac":      "the client's Finished did not verify",
	},
	Check: checkClientRejected,
}

func checkClientRejected(c *Case) *Finding {
	if !c.serverRefuses() {
		return nil
	}
	f := &Finding{Confidence: Likely, Decide: T("client-cert-rejected/decide"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	if list, r, ok := c.clientVerdict(); ok && len(list) == 0 {
		f.Evidence = append(f.Evidence, Proof(c.chainOf(decode.Client).event, T("client-cert-rejected/sent")))
		if f.Summary = T("client-cert-rejected/left"); r.alert {
			f.Summary = T("client-cert-rejected/summary", CodeOf(r.code))
		}
		return f
	}
	if c.Break.Kind == ByHidden && c.TLS13() && (c.ClientFinished || c.clientRecords()) {
		f.Summary = T("client-cert-rejected/hidden")
		f.Evidence = append(f.Evidence, c.lastFrom(decode.Client, T("client-cert-rejected/flight")))
		f.Causes = []Cause{{ID: "client-cert-unknown-ca", Text: T("client-cert-rejected/c-ca")}, {ID: "client-cert-expired", Text: T("client-cert-rejected/c-dates")}, {ID: "bad-record-mac", Text: T("client-cert-rejected/c-mac")}}
		return f
	}
	return nil
}
