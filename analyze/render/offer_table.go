package render

import (
	"strings"

	"tlswhy/analyze"
)

const (
	offerLabel = 16 // columns of the row's name
	offerSide  = 8  // columns of "client", "server"
	maxOffered = 64 // names in one cell
)

// offerTable sets what the client offered beside what the server chose. The
// chosen one is marked in the offer.
func (t *textReport) offerTable(h *analyze.Handshake) {
	rows := t.offers(h)
	if rows == nil {
		return
	}
	t.heading("offered")
	sh, _ := h.Facts.ServerHello()
	for i := range rows {
		o := &rows[i]
		if o.Common && len(o.Server) == 1 { // agreed: the rest of the offer does not matter
			s := t.good("*" + o.Server[0])
			if n := len(o.Client); n > 1 {
				s += " " + t.labelN("of offered", n)
			}
			t.offerLine(sentence(o.Label), t.label("both"), s)
			continue
		}
		t.offerLine(sentence(o.Label), t.label("client"), t.offered(o))
		if sh != nil || o.Server != nil {
			t.offerLine("", t.label("server"), t.chosen(o))
		}
	}
	if sh == nil {
		t.offerLine(sentence(t.label("server")), "", t.bad(t.label("chose nothing")))
	}
}

func (t *textReport) offerLine(name, side, s string) {
	first := "  " + pad(pad(name, offerLabel)+side, offerLabel+offerSide)
	if side == "" {
		first = "  " + pad(name, offerLabel)
	}
	t.paragraph(first, strings.Repeat(" ", columns(first)), s)
}

// offered lists the offer.
func (t *textReport) offered(o *offer) string {
	if len(o.Client) == 0 {
		return t.label("nothing")
	}
	var names []string
	for i, n := range o.Client {
		if i == maxOffered {
			names = append(names, t.labelN("more", len(o.Client)-i))
			break
		}
		if o.has(n) {
			n = t.good("*" + n)
		}
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

func (t *textReport) chosen(o *offer) string {
	switch {
	case o.Hidden:
		return t.dim(t.label("encrypted"))
	case len(o.Server) == 0:
		return t.dim(t.label("nothing"))
	}
	names := o.Server
	s := strings.Join(names[:min(len(names), maxOffered)], ", ")
	switch {
	case o.Foreign:
		return t.bad(s + "  <-- " + t.label("not offered"))
	case o.Common:
		return t.good("*" + s)
	}
	return s
}
