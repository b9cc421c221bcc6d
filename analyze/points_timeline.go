package analyze

import (
	"slices"
	"time"

	"tlswhy/decode"
)

// viewed is an event of a timeline that may be drawn from several captures.
type viewed struct {
	*decode.Event
	ahead time.Duration // of its capture's clock over the leader's
	also  []Place
	note  Text
	added bool // something between the captures sent it
}

func (s *viewed) mark(l *Line) {
	l.Also = s.also
	if l.Note.IsZero() {
		l.Note = s.note
	}
	if s.added {
		l.Suspected = string(ByMiddlebox)
	}
}

// like says whether two events were seen in the same captures.
func (s *viewed) like(o *viewed) bool {
	return s.Capture == o.Capture && len(s.also) == len(o.also) && s.note.Key == o.note.Key
}

// viewed are the events of the timeline: those of the leading capture, and among
// them by the time of their clocks what only the others have.
func (c *Case) viewed() []viewed {
	list := make([]viewed, 0, len(c.Events))
	for i := range c.Events {
		x := viewed{Event: &c.Events[i]}
		for _, s := range c.sights {
			if j := s.pair[i]; j >= 0 {
				x.also = append(x.also, Place{s.Capture, s.Events[j].LastFrame})
				if samePackets(c, s.Case) && !sameContent(x.Event, &s.Events[j]) {
					x.note = T("common/p-differs")
				}
			}
		}
		if x.note.IsZero() && len(x.also) == 0 {
			x.note, x.added = missing(c, c.sights, i)
		}
		list = append(list, x)
	}
	for _, s := range c.sights {
		list = merged(list, c.onlyIn(s))
	}
	return list
}

// merged puts some events among others by their times; each list keeps its
// order.
func merged(list, more []viewed) []viewed {
	if len(more) == 0 {
		return list
	}
	all := make([]viewed, 0, len(list)+len(more))
	for _, x := range list {
		for len(more) > 0 && more[0].at().Before(x.at()) {
			all, more = append(all, more[0]), more[1:]
		}
		all = append(all, x)
	}
	return append(all, more...)
}

// at is the time by the leader's clock.
func (s *viewed) at() time.Time { return s.Time.Add(-s.ahead) }

// onlyIn are the events that another capture has and the leading one has not.
func (c *Case) onlyIn(s *sight) []viewed {
	var list []viewed
	back := []*sight{{Case: c, way: s.way.reversed(), pair: s.back}}
	for j := range s.Events {
		if s.back[j] >= 0 {
			continue
		}
		if note, added := missing(s.Case, back, j); !note.IsZero() {
			list = append(list, viewed{Event: &s.Events[j], ahead: s.way.clock(), note: note, added: added})
		}
	}
	return list
}

// missing says what it means that no other capture has an event: it was not
// sent, or it did not arrive.
func missing(c *Case, views []*sight, i int) (note Text, added bool) {
	e := &c.Events[i]
	if at, _ := absentUpstream(c, views, i); at != nil {
		return T("common/p-never-sent", SideArg(e.From)), true
	}
	for _, s := range views {
		if e.From == decode.Network || s.way.nearer == 0 || s.way.upstream(e.From) {
			continue
		}
		if m, again := e.Message.(decode.Retransmission); again && m.Of == "data" || c.Transport == decode.TCP && e.Length > 0 && !transport(e.Message) {
			if x, ok := c.stretch(s, e.From); ok && within(x.lost(), e) {
				return T("common/p-only-sent", SideArg(e.From.Other())), false
			}
		} else if mustShow(c, s.Case, e) && s.saw(e, e.Time.Add(s.way.ahead[e.From])) {
			return T("common/p-only-sent", SideArg(e.From.Other())), false
		}
	}
	return Text{}, false
}

// within says whether some of an event's bytes are in one of the ranges.
func within(list []decode.Range, e *decode.Event) bool {
	return slices.ContainsFunc(list, func(r decode.Range) bool { return e.Offset < r.To && e.Offset+int64(e.Length) > r.From })
}
