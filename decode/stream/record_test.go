package stream_test

import (
	"fmt"
	"strings"
	"testing"

	"tlswhy/decode/capturetest"
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// recorder writes down what a table reports, a word for each call:
//
//	open0 close0        connection 0
//	c"abc"@0            three bytes of the client at offset 0
//	s?5@10              five bytes of the server are missing at offset 10
//	s:rt                a packet of the server that stands out, and how
//
// Payloads are letters in these tests.
type recorder struct {
	words   []string
	packets bool // note packets that stand out
	mute    func(*stream.Conn) bool
	conns   []*stream.Conn
	acked   [2]int64
}

func (r *recorder) note(format string, a ...any) {
	r.words = append(r.words, fmt.Sprintf(format, a...))
}

func name(c *stream.Conn, d stream.Dir) string {
	if c.Key.Port[d] == 443 {
		return "s"
	}
	return "c"
}

func (r *recorder) Open(c *stream.Conn, _ *packet.Segment) {
	r.conns = append(r.conns, c)
	r.note("open%d", c.Stream)
	if r.mute != nil && r.mute(c) {
		c.Mute()
	}
}

func (r *recorder) Close(c *stream.Conn) { r.note("close%d", c.Stream) }

func (r *recorder) Data(c *stream.Conn, d stream.Dir, off int64, b []byte, _ int, _ int64) {
	r.note("%s%q@%d", name(c, d), b, off)
}

func (r *recorder) Gap(c *stream.Conn, d stream.Dir, off, n int64, _ int, _ int64) {
	r.note("%s?%d@%d", name(c, d), n, off)
}

func (r *recorder) Packet(c *stream.Conn, _ *packet.Segment, i *stream.Info) {
	r.acked[1-i.Dir] += i.NewlyAcked
	if !r.packets {
		return
	}
	marks := ""
	for _, m := range []struct {
		is   bool
		mark string
	}{
		{i.Retransmission, "rt"}, {i.Different, "diff"}, {i.OutOfOrder, "ooo"}, {i.KeepAlive, "ka"},
		{i.Probe, "probe"}, {i.Duplicate, "dup"}, {i.Reused, "reused"},
	} {
		if m.is {
			marks += "," + m.mark
		}
	}
	for _, s := range i.Sacked {
		marks += fmt.Sprintf(",sack%d-%d", s.Start, s.End)
	}
	if marks != "" {
		r.note("%s:%s", name(c, i.Dir), marks[1:])
	}
}

// run plays a capture and returns what was reported before the end of it and
// at its end.
func run(b *capturetest.Builder, r *recorder) (before, after string) {
	table := stream.NewTable(r, stream.DefaultLimits())
	for _, s := range b.Segments() {
		table.Segment(&s)
	}
	before = strings.Join(r.words, " ")
	r.words = nil
	table.Close()
	return before, strings.Join(r.words, " ")
}

// pair is the connection that most tests are about.
func pair(b *capturetest.Builder) *capturetest.TCP {
	return b.TCP("10.0.0.1:50000", "10.0.0.2:443")
}

const (
	cl = capturetest.Client
	sv = capturetest.Server
)

func text(s string) []byte { return []byte(s) }

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got  %s\n want %s", what, got, want)
	}
}
