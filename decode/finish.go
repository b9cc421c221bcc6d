package decode

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// finish is called when a connection is over: it is turned into a Handshake
// if it is one or may be one.
func (f *flow) finish() {
	f.begun = int32(len(f.recs))
	if f.dg.radius != nil {
		f.dg.radius.close()
	}
	for dir := range f.half {
		f.leftover(stream.Dir(dir))
	}
	if !f.isTLS() && !f.mayMatter() {
		if f.dg.radius == nil {
			f.d.Other++
		}
		return
	}
	f.d.opt.Handle(f.handshakeOf())
}

// outline is a Brief without what the messages say.
func (f *flow) outline() *Brief {
	c, b := f.clientDir(), &f.d.brief
	*b = Brief{Capture: f.d.opt.Capture, Stream: int(f.conn.Stream), Client: f.addr(c), Server: f.addr(1 - c),
		Frame: int(f.frame0), Start: at(f.first)}
	return b
}

// leftover logs what a direction had begun and not ended.
func (f *flow) leftover(dir stream.Dir) {
	h := &f.half[dir]
	if f.dg.dtls != nil {
		f.dtlsLost(dir)
	}
	switch {
	case len(h.pre) > 0 && h.mode == modeUnknown:
		b := h.pre
		h.pre = nil
		h.mode = modePlain
		f.plainBytes(dir, h.preOff, b, h.preFrame, h.dataTime)
	case h.mode == modeSSLv2 && h.protect:
	case len(h.msg) > 0 && h.mode == modeSSLv2:
		m := h.msg
		r := rec{kind: recSSLv2, dir: dir, flags: flagCut, frame: h.msgFrame, last: h.dataFrame, time: h.dataTime, off: h.msgOff, n: int32(len(m)), head: -1}
		r.a, r.b = f.log.keep(m[min(2, len(m)):])
		f.add(r)
	case len(h.msg) > 0 && !f.wantsBody(h):
		f.wholeMessage(dir, h, h.dataFrame, h.dataTime, flagCut)
	case h.mode == modeTLS && (h.remain > 0 || h.nhdr > 0) && !h.after:
		f.add(rec{kind: recEncrypted, dir: dir, flags: flagCut, ctype: uint8(h.rtype), version: h.rver, frame: h.rframe,
			last: h.dataFrame, time: h.dataTime, off: h.roff, n: max(h.rlen, 0), count: h.remain, head: -1})
	}
}

// isTLS says whether the connection is a handshake by what was seen on it.
func (f *flow) isTLS() bool {
	return f.tls || f.half[0].mode == modeTLS || f.half[1].mode == modeTLS || f.dg.isTLS() ||
		f.wanted()
}

// wanted says whether the dialogue before TLS makes the connection a
// handshake: an upgrade was asked for or accepted, a proxy refused, or the
// client left because it could not have TLS.
func (f *flow) wanted() bool {
	d := f.dialog
	if d == nil {
		return false
	}
	kind, _ := d.Tunnel()
	state := d.State()
	switch {
	case d.Decrypted():
		return false
	case d.Upgrade() != "", kind != "" && state == prelude.Refused:
		return true
	case state == prelude.NotOffered || state == prelude.Stripped || state == prelude.Offered:
		return d.LeftAfterCapabilities() && !d.InClear() && (f.conn.Half[f.clientDir()].High > 0 || state == prelude.NotOffered && f.readAndLeft())
	}
	return false
}

// readAndLeft says whether a client that never said a word took everything
// that the server said and then closed in an orderly way: one that wanted to
// know what the server offers. A probe of the port does not wait for that.
func (f *flow) readAndLeft() bool {
	client := f.clientDir()
	c, s := &f.conn.Half[client], &f.conn.Half[1-client]
	return c.FIN && !c.RST && s.High > 0 && s.Acked >= s.High
}

// mayMatter says whether a connection without TLS could be a handshake that
// failed, should its server or its port turn out to speak TLS: one side never
// said anything, or the answer was a refusal.
func (f *flow) mayMatter() bool {
	if f.conn.Key.Proto != packet.TCP {
		return f.dg.mayMatter()
	}
	client, server := f.clientDir(), 1-f.clientDir()
	if f.conn.Half[client].High == 0 || f.conn.Half[server].High == 0 {
		return true
	}
	i := f.half[server].plain
	return i < 0 || badRequest(f.log.bytes(&f.recs[i]))
}

// badRequest says whether an HTTP answer is the one of a server that was
// spoken to in the wrong protocol.
func badRequest(b []byte) bool {
	return len(b) > 12 && string(b[:7]) == "HTTP/1." && string(b[8:12]) == " 400"
}

