package wire

// CertificateVerify is RFC 8446, Section 4.4.3 and RFC 5246, Section 7.4.8.
type CertificateVerify struct {
	Scheme    SignatureScheme
	HasScheme bool // TLS 1.2 and later
	Signature []byte
}

// ParseCertificateVerify reads the body of a CertificateVerify. v is the
// version that was agreed, 0 when it is not known: then the form tells.
func ParseCertificateVerify(body []byte, v Version) (CertificateVerify, *Malformed) {
	t := trouble{message: "CertificateVerify"}
	r := newReader(&t, body)
	var c CertificateVerify
	c.Scheme, c.HasScheme, c.Signature = r.signature(v)
	r.end("end")
	return c, t.first
}

// signature is digitally-signed (RFC 5246, Section 4.7), which had no scheme
// before TLS 1.2. TLCP has none either, but stacks are seen to send one: it is
// read there when the lengths then fit to the end.
func (r *reader) signature(v Version) (scheme SignatureScheme, has bool, signature []byte) {
	switch v {
	case 0:
		has = !r.fills16(0)
	case TLCP11:
		has = r.fills16(2) && !r.fills16(0)
	default:
		has = v.TLS() >= TLS12
	}
	if has {
		scheme = SignatureScheme(r.uint16("algorithm"))
		has = !r.dead
	}
	return scheme, has, r.opaque("signature", 2)
}

// fills16 reports whether a vector with a length of two bytes stands at an
// offset and reaches to the end.
func (r *reader) fills16(at int) bool {
	return len(r.b) >= at+2 && int(r.b[at])<<8|int(r.b[at+1]) == len(r.b)-at-2
}
