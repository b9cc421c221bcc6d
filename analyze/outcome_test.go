package analyze_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/capture"
	. "tlswhy/decode/capturetest"
)

// analyzed is the report on a capture.
func analyzed(t testing.TB, pcap []byte) *analyze.Report {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(pcap), "test")
	if err != nil {
		t.Fatal(err)
	}
	a := analyze.New(analyze.Options{All: true})
	d := decode.New(decode.Options{Handle: a.Add})
	var p capture.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		d.Packet(&p)
	}
	d.Close()
	return a.Report()
}

// others are packets of another connection every few seconds, so that the
// capture is seen to go on.
func others(b *Builder, n int, every time.Duration) {
	c := b.TCP("10.0.0.7:40000", "10.0.0.8:80").Open()
	for range n {
		c.Wait(every).Client([]byte("x")).Ack(Server)
	}
}

// TestOutcome is a capture for each ending that is easily taken for another.
func TestOutcome(t *testing.T) {
	dated := func(from, to int) []byte {
		year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
		return NewCA("Test Root").Leaf("a.test", Valid(year(from), year(to))).Raw
	}
	private := NewCA("Test Root").Leaf("a.test").Raw
	hello := NewClientHello12("a.test").Record()
	node := NewClientHello12("a.test")
	node.Ciphers = []uint16{0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b}
	for _, test := range []struct {
		name    string
		build   func(b *Builder, c *TCP)
		outcome analyze.Outcome
		finding string
	}{
		{"acknowledged, then silence", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Ack(Server)
			others(b, 5, 5*time.Second)
		}, analyze.Failed, "server-silent"},
		{"acknowledged, then the capture pauses", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Ack(Server)
			others(b, 5, 2*time.Minute)
		}, analyze.Incomplete, ""},
		{"neither acknowledged nor sent again", func(b *Builder, c *TCP) {
			c.Open().Client(hello)
			others(b, 5, 5*time.Second)
		}, analyze.Incomplete, ""},
		{"sent again and again", func(b *Builder, c *TCP) {
			c.Open().Client(hello)
			for range 4 {
				c.Wait(time.Second).Again(Client, 0, len(hello))
			}
		}, analyze.Failed, "client-hello-lost"},
		{"leaves after both Finished, private authority", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Server(ServerFlight12(private)).Client(ClientFlight12()).Server(ServerFinish12()).Bye(Client)
		}, analyze.Completed, ""},
		{"Node leaves after both Finished, private authority", func(b *Builder, c *TCP) {
			c.Open().Client(node.Record()).Server(ServerFlight12(private)).Client(ClientFlight12()).Server(ServerFinish12()).Bye(Client)
		}, analyze.Failed, "cert-unknown-ca"},
		{"Node stays a while", func(b *Builder, c *TCP) {
			c.Open().Client(node.Record()).Server(ServerFlight12(private)).Client(ClientFlight12()).Server(ServerFinish12()).Wait(5 * time.Second).Bye(Client)
		}, analyze.Completed, ""},
		{"leaves after its own Finished", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Server(ServerFlight12(private)).Client(ClientFlight12()).Close(Client).Server(ServerFinish12()).Close(Server)
		}, analyze.Completed, ""},
		{"leaves at an expired certificate without an alert", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Server(ServerFlight12(dated(2000, 2001))).Ack(Client).Bye(Client)
		}, analyze.Failed, "cert-rejected"},
		{"leaves at a private authority without an alert", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Server(ServerFlight12(private)).Ack(Client).Bye(Client)
		}, analyze.Failed, "client-left"},
		{"alert at an expired certificate", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Server(ServerFlight12(dated(2000, 2001))).Client(Alert(2, 45)).Bye(Client)
		}, analyze.Failed, "cert-expired"},
		{"unknown_ca at an encrypted certificate", func(b *Builder, c *TCP) {
			c.Open().Client(NewClientHello("a.test").Record()).Server(ServerFlight13(900)).Client(Alert(2, 48)).Bye(Client)
		}, analyze.Failed, "cert-unknown-ca"},
		{"bad_certificate at an encrypted certificate", func(b *Builder, c *TCP) {
			c.Open().Client(NewClientHello("a.test").Record()).Server(ServerFlight13(900)).Client(Alert(2, 42)).Bye(Client)
		}, analyze.Failed, "cert-rejected"},
		{"handshake_failure at a small prime beside a private authority", func(b *Builder, c *TCP) {
			h := NewServerHello12()
			h.Cipher = 0x0033
			dhe := NewClientHello12("a.test")
			dhe.Ciphers = append(dhe.Ciphers, h.Cipher)
			c.Open().Client(dhe.Record())
			c.Server(HandshakeRecord(h.Message(), Certificate(private), ServerKeyExchangeDHE(512, 0x0401), ServerHelloDone()))
			c.Client(Alert(2, 40)).Bye(Client)
		}, analyze.Failed, "dh-key-too-small"},
		{"handshake_failure at a suite that was not offered", func(b *Builder, c *TCP) {
			h := NewServerHello12()
			h.Cipher = 0x0033
			c.Open().Client(hello)
			c.Server(HandshakeRecord(h.Message(), Certificate(private), ServerKeyExchangeDHE(2048, 0x0401), ServerHelloDone()))
			c.Client(Alert(2, 40)).Bye(Client)
		}, analyze.Failed, "unoffered-choice"},
		{"plain text once TLS is over", func(b *Builder, c *TCP) {
			c.TLS12("a.test", private)
			c.At(Server, c.Sent(Server)-30, 0x18, []byte("226 Transfer complete, good bye\r\n"))
		}, analyze.Completed, ""},
		{"TLS after a dialogue in the clear", func(b *Builder, c *TCP) {
			c.Open().Client([]byte("GNUTELLA CONNECT/0.6\r\nUpgrade: TLS/1.0\r\n\r\n")).Server([]byte("GNUTELLA/0.6 200 OK\r\n\r\n"))
			c.Client(hello).Server(ServerFlight12(private)).Client(ClientFlight12()).Server(ServerFinish12())
			c.Client(ApplicationData(120)).Server(ApplicationData(800)).Bye(Server)
		}, analyze.Completed, ""},
		{"a spare connection that is closed unused", func(b *Builder, c *TCP) {
			c.Open().Wait(5 * time.Second).Bye(Client)
		}, analyze.Incomplete, ""},
		{"a server that tires of waiting", func(b *Builder, c *TCP) {
			c.Open().Wait(60 * time.Second).Bye(Server)
		}, analyze.Failed, "client-silent"},
		{"gives up before the answer can be there", func(b *Builder, c *TCP) {
			c.Open().Client(hello).Close(Client).Server(ServerFlight12(private)).Reset(Client)
		}, analyze.Incomplete, ""},
		{"a SYN that does not come again", func(b *Builder, c *TCP) {
			c.SYN()
			others(b, 5, 5*time.Second)
		}, analyze.Incomplete, ""},
		{"a SYN that comes again and again", func(b *Builder, c *TCP) {
			c.SYN().Wait(time.Second).SYN().Wait(2 * time.Second).SYN().Wait(4 * time.Second).SYN()
			others(b, 5, 5*time.Second)
		}, analyze.Failed, "tcp-syn-timeout"},
		{"only the client was captured", func(b *Builder, c *TCP) {
			c.TLS12("a.test", private)
			b.Keep(func(p *Packet) bool { return p.Src.Port() == 50000 })
		}, analyze.Incomplete, ""},
	} {
		b := New()
		test.build(b, b.TCP("10.0.0.1:50000", "10.0.0.2:443"))
		r := analyzed(t, b.Pcap())
		if len(r.Handshakes) < 1 {
			t.Errorf("%s: no handshake", test.name)
			continue
		}
		h, finding := r.Handshakes[0], ""
		if p := h.Primary(); p != nil {
			finding = p.ID
		}
		if h.Outcome != test.outcome || finding != test.finding {
			t.Errorf("%s: %s %q, want %s %q", test.name, h.Outcome, finding, test.outcome, test.finding)
		}
	}
}
