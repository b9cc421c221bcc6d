"""The cases that the project was started for, with the software of the articles where it can be had."""
from cases_basic import CURL, EC, GNUTLS, GOC, GOS, HAND, OSSL, RSA, RSTC, RUSTLS, SC, TLS12, TLS13, bad, get, haproxy, nginx, vhost
from cases_starttls import client, dovecot, postfix
from lab import sh
from record import case

DHE = "DHE-RSA-AES256-GCM-SHA384"


def stunnel(lab, port, to, ciphers, more=""):
    lab.write("stunnel.conf", f"""foreground = yes
pid =
debug = 4
[s]
accept = {port}
connect = 127.0.0.1:{to}
cert = ${{PKI}}/rsa.pem
ciphers = {ciphers}
options = NO_TLSv1_3
{more}
""")
    sh(f"cat {lab.work}/pki/dh2048.pem >> /dev/null")
    lab.serve(f"stunnel4 $WORK/stunnel.conf  # accept={port} connect={to} ciphers={ciphers} NO_TLSv1_3 {more}", port)


# --- rustls and an old IMAP server

@case("cases/rustls-imaps-dhe-only", finding="dhe-only-server|cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40", near_miss="version-no-overlap")
def _(lab):
    "IMAPS on 993: stunnel with DHE-RSA-AES256-GCM-SHA384 and TLS 1.2 only before Dovecot; the client is rustls: AlertReceived(HandshakeFailure)."
    dovecot(lab, "service imap-login {\n inet_listener imaps {\n port = 0\n }\n}")
    stunnel(lab, 993, 143, DHE)
    return lab.run(RUSTLS + " client imap.tls.test 993 imap.tls.test $PKI/roots.pem")


@case("cases/rustls-imaps-dhe-only-beside-openssl", finding="dhe-only-server", confidence="certain", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="openssl s_client, the line that the report recommends")])
def _(lab):
    "The same and openssl s_client right after."
    dovecot(lab, "service imap-login {\n inet_listener imaps {\n port = 0\n }\n}")
    stunnel(lab, 993, 143, DHE)
    out = lab.run(RUSTLS + " client imap.tls.test 993 imap.tls.test $PKI/roots.pem")
    return out + lab.run("openssl s_client -connect 10.31.2.2:993 -servername imap.tls.test -CAfile $PKI/roots.pem -quiet -ign_eof", text="a LOGOUT\r\n", timeout=8)


@case("cases/unoffered-dh-group", finding="unoffered-choice", fault="server", evidence=["tls.handshake.type==12", "tls.alert_message.desc==47"])
def _(lab):
    "The server sends a DH group of its own (2048 bit, no named one); the client's hello, made by hand, offers DHE suites with ffdhe2048 and ffdhe3072 only, and it answers illegal_parameter as rustls with a provider for FFDHE does (SelectedUnofferedKxGroup)."
    lab.serve(OSSL + f" -tls1_2 -cipher {DHE} -dhparam $PKI/dh2048.pem " + RSA)
    return lab.run(HAND + " hello tls.test 443 sni=imap.tls.test suites=009f,009e,cca8,c030,c02f groups=0100,0101,001d sigalgs=0804,0401,0601 after=1503030002022f")


# --- rustls and a mail push service

@case("cases/rustls-smtps-rsa-kex-only", finding="rsa-kex-only-server|cipher-no-overlap", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="OpenSSL on the same port: TLS_RSA_WITH_AES_256_GCM_SHA384")])
def _(lab):
    "SMTPS on 465: Postfix with TLS 1.2 and RSA key exchange only. rustls fails, OpenSSL succeeds right after."
    postfix(lab, "smtpd_tls_mandatory_protocols = <=TLSv1.2\nsmtpd_tls_mandatory_exclude_ciphers = kECDHE, kEECDH, kDHE, kEDH", port=465)
    out = lab.run(RUSTLS + " client mail.tls.test 465 mail.tls.test $PKI/roots.pem")
    return out + lab.run("openssl s_client -connect 10.31.2.2:465 -servername mail.tls.test -CAfile $PKI/roots.pem -quiet -ign_eof", text="QUIT\r\n", timeout=8)


# --- Mbed TLS, self-signed, browsers

MBEDS = "$TOOLS/mbed server 443 $PKI/self.chain $PKI/self.key"
CHROMIUM = "chromium --headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --user-data-dir=$WORK/chromium"


