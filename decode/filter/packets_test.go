package filter

import (
	"encoding/binary"
	"net/netip"
)

// packetOf builds a packet from the outside in.
func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func ethernet(dst byte, ethertype uint16) []byte {
	b := []byte{dst, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	return binary.BigEndian.AppendUint16(b, ethertype)
}

func tag(tpid, id uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, tpid)
	return binary.BigEndian.AppendUint16(b, id|0x2000)
}

// tagged is an Ethernet header with tags before the EtherType.
func tagged(ethertype uint16, tags ...[]byte) []byte {
	h := ethernet(2, ethertype)
	return join(h[:12], join(tags...), h[12:])
}

func ip4(proto byte, from, to string, fragment uint16, options int, payload ...byte) []byte {
	b := make([]byte, 20+options)
	b[0] = byte(0x40 | len(b)/4)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	binary.BigEndian.PutUint16(b[6:], fragment)
	b[8], b[9] = 64, proto
	copy(b[12:], netip.MustParseAddr(from).AsSlice())
	copy(b[16:], netip.MustParseAddr(to).AsSlice())
	return append(b, payload...)
}

func ip6(next byte, from, to string, payload ...byte) []byte {
	b := make([]byte, 40)
	b[0], b[6], b[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	copy(b[8:], netip.MustParseAddr(from).AsSlice())
	copy(b[24:], netip.MustParseAddr(to).AsSlice())
	return append(b, payload...)
}

func tcp(from, to uint16, flags byte) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, from)
	binary.BigEndian.PutUint16(b[2:], to)
	b[12], b[13] = 0x50, flags
	return append(b, 0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3)
}

func udp(from, to uint16) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b, from)
	binary.BigEndian.PutUint16(b[2:], to)
	return append(b, 1, 2, 3, 4, 5, 6, 7, 8)
}

func arp(from, to string) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2}
	b = append(b, netip.MustParseAddr(from).AsSlice()...)
	b = append(b, 0, 0, 0, 0, 0, 0)
	return append(b, netip.MustParseAddr(to).AsSlice()...)
}

// datagrams are packets of the network layer, with their EtherTypes.
func datagrams() (list []struct {
	ethertype uint16
	data      []byte
}) {
	add := func(ethertype uint16, data []byte) {
		list = append(list, struct {
			ethertype uint16
			data      []byte
		}{ethertype, data})
	}
	for _, a := range []string{"10.0.0.1", "192.0.2.7"} {
		for _, port := range []uint16{22, 80, 443, 50000} {
			add(etherIP, ip4(6, a, "10.1.2.3", 0, 0, tcp(port, 443, 0x12)...))
			add(etherIP, ip4(17, "10.1.2.3", a, 0, 0, udp(53, port)...))
		}
		add(etherIP, ip4(6, a, "10.1.2.3", 0x4000, 8, tcp(1000, 80, 0x04)...))
		add(etherIP, ip4(6, a, "10.1.2.3", 0x2000, 0, tcp(1000, 80, 0x02)...))
		add(etherIP, ip4(6, a, "10.1.2.3", 0x2010, 0, tcp(1000, 80, 0x02)...))
		add(etherARP, arp(a, "10.1.2.3"))
		add(etherRARP, arp("10.1.2.3", a))
	}
	add(etherIP, ip4(1, "10.0.0.1", "10.1.2.3", 0, 0, 3, 4, 0, 0, 0, 0, 5, 220))
	add(etherIP, ip4(1, "10.0.0.1", "10.1.2.3", 0, 0, 8, 0, 0, 0, 0, 0, 5, 220))
	add(etherIP, ip4(132, "10.0.0.1", "224.0.0.5", 0, 0, udp(2905, 80)...))
	add(etherIP, ip4(2, "10.0.0.1", "224.0.0.22", 0, 4, 0x22))
	add(etherIP, ip4(47, "10.0.0.1", "10.1.2.3", 0, 0, 0, 0, 8, 0))
	add(etherIP6, ip6(6, "2001:db8::1", "2001:db8:1::2", tcp(50000, 443, 0x18)...))
	add(etherIP6, ip6(17, "fe80::1", "ff02::fb", udp(5353, 5353)...))
	add(etherIP6, ip6(58, "2001:db8::1", "2001:db8:1::2", 2, 0, 0, 0, 0, 0, 5, 0))
	add(etherIP6, ip6(58, "2001:db8::1", "2001:db8:1::2", 128, 0, 0, 0, 0, 0, 5, 0))
	add(etherIP6, ip6(44, "2001:db8::1", "2001:db8:1::2", append([]byte{6, 0, 0, 1, 0, 0, 0, 1}, tcp(443, 50000, 0x11)...)...))
	add(etherIP6, ip6(50, "::1", "::1", 0, 0, 0, 1))
	add(0x88cc, []byte{2, 7, 4, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	return list
}

// packets are the datagrams on a link, whole and cut.
func packets(link Link) (list [][]byte) {
	for _, d := range datagrams() {
		et := binary.BigEndian.AppendUint16(nil, d.ethertype)
		ip := d.ethertype == etherIP || d.ethertype == etherIP6
		version := map[uint16]int{etherIP: 0, etherIP6: 1}[d.ethertype]
		switch link {
		case Ethernet:
			list = append(list, join(ethernet(2, d.ethertype), d.data), join(ethernet(255, d.ethertype), d.data),
				join(tagged(d.ethertype, tag(ether8021, 42)), d.data), join(tagged(d.ethertype, tag(etherQinQ, 7), tag(ether8021, 42)), d.data))
		case LinuxSLL:
			for kind := range byte(5) {
				list = append(list, join([]byte{0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0}, et, d.data))
			}
		case LinuxSLL2:
			list = append(list, join(et, []byte{0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0}, d.data),
				join(et, []byte{0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0}, d.data))
		case Raw:
			if ip {
				list = append(list, d.data)
			}
		case PPP:
			if ip {
				list = append(list, join([]byte{0xff, 3, 0, []byte{0x21, 0x57}[version]}, d.data))
			}
		}
	}
	for _, p := range list[:min(len(list), 24)] {
		for _, n := range []int{0, 9, 14, 20, 30, 35, 45} {
			list = append(list, p[:min(n, len(p))])
		}
	}
	return list
}
