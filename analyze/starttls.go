package analyze

import (
	"time"

	"tlswhy/decode"
)

func starttlsRules() []*Rule {
	return []*Rule{&starttlsStripped, &starttlsRefused, &starttlsNotOffered, &framingMismatch, &ftpsReuse}
}

// upgradeStep returns the last step of the dialogue with a meaning.
func (c *Case) upgradeStep(what string) (*decode.Prelude, *decode.Event) {
	for i := len(c.Events) - 1; i >= 0; i-- {
		if m, ok := c.Events[i].Message.(decode.Prelude); ok && m.What == what {
			return &m, &c.Events[i]
		}
	}
	return nil, nil
}

var starttlsNotOffered = Rule{
	ID: "starttls-not-offered", Family: "starttls", Title: "Server does not offer the upgrade to TLS", Fault: ByServer, Rank: 90,
	Causes:  []string{"starttls-not-advertised", "ldap-starttls-refused", "mysql-no-ssl"},
	Explain: `The server listed what it can do, the upgrade to TLS is not among it, and the client left because it insists on TLS.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("starttls-not-offered/fix-server"), Config: "Postfix: smtpd_tls_security_level = may, smtpd_tls_cert_file, smtpd_tls_key_file\nDovecot: ssl = yes\nMySQL:   ssl_cert, ssl_key"},
		{Who: ByClient, Text: T("starttls-not-offered/fix-client")},
	},
	Refs: []string{"RFC 3207, Section 4", "RFC 9051, Section 6.2.1", "RFC 2595, Section 4"},
	Logs: []string{"STARTTLS required but not advertised", "server does not support STARTTLS", "SSL is required but the server doesn't support it", "TLS not available"},
	Texts: map[string]string{
		"summary":    "the server does not offer the upgrade to TLS ({0}), and the client leaves",
		"list":       "the server's capabilities, without the upgrade: {0}",
		"fix-server": "give the server a certificate and key, and switch the upgrade on",
		"fix-client": "use the port where TLS begins at once",
		"decide":     "the same dialogue from another network: if the upgrade is offered there, a device on this path takes it out",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.TLS || c.UpgradeState != "not-offered" {
			return nil
		}
		m, e := c.upgradeStep("not-offered")
		if m == nil {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("starttls-not-offered/summary", Word(m.Protocol)), Decide: T("starttls-not-offered/decide"),
			Evidence: []Evidence{Proof(e, T("starttls-not-offered/list", Raw(firstLine([]byte(m.Text)))))}}
	},
}

var starttlsRefused = Rule{
	ID: "starttls-refused", Family: "starttls", Title: "Server refuses the upgrade to TLS", Fault: ByServer, Rank: 91,
	Causes:  []string{"starttls-refused", "pg-ssl-refused", "ldap-starttls-refused", "pg-proxy-upstream-down", "rdp-nego-failure"},
	Explain: `The client asked for the upgrade to TLS and the server said no: it has no usable certificate or key, TLS is switched off, or the command is not known in this state.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("starttls-refused/fix-server"), Config: "PostgreSQL: ssl = on, ssl_cert_file, ssl_key_file\nPostfix:    smtpd_tls_cert_file, smtpd_tls_key_file"},
		{Who: ByClient, Text: T("starttls-refused/fix-client")},
	},
	Refs: []string{"RFC 3207, Section 4", "RFC 4511, Section 4.14", "PostgreSQL, Frontend/Backend Protocol, SSL Session Encryption"},
	Logs: []string{"454 TLS not available", "server does not support SSL, but SSL was required", "ldap_start_tls", "TLS unavailable", "HYBRID_REQUIRED_BY_SERVER", "Protocol Security Negotiation Failure"},
	Texts: map[string]string{
		"summary":    "the server refuses the upgrade to TLS: {0}",
		"asked":      "the client asks for TLS",
		"refused":    "the server's answer: {0}",
		"fix-server": "give the server a usable certificate and key (check the permissions), and switch TLS on",
		"fix-client": "use the port where TLS begins at once, or do not demand TLS",
	},
	Silences: []string{"starttls-not-offered"},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.TLS || c.UpgradeState != "refused" || c.Upgrade == "" {
			return nil
		}
		m, e := c.upgradeStep("refused")
		if m == nil {
			return nil
		}
		line := Raw(firstLine([]byte(m.Text)))
		f := &Finding{Confidence: Certain, Summary: T("starttls-refused/summary", line), Evidence: []Evidence{Proof(e, T("starttls-refused/refused", line))}}
		if _, asked := c.upgradeStep("starttls"); asked != nil {
			f.Evidence = append(f.Evidence, Proof(asked, T("starttls-refused/asked")))
		}
		if m.Protocol == "rdp" {
			f.Causes = []Cause{{ID: "rdp-nego-failure", Text: T("starttls-refused/refused", line)}}
		}
		return f
	},
}

