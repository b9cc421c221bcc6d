package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"

	"tlswhy/decode/wire"
)

// Cipher suites of QUIC (RFC 9001, Section 5.3). CCM is allowed by the RFC
// and spoken by nobody.
const (
	aes128GCM        wire.CipherSuite = 0x1301
	aes256GCM        wire.CipherSuite = 0x1302
	chacha20Poly1305 wire.CipherSuite = 0x1303
)

var errShort = errors.New("packet shorter than its protection")

// packetKeys opens the packets of one direction and level. It has no String
// method on purpose, and holds no key bytes that fmt could reach but iv.
type packetKeys struct {
	suite  wire.CipherSuite
	v2     bool
	secret []byte // traffic secret, for key updates
	aead   cipher.AEAD
	iv     []byte
	mask   func(sample []byte) [5]byte // header protection (RFC 9001, Section 5.4)
}

func hashOf(suite wire.CipherSuite) func() hash.Hash {
	if suite == aes256GCM {
		return sha512.New384
	}
	return sha256.New
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, Section 7.1).
func expandLabel(h func() hash.Hash, secret []byte, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(info, "tls13 "+label...)
	info = append(info, 0)
	out, err := hkdf.Expand(h, secret, string(info), n)
	if err != nil {
		panic("quic: " + err.Error()) // n is a constant far below the limit
	}
	return out
}

// label gives the version's form of a key label (RFC 9001, Section 5.1; RFC
// 9369, Section 3.3.2).
func label(v2 bool, name string) string {
	if v2 {
		return "quicv2 " + name
	}
	return "quic " + name
}

func newPacketKeys(suite wire.CipherSuite, v2 bool, secret []byte) (*packetKeys, error) {
	h := hashOf(suite)
	if len(secret) != h().Size() {
		return nil, fmt.Errorf("a traffic secret of %d bytes does not fit the cipher suite", len(secret))
	}
	k := &packetKeys{suite: suite, v2: v2, secret: secret}
	if err := k.setAEAD(); err != nil {
		return nil, err
	}
	n := 16
	if suite != aes128GCM {
		n = 32
	}
	hp := expandLabel(h, secret, label(v2, "hp"), n)
	if suite == chacha20Poly1305 {
		k.mask = chachaMask(hp)
		return k, nil
	}
	block, err := aes.NewCipher(hp)
	if err != nil {
		return nil, err
	}
	k.mask = func(sample []byte) [5]byte {
		var out [16]byte
		block.Encrypt(out[:], sample)
		return [5]byte(out[:5])
	}
	return k, nil
}

// setAEAD derives key and IV from the secret (RFC 9001, Section 5.1).
func (k *packetKeys) setAEAD() error {
	h := hashOf(k.suite)
	n := 32
	if k.suite == aes128GCM {
		n = 16
	}
	key := expandLabel(h, k.secret, label(k.v2, "key"), n)
	k.iv = expandLabel(h, k.secret, label(k.v2, "iv"), 12)
	var err error
	switch k.suite {
	case aes128GCM, aes256GCM:
		var block cipher.Block
		if block, err = aes.NewCipher(key); err == nil {
			k.aead, err = cipher.NewGCM(block)
		}
	case chacha20Poly1305:
		k.aead, err = chacha20poly1305.New(key)
	default:
		err = fmt.Errorf("no QUIC packet protection for cipher suite 0x%04x", uint16(k.suite))
	}
	return err
}

// updated gives the keys of the next key phase (RFC 9001, Section 6.1).
func (k *packetKeys) updated() (*packetKeys, error) {
	next := &packetKeys{suite: k.suite, v2: k.v2, mask: k.mask}
	next.secret = expandLabel(hashOf(k.suite), k.secret, label(k.v2, "ku"), len(k.secret))
	return next, next.setAEAD()
}

// chachaMask is RFC 9001, Section 5.4.4.
func chachaMask(key []byte) func([]byte) [5]byte {
	return func(sample []byte) (mask [5]byte) {
		c, err := chacha20.NewUnauthenticatedCipher(key, sample[4:16])
		if err != nil {
			panic("quic: " + err.Error()) // lengths are constant
		}
		c.SetCounter(binary.LittleEndian.Uint32(sample))
		c.XORKeyStream(mask[:], mask[:])
		return mask
	}
}

// opened is a packet without its protection.
type opened struct {
	number  uint64
	phase   bool // key phase bit of a short header
	payload []byte
}

// unmask removes the header protection (RFC 9001, Section 5.4.1): the header
// as it was authenticated and the truncated packet number.
func (k *packetKeys) unmask(p *Packet) (header []byte, truncated uint64, err error) {
	sample := p.number + 4
	if p.number == 0 || len(p.Bytes) < sample+16 {
		return nil, 0, errShort
	}
	mask := k.mask(p.Bytes[sample : sample+16])
	first := p.Bytes[0]
	if first&0x80 != 0 {
		first ^= mask[0] & 0x0f
	} else {
		first ^= mask[0] & 0x1f
	}
	n := int(first&3) + 1
	header = append(make([]byte, 0, p.number+n), p.Bytes[:p.number+n]...)
	header[0] = first
	for i := range n {
		header[p.number+i] ^= mask[1+i]
		truncated = truncated<<8 | uint64(header[p.number+i])
	}
	return header, truncated, nil
}

// open removes header and packet protection; largest is the highest packet
// number seen before in the packet number space, -1 for none. The payload is
// appended to dst[:0].
func (k *packetKeys) open(dst []byte, p *Packet, largest int64) (opened, error) {
	header, truncated, err := k.unmask(p)
	if err != nil {
		return opened{}, err
	}
	o := opened{phase: header[0]&0x84 == 0x04}
	n := len(header) - p.number
	o.number = decodePacketNumber(truncated, n, largest)
	nonce := make([]byte, len(k.iv))
	copy(nonce, k.iv)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(o.number >> (8 * i))
	}
	o.payload, err = k.aead.Open(dst[:0], nonce, p.Bytes[len(header):], header)
	return o, err
}

// decodePacketNumber is RFC 9000, Appendix A.3.
func decodePacketNumber(truncated uint64, n int, largest int64) uint64 {
	window := int64(1) << (8 * n)
	expected := largest + 1
	candidate := expected&^(window-1) | int64(truncated)
	switch {
	case candidate <= expected-window/2 && candidate < 1<<62-window:
		candidate += window
	case candidate > expected+window/2 && candidate >= window:
		candidate -= window
	}
	return uint64(candidate)
}

// initialKeys are the two keys of Initial packets for one Destination
// Connection ID (RFC 9001, Section 5.2).
type initialKeys struct {
	version Version
	dcid    string
	salt    salt
	keys    [2]*packetKeys
}

func newInitialKeys(v Version, s salt, dcid []byte) *initialKeys {
	prk, err := hkdf.Extract(sha256.New, dcid, s.bytes[:])
	if err != nil {
		panic("quic: " + err.Error())
	}
	k := &initialKeys{version: v, dcid: string(dcid), salt: s}
	for side, name := range [2]string{"client in", "server in"} {
		k.keys[side], err = newPacketKeys(aes128GCM, s.v2, expandLabel(sha256.New, prk, name, 32))
		if err != nil {
			panic("quic: " + err.Error())
		}
	}
	return k
}
