package analyze

import (
	"bytes"
	"strings"

	"tlswhy/decode"
)

func middleboxRules() []*Rule {
	return []*Rule{&middleboxReset, &middleboxClose, &middleboxAlert, &middleboxPage, &tlsInterception, &alteredInTransit}
}

var middleboxFixes = []Fix{
	{Who: ByMiddlebox, Text: T("middlebox-reset/fix-box")},
	{Who: ByNetwork, Text: T("middlebox-reset/fix-network"), Config: "tcptraceroute HOST 443"},
	{Who: ByClient, Text: T("middlebox-reset/fix-client")},
}

// endings are the findings about a side that ended the connection, which a
// stranger's packet makes wrong.
var endings = []string{"reset-after-client-hello", "reset-before-client-hello", "close-after-client-hello", "server-left", "client-left", "server-flight-lost",
	"large-client-hello-lost", "client-hello-lost", "sni-unknown", "sni-missing", "proxy-protocol-missing", "client-silent", "connection-probe", "packet-loss", "cert-rejected"}

var middleboxReset = Rule{
	ID: "middlebox-reset", Family: "middlebox", Title: "Reset that the other end did not send", Fault: ByMiddlebox, Rank: 69,
	Causes:   []string{"sni-rst-injection", "cloud-icp-sni-reset", "ngfw-reset-on-clienthello"},
	Explain:  `The connection was ended by a reset that claims to come from one end but does not fit that end's other packets: another hop count (TTL), other IP identifiers or options, an end that goes on as if nothing had happened. A firewall, a filter or a censor on the way sent it, usually because of the name in the ClientHello.`,
	Fixes:    middleboxFixes,
	Refs:     []string{"RFC 9293, Section 3.10.7", "RFC 3360"},
	Logs:     []string{"Connection reset by peer", "ERR_CONNECTION_RESET", "PR_CONNECT_RESET_ERROR", "ECONNRESET", "SSL_ERROR_SYSCALL"},
	Silences: endings,
	Texts: map[string]string{
		"summary":     "a device on the way resets the connection in the name of {0}, after the ClientHello for {1}",
		"fix-box":     "ask the operator of the filter to allow the name; attach the frames below",
		"fix-network": "find the device: its distance is the difference of the hop counts",
		"fix-client":  "try from another network, or another name on the same address, to see what the filter looks at",
	},
	Check: func(c *Case) *Finding {
		s, ok := c.stranger()
		if c.Outcome != Failed || c.Break.Kind != ByReset || !ok || c.Progress.accept < 0 && !c.Late {
			return nil
		}
		return c.strangerFinding("middlebox-reset", s)
	},
}

var middleboxClose = Rule{
	ID: "middlebox-close", Family: "middlebox", Title: "Close (FIN) that the other end did not send", Fault: ByMiddlebox, Rank: 69,
	Causes:   []string{"ngfw-reset-on-clienthello"},
	Explain:  `The connection was ended by a FIN that does not fit the packets of the end that it claims to come from. A device on the way sent it, and the real end often goes on for a while.`,
	Fixes:    middleboxFixes,
	Refs:     []string{"RFC 7323, Section 3.2"},
	Logs:     []string{"unexpected eof while reading", "SSL_ERROR_SYSCALL", "ERR_CONNECTION_CLOSED"},
	Silences: endings,
	Texts:    map[string]string{"summary": "a device on the way closes the connection in the name of {0}, after the ClientHello for {1}"},
	Check: func(c *Case) *Finding {
		s, ok := c.stranger()
		if c.Outcome != Failed || c.Break.Kind != ByClose || !ok {
			return nil
		}
		return c.strangerFinding("middlebox-close", s)
	},
}

var middleboxAlert = Rule{
	ID: "middlebox-alert", Family: "middlebox", Title: "TLS alert that the other end did not send", Fault: ByMiddlebox, Rank: 98,
	Causes:   []string{"ngfw-reset-on-clienthello", "fortigate-pq-illegal-parameter"},
	Explain:  `The packet with the alert does not fit the other packets of the end that it claims to come from. A device on the way refuses the connection, usually because of the name, and its alert says nothing about versions or ciphers.`,
	Fixes:    middleboxFixes,
	Refs:     []string{"RFC 7323, Section 3.2"},
	Logs:     []string{"sslv3 alert handshake failure", "tlsv1 alert access denied"},
	Silences: append([]string{"cipher-no-overlap", "version-no-overlap", "alert-unexplained", "dhe-only-server", "rsa-kex-only-server", "cert-type-no-overlap", "group-no-overlap", "sigalg-no-overlap", "ems-required", "internal-error"}, endings...),
	Texts:    map[string]string{"summary": "a device on the way sends the alert in the name of {0}, after the ClientHello for {1}"},
	Check: func(c *Case) *Finding {
		s, ok := c.stranger()
		if c.Outcome != Failed || c.Break.Kind != ByAlert || !ok {
			return nil
		}
		return c.strangerFinding("middlebox-alert", s)
	},
}