def chromium(lab, waits):
    lab.start(CHROMIUM + " --remote-debugging-port=9222 about:blank", ns="tw-client")
    return lab.run(f"$DENO run -A --quiet $HERE/browser.js 9222 https://tls.test/ {waits}", timeout=60)


STORY = dict(finding="cert-self-signed|cert-rejected|browser-retry", fault="client|server|unknown", near_miss="tls-interception")


@case("cases/mbedtls-self-signed-chromium-goes-on", evidence="tcp.stream==0 && tls.alert_message.desc==46", check=["tls.app_data"],
      also=[dict(stream="tcp.stream==1", **{k: v for k, v in STORY.items() if k != "near_miss"}, outcome="failed", evidence="tcp.stream==1 && tls.alert_message.desc==46")],
      note="one story: Chromium refuses the self-signed certificate and tries again; the last connection is complete after the user goes on; the server's log says -0x7780 (fatal alert received)", **STORY)
def _(lab):
    "A server of Mbed TLS 2.28 with a self-signed certificate. Chromium refuses it (ERR_CERT_AUTHORITY_INVALID), reloads, and the user goes on past the warning."
    lab.serve(MBEDS)
    return chromium(lab, "3")


@case("cases/mbedtls-self-signed-chromium-refused", evidence="tcp.stream==0 && tls.alert_message.desc==46", absent=["tls.app_data"], note="the user leaves it at that", **STORY)
def _(lab):
    "The same, and the user leaves it at that."
    lab.serve(MBEDS)
    lab.start(CHROMIUM + " --remote-debugging-port=9222 about:blank", ns="tw-client")
    return lab.run("$DENO run -A --quiet $HERE/browser.js 9222 https://tls.test/", timeout=60)


@case("cases/openssl-self-signed-chromium-goes-on", evidence="tcp.stream==0 && tcp.dstport==443 && tls.record.opaque_type==23 && tls.record.length==19", check=[TLS13],
      note="TLS 1.3: the alert is encrypted", finding="cert-rejected|client-left|cert-self-signed|browser-retry|alert-unexplained", fault="client|server|unknown", near_miss="tls-interception")
def _(lab):
    "The same with openssl s_server, which does TLS 1.3: not the server library's fault."
    lab.serve(OSSL + " -www -cert $PKI/self.chain -key $PKI/self.key")
    return chromium(lab, "3")


@case("cases/mbedtls-self-signed-firefox", evidence="tcp.stream==0 && tcp.dstport==443 && (tls.alert_message || tls.record.content_type==21)", note="Firefox refuses once and does not repeat", **STORY)
def _(lab):
    "Firefox with the same Mbed TLS server: one refusal."
    lab.serve(MBEDS)
    sh(f"mkdir -p {lab.work}/tmp/ff")
    lab.write("ff/user.js", """user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
""")
    return lab.run("firefox-esr --headless --no-remote --profile $WORK/ff --screenshot $WORK/x.png https://tls.test/", timeout=40)


# --- general causes

@case("cases/clock-behind-openssl", finding="cert-not-yet-valid|cert-rejected|alert-unexplained", fault="client|unknown", evidence=["tls.alert_message.desc==42"], near_miss="cert-expired",
      note="the certificate is valid at capture time; the client's clock says two years ago")
def _(lab):
    "The client's clock is two years behind (faketime); TLS 1.2; the server's certificate is fine."
    lab.serve(OSSL + " -www " + RSA)
    return lab.run("faketime '2 years ago' " + SC + " -tls1_2")


@case("cases/clock-ahead-openssl", finding="cert-not-yet-valid|cert-expired|cert-rejected|alert-unexplained", fault="client|unknown", evidence=["tls.alert_message.desc==45"],
      note="the certificate is valid at capture time although the alert says certificate_expired: the client's clock is ahead")
def _(lab):
    "The client's clock is ten years ahead (faketime); TLS 1.2; the server's certificate is fine."
    lab.serve(OSSL + " -www " + RSA)
    return lab.run("faketime '10 years' " + SC + " -tls1_2")


