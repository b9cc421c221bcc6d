package analyze

import (
	"bytes"

	"tlswhy/decode"
)

func protocolRules() []*Rule {
	return []*Rule{&connectRefused, &proxyUnexpected, &proxyMissing, &httpToTLS, &tlsToHTTP, &tlsToBanner, &tlsToOther, &plainToTLS}
}

// plainFrom returns the first bytes in the clear of a side where TLS was due.
func (c *Case) plainFrom(side decode.Side) (*decode.Plain, *decode.Event) {
	for i := range c.Events {
		if m, ok := c.Events[i].Message.(decode.Plain); ok && c.Events[i].From == side {
			return &m, &c.Events[i]
		}
	}
	return nil, nil
}

// saidFirst returns what a side said in the clear: bytes that are no TLS, or
// a step of a dialogue that did not lead to TLS.
func (c *Case) saidFirst(side decode.Side) (protocol string, text []byte, e *decode.Event) {
	for i := range c.Events {
		if c.Events[i].From != side {
			continue
		}
		switch m := c.Events[i].Message.(type) {
		case decode.Plain:
			return m.Protocol, m.Prefix, &c.Events[i]
		case decode.Prelude:
			return m.Protocol, []byte(m.Text), &c.Events[i]
		}
	}
	return "", nil, nil
}

var httpToTLS = Rule{
	ID: "http-to-tls-port", Family: "protocol", Title: "Plain HTTP sent to a TLS port", Fault: ByClient, Rank: 90,
	Causes:  []string{"http-to-tls-port"},
	Explain: `The client speaks plain HTTP to a port where the server expects TLS. nginx and Go answer with a readable error page, others with an alert, a close or a reset.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("http-to-tls-port/fix-client")},
		{Who: ByServer, Text: T("http-to-tls-port/fix-server"), Config: "nginx: error_page 497 =301 https://$host$request_uri;"},
	},
	Logs: []string{"The plain HTTP request was sent to HTTPS port", "http request", "client sent an HTTP request to an HTTPS server",
		"not an SSL/TLS record: 474554", "received plaintext http traffic on an https channel", "wrong version number"},
	Silences: []string{"plaintext-to-tls-port", "unexpected-message", "decode-error", "record-overflow", "server-left", "reset-before-client-hello", "client-silent", "client-left"},
	Texts: map[string]string{
		"summary":    "the client sends plain HTTP ({0}) to a port where the server expects TLS",
		"request":    "HTTP request in the clear: {0}",
		"answer":     "the server's answer",
		"fix-client": "use https:// in the client's or the health check's address",
		"fix-server": "redirect plain HTTP on this port, if clients cannot be changed",
	},
	Check: func(c *Case) *Finding {
		protocol, text, e := c.saidFirst(decode.Client)
		if c.Outcome != Failed || protocol != "http" || c.wholeHello() || e == nil {
			return nil
		}
		line := firstLine(text)
		f := &Finding{Confidence: Certain, Summary: T("http-to-tls-port/summary", Raw(line)), Evidence: []Evidence{Proof(e, T("http-to-tls-port/request", Raw(line)))}}
		if answer := c.answerTo(e, decode.Server); answer != nil {
			f.Evidence = append(f.Evidence, Proof(answer, T("http-to-tls-port/answer")))
		}
		if !c.knownTLS() {
			f.Confidence = Likely
		}
		return f
	},
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	return b[:min(len(b), 80)]
}

// answerTo returns the first event of a side after e that is more than an
// acknowledgement.
func (c *Case) answerTo(e *decode.Event, side decode.Side) *decode.Event {
	after := false
	for i := range c.Events {
		x := &c.Events[i]
		if x == e {
			after = true
		}
		if _, ack := x.Message.(decode.AckOnly); after && !ack && x.From == side {
			return x
		}
	}
	return nil
}

// knownTLS says whether the server is known to speak TLS: it answered with a
// record, or spoke it elsewhere in the input.
func (c *Case) knownTLS() bool {
	if c.TLS {
		return true
	}
	for _, o := range c.SameServer() {
		if o.Progress.serverHello >= 0 {
			return true
		}
	}
	if m, _ := c.plainFrom(decode.Server); m != nil {
		return bytes.Contains(bytes.ToLower(m.Prefix), []byte("https"))
	}
	return false
}

var tlsToHTTP = Rule{
	ID: "tls-to-http-port", Family: "protocol", Title: "TLS sent to a plain HTTP port", Fault: ByClient, Rank: 88,
	Causes:  []string{"tls-to-http-port", "https-scheme-for-http-proxy"},
	Explain: `The ClientHello reached a server that speaks plain HTTP on this port; it answered with an HTTP error in the clear, which the client takes for a broken record.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("tls-to-http-port/fix-client")},
		{Who: ByServer, Text: T("tls-to-http-port/fix-server"), Config: "nginx: listen 443 ssl;"},
	},
	Logs: []string{"wrong version number", "http: server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "SSL_ERROR_RX_RECORD_TOO_LONG",
		"ERR_SSL_PROTOCOL_ERROR", "Unsupported or unrecognized SSL message", "An unexpected TLS packet was received"},
	Silences: []string{"tls-to-other-protocol", "unexpected-message", "decode-error", "record-overflow", "close-after-client-hello", "client-left"},
	Texts: map[string]string{
		"summary":    "the server answers the ClientHello with plain HTTP ({0}): it does not speak TLS on port {1}",
		"answer":     "HTTP in the clear: {0}",
		"hello":      "the ClientHello",
		"c-proxy":    "the port belongs to a forward proxy: the client should send CONNECT there, not TLS",
		"fix-client": "use http://, or the port where the server speaks TLS; for a proxy, give its address with http://",
		"fix-server": "switch TLS on for this port",
	},
	Check: func(c *Case) *Finding {
		protocol, text, e := c.saidFirst(decode.Server)
		if c.Outcome != Failed || protocol != "http" || c.Progress.clientHello < 0 || e == nil || c.Break.Kind != ByPlain && c.Break.From != decode.Client && !bytes.HasPrefix(text, []byte("HTTP/")) {
			return nil
		}
		if c.Progress.serverHello >= 0 {
			return nil
		}
		line := firstLine(text)
		f := &Finding{Confidence: Certain, Summary: T("tls-to-http-port/summary", Raw(line), Count(int(c.Server.Port()))),
			Evidence: []Evidence{Proof(e, T("tls-to-http-port/answer", Raw(line))), Proof(c.offer().event, T("tls-to-http-port/hello"))}}
		switch c.Server.Port() {
		case 3128, 8080, 8888, 8118:
			f.Causes = []Cause{{ID: "tls-to-http-port", Text: f.Summary}, {ID: "https-scheme-for-http-proxy", Text: T("tls-to-http-port/c-proxy")}}
		}
		return f
	},
}