var middleboxPage = Rule{
	ID: "middlebox-page", Family: "middlebox", Title: "Block page or captive portal answers in the server's name", Fault: ByMiddlebox, Rank: 97,
	Causes:  []string{"captive-portal"},
	Explain: `The ClientHello was answered with a page in plain HTTP that does not come from the server: a block page of a filter, or the login page of a network (captive portal), often as a redirect to another host.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("middlebox-page/fix-login")},
		{Who: ByMiddlebox, Text: T("middlebox-page/fix-box")},
	},
	Refs:     []string{"RFC 8910", "RFC 8952"},
	Logs:     []string{"wrong version number", "ERR_SSL_PROTOCOL_ERROR", "SSL_ERROR_RX_RECORD_TOO_LONG"},
	Silences: append([]string{"tls-to-http-port", "tls-to-other-protocol"}, endings...),
	Texts: map[string]string{
		"summary":   "a device on the way answers the ClientHello with a page in the server's name: {0}",
		"portal":    "the ClientHello is answered with a redirect to another host in plain HTTP ({0}): a captive portal or a filter",
		"page":      "page in plain HTTP: {0}",
		"fix-login": "log in to the network (open a page with http://), or use another network",
		"fix-box":   "let the filter refuse TLS with a reset or an alert, not with a page",
		"decide":    "the same connection from another network",
	},
	Check: checkPage,
}

func checkPage(c *Case) *Finding {
	m, e := c.plainFrom(decode.Server)
	if c.Outcome != Failed || m == nil || c.Progress.clientHello < 0 || !bytes.HasPrefix(m.Prefix, []byte("HTTP/")) {
		return nil
	}
	at := -1
	for i := range c.Events {
		if &c.Events[i] == e {
			at = i
		}
	}
	line := Raw(firstLine(m.Prefix))
	f := &Finding{Confidence: Likely, Summary: T("middlebox-page/summary", line), Decide: T("middlebox-page/decide"), Evidence: []Evidence{Proof(e, T("middlebox-page/page", line))}}
	if s := c.strange(at); s.weight >= enough {
		for _, t := range s.texts {
			f.Evidence = append(f.Evidence, Proof(e, t))
		}
		if f.Evidence = append(f.Evidence, s.proof...); len(s.proof) > 0 {
			f.Confidence, f.Decide = Certain, Text{}
		}
		return f
	}
	if host := redirectsTo(m.Prefix); host != "" && c.SNI() != "" && !strings.EqualFold(host, c.SNI()) && !sameSite(host, c.SNI()) && c.Server.Port() == 443 {
		f.Summary = T("middlebox-page/portal", line)
		return f
	}
	return nil
}

// redirectsTo returns the host of a redirect's Location.
func redirectsTo(b []byte) string {
	if len(b) < 12 || b[9] != '3' {
		return ""
	}
	i := bytes.Index(bytes.ToLower(b), []byte("\nlocation:"))
	if i < 0 {
		return ""
	}
	target := string(firstLine(bytes.TrimSpace(b[i+len("\nlocation:"):])))
	_, rest, ok := strings.Cut(target, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}

// sameSite says whether two names share their last two labels.
func sameSite(a, b string) bool {
	last := func(s string) string {
		parts := strings.Split(strings.ToLower(s), ".")
		return strings.Join(parts[max(0, len(parts)-2):], ".")
	}
	return last(a) == last(b)
}

// inspectors are words in the issuer names of devices and programs that open
// TLS on the way.
var inspectors = []string{"zscaler", "netskope", "palo alto", "fortinet", "fortigate", "kaspersky", "eset ssl filter", "avast", "avg web", "bitdefender",
	"sophos", "cisco umbrella", "blue coat", "bluecoat", "symantec web", "mcafee web", "skyhigh", "checkpoint", "check point", "forcepoint", "websense", "barracuda",
	"sonicwall", "watchguard", "mitmproxy", "charles proxy", "fiddler", "do_not_trust_fiddlerroot", "burp", "portswigger", "iboss", "menlo", "untangle", "smoothwall", "securly",
	"inspection", "interception", "ssl proxy", "dpi-ssl", "web filter", "webfilter", "firewall ca", "norton web", "adguard personal", "squid"}

var tlsInterception = Rule{
	ID: "tls-interception", Family: "middlebox", Title: "Certificate of an intercepting device", Fault: ByMiddlebox, Rank: 97,
	Causes:  []string{"inspection-proxy-untrusted-ca", "antivirus-tls-interception"},
	Explain: `The certificate was not made by the server but by a device or program on the way that opens TLS to inspect it: its issuer is the authority of such a product. Clients that do not have that authority in their store refuse it; each language and tool has a store of its own.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("tls-interception/fix-client"), Config: "Node: NODE_EXTRA_CA_CERTS=inspection-ca.pem\nPython: REQUESTS_CA_BUNDLE=inspection-ca.pem\nJava: keytool -importcert -cacerts -file inspection-ca.pem\ngit: git config http.sslCAInfo inspection-ca.pem"},
		{Who: ByMiddlebox, Text: T("tls-interception/fix-box")},
	},
	Refs:     []string{"RFC 8446, Section 9.3"},
	Logs:     []string{"SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to get local issuer certificate", "PKIX path building failed", "The client does not trust the proxy's certificate"},
	Silences: []string{"cert-unknown-ca", "cert-chain-incomplete", "cert-rejected", "cert-self-signed", "alert-unexplained"},
	Texts: map[string]string{
		"summary":    "the certificate for {0} was made by an inspecting device ({1}), and the client does not trust it",
		"issuer":     "issued by {0}",
		"fix-client": "install the device's authority in the store of this client",
		"fix-box":    "take this host out of the inspection",
		"decide":     "the certificate that the server itself sends, seen from another network",
	},
	Check: func(c *Case) *Finding {
		list, _ := c.serverVerdict()
		ch := c.chainOf(decode.Server)
		if len(list) == 0 || len(ch.certs) == 0 || list[0].id != "cert-unknown-ca" && list[0].id != "cert-chain-incomplete" {
			return nil
		}
		for _, x := range ch.certs {
			if inspects(x.Issuer) {
				return &Finding{Confidence: Likely, Summary: T("tls-interception/summary", Identity(ch.certs[0].Subject), Identity(x.Issuer)), Decide: T("tls-interception/decide"),
					Evidence: []Evidence{Proof(ch.event, T("tls-interception/issuer", Identity(x.Issuer))), c.ProveBreak(c.breakText())},
					Causes:   []Cause{{ID: "inspection-proxy-untrusted-ca", Text: list[0].text}, {ID: "cert-unknown-ca", Text: list[0].text}}}
			}
		}
		return nil
	},
}

