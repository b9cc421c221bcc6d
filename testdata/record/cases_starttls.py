"""Upgrades to TLS and preludes, with real servers."""
import os

from cases_basic import CURL, EC, GNUTLS, GOC, GOS, HAND, NGINX, OSSL, RSA, RUSTLS, SC, TLS12, TLS13, bad, get, haproxy, nginx, vhost
from lab import sh
from record import case


def client(proto, port, more=""):
    return f"openssl s_client -starttls {proto} -connect 10.31.2.2:{port} -servername tls.test -CAfile $PKI/roots.pem -verify_return_error {more}"


def keyfile(lab, name, user):
    """A copy of a key that only the server's user may read."""
    sh(f"cp {lab.work}/pki/{name}.key {lab.work}/pki/{name}.chain {lab.work}/tmp/ && chown {user} {lab.work}/tmp/{name}.* && chmod 600 {lab.work}/tmp/{name}.key")


# --- SMTP and LMTP

def postfix(lab, main="", cert="rsa", tls="may", port=25):
    lab.write("main.cf", f"""compatibility_level = 3.6
queue_directory = ${{WORK}}/queue
data_directory = ${{WORK}}/pdata
maillog_file = /var/log/tls-record.log
maillog_file_prefixes = /var, ${{WORK}}
myhostname = mail.tls.test
mydestination = tls.test
inet_interfaces = all
smtpd_banner = $myhostname ESMTP
smtpd_tls_chain_files = ${{PKI}}/{cert}.key, ${{PKI}}/{cert}.chain
smtpd_tls_security_level = {tls}
smtpd_delay_reject = no
smtpd_peername_lookup = no
smtputf8_enable = no
{main}
""")
    lab.write("master.cf", """smtp inet n - n - - smtpd
587 inet n - n - - smtpd
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
error unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
""")
    sh(f"mkdir -p {lab.work}/tmp/queue {lab.work}/tmp/pdata {lab.work}/tmp/pf; mv {lab.work}/tmp/m*.cf {lab.work}/tmp/pf; chown postfix {lab.work}/tmp/pdata")
    if not os.path.exists("/etc/postfix/main.cf"):
        sh("touch /etc/postfix/main.cf")
    lab.serve(f"postfix -c $WORK/pf start-fg  # {main} tls={tls} cert={cert}", port, wait=30)


@case("starttls/smtp-healthy-curl-postfix", outcome="completed", check=["smtp.req.command contains \"STAR\"", TLS13], absent=[bad])
def _(lab):
    "curl delivers to Postfix, --ssl-reqd, port 587."
    postfix(lab, port=587)
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem --mail-from a@tls.test --mail-rcpt postmaster@tls.test -T /dev/null smtp://mail.tls.test:587")


@case("starttls/smtp-name-mismatch-postfix", finding="cert-name-mismatch", fault="client|server", evidence=["tls.alert_message.level==2", "tls.handshake.type==11"])
def _(lab):
    "GnuTLS to Postfix with TLS 1.2 after STARTTLS; the certificate is for other.test."
    postfix(lab, "smtpd_tls_mandatory_protocols = >=TLSv1\nsmtpd_tls_protocols = <=TLSv1.2", cert="othername")
    return lab.run("gnutls-cli --x509cafile=$PKI/roots.pem --starttls-proto=smtp -p 25 mail.tls.test")


