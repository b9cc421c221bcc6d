package wire

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// CertificateCompression is an algorithm of RFC 8879, Section 7.3.
type CertificateCompression uint16

// Algorithms of RFC 8879.
const (
	CompressionZlib   CertificateCompression = 1
	CompressionBrotli CertificateCompression = 2
	CompressionZstd   CertificateCompression = 3
)

// maxCertificateMessage bounds what is decompressed, in bytes: ten times the
// chain that OpenSSL accepts by default, so that a few bytes cannot ask for
// the 16 MiB that the length field could.
const maxCertificateMessage = 1 << 20

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

// ParseCompressedCertificate reads the body of a CompressedCertificate
// (RFC 8879, Section 4) and the Certificate in it, whose slices then alias
// memory of their own. Offsets of trouble in the latter are in the
// decompressed message.
func ParseCompressedCertificate(body []byte) (Certificate, *Malformed) {
	t := trouble{message: "CompressedCertificate"}
	r := newReader(&t, body)
	algorithm := CertificateCompression(r.uint16("algorithm"))
	length := r.uint("uncompressed_length", 3)
	at := r.pos
	packed, whole := r.vector("compressed_certificate_message", 3)
	r.end("end")
	if !whole {
		return Certificate{Compressed: algorithm.Name()}, t.first
	}
	plain, err := algorithm.unpack(packed.b, length)
	c, inner := ParseCertificate(plain, TLS13)
	c.Compressed = algorithm.Name()
	switch {
	case err != nil:
		r.dead = false
		r.wrong("compressed_certificate_message", at, 0, "%s: %v", c.Compressed, err)
	case t.first == nil:
		t.first = inner
	}
	return c, t.first
}

// unpack decompresses at most as much as the message says it holds, and no
// more than is bounded. What came before trouble is given too.
func (c CertificateCompression) unpack(packed []byte, length int) ([]byte, error) {
	if length > maxCertificateMessage {
		return nil, fmt.Errorf("%d bytes, more than the %d that are unpacked", length, maxCertificateMessage)
	}
	r, closer, err := c.reader(packed)
	if err != nil {
		return nil, err
	}
	defer closer()
	plain, err := io.ReadAll(io.LimitReader(r, int64(length)+1))
	if err == nil && len(plain) != length {
		err = fmt.Errorf("unpacks to another length than %d bytes", length)
	}
	return plain[:min(len(plain), length)], err
}

func (c CertificateCompression) reader(packed []byte) (io.Reader, func(), error) {
	nothing := func() {}
	switch c {
	case CompressionZlib:
		r, err := zlib.NewReader(bytes.NewReader(packed))
		return r, nothing, err
	case CompressionBrotli:
		return brotli.NewReader(bytes.NewReader(packed)), nothing, nil
	case CompressionZstd:
		r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(8<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return r, r.Close, nil
	}
	return nil, nil, fmt.Errorf("not supported")
}
