package secret

import (
	"crypto/cipher"
	"encoding/binary"
	"slices"

	"tlswhy/decode/wire"
)

// protection opens the records of one direction under one set of keys.
type protection interface {
	// open removes the protection of a record. It changes nothing, so that it
	// can be tried with several sequence numbers, and leaves the body alone.
	open(seq uint64, r *record) ([]byte, error)
	// pass tells that a record went by, whether it could be opened or not.
	pass(body []byte)
}

// record is a record as it came. In DTLS the sequence number has the epoch in
// its first 16 bits (RFC 6347, Section 4.1).
type record struct {
	header  []byte // as it is authenticated in 1.3
	body    []byte
	typ     wire.ContentType
	version wire.Version
	cid     []byte // RFC 9146; nil for a record of another type
}

// pseudoHeader is what MACs and AEADs before 1.3 authenticate in front of n
// bytes (RFC 5246, Section 6.2.3; RFC 9146, Section 5).
func (r *record) pseudoHeader(seq uint64, n int) []byte {
	b := make([]byte, 0, 32+len(r.cid))
	if r.cid != nil {
		b = append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, byte(r.typ), byte(len(r.cid)), byte(r.typ))
		b = binary.BigEndian.AppendUint16(b, uint16(r.version))
		b = binary.BigEndian.AppendUint64(b, seq)
		b = append(b, r.cid...)
		return binary.BigEndian.AppendUint16(b, uint16(n))
	}
	b = binary.BigEndian.AppendUint64(b, seq)
	b = append(b, byte(r.typ))
	b = binary.BigEndian.AppendUint16(b, uint16(r.version))
	return binary.BigEndian.AppendUint16(b, uint16(n))
}

// opener is the half of an AEAD that is needed; the plaintext is a new slice.
type opener func(nonce, body, additional []byte) ([]byte, error)

func openerOf(c cipher.AEAD) opener {
	return func(nonce, body, additional []byte) ([]byte, error) {
		plain, err := c.Open(nil, nonce, body, additional)
		if err != nil {
			return nil, ErrAuthentication
		}
		return plain, nil
	}
}

// xorNonce is RFC 8446, Section 5.3 and RFC 7905, Section 2.
func xorNonce(iv []byte, seq uint64) []byte {
	nonce := slices.Clone(iv)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(seq >> (8 * i))
	}
	return nonce
}

// aead12 is the AEAD of TLS 1.2 (RFC 5246, Section 6.2.3.3): with an explicit
// nonce in the record (RFC 5288, RFC 6655), or without (RFC 7905).
type aead12 struct {
	aead     opener
	iv       []byte
	tag      int
	explicit int
}

func (a *aead12) pass([]byte) {}

func (a *aead12) open(seq uint64, r *record) ([]byte, error) {
	n := len(r.body) - a.explicit - a.tag
	if n < 0 {
		return nil, ErrAuthentication
	}
	nonce := append(slices.Clone(a.iv), r.body[:a.explicit]...)
	if a.explicit == 0 {
		nonce = xorNonce(a.iv, seq)
	}
	return a.aead(nonce, r.body[a.explicit:], r.pseudoHeader(seq, n))
}

// aead13 is RFC 8446, Section 5.2.
type aead13 struct {
	aead opener
	iv   []byte
	bare bool // the header is not authenticated: before draft 25

	mask func(sample []byte) [2]byte // of sequence numbers, in DTLS
	next uint64                      // sequence number after the highest, in DTLS
}

func (a *aead13) pass([]byte) {}

func (a *aead13) open(seq uint64, r *record) ([]byte, error) {
	additional := r.header
	if a.bare {
		additional = nil
	}
	return a.aead(xorNonce(a.iv, seq), r.body, additional)
}

// firstOf tries the keys of several suites.
type firstOf []protection

func (f firstOf) pass([]byte) {}

func (f firstOf) open(seq uint64, r *record) ([]byte, error) {
	for _, p := range f {
		if plain, err := p.open(seq, r); err == nil {
			return plain, nil
		}
	}
	return nil, ErrAuthentication
}
