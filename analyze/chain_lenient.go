package analyze

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Names of algorithms that crypto/x509 does not know.
var foreignKeys = map[string]string{
	"1.2.156.10197.1.301":     "SM2",
	"1.2.643.2.2.19":          "GOST R 34.10-2001",
	"1.2.643.7.1.1.1.1":       "GOST R 34.10-2012 256",
	"1.2.643.7.1.1.1.2":       "GOST R 34.10-2012 512",
	"1.3.101.113":             "Ed448",
	"1.2.840.113549.1.1.10":   "RSA-PSS",
	"1.2.840.10040.4.1":       "DSA",
	"2.16.840.1.101.3.4.3.17": "ML-DSA-44",
	"2.16.840.1.101.3.4.3.18": "ML-DSA-65",
	"2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}

// lenient reads what it can of a certificate that crypto/x509 refuses (RFC
// 5280, Section 4.1): names, validity and the kind of key.
func (c *readCert) lenient(der []byte) {
	in := cryptobyte.String(der)
	var cert, tbs, issuer, subject, validity, spki, algorithm cryptobyte.String
	var serial cryptobyte.String
	if !in.ReadASN1(&cert, cbasn1.SEQUENCE) || !cert.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return
	}
	tbs.SkipOptionalASN1(cbasn1.Tag(0).Constructed().ContextSpecific())
	if !tbs.ReadASN1(&serial, cbasn1.INTEGER) {
		return
	}
	c.Serial = hex.EncodeToString(serial[:min(len(serial), 64)])
	if !tbs.SkipASN1(cbasn1.SEQUENCE) || !tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) {
		return
	}
	c.Issuer, _ = nameOf(issuer)
	if !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) {
		return
	}
	validity.ReadASN1UTCTime(&c.NotBefore)
	validity.ReadASN1UTCTime(&c.NotAfter)
	c.NotBefore, c.NotAfter = c.NotBefore.UTC(), c.NotAfter.UTC()
	if !tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) {
		return
	}
	c.Subject, c.CommonName = nameOf(subject)
	c.SelfSigned = string(subject) == string(issuer)
	var oid asn1.ObjectIdentifier
	if tbs.ReadASN1(&spki, cbasn1.SEQUENCE) && spki.ReadASN1(&algorithm, cbasn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) {
		c.Key = foreignKeys[oid.String()]
		if oid.String() == "1.2.840.10045.2.1" && algorithm.ReadASN1ObjectIdentifier(&oid) {
			if c.Key = "EC " + oid.String(); oid.String() == "1.2.156.10197.1.301" {
				c.Key = "SM2"
			}
		}
	}
}

// nameOf renders a distinguished name and its common name.
func nameOf(der []byte) (name, commonName string) {
	var rdn pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &rdn); err != nil || len(rest) > 0 {
		return "", ""
	}
	var n pkix.Name
	n.FillFromRDNSequence(&rdn)
	return n.String(), n.CommonName
}
