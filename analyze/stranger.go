package analyze

import (
	"time"

	"tlswhy/decode"
	"tlswhy/decode/packet"
)

// signs says what speaks against a packet having been sent by the side that
// it claims. One weak sign proves nothing: TTLs change with routes, stacks
// send resets with other options than data.
type signs struct {
	weight int
	texts  []Text
	proof  []Evidence // of another capture, which shows that the side did not send it
}

// enough is the weight from which on a packet is taken for a stranger's: a
// different hop count and something else, or something that the protocol
// forbids.
const enough = 3

func (s *signs) add(weight int, t Text) {
	s.weight += weight
	s.texts = append(s.texts, t)
}

// strange compares the header of an event with the other packets of its side.
func (c *Case) strange(i int) signs {
	var s signs
	if i < 0 || i >= len(c.Events) {
		return s
	}
	e := &c.Events[i]
	if e.Header == nil || e.From == decode.Network || c.Transport != decode.TCP {
		return s
	}
	c.hopSigns(e, &s)
	c.optionSigns(e, &s)
	c.identifierSigns(e, &s)
	c.laterSigns(i, &s)
	c.pointSigns(i, &s)
	if s.weight > 0 && s.weight < enough && c.otherNameAnswered() != nil && !c.nameAnswered() {
		s.add(1, T("common/s-name"))
	}
	return s
}

// hopSigns compares the hop count with that of the side's first packet.
func (c *Case) hopSigns(e *decode.Event, s *signs) {
	p := &c.Flow[e.From].Profile
	if p.TTL == 0 || p.TTL == e.Header.TTL || p.Flags == e.Header.Flags && p.Seq == e.Header.Seq {
		return
	}
	weight := 2
	if d := int(p.TTL) - int(e.Header.TTL); d > 2 || d < -2 {
		weight = 3
	}
	s.add(weight, T("common/s-ttl", Count(int(e.Header.TTL)), Count(int(p.TTL))))
}

// optionSigns looks for the timestamps option, which every segment but a
// reset must carry once it was agreed on (RFC 7323, Section 3.2).
func (c *Case) optionSigns(e *decode.Event, s *signs) {
	h := e.Header
	agreed := hasOption(c.Flow[decode.Client].Profile.Options, 8) && hasOption(c.Flow[decode.Server].Profile.Options, 8)
	if !agreed || hasOption(h.Options, 8) {
		return
	}
	switch {
	case h.Flags&packet.RST == 0:
		s.add(3, T("common/s-timestamps"))
	case h.Flags&packet.ACK != 0:
		s.add(1, T("common/s-reset-options"))
	}
}

// option returns the value of the first TCP option of a kind (RFC 9293, Section
// 3.2). A value that is cut off, or overlong, is empty.
func option(o []byte, kind byte) (value []byte, ok bool) {
	for len(o) > 0 && o[0] != 0 {
		whole := len(o) >= 2 && o[1] >= 2 && int(o[1]) <= len(o)
		switch {
		case o[0] == kind && whole:
			return o[2:o[1]], true
		case o[0] == kind:
			return nil, true
		case o[0] == 1:
			o = o[1:]
		case !whole:
			return nil, false
		default:
			o = o[o[1]:]
		}
	}
	return nil, false
}

// hasOption says whether TCP options hold one of a kind.
func hasOption(o []byte, kind byte) bool {
	_, ok := option(o, kind)
	return ok
}

// identifierSigns compares the IP identification with those of the side's
// other packets, where these count up.
func (c *Case) identifierSigns(e *decode.Event, s *signs) {
	if !e.Header.HasIPID || e.Header.IPID == 0 {
		return
	}
	near, others := false, 0
	for i := range c.Events {
		o := &c.Events[i]
		if o == e || o.From != e.From || o.Header == nil || o.Header.IPID == 0 || !o.Header.HasIPID {
			continue
		}
		others++
		if d := int16(o.Header.IPID - e.Header.IPID); d > -2000 && d < 2000 {
			near = true
		}
	}
	if others > 0 && !near {
		s.add(2, T("common/s-ipid", Count(int(e.Header.IPID))))
	}
}

// laterSigns looks at what came from the same side after it had ended the
// connection: the real end did not know of that.
func (c *Case) laterSigns(i int, s *signs) {
	e := &c.Events[i]
	for j := i + 1; j < len(c.Events); j++ {
		o := &c.Events[j]
		if o.From != e.From {
			continue
		}
		switch m := o.Message.(type) {
		case decode.Retransmission:
			if m.Different || o.Header != nil && m.Of == "FIN" && o.Header.AckOffset < e.Header.AckOffset {
				s.add(3, T("common/s-other-content", Frame(o.LastFrame)))
				return
			}
		case decode.Reset:
			if o.Header != nil && o.Header.TTL != e.Header.TTL {
				s.add(2, T("common/s-second-reset", Frame(o.LastFrame), Count(int(o.Header.TTL))))
				return
			}
		case decode.AckOnly: // an end that has reset a connection answers to it with resets alone
			if _, reset := e.Message.(decode.Reset); reset && o.Time.Sub(e.Time) >= time.Millisecond {
				s.add(2, T("common/s-goes-on", Frame(o.LastFrame)))
				return
			}
		case decode.ServerHello, decode.Certificate:
			if _, reset := e.Message.(decode.Reset); reset {
				s.add(3, T("common/s-answer-later", Frame(o.LastFrame)))
				return
			}
		}
	}
}

// stranger says whether the break was sent by somebody else than the side
// that it claims.
func (c *Case) stranger() (signs, bool) {
	s := c.strange(c.Break.Event)
	return s, s.weight >= enough
}

// strangerFinding makes the finding of a rule about a stranger's packet.
func (c *Case) strangerFinding(id string, s signs) *Finding {
	e := c.BreakEvent()
	f := &Finding{Confidence: Likely, Fault: ByMiddlebox, Summary: T(id+"/summary", SideArg(e.From), Name(c.SNI())),
		Decide: T("common/decide-both-ends"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	for _, t := range s.texts {
		f.Evidence = append(f.Evidence, Proof(e, t))
	}
	if len(s.proof) > 0 {
		f.Confidence, f.Decide = Certain, Text{}
		f.Evidence = append(f.Evidence, s.proof...)
		f.Evidence = append(f.Evidence, c.strangers()...)
	}
	if o := c.offer(); o != nil {
		f.Evidence = append(f.Evidence, Proof(o.event, T("common/s-hello", Name(c.SNI()))))
	}
	if other := c.otherNameAnswered(); other != nil && !c.nameAnswered() {
		_, hello := other.ServerHello()
		f.Evidence = append(f.Evidence, Proof(hello, T("common/s-other-name", Name(other.SNI()))))
	}
	return f
}
