package render

import (
	"encoding/json"
	"strconv"

	"tlswhy/analyze"
	"tlswhy/decode"
)

type jsonHandshake struct {
	ID           int              `json:"id"`
	Revision     int              `json:"revision"`
	Capture      int              `json:"capture"`
	Stream       int              `json:"stream"`
	Seen         []jsonSeen       `json:"seen,omitempty"`
	Transport    string           `json:"transport"`
	StartTLS     string           `json:"starttls,omitempty"`
	Tunnel       string           `json:"tunnel,omitempty"`
	TunnelTarget string           `json:"tunnel_target,omitempty"`
	Client       string           `json:"client,omitempty"`
	Server       string           `json:"server,omitempty"`
	Start        string           `json:"start,omitempty"`
	End          string           `json:"end,omitempty"`
	FirstFrame   int              `json:"first_frame,omitzero"`
	LastFrame    int              `json:"last_frame,omitzero"`
	Outcome      string           `json:"outcome"`
	Stage        string           `json:"stage,omitempty"`
	Finding      string           `json:"finding,omitempty"`
	ClientHello  *jsonClientHello `json:"client_hello,omitempty"`
	ServerHello  *jsonServerHello `json:"server_hello,omitempty"`
	Certificates *jsonChains      `json:"certificates,omitempty"`
	Alerts       []jsonAlert      `json:"alerts,omitempty"`
	Findings     []jsonFinding    `json:"findings"`
	ComparedWith *jsonComparison  `json:"compared_with,omitempty"`
	NotAssessed  []string         `json:"not_assessed,omitempty"`
	Timeline     []jsonLine       `json:"timeline,omitempty"`
}

type jsonSeen struct {
	Capture    int `json:"capture"`
	Stream     int `json:"stream"`
	FirstFrame int `json:"first_frame,omitzero"`
	LastFrame  int `json:"last_frame,omitzero"`
}

type jsonChains struct {
	Server []jsonCertificate `json:"server,omitempty"`
	Client []jsonCertificate `json:"client,omitempty"`
}

type jsonCertificate struct {
	Frame       int      `json:"frame,omitzero"`
	Subject     string   `json:"subject,omitempty"`
	Issuer      string   `json:"issuer,omitempty"`
	Serial      string   `json:"serial,omitempty"`
	NotBefore   string   `json:"not_before,omitempty"`
	NotAfter    string   `json:"not_after,omitempty"`
	DNSNames    []string `json:"dns_names,omitempty"`
	IPAddresses []string `json:"ip_addresses,omitempty"`
	Key         string   `json:"key,omitempty"`
	Signature   string   `json:"signature,omitempty"`
	SHA256      string   `json:"sha256,omitempty"`
	CA          bool     `json:"ca,omitzero"`
	SelfSigned  bool     `json:"self_signed,omitzero"`
	Unparsable  string   `json:"unparsable,omitempty"`
	Problems    []string `json:"problems,omitempty"`
}

type jsonFinding struct {
	ID         string         `json:"id"`
	Title      string         `json:"title,omitempty"`
	Severity   string         `json:"severity"`
	Confidence string         `json:"confidence"`
	Fault      string         `json:"fault"`
	Summary    string         `json:"summary"`
	Evidence   []jsonEvidence `json:"evidence"`
	Causes     []jsonCause    `json:"causes,omitempty"`
	Decide     string         `json:"decide,omitempty"`
	Fixes      []jsonFix      `json:"fixes"`
	See        []string       `json:"see,omitempty"`
}

type jsonEvidence struct {
	Capture int    `json:"capture"`
	Frame   int    `json:"frame,omitzero"`
	Text    string `json:"text"`
}

type jsonCause struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type jsonFix struct {
	Who    string `json:"who"`
	Text   string `json:"text"`
	Config string `json:"config,omitempty"`
}

type jsonComparison struct {
	ID          int      `json:"id"`
	Differences []string `json:"differences"`
}

type jsonLine struct {
	Capture         int         `json:"capture"`
	Frame           int         `json:"frame,omitzero"`
	Time            string      `json:"time,omitempty"`
	Delta           seconds     `json:"delta"`
	From            string      `json:"from"`
	SuspectedSender string      `json:"suspected_sender,omitempty"`
	Layer           string      `json:"layer,omitempty"`
	Decrypted       bool        `json:"decrypted,omitzero"`
	What            string      `json:"what"`
	Detail          string      `json:"detail,omitempty"`
	Note            string      `json:"note,omitempty"`
	Finding         string      `json:"finding,omitempty"`
	Also            []jsonPlace `json:"also,omitempty"`
}

type jsonPlace struct {
	Capture int `json:"capture"`
	Frame   int `json:"frame,omitzero"`
}

// seconds is written with the nanosecond as its last digit.
type seconds float64

func (s seconds) MarshalJSON() ([]byte, error) {
	v := strconv.FormatFloat(float64(s), 'f', 9, 64)
	for v[len(v)-1] == '0' {
		v = v[:len(v)-1]
	}
	if v[len(v)-1] == '.' {
		v = v[:len(v)-1]
	}
	return json.RawMessage(v), nil
}

