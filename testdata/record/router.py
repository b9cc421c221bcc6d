#!/usr/bin/python3
"""A router in user space, in place of the kernel's: takes one off the TTL, passes on what the fault leaves.

router.py FAULT [k=v...]       runs in the router's namespace with forwarding switched off; prints "ready"
    rst match=TEXT [ttl=64] [both=1] [pass=1] [id=0] [n=1]   resets what carries TEXT towards the server, in the server's name
    fin match=TEXT [ttl=64]     the same with a FIN
    alert match=TEXT code=40 [ttl=64]   the same with a TLS alert and a FIN
    drop match=TEXT [from=server]        drops segments that carry TEXT
    big size=1200 from=client|server [icmp=1]  drops IPv4 packets above size (with fragmentation needed if icmp=1)
    replace match=TEXT with=TEXT         changes text of equal length (towards the client)
    flip at=N from=client|server nth=K   flips a bit of byte N of the K-th data segment (N below 0 counts from the end)
    stall after=N from=client|server     passes N data segments and then drops data
    handshake-lost                       drops the SYN-ACK
    some n=K                             drops every K-th packet of TCP
"""
import select, socket, struct, sys, time

ETH_P_ALL = 3


def checksum(b):
    if len(b) % 2:
        b += b"\0"
    n = sum(struct.unpack(f">{len(b) // 2}H", b))
    while n >> 16:
        n = (n & 0xFFFF) + (n >> 16)
    return ~n & 0xFFFF


class Packet:
    """An IPv4 packet that may be changed; bytes() computes the sums again."""

    def __init__(self, raw):
        self.raw = bytearray(raw[:struct.unpack(">H", raw[2:4])[0]])
        self.hl = (raw[0] & 15) * 4
        self.proto = raw[9]
        self.l4 = self.raw[self.hl:]
        self.off = (self.l4[12] >> 4) * 4 if self.proto == 6 else 8
        self.payload = bytes(self.l4[self.off:]) if self.proto in (6, 17) else b""

    def ttl(self, n):
        self.raw[8] = n

    def set_payload(self, b):
        self.l4 = self.l4[:self.off] + b
        self.payload = bytes(b)

    def bytes(self):
        ip = bytearray(self.raw[:self.hl])
        ip[2:4] = struct.pack(">H", self.hl + len(self.l4))
        ip[10:12] = b"\0\0"
        ip[10:12] = struct.pack(">H", checksum(bytes(ip)))
        l4 = bytearray(self.l4)
        at = {6: 16, 17: 6}.get(self.proto)
        if at:
            l4[at:at + 2] = b"\0\0"
            pseudo = bytes(ip[12:20]) + struct.pack(">HH", self.proto, len(l4))
            l4[at:at + 2] = struct.pack(">H", checksum(pseudo + bytes(l4)))
        return bytes(ip) + bytes(l4)


def craft(src, dst, sport, dport, seq, ack, flags, ttl, ident, payload=b"", window=0):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), ident, 0x4000 if ident else 0, ttl, 6, 0, src, dst)
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, window, 0, 0)
    return Packet(ip + tcp + payload).bytes()