var tlsToBanner = Rule{
	ID: "tls-to-banner-service", Family: "protocol", Title: "TLS sent to a service that speaks first (SSH, SMTP, FTP ...)", Fault: ByClient, Rank: 87,
	Causes:  []string{"tls-to-banner-service", "starttls-port-with-implicit-tls"},
	Explain: `The server greets in the clear, as SSH, SMTP, IMAP, POP3, FTP or MySQL do, and the client sends a ClientHello at once. Either the port is wrong, or the service wants STARTTLS before TLS.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("tls-to-banner-service/fix-starttls"), Config: "SMTP: port 587 with STARTTLS, or port 465 with TLS from the start\nIMAP: port 143 with STARTTLS, or 993;  POP3: 110 or 995;  LDAP: 389 or 636"},
		{Who: ByClient, Text: T("tls-to-banner-service/fix-port")},
	},
	Logs:     []string{"wrong version number", "first record does not look like a TLS handshake", "ssl3_get_record:wrong version number", "packet length too long"},
	Silences: []string{"tls-to-other-protocol", "unexpected-message", "decode-error", "record-overflow", "close-after-client-hello", "client-left", "starttls-framing-mismatch", "client-cancelled"},
	Texts: map[string]string{
		"summary":      "the service on port {0} speaks first ({1}: {2}), and the client sends TLS at once",
		"banner":       "the server's greeting: {0}",
		"hello":        "the ClientHello",
		"fix-starttls": "let the client use STARTTLS on this port, or the port with TLS from the start",
		"fix-port":     "check the port",
		"c-starttls":   "the port wants STARTTLS before TLS",
	},
	Check: func(c *Case) *Finding {
		protocol, text, e := c.saidFirst(decode.Server)
		if c.Outcome != Failed || e == nil || c.Progress.clientHello < 0 || c.Progress.serverHello >= 0 || c.UpgradeState == "accepted" || c.UpgradeState == "refused" {
			return nil
		}
		switch protocol {
		case "ssh", "smtp", "lmtp", "imap", "pop3", "ftp", "mysql", "vnc", "irc", "nntp", "sieve", "telnet":
		default:
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("tls-to-banner-service/summary", Count(int(c.Server.Port())), Word(protocol), Raw(firstLine(text))),
			Evidence: []Evidence{Proof(e, T("tls-to-banner-service/banner", Raw(firstLine(text)))), Proof(c.offer().event, T("tls-to-banner-service/hello"))}}
		if protocol != "ssh" && protocol != "vnc" {
			f.Causes = []Cause{{ID: "starttls-port-with-implicit-tls", Text: T("tls-to-banner-service/c-starttls")}}
		}
		return f
	},
}

var tlsToOther = Rule{
	ID: "tls-to-other-protocol", Family: "protocol", Title: "The answer to the ClientHello is not TLS", Fault: ByServer, Rank: 80,
	Causes:  []string{"tls-to-binary-plaintext-port", "kafka-plaintext-client-to-ssl", "mesh-tls-to-plain-workload", "lb-backend-protocol-mismatch"},
	Explain: `The server answered the ClientHello with bytes that are no TLS record, or with a record that cannot be an answer. The port belongs to another protocol, TLS is switched off there, or a load balancer passes TLS on to a backend that does not speak it.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("tls-to-other-protocol/fix-server")},
		{Who: ByClient, Text: T("tls-to-other-protocol/fix-client")},
	},
	Logs:     []string{"wrong version number", "first record does not look like a TLS handshake", "invalid internal transport message format", "SSL handshake received but server is started without SSL support", "Invalid receive (size = 369295616"},
	Silences: []string{"unexpected-message", "decode-error", "server-left", "close-after-client-hello", "client-left", "record-overflow"},
	Texts: map[string]string{
		"summary":    "the server's answer to the ClientHello is not TLS: {0}",
		"record":     "the server's answer to the ClientHello is a record that cannot be one ({0})",
		"answer":     "the answer begins with {0}",
		"hello":      "the ClientHello",
		"fix-server": "switch TLS on for this port, or correct the load balancer's backend protocol",
		"fix-client": "switch TLS off for this address, or use the right port",
	},
	Check: checkOtherProtocol,
}

