package render

import (
	"fmt"
	"strconv"
	"strings"

	"tlswhy/analyze"
	"tlswhy/decode"
)

// full tells one handshake in full.
func (t *textReport) full(h *analyze.Handshake) {
	t.verdict(h)
	t.where(h)
	t.offerTable(h)
	t.certificates(h)
	t.ladder(h)
	for i, f := range h.Findings {
		if i > 0 || f.Severity != analyze.Error {
			t.blank()
			t.findingLine(f)
		}
		t.evidence(h, f)
		t.causes(f)
		t.fixes(f)
	}
	t.compared(h)
	t.filter(h)
	t.notAssessed(h)
}

// verdict is the first line: who and why.
func (t *textReport) verdict(h *analyze.Handshake) {
	if f := h.Primary(); f != nil {
		t.findingLine(f)
		return
	}
	s := t.good(t.label(string(h.Outcome)) + ":")
	if h.Outcome == analyze.Incomplete {
		s = t.warn(t.label(string(h.Outcome)) + ":")
	}
	s += " " + t.ends(h)
	if v, ok := chosenVersion(h.Facts); ok {
		s += ", " + v.Name()
		if sh, _ := h.Facts.ServerHello(); !sh.SSLv2 {
			s += ", " + sh.CipherSuite.Name()
		}
	}
	t.paragraph("", "  ", s)
}

func (t *textReport) findingLine(f *analyze.Finding) {
	t.paragraph("", "  ", t.severity(f.Severity, t.label(string(f.Severity))+"["+f.ID+"]:")+" "+t.bold(sentence(t.text(f.Summary))))
}

// ends names the two ends and the name that was asked for.
func (p *printer) ends(h *analyze.Handshake) string {
	s := p.addrPort(h.Facts.Client) + " -> " + p.addrPort(h.Facts.Server)
	if ch, _ := h.Facts.ClientHello(); ch != nil && ch.ServerName != "" {
		s += " (" + p.sentenceName(ch.ServerName) + ")"
	}
	return s
}

// where is who has to act, where and when it was.
func (t *textReport) where(h *analyze.Handshake) {
	t.blank()
	f := h.Facts
	if x := h.Primary(); x != nil {
		t.field("fault", t.bold(t.label(string(x.Fault)))+" ("+t.label(string(x.Confidence))+")")
		t.field("broke at", t.label(string(h.Stage)))
	}
	t.field("connection", t.ends(h))
	if f.Upgrade != "" {
		t.field("upgrade", clean(f.Upgrade))
	}
	if f.Tunnel != "" {
		t.field("tunnel", strings.TrimSpace(clean(f.Tunnel)+" "+t.target(shorten(f.Target, maxValue))))
	}
	s := ""
	if f.Capture < len(t.r.Captures) {
		s = t.file(t.r.Captures[f.Capture].File) + ", "
	}
	if f.FirstFrame > 0 {
		s += t.labelS("frames", strconv.Itoa(f.FirstFrame), strconv.Itoa(f.LastFrame)) + ", "
	}
	s += streamFilter(h)
	if !f.Start.IsZero() {
		s += ", " + timeText(f.Start)
	}
	t.field("capture", s)
	t.elsewhere(h)
	for i, g := range []*analyze.Guess{h.ClientStack, h.ServerStack} {
		if g != nil {
			t.field([]string{"client library", "server library"}[i], clean(g.Stack)+" ("+t.label(string(g.Confidence))+")")
		}
	}
}

// labelled writes a labelled text, the labels of a block below each other.
func (t *textReport) field(key, s string) {
	const indent = 18
	label := "  " + sentence(t.label(key))
	t.paragraph(pad(label, indent), strings.Repeat(" ", indent), s)
}

func (t *textReport) evidence(h *analyze.Handshake, f *analyze.Finding) {
	if len(f.Evidence) == 0 {
		return
	}
	t.heading("evidence")
	for _, e := range f.Evidence {
		label := t.frame(h, e.Capture, e.Frame)
		first := "  " + pad(label, 10) + "  "
		t.paragraph(first, strings.Repeat(" ", columns(first)), t.text(e.Text))
	}
}

