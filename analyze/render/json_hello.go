package render

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

type jsonCode struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type jsonShare struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Length int    `json:"length"`
}

type jsonStack struct {
	Name       string `json:"name"`
	Confidence string `json:"confidence"`
}

type jsonClientHello struct {
	Frame               int         `json:"frame,omitzero"`
	Length              int         `json:"length,omitzero"`
	Segments            int         `json:"segments,omitzero"`
	Random              string      `json:"random,omitempty"`
	SNI                 string      `json:"sni,omitempty"`
	LegacyVersion       *jsonCode   `json:"legacy_version,omitempty"`
	Versions            []jsonCode  `json:"versions"`
	CipherSuites        []jsonCode  `json:"cipher_suites"`
	Groups              []jsonCode  `json:"groups,omitempty"`
	KeyShares           []jsonShare `json:"key_shares,omitempty"`
	SignatureAlgorithms []jsonCode  `json:"signature_algorithms,omitempty"`
	ALPN                []string    `json:"alpn,omitempty"`
	Extensions          []jsonCode  `json:"extensions,omitempty"`
	ECH                 *bool       `json:"ech,omitempty"`
	PSK                 *bool       `json:"psk,omitempty"`
	JA3                 string      `json:"ja3,omitempty"`
	JA3Hash             string      `json:"ja3_hash,omitempty"`
	JA4                 string      `json:"ja4,omitempty"`
	Stack               *jsonStack  `json:"stack,omitempty"`
	Malformed           string      `json:"malformed,omitempty"`
}

type jsonServerHello struct {
	Frame       int        `json:"frame,omitzero"`
	Random      string     `json:"random,omitempty"`
	Version     *jsonCode  `json:"version,omitempty"`
	CipherSuite *jsonCode  `json:"cipher_suite,omitempty"`
	Group       *jsonCode  `json:"group,omitempty"`
	ALPN        string     `json:"alpn,omitempty"`
	HelloRetry  *bool      `json:"hello_retry,omitempty"`
	Resumed     *bool      `json:"resumed,omitempty"`
	JA3SHash    string     `json:"ja3s_hash,omitempty"`
	Stack       *jsonStack `json:"stack,omitempty"`
	Malformed   string     `json:"malformed,omitempty"`
	Inferred    bool       `json:"inferred,omitzero"`
}

type jsonAlert struct {
	Frame     int    `json:"frame,omitzero"`
	From      string `json:"from"`
	Level     string `json:"level,omitempty"`
	Code      *int   `json:"code,omitempty"`
	Name      string `json:"name,omitempty"`
	Encrypted bool   `json:"encrypted"`
	Inferred  bool   `json:"inferred,omitzero"`
}

// codePoint is a numbered type of the protocol, 16 bits wide.
type codePoint interface {
	~uint16
	Name() string
}

func codeOf[C codePoint](c C) jsonCode { return jsonCode{code16(int64(c)), c.Name()} }

func codesOf[C codePoint](list []C) []jsonCode {
	out := make([]jsonCode, 0, len(list))
	for _, c := range list {
		out = append(out, codeOf(c))
	}
	return out
}

func pointer[T any](v T) *T { return &v }

func (p *printer) clientHello(h *analyze.Handshake) *jsonClientHello {
	m, e := h.Facts.ClientHello()
	if m == nil {
		return nil
	}
	j := &jsonClientHello{
		Frame: e.LastFrame, Length: m.Length, Segments: m.Segments, Random: p.random(m.Random), SNI: clean(p.hostName(m.ServerName)),
		LegacyVersion: pointer(codeOf(m.LegacyVersion)), Versions: codesOf(offeredVersions(m)), CipherSuites: codesOf(m.CipherSuites),
		Groups: codesOf(m.Groups), SignatureAlgorithms: codesOf(m.SignatureSchemes), Stack: stack(h.ClientStack),
	}
	for _, k := range m.SSLv2CipherKinds {
		j.CipherSuites = append(j.CipherSuites, jsonCode{fmt.Sprintf("0x%06x", uint32(k)), k.Name()})
	}
	for _, k := range m.KeyShares {
		j.KeyShares = append(j.KeyShares, jsonShare{code16(int64(k.Group)), k.Group.Name(), k.Length})
	}
	for _, a := range m.ALPN {
		j.ALPN = append(j.ALPN, p.protocol(a))
	}
	for _, x := range m.Extensions {
		j.Extensions = append(j.Extensions, codeOf(x.Type))
	}
	if fingerprintable(e.Malformed) {
		j.JA3, j.JA3Hash, j.JA4 = clientFingerprints(h.Facts, m)
	}
	if e.Malformed != nil {
		j.Malformed = clean(e.Malformed.Error())
		return j
	}
	j.ECH, j.PSK = &m.ECH, pointer(m.PSKIdentities > 0)
	return j
}

// offeredVersions is what the client can speak: its list, else the one version
// that it names.
func offeredVersions(m *decode.ClientHello) []wire.Version {
	if len(m.SupportedVersions) > 0 {
		return m.SupportedVersions
	}
	return []wire.Version{m.LegacyVersion}
}