var starttlsStripped = Rule{
	ID: "starttls-stripped", Family: "starttls", Title: "The offer of the upgrade is overwritten on the way", Fault: ByMiddlebox, Rank: 94,
	Causes:  []string{"starttls-stripped"},
	Explain: `Where the server's list of capabilities should say STARTTLS, there are X's, or the client's command arrives as X's. Firewalls that inspect mail (Cisco's ESMTP inspection for one) do that in order to read along.`,
	Fixes: []Fix{
		{Who: ByMiddlebox, Text: T("starttls-stripped/fix-box"), Config: "Cisco ASA: policy-map global_policy / class inspection_default / no inspect esmtp"},
		{Who: ByClient, Text: T("starttls-stripped/fix-client")},
	},
	Refs:     []string{"RFC 3207, Section 6"},
	Logs:     []string{"250-XXXXXXXA", "command not understood", "STARTTLS required but not advertised"},
	Silences: []string{"starttls-refused", "starttls-not-offered", "client-left", "tls-to-banner-service", "tls-to-other-protocol"},
	Texts: map[string]string{
		"summary":    "a device on the way overwrites the upgrade to TLS: {0}",
		"line":       "overwritten: {0}",
		"fix-box":    "switch the inspection of the mail protocol off, or let it pass TLS",
		"fix-client": "use a port with TLS from the start (465, 993, 995)",
	},
	Check: func(c *Case) *Finding {
		m, e := c.upgradeStep("stripped")
		if m == nil || c.Outcome != Failed || c.Progress.serverHello >= 0 {
			return nil
		}
		line := Raw(firstLine([]byte(m.Text)))
		return &Finding{Confidence: Certain, Summary: T("starttls-stripped/summary", line), Evidence: []Evidence{Proof(e, T("starttls-stripped/line", line))}}
	},
}

