package decode

import (
	"testing"

	"tlswhy/decode/capturetest"
	"tlswhy/decode/wire"
)

// TLS may start behind a dialogue that is not known here, and others pretend
// to speak it.
func TestWhereTLSStarts(t *testing.T) {
	hello := capturetest.NewClientHello("example.com").Record()
	for _, tc := range []struct {
		name string
		play func(c *capturetest.TCP)
		tls  bool
	}{
		{"behind an unknown dialogue", func(c *capturetest.TCP) {
			c.Client([]byte("GNUTELLA CONNECT/0.6\r\nUpgrade: TLS/1.0\r\n\r\n"))
			c.Server([]byte("GNUTELLA/0.6 200 OK\r\nUpgrade: TLS/1.0\r\n\r\n")).Client([]byte("GNUTELLA/0.6 200 OK\r\n\r\n"))
			c.Client(hello).Server(capturetest.NewServerHello13().Record())
		}, true},
		{"something with the bytes of a handshake record inside", func(c *capturetest.TCP) {
			c.Client([]byte("\x01\x02\x03\x04opaque")).Server([]byte("\x05\x06opaque"))
			c.Client([]byte("\x16\x03\x01\x00\x05HELLO and what follows, long enough for a hello, but it is none"))
		}, false},
		{"Skype's empty records", func(c *capturetest.TCP) {
			c.Client([]byte("\x16\x03\x01\x00\x00")).Server([]byte("\x17\x03\x01\x00\x00"))
			c.Client([]byte("\x16\x03\x01\x00\x0d\x41\x03\x00\x09\x80\x40\x04\x08\xc0\x01\x39\x83\x16"))
			c.Server([]byte("\x17\x03\x01\x00\x0b\x01\x0d\xe3\xbe\xbd\xdf\x6b\xfa\x14\xad\xb8"))
		}, false},
	} {
		b := capturetest.New()
		tc.play(b.TCP("10.0.0.1:50000", "10.0.0.2:5000").Open())
		got := false
		for _, h := range followPcap(t, b.Pcap(), nil) {
			got = got || h.TLS
		}
		if got != tc.tls {
			t.Errorf("%s: TLS %v", tc.name, got)
		}
	}
}

// Without its ServerHello a connection tells its version only when the
// records are of a form that no other version has.
func TestAgreedVersion(t *testing.T) {
	nonce := capturetest.Record(23, 0x0303, append([]byte{0, 0, 0, 0, 0, 0, 0, 9}, capturetest.Noise(40, 1)...))
	for _, tc := range []struct {
		name string
		b    []byte
		want wire.Version
	}{
		{"the counter of AES-GCM", nonce, wire.TLS12},
		{"TLS 1.2 or 1.3", capturetest.Record(23, 0x0303, capturetest.Noise(40, 1)), 0},
		{"TLS 1.0", capturetest.Record(23, 0x0301, capturetest.Noise(40, 1)), wire.TLS10},
		{"an encrypted alert", capturetest.Record(21, 0x0303, capturetest.Noise(26, 1)), wire.TLS12},
		{"a key exchange in the clear", capturetest.HandshakeRecord(capturetest.ClientKeyExchange(23)), wire.TLS12},
	} {
		b := capturetest.New()
		b.TCP("10.0.0.1:50000", "10.0.0.2:443").Client(tc.b)
		list := followPcap(t, b.Pcap(), nil)
		if len(list) != 1 || list[0].Agreed != tc.want {
			t.Errorf("%s: %d handshakes, %+v", tc.name, len(list), list)
		}
	}
}

// What goes through a SOCKS proxy on its port takes a stream number, as in
// Wireshark.
func TestStreamNumbersBehindSOCKS(t *testing.T) {
	b := capturetest.New()
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:1080").Open()
	c.Client([]byte{5, 1, 0}).Server([]byte{5, 0})
	c.Client([]byte("\x05\x01\x00\x03\x0bexample.com\x01\xbb")).Server([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	c.Client(capturetest.NewClientHello("example.com").Record()).Server(capturetest.NewServerHello13().Record())
	d := b.TCP("10.0.0.1:50001", "10.0.0.3:443").Open()
	d.Client(capturetest.NewClientHello("example.org").Record()).Server(capturetest.NewServerHello13().Record())
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 2 || list[0].Stream != 0 || list[1].Stream != 2 {
		t.Fatalf("%+v", list)
	}
}
