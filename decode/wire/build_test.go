package wire

import (
	"encoding/binary"
	"math/rand/v2"
)

// builder writes messages the way the RFCs write them down.
type builder struct{ b []byte }

func (b *builder) u8(v uint8)   { b.b = append(b.b, v) }
func (b *builder) u16(v uint16) { b.b = binary.BigEndian.AppendUint16(b.b, v) }
func (b *builder) u32(v uint32) { b.b = binary.BigEndian.AppendUint32(b.b, v) }
func (b *builder) raw(v []byte) { b.b = append(b.b, v...) }

// vector writes a length of size bytes and what fill writes.
func (b *builder) vector(size int, fill func(*builder)) {
	var inner builder
	fill(&inner)
	n := len(inner.b)
	for i := size - 1; i >= 0; i-- {
		b.u8(uint8(n >> (8 * i)))
	}
	b.raw(inner.b)
}

func (b *builder) opaque(size int, v []byte) { b.vector(size, func(b *builder) { b.raw(v) }) }

func codes[T ~uint16](b *builder, size int, list []T) {
	b.vector(size, func(b *builder) {
		for _, v := range list {
			b.u16(uint16(v))
		}
	})
}

func (b *builder) extension(typ ExtensionType, fill func(*builder)) {
	b.u16(uint16(typ))
	b.vector(2, fill)
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomCodes[T ~uint16](r *rand.Rand, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = T(r.Uint32())
	}
	return list
}

// randomClientHello gives a hello and its bytes.
func randomClientHello(r *rand.Rand, dtls bool) (ClientHello, []byte) {
	h := ClientHello{
		LegacyVersion: TLS12, Random: randomBytes(r, 32), SessionID: randomBytes(r, r.IntN(33)),
		CipherSuites: randomCodes[CipherSuite](r, 1+r.IntN(20)), CompressionMethods: []byte{0},
		ServerName: "host.example", HasServerName: true,
		SupportedVersions: []Version{TLS13, TLS12}, Groups: randomCodes[Group](r, 1+r.IntN(9)), PointFormats: []byte{0},
		SignatureSchemes: randomCodes[SignatureScheme](r, 1+r.IntN(9)), HasSignatureSchemes: true,
		CertSignatures: randomCodes[SignatureScheme](r, 1+r.IntN(3)), ALPN: []string{"h2", "http/1.1"},
		KeyShares: []KeyShare{{X25519MLKEM768, 1216}, {X25519, 32}}, PSKModes: []byte{1}, PSKIdentities: 1 + r.IntN(3),
		EarlyData: true, PostHandshakeAuth: true, ExtendedMasterSecret: true, EncryptThenMAC: true, RenegotiationInfo: true,
		SessionTicket: r.IntN(9), StatusRequest: true, SCT: true, ECH: true, MaxFragmentLength: 4, RecordSizeLimit: 16385,
		CompressCertificate: []CertificateCompression{CompressionBrotli, CompressionZlib},
	}
	var b builder
	b.u16(uint16(h.LegacyVersion))
	b.raw(h.Random)
	b.opaque(1, h.SessionID)
	if dtls {
		h.Cookie = randomBytes(r, r.IntN(33))
		h.ConnectionID, h.HasConnectionID = randomBytes(r, r.IntN(9)), true
		b.opaque(1, h.Cookie)
	}
	codes(&b, 2, h.CipherSuites)
	b.opaque(1, h.CompressionMethods)
	b.vector(2, func(b *builder) { writeExtensions(b, r, &h) })
	h.Length = len(b.b)
	return h, b.b
}

func writeExtensions(b *builder, r *rand.Rand, h *ClientHello) {
	add := func(typ ExtensionType, fill func(*builder)) {
		var data builder
		fill(&data)
		h.Extensions = append(h.Extensions, Extension{typ, data.b})
		b.extension(typ, fill)
	}
	none := func(*builder) {}
	add(0x1a1a, none)
	add(ExtServerName, func(b *builder) {
		b.vector(2, func(b *builder) { b.u8(0); b.opaque(2, []byte(h.ServerName)) })
	})
	add(ExtMaxFragmentLength, func(b *builder) { b.u8(h.MaxFragmentLength) })
	add(ExtStatusRequest, func(b *builder) { b.raw([]byte{1, 0, 0, 0, 0}) })
	add(ExtSupportedGroups, func(b *builder) { codes(b, 2, h.Groups) })
	add(ExtECPointFormats, func(b *builder) { b.opaque(1, h.PointFormats) })
	add(ExtSignatureAlgorithms, func(b *builder) { codes(b, 2, h.SignatureSchemes) })
	add(ExtSignatureAlgorithmsCert, func(b *builder) { codes(b, 2, h.CertSignatures) })
	add(ExtALPN, func(b *builder) {
		b.vector(2, func(b *builder) {
			for _, p := range h.ALPN {
				b.opaque(1, []byte(p))
			}
		})
	})
	add(ExtSCT, none)
	add(ExtEncryptThenMAC, none)
	add(ExtExtendedMasterSecret, none)
	ticket := randomBytes(r, h.SessionTicket)
	add(ExtSessionTicket, func(b *builder) { b.raw(ticket) })
	add(ExtRenegotiationInfo, func(b *builder) { b.opaque(1, nil) })
	add(ExtECH, func(b *builder) { b.raw([]byte{0, 0, 1, 0, 1, 7}) })
	add(ExtCompressCertificate, func(b *builder) { codes(b, 1, h.CompressCertificate) })
	add(ExtRecordSizeLimit, func(b *builder) { b.u16(uint16(h.RecordSizeLimit)) })
	if h.HasConnectionID {
		add(ExtConnectionID, func(b *builder) { b.opaque(1, h.ConnectionID) })
	}
	add(ExtSupportedVersions, func(b *builder) { codes(b, 1, h.SupportedVersions) })
	add(ExtKeyShare, func(b *builder) {
		b.vector(2, func(b *builder) {
			for _, k := range h.KeyShares {
				b.u16(uint16(k.Group))
				b.opaque(2, make([]byte, k.Length))
			}
		})
	})
	add(ExtPSKKeyExchangeModes, func(b *builder) { b.opaque(1, h.PSKModes) })
	add(ExtEarlyData, none)
	add(ExtPostHandshakeAuth, none)
	add(ExtPreSharedKey, func(b *builder) {
		b.vector(2, func(b *builder) {
			for range h.PSKIdentities {
				b.opaque(2, []byte("identity"))
				b.u32(7)
			}
		})
		b.vector(2, func(b *builder) {
			for range h.PSKIdentities {
				b.opaque(1, make([]byte, 32))
			}
		})
	})
}

// serverHello writes a ServerHello with the extensions that fill writes.
func serverHello(random []byte, suite CipherSuite, fill func(*builder)) []byte {
	var b builder
	b.u16(uint16(TLS12))
	b.raw(random)
	b.opaque(1, []byte("session"))
	b.u16(uint16(suite))
	b.u8(0)
	if fill != nil {
		b.vector(2, fill)
	}
	return b.b
}
