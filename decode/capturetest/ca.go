package capturetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"time"
)

// CA issues certificates for tests, always the same for the same calls: keys
// (P-256) and serial numbers follow from the subject, and signatures are
// deterministic (RFC 6979).
type CA struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// NewCA returns a root with that common name, valid from 2020 to 2040.
func NewCA(name string) *CA {
	t := template(name)
	t.IsCA, t.KeyUsage, t.ExtKeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	t.NotBefore, t.NotAfter = year(2020), year(2040)
	key := keyFor(name)
	return &CA{issue(t, t, key.Public(), key), key}
}

// Sub returns a CA below ca.
func (ca *CA) Sub(name string) *CA {
	t := template(name)
	t.IsCA, t.KeyUsage, t.ExtKeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	t.NotBefore, t.NotAfter = year(2021), year(2039)
	key := keyFor(name)
	return &CA{issue(t, ca.Cert, key.Public(), ca.key), key}
}

// Leaf returns a server certificate for a DNS name, valid during 2026; the
// functions change its template first.
func (ca *CA) Leaf(name string, change ...func(*x509.Certificate)) *x509.Certificate {
	t := template(name)
	t.DNSNames = []string{name}
	for _, f := range change {
		f(t)
	}
	return issue(t, ca.Cert, keyFor(name).Public(), ca.key)
}

// SelfSigned returns a server certificate signed by itself.
func SelfSigned(name string, change ...func(*x509.Certificate)) *x509.Certificate {
	t := template(name)
	t.DNSNames = []string{name}
	for _, f := range change {
		f(t)
	}
	key := keyFor(name)
	return issue(t, t, key.Public(), key)
}

// Valid sets the validity of a certificate.
func Valid(from, to time.Time) func(*x509.Certificate) {
	return func(t *x509.Certificate) { t.NotBefore, t.NotAfter = from, to }
}

// Names sets the DNS names of a certificate, none for none.
func Names(names ...string) func(*x509.Certificate) {
	return func(t *x509.Certificate) { t.DNSNames = names }
}

func template(name string) *x509.Certificate {
	sum := sha256.Sum256([]byte("serial of " + name))
	sum[0] &= 0x7f
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(sum[:16]),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    year(2026),
		NotAfter:     year(2027),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
	}
}

func year(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

// keyFor derives the key of a subject.
func keyFor(name string) crypto.Signer {
	sum := sha256.Sum256([]byte("key of " + name))
	sum[0] &= 0x7f // below the order of the group
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
	if err != nil {
		panic(fmt.Sprintf("capturetest: key of %q: %v", name, err))
	}
	return deterministic{key}
}

// deterministic signs without randomness.
type deterministic struct{ key *ecdsa.PrivateKey }

func (d deterministic) Public() crypto.PublicKey { return d.key.Public() }

func (d deterministic) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.key.Sign(nil, digest, opts)
}

func issue(t, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	der, err := x509.CreateCertificate(nil, t, parent, public, signer)
	if err != nil {
		panic(fmt.Sprintf("capturetest: certificate of %q: %v", t.Subject.CommonName, err))
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("capturetest: certificate of %q: %v", t.Subject.CommonName, err))
	}
	return cert
}
