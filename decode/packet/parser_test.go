package packet

import (
	"testing"

	"tlswhy/decode/capture"
)

const eapStart = "02 00 0006 0201 0006 0d00" // EAPOL version 2, EAP-Packet: response, EAP-TLS

func TestEAPOL(t *testing.T) {
	for _, f := range []fixture{
		{"ethernet", 1, "", unhex("0180c2000003 020000000002 888e", eapStart, zeros16)},
		{"vlan", 1, "vlan", unhex("0180c2000003 020000000002 8100 0064 888e", eapStart)},
		{"to the station", 105, "", unhex("0802 0000 0180c2000003 020000000009 020000000002 1000 aaaa03 000000 888e", eapStart)},
		{"from the station", 105, "", unhex("0801 0000 020000000009 020000000002 0180c2000003 1000 aaaa03 000000 888e", eapStart)},
	} {
		var s Segment
		r := NewParser().Parse(f.packet(), &s)
		if r != OK || s.Proto != EAPOL || string(s.Payload) != "\x02\x01\x00\x06\x0d\x00" || s.Length != 6 {
			t.Errorf("%s: %v, %+v", f.name, r, s)
		}
		if s.Src.MAC() != [6]byte{2, 0, 0, 0, 0, 2} || s.Dst.MAC() != [6]byte{1, 0x80, 0xc2, 0, 0, 3} {
			t.Errorf("%s: %v > %v", f.name, s.Src.MAC(), s.Dst.MAC())
		}
	}
	var s Segment
	key := fixture{"key", 1, "", unhex("0180c2000003 020000000002 888e 0203 0002 0000")}
	if r := NewParser().Parse(key.packet(), &s); r != NotIP {
		t.Errorf("EAPOL-Key: %v", r)
	}
	cooked := fixture{"cooked", 113, "", unhex("0000 0001 0006 0200000000020000 888e", eapStart)}
	if r := NewParser().Parse(cooked.packet(), &s); r != OK || s.Src.MAC() != [6]byte{2, 0, 0, 0, 0, 2} || s.Dst != (Addr{}) {
		t.Errorf("cooked: %v, %+v", r, s)
	}
}

// TestTunnelPorts has QUIC, DTLS, DNS and rubbish on the ports of tunnels: a
// port alone makes no tunnel.
func TestTunnelPorts(t *testing.T) {
	for name, payload := range map[string]string{
		"quic initial":      "c0 00000001 08 0102030405060708 00 00 4000" + zeros64,
		"quic short":        "48 0102030405060708" + zeros64,
		"quic short like 6": "60 0102030405060708" + zeros64,
		"dtls hello":        "16 feff 0000 000000000000 0040 01" + zeros64,
		"dtls 1.3":          "2c 0001 0040" + zeros64,
		"stun":              "0001 0000 2112a442" + zeros16,
		"rtp":               "8060 0001 00000001 00000001" + zeros64,
		"dns":               "1234 0100 0001 0000 0000 0000 0377777700 0001 0001",
		"zeros":             zeros64,
		"text":              "68656c6c6f",
		"empty":             "",
		"vxlan of nothing":  "08000000 00000100" + zeros64,
		"geneve of nothing": "00006558 00000100" + zeros64,
		"gtp echo":          "32010004 00000000 00000000",
		"l2tp control":      "c802000c 0000 0000 0000 0000",
	} {
		for _, port := range []int{4789, 8472, 4790, 6081, 2152, 3544, 1701, 37008} {
			var s Segment
			f := fixture{link: 1, data: overUDP(port, payload)}
			r := NewParser().Parse(f.packet(), &s)
			if r != OK || s.Proto != UDP || int(s.DstPort) != port || s.Tunnel != "" || s.Src[15] != 1 {
				t.Errorf("%s on %d: %v, %+v", name, port, r, s)
			}
			if want := string(unhex(payload)); string(s.Payload) != want || s.Length != len(want) {
				t.Errorf("%s on %d: %d bytes", name, port, len(s.Payload))
			}
		}
	}
}

func TestUDPLength(t *testing.T) {
	for name, c := range map[string]struct {
		udp    string
		length int
	}{
		"as sent":        {"04d2 01bb 000c 0000 01020304", 4},
		"padding behind": {"04d2 01bb 000a 0000 01020304", 2},
		"offload":        {"04d2 01bb 0000 0000 01020304", 4},
		"too long":       {"04d2 01bb 00ff 0000 01020304", 4},
	} {
		var s Segment
		f := fixture{link: 1, data: etherOver("0800", ip4Over(17, unhex(c.udp)))}
		if r := NewParser().Parse(f.packet(), &s); r != OK || s.Length != c.length || len(s.Payload) != c.length {
			t.Errorf("%s: %v, length %d, %d bytes", name, r, s.Length, len(s.Payload))
		}
	}
}

