package stream

import (
	"fmt"
	"testing"

	"tlswhy/decode/packet"
)

type recorder struct {
	log   []string
	bytes [2][]byte
}

func (r *recorder) note(f string, a ...any)                    { r.log = append(r.log, fmt.Sprintf(f, a...)) }
func (r *recorder) Open(c *Conn, s *packet.Segment)            { r.note("open %d", c.Stream) }
func (r *recorder) Close(c *Conn)                              { r.note("close %d", c.Stream) }
func (r *recorder) Packet(c *Conn, s *packet.Segment, i *Info) {}
func (r *recorder) Data(c *Conn, d Dir, off int64, b []byte, frame int, time int64) {
	r.note("data %d %d %q frame %d", d, off, b, frame)
}
func (r *recorder) Gap(c *Conn, d Dir, off, n int64, frame int, time int64) {
	r.note("gap %d %d+%d frame %d", d, off, n, frame)
}

func TestSmoke(t *testing.T) {
	r := &recorder{}
	tab := NewTable(r, DefaultLimits())
	frame := 0
	send := func(d int, flags uint8, seq, ack uint32, data string) {
		frame++
		s := &packet.Segment{Frame: frame, Time: int64(frame) * 10e6, Proto: packet.TCP, SrcPort: 1000, DstPort: 443, Flags: flags, Seq: seq, Ack: ack, Payload: []byte(data), Length: len(data), Window: 1000}
		s.Src[15], s.Dst[15] = 1, 2
		if d == 1 {
			s.Src, s.Dst, s.SrcPort, s.DstPort = s.Dst, s.Src, 443, 1000
		}
		tab.Segment(s)
	}
	base := ^uint32(0) - 5
	send(0, packet.SYN, base, 0, "")
	send(1, packet.SYN|packet.ACK, 500, base+1, "")
	send(0, packet.ACK, base+1, 501, "")
	send(0, packet.ACK, base+1, 501, "hello")
	send(0, packet.ACK, base+11, 501, "third")
	send(0, packet.ACK, base+6, 501, "secon")
	send(1, packet.ACK|packet.FIN, 501, base+16, "bye")
	send(0, packet.ACK|packet.FIN, base+16, 505, "")
	send(0, packet.SYN, 77, 0, "")
	tab.Close()
	got := fmt.Sprint(r.log)
	want := `[open 0 data 0 0 "hello" frame 4 data 0 5 "secon" frame 6 data 0 10 "third" frame 5 data 1 0 "bye" frame 7 close 0 open 1 close 1]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
