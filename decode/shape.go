package decode

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"tlswhy/decode/packet"
	"tlswhy/decode/wire"
)

// shapeSpan is how long a handshake may last that is told by its shape: none of
// its pauses can be a wait.
const shapeSpan = time.Second

// ending says whether s is the packet without data after which both ends are
// closed.
func (f *flow) ending(s *packet.Segment) bool {
	h := &f.conn.Half
	return !f.judged && s.Length == 0 && (h[0].FIN && h[1].FIN || h[0].RST || h[1].RST) && f.conn.Key.Proto == packet.TCP
}

// repeats forgets the handshake when enough is known of those like it.
func (f *flow) repeats() {
	f.judged = true
	sum, ok := f.shape()
	if !ok {
		return
	}
	f.sum = max(sum, 1)
	if f.d.opt.Repeat == nil {
		return
	}
	b := f.outline()
	b.Shape = f.sum
	for i := range f.recs {
		r := &f.recs[i]
		switch {
		case r.kind != recMessage:
		case r.ctype == 1 && b.Hello == nil:
			b.Hello = f.log.bytes(r)
			b.Random = randomOf(b.Hello)
		case r.ctype == 11 && b.Certificate == nil:
			b.Certificate = f.log.bytes(r)
		}
	}
	b.Version = wire.Version(f.version)
	if f.d.opt.Repeat(b) {
		f.forget()
	}
}

// shape digests all that a judgement of a handshake depends on but for its
// time, its client and what is random in every connection. ok is false for
// one that has to be looked at whole: its end was not told by an alert, or
// depends on times and header fields that are its own.
func (f *flow) shape() (sum uint64, ok bool) {
	if !f.plainStory() {
		return 0, false
	}
	b := f.d.scratch[:0]
	c := f.clientDir()
	server := &f.conn.Key
	b = append(b, server.Addr[1-c][:]...)
	b = binary.BigEndian.AppendUint16(b, server.Port[1-c])
	b = binary.BigEndian.AppendUint16(b, f.version)
	b = binary.BigEndian.AppendUint16(b, uint16(f.suite))
	for _, d := range [2]uint8{uint8(c), uint8(1 - c)} {
		h, s := &f.half[d], &f.conn.Half[d]
		b = appendNumbers(b, s.High, s.High-s.Acked, int64(s.Retransmitted), int64(s.Repeats), int64(s.MSS), int64(h.maxSegment), h.app)
		b = appendFlags(b, h.fin, h.after, h.acks, s.FIN, s.RST, s.SYN, len(h.sacked) > 0, h.packets == 0)
		b = append(b, h.ttl[:]...)
	}
	for i := range f.recs {
		r := &f.recs[i]
		b = append(b, byte(r.kind), byte(r.dir)^byte(c), r.flags, r.ctype)
		b = appendNumbers(b, r.off, int64(r.n), int64(r.count), int64(r.version), int64(r.recVersion), int64(r.records))
		if r.head >= 0 {
			b = append(b, f.heads[r.head].ttl, f.heads[r.head].flags)
		}
		if r.kind == recMessage {
			b = appendMessage(b, r, f.log.bytes(r))
		} else {
			b = append(b, f.log.bytes(r)...)
		}
	}
	f.d.scratch = b
	return maphash.Bytes(f.d.seed, b), true
}

// plainStory says whether a handshake over TCP was captured whole, in the
// clear as far as it goes, within a second, and ended by an alert.
func (f *flow) plainStory() bool {
	if f.conn.Key.Proto != packet.TCP || f.dialog != nil || f.keys != nil || f.dropped > 0 || f.lossy || f.cut || f.reused ||
		!f.tls || f.last-f.first >= int64(shapeSpan) || !f.conn.Half[0].SYN || !f.conn.Half[1].SYN {
		return false
	}
	told := false
	for i := range f.recs {
		switch r := &f.recs[i]; r.kind {
		case recAlert:
			told = true
		case recEncrypted:
			told = told || r.flags&flagAlertSize != 0 || r.ctype == 21
		case recReset, recClose:
			if !told {
				return false
			}
		case recMessage:
			if r.flags != 0 {
				return false
			}
		case recOpen, recAccept, recEstablish, recAck, recCCS, recAppData:
		default:
			return false
		}
	}
	return told
}

