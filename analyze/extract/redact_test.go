package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
	"tlswhy/decode/packet"
	"tlswhy/decode/wire"
)

// redacted gives the packets of a capture as they are redacted.
func redacted(t *testing.T, pcap []byte) []capture.Packet {
	t.Helper()
	d := NewRedaction(func(string) string { return "host-1" })
	r, err := capture.NewReader(bytes.NewReader(pcap), "in")
	if err != nil {
		t.Fatal(err)
	}
	var out []capture.Packet
	for p := new(capture.Packet); r.Next(p) == nil; {
		q := *p
		q.Data = bytes.Clone(d.packet(p))
		out = append(out, q)
	}
	return out
}

// payloads joins what is left of one direction's bytes.
func payloads(t *testing.T, list []capture.Packet, port uint16) []byte {
	t.Helper()
	parser := packet.NewParser()
	var all []byte
	for i := range list {
		var s packet.Segment
		if got := parser.Parse(&list[i], &s); got != packet.OK {
			t.Fatalf("packet %d: %v", i+1, got)
		}
		if s.SrcPort == port {
			all = append(all, s.Payload...)
		}
	}
	return all
}

// A hello keeps what was offered, whatever its segments, and nothing that is
// the client's own.
func TestRedactedHello(t *testing.T) {
	hello := capturetest.NewClientHello("secret.example.org")
	record := hello.Record()
	want, _ := wire.ParseClientHello(hello.Message()[4:])
	for _, mss := range []int{1460, 90, 7 + 20} {
		b := capturetest.New()
		b.MSS = mss
		c := b.TCP("10.1.2.3:50000", "10.1.9.9:443")
		c.Open()
		c.Client(record)
		got := payloads(t, redacted(t, b.Pcap()), 50000)
		if len(got) != len(record) {
			t.Fatalf("MSS %d: %d of %d bytes", mss, len(got), len(record))
		}
		h, bad := wire.ParseClientHello(got[9:])
		if bad != nil {
			t.Fatalf("MSS %d: %v", mss, bad)
		}
		if fmt.Sprint(h.CipherSuites, h.Groups, h.SignatureSchemes, h.SupportedVersions, h.ALPN, types(h.Extensions)) !=
			fmt.Sprint(want.CipherSuites, want.Groups, want.SignatureSchemes, want.SupportedVersions, want.ALPN, types(want.Extensions)) && mss == 1460 {
			t.Errorf("MSS %d: another offer: %+v", mss, h)
		}
		if bytes.Contains(got, []byte("secret")) || bytes.Contains(got, want.Random[:8]) || len(want.SessionID) > 8 && bytes.Contains(got, want.SessionID[:8]) {
			t.Errorf("MSS %d: something is left", mss)
		}
		if mss == 1460 && !strings.HasPrefix(h.ServerName, "host-1xx") {
			t.Errorf("name %q", h.ServerName)
		}
	}
}

func types(list []wire.Extension) (t []wire.ExtensionType) {
	for _, e := range list {
		t = append(t, e.Type)
	}
	return t
}

// What is no hello, certificate or alert is cut, and nothing that follows it is
// believed.
func TestRedactedPayloads(t *testing.T) {
	secret := "TOPSECRET-TOPSECRET-TOPSECRET"
	cert := capturetest.SelfSigned("secret.example.org").Raw
	for _, c := range []struct {
		name   string
		client []byte
		server []byte
		left   int // bytes of the server's
	}{
		{"certificate", capturetest.NewClientHello("a.example").Record(), capturetest.ServerFlight12(cert), len(capturetest.ServerFlight12(cert))},
		{"alert", capturetest.NewClientHello("a.example").Record(), capturetest.Alert(2, 40), 7},
		{"application data", capturetest.NewClientHello("a.example").Record(), append([]byte{23, 3, 3, 0, 29}, secret...), 0},
		{"banner", []byte("HELO " + secret), []byte("220 " + secret), 0},
		{"no record", []byte{22, 3, 1, 255, 255, 1, 0, 0, 1, 3, 3, 'T', 'O', 'P'}, []byte("\x16\x03\x01 " + secret), 0},
	} {
		b := capturetest.New()
		t1 := b.TCP("10.1.2.3:50000", "10.1.9.9:443")
		t1.Open()
		t1.Client(c.client)
		t1.Server(c.server)
		t1.Server([]byte(secret))
		list := redacted(t, b.Pcap())
		got := payloads(t, list, 443)
		if len(got) != c.left {
			t.Errorf("%s: %d bytes are left, not %d: %q", c.name, len(got), c.left, got)
		}
		for _, p := range list {
			for _, s := range []string{"SECRET", "secret", string(cert[20:36])} {
				if bytes.Contains(p.Data, []byte(s)) {
					t.Errorf("%s: %q is left in frame %d", c.name, s, p.Number)
				}
			}
		}
	}
}

