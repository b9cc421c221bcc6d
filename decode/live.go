package decode

import (
	"slices"

	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// Tick tells the time, in nanoseconds since 1970, when no packet does: on a
// live capture silence is told by the clock.
func (d *Decoder) Tick(now int64) {
	if d.First == 0 {
		return
	}
	d.Last = max(d.Last, now)
	d.pauses.last = max(d.pauses.last, now) // the capture is known to go on
	d.table.Tick(now)
}

// Conn tells to which connection the last packet belonged, by its transport
// and stream number; ok is false when it belonged to none, or to one that is
// over.
func (d *Decoder) Conn() (tcp bool, stream int, ok bool) { return d.at.tcp, d.at.stream, d.at.ok }

// place is the connection of a packet.
type place struct {
	tcp    bool
	stream int
	ok     bool
}

func placeOf(c *stream.Conn) place {
	return place{c.Key.Proto == packet.TCP, int(c.Stream), true}
}

// Waiting hands on a picture of every open connection on which a handshake, or
// what may be one, has not come to its end and nothing happened since before
// (nanoseconds since 1970): each once for every silence. The connection goes
// on; Options.Handle is given the whole of it later.
func (d *Decoder) Waiting(before int64, handle func(*Handshake)) {
	var quiet []*flow
	d.table.Each(func(c *stream.Conn) {
		f, _ := c.User.(*flow)
		if f == nil || f.shown || f.last > before || f.half[0].fin && f.half[1].fin || f.half[0].app > 0 && f.half[1].app > 0 {
			return
		}
		if f.shown = true; f.isTLS() || f.mayMatter() {
			quiet = append(quiet, f)
		}
	})
	slices.SortFunc(quiet, func(a, b *flow) int { return int(a.frame0) - int(b.frame0) })
	for _, f := range quiet {
		handle(f.handshakeOf())
	}
}
