package decode

import (
	"net/netip"

	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// eventOf turns an entry of the log into an Event.
func (f *flow) eventOf(r *rec, client stream.Dir) (Event, bool) {
	e := Event{Capture: f.d.opt.Capture, Frame: int(r.frame), LastFrame: int(r.last), Time: at(r.time), From: Client,
		Offset: r.off, Length: int(r.n), Decrypted: r.flags&flagDecrypted != 0, Cut: r.flags&flagCut != 0, Header: f.headerOf(r.head), Sum: r.sum}
	if e.Frame > e.LastFrame { // its end was captured before its beginning
		e.Frame, e.LastFrame = e.LastFrame, e.Frame
	}
	if r.dir != client {
		e.From = Server
	}
	switch r.kind {
	case recMessage:
		f.messageEvent(&e, r)
	case recSSLv2:
		f.sslv2Event(&e, r)
	case recICMP:
		f.icmpEvent(&e, r)
	default:
		e.Message = f.simpleMessage(r)
	}
	if e.Cut {
		e.Malformed = nil
	}
	return e, e.Message != nil
}

// simpleMessage makes the messages that need no parser.
func (f *flow) simpleMessage(r *rec) Message {
	b := f.log.bytes(r)
	switch r.kind {
	case recOpen:
		return Open{}
	case recAccept:
		return Accept{}
	case recAck:
		if r.count == 0 {
			return Establish{}
		}
		return AckOnly{Bytes: int64(r.count)}
	case recReset:
		return Reset{}
	case recClose:
		return Close{}
	case recRepeat:
		return Retransmission{Of: repeated(r.ctype, r.n), Bytes: int(r.n), Count: int(r.count), Different: r.flags&flagDifferent != 0}
	case recGap:
		return Gap{Bytes: int64(r.count)}
	case recFragment:
		return Fragment{Bytes: int(r.n)}
	case recCCS:
		return ChangeCipherSpec{}
	case recAlert:
		return Alert{Level: wire.AlertLevel(b[0]), Description: wire.AlertDescription(b[1]), Encrypted: r.flags&flagDecrypted != 0}
	case recEncrypted:
		return protectedMessage(r)
	case recAppData:
		return AppData{Bytes: int(r.n), Prefix: clone(b)}
	case recBadRecord:
		return BadRecord{ContentType: wire.ContentType(r.ctype), Version: wire.Version(r.version), Bytes: int(r.n), Prefix: clone(b)}
	case recPlain:
		return Plain{Protocol: f.plainName(r, b), Prefix: clone(b), Bytes: int64(r.n)}
	case recPrelude, recDatagram:
		return f.extra[r.count]
	}
	return nil
}

// protectedMessage names a protected record by its place.
func protectedMessage(r *rec) Message {
	switch {
	case r.flags&flagCut == 0 && r.ctype == 21:
		return Alert{Encrypted: true}
	case r.flags&flagAlertSize != 0 && r.ctype == 23:
		return Alert{Encrypted: true, Inferred: true}
	case r.flags&flagFinished != 0:
		return Finished{Inferred: true}
	}
	return Encrypted{ContentType: wire.ContentType(r.ctype), Version: wire.Version(r.version), Bytes: int(r.n)}
}

func repeated(flags uint8, n int32) string {
	switch {
	case flags&packet.SYN != 0 && flags&packet.ACK != 0:
		return "SYN-ACK"
	case flags&packet.SYN != 0:
		return "SYN"
	case n == 0 && flags&packet.FIN != 0:
		return "FIN"
	}
	return "data"
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// messageEvent parses a handshake message.
func (f *flow) messageEvent(e *Event, r *rec) {
	b, v := clone(f.log.bytes(r)), wire.Version(f.version)
	switch wire.HandshakeType(r.ctype) {
	case 0:
		e.Message = HelloRequest{}
	case 1:
		e.Message, e.Malformed = f.clientHelloEvent(r, b)
	case 2:
		m, bad := wire.ParseServerHello(b)
		e.Message, e.Malformed = ServerHello{m}, bad
	case 6:
		m, bad := wire.ParseHelloRetryRequest(b)
		e.Message, e.Malformed = ServerHello{m}, bad
	case 3:
		m, bad := wire.ParseHelloVerifyRequest(b)
		e.Message, e.Malformed = HelloVerifyRequest{m}, bad
	case 4:
		m, bad := wire.ParseNewSessionTicket(b, v)
		e.Message, e.Malformed = NewSessionTicket{m}, bad
	case 8:
		m, bad := wire.ParseEncryptedExtensions(b)
		e.Message, e.Malformed = EncryptedExtensions{m}, bad
	case 11:
		m, bad := wire.ParseCertificate(b, v)
		e.Message, e.Malformed = Certificate{m}, bad
	case 25:
		m, bad := wire.ParseCompressedCertificate(b)
		e.Message, e.Malformed = Certificate{m}, bad
	default:
		f.laterMessage(e, r, b, v)
	}
}

func (f *flow) laterMessage(e *Event, r *rec, b []byte, v wire.Version) {
	switch wire.HandshakeType(r.ctype) {
	case 12:
		m, bad := wire.ParseServerKeyExchange(b, f.suite, v)
		e.Message, e.Malformed = ServerKeyExchange{m}, bad
	case 13:
		m, bad := wire.ParseCertificateRequest(b, v)
		e.Message, e.Malformed = CertificateRequest{m}, bad
	case 14:
		e.Message = ServerHelloDone{}
	case 15:
		m, bad := wire.ParseCertificateVerify(b, v)
		e.Message, e.Malformed = CertificateVerify{m}, bad
	case 16:
		m, bad := wire.ParseClientKeyExchange(b, f.suite, v)
		e.Message, e.Malformed = ClientKeyExchange{m}, bad
	case 20:
		e.Message = Finished{}
	case 22:
		m, bad := wire.ParseCertificateStatus(b)
		e.Message, e.Malformed = CertificateStatus{m}, bad
	case 24:
		e.Message = KeyUpdate{}
	default:
		e.Message = OtherHandshake{Type: wire.HandshakeType(r.ctype), Length: int(r.n)}
	}
}

func (f *flow) clientHelloEvent(r *rec, b []byte) (Message, *wire.Malformed) {
	parse := wire.ParseClientHello
	if f.dg.isDTLS() {
		parse = wire.ParseClientHelloDTLS
	}
	m, bad := parse(b)
	m.Length = int(r.n)
	return ClientHello{ClientHello: m, RecordVersion: wire.Version(r.recVersion), Raw: b, Segments: int(r.records), Records: 1}, bad
}

func (f *flow) sslv2Event(e *Event, r *rec) {
	b := clone(f.log.bytes(r))
	switch r.ctype {
	case 1:
		m, bad := wire.ParseSSLv2ClientHello(b)
		e.Message, e.Malformed = ClientHello{ClientHello: m, RecordVersion: 2, Raw: b, Segments: 1, Records: 1}, bad
	case 2:
		m, bad := wire.ParseSSLv2ServerHello(b)
		e.Message, e.Malformed = ServerHello{m}, bad
	case 16:
		m, bad := wire.ParseSSLv2ClientMasterKey(b)
		e.Message, e.Malformed = ClientKeyExchange{m}, bad
	default:
		e.Message = OtherHandshake{Type: wire.HandshakeType(r.ctype), Length: int(r.n)}
	}
}

func (f *flow) icmpEvent(e *Event, r *rec) {
	var a packet.Addr
	copy(a[:], f.log.bytes(r))
	reporter := netip.AddrFrom16(a)
	if !f.conn.IPv6 {
		reporter = reporter.Unmap()
	}
	e.Message = ICMPError{Type: r.ctype, Code: uint8(r.records), IPv6: f.conn.IPv6, MTU: int(r.n), Reporter: reporter, Of: e.From}
	e.From = Network
}
