package decode

import (
	"encoding/binary"
	"strconv"
	"strings"

	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// unknown takes the first bytes of a direction: TLS, a dialogue that may lead
// to TLS, or something else.
func (f *flow) unknown(dir stream.Dir, off int64, b []byte, frame int32, time int64) int {
	h := &f.half[dir]
	if f.dialog != nil && !f.counted {
		f.countTunnel()
	}
	if len(h.pre) > 0 { // undecided bytes come first
		h.pre = append(h.pre, b[:min(len(b), 64)]...)
		joined := h.pre
		held := len(joined) - min(len(b), 64)
		m := f.firstBytes(dir, joined)
		if m == modeUnknown && len(joined) < 11 && f.mayBeTLS(joined) {
			return min(len(b), 64)
		}
		h.pre = nil
		f.replay(dir, m, h.preOff, joined[:held], h.preFrame, time)
		return 0
	}
	if f.awaiting(dir) && f.mayBeTLS(b) && (len(b) < 6 || b[0]&0x80 != 0 && len(b) < 11) {
		h.pre = append(h.pre, b...)
		h.preFrame, h.preOff = frame, off
		return len(b)
	}
	if f.awaiting(dir) {
		if m := f.firstBytes(dir, b); m != modeUnknown {
			h.mode = m
			f.tls = f.tls || m == modeTLS
			return 0
		}
	}
	if !f.conn.Half[dir].SYN && f.dialog == nil && h.searched < maxLateSearch && f.lateUnknown(b) {
		h.searched += int64(len(b))
		return len(b)
	}
	return f.talkBytes(dir, off, b, frame, time)
}

// countTunnel gives a number to what goes through a SOCKS proxy, as Wireshark
// does for proxies on their port; stream numbers are to be its.
func (f *flow) countTunnel() {
	const socks = 1080
	kind, target := f.dialog.Tunnel()
	if !strings.HasPrefix(kind, "socks") || f.dialog.State() != prelude.Accepted {
		return
	}
	f.counted = true
	k := f.conn.Key
	port, err := strconv.ParseUint(target[strings.LastIndexByte(target, ':')+1:], 10, 16)
	if d := 1 - f.proxied(); err == nil && k.Port[d] == socks {
		k.Port[d] = uint16(port)
		f.d.table.Reserve(k)
	}
}

// proxied is the direction of a proxy's client.
func (f *flow) proxied() stream.Dir {
	if f.side(0) == prelude.Client {
		return 0
	}
	return 1
}

// replay gives held-back bytes to the mode that was chosen after all.
func (f *flow) replay(dir stream.Dir, m mode, off int64, b []byte, frame int32, time int64) {
	h := &f.half[dir]
	if m != modeUnknown {
		h.mode = m
		f.tls = true
		f.data(dir, off, b, frame, time)
		return
	}
	f.talkBytes(dir, off, b, frame, time)
}

// awaiting says whether TLS may begin at the next byte of a direction: at its
// start, or between the lines of a dialogue.
func (f *flow) awaiting(dir stream.Dir) bool { return true }

// mayBeTLS says whether the few bytes could begin a record.
func (f *flow) mayBeTLS(b []byte) bool {
	return b[0] >= 20 && b[0] <= 24 && (len(b) < 2 || b[1] == 3 || b[1] == 1) || b[0]&0x80 != 0 && len(b) < 11 && (len(b) < 3 || b[2] == 1)
}

// firstBytes says how a direction that begins with b is to be read.
func (f *flow) firstBytes(dir stream.Dir, b []byte) mode {
	switch {
	case f.outOfPlace(dir, b):
	case wire.LooksLikeTLS(b):
		return modeTLS
	case wire.LooksLikeSSLv2Hello(b):
		return modeSSLv2
	case wire.LooksLikeLongHello(b):
		return modeTLS // header says that its length is impossible
	case f.tls && len(b) >= 5 && b[0] >= 20 && b[0] <= 23 && b[1] == 3 && b[2] <= 4:
		return modeTLS // a record of impossible length in answer to TLS: header says so
	case f.sslv2Answer(dir, b):
		return modeSSLv2
	}
	return modeUnknown
}

// outOfPlace says whether a record of protected data comes first on a connection
// that was captured from its beginning: no TLS starts so, but others pretend.
func (f *flow) outOfPlace(dir stream.Dir, b []byte) bool {
	return !f.tls && f.conn.Half[dir].SYN && (b[0] == 23 || b[0] == 20) && f.half[1-dir].mode != modeTLS
}

// sslv2Answer says whether b answers an SSL 2.0 hello in the same format.
func (f *flow) sslv2Answer(dir stream.Dir, b []byte) bool {
	return f.client == int8(1-dir) && len(b) > 2 && b[0]&0x80 != 0 && b[2] == 4 && f.half[1-dir].mode != modeTLS
}

// lateUnknown says whether bytes in the middle of a connection tell nothing.
func (f *flow) lateUnknown(b []byte) bool { return prelude.Identify(0, b) == "" }

// talkBytes gives bytes to the dialogue before TLS.
func (f *flow) talkBytes(dir stream.Dir, off int64, b []byte, frame int32, time int64) int {
	h := &f.half[dir]
	if f.tls && !f.upgraded() { // the other side speaks TLS, this one does not
		h.mode = modePlain
		return 0
	}
	if f.dialog == nil {
		f.dialog = prelude.New()
	}
	n, steps := f.dialog.Feed(f.side(dir), off, b)
	f.talk += int64(n)
	for i := range steps {
		f.step(dir, &steps[i], frame, time)
	}
	if f.dialog.Unwrap() {
		f.unwrapped(dir, frame, time)
		return len(b)
	}
	if n < len(b) { // ready for TLS
		h.mode = modeUnknown
		if n == 0 && f.firstBytes(dir, b) == modeUnknown {
			h.mode = modePlain
		}
		return n
	}
	if f.dialog.Done() || f.talk > maxPrelude {
		f.giveUp(dir, off, b, frame, time)
	}
	return n
}

// giveUp takes a dialogue for what it is, not TLS: its first bytes are kept.
func (f *flow) giveUp(dir stream.Dir, off int64, b []byte, frame int32, time int64) {
	for d := range f.half {
		if f.half[d].mode == modeUnknown {
			f.half[d].mode = modePlain
		}
	}
	f.plainBytes(dir, off, b, frame, time)
}

// upgraded says whether a dialogue came before the TLS of this connection.
func (f *flow) upgraded() bool { return f.dialog != nil && f.dialog.Protocol() != "" }

func (f *flow) step(dir stream.Dir, s *prelude.Step, frame int32, time int64) {
	f.extra = append(f.extra, Prelude{Protocol: s.Protocol, What: s.What, Text: s.Text, Code: s.Code})
	f.add(rec{kind: recPrelude, dir: dir, frame: frame, last: frame, time: time, off: s.Offset, n: int32(s.Length),
		count: int32(len(f.extra) - 1), head: -1})
}

// unwrapped reads the TLS bytes that a framing carried.
func (f *flow) unwrapped(dir stream.Dir, frame int32, time int64) {
	for _, c := range f.dialog.TLS(f.side(dir)) {
		h := &f.half[dir]
		keep := h.mode
		if h.mode == modeUnknown {
			h.mode = modeTLS
			f.tls = true
		}
		f.data(dir, c.Offset, c.Bytes, frame, time)
		if h.mode == modeTLS {
			h.mode = keep
		}
	}
}

// side is the provisional side of a direction, before a hello tells: the
// opener is the client, else the higher port.
func (f *flow) side(dir stream.Dir) prelude.Side {
	if f.opener >= 0 {
		if int8(dir) == f.opener {
			return 0
		}
		return 1
	}
	if f.conn.Key.Port[dir] >= f.conn.Key.Port[1-dir] {
		return 0
	}
	return 1
}

// plainBytes keeps the beginning of what is not TLS.
func (f *flow) plainBytes(dir stream.Dir, off int64, b []byte, frame int32, time int64) int {
	h := &f.half[dir]
	if f.lateStart(dir, b) {
		h.mode, f.tls = modeTLS, true
		return 0
	}
	if h.plain < 0 {
		r := rec{kind: recPlain, dir: dir, frame: frame, last: frame, time: time, off: off, n: int32(len(b)), head: f.here(dir)}
		r.a, r.b = f.log.keep(b[:min(len(b), maxPlain)])
		if f.add(r) == nil {
			h.mode = modeDone
			return len(b)
		}
		h.plain = int32(len(f.recs) - 1)
		return len(b)
	}
	r := &f.recs[h.plain]
	r.n = int32(min(int64(r.n)+int64(len(b)), 1<<30))
	r.last = frame
	if r.n > maxFollow {
		h.mode = modeDone
		f.abandon()
	}
	return len(b)
}

// lateStart says whether TLS starts with a segment after a dialogue that is not
// known here: a whole beginning of a ClientHello, or the answer to one.
func (f *flow) lateStart(dir stream.Dir, b []byte) bool {
	if b[0] != 0x16 || len(b) < 6 {
		return false
	}
	if f.half[1-dir].mode == modeTLS {
		return f.client == int8(1-dir) && b[5] == 2 && wire.LooksLikeTLS(b)
	}
	return unmistakable(b)
}

// unmistakable wants a record with the beginning of a ClientHello of which
// every length agrees with the others (RFC 8446, Section 4.1.2).
func unmistakable(b []byte) bool {
	const session = 5 + handshakeHeader + 2 + 32
	if len(b) < session+1 || b[1] != 3 || b[2] > 4 || b[5] != 1 || b[9] != 3 || b[10] > 4 || b[session] > 32 {
		return false
	}
	record := int(binary.BigEndian.Uint16(b[3:]))
	n, _ := messageLength(b[5:])
	at := session + 1 + int(b[session])
	if n < record || n > maxMessage || len(b) < at+2 {
		return false
	}
	suites := int(binary.BigEndian.Uint16(b[at:]))
	return suites > 0 && suites%2 == 0 && at+2+suites < 5+n
}

// abandon stops following a connection that is no handshake.
func (f *flow) abandon() {
	if f.tls || f.half[0].mode == modeTLS || f.half[1].mode == modeTLS {
		return
	}
	f.d.Other++
	f.forget()
}

// search looks for the start of a record after bytes were lost: segments
// often begin with one.
func (f *flow) search(dir stream.Dir, off int64, b []byte) int {
	h := &f.half[dir]
	if len(b) >= 6 && wire.LooksLikeTLS(b) {
		h.mode, h.remain, h.nhdr = modeTLS, -1, 0
		return 0
	}
	if h.searched += int64(len(b)); h.searched > maxFollow {
		h.mode = modeDone
	}
	return len(b)
}

// gap says that bytes of a direction are missing from the capture.
func (f *flow) gap(dir stream.Dir, off, n int64, frame int32, time int64) {
	h := &f.half[dir]
	if len(h.missing) < 8 {
		h.missing = append(h.missing, Range{off, off + n})
	}
	f.lossy = true
	if h.mode == modeUnknown && f.dialog == nil { // what follows begins anywhere
		f.tls = f.tls || len(h.pre) > 1 && f.mayBeTLS(h.pre)
		h.mode, h.pre, h.searched = modeLost, nil, 0
	}
	f.add(rec{kind: recGap, dir: dir, frame: frame, last: frame, time: time, off: off, count: int32(min(n, 1<<30)), head: -1})
	if h.mode == modeSSLv2 { // nothing tells where the next message begins
		h.mode, h.msg = modeDone, nil
	}
	if h.mode != modeTLS {
		return
	}
	if len(h.msg) > 0 && !f.wantsBody(h) {
		f.wholeMessage(dir, h, frame, time, flagCut)
	}
	h.msg, h.pre, h.nhdr = h.msg[:0], h.pre[:0], 0
	if f.keys != nil {
		f.keys.record[dir] = f.keys.record[dir][:0]
	}
	if h.remain >= 0 && n <= int64(h.remain) {
		if h.rtype == 22 && !h.protect { // the rest of the message cannot be told from the next
			h.rtype = 0
		}
		if h.remain -= int32(n); h.remain == 0 {
			h.remain = -1
		}
		return
	}
	h.mode, h.remain, h.searched = modeLost, -1, 0
}

// plainName names what a direction spoke instead of TLS.
func (f *flow) plainName(r *rec, b []byte) string {
	if f.dialog != nil {
		if p := f.dialog.Protocol(); p != "" {
			return p
		}
	}
	return prelude.Identify(f.side(r.dir), b)
}
