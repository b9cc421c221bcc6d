package prelude

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
)

// proxyV1 and proxyV2 are the headers of HAProxy's PROXY protocol.
type (
	proxyV1 struct{}
	proxyV2 struct{}
)

const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

func (proxyV1) frame(_ *Dialog, _ Side, b []byte) int64 {
	if n := lineFrame(b); n > 0 || len(b) < 108 { // Section 2.1: at most 107 bytes
		return n
	}
	return -1
}

func (proxyV1) message(d *Dialog, m message) {
	d.step(m, "header", line(m.Bytes), 0)
	target := ""
	if f := bytes.Fields(m.Bytes); len(f) >= 6 {
		target = net.JoinHostPort(string(f[3]), string(f[5]))
	}
	d.tunnel("proxy-v1", target)
}

func (proxyV2) frame(_ *Dialog, _ Side, b []byte) int64 {
	if len(b) < 16 {
		return 0
	}
	return 16 + int64(binary.BigEndian.Uint16(b[14:]))
}

// message is Section 2.2: version and command, family, length, addresses, TLVs.
func (proxyV2) message(d *Dialog, m message) {
	b := m.Bytes
	text, target := "LOCAL", ""
	if b[12]&0xf == 1 {
		source, destination := proxyAddresses(b[13]>>4, b[16:])
		text, target = "PROXY", destination
		if destination != "" {
			text = "PROXY " + source + " " + destination
		}
	}
	d.step(m, "header", text, 0)
	d.tunnel("proxy-v2", target)
}

func proxyAddresses(family byte, b []byte) (source, destination string) {
	size := 0
	switch family {
	case 1:
		size = 4
	case 2:
		size = 16
	}
	if size == 0 || len(b) < 2*size+4 {
		return "", ""
	}
	ports := b[2*size:]
	return endpoint(b[:size], ports), endpoint(b[size:2*size], ports[2:])
}

// endpoint writes an address and a port in network order.
func endpoint(addr, port []byte) string {
	a, ok := netip.AddrFromSlice(addr)
	if !ok || len(port) < 2 {
		return ""
	}
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(port)).String()
}

// hostPort writes a name and a port in network order.
func hostPort(name, port []byte) string {
	if len(port) < 2 {
		return ""
	}
	return net.JoinHostPort(string(name), strconv.Itoa(int(binary.BigEndian.Uint16(port))))
}
