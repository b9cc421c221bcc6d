"""TLS that is no TCP connection's: EAP over RADIUS and EAPOL, the control channel of OpenVPN."""
from lab import ROUTER
from record import case

U = "udp.stream==0"
RADIUS = """
prefix = /usr
libdir = /usr/lib/freeradius
logdir = ${WORK}
run_dir = ${WORK}
pidfile = ${WORK}/radius.pid
max_request_time = 30
cleanup_delay = 5
security { max_attributes = 200
  reject_delay = 0
  status_server = no }
client lab { ipaddr = 0.0.0.0/0
  secret = testing123 }
thread pool { start_servers = 1
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 2 }
modules {
  pap {
  }
  eap {
    default_eap_type = METHOD
    timer_expire = 60
    tls-config common {
      private_key_file = ${PKI}/SERVER.key
      certificate_file = ${PKI}/SERVER.chain
      ca_file = ${PKI}/roots.pem
      fragment_size = FRAGMENT
      tls_min_version = "1.2"
      tls_max_version = "VERSION"
      ecdh_curve = "prime256v1"
    }
    tls { tls = common }
    ttls { tls = common
      virtual_server = inner }
  }
}
server default {
  listen { type = auth
    ipaddr = *
    port = 1812 }
  authorize {
    eap
  }
  authenticate {
    eap
  }
}
server inner {
  authorize {
    update control {
      Cleartext-Password := "secret"
    }
    pap
  }
  authenticate {
    pap
  }
}
"""
SUPPLICANT = """
network={
  key_mgmt=WPA-EAP
  eap=METHOD
  identity="somebody"
  password="secret"
  phase2="auth=PAP"
  ca_cert="${PKI}/CA"
  client_cert="${PKI}/CLIENT.chain"
  private_key="${PKI}/CLIENT.key"
  phase1="tls_disable_tlsv1_3=NO13"
}
"""
FREERADIUS = "mkdir -m 700 -p $WORK/raddb; mv $WORK/radiusd.conf $WORK/raddb; freeradius -f -d $WORK/raddb -D /usr/share/freeradius -n radiusd -l stdout"


def fill(text, **words):
    for k, v in words.items():
        text = text.replace(k, v)
    return text


def radius(lab, method="tls", server="rsa", ca="roots.pem", client="client", version="1.2", fragment="1000", timeout=10):
    lab.write("radiusd.conf", fill(RADIUS, METHOD=method, SERVER=server, FRAGMENT=fragment, VERSION=version))
    lab.write("supplicant.conf", fill(SUPPLICANT, METHOD=method.upper(), CA=ca, CLIENT=client, NO13="0" if version == "1.3" else "1"))
    lab.serve(FREERADIUS, 1812, udp=True)
    return lab.run(f"eapol_test -c $WORK/supplicant.conf -a 10.31.2.2 -s testing123 -t {timeout}", timeout=timeout + 5)


# --- EAP over RADIUS

@case("healthy/eap-tls-radius", outcome="completed", stream=U, check=["radius.code==2", "eap.code==3"], stacks="freeradius eapol_test")
def _(lab):
    "EAP-TLS with TLS 1.2 through RADIUS, messages in fragments of 1000 bytes."
    return radius(lab)


@case("healthy/eap-tls13-radius", outcome="completed", stream=U, check=["radius.code==2", "eap.code==3"], stacks="freeradius eapol_test")
def _(lab):
    "EAP-TLS with TLS 1.3 through RADIUS (RFC 9190)."
    return radius(lab, version="1.3")


@case("healthy/eap-ttls-radius", outcome="completed", stream=U, check=["radius.code==2", "eap.type==21"], stacks="freeradius eapol_test")
def _(lab):
    "EAP-TTLS with PAP inside, through RADIUS."
    return radius(lab, method="ttls")


@case("server-cert/eap-tls-unknown-ca", finding="cert-unknown-ca", fault="client|server", stream=U, evidence="tls.alert_message.desc==48", stacks="freeradius eapol_test")
def _(lab):
    "The supplicant trusts another root than that of the RADIUS server: alert unknown_ca in an EAP-Response, then EAP-Failure."
    return radius(lab, ca="self.crt")


@case("client-cert/eap-tls-expired", finding="client-cert-expired", fault="client", stream=U, evidence="eap.code==4", stacks="freeradius eapol_test")
def _(lab):
    "The supplicant's certificate has expired: the RADIUS server answers with Access-Reject and no alert."
    return radius(lab, client="client-expired")


