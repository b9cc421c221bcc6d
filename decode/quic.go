package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/quic"
	"tlswhy/decode/secret"
	"tlswhy/decode/stream"
)

// quicFlow is the state of a QUIC connection.
type quicFlow struct {
	conn      quic.Conn
	level     [2]quic.Level // of the CRYPTO bytes being collected
	initials  [2]int        // events logged
	carriers  [2]int        // datagrams of a side that brought bytes of its hello
	beyond    bool          // the client sent what only an answer makes possible
	handshook bool          // the client sent a Handshake packet
	short     [2]int        // 1-RTT packets after the client's first
}

// quicDatagram takes one datagram of a QUIC connection.
func (f *flow) quicDatagram(s *packet.Segment, i *stream.Info, b []byte) {
	q := f.dg.quic
	if f.d.keys != nil && q.conn.Secrets == nil {
		q.conn.Secrets = f.d.quicSecrets
	}
	side := quic.Server
	if int8(i.Dir) == f.client {
		side = quic.Client
	}
	events := q.conn.Feed(side, s.Frame, b)
	before := len(f.recs)
	fresh, probe, whole, heard := false, false, q.whole(f, i.Dir), f.hello
	for k := range events {
		e := &events[k]
		r := rec{dir: i.Dir, frame: int32(e.Frame), last: int32(e.Frame), time: s.Time, head: -1}
		if e.From != side {
			r.dir = 1 - i.Dir
		}
		switch c := e.Content.(type) {
		case quic.Crypto:
			if !fresh && !heard {
				q.carriers[r.dir]++
			}
			fresh = true
			f.crypto(r, c)
		case quic.Close:
			fresh = true
			f.quicContent(r, c)
		case quic.Initial:
			probe = probe || c.Opened && (c.Crypto > 0 || !c.Ack) && c.Number > 0
			f.quicInitial(r, c)
		default:
			f.quicContent(r, e.Content)
		}
		if f.conn.User == nil {
			return
		}
	}
	if probe && whole && !fresh && (side == quic.Server || !f.hello) {
		if len(f.recs) == before+1 && f.recs[before].kind == recDatagram { // the Initial: the repetition says it all
			f.recs, f.extra = f.recs[:before], f.extra[:len(f.extra)-1]
		}
		f.repeatedDatagram(s, i, q.rounds(i.Dir, f.dg.again[i.Dir].packets+1))
	} else {
		f.dg.bytes[i.Dir] += int64(s.Length)
	}
}

// whole says whether the hello of a side was whole, so that Initials without
// new bytes repeat it; what is spread over more than a few packets is taken
// for whole.
func (q *quicFlow) whole(f *flow, d stream.Dir) bool {
	if int8(d) != f.client {
		return f.hello
	}
	return f.hellos > 0 || q.initials[d] > 6
}

// rounds is how often a flight of so many datagrams was sent again, when n
// datagrams brought nothing new.
func (q *quicFlow) rounds(d stream.Dir, n int) int {
	return (n + max(1, q.carriers[d]) - 1) / max(1, q.carriers[d])
}

// crypto takes handshake bytes (RFC 9001, Section 4.1.3).
func (f *flow) crypto(r rec, c quic.Crypto) {
	q, h := f.dg.quic, &f.half[r.dir]
	if len(h.msg) > 0 && q.level[r.dir] != c.Level {
		f.wholeMessage(r.dir, h, r.frame, r.time, flagCut)
	}
	q.level[r.dir] = c.Level
	if len(h.msg) > 0 {
		h.records++
		r.frame = max(r.frame, h.msgFrame)
	}
	before := len(f.recs)
	f.handshake(r.dir, h, c.Offset, c.Data, r.frame, r.time)
	for k := before; k < len(f.recs) && c.Level != quic.InitialLevel; k++ {
		f.recs[k].flags |= flagDecrypted
	}
}

