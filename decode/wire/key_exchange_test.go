package wire

import (
	"bytes"
	"fmt"
	"math/big"
	"testing"
)

// fixedE is e·2^n, rounded down.
func fixedE(n uint) *big.Int {
	sum, term := new(big.Int), new(big.Int).Lsh(big.NewInt(1), n+64)
	for k := int64(1); term.Sign() > 0; k++ {
		sum.Add(sum, term)
		term.Div(term, big.NewInt(k))
	}
	return sum.Rsh(sum, 64)
}

// fixedPi is π·2^n, rounded down, after Machin.
func fixedPi(n uint) *big.Int {
	arctan := func(x int64) *big.Int {
		sum, term := new(big.Int), new(big.Int).Lsh(big.NewInt(1), n+64)
		term.Div(term, big.NewInt(x))
		for k := int64(1); term.Sign() > 0; k += 4 {
			sum.Add(sum, new(big.Int).Div(term, big.NewInt(k)))
			term.Div(term, big.NewInt(x*x))
			sum.Sub(sum, new(big.Int).Div(term, big.NewInt(k+2)))
			term.Div(term, big.NewInt(x*x))
		}
		return sum
	}
	pi := arctan(5)
	pi.Mul(pi, big.NewInt(4)).Sub(pi, arctan(239)).Mul(pi, big.NewInt(4))
	return pi.Rsh(pi, 64)
}

// namedPrime is 2^b − 2^(b−64) + (c·2^(b−130) + x)·2^64 − 1, the construction
// of RFC 2409, RFC 3526 and RFC 7919.
func namedPrime(c func(uint) *big.Int, b uint, x int64) []byte {
	p := new(big.Int).Lsh(big.NewInt(1), b)
	p.Sub(p, new(big.Int).Lsh(big.NewInt(1), b-64))
	middle := c(b - 130)
	middle.Add(middle, big.NewInt(x))
	p.Add(p, middle.Lsh(middle, 64))
	return p.Sub(p, big.NewInt(1)).Bytes()
}

func TestKnownPrimes(t *testing.T) {
	for _, test := range []struct {
		c    func(uint) *big.Int
		bits uint
		x    int64
		want string
	}{
		{fixedE, 2048, 560316, "ffdhe2048"}, {fixedE, 3072, 2625351, "ffdhe3072"}, {fixedE, 4096, 5736041, "ffdhe4096"},
		{fixedE, 6144, 15705020, "ffdhe6144"}, {fixedE, 8192, 10965728, "ffdhe8192"},
		{fixedPi, 768, 149686, "MODP 768 (RFC 2409)"}, {fixedPi, 1024, 129093, "MODP 1024 (RFC 2409)"},
		{fixedPi, 1536, 741804, "MODP 1536 (RFC 3526)"}, {fixedPi, 2048, 124476, "MODP 2048 (RFC 3526)"},
		{fixedPi, 3072, 1690314, "MODP 3072 (RFC 3526)"}, {fixedPi, 4096, 240904, "MODP 4096 (RFC 3526)"},
		{fixedPi, 6144, 929484, "MODP 6144 (RFC 3526)"}, {fixedPi, 8192, 4743158, "MODP 8192 (RFC 3526)"},
	} {
		p := namedPrime(test.c, test.bits, test.x)
		name, group := knownPrime(append([]byte{0}, p...))
		if name != test.want || (group != 0) != (name == fmt.Sprintf("ffdhe%d", test.bits)) || group.Bits() != 0 && group.Bits() != int(test.bits) {
			t.Errorf("%d bits: %s, group %v, want %s", test.bits, name, group, test.want)
		}
		p[len(p)/2] ^= 1
		if name, _ := knownPrime(p); name != "" {
			t.Errorf("a neighbour of %s is %s", test.want, name)
		}
	}
}

// exchange is one ServerKeyExchange and what must be read from it.
type exchange struct {
	name  string
	suite CipherSuite
	v     Version
	write func(*builder)
	want  KeyExchange
}

