package wire

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// JA3 is the string of the published JA3 method: version, cipher suites,
// extensions, groups and point formats in decimal, GREASE left out. Empty for
// a hello of SSL 2.0 format, for which the method has no form.
func (h ClientHello) JA3() string {
	if h.SSLv2 {
		return ""
	}
	b := make([]byte, 0, 256)
	b = strconv.AppendUint(b, uint64(h.LegacyVersion), 10)
	b = decimals(append(b, ','), h.CipherSuites)
	b = decimals(append(b, ','), extensionTypes(h.Extensions))
	b = decimals(append(b, ','), h.Groups)
	b = append(b, ',')
	for i, f := range h.PointFormats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(f), 10)
	}
	return string(b)
}

// JA3Hash is the MD5 of JA3 in hex; empty when JA3 is.
func (h ClientHello) JA3Hash() string { return md5Hex(h.JA3()) }

// JA3S is the string of the published JA3S method: version, cipher suite and
// extensions of a ServerHello in decimal. Empty for SSL 2.0.
func (h ServerHello) JA3S() string {
	if h.SSLv2 {
		return ""
	}
	b := strconv.AppendUint(nil, uint64(h.LegacyVersion), 10)
	b = strconv.AppendUint(append(b, ','), uint64(h.CipherSuite), 10)
	return string(decimals(append(b, ','), extensionTypes(h.Extensions)))
}

// JA3SHash is the MD5 of JA3S in hex; empty when JA3S is.
func (h ServerHello) JA3SHash() string { return md5Hex(h.JA3S()) }

func md5Hex(s string) string {
	if s == "" {
		return ""
	}
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func extensionTypes(list []Extension) []ExtensionType {
	types := make([]ExtensionType, len(list))
	for i, e := range list {
		types[i] = e.Type
	}
	return types
}

// decimals appends the numbers that are not GREASE, with hyphens between.
func decimals[T ~uint16](b []byte, list []T) []byte {
	first := true
	for _, v := range list {
		if isGREASE(uint16(v)) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

// JA4 is FoxIO's fingerprint of a TLS client, whose method is published under
// a BSD licence; transport is 't' (TCP), 'q' (QUIC) or 'd' (DTLS). The other
// methods of the JA4+ family, JA4S among them, are under a licence that
// restricts their use and are left out. A first protocol that is no text gives
// the digits of its bytes in hex, as the description says; older programs of
// the same authors print 99 there.
func (h ClientHello) JA4(transport byte) string {
	suites, extensions := withoutGREASE(h.CipherSuites), withoutGREASE(extensionTypes(h.Extensions))
	b := append(make([]byte, 0, 64), transport)
	b = append(b, ja4Version(h.ja4Version())...)
	if slices.Contains(extensions, ExtServerName) {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = twoDigits(b, len(suites))
	b = twoDigits(b, len(extensions))
	b = append(b, ja4ALPN(h.ALPN)...)

	slices.Sort(suites)
	b = append(append(b, '_'), ja4Hash(hexList(suites))...)

	extensions = slices.DeleteFunc(extensions, func(e ExtensionType) bool { return e == ExtServerName || e == ExtALPN })
	slices.Sort(extensions)
	list := hexList(extensions)
	if schemes := withoutGREASE(h.SignatureSchemes); len(schemes) > 0 && list != "" {
		list += "_" + hexList(schemes)
	}
	return string(append(append(b, '_'), ja4Hash(list)...))
}

// ja4Version is the highest version offered.
func (h ClientHello) ja4Version() Version {
	if versions := withoutGREASE(h.SupportedVersions); len(versions) > 0 {
		if h.LegacyVersion.IsDTLS() {
			return slices.Min(versions)
		}
		return slices.Max(versions)
	}
	return h.LegacyVersion
}

func ja4Version(v Version) string {
	switch v {
	case TLS13:
		return "13"
	case TLS12:
		return "12"
	case TLS11:
		return "11"
	case TLS10:
		return "10"
	case SSL30:
		return "s3"
	case SSL20:
		return "s2"
	case DTLS10:
		return "d1"
	case DTLS12:
		return "d2"
	case DTLS13:
		return "d3"
	}
	return "00"
}

// ja4ALPN is the first and the last character of the first protocol, or of its
// bytes in hex when one of the two is no letter and no digit.
func ja4ALPN(protocols []string) string {
	if len(protocols) == 0 || protocols[0] == "" {
		return "00"
	}
	p := protocols[0]
	if !alphanumeric(p[0]) || !alphanumeric(p[len(p)-1]) {
		p = hex.EncodeToString([]byte(p))
	}
	return string([]byte{p[0], p[len(p)-1]})
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func ja4Hash(list string) string {
	if list == "" {
		return "000000000000"
	}
	sum := sha256.Sum256([]byte(list))
	return hex.EncodeToString(sum[:6])
}

func twoDigits(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// withoutGREASE gives a list of its own.
func withoutGREASE[T ~uint16](list []T) []T {
	out := make([]T, 0, len(list))
	for _, v := range list {
		if !isGREASE(uint16(v)) {
			out = append(out, v)
		}
	}
	return out
}

func hexList[T ~uint16](list []T) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write([]byte{digits[v>>12&15], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
	}
	return b.String()
}
