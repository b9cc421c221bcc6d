"""Near misses: what looks like a finding and is another thing, by finding. record.py writes them into the .want files.

A test demands one for every finding of the catalogue, beside a capture that shows it."""

NEAR = {
    # the path
    "tcp-syn-timeout": "network/refused", "tcp-connection-refused": "network/syn-unanswered", "icmp-unreachable": "network/frag-needed-heals",
    "client-hello-lost": "network/loss-heals", "large-client-hello-lost": "network/client-hello-dropped", "server-flight-lost": "ending/server-stalled",
    "one-way-path": "network/syn-unanswered", "nat-state-lost": "ending/rst-after-client-hello", "packet-loss": "network/loss-heals",
    # endings
    "server-silent": "network/client-hello-dropped", "server-stalled": "network/server-flight-lost", "reset-before-client-hello": "ending/connection-probe",
    "close-after-client-hello": "ending/server-left-after-hello", "server-left": "ending/fin-after-client-hello", "client-left": "ending/client-silent",
    "client-cancelled": "ending/client-left-after-hello", "client-silent": "ending/connection-probe", "connection-probe": "ending/client-silent",
    # what sits on the path
    "middlebox-alert": "negotiation/cipher-openssl-nginx", "middlebox-page": "protocol/tls-on-http-port-nginx", "altered-in-transit": "network/loss-heals",
    # other protocols
    "http-to-tls-port": "healthy/http-on-http-port", "tls-to-http-port": "middlebox/captive-portal", "tls-to-banner-service": "starttls/smtp-healthy-curl-postfix",
    "tls-to-other-protocol": "protocol/tls-to-ssh", "plaintext-to-tls-port": "message/record-overflow-openssl", "proxy-protocol-missing": "ending/rst-after-client-hello",
    "proxy-protocol-unexpected": "protocol/proxy-protocol-v1-healthy-nginx", "connect-refused": "protocol/connect-healthy-tinyproxy",
    # upgrades
    "starttls-not-offered": "starttls/smtp-stripped", "starttls-refused": "starttls/imap-not-offered-dovecot", "starttls-stripped": "starttls/smtp-not-offered-postfix",
    "starttls-framing-mismatch": "starttls/postgres-refused-psql", "ftps-session-reuse-required": "starttls/ftp-healthy-curl-vsftpd",
    # negotiation
    "dhe-only-server": "negotiation/rsa-kex-only-rustls-beside-openssl", "rsa-kex-only-server": "negotiation/dhe-only-rustls-beside-openssl",
    "cert-type-no-overlap": "negotiation/cipher-openssl-nginx", "group-no-overlap": "healthy/hello-retry", "sigalg-no-overlap": "negotiation/group-openssl-tls13",
    "alpn-no-overlap": "quic/healthy-go", "sni-missing": "negotiation/sni-unknown-nginx", "sni-unknown": "negotiation/sni-missing-nginx",
    "sni-warning": "negotiation/sni-unknown-nginx", "inappropriate-fallback": "negotiation/version-old-client-nginx",
    "downgrade-detected": "negotiation/version-client-refuses-server-hello", "version-intolerance": "negotiation/version-new-client-go",
    "dh-key-too-small": "healthy/ffdhe-rsa", "unoffered-choice": "negotiation/dh-too-small", "renegotiation-unsupported": "negotiation/unoffered-suite-go",
    "ems-required": "negotiation/renegotiation-info-missing-openssl", "missing-extension": "negotiation/sigalg-openssl-tls13", "hello-retry-failed": "healthy/hello-retry",
    "psk-unknown": "healthy/resumption-tls13", "psk-wrong-key": "healthy/resumption-tls13", "resumption-refused": "healthy/resumption-tls12", "ech-rejected": "healthy/ech-go",
    # messages
    "decode-error": "message/unexpected-message-openssl", "unexpected-message": "message/decode-error-nginx", "record-overflow": "message/too-long-go",
    "bad-record-mac": "message/bad-signature-altered", "bad-signature": "message/bad-record-mac-client-finished", "message-too-long": "message/record-overflow-openssl",
    "internal-error": "message/alert-unexplained-curl",
    # certificates
    "cert-not-yet-valid": "server-cert/expired-curl-tls12", "cert-self-signed": "server-cert/unknown-ca-go-tls12", "cert-unknown-ca": "server-cert/self-signed-openssl-tls12",
    "cert-chain-incomplete": "server-cert/unknown-ca-go-tls12", "cert-chain-order": "server-cert/missing-intermediate-curl-tls12",
    "cert-name-mismatch": "server-cert/wrong-usage-openssl-tls12", "cert-revoked": "server-cert/must-staple-gnutls-tls12", "cert-must-staple": "server-cert/revoked-staple-gnutls-tls12",
    "cert-wrong-usage": "client-cert/wrong-usage-haproxy-tls12", "cert-weak-key": "server-cert/weak-signature-curl-tls12", "cert-weak-signature": "server-cert/weak-key-curl-tls12",
    "cert-malformed": "server-cert/wrong-usage-openssl-tls12", "cert-rejected": "server-cert/expired-go-tls13-keys",
    "client-cert-missing": "healthy/mtls-tls12", "client-cert-no-ca-match": "client-cert/missing-tls12-openssl", "client-cert-unknown-ca": "client-cert/expired-haproxy-tls12",
    "client-cert-expired": "client-cert/wrong-usage-haproxy-tls12", "client-cert-wrong-usage": "client-cert/expired-haproxy-tls12", "client-cert-weak": "client-cert/unknown-ca-haproxy-tls12",
    "client-cert-rejected": "client-cert/expired-go-tls13-keys",
    # datagrams, stories, what is left
    "quic-no-answer": "quic/healthy-retry-go", "quic-version-no-overlap": "quic/healthy-v2-go", "quic-closed": "quic/healthy-go", "dtls-flight-lost": "dtls/healthy-after-loss",
    "dtls-wrong-address": "dtls/healthy-openssl", "browser-retry": "story/one-bad-among-good", "quic-fallback": "quic/no-answer-dropped",
    "alert-unexplained": "negotiation/cipher-openssl-nginx", "failure-unexplained": "ending/fin-after-client-hello",
}


def near(name, own=""):
    """The near misses of one capture, those that its case names first."""
    ids = own.split()
    return " ".join(ids + [finding for finding, where in NEAR.items() if where == name and finding not in ids])
