package wire

import "fmt"

// Versions of the protocol as they stand on the wire.
const (
	SSL20     Version = 0x0002 // SSL 2.0 format hellos
	DTLSCisco Version = 0x0100 // DTLS before RFC 4347: Cisco AnyConnect, OpenSSL's DTLS1_BAD_VER
	TLCP11    Version = 0x0101 // GB/T 38636
	SSL30     Version = 0x0300
	TLS10     Version = 0x0301
	TLS11     Version = 0x0302
	TLS12     Version = 0x0303
	TLS13     Version = 0x0304
	DTLS13    Version = 0xfefc
	DTLS12    Version = 0xfefd
	DTLS10    Version = 0xfeff
)

// Name is what people call the version: "TLS 1.2", "TLS 1.3 draft 23".
func (v Version) Name() string {
	if name := v.name(); name != "" {
		return name
	}
	switch {
	case v.Draft() > 0 && v>>8 == 0x7f:
		return fmt.Sprintf("TLS 1.3 draft %d", v.Draft())
	case v.Draft() > 0:
		return fmt.Sprintf("TLS 1.3 draft %d (Fizz)", v.Draft())
	case v>>8 == 0x7e:
		return fmt.Sprintf("TLS 1.3 experiment (0x%04x)", uint16(v))
	}
	return codePointName("", uint16(v), false)
}

func (v Version) name() string {
	switch v {
	case SSL20, 0x0200:
		return "SSL 2.0"
	case DTLSCisco:
		return "DTLS before 1.0"
	case TLCP11:
		return "TLCP 1.1"
	case SSL30:
		return "SSL 3.0"
	case TLS10:
		return "TLS 1.0"
	case TLS11:
		return "TLS 1.1"
	case TLS12:
		return "TLS 1.2"
	case TLS13:
		return "TLS 1.3"
	case DTLS10:
		return "DTLS 1.0"
	case DTLS12:
		return "DTLS 1.2"
	case DTLS13:
		return "DTLS 1.3"
	}
	return ""
}

func (v Version) String() string { return v.Name() }

// IsGREASE reports a reserved value of RFC 8701.
func (v Version) IsGREASE() bool { return isGREASE(uint16(v)) }

// Draft is the number of the draft of TLS 1.3 that v stands for, 0 for none.
func (v Version) Draft() int {
	if v>>8 == 0x7f || v>>8 == 0xfb && v&0xff >= 18 && v&0xff <= 28 {
		return int(v & 0xff)
	}
	return 0
}

// Is13 reports TLS 1.3 and its drafts and DTLS 1.3.
func (v Version) Is13() bool { return v.TLS() == TLS13 }

// IsDTLS reports any version of DTLS.
func (v Version) IsDTLS() bool { return v>>8 == 0xfe && v >= DTLS13 || v == DTLSCisco }

// TLS is the version of TLS whose messages v has: TLS 1.2 for DTLS 1.2, TLS
// 1.1 for DTLS 1.0, TLS 1.3 for its drafts. Others are given back as they are.
func (v Version) TLS() Version {
	switch {
	case v == DTLS12:
		return TLS12
	case v == DTLS10 || v == DTLSCisco:
		return TLS11
	case v == DTLS13 || v.Draft() > 0 || v>>8 == 0x7e:
		return TLS13
	}
	return v
}
