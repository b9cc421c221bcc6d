//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	ct "tlswhy/decode/capturetest"
	"tlswhy/decode/packet"
)

// found are captures that broke the program once, found by the run over
// mutated captures and made again as small as they can be.
var found = []struct {
	name    string
	capture func() []byte
}{
	// The good connection beside the failed one had an answer, but no hello.
	{"answer to a PROXY header without a hello", func() []byte {
		good := newTalk("10.0.0.1:40000", trapServer).open().send(ct.Client, []byte("PROXY TCP4 10.0.0.1 192.0.2.1 40000 443\r\n"), 1460)
		good.seq[0] += 300 // not in the capture
		good.send(ct.Server, ct.ServerFlight12(ct.SelfSigned("a.example").Raw), 1460).send(ct.Client, ct.ClientFlight12(), 1460).end()
		bad := newTalk("10.0.0.2:40000", trapServer).open().send(ct.Client, trapHello(), 1460)
		bad.packet(ct.Server, packet.RST|packet.ACK, bad.seq[1], nil)
		return pcap(append(good.frames, bad.frames...)...)
	}},
}

func TestFound(t *testing.T) {
	root(t)
	h := newHostile(t)
	for _, f := range found {
		in := filepath.Join(h.dir, "found.pcap")
		if err := os.WriteFile(in, f.capture(), 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range variants {
			if err := h.run(in, i, time.Minute); err != nil {
				t.Errorf("%s: %v: %v", f.name, variants[i], err)
			}
		}
	}
}
