package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

// twoCapture has a failure among healthy connections of two servers.
func twoCapture() []byte {
	b := capturetest.New()
	healthyOn(b, "10.0.0.1:49999", "10.0.0.3:443")
	healthyOn(b, "10.0.0.1:50001", "10.0.0.2:443")
	c := b.TCP("10.0.0.1:50000", "10.0.0.2:443")
	c.Open()
	c.Client(capturetest.NewClientHello("a.example").Record())
	c.Server(capturetest.Alert(2, 40))
	c.Close(capturetest.Server)
	healthyOn(b, "10.0.0.1:50002", "10.0.0.2:443")
	return b.Pcap()
}

func healthyOn(b *capturetest.Builder, client, server string) {
	c := b.TCP(client, server)
	c.Open()
	c.Client(capturetest.NewClientHello("www.example.com").Record())
	c.Server(capturetest.ServerFlight12(capturetest.SelfSigned("www.example.com").Raw))
	c.Client(capturetest.ClientFlight12())
	c.Server(capturetest.ServerFinish12())
	c.Client(capturetest.ApplicationData(100))
	c.Server(capturetest.ApplicationData(1000))
	c.Close(capturetest.Client)
}

// readCapture gives the packets of a file and all its comments.
func readCapture(t *testing.T, file string) (packets int, comments string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := capture.NewReader(f, file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for p := new(capture.Packet); r.Next(p) == nil; packets++ {
		all = append(all, p.Comments()...)
	}
	return packets, strings.Join(append(r.Comments(), all...), "\n")
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCaptureOutput(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // where nobody else's files are
	two := twoCapture()
	all, part := len(packetsOf(t, two)), len(packetsOf(t, refusedCapture("a.example")))
	file := write(t, "in.pcap", two)
	for _, c := range []struct {
		name     string
		stdin    []byte
		args     []string
		packets  int
		comments []string
	}{
		{"all", nil, []string{file}, all, []string{"1 of 4 handshakes failed", "error[", "frame "}},
		{"gzip", nil, []string{write(t, "in.pcap.gz", gzipped(t, two))}, all, []string{"1 of 4 handshakes failed"}},
		{"standard input", two, []string{"-"}, all, []string{"1 of 4 handshakes failed"}},
		{"standard input, gzip", gzipped(t, two), []string{"--only", "failed", "-"}, (all-part)/3 + part, []string{"(was "}},
		{"only failed", nil, []string{"--only", "failed", file}, (all-part)/3 + part, []string{"(was "}},
		{"narrowed to a failure", nil, []string{"--client", "10.0.0.1:50000", file}, (all-part)/3 + part, []string{"The TLS handshake failed"}},
		{"narrowed to a good one", nil, []string{"--client", "10.0.0.1:50002", file}, (all - part) / 3, []string{"No failure seen"}},
		{"narrowed to nothing", nil, []string{"--client", "10.0.0.9", file}, 0, nil},
		{"filter", nil, []string{"-f", "port 50000", file}, part, []string{"(was "}},
		{"two files", nil, []string{file, file}, 2 * all, []string{"in.pcap", "(was "}},
	} {
		out := filepath.Join(t.TempDir(), "out.pcapng")
		got := tlswhy(t, bytes.NewReader(c.stdin), append(c.args, "-q", "-o", out)...)
		if got.status == 2 {
			t.Errorf("%s: %s", c.name, got.errors)
			continue
		}
		packets, comments := readCapture(t, out)
		if packets != c.packets {
			t.Errorf("%s: %d packets, not %d", c.name, packets, c.packets)
		}
		for _, s := range c.comments {
			if !strings.Contains(comments, s) {
				t.Errorf("%s: no %q in %q", c.name, s, comments)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "tlswhy-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func packetsOf(t *testing.T, b []byte) []capture.Packet {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(b), "test")
	if err != nil {
		t.Fatal(err)
	}
	var list []capture.Packet
	for p := new(capture.Packet); r.Next(p) == nil; {
		list = append(list, *p)
	}
	return list
}

// A live capture is kept by -w, and the refusal of -o says so.
func TestLiveCaptureOutputNamesW(t *testing.T) {
	got := tlswhy(t, strings.NewReader(""), "-i", "lo", "-o", filepath.Join(t.TempDir(), "x.pcapng"))
	if got.status != 2 || !strings.Contains(got.errors, "-w FILE") {
		t.Errorf("%d, %q", got.status, got.errors)
	}
}

func TestCaptureOutputIsRefused(t *testing.T) {
	file := write(t, "in.pcap", refusedCapture("a.example"))
	for _, c := range []struct{ args, want string }{
		{"--only failed", "-o x.pcapng"}, {"--with-secrets", "add -o x.pcapng"}, {"--only all -o x.pcapng", "unknown --only"},
	} {
		got := tlswhy(t, strings.NewReader(""), append(strings.Fields(c.args), file)...)
		if got.status != 2 || !strings.Contains(got.errors, c.want) {
			t.Errorf("%s: %d, %q", c.args, got.status, got.errors)
		}
	}
}

// Wireshark reads what is written and finds the comments on the frames that
// they name.
func TestTsharkReadsComments(t *testing.T) {
	name, err := exec.LookPath("tshark")
	if err != nil || testing.Short() {
		t.Skip("no tshark, or short")
	}
	out := filepath.Join(t.TempDir(), "out.pcapng")
	if got := tlswhy(t, strings.NewReader(""), "-q", "--only", "failed", "-o", out, write(t, "in.pcap", twoCapture())); got.status != 1 {
		t.Fatal(got.errors)
	}
	b, err := exec.Command(name, "-r", out, "-Y", "frame.comment", "-T", "fields", "-e", "frame.number", "-e", "frame.comment").Output()
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if err != nil || len(lines) < 2 {
		t.Fatalf("%q: %v", b, err)
	}
	for _, l := range lines {
		number, comment, _ := strings.Cut(l, "\t")
		if !strings.Contains(comment, "frame "+number+" (was ") {
			t.Errorf("frame %s: %q", number, comment)
		}
	}
}
