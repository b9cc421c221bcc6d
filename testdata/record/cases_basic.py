"""The first set: healthy handshakes, endings, protocols, negotiation and certificates over plain TCP."""
import time

from record import case

OSSL = "openssl s_server -quiet -accept 443"
RSA = "-cert $PKI/rsa.crt -key $PKI/rsa.key -cert_chain $PKI/inter.crt"
EC = "-cert $PKI/ec.crt -key $PKI/ec.key -cert_chain $PKI/inter.crt"
SC = "openssl s_client -connect 10.31.2.2:443 -servername tls.test -CAfile $PKI/roots.pem -verify_return_error"
CURL = "curl -sS --cacert $PKI/roots.pem https://tls.test/"
GOC = "$TOOLS/gotls -connect tls.test:443 -name tls.test -roots $PKI/roots.pem"
GOS = "$TOOLS/gotls -listen :443"
RUSTLS = "$DENO run -A --quiet $HERE/rustls.js"
RSTC = RUSTLS + " client tls.test 443 tls.test $PKI/roots.pem"
GNUTLS = "gnutls-cli --x509cafile=$PKI/roots.pem -p 443 tls.test"
MBEDC = "$TOOLS/mbed client tls.test 443 tls.test $PKI/roots.pem"
HAND = "/usr/bin/python3 $HERE/hand.py"
MODERN = "suites=1301,1302,1303,c02b,c02f versions=0304,0303 share=001d groups=001d,0017 sigalgs=0403,0804,0401"
NGINX = """daemon off; pid ${WORK}/nginx.pid; error_log ${WORK}/error.log info; worker_processes 1;
events { worker_connections 64; }
http { access_log off; client_body_temp_path ${WORK}; proxy_temp_path ${WORK}; fastcgi_temp_path ${WORK}; uwsgi_temp_path ${WORK}; scgi_temp_path ${WORK};
%s
}
"""


def nginx(lab, server, port=443, udp=False):
    lab.write("nginx.conf", NGINX % server if "stream {" not in server else
              "daemon off; pid ${WORK}/nginx.pid; error_log ${WORK}/error.log info; worker_processes 1; user root;\nload_module /usr/lib/nginx/modules/ngx_stream_module.so;\nevents { worker_connections 64; }\n" + server)
    lab.serve("nginx -e $WORK/error.log -c $WORK/nginx.conf  # " + " ".join(server.split()), port)


def vhost(extra="", cert="rsa", name="tls.test", listen="443 ssl"):
    if "ssl_protocols" not in extra:
        extra = "ssl_protocols TLSv1.2 TLSv1.3; " + extra
    return f"""server {{ listen {listen}; server_name {name}; ssl_certificate ${{PKI}}/{cert}.chain; ssl_certificate_key ${{PKI}}/{cert}.key; {extra}
location / {{ return 200 "ok\\n"; }} }}"""


get = "GET / HTTP/1.0\r\n\r\n"
TLS13 = "tls.handshake.type==2 && tls.handshake.extensions.supported_version==0x0304"
TLS12 = "tls.handshake.type==2 && tls.handshake.version==0x0303 && !tls.handshake.extensions.supported_version"
bad = "tls.alert_message.level==2"

# --- healthy

@case("healthy/tls12-openssl-nginx", outcome="completed", check=["tls.handshake.type==14", "tls.app_data"], absent=[bad])
def _(lab):
    "curl held to TLS 1.2 fetches a page from nginx; full handshake with ECDHE-RSA."
    nginx(lab, vhost())
    return lab.run(CURL + " --tls-max 1.2")


@case("healthy/tls13-go-nginx", outcome="completed", check=[TLS13, "tls.app_data"], absent=[bad], twin="-")
def _(lab):
    "Go's crypto/tls fetches a page from nginx with TLS 1.3 (post-quantum key share in the hello); the key log is in the twin."
    nginx(lab, vhost())
    return lab.run(GOC)


@case("healthy/tls13-gnutls-openssl", outcome="completed", absent=[bad], check=[TLS13, "tls.app_data"], form="pcapng")
def _(lab):
    "gnutls-cli to openssl s_server, TLS 1.3, ECDSA certificate."
    lab.serve(OSSL + " -www " + EC)
    return lab.run(GNUTLS, text=get)


