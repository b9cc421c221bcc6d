package decode

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tlswhy/decode/capturetest"
)

// eapPacket is an EAP packet of EAP-TLS (RFC 5216, Section 3.1).
func eapPacket(code, id, flags byte, tls []byte) []byte {
	b := append([]byte{code, id, 0, 0, 13, flags}, tls...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// radiusPacket is a RADIUS packet with an EAP packet, a State and a
// Message-Authenticator.
func radiusPacket(code, id byte, state string, eap []byte) []byte {
	b := make([]byte, 20)
	b[0], b[1] = code, id
	for len(eap) > 0 {
		n := min(len(eap), 253)
		b = append(append(b, 79, byte(2+n)), eap[:n]...)
		eap = eap[n:]
	}
	if state != "" {
		b = append(append(b, 24, byte(2+len(state))), state...)
	}
	b = append(append(b, 80, 18), make([]byte, 16)...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// Two authentications at a time between the same two ports: the State tells
// them apart, and each ends in its own way.
func TestRADIUSTellsAuthenticationsApart(t *testing.T) {
	b := capturetest.New()
	u := b.UDP("10.0.0.1:40000", "10.0.0.2:1812")
	identity := func(id byte) []byte { return []byte{2, id, 0, 6, 1, 'x'} }
	step := func(id byte, from, to string, request, answer []byte) {
		u.Client(radiusPacket(1, id, from, request))
		u.Server(radiusPacket(11, id, to, answer))
	}
	for i, name := range []string{"a", "b"} {
		step(byte(10+i), "", name+"1", identity(1), eapPacket(1, 2, 0x20, nil))
	}
	server := capturetest.NewServerHello12().Record()
	for i, name := range []string{"a", "b"} {
		step(byte(20+i), name+"1", name+"2", eapPacket(2, 2, 0, capturetest.NewClientHello(name+".test").Record()), eapPacket(1, 3, 0, server))
	}
	u.Client(radiusPacket(1, 30, "b2", eapPacket(2, 3, 0, capturetest.Alert(2, 48))))
	u.Server(radiusPacket(3, 30, "", []byte{4, 3, 0, 4}))
	u.Client(radiusPacket(1, 31, "a2", eapPacket(2, 3, 0, nil)))
	u.Server(radiusPacket(2, 31, "", []byte{3, 3, 0, 4}))

	got := map[string]string{}
	for _, h := range followPcap(t, b.Pcap(), nil) {
		ch, _ := h.ClientHello()
		if ch == nil || h.Transport != EAP || h.Tunnel != "radius" || h.Client.String() != "10.0.0.1:40000" {
			t.Fatalf("%+v", h)
		}
		got[ch.ServerName] = kinds(h)
	}
	want := map[string]string{
		"a.test": "s:prelude c:client_hello s:server_hello s:prelude",
		"b.test": "s:prelude c:client_hello s:server_hello c:alert s:close",
	}
	for name, kinds := range want {
		if got[name] != kinds {
			t.Errorf("%s: %s, want %s", name, got[name], kinds)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d authentications", len(got))
	}
}

// Whichever packet of a recorded authentication is not in the capture: what
// is read is in step or told as missing, never taken for garbage.
func TestCarriedWithoutAPacket(t *testing.T) {
	var files []string
	for _, p := range []string{"eap-*.pcap", "openvpn-udp*.pcap"} {
		found, _ := filepath.Glob(filepath.Join("..", "testdata", "healthy", p))
		files = append(files, found...)
	}
	if len(files) < 6 {
		t.Fatalf("%d captures", len(files))
	}
	for _, file := range files {
		pcap, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			cut, ok := withoutRecord(pcap, n)
			if !ok {
				break
			}
			for _, h := range followPcap(t, cut, nil) {
				if strings.Contains(kinds(h), "bad_record") || strings.Contains(kinds(h), "other_handshake") {
					t.Errorf("%s without packet %d: %s", filepath.Base(file), n+1, kinds(h))
				}
			}
		}
	}
}

// withoutRecord leaves the record n out of a pcap file.
func withoutRecord(pcap []byte, n int) ([]byte, bool) {
	for at := 24; at+16 <= len(pcap); n-- {
		end := at + 16 + int(binary.LittleEndian.Uint32(pcap[at+8:]))
		if n == 0 {
			return append(append([]byte(nil), pcap[:at]...), pcap[end:]...), true
		}
		at = end
	}
	return nil, false
}
