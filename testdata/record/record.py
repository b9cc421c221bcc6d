#!/usr/bin/python3
"""Records the captures of testdata from real TLS stacks. See ../README.md.

usage: record.py [-l] [--work DIR] [--check] [PATTERN...]   PATTERN: family/case with * and ?; everything without one

-l only lists the cases; --check only checks the captures that exist against their .want by means of tshark.
"""
import argparse, contextlib, fnmatch, glob, importlib, os, signal, subprocess, sys

import lab as lab_module
from lab import HERE, SERVER, Lab, pcapng, sh
from near import near

TESTDATA = os.path.dirname(HERE)
CASES = {}
VERSIONS = {
    "openssl s_server": "openssl version", "openssl s_client": "openssl version",
    "curl": "curl --version | head -1 | cut -d' ' -f1-2,4-5", "gnutls": "gnutls-cli --version | head -1",
    "nginx": "nginx -v 2>&1 | sed 's/.*: //'", "haproxy": "haproxy -v | head -1 | cut -d' ' -f1-3",
    "stunnel": "stunnel4 -version 2>&1 | head -1 | cut -d' ' -f1-3", "java ": "java -version 2>&1 | head -1",
    "node ": "node --version | sed 's/^/Node /'", "gotls": "go version | cut -d' ' -f1-3", "deno": "$DENO --version | head -1 | sed 's/$/ (rustls)/'",
    "quicgo": "cd $HERE/tools && go list -m github.com/quic-go/quic-go", "chromium": "chromium --version 2>/dev/null",
    "firefox": "firefox-esr --version 2>/dev/null", "mbed": "dpkg-query -W -f 'Mbed TLS ${Version}' libmbedtls-dev",
    "python3": "/usr/bin/python3 -c 'import platform,ssl;print(\"Python\",platform.python_version(),\"with\",ssl.OPENSSL_VERSION)'",
    "postfix": "postconf -d mail_version | sed 's/.*= /Postfix /'", "dovecot": "dovecot --version | sed 's/^/Dovecot /'",
    "vsftpd": "dpkg-query -W -f 'vsftpd ${Version}' vsftpd", "slapd": "dpkg-query -W -f 'slapd ${Version}' slapd",
    "mariadb": "mariadbd --version | sed 's/.*Ver/MariaDB/; s/ for.*//'", "postgres": "$PGBIN/postgres --version",
    "psql": "psql --version", "tstclnt": "dpkg-query -W -f 'NSS ${Version}' libnss3", "pion": "cd $HERE/tools && go list -m github.com/pion/dtls/v3",
    "ldapsearch": "dpkg-query -W -f 'ldapsearch ${Version}' ldap-utils", "freeradius": "dpkg-query -W -f 'FreeRADIUS ${Version}' freeradius",
    "eapol_test": "dpkg-query -W -f 'eapol_test ${Version}' eapoltest", "hostapd": "dpkg-query -W -f 'hostapd ${Version}' hostapd",
    "wpa_supplicant": "dpkg-query -W -f 'wpa_supplicant ${Version}' wpasupplicant", "openvpn": "openvpn --version | head -1 | cut -d' ' -f1-2",
    "faketime": "dpkg-query -W -f 'libfaketime ${Version}' faketime",
}


def case(name, outcome="failed", finding="-", fault="none", evidence=(), check=(), absent=(), decode=(), stream="tcp.stream==0",
         form="pcap", keys=False, twin=None, also=(), **extra):
    """Declares one capture. evidence, check and absent are display filters of Wireshark: the frames of the evidence ones go
    into .want, every check must match, no absent one may. twin: the finding with the key log, for a second copy beside it.
    also: further judged connections, dicts with stream, outcome, finding, fault, evidence, note.
    both: captured at both ends, into <case>.client and <case>.server; server_check and server_absent are filters of the latter."""
    def add(f):
        aslist = lambda v: [v] if isinstance(v, str) else list(v)
        CASES[name] = dict(extra, name=name, f=f, outcome=outcome, finding=finding, fault=fault, evidence=aslist(evidence), check=aslist(check),
                           absent=aslist(absent), decode=aslist(decode), stream=stream, form=form, keys=keys, twin=twin, also=list(also))
        return f
    return add


