package decode

import (
	"fmt"
	"testing"
	"time"

	"tlswhy/decode/capturetest"
)

// refused is a handshake that the server ends with an alert.
func refused(b *capturetest.Builder, client, server string, hello capturetest.ClientHello, alert uint8) *capturetest.TCP {
	return b.TCP(client, server).Open().Client(hello.Record()).Server(capturetest.Alert(2, alert)).Close(capturetest.Server).Close(capturetest.Client)
}

func helloWith(name string, seed uint32) capturetest.ClientHello {
	h := capturetest.NewClientHello(name)
	h.Random = capturetest.Noise(32, seed)
	return h
}

// TestShape: the shape of a handshake does not depend on its client, time and
// random; it does on all that is judged, and what has its own times has none.
func TestShape(t *testing.T) {
	const client, server = "10.0.0.1:40000", "192.0.2.1:443"
	b := capturetest.New()
	refused(b, client, server, helloWith("a.example", 1), 40)
	b.Wait(time.Minute)
	refused(b, "10.0.0.2:41000", server, helloWith("a.example", 2), 40)
	refused(b, "10.0.0.3:40000", server, helloWith("a.example", 3), 70)
	refused(b, "10.0.0.4:40000", server, helloWith("b.example", 4), 40)
	refused(b, "10.0.0.5:40000", "192.0.2.1:8443", helloWith("a.example", 5), 40)
	fewer := helloWith("a.example", 6)
	fewer.Ciphers = fewer.Ciphers[1:]
	refused(b, "10.0.0.6:40000", server, fewer, 40)
	b.TCP("10.0.0.7:40000", server).Open().Client(helloWith("a.example", 7).Record()).Reset(capturetest.Server)
	b.TCP("10.0.0.8:40000", server).Open().Client(helloWith("a.example", 8).Record()).Wait(2 * time.Second).
		Server(capturetest.Alert(2, 40)).Close(capturetest.Server).Close(capturetest.Client)
	list := followPcap(t, b.Pcap(), nil)
	shapes := map[string]uint64{}
	for _, h := range list {
		shapes[h.Client.String()] = h.Shape
	}
	of := func(n int) uint64 { return shapes[fmt.Sprintf("10.0.0.%d:40000", n)] }
	if len(list) != 8 || of(1) == 0 || of(1) != shapes["10.0.0.2:41000"] {
		t.Fatalf("%d handshakes, shapes %v", len(list), shapes)
	}
	for n := 3; n <= 6; n++ {
		if of(n) == 0 || of(n) == of(1) {
			t.Errorf("handshake %d has the shape of another: %v", n, shapes)
		}
	}
	if of(7) != 0 || of(8) != 0 {
		t.Errorf("a reset and a long wait have shapes: %v", shapes)
	}
}

// TestRepeat: what is known is not built.
func TestRepeat(t *testing.T) {
	b := capturetest.New()
	for i := range 5 {
		refused(b, fmt.Sprintf("10.0.0.%d:40000", i+1), "192.0.2.1:443", helloWith("a.example", uint32(i)), 40)
	}
	built, told := 0, 0
	known := map[uint64]bool{}
	followWith(t, b.Pcap(), Options{
		Handle: func(h *Handshake) { built++ },
		Repeat: func(x *Brief) bool {
			if told++; x.Server.Port() != 443 || x.Client.Port() != 40000 || x.Frame == 0 || x.Start.IsZero() || x.Shape == 0 || len(x.Hello) == 0 {
				t.Errorf("brief %+v", x)
			}
			was := known[x.Shape]
			known[x.Shape] = true
			return was
		},
	})
	if built != 1 || told != 5 {
		t.Errorf("%d built, %d told", built, told)
	}
}
