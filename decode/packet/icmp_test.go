package packet

import "testing"

// over4Error is an ICMP error from 192.0.2.1 with the given quote.
func over4Error(head string, quote ...string) []byte {
	return etherOver("0800", ip4Over(1, unhex(append([]string{head}, quote...)...)))
}

func TestICMPErrors(t *testing.T) {
	quoted4 := "450005dc 00000000 40060000 0a000001 0a000002 04d201bb 00000064"
	options4 := "460005dc 00000000 40060000 0a000001 0a000002 94040000 04d201bb 00000064"
	udp4 := "450004f0 00000000 40110000 0a000001 0a000002 04d201bb 04dc0000"
	quoted6 := "60000000 05b40640" + ip6From + ip6To + "04d201bb 00000064"
	headers6 := "60000000 05b40040" + ip6From + ip6To + "2c00 010400000000 0600 0001 00000001 04d201bb 00000064"
	for _, c := range []struct {
		name       string
		data       []byte
		kind, code uint8
		mtu, size  int
		quoted     Proto
		reporter   string
	}{
		{"net unreachable", over4Error("0300 0000 00000000", quoted4), 3, 0, 0, 1500, TCP, "192.0.2.1"},
		{"host unreachable", over4Error("0301 0000 00000000", quoted4), 3, 1, 0, 1500, TCP, "192.0.2.1"},
		{"port unreachable", over4Error("0303 0000 00000000", udp4), 3, 3, 0, 1264, UDP, "192.0.2.1"},
		{"fragmentation needed", over4Error("0304 0000 00000500", quoted4), 3, 4, 1280, 1500, TCP, "192.0.2.1"},
		{"prohibited", over4Error("030d 0000 00000000", options4), 3, 13, 0, 1500, TCP, "192.0.2.1"},
		{"time exceeded", over4Error("0b00 0000 00000000", quoted4), 11, 0, 0, 1500, TCP, "192.0.2.1"},
		{"parameter problem", over4Error("0c00 0000 00000000", quoted4), 12, 0, 0, 1500, TCP, "192.0.2.1"},
		{"unreachable 6", over6(58, "0101 0000 00000000", quoted6), 1, 1, 0, 1500, TCP, "2001:db8::1"},
		{"too big", over6(58, "0200 0000 00000500", quoted6), 2, 0, 1280, 1500, TCP, "2001:db8::1"},
		{"time exceeded 6", over6(58, "0300 0000 00000000", headers6), 3, 0, 0, 1500, TCP, "2001:db8::1"},
		{"parameter problem 6", over6(58, "0401 0000 00000028", quoted6), 4, 1, 0, 1500, TCP, "2001:db8::1"},
		{"in a tunnel", overGRE("0000 0800 45000038 00000000 40010000 c0000201 0a000001 0304 0000 00000500", quoted4), 3, 4, 1280, 1500, TCP, "192.0.2.1"},
	} {
		var s Segment
		r := NewParser().Parse(fixture{link: 1, data: c.data}.packet(), &s)
		if r != OK || s.Proto != ICMP || s.Quoted != c.quoted {
			t.Errorf("%s: %v, proto %d, quoted %d", c.name, r, s.Proto, s.Quoted)
			continue
		}
		if s.ICMPType != c.kind || s.ICMPCode != c.code || s.MTU != c.mtu || s.QuotedLength != c.size {
			t.Errorf("%s: type %d code %d mtu %d length %d", c.name, s.ICMPType, s.ICMPCode, s.MTU, s.QuotedLength)
		}
		if s.SrcPort != 1234 || s.DstPort != 443 || c.quoted == TCP && s.Seq != 100 {
			t.Errorf("%s: ports %d %d seq %d", c.name, s.SrcPort, s.DstPort, s.Seq)
		}
		if got := s.Reporter.AddrPort(0, s.IPv6).Addr().Unmap().String(); got != c.reporter {
			t.Errorf("%s: reported by %s", c.name, got)
		}
		if src := s.Src.AddrPort(0, s.IPv6).Addr().String(); src != "10.0.0.1" && src != "2001:db8::1" {
			t.Errorf("%s: from %s", c.name, src)
		}
	}
}

func TestICMPWithoutConnection(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want Result
	}{
		"echo":            {over4Error("0800 0000 00000000", zeros64), NotIP},
		"redirect":        {over4Error("0501 0000 0a000009", "45000028 00000000 40060000 0a000001 0a000002 04d201bb 00000064"), NotIP},
		"later fragment":  {over4Error("0b01 0000 00000000", "45000028 00000010 40060000 0a000001 0a000002 04d201bb 00000064"), NotIP},
		"quotes ICMP":     {over4Error("0301 0000 00000000", "45000028 00000000 40010000 0a000001 0a000002 08000000 00000000"), NotIP},
		"quote cut":       {over4Error("0301 0000 00000000", "45000028 00000000 40060000 0a000001 0a000002 04d201bb"), Malformed},
		"no quote":        {over4Error("0301 0000 00000000"), Malformed},
		"quote of no IP":  {over4Error("0301 0000 00000000", zeros64), Malformed},
		"wrong version":   {etherOver("0800", ip4Over(58, unhex("0101 0000 00000000", ip6Hello))), NotIP},
		"neighbour":       {over6(58, "8700 0000 00000000", zeros16), NotIP},
		"header cut":      {over4Error("0301 0000"), Malformed},
		"headers no end":  {over6(58, "0101 0000 00000000", "60000000 00100040", ip6From, ip6To, "00ff 0000 00000000"), Malformed},
		"fragment header": {over6(58, "0101 0000 00000000", "60000000 00102c40", ip6From, ip6To, "0600 0010 00000001 04d201bb 00000064"), NotIP},
	} {
		var s Segment
		if r := NewParser().Parse(fixture{link: 1, data: c.data}.packet(), &s); r != c.want {
			t.Errorf("%s: %v, want %v", name, r, c.want)
		}
	}
}
