package wire

import "strings"

// Groups that code asks about.
const (
	Secp256r1      Group = 23
	Secp384r1      Group = 24
	Secp521r1      Group = 25
	X25519         Group = 29
	X448           Group = 30
	CurveSM2       Group = 41
	FFDHE2048      Group = 256
	FFDHE3072      Group = 257
	FFDHE4096      Group = 258
	FFDHE6144      Group = 259
	FFDHE8192      Group = 260
	X25519MLKEM768 Group = 4588
)

// Name is the IANA name, as "x25519".
func (g Group) Name() string {
	return codePointName(groupName(uint16(g)), uint16(g), g >= 0x01fc && g <= 0x01ff || g>>8 == 0xfe)
}

func (g Group) String() string { return g.Name() }

// Known reports whether the number has a name.
func (g Group) Known() bool { return groupName(uint16(g)) != "" }

// IsGREASE reports a reserved value of RFC 8701.
func (g Group) IsGREASE() bool { return isGREASE(uint16(g)) }

// IsFFDHE reports a finite field group (RFC 7919, Section 2); numbers of its
// range that have no name yet are among them.
func (g Group) IsFFDHE() bool { return g>>8 == 1 }

// IsPQ reports a group with a post-quantum part.
func (g Group) IsPQ() bool {
	switch {
	case g.IsGREASE() || g < 512 || g >= 0xff00:
		return false
	case g < 600 || g >= 12032 && g <= 12102 || g >= 4587 && g <= 4590:
		return true
	}
	name := groupName(uint16(g))
	return strings.Contains(name, "Kyber") || strings.Contains(name, "CECPQ")
}

// Bits is the size of the field or of the prime; 0 for unknown groups and for
// those that have a post-quantum part.
func (g Group) Bits() int {
	switch {
	case g.IsFFDHE():
		return g.primeBits()
	case g >= 1 && g <= 28:
		return int(curveBits[2*g-2])<<8 | int(curveBits[2*g-1])
	}
	switch g {
	case X25519:
		return 255
	case X448:
		return 448
	case CurveSM2, 31, 34, 35, 36, 37:
		return 256
	case 32:
		return 384
	case 33, 38, 39, 40:
		return 512
	}
	return 0
}

func (g Group) primeBits() int {
	switch g {
	case FFDHE2048:
		return 2048
	case FFDHE3072:
		return 3072
	case FFDHE4096:
		return 4096
	case FFDHE6144:
		return 6144
	case FFDHE8192:
		return 8192
	}
	return 0
}

// curveBits is the field size of the curves 1 to 28, two bytes each (RFC 4492,
// Section 5.1.1; RFC 7027).
const curveBits = "\x00\xa3\x00\xa3\x00\xa3\x00\xc1\x00\xc1\x00\xe9\x00\xe9\x00\xef" +
	"\x01\x1b\x01\x1b\x01\x99\x01\x99\x02\x3b\x02\x3b" +
	"\x00\xa0\x00\xa0\x00\xa0\x00\xc0\x00\xc0\x00\xe0\x00\xe0\x01\x00\x01\x00\x01\x80\x02\x09" +
	"\x01\x00\x01\x80\x02\x00"
