package wire

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestClientHelloRoundTrip(t *testing.T) {
	r := newRand()
	for i := range 200 {
		dtls := i%2 == 1
		want, body := randomClientHello(r, dtls)
		got, bad := parseClientHello(body, dtls)
		if bad != nil {
			t.Fatal(bad)
		}
		// A cookie of length zero is as good as none.
		for _, h := range []*ClientHello{&got, &want} {
			for j := range h.Extensions {
				h.Extensions[j].Data = append([]byte{}, h.Extensions[j].Data...)
			}
			h.SessionID = append([]byte{}, h.SessionID...)
			h.Cookie = append([]byte{}, h.Cookie...)
			h.ConnectionID = append([]byte{}, h.ConnectionID...)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d:\ngot  %+v\nwant %+v", i, got, want)
		}
	}
}

func TestClientHelloKeepsWhatWasWhole(t *testing.T) {
	_, body := randomClientHello(newRand(), false)
	at := len(body) - 200 // in pre_shared_key or key_share, at the end
	h, bad := ParseClientHello(body[:at])
	if bad == nil || bad.Field != "extensions" || bad.Missing != 200 {
		t.Fatalf("malformed: %+v", bad)
	}
	if h.ServerName != "host.example" || len(h.Groups) == 0 || len(h.ALPN) != 2 {
		t.Errorf("lost what was whole: %+v", h)
	}
}

func TestClientHelloTrouble(t *testing.T) {
	hello := func(suites []byte, fill func(*builder)) []byte {
		var b builder
		b.u16(0x0303)
		b.raw(make([]byte, 32))
		b.opaque(1, nil)
		b.opaque(2, suites)
		b.opaque(1, []byte{0})
		if fill != nil {
			b.vector(2, fill)
		}
		return b.b
	}
	for _, test := range []struct {
		name  string
		body  []byte
		field string
		at    int
		why   string
	}{
		{"odd suites", hello([]byte{1, 2, 3}, nil), "cipher_suites", 35, "odd length 3"},
		{"trailing", append(hello([]byte{1, 2}, func(*builder) {}), 1, 2), "end", 43, "2 bytes left over"},
		{"cut random", hello(nil, nil)[:30], "random", 2, "4 bytes missing"},
		{"cut length", hello(nil, nil)[:36], "cipher_suites", 35, "1 byte missing"},
		{"extension past the end", hello(nil, func(b *builder) { b.raw([]byte{0, 10, 0, 9, 0}) }), "supported_groups", 43, "8 bytes missing"},
		{"list past its extension", hello(nil, func(b *builder) { b.extension(10, func(b *builder) { b.raw([]byte{0, 4, 0, 23}) }) }), "supported_groups", 45, "2 bytes missing"},
		{"list short of its extension", hello(nil, func(b *builder) { b.extension(10, func(b *builder) { b.raw([]byte{0, 2, 0, 23, 9}) }) }), "supported_groups", 49, "1 byte left over"},
		{"extended_master_secret with data", hello(nil, func(b *builder) { b.extension(23, func(b *builder) { b.u8(1) }) }), "extended_master_secret", 45, "1 byte left over"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, bad := ParseClientHello(test.body)
			if bad == nil {
				t.Fatal("not malformed")
			}
			if bad.Message != "ClientHello" || bad.Field != test.field || bad.Offset != test.at || bad.Reason != test.why {
				t.Errorf("got %v", bad)
			}
		})
	}
}

// A fault in one extension must not hide the next one.
func TestClientHelloGoesOnAfterBadExtension(t *testing.T) {
	var b builder
	b.u16(0x0303)
	b.raw(make([]byte, 32))
	b.opaque(1, nil)
	b.opaque(2, []byte{0x13, 1})
	b.opaque(1, []byte{0})
	b.vector(2, func(b *builder) {
		b.extension(ExtSupportedGroups, func(b *builder) { b.u8(0) })
		b.extension(ExtALPN, func(b *builder) { b.vector(2, func(b *builder) { b.opaque(1, []byte("h2")) }) })
	})
	h, bad := ParseClientHello(b.b)
	if bad == nil || bad.Field != "supported_groups" {
		t.Errorf("malformed: %v", bad)
	}
	if len(h.ALPN) != 1 || h.ALPN[0] != "h2" || len(h.Extensions) != 2 {
		t.Errorf("got %+v", h)
	}
}

