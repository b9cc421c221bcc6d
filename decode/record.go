package decode

import (
	"encoding/binary"
	"hash/crc32"

	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// data takes the next bytes of one direction.
func (f *flow) data(dir stream.Dir, off int64, b []byte, frame int32, time int64) {
	h := &f.half[dir]
	for len(b) > 0 {
		var n int
		switch h.mode {
		case modeUnknown:
			n = f.unknown(dir, off, b, frame, time)
		case modeTLS:
			n = f.tlsBytes(dir, off, b, frame, time)
		case modeSSLv2:
			n = f.sslv2(dir, off, b, frame, time)
		case modePlain:
			n = f.plainBytes(dir, off, b, frame, time)
		case modeLost:
			n = f.search(dir, off, b)
		default:
			return
		}
		if f.conn.User == nil { // clean and forgotten
			return
		}
		b, off = b[n:], off+int64(n)
	}
}

// tlsBytes reads record headers and bodies, and returns how much of b it used.
func (f *flow) tlsBytes(dir stream.Dir, off int64, b []byte, frame int32, time int64) int {
	h := &f.half[dir]
	used := 0
	if h.remain < 0 {
		if h.nhdr == 0 {
			h.rframe, h.roff = frame, off
		}
		used = copy(h.hdr[h.nhdr:], b)
		h.nhdr += uint8(used)
		if h.nhdr < 5 {
			return used
		}
		h.nhdr = 0
		if !f.header(dir, h, frame, time, b[used:]) {
			return used
		}
		if h.rlen == 0 {
			f.endRecord(dir, h, frame, time)
			return used
		}
	}
	n := min(int(h.remain), len(b)-used)
	f.body(dir, h, off+int64(used), b[used:used+n], frame, time)
	h.remain -= int32(n)
	if h.remain == 0 {
		f.endRecord(dir, h, frame, time)
	}
	return used + n
}

// header starts a record (RFC 8446, Section 5.1). It reports false when the
// bytes are no record.
func (f *flow) header(dir stream.Dir, h *half, frame int32, time int64, rest []byte) bool {
	h.rtype = wire.ContentType(h.hdr[0])
	h.rver = binary.BigEndian.Uint16(h.hdr[1:])
	h.rlen = int32(binary.BigEndian.Uint16(h.hdr[3:]))
	h.rtime = time
	if !plausibleRecord(h.rtype, h.rver, h.rlen) {
		f.badRecord(dir, h, frame, time, rest)
		return false
	}
	if h.rver > f.version && !f.hello {
		f.version = h.rver
	}
	h.remain, h.sum = h.rlen, 0
	return true
}

// plausibleRecord says whether a header can be one of TLS: known content
// type, a version of ours, and a length of at most 2^14+2048 (RFC 5246,
// Section 6.2.3).
func plausibleRecord(t wire.ContentType, version uint16, n int32) bool {
	return t >= 20 && t <= 24 && (version>>8 == 3 || version == 0x0101) && n <= 1<<14+2048
}

func (f *flow) badRecord(dir stream.Dir, h *half, frame int32, time int64, rest []byte) {
	h.remain, h.mode, h.msg = -1, modeDone, h.msg[:0]
	a, _ := f.log.keep(h.hdr[:])
	_, b := f.log.keep(rest[:min(len(rest), maxPlain)])
	f.add(rec{kind: recBadRecord, dir: dir, ctype: uint8(h.rtype), version: h.rver, n: h.rlen,
		frame: h.rframe, last: frame, time: time, off: h.roff, a: a, b: b, head: f.here(dir)})
}

// body takes a part of the current record's body.
func (f *flow) body(dir stream.Dir, h *half, off int64, b []byte, frame int32, time int64) {
	if f.d.opt.Digest {
		h.sum = crc32.Update(h.sum, crc32.IEEETable, b)
	}
	switch {
	case f.wantsBody(h):
		f.collect(dir, b)
	case h.rtype == 22 && !h.protect:
		f.handshake(dir, h, off, b, frame, time)
	case h.rtype == 21 && h.rlen == 2, h.rtype == 20 && h.rlen <= 16:
		h.pre = append(h.pre, b...)
	case h.rtype == 23 && !f.hello && h.remain == h.rlen:
		f.older = f.older || explicitNonce(b)
	}
}

// explicitNonce says whether a protected record begins with a counter, as those
// of AES-GCM do in TLS 1.2 (RFC 5288, Section 3).
func explicitNonce(b []byte) bool { return len(b) >= 8 && binary.BigEndian.Uint32(b) == 0 }

// beforeTLS13 says whether a protected record is of a form that TLS 1.3 has not
// (RFC 8446, Section 5.2).
func beforeTLS13(r *rec) bool {
	return r.version < 0x0303 || r.ctype == 22 || r.ctype == 21
}

// endRecord is called when a record is whole.
func (f *flow) endRecord(dir stream.Dir, h *half, frame int32, time int64) {
	h.remain = -1
	r := rec{dir: dir, ctype: uint8(h.rtype), version: h.rver, frame: h.rframe, last: frame, time: time,
		off: h.roff, n: h.rlen, head: -1, sum: h.sum}
	if f.wantsBody(h) {
		f.protected(h, &r)
		return
	}
	switch h.rtype {
	case 20:
		r.kind = recCCS
		h.ccs = true
		if h.pre = h.pre[:0]; !f.tls13 {
			h.protect, h.encs = true, 0
		}
		f.add(r)
	case 21:
		f.alertRecord(h, r)
	case 22:
		if h.protect {
			f.encrypted(h, r)
		} else if h.records < 1<<15 {
			h.records++
		}
	case 23:
		f.encrypted(h, r)
	default:
		r.kind = recEncrypted
		f.add(r)
	}
}

// alertRecord takes an alert record: two bytes in the clear, or protected.
// An OpenSSL client sends its alert in the clear even in TLS 1.3.
func (f *flow) alertRecord(h *half, r rec) {
	if r.n != 2 || len(h.pre) < 2 {
		h.pre = h.pre[:0]
		r.kind, r.head = recEncrypted, f.here(r.dir)
		f.older = f.older || !f.hello
		f.add(r)
		return
	}
	r.kind, r.head = recAlert, f.here(r.dir)
	r.a, r.b = f.log.keep(h.pre[:2])
	if h.pre[0] == 2 {
		f.fatal = true
	}
	h.pre = h.pre[:0]
	f.add(r)
}

// encrypted takes a protected record that is not read.
func (f *flow) encrypted(h *half, r rec) {
	r.kind = recEncrypted
	f.older = f.older || !f.hello && beforeTLS13(&r)
	switch {
	case r.ctype == 22: // RFC 5246: the first one after ChangeCipherSpec is the Finished
		if !h.fin {
			h.fin, r.flags = true, flagFinished
		}
	case f.tls13:
		f.hidden13(h, &r)
	default:
		r.kind = recAppData
		h.app += int64(r.n)
		h.after = h.after || h.fin
	}
	f.addProtected(h, r)
	f.settle()
	if h.protected += int64(r.n); h.protected > maxFollow && f.decided() {
		f.finish()
		f.forget()
	}
}

// decided says whether nothing that follows changes how the connection is
// judged: it completed, it was refused in the clear, or its handshake is not in
// the capture.
func (f *flow) decided() bool {
	late := !f.conn.Half[0].SYN && !f.conn.Half[1].SYN && f.hellos == 0 && !f.hello
	return f.conn.User != nil && (f.clean || f.fatal || late) && f.keys == nil
}

// addProtected logs a protected record, up to a number for each side.
func (f *flow) addProtected(h *half, r rec) {
	if h.encs >= maxEncrypted {
		f.dropped++
		return
	}
	h.encs++
	f.add(r)
}

// Sizes of TLS 1.3 records whose content is of a fixed size (RFC 8446,
// Section 5.2): one byte of type and the tag of 16, 8 with CCM_8. JSSE pads
// every record by 16.
func (f *flow) overhead() int32 {
	if f.suite == 0x1305 {
		return 1 + 8
	}
	return 1 + 16
}

// padding is whether a side pads its records: its Finished tells.
type padding uint8

const (
	padUnknown padding = iota
	padNone
	padSixteen
)

func (f *flow) alertSize(h *half, n int32) bool {
	size := f.overhead() + 2
	return n == size && h.pad != padSixteen || n == size+16 && h.pad != padNone
}

func (f *flow) finishedSize(h *half, n int32) bool {
	size := f.overhead() + 4 + 32
	if f.suite == 0x1302 {
		size += 16
	}
	switch n {
	case size:
		h.pad = padNone
	case size + 16:
		h.pad = padSixteen
	default:
		return false
	}
	return true
}

// withSettings says whether a client's first protected record can be its
// EncryptedExtensions and Finished in one: what Chromium sends once ALPS was
// agreed upon (draft-vvv-tls-alps-01, Section 4). The certificate of a client
// is larger.
func (f *flow) withSettings(n int32) bool {
	size := f.overhead() + 4 + 32
	if f.suite == 0x1302 {
		size += 16
	}
	return n >= size+10 && n < size+100
}

// hidden13 reads what the order and the size of a protected record tell: the
// server's flight, the client's flight up to its Finished, what follows.
func (f *flow) hidden13(h *half, r *rec) {
	client := f.clientHalf()
	switch {
	case f.alertSize(h, r.n):
		r.flags |= flagAlertSize
		return
	case !f.hello || client == nil:
		r.flags |= flagEarly
		h.early = true
		return
	}
	if h == client {
		f.clientHidden(h, f.other(h), r)
	} else {
		f.serverHidden(client, h, r)
	}
}

func (f *flow) clientHidden(h, server *half, r *rec) {
	switch {
	case h.fin:
		h.after = true
		h.app += int64(r.n)
	case f.finishedSize(h, r.n), server.big && !h.big && !h.early && f.withSettings(r.n):
		h.fin, server.fin = true, true
		r.flags |= flagFinished
	default:
		h.big = h.big || r.n > 36
	}
}

func (f *flow) serverHidden(client, h *half, r *rec) {
	if client.fin || client.big && h.big {
		client.fin, h.fin, h.after = true, true, true
		h.app += int64(r.n)
		return
	}
	if h.big = true; f.finishedSize(h, r.n) {
		r.flags |= flagFinished
	}
}

func (f *flow) other(h *half) *half {
	if h == &f.half[0] {
		return &f.half[1]
	}
	return &f.half[0]
}

// clientHalf returns the half of the client, or nil when it is not known.
func (f *flow) clientHalf() *half {
	if f.client < 0 {
		return nil
	}
	return &f.half[f.client]
}

// settle looks whether the handshake is completed beyond doubt: both Finished
// and application data both ways.
func (f *flow) settle() {
	if f.clean || f.fatal || !f.half[0].after || !f.half[1].after || !f.half[0].fin || !f.half[1].fin {
		return
	}
	f.clean = true
	if f.d.opt.Brief == nil || f.d.opt.Brief(f.brief()) {
		f.keep = true
		return
	}
	f.forget()
}

// forget drops a connection of which nothing more is wanted.
func (f *flow) forget() {
	f.conn.User = nil
	f.conn.Mute()
	f.d.recycle(f)
}
