package wire

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// packed gives what a writer that compresses makes of b.
func packed(t testing.TB, b []byte, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func compressedCertificate(algorithm CertificateCompression, length int, b []byte) []byte {
	return built(func(out *builder) {
		out.u16(uint16(algorithm))
		out.raw([]byte{byte(length >> 16), byte(length >> 8), byte(length)})
		out.opaque(3, b)
	})
}

func openZlib(w io.Writer) io.WriteCloser   { return zlib.NewWriter(w) }
func openBrotli(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }
func openZstd(w io.Writer) io.WriteCloser   { z, _ := zstd.NewWriter(w); return z }

func TestCompressedCertificate(t *testing.T) {
	plain := built(func(b *builder) {
		b.opaque(1, nil)
		b.vector(3, func(b *builder) { b.opaque(3, bytes.Repeat([]byte("leaf"), 300)); b.opaque(2, nil) })
	})
	for _, test := range []struct {
		algorithm CertificateCompression
		name      string
		open      func(io.Writer) io.WriteCloser
	}{{CompressionZlib, "zlib", openZlib}, {CompressionBrotli, "brotli", openBrotli}, {CompressionZstd, "zstd", openZstd}} {
		t.Run(test.name, func(t *testing.T) {
			small := packed(t, plain, test.open)
			c, bad := ParseCompressedCertificate(compressedCertificate(test.algorithm, len(plain), small))
			if bad != nil || c.Compressed != test.name || len(c.Certificates) != 1 || len(c.Certificates[0]) != 1200 {
				t.Fatalf("got %d certificates, %q, %v", len(c.Certificates), c.Compressed, bad)
			}
			for _, length := range []int{len(plain) - 1, len(plain) + 1} {
				if _, bad := ParseCompressedCertificate(compressedCertificate(test.algorithm, length, small)); bad == nil || !strings.Contains(bad.Reason, "another length") {
					t.Errorf("length %d: %v", length, bad)
				}
			}
			if _, bad := ParseCompressedCertificate(compressedCertificate(test.algorithm, len(plain), small[:len(small)/2])); bad == nil {
				t.Error("cut in the middle: not malformed")
			}
			bomb := packed(t, make([]byte, 2<<20), test.open)
			for _, length := range []int{1000, 1<<24 - 1} {
				c, bad := ParseCompressedCertificate(compressedCertificate(test.algorithm, length, bomb))
				if bad == nil || len(c.Certificates) > 0 {
					t.Errorf("%d bytes that unpack to 2 MiB: %v", len(bomb), bad)
				}
			}
		})
	}
	if c, bad := ParseCompressedCertificate(compressedCertificate(9, 1, []byte{1})); bad == nil || c.Compressed != "unknown (9)" {
		t.Errorf("unknown algorithm: %+v, %v", c, bad)
	}
}
