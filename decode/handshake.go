package decode

import (
	"encoding/binary"

	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

const handshakeHeader = 4 // type and length (RFC 8446, Section 4)

// handshake takes bytes of plaintext handshake records and cuts messages out
// of them; a message that is whole in b is not copied on the way.
func (f *flow) handshake(dir stream.Dir, h *half, off int64, b []byte, frame int32, time int64) {
	for len(b) > 0 {
		if len(h.msg) == 0 {
			if n, ok := messageLength(b); ok && n <= len(b) {
				f.message(dir, b[:n], rec{frame: frame, last: frame, time: time, off: off, records: 1})
				b, off = b[n:], off+int64(n)
				continue
			}
			if !f.startMessage(dir, h, off, b, frame, time) {
				return
			}
		}
		need := handshakeHeader
		if n, ok := messageLength(h.msg); ok {
			need = n
		}
		take := min(need-len(h.msg), len(b))
		h.msg = append(h.msg, b[:take]...)
		b, off = b[take:], off+int64(take)
		if n, ok := messageLength(h.msg); ok && n <= len(h.msg) {
			f.wholeMessage(dir, h, frame, time, 0)
		} else if ok && n > maxMessage && len(h.msg) >= maxMessage {
			f.wholeMessage(dir, h, frame, time, flagOversize)
			h.mode = modeDone
			return
		}
	}
}

// messageLength returns the length of the message at the start of b with its
// header, once the header is there.
func messageLength(b []byte) (int, bool) {
	if len(b) < handshakeHeader {
		return 0, false
	}
	return handshakeHeader + int(b[1])<<16 + int(b[2])<<8 + int(b[3]), true
}

// startMessage remembers where a message begins. It reports false when the
// bytes cannot be a handshake message: a protected one whose
// ChangeCipherSpec is not in the capture.
func (f *flow) startMessage(dir stream.Dir, h *half, off int64, b []byte, frame int32, time int64) bool {
	n, ok := messageLength(b)
	if late := !f.conn.Half[dir].SYN; ok && (late || f.lossy || f.hello && !knownHandshake(b[0])) && n > int(h.remain) && (!knownHandshake(b[0]) || n > maxMessage) {
		h.protect = true
		return false
	}
	h.msgFrame, h.msgOff, h.records = frame, off, 1
	return true
}

func knownHandshake(t byte) bool {
	return t <= 4 || t == 8 || t >= 11 && t <= 16 || t >= 20 && t <= 25 || t == 67 || t == 254
}

// wholeMessage hands on the message that was collected.
func (f *flow) wholeMessage(dir stream.Dir, h *half, frame int32, time int64, flags uint8) {
	f.message(dir, h.msg, rec{flags: flags, frame: h.msgFrame, last: frame, time: time, off: h.msgOff, records: h.records})
	h.msg = h.msg[:0]
	if cap(h.msg) > 4<<10 {
		h.msg = nil
	}
}

// message logs one handshake message and moves the state on.
func (f *flow) message(dir stream.Dir, m []byte, r rec) {
	if len(m) < handshakeHeader {
		return
	}
	h, body := &f.half[dir], m[handshakeHeader:]
	r.kind, r.dir, r.ctype, r.head = recMessage, dir, m[0], -1
	r.version, r.recVersion = f.version, h.rver
	n, _ := messageLength(m)
	r.n = int32(n - handshakeHeader)
	switch wire.HandshakeType(m[0]) {
	case 1:
		f.clientHello(dir, h)
		r.head = f.here(dir)
	case 2:
		r.head = f.here(dir)
		f.serverHello(dir, body)
		r.version = f.version
	case 20:
		h.fin = true
	case 11, 12, 14, 16, 22: // in the clear only before TLS 1.3
		f.older = f.older || r.flags&flagDecrypted == 0
	case 4: // a ticket shows that the server accepted the client's flight
		h.after = h.after || r.flags&flagDecrypted != 0 && h.fin && f.other(h).fin
	}
	r.a, r.b = f.log.keep(body)
	f.add(r)
	if m[0] == 2 {
		f.findKeys()
	}
}

func (f *flow) clientHello(dir stream.Dir, h *half) {
	f.tls = true
	if f.hellos < 1<<7 {
		f.hellos++
	}
	if f.client < 0 || f.hellos == 1 && !f.hello {
		f.client = int8(dir)
	}
}

// helloRetry is the random that makes a ServerHello a HelloRetryRequest (RFC
// 8446, Section 4.1.3).
var helloRetry = [8]byte{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11}

// serverHello takes what the state needs from a ServerHello (RFC 8446,
// Section 4.1.3): version and suite.
func (f *flow) serverHello(dir stream.Dir, b []byte) {
	f.tls = true
	if f.client < 0 {
		f.client = int8(1 - dir)
	}
	if len(b) < 38 {
		return
	}
	f.version = binary.BigEndian.Uint16(b)
	retry := [8]byte(b[2:10]) == helloRetry
	if b = b[34:]; oldForm(f.version, b) {
		f.suite = wire.CipherSuite(binary.BigEndian.Uint16(b))
	} else if n := 1 + int(b[0]); len(b) < n+3 {
		return
	} else {
		b = b[n:]
		f.suite = wire.CipherSuite(binary.BigEndian.Uint16(b))
		if len(b) >= 5 {
			f.serverVersion(b[5:])
		}
	}
	if f.version >= 0x0304 && f.version>>8 != 1 { // of a HelloRetryRequest, too: a ChangeCipherSpec means nothing from here on
		f.tls13 = true
	}
	f.hello = f.hello || !retry
}

// oldForm says whether a ServerHello of which b begins after the random has
// neither session id nor compression, as in the drafts of TLS 1.3 before 22
// (draft-ietf-tls-tls13-21, Section 4.1.4). The first of them wrote 0x0304 as
// the version: there the lengths tell.
func oldForm(version uint16, b []byte) bool {
	if version == uint16(wire.TLS13) {
		return len(b) == 4+int(binary.BigEndian.Uint16(b[2:]))
	}
	return wire.Version(version).Draft() > 0 && wire.Version(version).Draft() < 22
}

// serverVersion looks for supported_versions (RFC 8446, Section 4.2.1).
func (f *flow) serverVersion(b []byte) {
	for len(b) >= 4 {
		kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return
		}
		if kind == 43 && n == 2 {
			f.version = binary.BigEndian.Uint16(b)
		}
		b = b[n:]
	}
}
