package decode

import "tlswhy/decode/stream"

// A connection is first written down in a compact log: what happened, where,
// and the raw bytes of the messages. Only a handshake that somebody wants to
// see is turned into a Handshake; the usual healthy one is recycled.

type recKind uint8

const (
	recOpen recKind = iota
	recAccept
	recEstablish
	recReset
	recClose
	recRepeat // of data, SYN, SYN-ACK or FIN
	recGap
	recICMP
	recFragment // packet of which fragments are missing
	recAck
	recMessage // handshake message in the clear or decrypted
	recSSLv2   // SSL 2.0 format message
	recCCS
	recAlert     // plain or decrypted
	recEncrypted // protected record that was not read
	recAppData
	recBadRecord
	recPlain
	recPrelude
	recDatagram // whatever the datagram transports write: see extra
)

// Flags of a rec.
const (
	flagDecrypted = 1 << iota
	flagCut       // the message is incomplete: bytes are missing from the capture
	flagDifferent // retransmission with other content
	flagFinished  // protected record in the place of a Finished
	flagAlertSize // TLS 1.3 record of an alert's size
	flagEarly     // before the sender could know the answer: 0-RTT
	flagOversize  // message longer than what is kept
)

// rec is one entry of the log.
type rec struct {
	kind        recKind
	dir         stream.Dir
	flags       uint8
	ctype       uint8  // content type or handshake type
	version     uint16 // of the record
	recVersion  uint16 // of the record that began a message
	records     uint16 // records or segments that carried it
	frame, last int32
	time        int64
	off         int64
	n           int32 // length on the wire or of the message
	count       int32
	a, b        int32  // bytes in the arena
	head        int32  // index into heads; -1 without
	sum         uint32 // see Event.Sum
}

// head is the compact form of Header.
type head struct {
	ttl, flags       uint8
	hasID            bool
	id, window       uint16
	seq, ack         uint32
	n                int32
	off, next, acked int64
	a, b             int32 // options in the arena
}

// log is the compact form of a handshake's events.
type log struct {
	recs    []rec
	heads   []head
	arena   []byte
	extra   []Message // messages of the datagram transports, by rec.count
	dropped int
}

func (l *log) reset() {
	clear(l.extra)
	l.recs, l.heads, l.arena, l.extra, l.dropped = l.recs[:0], l.heads[:0], l.arena[:0], l.extra[:0], 0
}

// keep copies b into the arena as far as the bound allows.
func (l *log) keep(b []byte) (from, to int32) {
	if room := maxArena - len(l.arena); len(b) > room {
		b = b[:max(room, 0)]
		l.dropped++
	}
	from = int32(len(l.arena))
	l.arena = append(l.arena, b...)
	return from, int32(len(l.arena))
}

// add appends an entry and returns it, or nil at the bound.
func (l *log) add(r rec) *rec {
	if len(l.recs) >= maxRecords {
		l.dropped++
		return nil
	}
	l.recs = append(l.recs, r)
	return &l.recs[len(l.recs)-1]
}

func (l *log) bytes(r *rec) []byte { return l.arena[r.a:r.b] }
