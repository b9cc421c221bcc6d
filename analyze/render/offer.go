package render

import (
	"fmt"
	"strings"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// offer is one row of "offered against chosen". Names are clean.
type offer struct {
	Label   string
	Client  []string // what the client offered; nil: nothing of the kind
	Server  []string // what the server chose or showed; nil: nothing seen
	Common  bool     // the choice is in the offer
	Foreign bool     // the choice is not in the offer
	Hidden  bool     // the server's answer is encrypted
}

// has reports whether the server's choice is one of the client's offers.
func (o *offer) has(name string) bool {
	for _, s := range o.Server {
		if s == name {
			return true
		}
	}
	return false
}

// offers compares what the client offered with what the server chose; nil
// when no ClientHello was seen.
func (p *printer) offers(h *analyze.Handshake) []offer {
	ch, _ := h.Facts.ClientHello()
	if ch == nil {
		return nil
	}
	sh, _ := h.Facts.ServerHello()
	rows := []offer{versionOffer(ch, sh), suiteOffer(ch, sh), groupOffer(h.Facts, ch, sh), signatureOffer(h.Facts, ch, sh), p.protocolOffer(h.Facts, ch, sh)}
	if row, ok := p.nameOffer(h, ch, sh); ok {
		rows = append(rows, row)
	}
	shown := rows[:0]
	for _, o := range rows {
		if o.Client != nil || o.Server != nil {
			o.Label = p.label(o.Label)
			shown = append(shown, o)
		}
	}
	return shown
}

func versionOffer(ch *decode.ClientHello, sh *decode.ServerHello) offer {
	o := offer{Label: "version"}
	for _, v := range offeredVersions(ch) {
		if !v.IsGREASE() {
			o.Client = append(o.Client, v.Name())
		}
	}
	single := len(ch.SupportedVersions) == 0
	if sh == nil || sh.Version == 0 {
		if single {
			o.Client[0] = "up to " + o.Client[0]
		}
		return o
	}
	o.choose(sh.Version.Name())
	if single && len(o.Client) == 1 { // one number stands for all versions up to it
		o.Foreign = sh.Version > ch.LegacyVersion && !sh.Version.IsDTLS()
		o.Common = !o.Foreign
		o.Client[0] = "up to " + o.Client[0]
	}
	return o
}

// choose notes what the server chose.
func (o *offer) choose(name string) {
	o.Server = []string{name}
	for _, c := range o.Client {
		if c == name {
			o.Common = true
		}
	}
	o.Foreign = !o.Common
}

func suiteOffer(ch *decode.ClientHello, sh *decode.ServerHello) offer {
	o := offer{Label: "cipher suite"}
	for _, c := range ch.CipherSuites {
		if !c.IsGREASE() && !c.IsSCSV() {
			o.Client = append(o.Client, c.Name())
		}
	}
	for _, k := range ch.SSLv2CipherKinds {
		o.Client = append(o.Client, k.Name())
	}
	if sh != nil && !sh.SSLv2 {
		o.choose(sh.CipherSuite.Name())
	}
	return o
}

func groupOffer(f *decode.Handshake, ch *decode.ClientHello, sh *decode.ServerHello) offer {
	o := offer{Label: "group"}
	for _, g := range ch.Groups {
		if !g.IsGREASE() {
			o.Client = append(o.Client, g.Name())
		}
	}
	if ske, _, ok := decode.First[decode.ServerKeyExchange](f); ok && ske.Kind == "DHE" && ske.Group == 0 {
		o.Server = []string{fmt.Sprintf("DHE %d bit", ske.PrimeBits)}
		return o
	}
	if g := chosenGroup(f); g != 0 {
		o.choose(g.Name())
	} else if sh != nil && strings.HasPrefix(sh.CipherSuite.Name(), "TLS_RSA_") {
		o.Server = []string{"RSA"}
	}
	return o
}

func signatureOffer(f *decode.Handshake, ch *decode.ClientHello, sh *decode.ServerHello) offer {
	o := offer{Label: "signature"}
	for _, s := range ch.SignatureSchemes {
		if !s.IsGREASE() {
			o.Client = append(o.Client, s.Name())
		}
	}
	if ske, _, ok := decode.First[decode.ServerKeyExchange](f); ok && ske.HasScheme {
		o.choose(ske.Scheme.Name())
	} else if cv, _, ok := decode.FirstFrom[decode.CertificateVerify](f, decode.Server); ok && cv.HasScheme {
		o.choose(cv.Scheme.Name())
	} else {
		o.Hidden = hidden(f, sh)
	}
	return o
}

func (p *printer) protocolOffer(f *decode.Handshake, ch *decode.ClientHello, sh *decode.ServerHello) offer {
	o := offer{Label: "ALPN"}
	for _, a := range ch.ALPN {
		o.Client = append(o.Client, p.protocol(shorten(a, maxValue)))
	}
	if alpn, ok := chosenALPN(f); ok {
		o.choose(p.protocol(shorten(alpn, maxValue)))
	} else {
		o.Hidden = o.Client != nil && hidden(f, sh)
	}
	return o
}

// nameOffer sets the requested name beside those of the certificate.
func (p *printer) nameOffer(h *analyze.Handshake, ch *decode.ClientHello, sh *decode.ServerHello) (offer, bool) {
	o := offer{Label: "name"}
	if ch.ServerName != "" {
		o.Client = []string{p.sentenceName(ch.ServerName)}
	}
	if chain := h.Certificates[decode.Server]; len(chain) > 0 {
		leaf := &chain[0]
		for _, n := range append(append([]string{}, leaf.DNSNames...), leaf.IPAddresses...) {
			o.Server = append(o.Server, p.sentenceName(n))
		}
		if o.Server == nil && leaf.CommonName != "" {
			o.Server = []string{"CN=" + p.sentenceName(leaf.CommonName)}
		}
	} else {
		o.Hidden = hidden(h.Facts, sh)
	}
	return o, o.Client != nil || o.Server != nil
}

// hidden reports whether the server's answer went on encrypted and was not
// decrypted.
func hidden(f *decode.Handshake, sh *decode.ServerHello) bool {
	if sh == nil || !f.TLS13() {
		return false
	}
	_, _, ok := decode.First[decode.EncryptedExtensions](f)
	return !ok
}

// chosenVersion is the name of the version that the server chose.
func chosenVersion(f *decode.Handshake) (wire.Version, bool) {
	if sh, _ := f.ServerHello(); sh != nil && sh.Version != 0 {
		return sh.Version, true
	}
	return 0, false
}
