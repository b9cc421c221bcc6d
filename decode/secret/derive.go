package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"slices"

	"tlswhy/decode/wire"
)

const masterLength = 48

// prf is the pseudorandom function (RFC 5246, Section 5; RFC 2246, Section 5
// for the versions before 1.2).
func prf(v wire.Version, h func() hash.Hash, secret []byte, label string, seed []byte, n int) []byte {
	full := append([]byte(label), seed...)
	out := make([]byte, n)
	if v >= wire.TLS12 {
		xorPHash(out, h, secret, full)
		return out
	}
	half := (len(secret) + 1) / 2
	xorPHash(out, md5.New, secret[:half], full)
	xorPHash(out, sha1.New, secret[len(secret)-half:], full)
	return out
}

// xorPHash is P_hash (RFC 5246, Section 5), xored into out.
func xorPHash(out []byte, h func() hash.Hash, secret, seed []byte) {
	mac := hmac.New(h, secret)
	sum := func(parts ...[]byte) []byte {
		mac.Reset()
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	for a := sum(seed); len(out) > 0; a = sum(a) {
		block := sum(a, seed)
		n := min(len(block), len(out))
		for i := range n {
			out[i] ^= block[i]
		}
		out = out[n:]
	}
}

// keyBlock are the keys of one direction before TLS 1.3.
type keyBlock struct{ mac, key, iv []byte }

// deriveKeys is RFC 5246, Section 6.3.
func deriveKeys(v wire.Version, s *suite, master, clientRandom, serverRandom []byte) (keys [2]keyBlock) {
	iv := s.fixedIV(v)
	seed := slices.Concat(serverRandom, clientRandom)
	b := prf(v, s.prf, master, "key expansion", seed, 2*(s.macSize+s.key+iv))
	take := func(n int) []byte {
		part := b[:n:n]
		b = b[n:]
		return part
	}
	keys[Client].mac, keys[Server].mac = take(s.macSize), take(s.macSize)
	keys[Client].key, keys[Server].key = take(s.key), take(s.key)
	keys[Client].iv, keys[Server].iv = take(iv), take(iv)
	return keys
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, Section
// 7.1); prefix is "tls13 " or, for DTLS 1.3, "dtls13" (RFC 9147, Section 5.9).
func expandLabel(h func() hash.Hash, secret []byte, prefix, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len(prefix)+len(label)))
	info = append(info, prefix+label...)
	info = append(info, 0)
	out, err := hkdf.Expand(h, secret, string(info), n)
	if err != nil {
		panic("secret: internal error: " + err.Error()) // n is far below the limit
	}
	return out
}
