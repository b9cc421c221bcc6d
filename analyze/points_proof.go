package analyze

import (
	"reflect"
	"slices"
	"time"

	"tlswhy/decode"
)

// absentUpstream looks for a capture that packets of the event's sender pass
// before they come to c's and that has not got this one: something between the
// two made it up. proven is false where that capture may have missed it.
func absentUpstream(c *Case, views []*sight, i int) (at *sight, proven bool) {
	if i < 0 || i >= len(c.Events) || c.Events[i].From == decode.Network {
		return nil, false
	}
	e := &c.Events[i]
	for _, s := range views {
		if !s.way.upstream(e.From) || s.pair[i] >= 0 || !mustShow(c, s.Case, e) {
			continue
		}
		if s.saw(e, e.Time.Add(s.way.ahead[e.From])) && notThere(c, s.Case, e) {
			return s, true
		}
		at = s
	}
	return at, false
}

// notThere says whether the bytes of an event are not in another picture: they
// come after all that it has, or it has something else at their place.
func notThere(c, o *Case, e *decode.Event) bool {
	if transport(e.Message) || !samePackets(c, o) || e.Offset >= o.Flow[e.From].Bytes {
		return true
	}
	return slices.ContainsFunc(o.Events, func(x decode.Event) bool {
		return x.From == e.From && !transport(x.Message) && x.Offset == e.Offset && !x.Cut
	})
}

// mustShow says whether an event must show in another picture too, if the
// packet passed there.
func mustShow(c, o *Case, e *decode.Event) bool {
	switch e.Message.(type) {
	case decode.Gap, decode.Fragment, decode.Establish, decode.AckOnly, decode.Retransmission:
		return false
	}
	if e.Cut {
		return false
	}
	if transport(e.Message) {
		return e.Header != nil && samePackets(c, o)
	}
	switch e.Message.(type) {
	case decode.Alert, decode.ServerHello, decode.ClientHello, decode.Plain, decode.Prelude, decode.Certificate:
		return true
	}
	return samePackets(c, o) || c.Transport == decode.DTLS && e.Header == nil && !encrypted(e.Message)
}

func encrypted(m decode.Message) bool {
	switch m.(type) {
	case decode.Encrypted, decode.AppData, decode.Datagram, decode.DatagramFragment:
		return true
	}
	return false
}

// saw says whether a picture would show an event at that time of its capture's
// clock: the capture runs then, has the connection from its SYN on, and lost
// nothing.
func (c *Case) saw(x *decode.Event, at time.Time) bool {
	from := x.From
	if !c.runs(at) || c.Late || c.Cut && !transport(x.Message) || c.Handshake.Dropped > 0 || c.Flow[from].Packets == 0 {
		return false
	}
	resets := 0
	for i := range c.Events {
		e := &c.Events[i]
		switch e.Message.(type) {
		case decode.Gap:
			if e.From == from {
				return false
			}
		case decode.Reset:
			if resets++; resets >= 8 { // decode keeps no more
				return false
			}
		}
	}
	return true
}

// runs says whether a picture's capture goes on at a time of its clock, has
// both directions, and was not told to have dropped packets.
func (c *Case) runs(at time.Time) bool {
	return c.input != nil && c.input.Dropped == 0 && !at.Before(c.input.First) && !at.After(c.input.Last) && !c.OneSided
}

// here are the ranges of a side's stream that a picture shows.
func (c *Case) here(side decode.Side) []decode.Range {
	have := []decode.Range{{From: 0, To: c.Flow[side].Bytes}}
	for i := range c.Events {
		if m, ok := c.Events[i].Message.(decode.Gap); ok && c.Events[i].From == side {
			have = without(have, decode.Range{From: c.Events[i].Offset, To: c.Events[i].Offset + m.Bytes})
		}
	}
	return have
}

// without takes one range out of others.
func without(list []decode.Range, out decode.Range) []decode.Range {
	var rest []decode.Range
	for _, r := range list {
		if r.From < min(r.To, out.From) {
			rest = append(rest, decode.Range{From: r.From, To: min(r.To, out.From)})
		}
		if max(r.From, out.To) < r.To {
			rest = append(rest, decode.Range{From: max(r.From, out.To), To: r.To})
		}
	}
	return rest
}

// stretch is the way between two captures as the packets of one side pass it.
type stretch struct {
	side     decode.Side
	up, down *Case
	ahead    [2]time.Duration // see way; of down over up
}

