"""Captured at both ends: what each side sent that the other never saw. The verdicts are of both captures together."""
import struct

from cases_basic import CURL, GOC, SC, TLS13, bad, get, nginx, vhost
from record import case

NAT = "iptables -t nat -A POSTROUTING -o r1 -j MASQUERADE --random"


def late(seconds):
    """Sets the clock of a capture (classic pcap, microseconds) forward."""
    def post(path):
        data = bytearray(open(path, "rb").read())
        at = 24
        while at < len(data):
            sec, usec, size, _ = struct.unpack_from("<IIII", data, at)
            t = sec * 1000000 + usec + int(seconds * 1000000)
            struct.pack_into("<II", data, at, t // 1000000, t % 1000000)
            at += 16 + size
        open(path, "wb").write(data)
    return post


@case("middlebox/reset-both-ends", both=True, finding="middlebox-reset", fault="middlebox", confidence="certain", evidence="tcp.flags.reset==1 && tcp.srcport==443",
      server_check=["tcp.flags.reset==1 && tcp.dstport==443"], server_absent=["tcp.flags.reset==1 && tcp.srcport==443", "tls"], near_miss="reset-after-client-hello client-left")
def _(lab):
    "The router resets both ends in each other's name once the hello names blocked.test; TTL and IP id are like the server's. Captured at both ends: neither of them sent its reset."
    nginx(lab, vhost())
    lab.faulty("rst match=blocked.test ttl=63 both=1")
    return lab.run("curl -sS -k https://blocked.test/")


@case("middlebox/reset-behind-nat-both-ends", both=True, finding="middlebox-reset", fault="middlebox", confidence="certain", evidence="tcp.flags.reset==1 && tcp.srcport==443",
      server_absent=["ip.addr==10.31.1.2", "tcp.flags.reset==1 && tcp.srcport==443", "tcp.stream==0 && tls"], post=late(37.25), stream="tcp.stream==0", also=[dict(stream="tcp.stream==1", outcome="completed", note="another name, afterwards")], near_miss="reset-after-client-hello client-left",
      note="the clock of the server's capture was set 37.25 s forward afterwards")
def _(lab):
    "The kernel's firewall in the router translates the client's address and port (MASQUERADE) and answers the hello for blocked.test with a reset (REJECT). Captured at both ends: other addresses, other clock, the same connection; the reset was never sent by the server."
    nginx(lab, vhost())
    lab.router(NAT)
    lab.router("iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --string blocked.test -j REJECT --reject-with tcp-reset")
    return lab.run("curl -sS -k https://blocked.test/ -m 3") + lab.run(CURL)


@case("ending/reset-both-ends", both=True, finding="reset-after-client-hello", fault="server", confidence="certain", evidence="tcp.flags.reset==1 && tcp.srcport==443",
      server_check=["tcp.flags.reset==1 && tcp.srcport==443"], near_miss="middlebox-reset")
def _(lab):
    "A server that resets after the hello, captured at both ends: the reset leaves the server itself."
    lab.serve("/usr/bin/python3 $HERE/hand.py server 443 rst")
    return lab.run(CURL)


@case("network/large-client-hello-both-ends", both=True, finding="large-client-hello-lost", fault="network|middlebox", confidence="certain", evidence="tcp.dstport==443 && tcp.len>1200",
      server_absent=["tcp.dstport==443 && tcp.len>1200", "tls.handshake.type==1"])
def _(lab):
    "The router drops packets above 1200 bytes from the client; captured at both ends: the small segment of the hello arrives, the large one does not."
    nginx(lab, vhost())
    lab.faulty("big from=client size=1200")
    return lab.run(GOC + " -timeout 5s")


@case("network/server-flight-both-ends", both=True, finding="server-flight-lost", fault="network|middlebox", confidence="certain", stream="tcp.stream==0",
      absent=["tcp.srcport==443 && tcp.len>1200"], server_check=["tcp.srcport==443 && tcp.len>1200 && tcp.analysis.retransmission"])
def _(lab):
    "The router drops packets above 1200 bytes from the server; captured at both ends."
    nginx(lab, vhost())
    lab.faulty("big from=server size=1200")
    return lab.run(CURL + " -m 4")


@case("network/server-slow-both-ends", both=True, finding="client-left|server-stalled|server-silent", fault="client|server", near_miss="server-flight-lost packet-loss")
def _(lab):
    "The server's flight is late and the client has left meanwhile; captured at both ends: nothing was lost between them."
    lab.serve("/usr/bin/python3 $HERE/hand.py server 443 silent")
    return lab.run(CURL + " -m 3")


@case("negotiation/version-both-ends", both=True, finding="version-no-overlap", fault="client", evidence=bad, near_miss="middlebox-alert altered-in-transit")
def _(lab):
    "A failure that both ends see alike: the client offers TLS 1.2 at most, the server wants TLS 1.3."
    nginx(lab, vhost("ssl_protocols TLSv1.3;"))
    return lab.run(CURL + " --tls-max 1.2")


@case("healthy/nat-both-ends", both=True, outcome="completed", check=[TLS13], absent=[bad], server_absent=["ip.addr==10.31.1.2"], post=late(-3600.5),
      note="the clock of the server's capture was set an hour and 0.5 s back afterwards")
def _(lab):
    "Healthy through address translation, captured at both ends: one handshake."
    nginx(lab, vhost())
    lab.router(NAT)
    return lab.run(SC + " -tls1_3 -ign_eof", text=get)


@case("message/finished-changed-both-ends", both=True, finding="altered-in-transit", fault="middlebox|network", confidence="certain", evidence="tls.alert_message.desc==20 or tls.handshake.type==16", near_miss="bad-record-mac")
def _(lab):
    "The router flips a bit in the last byte of the client's second segment (its encrypted Finished), TLS 1.2; captured at both ends."
    nginx(lab, vhost("ssl_protocols TLSv1.2;"))
    lab.faulty("flip from=client nth=2 at=-1")
    return lab.run(CURL)
