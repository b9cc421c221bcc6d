package analyze

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/packet"
)

// sight is a handshake as another capture shows it.
type sight struct {
	*Case
	way  *way
	pair []int // for each event of the leader the same one here; -1 for none
	back []int // the other way round
}

// way is how one capture lies to another.
type way struct {
	ahead  [2]time.Duration // by sender: time of a packet in the other capture minus time in this one
	nearer int              // 1: the other one is nearer to the server; -1: to the client; 0: not known
	hops   bool             // … as the TTL of the packets shows
}

// clock is the time in the other capture minus the time in this one at the
// same moment, if packets take as long in both directions.
func (w *way) clock() time.Duration { return w.ahead[0]/2 + w.ahead[1]/2 }

func (w *way) reversed() *way {
	return &way{ahead: [2]time.Duration{-w.ahead[0], -w.ahead[1]}, nearer: -w.nearer, hops: w.hops}
}

// upstream says whether packets of a side pass the other capture first.
func (w *way) upstream(side decode.Side) bool {
	return side == decode.Client && w.nearer < 0 || side == decode.Server && w.nearer > 0
}

// ways are the ways between captures, from the lower number to the higher.
type ways map[[2]int]*way

func (w ways) between(from, to int) *way {
	if from < to {
		return w[[2]int{from, to}]
	}
	return w[[2]int{to, from}].reversed()
}

const maxWayPairs = 64 // connections of which the times of two captures are compared

// findWays compares the times and the hop counts of what captures have in
// common.
func findWays(cases []*Case, groups map[*Case][]*Case) ways {
	type sum struct {
		pairs int
		times [2][]time.Duration
		hops  int
	}
	sums := map[[2]int]*sum{}
	for _, c := range cases {
		for _, o := range groups[c] {
			k := [2]int{c.Capture, o.Capture}
			if k[0] >= k[1] {
				continue
			}
			if sums[k] == nil {
				sums[k] = &sum{}
			}
			s := sums[k]
			if s.pairs++; s.pairs > maxWayPairs {
				continue
			}
			samples(c, o, &s.times)
			if samePackets(c, o) || c.Transport != decode.TCP && c.Client == o.Client && c.Server == o.Server {
				for side, sign := range [2]int{1, -1} {
					s.hops += sign * (int(c.Flow[side].Profile.TTL) - int(o.Flow[side].Profile.TTL))
				}
			}
		}
	}
	found := ways{}
	for k, s := range sums {
		found[k] = wayOf(s.times, s.hops)
	}
	return found
}

// wayOf makes a way of time differences by sender and a sum of hop counts that
// is positive when the other capture is nearer to the server.
func wayOf(times [2][]time.Duration, hops int) *way {
	w := &way{}
	for side := range times {
		list := times[side]
		if len(list) == 0 {
			list = times[1-side]
		}
		if len(list) > 0 {
			slices.Sort(list)
			w.ahead[side] = list[len(list)/2]
		}
	}
	switch delay := w.ahead[decode.Client] - w.ahead[decode.Server]; {
	case hops != 0:
		w.hops = true
		w.nearer = cmp.Compare(hops, 0)
	case len(times[0]) > 0 && len(times[1]) > 0:
		w.nearer = cmp.Compare(delay, 0)
	}
	return w
}

// samples adds the time differences of the packets that two pictures share.
func samples(c, o *Case, times *[2][]time.Duration) {
	same := samePackets(c, o)
	for i, j := range counterparts(c, o) {
		if j < 0 {
			continue
		}
		x, y := &c.Events[i], &o.Events[j]
		if same && (x.Header == nil || y.Header == nil || !samePacket(c, o, x, y)) || x.From == decode.Network {
			continue // told by different packets, perhaps
		}
		times[x.From] = append(times[x.From], y.Time.Sub(x.Time))
	}
}