@case("healthy/tls12-mbedtls-haproxy", outcome="completed", absent=[bad], check=["tls.handshake.type==16"])
def _(lab):
    "A client of Mbed TLS 2.28 (TLS 1.2, one message a record) to HAProxy."
    haproxy(lab, "bind :443 ssl crt ${PKI}/rsa.pem")
    return lab.run(MBEDC)


@case("healthy/tls13-rustls-rustls", outcome="completed", absent=[bad], check=[TLS13, "tls.app_data"])
def _(lab):
    "rustls on both sides, TLS 1.3."
    lab.serve(RUSTLS + " server 443 $PKI/ec.chain $PKI/ec.key")
    return lab.run(RSTC)


@case("healthy/tls12-java-java", outcome="completed", absent=[bad], check=["tls.handshake.type==16"])
def _(lab):
    "JSSE on both sides, TLS 1.2."
    lab.serve("java -cp $TOOLS Tls server 443 $(openssl pkcs12 -export -in $PKI/rsa.pem -passout pass:secret -out $WORK/s.p12; echo $WORK/s.p12) $PKI/roots.pem")
    return lab.run("java -cp $TOOLS Tls client tls.test 443 tls.test $PKI/roots.pem protocols=TLSv1.2", timeout=40)


@case("healthy/resumption-tls12", outcome="completed", absent=[bad], check=["tls.handshake.type==4"], stream="tcp.stream==1",
      note="stream 1 resumes the session of stream 0: abbreviated handshake, no certificate",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the full handshake")])
def _(lab):
    "openssl s_client keeps a TLS 1.2 session ticket from nginx and uses it for a second connection."
    nginx(lab, vhost())
    lab.run(SC + " -tls1_2 -ign_eof -sess_out $WORK/sess", text=get)
    return lab.run(SC + " -tls1_2 -ign_eof -sess_in $WORK/sess", text=get)


@case("healthy/resumption-tls13", outcome="completed", absent=[bad], check=["tls.handshake.extensions.psk.identity.identity"], stream="tcp.stream==1",
      note="the second connection resumes with a PSK", also=[dict(stream="tcp.stream==0", outcome="completed", note="the full handshake")])
def _(lab):
    "Go client, two TLS 1.3 connections one after the other, the second one resumed, openssl s_server -www."
    lab.serve(OSSL + " -www " + RSA)
    return lab.run(GOC + " -n 2")


@case("healthy/mtls-tls12", outcome="completed", absent=[bad], check=["tls.handshake.type==13", "tls.handshake.type==15"])
def _(lab):
    "Mutual authentication with TLS 1.2: curl with a client certificate, nginx with ssl_verify_client on."
    nginx(lab, vhost("ssl_client_certificate ${PKI}/root.crt; ssl_verify_client on; ssl_verify_depth 3;"))
    return lab.run(CURL + " --tls-max 1.2 --cert $PKI/client.pem")


@case("healthy/mtls-tls13", outcome="completed", absent=[bad], check=[TLS13, "tls.app_data"], twin="-")
def _(lab):
    "Mutual authentication with TLS 1.3: Go client with a client certificate to nginx."
    nginx(lab, vhost("ssl_client_certificate ${PKI}/root.crt; ssl_verify_client on; ssl_verify_depth 3;"))
    return lab.run(GOC + " -cert $PKI/client.chain -key $PKI/client.key")


@case("healthy/hello-retry", outcome="completed", absent=[bad], check=["tls.handshake.extensions_key_share_selected_group", "tls.app_data"])
def _(lab):
    "The client shares a key for X25519, nginx only does P-384: HelloRetryRequest, then a good handshake."
    nginx(lab, vhost("ssl_ecdh_curve secp384r1;"))
    return lab.run(SC + " -groups X25519:P-384 -ign_eof", text=get)


@case("healthy/ffdhe-rsa", outcome="completed", absent=[bad], check=["tls.handshake.ciphersuite==0x009f"])
def _(lab):
    "OpenSSL on both sides with DHE-RSA-AES256-GCM-SHA384 only, 2048 bit group."
    lab.serve(OSSL + " -www -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384 -dhparam $PKI/dh2048.pem " + RSA)
    return lab.run(SC + " -tls1_2 -ign_eof", text=get)


@case("healthy/ipv6", outcome="completed", absent=[bad], check=["ipv6 && tls.app_data"])
def _(lab):
    "curl to nginx over IPv6."
    nginx(lab, vhost(listen="[::]:443 ssl"))
    return lab.run("curl -sS -k https://six.tls.test/")


@case("healthy/http-on-http-port", outcome="other", check=["http.response.code==200"], absent=["tls"],
      note="no handshake at all: HTTP that is answered normally")
def _(lab):
    "Plain HTTP on port 80, answered."
    nginx(lab, vhost(listen="80"), 80)
    return lab.run("curl -sS http://tls.test/")


def haproxy(lab, bind, more="http-request return status 200 content-type text/plain string ok", port=443, extra=""):
    lab.write("haproxy.cfg", f"""global
    ssl-default-bind-options ssl-min-ver TLSv1.0
defaults
    mode http
    timeout connect 3s
    timeout client 5s
    timeout server 5s
frontend f
    {bind}
    {more}
{extra}
""")
    lab.serve("haproxy -q -db -f $WORK/haproxy.cfg  # " + bind + "; " + more, port)


# --- negotiation

@case("negotiation/cipher-openssl-nginx", finding="cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40", near_miss="version-no-overlap")
def _(lab):
    "TLS 1.2: the client offers AES256-GCM with ECDHE only, nginx takes AES128-GCM only."
    nginx(lab, vhost("ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;"))
    return lab.run(SC + " -tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384")


@case("negotiation/cipher-tls13", finding="cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40")
def _(lab):
    "TLS 1.3 only on both sides, AES-256 offered, ChaCha20 wanted."
    lab.serve(OSSL + " -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256 " + RSA)
    return lab.run(SC + " -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384")


@case("negotiation/version-old-client-nginx", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "TLS 1.0 client (openssl s_client -tls1), nginx from TLS 1.2."
    nginx(lab, vhost("ssl_protocols TLSv1.2 TLSv1.3;"))
    return lab.run(SC + " -tls1 -cipher ALL:@SECLEVEL=0")


@case("negotiation/version-new-client-go", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "TLS 1.3 only client (curl), TLS 1.2 only server (Go)."
    lab.serve(GOS + " -cert $PKI/rsa.chain -key $PKI/rsa.key -max 1.2")
    return lab.run(CURL + " --tlsv1.3")


@case("negotiation/version-server-too-old-rustls", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.level==2")
def _(lab):
    "rustls (1.2 and 1.3) meets a server that ends with TLS 1.1."
    lab.serve(OSSL + " -tls1_1 -cipher ALL:@SECLEVEL=0 " + RSA)
    return lab.run(RSTC)


@case("negotiation/version-client-refuses-server-hello", finding="version-no-overlap", fault="client|server", evidence=["tls.alert_message.desc==70", "tls.handshake.type==2"],
      note="the server answers with TLS 1.1, the client refuses it")
def _(lab):
    "A Go client that wants TLS 1.2 gets a ServerHello of TLS 1.1, made by hand."
    body = "0302" + "11" * 32 + "00" + "c013" + "00"
    hello = "02" + "%06x" % (len(body) // 2) + body
    lab.serve(HAND + " server 443 answer hex=160302" + "%04x" % (len(hello) // 2) + hello)
    return lab.run(GOC + " -min 1.2 -max 1.2")


@case("negotiation/dhe-only-rustls", finding="dhe-only-server|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40", near_miss="version-no-overlap")
def _(lab):
    "rustls, which has no finite-field DHE, to a server that only does DHE-RSA-AES256-GCM-SHA384."
    lab.serve(OSSL + " -www -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384 -dhparam $PKI/dh2048.pem " + RSA)
    return lab.run(RSTC)


@case("negotiation/dhe-only-rustls-beside-openssl", finding="dhe-only-server", confidence="certain", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="OpenSSL to the same server: chooses DHE-RSA-AES256-GCM-SHA384")])
def _(lab):
    "The same with an OpenSSL client right after, which succeeds and shows what the server chooses."
    lab.serve(OSSL + " -www -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384 -dhparam $PKI/dh2048.pem " + RSA)
    out = lab.run(RSTC)
    return out + lab.run(SC + " -tls1_2 -ign_eof", text=get)


@case("negotiation/rsa-kex-only-rustls", finding="rsa-kex-only-server|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40")
def _(lab):
    "rustls to a server that only does RSA key exchange (AES128-GCM-SHA256)."
    lab.serve(OSSL + " -www -tls1_2 -cipher AES128-GCM-SHA256 " + RSA)
    return lab.run(RSTC)


@case("negotiation/rsa-kex-only-rustls-beside-openssl", finding="rsa-kex-only-server", confidence="certain", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="OpenSSL to the same server: chooses TLS_RSA_WITH_AES_128_GCM_SHA256")])
def _(lab):
    "The same with an OpenSSL client right after, which succeeds."
    lab.serve(OSSL + " -www -tls1_2 -cipher AES128-GCM-SHA256 " + RSA)
    out = lab.run(RSTC)
    return out + lab.run(SC + " -tls1_2 -ign_eof", text=get)


@case("negotiation/ecdsa-cert-rsa-only-client", finding="cert-type-no-overlap|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="the same client without the restriction: the server shows its ECDSA certificate")])
def _(lab):
    "The server has an ECDSA certificate only, the first client offers ECDHE-RSA suites only, the second one both."
    lab.serve(OSSL + " -www " + EC)
    out = lab.run(SC + " -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")
    return out + lab.run(SC + " -tls1_2 -ign_eof", text=get)


@case("negotiation/group-openssl-tls13", finding="group-no-overlap", fault="client|server", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.3: the client only does X25519, the server only P-521."
    lab.serve(OSSL + " -tls1_3 -groups P-521 " + RSA)
    return lab.run(SC + " -tls1_3 -groups X25519")


@case("negotiation/group-go-nginx-tls12", finding="group-no-overlap|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.2: a Go client that only does P-521, nginx with secp384r1 only."
    nginx(lab, vhost("ssl_ecdh_curve secp384r1; ssl_protocols TLSv1.2;"))
    return lab.run(GOC + " -max 1.2 -groups p521")


@case("negotiation/sigalg-openssl-tls13", finding="sigalg-no-overlap", fault="client|server", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.3: the client takes ECDSA signatures only, the server has an RSA certificate."
    lab.serve(OSSL + " -tls1_3 " + RSA)
    return lab.run(SC + " -tls1_3 -sigalgs ECDSA+SHA256")


@case("negotiation/sigalg-sha1-only-go", finding="sigalg-no-overlap|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.level==2")
def _(lab):
    "TLS 1.2: the client's signature algorithms are SHA-1 only, the server is Go, which has none of them."
    lab.serve(GOS + " -cert $PKI/rsa.chain -key $PKI/rsa.key")
    return lab.run(SC + " -tls1_2 -sigalgs RSA+SHA1 -cipher DEFAULT@SECLEVEL=0")


@case("negotiation/alpn-go-nginx", finding="alpn-no-overlap", fault="client|server", evidence="tls.alert_message.desc==120")
def _(lab):
    "The client offers imap, nginx http/1.1: fatal no_application_protocol."
    nginx(lab, vhost())
    return lab.run(GOC + " -alpn imap")


@case("negotiation/alpn-openssl-rustls-encrypted", finding="alpn-no-overlap", fault="client|server|unknown", twin="alpn-no-overlap",
      evidence="tcp.srcport==443 && tls.record.opaque_type==23 && tls.record.length==19", twin_evidence="tls.alert_message.desc==120",
      note="rustls sends the alert encrypted: without keys its number is hidden")
def _(lab):
    "OpenSSL offers http/1.1, a rustls server (Deno) only takes h2."
    lab.serve(RUSTLS + " server 443 $PKI/rsa.chain $PKI/rsa.key h2")
    return lab.run(SC + " -alpn http/1.1 -keylogfile $KEYLOG")


@case("negotiation/alpn-curl-rustls-encrypted", finding="failure-unexplained|alpn-no-overlap", fault="client|server|unknown",
      evidence="tcp.srcport==443 && tls.record.opaque_type==23 && tls.record.length==19",
      note="the alert is encrypted, and nothing in the offer is unusual: the capture does not tell the reason")
def _(lab):
    "curl offers h2 and http/1.1, a rustls server (Deno) only takes the protocol postgresql."
    lab.serve(RUSTLS + " server 443 $PKI/rsa.chain $PKI/rsa.key postgresql")
    return lab.run(CURL)


@case("negotiation/sni-unknown-nginx", finding="sni-unknown", fault="client|server", evidence="tls.alert_message.desc==112")
def _(lab):
    "nginx with ssl_reject_handshake for names that it does not have; asked for unknown.test."
    nginx(lab, "server { listen 443 ssl default_server; ssl_reject_handshake on; }\n" + vhost())
    return lab.run("curl -sS --cacert $PKI/roots.pem https://unknown.test/")


@case("negotiation/sni-missing-nginx", finding="sni-missing", fault="client|server", evidence="tls.alert_message.desc==112")
def _(lab):
    "nginx with ssl_reject_handshake; the client sends no name."
    nginx(lab, "server { listen 443 ssl default_server; ssl_reject_handshake on; }\n" + vhost())
    return lab.run("openssl s_client -connect 10.31.2.2:443 -noservername")


@case("negotiation/inappropriate-fallback-nginx", finding="inappropriate-fallback", fault="client|server", evidence="tls.alert_message.desc==86")
def _(lab):
    "A client that fell back to TLS 1.2 says so with TLS_FALLBACK_SCSV; nginx does 1.3."
    nginx(lab, vhost())
    return lab.run(SC + " -tls1_2 -fallback_scsv")


@case("negotiation/sslv3-only-nginx", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.level==2", near_miss="cipher-no-overlap")
def _(lab):
    "A ClientHello of SSL 3.0, made by hand, to nginx: handshake_failure although it is the version."
    nginx(lab, vhost("ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;"))
    return lab.run(HAND + " hello tls.test 443 record=0300 version=0300 suites=002f,0035,000a,0005 ext=no")


@case("negotiation/dhe-rsa-sha256-only-nginx", finding="cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40", near_miss="version-no-overlap")
def _(lab):
    "The client offers DHE-RSA-AES128-SHA256 (0x0067) alone; nginx has no DH parameters."
    nginx(lab, vhost())
    return lab.run(SC + " -tls1_2 -cipher DHE-RSA-AES128-SHA256")


@case("negotiation/dh-too-small", finding="dh-key-too-small", fault="client|server", evidence=["tls.handshake.type==12", "tls.alert_message.level==2"])
def _(lab):
    "nginx with a 1024 bit DH group; OpenSSL's default security level refuses it."
    nginx(lab, vhost("ssl_protocols TLSv1.2; ssl_ciphers DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0; ssl_dhparam ${PKI}/dh1024.pem;"))
    return lab.run(SC + " -tls1_2 -cipher DEFAULT@SECLEVEL=2")


# --- message

@case("message/decode-error-nginx", finding="decode-error", fault="client", evidence=["tls.handshake.type==1", "tls.alert_message.desc==50"])
def _(lab):
    "A ClientHello with surplus bytes after its extensions, made by hand, to nginx."
    nginx(lab, vhost())
    return lab.run(HAND + " hello tls.test 443 sni=tls.test " + MODERN + " tail=00010203")


@case("message/unexpected-message-openssl", finding="unexpected-message", fault="client", evidence="tls.alert_message.desc==10")
def _(lab):
    "The client's first message is a ClientKeyExchange, made by hand, to openssl s_server."
    lab.serve(OSSL + " " + RSA)
    return lab.run("printf '\\x16\\x03\\x03\\x00\\x26\\x10\\x00\\x00\\x22\\x20%s' 0123456789abcdef0123456789abcdefx | ncat --no-shutdown -w 3 tls.test 443")


@case("message/record-overflow-openssl", finding="record-overflow", fault="client", evidence="tls.alert_message.desc==22")
def _(lab):
    "A handshake record that claims 30000 bytes, made by hand, to openssl s_server."
    lab.serve(OSSL + " " + RSA)
    return lab.run("(printf '\\x16\\x03\\x01\\x75\\x30\\x01\\x00\\x75\\x2c\\x03\\x03'; head -c 3000 /dev/zero; sleep 1) | ncat -w 3 tls.test 443")


@case("message/decode-error-server-hello-go", finding="decode-error", fault="server", evidence="tls.alert_message.level==2")
def _(lab):
    "A ServerHello that is cut short, made by hand; Go's client cannot read it."
    lab.serve(HAND + " server 443 answer hex=160303000a02000006030311112222")
    return lab.run(GOC)


# --- ending

@case("ending/rst-after-client-hello", finding="reset-after-client-hello", fault="server", evidence="tcp.flags.reset==1 && tcp.srcport==443", near_miss="middlebox-reset")
def _(lab):
    "The server's process reads the ClientHello and closes with linger 0: RST from the server itself."
    lab.serve(HAND + " server 443 rst")
    return lab.run(CURL)


@case("ending/fin-after-client-hello", finding="close-after-client-hello", fault="server", evidence="tcp.flags.fin==1 && tcp.srcport==443", near_miss="middlebox-close")
def _(lab):
    "The server's process reads the ClientHello and closes."
    lab.serve(HAND + " server 443 fin")
    return lab.run(CURL)


@case("ending/server-silent", finding="server-silent", fault="server", evidence="tcp.flags.fin==1 && tcp.dstport==443")
def _(lab):
    "The server accepts and reads the ClientHello and never answers; curl gives up after 8 seconds."
    lab.serve(HAND + " server 443 silent")
    return lab.run(CURL + " -m 8")


@case("ending/server-stalled", finding="server-stalled", fault="server", evidence=["tls.handshake.type==2", "tcp.flags.fin==1 && tcp.dstport==443"])
def _(lab):
    "The server sends a ServerHello (made by hand, TLS 1.2) and nothing more; curl gives up after 6 seconds."
    body = "0303" + "22" * 32 + "00" + "c02f" + "00" + "0005ff01000100"
    hello = "02" + "%06x" % (len(body) // 2) + body
    lab.serve(HAND + " server 443 half hex=160303" + "%04x" % (len(hello) // 2) + hello)
    return lab.run(CURL + " -m 6")


@case("ending/client-silent", finding="client-silent", fault="client", evidence="tcp.flags.fin==1 && tcp.srcport==443",
      note="port 443 is a TLS port; the server closes after its handshake timeout")
def _(lab):
    "ncat connects to HAProxy's TLS port and says nothing; HAProxy's client timeout ends it."
    haproxy(lab, "bind :443 ssl crt ${PKI}/rsa.pem")
    return lab.run("sleep 9 | ncat tls.test 443")


@case("ending/client-half-hello", finding="client-silent", fault="client", evidence="tcp.len>0 && tcp.dstport==443")
def _(lab):
    "The client sends the first 60 bytes of a ClientHello and no more; HAProxy's timeout ends it."
    haproxy(lab, "bind :443 ssl crt ${PKI}/rsa.pem")
    return lab.run(HAND + " hello tls.test 443 sni=tls.test cut=60 wait=8 " + MODERN)


@case("ending/client-left-after-hello", check="tcp.flags.fin==1 && tcp.dstport==443", outcome="incomplete", finding="-", note="the client leaves within a second, before any answer: info client-left at most")
def _(lab):
    "The client sends its ClientHello and closes after 0.3 s; the server is slow."
    lab.serve(HAND + " server 443 silent")
    return lab.run(HAND + " hello tls.test 443 sni=tls.test wait=0.3 " + MODERN)


@case("ending/connection-probe", outcome="incomplete", finding="-", check="tcp.flags.fin==1", absent=["tls"], note="connect and close: info connection-probe at most")
def _(lab):
    "A load balancer's health probe: connect to nginx on 443, close at once."
    nginx(lab, vhost())
    return lab.run("ncat -z tls.test 443")


@case("ending/reset-before-client-hello", finding="reset-before-client-hello", fault="server|middlebox", evidence="tcp.flags.reset==1 && tcp.srcport==443")
def _(lab):
    "The server accepts and resets before the client has said anything."
    lab.serve(HAND + " server 443 close end=rst")
    return lab.run("sleep 1 | ncat tls.test 443")


@case("ending/user-cancelled", finding="client-cancelled", fault="client", evidence="tls.alert_message.desc==90")
def _(lab):
    "After the server's flight (TLS 1.2, openssl s_server) the client sends warning user_canceled and close_notify, by hand."
    lab.serve(OSSL + " -tls1_2 " + RSA)
    return lab.run(HAND + " hello tls.test 443 sni=tls.test suites=c02f,c030 groups=001d,0017 sigalgs=0401,0804 after=1503030002015a15030300020100")


# --- protocol

@case("protocol/http-on-tls-port-nginx", finding="http-to-tls-port", fault="client", evidence="http.request")
def _(lab):
    "curl speaks plain HTTP to nginx's TLS port: 400 with a page that says so."
    nginx(lab, vhost())
    return lab.run("curl -sS http://tls.test:443/")


@case("protocol/http-on-tls-port-openssl", finding="http-to-tls-port", fault="client", evidence="tcp.len>0 && tcp.dstport==443")
def _(lab):
    "curl speaks plain HTTP to openssl s_server."
    lab.serve(OSSL + " -www " + RSA)
    return lab.run("curl -sS http://tls.test:443/")


@case("protocol/http-on-tls-port-go", finding="http-to-tls-port", fault="client", evidence="tcp.len>0 && tcp.dstport==443", decode=["tcp.port==443,http"])
def _(lab):
    "curl speaks plain HTTP to a Go server's TLS port."
    lab.serve(GOS + " -cert $PKI/rsa.chain -key $PKI/rsa.key")
    return lab.run("curl -sS http://tls.test:443/")


@case("protocol/tls-on-http-port-nginx", finding="tls-to-http-port", fault="client", evidence="http.response.code==400", decode=["tcp.port==80,http"])
def _(lab):
    "curl speaks TLS to nginx's plain port 80 and gets 400 Bad Request."
    nginx(lab, vhost(listen="80"), 80)
    return lab.run("curl -sS -k https://tls.test:80/")


@case("protocol/tls-to-ssh", finding="tls-to-banner-service", fault="client", evidence="ssh || tcp.len>0 && tcp.srcport==22")
def _(lab):
    "curl speaks TLS to port 22; the server says SSH-2.0 first (the banner of OpenSSH 9.2, sent by a small server)."
    lab.serve(HAND + r" server 22 say text='SSH-2.0-OpenSSH_9.2p1\r\n'", 22)
    return lab.run("curl -sS -k https://tls.test:22/")


@case("protocol/plaintext-to-tls-port", finding="plaintext-to-tls-port", fault="client", evidence="tcp.len>0 && tcp.dstport==443")
def _(lab):
    "A Redis client's first bytes to openssl s_server."
    lab.serve(OSSL + " " + RSA)
    return lab.run(HAND + r" send tls.test 443 '*1\r\n$4\r\nPING\r\n'")


@case("protocol/tls-answer-is-noise", finding="tls-to-other-protocol|unexpected-message", fault="server", evidence="tcp.len>0 && tcp.srcport==443")
def _(lab):
    "The answer to the ClientHello is a binary protocol's error packet."
    lab.serve(HAND + " server 443 answer hex=0000000a00000000ffffffe10103")
    return lab.run(CURL)


# --- network

@case("network/refused", finding="tcp-connection-refused", fault="server", evidence="tcp.flags.reset==1", note="port 443 is a TLS port, nobody listens")
def _(lab):
    "Nobody listens on 443."
    return lab.run(CURL)


@case("network/syn-unanswered", finding="tcp-syn-timeout", fault="network|middlebox|server|unknown", evidence="tcp.flags.syn==1")
def _(lab):
    "The router drops everything to port 443; curl gives up after 8 seconds."
    lab.router("iptables -A FORWARD -p tcp --dport 443 -j DROP")
    return lab.run(CURL + " -m 8")


@case("network/icmp-prohibited", finding="icmp-unreachable", fault="network|middlebox", evidence="icmp.type==3")
def _(lab):
    "The router answers the SYN with ICMP administratively prohibited."
    lab.router("iptables -A FORWARD -p tcp --dport 443 -j REJECT --reject-with icmp-admin-prohibited")
    return lab.run(CURL + " -m 8")


@case("network/client-hello-dropped", finding="client-hello-lost", fault="network|middlebox", evidence="tls.handshake.type==1")
def _(lab):
    "The router drops segments that carry the name blocked.test; nothing acknowledges the ClientHello."
    nginx(lab, vhost())
    lab.faulty("drop match=blocked.test")
    return lab.run("curl -sS -k -m 9 https://blocked.test/")


# --- client certificates

@case("client-cert/missing-tls12-openssl", finding="client-cert-missing", fault="client|server", evidence=["tls.handshake.type==13", "tls.alert_message.level==2"])
def _(lab):
    "TLS 1.2: openssl s_server demands a certificate, curl has none."
    lab.serve(OSSL + " -tls1_2 -www -Verify 3 -verify_return_error -CAfile $PKI/root.crt " + RSA)
    return lab.run(CURL)


@case("client-cert/missing-tls13-go", finding="client-cert-missing|client-cert-rejected|server-left|alert-unexplained", fault="client|unknown|server", twin="client-cert-missing", twin_evidence="tls.alert_message.desc==116",
      evidence="tcp.srcport==443 && tls.record.opaque_type==23 && tls.record.length==19", note="the alert certificate_required(116) is encrypted")
def _(lab):
    "TLS 1.3: a Go server demands a certificate, the Go client has none; rejection after the client's Finished."
    lab.serve(GOS + " -cert $PKI/ec.chain -key $PKI/ec.key -auth verify -roots $PKI/root.crt")
    return lab.run(GOC)


@case("client-cert/missing-nginx-400", outcome="completed", finding="-", absent=[bad], check="tls.app_data", note="nginx finishes the handshake and refuses with HTTP 400 inside")
def _(lab):
    "nginx with ssl_verify_client on; curl without a certificate, TLS 1.2."
    nginx(lab, vhost("ssl_client_certificate ${PKI}/root.crt; ssl_verify_client on; ssl_verify_depth 3;"))
    return lab.run(CURL + " --tls-max 1.2")


# --- server certificates

def rejected(name, cert, finding, alert, doc, client=CURL + " --tls-max 1.2", fault="client|server", run=None, **k):
    weak = " -cipher DEFAULT:@SECLEVEL=0" if cert in ("rsa1024", "sha1") else ""

    def f(lab):
        lab.serve(OSSL + f" -www -cert $PKI/{cert}.crt -key $PKI/{cert}.key -cert_chain $PKI/inter.crt" + weak if cert not in ("self", "leafonly", "unlisted", "ecself") else
                  OSSL + f" -www -cert $PKI/{cert}.chain -key $PKI/{cert}.key")
        return lab.run(client)
    f.__doc__ = doc
    if alert:
        k.setdefault("evidence", [f"tls.alert_message.desc=={alert}", "tls.handshake.type==11"])
    case("server-cert/" + name, finding=finding, fault=fault, **k)(f)


rejected("expired-curl-tls12", "expired", "cert-expired", 45, "TLS 1.2, the server's certificate ended 12 days ago; curl refuses it.")
rejected("expired-rustls-tls13", "expired", "cert-expired|cert-rejected|client-left|alert-unexplained", None, "TLS 1.3 with rustls: the alert is encrypted and the certificate as well.", client=RSTC,
         fault="client|server|unknown", evidence="tcp.dstport==443 && tls.record.opaque_type==23 && tls.record.length==19")
rejected("expired-go-tls13", "expired", "cert-rejected|client-left|alert-unexplained", None, "TLS 1.3 with Go: the alert is encrypted and the certificate as well; with the key log in the twin.", client=GOC, twin="cert-expired",
         fault="client|server|unknown", evidence="tcp.dstport==443 && tls.record.opaque_type==23 && tls.record.length==19", twin_evidence="tls.alert_message.level==2")
rejected("self-signed-openssl-tls12", "self", "cert-self-signed", 48, "TLS 1.2, self-signed certificate.", client=SC + " -tls1_2")
rejected("name-mismatch-gnutls-tls12", "othername", "cert-name-mismatch", 42, "TLS 1.2, the certificate is for other.test; gnutls-cli asked for tls.test.", client=GNUTLS + " --priority NORMAL:-VERS-TLS1.3")
rejected("missing-intermediate-curl-tls12", "leafonly", "cert-chain-incomplete|cert-unknown-ca", 48, "TLS 1.2, the server sends its leaf without the intermediate.")
rejected("not-yet-valid-openssl-tls12", "future", "cert-not-yet-valid", 42, "TLS 1.2, the certificate begins 200 days from now.", client=SC + " -tls1_2")
rejected("unknown-ca-go-tls12", "unlisted", "cert-unknown-ca", 42, "TLS 1.2, issued by a root that the client does not have.", client=GOC + " -max 1.2")
