package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// knownPrime names a well-known group by its prime, and gives its number when
// it is one of RFC 7919.
func knownPrime(p []byte) (string, Group) {
	p = bytes.TrimLeft(p, "\x00")
	if len(p) < 96 {
		return "", 0
	}
	sum := sha256.Sum256(p)
	name := primeName(hex.EncodeToString(sum[:8]))
	for g := FFDHE2048; g <= FFDHE8192; g++ {
		if g.Name() == name {
			return name, g
		}
	}
	return name, 0
}

// primeName maps the first eight bytes of the SHA-256 of a prime, in hex and
// without leading zeros, to the name of its group.
func primeName(digest string) string {
	switch digest {
	case "9cd3b7f336872f46": // RFC 7919, Appendix A
		return "ffdhe2048"
	case "0eaf67db3a839156":
		return "ffdhe3072"
	case "4648414224ac881b":
		return "ffdhe4096"
	case "227ac9066b3ddd9e":
		return "ffdhe6144"
	case "770b14efaf6f0499":
		return "ffdhe8192"
	case "b52ba6a3026520a6": // RFC 2409, Section 6
		return "MODP 768 (RFC 2409)"
	case "3f35a3f5f6c4376a":
		return "MODP 1024 (RFC 2409)"
	case "64fcc83ec403930b": // RFC 3526
		return "MODP 1536 (RFC 3526)"
	case "d66436f79bbd6b2e":
		return "MODP 2048 (RFC 3526)"
	case "48cf8b092fbce435":
		return "MODP 3072 (RFC 3526)"
	case "4ee95187682bcb23":
		return "MODP 4096 (RFC 3526)"
	case "d1bfe6d0925ce7e4":
		return "MODP 6144 (RFC 3526)"
	case "39ab4feab950a312":
		return "MODP 8192 (RFC 3526)"
	case "44c55cfee5c07592": // RFC 5114, Section 2
		return "MODP 1024 with subgroup 160 (RFC 5114)"
	case "bfe545862ca102ad":
		return "MODP 2048 with subgroup 224 (RFC 5114)"
	case "0b7835722cb61982":
		return "MODP 2048 with subgroup 256 (RFC 5114)"
	}
	return ""
}