func TestClientHelloBounds(t *testing.T) {
	var b builder
	b.u16(0x0303)
	b.raw(make([]byte, 32))
	b.opaque(1, nil)
	b.opaque(2, []byte{0x13, 1})
	b.opaque(1, []byte{0})
	b.opaque(2, make([]byte, 4*10000))
	h, bad := ParseClientHello(b.b)
	if len(h.Extensions) != maxExtensions {
		t.Errorf("%d extensions kept", len(h.Extensions))
	}
	if bad == nil || !strings.Contains(bad.Reason, "more than 512") {
		t.Errorf("malformed: %v", bad)
	}
}

func TestServerHello(t *testing.T) {
	random := make([]byte, 32)
	copy(random[24:], "DOWNGRD\x01")
	h, bad := ParseServerHello(serverHello(random, 0xc02f, func(b *builder) {
		b.extension(ExtRenegotiationInfo, func(b *builder) { b.opaque(1, nil) })
		b.extension(ExtServerName, func(*builder) {})
		b.extension(ExtALPN, func(b *builder) { b.vector(2, func(b *builder) { b.opaque(1, []byte("h2")) }) })
	}))
	if bad != nil {
		t.Fatal(bad)
	}
	if h.Version != TLS12 || h.DowngradeSentinel != TLS12 || !h.RenegotiationInfo || !h.ServerNameAck || h.ALPN != "h2" ||
		h.SelectedPSK != -1 || h.CipherSuite != 0xc02f || h.HelloRetryRequest {
		t.Errorf("got %+v", h)
	}
	h, bad = ParseServerHello(serverHello(random, 0x1301, func(b *builder) {
		b.extension(ExtSupportedVersions, func(b *builder) { b.u16(0x0304) })
		b.extension(ExtKeyShare, func(b *builder) { b.u16(29); b.opaque(2, make([]byte, 32)) })
		b.extension(ExtPreSharedKey, func(b *builder) { b.u16(1) })
	}))
	if bad != nil || h.Version != TLS13 || h.LegacyVersion != TLS12 || h.Group != X25519 || h.KeyShareLength != 32 || h.SelectedPSK != 1 {
		t.Errorf("got %+v, %v", h, bad)
	}
	h, bad = ParseServerHello(serverHello([]byte(retryRandom), 0x1301, func(b *builder) {
		b.extension(ExtSupportedVersions, func(b *builder) { b.u16(0x0304) })
		b.extension(ExtKeyShare, func(b *builder) { b.u16(24) })
		b.extension(ExtCookie, func(b *builder) { b.opaque(2, []byte("cookie")) })
	}))
	if bad != nil || !h.HelloRetryRequest || h.Group != Secp384r1 || string(h.Cookie) != "cookie" {
		t.Errorf("got %+v, %v", h, bad)
	}
}

// Drafts before 22 had neither session_id nor compression_method.
func TestServerHelloOfDrafts(t *testing.T) {
	for version, name := range map[uint16]string{0x7f12: "TLS 1.3 draft 18", 0x0304: "TLS 1.3"} {
		body := built(func(b *builder) {
			b.u16(version)
			b.raw(make([]byte, 32))
			b.u16(0x1302)
			b.vector(2, func(b *builder) {
				b.extension(ExtKeyShareOld, func(b *builder) { b.u16(29); b.opaque(2, make([]byte, 32)) })
			})
		})
		h, bad := ParseServerHello(body)
		if bad != nil || h.CipherSuite != 0x1302 || h.Group != X25519 || h.Version.Name() != name {
			t.Errorf("got %+v, %v", h, bad)
		}
	}
	today := serverHello(make([]byte, 32), 0x1302, func(*builder) {})
	today[1] = 4
	if h, bad := ParseServerHello(today); bad != nil || h.CipherSuite != 0x1302 || string(h.SessionID) != "session" {
		t.Errorf("today's form with 0x0304: %+v, %v", h, bad)
	}
}

// The message of type 6 of the drafts before 22, with and without a suite.
func TestParseHelloRetryRequest(t *testing.T) {
	extensions := func(b *builder) {
		b.vector(2, func(b *builder) { b.extension(ExtKeyShareOld, func(b *builder) { b.u16(24) }) })
	}
	for _, suite := range []CipherSuite{0, 0x1301} {
		h, bad := ParseHelloRetryRequest(built(func(b *builder) {
			b.u16(0x7f13)
			if suite != 0 {
				b.u16(uint16(suite))
			}
			extensions(b)
		}))
		if bad != nil || !h.HelloRetryRequest || h.Group != Secp384r1 || h.CipherSuite != suite || h.Version.Draft() != 19 {
			t.Errorf("got %+v, %v", h, bad)
		}
	}
}