@case("cases/edge-and-origin-cipher", finding="cipher-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40")
def _(lab):
    "An edge (nginx as a reverse proxy with proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256) and its origin, which takes AES256-GCM only; captured between the two."
    lab.serve(OSSL + " -www -tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384 " + RSA)
    lab.write("edge.conf", """daemon off; pid ${WORK}/edge.pid; error_log ${WORK}/edge.log; worker_processes 1; events { worker_connections 64; }
http { access_log off; client_body_temp_path ${WORK}; proxy_temp_path ${WORK}; fastcgi_temp_path ${WORK}; uwsgi_temp_path ${WORK}; scgi_temp_path ${WORK};
server { listen 127.0.0.1:80; location / { proxy_pass https://10.31.2.2:443; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256; proxy_ssl_protocols TLSv1.2; proxy_ssl_server_name on; proxy_ssl_name tls.test; } } }
""")
    lab.serve("nginx -e $WORK/edge.log -c $WORK/edge.conf  # proxy_pass https://10.31.2.2; proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256", 80, ns="tw-client")
    return lab.run("curl -sS http://127.0.0.1/")


@case("cases/cloud-tls10-client", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "A client with TLS 1.1 at most, nginx with TLS 1.2 and 1.3."
    nginx(lab, vhost())
    return lab.run(SC + " -tls1_1 -cipher ALL:@SECLEVEL=0")


@case("cases/cloud-sslv3-client", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==40", near_miss="cipher-no-overlap")
def _(lab):
    "A ClientHello of SSL 3.0 (made by hand) to nginx with TLS 1.0 and up: handshake_failure."
    nginx(lab, vhost("ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;"))
    return lab.run(HAND + " hello tls.test 443 record=0300 version=0300 suites=0039,0035,0016,000a,0005,0004 ext=no")


@case("cases/cloud-dhe-rsa-aes128-sha256-client", finding="cipher-no-overlap", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="curl to the same server: what the server chooses")])
def _(lab):
    "The client offers DHE-RSA-AES128-SHA256 alone, nginx has no DH parameters; curl beside it succeeds."
    nginx(lab, vhost())
    out = lab.run(SC + " -tls1_2 -cipher DHE-RSA-AES128-SHA256")
    return out + lab.run(CURL + " --tls-max 1.2")


def goes_on(name, cert, doc, extra="", command="curl -sS -k --tls-max 1.2 https://tls.test/"):
    def f(lab):
        lab.serve(OSSL + f" -www -cert $PKI/{cert}.crt -key $PKI/{cert}.key -cert_chain $PKI/inter.crt {extra}")
        return lab.run(command)
    f.__doc__ = doc
    case("cases/" + name, outcome="completed", finding="-", absent=[bad], check=["tls.app_data", "tls.handshake.type==11"],
         note="the handshake completes: a warning at most, no error")(f)


goes_on("cloud-name-mismatch-accepted", "othername", "curl -k goes on although the certificate is for other.test (TLS 1.2).")
goes_on("cloud-expired-accepted", "expired", "curl -k goes on although the certificate has expired (TLS 1.2).")
goes_on("cloud-revoked-accepted", "rsa", "openssl s_client without -verify_return_error goes on although the stapled OCSP answer says revoked (TLS 1.2).", "-status_file $PKI/revoked.ocsp", "(echo 'GET / HTTP/1.0'; echo; sleep 1) | openssl s_client -connect 10.31.2.2:443 -servername tls.test -tls1_2 -status")
goes_on("cloud-clock-wrong-accepted", "rsa", "curl -k with a clock that is two years behind goes on (TLS 1.2); the certificate is fine.", "", "faketime '2 years ago' curl -sS -k --tls-max 1.2 https://tls.test/")


@case("cases/cloud-shield-after-plain-prelude", finding="middlebox-reset", fault="middlebox|network", evidence="tcp.stream==0 && tcp.flags.reset==1", near_miss="reset-after-client-hello",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="the same address, another name: passes")], note="the RST has TTL 64 (the router's), the server's packets 63")
def _(lab):
    "SMTP in the clear with Postfix, STARTTLS, then the ClientHello with the name blocked.test is answered by an RST from the router; with the name mail.tls.test it passes."
    postfix(lab)
    lab.faulty("rst match=blocked.test ttl=64")
    out = lab.run("openssl s_client -starttls smtp -connect 10.31.2.2:25 -servername blocked.test -CAfile $PKI/roots.pem")
    return out + lab.run("openssl s_client -starttls smtp -connect 10.31.2.2:25 -servername mail.tls.test -CAfile $PKI/roots.pem -quiet -ign_eof", text="QUIT\r\n", timeout=8)


@case("cases/cloud-shield-https", finding="middlebox-reset", fault="middlebox|network", evidence="tcp.stream==1 && tcp.flags.reset==1", near_miss="reset-after-client-hello", stream="tcp.stream==1",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the same address, another name"),
            dict(stream="tcp.stream==2", outcome="failed", finding="middlebox-reset", fault="middlebox|network", evidence="tcp.stream==2 && tcp.flags.reset==1")])
