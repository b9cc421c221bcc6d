package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// datagrams is the state of a UDP flow: DTLS, QUIC, or neither.
type datagrams struct {
	kind  Transport
	known bool
	tries uint8
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
	if f.dg.tries++; f.dg.tries > 8 && !f.dg.known {
		f.d.Other++
		f.forget()
	}
}
