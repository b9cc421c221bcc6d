package stream_test

import (
	"testing"
	"time"

	. "tlswhy/decode/capturetest"
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// TestCases is a capture for each thing that happens to a connection; want
// is what is reported until the last packet, end what the end of the capture
// adds.
func TestCases(t *testing.T) {
	for _, tc := range []struct {
		name      string
		build     func(b *Builder, c *TCP)
		want, end string
	}{
		{"in order", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Server(text("AB")).Client(text("cd"))
		}, `open0 c"ab"@0 s"AB"@0 c"cd"@2`, `close0`},
		{"sequence numbers wrap within and between packets", func(b *Builder, c *TCP) {
			c.ISN(^uint32(0)-3, ^uint32(0)).Open().Client(text("ab")).Client(text("cdef")).Client(text("gh")).Server(text("A"))
		}, `open0 c"ab"@0 c"cdef"@2 c"gh"@6 s"A"@0`, `close0`},
		{"hole that is filled", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Client(text("cd")).Client(text("ef")).Again(cl, 0, 2)
		}, `open0 c:ooo c:ooo c"ab"@0 c"cd"@2 c"ef"@4`, `close0`},
		{"hole across the wrap", func(b *Builder, c *TCP) {
			c.ISN(^uint32(0)-2, 5).Open().Client(text("ab"), Missed()).Client(text("cd")).Again(cl, 0, 2)
		}, `open0 c:ooo c"ab"@0 c"cd"@2`, `close0`},
		{"padding that is taken for data", func(b *Builder, c *TCP) {
			c.Open().At(cl, 0, packet.ACK, text("\x00\x00")).Client(text("abcd")).At(cl, 4, packet.ACK, text("\x00\x00\x00\x00\x00\x00")).Client(text("ef"))
		}, `open0 c"abcd"@0 c"ef"@4`, `close0`},
		{"retransmission alike", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcd")).Again(cl, 0, 4).Again(cl, 1, 2)
		}, `open0 c"abcd"@0 c:rt c:rt`, `close0`},
		{"retransmission with other content", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcd")).At(cl, 0, packet.ACK, text("abcX"))
		}, `open0 c"abcd"@0 c:rt,diff`, `close0`},
		{"two segments again in one, changed", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcdefgh1")).Client(text("ij")).At(cl, 0, packet.ACK, text("abcdefgh1iX"))
		}, `open0 c"abcdefgh1"@0 c"ij"@9 c:rt,diff`, `close0`},
		{"two segments again in one, alike and longer", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcdefgh1")).Client(text("ij")).At(cl, 0, packet.ACK, text("abcdefgh1ijk"))
		}, `open0 c"abcdefgh1"@0 c"ij"@9 c"k"@11`, `close0`},
		{"another's answer with another length", func(b *Builder, c *TCP) {
			c.Open().Client(text("get")).At(sv, 0, packet.ACK, text("FORGED AND LONG")).Server(text("TRUE"))
		}, `open0 c"get"@0 s"FORGED AND LONG"@0 s:rt,diff`, `close0`},
		{"overlap, first bytes win", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcd")).At(cl, 2, packet.ACK, text("XYef"))
		}, `open0 c"abcd"@0 c"ef"@4`, `close0`},
		{"overlap behind a hole, first bytes win", func(b *Builder, c *TCP) {
			c.Open()
			c.At(cl, 4, packet.ACK, text("ef")).At(cl, 2, packet.ACK, text("cdXYgh")).At(cl, 0, packet.ACK, text("abC"))
		}, `open0 c:ooo c:diff,ooo c:diff c"ab"@0 c"cd"@2 c"ef"@4 c"gh"@6`, `close0`},
		{"filler longer than the hole", func(b *Builder, c *TCP) {
			c.Open().At(cl, 2, packet.ACK, text("c")).At(cl, 4, packet.ACK, text("e")).At(cl, 0, packet.ACK, text("abXdYf"))
		}, `open0 c:ooo c:ooo c:diff c"ab"@0 c"c"@2 c"d"@3 c"e"@4 c"f"@5`, `close0`},
		{"keep-alives", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Ack(sv).KeepAlive(cl).Ack(sv).At(cl, 1, packet.ACK, []byte{0}).Ack(sv).Client(text("cd"))
		}, `open0 c"ab"@0 c:ka c:ka c"cd"@2`, `close0`},
		{"keep-alive before the first byte", func(b *Builder, c *TCP) {
			c.Open().KeepAlive(cl).Ack(sv).KeepAlive(cl).Client(text("ab"))
		}, `open0 c:ka c:ka c"ab"@0`, `close0`},
		{"one byte again before it is acknowledged", func(b *Builder, c *TCP) {
			c.Open().Client(text("a")).Again(cl, 0, 1)
		}, `open0 c"a"@0 c:rt`, `close0`},
		{"zero-window probes", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Ack(sv, Window(0))
			c.Client(text("c"), Dropped()).Ack(sv, Window(0)).Again(cl, 2, 1).Ack(sv).Again(cl, 2, 1).Client(text("d"))
		}, `open0 c"ab"@0 c:probe c"c"@2 c:probe c:ka c"d"@3`, `close0`},
		{"acknowledged but not captured", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Ack(sv).Client(text("cd"))
			c.Wait(time.Second).Server(text("A"))
		}, `open0 c:ooo c?2@0 c"cd"@2 s"A"@0`, `close0`},
		{"acknowledged before it comes, as in a file out of order", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Ack(sv).Client(text("cd"))
			b.Swap(4, 5)
		}, `open0 c"ab"@0 c"cd"@2`, `close0`},
		{"one direction not captured", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Server(text("ABCD")).Ack(cl).Wait(time.Second).Client(text("cd"))
			b.Keep(func(p *Packet) bool { return p.Src.Port() != 443 })
		}, `open0 c"ab"@0 s?4@0 c"cd"@2`, `close0`},
		{"a missed FIN is no gap", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Close(sv, Missed()).Ack(cl).Wait(time.Second).Client(text("cd"))
		}, `open0 c"ab"@0 c"cd"@2`, `close0`},
		{"rest behind a hole at the end", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Client(text("cd")).Client(text("e"), Missed()).Client(text("f"))
		}, `open0 c:ooo c:ooo`, `c?2@0 c"cd"@2 c?1@4 c"f"@5 close0`},
		{"FIN and RST beyond a hole", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Client(text("cd")).Close(cl).Reset(sv)
		}, `open0 c:ooo`, `c?2@0 c"cd"@2 close0`},
		{"cut by the snap length", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcdef"), Snap(14+20+20+4)).Client(text("gh"))
		}, `open0 c"abcd"@0 c?2@4 c"gh"@6`, `close0`},
		{"cut by the snap length behind a hole", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Client(text("cdef"), Snap(14+20+20+1)).Client(text("gh")).Again(cl, 0, 2)
		}, `open0 c:ooo c:ooo c"ab"@0 c"c"@2 c?3@3 c"gh"@6`, `close0`},
		{"cut to the headers", func(b *Builder, c *TCP) {
			c.Open().Client(text("abcdef"), Snap(54)).Client(text("gh"))
		}, `open0 c?6@0 c"gh"@6`, `close0`},
		{"data in the SYN", func(b *Builder, c *TCP) {
			c.At(cl, -1, packet.SYN, text("abc")).SYNACK().Ack(cl).Again(cl, 0, 0).Client(text("xyz")).At(cl, 3, packet.ACK, text("de"))
		}, `open0 c"abc"@0 c:rt,diff c"de"@3`, `close0`},
		{"SYN and SYN-ACK again", func(b *Builder, c *TCP) {
			c.SYN().Wait(time.Second).SYN().SYNACK().Wait(time.Second).SYNACK().Ack(cl).Client(text("a"))
		}, `open0 c:rt s:rt c"a"@0`, `close0`},
		{"refused", func(b *Builder, c *TCP) {
			c.SYN().Refuse()
		}, `open0`, `close0`},
		{"simultaneous open", func(b *Builder, c *TCP) {
			c.SYN().At(sv, -1, packet.SYN, nil).At(cl, -1, packet.SYN|packet.ACK, nil).SYNACK().Client(text("ab")).Server(text("AB"))
		}, `open0 c:rt s:rt c"ab"@0 s"AB"@0`, `close0`},
		{"simultaneous close", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Close(cl).Close(sv).Ack(cl).Ack(sv)
		}, `open0 c"ab"@0`, `close0`},
		{"half-open: one end closes, the other goes on", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Close(cl).Wait(time.Minute).Server(text("AB")).Ack(cl).Close(sv).Ack(cl)
		}, `open0 c"ab"@0 s"AB"@0`, `close0`},
		{"FIN with data, again", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Flags(packet.FIN|packet.ACK)).Again(cl, 0, 2, Flags(packet.FIN|packet.ACK)).Close(cl)
		}, `open0 c"ab"@0 c:rt c:rt`, `close0`},
		{"FIN of what was sent before", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Again(cl, 0, 2, Flags(packet.FIN|packet.ACK))
		}, `open0 c"ab"@0`, `close0`},
		{"late ACK is no new connection", func(b *Builder, c *TCP) {
			c.Open().Bye(cl).Wait(time.Minute).Ack(sv).Ack(cl)
			b.TCP("10.0.0.1:50001", "10.0.0.2:443").SYN()
		}, `open0 close0 open1`, `close1`},
		{"data after a reset within seconds", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Reset(sv).Server(text("AB")).Wait(time.Minute).Server(text("CD"))
		}, `open0 c"ab"@0 s"AB"@0 s"CD"@2`, `close0`},
		{"data long after a reset", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Reset(sv).Wait(time.Minute).Server(text("AB"))
		}, `open0 c"ab"@0 close0`, ``},
		{"text in a reset is no data", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).At(sv, 0, packet.RST|packet.ACK, text("go away"))
		}, `open0 c"ab"@0`, `close0`},
		{"ports reused while open", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Missed()).Client(text("cd"))
			pair(b).ISN(9, 99).Open().Client(text("xy"))
		}, `open0 c:ooo c?2@0 c"cd"@2 close0 open1 c:reused c"xy"@0`, `close1`},
		{"ports reused after close", func(b *Builder, c *TCP) {
			c.Open().Bye(cl)
			pair(b).ISN(9, 99).Open().Client(text("xy"))
			b.Wait(time.Hour)
			pair(b).ISN(8, 88).Open().Client(text("uv"))
		}, `open0 close0 open1 c:reused c"xy"@0 close1 open2 c:reused c"uv"@0`, `close2`},
		{"ports reused, the SYN was missed", func(b *Builder, c *TCP) {
			c.Open().Bye(cl)
			pair(b).ISN(9, 99).SYN(Missed()).SYNACK().Ack(cl).Client(text("xy"))
		}, `open0 close0 open0 s:reused c"xy"@0`, `close0`},
		{"each SYN answered anew", func(b *Builder, c *TCP) {
			c.SYN().SYNACK(Seq(1 << 31)).SYN().SYNACK(Seq(1 << 30)).SYNACK().Ack(cl).Client(text("a")).Server(text("A"))
		}, `open0 c:rt s:rt s:rt c"a"@0 s"A"@0`, `close0`},
		{"answer to another connection, its reset, the SYN again", func(b *Builder, c *TCP) {
			c.SYN().At(sv, 0, packet.ACK, nil, Seq(7<<27), AckNumber(5<<27)).At(cl, 0, packet.RST, nil, Seq(5<<27))
			c.Wait(3 * time.Second).SYN().SYNACK().Ack(cl).Client(text("a")).Server(text("A"))
		}, `open0 c:rt c"a"@0 s"A"@0`, `close0`},
		{"forged reset before the SYN-ACK", func(b *Builder, c *TCP) {
			c.SYN().Reset(sv, Seq(0), Flags(packet.RST|packet.ACK)).SYNACK().Ack(cl).Client(text("a"))
		}, `open0 c"a"@0`, `close0`},
		{"idle, then goes on", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Wait(time.Hour).Client(text("cdef"))
			b.Wait(time.Minute)
		}, `open0 c"ab"@0 close0 open0`, `c"cdef"@0 close0`},
		{"mirror port: every frame twice", func(b *Builder, c *TCP) {
			c.Open(Twice()).Client(text("ab"), Twice()).Server(text("AB"), Twice()).Reset(sv, Twice())
		}, `open0 c:dup s:dup c:dup c"ab"@0 c:dup s"AB"@0 s:dup s:dup`, `close0`},
		{"the same packet a hop later", func(b *Builder, c *TCP) {
			c.Open(Twice(TTL(63), Tag(5))).Client(text("ab"), Twice(TTL(63), Tag(5)))
		}, `open0 c:dup s:dup c:dup c"ab"@0 c:dup`, `close0`},
		{"without identification only a quick copy is a duplicate", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), IPID(0), Twice()).Wait(300*time.Millisecond).Again(cl, 0, 2, IPID(0))
		}, `open0 c"ab"@0 c:dup c:rt`, `close0`},
		{"selective acknowledgments", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab"), Dropped()).Client(text("cd")).Ack(sv, c.SACK(cl, 2, 4)).Ack(sv, c.SACK(cl, 0, 1, 2, 4))
		}, `open0 c"ab"@0 c"cd"@2 s:sack2-4 s:sack0-1,sack2-4`, `close0`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := New()
			tc.build(b, pair(b))
			r := &recorder{packets: true}
			want, end := run(b, r)
			check(t, "reported", want, tc.want)
			check(t, "at the end", end, tc.end)
		})
	}
}

