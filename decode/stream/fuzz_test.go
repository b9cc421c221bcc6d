package stream

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"tlswhy/decode/packet"
)

// watcher checks what must hold whatever a capture does: every connection is
// opened, reported on, and closed once; bytes and gaps of a direction are
// contiguous; and a byte has the value that belongs to its sequence number.
type watcher struct {
	t    testing.TB
	open map[*Conn]*[2]int64
}

func (w *watcher) Open(c *Conn, _ *packet.Segment) {
	if w.open[c] != nil {
		w.t.Fatal("opened twice")
	}
	w.open[c] = new([2]int64)
}

func (w *watcher) Packet(c *Conn, s *packet.Segment, i *Info) {
	w.at(c)
	if i.New < 0 || i.New > s.Length || i.NewlyAcked < 0 || i.Retransmission && i.New > 0 {
		w.t.Fatalf("impossible: %+v of %d bytes", *i, s.Length)
	}
	if s.Seq%61 == 0 && s.Seq%7 == 0 {
		c.Mute()
	}
}

func (w *watcher) at(c *Conn) *[2]int64 {
	at := w.open[c]
	if at == nil {
		w.t.Fatal("not open")
	}
	if c.muted {
		w.t.Fatal("muted")
	}
	return at
}

func (w *watcher) Data(c *Conn, d Dir, off int64, b []byte, _ int, _ int64) {
	at := w.at(c)
	if off != at[d] || len(b) == 0 {
		w.t.Fatalf("%d bytes at %d, expected at %d", len(b), off, at[d])
	}
	at[d] += int64(len(b))
	for i, v := range b {
		if want := valueAt(c.Half[d].base + uint32(off) + uint32(i)); v != want {
			w.t.Fatalf("byte at %d is %d, want %d", off+int64(i), v, want)
		}
	}
}

func (w *watcher) Gap(c *Conn, d Dir, off, n int64, _ int, _ int64) {
	at := w.at(c)
	if off != at[d] || n <= 0 {
		w.t.Fatalf("gap of %d at %d, expected at %d", n, off, at[d])
	}
	at[d] += n
}

func (w *watcher) Close(c *Conn) {
	if w.open[c] == nil {
		w.t.Fatal("closed and not open")
	}
	if len(w.open) > 9 {
		w.t.Fatal("more connections open than allowed")
	}
	delete(w.open, c)
}

func valueAt(seq uint32) byte { return byte(seq*2654435761>>24) | 1 }

// FuzzTable makes packets of a few bytes each: who, flags, how far sequence
// and acknowledgment numbers are from a moving point, length, time.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x01\x80\x12\x00\x00\x00\x01\x00\x01\x00\x10\x00\x01\x00\x01\x20\x01\x00\x10\x00\x61\x00\x01\x20\x01"))
	f.Add([]byte("\x00\x10\x00\x10\x00\x00\x40\x01\x00\x10\x00\x00\x00\x00\x20\x05\x80\x10\x00\x00\x00\xff\x00\x7f\x80\x11\x00\x00\x01\x00\x00\xff"))
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x01\x80\x04\x00\x00\x00\x01\x00\xfe\x80\x12\x00\x05\x00\x01\x00\xff\x03\x02\x00\x01\x00\x01\x20\xff"))
	f.Fuzz(playBytes)
}

// TestNoise is the fuzz target on noise.
func TestNoise(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := make([]byte, 8*r.IntN(400))
		for i := range b {
			b[i] = byte(r.Uint32())
			if r.IntN(3) > 0 {
				b[i] &= 0x93 // few ports, near numbers, short times
			}
		}
		playBytes(t, b)
	}
}

func playBytes(t *testing.T, b []byte) {
	w := &watcher{t: t, open: map[*Conn]*[2]int64{}}
	lim := DefaultLimits()
	lim.Conns, lim.Closed, lim.Waiting, lim.Pieces, lim.TotalWaiting = 8, 16, 2000, 16, 5000
	table := NewTable(w, lim)
	for n := 1; len(b) >= 8; b, n = b[8:], n+1 {
		s := segmentOf(b, n)
		table.Segment(&s)
		if table.queued < 0 || table.queued > 5000 || table.open > 8 || len(table.conns) > 8 {
			t.Fatalf("bounds: %d bytes waiting, %d connections", table.queued, table.open)
		}
	}
	table.Close()
	if len(w.open) != 0 || table.queued != 0 || table.open != 0 {
		t.Fatalf("left over: %d connections, %d bytes", len(w.open), table.queued)
	}
}

func segmentOf(b []byte, n int) packet.Segment {
	s := packet.Segment{
		Frame: n, Proto: packet.TCP, HasIPID: true, IPID: uint16(n),
		SrcPort: 1000 + uint16(b[0]&0x0f), DstPort: 443, Flags: b[1],
		Seq: 0xffffff00 + uint32(binary.BigEndian.Uint16(b[2:]))<<(b[0]>>4&1*15),
		Ack: 0xffffff00 + uint32(binary.BigEndian.Uint16(b[4:])), Window: uint16(b[5]),
		Length: int(b[6]) * 8, Time: int64(int8(b[7])) << (b[7] & 7 * 8),
	}
	if b[0]&0x80 != 0 {
		s.SrcPort, s.DstPort = s.DstPort, s.SrcPort
	}
	if b[0]&0x40 != 0 {
		s.Proto = packet.UDP
	}
	seq := s.Seq
	if s.Flags&packet.SYN != 0 {
		seq++
	}
	s.Payload = make([]byte, s.Length)
	for i := range s.Payload {
		s.Payload[i] = valueAt(seq + uint32(i))
	}
	if b[0]&0x20 != 0 {
		s.Payload = s.Payload[:s.Length/2]
	}
	return s
}
