"""QUIC and DTLS."""
from cases_basic import CURL, EC, HAND, OSSL, RSA, nginx, vhost
from record import case

QS = "$TOOLS/quicgo -listen :443 -cert $PKI/ec.chain -key $PKI/ec.key"
QC = "$TOOLS/quicgo -connect tls.test:443 -roots $PKI/roots.pem"
DS = "openssl s_server -quiet -dtls1_2 -accept 4433"
DC = "openssl s_client -dtls1_2 -connect 10.31.2.2:4433 -servername tls.test -CAfile $PKI/roots.pem -verify_return_error"
U = "udp.stream==0"
DTLS = ["udp.port==4433,dtls"]
fatal = "dtls.alert_message.level==2"


# --- QUIC

@case("quic/healthy-go", outcome="completed", stream=U, check=["quic.long.packet_type==0", "quic.header_form==0"], twin="-")
def _(lab):
    "quic-go on both sides, version 1."
    lab.serve(QS, udp=True)
    return lab.run(QC)


@case("quic/healthy-v2-go", outcome="completed", stream=U, check=["quic.version==0x6b3343cf", "quic.header_form==0"])
def _(lab):
    "quic-go on both sides, version 2 (RFC 9369)."
    lab.serve(QS + " -versions 2", udp=True)
    return lab.run(QC + " -versions 2")


@case("quic/healthy-retry-go", outcome="completed", stream=U, check=["quic.long.packet_type==3", "quic.header_form==0"])
def _(lab):
    "The server validates the client's address with a Retry packet first."
    lab.serve(QS + " -retry", udp=True)
    return lab.run(QC)


@case("quic/healthy-hello-retry-go", outcome="completed", stream=U, check=["quic.header_form==0"])
def _(lab):
    "The server only does P-384: HelloRetryRequest inside QUIC."
    lab.serve(QS + " -groups p384", udp=True)
    return lab.run(QC)


@case("quic/alpn-mismatch-go", finding="alpn-no-overlap", fault="client|server", stream=U, evidence="quic.cc.error_code==0x178")
def _(lab):
    "The client offers h3, the server only takes doq: CONNECTION_CLOSE with alert 120."
    lab.serve(QS + " -alpn doq", udp=True)
    return lab.run(QC)


@case("quic/no-answer-dropped", finding="quic-no-answer", fault="network|middlebox", stream=U, evidence="quic.long.packet_type==0")
def _(lab):
    "The router drops UDP to port 443; quic-go gives up after five seconds."
    lab.serve(QS, udp=True)
    lab.router("iptables -A FORWARD -p udp --dport 443 -j DROP")
    return lab.run(QC)


