package decode

import (
	"tlswhy/decode/packet"
	"tlswhy/decode/prelude"
	"tlswhy/decode/stream"
	"tlswhy/decode/wire"
)

// mode is how the bytes of one direction are read.
type mode uint8

const (
	modeUnknown mode = iota // nothing recognised yet
	modeTLS                 // records
	modeSSLv2               // one SSL 2.0 message, then records
	modePlain               // not TLS, and it will not become TLS
	modeLost                // TLS, but out of step: search for a record
	modeDone                // nothing more is wanted
)

// half is the state of one direction. What every packet changes stands first,
// then what every record does.
type half struct {
	first, last int64 // times
	dataTime    int64 // of its last payload
	packets     int32
	maxSegment  int32
	lastFrame   int32
	dataFrame   int32 // of its last payload
	profile     int32 // index into heads; -1 without
	ttl         [4]uint8
	nttl        uint8
	resets      uint8
	repeats     uint8
	acks        bool // sent an ACK: it had seen the other side
	ackNoted    bool
	ackedOn     bool // sent an ACK after its own RST

	mode    mode
	nhdr    uint8
	hdr     [5]byte
	rtype   wire.ContentType
	rver    uint16
	rlen    int32 // of the current record
	remain  int32 // bytes of it still to come; -1 between records
	rframe  int32 // frame of its first byte
	rtime   int64
	roff    int64
	sum     uint32 // of the record's body so far
	records uint16 // that carried the current message
	encs    uint8  // protected records logged
	pad     padding
	protect bool // records are protected from now on
	fin     bool // Finished sent
	big     bool // TLS 1.3: sent something that may hold a Finished
	early   bool // TLS 1.3: sent protected records before the ServerHello
	after   bool // sent a protected record that is no alert after both Finished
	ccs     bool

	msg       []byte // message (or record to decrypt) being collected
	msgFrame  int32
	msgOff    int64
	pre       []byte // first bytes, not enough to tell
	preFrame  int32
	plain     int32 // index of the Plain entry; -1 without
	preOff    int64
	app       int64 // application data bytes
	protected int64 // bytes of protected records that were not read
	searched  int64

	sacked      []Range
	repeatSizes []int32
	missing     []Range
	repeatFirst int32
	repeatLast  int32
}

// flow is one connection that is being followed.
type flow struct {
	d    *Decoder
	conn *stream.Conn

	first   int64
	last    int64
	frame0  int32
	frame9  int32
	begun   int32 // index into recs from which on there is what was begun and never ended
	version uint16
	suite   wire.CipherSuite
	opener  int8 // dir of the SYN; -1 unknown
	client  int8 // dir of the ClientHello; -1 unknown
	hellos  uint8
	tls     bool
	tls13   bool
	hello   bool // ServerHello seen
	fatal   bool // a fatal alert in the clear
	cut     bool
	lossy   bool
	reused  bool
	keep    bool // wanted although it completed
	shown   bool // Decoder.Waiting has shown this silence
	clean   bool
	judged  bool // shape was asked for
	counted bool // see countTunnel
	older   bool // sent what TLS 1.3 has not

	half [2]half
	log

	dialog *prelude.Dialog
	talk   int64 // bytes of the dialogue
	dg     datagrams
	sum    uint64 // see shape; 0 without
	keys   *sessionKeys
}

func (f *flow) start(d *Decoder, c *stream.Conn, s *packet.Segment) {
	l := f.log
	l.reset()
	*f = flow{log: l, d: d, conn: c, opener: -1, client: -1,
		first: s.Time, frame0: int32(s.FirstFrame)}
	for i := range f.half {
		f.half[i].remain, f.half[i].plain, f.half[i].profile = -1, -1, -1
	}
}

// packet takes note of what the headers of a packet say.
func (f *flow) packet(s *packet.Segment, i *stream.Info) {
	h := &f.half[i.Dir]
	f.last, f.frame9, f.shown = max(f.last, s.Time), int32(s.Frame), false
	if f.conn.Key.Proto == packet.UDP {
		h.note(s)
		f.datagram(s, i)
		return
	}
	if i.Duplicate {
		return
	}
	f.reused = f.reused || i.Reused
	h.note(s)
	if i.Stray {
		return
	}
	if len(i.Sacked) > 0 {
		peer := &f.half[1-i.Dir]
		peer.sacked = peer.sacked[:0]
		for _, r := range i.Sacked[:min(len(i.Sacked), 4)] {
			peer.sacked = append(peer.sacked, Range{r.Start, r.End})
		}
	}
	if s.Flags&(packet.ACK|packet.RST) == packet.ACK {
		h.acks = true
	}
	if s.Flags&(packet.SYN|packet.RST|packet.FIN) != 0 || i.Retransmission || h.profile < 0 {
		f.flags(s, i, h)
	} else if len(s.Payload) == 0 {
		f.ackOnly(s, i, h)
	}
	if s.Length > len(s.Payload) {
		f.cut = true
	}
	if s.Flags&(packet.RST|packet.FIN) == 0 {
		h.noteTTL(s.TTL)
	}
}