@case("network/eap-radius-fragments-lost", finding="server-flight-lost", fault="network|middlebox", stream=U, evidence="ip.flags.mf==1", stacks="freeradius eapol_test")
def _(lab):
    "The RADIUS server's packets are longer than the MTU, and the router drops all IP fragments but the first."
    lab.router("iptables -A FORWARD -f -j DROP")
    return radius(lab, fragment="1900", timeout=25)


# --- EAPOL

@case("healthy/eap-tls-wired", outcome="completed", stream="eapol", check=["eap.code==3"], where=(), stacks="hostapd wpa_supplicant")
def _(lab):
    "EAP-TLS on a wire (IEEE 802.1X): wpa_supplicant and hostapd with its own EAP server."
    lab.write("users", '* TLS\n')
    lab.write("hostapd.conf", "interface=r0\ndriver=wired\nieee8021x=1\neapol_version=2\neap_server=1\neap_user_file=${WORK}/users\n"
              "ca_cert=${PKI}/roots.pem\nserver_cert=${PKI}/rsa.chain\nprivate_key=${PKI}/rsa.key\nfragment_size=1000\n")
    lab.write("wired.conf", "ap_scan=0\n" + fill(SUPPLICANT, METHOD="TLS", CA="roots.pem", CLIENT="client", NO13="1").replace("WPA-EAP", "IEEE8021X\n  eapol_flags=0"))
    lab.start("hostapd $WORK/hostapd.conf", ns=ROUTER)
    return lab.run("wpa_supplicant -D wired -i c0 -c $WORK/wired.conf", timeout=8)


# --- OpenVPN

VPN = "openvpn --dev null --verb 3 --ca $PKI/roots.pem --tls-version-max 1.2 --port 1194 --connect-retry-max 1 --ifconfig-noexec --route-noexec"
VS = VPN + " --tls-server --dh none --cert $PKI/rsa.chain --key $PKI/rsa.key"
VC = VPN + " --tls-client --remote 10.31.2.2 --cert $PKI/client.chain --key $PKI/client.key"


@case("healthy/openvpn-udp", outcome="completed", stream=U, check=["openvpn", "tls.handshake.type==2"])
def _(lab):
    "OpenVPN over UDP, the control channel not encrypted a second time."
    lab.serve(VS + " --proto udp", 1194, udp=True)
    return lab.run(VC + " --proto udp", timeout=6)


@case("healthy/openvpn-tcp", outcome="completed", check=["openvpn", "tls.handshake.type==2"])
def _(lab):
    "OpenVPN over TCP."
    lab.serve(VS + " --proto tcp-server", 1194)
    return lab.run(VC + " --proto tcp-client", timeout=6)


@case("healthy/openvpn-udp-tls-auth", outcome="completed", stream=U, check=["openvpn"])
def _(lab):
    "OpenVPN over UDP with an HMAC before each control packet (tls-auth)."
    lab.start("openvpn --genkey tls-auth $WORK/ta.key; sleep 60", note=False)
    lab.serve("sleep 1; " + VS + " --proto udp --tls-auth $WORK/ta.key 0", 1194, udp=True)
    return lab.run(VC + " --proto udp --tls-auth $WORK/ta.key 1", timeout=6)


@case("healthy/openvpn-udp-tls-crypt", outcome="incomplete", stream=U, check=["openvpn"])
def _(lab):
    "OpenVPN over UDP with an encrypted control channel (tls-crypt): no TLS can be seen."
    lab.start("openvpn --genkey tls-crypt $WORK/tc.key; sleep 60", note=False)
    lab.serve("sleep 1; " + VS + " --proto udp --tls-crypt $WORK/tc.key", 1194, udp=True)
    return lab.run(VC + " --proto udp --tls-crypt $WORK/tc.key", timeout=6)


@case("server-cert/openvpn-unknown-ca", finding="cert-rejected|client-left", fault="client|server|unknown", stream=U, check=["openvpn"], evidence="icmp.code==3")
def _(lab):
    "The OpenVPN client trusts another root. It ends without a word: its host says that the port is closed."
    lab.serve(VS + " --proto udp", 1194, udp=True)
    return lab.run(VC.replace("roots.pem", "self.crt") + " --proto udp", timeout=8)
