package secret

import (
	"crypto/aes"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"

	"tlswhy/decode/wire"
)

// dtlsHeaderLen is RFC 6347, Section 4.1, without a connection ID.
const dtlsHeaderLen = 13

// openDatagram opens a record of DTLS, whose header says its place.
func (s *Session) openDatagram(from Side, header, body []byte) (Opened, error) {
	if s.half(from).budget <= 0 {
		return Opened{}, ErrLost
	}
	if s.params.Version.Is13() {
		return s.openUnified(from, header, body)
	}
	if len(header) < dtlsHeaderLen {
		return Opened{}, ErrNotProtected
	}
	r := &record{body: body, typ: wire.ContentType(header[0]), version: wire.Version(binary.BigEndian.Uint16(header[1:]))}
	if r.typ == wire.TypeTLS12CID {
		r.cid = header[11 : len(header)-2]
	}
	place := binary.BigEndian.Uint64(header[3:])
	switch place >> 48 {
	case 0:
		return Opened{}, ErrNotProtected
	case 1:
	default:
		return Opened{}, ErrNoSecret // of a renegotiation, which has a session of its own
	}
	plain, err := s.half(from).made[0].open(place, r)
	if err != nil {
		s.half(from).budget -= len(body) + 64
		return Opened{}, err
	}
	o := Opened{Type: r.typ, Plaintext: plain, Epoch: Application, Sequence: place & (1<<48 - 1)}
	if r.cid != nil {
		return o, o.unwrap() // RFC 9146, Section 4
	}
	return o, nil
}

// openUnified opens a record of DTLS 1.3 (RFC 9147, Section 4). Its header has
// the last two bits of the epoch: the keys tried are those nearest to the
// newest ones that opened anything.
func (s *Session) openUnified(from Side, header, body []byte) (Opened, error) {
	if len(header) < 2 || header[0]&0xe0 != 0x20 {
		return Opened{}, ErrNotProtected
	}
	h, result := s.half(from), ErrNoSecret
	for stage := max(0, h.stage-lookAhead); stage <= h.stage+lookAhead; stage++ {
		if (stage+1)&3 != int(header[0]&3) {
			continue
		}
		p, ok := s.protection(from, stage).(*aead13)
		if !ok {
			continue
		}
		if o, err := s.openNumbered(h, p, stage, header, body); err == nil {
			h.stage, h.budget = max(h.stage, stage), maxBudget
			delete(h.made, h.stage-lookAhead-1)
			return o, nil
		}
		result = ErrAuthentication
		h.budget -= len(body) + 64
	}
	return Opened{}, result
}

func (s *Session) openNumbered(h *half, p *aead13, stage int, header, body []byte) (Opened, error) {
	header, seq, err := p.number(header, body)
	if err != nil {
		return Opened{}, err
	}
	plain, err := p.open(seq, &record{header: header, body: body})
	if err != nil {
		return Opened{}, err
	}
	p.next = max(p.next, seq+1)
	o := Opened{Plaintext: plain, Sequence: seq, Epoch: Epoch(min(stage, stageApplication)), Update: max(0, stage-stageApplication)}
	return o, o.unwrap()
}

// number decrypts the sequence number of a unified header (RFC 9147, Sections
// 4.2.2 and 4.2.3): the header as it is authenticated, the whole number.
func (p *aead13) number(header, body []byte) ([]byte, uint64, error) {
	length, n := 0, 1
	if header[0]&4 != 0 {
		length = 2
	}
	if header[0]&8 != 0 {
		n = 2
	}
	at := len(header) - length - n
	if at < 1 || len(body) < 16 || p.mask == nil {
		return nil, 0, ErrAuthentication
	}
	mask := p.mask(body[:16])
	clear := append([]byte(nil), header...)
	truncated := uint64(0)
	for i := range n {
		clear[at+i] ^= mask[i]
		truncated = truncated<<8 | uint64(clear[at+i])
	}
	window := uint64(1) << (8 * n)
	seq := p.next&^(window-1) | truncated
	switch {
	case seq+window/2 < p.next:
		seq += window
	case seq > p.next+window/2 && seq >= window:
		seq -= window
	}
	return clear, seq, nil
}

// numberMask is RFC 9147, Section 4.2.3.
func numberMask(s *suite, key []byte) func([]byte) [2]byte {
	if s.cipher == "CHACHA20" {
		return func(sample []byte) (mask [2]byte) {
			c, err := chacha20.NewUnauthenticatedCipher(key, sample[4:16])
			if err != nil {
				panic("secret: internal error: " + err.Error()) // lengths are constant
			}
			c.SetCounter(binary.LittleEndian.Uint32(sample))
			c.XORKeyStream(mask[:], mask[:])
			return mask
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("secret: internal error: " + err.Error())
	}
	return func(sample []byte) [2]byte {
		var out [16]byte
		block.Encrypt(out[:], sample)
		return [2]byte(out[:2])
	}
}