@case("quic/no-answer-then-tcp", finding="quic-no-answer|quic-fallback", fault="network|middlebox", stream=U, evidence="quic.long.packet_type==0",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the fallback")])
def _(lab):
    "The same, and the client falls back to TLS over TCP, which nginx answers."
    nginx(lab, vhost())
    lab.router("iptables -A FORWARD -p udp --dport 443 -j DROP")
    return lab.run(QC + " -tcp")


@case("quic/port-unreachable", finding="icmp-unreachable|quic-no-answer", fault="server|network", stream=U, evidence="icmp.type==3 && icmp.code==3")
def _(lab):
    "Nobody listens on UDP 443: ICMP port unreachable."
    return lab.run(QC)


@case("quic/version-negotiation-go", finding="quic-version-no-overlap", fault="client|server", stream=U, evidence="quic.version==0")
def _(lab):
    "The client speaks version 1 only, the server version 2 only: Version Negotiation."
    lab.serve(QS + " -versions 2", udp=True)
    return lab.run(QC + " -versions 1")


@case("quic/expired-go", finding="cert-rejected|quic-closed|cert-expired", fault="client|server|unknown", stream=U, twin="cert-expired", evidence="udp.dstport==443 && quic.long.packet_type==2", twin_evidence="quic.cc.error_code==0x12a")
def _(lab):
    "The server's certificate has expired: CONNECTION_CLOSE with alert 42 in an encrypted Handshake packet; readable in the twin."
    lab.serve(QS.replace("ec.", "expired."), udp=True)
    return lab.run(QC)


@case("quic/client-cert-missing-go", finding="client-cert-missing|client-cert-rejected|quic-closed|alert-unexplained|server-left|-", outcome="failed|completed", fault="client|server|unknown|none", stream=U, twin="client-cert-missing", twin_outcome="failed",
      evidence="udp.srcport==443 && quic.header_form==0", twin_evidence="quic.cc.error_code==0x174", note="without keys the refusal cannot be seen")
def _(lab):
    "The server demands a client certificate, the client has none."
    lab.serve(QS + " -auth -roots $PKI/root.crt", udp=True)
    return lab.run(QC)


# --- DTLS

@case("dtls/healthy-openssl", outcome="completed", stream=U, decode=DTLS, check=["dtls.handshake.type==3", "dtls.app_data"], absent=[fatal], twin="-")
def _(lab):
    "OpenSSL on both sides, DTLS 1.2 with a cookie exchange."
    lab.serve(DS + " -listen " + RSA, 4433, udp=True)
    return lab.run("(sleep 2; echo hello; sleep 1) | " + DC + " -keylogfile $KEYLOG", timeout=6)


@case("dtls/healthy-pion", outcome="completed", stream=U, decode=DTLS, check=["dtls.handshake.type==14", "dtls.app_data"], absent=[fatal])
def _(lab):
    "pion on both sides, ECDSA certificate."
    lab.serve("$TOOLS/piondtls -listen :4433 -cert $PKI/ec.chain -key $PKI/ec.key", 4433, udp=True)
    return lab.run("$TOOLS/piondtls -connect tls.test:4433 -roots $PKI/roots.pem")


@case("dtls/healthy-mtls-pion", outcome="completed", stream=U, decode=DTLS, check=["dtls.handshake.type==13", "dtls.handshake.type==15", "dtls.app_data"], absent=[fatal])
def _(lab):
    "pion on both sides with a client certificate."
    lab.serve("$TOOLS/piondtls -listen :4433 -cert $PKI/ec.chain -key $PKI/ec.key -auth -roots $PKI/root.crt", 4433, udp=True)
    return lab.run("$TOOLS/piondtls -connect tls.test:4433 -roots $PKI/roots.pem -cert $PKI/clientec.chain -key $PKI/clientec.key")


@case("dtls/healthy-dtls10-openssl", outcome="completed", stream=U, decode=DTLS, check=["dtls.handshake.version==0xfeff", "dtls.handshake.type==14"], absent=[fatal])
def _(lab):
    "OpenSSL on both sides, DTLS 1.0."
    lab.serve("openssl s_server -quiet -dtls1 -cipher ALL:@SECLEVEL=0 -accept 4433 " + RSA, 4433, udp=True)
    return lab.run("(sleep 2; echo hello; sleep 1) | openssl s_client -dtls1 -cipher ALL:@SECLEVEL=0 -connect 10.31.2.2:4433", timeout=6)


@case("dtls/healthy-small-mtu-openssl", outcome="completed", stream=U, decode=DTLS, check=["dtls.handshake.fragment_offset > 0", "dtls.app_data"], absent=[fatal])
def _(lab):
    "OpenSSL on both sides with an MTU of 400: messages in fragments."
    lab.serve(DS + " -mtu 400 " + RSA, 4433, udp=True)
    return lab.run("(sleep 2; echo hello; sleep 1) | " + DC + " -mtu 400", timeout=6)


@case("dtls/expired-openssl", finding="cert-expired", fault="client|server", stream=U, decode=DTLS, evidence=["dtls.alert_message.desc==45", "dtls.handshake.type==11"])
def _(lab):
    "OpenSSL on both sides; the server's certificate has expired."
    lab.serve(DS + " -cert $PKI/expired.crt -key $PKI/expired.key -cert_chain $PKI/inter.crt", 4433, udp=True)
    return lab.run("sleep 3 | " + DC, timeout=6)


@case("dtls/unknown-ca-pion-openssl", finding="cert-unknown-ca", fault="client|server", stream=U, decode=DTLS, evidence=[fatal])
def _(lab):
    "A pion client refuses a certificate of an unlisted root."
    lab.serve(DS + " -cert $PKI/unlisted.chain -key $PKI/unlisted.key", 4433, udp=True)
    return lab.run("$TOOLS/piondtls -connect tls.test:4433 -roots $PKI/roots.pem")


@case("dtls/cipher-openssl", finding="cipher-no-overlap", fault="client|server", stream=U, decode=DTLS, evidence="dtls.alert_message.desc==40")
def _(lab):
    "The client offers AES256-GCM only, the server takes AES128-GCM only."
    lab.serve(DS + " -cipher ECDHE-RSA-AES128-GCM-SHA256 " + RSA, 4433, udp=True)
    return lab.run("sleep 3 | " + DC + " -cipher ECDHE-RSA-AES256-GCM-SHA384", timeout=6)


@case("dtls/version-openssl", finding="version-no-overlap", fault="client|server", stream=U, decode=DTLS, evidence=fatal)
def _(lab):
    "A DTLS 1.0 client, a DTLS 1.2 server."
    lab.serve(DS + " " + RSA, 4433, udp=True)
    return lab.run("sleep 3 | openssl s_client -dtls1 -cipher ALL:@SECLEVEL=0 -connect 10.31.2.2:4433", timeout=6)


@case("dtls/server-flight-lost", finding="dtls-flight-lost|server-silent|one-way-path", fault="network|middlebox|server|unknown", stream=U, decode=DTLS, evidence="dtls.handshake.type==1 && dtls.handshake.message_seq==1")
def _(lab):
    "The router drops the server's datagrams above 300 bytes: the cookie exchange passes, the flight with the certificate never does."
    lab.serve(DS + " -listen " + RSA, 4433, udp=True)
    lab.router("iptables -A FORWARD -p udp --sport 4433 -m length --length 300:65535 -j DROP")
    return lab.run("sleep 14 | " + DC, timeout=14)


@case("dtls/healthy-after-loss", outcome="completed", stream=U, decode=DTLS, check=["dtls.app_data"], absent=[fatal])
def _(lab):
    "The router loses the first two of the server's larger datagrams; the flight is sent again and the handshake ends well."
    lab.serve(DS + " -listen " + RSA, 4433, udp=True)
    lab.router("iptables -A FORWARD -p udp --sport 4433 -m length --length 300:65535 -m recent --name lost --rdest --update --hitcount 3 -j ACCEPT")
    lab.router("iptables -A FORWARD -p udp --sport 4433 -m length --length 300:65535 -m recent --name lost --rdest --set -j DROP")
    return lab.run("(sleep 7; echo hello; sleep 1) | " + DC, timeout=11)


@case("dtls/port-unreachable", finding="icmp-unreachable", fault="server|network", stream=U, decode=DTLS, evidence="icmp.type==3 && icmp.code==3")
def _(lab):
    "Nobody listens on UDP 4433."
    return lab.run("sleep 3 | " + DC, timeout=5)


@case("dtls/wrong-address-openssl", finding="dtls-wrong-address", fault="server", stream=U, decode=DTLS, evidence="ip.src==10.31.2.3")
def _(lab):
    "A server with two addresses is asked at 10.31.2.2 and answers from 10.31.2.3 (its socket is unbound and its route prefers that source)."
    lab.serve("ip route change default via 10.31.2.1 src 10.31.2.3 && " + DS + " " + RSA, 4433, udp=True)
    out = lab.run("sleep 5 | " + DC, timeout=8)
    lab.run("ip route change default via 10.31.2.1", ns="tw-server", note=False)
    return out
