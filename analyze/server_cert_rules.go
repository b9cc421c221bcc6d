package analyze

import "tlswhy/decode"

const fullchain = "nginx:   ssl_certificate /etc/ssl/fullchain.pem;   # leaf first, then its issuers\nApache:  SSLCertificateFile /etc/ssl/fullchain.pem\nHAProxy: cat leaf.pem intermediate.pem key.pem > site.pem"

var certExpired = Rule{
	ID: "cert-expired", Family: "server-cert", Title: "Server certificate has expired", Fault: ByServer, Rank: 95,
	Causes: []string{"cert-expired", "cert-chain-expired-cross-root"},
	Explain: `The certificate that the server sent, or one that it was issued with, was past its end of validity when the handshake took place, and the client refused it. Renewed certificates often lie on the disk while the running process, or one server of several, still uses the old one.

An old client may follow a path over a cross-signed root that has expired, though the leaf is fresh.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-expired/fix-server"), Config: "certbot renew && systemctl reload nginx\nopenssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -dates"},
		{Who: ByClient, Text: T("cert-expired/fix-client")},
	},
	Refs:     []string{"RFC 5280, Section 4.1.2.5", "RFC 8446, Section 6.2"},
	Logs:     []string{"certificate has expired", "CERT_HAS_EXPIRED", "ERR_CERT_DATE_INVALID", "SEC_ERROR_EXPIRED_CERTIFICATE", "x509: certificate has expired or is not yet valid", "sslv3 alert certificate expired", "CertificateExpired", "NotAfter"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}, and the client refused it",
		"fix-server": "renew the certificate, load it on every server, and reload the processes",
		"fix-client": "if only old clients fail: update their roots, or drop the expired cross-signed certificate from the chain",
	},
	Check: serverCertCheck("cert-expired"),
}

var certNotYetValid = Rule{
	ID: "cert-not-yet-valid", Family: "server-cert", Title: "Server certificate not yet valid, or the client's clock is wrong", Fault: ByServer, Rank: 95,
	Causes: []string{"cert-not-yet-valid", "client-clock-wrong"},
	Explain: `The certificate's validity begins after the time of the handshake. It was just issued by a machine whose clock is ahead, or it was prepared for later.

When the capture's clock says that the certificate is valid and the client still complains about dates, the client's own clock is wrong.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-not-yet-valid/fix-server")},
		{Who: ByClient, Text: T("cert-not-yet-valid/fix-client"), Config: "timedatectl status"},
	},
	Refs:     []string{"RFC 5280, Section 4.1.2.5"},
	Logs:     []string{"certificate is not yet valid", "CERT_NOT_YET_VALID", "ERR_CERT_DATE_INVALID", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE", "current time is before", "NotBefore"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}, and the client refused it",
		"clock":      "the client says that the certificate for {0} has expired, though it is valid at the time of the capture: the client's clock is wrong",
		"valid":      "the certificate is valid from {0} to {1}",
		"fix-server": "set the clock of the issuing machine; issue certificates with a beginning a little in the past",
		"fix-client": "set the client's clock (NTP)",
		"decide":     "the date on the client",
	},
	Check: func(c *Case) *Finding {
		if f := serverCertCheck("cert-not-yet-valid")(c); f != nil {
			return f
		}
		return clientClock(c)
	},
}

