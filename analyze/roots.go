package analyze

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Roots is a set of trusted certificates. A nil *Roots is the Mozilla set
// that is built into the program.
type Roots struct {
	name string // "mozilla", "system" or the file as given
	pool *x509.CertPool
}

// Name returns what the report calls the set.
func (r *Roots) Name() string {
	if r == nil {
		return "mozilla"
	}
	return r.name
}

// mozilla parses the built-in set when a certificate is first verified.
var mozilla = sync.OnceValue(func() *Roots {
	r := &Roots{name: "mozilla", pool: x509.NewCertPool()}
	for c := range bundle.Roots() {
		if x, err := x509.ParseCertificate(c.Certificate); err == nil {
			r.pool.AddCert(x)
		}
	}
	return r
})

func (r *Roots) certs() *x509.CertPool {
	if r == nil {
		r = mozilla()
	}
	return r.pool
}

// NewRoots names a pool of roots.
func NewRoots(name string, pool *x509.CertPool) *Roots { return &Roots{name: name, pool: pool} }
