package render

import (
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// clientFingerprints gives JA3 with its hash, and JA4.
func clientFingerprints(f *decode.Handshake, m *decode.ClientHello) (ja3, hash, ja4 string) {
	transport := byte('t')
	switch f.Transport {
	case decode.QUIC:
		transport = 'q'
	case decode.DTLS:
		transport = 'd'
	}
	return m.JA3(), m.JA3Hash(), clean(m.JA4(transport))
}

// fingerprintable says whether everything that the fingerprints are made of
// could be read: what is wrong stands in the data of one extension, or behind
// all of them.
func fingerprintable(bad *wire.Malformed) bool {
	if bad == nil {
		return true
	}
	switch bad.Field {
	case "legacy_version", "random", "session_id", "cookie", "cipher_suites":
		return false
	}
	return true
}