def tshark(path, show, fields, c, keys=None):
    argv = ["tshark", "-n", "-r", path, "-Y", show, "-T", "fields", "-o", "tls.ignore_ssl_mac_failed:FALSE"]
    for d in c["decode"]:
        argv += ["-d", d]
    if keys:
        argv += ["-o", "tls.keylog_file:" + keys]
    for f in fields:
        argv += ["-e", f]
    p = subprocess.run(argv, capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(" ".join(p.stderr.split("\n")[1:3]))
    return [line.split("\t") for line in p.stdout.splitlines()]


def ends(path, c, stream):
    """Client and server of a stream: the sender of its first packet is the client, unless the case says otherwise."""
    rows = tshark(path, stream, ["ip.src", "ipv6.src", "tcp.srcport", "udp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "udp.dstport"], c)
    if not rows:
        raise RuntimeError(f"no packet matches {stream}")
    # an ICMP error quotes the packet it speaks of: the first of several values is the outer one
    r = [v.split(",")[0] for v in rows[0]]
    addr = lambda v4, v6, port: f"{v4}:{port}" if v4 else f"[{v6}]:{port}"
    pair = addr(r[0], r[1], r[2] or r[3]), addr(r[4], r[5], r[6] or r[7])
    return pair[::-1] if c.get("swap") else pair


def block(path, c, b, keys):
    client, server = ends(path, c, b.get("stream", c["stream"]))
    frames = set()
    for y in b.get("evidence", ()) if not isinstance(b.get("evidence", ()), str) else [b["evidence"]]:
        rows = tshark(path, y, ["frame.number"], c, keys)
        if not rows:
            raise RuntimeError(f"evidence {y} matches nothing")
        frames |= {int(r[0]) for r in rows}
    lines = [("client", client), ("server", server), ("outcome", b.get("outcome", "completed")), ("finding", b.get("finding", "-")), ("fault", b.get("fault", "none"))]
    if b.get("confidence"):
        lines.append(("confidence", b["confidence"]))
    if frames:
        lines.append(("evidence", " ".join(str(n) for n in sorted(frames))))
    for k in "near_miss", "note":
        if b.get(k):
            lines.append((k.replace("_", "-"), b[k]))
    return "".join(f"{k}: {v}\n" for k, v in lines)


def verify(path, c, keys=None):
    for y in c["check"]:
        if not tshark(path, y, ["frame.number"], c, keys):
            raise RuntimeError(f"check {y} matches nothing")
    for y in c["absent"]:
        rows = tshark(path, y, ["frame.number"], c, keys)
        if rows:
            raise RuntimeError(f"{y} should match nothing but does in {rows}")


def made(lab, c):
    text = " ".join(c["f"].__doc__.split())
    lines = [f"made: {text}"]
    for ns, command in lab.commands:
        lines.append(f"command: [{ns[3:]}] {' '.join(command.split())}")
    used = " ".join(x[1] for x in lab.commands).lower()
    seen = []
    for k, v in VERSIONS.items():
        if k in used or k in c.get("stacks", ""):
            out = subprocess.run(["bash", "-c", v], capture_output=True, text=True, env=lab.env).stdout.strip().split("\n")[0]
            if out and out not in seen:
                seen.append(out)
    if seen:
        lines.append("versions: " + "; ".join(seen))
    return "\n".join(lines) + "\n"


def want(lab, path, c, finding, keys=None):
    first = dict(c, finding=finding)
    if keys and c.get("twin_evidence"):
        first["evidence"] = c["twin_evidence"]
    if keys:
        first["note"] = c.get("twin_note", c.get("note"))
        if c.get("twin_outcome"):
            first["outcome"] = c["twin_outcome"]
    family = os.path.basename(os.path.dirname(path))
    first["near_miss"] = near(f"{family}/{os.path.basename(os.path.splitext(path)[0])}", c.get("near_miss", ""))
    text = made(lab, c)
    if keys:
        text += "keys: " + os.path.basename(os.path.splitext(path)[0]) + ".keys\n"
    blocks = [block(path, c, b, keys) for b in [first] + c["also"]]
    with open(os.path.splitext(path)[0] + ".want", "w") as f:
        f.write(text + "\n".join(blocks))


def record(lab, c):
    family, name = c["name"].split("/")
    os.makedirs(f"{TESTDATA}/{family}", exist_ok=True)
    tmp, far, keylog = f"{lab.work}/tmp/out.pcap", f"{lab.work}/tmp/far.pcap", f"{lab.work}/tmp/keys"
    sh(f"rm -rf {lab.work}/tmp; mkdir -p {lab.work}/tmp; chmod 777 {lab.work}/tmp")
    lab.commands = []
    if c["keys"] or c["twin"] is not None:
        lab.env["SSLKEYLOGFILE"] = keylog
    else:
        lab.env.pop("SSLKEYLOGFILE", None)
    lab.vars["KEYLOG"] = lab.env["KEYLOG"] = keylog
    try:
        with lab.capture(tmp, *c.get("where", ())), lab.capture(far, SERVER, "s0") if c.get("both") else contextlib.nullcontext():
            lab.output = c["f"](lab)
    finally:
        lab.clean()
    if c.get("post"):
        c["post"](far if c.get("both") else tmp)
    base = f"{TESTDATA}/{family}/{name}" + (".client" if c.get("both") else "")
    path = f"{base}.{c['form']}"
    verify(tmp, c, keylog if (c["keys"] or c["twin"] is not None) and os.path.exists(keylog) else None)

    if c.get("both"):
        verify(far, dict(c, check=c.get("server_check", []), absent=c.get("server_absent", [])))

    def put(src, dst):
        for old in glob.glob(os.path.splitext(dst)[0] + ".*"):
            os.remove(old)
        if dst.endswith("ng"):
            pcapng(src, dst)
        else:
            open(dst, "wb").write(open(src, "rb").read())

    put(tmp, path)
    if c.get("both"):
        put(far, f"{TESTDATA}/{family}/{name}.server.{c['form']}")
    try:
        describe(lab, c, tmp, base, path, keylog, put)
    except Exception:
        for old in glob.glob(base + ".*"):
            os.remove(old)
        raise
    size = os.path.getsize(path)
    print(f"{c['name']}: {size} bytes" + (" LARGE" if size > 60000 else ""), flush=True)


def describe(lab, c, tmp, base, path, keylog, put):
    """Writes the .want and what else stands beside a capture."""
    if c["keys"]:
        open(base + ".keys", "w").write(open(keylog).read())
        want(lab, path, c, c["finding"], base + ".keys")
    else:
        want(lab, path, c, c["finding"])
    if c["twin"] is not None:
        put(tmp, f"{base}-keys.{c['form']}")
        open(base + "-keys.keys", "w").write(open(keylog).read())
        want(lab, f"{base}-keys.{c['form']}", c, c["twin"], base + "-keys.keys")


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("-l", action="store_true")
    p.add_argument("-v", action="store_true", help="print what the client said")
    p.add_argument("--work", default="/tmp/tlswhy-record")
    p.add_argument("pattern", nargs="*")
    a = p.parse_args()
    for m in sorted(glob.glob(HERE + "/cases_*.py")):
        importlib.import_module(os.path.basename(m)[:-3])
    chosen = [c for n, c in CASES.items() if not a.pattern or any(fnmatch.fnmatch(n, x) for x in a.pattern)]
    if a.l:
        print("\n".join(c["name"] for c in chosen))
        return
    work = os.path.abspath(a.work)
    os.makedirs(work + "/tmp", exist_ok=True)
    lab = Lab(work)
    lab.env["DENO"] = os.environ.get("DENO", "deno")
    lab.env["PGBIN"] = os.environ.get("PGBIN", "/usr/lib/postgresql/15/bin")
    subprocess.run([HERE + "/pki.sh", work + "/pki"], check=True)
    subprocess.run([HERE + "/tools/build.sh", work + "/tools"], check=True)
    trust(work + "/pki/root.crt")
    failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lab.up()
    try:
        for c in chosen:
            try:
                record(lab, c)
            except Exception as e:
                failed += 1
                sh(f"cp {work}/tmp/out.pcap {work}/failed.pcap", check=False)
                print(f"{c['name']}: NOT RECORDED: {e}")
            if a.v:
                print("\n".join("   | " + x[:150] for x in str(getattr(lab, "output", "")).strip().split("\n")[-4:]))
    finally:
        lab.down()
    sys.exit(1 if failed else 0)


def trust(root):
    """Adds this run's root to roots.pem, which keeps the roots of all captures."""
    path, pem = TESTDATA + "/roots.pem", open(root).read()
    old = open(path).read() if os.path.exists(path) else ""
    if pem not in old:
        open(path, "w").write(old + pem)


if __name__ == "__main__":
    sys.modules["record"] = sys.modules["__main__"]
    main()
