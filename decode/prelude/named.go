package prelude

import "bytes"

// named is a protocol without an upgrade: only its first words are told.
type named struct {
	length int // of a first packet; 0 for a line
	what   string
}

func nameLine(what string) func() speaker {
	return func() speaker { return named{0, what} }
}

func namePacket(length int) func() speaker {
	return func() speaker { return named{length, "request"} }
}

func (s named) frame(_ *Dialog, _ Side, b []byte) int64 {
	if s.length > 0 {
		return int64(s.length)
	}
	return lineFrame(b)
}

func (s named) message(d *Dialog, m message) {
	what := s.what
	if m.From == Server && what == "request" {
		what = "response"
	}
	d.step(m, what, line(m.Bytes), 0)
	d.flows[m.From^d.flip].deaf = true
}

// lineFrame is the framing of every protocol of lines.
func lineFrame(b []byte) int64 { return int64(bytes.IndexByte(b, '\n') + 1) }