// TestMidStream has captures that begin after the SYN.
func TestMidStream(t *testing.T) {
	for _, tc := range []struct {
		name      string
		build     func(b *Builder, c *TCP)
		want, end string
	}{
		{"begins with an ACK", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Ack(cl).Client(text("ab")).Server(text("AB"))
		}, `open0 c"ab"@0 s"AB"@0`, `close0`},
		{"begins with data, which waits for earlier data", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Client(text("cd"))
		}, `open0`, `c"ab"@0 c"cd"@2 close0`},
		{"… until the other end acknowledges", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Server(text("AB")).Client(text("cd"))
		}, `open0 c"ab"@0 s"AB"@0 c"cd"@2`, `close0`},
		{"… or enough packets came", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Client(text("cd")).Client(text("ef")).Client(text("gh"))
		}, `open0 c"ab"@0 c"cd"@2 c"ef"@4 c"gh"@6`, `close0`},
		{"… or time passes", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Wait(3 * time.Second)
			b.TCP("10.0.0.1:50001", "10.0.0.2:443").SYN()
		}, `open0 c"ab"@0 open1`, `close0 close1`},
		{"first two swapped", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Client(text("cd")).Server(text("AB"))
			b.Swap(1, 2)
		}, `open0 c"ab"@0 c"cd"@2 s"AB"@0`, `close0`},
		{"answer before the question", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Server(text("AB")).Ack(cl)
			b.Swap(1, 2)
		}, `open0 c"ab"@0 s"AB"@0`, `close0`},
		{"SYN after the SYN-ACK", func(b *Builder, c *TCP) {
			c.Open().Client(text("ab")).Server(text("AB"))
			b.Swap(1, 2)
		}, `open0 c"ab"@0 s"AB"@0`, `close0`},
		{"SYN-ACK missed", func(b *Builder, c *TCP) {
			c.SYN().SYNACK(Missed()).Ack(cl).Client(text("ab")).Server(text("AB"), Missed()).Server(text("CD"))
		}, `open0 c"ab"@0`, `s?2@0 s"CD"@2 close0`},
		{"data before the SYN", func(b *Builder, c *TCP) {
			c.SYN().Client(text("ab")).Client(text("cd")).SYNACK()
			b.Swap(1, 2)
		}, `open0 c"ab"@0 c"cd"@2`, `close0`},
		{"earlier data after the first was handed on", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab"), Missed()).Client(text("cd")).Server(text("AB")).Again(cl, 0, 2).Client(text("ef"))
		}, `open0 c"cd"@0 s"AB"@0 c"ef"@2`, `close0`},
		{"begins with a keep-alive", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab"), Missed()).At(cl, 1, packet.ACK, []byte{0}).Ack(sv).Client(text("cd"))
		}, `open0 c"cd"@0`, `close0`},
		{"begins with a reset", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Reset(sv, Seq(1)).Client(text("ab")).Server(text("AB"))
		}, `open0 c"ab"@0 s"AB"@0`, `close0`},
		{"close right after the first data", func(b *Builder, c *TCP) {
			c.SYN(Missed()).SYNACK(Missed()).Client(text("ab")).Close(cl)
		}, `open0 c"ab"@0`, `close0`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := New()
			tc.build(b, pair(b))
			want, end := run(b, &recorder{})
			check(t, "reported", want, tc.want)
			check(t, "at the end", end, tc.end)
		})
	}
}

