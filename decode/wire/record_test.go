package wire

import "testing"

func TestLooksLikeTLS(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		want      bool
	}{
		{"ClientHello", "16030100c8010000c40303", true},
		{"ServerHello", "16030300390200003503", true},
		{"ClientHello of TLCP", "16010100c8010000c40101", true},
		{"ClientHello of SSL 3.0", "1603000053010000", true},
		{"ClientHello with an odd record version", "16030900c8010000c40303", true},
		{"ServerHello with an odd record version", "16030900c8020000c40303", false},
		{"three bytes", "160301", true},
		{"two bytes", "1603", false},
		{"alert", "15030300020228", true},
		{"protected alert", "150303001a0000000000", true},
		{"alert with level 3", "15030300020328", false},
		{"ChangeCipherSpec", "140303000101", true},
		{"ChangeCipherSpec of two bytes", "14030300020101", false},
		{"application data", "1703030100", true},
		{"application data, too long", "170303ffff", false},
		{"empty handshake record", "1603030000", false},
		{"heartbeat", "1803020003014000", true},
		{"handshake of a type that no one knows", "160301003063", false},
		{"ClientHello that is too short", "160301000801000004", false},
		{"HTTP", "474554202f20", false},
		{"SSH", "5353482d322e", false},
		{"TPKT", "0300001302e0", false},
		{"version 2", "160201003001", false},
		{"version 1.2", "160102003001", false},
		{"MySQL", "160000000a382e", false},
	} {
		if got := LooksLikeTLS(unhex(t, test.hex)); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if !MayBecomeTLS(nil) || !MayBecomeTLS([]byte{22}) || !MayBecomeTLS([]byte{22, 3}) || MayBecomeTLS([]byte{1}) || MayBecomeTLS([]byte{22, 2}) {
		t.Error("first bytes")
	}
}

// What looks like TLS in whole has looked so from the first byte on.
func TestMayBecomeTLSIsMonotone(t *testing.T) {
	r := newRand()
	found := 0
	for range 50000 {
		b := randomBytes(r, 10)
		b[0], b[1], b[2], b[3], b[5] = 18+b[0]%8, b[1]%4, b[2]%6, b[3]%0x50, b[5]%25
		if !MayBecomeTLS(b) {
			continue
		}
		found++
		for n := range b {
			if !MayBecomeTLS(b[:n]) {
				t.Fatalf("%x: yes, but no at %d bytes", b, n)
			}
		}
	}
	if found == 0 {
		t.Error("nothing was found plausible")
	}
}

func TestParseRecordHeader(t *testing.T) {
	h, ok := ParseRecordHeader([]byte{22, 3, 1, 1, 2, 99})
	if !ok || h != (RecordHeader{TypeHandshake, TLS10, 258}) || !h.Plausible() {
		t.Errorf("got %+v, %v", h, ok)
	}
	if _, ok := ParseRecordHeader([]byte{22, 3, 1, 1}); ok {
		t.Error("four bytes are no header")
	}
	if (RecordHeader{TypeHandshake, TLS10, MaxRecordLength + 1}).Plausible() || (RecordHeader{99, TLS10, 5}).Plausible() {
		t.Error("plausible")
	}
}

func TestSSLv2(t *testing.T) {
	message := sslv2Samples()[0].body
	hello := append([]byte{0x80, byte(len(message))}, message...)
	if !LooksLikeSSLv2Hello(hello) || LooksLikeSSLv2Hello(hello[:10]) {
		t.Error("hello is not seen")
	}
	for i := range 11 {
		if bad := append([]byte{}, hello...); i != 3 && i != 4 { // other versions exist
			bad[i] ^= 0xff
			if LooksLikeSSLv2Hello(bad) {
				t.Errorf("byte %d changed: still a hello", i)
			}
		}
	}
	if header, length, ok := ParseSSLv2Header(hello); !ok || header != 2 || length != len(message) {
		t.Errorf("header %d, length %d", header, length)
	}
	if header, length, ok := ParseSSLv2Header([]byte{0x40, 8, 2}); !ok || header != 3 || length != 8 {
		t.Errorf("header %d, length %d", header, length)
	}
	h, bad := ParseSSLv2ClientHello(message)
	if bad != nil || !h.SSLv2 || h.LegacyVersion != TLS10 || len(h.Random) != 16 || len(h.SSLv2CipherKinds) != 2 || len(h.CipherSuites) != 1 || h.CipherSuites[0] != 0x002f {
		t.Errorf("got %+v, %v", h, bad)
	}
	s, bad := ParseSSLv2ServerHello(sslv2Samples()[1].body)
	if bad != nil || s.Version != SSL20 || string(s.SSLv2Certificate) != "cert" || len(s.SSLv2CipherKinds) != 1 {
		t.Errorf("got %+v, %v", s, bad)
	}
	if code, ok := ParseSSLv2Error([]byte{0, 0, 1}); !ok || code != 1 {
		t.Errorf("error %d, %v", code, ok)
	}
	odd := append([]byte{}, message...)
	odd[4] = 5 // cipher_spec_length
	if h, bad := ParseSSLv2ClientHello(odd); bad == nil || bad.Field != "cipher_specs" || len(h.SSLv2CipherKinds) != 1 {
		t.Errorf("odd length: %+v, %v", h, bad)
	}
}

func TestLooksLikeLongHello(t *testing.T) {
	for _, c := range []struct {
		name string
		b    string
		want bool
	}{
		{"30000 bytes", "\x16\x03\x01\x75\x30\x01\x00\x75\x2c\x03\x03", true},
		{"message longer than its record", "\x16\x03\x01\x75\x30\x01\x01\x00\x00", true},
		{"message shorter than its record", "\x16\x03\x01\x75\x30\x01\x00\x02\x00", false},
		{"allowed length", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", false},
		{"no ClientHello", "\x16\x03\x01\x75\x30\x02\x00\x75\x2c", false},
		{"no version", "\x16\x05\x01\x75\x30\x01\x00\x75\x2c", false},
		{"cut", "\x16\x03\x01\x75\x30\x01\x00\x75", false},
	} {
		if got := LooksLikeLongHello([]byte(c.b)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
