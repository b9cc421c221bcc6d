package analyze

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Bounds on certificates, whose number and size a peer chooses.
const (
	maxChain     = 32       // certificates of one chain that are read
	maxDER       = 64 << 10 // bytes of one certificate
	maxRSA       = 16384    // bits of a key that signatures are checked with, as in OpenSSL: the time grows with the cube, and crypto/x509 knows no bound
	maxCertCache = 1 << 16  // different certificates of an input
)

// certPool is every certificate that the input shows, by content.
type certPool struct {
	byDigest  map[[32]byte]*readCert
	bySubject map[string][]*readCert // certificates that may have issued others, by raw subject
}

// readCert is a certificate that was read once.
type readCert struct {
	Certificate
	x *x509.Certificate // nil when crypto/x509 refuses it
}

// read returns the certificate with that content, parsing it the first time.
func (p *certPool) read(der []byte) *readCert {
	key := sha256.Sum256(der)
	if c := p.byDigest[key]; c != nil {
		return c
	}
	c := readCertificate(der, key)
	if p.byDigest == nil {
		p.byDigest, p.bySubject = map[[32]byte]*readCert{}, map[string][]*readCert{}
	}
	if len(p.byDigest) < maxCertCache {
		p.byDigest[key] = c
		if c.x != nil && c.x.IsCA {
			s := string(c.x.RawSubject)
			p.bySubject[s] = append(p.bySubject[s], c)
		}
	}
	return c
}

func (p *certPool) add(ders [][]byte) {
	for _, der := range ders[:min(len(ders), maxChain)] {
		p.read(der)
	}
}

func readCertificate(der []byte, digest [32]byte) *readCert {
	c := &readCert{Certificate: Certificate{DER: der, SHA256: hex.EncodeToString(digest[:])}}
	if len(der) > maxDER {
		c.Unparsable = fmt.Sprintf("%d bytes are more than a certificate can have", len(der))
		return c
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		c.Unparsable = strings.TrimPrefix(err.Error(), "x509: ")
		c.lenient(der)
		return c
	}
	c.x = x
	c.Subject, c.Issuer, c.CommonName = x.Subject.String(), x.Issuer.String(), x.Subject.CommonName
	c.Serial = hex.EncodeToString(x.SerialNumber.Bytes())
	c.NotBefore, c.NotAfter, c.CA = x.NotBefore.UTC(), x.NotAfter.UTC(), x.IsCA
	c.DNSNames = x.DNSNames
	for _, ip := range x.IPAddresses {
		c.IPAddresses = append(c.IPAddresses, ip.String())
	}
	c.Key, c.Signature = keyName(x), x.SignatureAlgorithm.String()
	c.SelfSigned = bytes.Equal(x.RawSubject, x.RawIssuer)
	return c
}

// keyName describes a public key: "RSA 2048", "ECDSA P-256".
func keyName(x *x509.Certificate) string {
	switch k := x.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return x.PublicKeyAlgorithm.String()
}

// rsaBits is the size of an RSA key; 0 for other keys.
func (c *readCert) rsaBits() int {
	if c.x != nil {
		if k, ok := c.x.PublicKey.(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
	}
	return 0
}

// sha1Ended is when the browsers' stores stopped to take SHA-1 in certificates
// (CA/Browser Forum Baseline Requirements, Section 7.1.3).
var sha1Ended = time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)

// weakSignature says whether the certificate is signed with MD5, or with SHA-1
// at a time at which clients refuse that.
func (c *readCert) weakSignature(at time.Time) bool {
	if c.x == nil {
		return false
	}
	switch c.x.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA:
		return true
	case x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return !at.Before(sha1Ended)
	}
	return false
}

// validAt says whether t lies in the validity period.
func (c *readCert) validAt(t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}
