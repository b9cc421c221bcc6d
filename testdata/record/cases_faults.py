"""The rest of the catalogue: what is left of negotiation, messages, certificates, endings, the path and what sits on it."""
from cases_basic import CURL, EC, GNUTLS, GOC, GOS, HAND, MODERN, OSSL, RSA, RSTC, SC, TLS12, TLS13, bad, get, haproxy, nginx, rejected, vhost
from lab import sh
from record import case

JAVA = "java -cp $TOOLS Tls"
P12 = "$(openssl pkcs12 -export -in $PKI/%s.chain -inkey $PKI/%s.key -passout pass:secret -out $WORK/s.p12; echo $WORK/s.p12)"


def server_hello(version="0303", suite="c02f", ext="ff01000100", random="22" * 32, session=""):
    body = version + random + "%02x" % (len(session) // 2) + session + suite + "00" + ("%04x" % (len(ext) // 2) + ext if ext else "")
    hello = "02" + "%06x" % (len(body) // 2) + body
    return "160303" + "%04x" % (len(hello) // 2) + hello


# --- negotiation

@case("negotiation/downgrade-sentinel-go", finding="downgrade-detected", fault="server|middlebox|network|unknown", evidence=["tls.handshake.type==2", "tls.alert_message.desc==47"])
def _(lab):
    "A ServerHello of TLS 1.2 whose random ends in the sentinel, made by hand; Go's client, which offers 1.3, refuses it."
    lab.serve(HAND + " server 443 answer hex=" + server_hello(random="22" * 24 + "444f574e47524401"))
    return lab.run(GOC)


@case("negotiation/unoffered-suite-go", finding="unoffered-choice", fault="server", evidence=["tls.handshake.type==2", "tls.alert_message.level==2"])
def _(lab):
    "The ServerHello (made by hand) chooses TLS_RSA_WITH_3DES_EDE_CBC_SHA, which Go's client has not offered."
    lab.serve(HAND + " server 443 answer hex=" + server_hello(suite="000a"))
    return lab.run(GOC + " -max 1.2")


@case("negotiation/renegotiation-info-missing-openssl", finding="renegotiation-unsupported", fault="server", evidence=["tls.handshake.type==2", "tls.alert_message.desc==40"])
def _(lab):
    "The ServerHello (made by hand) lacks renegotiation_info; OpenSSL 3 refuses it."
    lab.serve(HAND + " server 443 answer hex=" + server_hello(ext=""))
    return lab.run(SC + " -tls1_2")


@case("negotiation/ems-required-java", finding="ems-required|alert-unexplained", fault="client|server|unknown", evidence=["tls.handshake.type==1", "tls.alert_message.desc==40"])
def _(lab):
    "A JSSE server that demands the extended master secret, gnutls-cli with %NO_SESSION_HASH and TLS 1.2."
    lab.serve("java -Djdk.tls.allowLegacyMasterSecret=false -cp $TOOLS Tls server 443 " + P12 % ("rsa", "rsa") + " $PKI/roots.pem", wait=30)
    return lab.run(GNUTLS + " --priority NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH")


@case("negotiation/missing-extension-openssl", finding="missing-extension", fault="client", evidence=["tls.handshake.type==1", "tls.alert_message.desc==109"])
def _(lab):
    "A TLS 1.3 hello without signature_algorithms and key_share, made by hand, to openssl s_server."
    lab.serve(OSSL + " " + RSA)
    return lab.run(HAND + " hello tls.test 443 sni=tls.test suites=1301 versions=0304 groups=001d")


@case("negotiation/hello-retry-loop-go", finding="hello-retry-failed", fault="server", evidence="tls.alert_message.level==2")
def _(lab):
    "The server answers the second ClientHello with another HelloRetryRequest, made by hand; Go's client gives up."
    lab.serve(HAND + " server 443 hrr group=0018")
    return lab.run(GOC + " -groups x25519,p384")


@case("negotiation/psk-unknown-openssl-tls13", finding="psk-unknown|psk-wrong-key|alert-unexplained|cipher-no-overlap", fault="client|server|unknown", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.3 with an external PSK whose identity the server (openssl s_server without certificate) does not know."
    lab.serve(OSSL + " -tls1_3 -nocert -psk 00112233445566778899aabbccddeeff -psk_identity known")
    return lab.run("openssl s_client -tls1_3 -connect 10.31.2.2:443 -psk 00112233445566778899aabbccddeeff -psk_identity stranger -ciphersuites TLS_AES_128_GCM_SHA256")


@case("negotiation/psk-wrong-key-openssl-tls13", finding="psk-wrong-key|psk-unknown|alert-unexplained", fault="client|server|unknown", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.3 with an external PSK: the identity is right, the key is not."
    lab.serve(OSSL + " -tls1_3 -nocert -psk 00112233445566778899aabbccddeeff -psk_identity known")
    return lab.run("openssl s_client -tls1_3 -connect 10.31.2.2:443 -psk ffeeddccbbaa99887766554433221100 -psk_identity known -ciphersuites TLS_AES_128_GCM_SHA256")


@case("negotiation/psk-unknown-gnutls-tls12", finding="psk-unknown|psk-wrong-key|bad-record-mac", fault="client|server|unknown", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.2 PSK between GnuTLS's tools, the server does not know the identity."
    lab.write("psk", "known:00112233445566778899aabbccddeeff\n")
    lab.serve("gnutls-serv -q -p 443 --pskpasswd=$WORK/psk --priority NORMAL:-VERS-TLS1.3:-KX-ALL:+PSK")
    return lab.run("gnutls-cli -p 443 --insecure --pskusername stranger --pskkey 00112233445566778899aabbccddeeff --priority NORMAL:-VERS-TLS1.3:-KX-ALL:+PSK tls.test")


@case("negotiation/ech-rejected-go", finding="ech-rejected|alert-unexplained|client-left|cert-rejected|-", outcome="failed|completed", twin="ech-rejected", fault="client|server|unknown|none", note="without keys: both Finished, then a record of an alert's size, as any client leaves that has nothing to say", evidence="tcp.dstport==443 && tls.record.opaque_type==23 && tls.record.length==19", twin_evidence="tls.alert_message.desc==121")
def _(lab):
    "Go on both sides; the client's ECH configuration is an old one: the server cannot decrypt, the client leaves with ech_required (encrypted)."
    lab.serve(GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -ech new")
    return lab.run(GOC + " -ech old")


@case("healthy/ech-go", outcome="completed", check=[TLS13], absent=[bad])
def _(lab):
    "Go on both sides with Encrypted ClientHello that is accepted; the outer name is www.tls.test."
    lab.serve(GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -ech new")
    return lab.run(GOC + " -ech new")


def intolerant(name, how, doc, finding, evidence):
    def f(lab):
        lab.serve("openssl s_server -quiet -www -accept 127.0.0.1:8443 -tls1_2 " + RSA, 8443)
        lab.serve(HAND + f" server 443 relay to=8443 refuse=002b {how}")
        out = lab.run(SC)
        return out + lab.run(SC + " -tls1_2 -ign_eof", text=get)
    f.__doc__ = doc
    case("negotiation/version-intolerance-" + name, finding=finding, fault="server|unknown", evidence=evidence,
         also=[dict(stream="tcp.stream==1", outcome="completed", note="the same client with TLS 1.2 only")])(f)


intolerant("alert", "hex=15030100020228 how=fin", "A server that answers supported_versions with handshake_failure (a relay before openssl s_server) and takes the same client's TLS 1.2 hello.", "version-intolerance|alert-unexplained|version-no-overlap", "tls.alert_message.desc==40")
intolerant("rst", "how=rst", "The same with a reset.", "version-intolerance|reset-after-client-hello", "tcp.stream==0 && tcp.flags.reset==1")


# --- message

@case("message/bad-record-mac-client-finished", finding="bad-record-mac|altered-in-transit", fault="client|server|middlebox|network|unknown", evidence="tls.alert_message.desc==20")
def _(lab):
    "The router flips a bit in the last byte of the client's second segment (its Finished); openssl s_server, TLS 1.2."
    lab.serve(OSSL + " -tls1_2 -www " + RSA)
    lab.faulty("flip from=client nth=2 at=-1")
    return lab.run(CURL)


@case("message/bad-signature-altered", finding="bad-signature|altered-in-transit", fault="server|middlebox|network|unknown", evidence=["tls.alert_message.level==2"])
def _(lab):
    "The router flips a bit in the ServerHello's random: the ServerKeyExchange's signature does not verify; curl, TLS 1.2."
    nginx(lab, vhost("ssl_protocols TLSv1.2;", cert="leafonly"))
    lab.faulty("flip from=server nth=1 at=20")
    return lab.run("curl -sS -k https://tls.test/")


@case("message/internal-error-go", finding="internal-error|sni-unknown", fault="server|client|unknown", evidence="tls.alert_message.desc==80")
def _(lab):
    "A Go server whose GetConfigForClient returns an error for other names: internal_error."
    lab.serve(GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -need www.tls.test")
    return lab.run(GOC)


@case("message/too-long-go", finding="message-too-long|internal-error|decode-error", fault="server|client|unknown", evidence=["tls.alert_message.level==2"])
def _(lab):
    "After its ServerHello the server (made by hand) announces a Certificate of 300000 bytes; Go's client refuses that."
    lab.serve(HAND + " server 443 answer hex=" + server_hello() + "1603030040" + "0b0493e0" + "0493dd" + "00" * 57)
    return lab.run(GOC + " -max 1.2")


# --- ending

@case("ending/server-left-after-hello", finding="server-left", fault="server|middlebox|unknown", evidence="tcp.srcport==443 && tcp.flags.fin==1")
def _(lab):
    "The server closes after its ServerHello (made by hand)."
    lab.serve(HAND + " server 443 answer hex=" + server_hello())
    return lab.run("gnutls-cli --insecure -p 443 tls.test", timeout=8)


@case("ending/client-left-after-server-flight", finding="client-left", fault="client", evidence="tcp.dstport==443 && tcp.flags.fin==1", outcome="failed|incomplete")
def _(lab):
    "The client (made by hand) reads the server's flight, waits four seconds and closes without a word; TLS 1.2."
    lab.serve(OSSL + " -tls1_2 " + RSA)
    return lab.run(HAND + " hello tls.test 443 sni=tls.test suites=c02f groups=001d sigalgs=0804,0401 linger=4")


@case("ending/close-notify-in-handshake", finding="client-cancelled", fault="client", evidence="tls.alert_message.desc==0")
def _(lab):
    "After the server's flight (TLS 1.2) the client sends close_notify, by hand."
    lab.serve(OSSL + " -tls1_2 " + RSA)
    return lab.run(HAND + " hello tls.test 443 sni=tls.test suites=c02f,c030 groups=001d,0017 sigalgs=0401,0804 after=15030300020100")


# --- network

@case("network/large-client-hello-lost", finding="large-client-hello-lost", fault="network|middlebox", evidence="tls.handshake.type==1 || tcp.len==1448 || tcp.analysis.retransmission")
def _(lab):
    "The router drops packets above 1200 bytes from the client without an ICMP error; Go's hello with a post-quantum share needs two segments."
    nginx(lab, vhost())
    lab.faulty("big from=client size=1200")
    return lab.run(GOC + " -timeout 9s")


@case("network/server-flight-lost", finding="server-flight-lost", fault="network|middlebox", evidence="tcp.srcport==443 || tcp.dstport==443 && tcp.len>0")
def _(lab):
    "The router drops packets above 1200 bytes from the server; the certificate chain never arrives."
    nginx(lab, vhost())
    lab.faulty("big from=server size=1200")
    return lab.run(CURL + " -m 9")


@case("network/frag-needed-heals", outcome="completed", check=["tls.app_data", "icmp.type==3 && icmp.code==4"], absent=[bad])
def _(lab):
    "The same towards the server with ICMP fragmentation needed: the client sends smaller segments and all is well."
    nginx(lab, vhost())
    lab.faulty("big from=client size=1200 icmp=1")
    return lab.run(GOC)


@case("network/one-way-path-at-server", finding="one-way-path|tcp-syn-timeout", outcome="failed|incomplete", fault="network|middlebox|server|unknown", evidence="tcp.flags.syn==1", where=("tw-server", "s0"))
def _(lab):
    "Captured at the server: SYNs arrive, its SYN-ACKs leave and never reach the client."
    nginx(lab, vhost())
    lab.faulty("handshake-lost")
    return lab.run(CURL + " -m 8")


@case("network/loss-heals", outcome="completed", check=["tls.app_data", "tcp.analysis.retransmission"], absent=[bad])
def _(lab):
    "Every third packet is lost on the way; the handshake takes longer and ends well."
    nginx(lab, vhost())
    lab.faulty("some n=5")
    return lab.run(CURL + " -m 14")


@case("network/nat-state-lost", finding="nat-state-lost|middlebox-reset|reset-after-client-hello", fault="middlebox|network|server|unknown", evidence="tcp.flags.reset==1")
def _(lab):
    "The router forgets idle connections after three seconds and answers what it does not know with a reset; the client sends its hello after six."
    nginx(lab, vhost())
    lab.router("sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=3 net.netfilter.nf_conntrack_tcp_loose=0")
    lab.router("iptables -A FORWARD -p tcp -m conntrack --ctstate INVALID -j REJECT --reject-with tcp-reset")
    lab.router("iptables -A FORWARD -p tcp ! --syn -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset")
    return lab.run(HAND + " hello tls.test 443 delay=6 sni=tls.test " + MODERN)


# --- middlebox

def shield(name, fault, doc, client="curl -sS -k https://blocked.test/", finding="middlebox-reset", evidence="tcp.flags.reset==1 && tcp.srcport==443", server=lambda lab: nginx(lab, vhost()), **k):
    def f(lab):
        server(lab)
        lab.faulty(fault)
        return lab.run(client, timeout=12)
    f.__doc__ = doc
    case("middlebox/" + name, finding=finding, fault="middlebox|network", evidence=evidence, **k)(f)


shield("rst-ttl64-curl", "rst match=blocked.test ttl=64", "The router resets hellos with the name blocked.test; TTL 64 where the server's packets have 63.")
shield("rst-both-sides-go", "rst match=blocked.test ttl=128 both=1 id=4660", "The same towards both ends with TTL 128.", client="$TOOLS/gotls -connect blocked.test:443 -name blocked.test -insecure -max 1.2")
shield("rst-three-gnutls", "rst match=blocked.test ttl=90 n=3 id=1", "Three resets with steps of 1460 in their sequence numbers and TTL 90.", client="gnutls-cli --insecure -p 443 blocked.test")
shield("rst-beside-answer-openssl", "rst match=blocked.test ttl=63 pass=1 id=777", "The router only listens: the hello reaches the server as well, whose answer comes after the reset.", client="openssl s_client -connect 10.31.2.2:443 -servername blocked.test",
       near_miss="reset-after-client-hello")
shield("fin-curl", "fin match=blocked.test ttl=64", "The router closes with a FIN of its own.", finding="middlebox-close", evidence="tcp.flags.fin==1 && tcp.srcport==443")
shield("alert-go", "alert match=blocked.test code=40 ttl=64", "The router answers with handshake_failure and FIN of its own.", finding="middlebox-alert", evidence="tls.alert_message.desc==40", client="$TOOLS/gotls -connect blocked.test:443 -name blocked.test -insecure -max 1.2")


@case("middlebox/captive-portal", finding="middlebox-page|tls-to-http-port", fault="middlebox|client|server", evidence="tcp.srcport==443 && tcp.len>0", decode=["tcp.port==443,http"])
def _(lab):
    "The router redirects port 443 to a portal of its own (nginx, plain HTTP): 302 or 400 with TTL 64."
    lab.write("portal.conf", """daemon off; pid ${WORK}/portal.pid; error_log ${WORK}/portal.log; worker_processes 1; events { worker_connections 64; }
http { access_log off; client_body_temp_path ${WORK}; proxy_temp_path ${WORK}; fastcgi_temp_path ${WORK}; uwsgi_temp_path ${WORK}; scgi_temp_path ${WORK};
server { listen 8080; error_page 400 =302 http://portal.test/login; location / { return 302 http://portal.test/login; } } }
""")
    lab.serve("nginx -e $WORK/portal.log -c $WORK/portal.conf  # listen 8080; error_page 400 =302 http://portal.test/login", 8080, ns="tw-router")
    lab.router("iptables -t nat -A PREROUTING -i r0 -p tcp --dport 443 -j REDIRECT --to-ports 8080")
    return lab.run(CURL)


@case("middlebox/interception-curl", finding="tls-interception|cert-unknown-ca", fault="client|middlebox|network|server", evidence=["tls.handshake.type==11", "tls.alert_message.desc==48"])
def _(lab):
    "The router ends TLS itself with a certificate of an inspection CA that the client does not have; TLS 1.2."
    lab.serve("openssl s_server -quiet -www -accept 8443 -tls1_2 -cert $PKI/intercepted.crt -key $PKI/intercepted.key -cert_chain $PKI/intercept.crt", 8443, ns="tw-router")
    lab.router("iptables -t nat -A PREROUTING -i r0 -p tcp --dport 443 -j REDIRECT --to-ports 8443")
    return lab.run(CURL)


# --- server certificates

rejected("weak-key-curl-tls12", "rsa1024", "cert-weak-key", 42, "TLS 1.2, the server's RSA key has 1024 bits; OpenSSL's security level 2 refuses it.")
rejected("weak-signature-curl-tls12", "sha1", "cert-weak-signature", 42, "TLS 1.2, the certificate is signed with SHA-1.")
rejected("wrong-usage-openssl-tls12", "clienteku", "cert-wrong-usage", 43, "TLS 1.2, the certificate is for client authentication only.", client=SC + " -tls1_2")
rejected("critical-extension-go-tls12", "critical", "cert-malformed|cert-rejected", 42, "TLS 1.2, the certificate has a critical extension that nobody knows; Go refuses it.", client=GOC + " -max 1.2", fault="client|server|unknown")
rejected("no-san-go-tls12", "nosan", "cert-name-mismatch", 42, "TLS 1.2, the certificate has a common name and no subjectAltName; Go refuses it.", client=GOC + " -max 1.2")
rejected("must-staple-gnutls-tls12", "staple", "cert-must-staple|cert-rejected", None, "TLS 1.2, the certificate demands a stapled OCSP answer and the server sends none; gnutls-cli refuses it.", client=GNUTLS + " --priority NORMAL:-VERS-TLS1.3",
         evidence=["tls.alert_message.level==2", "tls.handshake.type==11"], fault="client|server|unknown")
rejected("expired-openssl-tls13", "expired", "cert-expired|cert-rejected", 45, "TLS 1.3 with OpenSSL: the alert is in clear, the certificate is not.", client=SC + " -tls1_3", evidence="tls.alert_message.desc==45", fault="client|server|unknown")
rejected("self-signed-mbedtls-tls12", "self", "cert-self-signed", 48, "TLS 1.2, Mbed TLS client, self-signed certificate.", client="$TOOLS/mbed client tls.test 443 tls.test $PKI/roots.pem")
rejected("name-mismatch-java-tls12", "othername", "cert-name-mismatch|cert-rejected", 46, "TLS 1.2, JSSE client, the certificate is for other.test.", client=JAVA + " client tls.test 443 tls.test $PKI/roots.pem protocols=TLSv1.2")
rejected("self-signed-node-tls12", "self", "cert-self-signed|client-left", None, "TLS 1.2, Node: it finishes the handshake and then closes.", evidence="tcp.dstport==443 && (tcp.flags.fin==1 || tls.alert_message || tls.record.content_type==21)",
         client="NODE_EXTRA_CA_CERTS=$PKI/roots.pem node -e \"require('https').get({host:'10.31.2.2',servername:'tls.test',maxVersion:'TLSv1.2'},r=>r.resume()).on('error',e=>console.log(e.code))\"")


@case("server-cert/revoked-staple-gnutls-tls12", finding="cert-revoked", fault="client|server", evidence=["tls.alert_message.level==2", "tls.handshake.type==22"])
def _(lab):
    "TLS 1.2, the stapled OCSP answer says revoked; gnutls-cli refuses it."
    lab.serve(OSSL + " -www -status_file $PKI/revoked.ocsp " + RSA)
    return lab.run(GNUTLS + " --priority NORMAL:-VERS-TLS1.3")


@case("server-cert/wrong-order-accepted-openssl", outcome="completed", absent=[bad], check=["tls.app_data"], note="leaf, root, intermediate: the client sorts them; a remark at most")
def _(lab):
    "TLS 1.2, the chain comes in the wrong order; OpenSSL accepts it."
    nginx(lab, vhost("ssl_protocols TLSv1.2;", cert="wrongorder"))
    return lab.run(SC + " -ign_eof", text=get)


# --- client certificates

def refused(name, cert, finding, alert, doc, server="haproxy", client=None, **k):
    def f(lab):
        if server == "haproxy":
            haproxy(lab, "bind :443 ssl crt ${PKI}/rsa.pem ca-file ${PKI}/root.crt verify required ssl-max-ver TLSv1.2")
        else:
            lab.serve(server)
        return lab.run(client or SC + f" -tls1_2 -cert $PKI/{cert}.crt -key $PKI/{cert}.key -cert_chain $PKI/inter.crt", text=get)
    f.__doc__ = doc
    k.setdefault("evidence", [f"tls.alert_message.desc=={alert}", "tls.handshake.type==11 && tcp.dstport==443"])
    k.setdefault("fault", "client|server")
    case("client-cert/" + name, finding=finding, **k)(f)


VERIFY = GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -auth verify -roots $PKI/root.crt"
HIDDEN = dict(fault="client|unknown|server", evidence="tcp.srcport==443 && tls.record.opaque_type==23 && tls.record.length==19", twin_evidence="tls.alert_message.level==2 && tcp.srcport==443")

refused("unknown-ca-haproxy-tls12", "client-unlisted", "client-cert-unknown-ca", 48, "TLS 1.2, HAProxy, the client's certificate is of an unlisted root.",
        client=SC + " -tls1_2 -cert $PKI/client-unlisted.crt -key $PKI/client-unlisted.key")
refused("expired-haproxy-tls12", "client-expired", "client-cert-expired", 45, "TLS 1.2, HAProxy, the client's certificate has expired.")
refused("not-yet-valid-haproxy-tls12", "client-future", "client-cert-expired", 42, "TLS 1.2, HAProxy, the client's certificate is not yet valid.")
refused("wrong-usage-haproxy-tls12", "client-eku", "client-cert-wrong-usage", 43, "TLS 1.2, HAProxy, the client's certificate is for servers.")
refused("weak-sha1-openssl-tls12", "client-sha1", "client-cert-weak", 42, "TLS 1.2, openssl s_server at security level 2, the client's certificate is signed with SHA-1.",
        server=OSSL + " -tls1_2 -www -Verify 3 -verify_return_error -CAfile $PKI/root.crt " + RSA, client=SC + " -tls1_2 -cipher DEFAULT@SECLEVEL=0 -cert $PKI/client-sha1.crt -key $PKI/client-sha1.key -cert_chain $PKI/inter.crt")
refused("unknown-ca-go-tls13", "client-unlisted", "client-cert-missing|client-cert-no-ca-match|client-cert-rejected", None, "TLS 1.3, Go: the client's certificate is of a root that the server's request does not list, and Go's client therefore sends none: certificate_required, encrypted.", server=VERIFY,
        client=GOC + " -cert $PKI/client-unlisted.chain -key $PKI/client-unlisted.key", twin="client-cert-missing|client-cert-no-ca-match", **HIDDEN)
refused("expired-go-tls13", "client-expired", "client-cert-expired|client-cert-rejected|server-left|alert-unexplained", None, "TLS 1.3, Go: the client's certificate has expired; the alert is encrypted.", server=VERIFY,
        client=GOC + " -cert $PKI/client-expired.chain -key $PKI/client-expired.key", twin="client-cert-expired", **HIDDEN)


@case("client-cert/no-ca-match-java", finding="client-cert-no-ca-match|client-cert-missing", fault="client|server", evidence=["tls.handshake.type==13", "tls.alert_message.level==2"])
def _(lab):
    "TLS 1.2: openssl s_server asks for certificates of our root; the JSSE client has one of another and therefore sends none."
    lab.serve(OSSL + " -tls1_2 -www -Verify 3 -verify_return_error -CAfile $PKI/root.crt " + RSA)
    return lab.run(JAVA + " client tls.test 443 tls.test $PKI/roots.pem protocols=TLSv1.2 p12=" + P12 % ("client-unlisted", "client-unlisted"))


# --- story

@case("story/quic-then-tcp", finding="quic-no-answer|quic-fallback", fault="network|middlebox", stream="udp.stream==0", evidence="quic.long.packet_type==0",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the fallback")])
def _(lab):
    "quic-go gets no answer (the router rejects UDP 443 silently) and falls back to TLS over TCP with nginx."
    nginx(lab, vhost())
    lab.router("iptables -A FORWARD -p udp --dport 443 -j DROP")
    return lab.run("$TOOLS/quicgo -connect tls.test:443 -roots $PKI/roots.pem -tcp -timeout 3s")


@case("story/one-bad-among-good", finding="cert-name-mismatch", fault="client|server", stream="tcp.stream==2", evidence="tcp.stream==2 && tls.alert_message.level==2",
      also=[dict(stream=f"tcp.stream=={n}", outcome="completed") for n in (0, 1, 3)])
def _(lab):
    "Four connections of curl (TLS 1.2) to nginx; the third asks for a name that the certificate does not have (the fourth is right again)."
    nginx(lab, vhost())
    for name in "tls.test", "www.tls.test", "blocked.test", "mail.tls.test":
        out = lab.run(f"openssl s_client -tls1_2 -connect 10.31.2.2:443 -servername {name} -verify_hostname {name} -verify_return_error -CAfile $PKI/roots.pem -ign_eof", text=get)
    return out