// stretch returns the way between the leading picture and another one for the
// packets of a side; ok is false when it is not known which comes first.
func (c *Case) stretch(s *sight, side decode.Side) (x stretch, ok bool) {
	switch {
	case s.way.nearer == 0 || !samePackets(c, s.Case) || c.Late || s.Late:
		return x, false
	case s.way.upstream(side):
		return stretch{side, s.Case, c, s.way.reversed().ahead}, true
	}
	return stretch{side, c, s.Case, s.way.ahead}, true
}

// lost are the bytes that passed the capture nearer to the sender and neither
// came to the other one nor were acknowledged. An acknowledgement that only the
// former has may be a stranger's.
func (x *stretch) lost() []decode.Range {
	lost := x.up.here(x.side)
	for _, r := range x.down.here(x.side) {
		lost = without(lost, r)
	}
	peer := x.side.Other()
	views := []*Case{x.down}
	if !x.down.runs(x.up.Flow[peer].Last.Add(-x.delay())) {
		views = append(views, x.up)
	}
	for _, c := range views {
		lost = without(lost, decode.Range{From: 0, To: c.Flow[x.side].Acked})
		for _, r := range c.Flow[x.side].Sacked {
			lost = without(lost, r)
		}
	}
	return lost
}

// delay is what the time of a packet of the receiver has to be set back by to
// be the time at which it passed the capture nearer to it.
func (x *stretch) delay() time.Duration { return -x.ahead[x.side.Other()] }

// loss is bytes of a side that got lost between two captures.
type loss struct {
	stretch
	bytes  int64
	first  *decode.Event // that carried some of them, or their repetition, at the sender's side
	proven bool
}

// lossOf looks for bytes of a side that got lost between two captures.
func (c *Case) lossOf(side decode.Side) *loss {
	for _, s := range c.sights {
		way, ok := c.stretch(s, side)
		if !ok {
			continue
		}
		x := &loss{stretch: way}
		lost := way.lost()
		for _, r := range lost {
			x.bytes += r.To - r.From
		}
		if x.bytes == 0 {
			continue
		}
		for i := range x.up.Events {
			if e := &x.up.Events[i]; e.From == side && within(lost, e) {
				x.first = e
				break
			}
		}
		at := x.up.Flow[side].Last
		if x.first != nil {
			at = x.first.Time
		}
		x.proven = x.down.runs(at.Add(x.ahead[side]))
		return x
	}
	return nil
}

// altered finds a message that both captures have and that is not the same in
// them; i and j are its places in the leader's picture and in the sight.
func (c *Case) altered() (s *sight, i, j int) {
	for _, s := range c.sights {
		if s.way.nearer == 0 || !samePackets(c, s.Case) || c.Late || s.Late {
			continue
		}
		for i, j := range s.pair {
			if j >= 0 && !sameContent(&c.Events[i], &s.Events[j]) {
				return s, i, j
			}
		}
	}
	return nil, -1, -1
}

// sameContent compares two messages that stand at the same place of a stream.
func sameContent(x, y *decode.Event) bool {
	if x.Cut || y.Cut || transport(x.Message) || x.Decrypted != y.Decrypted {
		return true
	}
	if x.Sum != 0 && y.Sum != 0 && x.Length == y.Length && !x.Decrypted {
		return x.Sum == y.Sum
	}
	switch m := x.Message.(type) {
	case decode.ClientHello:
		o, ok := y.Message.(decode.ClientHello)
		return ok && slices.Equal(m.Raw, o.Raw)
	case decode.Plain:
		o, ok := y.Message.(decode.Plain)
		n := min(len(m.Prefix), len(o.Prefix))
		return ok && slices.Equal(m.Prefix[:n], o.Prefix[:n])
	case decode.Encrypted, decode.AppData, decode.Finished, decode.BadRecord, decode.Datagram, decode.QUICInitial:
		return true // their content is not kept
	case decode.Alert:
		if m.Encrypted || m.Inferred {
			return true
		}
	}
	return reflect.DeepEqual(x.Message, y.Message)
}

// atEnd says whether a picture was taken at a side itself: its packets have not
// passed a router yet.
func (c *Case) atEnd(side decode.Side) bool {
	switch c.Flow[side].Profile.TTL {
	case 32, 64, 128, 255:
		return true
	}
	return false
}
