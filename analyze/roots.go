package analyze

import "crypto/x509"

// Roots is a set of trusted certificates.
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

// NewRoots names a pool of roots.
func NewRoots(name string, pool *x509.CertPool) *Roots { return &Roots{name, pool} }
