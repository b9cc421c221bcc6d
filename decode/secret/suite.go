package secret

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"strings"

	"tlswhy/decode/wire"
)

// UnsupportedError says that a cipher suite or version cannot be decrypted.
type UnsupportedError struct {
	Suite   wire.CipherSuite
	Version wire.Version
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("records of %s with %s cannot be decrypted", e.Version.Name(), e.Suite.Name())
}

// suite is what a cipher suite means for the records.
type suite struct {
	cipher  string // as in its name: "AES", "3DES_EDE", "CHACHA20", "RC4", "NULL"
	mode    string // "GCM", "CCM", "CCM_8", "POLY1305", "CBC", "" for a stream cipher
	key     int    // bytes
	mac     func() hash.Hash
	macSize int
	prf     func() hash.Hash // of TLS 1.2, or the hash of TLS 1.3
}

// suiteOf takes a suite's name apart, which says everything (RFC 5246,
// Appendix C; RFC 8446, Section B.4).
func suiteOf(c wire.CipherSuite) (suite, bool) {
	name := c.Name()
	if at := strings.LastIndex(name, "_WITH_"); at >= 0 {
		name = name[at+len("_WITH_"):]
	} else {
		name = strings.TrimPrefix(name, "TLS_")
	}
	s := suite{prf: sha256.New}
	if strings.HasSuffix(name, "_SHA384") {
		s.prf = sha512.New384
	}
	for _, k := range knownCiphers() {
		rest, ok := strings.CutPrefix(name, k.name)
		if !ok {
			continue
		}
		s.cipher, s.mode, s.key = k.cipher, k.mode, k.key
		if k.mode == "CBC" || k.mode == "" {
			return s, s.setMAC(rest)
		}
		return s, rest == "" || rest == "_SHA256" || rest == "_SHA384"
	}
	return s, false
}

type knownCipher struct {
	name, cipher, mode string
	key                int
}

func knownCiphers() []knownCipher {
	return []knownCipher{
		{"AES_128_GCM", "AES", "GCM", 16},
		{"AES_256_GCM", "AES", "GCM", 32},
		{"AES_128_CCM_8", "AES", "CCM_8", 16},
		{"AES_256_CCM_8", "AES", "CCM_8", 32},
		{"AES_128_CCM", "AES", "CCM", 16},
		{"AES_256_CCM", "AES", "CCM", 32},
		{"CHACHA20_POLY1305", "CHACHA20", "POLY1305", 32},
		{"AES_128_CBC", "AES", "CBC", 16},
		{"AES_256_CBC", "AES", "CBC", 32},
		{"CAMELLIA_128_CBC", "CAMELLIA", "CBC", 16},
		{"CAMELLIA_256_CBC", "CAMELLIA", "CBC", 32},
		{"CAMELLIA_128_GCM", "CAMELLIA", "GCM", 16},
		{"CAMELLIA_256_GCM", "CAMELLIA", "GCM", 32},
		{"3DES_EDE_CBC", "3DES", "CBC", 24},
		{"DES_CBC", "DES", "CBC", 8},
		{"RC4_128", "RC4", "", 16},
		{"NULL", "NULL", "", 0},
	}
}

func (s *suite) setMAC(name string) bool {
	switch name {
	case "_MD5":
		s.mac = md5.New
	case "_SHA":
		s.mac = sha1.New
	case "_SHA256":
		s.mac = sha256.New
	case "_SHA384":
		s.mac = sha512.New384
	default:
		return false
	}
	s.macSize = s.mac().Size()
	return true
}

// blockSize is that of the block cipher.
func (s *suite) blockSize() int {
	if s.cipher == "3DES" || s.cipher == "DES" {
		return 8
	}
	return 16
}

// fixedIV is how many bytes of IV the key block has (RFC 5246, Section 6.3;
// RFC 5288, Section 3; RFC 7905, Section 2).
func (s *suite) fixedIV(v wire.Version) int {
	switch {
	case s.mode == "POLY1305":
		return 12
	case s.mode == "GCM" || s.mode == "CCM" || s.mode == "CCM_8":
		return 4
	case s.mode == "CBC" && v <= wire.TLS10:
		return s.blockSize()
	}
	return 0
}