func (h *half) note(s *packet.Segment) {
	if h.packets == 0 {
		h.first = s.Time
	}
	h.packets++
	h.last, h.lastFrame = s.Time, int32(s.Frame)
	if s.Length > 0 {
		h.dataTime, h.dataFrame = s.Time, int32(s.Frame)
	}
	h.maxSegment = max(h.maxSegment, int32(s.Length))
}

func (h *half) noteTTL(ttl uint8) {
	for _, t := range h.ttl[:h.nttl] {
		if t == ttl {
			return
		}
	}
	if int(h.nttl) < len(h.ttl) {
		h.ttl[h.nttl] = ttl
		h.nttl++
	}
}

// flags writes down the packets that open, close, break or repeat.
func (f *flow) flags(s *packet.Segment, i *stream.Info, h *half) {
	switch {
	case i.Retransmission:
		f.repeat(s, i, h)
	case s.Flags&packet.SYN != 0 && s.Flags&packet.RST == 0:
		kind := recOpen
		if s.Flags&packet.ACK != 0 {
			kind = recAccept
			f.opener = int8(1 - i.Dir)
		} else if f.opener < 0 {
			f.opener = int8(i.Dir)
		}
		f.event(kind, s, i)
	}
	if h.profile < 0 && s.Flags&packet.RST == 0 && (s.Flags&packet.SYN != 0 || s.Length > 0) {
		h.profile = f.head(s, i)
	}
	if s.Flags&packet.RST != 0 && h.resets < maxResets {
		h.resets++
		f.event(recReset, s, i)
	} else if s.Flags&packet.FIN != 0 && !i.Retransmission {
		f.event(recClose, s, i)
	}
}

func (f *flow) event(kind recKind, s *packet.Segment, i *stream.Info) *rec {
	return f.add(rec{kind: kind, dir: i.Dir, frame: int32(s.FirstFrame), last: int32(s.Frame), time: s.Time,
		off: i.Offset, n: int32(s.Length), head: f.head(s, i)})
}

// head keeps the header facts of a packet.
func (f *flow) head(s *packet.Segment, i *stream.Info) int32 {
	if len(f.heads) >= maxRecords {
		return -1
	}
	me, peer := &f.conn.Half[i.Dir], &f.conn.Half[1-i.Dir]
	a, b := f.log.keep(s.Options)
	f.heads = append(f.heads, head{ttl: s.TTL, flags: s.Flags, hasID: s.HasIPID, id: s.IPID, window: s.Window,
		seq: s.Seq, ack: s.Ack, n: int32(s.Length), off: i.Offset, next: me.High, acked: peer.Acked, a: a, b: b})
	return int32(len(f.heads) - 1)
}

// here keeps the header facts of the packet at hand when it comes from dir: the
// one that carried, or completed, what is being logged.
func (f *flow) here(dir stream.Dir) int32 {
	if i := f.d.info; i != nil && i.Dir == dir {
		return f.head(&f.d.segment, i)
	}
	return -1
}

// repeat writes down a retransmission.
func (f *flow) repeat(s *packet.Segment, i *stream.Info, h *half) {
	if h.repeatFirst == 0 {
		h.repeatFirst = int32(s.Frame)
	}
	h.repeatLast = int32(s.Frame)
	if len(h.repeatSizes) < 16 {
		h.repeatSizes = append(h.repeatSizes, int32(s.Length))
	}
	if h.repeats >= maxRepeats {
		return
	}
	h.repeats++
	if r := f.event(recRepeat, s, i); r != nil {
		r.ctype = s.Flags
		r.count = int32(f.conn.Half[i.Dir].Repeats)
		if i.Different {
			r.flags |= flagDifferent
		}
	}
}

// ackOnly writes down the ACK that opens the connection and the first one
// that covers everything the other side has sent.
func (f *flow) ackOnly(s *packet.Segment, i *stream.Info, h *half) {
	if h.resets > 0 && !h.ackedOn { // the end goes on as if it had not reset the connection
		h.ackedOn = true
		f.event(recAck, s, i)
		return
	}
	if i.NewlyAcked <= 0 || h.ackNoted {
		return
	}
	peer := &f.conn.Half[1-i.Dir]
	if peer.Acked == 0 {
		return
	}
	h.ackNoted = true
	if r := f.event(recAck, s, i); r != nil {
		r.count = int32(min(peer.Acked, 1<<30))
	}
}

// icmp writes down an ICMP error about a packet that dir sent.
func (f *flow) icmp(s *packet.Segment, dir stream.Dir) {
	f.frame9 = int32(s.Frame)
	f.last = max(f.last, s.Time)
	a, b := f.log.keep(s.Reporter[:])
	f.add(rec{kind: recICMP, dir: dir, frame: int32(s.Frame), last: int32(s.Frame), time: s.Time,
		ctype: s.ICMPType, records: uint16(s.ICMPCode), n: int32(s.MTU), a: a, b: b, head: -1})
}
