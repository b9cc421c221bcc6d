package analyze

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/capturetest"
)

// reportOfSeveral analyses several captures together.
func reportOfSeveral(t testing.TB, o Options, pcaps ...[]byte) *Report {
	t.Helper()
	o.Several = true
	a := New(o)
	for i, pcap := range pcaps {
		d := a.follow(t, pcap, decode.Options{Capture: i, Digest: true})
		a.Capture(Capture{First: time.Unix(0, d.First).UTC(), Last: time.Unix(0, d.Last).UTC()})
	}
	return a.Report()
}

const (
	atClient = capturetest.Client
	atServer = capturetest.Server
)

// seenAt is a story as a capture at one of the ends shows it, with a router
// between them.
func seenAt(end capturetest.Side, clock time.Duration, story func(b *capturetest.Builder, c *capturetest.TCP)) []byte {
	b := capturetest.New()
	b.Wait(clock)
	c := b.TCP("10.0.0.1:50000", "192.0.2.1:443")
	c.TTL(end, 64).TTL(1-end, 63)
	story(b, c)
	return b.Pcap()
}

// helloFor has a random that is random.
func helloFor(name string) []byte {
	h := capturetest.NewClientHello(name)
	h.Random = capturetest.Noise(32, 77)
	return h.Record()
}

func opening(c *capturetest.TCP) *capturetest.TCP { return c.Open().Client(helloFor("a.test")) }

// later is another connection, so that the capture is seen to go on.
func later(b *capturetest.Builder) {
	b.TCP("10.0.0.1:50001", "192.0.2.1:443").Open().Close(capturetest.Client).Close(capturetest.Server)
}

// TestReset: who sent the reset that the client got.
func TestReset(t *testing.T) {
	type story = func(b *capturetest.Builder, c *capturetest.TCP)
	client := func(b *capturetest.Builder, c *capturetest.TCP) { opening(c).Reset(capturetest.Server); later(b) }
	for _, test := range []struct {
		name       string
		server     story
		clock      time.Duration
		finding    string
		confidence Confidence
	}{
		{"never sent", func(b *capturetest.Builder, c *capturetest.TCP) { opening(c); later(b) }, 0, "middlebox-reset", Certain},
		{"never sent, other clock", func(b *capturetest.Builder, c *capturetest.TCP) { opening(c); later(b) }, time.Hour, "middlebox-reset", Certain},
		{"capture ends before", func(b *capturetest.Builder, c *capturetest.TCP) { opening(c) }, 0, "reset-after-client-hello", Likely},
		{"sent", client, 0, "reset-after-client-hello", Certain},
		{"sent, other clock", client, -time.Hour, "reset-after-client-hello", Certain},
	} {
		r := reportOfSeveral(t, Options{}, seenAt(atClient, 0, client), seenAt(atServer, test.clock, test.server))
		if len(r.Handshakes) != 1 || len(r.Handshakes[0].Facts.Seen) != 2 {
			t.Errorf("%s: %d handshakes, %+v", test.name, len(r.Handshakes), r.Summary)
			continue
		}
		h := r.Handshakes[0]
		if f := h.Primary(); f == nil || f.ID != test.finding || f.Confidence != test.confidence {
			t.Errorf("%s: %+v", test.name, f)
		}
		unknown := slices.ContainsFunc(h.NotAssessed, func(x Text) bool { return x.Key == "common/n-point" })
		if unknown != (test.confidence == Likely) {
			t.Errorf("%s: not assessed: %v", test.name, h.NotAssessed)
		}
	}
}

