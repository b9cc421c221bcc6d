package wire

import (
	"testing"
)

// sample is one message and its parser.
type sample struct {
	name  string
	body  []byte
	whole []int // shorter lengths at which the message is whole, too
	parse func([]byte) (any, *Malformed)
}

func samples() []sample {
	r := newRand()
	hello, helloBytes := randomClientHello(r, false)
	_, dtlsBytes := randomClientHello(r, true)
	bare := 2 + 32 + 1 + len(hello.SessionID) + 2 + 2*len(hello.CipherSuites) + 2
	d, _ := ParseClientHelloDTLS(dtlsBytes)
	bareDTLS := 2 + 32 + 1 + len(d.SessionID) + 1 + int(dtlsBytes[35+len(d.SessionID)]) + 2 + 2*len(d.CipherSuites) + 2
	list := []sample{
		{"ClientHello", helloBytes, []int{bare}, func(b []byte) (any, *Malformed) { return wrap(ParseClientHello(b)) }},
		{"ClientHello of DTLS", dtlsBytes, []int{bareDTLS}, func(b []byte) (any, *Malformed) { return wrap(ParseClientHelloDTLS(b)) }},
		{"ServerHello", serverHello(randomBytes(r, 32), 0x1301, func(b *builder) {
			b.extension(ExtSupportedVersions, func(b *builder) { b.u16(0x0304) })
			b.extension(ExtKeyShare, func(b *builder) { b.u16(29); b.opaque(2, make([]byte, 32)) })
		}), []int{2 + 32 + 8 + 3}, func(b []byte) (any, *Malformed) { return wrap(ParseServerHello(b)) }},
		{"Alert", []byte{2, 40}, nil, func(b []byte) (any, *Malformed) { return wrap(ParseAlert(b)) }},
	}
	list = append(list, certificateSamples()...)
	list = append(list, sslv2Samples()...)
	for _, e := range exchanges() {
		if e.suite != 0 && e.v != 0 {
			list = append(list, sample{"ServerKeyExchange " + e.name, built(e.write), nil,
				func(b []byte) (any, *Malformed) { return wrap(ParseServerKeyExchange(b, e.suite, e.v)) }})
		}
	}
	return append(list, sample{"ClientKeyExchange", built(func(b *builder) { b.opaque(2, []byte("identity")); b.opaque(1, make([]byte, 65)) }), nil,
		func(b []byte) (any, *Malformed) { return wrap(ParseClientKeyExchange(b, 0xc035, TLS12)) }})
}

func sslv2Samples() []sample {
	hello := built(func(b *builder) {
		b.u8(1)
		b.u16(0x0301)
		b.u16(6)
		b.u16(0)
		b.u16(16)
		b.raw([]byte{0, 0, 0x2f, 1, 0, 0x80})
		b.raw(make([]byte, 16))
	})
	answer := built(func(b *builder) {
		b.raw([]byte{4, 0, 1, 0, 2, 0, 4, 0, 3, 0, 16})
		b.raw([]byte("cert"))
		b.raw([]byte{1, 0, 0x80})
		b.raw(make([]byte, 16))
	})
	return []sample{
		{"ClientHello of SSL 2.0", hello, nil, func(b []byte) (any, *Malformed) { return wrap(ParseSSLv2ClientHello(b)) }},
		{"ServerHello of SSL 2.0", answer, nil, func(b []byte) (any, *Malformed) { return wrap(ParseSSLv2ServerHello(b)) }},
	}
}

func wrap[T any](v T, bad *Malformed) (any, *Malformed) { return v, bad }

// built gives what fill writes.
func built(fill func(*builder)) []byte {
	var b builder
	fill(&b)
	return b.b
}

