package render

import (
	"tlswhy/decode"
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

// serverFingerprint gives the hash of JA3S.
func serverFingerprint(m *decode.ServerHello) string {
	if m.HelloRetryRequest {
		return ""
	}
	return m.JA3SHash()
}