// frame names a frame, with the file's number when it is not the handshake's.
func (p *printer) frame(h *analyze.Handshake, capture, frame int) string {
	if frame == 0 {
		return "-"
	}
	s := p.labelN("frame", frame)
	if capture != h.Facts.Capture {
		s += fmt.Sprintf(" [%d]", capture+1)
	}
	return s
}

func (t *textReport) causes(f *analyze.Finding) {
	if len(f.Causes) > 0 {
		t.heading("causes")
		for i, c := range f.Causes {
			first := fmt.Sprintf("  %d. ", i+1)
			s := t.text(c.Text)
			if s == "" {
				s = c.ID
			} else {
				s = sentence(s) + " " + t.dim("["+c.ID+"]")
			}
			t.paragraph(first, strings.Repeat(" ", len(first)), s)
		}
	}
	if s := t.text(f.Decide); s != "" {
		t.paragraph("  "+sentence(t.label("decide"))+" ", "  ", s)
	}
}

func (t *textReport) fixes(f *analyze.Finding) {
	if len(f.Fixes) == 0 {
		return
	}
	t.heading("fixes")
	for _, x := range f.Fixes {
		who := "  " + pad(t.label(fixer(x.Who)), 9) + " "
		rest := strings.Repeat(" ", columns(who))
		t.paragraph(who, rest, sentence(t.text(x.Text)))
		for l := range strings.Lines(x.Config) {
			t.line(rest + t.dim("| ") + strings.TrimRight(l, "\n"))
		}
	}
}

func (t *textReport) compared(h *analyze.Handshake) {
	if h.Compared == nil {
		return
	}
	t.blank()
	t.line(t.strong(sentence(t.labelN("compared", h.Compared.ID))))
	for _, d := range h.Compared.Differences {
		t.paragraph("  - ", "    ", t.text(d))
	}
}

func (t *textReport) notAssessed(h *analyze.Handshake) {
	if len(h.NotAssessed) == 0 {
		return
	}
	t.heading("not assessed")
	for _, n := range h.NotAssessed {
		t.paragraph("  - ", "    ", t.text(n))
	}
}

func (t *textReport) filter(h *analyze.Handshake) {
	t.heading("filter")
	t.line("  " + streamFilter(h))
}

// streamField is Wireshark's field for the connection's number.
func streamField(h *analyze.Handshake) string {
	if h.Facts.Transport == decode.TCP {
		return "tcp.stream"
	}
	return "udp.stream"
}

// streamFilter is Wireshark's display filter for a handshake.
func streamFilter(h *analyze.Handshake) string {
	if h.Facts.Tunnel == "eapol" { // which Wireshark does not number
		return fmt.Sprintf("eapol && frame.number >= %d && frame.number <= %d", h.Facts.FirstFrame, h.Facts.LastFrame)
	}
	return fmt.Sprintf("%s eq %d", streamField(h), h.Facts.Stream)
}

// certificates lists the chains that could be read.
func (t *textReport) certificates(h *analyze.Handshake) {
	for _, side := range []decode.Side{decode.Server, decode.Client} {
		chain := h.Certificates[side]
		if len(chain) == 0 {
			continue
		}
		t.heading("certificates " + sideName(side))
		for i := range chain {
			t.certificateLines(i, &chain[i])
		}
	}
}

func (t *textReport) certificateLines(i int, c *analyze.Certificate) {
	first := fmt.Sprintf("  %d  ", i)
	rest := strings.Repeat(" ", len(first))
	t.paragraph(first, rest, clean(shorten(t.identity(c.Subject), maxValue)))
	issuer := t.labelS("issued by", clean(shorten(t.identity(c.Issuer), maxValue)))
	if c.SelfSigned {
		issuer = t.label("self-signed")
	}
	t.paragraph(rest, rest, issuer)
	var facts []string
	if !c.NotAfter.IsZero() {
		facts = append(facts, t.labelS("valid", c.NotBefore.UTC().Format("2006-01-02"), c.NotAfter.UTC().Format("2006-01-02")))
	}
	for _, s := range []string{clean(c.Key), clean(c.Signature)} {
		if s != "" {
			facts = append(facts, s)
		}
	}
	t.paragraph(rest, rest, strings.Join(facts, ", "))
	if len(c.Problems) > 0 {
		t.paragraph(rest, rest, t.bad("! "+strings.Join(c.Problems, ", ")))
	}
}
