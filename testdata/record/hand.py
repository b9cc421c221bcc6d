#!/usr/bin/python3
"""Hand-made ends for what no library does any more, or not on request.

hand.py hello HOST PORT [k=v...]     sends a ClientHello and prints what comes back
    record=0301 version=0303 suites=0067,... (hex) sni=NAME groups=001d,... sigalgs=0401,... versions=0304,... alpn=h2,...
    share=GROUP (hex) ext=no compress=0100 first=TEXT (sent before, \\r\\n escapes; waits for an answer) tail=HEX (inside the hello)
    pad=N (padding extension) wait=S end=fin|rst cut=N (send only N bytes) after=HEX (sent as is after the first answer)
hand.py send HOST PORT TEXT [wait=S]  sends text and prints what comes back
hand.py server PORT ACTION [k=v...]   serves one connection after the other
    rst: reads the hello and resets; fin: reads it and closes; silent: reads on and says nothing; idle: does not read;
    relay: passes everything to 127.0.0.1:to=, but answers a hello that has refuse=HEX in it with hex= (or how=rst|fin|hang)
    hrr: answers every hello with a HelloRetryRequest for group=; tlcp: a TLCP server's flight with the SM2 certificates dir=
    close: closes at once; say: sends text= at once; answer: reads, sends text= or hex=, closes; half: sends hex= and stays
"""
import os, select, socket, struct, subprocess, sys, time


def u8(b):
    return bytes([len(b)]) + b


def u16(b):
    return struct.pack(">H", len(b)) + b


def u24(b):
    return struct.pack(">I", len(b))[1:] + b


def codes(text):
    return b"".join(bytes.fromhex(c) for c in text.split(",") if c)


def point(group):
    return os.urandom(32) if group == "001d" else b"\x04" + os.urandom(64)


def client_hello(o):
    ext = []
    if "sni" in o:
        ext.append((0, u16(b"\0" + u16(o["sni"].encode()))))
    if "groups" in o:
        ext.append((10, u16(codes(o["groups"]))))
        ext.append((11, u8(b"\0")))
    if "sigalgs" in o:
        ext.append((13, u16(codes(o["sigalgs"]))))
    if "alpn" in o:
        ext.append((16, u16(b"".join(u8(p.encode()) for p in o["alpn"].split(",")))))
    if "versions" in o:
        ext.append((43, u8(codes(o["versions"]))))
    if "share" in o:
        ext.append((51, u16(b"".join(bytes.fromhex(g) + u16(point(g)) for g in o["share"].split(",") if g))))
    if "pad" in o:
        ext.append((21, bytes(int(o["pad"]))))
    body = bytes.fromhex(o.get("version", "0303")) + os.urandom(32) + u8(os.urandom(32) if "share" in o else b"")
    body += u16(codes(o["suites"])) + bytes.fromhex(o.get("compress", "0100"))
    if o.get("ext") != "no":
        body += u16(b"".join(struct.pack(">H", t) + u16(b) for t, b in ext))
    body += bytes.fromhex(o.get("tail", ""))
    return b"\x16" + bytes.fromhex(o.get("record", "0301")) + u16(b"\x01" + u24(body))


def read(s, wait):
    s.settimeout(wait)
    try:
        return s.recv(65536)
    except OSError as e:
        return repr(e).encode()


def finish(s, how):
    if how == "rst":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def text(o):
    return o.get("text", "").encode().decode("unicode_escape").encode("latin-1") + bytes.fromhex(o.get("hex", ""))


def hello(host, port, o):
    s = socket.create_connection((host, int(port)), 5)
    time.sleep(float(o.get("delay", 0)))
    if "first" in o:
        s.sendall(text({"text": o["first"]}))
        print(read(s, 3))
        time.sleep(0.05)
    b = client_hello(o)
    s.sendall(b[:int(o.get("cut", len(b)))])
    print(read(s, float(o.get("wait", 3))))
    if "after" in o:
        s.sendall(bytes.fromhex(o["after"]))
        print(read(s, 2))
    time.sleep(float(o.get("linger", 0.1)))
    finish(s, o.get("end"))


