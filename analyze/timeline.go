package analyze

import (
	"cmp"
	"strings"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// timeline makes the annotated lines of a handshake, one for each event; runs
// of protected records of one side become one line.
func (c *Case) timeline() []Line {
	shown := c.viewed()
	lines := make([]Line, 0, len(shown))
	proof := c.proofs()
	var last time.Time
	for i := 0; i < len(shown); i++ {
		e, at := shown[i].Event, shown[i].at()
		line := c.line(e)
		shown[i].mark(&line)
		if m, ok := e.Message.(decode.Encrypted); ok && !e.Cut {
			n, bytes, end := run(shown, i)
			if n > 1 {
				line.Detail = T("common/records", Count(n), Bytes(bytes))
			} else {
				line.Detail = T("common/record", Bytes(m.Bytes))
			}
			i = end
		}
		if line.Time = at; !last.IsZero() {
			line.Delta = line.Time.Sub(last).Seconds()
		}
		last = line.Time
		line.Finding = proof[place{e.Capture, e.LastFrame}]
		for _, p := range line.Also {
			line.Finding = cmp.Or(line.Finding, proof[place{p.Capture, p.Frame}])
		}
		lines = append(lines, line)
	}
	return lines
}

type place struct{ capture, frame int }

// proofs maps frames to the findings that cite them, the primary one first.
func (c *Case) proofs() map[place]string {
	m := map[place]string{}
	for _, f := range c.Findings {
		for _, e := range f.Evidence {
			if k := (place{e.Capture, e.Frame}); m[k] == "" {
				m[k] = f.ID
			}
		}
	}
	return m
}

// run counts protected records of one kind and side that follow each other.
func run(shown []viewed, i int) (n, bytes, end int) {
	first := shown[i].Message.(decode.Encrypted)
	for end = i; end < len(shown); end++ {
		m, ok := shown[end].Message.(decode.Encrypted)
		if !ok || shown[end].From != shown[i].From || m.ContentType != first.ContentType || shown[end].Cut || !shown[end].like(&shown[i]) {
			break
		}
		n++
		bytes += m.Bytes
	}
	return n, bytes, end - 1
}

func (c *Case) line(e *decode.Event) Line {
	l := Line{Capture: e.Capture, Frame: e.LastFrame, Time: e.Time, From: e.From, Decrypted: e.Decrypted, Layer: c.layer(e)}
	l.What, l.Detail = c.describe(e)
	if e.Malformed != nil {
		l.Note = T("common/malformed", Word(e.Malformed.Field), Count(e.Malformed.Offset), Word(e.Malformed.Reason))
	} else if e.Cut {
		l.Note = T("common/cut")
	}
	return l
}

func (c *Case) layer(e *decode.Event) string {
	switch e.Message.(type) {
	case decode.ICMPError:
		return "icmp"
	case decode.Prelude:
		return "prelude"
	case decode.Plain:
		return "app"
	case decode.QUICInitial, decode.QUICRetry, decode.QUICVersionNegotiation, decode.QUICClose:
		return "quic"
	}
	switch {
	case transport(e.Message) && c.Transport == decode.EAP:
		return "prelude"
	case transport(e.Message) && c.Transport != decode.TCP:
		return "udp"
	case transport(e.Message):
		return "tcp"
	case c.Transport == decode.DTLS:
		return "dtls"
	case c.Transport == decode.QUIC:
		if _, ok := e.Message.(decode.Datagram); ok {
			return "quic"
		}
	}
	return "tls"
}

// describe names an event and says what is in it.
func (c *Case) describe(e *decode.Event) (string, Text) {
	switch m := e.Message.(type) {
	case decode.Open:
		return "SYN", Text{}
	case decode.Accept:
		return "SYN, ACK", Text{}
	case decode.Establish:
		return "ACK", Text{}
	case decode.AckOnly:
		return "ACK", T("common/acknowledges", Bytes(m.Bytes))
	case decode.Reset:
		return "RST", c.resetDetail(e)
	case decode.Close:
		if c.Transport == decode.EAP {
			return "EAP-Failure", Text{}
		}
		return "FIN", Text{}
	case decode.Retransmission:
		what := "retransmission"
		if m.Different {
			what = "retransmission with other content"
		}
		return what, T("common/retransmission", Word(m.Of), Bytes(m.Bytes), Count(m.Count))
	case decode.Gap:
		return "gap in the capture", T("common/missing", Bytes(m.Bytes))
	case decode.Fragment:
		return "IP fragment, rest missing", T("common/bytes", Bytes(m.Bytes))
	case decode.ICMPError:
		return "ICMP " + icmpName(&m), T("common/icmp-from", Addr(m.Reporter))
	case decode.Plain:
		return strings.TrimSpace("not TLS " + m.Protocol), T("common/raw", Raw(m.Prefix[:min(len(m.Prefix), 60)]))
	case decode.Prelude:
		return m.Protocol + " " + m.What, T("common/raw", Raw([]byte(m.Text)))
	case decode.BadRecord:
		return "no TLS record", T("common/raw", Raw(m.Prefix[:min(len(m.Prefix), 24)]))
	}
	return c.describeTLS(e)
}

func (c *Case) resetDetail(e *decode.Event) Text {
	if e.Header == nil {
		return Text{}
	}
	return T("common/ttl", Count(int(e.Header.TTL)))
}

func icmpName(m *decode.ICMPError) string {
	switch {
	case fragNeeded(m):
		return "packet too big"
	case !m.IPv6 && m.Type == 3, m.IPv6 && m.Type == 1:
		return "unreachable"
	case !m.IPv6 && m.Type == 11, m.IPv6 && m.Type == 3:
		return "time exceeded"
	}
	return "error"
}

func (c *Case) describeTLS(e *decode.Event) (string, Text) {
	switch m := e.Message.(type) {
	case decode.ClientHello:
		return "ClientHello", c.helloDetail(&m)
	case decode.ServerHello:
		if m.HelloRetryRequest {
			return "HelloRetryRequest", T("common/wants-group", CodeOf(m.Group))
		}
		if m.SSLv2 {
			return "ServerHello", T("common/one", CodeOf(m.Version))
		}
		return "ServerHello", T("common/chooses", CodeOf(m.Version), CodeOf(m.CipherSuite))
	case decode.HelloVerifyRequest:
		return "HelloVerifyRequest", Text{}
	case decode.EncryptedExtensions:
		return "EncryptedExtensions", alpnDetail(m.ALPN)
	case decode.Certificate:
		return "Certificate", T("common/certificates", Count(len(m.Certificates)))
	case decode.CertificateRequest:
		return "CertificateRequest", T("common/authorities", Count(len(m.Authorities)))
	case decode.CertificateStatus:
		return "CertificateStatus", Text{}
	case decode.ServerKeyExchange:
		return "ServerKeyExchange", keyExchangeDetail(&m)
	case decode.ServerHelloDone:
		return "ServerHelloDone", Text{}
	case decode.ClientKeyExchange:
		return "ClientKeyExchange", Text{}
	case decode.CertificateVerify:
		if m.HasScheme {
			return "CertificateVerify", T("common/one", CodeOf(m.Scheme))
		}
		return "CertificateVerify", Text{}
	case decode.Finished:
		if m.Inferred {
			return "Finished", T("common/inferred")
		}
		return "Finished", Text{}
	case decode.NewSessionTicket:
		return "NewSessionTicket", Text{}
	case decode.HelloRequest:
		return "HelloRequest", Text{}
	case decode.KeyUpdate:
		return "KeyUpdate", Text{}
	case decode.ChangeCipherSpec:
		return "ChangeCipherSpec", Text{}
	case decode.OtherHandshake:
		return "handshake message", T("common/bytes", Bytes(m.Length))
	case decode.Alert:
		return alertDetail(&m, e)
	}
	return describeRecord(e)
}

func alertDetail(m *decode.Alert, e *decode.Event) (string, Text) {
	switch {
	case m.Inferred && !e.Decrypted:
		return "Alert (encrypted)", T("common/alert-sized")
	case m.Encrypted && !e.Decrypted:
		return "Alert (encrypted)", Text{}
	case m.Level == 1:
		return "Alert (warning)", T("common/one", CodeOf(m.Description))
	}
	return "Alert (fatal)", T("common/one", CodeOf(m.Description))
}

func describeRecord(e *decode.Event) (string, Text) {
	switch m := e.Message.(type) {
	case decode.Encrypted:
		if m.ContentType == 22 {
			return "encrypted handshake", T("common/record", Bytes(m.Bytes))
		}
		return "encrypted record", T("common/record", Bytes(m.Bytes))
	case decode.AppData:
		return "application data", T("common/bytes", Bytes(m.Bytes))
	case decode.QUICInitial:
		return "Initial", T("common/bytes", Bytes(m.PacketBytes))
	case decode.QUICRetry:
		return "Retry", Text{}
	case decode.QUICVersionNegotiation:
		return "Version Negotiation", T("common/one", quicVersionNames(m.Versions))
	case decode.QUICClose:
		if m.Reason == "" {
			return "CONNECTION_CLOSE", T("common/one", closeCode(&m))
		}
		return "CONNECTION_CLOSE", T("common/close-reason", closeCode(&m), Raw([]byte(m.Reason)))
	case decode.Datagram:
		return m.Type, T("common/bytes", Bytes(m.Bytes))
	case decode.DatagramFragment:
		return "handshake fragment", T("common/fragment", Count(m.Offset), Count(m.Bytes), Count(m.Total))
	}
	return "event", Text{}
}

func (c *Case) helloDetail(m *decode.ClientHello) Text {
	versions := m.SupportedVersions
	if len(versions) == 0 {
		versions = []wire.Version{m.LegacyVersion}
	}
	if m.ServerName == "" {
		return T("common/offer-no-name", Codes(plainCodes(versions)), Count(len(m.CipherSuites)))
	}
	return T("common/offer", Name(m.ServerName), Codes(plainCodes(versions)), Count(len(m.CipherSuites)))
}

// plainCodes leaves out GREASE values (RFC 8701).
func plainCodes[C interface {
	~uint16
	IsGREASE() bool
}](cs []C) []C {
	var kept []C
	for _, c := range cs {
		if !c.IsGREASE() {
			kept = append(kept, c)
		}
	}
	return kept
}

func alpnDetail(alpn string) Text {
	if alpn == "" {
		return Text{}
	}
	return T("common/alpn", Raw([]byte(alpn)))
}

func keyExchangeDetail(m *decode.ServerKeyExchange) Text {
	switch {
	case m.PrimeBits > 0:
		return T("common/dhe", Count(m.PrimeBits))
	case m.Group != 0:
		return T("common/one", CodeOf(m.Group))
	}
	return T("common/word", Word(m.Kind))
}

// notAssessed says what the capture could not show, and what would. What would
// decide between causes stands with the finding.
func (c *Case) notAssessed() []Text {
	var list []Text
	if c.TLS13() && !c.Decrypted {
		list = append(list, T("common/n-encrypted"))
	}
	list = append(list, c.pointsNotAssessed()...)
	hidden, vpn := c.openVPN()
	for _, x := range []struct {
		is  bool
		key string
	}{{hidden, "common/n-openvpn-hidden"}, {vpn && !hidden, "common/n-openvpn"}, {c.Transport == decode.EAP, "common/n-eap"}, {c.Late, "common/n-late"}, {c.OneSided, "common/n-one-sided"}, {c.Lossy, "common/n-lossy"}, {c.Cut, "common/n-cut"}} {
		if x.is {
			list = append(list, T(x.key))
		}
	}
	return list
}

// openVPN says whether the TLS is that of OpenVPN, and whether it is hidden.
func (c *Case) openVPN() (hidden, vpn bool) {
	m, _, ok := decode.First[decode.Prelude](c.Handshake)
	vpn = ok && m.Protocol == "openvpn"
	for _, i := range decode.Each[decode.Prelude](c.Handshake, decode.Network) {
		m := c.Events[i].Message.(decode.Prelude)
		hidden = hidden || vpn && m.What == "banner"
	}
	return hidden, vpn
}
