package decode

import (
	"hash/maphash"

	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
)

// radius is a flow of RADIUS (RFC 2865): one pair of ports carries many
// authentications at a time. A response has the identifier of its request; the
// next request has the State of the response before (RFC 3579, Section 2.1).
type radius struct {
	byID    [256]*authentication
	byState map[uint64]*authentication
	open    []*authentication // oldest first
}

// Codes of RADIUS.
const (
	accessRequest   = 1
	accessAccept    = 2
	accessReject    = 3
	accessChallenge = 11
)

// radiusDatagram takes a datagram of a flow that is known to be RADIUS.
func (f *flow) radiusDatagram(s *packet.Segment, i *stream.Info) {
	p, ok := prelude.ParseRADIUS(s.Payload)
	if !ok || i.Duplicate {
		return
	}
	r := f.dg.radius
	a := r.byID[p.Identifier]
	switch p.Code {
	case accessRequest:
		if p.EAP == nil {
			return
		}
		if a = r.byState[f.d.digest(p.State)]; a != nil && a.restarted(p.EAP) {
			r.drop(a)
			a = nil
		}
		if a == nil {
			a = r.begin(f, i.Dir, s)
		}
		r.byID[p.Identifier] = a
	case accessChallenge, accessAccept, accessReject:
		if a == nil && p.EAP != nil {
			a = r.begin(f, 1-i.Dir, s)
			r.byID[p.Identifier] = a
		}
	default:
		return
	}
	if a != nil {
		r.answer(f, a, s, &p)
	}
}

// answer takes the EAP packet of a RADIUS packet, and its end.
func (r *radius) answer(f *flow, a *authentication, s *packet.Segment, p *prelude.RADIUSPacket) {
	if a.flow != nil && p.EAP != nil {
		a.packet(s, p.EAP)
	}
	switch p.Code {
	case accessChallenge:
		if n := f.d.digest(p.State); n != 0 && n != a.state {
			delete(r.byState, a.state)
			a.state, r.byState[n] = n, a
		}
	case accessReject, accessAccept:
		if a.flow != nil && !a.over {
			a.result(a.dir[prelude.Server], s, p.Code == accessAccept)
		}
		if p.Code == accessAccept { // what went before a rejection may be told by fragments that nobody got
			r.drop(a)
		}
	}
}

func (r *radius) begin(f *flow, client stream.Dir, s *packet.Segment) *authentication {
	if len(r.open) >= maxAuthentications {
		r.drop(r.open[0])
	}
	a := &authentication{carried: *f.d.carry(EAP, "radius", f.conn.Key, int(f.conn.Stream), s), dir: [2]stream.Dir{client, 1 - client}}
	a.flow.opener = int8(client)
	r.open = append(r.open, a)
	return a
}

// drop hands an authentication on and forgets it.
func (r *radius) drop(a *authentication) {
	for i, x := range r.open {
		if x == a {
			r.open = append(r.open[:i], r.open[i+1:]...)
			break
		}
	}
	for i, x := range r.byID {
		if x == a {
			r.byID[i] = nil
		}
	}
	delete(r.byState, a.state)
	a.close()
}

// close ends the flow.
func (r *radius) close() {
	for len(r.open) > 0 {
		r.drop(r.open[0])
	}
}

// lostRADIUS tells the authentication of a RADIUS packet of which fragments
// never came: no receiver could use it.
func (f *flow) lostRADIUS(s *packet.Segment, dir stream.Dir) {
	r := f.dg.radius
	var a *authentication
	if len(s.Payload) > 1 {
		a = r.byID[s.Payload[1]]
	}
	if n := len(r.open); a == nil && n > 0 {
		a = r.open[n-1]
	}
	if a != nil && a.flow != nil {
		a.flow.add(rec{kind: recFragment, dir: dir, frame: int32(s.Frame), last: int32(s.Frame), time: s.Time, n: int32(s.Length), head: -1})
	}
}

// digest is a short name of some bytes; 0 for none.
func (d *Decoder) digest(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return maphash.Bytes(d.seed, b) | 1
}
