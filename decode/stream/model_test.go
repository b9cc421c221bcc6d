package stream

import (
	"math/rand/v2"
	"testing"
	"time"

	"tlswhy/decode/packet"
)

// model is reassembly as simple as it can be: one cell for each byte, and
// the first that comes stays. Byte values are never 0.
type model struct{ cells []byte }

func (m *model) add(off int, b []byte) (seen int) {
	for i, v := range b {
		for len(m.cells) <= off+i {
			m.cells = append(m.cells, 0)
		}
		if m.cells[off+i] == 0 {
			m.cells[off+i] = v
			seen++
		}
	}
	return seen
}

// next is the offset of the first hole.
func (m *model) next() int {
	for i, v := range m.cells {
		if v == 0 {
			return i
		}
	}
	return len(m.cells)
}

// sink puts together what a table hands on of one connection and checks that
// both directions are contiguous. Gaps are zeros.
type sink struct {
	t    testing.TB
	got  [2][]byte
	info Info
}

func (k *sink) Open(*Conn, *packet.Segment)                {}
func (k *sink) Close(*Conn)                                {}
func (k *sink) Packet(_ *Conn, _ *packet.Segment, i *Info) { k.info = *i }

func (k *sink) Gap(_ *Conn, d Dir, off, n int64, _ int, _ int64) {
	if off != int64(len(k.got[d])) || n <= 0 {
		k.t.Fatalf("gap of %d at %d behind %d bytes", n, off, len(k.got[d]))
	}
	k.got[d] = append(k.got[d], make([]byte, n)...)
}

func (k *sink) Data(_ *Conn, d Dir, off int64, b []byte, _ int, _ int64) {
	if off != int64(len(k.got[d])) || len(b) == 0 {
		k.t.Fatalf("%d bytes at %d behind %d bytes", len(b), off, len(k.got[d]))
	}
	k.got[d] = append(k.got[d], b...)
}

// TestModel gives random segments of two directions to a table and to the
// model: cut anywhere, lost, repeated, overlapping with other content, out of
// order, duplicated by the capture, around the end of the sequence numbers.
func TestModel(t *testing.T) {
	rounds := 800
	if testing.Short() {
		rounds = 150
	}
	for seed := range uint64(rounds) {
		againstModel(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func againstModel(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	k := &sink{t: t}
	table := NewTable(k, DefaultLimits())
	base := [2]uint32{r.Uint32(), -r.Uint32N(3000)}
	size := 1 + r.IntN(3000)
	most := 1 + r.IntN(1+size)
	var models [2]model
	s := packet.Segment{Proto: packet.TCP, HasIPID: true}
	send := func(d Dir, flags uint8, off int, b []byte) {
		s.Frame++
		s.Time += int64(r.IntN(int(20 * time.Millisecond)))
		s.IPID = uint16(s.Frame)
		s.SrcPort, s.DstPort = 1000, 443
		if d == 1 {
			s.SrcPort, s.DstPort = 443, 1000
		}
		s.Flags, s.Seq, s.Payload, s.Length = flags, base[d]+uint32(off), b, len(b)
		table.Segment(&s)
	}
	send(0, packet.SYN, -1, nil)
	send(1, packet.SYN, -1, nil)
	buf := make([]byte, most)
	for range 1 + r.IntN(120) {
		d := Dir(r.IntN(2))
		off := r.IntN(size)
		b := buf[:min(1+r.IntN(most), size-off)]
		if len(b) == 1 {
			continue // may be taken for a keep-alive
		}
		variant := r.IntN(3)
		for i := range b {
			b[i] = 1 + byte((off+i)*7+variant*50)%250
		}
		seen := models[d].add(off, b)
		send(d, 0, off, b)
		if k.info.New != seen {
			t.Errorf("%d bytes at %d: %d are new, want %d", len(b), off, k.info.New, seen)
		}
		if got, want := len(k.got[d]), models[d].next(); got != want {
			t.Errorf("%d bytes handed on, want %d", got, want)
		}
		if r.IntN(8) == 0 {
			table.Segment(&s)
			if !k.info.Duplicate {
				t.Error("the same packet again is no duplicate")
			}
		}
	}
	table.Close()
	for d := range models {
		if string(k.got[d]) != string(models[d].cells) {
			t.Errorf("direction %d:\n got  %v\n want %v", d, k.got[d], models[d].cells)
		}
	}
	if table.queued != 0 {
		t.Errorf("%d bytes are still counted as waiting", table.queued)
	}
}