var certSelfSigned = Rule{
	ID: "cert-self-signed", Family: "server-cert", Title: "Server certificate is self-signed", Fault: ByServer, Rank: 95,
	Causes:  []string{"cert-self-signed"},
	Explain: `The server's certificate is its own issuer, so no authority vouches for it, and the client does not know it. That is usual for test servers, appliances and internal services; the TLS library of the server has no part in it.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("cert-self-signed/fix-client"), Config: "curl --cacert server.pem https://HOST/\nNode: NODE_EXTRA_CA_CERTS=server.pem\nJava: keytool -importcert -file server.pem -cacerts"},
		{Who: ByServer, Text: T("cert-self-signed/fix-server")},
	},
	Refs:     []string{"RFC 5280, Section 6.1"},
	Logs:     []string{"self-signed certificate", "self signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_CERT_AUTHORITY_INVALID", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "-30592", "-0x7780"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}, and the client does not trust it",
		"fix-client": "import the certificate into the store that this client uses",
		"fix-server": "use a certificate from an authority that the clients trust",
	},
	Check: serverCertCheck("cert-self-signed"),
}

var certUnknownCA = Rule{
	ID: "cert-unknown-ca", Family: "server-cert", Title: "Issuer not trusted by the client", Fault: ByClient, Rank: 94,
	Causes: []string{"cert-unknown-ca", "cert-ca-rotated-same-name", "k8s-webhook-cabundle"},
	Explain: `The chain that the server sent leads to an authority that the client does not trust. For a private authority the client lacks its root; for a public one the client's set of roots is out of date, or the server sends the wrong chain.

An authority that was set up again under the same name has another key, and certificates of the one are not accepted with the root of the other.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("cert-unknown-ca/fix-client"), Config: "curl --cacert root.pem …;  NODE_EXTRA_CA_CERTS=root.pem;  REQUESTS_CA_BUNDLE=root.pem\nkeytool -importcert -file root.pem -cacerts;  update-ca-certificates"},
		{Who: ByServer, Text: T("cert-unknown-ca/fix-server"), Config: fullchain},
	},
	Refs:     []string{"RFC 5280, Section 6.1", "RFC 8446, Section 4.4.2.4"},
	Logs:     []string{"unable to get local issuer certificate", "x509: certificate signed by unknown authority", "PKIX path building failed", "SEC_ERROR_UNKNOWN_ISSUER", "ERR_CERT_AUTHORITY_INVALID", "UnknownIssuer", "tlsv1 alert unknown ca", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "the client does not trust the issuer of the server's certificate: {0}",
		"says":       "the client says that it does not know the authority of the certificate for {0}; this program's roots have it",
		"issuer":     "issued by {0}",
		"fix-client": "install the authority's root in the store that this client uses",
		"fix-server": "send the complete chain of an authority that the clients trust",
	},
	Check: func(c *Case) *Finding {
		if f := serverCertCheck("cert-unknown-ca")(c); f != nil {
			return f
		}
		return saysUnknownCA(c)
	},
}

var certChainIncomplete = Rule{
	ID: "cert-chain-incomplete", Family: "server-cert", Title: "Intermediate certificate not sent", Fault: ByServer, Rank: 94,
	Causes:  []string{"cert-chain-incomplete"},
	Explain: `The server sent its own certificate without the intermediate that it was issued by. Browsers often find the missing piece by themselves (cache, download), so the site works there and fails in tools.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-chain-incomplete/fix-server"), Config: fullchain},
		{Who: ByClient, Text: T("cert-chain-incomplete/fix-client")},
	},
	Refs:     []string{"RFC 5246, Section 7.4.2", "RFC 8446, Section 4.4.2"},
	Logs:     []string{"unable to verify the first certificate", "unable to get local issuer certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "x509: certificate signed by unknown authority", "PKIX path building failed"},
	Silences: []string{"alert-unexplained", "client-left", "cert-unknown-ca"},
	Texts: map[string]string{
		"summary":    "{0}; the client has no path to a root",
		"fix-server": "let the server send the full chain: its certificate, then the intermediates",
		"fix-client": "as a stopgap, add the intermediate to the client's store",
	},
	Check: serverCertCheck("cert-chain-incomplete"),
}

var certChainOrder = Rule{
	ID: "cert-chain-order", Family: "server-cert", Title: "Chain sent in the wrong order or with surplus certificates", Fault: ByServer, Rank: 5,
	Causes:  []string{"cert-chain-order"},
	Explain: `The certificates do not stand in the order leaf, issuer, issuer's issuer. Nearly all clients sort that out; very old or embedded ones may not.`,
	Fixes:   []Fix{{Who: ByServer, Text: T("cert-chain-order/fix-server"), Config: fullchain}},
	Refs:    []string{"RFC 5246, Section 7.4.2", "RFC 8446, Section 4.4.2"},
	Logs:    []string{"Chain issues: Incorrect order"},
	Texts:   map[string]string{"fix-server": "send the leaf first, then each certificate followed by its issuer"},
	Check: func(c *Case) *Finding {
		ch := c.chainOf(decode.Server)
		for _, p := range ch.problems {
			if p.id == "cert-chain-order" && c.Outcome != Failed {
				return &Finding{Severity: Info, Confidence: Certain, Summary: T("common/accepted", Nested(p.text)), Evidence: []Evidence{Proof(ch.event, p.text)}}
			}
		}
		return nil
	},
}