func inspects(issuer string) bool {
	issuer = strings.ToLower(issuer)
	for _, word := range inspectors {
		if strings.Contains(issuer, word) {
			return true
		}
	}
	return false
}

var alteredInTransit = Rule{
	ID: "altered-in-transit", Family: "middlebox", Title: "Bytes changed between the two ends", Fault: ByMiddlebox, Rank: 78,
	Explain: `A packet was seen twice with different content at the same place of the stream, or captures at both ends show different bytes: something on the way changes the stream, and the handshake's integrity checks fail.`,
	Fixes:   []Fix{{Who: ByNetwork, Text: T("altered-in-transit/fix-network")}},
	Refs:    []string{"RFC 8446, Section 9.3"},
	Logs:    []string{"bad signature", "decryption failed or bad record mac", "digest check failed"},
	Texts: map[string]string{
		"summary":     "bytes that {0} sent were seen with different content: something on the way changes the stream",
		"different":   "sent again with other content",
		"fix-network": "find the device that changes the stream: capture before and behind each",
		"decide":      "captures at both ends",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome == Failed {
			if s, i, _ := c.altered(); s != nil && (c.Break.Event < 0 || i < c.Break.Event) && !transport(c.Events[i].Message) && c.TLS {
				f := &Finding{Rank: 98, Summary: T("altered-in-transit/summary", SideArg(c.Events[i].From))}
				c.proveAltered(f)
				f.Evidence = append(f.Evidence, c.ProveBreak(c.breakText()))
				return f
			}
		}
		if c.Outcome != Failed || c.Break.Kind != ByAlert {
			return nil
		}
		code, _ := c.alertCode()
		if code != 20 && code != 51 && code != 47 && code != 50 {
			return nil
		}
		for i := range c.Events {
			if m, ok := c.Events[i].Message.(decode.Retransmission); ok && m.Different && i < c.Break.Event {
				e := &c.Events[i]
				return &Finding{Confidence: Likely, Summary: T("altered-in-transit/summary", SideArg(e.From)), Decide: T("altered-in-transit/decide"),
					Evidence: []Evidence{Proof(e, T("altered-in-transit/different")), c.ProveBreak(c.breakText())}}
			}
		}
		return nil
	},
}
