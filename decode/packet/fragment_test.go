package packet

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"tlswhy/decode/capture"
)

// cut is one fragment of a datagram in a test.
type cut struct {
	off  int
	more bool
	data []byte
}

// over4 is an Ethernet frame with an IPv4 fragment, with an option if asked.
func (c cut) over4(id, proto byte, option bool) []byte {
	b := ip4Over(proto, c.data)
	b[4], b[5] = 0, id
	b[6], b[7] = byte(c.off>>11), byte(c.off>>3)
	if c.more {
		b[6] |= 0x20
	}
	if option {
		b = append(b[:20:20], append([]byte{1, 1, 1, 0}, c.data...)...)
		b[0], b[2], b[3] = 0x46, byte(len(b)>>8), byte(len(b))
	}
	return etherOver("0800", b)
}

// over6 is an Ethernet frame with an IPv6 fragment.
func (c cut) over6(id, proto byte) []byte {
	head := []byte{proto, 0, byte(c.off >> 8), byte(c.off), 0, 0, 0, id}
	if c.more {
		head[3] |= 1
	}
	return etherOver("86dd", ip6Over(44, append(head, c.data...)))
}

// cuts splits a datagram into fragments of size bytes.
func cuts(datagram []byte, size int) (all []cut) {
	for off := 0; off < len(datagram); off += size {
		end := min(off+size, len(datagram))
		all = append(all, cut{off, end < len(datagram), datagram[off:end]})
	}
	return all
}

// feed is a parser with a frame counter and a clock.
type feed struct {
	*Parser
	frame int
	time  int64
}

func newFeed() *feed { return &feed{Parser: NewParser()} }

func (f *feed) give(data []byte) (Segment, Result) {
	var s Segment
	f.frame++
	f.time += 1e6
	r := f.Parse(&capture.Packet{Number: f.frame, Time: f.time, Length: len(data), Data: data, LinkType: 1}, &s)
	return s, r
}

func tcpDatagram(payload int) []byte {
	b := unhex("04d2 01bb 00000064 00000000 50 10 03e8 0000 0000")
	for i := range payload {
		b = append(b, byte(i*7))
	}
	return b
}

func TestFragmentsInOrder(t *testing.T) {
	datagram := tcpDatagram(3000)
	for _, size := range []int{8, 24, 1480, 1024} {
		for version, frame := range map[string]func(cut) []byte{
			"4":         func(c cut) []byte { return c.over4(7, 6, false) },
			"4, option": func(c cut) []byte { return c.over4(7, 6, c.off == 0) },
			"6":         func(c cut) []byte { return c.over6(7, 6) },
		} {
			f, all := newFeed(), cuts(datagram, size)
			for i, c := range all {
				s, r := f.give(frame(c))
				if last := i == len(all)-1; last != (r == OK) || !last && r != Fragment {
					t.Fatalf("IPv%s, %d bytes: fragment %d of %d: %v", version, size, i, len(all), r)
				} else if last {
					checkWhole(t, &s, datagram, 1, len(all))
				}
			}
		}
	}
}

func checkWhole(t *testing.T, s *Segment, datagram []byte, first, last int) {
	t.Helper()
	if s.Proto != TCP || s.SrcPort != 1234 || s.Seq != 100 || s.Incomplete {
		t.Errorf("segment %+v", s)
	}
	if !bytes.Equal(s.Payload, datagram[20:]) || s.Length != len(datagram)-20 {
		t.Errorf("payload of %d bytes, length %d", len(s.Payload), s.Length)
	}
	if s.FirstFrame != first || s.Frame != last {
		t.Errorf("frames %d to %d, want %d to %d", s.FirstFrame, s.Frame, first, last)
	}
}

// model puts fragments together the slow way: first come, first kept.
type model struct {
	bytes map[int]byte
	total int
}

func (m *model) add(c cut) (whole bool) {
	for i, v := range c.data {
		if _, ok := m.bytes[c.off+i]; !ok {
			m.bytes[c.off+i] = v
		}
	}
	if !c.more {
		m.total = c.off + len(c.data)
	}
	return len(m.bytes) == m.total
}

