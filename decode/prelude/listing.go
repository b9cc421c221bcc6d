package prelude

import "bytes"

// listing gathers a list of capabilities, or a reply, of several lines.
type listing struct {
	message        // offset and length of all lines; Length 0 outside of a list
	text    []byte // of all lines, at most MaxText
	offer   string // line that offers the upgrade
	mask    string // line that was overwritten
}

// row adds a line. capability is the part of it that names one, and offers
// tells whether it is the upgrade.
func (l *listing) row(m message, capability []byte, offers bool) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	if l.Length == 0 {
		*l = listing{message: m, text: l.text[:0]}
	} else {
		l.Length += m.Length
		if len(l.text) < MaxText {
			l.text = append(l.text, '\n')
		}
	}
	l.text = append(l.text, b[:min(len(b), MaxText-len(l.text))]...)
	if offers && l.offer == "" {
		l.offer = line(b)
	}
	if masked(capability) && l.mask == "" {
		l.mask = line(b)
	}
}

// tell says what the whole list means.
func (l *listing) tell(d *Dialog, code int) {
	switch {
	case l.offer != "":
		d.list(l.message, true, l.offer, code)
	case l.mask != "":
		d.listed, d.goesOn = true, false
		d.strip(l.message, l.mask, code)
	default:
		d.list(l.message, false, string(l.text), code)
	}
}

// greet tells of the first words of a server.
func (d *Dialog) greet(m message, welcome bool, text string, code int) {
	what := "greeting"
	if !welcome {
		what = "error"
	}
	d.step(m, what, text, code)
}