// TestHalf checks the counters.
func TestHalf(t *testing.T) {
	b := New()
	c := pair(b).Open()
	c.Client(text("abcd")).Again(cl, 0, 4).Again(cl, 0, 4).Again(cl, 2, 2).Ack(sv).Close(cl).Reset(sv)
	r := &recorder{}
	run(b, r)
	h := r.conns[0].Half
	for _, tc := range []struct {
		what      string
		got, want int64
	}{
		{"packets", int64(h[0].Packets), 7},
		{"packets of the server", int64(h[1].Packets), 3},
		{"retransmitted", int64(h[0].Retransmitted), 3},
		{"repeats", int64(h[0].Repeats), 2},
		{"next", h[0].Next, 4},
		{"high", h[0].High, 4},
		{"acked", h[0].Acked, 4},
		{"newly acked in sum", r.acked[0], 4},
		{"MSS", int64(h[0].MSS), 1460},
		{"window scale", int64(h[1].WScale), 7},
		{"window", int64(h[0].Window), 64240},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %d, want %d", tc.what, tc.got, tc.want)
		}
	}
	if !h[0].SYN || !h[1].SYN || !h[0].FIN || h[0].RST || !h[1].RST || h[1].FIN || !h[0].HasWScale {
		t.Errorf("flags: %+v", h)
	}
}