// TestFragmentsAgainstModel gives fragments that overlap, repeat and differ,
// in any order.
func TestFragmentsAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		datagram := udpOver(1000, 2000, make([]byte, 48+rng.IntN(400)))
		fill(rng, datagram[8:])
		pool := cuts(datagram, 8*(1+rng.IntN(6)))
		for range rng.IntN(8) {
			pool = append(pool, randomCut(rng, datagram))
		}
		rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		f, m := newFeed(), &model{bytes: map[int]byte{}, total: -1}
		for i, c := range pool {
			s, r := f.give(c.over4(byte(round), 17, rng.IntN(4) == 0))
			if !m.add(c) {
				if r != Fragment {
					t.Fatalf("round %d: fragment %d: %v", round, i, r)
				}
				continue
			}
			if r != OK || s.Length != m.total-8 || len(s.Payload) != m.total-8 {
				t.Fatalf("round %d: %v, %d bytes of %d", round, r, len(s.Payload), m.total-8)
			}
			for k, v := range s.Payload {
				if m.bytes[8+k] != v {
					t.Fatalf("round %d: byte %d is %d, want %d", round, k, v, m.bytes[8+k])
				}
			}
			break
		}
	}
}

func fill(rng *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
}

// randomCut is a fragment whose content may differ, but for the UDP header.
func randomCut(rng *rand.Rand, datagram []byte) cut {
	off := rng.IntN(len(datagram)/8) * 8
	end := min(off+8*(1+rng.IntN(5)), len(datagram)) // never the whole, which would be no fragment
	data := bytes.Clone(datagram[off:end])
	if off > 0 && rng.IntN(2) == 0 {
		fill(rng, data)
	}
	return cut{off, end < len(datagram), data}
}

