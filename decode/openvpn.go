package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
)

// vpnFlow is the state of an OpenVPN session over UDP: its control channel
// carries TLS.
type vpnFlow struct {
	vpn    prelude.OpenVPN
	off    [2]int64
	again  int
	resets int
}

// vpnDatagram takes one packet of OpenVPN.
func (f *flow) vpnDatagram(s *packet.Segment, i *stream.Info) {
	v := f.dg.vpn
	side := prelude.Server
	if int8(i.Dir) == f.client {
		side = prelude.Client
	}
	p := v.vpn.Feed(side, s.Payload)
	switch {
	case p.Hidden:
		f.vpnSay(s, i, "banner", "control channel encrypted (tls-crypt)", int(p.Opcode))
	case p.Repeated:
		v.again++
		f.repeatedDatagram(s, i, v.again)
	case p.Reset && v.resets < maxResets:
		v.resets++
		f.vpnSay(s, i, "reset", p.Name, int(p.Opcode))
	}
	if len(p.TLS) > 0 {
		v.again = 0
	}
	for _, b := range p.TLS {
		f.dg.bytes[i.Dir] += int64(len(b))
		f.data(i.Dir, v.off[i.Dir], b, int32(s.Frame), s.Time)
		if v.off[i.Dir] += int64(len(b)); f.conn.User == nil {
			return
		}
	}
	f.dg.stop = f.clean
}

func (f *flow) vpnSay(s *packet.Segment, i *stream.Info, what, text string, code int) {
	f.extraRec(rec{dir: i.Dir, frame: int32(s.FirstFrame), last: int32(s.Frame), time: s.Time, n: int32(s.Length), head: -1},
		Prelude{Protocol: "openvpn", What: what, Text: text, Code: code})
}