func exchanges() []exchange {
	point, signature := bytes.Repeat([]byte{4}, 65), bytes.Repeat([]byte{9}, 70)
	ecdh := func(b *builder) { b.u8(3); b.u16(23); b.opaque(1, point) }
	dh := func(b *builder) {
		b.opaque(2, bytes.Repeat([]byte{0xff}, 128))
		b.opaque(2, []byte{2})
		b.opaque(2, point)
	}
	sign12 := func(b *builder) { b.u16(0x0401); b.opaque(2, signature) }
	sign := func(b *builder) { b.opaque(2, signature) }
	hint := func(b *builder) { b.opaque(2, []byte("hint")) }
	all := func(parts ...func(*builder)) func(*builder) {
		return func(b *builder) {
			for _, p := range parts {
				p(b)
			}
		}
	}
	named := KeyExchange{Kind: "ECDHE", CurveType: 3, Group: 23, PublicKey: point, Scheme: 0x0401, HasScheme: true, Signature: signature}
	return []exchange{
		{"ECDHE", 0xc02f, TLS12, all(ecdh, sign12), named},
		{"ECDHE of DTLS 1.2", 0xc02f, DTLS12, all(ecdh, sign12), named},
		{"ECDHE, nothing known", 0, 0, all(ecdh, sign12), named},
		{"ECDHE of TLS 1.1", 0xc013, TLS11, all(ecdh, sign), KeyExchange{Kind: "ECDHE", CurveType: 3, Group: 23, PublicKey: point, Signature: signature}},
		{"ECDHE of TLS 1.0, version not known", 0xc013, 0, all(ecdh, sign), KeyExchange{Kind: "ECDHE", CurveType: 3, Group: 23, PublicKey: point, Signature: signature}},
		{"ECDH anon", 0xc018, TLS12, ecdh, KeyExchange{Kind: "ECDHE", CurveType: 3, Group: 23, PublicKey: point}},
		{"DHE", 0x0033, TLS12, all(dh, sign12), KeyExchange{Kind: "DHE", PrimeBits: 1024, PublicKey: point, Scheme: 0x0401, HasScheme: true, Signature: signature}},
		{"DHE, nothing known", 0, 0, all(dh, sign12), KeyExchange{Kind: "DHE", PrimeBits: 1024, PublicKey: point, Scheme: 0x0401, HasScheme: true, Signature: signature}},
		{"DH anon", 0x0034, TLS12, dh, KeyExchange{Kind: "DHE", PrimeBits: 1024, PublicKey: point}},
		{"PSK", 0x008c, TLS12, hint, KeyExchange{Kind: "PSK", IdentityHint: "hint"}},
		{"RSA-PSK", 0x0094, TLS12, hint, KeyExchange{Kind: "RSA-PSK", IdentityHint: "hint"}},
		{"DHE-PSK", 0x0090, TLS12, all(hint, dh), KeyExchange{Kind: "DHE-PSK", IdentityHint: "hint", PrimeBits: 1024, PublicKey: point}},
		{"ECDHE-PSK", 0xc035, TLS12, all(hint, ecdh), KeyExchange{Kind: "ECDHE-PSK", IdentityHint: "hint", CurveType: 3, Group: 23, PublicKey: point}},
		{"RSA export", 0x0003, TLS10, all(func(b *builder) { b.opaque(2, bytes.Repeat([]byte{0xff}, 64)); b.opaque(2, []byte{1, 0, 1}) }, sign),
			KeyExchange{Kind: "RSA-EXPORT", PrimeBits: 512, PublicKey: bytes.Repeat([]byte{0xff}, 64), Signature: signature}},
		{"SRP", 0xc01e, TLS12, all(func(b *builder) {
			b.opaque(2, bytes.Repeat([]byte{0xff}, 128))
			b.opaque(2, []byte{2})
			b.opaque(1, []byte("salt"))
			b.opaque(2, point)
		}, sign12), KeyExchange{Kind: "SRP", PrimeBits: 1024, PublicKey: point, Scheme: 0x0401, HasScheme: true, Signature: signature}},
		{"TLCP ECC", 0xe013, TLCP11, sign, KeyExchange{Kind: "ECC-SM2", Signature: signature}},
		{"TLCP ECDHE", 0xe011, TLCP11, all(func(b *builder) { b.u8(3); b.u16(41); b.opaque(1, point) }, sign),
			KeyExchange{Kind: "ECDHE-SM2", CurveType: 3, Group: CurveSM2, PublicKey: point, Signature: signature}},
		{"explicit curve", 0xc013, TLS11, all(func(b *builder) {
			b.u8(1)
			b.opaque(1, bytes.Repeat([]byte{0xff}, 32))
			for range 5 {
				b.opaque(1, []byte{1})
			}
			b.opaque(1, point)
		}, sign), KeyExchange{Kind: "ECDHE", CurveType: 1, PrimeBits: 256, PublicKey: point, Signature: signature}},
		{"explicit binary curve", 0xc013, TLS11, all(func(b *builder) {
			b.u8(2)
			b.u16(233)
			b.u8(1)
			for range 6 {
				b.opaque(1, []byte{1})
			}
			b.opaque(1, point)
		}, sign), KeyExchange{Kind: "ECDHE", CurveType: 2, PrimeBits: 233, PublicKey: point, Signature: signature}},
	}
}