func checkOtherProtocol(c *Case) *Finding {
	if c.Outcome != Failed || c.Progress.clientHello < 0 || c.Progress.serverHello >= 0 || c.longRecord() != nil || c.Lossy || c.Late {
		return nil
	}
	hello := c.offer().event
	for i := range c.Events {
		e := &c.Events[i]
		if e.From != decode.Server {
			continue
		}
		var prefix []byte
		key := "tls-to-other-protocol/summary"
		switch m := e.Message.(type) {
		case decode.Plain:
			prefix = m.Prefix
		case decode.BadRecord:
			prefix = m.Prefix
		case decode.AppData, decode.Encrypted:
			key, prefix = "tls-to-other-protocol/record", []byte("application data")
		case decode.Alert, decode.ServerHello, decode.Certificate:
			return nil
		default:
			continue
		}
		shown := Raw(prefix[:min(len(prefix), 32)])
		return &Finding{Confidence: Certain, Summary: T(key, shown),
			Evidence: []Evidence{Proof(e, T("tls-to-other-protocol/answer", shown)), Proof(hello, T("tls-to-other-protocol/hello")), c.ProveBreak(c.breakText())}}
	}
	return nil
}

var plainToTLS = Rule{
	ID: "plaintext-to-tls-port", Family: "protocol", Title: "Something other than TLS or HTTP sent to a TLS port", Fault: ByClient, Rank: 79,
	Causes:   []string{"binary-plaintext-to-tls-port", "kafka-plaintext-client-to-ssl", "implicit-tls-port-with-starttls-client", "mesh-plaintext-to-strict-mtls"},
	Explain:  `The client's first bytes on a port with TLS are of another protocol. The server answers with an alert, a close or a reset.`,
	Fixes:    []Fix{{Who: ByClient, Text: T("plaintext-to-tls-port/fix-client")}},
	Logs:     []string{"not an SSL/TLS record", "Request did not begin with TLS handshake", "wrong version number", "unknown protocol", "first record does not look like a TLS handshake"},
	Silences: []string{"unexpected-message", "decode-error", "server-left", "client-silent", "reset-before-client-hello", "client-left"},
	Texts: map[string]string{
		"summary":    "the client's first bytes on a port with TLS are not TLS: {0}",
		"named":      "the client speaks {0} on a port where the server expects TLS",
		"bytes":      "the client's first bytes: {0}",
		"fix-client": "switch TLS on in the client (or its health check) for this port",
	},
	Check: func(c *Case) *Finding {
		protocol, text, e := c.saidFirst(decode.Client)
		if c.Outcome != Failed || e == nil || protocol == "http" || c.Progress.clientHello >= 0 || c.Wanted || !c.knownTLS() && !c.Expected {
			return nil
		}
		if _, _, spoke := c.saidFirst(decode.Server); spoke != nil && !c.TLS {
			return nil
		}
		shown := Raw(text[:min(len(text), 32)])
		f := &Finding{Confidence: Certain, Summary: T("plaintext-to-tls-port/summary", shown), Evidence: []Evidence{Proof(e, T("plaintext-to-tls-port/bytes", shown)), c.ProveBreak(c.breakText())}}
		if protocol != "" {
			f.Summary = T("plaintext-to-tls-port/named", Word(protocol))
		}
		if !c.knownTLS() {
			f.Confidence = Likely
		}
		return f
	},
}