func (p *printer) handshake(h *analyze.Handshake) *jsonHandshake {
	f := h.Facts
	j := &jsonHandshake{
		ID: h.ID, Revision: h.Revision, Capture: f.Capture, Stream: f.Stream,
		Transport: transportName(f.Transport), StartTLS: clean(f.Upgrade), Tunnel: clean(f.Tunnel), TunnelTarget: p.target(f.Target),
		Client: p.addrPort(f.Client), Server: p.addrPort(f.Server),
		Start: stamp(f.Start), End: stamp(f.End), FirstFrame: f.FirstFrame, LastFrame: f.LastFrame,
		Outcome: string(h.Outcome), Stage: string(h.Stage),
		ClientHello: p.clientHello(h), ServerHello: p.serverHello(h), Certificates: p.chains(h), Alerts: alerts(f),
		Findings: []jsonFinding{}, NotAssessed: p.texts(h.NotAssessed),
	}
	for _, s := range f.Seen {
		j.Seen = append(j.Seen, jsonSeen(s))
	}
	if primary := h.Primary(); primary != nil {
		j.Finding = primary.ID
	}
	for _, x := range h.Findings {
		j.Findings = append(j.Findings, p.finding(x))
	}
	if c := h.Compared; c != nil {
		j.ComparedWith = &jsonComparison{c.ID, append([]string{}, p.texts(c.Differences)...)}
	}
	for i := range h.Timeline {
		j.Timeline = append(j.Timeline, p.line(&h.Timeline[i]))
	}
	return j
}

func transportName(t decode.Transport) string {
	switch t {
	case decode.DTLS:
		return "dtls"
	case decode.QUIC:
		return "quic"
	case decode.EAP:
		return "eap"
	case decode.OpenVPN:
		return "openvpn"
	}
	return "tcp"
}

func (p *printer) finding(f *analyze.Finding) jsonFinding {
	j := jsonFinding{
		ID: f.ID, Severity: string(f.Severity), Confidence: string(f.Confidence), Fault: string(f.Fault),
		Summary: p.text(f.Summary), Evidence: []jsonEvidence{}, Decide: p.text(f.Decide), Fixes: []jsonFix{},
		Title: p.title(f.ID), See: p.references(f.ID),
	}
	for _, e := range f.Evidence {
		j.Evidence = append(j.Evidence, jsonEvidence{e.Capture, e.Frame, p.text(e.Text)})
	}
	for _, c := range f.Causes {
		j.Causes = append(j.Causes, jsonCause{c.ID, p.text(c.Text)})
	}
	for _, x := range f.Fixes {
		j.Fixes = append(j.Fixes, jsonFix{fixer(x.Who), p.text(x.Text), x.Config})
	}
	return j
}

// fixer is who can do a fix; a device on the path is the network's (contract).
func fixer(who analyze.Fault) string {
	if who == analyze.ByMiddlebox {
		return string(analyze.ByNetwork)
	}
	return string(who)
}

func (p *printer) line(l *analyze.Line) jsonLine {
	j := jsonLine{
		Capture: l.Capture, Frame: l.Frame, Time: stamp(l.Time), Delta: seconds(l.Delta), From: sideName(l.From),
		SuspectedSender: l.Suspected, Layer: l.Layer, Decrypted: l.Decrypted, What: clean(l.What),
		Detail: p.text(l.Detail), Note: p.text(l.Note), Finding: l.Finding,
	}
	for _, x := range l.Also {
		j.Also = append(j.Also, jsonPlace(x))
	}
	return j
}

func (p *printer) chains(h *analyze.Handshake) *jsonChains {
	c := &jsonChains{p.chain(h.Certificates[decode.Server]), p.chain(h.Certificates[decode.Client])}
	if c.Server == nil && c.Client == nil {
		return nil
	}
	return c
}

func (p *printer) chain(list []analyze.Certificate) []jsonCertificate {
	var out []jsonCertificate
	for i := range list {
		out = append(out, p.certificate(&list[i]))
	}
	return out
}

func (p *printer) certificate(c *analyze.Certificate) jsonCertificate {
	j := jsonCertificate{
		Frame: c.Frame, Subject: clean(p.identity(c.Subject)), Issuer: clean(p.identity(c.Issuer)), Serial: p.serial(c.Serial),
		NotBefore: stamp(c.NotBefore), NotAfter: stamp(c.NotAfter), Key: clean(c.Key), Signature: clean(c.Signature),
		SHA256: p.digest(c.SHA256), CA: c.CA, SelfSigned: c.SelfSigned, Problems: c.Problems,
	}
	if p.hide == nil { // crypto/x509 quotes what it refuses
		j.Unparsable = clean(c.Unparsable)
	}
	for _, n := range c.DNSNames {
		j.DNSNames = append(j.DNSNames, clean(p.hostName(n)))
	}
	for _, a := range c.IPAddresses {
		j.IPAddresses = append(j.IPAddresses, clean(p.hostName(a)))
	}
	return j
}