class Router:
    def __init__(self, fault, o):
        self.fault, self.o = fault, o
        self.match = o.get("match", "").encode()
        self.side = {}
        for dev in "r0", "r1":
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.bind((dev, ETH_P_ALL))
            self.side[dev] = s
        self.mac = {d: bytes.fromhex(open(f"/sys/class/net/{d}/address").read().strip().replace(":", "")) for d in self.side}
        self.peer = {}
        self.count = {"r0": 0, "r1": 0}
        self.dead = set()

    def out(self, dev, ip):
        if dev in self.peer:
            self.side[dev].send(self.peer[dev] + self.mac[dev] + b"\x08\0" + ip)

    def learn(self):
        """The neighbours' addresses, from a ping that the kernel answers."""
        import subprocess
        for dev, host in ("r0", "10.31.1.2"), ("r1", "10.31.2.2"):
            subprocess.run(["ping", "-c1", "-W1", host], stdout=subprocess.DEVNULL)
            for line in open("/proc/net/arp"):
                f = line.split()
                if f[0] == host:
                    self.peer[dev] = bytes.fromhex(f[3].replace(":", ""))

    def loop(self):
        self.learn()
        for s in self.side.values():
            s.setblocking(False)
            try:
                while True:
                    s.recv(65536)
            except BlockingIOError:
                s.setblocking(True)
        print("ready", flush=True)
        while True:
            for s in select.select(list(self.side.values()), [], [])[0]:
                dev = "r0" if s is self.side["r0"] else "r1"
                frame, addr = s.recvfrom(65536)
                if addr[2] == 4 or frame[12:14] != b"\x08\0" or frame[:6] != self.mac[dev]:
                    continue
                ip = frame[14:]
                if ip[16:19] in (b"\x0a\x1f\x01", b"\x0a\x1f\x02") and ip[19] == 1:
                    continue
                self.handle(dev, Packet(ip))

    def handle(self, dev, p):
        other = "r1" if dev == "r0" else "r0"
        p.ttl(p.raw[8] - 1)
        if getattr(self, "do_" + self.fault.replace("-", "_"))(dev, p):
            self.out(other, p.bytes())

    def hit(self, dev, p):
        return dev == ("r1" if self.o.get("from") == "server" else "r0") and p.proto == 6 and self.match in p.payload and p.payload

    def key(self, dev, p):
        return bytes(p.raw[12:20]) + bytes(p.l4[0:4]) if dev == "r0" else bytes(p.raw[16:20]) + bytes(p.raw[12:16]) + bytes(p.l4[2:4]) + bytes(p.l4[0:2])

    def forge(self, p, flags, payload=b"", towards="client", seq=0):
        ttl, n, ident = int(self.o.get("ttl", 64)), len(p.payload), int(self.o.get("id", 0))
        sport, dport, s, a = struct.unpack(">HHII", p.l4[:12])
        src, dst = bytes(p.raw[12:16]), bytes(p.raw[16:20])
        if towards == "client":
            self.out("r0", craft(dst, src, dport, sport, a + seq, s + n if flags & 16 else 0, flags, ttl, ident, payload, 229 if payload else 0))
        else:
            self.out("r1", craft(src, dst, sport, dport, s, a if flags & 16 else 0, flags, ttl, ident))

    def do_rst(self, dev, p):
        if self.key(dev, p) in self.dead and not self.o.get("pass"):
            return False
        if not self.hit(dev, p):
            return True
        for i in range(int(self.o.get("n", 1))):
            self.forge(p, 0x14, seq=i * 1460)
        if self.o.get("both"):
            self.forge(p, 0x14, towards="server")
        self.dead.add(self.key(dev, p))
        return bool(self.o.get("pass"))

    def do_fin(self, dev, p):
        if self.key(dev, p) in self.dead:
            return False
        if not self.hit(dev, p):
            return True
        self.forge(p, 0x11)
        self.forge(p, 0x14, towards="server")
        self.dead.add(self.key(dev, p))
        return False

    def do_alert(self, dev, p):
        if self.key(dev, p) in self.dead:
            return False
        if not self.hit(dev, p):
            return True
        alert = bytes([0x15, 3, 3, 0, 2, 2, int(self.o["code"])])
        self.forge(p, 0x18, alert)
        self.forge(p, 0x11, seq=7)
        self.forge(p, 0x14, towards="server")
        self.dead.add(self.key(dev, p))
        return False

    def do_drop(self, dev, p):
        return not self.hit(dev, p)

    def do_big(self, dev, p):
        if dev != ("r1" if self.o["from"] == "server" else "r0") or len(p.raw) <= int(self.o["size"]):
            return True
        if self.o.get("icmp"):
            router = bytes([10, 31, 2 if dev == "r1" else 1, 1])
            body = struct.pack(">BBHHH", 3, 4, 0, 0, int(self.o["size"])) + bytes(p.raw[:28])
            body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(body), 1, 0, 64, 1, 0, router, bytes(p.raw[12:16]))
            self.out(dev, Packet(ip + body).bytes())
        return False

    def do_replace(self, dev, p):
        new = self.o["with"].encode()
        if dev == "r1" and self.match in p.payload:
            p.set_payload(p.payload.replace(self.match, new))
        return True

    def do_flip(self, dev, p):
        if dev == ("r1" if self.o["from"] == "server" else "r0") and p.payload:
            self.count[dev] += 1
            if self.count[dev] == int(self.o["nth"]):
                b = bytearray(p.payload)
                b[int(self.o["at"])] ^= 1
                p.set_payload(bytes(b))
        return True

    def do_stall(self, dev, p):
        if dev == ("r1" if self.o["from"] == "server" else "r0") and p.payload:
            self.count[dev] += 1
            return self.count[dev] <= int(self.o["after"])
        return True

    def do_some(self, dev, p):
        self.count["r0"] += p.proto == 6
        return p.proto != 6 or self.count["r0"] % int(self.o["n"]) != 0

    def do_handshake_lost(self, dev, p):
        return not (dev == "r1" and p.proto == 6 and p.l4[13] & 0x12 == 0x12)


if __name__ == "__main__":
    a = sys.argv[1:]
    Router(a[0], dict(x.split("=", 1) for x in a[1:])).loop()