// clientDir is the direction of the client, as the contract has it.
func (f *flow) clientDir() stream.Dir {
	switch {
	case f.client >= 0:
		return stream.Dir(f.client)
	case f.opener >= 0:
		return stream.Dir(f.opener)
	case f.conn.Key.Port[1] > f.conn.Key.Port[0]:
		return 1
	}
	return 0
}

func (f *flow) addr(dir stream.Dir) netip.AddrPort {
	return f.conn.Key.Addr[dir].AddrPort(f.conn.Key.Port[dir], f.conn.IPv6)
}

// brief sums a healthy handshake up.
func (f *flow) brief() *Brief {
	b := f.outline()
	b.Version, b.CipherSuite = wire.Version(f.version), f.suite
	sum := f.d.scratch[:0]
	for i := range f.recs {
		if r := &f.recs[i]; r.kind == recMessage && r.ctype == 1 {
			hello := f.log.bytes(r)
			sum, b.SNI = appendOffer(sum, hello)
			b.Random = randomOf(hello)
			break
		}
	}
	server := 1 - f.clientDir()
	sum = append(sum, f.conn.Key.Addr[server][:]...)
	sum = binary.BigEndian.AppendUint16(sum, f.conn.Key.Port[server])
	sum = binary.BigEndian.AppendUint16(sum, f.version)
	sum = binary.BigEndian.AppendUint16(sum, uint16(f.suite))
	f.d.scratch = sum
	b.Alike = maphash.Bytes(f.d.seed, sum)
	return b
}

// randomOf returns the random of a ClientHello (RFC 8446, Section 4.1.2); nil
// for one that is cut before its end.
func randomOf(hello []byte) []byte {
	if len(hello) < 34 {
		return nil
	}
	return hello[2:34]
}

// appendOffer appends what matters in a ClientHello body: suites and extensions
// but for the content of those that change with every connection.
func appendOffer(sum, b []byte) (_ []byte, sni []byte) {
	if len(b) < 35 {
		return sum, nil
	}
	b = b[34:]
	if n := 1 + int(b[0]); n > len(b) {
		return sum, nil
	} else {
		b = b[n:]
	}
	suites, rest, ok := cut16(b)
	if sum = append(sum, suites...); !ok || len(rest) < 1 || len(rest) < 1+int(rest[0]) {
		return sum, nil
	}
	ext, _, _ := cut16(rest[1+int(rest[0]):])
	for len(ext) >= 4 {
		kind := binary.BigEndian.Uint16(ext)
		body, next, ok := cut16(ext[2:])
		switch kind {
		case 51, 41, 35, 21, 0xfe0d: // key_share, pre_shared_key, session_ticket, padding, encrypted_client_hello
		case 0:
			if len(body) > 5 {
				sni = body[5:]
			}
			fallthrough
		default:
			sum = append(append(sum, ext[:2]...), body...)
		}
		if ext = next; !ok {
			break
		}
	}
	return sum, sni
}

// cut16 cuts a vector with a length of two bytes off b.
func cut16(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return b[2:], nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}

