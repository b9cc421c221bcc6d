package quic

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
)

// udp is one datagram of a capture.
type udp struct {
	frame    int
	src, dst string
	payload  []byte
}

// readUDP reads the UDP datagrams of a pcap or pcapng file: enough of the
// formats and of the link layers for the captures that tests of this package
// read. Package capture may not be imported from here.
func readUDP(name string) (datagrams []udp, keys []byte, err error) {
	b, err := os.ReadFile(name)
	if err != nil || len(b) < 24 {
		return nil, nil, fmt.Errorf("%s: %d bytes, %v", name, len(b), err)
	}
	frame := 0
	packet := func(link uint16, data []byte) {
		frame++
		if d, ok := udpOf(link, data); ok {
			d.frame = frame
			datagrams = append(datagrams, d)
		}
	}
	le, be := binary.ByteOrder(binary.LittleEndian), binary.ByteOrder(binary.BigEndian)
	switch le.Uint32(b) {
	case 0xa1b2c3d4, 0xa1b23c4d:
		readPcap(b, le, packet)
	case 0xd4c3b2a1, 0x4d3cb2a1:
		readPcap(b, be, packet)
	case 0x0a0d0d0a:
		keys = readPcapng(b, packet)
	default:
		return nil, nil, fmt.Errorf("%s: no pcap", name)
	}
	return datagrams, keys, nil
}

func readPcap(b []byte, o binary.ByteOrder, packet func(uint16, []byte)) {
	link := uint16(o.Uint32(b[20:]))
	for b = b[24:]; len(b) >= 16; {
		n := int(o.Uint32(b[8:]))
		if n > len(b)-16 {
			return
		}
		packet(link, b[16:16+n])
		b = b[16+n:]
	}
}

func readPcapng(b []byte, packet func(uint16, []byte)) (keys []byte) {
	var o binary.ByteOrder = binary.LittleEndian
	var links []uint16
	for len(b) >= 12 {
		if o.Uint32(b) == 0x0a0d0d0a {
			links = nil
			o = binary.LittleEndian
			if o.Uint32(b[8:]) != 0x1a2b3c4d {
				o = binary.BigEndian
			}
		}
		n := int(o.Uint32(b[4:]))
		if n < 12 || n > len(b) {
			return keys
		}
		body := b[8 : n-4]
		switch o.Uint32(b) {
		case 1:
			links = append(links, o.Uint16(body))
		case 6:
			packet(links[o.Uint32(body)], body[20:20+o.Uint32(body[12:])])
		case 3:
			packet(links[0], body[4:])
		case 10:
			keys = append(keys, body[8:8+o.Uint32(body[4:])]...)
		}
		b = b[n:]
	}
	return keys
}

func udpOf(link uint16, b []byte) (d udp, ok bool) {
	skip := map[uint16]int{0: 4, 1: 14, 9: 2, 113: 16, 276: 20, 101: 0, 12: 0, 228: 0, 229: 0}
	n, known := skip[link]
	if !known || len(b) < n+20 {
		return d, false
	}
	if link == 1 {
		for binary.BigEndian.Uint16(b[n-2:]) == 0x8100 && len(b) > n+24 {
			n += 4
		}
		if binary.BigEndian.Uint16(b[n-2:]) == 0x8864 {
			n += 8
		}
	}
	return udpOfIP(b[n:])
}

func udpOfIP(b []byte) (d udp, ok bool) {
	if len(b) < 28 {
		return d, false
	}
	switch b[0] >> 4 {
	case 4:
		n := int(b[0]&15) * 4
		if b[9] != 17 || len(b) < n+8 || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
			return d, false
		}
		return udpOfPorts(fmt.Sprint(b[12:16]), fmt.Sprint(b[16:20]), b[n:])
	case 6:
		if b[6] != 17 || len(b) < 48 {
			return d, false
		}
		return udpOfPorts(fmt.Sprint(b[8:24]), fmt.Sprint(b[24:40]), b[40:])
	}
	return d, false
}

func udpOfPorts(src, dst string, b []byte) (udp, bool) {
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n < 8 {
		return udp{}, false
	}
	n = min(n, len(b))
	return udp{0, fmt.Sprintf("%s:%d", src, binary.BigEndian.Uint16(b)), fmt.Sprintf("%s:%d", dst, binary.BigEndian.Uint16(b[2:])), b[8:n]}, true
}

func netipAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
