package analyze

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

var datagramStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// quicCase makes a QUIC handshake of events that come 10 ms apart, and judges
// it; the capture goes on for 3 s.
func quicCase(repeats int, events ...decode.Event) *Case {
	h := &decode.Handshake{Transport: decode.QUIC, TLS: true, Start: datagramStart,
		Client: netip.MustParseAddrPort("10.0.0.1:50000"), Server: netip.MustParseAddrPort("10.0.0.2:443")}
	for i := range events {
		e := &events[i]
		e.Frame, e.LastFrame, e.Time = i+1, i+1, datagramStart.Add(time.Duration(i)*10*time.Millisecond)
		f := &h.Flow[e.From]
		f.Packets++
		f.LastFrame, f.Last = e.Frame, e.Time
		h.End, h.LastFrame = e.Time, e.Frame
	}
	h.Flow[decode.Client].Repeats = repeats
	h.Events, h.CaptureEnd = events, h.End.Add(3*time.Second)
	return &Case{Handshake: h, timeout: 10 * time.Second}
}

func from(side decode.Side, m decode.Message) decode.Event {
	return decode.Event{From: side, Message: m, Length: 100}
}

func quicHellos() []decode.Event {
	return []decode.Event{
		from(decode.Client, decode.QUICInitial{Version: 1}),
		from(decode.Client, decode.ClientHello{ClientHello: wire.ClientHello{ServerName: "a.test", Length: 300}}),
		from(decode.Server, decode.QUICInitial{Version: 1}),
		from(decode.Server, decode.ServerHello{ServerHello: wire.ServerHello{Version: wire.TLS13}}),
		from(decode.Server, decode.Datagram{Type: "Handshake", Bytes: 1200}),
		from(decode.Server, decode.Datagram{Type: "1-RTT", Bytes: 90}),
		from(decode.Client, decode.Datagram{Type: "Handshake", Bytes: 40}),
	}
}

func TestJudgeQUIC(t *testing.T) {
	shaken := append(quicHellos(), from(decode.Client, decode.Datagram{Type: "1-RTT", Bytes: 40}))
	finished := quicCase(0, shaken...)
	finished.ClientFinished, finished.ServerFinished = true, true
	cut := quicCase(0, quicHellos()...)
	cut.CaptureEnd = cut.End
	closed := decode.QUICClose{Code: 0x12a}
	for _, test := range []struct {
		name    string
		c       *Case
		outcome Outcome
		kind    BreakKind
		from    decode.Side
	}{
		{"completed", finished, Completed, NoBreak, 0},
		{"one Initial", quicCase(0, quicHellos()[:2]...), Incomplete, NoBreak, 0},
		{"no answer", quicCase(3, quicHellos()[:2]...), Failed, BySilence, decode.Server},
		{"refused", quicCase(0, append(quicHellos()[:4], from(decode.Client, closed))...), Failed, ByAlert, decode.Client},
		{"hidden close", quicCase(0, quicHellos()...), Failed, ByHidden, decode.Client},
		{"cut before the Finished", cut, Incomplete, NoBreak, 0},
		{"left at once", quicCase(0, append(quicHellos()[:2], from(decode.Client, decode.QUICClose{}))...), Incomplete, ByClose, decode.Client},
		{"versions", quicCase(0, append(quicHellos()[:2], from(decode.Server, decode.QUICVersionNegotiation{Versions: []uint32{0x6b3343cf}}))...), Failed, ByAlert, decode.Server},
		{"versions fit", quicCase(0, append(quicHellos()[:2], from(decode.Server, decode.QUICVersionNegotiation{Versions: []uint32{1}}))...), Incomplete, NoBreak, 0},
	} {
		newSurroundings([]*Case{test.c})
		test.c.judge()
		if c := test.c; c.Outcome != test.outcome || c.Break.Kind != test.kind || c.Break.From != test.from {
			t.Errorf("%s: %s, %+v; want %s, %q by %d", test.name, c.Outcome, c.Break, test.outcome, test.kind, test.from)
		}
	}
}

func TestVersionInformation(t *testing.T) {
	data := []byte{0x01, 2, 0x40, 0x64, 0x11, 12, 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1, 0x40, 0x11, 1, 0}
	want := []uint32{1, 0x6b3343cf, 1}
	for n := range len(data) + 1 {
		got := versionInformation([]wire.Extension{{Type: 57, Data: data[:n]}})
		if n >= 18 && !slices.Equal(got, want) || n < 18 && len(got) > 0 {
			t.Errorf("%d bytes: %x", n, got)
		}
	}
}

// TestQUICFallback: the story needs a handshake over TCP that completed.
func TestQUICFallback(t *testing.T) {
	for _, outcome := range []Outcome{Completed, Failed} {
		quic := quicCase(3, quicHellos()[:2]...)
		tcp := &Case{Handshake: &decode.Handshake{TLS: true, Client: netip.MustParseAddrPort("10.0.0.1:50001"), Server: quic.Server,
			Start: datagramStart.Add(4 * time.Second)}, id: 1}
		cases := []*Case{quic, tcp}
		newSurroundings(cases)
		quic.judge()
		tcp.Outcome = outcome
		stories := tellStories(cases, nil)
		if told := len(stories) == 1 && slices.Equal(stories[0].Handshakes, []int{0, 1}); told != (outcome == Completed) {
			t.Errorf("%s: %+v", outcome, stories)
		}
	}
}