// TestSuspectedLine: the line of a packet that a side never sent says so, and
// stands in order by the clock of the leading capture.
func TestSuspectedLine(t *testing.T) {
	near := seenAt(atClient, 0, func(b *capturetest.Builder, c *capturetest.TCP) { opening(c).Reset(capturetest.Server); later(b) })
	far := seenAt(atServer, time.Hour, func(b *capturetest.Builder, c *capturetest.TCP) { c.Open().Reset(capturetest.Client); later(b) })
	h := reportOfSeveral(t, Options{}, near, far).Handshakes[0]
	var got []string
	for _, l := range h.Timeline {
		got = append(got, fmt.Sprintf("%d:%d %s %s %d", l.Capture, l.Frame, l.What, l.Suspected, len(l.Also)))
		if l.Delta < 0 || l.Delta > 1 {
			t.Errorf("%s comes %f s after the line before", l.What, l.Delta)
		}
	}
	want := []string{"0:1 SYN  1", "0:2 SYN, ACK  1", "0:4 ClientHello  0", "1:4 RST middlebox 0", "0:5 RST middlebox 0"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCountedOnce: what two captures show is counted once; what only looks
// alike is not.
func TestCountedOnce(t *testing.T) {
	healthy := func(n int, change func(i int, h *capturetest.ClientHello)) []byte {
		b := capturetest.New()
		for i := range n {
			h := capturetest.NewClientHello12("a.test")
			h.Random = capturetest.Noise(32, uint32(i+1000))
			change(i, &h)
			c := b.TCP(fmt.Sprintf("10.0.0.%d:%d", i%200, 40000+i), "192.0.2.1:443").Open().Client(h.Record())
			c.Server(capturetest.ServerFlight12([]byte{1})).Client(capturetest.ClientFlight12()).Server(capturetest.ServerFinish12())
			c.Client(capturetest.Record(23, 0x0303, make([]byte, 99))).Server(capturetest.Record(23, 0x0303, make([]byte, 99)))
			c.Close(capturetest.Client).Close(capturetest.Server)
		}
		return b.Pcap()
	}
	as := func(int, *capturetest.ClientHello) {}
	other := func(i int, h *capturetest.ClientHello) { h.Random = capturetest.Noise(32, uint32(i+9000)) }
	zero := func(i int, h *capturetest.ClientHello) { h.Random = make([]byte, 32) }
	for _, test := range []struct {
		name      string
		a, b      []byte
		completed int
	}{
		{"the same", healthy(100, as), healthy(100, as), 100},
		{"more in the first", healthy(100, as), healthy(60, as), 100},
		{"more in the second", healthy(30, as), healthy(90, as), 90},
		{"others", healthy(100, as), healthy(100, other), 200},
		{"always the same random", healthy(100, zero), healthy(100, zero), 200},
	} {
		if r := reportOfSeveral(t, Options{}, test.a, test.b); r.Summary.Completed < test.completed-maxGoodServer || r.Summary.Completed > test.completed {
			t.Errorf("%s: %+v, want %d completed", test.name, r.Summary, test.completed)
		}
	}
	many := manyFailures(maxWhole + 100)
	one, two := reportOf(t, many, Options{}), reportOfSeveral(t, Options{}, many, many)
	if !reflect.DeepEqual(one.Summary.Findings, two.Summary.Findings) || one.Summary.Failed != two.Summary.Failed {
		t.Errorf("twice: %+v, once: %+v", two.Summary, one.Summary)
	}
}

// TestSYN: where SYNs without an answer were lost.
func TestSYN(t *testing.T) {
	tried := func(arrives bool) func(b *capturetest.Builder, c *capturetest.TCP) {
		return func(b *capturetest.Builder, c *capturetest.TCP) {
			opening(c).Server(capturetest.Alert(2, 40)).Close(capturetest.Server).Close(capturetest.Client)
			ttl := b.Packets()[0].TTL
			lost := b.TCP("10.0.0.1:50002", "192.0.2.1:443").TTL(capturetest.Client, ttl)
			if arrives {
				lost.SYN()
				for range 4 {
					lost.Wait(time.Second).SYN()
				}
			}
			b.Wait(10 * time.Second)
			later(b)
		}
	}
	for name, arrives := range map[string]bool{"common/p-no-syn": false, "common/p-syn-came": true} {
		r := reportOfSeveral(t, Options{}, seenAt(atClient, 0, tried(true)), seenAt(atServer, time.Minute, tried(arrives)))
		if r.Summary.Findings["tcp-syn-timeout"] != 1 || r.Summary.Handshakes != 3 {
			t.Errorf("%s: %+v", name, r.Summary)
		}
		for _, h := range r.Handshakes {
			f := h.Primary()
			told := slices.ContainsFunc(f.Evidence, func(e Evidence) bool { return e.Text.Key == name && e.Capture == 1 })
			if f.ID == "tcp-syn-timeout" && (!told || !f.Decide.IsZero()) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// TestThree: of three captures in a row, the one behind the device has the
// reset and the two before it have not.
func TestThree(t *testing.T) {
	at := func(ttl uint8, has bool) []byte {
		return seenAt(atClient, 0, func(b *capturetest.Builder, c *capturetest.TCP) {
			opening(c.TTL(capturetest.Client, ttl).TTL(capturetest.Server, 126-ttl))
			if has {
				c.Reset(capturetest.Server)
			}
			later(b)
		})
	}
	r := reportOfSeveral(t, Options{}, at(62, false), at(64, true), at(63, false))
	if len(r.Handshakes) != 1 || len(r.Handshakes[0].Facts.Seen) != 3 || r.Handshakes[0].Primary().ID != "middlebox-reset" || r.Handshakes[0].Primary().Confidence != Certain {
		t.Errorf("%+v", r.Summary)
	}
	if p := []string{r.Captures[0].Position, r.Captures[1].Position, r.Captures[2].Position}; !slices.Equal(p, []string{"server", "client", "between"}) {
		t.Errorf("taken at %q", p)
	}
}

// TestContinued: a capture that goes on in another file is no other capture
// point, and neither are connections that only use the same ends.
func TestContinued(t *testing.T) {
	first := seenAt(atClient, 0, func(b *capturetest.Builder, c *capturetest.TCP) { opening(c) })
	again := func(isn uint32) []byte {
		return seenAt(atClient, time.Minute, func(b *capturetest.Builder, c *capturetest.TCP) {
			h := capturetest.NewClientHello("a.test")
			h.Random = capturetest.Noise(32, 5)
			c.ISN(isn, isn+1).Open().Client(h.Record()).Server(capturetest.Alert(2, 40)).Close(capturetest.Server).Close(capturetest.Client)
		})
	}
	for name, second := range map[string][]byte{
		"the rest": seenAt(atClient, time.Second, func(b *capturetest.Builder, c *capturetest.TCP) {
			opening(c).Server(capturetest.Alert(2, 40)).Close(capturetest.Server)
			for range 4 {
				b.Remove(1)
			}
		}),
		"other numbers": again(1), "other bytes": again(50000 * 65537),
	} {
		if r := reportOfSeveral(t, Options{All: true}, first, second); r.Summary.Handshakes != 2 {
			t.Errorf("%s: %+v", name, r.Summary)
		}
	}
}

// TestRelay: a load balancer has TCP connections of its own; the ClientHello
// tells that it is one handshake.
func TestRelay(t *testing.T) {
	build := func(client, server string, isn uint32) []byte {
		b := capturetest.New()
		c := b.TCP(client, server).ISN(isn, isn*3).Open().Client(helloFor("a.test"))
		c.Server(capturetest.Alert(2, 40)).Close(capturetest.Server).Close(capturetest.Client)
		return b.Pcap()
	}
	r := reportOfSeveral(t, Options{}, build("10.0.0.1:50000", "192.0.2.1:443", 1), build("10.9.0.1:60000", "10.9.0.2:8443", 2))
	if len(r.Handshakes) != 1 || r.Summary.Failed != 1 || len(r.Handshakes[0].Facts.Seen) != 2 {
		t.Errorf("%+v, %d handshakes", r.Summary, len(r.Handshakes))
	}
}

func TestTelling(t *testing.T) {
	rising := make([]byte, 32)
	for i := range rising {
		rising[i] = byte(i)
	}
	for _, test := range []struct {
		random []byte
		ok     bool
	}{{capturetest.Noise(32, 1), true}, {make([]byte, 32), false}, {rising, false}, {nil, false}, {bytes.Repeat([]byte{1, 2, 3, 4}, 8), false}} {
		if _, ok := telling(test.random); ok != test.ok {
			t.Errorf("%x tells: %v", test.random, ok)
		}
	}
}

func TestWithout(t *testing.T) {
	type ranges = []decode.Range
	r := func(from, to int64) decode.Range { return decode.Range{From: from, To: to} }
	have := ranges{r(0, 10), r(20, 30)}
	for _, test := range []struct {
		out  decode.Range
		want ranges
	}{
		{r(0, 10), ranges{r(20, 30)}}, {r(5, 25), ranges{r(0, 5), r(25, 30)}}, {r(10, 20), have}, {r(0, 40), nil}, {r(3, 4), ranges{r(0, 3), r(4, 10), r(20, 30)}}, {r(7, 7), ranges{r(0, 7), r(7, 10), r(20, 30)}},
	} {
		if got := without(have, test.out); !slices.Equal(got, test.want) {
			t.Errorf("without %v: %v, want %v", test.out, got, test.want)
		}
	}
}
