package wire

import "fmt"

// CertificateCompression is an algorithm of RFC 8879, Section 7.3.
type CertificateCompression uint16

// Algorithms of RFC 8879.
const (
	CompressionZlib   CertificateCompression = 1
	CompressionBrotli CertificateCompression = 2
	CompressionZstd   CertificateCompression = 3
)

// Name is the IANA name, as "brotli".
func (c CertificateCompression) Name() string {
	switch c {
	case CompressionZlib:
		return "zlib"
	case CompressionBrotli:
		return "brotli"
	case CompressionZstd:
		return "zstd"
	}
	return fmt.Sprintf("unknown (%d)", uint16(c))
}

func (c CertificateCompression) String() string { return c.Name() }