def send(host, port, what, o):
    s = socket.create_connection((host, int(port)), 5)
    s.sendall(text({"text": what}))
    print(read(s, float(o.get("wait", 3))))
    time.sleep(0.1)
    finish(s, o.get("end"))


def message(kind, body, version="0303"):
    return b"\x16" + bytes.fromhex(version) + u16(bytes([kind]) + u24(body))


def retry_request(hello, group):
    session = hello[44:44 + hello[43]]
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    ext = bytes.fromhex("002b00020304" + "00330002" + group)
    return message(2, b"\x03\x03" + random + u8(session) + b"\x13\x01\x00" + u16(ext))


def tlcp_flight(hello, where):
    """ServerHello, two SM2 certificates, a signed ServerKeyExchange, ServerHelloDone (GB/T 38636-2020, ECC_SM4_GCM_SM3)."""
    def der(name):
        return subprocess.run(["openssl", "x509", "-in", f"{where}/{name}.crt", "-outform", "DER"], capture_output=True, check=True).stdout

    random, enc = os.urandom(32), der("sm2enc")
    with open(f"{where}/signed", "wb") as f:
        f.write(hello[11:43] + random + u24(enc))
    sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
                          "-inkey", f"{where}/sm2sign.key", "-in", f"{where}/signed"], capture_output=True, check=True).stdout
    return (message(2, b"\x01\x01" + random + u8(os.urandom(32)) + b"\xe0\x53\x00", "0101")
            + message(11, u24(b"".join(u24(c) for c in (der("sm2sign"), enc, der("sm2ca")))), "0101")
            + message(12, u16(sig), "0101") + message(14, b"", "0101"))


def relay(s, o):
    first = s.recv(65536)
    if bytes.fromhex(o["refuse"]) in first:
        if o.get("how") == "hang":
            return s
        if "hex" in o:
            s.sendall(bytes.fromhex(o["hex"]))
        finish(s, o.get("how"))
        return None
    up = socket.create_connection(("127.0.0.1", int(o["to"])))
    up.sendall(first)
    while True:
        for r in select.select([s, up], [], [])[0]:
            b = r.recv(65536)
            if not b:
                s.close()
                up.close()
                return None
            (up if r is s else s).sendall(b)


def server(port, action, o):
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(("", int(port)))
    l.listen(5)
    kept = []
    while True:
        s = l.accept()[0]
        if action == "close":
            finish(s, o.get("end"))
            continue
        if action == "relay":
            kept.append(relay(s, o))
            continue
        if action in ("say", "silent", "idle"):
            s.sendall(text(o))
            kept.append(s)
            if action == "say":
                read(s, 5)
                time.sleep(float(o.get("wait", 0.1)))
                s.close()
            continue
        first = read(s, 5)
        time.sleep(float(o.get("wait", 0.02)))
        if action == "hrr":
            for _ in range(2):
                s.sendall(retry_request(first, o["group"]))
                read(s, 2)
            s.close()
        elif action == "tlcp":
            s.sendall(tlcp_flight(first, o["dir"]))
            read(s, 3)
            s.close()
        elif action == "rst":
            finish(s, "rst")
        elif action == "fin":
            finish(s, None)
        elif action == "answer":
            s.sendall(text(o))
            read(s, 1)
            s.close()
        elif action == "half":
            s.sendall(text(o))
            kept.append(s)


def main():
    a = sys.argv[1:]
    o = dict(x.split("=", 1) for x in a if "=" in x and not x.startswith("GET"))
    if a[0] == "hello":
        hello(a[1], a[2], o)
    elif a[0] == "send":
        send(a[1], a[2], a[3], o)
    else:
        server(a[1], a[2], o)


if __name__ == "__main__":
    main()
