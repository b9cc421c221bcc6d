"""Findings that need two connections, two sides of a link, or an odd end: what the other sets of cases do not show."""
from cases_basic import CURL, GOC, HAND, OSSL, RSA, SC, get, nginx, vhost
from cases_basic import GOS
from cases_starttls import postgres
from record import case


@case("protocol/proxy-protocol-missing-beside-good-nginx", finding="proxy-protocol-missing", fault="client|server", evidence="tcp.stream==0 && tcp.srcport==443 && (tcp.flags.reset==1 || tcp.flags.fin==1)",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="with the header it passes")])
def _(lab):
    "nginx waits for a PROXY header: curl without one is reset, curl --haproxy-protocol succeeds."
    nginx(lab, vhost(listen="443 ssl proxy_protocol"))
    return lab.run(CURL) + lab.run(CURL + " --haproxy-protocol")


@case("starttls/postgres-direct-tls-openssl", finding="starttls-framing-mismatch", fault="client|server", evidence=["tls.handshake.type==1", "tcp.srcport==5432 && (tcp.flags.fin==1 || tcp.flags.reset==1)"], decode=["tcp.port==5432,tls"])
def _(lab):
    "TLS at once with ALPN postgresql (as libpq 17 does with sslnegotiation=direct) to PostgreSQL 15, which waits for an SSLRequest."
    postgres(lab)
    return lab.run("openssl s_client -connect 10.31.2.2:5432 -servername db.tls.test -alpn postgresql -CAfile $PKI/roots.pem")


@case("negotiation/sni-warning-openssl", outcome="completed", check=["tls.alert_message.desc==112 && tls.alert_message.level==1"], absent=["tls.alert_message.level==2"], note="a warning only: sni-warning, and no error")
def _(lab):
    "openssl s_server knows www.tls.test, the client asks for unknown.test with TLS 1.2: the warning unrecognized_name, then the handshake completes."
    lab.serve(OSSL + " -tls1_2 -www -servername www.tls.test " + RSA + " -cert2 $PKI/rsa.crt -key2 $PKI/rsa.key")
    return lab.run("(echo 'GET / HTTP/1.0'; echo; sleep 1) | openssl s_client -tls1_2 -connect 10.31.2.2:443 -servername unknown.test -quiet")


@case("negotiation/resumption-refused-openssl", finding="resumption-refused", fault="client|server", stream="tcp.stream==1", evidence="tcp.stream==1 && tls.alert_message.level==2",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the full handshake")])
def _(lab):
    "TLS 1.2 with openssl s_server: the session is made with the extended master secret, and the client offers to resume it without."
    lab.serve(OSSL + " -tls1_2 -www " + RSA)
    lab.write("noems.cnf", "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nOptions = -ExtendedMasterSecret\n")
    out = lab.run("(echo 'GET / HTTP/1.0'; echo; sleep 1) | " + SC + " -tls1_2 -sess_out $WORK/session -ign_eof")
    return out + lab.run("(echo 'GET / HTTP/1.0'; echo; sleep 1) | OPENSSL_CONF=$WORK/noems.cnf " + SC + " -tls1_2 -sess_in $WORK/session -ign_eof")


@case("client-cert/no-ca-match-beside-other-go", finding="client-cert-no-ca-match", fault="client|server", stream="tcp.stream==1", evidence=["tcp.stream==1 && tls.alert_message.level==2", "tcp.stream==1 && tls.handshake.type==13"],
      also=[dict(stream="tcp.stream==0", outcome="completed", note="where its certificate is taken, the client sends it")])
def _(lab):
    "TLS 1.2, Go: the client's certificate is of an unlisted root. One server takes any certificate, the other one lists its own root, and the client sends none."
    lab.serve(GOS.replace(":443", ":8443") + " -cert $PKI/ec.chain -key $PKI/ec.key -auth require", 8443)
    lab.serve(GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -auth verify -roots $PKI/root.crt")
    go = GOC + " -max 1.2 -cert $PKI/client-unlisted.chain -key $PKI/client-unlisted.key"
    return lab.run(go.replace(":443", ":8443")) + lab.run(go)


@case("message/alert-unexplained-curl", finding="alert-unexplained", fault="client|server|unknown", evidence="tls.alert_message.level==2")
def _(lab):
    "A server made by hand answers an ordinary hello with illegal_parameter, as some firewalls do at post-quantum key shares."
    lab.serve(HAND + " server 443 answer hex=1503030002022f")
    return lab.run(CURL)


@case("middlebox/altered-both-links", finding="altered-in-transit", fault="middlebox|network", evidence=["tls.alert_message.level==2"], where=("tw-router", "any"))
def _(lab):
    "The router flips a bit in the ServerHello's random; captured on the router's two links at once, so that each packet is there twice."
    nginx(lab, vhost("ssl_protocols TLSv1.2;", cert="leafonly"))
    lab.faulty("flip from=server nth=1 at=20")
    return lab.run("curl -sS -k https://tls.test/")
