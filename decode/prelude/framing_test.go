package prelude

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// eap builds a packet of EAP-TLS.
func eap(code, id byte, flags byte, total int, data string) []byte {
	b := []byte{code, id, 0, 0, 13, flags}
	if flags&0x80 != 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(total))
	}
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

func TestEAP(t *testing.T) {
	var e EAP
	var got [2]string
	feed := func(b []byte) EAPPacket {
		t.Helper()
		p, ok := e.Feed(b)
		if !ok {
			t.Fatalf("%x is no EAP packet", b)
		}
		got[p.From] += string(p.TLS)
		return p
	}
	if p := feed([]byte{EAPRequest, 1, 0, 5, 1}); p.Method != "Identity" || p.From != Server {
		t.Errorf("identity: %+v", p)
	}
	if p := feed(eap(EAPRequest, 2, 0x20, 0, "")); !p.Start || p.Method != "EAP-TLS" {
		t.Errorf("start: %+v", p)
	}
	feed(eap(EAPResponse, 2, 0, 0, "hello"))
	feed(eap(EAPRequest, 3, 0xc0, 8, "cert"))
	if p := feed(eap(EAPRequest, 3, 0xc0, 8, "cert")); !p.Repeated || p.TLS != nil {
		t.Errorf("repetition: %+v", p)
	}
	feed(eap(EAPResponse, 3, 0, 0, ""))
	if p := feed(eap(EAPRequest, 4, 0, 0, "ific")); p.Missing != 0 || p.More {
		t.Errorf("last fragment: %+v", p)
	}
	feed(eap(EAPResponse, 4, 0x80, 2, "ok"))
	feed(eap(EAPRequest, 5, 0xc0, 9, "abc"))
	if p := feed(eap(EAPRequest, 7, 0, 0, "ghi")); p.Missing != 3 {
		t.Errorf("a fragment was lost: %+v", p)
	}
	if p := feed([]byte{EAPFailure, 8, 0, 4}); p.Code != EAPFailure || p.From != Server {
		t.Errorf("failure: %+v", p)
	}
	if want := [2]string{"hellook", "certificabcghi"}; got != want {
		t.Errorf("TLS %q, want %q", got, want)
	}
}

