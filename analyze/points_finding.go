package analyze

import (
	"slices"
	"time"

	"tlswhy/decode"
)

// pointSigns asks the other captures whether the sender of an event sent it.
func (c *Case) pointSigns(i int, s *signs) {
	e := &c.Events[i]
	if at, proven := absentUpstream(c, c.sights, i); at != nil && (proven || s.weight >= enough && at.lacksOnly(e)) {
		s.add(enough, T("common/s-absent", SideArg(e.From)))
		s.proof = append(s.proof, Evidence{Capture: at.Capture, Frame: at.lastFrame(e.From), Text: T("common/s-absent-last", SideArg(e.From))})
		return
	}
	for _, o := range c.sights {
		if o.way.upstream(e.From) && o.pair[i] >= 0 && o.atEnd(e.From) {
			*s = signs{}
		}
	}
}

const recordHeader = 5 // RFC 8446, Section 5.1

// lacksOnly says whether bytes are missing from a picture just where an event
// of another one has its own: its sender did not send them, or the capture lost
// them.
func (s *sight) lacksOnly(e *decode.Event) bool {
	if e.Length == 0 || s.Late || !s.runs(e.Time.Add(s.way.ahead[e.From])) {
		return false
	}
	gaps := decode.Each[decode.Gap](s.Handshake, e.From)
	for _, i := range gaps {
		g := &s.Events[i]
		if end := g.Offset + g.Message.(decode.Gap).Bytes; g.Offset < e.Offset || end > e.Offset+int64(e.Length)+recordHeader {
			return false
		}
	}
	return len(gaps) > 0
}

// arrived says whether all that a side sent came to a capture at the other
// side itself: it is not the way that loses it.
func (c *Case) arrived(side decode.Side) bool {
	for _, s := range c.sights {
		if x, ok := c.stretch(s, side); ok && x.down.atEnd(side.Other()) && x.up.Flow[side].Bytes > 0 && x.down.Flow[side].Bytes >= x.up.Flow[side].Bytes && len(x.lost()) == 0 {
			return true
		}
	}
	return false
}

// proveDatagrams adds that datagrams of a side got lost between two captures.
func (c *Case) proveDatagrams(f *Finding) {
	for _, s := range c.sights {
		for _, side := range []decode.Side{decode.Client, decode.Server} {
			up, down, ahead := c, s.Case, s.way.ahead[side]
			if s.way.nearer == 0 {
				continue
			}
			if s.way.upstream(side) {
				up, down, ahead = s.Case, c, -ahead
			}
			sent, came := up.Flow[side].Packets, down.Flow[side].Packets
			e := lastDatagram(up, down, side, ahead)
			if sent <= came || e == nil {
				continue
			}
			f.Evidence = append(f.Evidence, Proof(e, T("common/p-datagrams-sent", SideArg(side), Count(sent))),
				Evidence{Capture: down.Capture, Frame: down.lastFrame(side), Text: T("common/p-datagrams-came", Count(came), SideArg(side.Other()))})
			f.Confidence, f.Decide = Certain, Text{}
		}
	}
}

// lastDatagram is the last event of a side that another capture, which goes on
// at that time, should have after its own last one of that side; nil for none.
func lastDatagram(up, down *Case, side decode.Side, ahead time.Duration) *decode.Event {
	for i := len(up.Events) - 1; i >= 0; i-- {
		e := &up.Events[i]
		at := e.Time.Add(ahead)
		if e.From == side && e.Length > 0 && down.runs(at) && at.After(down.Flow[side].Last.Add(time.Millisecond)) {
			return e
		}
	}
	return nil
}

// lastFrame is the last packet of a side.
func (c *Case) lastFrame(side decode.Side) int {
	if n := c.Flow[side].LastFrame; n > 0 {
		return n
	}
	return c.LastFrame
}

// strangers cites what came to the other captures in the name of a side that
// never sent it.
func (c *Case) strangers() []Evidence {
	var list []Evidence
	for _, s := range c.sights {
		back := []*sight{{Case: c, way: s.way.reversed(), pair: s.back}}
		for j := range s.Events {
			e := &s.Events[j]
			switch e.Message.(type) {
			case decode.Reset, decode.Close, decode.Alert, decode.Plain:
			default:
				continue
			}
			if _, proven := absentUpstream(s.Case, back, j); proven && len(list) < 4 {
				list = append(list, Proof(e, T("common/p-added", Nested(s.eventText(e)), SideArg(e.From))))
			}
		}
	}
	return list
}

// eventText names an event in a few words.
func (c *Case) eventText(e *decode.Event) Text {
	what, _ := c.describe(e)
	return T("common/word", Word(what))
}

// blameless are the findings that a change on the way explains.
var blameless = []string{"bad-record-mac", "bad-signature", "alert-unexplained", "cert-rejected"}

// corroborate adds to the findings of a failure what the other captures prove
// of them.
func (c *Case) corroborate(found []*Finding) []*Finding {
	if len(c.sights) == 0 && c.elsewhere == nil || c.Outcome != Failed {
		return found
	}
	changed, noFlight := len(found) > 0 && found[0].ID == "altered-in-transit" && found[0].Confidence == Certain, false
	for i, f := range found {
		switch f.ID {
		case "client-hello-lost", "large-client-hello-lost":
			c.proveLoss(f, decode.Client)
		case "server-flight-lost":
			noFlight = c.proveLoss(f, decode.Server)
		case "packet-loss":
			if !c.proveLoss(f, decode.Client) {
				c.proveLoss(f, decode.Server)
			}
		case "tcp-syn-timeout":
			c.proveSYN(f)
		case "server-silent", "server-stalled":
			c.proveSilence(f)
		case "dtls-flight-lost", "quic-no-answer":
			c.proveDatagrams(f)
		case "starttls-stripped":
			c.proveAltered(f)
		default:
			if i == 0 && f.Severity == Error {
				c.proveSender(f)
			}
		}
	}
	return slices.DeleteFunc(found, func(f *Finding) bool {
		return changed && slices.Contains(blameless, f.ID) || noFlight && f.ID == "cert-rejected" // of what the client never got
	})
}

