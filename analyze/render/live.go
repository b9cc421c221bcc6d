package render

import (
	"encoding/json"
	"io"
	"time"

	"tlswhy/analyze"
)

// Live writes handshakes one by one while a capture goes on.
type Live struct {
	style
	p *printer
}

// NewLive returns a Live that writes as a report with these options does.
func NewLive(o Options) *Live {
	return &Live{style(o.Color), newPrinter(&analyze.Report{}, o)}
}

// meet gives the values of a handshake their placeholders.
func (l *Live) meet(h *analyze.Handshake) {
	if d := l.p.hide; d != nil {
		d.play(h.Facts.Client.Addr(), "client")
		d.play(h.Facts.Server.Addr(), "server")
		d.meet(h)
	}
}

// Verdict says what became of a handshake, Text writes a text: for comments.
func (l *Live) Verdict(h *analyze.Handshake) string {
	l.meet(h)
	if len(h.Findings) == 0 {
		return l.p.label(string(h.Outcome))
	}
	f := h.Findings[0]
	return l.p.label(string(f.Severity)) + "[" + f.ID + "]: " + l.p.text(f.Summary)
}

// Text writes a text.
func (l *Live) Text(t analyze.Text) string { return l.p.text(t) }

// Line tells of a handshake in one line.
func (l *Live) Line(w io.Writer, h *analyze.Handshake) error {
	l.meet(h)
	s := l.dim(h.Facts.End.UTC().Format(time.DateTime)) + "  " + l.p.ends(h) + "  "
	if len(h.Findings) > 0 {
		f := h.Findings[0]
		s += l.severity(f.Severity, l.p.label(string(f.Severity))+"["+f.ID+"]") + ": " + l.p.text(f.Summary)
	} else {
		s += l.p.label(string(h.Outcome))
	}
	_, err := io.WriteString(w, s+"\n")
	return err
}

// JSON writes a handshake as a line of NDJSON.
func (l *Live) JSON(w io.Writer, h *analyze.Handshake) error {
	l.meet(h)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(l.p.handshake(h))
}

// Last ends NDJSON that was written line by line: the handshakes that were not
// told, or not with this verdict, then the summary.
func (l *Live) Last(w io.Writer, r *analyze.Report, told func(*analyze.Handshake) bool) error {
	for _, h := range r.Handshakes {
		if told(h) {
			continue
		}
		if err := l.JSON(w, h); err != nil {
			return err
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(l.p.last(r))
}
