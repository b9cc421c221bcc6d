package wire

// ClientKeyExchange is RFC 5246, Section 7.4.7.
type ClientKeyExchange struct {
	Length       int         // of the message body in bytes
	PublicLength int         // of the public value or the encrypted secret, in bytes; 0 when not read
	PSKIdentity  string      // PSK suites, raw bytes
	SSLv2Cipher  SSLv2Cipher // SSL 2.0, where the client chooses
}

// ParseSSLv2ClientMasterKey reads a CLIENT-MASTER-KEY of SSL 2.0, from its
// message type on.
func ParseSSLv2ClientMasterKey(body []byte) (ClientKeyExchange, *Malformed) {
	t := trouble{message: "ClientMasterKey"}
	r := newReader(&t, body)
	c := ClientKeyExchange{Length: len(body)}
	r.sslv2Type(sslv2ClientMasterKey)
	c.SSLv2Cipher = SSLv2Cipher(r.uint("cipher_kind", 3))
	plain, secret, arg := r.uint("clear_key_length", 2), r.uint("encrypted_key_length", 2), r.uint("key_arg_length", 2)
	r.take("clear_key", plain)
	c.PublicLength = len(r.take("encrypted_key", secret))
	r.take("key_arg", arg)
	r.end("end")
	return c, t.first
}

// ParseClientKeyExchange reads the body of a ClientKeyExchange for the suite
// and version that were agreed. Forms that are not known are kept as a length.
func ParseClientKeyExchange(body []byte, suite CipherSuite, v Version) (ClientKeyExchange, *Malformed) {
	t := trouble{message: "ClientKeyExchange"}
	r := newReader(&t, body)
	c := ClientKeyExchange{Length: len(body)}
	switch kind := suite.Info().KeyExchange; kind {
	case "PSK":
		c.identity(&r)
	case "RSA-PSK", "DHE-PSK":
		c.identity(&r)
		c.public(&r, "exchange_keys", 2)
	case "ECDHE-PSK":
		c.identity(&r)
		c.public(&r, "ecdh_Yc", 1)
	case "RSA":
		if v == SSL30 { // RFC 6101, Appendix F.1: no length
			c.PublicLength = len(r.rest())
		} else {
			c.public(&r, "encrypted_pre_master_secret", 2)
		}
	case "DHE", "SRP":
		c.public(&r, "dh_Yc", 2)
	case "ECDHE":
		c.public(&r, "ecdh_Yc", 1)
	case "ECC-SM2":
		c.public(&r, "encrypted_pre_master_secret", 2)
	default:
		return c, nil
	}
	r.end("end")
	return c, t.first
}

func (c *ClientKeyExchange) identity(r *reader) {
	c.PSKIdentity = string(r.opaque("psk_identity", 2)) // RFC 4279, Section 2
}

func (c *ClientKeyExchange) public(r *reader, field string, size int) {
	c.PublicLength = len(r.opaque(field, size))
}
