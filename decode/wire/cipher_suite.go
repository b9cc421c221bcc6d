package wire

import "fmt"

// Cipher suites that are signals and no suites.
const (
	EmptyRenegotiationInfoSCSV CipherSuite = 0x00ff // RFC 5746, Section 3.3
	FallbackSCSV               CipherSuite = 0x5600 // RFC 7507
)

// Name is the IANA name, as "TLS_AES_128_GCM_SHA256".
func (c CipherSuite) Name() string {
	return codePointName(cipherSuiteName(uint16(c)), uint16(c), c>>8 == 0xff)
}

func (c CipherSuite) String() string { return c.Name() }

// Known reports whether the number has a name.
func (c CipherSuite) Known() bool { return cipherSuiteName(uint16(c)) != "" }

// IsGREASE reports a reserved value of RFC 8701.
func (c CipherSuite) IsGREASE() bool { return isGREASE(uint16(c)) }

// IsSCSV reports a signalling value, which a server never selects.
func (c CipherSuite) IsSCSV() bool { return c == EmptyRenegotiationInfoSCSV || c == FallbackSCSV }

// SSLv2Cipher is a cipher kind of SSL 2.0, three bytes. In a hello that offers
// SSL 3.0 and later too, kinds with a first byte of zero are cipher suites.
type SSLv2Cipher uint32

// Name is the name of the kind or of the cipher suite that it stands for.
func (k SSLv2Cipher) Name() string {
	if suite, ok := k.Suite(); ok {
		return suite.Name()
	}
	if name := sslv2CipherName(uint32(k)); name != "" {
		return name
	}
	return fmt.Sprintf("unknown (0x%06x)", uint32(k))
}

func (k SSLv2Cipher) String() string { return k.Name() }

// Suite is the cipher suite that the kind stands for (RFC 5246, Appendix E.2).
func (k SSLv2Cipher) Suite() (CipherSuite, bool) { return CipherSuite(k), k>>16 == 0 }
