package decode

import (
	"encoding/binary"

	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/quic"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// datagrams is the state of a UDP flow: DTLS, QUIC, or neither.
type datagrams struct {
	kind  Transport
	known bool
	stop  bool // the handshake is over, and nothing more is read
	tries uint8
	stun  uint8
	bytes [2]int64
	again [2]again
	quic  *quicFlow
	dtls  *dtlsFlow
	vpn   *vpnFlow
	via   string // what carries the TLS: "radius", "openvpn" …
	// radius is a flow that carries others, and is no handshake itself.
	radius *radius
}

// again counts what one direction sent again.
type again struct {
	packets     int // datagrams that carried nothing new
	first, last int32
	sizes       []int32
}

func (g *datagrams) isTLS() bool     { return g.known }
func (g *datagrams) isDTLS() bool    { return g.known && g.kind == DTLS }
func (g *datagrams) mayMatter() bool { return false }
func (g *datagrams) transport() Transport {
	if g.known {
		return g.kind
	}
	return TCP
}

// datagram takes one UDP datagram.
func (f *flow) datagram(s *packet.Segment, i *stream.Info) {
	g := &f.dg
	if g.stop || len(s.Payload) == 0 {
		return
	}
	b := unwrapDatagram(s.Payload)
	if !g.known && g.radius == nil && !f.recognise(b, i.Dir) {
		f.strange(s.Payload)
		return
	}
	if s.Length > len(s.Payload) {
		f.cut = true
	}
	if i.Duplicate {
		return
	}
	f.half[i.Dir].noteTTL(s.TTL)
	switch {
	case g.radius != nil:
		f.radiusDatagram(s, i)
	case g.quic != nil:
		f.quicDatagram(s, i, b)
	case g.vpn != nil:
		f.vpnDatagram(s, i)
	default:
		f.dtlsDatagram(s, i, b)
	}
}

// recognise looks at a datagram of a flow about which nothing is known.
func (f *flow) recognise(b []byte, dir stream.Dir) bool {
	g := &f.dg
	switch {
	case wire.LooksLikeDTLS(b):
		g.kind, g.dtls = DTLS, &dtlsFlow{}
	case quic.LooksLikeQUIC(b) && !googleOnly(b):
		g.kind, g.quic = QUIC, &quicFlow{}
		if quic.IsClientInitial(b) {
			f.client = int8(dir)
		} else {
			f.client = int8(f.clientDir())
		}
	default:
		return f.recogniseCarrier(b, dir)
	}
	g.known, f.tls = true, true
	return true
}

// recogniseCarrier looks for protocols that carry the records of TLS.
func (f *flow) recogniseCarrier(b []byte, dir stream.Dir) bool {
	g := &f.dg
	switch {
	case prelude.LooksLikeRADIUS(b):
		g.radius = &radius{byState: map[uint64]*authentication{}}
	case prelude.LooksLikeOpenVPN(b):
		g.kind, g.known, g.via, g.vpn = OpenVPN, true, "openvpn", &vpnFlow{}
		f.client = int8(dir)
		f.half[0].mode, f.half[1].mode = modeTLS, modeTLS
		f.conn.Half[0].SYN, f.conn.Half[1].SYN = true, true
	default:
		return false
	}
	return true
}

// googleOnly says whether a datagram is of Google QUIC, which has no TLS inside.
func googleOnly(b []byte) bool {
	return len(b) >= 5 && quic.Version(binary.BigEndian.Uint32(b[1:])).GoogleQUIC()
}

// strange counts datagrams that are neither DTLS nor QUIC; a flow with too
// many of them is dropped. STUN goes before DTLS-SRTP for a while.
func (f *flow) strange(b []byte) {
	g := &f.dg
	if prelude.IsSTUN(b) && g.stun < maxSTUN {
		g.stun++
		return
	}
	if g.tries++; g.tries > maxStrange {
		f.d.Other++
		f.forget()
	}
}

// unwrapDatagram removes what TURN (RFC 8656) and CAPWAP (RFC 5415, Section
// 4.2) put around DTLS.
func unwrapDatagram(b []byte) []byte {
	if inner, ok := prelude.TURN(b); ok && wire.LooksLikeDTLS(inner) {
		return inner
	}
	if len(b) > 4 && string(b[:4]) == "\x01\x00\x00\x00" && wire.LooksLikeDTLS(b[4:]) {
		return b[4:]
	}
	return b
}

// repeated writes down a datagram that brought nothing new.
func (f *flow) repeatedDatagram(s *packet.Segment, i *stream.Info, count int) {
	a, h := &f.dg.again[i.Dir], &f.half[i.Dir]
	if a.packets++; a.first == 0 {
		a.first = int32(s.Frame)
	}
	a.last = int32(s.Frame)
	if len(a.sizes) < 16 {
		a.sizes = append(a.sizes, int32(s.Length))
	}
	if h.repeats >= maxRepeats {
		f.dropped++
		return
	}
	h.repeats++
	f.add(rec{kind: recRepeat, dir: i.Dir, frame: int32(s.FirstFrame), last: int32(s.Frame), time: s.Time,
		n: int32(s.Length), count: int32(count), head: f.head(s, i)})
}

// extraRec logs a message of a datagram transport.
func (f *flow) extraRec(r rec, m Message) {
	r.kind, r.count = recDatagram, int32(len(f.extra))
	if f.add(r) != nil {
		f.extra = append(f.extra, m)
	}
}

// datagramFlow fills in what the flow table does not know of UDP.
func (f *flow) datagramFlow(d stream.Dir, w *Flow) {
	g := &f.dg
	a := &g.again[d]
	w.Bytes, w.Retransmitted, w.FirstRepeat, w.LastRepeat = g.bytes[d], a.packets, int(a.first), int(a.last)
	w.Repeats = a.packets
	for _, n := range a.sizes {
		w.RepeatSizes = append(w.RepeatSizes, int(n))
	}
	if g.quic != nil {
		w.Repeats = g.quic.rounds(d, a.packets)
	} else if g.dtls != nil {
		w.Repeats = g.dtls.half[d].rounds
	}
}

// datagramSides says whether one direction, or the beginning, is missing from
// the capture.
func (f *flow) datagramSides() (oneSided, late bool) {
	g := &f.dg
	c := f.clientDir()
	answered, client, server := f.hello, f.half[c].packets, f.half[1-c].packets
	if g.quic != nil {
		answered = answered || g.quic.beyond
	} else if g.dtls != nil {
		answered = answered || g.dtls.half[c].beyond
	}
	return server == 0 && answered || client == 0 && server > 0, f.hellos == 0 && (server > 0 || answered)
}