func appendNumbers(b []byte, list ...int64) []byte {
	for _, n := range list {
		b = binary.AppendVarint(b, n)
	}
	return b
}

func appendFlags(b []byte, list ...bool) []byte {
	for _, is := range list {
		if is {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return b
}

// appendMessage appends a handshake message without what is random in it.
func appendMessage(b []byte, r *rec, m []byte) []byte {
	switch wire.HandshakeType(r.ctype) {
	case 1, 2:
		return appendHello(b, m, r.ctype == 2)
	case 12, 15: // parameters, then a signature; a DHE group's prime is among the first bytes
		return append(b, m[:min(len(m), 40)]...)
	case 4, 16, 20:
		return b
	}
	return append(b, m...)
}

// appendHello appends a ClientHello or ServerHello (RFC 8446, Sections 4.1.2
// and 4.1.3): of the random only whether it is one of those with a meaning.
func appendHello(b, m []byte, server bool) []byte {
	if len(m) < 35 || len(m) < 35+int(m[34]) {
		return append(b, m...)
	}
	b = append(b, m[0], m[1], m[34])
	if server {
		b = appendFlags(b, [8]byte(m[2:10]) == helloRetry)
		if string(m[26:33]) == "DOWNGRD" {
			b = append(b, m[33])
		}
	}
	m = m[35+int(m[34]):]
	if server {
		if len(m) < 3 {
			return append(b, m...)
		}
		b, m = append(b, m[:3]...), m[3:]
	} else {
		suites, rest, ok := cut16(m)
		b = append(appendCodes(b, suites), 0)
		if !ok || len(rest) < 1 || len(rest) < 1+int(rest[0]) {
			return append(b, rest...)
		}
		b, m = append(b, rest[:1+int(rest[0])]...), rest[1+int(rest[0]):]
	}
	ext, rest, _ := cut16(m)
	b = append(b, rest...)
	for len(ext) >= 4 {
		body, next, ok := cut16(ext[2:])
		b = appendExtension(appendCodes(b, ext[:2]), binary.BigEndian.Uint16(ext), body, server)
		if ext = next; !ok {
			break
		}
	}
	return append(b, ext...)
}

// appendExtension appends what does not change with every connection.
func appendExtension(b []byte, kind uint16, body []byte, server bool) []byte {
	b = appendNumbers(b, int64(len(body)))
	switch {
	case kind == 51 && server:
		return append(b, body[:min(len(body), 4)]...)
	case kind == 51: // RFC 8446, Section 4.2.8
		shares, _, _ := cut16(body)
		for len(shares) >= 4 {
			b = append(appendCodes(b, shares[:2]), shares[2:4]...)
			_, next, _ := cut16(shares[2:])
			shares = next
		}
		return b
	case kind == 41, kind == 35, kind == 21, kind == 44, kind == 0xfe0d, kind&0x0f0f == 0x0a0a && !server: // pre_shared_key, session_ticket, padding, cookie, encrypted_client_hello, GREASE
		return b
	case kind == 10, kind == 43 && server: // supported_groups
		return appendCodes(b, body)
	case kind == 43 && len(body) > 0:
		return appendCodes(b, body[1:])
	}
	return append(b, body...)
}

// appendCodes appends code points of two bytes, all GREASE values (RFC 8701)
// as one.
func appendCodes(b, codes []byte) []byte {
	for ; len(codes) >= 2; codes = codes[2:] {
		if codes[0] == codes[1] && codes[0]&0xf == 0xa {
			b = append(b, 0x0a, 0x0a)
		} else {
			b = append(b, codes[0], codes[1])
		}
	}
	return append(b, codes...)
}
