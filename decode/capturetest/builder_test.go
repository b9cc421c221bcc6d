package capturetest

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sample() *Builder {
	b := New()
	ca := NewCA("Test Root")
	b.TCP("10.0.0.1:50000", "10.0.0.2:443").TLS12("example.com", ca.Leaf("example.com").Raw)
	b.TCP("[fd00::1]:50001", "[fd00::2]:443").TLS13("example.com")
	c := b.TCP("10.0.0.1:50002", "10.0.0.2:443").Open(Tag(7))
	c.Client(NewClientHello("a").Record(), Twice(TTL(63)), Snap(100))
	c.ICMP("10.0.0.254", Client, 3, 4, 1400)
	c.Reset(Server, TTL(250), IPID(9))
	b.UDP("10.0.0.1:50000", "10.0.0.2:443").Client([]byte("hello")).ICMP("10.0.0.2", Client, 3, 3, 0)
	b.TCP("[fd00::1]:50003", "[fd00::2]:443").SYN().ICMP("fd00::ff", Client, 1, 0, 0)
	return b
}

func TestSameCallsSameBytes(t *testing.T) {
	if !bytes.Equal(sample().Pcap(), sample().Pcap()) {
		t.Error("two captures built alike differ")
	}
}

// TestTsharkReads has tshark find the same as was put in, with right
// checksums and nothing malformed.
func TestTsharkReads(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil || testing.Short() {
		t.Skip("needs tshark")
	}
	file := filepath.Join(t.TempDir(), "a.pcap")
	if err := os.WriteFile(file, sample().Pcap(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := exec.Command(tshark, append([]string{"-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	bad := run("-Y", "tcp.checksum.status==0 || udp.checksum.status==0 || ip.checksum.status==0 || icmp.checksum.status==0 || icmpv6.checksum.status==0 || _ws.malformed")
	if bad != "" {
		t.Errorf("tshark complains about\n%s", bad)
	}
	types := run("-Y", "tls.handshake.type", "-T", "fields", "-e", "tls.handshake.type")
	for _, want := range []string{"1\n", "2,11,12,14", "16", "4"} {
		if !strings.Contains(types, want) {
			t.Errorf("tshark finds no handshake messages %s in\n%s", want, types)
		}
	}
}

func TestSegmentsAreTheFrames(t *testing.T) {
	b := sample()
	segments := b.Segments()
	if len(segments) != b.Frame() || len(segments) < 30 {
		t.Fatalf("%d segments for %d frames", len(segments), b.Frame())
	}
	for i, s := range segments {
		if s.Frame != i+1 || s.Length < len(s.Payload) {
			t.Errorf("frame %d: %+v", i+1, s)
		}
		if i > 0 && s.Time < segments[i-1].Time {
			t.Errorf("frame %d is before the one before it", i+1)
		}
	}
}

// TestAcknowledgments checks that what was dropped is not acknowledged and
// what was only missed by the capture is.
func TestAcknowledgments(t *testing.T) {
	b := New()
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443").ISN(100, 200).Open()
	c.Client(make([]byte, 10), Dropped())
	c.Client(make([]byte, 10))
	c.Ack(Server)
	c.Retransmit(Client)
	c.Ack(Server)
	c.Client(make([]byte, 5), Missed())
	c.Close(Server)
	var acks []uint32
	for _, s := range b.Segments() {
		if s.SrcPort == 443 {
			acks = append(acks, s.Ack-101)
		}
	}
	want := []uint32{0, 0, 20, 25}
	if len(acks) != len(want) {
		t.Fatalf("acknowledged %v, want %v", acks, want)
	}
	for i := range want {
		if acks[i] != want[i] {
			t.Errorf("acknowledged %v, want %v", acks, want)
			break
		}
	}
}

func TestChainVerifies(t *testing.T) {
	root := NewCA("Test Root")
	sub := root.Sub("Test Sub")
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root.Cert)
	between.AddCert(sub.Cert)
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	leaf := sub.Leaf("example.com")
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "example.com", Roots: roots, Intermediates: between, CurrentTime: at}); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(leaf.Raw, sub.Leaf("example.com").Raw) {
		t.Error("the same certificate issued twice differs")
	}
	old := sub.Leaf("example.com", Valid(at.AddDate(-2, 0, 0), at.AddDate(-1, 0, 0)))
	if !old.NotAfter.Before(at) {
		t.Error("expired certificate has not expired")
	}
}
