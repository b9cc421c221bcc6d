package decode

import (
	"encoding/binary"
	"fmt"
	"testing"

	"tlswhy/decode/capturetest"
)

// only returns the one handshake of a capture.
func only(t *testing.T, b *capturetest.Builder) *Handshake {
	t.Helper()
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 1 {
		t.Fatalf("%d handshakes", len(list))
	}
	if err := checkLimits(list[0]); err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func checkLimits(h *Handshake) error {
	for i := range h.Events {
		h.Events[i].Capture = 3 // as checkHandshake expects it
	}
	return checkHandshake(h, 1<<20)
}

// count says how many events of a message a side has.
func count[M Message](h *Handshake, from Side) int { return len(Each[M](h, from)) }

// TestLimits reaches the bounds of limits.go: what is kept stops there, and
// the handshake says that something was left out.
func TestLimits(t *testing.T) {
	const client, server = "10.0.0.1:40000", "192.0.2.1:443"
	hello := func() *capturetest.TCP {
		return capturetest.New().TCP(client, server).Open().Client(helloWith("a.example", 1).Record())
	}
	t.Run("records", func(t *testing.T) { // warnings in the clear, more than fit
		c := hello()
		for range maxRecords + 50 {
			c.Server(capturetest.Alert(1, 112))
		}
		if h := only(t, c.Builder()); len(h.Events) != maxRecords || h.Dropped < 50 {
			t.Errorf("%d events, %d dropped", len(h.Events), h.Dropped)
		}
	})
	t.Run("encrypted", func(t *testing.T) {
		c := hello().Server(capturetest.NewServerHello13().Record())
		for range maxEncrypted + 20 {
			c.Server(capturetest.ApplicationData(900))
		}
		if h := only(t, c.Builder()); count[Encrypted](h, Server) != maxEncrypted || h.Dropped != 20 {
			t.Errorf("%d records, %d dropped", count[Encrypted](h, Server), h.Dropped)
		}
	})
	t.Run("resets", func(t *testing.T) {
		c := hello()
		for i := range maxResets + 5 {
			c.Reset(capturetest.Server, capturetest.IPID(uint16(i+1000)))
		}
		if h := only(t, c.Builder()); count[Reset](h, Server) != maxResets {
			t.Errorf("%d resets", count[Reset](h, Server))
		}
	})
	t.Run("repeats", func(t *testing.T) {
		c := hello()
		for i := range maxRepeats + 8 {
			c.Again(capturetest.Client, 0, c.Sent(capturetest.Client), capturetest.IPID(uint16(i+1000)))
		}
		h := only(t, c.Builder())
		if f := &h.Flow[Client]; count[Retransmission](h, Client) != maxRepeats || f.Retransmitted != maxRepeats+8 || len(f.RepeatSizes) != 16 {
			t.Errorf("%d told, %d counted, %d sizes", count[Retransmission](h, Client), f.Retransmitted, len(f.RepeatSizes))
		}
	})
	t.Run("message", func(t *testing.T) { // a Certificate said to have 1 MiB
		c := hello().Server(capturetest.NewServerHello12().Record())
		m := append([]byte{11, 0x10, 0, 0}, make([]byte, maxMessage+60000)...)
		for len(m) > 0 {
			n := min(len(m), 1<<14)
			c.Server(capturetest.Record(22, capturetest.TLS12, m[:n]))
			m = m[n:]
		}
		h := only(t, c.Builder())
		if _, e, ok := First[Certificate](h); !ok || e.Malformed == nil || e.Length != 1<<20 {
			t.Errorf("certificate %v: %+v", ok, e)
		}
	})
	t.Run("arena", func(t *testing.T) { // many large messages
		c := hello().Server(capturetest.NewServerHello12().Record())
		body := make([]byte, 100<<10)
		m := append([]byte{11, 0, 0, 0}, body...)
		binary.BigEndian.PutUint32(m, 11<<24|uint32(len(body)))
		for range maxArena/len(body) + 4 {
			for rest := m; len(rest) > 0; {
				n := min(len(rest), 1<<14)
				c.Server(capturetest.Record(22, capturetest.TLS12, rest[:n]))
				rest = rest[n:]
			}
		}
		if h := only(t, c.Builder()); h.Dropped == 0 {
			t.Error("nothing is said to be dropped")
		}
	})
	t.Run("plain", func(t *testing.T) {
		c := hello().Server(append([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), make([]byte, 4*maxPlain)...))
		h := only(t, c.Builder())
		if m, _, ok := FirstFrom[Plain](h, Server); !ok || len(m.Prefix) > maxPlain || m.Bytes < 4*maxPlain {
			t.Errorf("%v: %d of %d bytes", ok, len(m.Prefix), m.Bytes)
		}
	})
}

// TestDecided: what is sent after a refusal, or on a connection of which the
// handshake is not in the capture, is not followed without end.
func TestDecided(t *testing.T) {
	for _, late := range []bool{false, true} {
		b := capturetest.New()
		c := b.TCP("10.0.0.1:40000", "192.0.2.1:443")
		if !late {
			c.Open().Client(helloWith("a.example", 1).Record()).Server(capturetest.NewServerHello13().Record()).Client(capturetest.Alert(2, 48))
		}
		for range maxFollow/16000 + 20 {
			c.Server(capturetest.ApplicationData(16000))
		}
		frames := b.Frame()
		c.Close(capturetest.Client).Close(capturetest.Server)
		h := only(t, b)
		if h.LastFrame >= frames || h.LastFrame < frames/2 || h.Late != late || count[Close](h, Client) > 0 {
			t.Errorf("late %v: followed to frame %d of %d", late, h.LastFrame, frames)
		}
	}
}

// TestStrangeDatagrams: a flow of datagrams that are nothing we know is given
// up, and counted.
func TestStrangeDatagrams(t *testing.T) {
	b := capturetest.New()
	for i := range 3 {
		u := b.UDP(fmt.Sprintf("10.0.0.%d:40000", i+1), "192.0.2.1:4433")
		for range maxStrange + 4 {
			u.Client([]byte("nothing that is known"))
		}
	}
	o := decoded(b.Pcap(), false)
	if len(o.list) != 0 || o.other != 3 {
		t.Errorf("%d handshakes, %d others", len(o.list), o.other)
	}
}
