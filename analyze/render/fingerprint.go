package render

import (
	"tlswhy/decode"
)

// clientFingerprints gives JA3 with its hash, and JA4.
func clientFingerprints(f *decode.Handshake, m *decode.ClientHello) (ja3, hash, ja4 string) {
	return "", "", ""
}

// serverFingerprint gives the hash of JA3S.
func serverFingerprint(m *decode.ServerHello) string { return "" }