func TestServerKeyExchange(t *testing.T) {
	for _, test := range exchanges() {
		t.Run(test.name, func(t *testing.T) {
			body := built(test.write)
			got, bad := ParseServerKeyExchange(body, test.suite, test.v)
			if bad != nil {
				t.Fatal(bad)
			}
			signed := len(test.want.Signature) + 2
			if len(test.want.Signature) == 0 {
				signed = 0
			}
			if test.want.HasScheme {
				signed += 2
			}
			if len(got.Params) != len(body)-signed {
				t.Errorf("%d bytes of %d are signed", len(got.Params), len(body))
			}
			if !bytes.Equal(got.Signature, test.want.Signature) || !bytes.Equal(got.PublicKey, test.want.PublicKey) {
				t.Errorf("signature %x, public key %x", got.Signature, got.PublicKey)
			}
			want := test.want
			want.Params, want.Signature, want.PublicKey, want.Prime, want.Generator = got.Params, got.Signature, got.PublicKey, got.Prime, got.Generator
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestServerKeyExchangeOfNoForm(t *testing.T) {
	for _, suite := range []CipherSuite{0xc0ff, 0x001e, 0x1301, 0x9999} {
		if k, bad := ParseServerKeyExchange([]byte{1, 2, 3}, suite, TLS12); k.Kind != "unknown" || bad != nil {
			t.Errorf("%v: %+v, %v", suite, k, bad)
		}
	}
	if _, bad := ParseServerKeyExchange([]byte{9, 2, 3}, 0xc02f, TLS12); bad == nil || bad.Field != "curve_type" || bad.Offset != 0 {
		t.Errorf("curve type 9: %v", bad)
	}
}

func TestClientKeyExchange(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 48)
	for _, test := range []struct {
		suite CipherSuite
		v     Version
		write func(*builder)
		want  ClientKeyExchange
	}{
		{0x002f, TLS12, func(b *builder) { b.opaque(2, secret) }, ClientKeyExchange{PublicLength: 48}},
		{0x002f, SSL30, func(b *builder) { b.raw(secret) }, ClientKeyExchange{PublicLength: 48}},
		{0xc02f, TLS12, func(b *builder) { b.opaque(1, secret) }, ClientKeyExchange{PublicLength: 48}},
		{0x0033, TLS12, func(b *builder) { b.opaque(2, secret) }, ClientKeyExchange{PublicLength: 48}},
		{0x008c, TLS12, func(b *builder) { b.opaque(2, []byte("me")) }, ClientKeyExchange{PSKIdentity: "me"}},
		{0xc035, TLS12, func(b *builder) { b.opaque(2, []byte("me")); b.opaque(1, secret) }, ClientKeyExchange{PSKIdentity: "me", PublicLength: 48}},
		{0xe013, TLCP11, func(b *builder) { b.opaque(2, secret) }, ClientKeyExchange{PublicLength: 48}},
		{0x0081, TLS12, func(b *builder) { b.raw(secret) }, ClientKeyExchange{}},
	} {
		body := built(test.write)
		test.want.Length = len(body)
		if got, bad := ParseClientKeyExchange(body, test.suite, test.v); bad != nil || got != test.want {
			t.Errorf("%v: got %+v, %v", test.suite, got, bad)
		}
	}
}
