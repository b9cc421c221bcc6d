package analyze

import (
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// Extensions by which libraries are told apart.
const (
	extStatusV2    = 17
	extSCT         = 18
	extEncryptMAC  = 22
	extSizeLimit   = 28
	extCertSigs    = 50
	extALPS        = 17613
	extOldALPS     = 17513
	extRenegotiate = 0xff01
)

// guessClient guesses the TLS library of the client from its hello; nil when
// nothing fits. Libraries change with their versions, so that a guess is never
// certain.
func (c *Case) guessClient() *Guess {
	ch, _ := c.ClientHello()
	if ch == nil || ch.SSLv2 || len(ch.CipherSuites) < 3 {
		return nil
	}
	has := func(t wire.ExtensionType) bool {
		return slices.ContainsFunc(ch.Extensions, func(x wire.Extension) bool { return x.Type == t })
	}
	starts := func(suites ...wire.CipherSuite) bool {
		return len(ch.CipherSuites) >= len(suites) && slices.Equal(ch.CipherSuites[:len(suites)], suites)
	}
	guess := func(stack string) *Guess { return &Guess{Stack: stack, Confidence: Likely} }
	switch {
	case ch.CipherSuites[0].IsGREASE() && (has(extALPS) || has(extOldALPS)):
		return guess("boringssl")
	case ch.CipherSuites[0].IsGREASE():
		return &Guess{Stack: "boringssl", Confidence: Possible}
	case has(extStatusV2):
		return guess("java")
	case starts(0x1301, 0x1303, 0x1302):
		return guess("nss")
	case has(extSizeLimit) && has(extEncryptMAC):
		return guess("gnutls")
	case starts(0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b), starts(0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027):
		return guess("node")
	case starts(0x1302, 0x1301, 0x1303) && !has(extRenegotiate) && !has(extEncryptMAC):
		return guess("rustls")
	case has(extSCT) && has(extCertSigs) && !has(extEncryptMAC):
		return guess("go")
	case has(extEncryptMAC) && (starts(0x1302, 0x1303, 0x1301) || starts(0xc02c, 0xc030)):
		return guess("openssl")
	}
	return nil
}

// guessServer guesses the library of the server from its habits: JSSE pads
// every record of TLS 1.3 by 16 bytes.
func (c *Case) guessServer() *Guess {
	for i := range c.Events {
		e := &c.Events[i]
		if m, ok := e.Message.(decode.Finished); ok && m.Inferred && e.From == decode.Server && c.TLS13() && (e.Length == 69 || e.Length == 85) {
			if sh, _ := c.ServerHello(); sh != nil && (sh.CipherSuite == 0x1302) == (e.Length == 85) {
				return &Guess{Stack: "java", Confidence: Likely}
			}
		}
	}
	return nil
}
