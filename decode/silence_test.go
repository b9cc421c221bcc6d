package decode

import (
	"testing"
	"time"

	ct "tlswhy/decode/capturetest"
)

// TestPauses is until when a capture goes on without a pause.
func TestPauses(t *testing.T) {
	var p pauses
	minute := int64(time.Minute)
	for i, at := range []int64{10, 20, 20 + minute, 30 + 3*minute, 40 + 3*minute, 15} { // the last was put in from elsewhere
		p.packet(i+1, at)
	}
	for _, test := range []struct {
		frame     int
		time, end int64
	}{
		{1, 10, 20 + minute}, {3, 20 + minute, 20 + minute}, {4, 30 + 3*minute, 40 + 3*minute}, {6, 15, 15},
	} {
		if got := p.end(test.frame, test.time); got != test.end {
			t.Errorf("after frame %d the capture goes on until %d, want %d", test.frame, got, test.end)
		}
	}
	for i := range maxPauses + 10 {
		p.packet(10+i, int64(i)*2*minute)
	}
	if len(p.list) > maxPauses {
		t.Errorf("%d pauses kept", len(p.list))
	}
	if got := p.end(10+maxPauses+9, 99); got != 99 {
		t.Errorf("with too many pauses the capture goes on until %d after 99", got)
	}
}

func TestOldForm(t *testing.T) {
	for _, test := range []struct {
		version uint16
		rest    []byte
		old     bool
	}{
		{0x7f0e, []byte{0x13, 1, 0, 0}, true},
		{0x7f15, []byte{0x13, 1, 0, 0}, true},
		{0x7f16, []byte{0x13, 1, 0, 0}, false},
		{0x0304, []byte{0x13, 1, 0, 2, 9, 9}, true},
		{0x0304, []byte{0, 0x13, 1, 0, 0, 0}, false},
		{0x0303, []byte{0xc0, 0x2b, 0, 0}, false},
	} {
		if got := oldForm(test.version, test.rest); got != test.old {
			t.Errorf("oldForm(%04x, %x) = %t", test.version, test.rest, got)
		}
	}
}

// TestClientFlightInOneRecord takes a client that sends EncryptedExtensions
// and Finished in one record, to a server that sends its flight in one.
func TestClientFlightInOneRecord(t *testing.T) {
	for _, test := range []struct {
		size     int
		finished bool
	}{{53, true}, {63, true}, {120, true}, {54, false}, {600, false}, {19, false}} {
		b := ct.New()
		c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").Open().Client(ct.NewClientHello("a.test").Record())
		c.Server(ct.Join(ct.NewServerHello13().Record(), ct.ChangeCipherSpec(), ct.ApplicationData(3000)))
		c.Client(ct.Join(ct.ChangeCipherSpec(), ct.ApplicationData(test.size)))
		list := followPcap(t, b.Pcap(), nil)
		if len(list) != 1 || list[0].ClientFinished != test.finished {
			t.Errorf("a client's flight of %d bytes: finished %t, want %t", test.size, !test.finished, test.finished)
		}
	}
}

// TestCloseIsLast takes a FIN in the packet of the last data.
func TestCloseIsLast(t *testing.T) {
	b := ct.New()
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").Open().Client(ct.NewClientHello("a.test").Record())
	c.At(ct.Server, 0, 0x11, ct.Alert(2, 40))
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 1 {
		t.Fatalf("%d handshakes", len(list))
	}
	events := list[0].Events
	if _, fin := events[len(events)-1].Message.(Close); !fin {
		t.Errorf("the last event is %T", events[len(events)-1].Message)
	}
	if _, alert := events[len(events)-2].Message.(Alert); !alert {
		t.Errorf("the event before the FIN is %T", events[len(events)-2].Message)
	}
}
