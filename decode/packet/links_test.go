package packet

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"tlswhy/decode/capture"
)

// shared returns a directory of the captures beside the repository, or skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("TLSWHY_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no " + dir)
	}
	return dir
}

// readLink returns the one packet of a small pcap file.
func readLink(t *testing.T, file string) *capture.Packet {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 40 {
		t.Fatalf("%s: %d bytes", file, len(b))
	}
	return &capture.Packet{
		Number:   1,
		LinkType: capture.LinkType(binary.LittleEndian.Uint32(b[20:])),
		Length:   int(binary.LittleEndian.Uint32(b[36:])),
		Data:     b[40:],
	}
}

// unreadable are the packets that cannot yield their segment.
var unreadable = map[string]struct {
	result Result
	why    string
}{
	"MACsec_88e5__no_decrypt_.pcap": {NotIP, "the bytes behind the tag stand for an encrypted frame: there is no EtherType"},
}

// TestLinks reads the same segment out of every kind of link and tunnel.
func TestLinks(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t, "links"), "*.pcap"))
	if len(files) == 0 {
		t.Fatal("no captures")
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			var s Segment
			r := NewParser().Parse(readLink(t, file), &s)
			if u, ok := unreadable[name]; ok {
				if r != u.result {
					t.Errorf("result %v, want %v: %s", r, u.result, u.why)
				}
				return
			}
			checkHello(t, r, &s)
		})
	}
}

// checkHello holds a segment against the one in every capture of links.
func checkHello(t *testing.T, r Result, s *Segment) {
	t.Helper()
	if r != OK {
		t.Fatalf("result %v", r)
	}
	src, dst := s.Src.AddrPort(s.SrcPort, s.IPv6).String(), s.Dst.AddrPort(s.DstPort, s.IPv6).String()
	wantSrc, wantDst := "10.0.0.1:1234", "10.0.0.2:443"
	if s.IPv6 {
		wantSrc, wantDst = "[2001:db8::1]:1234", "[2001:db8::2]:443"
	}
	if src != wantSrc || dst != wantDst {
		t.Errorf("%s > %s", src, dst)
	}
	if s.Proto != TCP || s.Seq != 100 || s.Flags != ACK || s.Window != 1000 || s.TTL != 64 {
		t.Errorf("proto %d seq %d flags %#x window %d ttl %d", s.Proto, s.Seq, s.Flags, s.Window, s.TTL)
	}
	if got := string(s.Payload); got != "\x16\x03\x01\x00\x05HELLO" || s.Length != 10 {
		t.Errorf("payload %q, length %d", got, s.Length)
	}
}