func TestSecondFragmentLost(t *testing.T) {
	datagram := tcpDatagram(1460)
	all := cuts(datagram, 680)
	f := newFeed()
	s, r := f.give(all[0].over4(1, 6, false))
	if r != Fragment || !s.Incomplete || s.Proto != TCP || s.Seq != 100 || s.Length != 660 || len(s.Payload) != 660 {
		t.Errorf("first: %v, %+v", r, s)
	}
	if s, r = f.give(all[2].over4(1, 6, false)); r != Fragment || s.Proto != None {
		t.Errorf("third: %v, %+v", r, s)
	}
	if f.Incomplete(&s) {
		t.Error("given up too early")
	}
	f.Flush()
	if !f.Incomplete(&s) {
		t.Fatal("nothing incomplete")
	}
	if !s.Incomplete || s.Frame != 1 || s.Length != 1460 || !bytes.Equal(s.Payload, datagram[20:680]) {
		t.Errorf("frame %d, length %d, %d bytes", s.Frame, s.Length, len(s.Payload))
	}
	if f.Incomplete(&s) {
		t.Error("handed out twice")
	}
	if got := f.FragmentStats(); got != (FragmentStats{Fragments: 2, Incomplete: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestFragmentsTooOld(t *testing.T) {
	all := cuts(tcpDatagram(100), 64)
	f := newFeed()
	f.give(all[0].over6(1, 6))
	f.time += fragAge
	if _, r := f.give(all[1].over6(1, 6)); r != Fragment {
		t.Errorf("joined after its time: %v", r)
	}
	var s Segment
	if !f.Incomplete(&s) || s.Frame != 1 || s.Length != 44 {
		t.Errorf("%+v", s)
	}
}

// TestFragmentsTwice sees every fragment twice, as a mirror port shows them.
func TestFragmentsTwice(t *testing.T) {
	all := cuts(tcpDatagram(100), 64)
	for _, order := range [][]int{{0, 0, 1, 1}, {0, 1, 0, 1}, {1, 1, 0, 0}} {
		f, whole := newFeed(), 0
		for _, i := range order {
			if _, r := f.give(all[i].over4(1, 6, false)); r == OK {
				whole++
			}
		}
		f.Flush()
		if got := f.FragmentStats(); whole != 1 || got.Incomplete != 0 {
			t.Errorf("%v: %d whole, %+v", order, whole, got)
		}
	}
}

func TestFragmentIdentificationReused(t *testing.T) {
	first, second := tcpDatagram(100), tcpDatagram(100)
	second[7]++ // sequence number
	second[119]++
	f, whole := newFeed(), 0
	for _, c := range append(cuts(first, 64), cuts(second, 64)...) {
		if _, r := f.give(c.over4(1, 6, false)); r == OK {
			whole++
		}
	}
	if whole != 2 {
		t.Errorf("%d datagrams, want 2", whole)
	}
}

// TestFragmentCut has a first fragment that the snap length cut.
func TestFragmentCut(t *testing.T) {
	datagram := tcpDatagram(200)
	all := cuts(datagram, 160)
	f := newFeed()
	var s Segment
	frame := all[0].over4(1, 6, false)
	f.Parse(&capture.Packet{Number: 1, Length: len(frame), Data: frame[:100], LinkType: 1}, &s)
	s, r := f.give(all[1].over4(1, 6, false))
	if r != OK || s.Length != 200 || !bytes.Equal(s.Payload, datagram[20:66]) {
		t.Errorf("%v, length %d, %d bytes", r, s.Length, len(s.Payload))
	}
}

func TestFragmentsContradict(t *testing.T) {
	f := newFeed()
	f.give(cut{64, false, make([]byte, 20)}.over4(1, 6, false))
	for _, c := range []cut{{64, false, make([]byte, 28)}, {80, true, make([]byte, 16)}, {24, false, make([]byte, 32)}} {
		if _, r := f.give(c.over4(1, 6, false)); r != Malformed {
			t.Errorf("fragment at %d: %v", c.off, r)
		}
	}
	if _, r := f.give(cut{65528, false, make([]byte, 16)}.over4(2, 6, false)); r != Malformed {
		t.Errorf("beyond the largest datagram: %v", r)
	}
	if got := f.FragmentStats().Dropped; got != 3 {
		t.Errorf("%d dropped", got)
	}
}

// TestFragmentBounds opens datagrams without end: nothing may grow past its
// bound, and what is pushed out is told.
func TestFragmentBounds(t *testing.T) {
	f := newFeed()
	frame := cut{0, true, tcpDatagram(8172)}.over6(1, 6)
	told := 0
	var s Segment
	for i := range 2000 {
		frame[36], frame[37] = byte(i>>8), byte(i) // source address
		f.give(frame)
		for f.Incomplete(&s) {
			told++
		}
		if f.frags.bytes > maxFragBytes || len(f.frags.queue) > maxDatagrams || len(f.frags.table) != len(f.frags.queue) {
			t.Fatalf("%d bytes, %d datagrams, table of %d", f.frags.bytes, len(f.frags.queue), len(f.frags.table))
		}
	}
	f.Flush()
	for f.Incomplete(&s) {
		told++
	}
	if f.frags.held != 0 {
		t.Errorf("%d bytes held", f.frags.held)
	}
	if told != 2000 {
		t.Errorf("%d told", told)
	}
	if f.frags.bytes != 0 || len(f.frags.table) != 0 {
		t.Errorf("%d bytes, %d datagrams left", f.frags.bytes, len(f.frags.table))
	}
}

// TestFragmentsNobodyAsksFor gives up datagrams that nobody takes.
func TestFragmentsNobodyAsksFor(t *testing.T) {
	f := newFeed()
	frame := cut{0, true, tcpDatagram(32748)}.over6(1, 6)
	for i := range 1000 {
		frame[36], frame[37] = byte(i>>8), byte(i)
		f.give(frame)
	}
	if f.frags.held > maxLostBytes || len(f.frags.lost) == 0 {
		t.Errorf("%d datagrams of %d bytes held", len(f.frags.lost), f.frags.held)
	}
}

// TestFragmentedTunnel has a VXLAN datagram in two fragments.
func TestFragmentedTunnel(t *testing.T) {
	datagram := udpOver(40000, 4789, unhex("08000000 00000100", etherIP4))
	f := newFeed()
	all := cuts(datagram, 48)
	if s, r := f.give(all[0].over4(1, 17, false)); r != Fragment || s.Proto != UDP || s.DstPort != 4789 {
		t.Errorf("first: %v, %+v", r, s)
	}
	s, r := f.give(all[1].over4(1, 17, false))
	checkHello(t, r, &s)
	if s.Tunnel != "vxlan" || s.FirstFrame != 1 || s.Frame != 2 {
		t.Errorf("%+v", s)
	}
}