// random is absent when it was not there, and when the report is redacted: it
// would tell which connection this was.
func (p *printer) random(b []byte) string {
	if p.hide != nil {
		return ""
	}
	return hex.EncodeToString(b)
}

func stack(g *analyze.Guess) *jsonStack {
	if g == nil {
		return nil
	}
	return &jsonStack{g.Stack, string(g.Confidence)}
}

// sslv2Cipher is the kind that the client chose: in SSL 2.0 the server does not.
func sslv2Cipher(f *decode.Handshake) *jsonCode {
	m, _, ok := decode.FirstFrom[decode.ClientKeyExchange](f, decode.Client)
	if !ok || m.SSLv2Cipher == 0 {
		return nil
	}
	return &jsonCode{fmt.Sprintf("0x%06x", uint32(m.SSLv2Cipher)), m.SSLv2Cipher.Name()}
}

// agreed is what the records tell of a ServerHello that is not in the capture:
// there is no frame to name.
func agreed(f *decode.Handshake) *jsonServerHello {
	if f.Agreed == 0 {
		return nil
	}
	return &jsonServerHello{Version: pointer(codeOf(f.Agreed)), Inferred: true}
}

func (p *printer) serverHello(h *analyze.Handshake) *jsonServerHello {
	m, e := h.Facts.ServerHello()
	retry, retryEvent := h.Facts.HelloRetry()
	if m == nil {
		if retry == nil {
			return agreed(h.Facts)
		}
		m, e = retry, retryEvent // the server got no further
	}
	j := &jsonServerHello{
		Frame: e.LastFrame, Random: p.random(m.Random), HelloRetry: pointer(retry != nil), Stack: stack(h.ServerStack),
	}
	if e.Malformed != nil {
		j.Malformed = clean(e.Malformed.Error())
	}
	if m.Version != 0 {
		j.Version = pointer(codeOf(m.Version))
	}
	if m.SSLv2 {
		j.CipherSuite = sslv2Cipher(h.Facts)
	} else if e.Malformed == nil || m.CipherSuite != 0 {
		j.CipherSuite = pointer(codeOf(m.CipherSuite))
	}
	if g := chosenGroup(h.Facts); g != 0 {
		j.Group = pointer(codeOf(g))
	}
	if alpn, ok := chosenALPN(h.Facts); ok {
		j.ALPN = p.protocol(alpn)
	}
	if !m.HelloRetryRequest {
		j.Resumed = resumed(h.Facts)
	}
	if j.JA3SHash = m.JA3SHash(); retry != nil && h.Facts.Transport != decode.DTLS {
		j.JA3SHash = retry.JA3SHash() // as of the client's hello, the first one is meant; that of DTLS has but a cookie
	}
	return j
}

// chosenGroup is the group of the key exchange: key_share of the ServerHello,
// else that of a ServerKeyExchange or of a HelloRetryRequest.
func chosenGroup(f *decode.Handshake) wire.Group {
	if sh, _ := f.ServerHello(); sh != nil && sh.HasGroup {
		return sh.Group
	}
	if ske, _, ok := decode.First[decode.ServerKeyExchange](f); ok {
		return ske.Group
	}
	if hrr, _ := f.HelloRetry(); hrr != nil && hrr.HasGroup {
		return hrr.Group
	}
	return 0
}

// chosenALPN is the server's answer to ALPN; ok is false when none was seen.
func chosenALPN(f *decode.Handshake) (alpn string, ok bool) {
	if sh, _ := f.ServerHello(); sh != nil && sh.HasALPN {
		return sh.ALPN, true
	}
	if ee, _, found := decode.First[decode.EncryptedExtensions](f); found && ee.HasALPN {
		return ee.ALPN, true
	}
	return "", false
}

// resumed tells whether the server took up an earlier session; nil when the
// capture does not tell. Before TLS 1.3 the server repeats the session ID, or
// goes on without a certificate after a ticket.
func resumed(f *decode.Handshake) *bool {
	sh, _ := f.ServerHello()
	ch, _ := f.LastHello()
	if sh == nil || ch == nil {
		return nil
	}
	if f.TLS13() {
		return pointer(sh.SelectedPSK >= 0)
	}
	if c, _ := f.Certificate(decode.Server); c != nil {
		return pointer(false)
	}
	if _, _, ok := decode.First[decode.ServerHelloDone](f); ok {
		return pointer(false)
	}
	if len(ch.SessionID) > 0 && bytes.Equal(ch.SessionID, sh.SessionID) {
		return pointer(true)
	}
	return nil
}

func alerts(f *decode.Handshake) []jsonAlert {
	var list []jsonAlert
	for i := range f.Events {
		e := &f.Events[i]
		m, ok := e.Message.(decode.Alert)
		if !ok {
			continue
		}
		a := jsonAlert{Frame: e.LastFrame, From: sideName(e.From), Encrypted: m.Encrypted, Inferred: m.Inferred}
		if !m.Encrypted && !m.Inferred || e.Decrypted {
			a.Level, a.Code, a.Name = m.Level.Name(), pointer(int(m.Description)), m.Description.Name()
		}
		list = append(list, a)
	}
	return list
}