def _(lab):
    "Three HTTPS connections to nginx: tls.test passes, blocked.test is reset by the router twice; the shield answers with TTL 128 and a random IP id."
    nginx(lab, vhost())
    lab.faulty("rst match=blocked.test ttl=128 id=54321")
    lab.run(CURL)
    lab.run("curl -sS -k https://blocked.test/")
    return lab.run("curl -sS -k https://blocked.test/")


@case("cases/cloud-client-certificate-too-weak", finding="client-cert-weak", fault="client|server", evidence=["tls.alert_message.desc==42", "tls.handshake.type==11 && tcp.dstport==443"])
def _(lab):
    "Mutual TLS 1.2: HAProxy (OpenSSL, security level 2) finds the client's 1024 bit RSA key too weak: bad_certificate."
    haproxy(lab, "bind :443 ssl crt ${PKI}/rsa.pem ca-file ${PKI}/root.crt verify required")
    return lab.run(SC + " -tls1_2 -cipher DEFAULT@SECLEVEL=0 -cert $PKI/client-rsa1024.crt -key $PKI/client-rsa1024.key -cert_chain $PKI/inter.crt")


@case("cases/cloud-ssl-preread-without-sni", finding="sni-missing", fault="client|server", evidence=["tls.handshake.type==1", "tcp.srcport==443 && tcp.flags.fin==1"],
      also=[dict(stream="tcp.stream==1", outcome="completed", note="with a name it passes")])
def _(lab):
    "nginx stream with ssl_preread as a forward proxy: a hello without SNI ends in a FIN, one with SNI passes."
    lab.serve("openssl s_server -quiet -www -accept 8443 " + RSA, 8443)
    nginx(lab, "stream { resolver 127.0.0.1; map $ssl_preread_server_name $to { tls.test 127.0.0.1:8443; default $ssl_preread_server_name:443; } server { listen 443; ssl_preread on; proxy_pass $to; } }")
    out = lab.run("openssl s_client -connect 10.31.2.2:443 -noservername")
    return out + lab.run(SC + " -ign_eof", text=get)


@case("cases/tlcp-client-nginx", finding="tlcp-mismatch", fault="client", evidence=["tcp.len>0 && tcp.dstport==443", "tcp.srcport==443 && tcp.flags.fin==1"])
def _(lab):
    "A TLCP ClientHello (version 0x0101, SM4 suites), made by hand, to nginx."
    nginx(lab, vhost())
    return lab.run(HAND + " hello tls.test 443 sni=tls.test record=0101 version=0101 suites=e013,e011,e053,e051,00ff")


@case("cases/tlcp-client-openssl", finding="tlcp-mismatch", fault="client", evidence=["tcp.len>0 && tcp.dstport==443", "tcp.srcport==443 && tcp.flags.fin==1"])
def _(lab):
    "The same, without extensions, to openssl s_server."
    lab.serve(OSSL + " " + RSA)
    return lab.run(HAND + " hello tls.test 443 ext=no record=0101 version=0101 suites=e013,e011")


@case("cases/tlcp-client-gnutls", finding="tlcp-mismatch", fault="client", evidence=["tcp.len>0 && tcp.dstport==443", "tcp.len>0 && tcp.srcport==443 || tcp.srcport==443 && tcp.flags.fin==1"])
def _(lab):
    "The same in records of version 3.1, to gnutls-serv."
    lab.serve("gnutls-serv -q -p 443 --x509certfile=$PKI/rsa.chain --x509keyfile=$PKI/rsa.key")
    return lab.run(HAND + " hello tls.test 443 sni=tls.test record=0301 version=0101 suites=e013,e011,e053,e051")


@case("cases/tlcp-server-flight", outcome="incomplete|failed", finding="-|client-left|failure-unexplained", fault="none|client|unknown", check="tcp.len>0 && tcp.srcport==443", near_miss="tlcp-mismatch",
      note="a TLCP client and a TLCP server agree on ECC_SM4_GCM_SM3; two SM2 certificates (signing, encryption) made and a ServerKeyExchange signed with OpenSSL; the client, made by hand, leaves after the server's flight")
def _(lab):
    "The server's flight of TLCP with two SM2 certificates to a hello made by hand."
    lab.serve(HAND + " server 443 tlcp dir=$PKI")
    return lab.run(HAND + " hello tls.test 443 sni=tls.test record=0101 version=0101 suites=e053,e013 wait=1")