@case("starttls/smtp-version-postfix", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "OpenSSL with TLS 1.1 after STARTTLS, Postfix from TLS 1.2."
    postfix(lab, "smtpd_tls_protocols = >=TLSv1.2")
    return lab.run(client("smtp", 25, "-tls1_1 -cipher ALL:@SECLEVEL=0"))


@case("starttls/smtp-not-offered-postfix", finding="starttls-not-offered", fault="client|server", evidence='smtp.rsp.parameter contains "ENHANCED" || smtp.rsp.parameter contains "PIPELINING"', absent=["tls"])
def _(lab):
    "Postfix without TLS does not offer STARTTLS; curl insists on it."
    postfix(lab, tls="none")
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem --mail-from a@tls.test --mail-rcpt postmaster@tls.test -T /dev/null smtp://mail.tls.test:25")


@case("starttls/smtp-refused-454", finding="starttls-refused", fault="client|server", evidence="smtp.response.code==454", absent=["tls"])
def _(lab):
    "Postfix with a certificate file that cannot be read offers STARTTLS and answers 454."
    lab.write("broken.key", "no key\n")
    postfix(lab, "smtpd_tls_chain_files =\nsmtpd_tls_cert_file = ${PKI}/rsa.chain\nsmtpd_tls_key_file = ${WORK}/broken.key")
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem --mail-from a@tls.test --mail-rcpt postmaster@tls.test -T /dev/null smtp://mail.tls.test:25")


@case("starttls/smtps-implicit-tls-on-25-postfix", finding="tls-to-banner-service", fault="client", evidence="smtp.response.code==220", decode=["tcp.port==25,smtp"])
def _(lab):
    "openssl s_client speaks TLS at once to Postfix's port 25, which wants STARTTLS: it says 220."
    postfix(lab)
    return lab.run("openssl s_client -connect 10.31.2.2:25 -servername mail.tls.test", timeout=12)


@case("starttls/smtp-starttls-client-on-465-postfix", finding="plaintext-to-tls-port|client-silent", fault="client", evidence="tcp.dstport==465 && tcp.flags.fin==1")
def _(lab):
    "A client that waits for a banner connects to Postfix's port 465 (TLS at once): both wait, the client gives up."
    postfix(lab, port=465)
    return lab.run("curl -sS --ssl-reqd -m 12 --mail-from a@tls.test --mail-rcpt postmaster@tls.test -T /dev/null smtp://mail.tls.test:465", timeout=20)


@case("starttls/smtps-rsa-only-rustls", finding="rsa-kex-only-server|cipher-no-overlap", fault="client|server", evidence="tcp.stream==0 && tls.alert_message.desc==40",
      also=[dict(stream="tcp.stream==1", outcome="completed", note="OpenSSL on the same port: TLS_RSA_WITH_AES_256_GCM_SHA384")])
def _(lab):
    "Postfix on 465 with RSA key exchange and TLS 1.2 only: rustls fails, OpenSSL succeeds right after."
    postfix(lab, "smtpd_tls_mandatory_protocols = <=TLSv1.2\nsmtpd_tls_mandatory_exclude_ciphers = kECDHE, kEECDH, kDHE, kEDH", port=465)
    out = lab.run(RUSTLS + " client mail.tls.test 465 mail.tls.test $PKI/roots.pem")
    return out + lab.run("openssl s_client -connect 10.31.2.2:465 -servername mail.tls.test -CAfile $PKI/roots.pem -quiet -ign_eof", text="QUIT\r\n", timeout=6)


@case("starttls/smtp-stripped", finding="starttls-stripped", fault="middlebox|network", evidence='smtp.rsp.parameter contains "XXXXXXXA"')
def _(lab):
    "The router overwrites STARTTLS in Postfix's answer with XXXXXXXA; curl insists on TLS."
    postfix(lab)
    lab.faulty("replace match=STARTTLS with=XXXXXXXA")
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem --mail-from a@tls.test --mail-rcpt postmaster@tls.test -T /dev/null smtp://mail.tls.test:25")


# --- IMAP, POP3, ManageSieve, LMTP

def dovecot(lab, more="", cert="rsa", port=143, ssl="yes"):
    lab.write("dovecot.conf", f"""protocols = imap pop3 sieve lmtp
base_dir = ${{WORK}}/run
instance_name = record
log_path = ${{WORK}}/dovecot.log
state_dir = ${{WORK}}
ssl = {ssl}
ssl_cert = <${{PKI}}/{cert}.chain
ssl_key = <${{PKI}}/{cert}.key
mail_location = maildir:${{WORK}}/mail
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
login_greeting = ready.
service lmtp {{
  inet_listener lmtp {{
    port = 24
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home=${{WORK}}/mail
}}
{more}
""")
    sh(f"mkdir -p {lab.work}/tmp/mail; chmod 777 {lab.work}/tmp/mail")
    lab.serve(f"dovecot -F -c $WORK/dovecot.conf  # ssl={ssl} cert={cert} {more}", port)


@case("starttls/imap-healthy-curl-dovecot", outcome="completed", check=["imap.request contains \"STARTTLS\"", TLS13], absent=[bad])
def _(lab):
    "curl --ssl-reqd to Dovecot, IMAP on 143."
    dovecot(lab)
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem -u user:secret imap://imap.tls.test/")


@case("starttls/imap-expired-openssl-dovecot", finding="cert-expired", fault="client|server", evidence=["tls.alert_message.desc==45", "tls.handshake.type==11"])
def _(lab):
    "openssl s_client -starttls imap with TLS 1.2 to Dovecot, whose certificate has expired."
    dovecot(lab, "ssl_prefer_server_ciphers = yes", cert="expired")
    return lab.run(client("imap", 143, "-tls1_2"))


@case("starttls/imap-not-offered-dovecot", finding="starttls-not-offered", fault="client|server", evidence="imap.response", absent=["tls"], decode=["tcp.port==143,imap"])
def _(lab):
    "Dovecot with ssl = no; curl insists on TLS."
    dovecot(lab, ssl="no")
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem -u user:secret imap://imap.tls.test/")


@case("starttls/pop3-healthy-curl-dovecot", outcome="completed", check=["pop.request.command==\"STLS\"", TLS13], absent=[bad])
def _(lab):
    "curl --ssl-reqd to Dovecot, POP3 on 110."
    dovecot(lab, port=110)
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem -u user:secret pop3://imap.tls.test/")


@case("starttls/pop3-version-openssl-dovecot", finding="version-no-overlap|close-after-client-hello", fault="client|server", evidence="tls.alert_message.level==2 || tcp.flags.fin==1 && tcp.srcport==110")
def _(lab):
    "openssl s_client -starttls pop3 with TLS 1.1 to Dovecot, which wants TLS 1.2."
    dovecot(lab, "ssl_min_protocol = TLSv1.2", port=110)
    return lab.run(client("pop3", 110, "-tls1_1 -cipher ALL:@SECLEVEL=0"))


@case("starttls/sieve-healthy-openssl-dovecot", outcome="completed", check=[TLS13], decode=["tcp.port==4190,tls"], absent=[bad])
def _(lab):
    "openssl s_client -starttls sieve to Dovecot's ManageSieve on 4190."
    dovecot(lab, port=4190)
    return lab.run(client("sieve", 4190, "-quiet -ign_eof"), text="LOGOUT\r\n", timeout=6)


@case("starttls/sieve-unknown-ca-openssl-dovecot", finding="cert-unknown-ca", fault="client|server", evidence=["tls.alert_message.desc==48", "tls.handshake.type==11"], decode=["tcp.port==4190,tls"])
def _(lab):
    "The same with TLS 1.2 and a certificate of a root that the client does not have."
    dovecot(lab, port=4190, cert="unlisted")
    return lab.run(client("sieve", 4190, "-tls1_2"))


@case("starttls/lmtp-healthy-openssl-dovecot", outcome="completed", check=[TLS13], decode=["tcp.port==24,smtp"], absent=[bad])
def _(lab):
    "openssl s_client -starttls lmtp to Dovecot on 24."
    dovecot(lab, port=24)
    return lab.run(client("lmtp", 24, "-quiet -ign_eof"), text="QUIT\r\n", timeout=6)


# --- FTP

def vsftpd(lab, more="", cert="rsa", port=21):
    lab.write("vsftpd.conf", f"""listen=YES
background=NO
anonymous_enable=YES
anon_root=/var/empty-tls
no_anon_password=YES
local_enable=NO
secure_chroot_dir=/var/empty-tls
pasv_min_port=30000
pasv_max_port=30010
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file=${{PKI}}/{cert}.chain
rsa_private_key_file=${{PKI}}/{cert}.key
ssl_ciphers=HIGH
ftpd_banner=ready.
isolate=NO
seccomp_sandbox=NO
{more}
""")
    sh("mkdir -p /var/empty-tls/pub && echo hello >/var/empty-tls/pub/file")
    lab.serve(f"vsftpd $WORK/vsftpd.conf  # {' '.join(more.split())} cert={cert}", port)


@case("starttls/ftp-healthy-curl-vsftpd", outcome="completed", check=["ftp.request.command==\"AUTH\"", "tls.handshake.type==1"], absent=[bad],
      also=[dict(stream="tcp.stream==1", outcome="completed", note="the data connection, TLS of its own with the control connection's session")])
def _(lab):
    "curl --ssl-reqd lists a directory of vsftpd: control and data connection."
    vsftpd(lab, "require_ssl_reuse=YES")
    return lab.run("curl -sS --ssl-reqd --tls-max 1.2 --cacert $PKI/roots.pem ftp://ftp.tls.test/pub/")


@case("starttls/ftp-name-mismatch-gnutls-vsftpd", finding="cert-name-mismatch", fault="client|server", evidence=["tls.alert_message.level==2", "tls.handshake.type==11"])
def _(lab):
    "gnutls-cli --starttls-proto=ftp to vsftpd with TLS 1.2; the certificate is for other.test."
    vsftpd(lab, cert="othername")
    return lab.run("gnutls-cli --x509cafile=$PKI/roots.pem --starttls-proto=ftp --priority NORMAL:-VERS-TLS1.3 -p 21 ftp.tls.test")


@case("starttls/ftp-session-reuse-required-vsftpd", finding="ftps-session-reuse-required", fault="client", stream="tcp.stream==1", evidence="tcp.stream==1 && (tcp.flags.fin==1 || tcp.flags.reset==1 || tls.record.content_type==21) && tcp.srcport>=30000 && tcp.srcport<=30010",
      also=[dict(stream="tcp.stream==0", outcome="completed", note="the control connection")], note="the full handshake of the data connection ends well and the server closes without data: it asks for the control connection's session (522 on the encrypted control connection)",
      outcome="failed|completed")
def _(lab):
    "Python's ftplib does not resume the session on the data connection, vsftpd demands it."
    vsftpd(lab, "require_ssl_reuse=YES")
    lab.write("ftp.py", """import ftplib, ssl
c = ssl.create_default_context(cafile='${PKI}/roots.pem')
c.maximum_version = ssl.TLSVersion.TLSv1_2
f = ftplib.FTP_TLS(context=c, timeout=6)
f.connect('ftp.tls.test', 21)
f.login('anonymous', 'x')
f.prot_p()
try:
    print(f.nlst('pub'))
except Exception as e:
    print(repr(e))
f.close()
""")
    return lab.run("/usr/bin/python3 $WORK/ftp.py  # FTP_TLS: connect, login, prot_p, nlst")


@case("starttls/ftp-refused-vsftpd", finding="starttls-refused", fault="client|server", evidence="ftp.response.code==530 || ftp.response.code==500", absent=["tls"])
def _(lab):
    "vsftpd without TLS answers AUTH with 530; curl insists."
    vsftpd(lab, "ssl_enable=NO")
    return lab.run("curl -sS --ssl-reqd --cacert $PKI/roots.pem ftp://ftp.tls.test/pub/")


# --- LDAP

def slapd(lab, tls=True, cert="rsa", more="", port=389):
    t = f"TLSCertificateFile ${{PKI}}/{cert}.chain\nTLSCertificateKeyFile ${{PKI}}/{cert}.key\nTLSCACertificateFile ${{PKI}}/roots.pem\n" if tls else ""
    lab.write("slapd.conf", f"""include /etc/ldap/schema/core.schema
pidfile ${{WORK}}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
{t}{more}
database mdb
suffix dc=tls,dc=test
rootdn cn=admin,dc=tls,dc=test
rootpw secret
directory ${{WORK}}/ldap
maxsize 10485760
""")
    sh(f"mkdir -p {lab.work}/tmp/ldap")
    lab.serve(f"slapd -f $WORK/slapd.conf -d 0 -h 'ldap:/// ldaps:///'  # tls={tls} cert={cert} {more}", port)


LDAP = "LDAPTLS_CACERT=$PKI/roots.pem ldapsearch -x -H ldap://ldap.tls.test -b '' -s base -ZZ namingContexts"


@case("starttls/ldap-healthy-ldapsearch-slapd", outcome="completed", check=["ldap.requestName", "tls.handshake.type==2"], absent=[bad])
def _(lab):
    "ldapsearch -ZZ to slapd."
    slapd(lab)
    return lab.run(LDAP)


@case("starttls/ldap-unknown-ca-ldapsearch-slapd", finding="cert-unknown-ca|cert-rejected|client-left", fault="client|server|unknown", evidence="tls.alert_message || tcp.dstport==389 && tcp.flags.fin==1 || tcp.dstport==389 && tls.ignored_unknown_record", note="ldapsearch checks after the handshake and takes leave with an unbind in the clear")
def _(lab):
    "ldapsearch -ZZ with TLS 1.2; slapd's certificate is of a root that the client does not have."
    slapd(lab, cert="unlisted", more="TLSProtocolMin 3.3")
    return lab.run("LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3 " + LDAP)


@case("starttls/ldap-refused-slapd", finding="starttls-refused", fault="client|server", evidence="ldap.extendedResp_element || ldap.resultCode==2", absent=["tls"])
def _(lab):
    "slapd without TLS answers the StartTLS operation with protocolError."
    slapd(lab, tls=False)
    return lab.run(LDAP)


@case("starttls/ldaps-to-ldap-port-slapd", finding="tls-to-other-protocol|close-after-client-hello|tls-to-banner-service", fault="client|server|unknown", evidence="tcp.srcport==389 && (tcp.flags.fin==1 || tcp.flags.reset==1)")
def _(lab):
    "ldaps:// on port 389: slapd closes, it cannot read the ClientHello as LDAP."
    slapd(lab)
    return lab.run("LDAPTLS_CACERT=$PKI/roots.pem ldapsearch -x -H ldaps://ldap.tls.test:389 -b '' -s base")


# --- PostgreSQL

def postgres(lab, ssl="on", cert="rsa", more=""):
    data = lab.work + "/pgdata"
    if not os.path.exists(data):
        sh(f"install -d -o postgres {data} && runuser -u postgres -- {lab.env['PGBIN']}/initdb -D {data} -A trust -E UTF8 --no-locale")
        with open(data + "/pg_hba.conf", "a") as f:
            f.write("host all all 10.31.0.0/16 trust\n")
    keyfile(lab, cert, "postgres")
    sh(f"chmod 755 {lab.work} {lab.work}/..; rm -f {data}/postmaster.pid", check=False)
    lab.serve(f"runuser -u postgres -- $PGBIN/postgres -D {data.replace(lab.work, '$WORK/..')} -h '*' -k $WORK -c ssl={ssl} -c ssl_cert_file=$WORK/{cert}.chain -c ssl_key_file=$WORK/{cert}.key {more}", 5432, wait=30)


PSQL = "PGSSLROOTCERT=$PKI/roots.pem PGGSSENCMODE=disable psql -c 'select 1' 'host=db.tls.test user=postgres sslmode=verify-full %s'"


@case("starttls/postgres-healthy-psql", outcome="completed", check=[TLS13], absent=[bad])
def _(lab):
    "psql with sslmode=verify-full to PostgreSQL."
    postgres(lab)
    return lab.run(PSQL % "")


@case("starttls/postgres-name-mismatch-psql", finding="cert-name-mismatch|cert-rejected|client-left|-", outcome="failed|completed", fault="client|server|unknown|none", evidence="tcp.dstport==5432 && (tcp.flags.fin==1 || tcp.flags.reset==1 || tls.record.content_type==21)",
      note="libpq checks the name after the handshake and leaves without a query")
def _(lab):
    "psql with sslmode=verify-full, TLS 1.2; the certificate is for other.test."
    postgres(lab, cert="othername")
    return lab.run(PSQL % "ssl_max_protocol_version=TLSv1.2")


@case("starttls/postgres-version-psql", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "psql with TLS 1.2 at most, PostgreSQL from TLS 1.3."
    postgres(lab, more="-c ssl_min_protocol_version=TLSv1.3")
    return lab.run(PSQL % "ssl_max_protocol_version=TLSv1.2")


@case("starttls/postgres-refused-psql", finding="starttls-refused", fault="client|server", evidence="tcp.srcport==5432 && tcp.len==1", absent=["tls"])
def _(lab):
    "PostgreSQL with ssl=off answers N; psql insists."
    postgres(lab, ssl="off")
    return lab.run(PSQL % "")


# --- MariaDB

def mariadb(lab, tls=True, cert="rsa", more=""):
    data = lab.work + "/mydata"
    if not os.path.exists(data):
        sh(f"install -d -o mysql {data} && mariadb-install-db --user=mysql --datadir={data} --skip-test-db --auth-root-authentication-method=normal")
        with open(data + "/init.sql", "w") as f:
            f.write("CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED BY 'secret';\n")
        sh(f"chmod 755 {lab.work} {data}; chmod 644 {data}/init.sql")
    keyfile(lab, cert, "mysql")
    t = f"--ssl-cert=$WORK/{cert}.chain --ssl-key=$WORK/{cert}.key" if tls else "--skip-ssl"
    d = data.replace(lab.work, "$WORK/..")
    lab.serve(f"mariadbd --no-defaults --user=mysql --datadir={d} --init-file={d}/init.sql --socket=$WORK/my.sock --pid-file=$WORK/my.pid --skip-name-resolve --bind-address=0.0.0.0 {t} {more}", 3306, wait=40)


MYSQL = "mariadb --no-defaults --protocol=tcp -h db.tls.test -u app -psecret --ssl --ssl-ca=$PKI/roots.pem --ssl-verify-server-cert %s -e 'select 1'"


@case("starttls/mysql-healthy-mariadb", outcome="completed", check=["mysql", "tls.handshake.type==2"], absent=[bad])
def _(lab):
    "The MariaDB client with --ssl-verify-server-cert to MariaDB."
    mariadb(lab)
    return lab.run(MYSQL % "")


@case("starttls/mysql-unknown-ca-mariadb", finding="cert-unknown-ca", fault="client|server", evidence=["tls.alert_message.desc==48"])
def _(lab):
    "The same with TLS 1.2 and a certificate of a root that the client does not have."
    mariadb(lab, cert="unlisted")
    return lab.run(MYSQL % "--tls-version=TLSv1.2")


@case("starttls/mysql-version-mariadb", finding="version-no-overlap", fault="client|server", evidence="tls.alert_message.desc==70")
def _(lab):
    "The client does TLS 1.2 at most, the server TLS 1.3 only."
    mariadb(lab, more="--tls-version=TLSv1.3")
    return lab.run(MYSQL % "--tls-version=TLSv1.2")


@case("starttls/mysql-not-offered-mariadb", finding="starttls-not-offered", fault="client|server", evidence="tcp.srcport==3306 && tcp.len>20", absent=["tls"])
def _(lab):
    "MariaDB without TLS; the client insists."
    mariadb(lab, tls=False)
    return lab.run(MYSQL % "")


# --- XMPP

def prosody(lab, cert="rsa", more=""):
    keyfile(lab, cert, "prosody")
    lab.write("prosody.cfg.lua", f"""
daemonize = false
pidfile = "${{WORK}}/run-p/prosody.pid"
data_path = "${{WORK}}/run-p"
certificates = "${{WORK}}"
log = "${{WORK}}/run-p/log"
modules_enabled = {{ "tls", "saslauth", "dialback", "disco" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = true
authentication = "anonymous"
VirtualHost "tls.test"
  ssl = {{ key = "${{WORK}}/{cert}.key", certificate = "${{WORK}}/{cert}.chain", {more} }}
""")
    sh(f"install -d -o prosody {lab.work}/tmp/run-p")
    lab.serve(f"runuser -u prosody -- prosody --config $WORK/prosody.cfg.lua  # cert={cert} {more}", 5222)


@case("starttls/xmpp-healthy-openssl-prosody", outcome="completed", check=["tls.handshake.type==2"], absent=[bad], stacks="prosody")
def _(lab):
    "openssl s_client -starttls xmpp to Prosody."
    prosody(lab)
    return lab.run(client("xmpp", 5222, "-xmpphost tls.test -quiet -ign_eof"), text="<stream:stream to='tls.test' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>", timeout=5)


@case("starttls/xmpp-name-mismatch-gnutls-prosody", finding="cert-name-mismatch", fault="client|server", evidence=["tls.alert_message.level==2", "tls.handshake.type==11"], stacks="prosody")
def _(lab):
    "gnutls-cli --starttls-proto=xmpp with TLS 1.2; the certificate is for other.test."
    prosody(lab, cert="othername")
    return lab.run("gnutls-cli --x509cafile=$PKI/roots.pem --starttls-proto=xmpp --priority NORMAL:-VERS-TLS1.3 -p 5222 tls.test")


# --- proxies

def tinyproxy(lab, more=""):
    lab.write("tinyproxy.conf", f"Port 3128\nListen 10.31.2.3\nTimeout 10\nAllow 10.31.1.0/24\nLogFile \"${{WORK}}/tp.log\"\nPidFile \"${{WORK}}/tp.pid\"\n{more}\n")
    lab.serve(f"tinyproxy -d -c $WORK/tinyproxy.conf  # {more}", 3128)


VIA = "curl -sS -x http://proxy.test:3128 --cacert $PKI/roots.pem https://tls.test/"


@case("protocol/connect-healthy-tinyproxy", outcome="completed", check=["http.request.method==\"CONNECT\"", "tls.handshake.type==2"], absent=[bad], decode=["tcp.port==3128,http"], stacks="tinyproxy")
def _(lab):
    "curl through Tinyproxy (HTTP CONNECT) to nginx; the client's link shows the connection to the proxy."
    nginx(lab, vhost())
    tinyproxy(lab)
    return lab.run(VIA)


@case("protocol/connect-then-expired-tinyproxy", finding="cert-expired", fault="client|server", evidence=["tls.alert_message.desc==45"], decode=["tcp.port==3128,http"], stacks="tinyproxy")
def _(lab):
    "The same with TLS 1.2 and an expired certificate behind the proxy."
    nginx(lab, vhost(cert="expired"))
    tinyproxy(lab)
    return lab.run(VIA + " --tls-max 1.2")


@case("protocol/connect-407-tinyproxy", finding="connect-refused", fault="client|middlebox", evidence='tcp.srcport==3128 && frame contains "HTTP/1.0 407"', absent=["tls"], decode=["tcp.port==3128,http"], stacks="tinyproxy")
def _(lab):
    "Tinyproxy wants credentials: 407."
    nginx(lab, vhost())
    tinyproxy(lab, "BasicAuth user secret")
    return lab.run(VIA)


@case("protocol/connect-403-tinyproxy", finding="connect-refused", fault="client|middlebox", evidence='tcp.srcport==3128 && frame contains "403"', absent=["tls"], decode=["tcp.port==3128,http"], stacks="tinyproxy")
def _(lab):
    "Tinyproxy allows CONNECT to port 8443 only: 403."
    nginx(lab, vhost())
    tinyproxy(lab, "ConnectPort 8443")
    return lab.run(VIA)


@case("protocol/socks5-healthy-microsocks", outcome="completed", check=["socks || tls.handshake.type==2"], absent=[bad], stacks="microsocks")
def _(lab):
    "curl through microsocks (SOCKS5) to nginx."
    nginx(lab, vhost())
    lab.serve("microsocks -i 10.31.2.3 -p 1080", 1080)
    return lab.run("curl -sS -x socks5h://proxy.test:1080 --cacert $PKI/roots.pem https://tls.test/")


@case("protocol/socks5-then-name-mismatch-microsocks", finding="cert-name-mismatch", fault="client|server", evidence="tls.handshake.type==11", stacks="microsocks", decode=["tcp.port==1080,socks"])
def _(lab):
    "curl through microsocks with TLS 1.2, the certificate is for other.test."
    nginx(lab, vhost(cert="othername"))
    lab.serve("microsocks -i 10.31.2.3 -p 1080", 1080)
    return lab.run("curl -sS --tls-max 1.2 -x socks5h://proxy.test:1080 --cacert $PKI/roots.pem https://tls.test/")


@case("protocol/proxy-protocol-v1-healthy-nginx", outcome="completed", check=["tls.handshake.type==2"], absent=[bad])
def _(lab):
    "curl --haproxy-protocol (PROXY v1) to nginx that takes it."
    nginx(lab, vhost(listen="443 ssl proxy_protocol"))
    return lab.run(CURL + " --haproxy-protocol")


@case("protocol/proxy-protocol-v2-healthy-haproxy-nginx", outcome="completed", check=["tls.handshake.type==2"], absent=[bad])
def _(lab):
    "HAProxy beside the client sends PROXY v2 to nginx that takes it; curl talks to HAProxy on loopback."
    nginx(lab, vhost(listen="443 ssl proxy_protocol"))
    lab.write("haproxy.cfg", "defaults\n mode tcp\n timeout connect 3s\n timeout client 5s\n timeout server 5s\nlisten l\n bind 127.0.0.1:443\n server s 10.31.2.2:443 send-proxy-v2\n")
    lab.serve("haproxy -q -db -f $WORK/haproxy.cfg  # bind 127.0.0.1:443; server s 10.31.2.2:443 send-proxy-v2", ns="tw-client")
    return lab.run("curl -sS --cacert $PKI/roots.pem --resolve tls.test:443:127.0.0.1 https://tls.test/")


@case("protocol/proxy-protocol-missing-nginx", finding="proxy-protocol-missing|reset-after-client-hello|close-after-client-hello", fault="client|server", evidence="tcp.srcport==443 && (tcp.flags.reset==1 || tcp.flags.fin==1)")
def _(lab):
    "nginx waits for a PROXY header, curl sends none."
    nginx(lab, vhost(listen="443 ssl proxy_protocol"))
    return lab.run(CURL)


@case("protocol/proxy-protocol-unexpected-nginx", finding="proxy-protocol-unexpected", fault="client|server", evidence="tcp.dstport==443 && tcp.len>0 && frame contains \"PROXY TCP4\"")
def _(lab):
    "curl --haproxy-protocol to nginx that does not take it: 400 in the clear."
    nginx(lab, vhost())
    return lab.run(CURL + " --haproxy-protocol")


@case("protocol/proxy-protocol-v2-unexpected-openssl", finding="proxy-protocol-unexpected", fault="client|server", evidence="tcp.dstport==443 && tcp.len>0")
def _(lab):
    "HAProxy beside the client sends PROXY v2 to openssl s_server, which does not know it."
    lab.serve(OSSL + " -www " + RSA)
    lab.write("haproxy.cfg", "defaults\n mode tcp\n timeout connect 3s\n timeout client 5s\n timeout server 5s\nlisten l\n bind 127.0.0.1:443\n server s 10.31.2.2:443 send-proxy-v2\n")
    lab.serve("haproxy -q -db -f $WORK/haproxy.cfg  # bind 127.0.0.1:443; server s 10.31.2.2:443 send-proxy-v2", ns="tw-client")
    return lab.run("curl -sS --cacert $PKI/roots.pem --resolve tls.test:443:127.0.0.1 https://tls.test/")