func at(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// handshakeOf builds the Handshake of a flow.
func (f *flow) handshakeOf() *Handshake {
	c := f.clientDir()
	h := &Handshake{
		Capture: f.d.opt.Capture, Stream: int(f.conn.Stream), Client: f.addr(c), Server: f.addr(1 - c),
		FirstFrame: int(f.frame0), LastFrame: int(f.frame9), Start: at(f.first), End: at(f.last), CaptureEnd: at(f.d.pauses.end(int(f.frame9), f.last)),
		TLS:   f.tls || f.half[0].mode == modeTLS || f.half[1].mode == modeTLS || f.dg.isTLS(),
		Late:  f.conn.Key.Proto == packet.TCP && !f.conn.Half[0].SYN && !f.conn.Half[1].SYN,
		Lossy: f.lossy, Cut: f.cut, Reused: f.reused, Dropped: f.dropped,
		ClientFinished: f.half[c].fin, ServerFinished: f.half[1-c].fin,
		AppData: [2]int{int(f.half[c].app), int(f.half[1-c].app)},
		Shape:   f.sum,
	}
	h.Transport = f.dg.transport()
	if h.Transport == TCP && f.older && !f.hello && h.TLS && f.version>>8 == 3 {
		h.Agreed = wire.Version(f.version)
	}
	f.describeDialog(h)
	if f.dg.via != "" {
		h.Tunnel = f.dg.via
	}
	h.Flow = [2]Flow{f.flowOf(c), f.flowOf(1 - c)}
	if h.OneSided = f.oneSided(); f.dg.known {
		h.OneSided, h.Late = f.datagramSides()
	}
	h.Events = make([]Event, 0, len(f.recs))
	inOrder := true
	for i := range f.recs {
		if e, ok := f.eventOf(&f.recs[i], c); ok {
			h.Events = append(h.Events, e)
			if int32(i) >= f.begun && f.dg.dtls == nil {
				h.sinkLast()
			}
			inOrder = inOrder && f.recs[i].kind != recFragment
			h.Decrypted = h.Decrypted || e.Decrypted
		}
	}
	closeLast(h.Events)
	if !inOrder { // missing fragments are known only in the end
		slices.SortStableFunc(h.Events, func(a, b Event) int { return a.LastFrame - b.LastFrame })
	}
	return h
}

// sinkLast moves the last event, of something that was begun and never ended,
// to before the events of later frames.
func (h *Handshake) sinkLast() {
	i := len(h.Events) - 1
	e := h.Events[i]
	for ; i > 0 && h.Events[i-1].LastFrame > e.LastFrame; i-- {
		h.Events[i] = h.Events[i-1]
	}
	h.Events[i] = e
}

// closeLast puts a FIN behind the data of the packet that carries it.
func closeLast(events []Event) {
	for i := range len(events) - 1 {
		_, fin := events[i].Message.(Close)
		if next := &events[i+1]; fin && next.From == events[i].From && next.LastFrame == events[i].LastFrame {
			events[i], *next = *next, events[i]
		}
	}
}

func (f *flow) describeDialog(h *Handshake) {
	if f.dialog == nil {
		return
	}
	h.Upgrade, h.Wanted = f.dialog.Upgrade(), f.wanted()
	if h.UpgradeState = f.dialog.State().String(); h.UpgradeState == "none" {
		h.UpgradeState = ""
	}
	h.LeftAfterCapabilities, h.InClear = f.dialog.LeftAfterCapabilities(), f.dialog.InClear()
	if h.Wanted && h.Upgrade == "" && h.UpgradeState != "refused" {
		h.Upgrade = f.dialog.Protocol()
	}
	if h.Tunnel, h.Target = f.dialog.Tunnel(); h.Tunnel == "" && f.dialog.Unwrap() && f.dialog.Protocol() == "openvpn" {
		h.Tunnel = "openvpn"
	}
	if !h.TLS {
		h.Plain = f.dialog.Protocol()
	}
}

// oneSided says whether the packets of one side are not in the capture: the
// other one acknowledges what was never seen.
func (f *flow) oneSided() bool {
	for d := range f.half {
		if f.half[d].packets == 0 && f.half[1-d].acks {
			return true
		}
	}
	return false
}

func (f *flow) flowOf(d stream.Dir) Flow {
	h, s := &f.half[d], &f.conn.Half[d]
	w := Flow{Packets: int(h.packets), Bytes: s.High, Acked: s.Acked, Retransmitted: int(s.Retransmitted), Repeats: int(s.Repeats),
		FirstRepeat: int(h.repeatFirst), LastRepeat: int(h.repeatLast), MaxSegment: int(h.maxSegment),
		First: at(h.first), Last: at(h.last), LastFrame: int(h.lastFrame), Missing: h.missing,
		TTLs: append([]uint8(nil), h.ttl[:h.nttl]...)}
	for _, n := range h.repeatSizes {
		w.RepeatSizes = append(w.RepeatSizes, int(n))
	}
	if f.dg.known {
		f.datagramFlow(d, &w)
	}
	if h.profile >= 0 {
		w.Profile = *f.headerOf(h.profile)
		w.MSS = mss(w.Profile)
	}
	w.Sacked = append(w.Sacked, h.sacked...)
	return w
}

// mss reads the maximum segment size option (RFC 9293, Section 3.7.1).
func mss(h Header) int {
	if h.Flags&packet.SYN == 0 {
		return 0
	}
	for o := h.Options; len(o) > 0 && o[0] != 0; {
		if o[0] == 1 {
			o = o[1:]
			continue
		}
		if len(o) < 2 || int(o[1]) < 2 || int(o[1]) > len(o) {
			return 0
		}
		if o[0] == 2 && o[1] == 4 {
			return int(binary.BigEndian.Uint16(o[2:]))
		}
		o = o[o[1]:]
	}
	return 0
}

func (f *flow) headerOf(i int32) *Header {
	if i < 0 {
		return nil
	}
	p := &f.heads[i]
	return &Header{TTL: p.ttl, IPID: p.id, HasIPID: p.hasID, Flags: p.flags, Window: p.window, Seq: p.seq, Ack: p.ack,
		Options: append([]byte(nil), f.arena[p.a:p.b]...), Length: int(p.n), Offset: p.off, Expected: p.next, AckOffset: p.acked}
}
