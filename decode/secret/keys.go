package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"tlswhy/decode/wire"
)

func newBlock(s *suite, key []byte) (cipher.Block, error) {
	switch s.cipher {
	case "AES":
		return aes.NewCipher(key)
	case "3DES":
		return des.NewTripleDESCipher(key)
	case "DES":
		return des.NewCipher(key)
	}
	return nil, fmt.Errorf("no implementation of %s", s.cipher)
}

// newAEAD gives the AEAD of a suite and the length of its tag in bytes.
func newAEAD(s *suite, key []byte) (aead opener, tag int, err error) {
	if s.mode == "POLY1305" {
		c, err := chacha20poly1305.New(key)
		if err != nil {
			return nil, 0, err
		}
		return openerOf(c), 16, nil
	}
	block, err := newBlock(s, key)
	if err != nil {
		return nil, 0, err
	}
	switch s.mode {
	case "GCM":
		c, err := cipher.NewGCM(block)
		if err != nil {
			return nil, 0, err
		}
		return openerOf(c), 16, nil
	case "CCM":
		return (&ccm{block, 16, 12}).open, 16, nil
	}
	return (&ccm{block, 8, 12}).open, 8, nil
}

// newProtection12 makes the protection of the versions before 1.3.
func newProtection12(v wire.Version, s *suite, etm bool, k keyBlock) (protection, error) {
	mac := macOf{s.mac, k.mac, s.macSize}
	switch {
	case s.cipher == "RC4":
		c, err := rc4.NewCipher(k.key)
		return &stream{mac, c}, err
	case s.cipher == "NULL":
		return &stream{mac, nil}, nil
	case s.mode == "CBC":
		block, err := newBlock(s, k.key)
		return &cbc{mac: mac, block: block, etm: etm, chained: k.iv, explicit: v >= wire.TLS11}, err
	}
	aead, tag, err := newAEAD(s, k.key)
	explicit := 8
	if s.mode == "POLY1305" {
		explicit = 0
	}
	return &aead12{aead, k.iv, tag, explicit}, err
}

// newProtection13 derives keys from a traffic secret (RFC 8446, Section 7.3).
func newProtection13(v wire.Version, s *suite, secret []byte) (protection, error) {
	prefix := labelPrefix(v)
	key := expandLabel(s.prf, secret, prefix, "key", s.key)
	iv := expandLabel(s.prf, secret, prefix, "iv", 12)
	aead, _, err := newAEAD(s, key)
	p := &aead13{aead: aead, iv: iv, bare: v.Draft() > 0 && v.Draft() < 25}
	if v.IsDTLS() {
		p.mask = numberMask(s, expandLabel(s.prf, secret, prefix, "sn", s.key))
	}
	return p, err
}

// labelPrefix is RFC 8446, Section 7.1, RFC 9147, Section 5.9 and, for drafts
// before 20, theirs.
func labelPrefix(v wire.Version) string {
	switch {
	case v == wire.DTLS13:
		return "dtls13"
	case v.Draft() > 0 && v.Draft() < 20:
		return "TLS 1.3, "
	}
	return "tls13 "
}