func TestResults(t *testing.T) {
	for name, c := range map[string]struct {
		link capture.LinkType
		data []byte
		want Result
	}{
		"arp":               {1, unhex(macs, "0806", zeros64), NotIP},
		"lldp":              {1, unhex(macs, "88cc", zeros64), NotIP},
		"spanning tree":     {1, unhex(macs, "0026 424203", zeros64), NotIP},
		"icmp echo":         {1, etherOver("0800", ip4Over(1, unhex("0800 0000 00000000"))), NotIP},
		"sctp":              {1, etherOver("0800", ip4Over(132, unhex(zeros16))), NotIP},
		"nothing":           {1, nil, Malformed},
		"esp":               {1, etherOver("0800", ip4Over(50, unhex(zeros64))), Encrypted},
		"macsec":            {1, unhex(macs, "88e5 2c00 00000001", zeros64), Encrypted},
		"802.11 protected":  {105, unhex("0842", dot11[4:], "00112233 44556677", zeros64), Encrypted},
		"802.11 null":       {105, unhex("4801", dot11[4:]), NotIP},
		"802.11 beacon":     {105, unhex("8000", dot11[4:], zeros64), NotIP},
		"tcp offset short":  {1, etherOver("0800", ip4Over(6, unhex("04d201bb 00000064 00000000 4010 03e8 00000000"))), Malformed},
		"tcp offset long":   {1, etherOver("0800", ip4Over(6, unhex("04d201bb 00000064 00000000 6010 03e8 00000000"))), Malformed},
		"udp short":         {1, etherOver("0800", ip4Over(17, unhex("04d201bb 0007 0000"))), Malformed},
		"ipv4 header short": {1, unhex(macs, "0800 44", ip4Hello[2:]), Malformed},
		"ipv4 total short":  {1, unhex(macs, "0800 4500000a", ip4Hello[8:]), Malformed},
		"version":           {101, unhex("50", ip4Hello[2:]), NotIP},
		"null family":       {0, unhex("63000000", ip4Hello), NotIP},
		"usb":               {220, unhex(zeros64), Unsupported},
		"ppp lcp":           {9, unhex("ff03 c021 01010004"), NotIP},
		"pptp ack":          {1, overGRE("2081 880b 0000 0018 00000006"), NotIP},
		"pppoe discovery":   {1, unhex(macs, "8864 1109 0000 0004 01010000"), NotIP},
	} {
		var s Segment
		if r := NewParser().Parse(&capture.Packet{Length: len(c.data), Data: c.data, LinkType: c.link}, &s); r != c.want {
			t.Errorf("%s: %v, want %v", name, r, c.want)
		}
	}
}

func TestUnsupportedIsCounted(t *testing.T) {
	p, s := NewParser(), Segment{}
	for _, link := range []capture.LinkType{220, 1, 147, 220, 220} {
		p.Parse(&capture.Packet{LinkType: link}, &s)
	}
	got := p.Unsupported()
	want := []UnsupportedLink{{220, 3}, {147, 1}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v", got)
	}
	for link := range capture.LinkType(1000) {
		p.Parse(&capture.Packet{LinkType: 2000 + link}, &s)
	}
	if len(p.Unsupported()) != maxUnsupported {
		t.Errorf("%d kinds", len(p.Unsupported()))
	}
}

// TestTooDeep nests one tunnel in another without end.
func TestTooDeep(t *testing.T) {
	for depth := 1; depth < 60; depth++ {
		data := unhex(ip4Hello)
		for range depth {
			data = ip4Over(4, data)
		}
		var s Segment
		r := NewParser().Parse(&capture.Packet{Length: len(data), Data: data, LinkType: 101}, &s)
		if want := depth <= maxDepth; want != (r == OK) {
			t.Fatalf("%d deep: %v", depth, r)
		}
	}
}

// TestOffload has a segment larger than IP's length field can say.
func TestOffload(t *testing.T) {
	data := unhex(macs, "86dd 60000000 00000640", ip6From, ip6To, tcpHello)
	data = append(data, make([]byte, 100000)...)
	var s Segment
	r := NewParser().Parse(&capture.Packet{Length: len(data), Data: data[:200], LinkType: 1}, &s)
	if r != OK || s.Length != 100010 || len(s.Payload) != 200-74 {
		t.Errorf("%v, length %d, %d bytes", r, s.Length, len(s.Payload))
	}
}
