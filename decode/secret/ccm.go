package secret

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// ccm is AES-CCM (RFC 3610); TLS has a nonce of 12 bytes and a tag of 16 or 8
// (RFC 6655).
type ccm struct {
	block cipher.Block
	tag   int // bytes
	nonce int // bytes: 15-L
}

// open checks and decrypts. The plaintext is a new slice. The additional data
// is shorter than 2^16 - 2^8 bytes.
func (c *ccm) open(nonce, body, additional []byte) ([]byte, error) {
	n := len(body) - c.tag
	if n < 0 || len(nonce) != c.nonce {
		return nil, ErrAuthentication
	}
	plain := make([]byte, n)
	stream := cipher.NewCTR(c.block, c.first(nonce, 0))
	var mask [16]byte
	stream.XORKeyStream(mask[:], mask[:])
	stream.XORKeyStream(plain, body[:n])
	tag := c.authenticate(nonce, plain, additional)
	subtle.XORBytes(tag[:], tag[:], mask[:])
	if subtle.ConstantTimeCompare(tag[:c.tag], body[n:]) != 1 {
		return nil, ErrAuthentication
	}
	return plain, nil
}

// first is the block A_0, or B_0 without the length (RFC 3610, Sections 2.2
// and 2.3).
func (c *ccm) first(nonce []byte, flags byte) []byte {
	b := make([]byte, 16)
	b[0] = flags | byte(14-c.nonce)
	copy(b[1:], nonce)
	return b
}

// authenticate is the CBC-MAC (RFC 3610, Section 2.2).
func (c *ccm) authenticate(nonce, plain, additional []byte) (x [16]byte) {
	flags := byte(c.tag-2) / 2 << 3
	if len(additional) > 0 {
		flags |= 0x40
	}
	b0 := c.first(nonce, flags)
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(plain)))
	copy(b0[1+c.nonce:], length[c.nonce-7:])
	c.mac(&x, b0)
	if len(additional) > 0 {
		c.mac(&x, append([]byte{byte(len(additional) >> 8), byte(len(additional))}, additional...))
	}
	c.mac(&x, plain)
	return x
}

// mac takes in data, padded with zeros to whole blocks.
func (c *ccm) mac(x *[16]byte, data []byte) {
	for len(data) > 0 {
		n := subtle.XORBytes(x[:], x[:], data[:min(16, len(data))])
		data = data[n:]
		c.block.Encrypt(x[:], x[:])
	}
}
