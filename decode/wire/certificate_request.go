package wire

// CertificateRequest is RFC 5246, Section 7.4.4 and RFC 8446, Section 4.3.2.
type CertificateRequest struct {
	CertificateTypes []byte
	SignatureSchemes []SignatureScheme
	CertSignatures   []SignatureScheme // signature_algorithms_cert (TLS 1.3)
	Authorities      [][]byte          // DER of the distinguished names
	Context          []byte
	Extensions       []Extension
}

// ParseCertificateRequest reads the body of a CertificateRequest. v is the
// version that was agreed, 0 when it is not known: then the form tells.
func ParseCertificateRequest(body []byte, v Version) (CertificateRequest, *Malformed) {
	if v == 0 {
		for _, guess := range [...]Version{TLS12, TLS13, TLS11} {
			if c, bad := ParseCertificateRequest(body, guess); bad == nil {
				return c, nil
			}
		}
		v = TLS12
	}
	t := trouble{message: "CertificateRequest"}
	r := newReader(&t, body)
	var c CertificateRequest
	if v.Is13() {
		c.Context = r.opaque("certificate_request_context", 1)
		c.Extensions = r.extensions(c.extension)
	} else {
		c.CertificateTypes = r.opaque("certificate_types", 1)
		if v.TLS() == TLS12 {
			c.SignatureSchemes = list16[SignatureScheme](&r, "supported_signature_algorithms", 2)
		}
		c.authorities(&r)
	}
	r.end("end")
	return c, t.first
}

// extension reads an extension of TLS 1.3's form.
func (c *CertificateRequest) extension(typ ExtensionType, r *reader) {
	switch typ {
	case ExtSignatureAlgorithms: // RFC 8446, Section 4.2.3
		c.SignatureSchemes = list16[SignatureScheme](r, "signature_algorithms", 2)
	case ExtSignatureAlgorithmsCert: // RFC 8446, Section 4.2.3
		c.CertSignatures = list16[SignatureScheme](r, "signature_algorithms_cert", 2)
	case ExtCertificateAuthorities: // RFC 8446, Section 4.2.4
		c.authorities(r)
	default:
		return
	}
	r.end(typ.field())
}

func (c *CertificateRequest) authorities(r *reader) {
	list, _ := r.vector("certificate_authorities", 2)
	for list.more() && !list.bounded("certificate_authorities", len(c.Authorities), maxAuthorities) {
		if name := list.opaque("distinguished_name", 2); name != nil {
			c.Authorities = append(c.Authorities, name)
		}
	}
}

// CertificateTypeName is the IANA name of a client certificate type (RFC 5246,
// Section 7.4.4), empty when it has none.
func CertificateTypeName(typ byte) string {
	switch typ {
	case 1:
		return "rsa_sign"
	case 2:
		return "dss_sign"
	case 3:
		return "rsa_fixed_dh"
	case 4:
		return "dss_fixed_dh"
	case 5:
		return "rsa_ephemeral_dh"
	case 6:
		return "dss_ephemeral_dh"
	case 20:
		return "fortezza_dms"
	case 64:
		return "ecdsa_sign"
	case 65:
		return "rsa_fixed_ecdh"
	case 66:
		return "ecdsa_fixed_ecdh"
	case 67:
		return "gost_sign256"
	case 68:
		return "gost_sign512"
	case 80:
		return "ibc_params"
	}
	return ""
}
