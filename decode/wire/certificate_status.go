package wire

// CertificateStatus is a stapled OCSP response (RFC 6066, Section 8; RFC 6961).
type CertificateStatus struct {
	Type uint8  // 1 ocsp, 2 ocsp_multi
	OCSP []byte // DER of the response, of the first one that is there in a list
}

// ParseCertificateStatus reads the body of a CertificateStatus.
func ParseCertificateStatus(body []byte) (CertificateStatus, *Malformed) {
	t := trouble{message: "CertificateStatus"}
	r := newReader(&t, body)
	var c CertificateStatus
	c.Type = r.uint8("status_type")
	switch c.Type {
	case 1:
		c.OCSP = r.opaque("response", 3)
	case 2: // RFC 6961, Section 2.2
		list, _ := r.vector("ocsp_response_list", 3)
		for list.more() {
			if der := list.opaque("response", 3); len(der) > 0 && c.OCSP == nil {
				c.OCSP = der
			}
		}
	default:
		return c, t.first
	}
	r.end("end")
	return c, t.first
}