func certificateSamples() []sample {
	chain := built(func(b *builder) {
		b.vector(3, func(b *builder) { b.opaque(3, []byte("leaf")); b.opaque(3, []byte("issuer")) })
	})
	chain13 := built(func(b *builder) {
		b.opaque(1, []byte("context"))
		b.vector(3, func(b *builder) {
			b.opaque(3, []byte("leaf"))
			b.vector(2, func(b *builder) {
				b.extension(ExtStatusRequest, func(b *builder) { b.u8(1); b.opaque(3, []byte("ocsp")) })
				b.extension(ExtSCT, func(b *builder) { b.u16(0) })
			})
			b.opaque(3, []byte("issuer"))
			b.opaque(2, nil)
		})
	})
	request := built(func(b *builder) {
		b.opaque(1, []byte{1, 64})
		codes(b, 2, []SignatureScheme{0x0403, 0x0804})
		b.vector(2, func(b *builder) { b.opaque(2, []byte("name")); b.opaque(2, []byte("other name")) })
	})
	request13 := built(func(b *builder) {
		b.opaque(1, nil)
		b.vector(2, func(b *builder) {
			b.extension(ExtSignatureAlgorithms, func(b *builder) { codes(b, 2, []SignatureScheme{0x0403}) })
			b.extension(ExtCertificateAuthorities, func(b *builder) {
				b.vector(2, func(b *builder) { b.opaque(2, []byte("name")) })
			})
		})
	})
	return []sample{
		{"Certificate", chain, nil, func(b []byte) (any, *Malformed) { return wrap(ParseCertificate(b, TLS12)) }},
		{"Certificate of TLS 1.3", chain13, nil, func(b []byte) (any, *Malformed) { return wrap(ParseCertificate(b, TLS13)) }},
		{"CertificateRequest", request, nil, func(b []byte) (any, *Malformed) { return wrap(ParseCertificateRequest(b, TLS12)) }},
		{"CertificateRequest of TLS 1.3", request13, nil, func(b []byte) (any, *Malformed) { return wrap(ParseCertificateRequest(b, TLS13)) }},
		{"CertificateStatus", built(func(b *builder) { b.u8(1); b.opaque(3, []byte("ocsp")) }), nil,
			func(b []byte) (any, *Malformed) { return wrap(ParseCertificateStatus(b)) }},
		{"CertificateStatus list", built(func(b *builder) {
			b.u8(2)
			b.vector(3, func(b *builder) { b.opaque(3, nil); b.opaque(3, []byte("ocsp")) })
		}), nil, func(b []byte) (any, *Malformed) { return wrap(ParseCertificateStatus(b)) }},
		{"CertificateVerify", built(func(b *builder) { b.u16(0x0804); b.opaque(2, make([]byte, 64)) }), nil,
			func(b []byte) (any, *Malformed) { return wrap(ParseCertificateVerify(b, TLS13)) }},
		{"NewSessionTicket", built(func(b *builder) { b.u32(7200); b.opaque(2, make([]byte, 64)) }), nil,
			func(b []byte) (any, *Malformed) { return wrap(ParseNewSessionTicket(b, TLS12)) }},
		{"NewSessionTicket of TLS 1.3", built(func(b *builder) {
			b.u32(7200)
			b.u32(1)
			b.opaque(1, []byte{0})
			b.opaque(2, make([]byte, 64))
			b.vector(2, func(b *builder) { b.extension(ExtEarlyData, func(b *builder) { b.u32(16384) }) })
		}), nil, func(b []byte) (any, *Malformed) { return wrap(ParseNewSessionTicket(b, TLS13)) }},
		{"HelloVerifyRequest", built(func(b *builder) { b.u16(0xfeff); b.opaque(1, make([]byte, 20)) }), nil,
			func(b []byte) (any, *Malformed) { return wrap(ParseHelloVerifyRequest(b)) }},
		{"EncryptedExtensions", built(func(b *builder) {
			b.vector(2, func(b *builder) {
				b.extension(ExtALPN, func(b *builder) { b.vector(2, func(b *builder) { b.opaque(1, []byte("h2")) }) })
			})
		}), nil, func(b []byte) (any, *Malformed) { return wrap(ParseEncryptedExtensions(b)) }},
	}
}

// Every message cut at every byte: no panic, and trouble that names a field,
// its place and how much is missing; whole, none.
func TestCutAtEveryByte(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			if _, bad := s.parse(s.body); bad != nil {
				t.Fatalf("whole message: %v", bad)
			}
			whole := map[int]bool{}
			for _, n := range s.whole {
				whole[n] = true
			}
			for n := range s.body {
				_, bad := s.parse(s.body[:n:n])
				if whole[n] != (bad == nil) {
					t.Fatalf("cut at %d of %d: %v", n, len(s.body), bad)
				}
				if bad != nil && (bad.Message == "" || bad.Field == "" || bad.Offset < 0 || bad.Offset > n || bad.Missing < 1 || bad.Missing > len(s.body)-n) {
					t.Errorf("cut at %d of %d: %+v", n, len(s.body), bad)
				}
			}
			if _, bad := s.parse(append(s.body[:len(s.body):len(s.body)], 7)); bad == nil || bad.Reason != "1 byte left over" {
				t.Errorf("one byte more: %v", bad)
			}
		})
	}
}