var proxyUnexpected = Rule{
	ID: "proxy-protocol-unexpected", Family: "protocol", Title: "PROXY protocol header sent to a server that does not take it", Fault: ByClient, Rank: 93,
	Causes:  []string{"proxy-protocol-unexpected"},
	Explain: `The connection begins with a PROXY protocol header, as load balancers send it, and the server expects TLS from the first byte. nginx answers with an HTTP error, others with an alert, a close or a reset.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("proxy-protocol-unexpected/fix-server"), Config: "nginx:   listen 443 ssl proxy_protocol;\nHAProxy: bind :443 ssl crt site.pem accept-proxy"},
		{Who: ByClient, Text: T("proxy-protocol-unexpected/fix-client")},
	},
	Logs:     []string{"wrong version number", "SSL_ERROR_RX_RECORD_TOO_LONG", "http request", "unknown protocol"},
	Silences: []string{"plaintext-to-tls-port", "tls-to-http-port", "close-after-client-hello", "reset-after-client-hello", "unexpected-message", "decode-error", "http-to-tls-port", "server-left", "tls-to-other-protocol", "middlebox-reset", "alert-unexplained", "record-overflow"},
	Texts: map[string]string{
		"summary":    "the connection begins with a PROXY protocol header, which the server does not take",
		"header":     "PROXY protocol header",
		"fix-server": "let the listener accept the PROXY protocol",
		"fix-client": "switch the PROXY protocol off in the load balancer",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 {
			return nil
		}
		for i := range c.Events {
			m, ok := c.Events[i].Message.(decode.Prelude)
			if !ok || m.What != "header" || c.Events[i].From != decode.Client {
				continue
			}
			f := &Finding{Confidence: Certain, Summary: T("proxy-protocol-unexpected/summary"),
				Evidence: []Evidence{Proof(&c.Events[i], T("proxy-protocol-unexpected/header")), c.ProveBreak(c.breakText())}}
			if a, ok := c.BreakAlert(); ok && a.Description != 10 && a.Description != 50 && a.Description != 22 && a.Description != 70 {
				return nil
			}
			return f
		}
		return nil
	},
}

var proxyMissing = Rule{
	ID: "proxy-protocol-missing", Family: "protocol", Title: "Server waits for a PROXY protocol header", Fault: ByClient, Rank: 68,
	Causes:  []string{"proxy-protocol-missing"},
	Explain: `The listener expects a PROXY protocol header before TLS and gets a ClientHello. nginx and HAProxy then reset the connection without an alert. Clients that come through the load balancer, which adds the header, succeed.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("proxy-protocol-missing/fix-client"), Config: "HAProxy: server web 10.0.0.2:443 send-proxy-v2"},
		{Who: ByServer, Text: T("proxy-protocol-missing/fix-server")},
	},
	Logs:     []string{"broken header: \"\\x16\\x03", "while reading PROXY protocol", "Connection reset by peer"},
	Silences: []string{"reset-after-client-hello", "close-after-client-hello"},
	Texts: map[string]string{
		"summary":    "the server resets a connection that begins with a ClientHello, and answers one that begins with a PROXY protocol header",
		"good":       "a connection with a PROXY header gets an answer",
		"fix-client": "connect through the load balancer, or send the header",
		"fix-server": "use a second listener without the PROXY protocol for direct clients",
	},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByReset) && !c.serverBroke(ByClose) || c.Progress.clientHello < 0 || c.Progress.serverHello >= 0 || c.Tunnel != "" || c.Flow[decode.Server].Bytes > 0 {
			return nil
		}
		for _, o := range c.SameServer() {
			if (o.Tunnel == "proxy-v1" || o.Tunnel == "proxy-v2") && o.Progress.serverHello >= 0 {
				return &Finding{Confidence: Certain, Summary: T("proxy-protocol-missing/summary"),
					Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(&o.Events[o.Progress.serverHello], T("proxy-protocol-missing/good"))}}
			}
		}
		return nil
	},
}

