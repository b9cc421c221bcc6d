package analyze

// LogText is how software words a failure in its log or on the screen.
type LogText struct {
	Text     string   // the words that stay the same; letters and digits are compared, nothing else
	Stack    string   // who writes it
	By       Fault    // which side's program says it; ByUnknown when both can
	Findings []string // IDs of what leads to it, most frequent first
}

// says lists several texts of one stack with the same meaning.
func says(stack string, by Fault, findings []string, texts ...string) []LogText {
	list := make([]LogText, len(texts))
	for i, t := range texts {
		list[i] = LogText{t, stack, by, findings}
	}
	return list
}

// LogTexts lists the error texts and codes that --explain knows, besides those
// that carry the name or number of an alert.
func LogTexts() []LogText {
	var all []LogText
	for _, part := range [][]LogText{protocolLogs(), negotiationLogs(), certificateLogs(), clientCertificateLogs(), endingLogs(), messageLogs(), otherLogs()} {
		all = append(all, part...)
	}
	return all
}

func protocolLogs() []LogText {
	notTLS := []string{"tls-to-http-port", "tls-to-banner-service", "tls-to-other-protocol", "middlebox-page", "version-no-overlap"}
	http := []string{"http-to-tls-port"}
	plain := []string{"plaintext-to-tls-port", "http-to-tls-port"}
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	add(says("OpenSSL", ByClient, notTLS, "wrong version number", "0A00010B", "1408F10B", "packet length too long"))
	add(says("BoringSSL, Envoy", ByClient, notTLS, "WRONG_VERSION_NUMBER", "268435703", "TLS_error:|268435703"))
	add(says("Go", ByClient, notTLS, "first record does not look like a TLS handshake"))
	add(says("Go", ByClient, []string{"tls-to-http-port"}, "http: server gave HTTP response to HTTPS client"))
	add(says("NSS, Firefox", ByClient, notTLS, "SSL_ERROR_RX_RECORD_TOO_LONG", "SSL_ERROR_RX_MALFORMED_HANDSHAKE"))
	add(says("Chromium", ByClient, append(append([]string{}, notTLS...), "reset-after-client-hello", "large-client-hello-lost", "version-intolerance"), "ERR_SSL_PROTOCOL_ERROR"))
	add(says("Java", ByClient, notTLS, "Unsupported or unrecognized SSL message", "Unrecognized SSL message, plaintext connection?"))
	add(says("GnuTLS", ByClient, notTLS, "An unexpected TLS packet was received", "A record packet with illegal version was received"))
	add(says("rustls", ByClient, notTLS, "InvalidMessage(InvalidContentType)", "received corrupt message of type InvalidContentType"))
	add(says("Mbed TLS", ByClient, notTLS, "-0x7200", "-29184", "An invalid SSL record was received"))
	add(says("OpenSSL", ByServer, http, "http request", "0A00009C", "1407609C", "https proxy request", "0A00009B"))
	add(says("nginx", ByServer, http, "The plain HTTP request was sent to HTTPS port", "client sent plain HTTP request to HTTPS port"))
	add(says("Apache", ByServer, http, "speaking plain HTTP to an SSL-enabled server port", "AH01996"))
	add(says("Go", ByServer, http, "Client sent an HTTP request to an HTTPS server"))
	add(says("Netty, Elasticsearch", ByServer, http, "not an SSL/TLS record: 474554", "received plaintext http traffic on an https channel", "not an SSL/TLS record: 504f5354"))
	add(says("Envoy", ByServer, http, "HTTP_REQUEST"))
	add(says("Netty, Elasticsearch", ByServer, plain, "not an SSL/TLS record", "NotSslRecordException"))
	add(says("MongoDB", ByServer, plain, "The server is configured to only allow SSL connections"))
	add(says("MongoDB", ByServer, []string{"tls-to-other-protocol"}, "SSL handshake received but server is started without SSL support"))
	add(says("Elasticsearch", ByServer, []string{"tls-to-other-protocol"}, "invalid internal transport message format, got (16,3,1"))
	add(says("Kafka", ByServer, []string{"tls-to-other-protocol"}, "Invalid receive (size = 369295616", "InvalidReceiveException: Invalid receive (size = 369296128"))
	add(says("nginx", ByServer, []string{"proxy-protocol-missing"}, `broken header: "\x16\x03`, "while reading PROXY protocol"))
	add(says("HTTP clients", ByClient, []string{"connect-refused"}, "407 Proxy Authentication Required", "Tunnel connection failed", "tunneling socket could not be established", "ERR_TUNNEL_CONNECTION_FAILED", "CONNECT tunnel failed, response"))
	add(says("mail clients", ByClient, []string{"starttls-not-offered", "starttls-stripped"}, "STARTTLS required but not advertised", "STARTTLS is required, but host", "STARTTLS extension not supported by server", "Must issue a STARTTLS command first"))
	add(says("mail servers", ByServer, []string{"starttls-refused"}, "454 TLS not available", "TLS unavailable", "TLS not available due to temporary reason", "TLS not available due to local problem"))
	add(says("PostgreSQL", ByClient, []string{"starttls-refused"}, "server does not support SSL, but SSL was required", "SSL is not enabled on the server"))
	add(says("MySQL", ByClient, []string{"starttls-not-offered"}, "SSL is required but the server doesn't support it", "SSL connection error: SSL is required"))
	add(says("SQL Server", ByClient, []string{"version-no-overlap", "starttls-framing-mismatch", "server-left"}, "error occurred during the pre-login handshake"))
	add(says("RDP clients", ByClient, []string{"starttls-refused"}, "HYBRID_REQUIRED_BY_SERVER", "Protocol Security Negotiation Failure"))
	add(says("LDAP clients", ByClient, []string{"starttls-refused", "cert-unknown-ca"}, "ldap_start_tls"))
	add(says("FTP servers", ByServer, []string{"ftps-session-reuse-required"}, "session reuse required", "522 SSL connection failed", "425 Unable to build data connection: TLS session of data connection not resumed", "TLS session of data connection has not resumed"))
	return l
}

