package filter

import "strings"

// expressions are what the tests go through: those of pcap-filter(7) and of
// daily use, and all that qualifiers can be put together to.
func expressions() (list []string) {
	for e := range strings.Lines(plain) {
		if e = strings.TrimSpace(e); e != "" {
			list = append(list, e)
		}
	}
	for _, d := range []string{"", "src ", "dst ", "src or dst ", "src and dst ", "dst or src "} {
		for _, p := range []string{"", "tcp ", "udp "} {
			list = append(list, p+d+"port 443", p+d+"portrange 80-443", "not "+p+d+"port 53")
		}
		for _, p := range []string{"", "ip ", "arp ", "rarp "} {
			list = append(list, p+d+"host 10.0.0.1", p+d+"net 10.0.0.0/8", p+d+"net 192.0.2", "not "+p+d+"host 192.0.2.7")
		}
		for _, p := range []string{"", "ip6 "} {
			list = append(list, p+d+"host 2001:db8::1", p+d+"net 2001:db8::/32", p+d+"net 2001:db8::/47")
		}
		if d != "" {
			list = append(list, d+"10.0.0.1", d+"2001:db8::1")
		}
		list = append(list, "ether "+d+"host 02:00:00:00:00:01")
	}
	for _, p := range []string{"ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "pim", "vrrp", "carp", "ah", "esp"} {
		list = append(list, p, "not "+p, p+" or port 22")
		if p == "ah" || p == "esp" {
			continue
		}
		list = append(list, p+"[0] = 2", p+"[1:2] & 0xff > 3", p+"[2:2] = 443")
	}
	for _, op := range []string{"=", "==", "!=", ">", "<", ">=", "<="} {
		list = append(list, "tcp[13] "+op+" 0x12", "ip[2:2] - ip[0] "+op+" 20 + 31", "5 "+op+" len", "udp[4:2] "+op+" ip[2:2]")
	}
	for _, op := range []string{"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"} {
		list = append(list, "ip[9] "+op+" 3 > 4", "tcp[0:2] "+op+" tcp[2:2] > 100", "ip[0] "+op+" 2 "+op+" 3 = 9", "ip[8] + ip[9] "+op+" 2 * 3 > 90")
	}
	return list
}

