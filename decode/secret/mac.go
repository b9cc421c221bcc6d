package secret

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rc4"
	"hash"
)

// macOf is the MAC of the versions before 1.3 (RFC 5246, Section 6.2.3.1).
type macOf struct {
	hash func() hash.Hash
	key  []byte
	size int
}

func (m *macOf) check(seq uint64, r *record, content, mac []byte) error {
	h := hmac.New(m.hash, m.key)
	h.Write(r.pseudoHeader(seq, len(content)))
	h.Write(content)
	if !hmac.Equal(h.Sum(nil), mac) {
		return ErrAuthentication
	}
	return nil
}

// split takes the MAC off the end of content.
func (m *macOf) split(b []byte) (content, mac []byte, err error) {
	if len(b) < m.size {
		return nil, nil, ErrAuthentication
	}
	return b[:len(b)-m.size], b[len(b)-m.size:], nil
}

// cbc is a block cipher with a MAC (RFC 5246, Section 6.2.3.2).
type cbc struct {
	mac      macOf
	block    cipher.Block
	etm      bool   // encrypt-then-MAC (RFC 7366)
	chained  []byte // TLS 1.0: last block of the record before; nil when records have an IV
	explicit bool
}

func (c *cbc) pass(body []byte) {
	if n := c.block.BlockSize(); !c.explicit && len(body) >= n {
		if c.etm {
			body = body[:max(n, len(body)-c.mac.size)]
		}
		c.chained = bytes.Clone(body[len(body)-n:])
	}
}

func (c *cbc) open(seq uint64, r *record) ([]byte, error) {
	body := r.body
	if c.etm {
		content, mac, err := c.mac.split(body)
		if err != nil {
			return nil, err
		}
		if err := c.mac.check(seq, r, content, mac); err != nil {
			return nil, err
		}
		body = content
	}
	plain, err := c.decrypt(body)
	if err != nil || c.etm {
		return plain, err
	}
	content, mac, err := c.mac.split(plain)
	if err != nil {
		return nil, err
	}
	return content, c.mac.check(seq, r, content, mac)
}

// decrypt removes IV and padding.
func (c *cbc) decrypt(body []byte) ([]byte, error) {
	n, iv := c.block.BlockSize(), c.chained
	if c.explicit {
		if len(body) < n {
			return nil, ErrAuthentication
		}
		iv, body = body[:n], body[n:]
	}
	if len(body) == 0 || len(body)%n != 0 {
		return nil, ErrAuthentication
	}
	plain := make([]byte, len(body))
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(plain, body)
	p := plain[len(plain)-1]
	if int(p)+1 > len(plain) {
		return nil, ErrAuthentication
	}
	padding := plain[len(plain)-1-int(p):]
	if bytes.Count(padding, []byte{p}) != len(padding) {
		return nil, ErrAuthentication
	}
	return plain[:len(plain)-len(padding)], nil
}

// stream is RC4 or no cipher at all, with a MAC (RFC 5246, Section 6.2.3.1).
type stream struct {
	mac macOf
	rc4 *rc4.Cipher // nil for NULL
}

func (s *stream) open(seq uint64, r *record) ([]byte, error) {
	plain := bytes.Clone(r.body)
	if s.rc4 != nil {
		state := *s.rc4
		state.XORKeyStream(plain, plain)
	}
	content, mac, err := s.mac.split(plain)
	if err != nil {
		return nil, err
	}
	return content, s.mac.check(seq, r, content, mac)
}

func (s *stream) pass(body []byte) {
	if s.rc4 != nil {
		s.rc4.XORKeyStream(make([]byte, len(body)), body)
	}
}
