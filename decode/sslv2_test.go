package decode

import (
	"testing"

	"tlswhy/decode/capturetest"
	"tlswhy/decode/wire"
)

// sslv2Record puts the header of two bytes before a message.
func sslv2Record(body ...byte) []byte {
	return append([]byte{0x80 | byte(len(body)>>8), byte(len(body))}, body...)
}

// TestSSLv2 follows SSL 2.0 to its application data, however the bytes are cut
// into packets.
func TestSSLv2(t *testing.T) {
	const kind = "\x07\x00\xc0"
	hello := sslv2Record(append([]byte("\x01\x00\x02\x00\x03\x00\x00\x00\x10"+kind), capturetest.Noise(16, 1)...)...)
	answer := sslv2Record(append([]byte("\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x10cert"+kind), capturetest.Noise(16, 2)...)...)
	key := sslv2Record(append([]byte("\x02"+kind+"\x00\x00\x00\x10\x00\x08"), capturetest.Noise(24, 3)...)...)
	hidden := func(seed uint32) []byte { return append([]byte{0, 40, 7}, capturetest.Noise(40, seed)...) }
	const want = "c:client_hello s:server_hello c:client_key_exchange s:encrypted c:finished s:finished c:application_data s:application_data"
	for step := 1; step < 60; step += 7 {
		b := capturetest.New()
		b.MSS = step
		c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").Open()
		c.Client(hello).Server(answer).Client(key).Server(hidden(4)).Client(hidden(5)).Server(hidden(6)).Client(hidden(7)).Server(hidden(8))
		list := followPcap(t, b.Pcap(), nil)
		if len(list) != 1 {
			t.Fatalf("%d handshakes", len(list))
		}
		h := list[0]
		var events []Event
		for _, e := range h.Events {
			switch e.Message.(type) {
			case Open, Accept, AckOnly, Establish:
			default:
				events = append(events, e)
			}
		}
		if got := kinds(&Handshake{Events: events}); got != want {
			t.Errorf("packets of %d: %s", step, got)
		}
		m, _, ok := First[ClientKeyExchange](h)
		if !ok || m.SSLv2Cipher != 0x0700c0 || !h.ClientFinished || !h.ServerFinished {
			t.Errorf("packets of %d: %+v, finished %v %v", step, m, h.ClientFinished, h.ServerFinished)
		}
		if sh, _ := h.ServerHello(); sh == nil || sh.Version != wire.Version(2) {
			t.Errorf("packets of %d: %+v", step, sh)
		}
	}
}