func negotiationLogs() []LogText {
	cipher := []string{"cipher-no-overlap", "cert-type-no-overlap", "dhe-only-server", "rsa-kex-only-server", "sigalg-no-overlap", "tlcp-mismatch"}
	version := []string{"version-no-overlap"}
	nothing := []string{"version-no-overlap", "cipher-no-overlap", "dhe-only-server", "rsa-kex-only-server", "cert-type-no-overlap", "sni-unknown"}
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	add(says("OpenSSL", ByServer, cipher, "no shared cipher", "0A0000C1", "1417A0C1", "1408A0C1"))
	add(says("BoringSSL", ByServer, cipher, "NO_SHARED_CIPHER", "NO_COMMON_SIGNATURE_ALGORITHMS"))
	add(says("NSS, Firefox", ByClient, cipher, "SSL_ERROR_NO_CYPHER_OVERLAP"))
	add(says("NSS", ByClient, version, "SSL_ERROR_UNSUPPORTED_VERSION", "SSL_ERROR_PROTOCOL_VERSION_ALERT"))
	add(says("Chromium", ByClient, nothing, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"))
	add(says("Java", ByServer, cipher, "no cipher suites in common"))
	add(says("Go", ByServer, cipher, "no cipher suite supported by both client and server"))
	add(says("rustls", ByServer, cipher, "NoCipherSuitesInCommon", "PeerIncompatible(NoCipherSuitesInCommon)"))
	add(says("rustls", ByServer, []string{"group-no-overlap", "dhe-only-server"}, "NoKxGroupsInCommon"))
	add(says("rustls", ByClient, []string{"unoffered-choice"}, "SelectedUnofferedKxGroup", "SelectedUnofferedCipherSuite", "SelectedUnofferedApplicationProtocol", "PeerMisbehaved"))
	add(says("rustls", ByClient, version, "ServerDoesNotSupportTls12Or13"))
	add(says("rustls", ByServer, version, "Tls12NotOffered", "Tls12NotOfferedOrEnabled", "ServerTlsVersionIsDisabledByOurConfig"))
	add(says("rustls", ByServer, []string{"sigalg-no-overlap", "cert-type-no-overlap"}, "NoSignatureSchemesInCommon", "NoCertificateRequestSignatureSchemesInCommon"))
	add(says("GnuTLS", ByServer, cipher, "No supported cipher suites have been found", "No or insufficient priorities were set"))
	add(says("Mbed TLS", ByServer, cipher, "-0x7380", "-0x6E00", "no ciphersuites in common"))
	add(says("Schannel, Windows", ByUnknown, nothing, "0x80090331", "SEC_E_ALGORITHM_MISMATCH", "The client and server cannot communicate, because they do not possess a common algorithm", "Could not create SSL/TLS secure channel"))
	add(says("Schannel, Windows", ByServer, nothing, "event 36874", "An SSL 3.0 connection request was received from a remote client application, but none of the cipher suites"))
	add(says("OpenSSL", ByUnknown, version, "unsupported protocol", "0A000102", "1425F102", "14209102", "no protocols available", "0A0000BF", "version too low", "0A00018C"))
	add(says("BoringSSL", ByUnknown, version, "UNSUPPORTED_PROTOCOL"))
	add(says("Go", ByServer, version, "client offered only unsupported versions"))
	add(says("Go", ByClient, version, "server selected unsupported protocol version"))
	add(says("Java", ByServer, version, "Client requested protocol"))
	add(says("Java", ByClient, version, "is not accepted by client preferences", "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)"))
	add(says("GnuTLS", ByUnknown, version, "A packet with illegal or unsupported version was received"))
	add(says("Mbed TLS", ByUnknown, version, "-0x6E80", "-0x7E80"))
	add(says("OpenSSL", ByServer, []string{"sigalg-no-overlap", "cert-type-no-overlap", "internal-error"}, "no suitable signature algorithm", "0A000076", "no shared signature algorithms", "0A000178", "wrong signature type", "0A000172"))
	add(says("OpenSSL", ByServer, []string{"group-no-overlap", "hello-retry-failed"}, "no suitable key share", "no suitable groups", "no shared groups"))
	add(says("OpenSSL", ByUnknown, []string{"hello-retry-failed", "unoffered-choice"}, "bad key share", "0A00006C"))
	add(says("OpenSSL", ByClient, []string{"unoffered-choice"}, "wrong cipher returned", "0A000105", "wrong curve", "0A00017A"))
	add(says("Go", ByClient, []string{"unoffered-choice"}, "server chose an unconfigured cipher suite", "server selected unsupported group", "server selected unadvertised ALPN protocol"))
	add(says("OpenSSL", ByClient, []string{"dh-key-too-small"}, "dh key too small", "0A00018A", "141A318A"))
	add(says("Chromium", ByClient, []string{"dh-key-too-small"}, "ERR_SSL_WEAK_SERVER_EPHEMERAL_DH_KEY"))
	add(says("NSS, Firefox", ByClient, []string{"dh-key-too-small"}, "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY"))
	add(says("GnuTLS", ByClient, []string{"dh-key-too-small"}, "The Diffie-Hellman prime sent by the server is not acceptable"))
	add(says("Java", ByClient, []string{"dh-key-too-small"}, "DH ServerKeyExchange does not comply to algorithm constraints"))
	add(says("OpenSSL", ByClient, []string{"renegotiation-unsupported"}, "unsafe legacy renegotiation disabled", "0A000152", "1425F152"))
	add(says("NSS, Firefox", ByClient, []string{"renegotiation-unsupported"}, "SSL_ERROR_UNSAFE_NEGOTIATION"))
	add(says("GnuTLS", ByClient, []string{"renegotiation-unsupported"}, "Safe renegotiation failed"))
	add(says("Envoy, BoringSSL", ByClient, []string{"renegotiation-unsupported"}, "NO_RENEGOTIATION"))
	add(says("OpenSSL", ByServer, []string{"inappropriate-fallback"}, "inappropriate fallback", "0A000175"))
	add(says("Chromium", ByClient, []string{"inappropriate-fallback"}, "ERR_SSL_INAPPROPRIATE_FALLBACK", "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT"))
	add(says("Go, Java, Chromium", ByClient, []string{"downgrade-detected"}, "downgrade attempt detected", "A potential protocol version downgrade attack", "ERR_TLS13_DOWNGRADE_DETECTED", "tls13 downgrade"))
	add(says("OpenSSL", ByServer, []string{"missing-extension", "sigalg-no-overlap"}, "missing sigalgs extension", "0A000070"))
	add(says("OpenSSL", ByUnknown, []string{"ems-required", "resumption-refused"}, "inconsistent extms", "0A000068", "ems not enabled"))
	add(says("OpenSSL", ByServer, []string{"resumption-refused"}, "session id context uninitialized", "0A000115"))
	add(says("Go", ByServer, []string{"resumption-refused"}, "session supported extended_master_secret but client does not"))
	add(says("Go", ByServer, []string{"alpn-no-overlap"}, "client requested unsupported application protocols"))
	add(says("Java", ByServer, []string{"alpn-no-overlap"}, "No matching application layer protocol values"))
	add(says("rustls", ByServer, []string{"alpn-no-overlap"}, "NoApplicationProtocol"))
	add(says("gRPC", ByClient, []string{"alpn-no-overlap"}, "Failed ALPN negotiation", "missing selected ALPN property", "Cannot check peer: missing selected ALPN property"))
	add(says("QUIC", ByClient, []string{"alpn-no-overlap"}, "0x178", "CRYPTO_ERROR 0x178", "no_application_protocol (0x178)"))
	add(says("ACME", ByServer, []string{"alpn-no-overlap"}, "Cannot negotiate ALPN protocol \"acme-tls/1\""))
	add(says("Go, Caddy", ByServer, []string{"sni-unknown", "sni-missing"}, "no certificate available for", "no certificates configured"))
	add(says("Chromium, Firefox", ByClient, []string{"sni-unknown", "sni-missing"}, "ERR_SSL_UNRECOGNIZED_NAME_ALERT", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT"))
	add(says("Java", ByClient, []string{"sni-warning", "sni-unknown"}, "handshake alert: unrecognized_name"))
	add(says("Java", ByServer, []string{"sni-unknown"}, "Illegal server name", "Unrecognized server name indication"))
	add(says("Chromium, Go, OpenSSL", ByClient, []string{"ech-rejected"}, "ERR_ECH_NOT_NEGOTIATED", "ERR_ECH_FALLBACK_CERTIFICATE_INVALID", "server rejected ECH", "ech required"))
	add(says("Tongsuo, GmSSL", ByServer, []string{"tlcp-mismatch", "cipher-no-overlap"}, "tls_post_process_client_hello_ntls", "ntls"))
	return l
}

func certificateLogs() []LogText {
	issuer := []string{"cert-unknown-ca", "cert-chain-incomplete", "tls-interception"}
	anything := []string{"cert-unknown-ca", "cert-chain-incomplete", "cert-self-signed", "cert-expired", "cert-name-mismatch", "tls-interception"}
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	add(says("OpenSSL", ByUnknown, anything, "certificate verify failed", "0A000086", "1416F086", "14090086"))
	add(says("curl", ByClient, anything, "curl: (60)", "SSL certificate problem", "SEC_E_UNTRUSTED_ROOT", "0x80090325"))
	add(says("OpenSSL", ByClient, issuer, "unable to get local issuer certificate", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get issuer certificate"))
	add(says("OpenSSL, Node", ByClient, []string{"cert-chain-incomplete", "cert-unknown-ca"}, "unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"))
	add(says("Go", ByClient, issuer, "certificate signed by unknown authority"))
	add(says("Java", ByClient, issuer, "PKIX path building failed", "unable to find valid certification path to requested target"))
	add(says("rustls", ByClient, issuer, "UnknownIssuer", "invalid peer certificate: UnknownIssuer"))
	add(says("GnuTLS", ByClient, issuer, "The certificate issuer is unknown", "certificate is NOT trusted"))
	add(says("NSS, Firefox", ByClient, issuer, "SEC_ERROR_UNKNOWN_ISSUER", "SEC_ERROR_UNTRUSTED_ISSUER"))
	add(says("Chromium", ByClient, []string{"cert-unknown-ca", "cert-self-signed", "cert-chain-incomplete", "tls-interception", "browser-retry"}, "ERR_CERT_AUTHORITY_INVALID"))
	add(says("Apple", ByClient, []string{"cert-unknown-ca", "cert-self-signed", "cert-name-mismatch"}, "errSSLXCertChainInvalid", "-9807", "-1202", "NSURLErrorServerCertificateUntrusted", "-9813"))
	add(says("Schannel, .NET", ByClient, []string{"cert-unknown-ca", "cert-name-mismatch", "cert-chain-incomplete"}, "The remote certificate is invalid according to the validation procedure", "RemoteCertificateChainErrors", "RemoteCertificateNameMismatch", "PartialChain", "UntrustedRoot"))
	add(says("Mbed TLS", ByClient, anything, "-0x2700", "-9984", "X509 - Certificate verification failed"))
	add(says("OpenSSL, Node", ByClient, []string{"cert-self-signed", "tls-interception"}, "self-signed certificate in certificate chain", "SELF_SIGNED_CERT_IN_CHAIN"))
	add(says("OpenSSL, Node", ByClient, []string{"cert-self-signed"}, "self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"))
	add(says("Firefox", ByClient, []string{"cert-self-signed"}, "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"))
	add(says("OpenSSL, Node, Go", ByClient, []string{"cert-expired"}, "certificate has expired", "CERT_HAS_EXPIRED", "certificate has expired or is not yet valid"))
	add(says("Java", ByClient, []string{"cert-expired"}, "CertificateExpiredException", "NotAfter:"))
	add(says("rustls", ByClient, []string{"cert-expired"}, "invalid peer certificate: Expired", "InvalidCertificate(Expired)"))
	add(says("GnuTLS", ByClient, []string{"cert-expired"}, "The certificate chain uses expired certificate"))
	add(says("Firefox", ByClient, []string{"cert-expired"}, "SEC_ERROR_EXPIRED_CERTIFICATE", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"))
	add(says("Chromium", ByClient, []string{"cert-expired", "cert-not-yet-valid"}, "ERR_CERT_DATE_INVALID"))
	add(says("Schannel", ByClient, []string{"cert-expired", "cert-not-yet-valid"}, "SEC_E_CERT_EXPIRED", "0x80090328", "CERT_E_EXPIRED", "0x800B0101"))
	add(says("OpenSSL", ByClient, []string{"cert-not-yet-valid"}, "certificate is not yet valid", "CERT_NOT_YET_VALID"))
	add(says("Java", ByClient, []string{"cert-not-yet-valid"}, "CertificateNotYetValidException"))
	add(says("rustls, Firefox", ByClient, []string{"cert-not-yet-valid"}, "NotValidYet", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE", "The certificate chain uses not yet valid certificate"))
	add(says("Python, OpenSSL", ByClient, []string{"cert-name-mismatch"}, "Hostname mismatch", "hostname mismatch, certificate is not valid for", "IP address mismatch"))
	add(says("Node", ByClient, []string{"cert-name-mismatch"}, "ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames"))
	add(says("curl", ByClient, []string{"cert-name-mismatch"}, "no alternative certificate subject name matches", "SEC_E_WRONG_PRINCIPAL", "0x80090322", "does not match target host name"))
	add(says("Java", ByClient, []string{"cert-name-mismatch"}, "No subject alternative DNS name matching", "No subject alternative names present", "No name matching"))
	add(says("Go", ByClient, []string{"cert-name-mismatch"}, "x509: certificate is valid for", "x509: cannot validate certificate for", "doesn't contain any IP SANs", "relies on legacy Common Name field"))
	add(says("rustls", ByClient, []string{"cert-name-mismatch"}, "NotValidForName"))
	add(says("GnuTLS", ByClient, []string{"cert-name-mismatch"}, "The name in the certificate does not match the expected"))
	add(says("Chromium, Firefox", ByClient, []string{"cert-name-mismatch"}, "ERR_CERT_COMMON_NAME_INVALID", "SSL_ERROR_BAD_CERT_DOMAIN"))
	add(says("all", ByClient, []string{"cert-revoked"}, "SEC_ERROR_REVOKED_CERTIFICATE", "CRYPT_E_REVOKED", "0x80092010", "ERR_CERT_REVOKED", "certificate revoked", "CertificateRevokedException"))
	add(says("Firefox", ByClient, []string{"cert-revoked", "cert-rejected"}, "SEC_ERROR_OCSP_OLD_RESPONSE", "SEC_ERROR_OCSP_BAD_SIGNATURE", "SEC_ERROR_OCSP_INVALID_SIGNING_CERT"))
	add(says("Firefox", ByClient, []string{"cert-must-staple"}, "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING", "MOZILLA_PKIX_ERROR_OCSP_RESPONSE_FOR_CERT_MISSING"))
	add(says("Schannel, curl", ByClient, []string{"cert-revoked"}, "CRYPT_E_NO_REVOCATION_CHECK", "0x80092012", "CRYPT_E_REVOCATION_OFFLINE", "0x80092013"))
	add(says("OpenSSL", ByUnknown, []string{"cert-wrong-usage", "client-cert-wrong-usage"}, "unsuitable certificate purpose", "unsupported certificate purpose", "INVALID_PURPOSE"))
	add(says("Go, Java", ByUnknown, []string{"cert-wrong-usage", "client-cert-wrong-usage"}, "certificate specifies an incompatible key usage", "Extended key usage does not permit use for TLS server authentication", "Extended key usage does not permit use for TLS client authentication"))
	add(says("Chromium, GnuTLS, Firefox", ByClient, []string{"cert-wrong-usage"}, "ERR_SSL_KEY_USAGE_INCOMPATIBLE", "Key usage violation in certificate has been detected", "SEC_ERROR_INADEQUATE_KEY_USAGE", "SEC_ERROR_INADEQUATE_CERT_TYPE"))
	add(says("rustls", ByClient, []string{"cert-wrong-usage"}, "CaUsedAsEndEntity", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY", "InvalidPurpose"))
	add(says("all", ByClient, []string{"cert-wrong-usage"}, "permitted subtree violation", "excluded subtree violation", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE", "is not authorized to sign for this name"))
	add(says("OpenSSL", ByUnknown, []string{"cert-weak-signature", "client-cert-weak"}, "ca md too weak", "0A00018E"))
	add(says("OpenSSL", ByUnknown, []string{"cert-weak-key", "client-cert-weak"}, "ee key too small", "0A00018F", "ca key too small", "0A00018D"))
	add(says("Chromium, Firefox, Java", ByClient, []string{"cert-weak-signature", "cert-weak-key"}, "ERR_CERT_WEAK_SIGNATURE_ALGORITHM", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "Certificates do not conform to algorithm constraints", "ERR_CERT_WEAK_KEY", "insecure algorithm SHA1-RSA", "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE"))
	add(says("all", ByClient, []string{"cert-malformed"}, "unhandled critical extension", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", "UnsupportedCertVersion", "BadEncoding", "x509: malformed", "x509: negative serial number"))
	add(says("Chromium", ByClient, []string{"cert-rejected"}, "ERR_CERTIFICATE_TRANSPARENCY_REQUIRED", "ERR_CERT_SYMANTEC_LEGACY", "ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN"))
	add(says("OkHttp, mitmproxy", ByClient, []string{"cert-rejected", "tls-interception"}, "Certificate pinning failure", "The client does not trust the proxy's certificate"))
	return l
}

func clientCertificateLogs() []LogText {
	missing := []string{"client-cert-missing", "client-cert-no-ca-match"}
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	add(says("OpenSSL", ByServer, missing, "peer did not return a certificate", "0A0000C7", "1417C0C7"))
	add(says("Chromium, Firefox", ByClient, missing, "ERR_BAD_SSL_CLIENT_AUTH_CERT", "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "ERR_SSL_CLIENT_AUTH_CERT_NEEDED"))
	add(says("nginx", ByServer, missing, "No required SSL certificate was sent", "client sent no required SSL certificate"))
	add(says("nginx", ByServer, []string{"client-cert-unknown-ca", "client-cert-expired"}, "The SSL certificate error", "client SSL certificate verify error"))
	add(says("Go", ByServer, missing, "client didn't provide a certificate"))
	add(says("Java", ByServer, missing, "Empty client certificate chain", "Empty server certificate chain"))
	add(says("rustls", ByServer, missing, "peer sent no certificates", "NoCertificatesPresented"))
	add(says("GnuTLS", ByServer, missing, "No certificate was found", "The peer did not send any certificate"))
	add(says("Mbed TLS", ByServer, missing, "-0x7480"))
	add(says("client software", ByClient, []string{"client-cert-missing", "internal-error"}, "CKR_MECHANISM_INVALID", "NTE_NOT_SUPPORTED", "Cannot produce CertificateVerify signature", "failed to sign handshake", "tls_construct_cert_verify"))
	add(says("Schannel", ByServer, []string{"client-cert-no-ca-match", "message-too-long"}, "event 36885", "list has grown too long"))
	return l
}

func endingLogs() []LogText {
	reset := []string{"reset-after-client-hello", "middlebox-reset", "reset-before-client-hello", "tcp-connection-refused", "server-left"}
	closed := []string{"close-after-client-hello", "server-left", "sni-missing", "sni-unknown", "middlebox-close", "cert-rejected"}
	slow := []string{"server-silent", "client-hello-lost", "large-client-hello-lost", "server-flight-lost", "server-stalled", "tcp-syn-timeout"}
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	add(says("all", ByClient, []string{"tcp-connection-refused"}, "Connection refused", "ECONNREFUSED", "ERR_CONNECTION_REFUSED", "curl: (7)", "PR_CONNECT_REFUSED_ERROR"))
	add(says("all", ByUnknown, reset, "Connection reset by peer", "ECONNRESET", "ERR_CONNECTION_RESET", "PR_CONNECT_RESET_ERROR", "Connection was reset", "forcibly closed by the remote host", "errno=104", "WSAECONNRESET", "-0x0050", "-0x50"))
	add(says("OpenSSL, curl", ByUnknown, append(append([]string{}, reset...), "close-after-client-hello"), "SSL_ERROR_SYSCALL", "OpenSSL SSL_connect: SSL_ERROR_SYSCALL"))
	add(says("OpenSSL", ByUnknown, closed, "unexpected eof while reading", "0A000126", "EOF occurred in violation of protocol"))
	add(says("Firefox", ByClient, closed, "PR_END_OF_FILE_ERROR"))
	add(says("Chromium", ByClient, closed, "ERR_CONNECTION_CLOSED", "ERR_EMPTY_RESPONSE"))
	add(says("Java", ByUnknown, closed, "Remote host terminated the handshake", "Remote host closed connection during handshake", "SSL peer shut down incorrectly"))
	add(says("Node", ByClient, closed, "Client network socket disconnected before secure TLS connection was established"))
	add(says("rustls", ByUnknown, closed, "tls handshake eof", "peer closed connection without sending TLS close_notify"))
	add(says("GnuTLS", ByUnknown, closed, "The TLS connection was non-properly terminated", "Error in the push function", "Error in the pull function"))
	add(says("Mbed TLS", ByUnknown, closed, "-0x7280", "The connection indicated an EOF"))
	add(says("nginx", ByServer, []string{"client-left", "cert-rejected", "connection-probe"}, "peer closed connection in SSL handshake"))
	add(says("Go", ByServer, []string{"client-left", "connection-probe", "cert-rejected"}, "TLS handshake error from"))
	add(says("stunnel", ByUnknown, closed, "Socket is closed", "Peer suddenly disconnected"))
	add(says("Apple", ByClient, closed, "errSSLClosedAbort", "-9806", "errSSLClosedNoNotify", "-9816", "-1200"))
	add(says("Go", ByClient, slow, "net/http: TLS handshake timeout"))
	add(says("all", ByUnknown, slow, "handshake timed out", "The handshake operation timed out", "SSL connection timeout", "ERR_TIMED_OUT", "curl: (28)", "TLS handshake timeout"))
	add(says("all", ByClient, []string{"tcp-syn-timeout", "icmp-unreachable"}, "Connection timed out", "ETIMEDOUT", "ERR_CONNECTION_TIMED_OUT", "i/o timeout"))
	add(says("all", ByClient, []string{"icmp-unreachable"}, "No route to host", "EHOSTUNREACH", "Network is unreachable", "ENETUNREACH", "ERR_ADDRESS_UNREACHABLE"))
	return l
}

func messageLogs() []LogText {
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	mac := []string{"bad-record-mac", "altered-in-transit", "psk-wrong-key"}
	signature := []string{"bad-signature", "altered-in-transit"}
	add(says("OpenSSL", ByUnknown, mac, "decryption failed or bad record mac", "0A000119", "1408F119", "digest check failed", "0A000095"))
	add(says("Mbed TLS", ByUnknown, mac, "-0x7180", "Verification of the message MAC failed"))
	add(says("OpenSSL", ByUnknown, []string{"psk-wrong-key"}, "binder does not verify", "0A0000FD"))
	add(says("OpenSSL", ByUnknown, []string{"psk-unknown"}, "psk identity not found", "0A0000DF"))
	add(says("all", ByUnknown, signature, "bad signature", "0A00007B", "invalid signature by the server certificate", "BadSignature", "Invalid ECDH ServerKeyExchange signature", "InvalidCertificate(BadSignature)"))
	add(says("all", ByUnknown, []string{"message-too-long"}, "excessive message size", "0A000098", "handshake data size is too large", "exceeds the maximum allowed size", "HandshakePayloadTooLarge", "The handshake data size is too large"))
	add(says("all", ByUnknown, []string{"unexpected-message"}, "unexpected message", "-0x7700", "0A0000F4", "received unexpected handshake message", "InappropriateHandshakeMessage", "InappropriateMessage"))
	add(says("all", ByUnknown, []string{"decode-error"}, "length mismatch", "0A00009F", "bad extension", "0A00006E", "MissingData", "InvalidMessage(", "A TLS packet with unexpected length was received"))
	add(says("Mbed TLS", ByServer, []string{"decode-error", "message-too-long", "version-intolerance"}, "-0x7080", "-0x7900", "handshake fragmentation not supported"))
	add(says("OpenSSL", ByUnknown, []string{"internal-error", "version-no-overlap"}, "internal error", "0A0C0103", "tls_process_key_exchange:internal error"))
	return l
}

func otherLogs() []LogText {
	var l []LogText
	add := func(more []LogText) { l = append(l, more...) }
	anyAlert := []string{"cert-rejected", "cert-unknown-ca", "cipher-no-overlap", "version-no-overlap", "client-cert-missing"}
	add(says("Mbed TLS", ByUnknown, anyAlert, "-30592", "-0x7780", "A fatal alert message was received from our peer"))
	add(says("GnuTLS", ByUnknown, anyAlert, "A TLS fatal alert has been received"))
	add(says("Schannel, Windows", ByUnknown, anyAlert, "0x80090326", "SEC_E_ILLEGAL_MESSAGE", "message received was unexpected or badly formatted"))
	add(says("curl", ByClient, append(append([]string{}, anyAlert...), "reset-after-client-hello", "close-after-client-hello", "tls-to-http-port"), "curl: (35)"))
	add(says("Cloudflare", ByClient, []string{"version-no-overlap", "cipher-no-overlap", "sni-unknown", "server-silent"}, "Error code 525", "SSL handshake failed Error code 525"))
	add(says("Cloudflare", ByClient, []string{"cert-expired", "cert-name-mismatch", "cert-unknown-ca", "cert-self-signed"}, "Error code 526", "Invalid SSL certificate Error code 526"))
	add(says("QUIC", ByClient, []string{"quic-version-no-overlap"}, "no compatible version found", "NO_COMPATIBLE_QUIC_VERSION"))
	add(says("QUIC", ByClient, []string{"quic-no-answer", "quic-closed", "alpn-no-overlap"}, "ERR_QUIC_PROTOCOL_ERROR", "ERR_QUIC_HANDSHAKE_FAILED", "timeout: no recent network activity", "timeout: handshake did not complete in time"))
	add(says("QUIC", ByUnknown, []string{"quic-closed"}, "INVALID_TOKEN", "CRYPTO_ERROR", "TRANSPORT_PARAMETER_ERROR", "PROTOCOL_VIOLATION"))
	add(says("FreeRADIUS", ByServer, []string{"cert-unknown-ca", "cert-rejected"}, "TLS Alert read:fatal:unknown CA", "TLS Alert read:fatal"))
	add(says("FreeRADIUS", ByServer, []string{"client-cert-rejected", "client-cert-unknown-ca"}, "TLS Alert write:fatal"))
	add(says("OpenVPN", ByUnknown, []string{"dtls-flight-lost", "client-hello-lost", "tcp-syn-timeout"}, "TLS key negotiation failed to occur within 60 seconds"))
	return l
}
