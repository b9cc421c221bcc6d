package decode

import (
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// sslv2 takes bytes of the messages of SSL 2.0. A client of a later version
// sends its hello in that format and goes on with records (RFC 5246, Appendix
// E.2); SSL 2.0 itself is followed to its application data.
func (f *flow) sslv2(dir stream.Dir, off int64, b []byte, frame int32, time int64) int {
	h := &f.half[dir]
	if len(h.msg) == 0 {
		h.msgFrame, h.msgOff = frame, off
	}
	used := 0
	for used < len(b) {
		header, n, ok := wire.ParseSSLv2Header(h.msg)
		if ok && len(h.msg) >= header+n {
			break
		}
		take := 1
		if ok {
			take = min(header+n-len(h.msg), len(b)-used)
		}
		h.msg = append(h.msg, b[used:used+take]...)
		used += take
	}
	if header, n, ok := wire.ParseSSLv2Header(h.msg); ok && len(h.msg) >= header+n {
		f.sslv2Message(dir, h, header, frame, time)
	}
	return used
}

// Messages of SSL 2.0.
const (
	sslv2ClientHello     = 1
	sslv2ClientMasterKey = 2
	sslv2ServerHello     = 4
)

func (f *flow) sslv2Message(dir stream.Dir, h *half, header int, frame int32, time int64) {
	m := h.msg[header:]
	r := rec{kind: recSSLv2, dir: dir, version: 2, frame: h.msgFrame, last: frame, time: time, off: h.msgOff, n: int32(len(m)), head: -1}
	h.msg = nil
	f.tls = true
	typ := byte(0)
	if len(m) > 2 {
		typ = m[0]
	}
	switch {
	case h.protect:
		f.sslv2Hidden(h, r)
		return
	case typ == sslv2ClientHello && !f.hello:
		r.ctype, f.client = 1, int8(dir)
		f.hellos = max(f.hellos, 1)
		if m[1] != 0 || m[2] != 2 {
			h.mode = modeTLS
		}
	case typ == sslv2ServerHello && !f.hello:
		r.ctype, f.hello, f.version = 2, true, 2
		h.protect = true
		f.half[1-dir].protect = m[1] != 0 // a session is gone on with: no key is sent
	case typ == sslv2ClientMasterKey && f.hello:
		r.ctype, h.protect = 16, true
	default:
		h.mode = modeDone
	}
	r.a, r.b = f.log.keep(m)
	f.add(r)
}

// sslv2Hidden takes an encrypted message: the client's first is its FINISHED,
// the server's second, after SERVER-VERIFY, is its; then comes data.
func (f *flow) sslv2Hidden(h *half, r rec) {
	r.kind, r.ctype = recEncrypted, 22
	first := uint8(0)
	if h != f.clientHalf() {
		first = 1
	}
	switch {
	case h.fin:
		r.kind, r.ctype = recAppData, 23
		h.app += int64(r.n)
		h.after = true
	case h.encs >= first:
		r.flags, h.fin = flagFinished, true
	}
	f.addProtected(h, r)
	f.settle()
}