var connectRefused = Rule{
	ID: "connect-refused", Family: "protocol", Title: "Proxy refuses CONNECT or wants credentials", Fault: ByMiddlebox, Rank: 91,
	Causes:  []string{"connect-proxy-407", "connect-proxy-denied"},
	Explain: `The client asked a proxy for a tunnel, and the proxy refused: 407 asks for credentials, 403 forbids the target, 502 to 504 say that the proxy cannot reach it. TLS has not begun.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("connect-refused/fix-client")},
		{Who: ByMiddlebox, Text: T("connect-refused/fix-proxy")},
	},
	Refs: []string{"RFC 9110, Section 9.3.6", "RFC 1928, Section 6"},
	Logs: []string{"Tunnel connection failed: 407 Proxy Authentication Required", "ERR_TUNNEL_CONNECTION_FAILED", "tunneling socket could not be established", "CONNECT tunnel failed"},
	Texts: map[string]string{
		"summary":     "the proxy refuses a tunnel to {0}: {1}",
		"credentials": "the proxy wants credentials before it opens a tunnel to {0}: {1}",
		"answer":      "the proxy's answer: {0}",
		"fix-client":  "configure the proxy's user and password (407), or take the target out of the proxy's use (NO_PROXY)",
		"fix-proxy":   "allow the target, and check that the proxy resolves and reaches it",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.TLS || c.Tunnel == "" || c.UpgradeState != "refused" {
			return nil
		}
		for i := range c.Events {
			m, ok := c.Events[i].Message.(decode.Prelude)
			if !ok || m.What != "refused" {
				continue
			}
			line := Raw(firstLine([]byte(m.Text)))
			f := &Finding{Confidence: Certain, Summary: T("connect-refused/summary", Name(c.Target), line),
				Evidence: []Evidence{Proof(&c.Events[i], T("connect-refused/answer", line))},
				Causes:   []Cause{{ID: "connect-proxy-denied", Text: T("connect-refused/answer", line)}}}
			if m.Code == 407 {
				f.Fault, f.Summary.Key = ByClient, "connect-refused/credentials"
				f.Causes[0].ID = "connect-proxy-407"
			}
			return f
		}
		return nil
	},
}
