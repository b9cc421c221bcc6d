package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
)

// authentication is one run of EAP (RFC 3748) with what it carries.
type authentication struct {
	carried
	eap    prelude.EAP
	dir    [2]stream.Dir // by prelude.Side
	method string        // whose TLS it carries; empty before one begins
	over   bool
	state  uint64 // digest of RADIUS' State; 0 without
}

// packet takes one EAP packet. It reports false when it is none.
func (a *authentication) packet(s *packet.Segment, b []byte) bool {
	p, ok := a.eap.Feed(b)
	if !ok {
		return false
	}
	if a.flow == nil {
		return true
	}
	dir := a.dir[p.From]
	a.note(dir, s)
	switch {
	case p.Code == prelude.EAPSuccess:
		a.result(dir, s, true)
	case p.Code == prelude.EAPFailure:
		a.result(dir, s, false)
	case p.Repeated:
		a.repeat(dir, s)
	case p.Start:
		a.begin(dir, s, p.Method)
	case p.Method == "Nak" && a.flow.hellos == 0: // the server may offer another
		a.method = ""
	case len(p.TLS) > 0:
		a.fragment(dir, s, &p)
	}
	return true
}

// begin is the server's start of a method (RFC 5216, Section 2.1.1).
func (a *authentication) begin(dir stream.Dir, s *packet.Segment, method string) {
	a.method = method
	a.flow.conn.Half[0].SYN, a.flow.conn.Half[1].SYN = true, true // the capture has the beginning
	a.say(dir, s, Prelude{Protocol: "eap", What: "start", Text: method})
}

func (a *authentication) fragment(dir stream.Dir, s *packet.Segment, p *prelude.EAPPacket) {
	if a.method == "" {
		a.method = p.Method
	}
	if p.Lost || p.Missing > 0 || p.First && !startsRecord(p.TLS) {
		a.lost(dir, max(1, p.Missing), s)
	}
	a.bytes(dir, p.TLS, s)
}

// startsRecord says whether a message begins as records do (RFC 8446, Section
// 5.1); one that does not is the rest of one that is not in the capture.
func startsRecord(b []byte) bool { return b[0] >= 20 && b[0] <= 24 && (len(b) == 1 || b[1] == 3) }

// restarted says whether an EAP packet begins another authentication: what comes
// after the end, or an identity, which is asked for before TLS.
func (a *authentication) restarted(b []byte) bool {
	const identity = 1
	return a.over || (a.flow == nil || a.flow.hellos > 0) && len(b) > 4 && b[4] == identity
}

// result is the end of an authentication. A success needs both Finished, which
// TLS 1.3 hides.
func (a *authentication) result(dir stream.Dir, s *packet.Segment, success bool) {
	f := a.flow
	if a.over = true; a.method == "" {
		return
	}
	if !success {
		f.add(rec{kind: recClose, dir: dir, frame: int32(s.FirstFrame), last: int32(s.Frame), time: s.Time, head: -1})
		return
	}
	f.half[0].fin, f.half[1].fin = f.hello, f.hello
	a.say(dir, s, Prelude{Protocol: "eap", What: "success", Text: a.method})
}

// close hands the authentication on when it carried TLS, or began to.
func (a *authentication) close() {
	if a.flow == nil {
		return
	}
	if a.method == "" { // another kind of authentication: no TLS in it
		f := a.flow
		a.flow, f.conn.User = nil, nil
		f.d.recycle(f)
		return
	}
	a.end()
}