// samePackets says whether two pictures of a connection show the same TCP
// packets: nothing between them has connections of its own.
func samePackets(c, o *Case) bool {
	for _, side := range []decode.Side{decode.Client, decode.Server} {
		a, ok1 := firstSequence(c.Handshake, side)
		b, ok2 := firstSequence(o.Handshake, side)
		if ok1 && ok2 && a != b {
			return false
		}
	}
	_, ok1 := firstSequence(c.Handshake, decode.Client)
	_, ok2 := firstSequence(o.Handshake, decode.Client)
	return ok1 && ok2
}

// counterparts finds for each event of c the same one in o; -1 for none.
func counterparts(c, o *Case) []int {
	pair := make([]int, len(c.Events))
	taken := make([]bool, len(o.Events))
	same := samePackets(c, o)
	for i := range c.Events {
		pair[i] = -1
		for j := range o.Events {
			if !taken[j] && sameEvent(c, o, &c.Events[i], &o.Events[j], same) {
				pair[i], taken[j] = j, true
				break
			}
		}
	}
	return pair
}

func sameEvent(c, o *Case, x, y *decode.Event, same bool) bool {
	if x.From != y.From {
		return false
	}
	below := transport(x.Message)
	if below != transport(y.Message) {
		return false
	}
	alike := reflect.TypeOf(x.Message) == reflect.TypeOf(y.Message)
	switch {
	case below && x.Header != nil && y.Header != nil:
		return same && samePacket(c, o, x, y)
	case below:
		a, ok1 := x.Message.(decode.ICMPError)
		b, ok2 := y.Message.(decode.ICMPError)
		return ok1 && ok2 && a == b
	case same:
		return x.Offset == y.Offset && (alike || x.Length == y.Length)
	}
	return alike
}

// samePacket says whether two events of one connection were in one packet: its
// place, its flags and what a repetition would have changed are the same. What
// a translator on the way changes is not compared.
func samePacket(c, o *Case, x, y *decode.Event) bool {
	const flags = packet.SYN | packet.FIN | packet.RST | packet.ACK
	a, b, side := x.Header, y.Header, x.From
	one := a.Length == b.Length // else a network card cut or joined it
	if !one && a.Flags&packet.FIN == 0 || a.Flags&flags != b.Flags&flags ||
		a.Seq+uint32(a.Length)-c.Flow[side].Profile.Seq != b.Seq+uint32(b.Length)-o.Flow[side].Profile.Seq {
		return false
	}
	if _, ok := firstSequence(c.Handshake, side.Other()); ok && a.Flags&packet.ACK != 0 && a.Ack-c.Flow[side.Other()].Profile.Seq != b.Ack-o.Flow[side.Other()].Profile.Seq {
		if _, ok := firstSequence(o.Handshake, side.Other()); ok {
			return false
		}
	}
	p, q := &c.Flow[side].Profile, &o.Flow[side].Profile
	ts1, has1 := timestamps(a.Options)
	ts2, has2 := timestamps(b.Options)
	first1, ok1 := timestamps(p.Options)
	first2, ok2 := timestamps(q.Options)
	if ok1 && ok2 && first1 == first2 && (has1 != has2 || ts1 != ts2) {
		return false
	}
	return !one || p.IPID != q.IPID || p.HasIPID != q.HasIPID || a.HasIPID == b.HasIPID && a.IPID == b.IPID
}

// sightsOf are the pictures of a connection as c sees them.
func sightsOf(c *Case, members []*Case, ways ways) []*sight {
	var list []*sight
	for _, o := range members {
		if o == c {
			continue
		}
		s := &sight{Case: o, way: ways.between(c.Capture, o.Capture), pair: counterparts(c, o), back: make([]int, len(o.Events))}
		for j := range s.back {
			s.back[j] = -1
		}
		for i, j := range s.pair {
			if j >= 0 {
				s.back[j] = i
			}
		}
		list = append(list, s)
	}
	return list
}