var certNameMismatch = Rule{
	ID: "cert-name-mismatch", Family: "server-cert", Title: "Certificate is not for the requested name", Fault: ByServer, Rank: 95,
	Causes: []string{"cert-name-mismatch", "cert-no-san", "wrong-vhost-default-certificate", "wrong-host-reached"},
	Explain: `The client asked for one name and the server's certificate is for others. The default site of the server answered, the name was forgotten when the certificate was issued, or the client reached another machine than it meant to.

Names are compared with subjectAltName only: the common name does not count any more, and a wildcard stands for one label.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-name-mismatch/fix-server"), Config: "openssl s_client -connect HOST:443 -servername NAME </dev/null | openssl x509 -noout -ext subjectAltName"},
		{Who: ByClient, Text: T("cert-name-mismatch/fix-client")},
	},
	Refs:     []string{"RFC 9525, Section 6", "RFC 6066, Section 3"},
	Logs:     []string{"Hostname mismatch", "ERR_CERT_COMMON_NAME_INVALID", "ERR_TLS_CERT_ALTNAME_INVALID", "no alternative certificate subject name matches", "No subject alternative DNS name matching", "SSL_ERROR_BAD_CERT_DOMAIN", "x509: certificate is valid for", "relies on legacy Common Name field", "CertNotValidForName"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}; the client refused it",
		"fix-server": "issue the certificate for the requested name too, or give the name its own site",
		"fix-client": "connect with a name that the certificate has; check where the name resolves to",
	},
	Check: serverCertCheck("cert-name-mismatch"),
}

var certRevoked = Rule{
	ID: "cert-revoked", Family: "server-cert", Title: "Stapled OCSP response says revoked", Fault: ByServer, Rank: 96,
	Causes:  []string{"cert-revoked", "revocation-unreachable"},
	Explain: `The certificate was revoked by its authority: the response that the server itself attached says so, or the client found it out and sent certificate_revoked.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("cert-revoked/fix-server")},
	},
	Refs:     []string{"RFC 6960", "RFC 6066, Section 8"},
	Logs:     []string{"certificate revoked", "SEC_ERROR_REVOKED_CERTIFICATE", "CRYPT_E_REVOKED", "ERR_CERT_REVOKED"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}, and the client refused it",
		"says":       "the client says that the server's certificate has been revoked",
		"fix-server": "replace the certificate",
	},
	Check: func(c *Case) *Finding {
		if f := serverCertCheck("cert-revoked")(c); f != nil {
			return f
		}
		if r, ok := c.refusesCertificate(decode.Client); ok && r.alert && r.code == 44 {
			return &Finding{Confidence: Certain, Summary: T("cert-revoked/says"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
		}
		return nil
	},
}

var certMustStaple = Rule{
	ID: "cert-must-staple", Family: "server-cert", Title: "Must-staple certificate without a staple", Fault: ByServer, Rank: 95,
	Causes:   []string{"must-staple-missing"},
	Explain:  `The certificate demands that the server attaches an OCSP response, and the server sent none. Firefox refuses such a handshake; it often happens on the first connections after a restart.`,
	Fixes:    []Fix{{Who: ByServer, Text: T("cert-must-staple/fix-server"), Config: "nginx: ssl_stapling on; ssl_stapling_verify on; resolver 127.0.0.1;"}},
	Refs:     []string{"RFC 7633", "RFC 6066, Section 8"},
	Logs:     []string{"MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}; the client refused it",
		"fix-server": "make stapling work, or use a certificate without the demand",
	},
	Check: serverCertCheck("cert-must-staple"),
}

var certWrongUsage = Rule{
	ID: "cert-wrong-usage", Family: "server-cert", Title: "Certificate may not be used for this", Fault: ByServer, Rank: 95,
	Causes:   []string{"cert-wrong-eku", "cert-key-usage-incompatible", "cert-ca-as-end-entity", "cert-name-constraints"},
	Explain:  `The certificate's extensions do not allow what it is used for: the extended key usage lacks serverAuth, the key usage forbids signatures, the certificate is one of an authority, or an issuing authority may not issue for that name.`,
	Fixes:    []Fix{{Who: ByServer, Text: T("cert-wrong-usage/fix-server"), Config: "OpenSSL: extendedKeyUsage = serverAuth\n         keyUsage = digitalSignature, keyEncipherment"}},
	Refs:     []string{"RFC 5280, Section 4.2.1.12", "RFC 5280, Section 4.2.1.3", "RFC 5280, Section 4.2.1.10"},
	Logs:     []string{"unsuitable certificate purpose", "incompatible key usage", "Extended key usage does not permit use for TLS server authentication", "ERR_SSL_KEY_USAGE_INCOMPATIBLE", "CaUsedAsEndEntity", "InvalidPurpose", "permitted subtree violation", "SEC_ERROR_INADEQUATE_CERT_TYPE"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "{0}; the client refused it",
		"fix-server": "issue the certificate again with the right usages",
	},
	Check: serverCertCheck("cert-wrong-usage"),
}

var certWeakKey = Rule{
	ID: "cert-weak-key", Family: "server-cert", Title: "Key too weak", Fault: ByServer, Rank: 95,
	Causes:   []string{"cert-weak-key"},
	Explain:  `The key in the certificate is smaller than the client accepts; 2048 bits of RSA are the least today.`,
	Fixes:    []Fix{{Who: ByServer, Text: T("cert-weak-key/fix-server")}},
	Refs:     []string{"RFC 9325, Section 4.5"},
	Logs:     []string{"ee key too small", "EE certificate key too weak", "BadSignature", "ERR_CERT_WEAK_KEY"},
	Silences: []string{"alert-unexplained", "client-left", "bad-signature"},
	Texts: map[string]string{
		"summary":    "{0}; the client refused it",
		"fix-server": "issue the certificate again with an RSA key of 2048 bits or more, or an elliptic curve key",
	},
	Check: serverCertCheck("cert-weak-key"),
}

var certWeakSignature = Rule{
	ID: "cert-weak-signature", Family: "server-cert", Title: "Signature algorithm too weak", Fault: ByServer, Rank: 95,
	Causes:   []string{"cert-weak-signature"},
	Explain:  `A certificate of the chain is signed with SHA-1 or MD5, which current clients do not accept.`,
	Fixes:    []Fix{{Who: ByServer, Text: T("cert-weak-signature/fix-server")}},
	Refs:     []string{"RFC 9155", "RFC 9325, Section 4.5"},
	Logs:     []string{"ca md too weak", "CA signature digest algorithm too weak", "ERR_CERT_WEAK_SIGNATURE_ALGORITHM", "Certificates do not conform to algorithm constraints", "cannot verify signature: insecure algorithm SHA1-RSA", "UnsupportedSignatureAlgorithm"},
	Silences: []string{"alert-unexplained", "client-left", "bad-signature"},
	Texts: map[string]string{
		"summary":    "{0}; the client refused it",
		"fix-server": "issue the certificate again with SHA-256",
	},
	Check: serverCertCheck("cert-weak-signature"),
}

var certMalformed = Rule{
	ID: "cert-malformed", Family: "server-cert", Title: "Certificate that strict parsers refuse", Fault: ByServer, Rank: 94,
	Causes:   []string{"cert-unknown-critical-extension"},
	Explain:  `The certificate breaks a rule of X.509 that strict verifiers check (an extension marked critical that nobody understands, a negative serial number, a wrong encoding), and the client refused it.`,
	Fixes:    []Fix{{Who: ByServer, Text: T("cert-malformed/fix-server")}},
	Refs:     []string{"RFC 5280, Section 4.2"},
	Logs:     []string{"unhandled critical extension", "x509: malformed certificate", "BadEncoding", "UnhandledCriticalExtension"},
	Silences: []string{"alert-unexplained", "client-left"},
	Texts: map[string]string{
		"summary":    "the server's certificate is malformed: {0}",
		"fix-server": "issue the certificate again",
	},
	Check: serverCertCheck("cert-malformed"),
}

// clientClock finds a client that takes a valid certificate for expired.
func clientClock(c *Case) *Finding {
	list, r := c.serverVerdict()
	ch := c.chainOf(decode.Server)
	if len(list) > 0 || !r.alert || r.code != 45 || ch.event == nil || len(ch.certs) == 0 || !c.before(ch.event) {
		return nil
	}
	leaf := ch.certs[0]
	return &Finding{Confidence: Likely, Fault: ByClient, Summary: T("cert-not-yet-valid/clock", Identity(leaf.Subject)), Decide: T("cert-not-yet-valid/decide"),
		Evidence: []Evidence{Proof(ch.event, T("cert-not-yet-valid/valid", Time(leaf.NotBefore), Time(leaf.NotAfter))), c.ProveBreak(c.breakText())},
		Causes:   []Cause{{ID: "client-clock-wrong", Text: T("cert-not-yet-valid/clock", Identity(leaf.Subject))}}}
}

// saysUnknownCA finds a client whose roots lack an authority that ours have.
func saysUnknownCA(c *Case) *Finding {
	list, r := c.serverVerdict()
	ch := c.chainOf(decode.Server)
	if len(list) > 0 || !r.alert || r.code != 48 || ch.event == nil || len(ch.certs) == 0 || !c.before(ch.event) {
		return nil
	}
	leaf := ch.certs[0]
	return &Finding{Confidence: Certain, Summary: T("cert-unknown-ca/says", Identity(leaf.Subject)),
		Evidence: []Evidence{Proof(ch.event, T("cert-unknown-ca/issuer", Identity(leaf.Issuer))), c.ProveBreak(c.breakText())}}
}
