"""Three network namespaces in a row (client, router, server), processes in them, and captures of the client's link.

client 10.31.1.2-4, fd31:1::2  --  router 10.31.1.1 / 10.31.2.1  --  server 10.31.2.2-5, fd31:2::2
"""
import contextlib, os, re, shutil, signal, socket, struct, subprocess, time

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT, ROUTER, SERVER = "tw-client", "tw-router", "tw-server"
HOSTS = """127.0.0.1 localhost
10.31.2.2 tls.test www.tls.test mail.tls.test imap.tls.test db.tls.test ldap.tls.test ftp.tls.test blocked.test unknown.test
10.31.2.3 other.test proxy.test
fd31:2::2 six.tls.test
"""


def sh(command, check=True):
    p = subprocess.run(command, shell=True, capture_output=True, text=True)
    if check and p.returncode:
        raise RuntimeError(f"{command}: {p.stderr.strip()}")
    return p.stdout


def inside(ns, command):
    return ["ip", "netns", "exec", ns, "bash", "-c", command]


class Lab:
    """The namespaces and everything that runs in them. Paths in commands are written $PKI, $TOOLS, $WORK and $HERE."""

    def __init__(self, work):
        self.work = work
        self.vars = {"PKI": work + "/pki", "TOOLS": work + "/tools", "WORK": work + "/tmp", "HERE": HERE}
        self.env = dict(os.environ, **self.vars, HOME=work + "/home", LC_ALL="C")
        os.makedirs(work + "/home", exist_ok=True)
        self.processes, self.commands = [], []

    # --- namespaces

    def up(self):
        self.down()
        for ns in CLIENT, ROUTER, SERVER:
            sh(f"ip netns add {ns}")
            os.makedirs(f"/etc/netns/{ns}", exist_ok=True)
            with open(f"/etc/netns/{ns}/hosts", "w") as f:
                f.write(HOSTS)
            with open(f"/etc/netns/{ns}/resolv.conf", "w") as f:
                f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        sh(f"ip -n {ROUTER} link add r0 type veth peer name c0 netns {CLIENT}")
        sh(f"ip -n {ROUTER} link add r1 type veth peer name s0 netns {SERVER}")
        for ns, dev, four, six in (
            (CLIENT, "c0", ["10.31.1.2", "10.31.1.3", "10.31.1.4"], "fd31:1::2"),
            (ROUTER, "r0", ["10.31.1.1"], "fd31:1::1"),
            (ROUTER, "r1", ["10.31.2.1"], "fd31:2::1"),
            (SERVER, "s0", ["10.31.2.2", "10.31.2.3", "10.31.2.4", "10.31.2.5"], "fd31:2::2"),
        ):
            sh(f"ip -n {ns} link set lo up")
            sh(f"ip netns exec {ns} sysctl -qw net.ipv6.conf.{dev}.accept_dad=0 net.ipv6.conf.{dev}.router_solicitations=0")
            for a in four:
                sh(f"ip -n {ns} addr add {a}/24 dev {dev}")
            sh(f"ip -n {ns} addr add {six}/64 dev {dev} nodad")
            sh(f"ip netns exec {ns} ethtool -K {dev} tso off gso off gro off tx off rx off sg off", check=False)
            sh(f"ip -n {ns} link set {dev} up")
        for ns, side in (CLIENT, 1), (SERVER, 2):
            sh(f"ip -n {ns} route add default via 10.31.{side}.1")
            sh(f"ip -6 -n {ns} route add default via fd31:{side}::1")
            sh(f"ip netns exec {ns} sysctl -qw net.ipv4.tcp_no_metrics_save=1 net.ipv4.ip_unprivileged_port_start=0")
        self.forward(True)

    def forward(self, on):
        n = int(on)
        sh(f"ip netns exec {ROUTER} sysctl -qw net.ipv4.ip_forward={n} net.ipv6.conf.all.forwarding={n}")

    def down(self):
        for ns in CLIENT, ROUTER, SERVER:
            sh(f"ip netns del {ns}", check=False)
            shutil.rmtree(f"/etc/netns/{ns}", ignore_errors=True)

    # --- processes

    def start(self, command, ns=SERVER, note=True):
        """Starts a command that stays until the case is over. Its output goes to a file whose name is returned."""
        if note:
            self.commands.append((ns, command))
        log = f"{self.work}/tmp/log{len(self.processes)}"
        with open(log, "w") as f:
            p = subprocess.Popen(inside(ns, command), stdin=subprocess.PIPE, stdout=f, stderr=subprocess.STDOUT,
                                 env=self.env, start_new_session=True, cwd=self.work + "/tmp")
        self.processes.append(p)
        return log

    def serve(self, command, port=443, udp=False, ns=SERVER, wait=15):
        """Starts a server and waits until its port is bound."""
        log = self.start(command, ns)
        flag, until = ("-Hlun" if udp else "-Hltn"), time.time() + wait
        while time.time() < until:
            if re.search(rf"[:\]]{port}\s", sh(f"ip netns exec {ns} ss {flag}")):
                return log
            time.sleep(0.1)
        raise RuntimeError(f"{command} does not listen on {port}: {open(log).read()[-2000:]}")

    def run(self, command, ns=CLIENT, timeout=15, text="", note=True, env=None):
        """Runs a client to its end (or ends it after timeout seconds); returns what it printed."""
        if note:
            self.commands.append((ns, command))
        p = subprocess.Popen(inside(ns, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=dict(self.env, **(env or {})), start_new_session=True, cwd=self.work + "/tmp")
        try:
            out = p.communicate(text.encode(), timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGTERM)
            try:
                out = p.communicate(timeout=3)[0]
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                out = p.communicate()[0]
        return out.decode(errors="replace")

    def router(self, command):
        """Runs a command (iptables, tc) in the router."""
        self.commands.append((ROUTER, command))
        sh(" ".join(["ip netns exec", ROUTER, command]))

    def faulty(self, program):
        """Replaces the kernel's forwarding by router.py with the given fault."""
        self.forward(False)
        log = self.start(f"/usr/bin/python3 $HERE/router.py {program}", ns=ROUTER)
        until = time.time() + 5
        while "ready" not in open(log).read():
            if time.time() > until:
                raise RuntimeError(open(log).read())
            time.sleep(0.05)

    def write(self, name, text):
        """Writes a file (a configuration) into $WORK; ${PKI} and the like in it are replaced."""
        for k, v in self.vars.items():
            text = text.replace("${" + k + "}", v)
        with open(f"{self.work}/tmp/{name}", "w") as f:
            f.write(text)

    def clean(self):
        for p in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, signal.SIGTERM)
        for p in self.processes:
            try:
                p.wait(timeout=2)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(p.pid, signal.SIGKILL)
                p.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, signal.SIGKILL)
        self.processes.clear()
        # what left its process group (Postfix's master does) is still in the namespace
        for ns in CLIENT, ROUTER, SERVER:
            for pid in sh(f"ip netns pids {ns}").split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        sh(f"ip netns exec {ROUTER} iptables -F; ip netns exec {ROUTER} iptables -t nat -F; ip netns exec {ROUTER} ip6tables -F", check=False)
        self.forward(True)

    # --- capture

    @contextlib.contextmanager
    def capture(self, path, ns=CLIENT, dev="c0"):
        p = subprocess.Popen(["ip", "netns", "exec", ns, "tcpdump", "-i", dev, "-n", "-s", "0", "-U", "--immediate-mode", "-w", path,
                              "(ip or ip6 or ether proto 0x888e) and not (icmp6 and ip6[40] >= 130 and ip6[40] <= 143) and not (ip6 and ip6[6] = 0)"],
                             stderr=subprocess.PIPE, start_new_session=True)
        p.stderr.readline()
        try:
            yield
        finally:
            time.sleep(0.4)
            p.send_signal(signal.SIGINT)
            p.wait()


def pcapng(src, dst, secrets=b""):
    """Rewrites a classic pcap as pcapng without any option that names the machine."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        n = len(body) + 12
        return struct.pack("<II", kind, n) + body + struct.pack("<I", n)

    data = open(src, "rb").read()
    link = struct.unpack("<I", data[20:24])[0]
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", link, 0, 262144))
    if secrets:
        out += block(10, struct.pack("<II", 0x544C534B, len(secrets)) + secrets)
    at = 24
    while at < len(data):
        sec, usec, cap, length = struct.unpack("<IIII", data[at:at + 16])
        t = sec * 1000000 + usec
        out += block(6, struct.pack("<IIIII", 0, t >> 32, t & 0xFFFFFFFF, cap, length) + data[at + 16:at + 16 + cap])
        at += 16 + cap
    with open(dst, "wb") as f:
        f.write(out)
