package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
)

// retryKey gives key and nonce of the Retry Integrity Tag (RFC 9001, Section
// 5.8; RFC 9369, Section 3.3.3; draft-25, draft-29). Earlier drafts have none.
func (v Version) retryKey() (key, nonce string) {
	switch d := v.draft(); {
	case v == Version1 || d >= 33:
		return "be0c690b9f66575a1d766b54e368c84e", "461599d35d632bf2239825bb"
	case v == Version2:
		return "8fb4b01b56ac48e260fbcbcead7ccc92", "d86969bc2d7c6d9990efb04a"
	case d >= 29:
		return "ccce187ed09a09d05728155a6cb96be1", "e54930f97f2136f0530a8c1c"
	case d >= 25:
		return "4d32ecdb2a2133c841e4043df27d4430", "4d1611d05513a552c587d575"
	}
	return "", ""
}

// RetryValid checks the Retry Integrity Tag of p against the Destination
// Connection ID of the client's Initial that it answers. It is false for
// versions that have no tag.
func RetryValid(p Packet, originalDCID []byte) bool {
	key, nonce := p.Version.retryKey()
	if key == "" || len(originalDCID) > maxConnectionID || len(p.Bytes) < tagLength {
		return false
	}
	k, _ := hex.DecodeString(key)
	n, _ := hex.DecodeString(nonce)
	block, err := aes.NewCipher(k)
	if err != nil {
		return false
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return false
	}
	pseudo := append([]byte{byte(len(originalDCID))}, originalDCID...)
	pseudo = append(pseudo, p.Bytes[:len(p.Bytes)-tagLength]...)
	_, err = aead.Open(nil, n, p.Bytes[len(p.Bytes)-tagLength:], pseudo)
	return err == nil
}