func TestRADIUS(t *testing.T) {
	message := eap(EAPResponse, 1, 0, 0, strings.Repeat("x", 300))
	b := append([]byte{1, 7, 0, 0}, make([]byte, 16)...)
	b = append(b, 12, 6, 0, 0, 5, 0x78, 24, 4, 's', 't')
	b = append(append(b, 79, 255), message[:253]...)
	b = append(append(b, 79, byte(2+len(message)-253)), message[253:]...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	p, ok := ParseRADIUS(b)
	if !ok || p.Name() != "Access-Request" || !bytes.Equal(p.EAP, message) || p.FramedMTU != 1400 || string(p.State) != "st" {
		t.Errorf("got %+v", p)
	}
	for n := range b {
		ParseRADIUS(b[:n])
		var e EAP
		e.Feed(b[:n])
		ParseEAPOL(b[:n])
		TURN(b[:n])
	}
	kind, inner, ok := ParseEAPOL(append([]byte{2, 0, 0, 4}, EAPSuccess, 1, 0, 4, 0, 0))
	if !ok || kind != 0 || len(inner) != 4 {
		t.Errorf("EAPOL: %d %x %v", kind, inner, ok)
	}
}

func TestTURN(t *testing.T) {
	inner := "\x16\xfe\xff\x00"
	for name, b := range map[string]string{
		"channel":    unhex("40000004") + inner,
		"padded":     unhex("40010003") + inner[:3] + "\x00",
		"indication": unhex("00170014 2112a442 000000000000000000000000 00120004 00000000 00130004") + inner,
	} {
		got, ok := TURN([]byte(b))
		if !ok || !strings.HasPrefix(inner, string(got)) || len(got) < 3 {
			t.Errorf("%s: %x %v", name, got, ok)
		}
	}
	for name, b := range map[string]string{
		"binding request": unhex("00010000 2112a442 000000000000000000000000"),
		"DTLS":            "\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00",
		"short channel":   unhex("40000009") + inner,
	} {
		if got, ok := TURN([]byte(b)); ok {
			t.Errorf("%s: %x", name, got)
		}
	}
}

// control builds an OpenVPN control packet with an HMAC of n bytes (0 for none).
func control(op byte, n int, serial, id uint32, acks int, payload string) []byte {
	b := append([]byte{op << 3}, "sessn_id"...)
	if n > 0 {
		b = append(b, bytes.Repeat([]byte{0xaa}, n)...)
		b = binary.BigEndian.AppendUint32(b, serial)
		b = binary.BigEndian.AppendUint32(b, 0x50ff20fd)
	}
	b = append(b, byte(acks))
	for range acks {
		b = append(b, 0, 0, 0, 0)
	}
	if acks > 0 {
		b = append(b, "peer__id"...)
	}
	b = binary.BigEndian.AppendUint32(b, id)
	return append(b, payload...)
}

func TestOpenVPN(t *testing.T) {
	for _, n := range []int{0, 16, 20, 28, 32, 48, 64} {
		var o OpenVPN
		var got [2]string
		feed := func(from Side, b []byte) OpenVPNPacket {
			p := o.Feed(from, b)
			for _, c := range p.TLS {
				got[from] += string(c)
			}
			return p
		}
		if p := feed(Client, control(opHardResetClientV2, n, 1, 0, 0, "")); !p.Reset || p.Hidden {
			t.Errorf("%d: client's reset: %+v", n, p)
		}
		feed(Server, control(opHardResetServerV2, n, 1, 0, 1, ""))
		feed(Client, control(opControl, n, 2, 1, 1, hello))
		if p := feed(Client, control(opControl, n, 3, 1, 1, hello)); !p.Repeated {
			t.Errorf("%d: repetition: %+v", n, p)
		}
		feed(Server, control(opControl, n, 2, 3, 0, "c"))
		feed(Server, control(opControl, n, 3, 2, 0, "b"))
		feed(Server, control(opControl, n, 4, 1, 1, "a"))
		if want := [2]string{hello, "abc"}; got != want {
			t.Errorf("%d: TLS %q, want %q", n, got, want)
		}
		var late OpenVPN
		if p := late.Feed(Client, control(opControl, n, 9, 0, 1, hello)); len(p.TLS) != 1 {
			t.Errorf("%d: without its reset: %+v", n, p)
		}
	}
	var o OpenVPN
	crypt := append([]byte{opHardResetClientV2 << 3}, "sessn_id\x00\x00\x00\x01\x50\xff\x20\xfd"+strings.Repeat("\xc7", 37)...)
	if !LooksLikeOpenVPN(crypt) || !LooksLikeOpenVPN(control(opHardResetClientV2, 20, 1, 0, 0, "")) || LooksLikeOpenVPN(control(opControl, 0, 0, 1, 0, hello)) {
		t.Error("a client's reset is not told from other packets")
	}
	if p := o.Feed(Client, crypt); !p.Hidden {
		t.Errorf("tls-crypt: %+v", p)
	}
}

func TestOpenVPNOverTCP(t *testing.T) {
	packet := func(b []byte) string {
		return string(binary.BigEndian.AppendUint16(nil, uint16(len(b)))) + string(b)
	}
	check(t, []dialogTest{{name: "tls-auth", script: []turn{
		c(packet(control(opHardResetClientV2, 20, 1, 0, 0, ""))), s(packet(control(opHardResetServerV2, 20, 1, 0, 1, ""))),
		c(packet(control(opAck, 20, 2, 0, 1, "")) + packet(control(opControl, 20, 3, 1, 0, hello[:4])) + packet(control(opControl, 20, 4, 2, 0, hello[4:]))),
		s(packet(control(opControl, 20, 2, 1, 1, "server")))},
		steps: "C0+44 reset 7; S0+56 reset 8", protocol: "openvpn", tls: [2]string{hello, "server"}}})
}

func TestIdentify(t *testing.T) {
	for _, tt := range []struct {
		from Side
		in   string
		want string
	}{
		{Server, "HTTP/1.1 400 Bad Request\r\n", "http"},
		{Client, "GET / HTTP/1.1\r\n", "http"},
		{Client, "CONNECT a:443 HTTP/1.1\r\n", "http"},
		{Client, "OPTIONS rtsp://a RTSP/1.0\r\n", "rtsp"},
		{Server, "SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
		{Server, "220 mail.lab.test ESMTP Postfix\r\n", "smtp"},
		{Server, "220 mx.example.org ready\r\n", "smtp"},
		{Server, "220 mail.lab.test ESMTP", "smtp"},
		{Server, "220 (vsFTPd 3.0.3)\r\n", "ftp"},
		{Server, "220 Welcome to our FTP server.\r\n", "ftp"},
		{Server, "220-FileZilla Server 1.0\r\n", "ftp"},
		{Server, "+OK Dovecot ready.\r\n", "pop3"},
		{Server, "* OK [CAPABILITY IMAP4rev1] ready\r\n", "imap"},
		{Server, "RFB 003.008\n", "vnc"},
		{Server, mysqlGreeting("fff7"), "mysql"},
		{Server, "-ERR Protocol error: invalid multibulk length\r\n", "redis"},
		{Client, "*1\r\n$4\r\nPING\r\n", "redis"},
		{Client, unhex("0000002200120003000000010009") + "rdkafka-1", "kafka"},
		{Client, "AMQP\x00\x00\x09\x01", "amqp"},
		{Client, "\x10\x12\x00\x04MQTT\x04\x02\x00\x3c", "mqtt"},
		{Client, "\x10\x12\x00\x06MQIsdp", "mqtt"},
		{Client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"},
		{Client, unhex("03000013 0e e0 0000 0000 00 01 00 0800 03000000"), "rdp"},
		{Client, unhex("03000016 11 e0 0000 0001 00 c1020100c2020102c0010a"), "tpkt"},
		{Client, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "proxy-v1"},
		{Client, proxySignature + unhex("20000000"), "proxy-v2"},
		{Client, unhex(pgSSLRequest), "postgresql"},
		{Client, unhex("0000000f 00030000") + "user\x00a\x00", "postgresql"},
		{Server, unhex("45 00000016") + "SFATAL\x00Mtoo many\x00\x00", "postgresql"},
		{Client, unhex(ldapStartTLS), "ldap"},
		{Client, "ES\x00\x00\x00\x35\x00\x00\x00\x00", "elasticsearch"},
		{Client, unhex("3a000000 01000000 00000000 d4070000"), "mongodb"},
		{Server, "\xff\xfd\x18\xff\xfd\x20", "telnet"},
		{Client, "<?xml version='1.0'?><stream:stream to='a'>", "xmpp"},
		{Client, "EHLO a\r\n", "smtp"},
		{Client, "NICK a\r\n", "irc"},
		{Server, "200 news ready\r\n", "nntp"},
		{Client, tdsPacket("01"), "tds"},
		// Not to be fooled.
		{Server, "GET / HTTP/1.1\r\n", ""},
		{Client, "GETTING STARTED", ""},
		{Client, "<?xml version='1.0'?><soap>", ""},
		{Client, hello, ""},
		{Client, "", ""},
		{Client, "\x00", ""},
		{Client, unhex("10002f0a"), ""},                           // Minecraft
		{Client, unhex("0500 0b03 10000000 4800 0000"), ""},       // DCE/RPC
		{Client, unhex("0001 0000 0006 0103 0000 000a"), ""},      // Modbus
		{Client, unhex("04000000 0500 0000 00000000"), ""},        // CQL
		{Client, unhex("fa00b62bfacb1232"), ""},                   // noise
		{Client, unhex("000005f76c8205f3308205efa103020105"), ""}, // Kerberos
	} {
		if got := Identify(tt.from, []byte(tt.in)); got != tt.want {
			t.Errorf("Identify(%d, %.40q) = %q, want %q", tt.from, tt.in, got, tt.want)
		}
	}
}

// TestNoise feeds what means nothing, which must not be given a name.
func TestNoise(t *testing.T) {
	x := uint64(1)
	named := map[string]int{}
	b := make([]byte, 600)
	const rounds = 5000
	for range rounds {
		for i := range b {
			x = x*6364136223846793005 + 1442695040888963407
			b[i] = byte(x >> 56)
		}
		d := New()
		d.Feed(Client, 0, b)
		if p := d.Protocol(); p != "" {
			named[p]++
		}
	}
	if len(named) > 0 {
		t.Errorf("random bytes were named in %d tries: %v", rounds, named)
	}
}

// TestBounds feeds a message that never ends: nothing but its beginning may be kept.
func TestBounds(t *testing.T) {
	for name, start := range map[string]turn{
		"smtp line":       s("220 "),
		"imap line":       s("* OK "),
		"http head":       c("GET / HTTP/1.1\r\nA: "),
		"xmpp tag":        c("<stream:stream a='"),
		"ldap message":    c(unhex("3084 00fffff0 020101 63")),
		"nothing known":   c("zzzz"),
		"postgresql":      c(unhex("00002000 00030000") + "user\x00"),
		"smtp reply":      s("220-a.test ESMTP\r\n220-"),
		"pop3 after list": s("+OK\r\n"),
	} {
		d := New()
		at := int64(0)
		feed := func(b string) {
			d.Feed(start.from, at, []byte(b))
			at += int64(len(b))
		}
		feed(start.text)
		for range 1000 {
			feed(strings.Repeat("x", 1021))
			for i := range d.flows {
				if n := cap(d.flows[i].buf); n > 2*maxMessage {
					t.Fatalf("%s: keeps %d bytes", name, n)
				}
			}
		}
		feed("\r\n")
		steps := 0
		for range 10000 {
			_, st := d.Feed(start.from, at, []byte("250-x\r\n"))
			at += 7
			steps += len(st)
		}
		if steps > maxSteps {
			t.Errorf("%s: %d steps", name, steps)
		}
	}
}

// TestGap loses bytes: lines are found again, packets are not.
func TestGap(t *testing.T) {
	d := New()
	d.Feed(Server, 0, []byte("220 m.test ESMTP\r\n"))
	d.Feed(Client, 0, []byte("EHLO vm\r\n"))
	d.Feed(Server, 18, []byte("250-m\r\n250-SI"))
	d.Feed(Server, 40, []byte("ZE 1\r\n250 STARTTLS\r\n"))
	if d.State() != Offered {
		t.Errorf("state %v after a gap", d.State())
	}
	d = New()
	d.Feed(Client, 0, []byte(unhex(ldapStartTLS)))
	d.Feed(Server, 100, []byte(unhex("300c 020101 7807 0a0102 0400 0400")))
	if d.State() != Refused {
		t.Errorf("state %v when the capture begins late", d.State())
	}
	d.Feed(Server, 200, []byte(hello))
	if n, _ := d.Feed(Server, 200+int64(len(hello)), []byte(hello)); n != 0 || !d.Ready(Server) {
		t.Errorf("TLS after a gap: %d bytes consumed", n)
	}
}

func FuzzDialog(f *testing.F) {
	for _, seed := range []string{"220 a ESMTP\r\n|EHLO a\r\n|250-a\r\n250 STARTTLS\r\n|STARTTLS\r\n|220 go\r\n",
		"|CONNECT a:1 HTTP/1.1\r\n\r\n|HTTP/1.1 200 OK\r\n\r\n|" + hello, mysqlGreeting("ffff"), "|" + unhex(pgSSLRequest) + "|S|" + hello,
		"|" + tdsPacket("00") + "|\x04" + tdsPacket("00")[1:] + "|" + unhex("12010012 00000000") + hello, "|" + proxySignature + unhex("20000000") + "|* OK a\r\n",
		"|" + unhex("050100") + "|" + unhex("0500") + "|" + unhex("05010001 0a000001 01bb")} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var script []turn
		for i, part := range bytes.Split(b, []byte("|")) {
			script = append(script, turn{Side(1 - i&1), string(part)})
		}
		if strings.Contains(string(b), "\x16") {
			play(script, int(size)+1) // where TLS starts may depend on the cut
			return
		}
		whole, cut := play(script, 1<<20), play(script, int(size)+1)
		if strings.Join(whole.steps, ";") != strings.Join(cut.steps, ";") || whole.protocol != cut.protocol || whole.state != cut.state || whole.tls != cut.tls {
			t.Errorf("in pieces of %d\n got %+v\nwant %+v", int(size)+1, cut, whole)
		}
	})
}
