package wire

import "math/bits"

// KeyExchange is a ServerKeyExchange (RFC 5246, Section 7.4.3; RFC 8422, Section 5.4).
type KeyExchange struct {
	Kind         string // "ECDHE", "DHE", "PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK", "SRP", "RSA-EXPORT", "ECC-SM2", "ECDHE-SM2"; "unknown"
	CurveType    uint8
	Group        Group  // ECDHE named curve, or the named FFDHE group that the prime equals; 0 for a custom one
	PrimeBits    int    // of the prime of DHE and SRP, of the modulus of RSA-EXPORT, of the field of an explicit curve
	PrimeName    string // well-known group that the prime equals: "ffdhe2048", "MODP 2048 (RFC 3526)"
	Prime        []byte
	Generator    []byte
	PublicKey    []byte
	Scheme       SignatureScheme // TLS 1.2 signatures; see HasScheme
	HasScheme    bool
	Signature    []byte
	Params       []byte // the signed bytes after the two randoms
	IdentityHint string
}

// ParseServerKeyExchange reads the body of a ServerKeyExchange for the suite
// and version that were agreed. When a suite is not known, or the version is
// 0, the form of the message tells.
func ParseServerKeyExchange(body []byte, suite CipherSuite, v Version) (KeyExchange, *Malformed) {
	info := suite.Info()
	kind := info.KeyExchange
	if info.Export && kind == "RSA" {
		kind = "RSA-EXPORT"
	}
	if kind == "" || kind == "NULL" {
		kind = guessKeyExchange(body)
	}
	t := trouble{message: "ServerKeyExchange"}
	r := newReader(&t, body)
	k := KeyExchange{Kind: kind}
	if !k.params(&r) {
		k.Kind = "unknown"
		return k, t.first
	}
	k.Params = body[:r.pos]
	if info.signed(kind) && (info.Auth != "" || r.more()) {
		k.Scheme, k.HasScheme, k.Signature = r.signature(v)
	}
	r.end("end")
	return k, t.first
}

// signed reports whether the parameters are signed.
func (i SuiteInfo) signed(kind string) bool {
	switch kind {
	case "PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK":
		return false
	}
	return i.Auth != "anon" && i.Auth != "SRP"
}

// params reads what stands before the signature; false for a key exchange that
// it cannot read.
func (k *KeyExchange) params(r *reader) bool {
	switch k.Kind {
	case "PSK", "RSA-PSK": // RFC 4279, Sections 2 and 4
		k.hint(r)
	case "DHE-PSK": // RFC 4279, Section 3
		k.hint(r)
		k.dh(r)
	case "ECDHE-PSK": // RFC 5489, Section 2
		k.hint(r)
		k.ecdh(r)
	case "ECDHE", "ECDHE-SM2", "CECPQ1": // RFC 8422, Section 5.4
		k.ecdh(r)
	case "DHE": // RFC 5246, Section 7.4.3
		k.dh(r)
	case "SRP": // RFC 5054, Section 2.8.1
		k.setPrime(r.opaque("srp_N", 2))
		k.Generator = r.opaque("srp_g", 2)
		r.opaque("srp_s", 1)
		k.PublicKey = r.opaque("srp_B", 2)
	case "RSA-EXPORT": // RFC 2246, Section 7.4.3
		modulus := r.opaque("rsa_modulus", 2)
		k.PrimeBits = bitLen(modulus)
		k.PublicKey = modulus
		r.opaque("rsa_exponent", 2)
	case "ECC-SM2": // GB/T 38636, Section 6.4.5.4: a signature alone
	default:
		return false
	}
	return true
}

func (k *KeyExchange) hint(r *reader) {
	k.IdentityHint = string(r.opaque("psk_identity_hint", 2))
}

func (k *KeyExchange) dh(r *reader) {
	k.setPrime(r.opaque("dh_p", 2))
	k.Generator = r.opaque("dh_g", 2)
	k.PublicKey = r.opaque("dh_Ys", 2)
}

func (k *KeyExchange) setPrime(p []byte) {
	k.Prime, k.PrimeBits = p, bitLen(p)
	k.PrimeName, k.Group = knownPrime(p)
}

// ecdh is ECParameters and the point (RFC 4492, Section 5.4).
func (k *KeyExchange) ecdh(r *reader) {
	k.CurveType = r.uint8("curve_type")
	switch k.CurveType {
	case 1: // explicit_prime
		k.Prime = r.opaque("prime_p", 1)
		k.PrimeBits = bitLen(k.Prime)
		explicitCurve(r)
	case 2: // explicit_char2
		k.PrimeBits = int(r.uint16("m"))
		n := 3
		if r.uint8("basis") == 1 {
			n = 1
		}
		for range n {
			r.opaque("k", 1)
		}
		explicitCurve(r)
	case 3: // named_curve
		k.Group = Group(r.uint16("namedcurve"))
	default:
		if !r.dead {
			r.wrong("curve_type", r.pos-1, 0, "unknown curve type %d", k.CurveType)
		}
	}
	k.PublicKey = r.opaque("public", 1)
}

func explicitCurve(r *reader) {
	r.opaque("curve_a", 1)
	r.opaque("curve_b", 1)
	r.opaque("base", 1)
	r.opaque("order", 1)
	r.opaque("cofactor", 1)
}

// guessKeyExchange tells ECDHE from DHE by form; "unknown" for all others.
func guessKeyExchange(body []byte) string {
	if len(body) > 4 && body[0] == 3 && len(body) >= 4+int(body[3]) && Group(uint16(body[1])<<8|uint16(body[2])).Known() {
		return "ECDHE"
	}
	t := trouble{}
	r := newReader(&t, body)
	for range 3 { // p, g, Ys
		if len(r.opaque("", 2)) == 0 {
			return "unknown"
		}
	}
	return "DHE"
}

// bitLen is the length in bits of a number, leading zeros left out.
func bitLen(b []byte) int {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 0 {
		return 0
	}
	return 8*(len(b)-1) + bits.Len8(b[0])
}
