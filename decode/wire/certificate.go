package wire

// Certificate is a certificate chain of either side and any version.
type Certificate struct {
	Certificates [][]byte // DER, as they came; nil when a side has none to give
	OCSP         []byte   // stapled response of the first entry (TLS 1.3)
	SCT          bool     // the first entry has signed certificate timestamps (TLS 1.3)
	Context      []byte
	Compressed   string // "zlib", "brotli", "zstd" when it came compressed (RFC 8879)
}

// ParseCertificate reads the body of a Certificate. v is the version that was
// agreed, any of TLS, DTLS and TLCP (whose first two certificates are those
// for signing and for encryption); 0 when it is not known: then the form of
// the message tells (RFC 5246, Section 7.4.2; RFC 8446, Section 4.4.2).
func ParseCertificate(body []byte, v Version) (Certificate, *Malformed) {
	t := trouble{message: "Certificate"}
	r := newReader(&t, body)
	var c Certificate
	if v.Is13() || v == 0 && !fills24(body) {
		c.read13(&r)
	} else {
		c.read(&r)
	}
	r.end("end")
	return c, t.first
}

// fills24 reports whether b is one vector with a length of three bytes.
func fills24(b []byte) bool {
	return len(b) >= 3 && uint24(b) == len(b)-3
}

func (c *Certificate) read(r *reader) {
	list, _ := r.vector("certificate_list", 3)
	for list.more() && !list.bounded("certificate_list", len(c.Certificates), maxCertificates) {
		if der := list.opaque("certificate", 3); der != nil {
			c.Certificates = append(c.Certificates, der)
		}
	}
}

func (c *Certificate) read13(r *reader) {
	c.Context = r.opaque("certificate_request_context", 1)
	list, _ := r.vector("certificate_list", 3)
	for list.more() && !list.bounded("certificate_list", len(c.Certificates), maxCertificates) {
		der := list.opaque("cert_data", 3)
		if der == nil {
			break
		}
		c.Certificates = append(c.Certificates, der)
		if len(c.Certificates) == 1 {
			list.extensions(c.extension)
		} else {
			list.opaque("extensions", 2)
		}
	}
}

// extension reads what stands beside the first certificate.
func (c *Certificate) extension(typ ExtensionType, r *reader) {
	switch typ {
	case ExtStatusRequest: // RFC 8446, Section 4.4.2.1
		r.uint8("status_type")
		c.OCSP = r.opaque("response", 3)
	case ExtSCT:
		c.SCT = true
	}
}