const plain = `
	tcp and not port 22
	tcp port 443
	port https
	port http or https
	tcp port http
	udp port domain
	portrange 20-23
	portrange ssh-http
	portrange 443-80
	host 10.0.0.1 and port 443
	host 10.0.0.1 or 192.0.2.7
	host 10.0.0.1 or 192.0.2.7 and not 10.1.2.3
	host (10.0.0.1 or 192.0.2.7) and tcp
	host (10.0.0.1 and (192.0.2.7 or 10.1.2.3))
	src host 10.0.0.1 and dst port 443
	src 10.0.0.1 and dst net 10.1
	src net 192.0.2.0 mask 255.255.255.0
	net 10
	net 10.1
	net 10.1.2
	net 0.0.0.0/0
	net 10.0.0.0/8 or 192.0.2.0/24
	host 10.1
	host 10
	port 80 or 443 or 22
	port (80 or 443)
	tcp dst port (80 or 443 or 53)
	not port 80 and 443
	not (port 80 or 443)
	! tcp && udp
	tcp || udp
	tcp or udp and port 53
	(tcp or udp) and port 53
	tcp or (udp and port 53)
	not not tcp
	not (not tcp or udp)
	ip proto 6
	ip proto \tcp
	ip proto \icmp or \udp
	ip6 proto \tcp
	ip6 proto 17
	proto 6
	proto \udp
	proto (6 or 17)
	ether proto 0x0800
	ether proto \ip or \arp
	ether proto \ip6
	ether proto 0x88cc
	ether src 02:00:00:00:00:02
	ether dst 2:0:0:0:0:1
	ether host 02-00-00-00-00-01
	ether host 0200.0000.0001
	ether broadcast
	ether multicast
	broadcast
	multicast
	ip multicast
	ip6 multicast
	not ether broadcast and not multicast
	less 80
	greater 80
	len > 70
	len <= 70 and tcp
	length = 65
	tcp[tcpflags] & tcp-rst != 0
	tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
	tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn
	tcp[tcpflags] == tcp-syn|tcp-ack
	tcp[13] & 4 != 0 or icmp
	not tcp[13] & 2 != 0
	not (tcp[tcpflags] & tcp-rst != 0)
	tcp[(tcp[12]>>4)*4] = 0x16
	tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x16030100
	tcp[((tcp[12] & 0xf0) >> 2)] = 22 and tcp[((tcp[12] & 0xf0) >> 2)+5] = 1
	tcp port 443 and (tcp[((tcp[12] & 0xf0) >> 2)] = 0x16)
	(tcp[0:2] + 1) & 0xff = 0xbc
	((tcp[0:2])) = 443
	-1 = 0xffffffff
	- ip[0] > 5
	2 - 3 > 4
	1 << 31 = 0x80000000
	5 = 5
	5 = 6
	5 = 5 and tcp
	010 = 8
	icmp[icmptype] = icmp-unreach
	icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply
	icmp[icmpcode] = 4
	icmp6[icmp6type] = icmp6-packettoobig
	icmp6 and ip6[40] = 128
	icmp6[0] > icmp6[1]
	ip[0] & 0xf != 5
	ip[6:2] & 0x1fff != 0
	ip[6] & 0x40 = 0
	ip[2:2] > 60
	ip[12:4] = 0x0a000001
	ip6[6] = 17
	ip6[40 + ip6[7] - 64] = 0xc3
	ether[0] & 1 = 0 and ip[16] >= 224
	ether[12:2] = 0x0800
	link[12:2] = 0x86dd
	arp[6:2] = 1
	ip[ip[0] & 0xf] > 3
	ip[10000] = 0
	udp[4:2] > 8 or udp[8:4] = 0x01020304
	tcp[0]|2&1=3
	tcp[0] + 1 * 3 - 2 / 1 = 2
	vlan
	vlan 42
	vlan 7
	vlan and tcp
	vlan 42 and host 10.0.0.1
	not vlan
	not vlan 42 and tcp
	vlan 7 and vlan 42
	vlan and vlan and tcp port 443
	tcp or vlan and udp
	port 443 or (vlan and port 443)
	vlan and ether host 02:00:00:00:00:01
	vlan and ether[12:2] = 0x8100
	icmp or icmp6 or arp
	tcp and (host 10.0.0.1 or host 2001:db8::1)
	host 2001:db8::1 and port 443
	src net 2001:db8::/33 or dst 2001:db8:1::2
	net ::/0
	host ::1
	ip and not (tcp or udp)
	ip or ip6 and tcp
	tcp and src port 443 and dst host 10.1.2.3
	udp and not port 53 and not (host 10.0.0.1)
`

// refused are expressions without a meaning here, each with the offset at which
// that shows.
const refused = `
	4	tcp xyz
	0	10.0.0.1
	0	xyz
	5	host example.com
	4	host
	0	tcp host 10.0.0.1
	0	tcp src 10.0.0.1
	4	src 10.0.0.0/8
	5	host 10.0.0.0/8
	4	net 10.0.0.1/8
	6	net 10/8
	13	net 10.0.0.0/33
	4	net 2001:db8::1/33
	5	port 65536
	5	port nosuchport
	0	ip port 80
	0	icmp port 80
	9	udp port ssh
	8	tcp and 80
	17	host 10.0.0.1 and
	11	(port 80 or
	13	(port 80) or 443
	8	tcp port
	4	(tcp
	3	tcp)
	7	tcp[2:2=443
	6	tcp[2:3] = 1
	8	tcp[13] tcp
	5	ip[0]/0=1
	5	ip[0]<<32=1
	0	ether
	0	wlan host 02:00:00:00:00:01
	5	host 02:00:00:00:00:01
	0	gateway 10.0.0.1
	3	ip protochain 6
	0	mpls
	0	pppoes and tcp
	0	geneve
	5	vlan 4096
	0	ip6 host 10.0.0.1
	0	ip host ::1
	9	ip proto 256
	12	ether proto 100
	4	tcp $ udp
	5	less tcp
	5	host port
	0	4294967296 = 1
	0	and
	0	)
	0	src proto 6
	0	esp[0] = 1
`
