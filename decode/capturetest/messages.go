package capturetest

// Handshake messages of TLS 1.2 other than the hellos. All return the
// message with its header; HandshakeRecord puts them into records.

// Certificate carries a chain, leaf first (RFC 5246, Section 7.4.2). Without
// certificates it is what a client without one sends.
func Certificate(chain ...[]byte) []byte {
	var list []byte
	for _, der := range chain {
		list = append(list, vec24(der)...)
	}
	return Message(11, vec24(list))
}

// ServerKeyExchange is that of ECDHE with a named group (RFC 8422, Section
// 5.4). The signature is noise.
func ServerKeyExchange(group, signature uint16) []byte {
	share := keyShare(group)[4:]
	body := append(append([]byte{3}, numbers([]uint16{group})...), vec8(share)...)
	body = append(body, numbers([]uint16{signature})...)
	return Message(12, append(body, vec16(Noise(256, 5))...))
}

// ServerKeyExchangeDHE is that of finite-field Diffie-Hellman with a prime of
// so many bits (RFC 5246, Section 7.4.3). Prime and signature are noise.
func ServerKeyExchangeDHE(bits int, signature uint16) []byte {
	prime := Noise(bits/8, 6)
	prime[0] |= 0x80
	body := append(vec16(prime), vec16([]byte{2})...)
	body = append(body, vec16(Noise(bits/8, 7))...)
	body = append(body, numbers([]uint16{signature})...)
	return Message(12, append(body, vec16(Noise(256, 5))...))
}

// CertificateRequest asks for a client certificate of one of the issuers,
// given as DER names (RFC 5246, Section 7.4.4).
func CertificateRequest(signatures []uint16, issuers ...[]byte) []byte {
	var names []byte
	for _, n := range issuers {
		names = append(names, vec16(n)...)
	}
	body := append(vec8([]byte{1, 64}), vec16(numbers(signatures))...)
	return Message(13, append(body, vec16(names)...))
}

// ServerHelloDone ends the server's flight.
func ServerHelloDone() []byte { return Message(14, nil) }

// ClientKeyExchange is that of ECDHE (RFC 8422, Section 5.7).
func ClientKeyExchange(group uint16) []byte { return Message(16, vec8(keyShare(group)[4:])) }

// ClientKeyExchangeRSA is that of RSA with a modulus of so many bits.
func ClientKeyExchangeRSA(bits int) []byte { return Message(16, vec16(Noise(bits/8, 8))) }

// CertificateVerify is that of TLS 1.2 with a signature of noise.
func CertificateVerify(signature uint16) []byte {
	return Message(15, append(numbers([]uint16{signature}), vec16(Noise(256, 9))...))
}

// NewSessionTicket is that of TLS 1.2 (RFC 5077, Section 3.3).
func NewSessionTicket() []byte {
	return Message(4, append([]byte{0, 0, 28, 32}, vec16(Noise(176, 10))...))
}

// CertificateStatus carries an OCSP response (RFC 6066, Section 8).
func CertificateStatus(response []byte) []byte {
	return Message(22, append([]byte{1}, vec24(response)...))
}

// HelloRequest is the message of that name.
func HelloRequest() []byte { return Message(0, nil) }

// ServerFlight12 is the whole flight of a server with ECDHE in one record.
func ServerFlight12(chain ...[]byte) []byte {
	return HandshakeRecord(NewServerHello12().Message(), Certificate(chain...),
		ServerKeyExchange(29, 0x0401), ServerHelloDone())
}

// ClientFlight12 is the client's answer: key exchange, ChangeCipherSpec and
// an encrypted Finished.
func ClientFlight12() []byte {
	return Join(HandshakeRecord(ClientKeyExchange(29)), ChangeCipherSpec(), Encrypted(TypeHandshake, 40))
}

// ServerFinish12 is the server's ticket, ChangeCipherSpec and Finished.
func ServerFinish12() []byte {
	return Join(HandshakeRecord(NewSessionTicket()), ChangeCipherSpec(), Encrypted(TypeHandshake, 40))
}

// TLS12 is a healthy TLS 1.2 session with an exchange of data and an orderly
// end, begun by a ClientHello with that name.
func (c *TCP) TLS12(name string, chain ...[]byte) *TCP {
	c.Open()
	c.Client(NewClientHello12(name).Record()).Ack(Server)
	c.Server(ServerFlight12(chain...)).Ack(Client)
	c.Client(ClientFlight12())
	c.Server(ServerFinish12())
	c.Client(ApplicationData(120))
	c.Server(ApplicationData(800)).Ack(Client)
	c.Client(Encrypted(TypeAlert, 26))
	return c.Bye(Client)
}

// ServerFlight13 is the flight of a TLS 1.3 server: ServerHello,
// ChangeCipherSpec, and records for EncryptedExtensions, a Certificate of so
// many bytes, CertificateVerify and Finished.
func ServerFlight13(certificate int) []byte {
	return Join(NewServerHello13().Record(), ChangeCipherSpec(),
		ApplicationData(27), ApplicationData(certificate), ApplicationData(281), ApplicationData(53))
}

// TLS13 is a healthy TLS 1.3 session with an exchange of data and an orderly
// end.
func (c *TCP) TLS13(name string) *TCP {
	c.Open()
	c.Client(NewClientHello(name).Record()).Ack(Server)
	c.Server(ServerFlight13(2500)).Ack(Client)
	c.Client(Join(ChangeCipherSpec(), ApplicationData(53)))
	c.Client(ApplicationData(120))
	c.Server(Join(ApplicationData(250), ApplicationData(250)))
	c.Server(ApplicationData(800)).Ack(Client)
	c.Client(ApplicationData(19))
	return c.Bye(Client)
}