func TestMute(t *testing.T) {
	b := New()
	c := pair(b).Open()
	c.Client(text("ab")).Server(text("AB"))
	d := b.TCP("10.0.0.1:50001", "10.0.0.2:443").Open()
	d.Client(text("cd"))
	c.Client(text("ef"))
	pair(b).ISN(9, 99).Open()
	r := &recorder{mute: func(c *stream.Conn) bool { return c.Stream == 0 }}
	got, end := run(b, r)
	check(t, "reported", got, `open0 close0 open1 c"cd"@0 open2`)
	check(t, "at the end", end, `close1 close2`)
}

func TestUDP(t *testing.T) {
	b := New()
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:443")
	u.Client(text("ab"), Twice(TTL(63))).Server(text("AB")).Client(text("ab"))
	b.UDP("10.0.0.2:443", "10.0.0.1:50001").Client(text("x"))
	b.Wait(time.Hour)
	u.Client(text("late"))
	r := &recorder{packets: true}
	got, end := run(b, r)
	check(t, "reported", got, `open0 c:dup open1 close0 close1 open0`)
	check(t, "at the end", end, `close0`)
}

// TestQuotedTakesNumber has ICMP errors about a connection that the capture
// does not have.
func TestQuotedTakesNumber(t *testing.T) {
	b := New()
	c := pair(b).SYN(Missed())
	c.ICMP("10.0.0.254", cl, 3, 3, 0)
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:443").Client(text("x"), Missed())
	u.ICMP("10.0.0.254", cl, 3, 3, 0)
	b.TCP("10.0.0.1:50001", "10.0.0.2:443").SYN()
	b.UDP("10.0.0.1:50001", "10.0.0.2:443").Client(text("x"))
	c.SYN()
	u.Client(text("x"))
	got, end := run(b, &recorder{})
	check(t, "reported", got, `open1 open1 open0 open0`)
	check(t, "at the end", end, `close0 close1 close0 close1`)
}

func TestFind(t *testing.T) {
	b := New()
	pair(b).Open()
	b.TCP("[fd00::1]:50000", "[fd00::2]:443").Open()
	r := &recorder{}
	table := stream.NewTable(r, stream.DefaultLimits())
	segments := b.Segments()
	for i := range segments {
		table.Segment(&segments[i])
	}
	for i, s := range []packet.Segment{segments[0], segments[3]} {
		k := stream.Key{Addr: [2]packet.Addr{s.Src, s.Dst}, Port: [2]uint16{s.SrcPort, s.DstPort}, Proto: packet.TCP}
		back := stream.Key{Addr: [2]packet.Addr{s.Dst, s.Src}, Port: [2]uint16{s.DstPort, s.SrcPort}, Proto: packet.TCP}
		if table.Find(k) != r.conns[i] || table.Find(back) != r.conns[i] {
			t.Errorf("connection %d is not found by its key", i)
		}
		if r.conns[i].From(s.Dst, s.DstPort) != 1 || r.conns[i].From(s.Src, s.SrcPort) != 0 {
			t.Errorf("connection %d: ends mixed up", i)
		}
		k.Port[0]++
		if table.Find(k) != nil {
			t.Error("found a connection that is not there")
		}
	}
}
