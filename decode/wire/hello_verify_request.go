package wire

// HelloVerifyRequest is RFC 6347, Section 4.2.1.
type HelloVerifyRequest struct {
	Version Version
	Cookie  []byte
}

// ParseHelloVerifyRequest reads the body of a HelloVerifyRequest of DTLS.
func ParseHelloVerifyRequest(body []byte) (HelloVerifyRequest, *Malformed) {
	t := trouble{message: "HelloVerifyRequest"}
	r := newReader(&t, body)
	var h HelloVerifyRequest
	h.Version = Version(r.uint16("server_version"))
	h.Cookie = r.opaque("cookie", 1)
	r.end("end")
	return h, t.first
}
