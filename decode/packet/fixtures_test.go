package packet

import (
	"encoding/hex"
	"strings"
	"testing"

	"tlswhy/decode/capture"
)

// fixture is a packet that carries the segment of checkHello.
type fixture struct {
	name   string
	link   capture.LinkType
	tunnel string // what Segment.Tunnel must say
	data   []byte
}

// The innermost packets and frames, in hexadecimal.
const (
	tcpHello = "04d2 01bb 00000064 00000000 50 10 03e8 0000 0000 1603010005 48454c4c4f"
	ip4Hello = "45000032 00000000 40060000 0a000001 0a000002" + tcpHello
	ip6From  = "20010db8000000000000000000000001"
	ip6To    = "20010db8000000000000000000000002"
	ip6Hello = "60000000 001e0640" + ip6From + ip6To + tcpHello
	macs     = "020000000001 020000000002"
	etherIP4 = macs + "0800" + ip4Hello
	etherIP6 = macs + "86dd" + ip6Hello
	dot11    = "08020000 020000000001 020000000002 020000000003 1000"
	llcIP4   = "aaaa03 000000 0800" + ip4Hello
	fcs      = "01020304"
)

// unhex turns hexadecimal with spaces into bytes.
func unhex(text ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(text, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// ip4Over is an IPv4 packet with the given protocol and payload.
func ip4Over(proto byte, payload []byte) []byte {
	n := 20 + len(payload)
	b := []byte{0x45, 0, byte(n >> 8), byte(n), 0x12, 0x34, 0, 0, 63, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}
	return append(b, payload...)
}

// ip6Over is an IPv6 packet with the given next header and payload.
func ip6Over(next byte, payload []byte) []byte {
	n := len(payload)
	b := []byte{0x60, 0, 0, 0, byte(n >> 8), byte(n), next, 64}
	return append(append(b, unhex(ip6From, ip6To)...), payload...)
}

func etherOver(etherType string, payload []byte) []byte {
	return append(unhex(macs, etherType), payload...)
}

func udpOver(src, dst int, payload []byte) []byte {
	n := 8 + len(payload)
	b := []byte{byte(src >> 8), byte(src), byte(dst >> 8), byte(dst), byte(n >> 8), byte(n), 0, 0}
	return append(b, payload...)
}

// overUDP is a frame with a datagram to the given port.
func overUDP(port int, payload ...string) []byte {
	return etherOver("0800", ip4Over(17, udpOver(40000, port, unhex(payload...))))
}

// overGRE is a frame with a GRE packet.
func overGRE(payload ...string) []byte {
	return etherOver("0800", ip4Over(47, unhex(payload...)))
}

// over6 is a frame with an IPv6 packet whose first next header is given.
func over6(next byte, payload ...string) []byte {
	return etherOver("86dd", ip6Over(next, unhex(payload...)))
}

const (
	zeros4  = "00000000"
	zeros8  = zeros4 + zeros4
	zeros16 = zeros8 + zeros8
	zeros64 = zeros16 + zeros16 + zeros16 + zeros16
)

func fixtures() []fixture {
	all := linkFixtures()
	all = append(all, ipFixtures()...)
	all = append(all, tunnelFixtures()...)
	return append(all, wirelessFixtures()...)
}

func linkFixtures() []fixture {
	return []fixture{
		{"ethernet ipv4", 1, "", unhex(etherIP4)},
		{"ethernet ipv6", 1, "", unhex(etherIP6)},
		{"ethernet padded", 1, "", unhex(etherIP4, zeros16)},
		{"ethernet fcs", 1, "", unhex(etherIP4, fcs)},
		{"vlan", 1, "vlan", unhex(macs, "8100 0064 0800", ip4Hello)},
		{"qinq 88a8", 1, "vlan", unhex(macs, "88a8 0007 8100 0064 86dd", ip6Hello)},
		{"qinq 9100", 1, "vlan", unhex(macs, "9100 0007 8100 0064 0800", ip4Hello)},
		{"llc snap", 1, "", unhex(macs, "003a", llcIP4)},
		{"pppoe", 1, "pppoe", unhex(macs, "8864 1100 0001 0034 0021", ip4Hello)},
		{"pppoe ipv6 padded", 1, "pppoe", unhex(macs, "8864 1100 0001 0048 0057", ip6Hello, zeros8)},
		{"vlan pppoe", 1, "pppoe", unhex(macs, "8100 0005 8864 1100 0001 0034 0021", ip4Hello)},
		{"vntag", 1, "vntag", unhex(macs, "8926 00000000 0800", ip4Hello)},
		{"fabricpath", 1, "fabricpath", unhex(macs, "8903 0001", etherIP4)},
		{"dsa", 1, "dsa", unhex(macs, "c0080000 0800", ip4Hello)},
		{"macsec integrity", 1, "macsec", unhex(macs, "88e5 2000 00000001", zeros8, "0800", ip4Hello, zeros16)},
		{"null little", 0, "", unhex("02000000", ip4Hello)},
		{"null big", 0, "", unhex("00000002", ip4Hello)},
		{"null linux6", 0, "", unhex("0a000000", ip6Hello)},
		{"null windows6", 0, "", unhex("17000000", ip6Hello)},
		{"null netbsd6", 0, "", unhex("18000000", ip6Hello)},
		{"null freebsd6", 0, "", unhex("1c000000", ip6Hello)},
		{"null darwin6", 0, "", unhex("1e000000", ip6Hello)},
		{"loop", 108, "", unhex("00000002", ip4Hello)},
		{"loop ipv6", 108, "", unhex("00000018", ip6Hello)},
		{"raw", 101, "", unhex(ip4Hello)},
		{"raw ipv6", 101, "", unhex(ip6Hello)},
		{"raw 12", 12, "", unhex(ip4Hello)},
		{"raw 14", 14, "", unhex(ip4Hello)},
		{"ipv4", 228, "", unhex(ip4Hello)},
		{"ipv6", 229, "", unhex(ip6Hello)},
		{"sll", 113, "", unhex("0000 0001 0006 0200000000010000 0800", ip4Hello)},
		{"sll long address", 113, "", unhex("0000 0020 ffff", zeros8, "0800", ip4Hello)},
		{"sll vlan", 113, "vlan", unhex("0000 0001 0006 0200000000010000 8100 0064 0800", ip4Hello)},
		{"sll2", 276, "", unhex("0800 0000 00000002 0001 00 06 0200000000010000", ip4Hello)},
		{"sll2 vlan", 276, "vlan", unhex("8100 0000 00000002 0001 00 06 0200000000010000 0064 0800", ip4Hello)},
		{"ppp", 9, "", unhex("0021", ip4Hello)},
		{"ppp address", 9, "", unhex("ff03 0021", ip4Hello)},
		{"ppp compressed", 9, "", unhex("57", ip6Hello)},
		{"ppp hdlc", 50, "", unhex("ff03 0021", ip4Hello)},
		{"ppp ether", 51, "pppoe", unhex("1100 0001 0034 0021", ip4Hello)},
		{"ppp direction", 204, "", unhex("00 ff03 0021", ip4Hello)},
		{"ppp pppd", 166, "", unhex("0103 0021", ip4Hello)},
		{"cisco hdlc", 104, "", unhex("0f00 0800", ip4Hello)},
		{"cisco hdlc direction", 205, "", unhex("01 0f00 0800", ip4Hello)},
		{"frame relay", 107, "", unhex("1841 03 cc", ip4Hello)},
		{"frame relay cisco", 107, "", unhex("1841 0800", ip4Hello)},
		{"frame relay snap", 206, "", unhex("01 1841 03 00 80 000000 86dd", ip6Hello)},
		{"atm llc", 100, "", unhex(llcIP4)},
		{"atm bridged", 100, "bridged", unhex("aaaa03 0080c2 0007 0000", etherIP4)},
		{"sun atm", 123, "", unhex("02000020", llcIP4)},
		{"mpls link", 219, "mpls", unhex("00010140", ip4Hello)},
		{"ip over fibre channel", 122, "", unhex(zeros16, llcIP4)},
		{"ip over infiniband", 242, "", unhex(zeros16, zeros4, "08000000", ip4Hello)},
		{"enc", 109, "", unhex("02000000", zeros8, ip4Hello)},
		{"ipnet", 226, "", unhex("01000000", zeros16, zeros4, ip4Hello)},
		{"pflog", 117, "", unhex("3d02", zeros64[:124], ip4Hello)},
		{"nflog", 239, "", unhex("02000000 08000100 08000300 36000900", ip4Hello)},
		{"nflog big-endian", 239, "", unhex("02000000 00080001 08000300 00360009", ip4Hello)},
		{"pktap", 258, "", unhex("6c000000 01000000 01000000", zeros64, zeros16, zeros16, etherIP4)},
		{"netanalyzer", 240, "", unhex(zeros4, etherIP4, fcs)},
		{"netanalyzer transparent", 241, "", unhex(zeros4, "55555555555555d5", etherIP4, fcs)},
		{"mpacket", 274, "", unhex("55555555555555d5", etherIP4, fcs)},
		{"broadcom tag", 281, "", unhex(macs, "20000001 0800", ip4Hello)},
		{"broadcom tag prepended", 282, "", unhex("20000001", etherIP4)},
		{"dsa link", 284, "", unhex(macs, "c0080000 0800", ip4Hello)},
		{"edsa link", 285, "", unhex(macs, "dada0000 c0080000 0800", ip4Hello)},
		{"juniper", 178, "", unhex("4d4743 01", etherIP4)},
		{"juniper extensions", 178, "", unhex("4d4743 80 0002 0101", etherIP4)},
		{"juniper ip", 178, "", unhex("4d4743 82 0002 0101 02000000", ip4Hello)},
		{"juniper ppp", 179, "", unhex("4d4743 00 ff03 0021", ip4Hello)},
		{"juniper frame relay", 180, "", unhex("4d4743 00 1841 03 cc", ip4Hello)},
		{"juniper hdlc", 181, "", unhex("4d4743 00 0f00 0800", ip4Hello)},
		{"token ring", 6, "", unhex("1040", macs, llcIP4)},
		{"token ring route", 6, "", unhex("1040 020000000001 820000000002 0630 00110020", llcIP4)},
		{"fddi", 10, "", unhex("50", macs, llcIP4)},
		{"erf", 197, "", unhex(zeros8, "02 04 0052 0000 0040 0000", etherIP4)},
		{"erf extended", 197, "", unhex(zeros8, "82 04 005a 0000 0040 03", zeros8[2:], "0000", etherIP4)},
	}
}

func ipFixtures() []fixture {
	ah := "04 0000 00000001 00000001" + zeros8 + zeros4
	return []fixture{
		{"ipv4 options", 1, "", unhex(macs, "0800 46000036 00000000 40060000 0a000001 0a000002 94040000", tcpHello)},
		{"ipv4 option of two", 1, "", unhex(macs, "0800 46000036 00000000 40060000 0a000001 0a000002 1e020101", tcpHello)},
		{"ipv4 length 0", 1, "", unhex(macs, "0800 45000000 00000000 40060000 0a000001 0a000002", tcpHello)},
		{"ipv6 length 0", 1, "", unhex(macs, "86dd 60000000 00000640", ip6From, ip6To, tcpHello)},
		{"ipv4 ah", 1, "", unhex(macs, "0800 4500004a 00000000 40330000 0a000001 0a000002 06", ah, tcpHello)},
		{"ipv6 ah", 1, "", over6(51, "06", ah, tcpHello)},
		{"hop by hop", 1, "", over6(0, "06 00 0104 00000000", tcpHello)},
		{"hop by hop padded", 1, "", append(over6(0, "06 00 0104 00000000", tcpHello), make([]byte, 8)...)},
		{"destination options", 1, "", over6(60, "06 00 0104 00000000", tcpHello)},
		{"all options", 1, "", over6(0, "3c 00 0104 00000000 2b 00 0104 00000000 06 02 0400", zeros4, zeros16, tcpHello)},
		{"routing 0 arrived", 1, "", over6(43, "06 02 00 00", zeros4, zeros16, tcpHello)},
		{"segment routing arrived", 1, "", over6(43, "06 02 04 00 00 00 0000", ip6From, tcpHello)},
		{"segment routing under way", 1, "", unhex(macs, "86dd 60000000 00462b40", ip6From,
			"20010db80000000000000000000000ff 06 04 04 01 01 00 0000", ip6To, "20010db80000000000000000000000ff", tcpHello)},
		{"routing 0 under way", 1, "", unhex(macs, "86dd 60000000 00462b40", ip6From,
			"20010db80000000000000000000000ff 06 04 00 01", zeros4, "20010db80000000000000000000000fe", ip6To, tcpHello)},
		{"atomic fragment", 1, "", over6(44, "06 00 0000 00000001", tcpHello)},
		{"multipath tcp", 1, "", unhex(macs, "0800 4500003e 00000000 40060000 0a000001 0a000002 04d201bb 00000064",
			zeros4, "801003e8 00000000 1e0c0081 01020304 05060708 1603010005 48454c4c4f")},
		{"tcp option length 0", 1, "", unhex(macs, "0800 45000036 00000000 40060000 0a000001 0a000002 04d201bb 00000064",
			zeros4, "601003e8 00000000 05000000 1603010005 48454c4c4f")},
		{"tcp option length 1", 1, "", unhex(macs, "0800 45000036 00000000 40060000 0a000001 0a000002 04d201bb 00000064",
			zeros4, "601003e8 00000000 fd010000 1603010005 48454c4c4f")},
	}
}

func tunnelFixtures() []fixture {
	mpls := "8847 00010140"
	return []fixture{
		{"4in4", 1, "ipip", etherOver("0800", ip4Over(4, unhex(ip4Hello)))},
		{"6in4", 1, "6in4", etherOver("0800", ip4Over(41, unhex(ip6Hello)))},
		{"4in6", 1, "4in6", over6(4, ip4Hello)},
		{"6in6", 1, "6in6", over6(41, ip6Hello)},
		{"etherip", 1, "etherip", etherOver("0800", ip4Over(97, unhex("3000", etherIP4)))},
		{"gre", 1, "gre", overGRE("0000 0800", ip4Hello)},
		{"gre key and sequence", 1, "gre", overGRE("3000 0800 00000001 00000002", ip4Hello)},
		{"gre routing", 1, "gre", overGRE("4000 0800", zeros4, "0800 0004 0a000009 00000000", ip4Hello)},
		{"gre teb", 1, "gre", overGRE("0000 6558", etherIP4)},
		{"gre wccp", 1, "gre", overGRE("0000 883e", ip4Hello)},
		{"gre wccp 2", 1, "gre", overGRE("0000 883e 00010203", ip4Hello)},
		{"pptp", 1, "pptp", overGRE("3081 880b 0036 0001 00000001 00000002 ff03 0021", ip4Hello)},
		{"erspan 1", 1, "erspan", overGRE("0000 88be", etherIP4)},
		{"erspan 2", 1, "erspan", overGRE("1000 88be 00000001 10010000 00000000", etherIP4)},
		{"erspan 3", 1, "erspan", overGRE("1000 22eb 00000001 20010000 00000000 00000000", etherIP4)},
		{"erspan 3 platform", 1, "erspan", overGRE("1000 22eb 00000001 20010000 00000000 00000001", zeros8, etherIP4)},
		{"mpls", 1, "mpls", unhex(macs, mpls, ip4Hello)},
		{"mpls two labels", 1, "mpls", unhex(macs, "8847 00010040 00020140", ip6Hello)},
		{"pseudowire control word", 1, "mpls", unhex(macs, mpls, zeros4, etherIP4)},
		{"pseudowire", 1, "mpls", unhex(macs, mpls, etherIP4)},
		{"pseudowire like ipv4", 1, "mpls", unhex(macs, mpls, "450000000001 020000000002 0800", ip4Hello)},
		{"nsh", 1, "nsh", unhex(macs, "894f 0fc20101 00000aff", ip4Hello)},
		{"nsh ethernet", 1, "nsh", unhex(macs, "894f 0fc20203 00000aff", etherIP4)},
		{"vxlan", 1, "vxlan", overUDP(4789, "08000000 00000100", etherIP4)},
		{"vxlan group", 1, "vxlan", overUDP(4789, "88000012 00000100", etherIP4)},
		{"vxlan linux", 1, "vxlan", overUDP(8472, "08000000 00000100", etherIP4)},
		{"vxlan vlan", 1, "vxlan", overUDP(4789, "08000000 00000100", macs, "8100 0064 0800", ip4Hello)},
		{"vxlan-gpe", 1, "vxlan-gpe", overUDP(4790, "0c000001 00000100", ip4Hello)},
		{"geneve", 1, "geneve", overUDP(6081, "00006558 00000100", etherIP4)},
		{"geneve options", 1, "geneve", overUDP(6081, "02000800 00000000 01080101 00000001", ip4Hello)},
		{"gtp-u", 1, "gtp-u", overUDP(2152, "30ff0032 00000001", ip4Hello)},
		{"gtp-u extension", 1, "gtp-u", overUDP(2152, "34ff003a 00000001 00000085 01 1001 00", ip4Hello)},
		{"teredo", 1, "teredo", overUDP(3544, ip6Hello)},
		{"teredo headers", 1, "teredo", overUDP(3544, "0001 0000", zeros8, "00 0000 1234 0a000001", ip6Hello)},
		{"l2tp", 1, "l2tp", overUDP(1701, "0002 0001 0001 ff03 0021", ip4Hello)},
		{"l2tp all fields", 1, "l2tp", overUDP(1701, "4a02 0042 0001 0001 0000 0000 0002 0000 0021", ip4Hello)},
		{"capwap, ethernet", 1, "capwap", overUDP(5247, "00 100000 00000000", etherIP4)},
		{"capwap, 802.11", 1, "capwap", overUDP(5247, "00 100300 00000000", dot11, llcIP4)},
		{"capwap, 802.11 with its frame control swapped", 1, "capwap", overUDP(5247, "00 200320 00000000 04bf230000000000 0208", dot11[4:], llcIP4)},
		{"tzsp", 1, "tzsp", overUDP(37008, "01000001 0a01ff 00 01", etherIP4)},
		{"gre in vxlan", 1, "vxlan", overUDP(4789, "08000000 00000100", macs, "0800 4500004a 00000000 402f0000 0a000009 0a000008 00000800", ip4Hello)},
	}
}

func wirelessFixtures() []fixture {
	return []fixture{
		{"802.11", 105, "", unhex(dot11, llcIP4)},
		{"802.11 fcs", 105, "", unhex(dot11, llcIP4, fcs)},
		{"802.11 qos", 105, "", unhex("88", dot11[2:], "0000", llcIP4)},
		{"802.11 ht control", 105, "", unhex("8882", dot11[4:], "0000", zeros4, llcIP4)},
		{"802.11 four addresses", 105, "", unhex("0803", dot11[4:], "020000000004", llcIP4)},
		{"802.11 decrypted", 105, "", unhex("0842", dot11[4:], zeros8, llcIP4)},
		{"802.11 aggregate", 105, "", unhex("88", dot11[2:], "8000", macs, "003a", llcIP4, "0000")},
		{"radiotap", 127, "", unhex("0000 0800 00000000", dot11, llcIP4)},
		{"radiotap fcs", 127, "", unhex("0000 0900 02000000 10", dot11, llcIP4, fcs)},
		{"radiotap padded", 127, "", unhex("0000 1900 03000080 00000000", zeros4, zeros8, "20", "88", dot11[2:], "0000", "0000", llcIP4)},
		{"prism", 119, "", unhex("44000000 90000000", zeros64, zeros64, zeros8, dot11, llcIP4)},
		{"prism empty", 119, "", unhex(zeros64, zeros64, zeros16, dot11, llcIP4)},
		{"avs", 163, "", unhex("80211001 00000040", zeros64[:112], dot11, llcIP4)},
		{"ppi", 192, "", unhex("0000 0800 69000000", dot11, llcIP4)},
	}
}

// TestFixtures reads the same segment out of every kind of link and tunnel.
func TestFixtures(t *testing.T) {
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			var s Segment
			checkHello(t, NewParser().Parse(f.packet(), &s), &s)
			if s.Tunnel != f.tunnel {
				t.Errorf("tunnel %q, want %q", s.Tunnel, f.tunnel)
			}
		})
	}
}

// TestCut cuts every fixture at every byte: what is there must be the start
// of the whole, and the wire length must not change.
func TestCut(t *testing.T) {
	for _, f := range fixtures() {
		var whole, s Segment
		NewParser().Parse(f.packet(), &whole)
		found := 0
		for n := range f.data {
			pkt := f.packet()
			pkt.Data = pkt.Data[:n:n]
			if NewParser().Parse(pkt, &s) != OK || s.Proto == UDP {
				continue // headers cut, or a tunnel's
			}
			found++
			if s.Length != whole.Length || s.Seq != whole.Seq || s.Src != whole.Src || s.Dst != whole.Dst {
				t.Errorf("%s cut to %d: %+v", f.name, n, s)
			}
			if len(s.Payload) > len(whole.Payload) || string(s.Payload) != string(whole.Payload[:len(s.Payload)]) {
				t.Errorf("%s cut to %d: payload %q", f.name, n, s.Payload)
			}
		}
		if found < 10 {
			t.Errorf("%s: only %d cuts leave a segment", f.name, found)
		}
	}
}
