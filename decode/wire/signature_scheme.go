package wire

import "strings"

// Name is the IANA name, as "rsa_pss_rsae_sha256"; pairs of TLS 1.2 that have
// none are named in the same spirit, as "dsa_sha256".
func (s SignatureScheme) Name() string {
	return codePointName(signatureSchemeName(uint16(s)), uint16(s), s >= 0xfe00)
}

func (s SignatureScheme) String() string { return s.Name() }

// Known reports whether the number has a name.
func (s SignatureScheme) Known() bool { return signatureSchemeName(uint16(s)) != "" }

// IsGREASE reports a reserved value of RFC 8701.
func (s SignatureScheme) IsGREASE() bool { return isGREASE(uint16(s)) }

// Hash is the hash of the scheme, as "SHA-256"; empty when unknown, "none" for
// those that have it built in (EdDSA, ML-DSA).
func (s SignatureScheme) Hash() string {
	name := s.Name()
	for _, h := range [...][2]string{
		{"md5", "MD5"}, {"sha1", "SHA-1"}, {"sha224", "SHA-224"}, {"sha256", "SHA-256"},
		{"sha384", "SHA-384"}, {"sha512", "SHA-512"}, {"sm3", "SM3"},
	} {
		if strings.HasSuffix(strings.TrimSuffix(name, "_legacy"), "_"+h[0]) {
			return h[1]
		}
	}
	if name == "ed25519" || name == "ed448" || strings.HasPrefix(name, "mldsa") {
		return "none"
	}
	return ""
}

// Key is the kind of key that signs: "RSA", "RSA-PSS" (a key that is for PSS
// alone), "ECDSA", "DSA", "Ed25519", "Ed448", "SM2", "GOST", "ML-DSA"; empty
// when unknown.
func (s SignatureScheme) Key() string {
	name := s.Name()
	for _, k := range [...][2]string{
		{"rsa_pss_pss_", "RSA-PSS"}, {"rsa_p", "RSA"}, {"ecdsa_", "ECDSA"}, {"dsa_", "DSA"},
		{"ed25519", "Ed25519"}, {"ed448", "Ed448"}, {"sm2sig_", "SM2"}, {"gostr", "GOST"}, {"mldsa", "ML-DSA"},
	} {
		if strings.HasPrefix(name, k[0]) {
			return k[1]
		}
	}
	return ""
}

// Curve is the curve that TLS 1.3 ties the scheme to; 0 for none.
func (s SignatureScheme) Curve() Group {
	switch s {
	case 0x0403:
		return Secp256r1
	case 0x0503:
		return Secp384r1
	case 0x0603:
		return Secp521r1
	case 0x081a:
		return 31
	case 0x081b:
		return 32
	case 0x081c:
		return 33
	case 0x0708:
		return CurveSM2
	}
	return 0
}

// IsPKCS1 reports an RSA PKCS #1 v1.5 scheme, which TLS 1.3 allows in
// certificates only (RFC 8446, Section 4.2.3).
func (s SignatureScheme) IsPKCS1() bool { return strings.HasPrefix(s.Name(), "rsa_pkcs1_") }

// IsWeak reports MD5, SHA-1, SHA-224 and DSA, which current stacks refuse.
func (s SignatureScheme) IsWeak() bool {
	switch s.Hash() {
	case "MD5", "SHA-1", "SHA-224":
		return true
	}
	return s.Key() == "DSA"
}
