package wire

// KeyExchange is a ServerKeyExchange (RFC 5246, Section 7.4.3; RFC 8422, Section 5.4).
type KeyExchange struct {
	Kind         string // "ECDHE", "DHE", "PSK", "SRP", "ECC-SM2" …, "unknown"
	CurveType    uint8
	Group        Group // ECDHE named curve, or the named FFDHE group that the prime equals; 0 for a custom one
	PrimeBits    int   // DHE
	Prime        []byte
	Generator    []byte
	PublicKey    []byte
	Scheme       SignatureScheme // TLS 1.2 signatures; see HasScheme
	HasScheme    bool
	Signature    []byte
	Params       []byte // the signed bytes after the two randoms
	IdentityHint string
}

// ClientKeyExchange is RFC 5246, Section 7.4.7.
type ClientKeyExchange struct {
	Length      int
	PSKIdentity string // PSK suites
}