// Headers are whole, with right checksums, and addresses that have their first
// parts in common have them in common afterwards.
func TestRedactedHeaders(t *testing.T) {
	b := capturetest.New()
	b.VLAN = 7
	for _, ends := range [][2]string{{"10.1.2.3:50000", "10.1.9.9:443"}, {"10.1.2.4:50000", "192.168.7.7:443"}, {"[2001:db8::5]:50000", "[2001:db8:7::1]:443"}} {
		c := b.TCP(ends[0], ends[1])
		c.Open()
		c.Client(capturetest.NewClientHello("a.example").Record())
		c.Server(capturetest.Alert(2, 40))
	}
	in := b.Packets()
	var addrs []netip.Addr
	for i, p := range redacted(t, b.Pcap()) {
		if len(p.Data) != p.Length {
			t.Fatalf("frame %d is cut", i+1)
		}
		ip := p.Data[18:]
		n, pseudo := 40, sum(0, ip[8:40])
		if ip[0]>>4 == 4 {
			n, pseudo = 20, sum(0, ip[12:20])
			if fold(sum(0, ip[:20])) != 0xffff {
				t.Errorf("frame %d: checksum of the IP header", i+1)
			}
		}
		if fold(sum(pseudo+6+uint32(len(ip)-n), ip[n:])) != 0xffff {
			t.Errorf("frame %d: checksum of TCP", i+1)
		}
		if got, want := binary.BigEndian.Uint16(ip[n:]), in[i].Src.Port(); got != want {
			t.Errorf("frame %d: port %d, not %d", i+1, got, want)
		}
		a, _ := netip.AddrFromSlice(ip[12:16])
		if n == 40 {
			a, _ = netip.AddrFromSlice(ip[8:24])
		}
		addrs = append(addrs, a)
	}
	of := map[netip.Addr]netip.Addr{}
	for i := range in {
		of[in[i].Src.Addr()] = addrs[i]
	}
	at := func(s string) netip.Addr { return of[netip.MustParseAddr(s)] }
	for _, c := range []struct {
		a, b string
		bits int // that the two have in common afterwards
	}{{"10.1.2.3", "10.1.2.4", 24}, {"10.1.2.3", "10.1.9.9", 16}, {"10.1.2.3", "192.168.7.7", 0}, {"2001:db8::5", "2001:db8:7::1", 32}} {
		x, y := at(c.a), at(c.b)
		if x == y || !netip.PrefixFrom(x, c.bits).Masked().Contains(y) || netip.PrefixFrom(x, c.bits+16).Masked().Contains(y) && c.bits < 20 {
			t.Errorf("%s and %s become %v and %v", c.a, c.b, x, y)
		}
		if x == netip.MustParseAddr(c.a) || y == netip.MustParseAddr(c.b) {
			t.Errorf("%v or %v is left", x, y)
		}
	}
}

// The same values give the same numbers, in order of appearance.
func TestRedactionNumbers(t *testing.T) {
	d := NewRedaction(nil)
	for _, c := range []struct{ in, want string }{
		{"192.0.2.1", "1.0.1.1"}, {"192.0.2.7", "1.0.1.2"}, {"198.51.100.9", "2.1.1.1"}, {"192.0.2.1", "1.0.1.1"}, {"127.0.0.1", "127.0.0.1"},
		{"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"}, {"224.0.0.251", "224.0.0.1"},
		{"::1", "::1"}, {"fe80::1234:5678", "fe80::1:1"}, {"2001:db8::1", "2000:1::1"}, {"::ffff:192.0.2.7", "1.0.1.2"},
	} {
		if got := d.Addr(netip.MustParseAddr(c.in)); got.Unmap() != netip.MustParseAddr(c.want).Unmap() {
			t.Errorf("%s becomes %v, not %s", c.in, got, c.want)
		}
	}
	seen := map[netip.Addr]bool{}
	for i := range 1 << 16 {
		a := d.Addr(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 1, 1}))
		if seen[a] {
			t.Fatalf("two addresses become %v", a)
		}
		seen[a] = true
	}
}

// FuzzRedaction checks that whatever a packet is, the result is no longer, and
// holds nothing of a payload that does not begin as a hello or an alert does:
// lists of code points stay whatever they are.
func FuzzRedaction(f *testing.F) {
	b := capturetest.New()
	refused(b, "10.0.0.1:50000", "10.0.0.2:443")
	data := [][]byte{}
	for _, p := range b.Packets() {
		data = append(data, p.Frame())
	}
	for _, d := range data {
		f.Add(uint16(1), d)
	}
	f.Add(uint16(113), append(make([]byte, 14), append([]byte{8, 0}, data[0][14:]...)...))
	f.Fuzz(func(t *testing.T, link uint16, frame []byte) {
		d := NewRedaction(func(string) string { return "host-1" })
		const mark = "\xa7M\xa7A\xa7R\xa7K\xa7"
		for range 2 {
			got := d.packet(&capture.Packet{LinkType: capture.LinkType(link), Data: append(bytes.Clone(frame), mark...), Length: len(frame) + len(mark)})
			if len(got) > len(frame)+len(mark) || bytes.Contains(got, []byte(mark)) && !bytes.Contains(frame, []byte(mark)) && !bytes.ContainsAny(frame, "\x15\x16") {
				t.Fatalf("%d bytes of %d: %x", len(got), len(frame), got)
			}
		}
	})
}
