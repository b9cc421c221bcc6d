package decode

import (
	"hash/maphash"
	"time"

	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
	"tlswhy/decode/secret"
	"tlswhy/decode/stream"
)

// Options say what a Decoder is to do with what it finds.
type Options struct {
	Capture int // index of the input, copied into every Handshake

	// Handle is given every handshake that is over, and every connection
	// without TLS that could still turn out to be one (Handshake.TLS false).
	// The order is that of their ends.
	Handle func(*Handshake)

	// Brief is told of each handshake that completed and carried application
	// data both ways. When it returns true the whole Handshake is built and
	// handed to Handle at its end; otherwise it is forgotten. Nil: all are
	// handed to Handle.
	Brief func(*Brief) bool

	// Repeat is told of each handshake with a shape (Handshake.Shape) when both
	// ends closed. When it returns true the handshake is forgotten; otherwise,
	// or when Repeat is nil, it is handed to Handle at its end.
	Repeat func(*Brief) bool

	// Digest fills Event.Sum, so that what cannot be read can be compared with
	// another capture of the same connection.
	Digest bool

	// Linger is how long a connection that is over may still bring packets
	// that change what is told of it; 0 is what captures of any origin need.
	// With it, fewer connections that are not decided are followed at a time:
	// the packets come as they are sent, and go on for days.
	Linger time.Duration
}

// Decoder turns the packets of one capture into handshakes.
type Decoder struct {
	opt     Options
	parser  *packet.Parser
	table   *stream.Table
	segment packet.Segment
	free    []*flow
	seed    maphash.Seed
	scratch []byte      // for shape
	brief   Brief       // valid during a call of Options.Brief or Repeat
	keys    *secret.Log // nil without secrets
	local   eapol
	at      place        // of the packet at hand
	info    *stream.Info // of the packet at hand; valid during the calls of the flow table

	Packets int   // packets seen
	Bytes   int64 // captured bytes seen
	First   int64 // time of the first packet with one, nanoseconds
	Last    int64 // latest time seen
	Other   int   // connections that are no handshakes

	pauses pauses
}

// New returns a Decoder.
func New(opt Options) *Decoder {
	d := &Decoder{opt: opt, parser: packet.NewParser(), seed: maphash.MakeSeed()}
	limits := stream.DefaultLimits()
	if opt.Linger > 0 {
		limits.Linger = opt.Linger
		limits.Conns = maxLive
	}
	d.table = stream.NewTable(follower{d}, limits)
	return d
}

// Packet takes the next packet of the capture. Its data is not kept.
func (d *Decoder) Packet(p *capture.Packet) {
	d.Packets++
	d.Bytes += int64(len(p.Data))
	if p.HasTime {
		if d.First == 0 || p.Time < d.First {
			d.First = p.Time
		}
		d.Last = max(d.Last, p.Time)
		d.pauses.packet(p.Number, p.Time)
	}
	d.at = place{}
	s := &d.segment
	if d.parser.Parse(p, s) != packet.OK {
		return
	}
	switch s.Proto {
	case packet.ICMP:
		d.icmp(s)
		d.table.Segment(s) // what it quotes counts as a connection
	case packet.TCP, packet.UDP:
		d.table.Segment(s)
	case packet.EAPOL:
		d.eapol(s)
	}
}

// Skip takes a packet that a filter left out. It still counts for the numbers
// of frames and streams, but nothing is told of it.
func (d *Decoder) Skip(p *capture.Packet) {
	d.Packets++
	d.Bytes += int64(len(p.Data))
	if p.HasTime {
		d.Last = max(d.Last, p.Time)
		d.pauses.packet(p.Number, p.Time)
	}
	if s := &d.segment; d.parser.Parse(p, s) == packet.OK {
		d.table.Pass(s)
	}
}

// Unsupported lists the link types that could not be read.
func (d *Decoder) Unsupported() []packet.UnsupportedLink { return d.parser.Unsupported() }

// Close ends the capture: everything that is still open is handed on.
func (d *Decoder) Close() {
	d.parser.Flush()
	d.lostFragments()
	d.table.Close()
	d.local.close()
}

// lostFragments tells connections of packets of which fragments never came:
// no receiver could use them.
func (d *Decoder) lostFragments() {
	for s := new(packet.Segment); d.parser.Incomplete(s); {
		c := d.table.Find(stream.Key{Addr: [2]packet.Addr{s.Src, s.Dst}, Port: [2]uint16{s.SrcPort, s.DstPort}, Proto: s.Proto})
		if c == nil {
			continue
		}
		if f, _ := c.User.(*flow); f != nil && f.dg.radius != nil {
			f.lostRADIUS(s, c.From(s.Src, s.SrcPort))
		} else if f != nil {
			f.add(rec{kind: recFragment, dir: c.From(s.Src, s.SrcPort), frame: int32(s.Frame), last: int32(s.Frame), time: s.Time, n: int32(s.Length), head: -1})
		}
	}
}

// icmp attaches an ICMP error to the connection it speaks of.
func (d *Decoder) icmp(s *packet.Segment) {
	c := d.table.Find(stream.Key{Addr: [2]packet.Addr{s.Src, s.Dst}, Port: [2]uint16{s.SrcPort, s.DstPort}, Proto: s.Quoted})
	if c == nil {
		return
	}
	if f, _ := c.User.(*flow); f != nil {
		d.at = placeOf(c)
		f.icmp(s, c.From(s.Src, s.SrcPort))
	}
}

// recycle keeps the log of a finished flow for the next one.
func (d *Decoder) recycle(f *flow) {
	f.reset()
	if len(d.free) < maxPooled && cap(f.arena) <= 64<<10 {
		d.free = append(d.free, f)
	}
}

// follower is a Decoder as the flow table sees it (stream.Handler).
type follower struct{ d *Decoder }

func (w follower) Open(c *stream.Conn, s *packet.Segment) {
	d := w.d
	var f *flow
	if n := len(d.free); n > 0 {
		f, d.free = d.free[n-1], d.free[:n-1]
	} else {
		f = &flow{}
	}
	f.start(d, c, s)
	c.User = f
}

func (w follower) Packet(c *stream.Conn, s *packet.Segment, i *stream.Info) {
	if f, _ := c.User.(*flow); f != nil {
		w.d.info, w.d.at = i, placeOf(c)
		f.packet(s, i)
		if f.ending(s) {
			f.repeats()
		}
	}
}

func (w follower) Data(c *stream.Conn, dir stream.Dir, off int64, b []byte, frame int, time int64) {
	if f, _ := c.User.(*flow); f != nil {
		f.data(dir, off, b, int32(frame), time)
	}
}

func (w follower) Gap(c *stream.Conn, dir stream.Dir, off, n int64, frame int, time int64) {
	if f, _ := c.User.(*flow); f != nil {
		f.gap(dir, off, n, int32(frame), time)
	}
}

func (w follower) Close(c *stream.Conn) {
	if f, _ := c.User.(*flow); f != nil {
		c.User = nil
		f.finish()
		w.d.recycle(f)
	}
}