// proveLoss adds that bytes of a side got lost between two captures, or that
// they did not.
func (c *Case) proveLoss(f *Finding, side decode.Side) bool {
	x := c.lossOf(side)
	if x == nil {
		c.proveArrival(f, side)
		return false
	}
	to := SideArg(side.Other())
	if x.first != nil {
		f.Evidence = append(f.Evidence, Proof(x.first, T("common/p-sent", SideArg(side))))
	}
	f.Evidence = append(f.Evidence, Evidence{Capture: x.down.Capture, Frame: x.down.lastFrame(side), Text: T("common/p-lost", Bytes(x.bytes), to)})
	if x.proven {
		f.Confidence, f.Decide = Certain, Text{}
	}
	small, big := x.down.Flow[side].MaxSegment, slices.Max(append([]int{0}, x.up.Flow[side].RepeatSizes...))
	if small > 0 && big > small {
		f.Evidence = append(f.Evidence, Evidence{Capture: x.down.Capture, Frame: x.down.lastFrame(side), Text: T("common/p-sizes", Bytes(small), Bytes(big))})
	}
	return true
}

// proveSilence adds that all that the client sent came to a capture at the
// server, and that nothing more left it.
func (c *Case) proveSilence(f *Finding) {
	for _, s := range c.sights {
		x, ok := c.stretch(s, decode.Client)
		if !ok || !c.arrived(decode.Client) || !x.down.atEnd(decode.Server) || x.down.Flow[decode.Server].Bytes != x.up.Flow[decode.Server].Bytes ||
			!x.down.runs(x.up.Flow[decode.Client].Last.Add(x.ahead[decode.Client])) {
			continue
		}
		f.Confidence, f.Decide = Certain, T("common/decide-server-log")
		f.Evidence = append(f.Evidence, Evidence{Capture: x.down.Capture, Frame: x.down.lastFrame(decode.Client), Text: T("common/p-arrived", SideArg(decode.Client), SideArg(decode.Server))},
			Evidence{Capture: x.down.Capture, Frame: x.down.lastFrame(decode.Server), Text: T("common/p-silent", SideArg(decode.Server))})
		return
	}
}

// proveArrival adds that what was never acknowledged did come to the other
// capture: it is not the way between the two that loses it.
func (c *Case) proveArrival(f *Finding, side decode.Side) {
	for _, s := range c.sights {
		x, ok := c.stretch(s, side)
		if ok && x.up.unacked(side) > 0 && x.down.Flow[side].Bytes >= x.up.Flow[side].Bytes && len(x.lost()) == 0 {
			f.Evidence = append(f.Evidence, Evidence{Capture: x.down.Capture, Frame: x.down.lastFrame(side), Text: T("common/p-arrived", SideArg(side), SideArg(side.Other()))})
			return
		}
	}
}

// proveAltered cites a message that is not the same in two captures.
func (c *Case) proveAltered(f *Finding) bool {
	s, i, j := c.altered()
	if s == nil {
		return false
	}
	x, y := &c.Events[i], &s.Events[j]
	sent, came := x, y
	if s.way.upstream(x.From) {
		sent, came = y, x
	}
	f.Evidence = append(f.Evidence, Proof(sent, T("common/p-as-sent", Nested(c.eventText(sent)), SideArg(x.From))),
		Proof(came, T("common/p-as-came", Nested(c.eventText(came)), SideArg(x.From.Other()))))
	f.Confidence, f.Decide = Certain, Text{}
	return true
}

// ownEndings are the findings that say that the server itself ended the
// connection.
var ownEndings = []string{"reset-after-client-hello", "reset-before-client-hello", "close-after-client-hello", "server-left"}

// proveSender adds that the packet that broke the handshake passed the capture
// nearer to its sender: nothing between the two made it up.
func (c *Case) proveSender(f *Finding) {
	i, e := c.Break.Event, c.BreakEvent()
	if e == nil {
		return
	}
	for _, s := range c.sights {
		if !s.way.upstream(e.From) || s.pair[i] < 0 {
			continue
		}
		o := &s.Events[s.pair[i]]
		f.Evidence = append(f.Evidence, Proof(o, T("common/p-same", SideArg(e.From))))
		if s.atEnd(e.From) && slices.Contains(ownEndings, f.ID) {
			f.Confidence, f.Decide = Certain, T("common/decide-server-log")
		}
		return
	}
}

// pointsNotAssessed says what the other captures could not tell.
func (c *Case) pointsNotAssessed() []Text {
	var list []Text
	if e := c.BreakEvent(); e != nil && (len(c.Findings) == 0 || c.Findings[0].Confidence != Certain) {
		if at, proven := absentUpstream(c, c.sights, c.Break.Event); at != nil && !proven {
			list = append(list, T("common/n-point", SideArg(e.From)))
		}
	}
	if len(c.sights) > 0 && c.sights[0].way.nearer == 0 {
		list = append(list, T("common/n-order"))
	}
	return list
}