var framingMismatch = Rule{
	ID: "starttls-framing-mismatch", Family: "starttls", Title: "The two sides differ in how TLS is wrapped", Fault: ByClient, Rank: 84,
	Causes:  []string{"mssql-tds-framing-mismatch", "pg-direct-tls-mismatch"},
	Explain: `Some protocols have two ways to begin TLS: SQL Server wraps the handshake into its own packets (TDS 7) or begins with TLS (TDS 8, "strict"); PostgreSQL asks first (SSLRequest) or begins with TLS (direct, since version 17). Here one side used the one and the other expects the other.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("starttls-framing-mismatch/fix-client"), Config: "libpq: sslnegotiation=postgres   (or direct)\nSqlClient: Encrypt=Strict (TDS 8) or Encrypt=Mandatory (TDS 7)"},
		{Who: ByServer, Text: T("starttls-framing-mismatch/fix-server")},
	},
	Refs: []string{"MS-TDS, Section 2.2.6.5", "PostgreSQL, Frontend/Backend Protocol, SSL Session Encryption"},
	Logs: []string{"error occurred during the pre-login handshake", "first record does not look like a TLS handshake", "tls: first record does not look like a TLS handshake", "received direct SSL connection request without ALPN protocol negotiation extension"},
	Texts: map[string]string{
		"asks":       "the client asks for TLS in the way of {0}, and the server expects TLS from the first byte",
		"direct":     "the client begins with TLS (ALPN {0}), and the server expects the protocol's own request first",
		"request":    "the client's request in the clear",
		"hello":      "the ClientHello with ALPN {0}",
		"fix-client": "set the client to the way that the server expects",
		"fix-server": "update the server, or use a proxy that knows the protocol",
	},
	Silences: []string{"plaintext-to-tls-port", "close-after-client-hello", "reset-after-client-hello", "server-left"},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello >= 0 {
			return nil
		}
		if m, e := c.upgradeStep("starttls"); m != nil && (m.Protocol == "postgresql" || m.Protocol == "tds") && c.UpgradeState == "asked" && c.Progress.clientHello < 0 {
			return &Finding{Confidence: Likely, Summary: T("starttls-framing-mismatch/asks", Word(m.Protocol)),
				Evidence: []Evidence{Proof(e, T("starttls-framing-mismatch/request")), c.ProveBreak(c.breakText())}}
		}
		o := c.offer()
		if o == nil || c.Upgrade != "" || c.Break.Kind != ByReset && c.Break.Kind != ByClose {
			return nil
		}
		for _, p := range o.hello.ALPN {
			if p == "postgresql" || p == "tds/8.0" {
				return &Finding{Confidence: Likely, Summary: T("starttls-framing-mismatch/direct", Raw([]byte(p))),
					Evidence: []Evidence{Proof(o.event, T("starttls-framing-mismatch/hello", Raw([]byte(p)))), c.ProveBreak(c.breakText())}}
			}
		}
		return nil
	},
}

var ftpsReuse = Rule{
	ID: "ftps-session-reuse-required", Family: "starttls", Title: "FTP data connection refused without session reuse", Fault: ByClient, Rank: 84,
	Causes:  []string{"ftps-session-reuse-required"},
	Explain: `FTP servers such as vsftpd and ProFTPD want the TLS session of the control connection to be resumed on each data connection. The data connection here made a full handshake, and the server closed it right after; the reply 522 that says so is inside the encrypted control connection.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("ftps-session-reuse-required/fix-client")},
		{Who: ByServer, Text: T("ftps-session-reuse-required/fix-server"), Config: "vsftpd: require_ssl_reuse=NO\nProFTPD: TLSOptions NoSessionReuseRequired"},
	},
	Refs:     []string{"RFC 4217, Section 12"},
	Logs:     []string{"522 SSL connection failed; session reuse required", "425 Unable to build data connection"},
	Silences: []string{"client-cert-missing", "client-cert-rejected", "server-left"},
	Texts: map[string]string{
		"summary":    "the FTP data connection made a full handshake instead of resuming the control connection's session, and the server closed it",
		"ended":      "the FTP data connection made a full handshake instead of resuming the control connection's session; the server closed it without data and ended the control connection, too",
		"empty":      "closed without data",
		"hello":      "full handshake on the data connection",
		"control":    "the control connection",
		"fix-client": "let the client resume the control connection's session for data connections",
		"fix-server": "do not demand the reuse",
		"decide":     "the replies on the control connection (with a key log)",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.From != decode.Server || c.Progress.serverHello < 0 {
			return nil
		}
		sh, e := c.ServerHello()
		if sh.SelectedPSK >= 0 {
			return nil
		}
		if control := c.controlEnded(); control != nil {
			_, hello := control.ClientHello()
			return &Finding{Confidence: Likely, Summary: T("ftps-session-reuse-required/ended"), Decide: T("ftps-session-reuse-required/decide"),
				Evidence: []Evidence{Proof(e, T("ftps-session-reuse-required/hello")), c.ProveBreak(c.breakText()), Proof(c.lastEvent(), T("ftps-session-reuse-required/empty")),
					Proof(hello, T("ftps-session-reuse-required/control"))}}
		}
		for _, o := range c.SameClient() {
			if o.Upgrade == "ftp" && o.Server.Addr() == c.Server.Addr() && o.Outcome == Completed && c.Upgrade == "" && o.Start.Before(c.Start) {
				_, control := o.ClientHello()
				return &Finding{Confidence: Likely, Summary: T("ftps-session-reuse-required/summary"), Decide: T("ftps-session-reuse-required/decide"),
					Evidence: []Evidence{Proof(e, T("ftps-session-reuse-required/hello")), c.ProveBreak(c.breakText()), Proof(control, T("ftps-session-reuse-required/control"))}}
			}
		}
		return nil
	},
}

// controlEnded returns the FTP control connection of a data connection that
// the server closed without a byte of data after a full handshake, when the
// server ended the control connection directly after that, with its reply and
// without having heard another command. After an empty transfer the session
// would have gone on.
func (c *Case) controlEnded() *Case {
	if c.Leave < 0 || c.Events[c.Leave].From != decode.Server || c.AppData != [2]int{} || c.Transport != decode.TCP || c.Upgrade != "" || c.Progress.keyExchange < 0 {
		return nil
	}
	left := c.Events[c.Leave].Time
	for _, o := range c.SameClient() {
		if o.Upgrade == "ftp" && o.Server.Addr() == c.Server.Addr() && o.Dropped == 0 && o.Start.Before(c.Start) && o.endedAfter(left) {
			return o
		}
	}
	return nil
}

// endedAfter says whether the server ended a connection within seconds of a
// moment, and the client said nothing between.
func (c *Case) endedAfter(moment time.Time) bool {
	for i := range c.Events {
		e := &c.Events[i]
		if !e.Time.After(moment) {
			continue
		}
		switch e.Message.(type) {
		case decode.Close, decode.Reset, decode.Alert:
			return e.From == decode.Server && e.Time.Sub(moment) < 5*time.Second
		case decode.AppData, decode.Encrypted:
			if e.From == decode.Client {
				return false
			}
		}
	}
	return false
}

// lastEvent is the end of a connection.
func (c *Case) lastEvent() *decode.Event { return &c.Events[len(c.Events)-1] }