func (f *flow) quicInitial(r rec, c quic.Initial) {
	q := f.dg.quic
	if c.Ack && int8(r.dir) == f.client {
		q.beyond = true
	}
	if q.initials[r.dir]++; q.initials[r.dir] > maxInitials {
		f.dropped++
		return
	}
	r.n = int32(c.Bytes)
	f.extraRec(r, QUICInitial{Version: uint32(c.Version), DCID: c.DCID, SCID: c.SCID, Token: len(c.Token) > 0, PacketBytes: c.Bytes})
}

// quicContent logs everything but Initials and CRYPTO.
func (f *flow) quicContent(r rec, c quic.Content) {
	switch c := c.(type) {
	case quic.Protected:
		f.quicProtected(r, c)
	case quic.Retry:
		f.extraRec(r, QUICRetry{Version: uint32(c.Version)})
	case quic.VersionNegotiation:
		if !c.Matches { // forged, or not of this connection (RFC 9000, Section 6.2)
			return
		}
		m := QUICVersionNegotiation{}
		for _, v := range c.Versions[:min(len(c.Versions), maxVersions)] {
			m.Versions = append(m.Versions, uint32(v))
		}
		f.extraRec(r, m)
	case quic.Close:
		if c.Level != quic.InitialLevel {
			r.flags |= flagDecrypted
		}
		f.extraRec(r, QUICClose{Application: c.Application, Code: c.Code, FrameType: c.FrameType, Reason: c.Reason})
	case quic.Stream:
		f.quicStream(r, c)
	case quic.StatelessReset:
		if c.Certain {
			f.extraRec(r, Datagram{Type: "stateless-reset", Bytes: c.Bytes})
		}
	case quic.Restart:
		f.quicRestart()
	}
}

// quicRestart forgets what was half read of the connection before.
func (f *flow) quicRestart() {
	for d := range f.half {
		f.half[d].msg = f.half[d].msg[:0]
		f.dg.quic.carriers[d] = 0
	}
}

func (f *flow) quicStream(r rec, c quic.Stream) {
	h := &f.half[r.dir]
	h.app += int64(c.Bytes)
	r.kind, r.n, r.flags = recAppData, int32(c.Bytes), flagDecrypted
	r.a, r.b = f.log.keep(c.Prefix[:min(len(c.Prefix), maxPrefix)])
	f.addProtected(h, r)
}

// quicProtected takes a packet whose content is hidden, or follows as events
// of its own. The client's first 1-RTT packet shows that it has the server's
// Finished and sent its own (RFC 9001, Section 5.7).
func (f *flow) quicProtected(r rec, c quic.Protected) {
	q, h := f.dg.quic, &f.half[r.dir]
	client := int8(r.dir) == f.client
	if client && c.Type != quic.ZeroRTTPacket {
		q.beyond = true
	}
	r.n = int32(c.Bytes)
	if h.encs < maxEncrypted {
		h.encs++
		f.extraRec(r, Datagram{Type: c.Type.Name(), Bytes: c.Bytes})
	} else {
		f.dropped++
	}
	q.handshook = q.handshook || client && c.Type == quic.HandshakePacket
	if c.Type != quic.OneRTTPacket || !f.hello && !q.handshook {
		return
	}
	if client && !h.fin {
		h.fin, f.other(h).fin = true, true
	}
	if !h.fin {
		return
	}
	if !c.Opened {
		h.app += int64(c.Bytes)
	}
	if q.short[r.dir]++; q.short[0] >= settledQUIC && q.short[1] >= settledQUIC {
		f.half[0].after, f.half[1].after = true, true
		f.settle()
		f.dg.stop = f.keep
	}
}

// quicSecrets finds the secrets of a connection in the key log.
func (d *Decoder) quicSecrets(random []byte) quic.Secrets {
	s, ok := d.keys.Lookup(random)
	if !ok {
		return quic.Secrets{}
	}
	return quic.Secrets{ClientEarly: s.Traffic(secret.ClientEarly), ClientHandshake: s.Traffic(secret.ClientHandshake),
		ServerHandshake: s.Traffic(secret.ServerHandshake), ClientTraffic: s.Traffic(secret.ClientTraffic), ServerTraffic: s.Traffic(secret.ServerTraffic)}
}
