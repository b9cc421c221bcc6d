package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
)

// eapol follows the authentications on local networks (IEEE 802.1X), by the
// address of the supplicant.
type eapol struct {
	by    map[packet.Addr]*authentication
	order []*authentication // of by, oldest first
	last  *authentication
	begun int
}

// eapol takes an EAPOL frame.
func (d *Decoder) eapol(s *packet.Segment) {
	d.info = nil // what the flow table found out is of another packet
	if len(s.Payload) < 4 {
		return
	}
	e := &d.local
	station, server := s.Src, s.Dst
	request := s.Payload[0] != prelude.EAPResponse
	if request {
		station, server = s.Dst, s.Src
	}
	a := e.by[station]
	if a == nil && request && group(station) { // on a wire nobody need be named: it answers what was said last
		a = e.last
	}
	if a != nil && a.restarted(s.Payload) {
		e.drop(a)
		a = nil
	}
	switch {
	case a == nil && group(station), a != nil && a.flow == nil:
		return
	case a == nil:
		a = e.begin(d, stream.Key{Addr: [2]packet.Addr{station, server}, Proto: packet.EAPOL}, s)
	}
	if k := &a.flow.conn.Key; group(k.Addr[1]) {
		k.Addr[1] = server
	}
	e.last = a
	a.packet(s, s.Payload)
}

// group says whether a MAC address stands for many stations.
func group(a packet.Addr) bool { return a.MAC()[0]&1 != 0 }

func (e *eapol) begin(d *Decoder, key stream.Key, s *packet.Segment) *authentication {
	if e.by == nil {
		e.by = map[packet.Addr]*authentication{}
	}
	if len(e.order) >= maxAuthentications {
		e.drop(e.order[0])
	}
	a := &authentication{carried: *d.carry(EAP, "eapol", key, e.begun, s), dir: [2]stream.Dir{0, 1}}
	e.begun++
	e.by[key.Addr[0]], e.order = a, append(e.order, a)
	return a
}

// drop hands an authentication on and forgets it.
func (e *eapol) drop(a *authentication) {
	for i, x := range e.order {
		if x == a {
			e.order = append(e.order[:i], e.order[i+1:]...)
			break
		}
	}
	for station, x := range e.by {
		if x == a {
			delete(e.by, station)
		}
	}
	if e.last == a {
		e.last = nil
	}
	a.close()
}

// close ends the capture.
func (e *eapol) close() {
	for len(e.order) > 0 {
		e.drop(e.order[0])
	}
}
