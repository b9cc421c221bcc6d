package decode

import (
	"bytes"

	"tlswhy/decode/packet"
	"tlswhy/decode/secret"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// dtlsFlow is the state of a DTLS connection.
type dtlsFlow struct {
	half [2]dtlsHalf
}

// dtlsHalf is the state of one direction.
type dtlsHalf struct {
	parts  wire.DTLSReassembly
	seen   []dtlsSeen // messages of the current handshake, in order of arrival
	rounds int        // how often a flight was sent again
	beyond bool       // sent what only an answer makes possible
	random []byte     // of the last ClientHello
	alert  []byte     // the last one in the clear
}

// dtlsSeen is where a message came first, and how often its beginning came.
type dtlsSeen struct {
	sequence uint16
	typ      wire.HandshakeType
	frame    int32
	times    int
	datagram uint16 // how many carried it
}

// at is where the datagram at hand stands.
type dtlsPlace struct {
	s     *packet.Segment
	i     *stream.Info
	fresh bool  // something new in it
	flags uint8 // of the messages that are being read
	again int   // how often something in it was sent again
}

// dtlsDatagram takes the records of one datagram (RFC 6347, Section 4.1.1).
func (f *flow) dtlsDatagram(s *packet.Segment, i *stream.Info, b []byte) {
	at := &dtlsPlace{s: s, i: i}
	for n := 0; len(b) > 0 && n < maxDatagramRecords; n++ {
		h, ok := wire.ParseDTLSHeader(b, -1)
		switch {
		case !ok && b[0] == byte(wire.TypeTLS12CID) && f.hello: // RFC 9146: the length of the CID is not known
			h, ok = wire.DTLSHeader{ContentType: wire.TypeTLS12CID, Epoch: 1, Version: wire.DTLS12, Length: len(b)}, true
		case ok && h.Unified && !f.hello:
			ok = false
		}
		if !ok {
			break
		}
		end := min(h.HeaderLen+h.Length, len(b))
		f.dtlsRecord(at, &h, b[:h.HeaderLen], b[h.HeaderLen:end])
		if f.conn.User == nil {
			return
		}
		b = b[end:]
	}
	if at.fresh || at.again == 0 {
		f.dg.bytes[i.Dir] += int64(s.Length)
		return
	}
	f.repeatedDatagram(s, i, at.again)
}

func (at *dtlsPlace) rec(h *wire.DTLSHeader, body []byte) rec {
	return rec{dir: at.i.Dir, ctype: uint8(h.ContentType), version: uint16(h.Version), frame: int32(at.s.FirstFrame),
		last: int32(at.s.Frame), time: at.s.Time, off: int64(h.Sequence & (1<<48 - 1)), n: int32(h.Length), head: -1}
}

// dtlsRecord takes one record.
func (f *flow) dtlsRecord(at *dtlsPlace, h *wire.DTLSHeader, header, body []byte) {
	half := &f.half[at.i.Dir]
	r := at.rec(h, body)
	if f.keys != nil && (h.Unified || h.Epoch > 0) && f.dtlsOpen(at, half, r, header, body) {
		return
	}
	switch {
	case h.Unified:
		f.dtlsUnified(at, half, h, r)
	case h.ContentType == wire.TypeTLS12CID || h.Epoch > 0:
		f.dtlsProtected(at, half, h, r)
	case h.ContentType == wire.TypeHandshake:
		if half.rver = uint16(h.Version); f.version == 0 {
			f.version = half.rver
		}
		f.dtlsFragments(at, body)
	case h.ContentType == wire.TypeChangeCipherSpec:
		f.dtlsCCS(at, half, r)
	case h.ContentType == wire.TypeAlert:
		f.dtlsAlert(at, half, r, body)
	}
}

func (f *flow) dtlsCCS(at *dtlsPlace, half *half, r rec) {
	f.dg.dtls.half[at.i.Dir].beyond = true
	if half.ccs {
		return
	}
	at.fresh, half.ccs, half.protect = true, true, true
	r.kind = recCCS
	f.add(r)
}

func (f *flow) dtlsAlert(at *dtlsPlace, half *half, r rec, body []byte) {
	d := &f.dg.dtls.half[at.i.Dir]
	switch {
	case len(body) != 2:
		r.kind = recEncrypted
		f.addProtected(half, r)
		return
	case bytes.Equal(d.alert, body):
		at.again = max(at.again, 1)
		return
	}
	at.fresh, d.alert = true, clone(body)
	r.kind, r.head = recAlert, f.here(at.i.Dir)
	r.a, r.b = f.log.keep(body)
	f.fatal = f.fatal || body[0] == 2
	f.add(r)
}

// dtlsProtected takes a record of DTLS 1.2 or before under keys. The first one
// is the Finished; with a connection ID (RFC 9146) the content type is hidden.
func (f *flow) dtlsProtected(at *dtlsPlace, half *half, h *wire.DTLSHeader, r rec) {
	d := &f.dg.dtls.half[at.i.Dir]
	d.beyond = true
	r.kind = recEncrypted
	switch {
	case (h.ContentType == wire.TypeHandshake || h.ContentType == wire.TypeTLS12CID) && !half.fin:
		r.ctype, r.flags, half.fin = 22, flagFinished, true
	case h.ContentType == wire.TypeHandshake && !f.half[1-at.i.Dir].fin:
		at.again = 1 + f.dg.again[at.i.Dir].packets // the Finished again, which is never answered
		d.rounds++
		return
	case h.ContentType == wire.TypeApplicationData, h.ContentType == wire.TypeTLS12CID:
		r.kind, r.ctype = recAppData, 23
		half.app += int64(r.n)
		half.after = half.after || half.fin
	}
	at.fresh = true
	f.addProtected(half, r)
	f.settleDatagrams()
}

func (f *flow) settleDatagrams() {
	if f.settle(); f.conn.User != nil && f.clean {
		f.dg.stop = true
	}
}

// dtlsUnified takes a protected record of DTLS 1.3 (RFC 9147, Section 4).
// Epoch 2 is the handshake, epoch 3 application data: the client uses it
// after its Finished, the server to acknowledge that.
func (f *flow) dtlsUnified(at *dtlsPlace, half *half, h *wire.DTLSHeader, r rec) {
	client := f.clientHalf()
	at.fresh = true
	f.dg.dtls.half[at.i.Dir].beyond = true
	r.kind, r.ctype, r.version = recEncrypted, 23, uint16(wire.DTLS13)
	switch {
	case client == nil:
	case h.Epoch != 3:
		half.big = true
	case half == client || client.big && half.big:
		if !client.fin {
			client.fin, f.other(client).fin = true, true
		}
		half.after = true
		half.app += int64(r.n)
	}
	f.addProtected(half, r)
	f.settleDatagrams()
}

// dtlsFragments takes the handshake messages, or parts of them, in a record
// (RFC 6347, Section 4.2.2).
func (f *flow) dtlsFragments(at *dtlsPlace, b []byte) {
	for len(b) > 0 {
		h, ok := wire.ParseDTLSHandshakeHeader(b)
		if !ok {
			return
		}
		b = b[wire.DTLSHandshakeHeaderLen:]
		n := min(h.FragmentLength, len(b))
		if !f.dtlsFragment(at, h, b[:n]) {
			return
		}
		b = b[n:]
	}
}

// dtlsFragment takes one fragment. It reports false when it cannot be one.
func (f *flow) dtlsFragment(at *dtlsPlace, h wire.DTLSHandshakeHeader, data []byte) bool {
	dir := at.i.Dir
	d := &f.dg.dtls.half[dir]
	if !h.Type.Known() || !h.Plausible() {
		return false
	}
	if f.anotherDTLS(dir, h, data) {
		f.dtlsLost(dir)
		f.dg.dtls.half[0].begin()
		f.dg.dtls.half[1].begin()
	}
	if h.Type != wire.TypeClientHello && h.Type != wire.TypeHelloVerifyRequest {
		d.beyond = true
	}
	seen := d.note(h, int32(at.s.FirstFrame))
	body, what := d.parts.Add(h, data)
	switch what {
	case wire.FragmentRepeats:
		at.again = max(at.again, 1)
		if h.FragmentOffset == 0 && seen != nil {
			seen.times++
			at.again, d.rounds = max(at.again, seen.times), max(d.rounds, seen.times)
		}
		return true
	case wire.FragmentCompletes:
		f.dtlsMessage(at, h, body, seen)
	}
	at.fresh = true
	if seen != nil {
		seen.datagram++
	}
	return true
}

// anotherDTLS says whether a fragment begins a handshake that is not the one
// before: a first ClientHello with a new random, or a message of another type
// in the place of one that is known.
func (f *flow) anotherDTLS(dir stream.Dir, h wire.DTLSHandshakeHeader, data []byte) bool {
	d := &f.dg.dtls.half[dir]
	if h.Type == wire.TypeClientHello && h.FragmentOffset == 0 && len(data) >= 34 {
		random := clone(data[2:34])
		fresh := d.random != nil && !bytes.Equal(random, d.random)
		d.random = random
		if h.Sequence == 0 && fresh {
			return true
		}
	}
	return false
}

// begin forgets the messages of the handshake before.
func (d *dtlsHalf) begin() { d.parts, d.seen = wire.DTLSReassembly{}, nil }

// note remembers where a message began; nil past the bound. Some servers
// count from 0 again after a HelloVerifyRequest.
func (d *dtlsHalf) note(h wire.DTLSHandshakeHeader, frame int32) *dtlsSeen {
	for i := range d.seen {
		if s := &d.seen[i]; s.sequence == h.Sequence {
			if s.typ == h.Type {
				return s
			}
			if s.typ == wire.TypeHelloVerifyRequest || h.Type == wire.TypeClientHello {
				d.begin()
				break
			}
		}
	}
	if len(d.seen) >= maxDTLSMessages {
		return nil
	}
	d.seen = append(d.seen, dtlsSeen{sequence: h.Sequence, typ: h.Type, frame: frame})
	return &d.seen[len(d.seen)-1]
}

// dtlsMessage hands a whole message on, with the header that it has in TLS.
func (f *flow) dtlsMessage(at *dtlsPlace, h wire.DTLSHandshakeHeader, body []byte, seen *dtlsSeen) {
	r := rec{flags: at.flags, frame: int32(at.s.FirstFrame), last: int32(at.s.Frame), time: at.s.Time, off: int64(h.Sequence), records: 1}
	if seen != nil {
		r.frame, r.records = seen.frame, seen.datagram+1
	}
	m := append([]byte{byte(h.Type), byte(h.Length >> 16), byte(h.Length >> 8), byte(h.Length)}, body...)
	f.message(at.i.Dir, m, r)
	if h.Type == wire.TypeServerHello {
		f.tls13 = wire.Version(f.version) == wire.DTLS13
	}
}

// dtlsLost logs the messages that never became whole.
func (f *flow) dtlsLost(dir stream.Dir) {
	d := &f.dg.dtls.half[dir]
	for _, p := range d.parts.Pending() {
		r := rec{dir: dir, frame: f.half[dir].lastFrame, last: f.half[dir].lastFrame, time: f.half[dir].last, n: int32(p.Have), head: -1}
		for _, s := range d.seen {
			if s.sequence == p.Sequence {
				r.frame, r.last = s.frame, s.frame
			}
		}
		f.extraRec(r, DatagramFragment{Type: p.Type, Sequence: int(p.Sequence), Offset: p.First, Bytes: p.Have, Total: p.Length, Repeated: p.Repeated})
	}
}

// dtlsOpen reads a protected record with the key log. It reports false when
// that fails.
func (f *flow) dtlsOpen(at *dtlsPlace, half *half, r rec, header, body []byte) bool {
	side := secret.Server
	if int8(r.dir) == f.client {
		side = secret.Client
	}
	o, err := f.keys.session.Open(side, header, body)
	if err != nil {
		return false
	}
	f.dg.dtls.half[r.dir].beyond = true
	switch r.flags |= flagDecrypted; o.Type {
	case wire.TypeHandshake:
		at.flags = flagDecrypted
		f.dtlsFragments(at, o.Plaintext)
		at.flags = 0
	case wire.TypeAlert:
		at.fresh = true
		f.decryptedAlert(&r, o.Plaintext)
	case wire.TypeApplicationData:
		at.fresh = true
		r.kind, r.n = recAppData, int32(len(o.Plaintext))
		r.a, r.b = f.log.keep(o.Plaintext[:min(len(o.Plaintext), maxPrefix)])
		half.app += int64(r.n)
		half.after = half.after || half.fin && f.other(half).fin
		f.addProtected(half, r)
	}
	f.settleDatagrams()
	return true
}
