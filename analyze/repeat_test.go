package analyze

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"testing"

	"tlswhy/decode"
	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

// reportOf analyses a capture.
func reportOf(t testing.TB, pcap []byte, o Options) *Report {
	t.Helper()
	a := New(o)
	a.follow(t, pcap, decode.Options{})
	return a.Report()
}

// follow gives an Analyzer what a capture holds.
func (a *Analyzer) follow(t testing.TB, pcap []byte, o decode.Options) *decode.Decoder {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(pcap), "test")
	if err != nil {
		t.Fatal(err)
	}
	o.Handle, o.Brief, o.Repeat = a.Add, a.Brief, a.Repeat
	d := decode.New(o)
	var p capture.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		d.Packet(&p)
	}
	d.Close()
	a.Other(d.Other)
	return d
}

// manyFailures has two servers that refuse every hello, one of them the
// certificate of its clients, and a healthy handshake with each in between.
func manyFailures(n int) []byte {
	b := capturetest.New()
	for i := range n {
		hello := capturetest.NewClientHello([]string{"a.example", "b.example"}[i%2])
		hello.Random = capturetest.Noise(32, uint32(i))
		c := b.TCP(fmt.Sprintf("10.0.%d.%d:%d", i>>8, i&255, 40000+i%7), fmt.Sprintf("192.0.2.%d:443", i%3))
		if i%50 == 10 {
			c.TLS13("a.example").Close(capturetest.Client).Close(capturetest.Server)
			continue
		}
		c.Open().Client(hello.Record()).Server(capturetest.Alert(2, []uint8{40, 70, 112}[i%3])).Close(capturetest.Server).Close(capturetest.Client)
	}
	return b.Pcap()
}

// TestRepeatsCount: past the bound failures that are alike are only counted,
// and the counts, groups and stories are those of a report that has them all.
func TestRepeatsCount(t *testing.T) {
	pcap := manyFailures(maxWhole + 200)
	some, all := reportOf(t, pcap, Options{}), reportOf(t, pcap, Options{Whole: true})
	if !reflect.DeepEqual(some.Summary, all.Summary) || !reflect.DeepEqual(some.Groups, all.Groups) || !reflect.DeepEqual(some.Stories, all.Stories) {
		t.Errorf("counted:\n%+v\n%+v\nwhole:\n%+v\n%+v", some.Summary, some.Groups, all.Summary, all.Groups)
	}
	if n := len(some.Handshakes); n == 0 || n > maxWhole+6 || len(all.Handshakes) != all.Summary.Failed || all.Summary.Failed < maxWhole {
		t.Errorf("%d and %d of %d failures whole", n, len(all.Handshakes), all.Summary.Failed)
	}
	for _, h := range some.Handshakes {
		if i := findID(all.Handshakes, h.ID); i < 0 || all.Handshakes[i].Facts.Stream != h.Facts.Stream || all.Handshakes[i].Findings[0].ID != h.Findings[0].ID {
			t.Fatalf("handshake %d is another one in the whole report", h.ID)
		}
	}
}

func findID(list []*Handshake, id int) int {
	for i, h := range list {
		if h.ID == id {
			return i
		}
	}
	return -1
}

// TestNarrowedRepeat: the connection that is asked for is reported though it
// is like others.
func TestNarrowedRepeat(t *testing.T) {
	const wanted = maxWhole + 151
	r := reportOf(t, manyFailures(maxWhole+200), Options{Match: func(e Ends) bool { return e.Stream == wanted }})
	if len(r.Handshakes) != 1 || r.Handshakes[0].Facts.Stream != wanted || r.Summary.Failed != 1 {
		t.Errorf("%+v, %d handshakes", r.Summary, len(r.Handshakes))
	}
}
